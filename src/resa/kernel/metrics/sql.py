"""The questions to the body, in its own SQL: totals per customer, what came within a window, single values of units."""

from __future__ import annotations

from collections.abc import Sequence
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
    Returns,
    Steps,
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

    def totals(self, tallies: Sequence[Tally]) -> str:
        """One row per customer (and stretch, and group) with a column `t<n>` for each tally: one scan for all of them.

        Where orders are counted, rows are totalled by order first: far cheaper than distinct counts by customer.
        """
        seen = ", ".join(f"{self._counted(tally)} AS v{place}" for place, tally in enumerate(tallies))
        orders = list(dict.fromkeys(tally.events for tally in tallies if tally.what == "orders"))
        events = dict.fromkeys(tally.events for tally in tallies)
        wanted = "" if ACTIVITY in events else f" AND ({' OR '.join(self.meets(text) for text in events)})"
        first = ", ".join(f"{_first(tally, f'v{place}')} AS t{place}" for place, tally in enumerate(tallies))
        if not orders:
            only = ", ".join(
                f"CAST(coalesce({_first(tally, f'v{place}')}, 0) AS DOUBLE) AS t{place}"
                for place, tally in enumerate(tallies)
            )
            return f"""
WITH seen AS (
  SELECT profile, {self.bucket()} AS bucket, {self.group()} AS grp, {seen}
    FROM {self._events(before=True)} WHERE {self._during(*self._lens.period)}{wanted}
)
SELECT profile, bucket, grp, {only} FROM seen GROUP BY profile, bucket, grp"""
        second = ", ".join(f"{_second(tally, f't{place}')} AS t{place}" for place, tally in enumerate(tallies))
        of_order = " OR ".join(self.meets(text) for text in orders)
        return f"""
WITH seen AS (
  SELECT profile, {self.bucket()} AS bucket, {self.group()} AS grp,
         CASE WHEN {of_order} THEN {self._order()} END AS order_key, {seen}
    FROM {self._events(before=True)} WHERE {self._during(*self._lens.period)}{wanted}
),
by_order AS (
  SELECT profile, bucket, grp, order_key, {first} FROM seen GROUP BY profile, bucket, grp, order_key
)
SELECT profile, bucket, grp, {second} FROM by_order GROUP BY profile, bucket, grp"""

    def _counted(self, tally: Tally) -> str:
        """What of an event is counted or summed; NULL for nothing."""
        value = "1" if tally.number is None else self.number(tally.number)
        if tally.what == "orders" and tally.number is not None:
            value = f"CASE WHEN {value} IS NOT NULL THEN 1 END"
        return f"CASE WHEN {self.meets(tally.events)} THEN {value} END"

    def _order(self) -> str:
        """The order of an event; its own where it names none."""
        return f"coalesce(order_id, '#' || CAST({self._row} AS STRING))"

    def steps(self, steps: Steps, now: int) -> str:
        """Who came to a start, and who to the goal later within the window; starts whose window is still open don't count."""
        start, end = self._lens.period
        upto = end + steps.within
        ripe = f" AND time + {steps.within} <= {now}" if steps.within else ""
        within = f"goal_time - time <= {steps.within}" if steps.within else "goal_time IS NOT NULL"
        return f"""
WITH seen AS (
  SELECT profile, time, {self._row} AS place, {self.bucket()} AS bucket, {self.group()} AS grp,
         {self.meets(steps.start)} AS starts, {self.meets(steps.goal)} AS ends
    FROM {self._events()} WHERE {self._during(start, upto)} AND ({self.meets(steps.start)} OR {self.meets(steps.goal)})
),
followed AS (
  SELECT *, min(CASE WHEN ends THEN time END) OVER (
            PARTITION BY profile ORDER BY time, place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS goal_time
    FROM seen
)
SELECT profile, bucket, grp, 1 AS entered, max(CASE WHEN {within} THEN 1 ELSE 0 END) AS came
  FROM followed WHERE starts AND time < {end}{ripe} GROUP BY profile, bucket, grp"""

    def returns(self, returns: Returns, now: int) -> str:
        """Who came, and who came back in the window after the first time; windows still open don't count."""
        start, end = self._lens.period
        last = returns.after + returns.within
        # Of a stretch of time the first time in it counts; of those who have begun, the first time at all.
        first = "profile, bucket, grp" if self._begun is None else "profile"
        place = "bucket, grp" if self._begun is None else "min(bucket) AS bucket, min(grp) AS grp"
        return f"""
WITH seen AS (
  SELECT profile, time, {self.bucket()} AS bucket, {self.group()} AS grp,
         {self.meets(returns.start)} AS starts, {self.meets(returns.back)} AS returned
    FROM {self._events()} WHERE {self._during(start, end + last)} AND ({self.meets(returns.start)} OR {self.meets(returns.back)})
),
began AS (
  SELECT profile, {place}, min(time) AS came FROM seen WHERE starts AND time < {end} GROUP BY {first}
)
SELECT began.profile, began.bucket, began.grp, 1 AS entered,
       max(CASE WHEN later.time >= began.came + {returns.after} AND later.time < began.came + {last} THEN 1 ELSE 0 END) AS came
  FROM began LEFT JOIN (SELECT profile, time FROM seen WHERE returned) AS later ON began.profile = later.profile
 WHERE began.came + {last} <= {now} GROUP BY began.profile, began.bucket, began.grp"""

    def each(self, each: Each) -> str:
        """The single values of orders or events, and how often each occurs, by customer."""
        if each.unit == "value":
            return self._different(each)
        period = self._lens.period
        value = "1" if each.number is None else self.number(each.number)
        by = self._order() if each.unit == "order" else f"CAST({self._row} AS STRING)"
        return f"""
WITH seen AS (
  SELECT profile, {self.bucket()} AS bucket, {self.group()} AS grp, {by} AS unit, {value} AS v
    FROM {self._events()} WHERE {self._during(*period)} AND {self.meets(each.events)}
),
valued AS (
  SELECT profile, bucket, grp, unit, sum(CAST(v AS DECIMAL(38, 0))) AS v FROM seen WHERE v IS NOT NULL
   GROUP BY profile, bucket, grp, unit
)
SELECT profile, bucket, grp, CAST(v AS DOUBLE) AS v, count(*) AS times FROM valued GROUP BY profile, bucket, grp, v"""

    def _different(self, each: Each) -> str:
        """Which texts the events of each customer say, as numbers in their order."""
        assert each.number is not None
        text = text_of(each.number.of, self._engine)
        return f"""
WITH seen AS (
  SELECT profile, {self.bucket()} AS bucket, {self.group()} AS grp, {text} AS said
    FROM {self._events()} WHERE {self._during(*self._lens.period)} AND {self.meets(each.events)}
),
numbered AS (
  SELECT said, row_number() OVER (ORDER BY said) AS v FROM (SELECT DISTINCT said FROM seen WHERE said IS NOT NULL) AS texts
)
SELECT profile, bucket, grp, CAST(v AS DOUBLE) AS v, count(*) AS times
  FROM seen JOIN numbered ON seen.said = numbered.said GROUP BY profile, bucket, grp, v"""

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

    def currencies(self, events: Sequence[Picked]) -> str:
        """The currencies of the amounts of these events."""
        which = " OR ".join(self.meets(text) for text in events)
        return f"""
SELECT DISTINCT currency FROM log WHERE {self._during(*self._lens.period)} AND revenue IS NOT NULL AND ({which}) ORDER BY 1"""

    def visit_label(self, kinds: Sequence[Picked]) -> str:
        """What an event is to sessions, which are of activity: 1, 2 << n for each of the kinds it is of, the group above these; 0: nothing."""
        bits = "".join(f" + CASE WHEN {self.meets(text)} THEN {2 << n} ELSE 0 END" for n, text in enumerate(kinds))
        label = f"1{bits} + {2 << len(kinds)} * ({self.group()})"
        return f"CASE WHEN {self.scope()} AND {self.meets(ACTIVITY)} THEN {label} ELSE 0 END"


def value_of(by: str, engine: str) -> str:
    """What an event is grouped by, as text."""
    kind, _, name = by.partition(":")
    if kind == "property":
        return text_of(name, engine)
    return "coalesce(channel, 'other')" if by == "channel" else by


def _first(tally: Tally, value: str) -> str:
    """The total of a tally over events."""
    return f"sum(CAST({value} AS DECIMAL(38, 0)))" if tally.what == "amount" else f"count({value})"


def _second(tally: Tally, total: str) -> str:
    """The total of a tally (DOUBLE) over totals by order."""
    sql = f"count(CASE WHEN {total} > 0 THEN 1 END)" if tally.what == "orders" else f"coalesce(sum({total}), 0)"
    return f"CAST({sql} AS DOUBLE)"


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
