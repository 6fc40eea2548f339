"""People: the users of a workspace, their roles, and invitations to become one."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.access import passwords, roles, sessions, tokens
from resa.access.tables import invitations, users
from resa.kernel import audit, times
from resa.kernel.errors import Conflict, NotFound, Refused

INVITATION: Final = 7 * sessions.DAY

_EMAIL: Final = re.compile(r"[^@\s\x00-\x20\x7f]{1,64}@[^@\s\x00-\x20\x7f]{1,189}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user, or somebody invited who has not come yet."""

    id: str
    email: str
    name: str
    role: str
    state: str
    """`active` or `invited`."""
    created_at: str
    seen_at: str | None
    expires_at: str | None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """The one answer that holds the link; the server sends no mail."""

    id: str
    email: str
    role: str
    invite_url: str
    expires_at: str


def add(
    tx: sa.Connection, actor: audit.Actor | None, email: str, name: str, role: str, password_hash: str, now: int
) -> str:
    """Make a user, by `actor` or (None) by themselves; answers the id. Raises `Conflict` where the e-mail is taken."""
    email, name = check_email(email), check_name(name)
    if tx.scalar(sa.select(users.c.id).where(users.c.email == email)) is not None:
        raise Conflict(f"{email} is in the team already.", field="email", remedy="Log in with it, or use another.")
    user_id = tokens.new_id("u")
    tx.execute(
        users.insert().values(
            id=user_id, email=email, name=name, role=role, password_hash=password_hash, created_at=now
        )
    )
    actor = actor or audit.Actor(f"user:{user_id}", email)
    audit.record(tx, actor, "user.created", f"user:{user_id}", {"email": email, "role": role})
    return user_id


def change(tx: sa.Connection, actor: audit.Actor, user_id: str, role: str | None, name: str | None) -> None:
    """Give a user another role or name; what is None stays. Raises `NotFound`, `Conflict` for the last owner."""
    user = get(tx, user_id)
    values: dict[str, str] = {}
    if role is not None and role != user.role:
        _keep_an_owner(tx, user)
        values["role"] = role
    if name is not None and (name := check_name(name)) != user.name:
        values["name"] = name
    if not values:
        return
    tx.execute(users.update().where(users.c.id == user_id).values(**values))
    before = {field: getattr(user, field) for field in values}
    audit.record(tx, actor, "user.changed", f"user:{user_id}", {"email": user.email, "before": before, "now": values})


def remove(tx: sa.Connection, actor: audit.Actor, user_id: str) -> None:
    """Take a user out, their sessions and the invitations they sent. Raises `NotFound`, `Conflict` for the last owner."""
    user = get(tx, user_id)
    _keep_an_owner(tx, user)
    sessions.end_all(tx, user_id)
    tx.execute(invitations.delete().where(invitations.c.invited_by == f"user:{user_id}"))
    tx.execute(users.delete().where(users.c.id == user_id))
    audit.record(tx, actor, "user.removed", f"user:{user_id}", {"email": user.email, "role": user.role})


def set_password(tx: sa.Connection, actor: audit.Actor, user_id: str, password_hash: str) -> None:
    """Replace a password and end every session that was opened with the old one."""
    user = get(tx, user_id)
    sessions.end_all(tx, user_id)
    tx.execute(users.update().where(users.c.id == user_id).values(password_hash=password_hash))
    audit.record(tx, actor, "password.changed", f"user:{user_id}", {"email": user.email})


def get(tx: sa.Connection, user_id: str) -> sa.Row[Any]:
    """The row of a user. Raises `NotFound`."""
    row = tx.execute(sa.select(users).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound("user", user_id)
    return row


def shown(tx: sa.Connection, user_id: str) -> Member:
    """A user as listed. Raises `NotFound`."""
    return _member(get(tx, user_id))


def by_email(tx: sa.Connection, email: str) -> sa.Row[Any] | None:
    """The row of the user with an e-mail address as typed."""
    return tx.execute(sa.select(users).where(users.c.email == normal_email(email))).one_or_none()


def invite(tx: sa.Connection, actor: audit.Actor, email: str, role: str, now: int) -> Invitation:
    """Invite `email`; an earlier invitation of it is void. Raises `Conflict` if it is in the team."""
    email = check_email(email)
    if by_email(tx, email) is not None:
        raise Conflict(f"{email} is in the team already.", field="email", remedy="Change the role instead.")
    token, invitation_id, expires = tokens.new(), tokens.new_id("i"), now + INVITATION
    tx.execute(invitations.delete().where(sa.or_(invitations.c.email == email, invitations.c.expires_at <= now)))
    tx.execute(
        invitations.insert().values(
            id=invitation_id,
            email=email,
            role=role,
            token_hash=tokens.digest(token),
            invited_by=actor.id,
            created_at=now,
            expires_at=expires,
        )
    )
    audit.record(tx, actor, "invitation.created", f"invitation:{invitation_id}", {"email": email, "role": role})
    # After the hash, so that no server log and no Referer ever holds the token.
    url = f"/app/invite#{token}"
    return Invitation(id=invitation_id, email=email, role=role, invite_url=url, expires_at=times.iso(expires))


def invitation(tx: sa.Connection, token: str, now: int) -> sa.Row[Any]:
    """The invitation that `token` opens. Raises `NotFound`."""
    row = tx.execute(
        sa.select(invitations).where(invitations.c.token_hash == tokens.digest(token), invitations.c.expires_at > now)
    ).one_or_none()
    if row is None:
        raise NotFound("invitation", "of this link", "It was used, withdrawn or is over a week old: ask for a new one.")
    return row


def accept(tx: sa.Connection, token: str, name: str, password_hash: str, now: int) -> str:
    """Make the invited one a user; the invitation is used up. Answers the id of the user. Raises `NotFound`."""
    row = invitation(tx, token, now)
    if tx.execute(invitations.delete().where(invitations.c.id == row.id)).rowcount != 1:
        raise NotFound("invitation", "of this link", "It was just used.")
    return add(tx, None, row.email, name, row.role, password_hash, now)


def withdraw(tx: sa.Connection, actor: audit.Actor, invitation_id: str) -> None:
    """Make an invitation void. Raises `NotFound`."""
    row = invited(tx, invitation_id)
    tx.execute(invitations.delete().where(invitations.c.id == invitation_id))
    audit.record(tx, actor, "invitation.withdrawn", f"invitation:{invitation_id}", {"email": row.email})


def invited(tx: sa.Connection, invitation_id: str) -> sa.Row[Any]:
    """The row of an invitation. Raises `NotFound`."""
    row = tx.execute(sa.select(invitations).where(invitations.c.id == invitation_id)).one_or_none()
    if row is None:
        raise NotFound("invitation", invitation_id)
    return row


def listed(tx: sa.Connection, now: int, *, with_invitations: bool) -> list[Member]:
    """Everybody, in order of arrival; those invited last."""
    members = [_member(row) for row in tx.execute(sa.select(users).order_by(users.c.created_at, users.c.id))]
    if with_invitations:
        pending = sa.select(invitations).where(invitations.c.expires_at > now).order_by(invitations.c.created_at)
        members += [_expected(row) for row in tx.execute(pending)]
    return members


def has_owner(tx: sa.Connection) -> bool:
    """Whether somebody owns the workspace; if not, it waits for its set-up."""
    return tx.scalar(sa.select(users.c.id).where(users.c.role == "owner").limit(1)) is not None


def normal_email(email: str) -> str:
    """As it is kept and compared."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def check_email(email: str) -> str:
    """The e-mail address as it is kept. Raises `Refused`."""
    normal = normal_email(email)
    if not _EMAIL.fullmatch(normal):
        raise Refused("email", email, "is not an e-mail address.", "Write it as name@example.com.")
    return normal


def check_name(name: str) -> str:
    """The name as it is kept. Raises `Refused`."""
    name = name.strip()
    if not 1 <= len(name) <= 100 or _CONTROL.search(name):
        raise Refused("name", name, "must be 1 to 100 characters on one line.", "Write it as it should be shown.")
    return name


def check_role(role: str) -> str:
    """`role` if there is such a one. Raises `Refused`."""
    if role not in roles.ROLES:
        raise Refused("role", role, "is no role.", f"Choose from {', '.join(roles.ROLES)}.")
    return role


def check_password(password: str, email: str, field: str = "password") -> None:
    """Raises `Refused` for a weak one."""
    passwords.check(password, normal_email(email), field)


def _keep_an_owner(tx: sa.Connection, user: sa.Row[Any]) -> None:
    if user.role != "owner":
        return
    # Locked: two owners who take each other's role away at once must not both succeed (SQLite has one writer anyway).
    owners = tx.scalars(
        sa.select(users.c.id).where(users.c.role == "owner").order_by(users.c.id).with_for_update()
    ).all()
    if len(owners) == 1:
        raise Conflict("A workspace needs an owner.", field="role", remedy="Make somebody else an owner first.")


def _member(row: sa.Row[Any]) -> Member:
    return Member(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        state="active",
        created_at=times.iso(row.created_at),
        seen_at=times.iso_or_none(row.seen_at),
        expires_at=None,
    )


def _expected(row: sa.Row[Any]) -> Member:
    return Member(
        id=row.id,
        email=row.email,
        name="",
        role=row.role,
        state="invited",
        created_at=times.iso(row.created_at),
        seen_at=None,
        expires_at=times.iso(row.expires_at),
    )
