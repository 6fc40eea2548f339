"""Everything some metrics need of one period, asked for once: one scan for all tallies, one question each for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from resa.kernel.lens import Lens
from resa.kernel.metrics.plan import ACTIVITY, Column, Each, Needs, Returns, Source, Steps, Tally, Visits
from resa.kernel.metrics.sql import Split, Writer
from resa.kernel.metrics.statistics import rank_of
from resa.kernel.metrics.units import Array, Sample, Units, Values


class Body(Protocol):
    """Whatever answers SQL in its own dialect."""

    dialect: str

    def native(self, sql: str) -> pa.Table:
        """The answer to SQL in the body's own dialect."""
        ...


FindVisits = Callable[[str, int, int], Any]
"""Finds the sessions (`metrics.visits`) of the events in a period, by a label in SQL over `log`."""


@dataclass(frozen=True)
class Answers:
    """What was asked of one period: totals per customer, and single values of units, by source."""

    totals: dict[Source, Units]
    values: dict[Each, Values]

    def within(self, members: Array | None) -> Answers:
        """Of the customers of a population only (ascending numbers of profiles)."""
        if members is None:
            return self
        return Answers(
            {source: units.within(members) for source, units in self.totals.items()},
            {source: values.within(members) for source, values in self.values.items()},
        )

    def only(self, *, group: int | None = None, bucket: int | None = None) -> Answers:
        """One group, one stretch of time."""

        def rows(of: Units | Values) -> Array:
            found: Array = of.group == group if group is not None else of.bucket == bucket
            return found

        return Answers(
            {source: units.only(rows(units)) for source, units in self.totals.items()},
            {source: values.only(rows(values)) for source, values in self.values.items()},
        )

    def sample(self, needs: Needs, cap: float | None) -> Sample:
        """The totals of one metric per customer, no unit's value counting as more than `cap`."""
        x = self._column(needs.x, "x", cap)
        both = (
            x.with_columns(y=np.ones(x.profile.size)) if needs.y is None else x.joined(self._column(needs.y, "y", cap))
        )
        total, units = both.columns["x"], both.columns["y"]
        if needs.each_customer:
            total = total * (units > 0)
            total = total if cap is None else np.minimum(total, cap)
        if needs.others:
            total = units - total
        kept = total != 0 if needs.y is None else (total != 0) | (units != 0)
        return Sample(both.profile[kept], total[kept], units[kept])

    def single(self, needs: Needs) -> tuple[Array, Array]:
        """The units' single values, and how often each occurs: what quantiles are of."""
        if isinstance(needs.x.source, Each):
            found = self.values[needs.x.source]
            return found.value, found.times
        sample = self.sample(needs, None)
        among = sample.x[sample.y > 0]
        return among, np.ones(among.size)

    def cap(self, needs: Needs) -> float | None:
        """What a unit's value counts at most."""
        if needs.winsorize:
            value, times = self.single(needs)
            return _upto(value[value != 0], times[value != 0], needs.winsorize)
        return needs.cap or None

    def _column(self, column: Column, name: str, cap: float | None) -> Units:
        source = column.source
        most = np.inf if cap is None else cap
        units = self.values[source].capped(most) if isinstance(source, Each) else self.totals[source]
        found = units.column(column.name, name)
        return found.with_columns(**{name: (found.columns[name] > 0) * 1.0}) if column.any else found


def ask(needs: Iterable[Needs], body: Body, visits: FindVisits, lens: Lens, split: Split, now: int) -> Answers:
    """The answers to all of these, equal needs asked for once. Windows that are open at `now` don't count yet."""
    sources = list(dict.fromkeys(source for each in needs for source in each.sources))
    writer = Writer(body.dialect, lens, split)
    totals: dict[Source, Units] = {}
    values: dict[Each, Values] = {}
    tallies = [source for source in sources if isinstance(source, Tally)]
    if tallies:
        table = body.native(writer.totals(tallies))
        every = _units(table, {f"t{place}": f"t{place}" for place in range(len(tallies))})
        totals |= {tally: every.column(f"t{place}", "x") for place, tally in enumerate(tallies)}
    for source in sources:
        if isinstance(source, Steps | Returns):
            sql = writer.steps(source, now) if isinstance(source, Steps) else writer.returns(source, now)
            totals[source] = _units(body.native(sql), {"entered": "entered", "came": "came"})
        elif isinstance(source, Visits):
            totals[source] = _visits(source, writer, visits, lens, split)
        elif isinstance(source, Each):
            values[source] = _values(source, body, writer, visits, lens, split)
    return Answers(totals, values)


def _units(table: pa.Table, columns: dict[str, str]) -> Units:
    profile, bucket, group = (table.column(name).to_numpy() for name in ("profile", "bucket", "grp"))
    return Units.ordered(profile, bucket, group, {name: table.column(of).to_numpy() for name, of in columns.items()})


def _visits(source: Visits, writer: Writer, visits: FindVisits, lens: Lens, split: Split) -> Units:
    from resa.kernel.metrics.visits import totals  # noqa: PLC0415  # loads numba: only sessions need the journey index

    found = visits(writer.visit_label(source.goal, source.start), *lens.period)
    return totals(found, split.edges, any_start=source.start == ACTIVITY)


def _values(source: Each, body: Body, writer: Writer, visits: FindVisits, lens: Lens, split: Split) -> Values:
    if source.unit == "session":
        from resa.kernel.metrics.visits import values  # noqa: PLC0415  # as above

        return values(visits(writer.visit_label(source.events, ACTIVITY), *lens.period), split.edges, source.visit)
    table = body.native(writer.each(source))
    found = Values(*(table.column(name).to_numpy() for name in ("profile", "bucket", "grp", "v", "times")))
    order = np.lexsort((found.value, found.group, found.bucket, found.profile))
    return found.only(order)


def _upto(values: Array, times: Array, q: float) -> float | None:
    """The quantile of values with multiplicities; None of none."""
    if not values.size:
        return None
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(times[order])
    return float(values[order][np.searchsorted(upto, rank_of(q, int(upto[-1])))])


__all__ = ["Answers", "Body", "FindVisits", "ask"]
