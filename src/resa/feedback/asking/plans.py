"""The surveys that are live, ready to be asked: periods in milliseconds, events by name, pages as one test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from resa.experiments.engine import urls
from resa.feedback.surveys import Live, Relational, Survey, Transactional, live
from resa.kernel import contacts
from resa.kernel.audiences.rules import milliseconds
from resa.kernel.contacts import Policy
from resa.kernel.definitions import Definitions
from resa.kernel.errors import NotFound
from resa.kernel.matching import Match
from resa.kernel.matching import python as matching

DAY: Final = 86_400_000
REMEMBERED: Final = 3 * DAY
"""How long after its moment a touchpoint is still asked about: later the customer answers about something else."""
_PAGES: Final = 1024

Event = Mapping[str, Any]


class Spot(NamedTuple):
    """Where on a page a survey stands, as a browser finds it: an element by selector, and where in or beside it."""

    selector: str
    position: str


@dataclass(frozen=True)
class Plan:
    """A live survey. Times are milliseconds; `every` is None for what is not asked in rounds, `events` empty for what follows none."""

    key: str
    version: int
    body: Survey
    events: tuple[Match, ...]
    delay: int
    every: int | None
    rest: int
    stays: int
    """How long it stays on the pages of a visit once it was shown: as long as an answering may rest."""
    on_page: Callable[[str], bool]
    spot: Spot | None
    """Where it stands, if it has a placement; else it is a card in the corner."""

    @property
    def life(self) -> int:
        """How long an asking may wait for a place or for the customer once it is due."""
        if self.every is not None:
            return self.every
        return REMEMBERED if self.events else self.rest

    @property
    def on_visit(self) -> bool:
        """Whether being there is reason enough to be asked."""
        return not self.events and self.every is None

    def on(self, channel: str) -> bool:
        """Whether it may be asked there."""
        return channel in self.body.channels

    def meets(self, event: Event, said: Mapping[str, Any]) -> bool:
        """Whether an event is one that it follows."""
        return any(matching.meets(match, event, said) for match in self.events)


@dataclass(frozen=True)
class Plans:
    """All of them, the most important first; and the contact policy in force."""

    all: tuple[Plan, ...]
    policy: Policy

    def get(self, key: str) -> Plan | None:
        """The survey of that key, if it is live."""
        return next((plan for plan in self.all if plan.key == key), None)

    @property
    def following(self) -> tuple[Plan, ...]:
        """Those that follow events."""
        return tuple(plan for plan in self.all if plan.events)

    @property
    def on_site(self) -> tuple[Plan, ...]:
        """Those that a page may show."""
        return tuple(plan for plan in self.all if plan.on("site"))


def compiled(found: Live, known: Definitions) -> Plan:
    """A survey as it is asked."""
    trigger = found.body.trigger
    transactional = trigger if isinstance(trigger, Transactional) else None
    return Plan(
        key=found.key,
        version=found.version,
        body=found.body,
        events=tuple(transactional.events) if transactional is not None else (),
        delay=milliseconds(transactional.delay) if transactional is not None and transactional.delay else 0,
        every=milliseconds(trigger.every) if isinstance(trigger, Relational) else None,
        rest=milliseconds(found.body.rest),
        stays=milliseconds(found.body.partial_after),
        on_page=_pages(found.body),
        spot=_spot(found.body, known),
    )


def _spot(body: Survey, known: Definitions) -> Spot | None:
    """The element that is marked with the placement's key, unless one was chosen for it in the picker."""
    if body.placement is None:
        return None
    marked = Spot(f'[data-resa-placement="{body.placement}"]', "append")
    try:
        chosen = known.get("placement", body.placement).body
    except NotFound:
        return marked
    if chosen.selector is None:
        return marked
    return Spot(chosen.selector, "append" if chosen.position == "replace" else chosen.position)


def _pages(body: Survey) -> Callable[[str], bool]:
    if not body.pages:
        return lambda _url: True
    patterns: Sequence[dict[str, Any]] = [
        {"pattern": page.pattern, "type": page.type, "include": page.include} for page in body.pages
    ]
    met = lru_cache(maxsize=_PAGES)(urls.targeting(patterns))  # many visits share few addresses
    return lambda url: bool(met(url))


class Current:
    """The plans as of now, compiled anew when a definition changed. Thread-safe."""

    def __init__(self, known: Definitions) -> None:
        """Nothing is compiled yet."""
        self._known = known
        self._lock = threading.Lock()
        self._stamp: Hashable = None
        self._plans: Plans | None = None

    def fresh(self) -> Plans | None:
        """What is in force, if it is compiled already; else it is to be asked for in a thread."""
        return self._plans if self._plans is not None and self._known.stamp() == self._stamp else None

    def __call__(self) -> Plans:
        """What is in force."""
        stamp = self._known.stamp()
        with self._lock:
            if self._plans is None or stamp != self._stamp:
                found = tuple(compiled(each, self._known) for each in live(self._known))
                self._plans, self._stamp = Plans(found, contacts.current(self._known)), stamp
            return self._plans
