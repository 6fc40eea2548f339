"""The people behind a figure: a page of customers with the events that put them there, newest first."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np

from resa.kernel import profiles, times
from resa.kernel.errors import Refused
from resa.kernel.identities import profile_id
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


def page(workspace: Workspace, found: Found, limit: int, cursor: str | None) -> Customers:
    """Those after the cursor, with what is known of them now."""
    size = int(found.profile.size)
    begin = _after(cursor, found) if cursor else 0
    end = min(begin + limit, size)
    known = _known(workspace, found.profile[begin:end].tolist())
    items = [_customer(known, found, at) for at in range(begin, end)]
    following = f"{found.last[end - 1]},{found.profile[end - 1]}" if begin < end < size else None
    return Customers(size, items, following)


def _known(workspace: Workspace, numbers: list[int]) -> dict[int, profiles.Profile]:
    identities = workspace.identities.map()
    with workspace.state.read() as tx:
        return profiles.read(workspace.state, tx, {number: identities.members(number).tolist() for number in numbers})


def _customer(known: dict[int, profiles.Profile], found: Found, at: int) -> Customer:
    profile = known[int(found.profile[at])]
    email = profile.trait("email")
    return Customer(
        profile=profile_id(profile.number),
        name=profile.display_name,
        email=None if email is None else str(email),
        first_time=times.iso(int(found.first[at])),
        last_time=times.iso(int(found.last[at])),
        events=int(found.events[at]),
        simulated=profile.simulated,
    )


def _after(cursor: str, found: Found) -> int:
    """How many stand up to and including the cursor `<last>,<profile>`."""
    try:
        at, number = (int(part) for part in cursor.split(","))
    except ValueError:
        at = number = -1
    if not (-(2**63) <= at < 2**63 and 0 <= number < 2**32):
        raise Refused("cursor", cursor, "this is no cursor.", "Send the 'next' of the page before.")
    return int(np.count_nonzero((found.last > at) | ((found.last == at) & (found.profile <= number))))
