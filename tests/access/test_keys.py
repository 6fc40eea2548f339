"""API keys: shown once, with the scopes asked for and no others."""

from __future__ import annotations

import httpx
import pytest

from resa.access import roles
from resa.kernel.workspace import Workspace
from tests.cast import Cast


async def test_a_key_is_shown_once_and_opens_what_its_scopes_say(cast: Cast, admin: httpx.AsyncClient) -> None:
    """Made, listed without itself, used, revoked."""
    made = await admin.post("/api/keys", json={"name": "Warehouse", "scopes": ["read", "read"]})
    assert made.status_code == 201
    key = made.json()["key"]
    assert key.startswith("resa_")
    assert len(key) >= 48
    assert made.json()["scopes"] == ["read"]
    listed = await admin.get("/api/keys")
    assert key not in listed.text
    assert [(item["name"], item["prefix"], item["used_at"]) for item in listed.json()["items"]] == [
        ("Warehouse", key[:12], None)
    ]
    program = await cast.stranger()
    program.headers["Authorization"] = f"Bearer {key}"
    assert (await program.get("/api/team")).status_code == 200
    assert (await program.get("/api/keys")).status_code == 403
    assert (await admin.get("/api/keys")).json()["items"][0]["used_at"] is not None
    assert (await admin.delete(f"/api/keys/{made.json()['id']}")).status_code == 204
    assert (await program.get("/api/team")).status_code == 401


@pytest.mark.parametrize("spoilt", [lambda k: k[:-1], lambda k: k + "x", lambda k: k[:12], lambda k: k.upper()])
async def test_a_key_must_be_whole(cast: Cast, spoilt: object) -> None:
    """What may be shown of a key is not the key."""
    assert callable(spoilt)
    program = await cast.key("read")
    program.headers["Authorization"] = f"Bearer {spoilt(program.headers['Authorization'].removeprefix('Bearer '))}"
    assert (await program.get("/api/team")).status_code == 401


async def test_nobody_makes_a_key_that_can_more_than_themselves(cast: Cast, admin: httpx.AsyncClient) -> None:
    """`*` is the owners'; a key makes no key with scopes it lacks, and revokes no stronger one."""
    assert (await admin.post("/api/keys", json={"name": "All", "scopes": ["*"]})).status_code == 403
    weak = await cast.key("admin", "read")
    assert (await weak.post("/api/keys", json={"name": "More", "scopes": ["read", "sql:read"]})).status_code == 403
    assert (await weak.post("/api/keys", json={"name": "Same", "scopes": ["read"]})).status_code == 201
    owner = await cast.member("owner")
    everything = await owner.post("/api/keys", json={"name": "All", "scopes": ["*"]})
    assert everything.status_code == 201
    assert (await admin.delete(f"/api/keys/{everything.json()['id']}")).status_code == 403
    assert (await owner.delete(f"/api/keys/{everything.json()['id']}")).status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "x\u0000", "scopes": ["read"]}, "name"),
        ({"name": "x", "scopes": "read"}, "scopes"),
        ({"name": "x", "scopes": [1]}, "scopes"),
    ],
)
async def test_a_wrong_key_wish_names_the_field(owner: httpx.AsyncClient, body: dict[str, object], field: str) -> None:
    """400, and nothing was made."""
    answer = await owner.post("/api/keys", json=body)
    assert (answer.status_code, answer.json()["field"].partition("[")[0]) == (400, field), answer.text
    assert (await owner.get("/api/keys")).json()["items"] == []


async def test_a_key_of_every_scope_passes_every_guard(cast: Cast, workspace: Workspace) -> None:
    """As RESA_API_KEY does."""
    assert roles.expand(["*"]) >= set(roles.SCOPES)
    key = await cast.key("*")
    for path in ("/api/team", "/api/keys", "/api/audit"):
        assert (await key.get(path)).status_code == 200
    assert (await key.get("/api/session")).json()["user"] is None
