"""The audit log: every change through access leaves a line, and no line holds a secret."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from resa.access import setup
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from tests.cast import PASSWORD, Cast

ROOT = Path(__file__).parents[2]
SECRET = "nine secret paper kites"


async def test_every_change_through_access_is_in_the_log(cast: Cast, workspace: Workspace) -> None:
    """From the set-up to the last removal, with who did it and to what."""
    owner = await cast.stranger()
    answer = await owner.post(
        "/api/setup",
        json={"token": setup.token(workspace), "email": "ada@example.com", "password": PASSWORD, "name": "Ada"},
    )
    owner.headers["X-CSRF-Token"] = answer.json()["csrf"]
    await owner.patch("/api/workspace", json={"currency": "SEK"})
    key = (await owner.post("/api/keys", json={"name": "K", "scopes": ["read"]})).json()
    await owner.delete(f"/api/keys/{key['id']}")
    invitation = (await owner.post("/api/team", json={"email": "grace@example.com", "role": "viewer"})).json()
    await owner.delete(f"/api/team/{invitation['id']}")
    invitation = (await owner.post("/api/team", json={"email": "grace@example.com", "role": "viewer"})).json()
    grace = await cast.stranger()
    token = invitation["invite_url"].partition("#")[2]
    joined = await grace.post("/api/invite", json={"token": token, "name": "Grace", "password": SECRET})
    user = joined.json()["user"]["id"]
    await owner.patch(f"/api/team/{user}", json={"role": "editor"})
    await owner.delete(f"/api/team/{user}")
    again = await owner.post("/api/password", json={"old": PASSWORD, "new": SECRET})
    owner.headers["X-CSRF-Token"] = again.json()["csrf"]
    await (await cast.stranger()).post("/api/session", json={"email": "ada@example.com", "password": "not hers"})
    await owner.delete("/api/session")
    await owner.post("/api/session", json={"email": "ada@example.com", "password": SECRET})
    log = await owner.get("/api/audit")
    items = list(reversed(log.json()["items"]))
    assert [(item["actor"], item["action"]) for item in items] == [
        ("ada@example.com", "user.created"),
        ("ada@example.com", "workspace.changed"),
        ("ada@example.com", "key.created"),
        ("ada@example.com", "key.revoked"),
        ("ada@example.com", "invitation.created"),
        ("ada@example.com", "invitation.withdrawn"),
        ("ada@example.com", "invitation.created"),
        ("grace@example.com", "user.created"),
        ("ada@example.com", "user.changed"),
        ("ada@example.com", "user.removed"),
        ("ada@example.com", "password.changed"),
        ("127.0.0.1", "session.refused"),
        ("ada@example.com", "session.ended"),
        ("ada@example.com", "session.started"),
    ]
    assert items[8]["detail"] == {
        "email": "grace@example.com",
        "before": {"role": "viewer"},
        "now": {"role": "editor"},
    }
    for secret in (SECRET, PASSWORD, key["key"], token, "argon2"):
        assert secret not in log.text


async def test_a_change_that_failed_leaves_no_line(owner: httpx.AsyncClient) -> None:
    """The line is written in the transaction of the change."""
    before = (await owner.get("/api/audit")).json()
    await owner.patch("/api/workspace", json={"name": "New", "timezone": "Mars/Olympus"})
    await owner.post("/api/team", json={"email": "owner@example.com", "role": "viewer"})
    assert (await owner.get("/api/audit")).json() == before
    assert (await owner.get("/api/session")).json()["workspace"]["name"] == "Resa"


async def test_the_log_is_read_by_pages_the_newest_first(owner: httpx.AsyncClient, workspace: Workspace) -> None:
    """Each line once, none lost."""
    with workspace.state.write() as tx:
        for number in range(25):
            audit.record(tx, audit.SYSTEM, "thing.done", f"thing:{number}", {"number": number})
    seen: list[int] = []
    before = ""
    while True:
        page = (await owner.get(f"/api/audit?limit=10{before}")).json()
        seen += [item["detail"]["number"] for item in page["items"] if item["action"] == "thing.done"]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == list(reversed(range(25)))


async def test_only_admins_read_the_log(cast: Cast, editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    """It holds addresses and names."""
    assert (await editor.get("/api/audit")).status_code == 403
    assert (await admin.get("/api/audit")).status_code == 200
    for query in ("limit=0", "limit=501", "before=x", "before=0"):
        answer = await admin.get(f"/api/audit?{query}")
        assert (answer.status_code, answer.json()["field"]) == (400, query.partition("=")[0])


def test_the_console_has_words_for_every_line_of_the_log() -> None:
    """Every action this code writes, and what becomes of every kind of definition, reads as a sentence and not as a code."""
    sources = "\n".join(path.read_text() for path in (ROOT / "src" / "resa").rglob("*.py"))
    actions = set(re.findall(r'audit\.record(?:ing)?\(\s*[\w.]+,(?:\s*[\w.]+,)?\s*"([a-z_-]+\.[a-z_-]+)"', sources))
    kinds = {kind for kind in re.findall(r'\bKind\(\s*"([a-z-]+)"', sources)}
    actions |= {f"{kind}.{did}" for kind in kinds for did in ("saved", "deleted")}
    assert {"experiment.saved", "profile.unmerged", "source.created"} <= actions
    for catalogue in (ROOT / "console" / "src" / "messages").glob("*.json"):
        assert sorted(a for a in actions if f'"audit.{a}": ' not in catalogue.read_text()) == [], catalogue.name
