"""Everything some metrics need of one period, asked for once: one scan for all tallies, one question each for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from resa.kernel.lens import Lens
from resa.kernel.metrics.plan import ACTIVITY, Column, Each, Needs, Picked, Returns, Source, Steps, Tally, Visits
from resa.kernel.metrics.sql import Split, Writer
from resa.kernel.metrics.statistics import rank_of
from resa.kernel.metrics.units import Array, Begun, Sample, Units, Values
from resa.kernel.periods import Period

MOST_KINDS: Final = 11
"""Kinds of events that the label of a session's event has room for, beside the groups of a split."""


class Body(Protocol):
    """Whatever answers SQL in its own dialect."""

    dialect: str

    def native(self, sql: str) -> pa.Table:
        """The answer to SQL in the body's own dialect."""
        ...


FindVisits = Callable[[str, tuple[tuple[int, int], ...], int, Period], Any]
"""Finds the sessions of a period (`metrics.visits`): by a label in SQL over `log`, looks, what groups are multiplied by."""


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

    def totals_of(self, needs: Needs, cap: float | None) -> Units:
        """The totals `x` and `y` of one metric, no unit's value counting as more than `cap`; rows without either left out."""
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
        return both.with_columns(x=total).only(kept)

    def sample(self, needs: Needs, cap: float | None) -> Sample:
        """The totals of one metric per customer (of answers that are not split)."""
        return self.totals_of(needs, cap).sample

    def singles(self, needs: Needs) -> Values:
        """The units' single values, and how often each occurs: what quantiles are of."""
        if isinstance(needs.x.source, Each):
            return self.values[needs.x.source]
        units = self.totals_of(needs, None)
        among = units.only(units.columns["y"] > 0)
        return Values(among.profile, among.bucket, among.group, among.columns["x"], np.ones(among.profile.size))

    def cap(self, needs: Needs) -> float | None:
        """What a unit's value counts at most."""
        if needs.winsorize:
            found = self.singles(needs)
            some = found.only(found.value != 0)
            return _upto(some.value, some.times, needs.winsorize)
        return needs.cap or None

    def raw(self, column: Column, name: str, cap: float | None = None) -> Units:
        """The totals of a column as they were asked, by stretch and group; single values count as at most `cap` each."""
        source = column.source
        most = np.inf if cap is None else cap
        units = self.values[source].capped(most) if isinstance(source, Each) else self.totals[source]
        return units.column(column.name, name)

    def _column(self, column: Column, name: str, cap: float | None) -> Units:
        found = self.raw(column, name, cap)
        return found.with_columns(**{name: (found.columns[name] > 0) * 1.0}) if column.any else found


def ask(
    needs: Iterable[Needs],
    body: Body,
    visits: FindVisits,
    lens: Lens,
    split: Split,
    now: int,
    begun: Begun | None = None,
) -> Answers:
    """The answers to all of these, equal needs asked for once. Windows that are open at `now` don't count yet."""
    sources = list(dict.fromkeys(source for each in needs for source in each.sources))
    writer = Writer(body.dialect, lens, split, begun)
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
        elif isinstance(source, Each) and source.unit != "session":
            values[source] = _values(body.native(writer.each(source)))
    for some in _chunks([source for source in sources if _of_sessions(source)]):
        _ask_sessions(some, writer, visits, lens.period, split, begun, totals, values)
    return Answers(totals, values)


def _units(table: pa.Table, columns: dict[str, str]) -> Units:
    profile, bucket, group = (table.column(name).to_numpy() for name in ("profile", "bucket", "grp"))
    return Units.ordered(profile, bucket, group, {name: table.column(of).to_numpy() for name, of in columns.items()})


def _values(table: pa.Table) -> Values:
    found = Values(*(table.column(name).to_numpy() for name in ("profile", "bucket", "grp", "v", "times")))
    return found.only(np.lexsort((found.value, found.group, found.bucket, found.profile)))


# -- sessions: one walk for all ------------------------------------------------------------------------------------


def _of_sessions(source: Source) -> bool:
    return isinstance(source, Visits) or (isinstance(source, Each) and source.unit == "session")


def _kinds(source: Source) -> tuple[Picked, Picked]:
    """The goal and the start of a question about sessions."""
    assert isinstance(source, Visits | Each)
    return (source.goal, source.start) if isinstance(source, Visits) else (source.events, ACTIVITY)


def _chunks(sources: Iterable[Source]) -> list[list[Source]]:
    """As few walks as labels have room for."""
    chunks: list[list[Source]] = []
    known: set[Picked] = set()
    for source in sources:
        kinds = set(_kinds(source)) - {ACTIVITY}
        if not chunks or len(known | kinds) > MOST_KINDS:
            chunks.append([])
            known = set()
        known |= kinds
        chunks[-1].append(source)
    return chunks


def _ask_sessions(
    sources: list[Source],
    writer: Writer,
    visits: FindVisits,
    period: Period,
    split: Split,
    begun: Begun | None,
    totals: dict[Source, Units],
    values: dict[Each, Values],
) -> None:
    """Answer all questions about sessions of one chunk into `totals` and `values`."""
    from resa.kernel.metrics import visits as sessions  # noqa: PLC0415  # loads numba: only sessions need the index

    kinds = sorted({kind for source in sources for kind in _kinds(source)} - {ACTIVITY})
    bit = {ACTIVITY: 0, **{kind: 2 << place for place, kind in enumerate(kinds)}}
    look = {source: sessions.Look(*(bit[kind] for kind in _kinds(source))) for source in sources}
    found = visits(writer.visit_label(kinds), tuple(dict.fromkeys(look.values())), 2 << len(kinds), period)
    for source in sources:
        if isinstance(source, Each):
            values[source] = sessions.values(found, look[source], split.edges, source.visit, begun)
        else:
            totals[source] = sessions.totals(found, look[source], split.edges, begun)


def _upto(values: Array, times: Array, q: float) -> float | None:
    """The quantile of values with multiplicities; None of none."""
    if not values.size:
        return None
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(times[order])
    return float(values[order][np.searchsorted(upto, rank_of(q, int(upto[-1])))])


__all__ = ["Answers", "Body", "FindVisits", "ask"]
