"""Members, roles, invitations: who may make whom what."""

from __future__ import annotations

import httpx
import pytest

from resa.access import team
from resa.kernel.workspace import Workspace
from tests.cast import Cast

NEW = {"name": "Grace", "password": "seven small green boats"}


async def invited(client: httpx.AsyncClient, email: str, role: str) -> str:
    """Invite and answer the token of the link."""
    answer = await client.post("/api/team", json={"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    path, _, token = answer.json()["invite_url"].partition("#")
    assert path == "/app/invite"
    return str(token)


async def ids(client: httpx.AsyncClient) -> dict[str, str]:
    """E-mail -> id."""
    return {item["email"]: item["id"] for item in (await client.get("/api/team")).json()["items"]}


async def test_somebody_invited_joins_with_the_role_meant_for_them(cast: Cast, admin: httpx.AsyncClient) -> None:
    """The whole way, once; the link serves no second time."""
    token = await invited(admin, "Grace@Example.com", "editor")
    pending = (await admin.get("/api/team")).json()["items"][-1]
    assert (pending["email"], pending["role"], pending["state"]) == ("grace@example.com", "editor", "invited")
    grace = await cast.stranger()
    joined = await grace.post("/api/invite", json={"token": token, **NEW})
    assert joined.status_code == 200
    assert joined.json()["user"] | {"id": ""} == {
        "id": "",
        "email": "grace@example.com",
        "name": "Grace",
        "role": "editor",
        "scopes": ["events:write", "profiles:write", "read", "sql:read", "write"],
    }
    member = (await grace.get("/api/team")).json()["items"][-1]
    assert (member["email"], member["state"]) == ("grace@example.com", "active")
    again = await (await cast.stranger()).post("/api/invite", json={"token": token, **NEW})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


async def test_an_invitation_can_be_withdrawn_replaced_and_runs_out(
    cast: Cast, admin: httpx.AsyncClient, stranger: httpx.AsyncClient, workspace: Workspace
) -> None:
    """None of the three links opens any more, and the list shows none."""
    withdrawn = await invited(admin, "one@example.com", "viewer")
    assert (await admin.delete(f"/api/team/{(await ids(admin))['one@example.com']}")).status_code == 204
    replaced = await invited(admin, "two@example.com", "viewer")
    await invited(admin, "two@example.com", "editor")
    late = await invited(admin, "three@example.com", "viewer")
    for token in (withdrawn, replaced):
        assert (await stranger.post("/api/invite", json={"token": token, **NEW})).status_code == 404
    now = workspace.clock() + team.INVITATION
    workspace.clock = lambda: now
    assert (await stranger.post("/api/invite", json={"token": late, **NEW})).status_code == 404


async def test_a_weak_password_does_not_use_the_invitation_up(
    cast: Cast, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Too short, common, one's own address: said why, then tried again."""
    token = await invited(admin, "grace.hopper@example.com", "viewer")
    for weak in ("short", "password123", "aaaaaaaaaaaaa", "Grace.Hopper@example.com", "grace.hopper", "x" * 2000):
        answer = await stranger.post("/api/invite", json={"token": token, "name": "Grace", "password": weak})
        assert (answer.status_code, answer.json()["code"]) == (400, "weak_password"), weak
        assert weak not in answer.text
    assert (await stranger.post("/api/invite", json={"token": token, **NEW})).status_code == 200


async def test_nobody_invites_or_promotes_above_themselves(cast: Cast, admin: httpx.AsyncClient) -> None:
    """An admin makes no owner, takes none down, and can't become one."""
    owner = await cast.member("owner")
    everyone = await ids(owner)
    attempts = [
        admin.post("/api/team", json={"email": "new@example.com", "role": "owner"}),
        admin.patch(f"/api/team/{everyone['admin@example.com']}", json={"role": "owner"}),
        admin.patch(f"/api/team/{everyone['owner@example.com']}", json={"role": "viewer"}),
        admin.delete(f"/api/team/{everyone['owner@example.com']}"),
    ]
    for attempt in attempts:
        answer = await attempt
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    key = await cast.key("admin")
    assert (await key.post("/api/team", json={"email": "new@example.com", "role": "owner"})).status_code == 403


async def test_the_last_owner_can_neither_leave_nor_step_down(cast: Cast, owner: httpx.AsyncClient) -> None:
    """Until there is another one."""
    me = (await ids(owner))["owner@example.com"]
    for answer in (await owner.delete(f"/api/team/{me}"), await owner.patch(f"/api/team/{me}", json={"role": "admin"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert answer.json()["remedy"]
    second = await cast.member("owner", "second@example.com")
    assert (await owner.patch(f"/api/team/{me}", json={"role": "admin"})).json()["role"] == "admin"
    assert (await second.delete(f"/api/team/{me}")).status_code == 204


async def test_a_role_taken_away_is_gone_with_the_next_request(cast: Cast, owner: httpx.AsyncClient) -> None:
    """No session keeps what its person has lost; a removed person has no session."""
    admin = await cast.member("admin")
    someone = (await ids(owner))["admin@example.com"]
    assert (await admin.get("/api/keys")).status_code == 200
    await owner.patch(f"/api/team/{someone}", json={"role": "viewer"})
    assert (await admin.get("/api/keys")).status_code == 403
    await owner.delete(f"/api/team/{someone}")
    assert (await admin.get("/api/team")).status_code == 401


async def test_invitations_leave_with_whoever_sent_them(
    cast: Cast, owner: httpx.AsyncClient, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Nobody comes back by an invitation they wrote themselves."""
    token = await invited(admin, "myself@example.com", "admin")
    await owner.delete(f"/api/team/{(await ids(owner))['admin@example.com']}")
    assert (await stranger.post("/api/invite", json={"token": token, **NEW})).status_code == 404


async def test_viewers_see_members_but_no_invitations(admin: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    """Who is expected is the admins' business."""
    await invited(admin, "new@example.com", "viewer")
    assert "new@example.com" not in await ids(viewer)
    assert "viewer@example.com" in await ids(viewer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "no address", "role": "viewer"}, "email"),
        ({"email": "a@b\u0000.example", "role": "viewer"}, "email"),
        ({"email": "a\n@b.example", "role": "viewer"}, "email"),
        ({"email": f"{'a' * 300}@b.example", "role": "viewer"}, "email"),
        ({"email": "a@b.example", "role": "king"}, "role"),
        ({"email": "a@b.example"}, "role"),
        ({"email": 7, "role": "viewer"}, "email"),
    ],
)
async def test_a_wrong_invitation_names_the_field(
    owner: httpx.AsyncClient, body: dict[str, object], field: str
) -> None:
    """Name, rule, remedy."""
    answer = await owner.post("/api/team", json=body)
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["field"] + answer.json()["rule"]
    assert answer.json()["remedy"]


async def test_an_email_is_in_the_team_once(owner: httpx.AsyncClient) -> None:
    """Conflict, whatever the case of the letters."""
    answer = await owner.post("/api/team", json={"email": "OWNER@example.com", "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_who_is_not_there_is_404(owner: httpx.AsyncClient) -> None:
    """Members, invitations and keys alike."""
    for method, path in (
        ("PATCH", "/api/team/u_nobody"),
        ("DELETE", "/api/team/u_nobody"),
        ("DELETE", "/api/team/i_nobody"),
        ("DELETE", "/api/keys/k_none"),
    ):
        answer = await owner.request(method, path, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
