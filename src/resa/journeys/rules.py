"""A map's rules in two equal forms: SQL over `log` for everyone's events, Python for the one event at hand.

An event belongs to the first touchpoint, in the order of the map, whose rule it meets. A property-based test holds
the two forms equal on DuckDB; docs/journeys.md says what each operator means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from resa.journeys.definition import Journey, Stage, Touchpoint
from resa.kernel.events import CHANNELS
from resa.kernel.matching import Match, python
from resa.kernel.matching.python import Event
from resa.kernel.matching.sql import ENGINES, Engine, meets

# -- labels: one number per event says touchpoint, channel and whether it is simulated -----------------------------

VARIANTS: Final = 2 * len(CHANNELS)


class Label(NamedTuple):
    """What a label says: the touchpoint's number in map order, the channel's in CHANNELS, and if it is simulated."""

    touchpoint: int
    channel: int
    simulated: bool


def read(label: int) -> Label | None:
    """What `label` says; 0 says nothing."""
    if label == 0:
        return None
    touchpoint, variant = divmod(label - 1, VARIANTS)
    return Label(touchpoint, variant // 2, variant % 2 == 1)


# -- SQL -----------------------------------------------------------------------------------------------------------


def labels(journey: Journey, engine: str = "duckdb") -> str:
    """The label of an event as a SQL expression over the columns of `log`."""
    sql = ENGINES[engine]
    touchpoint = _touchpoint(journey, sql)
    if touchpoint is None:
        return "0"
    return variants(touchpoint, engine)


def variants(number: str, engine: str) -> str:
    """The label of an event that has this number (SQL, NULL: none): with its channel, and whether it is simulated."""
    sql = ENGINES[engine]
    channels = " ".join(f"WHEN {sql.literal(name)} THEN {2 * place}" for place, name in enumerate(CHANNELS))
    other = 2 * CHANNELS.index("other")
    return (
        f"COALESCE(({number}) * {VARIANTS} + CASE channel {channels} ELSE {other} END"
        " + CASE WHEN simulated THEN 1 ELSE 0 END + 1, 0)"
    )


def touchpoint(journey: Journey, engine: str = "duckdb") -> str | None:
    """The number of an event's touchpoint in map order as a SQL expression, NULL for no touchpoint; None if there is no rule."""
    return _touchpoint(journey, ENGINES[engine])


def _touchpoint(journey: Journey, sql: Engine) -> str | None:
    """The number of the touchpoint, NULL if there is none: by type, then by name, then by what else is asked."""
    by_type: dict[str, list[tuple[int, Match]]] = {}
    for number, match in matches(journey):
        by_type.setdefault(match.type, []).append((number, match))
    if not by_type:
        return None
    arms = " ".join(f"WHEN '{type_}' THEN {_of_type(found, sql)}" for type_, found in by_type.items())
    return f"CASE type {arms} END"


def _of_type(found: list[tuple[int, Match]], sql: Engine) -> str:
    if any(match.name is None for _, match in found):  # those in between the named ones keep their turn
        return _first([(number, meets(match, sql, named=True)) for number, match in found])
    by_name: dict[str, list[tuple[int, Match]]] = {}
    for number, match in found:
        by_name.setdefault(match.name or "", []).append((number, match))
    arms = (
        f"WHEN {sql.literal(name)} THEN {_first([(n, meets(match, sql, named=False)) for n, match in same])}"
        for name, same in by_name.items()
    )
    return f"CASE name {' '.join(arms)} END"


def _first(options: list[tuple[int, str | None]]) -> str:
    """The number of the first option whose condition holds (None: it always does)."""
    arms: list[str] = []
    for number, condition in options:
        if condition is None:
            return f"CASE {' '.join(arms)} ELSE {number} END" if arms else str(number)
        arms.append(f"WHEN {condition} THEN {number}")
    return f"CASE {' '.join(arms)} END"


def matches(journey: Journey) -> Iterator[tuple[int, Match]]:
    """Every match of the map with the number of its touchpoint, in map order."""
    for number, (_, _, touchpoint) in enumerate(journey.touchpoints()):
        for match in touchpoint.rule.any:
            yield number, match


# -- Python --------------------------------------------------------------------------------------------------------


class Matcher:
    """Says of an event which stage and touchpoint of a map it belongs to. Immutable; cheap to make."""

    def __init__(self, journey: Journey) -> None:
        """Sort the map's rules by what they can match."""
        self._places = [(stage, touchpoint) for _, stage, touchpoint in journey.touchpoints()]
        self._by_type: dict[str, list[tuple[int, Match]]] = {}
        for number, match in matches(journey):
            self._by_type.setdefault(match.type, []).append((number, match))

    def number(self, event: Event) -> int | None:
        """The number of the event's touchpoint in map order, if it has one."""
        properties: dict[str, Any] | None = None
        for number, match in self._by_type.get(event["type"], ()):
            if properties is None and match.where:
                properties = python.properties(event)
            if python.meets(match, event, properties):
                return number
        return None

    def place(self, event: Event) -> tuple[Stage, Touchpoint] | None:
        """The event's stage and touchpoint, if it has one."""
        number = self.number(event)
        return None if number is None else self._places[number]
