"""Features per customer: counted from the events of a period, and from traits as they were known at its end.

Nothing that happened after the period is looked at. Counting is one statement per range of customers, so memory does
not grow with their number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from resa.journeys import Journey
from resa.kernel import calendar, foreign, preferences
from resa.kernel.errors import NotFound
from resa.kernel.lens import Lens
from resa.kernel.matching import sql
from resa.kernel.profiles import traits
from resa.kernel.workspace import Workspace
from resa.predictions.personas import vocabulary
from resa.predictions.personas.vocabulary import Choice, Event, Plan

Array = npt.NDArray[Any]

DAY: Final = 86_400_000
COMMON: Final = 0.05
"""Share of customers from which a channel, device, name or value is common enough to tell customers apart."""
MOST_NAMES: Final = 12
MOST_CATEGORIES: Final = 12
MOST_TRAITS: Final = 8
MOST_VALUES: Final = 8
KNOWN: Final = 0.3
"""Share of customers of whom a trait must be known."""
_SPREAD: Final = 40_503  # odd: numbers that follow each other are spread over the buckets
BUCKETS: Final = 65_536
RANGE: Final = 200_000
"""Customers that are measured at a time."""


@dataclass(frozen=True)
class Scope:
    """Whose events are counted: those the lens shows, of customers in a bucket below `buckets`, numbers in [low, high)."""

    lens: Lens
    buckets: int = BUCKETS
    low: int = 0
    high: int = 1 << 32
    since_row: int = 0
    """Only customers with an event from this row on."""

    def where(self) -> str:
        """As a SQL condition over `log`, in words all engines share. Only numbers and a channel of our own list are put in."""
        period = self.lens.period
        parts = [
            f"time >= {period.start} AND time < {period.end}",
            "NOT bot AND source <> 'resa' AND type IN ('track', 'page', 'screen')",
        ]
        if self.lens.channel is not None:
            parts.append(f"channel = '{self.lens.channel}'")
        if not self.lens.simulated:
            parts.append("NOT simulated")
        if self.buckets < BUCKETS:
            parts.append(f"(profile * {_SPREAD}) % {BUCKETS} < {self.buckets}")
        if self.low or self.high < 1 << 32:
            parts.append(f"profile >= {self.low} AND profile < {self.high}")
        if self.since_row:
            parts.append(f"profile IN (SELECT profile FROM log WHERE log.row >= {self.since_row})")
        return " AND ".join(parts)


@dataclass(frozen=True)
class Frame:
    """Measured customers: `raw[i]` are the features of profile `profiles[i]` (ascending), NaN where unknown."""

    profiles: Array
    raw: Array
    events: Array
    categorised: Array
    """Events that name a category: what shares of categories are shares of."""
    revenue: Array
    orders: Array

    def only(self, wanted: Array) -> Frame:
        """Those of whom `wanted` is true."""
        return Frame(*(getattr(self, field.name)[wanted] for field in fields(self)))

    def evidence(self, family: str) -> Array:
        """Events that a share of this family is a share of."""
        return self.categorised if family == "categories" else self.events


class Measuring:
    """Measures the customers of one workspace through one lens."""

    def __init__(self, workspace: Workspace, lens: Lens) -> None:
        """Nothing is asked yet."""
        self._workspace = workspace
        self.lens = lens
        zone = preferences.zone(workspace.state)
        self._offsets = calendar.offsets(zone, lens.period.start, lens.period.end)
        self._members = workspace.populations.get(lens.population).profiles if lens.population else None

    def customers(self) -> Array:
        """The numbers of all customers seen through the lens, ascending."""
        where = Scope(self.lens).where()
        found = self._workspace.body.native(f"SELECT DISTINCT profile FROM log WHERE {where} ORDER BY profile")
        return self._inside(found.column("profile").to_numpy().astype(np.uint32))

    def _inside(self, profiles: Array) -> Array:
        return profiles if self._members is None else profiles[np.isin(profiles, self._members)]

    # -- what is common ----------------------------------------------------------------------------------------------

    def plan(self, scope: Scope, customers: int) -> Plan:
        """What tells these customers apart, learned from the sample that `scope` is."""
        where, least = scope.where(), max(5, int(COMMON * customers))
        named = self._common("type, name", where, least, MOST_NAMES)
        category = sql.text_of("category", self._workspace.body.dialect)
        journey, stages = self._stages()
        numbers, choices = self._traits(scope, customers)
        channels = [row["channel"] for row in self._common("channel", where, least, 12)]
        devices = [row["device"] for row in self._common("device", where, least, 6)]
        categories = self._common(f"{category} AS category", where, least, MOST_CATEGORIES)
        return Plan(
            currency=self._currency(where),
            channels=channels if len(channels) > 1 else [],
            devices=devices if len(devices) > 1 else [],
            events=[Event(row["type"], row["name"] or "") for row in named] if len(named) > 1 else [],
            categories=[row["category"] for row in categories],
            stages=stages,
            journey=journey,
            numbers=numbers,
            choices=choices,
        )

    def _common(self, what: str, where: str, least: int, most: int) -> list[dict[str, Any]]:
        """The most common values of `what`, each of at least `least` customers, in an order that ties do not change."""
        alias = what.rpartition(" AS ")[2]
        found = self._workspace.body.native(
            f"SELECT {alias}, count(DISTINCT profile) AS customers FROM (SELECT profile, {what} FROM log WHERE {where}) AS one "
            f"WHERE {alias.split(', ')[0]} IS NOT NULL GROUP BY {alias} ORDER BY customers DESC, {alias}"
        )
        rows: list[dict[str, Any]] = [row for row in found.to_pylist() if row["customers"] >= least and row]
        return [row for row in rows if next(iter(row.values())) != ""][:most]

    def _currency(self, where: str) -> str | None:
        """The currency most orders are in; money in others is left out, because nothing says what it is worth."""
        found = self._workspace.body.native(
            f"SELECT currency, count(*) AS paid FROM log WHERE {where} AND revenue IS NOT NULL "
            "GROUP BY currency ORDER BY paid DESC, currency LIMIT 1"
        ).to_pylist()
        return (found[0]["currency"] or "") if found else None

    def _journey(self) -> tuple[str, Journey] | None:
        try:
            maps = self._workspace.definitions.all("journey")
        except NotFound:  # this application has no maps
            return None
        return (maps[0].key, maps[0].body) if maps else None

    def _stages(self) -> tuple[str | None, list[str]]:
        found = self._journey()
        return (found[0], [stage.name for stage in found[1].stages]) if found else (None, [])

    def _traits(self, scope: Scope, customers: int) -> tuple[list[str], list[Choice]]:
        """Traits known of enough customers: numbers, and texts of few values."""
        values: dict[str, list[Any]] = {}
        seen = self._workspace.body.native(f"SELECT DISTINCT profile FROM log WHERE {scope.where()} ORDER BY profile")
        profiles = self._inside(seen.column("profile").to_numpy().astype(np.uint32))
        for known in self.traits(profiles).values():
            for name, value in known.items():
                values.setdefault(name, []).append(value)
        numbers, choices = [], []
        enough = {name: said for name, said in values.items() if len(said) >= max(5, KNOWN * customers)}
        for name in sorted(enough, key=lambda name: (-len(enough[name]), name)):
            said = enough[name]
            numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in said)
            if numeric and len(set(said)) > MOST_VALUES:
                numbers.append(name)
                continue
            common = _common_values(said)
            if common:
                choices.append(Choice(name, common))
        return numbers[:MOST_TRAITS], choices[:MOST_TRAITS]

    # -- counting ----------------------------------------------------------------------------------------------------

    def read(self, plan: Plan, scope: Scope) -> Frame:
        """The features of the customers in `scope`."""
        counted = self._workspace.body.native(self._counts(plan, scope))
        profiles = counted.column("profile").to_numpy().astype(np.uint32)
        order = np.argsort(profiles)
        profiles, counted = profiles[order], counted.take(pa.array(order))
        known = self.traits(profiles) if plan.numbers or plan.choices else {}
        frame = _assemble(plan, self.lens.period.end, profiles, counted, known)
        return frame if self._members is None else frame.only(np.isin(profiles, self._members))

    def ranges(self, customers: Array) -> Iterator[Scope]:
        """Scopes that together cover these customers (ascending), a bounded number at a time."""
        cuts = [0, *(int(customers[at]) for at in range(RANGE, len(customers), RANGE)), 1 << 32]
        for low, high in pairwise(cuts):
            yield Scope(self.lens, low=low, high=high)

    def _counts(self, plan: Plan, scope: Scope) -> str:
        """One statement: everything that is counted per customer."""
        day = calendar.day_number("time", self._offsets)
        hour = f"CAST(floor((time + {self._shift()}) / 3600000.0) AS BIGINT)"
        dialect = self._workspace.body.dialect
        text = sql.ENGINES[dialect].literal
        inner = [f"{day} AS day", f"({hour} % 24) AS hour"]
        if plan.categories:
            inner.append(f"{sql.text_of('category', dialect)} AS category")
        if plan.stages:
            inner.append(f"{self._depth(dialect)} AS depth")
        outer = ["profile", "count(*) AS events", "min(time) AS first", "max(time) AS last"]
        outer += ["count(DISTINCT day) AS days"]
        if plan.currency is not None:
            same = f"COALESCE(currency, '') = {text(plan.currency)}"
            outer.append(
                f"count(DISTINCT CASE WHEN revenue IS NOT NULL AND {same} THEN COALESCE(order_id, message_id) END) AS orders"
            )
            outer.append(f"CAST(sum(CASE WHEN {same} THEN revenue END) AS DOUBLE) AS value")  # added up exactly
        outer += [_times(f"channel = {text(name)}", f"channel_{n}") for n, name in enumerate(plan.channels)]
        outer += [_times(f"device = {text(name)}", f"device_{n}") for n, name in enumerate(plan.devices)]
        outer += [_times(f"hour >= {6 * n} AND hour < {6 * n + 6}", f"hours_{n}") for n in range(4)]
        # 1 January 1970 was a Thursday: Saturday and Sunday are days 2 and 3 of a week that begins there.
        outer.append(_times("(day % 7) IN (2, 3)", "weekend"))
        outer += [_times(f"category = {text(name)}", f"category_{n}") for n, name in enumerate(plan.categories)]
        if plan.categories:
            outer.append("count(category) AS categorised")
        outer += [
            _times(f"type = '{event.type}' AND COALESCE(name, '') = {text(event.name)}", f"event_{n}")
            for n, event in enumerate(plan.events)
        ]
        if plan.stages:
            outer.append("max(depth) AS depth")
        return (
            f"SELECT {', '.join(outer)} FROM (SELECT log.*, {', '.join(inner)} FROM log WHERE {scope.where()}) AS seen "
            "GROUP BY profile"
        )

    def _shift(self) -> str:
        rules = "".join(f" WHEN time >= {change.start} THEN {change.offset}" for change in reversed(self._offsets[1:]))
        return f"CASE{rules} ELSE {self._offsets[0].offset} END" if rules else str(self._offsets[0].offset)

    def _depth(self, dialect: str) -> str:
        """The furthest stage of the map that an event belongs to, from 1; 0 for none."""
        found = self._journey()
        arms = []
        for place, stage in reversed(list(enumerate(found[1].stages if found else ()))):
            rules = [sql.predicate(match, dialect) for touchpoint in stage.touchpoints for match in touchpoint.rule.any]
            if rules:
                arms.append(f"WHEN {' OR '.join(f'({rule})' for rule in rules)} THEN {place + 1}")
        return f"CASE {' '.join(arms)} ELSE 0 END" if arms else "0"

    # -- traits ------------------------------------------------------------------------------------------------------

    def traits(self, profiles: Array, names: Collection[str] | None = None) -> dict[int, dict[str, Any]]:
        """Traits by profile, as known at the end of the period; a trait that was set later is unknown, not guessed.

        Without `names` those that may speak of a kind of customer.
        """
        moved, owner = self._workspace.identities.map().moved()
        hit = np.isin(owner, profiles.astype(np.int64))
        belongs = dict(zip(moved[hit].tolist(), owner[hit].tolist(), strict=True))
        best: dict[tuple[int, str], list[Any]] = {}
        for identity, name, *said in self._facts(np.concatenate((profiles, moved[hit]))):
            wanted = name in names if names is not None else vocabulary.speaks_of_a_kind(name)
            at = (belongs.get(identity, identity), name)
            if wanted and (at not in best or best[at][:3] < said[:3]):
                best[at] = said
        out: dict[int, dict[str, Any]] = {}
        for (profile, name), said in best.items():
            value = foreign.value(said[3])
            if isinstance(value, str | int | float | bool) and value != "":
                out.setdefault(profile, {})[name] = value
        return out

    def _facts(self, identities: Array) -> Iterator[Sequence[Any]]:
        """(identity, trait, rank, time, row, value) before the end of the period."""
        state, c = self._workspace.state, traits.c
        with state.read() as tx:
            for part in np.array_split(identities, max(1, len(identities) // 20_000)):
                yield from tx.execute(
                    sa.select(c.identity, c.name, c.rank, c.time, c.row, c.value).where(
                        state.among(c.identity, part.tolist()), c.time < self.lens.period.end
                    )
                )


def buckets_for(customers: int, wanted: int) -> int:
    """How many of `BUCKETS` make a sample of about `wanted` customers: the same customers as more of them come."""
    return BUCKETS if customers <= wanted else max(1, BUCKETS * wanted // customers)


def sampled(profiles: Array, buckets: int) -> Array:
    """Which of these profiles are in the sample."""
    inside: Array = (profiles.astype(np.int64) * _SPREAD) % BUCKETS < buckets
    return inside


def _times(condition: str, name: str) -> str:
    return f"count(CASE WHEN {condition} THEN 1 END) AS {name}"


def _common_values(said: list[Any]) -> list[str]:
    """The values of a trait of few values, as text; none where it is the same for all, or nearly each has its own."""
    texts, counts = np.unique([_text(value) for value in said], return_counts=True)
    common = [(int(count), str(text)) for text, count in zip(texts, counts, strict=True) if count >= COMMON * len(said)]
    covered = sum(count for count, _ in common)
    if len(common) < 2 or covered < 0.5 * len(said):
        return []
    return [text for _, text in sorted(common, key=lambda pair: (-pair[0], pair[1]))][:MOST_VALUES]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _assemble(plan: Plan, end: int, profiles: Array, counted: pa.Table, known: dict[int, dict[str, Any]]) -> Frame:
    def of(name: str) -> Array:
        found: Array = counted.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        return found

    events, days = of("events"), of("days")
    columns = [(end - of("last")) / DAY, (end - of("first")) / DAY, days, events / np.maximum(days, 1)]
    orders = revenue = np.zeros(len(profiles))
    if plan.currency is not None:
        orders, revenue = of("orders"), np.nan_to_num(of("value"))
        with np.errstate(divide="ignore", invalid="ignore"):
            columns += [orders, revenue, np.where(orders > 0, revenue / orders, np.nan)]
    for prefix, count in (("channel", len(plan.channels)), ("device", len(plan.devices)), ("hours", 4)):
        columns += [of(f"{prefix}_{n}") / events for n in range(count)]
    columns.append(of("weekend") / events)
    categorised = of("categorised") if plan.categories else np.zeros(len(profiles))
    if plan.categories:
        with np.errstate(divide="ignore", invalid="ignore"):
            columns += [
                np.where(categorised > 0, of(f"category_{n}") / categorised, np.nan)
                for n in range(len(plan.categories))
            ]
    columns += [of(f"event_{n}") / events for n in range(len(plan.events))]
    if plan.stages:
        columns.append(of("depth"))
    columns += _of_traits(plan, profiles, known)
    raw = np.column_stack(columns) if len(profiles) else np.zeros((0, len(plan.columns())))
    return Frame(profiles, raw, events, categorised, revenue, orders)


def _of_traits(plan: Plan, profiles: Array, known: dict[int, dict[str, Any]]) -> list[Array]:
    said = [known.get(int(profile), {}) for profile in profiles]
    columns = [np.array([_number(one.get(name)) for one in said], np.float64) for name in plan.numbers]
    for choice in plan.choices:
        texts = [None if (value := one.get(choice.trait)) is None else _text(value) for one in said]
        columns += [
            np.array([np.nan if text is None else float(text == value) for text in texts]) for value in choice.values
        ]
    return columns


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else np.nan
