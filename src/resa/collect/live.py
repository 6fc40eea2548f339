"""The newest events, as they were committed, and where one of them is: accepted, committed, profiled, landed, indexed."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.kernel import foreign, times
from resa.kernel.errors import Refused
from resa.kernel.events import SCHEMA
from resa.kernel.groups import Group
from resa.kernel.identities import profile_id, profile_number

MOST: Final = 2_000
_MILESTONES: Final = 20_000

_COLUMNS: Final = (
    *(
        "row",
        "message_id",
        "time",
        "received_at",
        "type",
        "name",
        "identity",
        "profile_then",
        "user_id",
        "anonymous_id",
    ),
    *("channel", "source", "simulated", "bot", "page_path", "properties", "context"),
)


class LiveEvent(msgspec.Struct, kw_only=True):
    """One event as the live view shows it."""

    row: int
    message_id: str
    time: str
    received_at: str
    type: str
    name: str
    identity: str
    profile: str
    channel: str
    source: str
    simulated: bool
    bot: bool
    page_path: str | None
    properties: dict[str, Any]
    context: dict[str, Any]


class Step(msgspec.Struct):
    """One stage on the way of an event; `at` is None where this process did not see it happen."""

    step: str
    at: str | None
    detail: str


class Wanted(msgspec.Struct, frozen=True):
    """Which events to show."""

    source: str | None = None
    name: str | None = None
    customer: str | None = None
    after: int = -1


class Milestones:
    """When each step reached which row, for the last while."""

    def __init__(self) -> None:
        """Nothing was reached yet."""
        self._reached: dict[str, deque[tuple[int, int]]] = {}

    def mark(self, step: str, next_row: int, at: int) -> None:
        """`step` is done for all rows below `next_row`."""
        marks = self._reached.setdefault(step, deque(maxlen=_MILESTONES))
        if not marks or marks[-1][0] < next_row:
            marks.append((next_row, at))

    def passed(self, step: str, row: int) -> int | None:
        """When `step` was done for `row`; None if that was before this process looked."""
        marks = list(self._reached.get(step, ()))
        if not marks or row < marks[0][0]:
            return None  # the first mark is what was found at the start
        place = bisect_right(marks, row, key=lambda mark: mark[0])
        return marks[place][1] if place < len(marks) else None


class _Table:
    """Events from before this process, held like a group."""

    def __init__(self, events: pa.Table) -> None:
        self._events = events
        self.count: int = events.num_rows

    def table(self) -> pa.Table:
        return self._events


class LiveView:
    """The last committed events. `apply` is called in the commit's thread; reading never makes it wait long."""

    def __init__(
        self, clock: Callable[[], int], profiles: Callable[[np.ndarray], np.ndarray], *, most: int = MOST
    ) -> None:
        """`profiles` gives the profiles of identities as of now (-1: erased)."""
        self._clock = clock
        self._profiles = profiles
        self._most = most
        self._lock = threading.Lock()
        self._groups: deque[_Table | Group] = deque()
        self._events = 0
        self.next_row = 0
        self.milestones = Milestones()

    def apply(self, group: Group) -> None:
        """Take a committed group; it gets its columns when somebody looks."""
        with self._lock:
            self._groups.append(group)
            self._events += group.count
            while len(self._groups) > 1 and self._events - self._groups[0].count >= self._most:
                self._events -= self._groups.popleft().count
            self.next_row = group.next_row
        self.milestones.mark("committed", self.next_row, self._clock())

    def seed(self, events: pa.Table) -> None:
        """Put events before those seen so far: what an earlier process committed."""
        if not events.num_rows:
            return
        with self._lock:
            self._groups.appendleft(_Table(events.select(_COLUMNS)))
            self._events += events.num_rows
            if len(self._groups) == 1:
                self.next_row = events.column("row")[-1].as_py() + 1

    def _tables(self) -> Iterator[pa.Table]:
        """The events, newest group first."""
        with self._lock:
            groups = list(self._groups)
        return (group.table().select(_COLUMNS) for group in reversed(groups))

    def newest(self, limit: int, wanted: Wanted = Wanted()) -> list[LiveEvent]:  # noqa: B008  # immutable
        """At most `limit` of the events wanted, newest first."""
        found: list[LiveEvent] = []
        for group in self._tables():
            if len(found) >= limit or group.column("row")[-1].as_py() <= wanted.after:
                break
            chosen = self._chosen(group, wanted)
            part = chosen.slice(max(0, chosen.num_rows - (limit - len(found))))
            found.extend(reversed(list(self._shown(part))))
        return found

    def by_message_id(self, message_id: str) -> LiveEvent | None:
        """An event by its message id, if it is among the last."""
        for group in self._tables():
            part = group.filter(pc.equal(group.column("message_id"), message_id))
            for event in self._shown(part):
                return event
        return None

    def show(self, events: pa.Table) -> list[LiveEvent]:
        """Any events as the live view shows them."""
        return list(self._shown(events.select(_COLUMNS)))

    def _chosen(self, group: pa.Table, wanted: Wanted) -> pa.Table:
        for column, value in (("source", wanted.source), ("name", wanted.name)):
            if value is not None:
                group = group.filter(pc.equal(group.column(column), value))
        if wanted.after >= 0:
            group = group.filter(pc.greater(group.column("row"), wanted.after))
        return group.filter(pa.array(self._of_customer(group, wanted.customer))) if wanted.customer else group

    def _of_customer(self, group: pa.Table, customer: str) -> np.ndarray:
        kind, _, value = customer.partition(":")
        if kind in ("user", "anon") and value:
            column = group.column("user_id" if kind == "user" else "anonymous_id")
            same: np.ndarray = pc.fill_null(pc.equal(column, value), False).to_numpy()
            return same
        if not customer.startswith("p_"):
            raise Refused("customer", customer, "is no customer.", "Use p_<number>, user:<id> or anon:<id>.")
        number = profile_number(customer)
        mine: np.ndarray = self._profiles(group.column("identity").to_numpy()) == number
        return mine

    def _shown(self, events: pa.Table) -> Iterator[LiveEvent]:
        profiles = self._profiles(events.column("identity").to_numpy()).tolist() if events.num_rows else []
        for event, profile in zip(events.to_pylist(), profiles, strict=True):
            if profile >= 0:  # erased customers are shown to nobody
                yield _live(event, profile)


def nothing() -> pa.Table:
    """No events, with the columns of all."""
    return SCHEMA.empty_table()


def _live(event: dict[str, Any], profile: int) -> LiveEvent:
    user = event["user_id"]
    return LiveEvent(
        row=event["row"],
        message_id=event["message_id"],
        time=times.iso(event["time"]),
        received_at=times.iso(event["received_at"]),
        type=event["type"],
        name=event["name"],
        identity=f"user:{user}" if user else f"anon:{event['anonymous_id']}",
        profile=profile_id(profile),
        channel=event["channel"] or "other",
        source=event["source"] or "",
        simulated=bool(event["simulated"]),
        bot=bool(event["bot"]),
        page_path=event["page_path"],
        properties=foreign.members(event["properties"] or "{}"),
        context=foreign.members(event["context"] or "{}"),
    )
