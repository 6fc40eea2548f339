"""Everything some metrics need of one period, asked for once: one scan of the body, one walk of the journey index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.kernel.lens import Lens
from resa.kernel.metrics.plan import Column, Each, Needs, Source, Tally
from resa.kernel.metrics.sql import Split, Writer
from resa.kernel.metrics.statistics import rank_of
from resa.kernel.metrics.units import Array, Begun, Sample, Units, Values
from resa.kernel.periods import Period

if TYPE_CHECKING:
    from resa.kernel.metrics.walking import Walked
    from resa.kernel.sequences import walk


class Body(Protocol):
    """Whatever answers SQL in its own dialect."""

    dialect: str

    def native(self, sql: str) -> pa.Table:
        """The answer to SQL in the body's own dialect."""
        ...


class Walker(Protocol):
    """Whoever can walk the journey index."""

    def __call__(self, label: str, fresh: Callable[[], walk.A], period: Period) -> walk.A:
        """All journeys of a period added up, each event as its label: SQL over `log` in the body's dialect."""
        ...


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
    walker: Walker,
    lens: Lens,
    split: Split,
    now: int,
    begun: Begun | None = None,
) -> Answers:
    """The answers to all of these: one statement to the body, and one walk for what the order of events says.

    Windows that are open at `now` don't count yet.
    """
    sources = list(dict.fromkeys(source for each in needs for source in each.sources))
    writer = Writer(body.dialect, lens, split, begun)
    answers = Answers({}, {})
    scanned = [source for source in sources if not _is_walked(source)]
    if scanned:
        _scan(scanned, body, writer, answers)
    walked = [source for source in sources if _is_walked(source)]
    if walked:
        _walk(walked, walker, writer, lens.period, split, now, begun, answers)
    return answers


def _is_walked(source: Source) -> TypeGuard[Walked]:
    return not isinstance(source, Tally) and not (isinstance(source, Each) and source.unit != "session")


# -- one scan ------------------------------------------------------------------------------------------------------


def _scan(sources: Sequence[Source], body: Body, writer: Writer, answers: Answers) -> None:
    """Totals and single values per customer, of one statement."""
    tallies = [source for source in sources if isinstance(source, Tally)]
    singles = [source for source in sources if isinstance(source, Each)]
    table = body.native(writer.totals(tallies, singles))
    profile, bucket, group = (table.column(name).to_numpy() for name in ("profile", "bucket", "grp"))
    every = Units.ordered(
        profile, bucket, group, {f"t{n}": table.column(f"t{n}").to_numpy() for n in range(len(tallies))}
    )
    answers.totals.update({tally: every.column(f"t{n}", "x") for n, tally in enumerate(tallies)})
    for n, single in enumerate(singles):
        answers.values[single] = _values(profile, bucket, group, table.column(f"s{n}").combine_chunks())


def _values(profile: Array, bucket: Array, group: Array, lists: pa.ListArray) -> Values:
    """The single values in a list per row, in one order always; texts as the numbers of the different ones."""
    row = np.repeat(np.arange(profile.size), pc.fill_null(pc.list_value_length(lists), 0).to_numpy())
    found = Values(profile[row], bucket[row], group[row], _numbers(lists.flatten()), np.ones(row.size))
    return found.only(np.lexsort((found.value, found.group, found.bucket, found.profile)))


def _numbers(values: pa.Array) -> Array:
    """Numbers as they are; texts as the places of the different ones in their order."""
    if not pa.types.is_string(values.type):
        return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)
    coded = values.dictionary_encode()
    place = np.argsort(pc.array_sort_indices(coded.dictionary).to_numpy())
    return np.asarray(place[coded.indices.to_numpy()], np.float64)


# -- one walk ------------------------------------------------------------------------------------------------------


def _walk(
    sources: Sequence[Walked],
    walker: Walker,
    writer: Writer,
    period: Period,
    split: Split,
    now: int,
    begun: Begun | None,
    answers: Answers,
) -> None:
    """Sessions and windows, by as few walks as their kinds of events allow."""
    # Loads numba: only the order of events needs the index.
    from resa.kernel.metrics import walking, windows  # noqa: PLC0415

    for some in walking.chunks(sources):
        kinds = walking.named(some)
        frame = windows.Frame(*period, now, 2 << len(kinds), split.edges, begun)
        read = Period(period.start, period.end + walking.reach(some))
        found = walker(writer.walk_label(kinds), partial(walking.Walk, some, frame), read)
        for source in some:
            if isinstance(source, Each):
                answers.values[source] = found.values(source)
            else:
                answers.totals[source] = found.totals(source)


def _upto(values: Array, times: Array, q: float) -> float | None:
    """The quantile of values with multiplicities; None of none."""
    if not values.size:
        return None
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(times[order])
    return float(values[order][np.searchsorted(upto, rank_of(q, int(upto[-1])))])


__all__ = ["Answers", "Body", "Walker", "ask"]
