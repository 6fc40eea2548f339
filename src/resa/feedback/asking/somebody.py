"""Who is behind an identity now: their profile, its identities, and the name under which they are sampled."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from resa.kernel.identities import Identities


class Somebody(NamedTuple):
    """A person as merges and their undoing left them. `name` is the oldest identity: it stays whatever joins later."""

    profile: int | None
    members: tuple[str, ...]
    name: str


def behind(tx: sa.Connection, identities: Identities, identity: str) -> Somebody:
    """Who an identity belongs to; itself alone where no event of it has come."""
    number = identities.find(tx, [identity]).get(identity)
    if number is None:
        return Somebody(None, (identity,), identity)
    profile = identities.profile_in(tx, number)
    return of_profile(tx, identities, profile) if profile >= 0 else Somebody(None, (identity,), identity)


def of_profile(tx: sa.Connection, identities: Identities, profile: int) -> Somebody:
    """Who a profile is."""
    keys = identities.keys(tx, identities.members(tx, profile))
    members = tuple(keys[number] for number in sorted(keys))
    return Somebody(profile, members, keys.get(profile, members[0] if members else f"profile:{profile}"))
