"""The customers behind a figure: a page of them, newest first, with what is known of them now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

import msgspec
import numpy as np

from resa.kernel import profiles, times
from resa.kernel.errors import Refused
from resa.kernel.identities import profile_id
from resa.kernel.profiles import Profile
from resa.kernel.workspace import Workspace


class Customer(msgspec.Struct, frozen=True):
    """A customer behind a figure, with the events that put them there."""

    profile: str
    name: str | None
    email: str | None
    first_time: str
    last_time: str
    events: int
    simulated: bool


class Customers(msgspec.Struct, frozen=True):
    """A page of the customers behind a figure, newest first; `total` is the figure itself."""

    total: int
    items: list[Customer]
    next: str | None


class Found(NamedTuple):
    """Everybody behind a figure, newest `last` first."""

    profile: Any
    first: Any
    last: Any
    events: Any

    @classmethod
    def of(cls, profile: Any, first: Any, last: Any, events: Any) -> Found:
        """Columns in any order."""
        order = np.lexsort((profile, -last))
        return cls(profile[order], first[order], last[order], events[order])

    @classmethod
    def joined(cls, stretches: Sequence[tuple[Any, ...]]) -> Found:
        """Stretches of such columns as one."""
        empty = tuple(np.zeros(0, np.int64) for _ in cls._fields)
        return cls.of(*(np.concatenate(column) for column in zip(empty, *stretches, strict=True)))


def page(workspace: Workspace, found: Found, limit: int, cursor: str | None) -> Customers:
    """Those after the cursor, with what is known of them now."""
    part = window(found.profile, found.last, limit, cursor)
    known = read(workspace, found.profile[part.begin : part.end])
    items = [
        Customer(
            **card(known[int(found.profile[at])]),
            first_time=times.iso(int(found.first[at])),
            last_time=times.iso(int(found.last[at])),
            events=int(found.events[at]),
        )
        for at in range(part.begin, part.end)
    ]
    return Customers(int(found.profile.size), items, part.next)


# -- what pages that say something else of a customer share --------------------------------------------------------


class Window(NamedTuple):
    """Which of all are on a page, and the cursor of the next one."""

    begin: int
    end: int
    next: str | None


def window(profile: Any, time: Any, limit: int, cursor: str | None) -> Window:
    """The places after the cursor among customers in the order of their time, newest first, then of their number."""
    size = int(profile.size)
    begin = _upto(cursor, profile, time) if cursor else 0
    end = min(begin + limit, size)
    return Window(begin, end, f"{time[end - 1]},{profile[end - 1]}" if begin < end < size else None)


def _upto(cursor: str, profile: Any, time: Any) -> int:
    """How many stand up to and including the cursor `<time>,<profile>`."""
    try:
        at, number = (int(part) for part in cursor.split(","))
    except ValueError:
        at = number = -1
    if not (-(2**63) <= at < 2**63 and 0 <= number < 2**32):
        raise Refused("cursor", cursor, "this is no cursor.", "Send the 'next' of the page before.")
    return int(np.count_nonzero((time > at) | ((time == at) & (profile <= number))))


def read(workspace: Workspace, numbers: Any) -> dict[int, Profile]:
    """These profiles by number, as they are now."""
    identities = workspace.identities.map()
    groups = {number: identities.members(number).tolist() for number in numbers.tolist()}
    with workspace.state.read() as tx:
        return profiles.read(workspace.state, tx, groups)


class Card(TypedDict):
    """What every page says of a customer."""

    profile: str
    name: str | None
    email: str | None
    simulated: bool


def card(profile: Profile) -> Card:
    """Who it is."""
    email = profile.trait("email")
    return Card(
        profile=profile_id(profile.number),
        name=profile.display_name,
        email=None if email is None else str(email),
        simulated=profile.simulated,
    )
