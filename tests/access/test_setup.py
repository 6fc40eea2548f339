"""The first run: by a token in the browser, or scripted by the environment."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest

from resa.access import bootstrap, keys, setup, team, tokens
from resa.access.tables import api_keys, users
from resa.kernel import preferences
from resa.kernel.errors import NotFound, Refused
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import PASSWORD, Cast

OWNER = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}


async def test_whoever_has_the_printed_token_becomes_the_owner(cast: Cast, workspace: Workspace) -> None:
    """Once; from then on nobody can."""
    token = setup.token(workspace)
    person = await cast.stranger()
    assert (await person.get("/api/session")).json()["setup_required"] is True
    body = {"token": token, **OWNER, "workspace": "Ada's tea"}
    answer = await person.post("/api/setup", json=body)
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "owner"
    assert (answer.json()["setup_required"], answer.json()["workspace"]["name"]) == (False, "Ada's tea")
    assert (await person.get("/api/keys")).status_code == 200
    assert setup.token(workspace) is None
    again = await (await cast.stranger()).post("/api/setup", json={**body, "email": "eve@example.com"})
    assert (again.status_code, again.json()["code"]) == (403, "setup_token")


async def test_a_wrong_or_old_token_sets_nothing_up(stranger: httpx.AsyncClient, workspace: Workspace) -> None:
    """Each start prints a new one."""
    old = setup.token(workspace)
    fresh = setup.token(workspace)
    assert old != fresh
    for token in (old, "", "x"):
        answer = await stranger.post("/api/setup", json={"token": token, **OWNER})
        assert (answer.status_code, answer.json()["code"]) == (403, "setup_token")
    assert (await stranger.post("/api/setup", json={"token": fresh, **OWNER})).status_code == 200


async def test_a_mistake_does_not_use_the_token_up(stranger: httpx.AsyncClient, workspace: Workspace) -> None:
    """Weak password, no e-mail address, an odd name."""
    token = setup.token(workspace)
    for field, value in (("password", "1234567890"), ("email", "ada"), ("name", " "), ("workspace", "\n")):
        answer = await stranger.post("/api/setup", json={"token": token, **OWNER, "workspace": "Tea", field: value})
        assert answer.status_code == 400, field
    assert (await stranger.post("/api/setup", json={"token": token, **OWNER})).status_code == 200


def opened(tmp_path: Path, **environment: str) -> Workspace:
    """A workspace as started with an environment."""
    return Workspace.open(
        Settings.of({f"RESA_{name}": value for name, value in environment.items()}, data=tmp_path / "data")
    )


def test_the_environment_sets_up_owner_key_and_time_zone_once(tmp_path: Path) -> None:
    """At every start the same; a password changed since stays changed."""
    env = {
        "OWNER_EMAIL": "Ada@example.com",
        "OWNER_PASSWORD": PASSWORD,
        "API_KEY": "k" * 32,
        "TIMEZONE": "Europe/Stockholm",
    }
    for _ in range(2):
        workspace = opened(tmp_path, **env)
        bootstrap(workspace)
        with workspace.state.read() as tx:
            assert [(row.email, row.role) for row in tx.execute(users.select())] == [("ada@example.com", "owner")]
            assert len(keys.listed(tx)) == 1
            assert preferences.load(tx).timezone == "Europe/Stockholm"
        found = keys.find(workspace.state, "k" * 32, workspace.clock())
        assert found is not None
        assert found.scopes >= {"read", "write", "events:write", "sql:read", "profiles:write", "admin"}
        assert setup.token(workspace) is None
        workspace.close()
    workspace = opened(tmp_path, **{**env, "OWNER_PASSWORD": "quite another password", "TIMEZONE": "Asia/Tokyo"})
    with workspace.state.read() as tx:
        before = team.by_email(tx, "ada@example.com")
    bootstrap(workspace)
    with workspace.state.read() as tx:
        assert team.by_email(tx, "ada@example.com") == before
        assert preferences.load(tx).timezone == "Europe/Stockholm"
    workspace.close()


def test_the_key_of_the_environment_is_the_one_named_now(tmp_path: Path) -> None:
    """Change it and the old one is worthless; take it away and none is left; others stay."""
    first, second = "a" * 40, "b" * 40
    for value, good, bad in (
        (first, {first}, {second}),
        (second, {second}, {first}),
        ("", set[str](), {first, second}),
    ):
        workspace = opened(tmp_path, **({"API_KEY": value} if value else {}))
        bootstrap(workspace)
        assert all(keys.find(workspace.state, key, 0) for key in good)
        assert not any(keys.find(workspace.state, key, 0) for key in bad)
        workspace.close()


@pytest.mark.parametrize(
    ("environment", "field"),
    [
        ({"OWNER_EMAIL": "ada@example.com"}, "RESA_OWNER_PASSWORD"),
        ({"OWNER_PASSWORD": PASSWORD}, "RESA_OWNER_EMAIL"),
        ({"OWNER_EMAIL": "ada", "OWNER_PASSWORD": PASSWORD}, "email"),
        ({"TIMEZONE": "Mars/Olympus"}, "timezone"),
        ({"HOST": "0.0.0.0", "OWNER_EMAIL": "ada@example.com", "OWNER_PASSWORD": "password123"}, "RESA_OWNER_PASSWORD"),
        ({"HOST": "0.0.0.0", "API_KEY": "secret"}, "RESA_API_KEY"),
    ],
)
def test_a_wrong_environment_is_refused_by_name(tmp_path: Path, environment: dict[str, str], field: str) -> None:
    """Also a weak password or key where other machines reach the server; the secret itself is never shown."""
    workspace = opened(tmp_path, **environment)
    with pytest.raises(Refused) as refused:
        bootstrap(workspace)
    assert refused.value.details["field"] == field
    for secret in ("password123", "secret"):
        assert secret not in str(refused.value.body())
    workspace.close()


def test_a_weak_password_serves_on_ones_own_machine_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """For a trial on loopback."""
    workspace = opened(tmp_path, OWNER_EMAIL="ada@example.com", OWNER_PASSWORD="password123", API_KEY="shortkey")
    with caplog.at_level(logging.WARNING):
        bootstrap(workspace)
    assert keys.find(workspace.state, "shortkey", 0) is not None
    assert "RESA_OWNER_PASSWORD" in caplog.text
    assert "RESA_API_KEY" in caplog.text
    assert "password123" not in caplog.text
    assert "shortkey" not in caplog.text
    workspace.close()


async def test_who_is_locked_out_gets_a_new_password_from_the_machine_itself(cast: Cast, workspace: Workspace) -> None:
    """Their sessions end, the log says who did it."""
    ada = await cast.member("owner", "ada@example.com")
    with pytest.raises(Refused):
        setup.reset_password(workspace, "ada@example.com", "short")
    with pytest.raises(NotFound):
        setup.reset_password(workspace, "eve@example.com", "a long new password")
    setup.reset_password(workspace, "Ada@example.com", "a long new password")
    assert (await ada.get("/api/team")).status_code == 401
    log_in = {"email": "ada@example.com", "password": "a long new password"}
    assert (await ada.post("/api/session", json=log_in)).status_code == 200
    changed = (await ada.get("/api/audit")).json()["items"][1]
    assert (changed["action"], changed["actor"]) == ("password.changed", "the command line")


def test_no_secret_is_kept_as_it_is(workspace: Workspace) -> None:
    """A stolen state file opens nothing: token, key and session are digests."""
    token = setup.token(workspace)
    assert token is not None
    with workspace.state.write() as tx:
        made = keys.create(tx, setup.ENVIRONMENT, "a key", ["read"], 0)
        row = tx.execute(api_keys.select()).one()
    assert made.key not in row
    assert row.key_hash == tokens.digest(made.key)
    kept = b"".join(path.read_bytes() for path in workspace.settings.data.glob("state.sqlite*"))
    for secret in (token, made.key):
        assert secret.encode() not in kept
