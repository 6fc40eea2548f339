"""The first run: the owner is set up in the browser with a one-time token, or scripted by the environment."""

from __future__ import annotations

import logging
from typing import Final

import sqlalchemy as sa

from resa.access import keys, passwords, team, tokens
from resa.access.tables import api_keys, setup_tokens
from resa.kernel import audit, preferences
from resa.kernel.errors import NotFound, Refused, ResaError
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

ENVIRONMENT: Final = audit.Actor("environment", "the environment")
COMMAND_LINE: Final = audit.Actor("local:socket", "the command line")
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
SHORT_KEY: Final = 20


class WrongToken(ResaError):
    """The set-up token is not the one that was printed last, or the workspace has its owner."""

    status = 403
    code = "setup_token"

    def __init__(self) -> None:
        """Say where to find the right one."""
        super().__init__(
            "This set-up token is not valid.", remedy="Use the one that the server printed at its last start."
        )


def token(workspace: Workspace) -> str | None:
    """A fresh one-time token for the set-up (an earlier one is void), or None where there is an owner."""
    with workspace.state.write() as tx:
        tx.execute(setup_tokens.delete())
        if team.has_owner(tx):
            return None
        fresh = tokens.new()
        tx.execute(setup_tokens.insert().values(token_hash=tokens.digest(fresh), created_at=workspace.clock()))
    return fresh


def check(tx: sa.Connection, given: str) -> None:
    """Raise `WrongToken` unless `given` may set up this workspace."""
    known = tx.scalar(sa.select(setup_tokens.c.token_hash).where(setup_tokens.c.token_hash == tokens.digest(given)))
    if known is None or team.has_owner(tx):
        raise WrongToken


def claim(tx: sa.Connection, given: str, email: str, name: str, password_hash: str, now: int) -> str:
    """Make the owner; the token is used up. Answers the id of the user. Raises `WrongToken`."""
    check(tx, given)
    if tx.execute(setup_tokens.delete().where(setup_tokens.c.token_hash == tokens.digest(given))).rowcount != 1:
        raise WrongToken
    return team.add(tx, None, email, name, "owner", password_hash, now)


def bootstrap(workspace: Workspace) -> None:
    """Do what `RESA_OWNER_EMAIL`, `RESA_OWNER_PASSWORD`, `RESA_API_KEY`, `RESA_TIMEZONE` say, at each start.

    Doing it again changes nothing: an owner who exists keeps their password. The key is the one named now.
    """
    settings = workspace.settings
    if settings.timezone:
        with workspace.state.write() as tx:
            preferences.seed(workspace.state, tx, {"timezone": settings.timezone})
    if settings.owner_email and settings.owner_password:
        _own(workspace, settings.owner_email, settings.owner_password)
    elif settings.owner_email or settings.owner_password:
        missing = "RESA_OWNER_PASSWORD" if settings.owner_email else "RESA_OWNER_EMAIL"
        raise Refused(missing, None, "is missing: an owner needs both e-mail and password.", f"Set {missing} too.")
    _mirror_key(workspace, settings.api_key)


def reset_password(workspace: Workspace, email: str, password: str) -> None:
    """Give somebody who is locked out a new password, from the machine itself; every session of theirs ends.

    Raises `NotFound` where nobody has that e-mail, `Refused` for a weak password.
    """
    with workspace.state.read() as tx:
        user = team.by_email(tx, email)
    if user is None:
        raise NotFound("user", email, "See who is in the team in the console, or in the audit log.")
    team.check_password(password, user.email)
    kept = passwords.make_hash(password)
    with workspace.state.write() as tx:
        team.set_password(tx, COMMAND_LINE, user.id, kept)


def _own(workspace: Workspace, email: str, password: str) -> None:
    email = team.check_email(email)
    with workspace.state.read() as tx:
        if team.by_email(tx, email) is not None:
            return
    try:
        team.check_password(password, email, "RESA_OWNER_PASSWORD")
    except Refused as weak:
        _tolerate(workspace, weak)
    kept = passwords.make_hash(password)
    with workspace.state.write() as tx:
        team.add(tx, ENVIRONMENT, email, email.split("@")[0], "owner", kept, workspace.clock())


def _mirror_key(workspace: Workspace, key: str | None) -> None:
    kept = tokens.digest(key) if key else None
    with workspace.state.read() as tx:
        mirrored = set(tx.scalars(sa.select(api_keys.c.key_hash).where(api_keys.c.from_environment)))
        known = kept is not None and tx.scalar(sa.select(api_keys.c.id).where(api_keys.c.key_hash == kept)) is not None
    if (known or not kept) and not mirrored - {kept}:
        return
    if key and len(key) < SHORT_KEY:
        rule = f"has less than {SHORT_KEY} characters."
        _tolerate(workspace, Refused("RESA_API_KEY", None, rule, "Use a long random text.", code="weak_key"))
    with workspace.state.write() as tx:
        for old in tx.scalars(
            sa.select(api_keys.c.id).where(api_keys.c.from_environment, api_keys.c.key_hash != kept)
        ).all():
            keys.revoke(tx, ENVIRONMENT, old)
        if key and not known:
            keys.insert(tx, ENVIRONMENT, "RESA_API_KEY", ["*"], key, workspace.clock(), from_environment=True)


def _tolerate(workspace: Workspace, weak: Refused) -> None:
    """What is weak may serve for a trial on one's own machine, nowhere else."""
    if workspace.settings.host not in LOOPBACK:
        raise weak
    log.warning("%s Accepted because only this machine can reach the server.", weak.message)
