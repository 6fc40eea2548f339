"""The people behind a figure of a map or of attribution: a page of them with the events that put them there, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from resa.kernel import profiles, times
from resa.kernel.errors import Refused
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace

Columns = tuple[Any, Any, Any, Any]
"""(profile, first time, last time, events) of everybody behind a figure, newest last time first."""


class Person(msgspec.Struct, frozen=True):
    """A customer behind a figure, with the events that put them there."""

    profile: str
    name: str | None
    email: str | None
    first_time: str
    last_time: str
    events: int
    simulated: bool


class People(msgspec.Struct, frozen=True):
    """A page of the people behind a figure, newest first; `total` is the figure itself."""

    total: int
    items: list[Person]
    next: str | None


def columns(found: Sequence[tuple[Any, ...]]) -> Columns:
    """Stretches of (profile, first time, last time, events) as one, newest first."""
    empty = tuple(np.zeros(0, np.int64) for _ in range(4))
    profile, first, last, events = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    order = np.lexsort((profile, -last))
    return profile[order], first[order], last[order], events[order]


def page(workspace: Workspace, found: Columns, limit: int, cursor: str | None) -> People:
    """Those after the cursor, with what is known of them now."""
    profile, first, last, events = found
    begin = _after(cursor, profile, last) if cursor else 0
    end = min(begin + limit, profile.size)
    known = _known(workspace, profile[begin:end].tolist())
    items = [
        _person(known[int(profile[at])], int(first[at]), int(last[at]), int(events[at])) for at in range(begin, end)
    ]
    following = f"{last[end - 1]},{profile[end - 1]}" if begin < end < profile.size else None
    return People(int(profile.size), items, following)


def _known(workspace: Workspace, numbers: list[int]) -> dict[int, profiles.Profile]:
    identities = workspace.identities.map()
    groups = {number: identities.members(number).tolist() for number in numbers}
    with workspace.state.read() as tx:
        return profiles.read(workspace.state, tx, groups)


def _after(cursor: str, profile: Any, last: Any) -> int:
    """How many people stand up to and including the cursor `<last_time>,<profile>`."""
    try:
        at, number = (int(part) for part in cursor.split(","))
    except ValueError:
        raise Refused("cursor", cursor, "this is no cursor.", "Send the 'next' of the page before.") from None
    if not (-(2**63) <= at < 2**63 and 0 <= number < 2**32):
        raise Refused("cursor", cursor, "this is no cursor.", "Send the 'next' of the page before.")
    return int(np.count_nonzero((last > at) | ((last == at) & (profile <= number))))


def _person(profile: profiles.Profile, first: int, last: int, events: int) -> Person:
    email = profile.trait("email")
    return Person(
        profile=profile_id(profile.number),
        name=profile.display_name,
        email=None if email is None else str(email),
        first_time=times.iso(first),
        last_time=times.iso(last),
        events=events,
        simulated=profile.simulated,
    )
