"""The questions to the body, in its own SQL: totals per customer, single values of units, what an event is to a walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.matching.sql import ENGINES, meets, number_of, predicate, text_of
from resa.kernel.metrics.definition import LARGEST
from resa.kernel.metrics.plan import (
    ACTIVITY,
    CENTS,
    MICRO,
    REVENUE,
    Each,
    Number,
    Picked,
    Tally,
    events_of,
)
from resa.kernel.metrics.units import Begun

ROW: Final = {"duckdb": '"row"', "spark": "`row`"}
COLUMNS: Final = frozenset(
    {"channel", "device", "os", "browser", "locale", "source", "campaign_source", "campaign_medium", "referrer_kind"}
)
"""What a question may be split by without saying `property:`."""


class Split(NamedTuple):
    """How an event is put into a group, and into a stretch of time by the ms at which these begin."""

    by: str | None = None
    groups: tuple[str | None, ...] = ()
    edges: tuple[int, ...] = ()


EVERYTHING: Final = Split()


class Writer:
    """Writes the questions of one lens and split in one engine's SQL."""

    def __init__(self, engine: str, lens: Lens, split: Split = EVERYTHING, begun: Begun | None = None) -> None:
        """For `duckdb` or `spark`; of everybody, or of those who have begun, each from then on."""
        self._engine, self._lens, self._split, self._begun = engine, lens, split, begun
        self._row = ROW[engine]

    # -- parts ---------------------------------------------------------------------------------------------------

    def scope(self) -> str:
        """What the lens shows, but for its period."""
        parts = ["NOT bot"]
        if not self._lens.simulated:
            parts.append("NOT coalesce(simulated, FALSE)")
        if self._lens.channel is not None:
            parts.append(f"coalesce(channel, 'other') = {ENGINES[self._engine].literal(self._lens.channel)}")
        return " AND ".join(parts)

    def meets(self, events: Picked) -> str:
        """Whether an event is one of these; any activity is what Resa did not write itself."""
        found = events_of(events)
        if found is None:
            return "coalesce(source, '') <> 'resa'"
        return "(" + " OR ".join(self._is(match) for match in found.any) + ")"

    def _is(self, match: Match) -> str:
        """Whether an event is of one match; its conditions are looked at only where type and name are right."""
        rest = meets(match, ENGINES[self._engine], named=False)
        if rest is None:
            return f"({predicate(match, self._engine)})"
        named = predicate(Match(type=match.type, name=match.name), self._engine)
        return f"CASE WHEN {named} THEN coalesce({rest}, FALSE) ELSE FALSE END"

    def bucket(self) -> str:
        """The number of the stretch of time, by halving."""
        edges = self._split.edges
        number = _halving("time", edges, 0, len(edges)) if len(edges) > 1 else "0"
        return number if self._begun is None else f"CASE WHEN time < since THEN 0 ELSE 1 + ({number}) END"

    def group(self) -> str:
        """The number of the group: its place among the largest, beyond them for all others."""
        if self._split.by is None:
            return "0"
        value, literal = value_of(self._split.by, self._engine), ENGINES[self._engine].literal
        arms = " ".join(
            f"WHEN {value} IS NULL THEN {place}" if group is None else f"WHEN {value} = {literal(group)} THEN {place}"
            for place, group in enumerate(self._split.groups)
        )
        return f"CASE {arms} ELSE {len(self._split.groups)} END" if arms else "0"

    def number(self, number: Number) -> str:
        """The number of an event in whole parts (BIGINT); NULL where it has none, or one in another currency."""
        if number.of == REVENUE and not number.bands:
            found = f"CAST(revenue * {CENTS} AS BIGINT)"
        else:
            plain = number_of(number.of, self._engine)
            value = _banded(plain, number) if number.bands else plain
            inside = f"abs({plain}) <= {_double(LARGEST)}"
            found = f"CASE WHEN {inside} THEN CAST(floor(({value}) * {_double(MICRO)} + {_double(0.5)}) AS BIGINT) END"
        if number.cap:
            found = f"LEAST({found}, CAST({round(number.cap * number.scale)} AS BIGINT))"
            found = f"CASE WHEN {self._given(number)} THEN {found} END"  # DuckDB's LEAST passes over NULL
        if number.currency:
            found = f"CASE WHEN currency = {ENGINES[self._engine].literal(number.currency)} THEN {found} END"
        return found

    def _given(self, number: Number) -> str:
        return "revenue IS NOT NULL" if number.of == REVENUE else f"{number_of(number.of, self._engine)} IS NOT NULL"

    def _events(self, *, before: bool = False) -> str:
        """The events looked at: all, or those of customers who have begun, from then on (or from some time before)."""
        if self._begun is None:
            return "log"
        since = f"begun.since - {self._begun.before}" if before else "begun.since"
        return f"""(
    SELECT log.*, begun.since FROM log JOIN ({self._begun.sql}) AS begun ON log.profile = begun.profile
     WHERE log.time >= {since}) AS log"""

    def _during(self, start: int, end: int) -> str:
        return f"time >= {start} AND time < {end} AND {self.scope()}"

    # -- statements ----------------------------------------------------------------------------------------------

    def totals(self, tallies: Sequence[Tally], singles: Sequence[Each] = ()) -> str:
        """One row per customer (and stretch, and group), of one scan: a column `t<n>` for each tally, a list `s<n>` for single values.

        Where orders are counted or looked at one by one, rows are totalled by order first: far cheaper than distinct
        counts by customer.
        """
        columns = [_Column(f"t{n}", self._counted(tally), tally) for n, tally in enumerate(tallies)]
        columns += [_Column(f"s{n}", self._said(single), single) for n, single in enumerate(singles)]
        orders = list(dict.fromkeys(column.of.events for column in columns if column.by_order))
        order = f"CASE WHEN {self._any(orders)} THEN {self._order()} END AS order_key, " if orders else ""
        events = list(dict.fromkeys(column.of.events for column in columns))
        wanted = "" if ACTIVITY in events else f" AND {self._any(events)}"
        seen = f"""
  SELECT profile, {self.bucket()} AS bucket, {self.group()} AS grp, {order}{_listed(columns, _Column.seen)}
    FROM {self._events(before=True)} WHERE {self._during(*self._lens.period)}{wanted}"""
        if not orders:
            return f"""
WITH seen AS ({seen}
)
SELECT profile, bucket, grp, {_listed(columns, _Column.only)} FROM seen GROUP BY profile, bucket, grp"""
        return f"""
WITH seen AS ({seen}
),
by_order AS (
  SELECT profile, bucket, grp, order_key, {_listed(columns, _Column.first)} FROM seen GROUP BY profile, bucket, grp, order_key
)
SELECT profile, bucket, grp, {_listed(columns, _Column.second)} FROM by_order GROUP BY profile, bucket, grp"""

    def _any(self, events: Sequence[Picked]) -> str:
        return "(" + " OR ".join(self.meets(each) for each in events) + ")"

    def _counted(self, tally: Tally) -> str:
        """What of an event is counted or summed; NULL for nothing."""
        value = "1" if tally.number is None else self.number(tally.number)
        if tally.what == "orders" and tally.number is not None:
            value = f"CASE WHEN {value} IS NOT NULL THEN 1 END"
        return f"CASE WHEN {self.meets(tally.events)} THEN {value} END"

    def _said(self, single: Each) -> str:
        """What of an event is a single value, or part of one; those who have begun are looked at from then on only."""
        if single.unit == "value":
            assert single.number is not None
            value = text_of(single.number.of, self._engine)
        else:
            value = "1" if single.number is None else self.number(single.number)
        since = "" if self._begun is None else " AND time >= since"
        return f"CASE WHEN {self.meets(single.events)}{since} THEN {value} END"

    def _order(self) -> str:
        """The order of an event; its own where it names none."""
        return f"coalesce(order_id, '#' || CAST({self._row} AS STRING))"

    def active(self) -> str:
        """The customers with any activity."""
        return f"""
SELECT DISTINCT profile FROM log WHERE {self._during(*self._lens.period)} AND {self.meets(ACTIVITY)} ORDER BY profile"""

    def first_of(self, condition: str) -> str:
        """Every customer with such an event, and the moment of the first: what `Begun` asks."""
        during = self._during(*self._lens.period)
        return f"SELECT profile, min(time) AS since FROM log WHERE {during} AND ({condition}) GROUP BY profile"

    def largest_groups(self, most: int) -> str:
        """The groups with most events."""
        assert self._split.by is not None
        value = value_of(self._split.by, self._engine)
        return f"""
SELECT grp, events FROM (
  SELECT {value} AS grp, count(*) AS events FROM log WHERE {self._during(*self._lens.period)} GROUP BY 1
) AS counted ORDER BY events DESC, grp NULLS LAST LIMIT {most}"""

    def currencies(self, sets: Sequence[Sequence[Picked]], *, by_customer: bool = False) -> str:
        """The currencies of amounts, and how many of each of these sets of events are in it (`e<n>`)."""
        of = ", ".join(f"count(CASE WHEN {self._any(events)} THEN 1 END) AS e{n}" for n, events in enumerate(sets))
        every = list(dict.fromkeys(text for events in sets for text in events))
        by = "currency, profile" if by_customer else "currency"
        return f"""
SELECT {by}, {of} FROM {self._events(before=True)}
 WHERE {self._during(*self._lens.period)} AND revenue IS NOT NULL AND {self._any(every)} GROUP BY {by} ORDER BY {by}"""

    def walk_label(self, kinds: Sequence[Picked]) -> str:
        """What an event is to a walk: 1 if it is activity, 2 << n for each of the kinds it is of, the group above these; 0: nothing."""
        active = f"CASE WHEN {self.meets(ACTIVITY)} THEN 1 ELSE 0 END"
        bits = "".join(f" + CASE WHEN {self.meets(text)} THEN {2 << n} ELSE 0 END" for n, text in enumerate(kinds))
        label = f"{active}{bits} + {2 << len(kinds)} * ({self.group()})"
        return f"CASE WHEN {self.scope()} AND {self._any([ACTIVITY, *kinds])} THEN {label} ELSE 0 END"


def value_of(by: str, engine: str) -> str:
    """What an event is grouped by, as text."""
    kind, _, name = by.partition(":")
    if kind == "property":
        return text_of(name, engine)
    return "coalesce(channel, 'other')" if by == "channel" else by


class _Column(NamedTuple):
    """A column of totals, or of lists of single values: what it reads of an event, and how that is put together."""

    name: str
    value: str
    of: Tally | Each

    @property
    def by_order(self) -> bool:
        return self.of.what == "orders" if isinstance(self.of, Tally) else self.of.unit == "order"

    @property
    def _different(self) -> bool:
        return isinstance(self.of, Each) and self.of.unit == "value"

    def seen(self) -> str:
        """Of an event."""
        return self.value

    def only(self) -> str:
        """Of a customer, from events."""
        return self._list() if isinstance(self.of, Each) else f"CAST(coalesce({self.first()}, 0) AS DOUBLE)"

    def first(self) -> str:
        """Of an order, from events."""
        if isinstance(self.of, Each) and not self.by_order:
            return self._list()
        adds = isinstance(self.of, Each) or self.of.what == "amount"
        return f"sum(CAST({self.name} AS DECIMAL(38, 0)))" if adds else f"count({self.name})"

    def second(self) -> str:
        """Of a customer, from orders."""
        if isinstance(self.of, Each):
            if self.by_order:
                return self._list()
            every = f"flatten(array_agg({self.name}) FILTER (WHERE {self.name} IS NOT NULL))"
            return f"array_distinct({every})" if self._different else every
        total = f"count(CASE WHEN {self.name} > 0 THEN 1 END)" if self.by_order else f"coalesce(sum({self.name}), 0)"
        return f"CAST({total} AS DOUBLE)"

    def _list(self) -> str:
        return f"array_agg({'DISTINCT ' if self._different else ''}{self.name}) FILTER (WHERE {self.name} IS NOT NULL)"


def _listed(columns: Sequence[_Column], part: Callable[[_Column], str]) -> str:
    return ", ".join(f"{part(column)} AS {column.name}" for column in columns)


def _banded(plain: str, number: Number) -> str:
    arms = " ".join(
        f"WHEN {plain} >= {_double(low)} AND {plain} <= {_double(high)} THEN {_double(value)}"
        for low, high, value in number.bands
    )
    return f"CASE {arms} END"


def _double(value: float) -> str:
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def _halving(time: str, edges: Sequence[int], low: int, high: int) -> str:
    """The number of the last edge that is not after `time`, as nested cases of logarithmic depth."""
    if high - low == 1:
        return str(low)
    middle = (low + high) // 2
    return f"CASE WHEN {time} < {edges[middle]} THEN {_halving(time, edges, low, middle)} ELSE {_halving(time, edges, middle, high)} END"
