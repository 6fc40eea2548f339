"""Access on SQLite and on a real PostgreSQL: the whole way of an owner, and what the two engines differ in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from resa.access import bootstrap, keys, setup, team, throttle
from resa.access.tables import users
from resa.app import create
from resa.kernel import audit
from resa.kernel.errors import Conflict
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import PASSWORD, Cast, hashed_password


@pytest.fixture
def workspace(state_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose state is on each engine in turn."""
    opened = Workspace.open(Settings.of({"RESA_API_KEY": "k" * 32}, data=tmp_path / "data", state=state_url))
    yield opened
    opened.close()


async def test_the_way_of_an_owner(workspace: Workspace) -> None:
    """Set-up, invitation, key, audit log, removal, and texts that PostgreSQL can't keep."""
    bootstrap(workspace)
    bootstrap(workspace)
    async with AsyncExitStack() as stack:
        cast = Cast(create(workspace), workspace, stack)
        owner, grace = await cast.stranger(), await cast.stranger()
        token = setup.token(workspace)
        body = {"token": token, "email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
        owner.headers["X-CSRF-Token"] = (await owner.post("/api/setup", json=body)).json()["csrf"]
        invited = await owner.post("/api/team", json={"email": "grace@example.com", "role": "editor"})
        link = invited.json()["invite_url"].partition("#")[2]
        joined = await grace.post("/api/invite", json={"token": link, "name": "Grace", "password": PASSWORD})
        assert joined.status_code == 200
        assert (await owner.post("/api/keys", json={"name": "K", "scopes": ["read"]})).status_code == 201
        assert (await owner.patch("/api/workspace", json={"name": "Tea", "currency": "SEK"})).status_code == 200
        assert len((await owner.get("/api/keys")).json()["items"]) == 2
        assert (await owner.delete(f"/api/team/{joined.json()['user']['id']}")).status_code == 204
        assert (await grace.get("/api/team")).status_code == 401
        assert (await owner.get("/api/audit")).json()["items"][0]["action"] == "user.removed"
        for odd in ("\u0000", "x\u0000@example.com"):
            answer = await owner.post("/api/session", json={"email": odd, "password": odd})
            assert answer.status_code in (400, 401), answer.text
        assert (await owner.delete("/api/team/%00")).status_code in (400, 404)
        key = await cast.stranger()
        key.headers["Authorization"] = f"Bearer {'k' * 32}"
        assert (await key.get("/api/audit")).status_code == 200
        key.headers["Authorization"] = "Bearer a%00b"
        assert (await key.get("/api/audit")).status_code == 401


def test_two_owners_who_remove_each_other_at_once_leave_one(workspace: Workspace) -> None:
    """Ten times over; the loser is told."""
    for number in range(10):
        with workspace.state.write() as tx:
            pair = [
                team.add(tx, audit.SYSTEM, f"{name}{number}@example.com", name, "owner", hashed_password(), 0)
                for name in ("ada", "grace")
            ]
        outcomes = at_once([partial(_remove, workspace, user) for user in pair])
        assert sorted(outcomes) == ["conflict", "removed"]
        with workspace.state.write() as tx:
            tx.execute(users.delete())


def test_a_set_up_token_makes_one_owner(workspace: Workspace) -> None:
    """Whoever comes at the same moment is refused."""
    token = setup.token(workspace)
    assert token is not None

    def claim(name: str) -> str:
        try:
            with workspace.state.write() as tx:
                setup.claim(tx, token, f"{name}@example.com", name, hashed_password(), 0)
        except setup.WrongToken:
            return "refused"
        return "owner"

    outcomes = at_once([partial(claim, name) for name in "abcdef"])
    assert sorted(outcomes) == ["owner"] + ["refused"] * 5


def test_attempts_are_counted_exactly_by_many_at_once(workspace: Workspace) -> None:
    """SQLite has one writer; on PostgreSQL a lock of the account's makes it so."""

    def attempt() -> str:
        try:
            throttle.begin(workspace.state, "ada@example.com", "192.0.2.1", 1_000)
        except throttle.TooManyAttempts:
            return "slowed"
        return "let in"

    outcomes = at_once([attempt] * 16)
    assert outcomes.count("let in") == throttle.PER_ACCOUNT_AND_ADDRESS


def test_keys_of_one_prefix_are_told_apart(workspace: Workspace) -> None:
    """The prefix finds candidates, the digest decides."""
    with workspace.state.write() as tx:
        for tail, scope in (("a", "read"), ("b", "admin")):
            keys.insert(tx, audit.SYSTEM, tail, [scope], "resa_same_prefix_" + tail * 30, 0)
    for tail, scope in (("a", "read"), ("b", "admin")):
        found = keys.find(workspace.state, "resa_same_prefix_" + tail * 30, 0)
        assert found is not None
        assert found.scopes == {scope}
    assert keys.find(workspace.state, "resa_same_prefix_" + "c" * 30, 0) is None


def _remove(workspace: Workspace, user: str) -> str:
    try:
        with workspace.state.write() as tx:
            team.remove(tx, audit.SYSTEM, user)
    except Conflict:
        return "conflict"
    return "removed"


def at_once(works: Sequence[Callable[[], str]]) -> list[str]:
    """Run all in threads that start together; what each answered."""
    barrier, outcomes = threading.Barrier(len(works)), list[str]()

    def run(work: Callable[[], str]) -> None:
        barrier.wait()
        outcomes.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
