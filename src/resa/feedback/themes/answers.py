"""Themes with their figures, as the API answers them: volume, change, score impact, sentiment, money, trend, quotes."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from resa.feedback.themes import columns, impact, rising
from resa.feedback.themes.columns import SENTIMENTS, Columns, Filter, Mentions
from resa.feedback.themes.current import Themes
from resa.feedback.themes.definition import SCALES, Theme
from resa.feedback.themes.quotes import Quote, quotes
from resa.kernel import preferences, proportions, times
from resa.kernel.definitions import Definition
from resa.kernel.lens import Lens
from resa.kernel.periods import DAY, Period
from resa.kernel.workspace import Workspace

Array = npt.NDArray[Any]

POINTS: Final = 24
"""Columns of a trend, about."""
_SPANS: Final = (DAY, 7 * DAY, 30 * DAY, 91 * DAY, 365 * DAY)


class Proportion(msgspec.Struct, frozen=True):
    """A share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float


class ScoreImpact(msgspec.Struct, frozen=True):
    """Points of the metric by which comments with the theme differ from those without, other themes held equal.

    The interval holds for all themes of the answer together (95 %); `clear`: it does not hold zero.
    """

    metric: str
    difference: float
    low: float
    high: float
    n: int
    clear: bool


class Feelings(msgspec.Struct, frozen=True):
    """How many comments are of which sentiment."""

    positive: int
    neutral: int
    negative: int
    not_yet: int


class Change(msgspec.Struct, frozen=True):
    """Customers who spoke of it now and in the period compared with; `p`: chance of such a growth if nothing changed."""

    customers: int
    before: int
    ratio: float | None
    p: float


class Money(msgspec.Struct, frozen=True):
    """What the customers who speak of it spent in the period of the lens; decimal text."""

    amount: str
    currency: str
    customers: int


class Spoken(msgspec.Struct, frozen=True):
    """Comments in a language; `und`: it is not known."""

    language: str
    comments: int


class ThemeRow(msgspec.Struct, frozen=True):
    """A theme with its figures."""

    key: str
    name: str
    version: int
    found: bool
    pinned: bool
    hidden: bool
    phrases: list[str]
    merged: list[str]
    comments: int
    customers: int
    share: Proportion
    badge: Literal["new", "rising"] | None
    change: Change | None
    impact: ScoreImpact | None
    sentiment: Feelings
    revenue: Money | None
    languages: list[Spoken]
    trend: list[int]
    quotes: list[Quote]


class ThemeFigures(msgspec.Struct, frozen=True):
    """All themes of the comments seen through a lens, the most frequent first, and those comments as a whole."""

    items: list[ThemeRow]
    comments: int
    customers: int
    scored: int
    metric: str | None
    mean: float | None
    unthemed: int
    sentiment: Feelings
    languages: list[Spoken]
    trend: list[int]
    trend_from: str
    trend_days: int
    compared: bool
    cut: bool
    """Only the newest comments were looked at, for there are too many."""
    as_of: str
    next: None = None


def figures(
    workspace: Workspace, themes: Themes, lens: Lens, compare: Period | None, filtered: Filter, *, hidden: bool = False
) -> ThemeFigures:
    """Every theme with its figures. Raises Refused for filters that make no sense."""
    defined = themes.definitions()
    counts_as = themes.counts_as()
    seen = columns.load(workspace, lens, lens.period, filtered)
    said = columns.mentions(workspace, seen, counts_as, lens.period)
    table = said.table(len(seen.id))
    metric = _metric(seen, filtered)
    shown = _shown(themes, defined, counts_as, said, table, hidden)
    spans = _Spans(lens.period, seen)
    changed = _changes(workspace, lens, compare, filtered, counts_as, seen, table, shown)
    impacts = _impacts(seen, table, shown, metric)
    money = _Spent(workspace, lens)
    quoted = quotes(workspace.state, workspace.identities, seen, said)
    phrases = themes.phrases()
    rows = []
    for number, place in enumerate(shown):
        key, mine = said.keys[place], table[:, place]
        item = defined[key]
        leaves = columns.leaves(counts_as, key)
        rows.append(
            ThemeRow(
                key=key,
                name=item.body.name,
                version=item.version,
                found=item.body.found,
                pinned=item.body.pinned,
                hidden=item.body.hidden,
                phrases=[phrase for leaf in leaves for phrase in phrases.get(leaf, [])][:8] + item.body.phrases[:8],
                merged=sorted(leaf for leaf in leaves if leaf != key),
                comments=int(mine.sum()),
                customers=len(np.unique(seen.profile[mine])),
                share=_proportion(int(mine.sum()), len(seen.id)),
                badge=changed[number][1],
                change=changed[number][0],
                impact=impacts[number],
                sentiment=_feelings(seen.sentiment[mine]),
                revenue=money.of(np.unique(seen.profile[mine])),
                languages=_languages(seen, mine),
                trend=spans.counts(mine),
                quotes=quoted.get(key, []),
            )
        )
    rows.sort(key=lambda row: (-row.comments, row.key))
    scored = seen.score[seen.metric == list(SCALES).index(metric)] if metric else np.zeros(0)
    return ThemeFigures(
        items=rows,
        comments=len(seen.id),
        customers=len(np.unique(seen.profile)),
        scored=len(scored),
        metric=metric,
        mean=float(scored.mean()) if len(scored) else None,
        unthemed=int((~table.any(axis=1)).sum()),
        sentiment=_feelings(seen.sentiment),
        languages=_languages(seen, np.ones(len(seen.id), np.bool_)),
        trend=spans.counts(np.ones(len(seen.id), np.bool_)),
        trend_from=times.iso(spans.start),
        trend_days=spans.span // DAY,
        compared=compare is not None,
        cut=seen.cut,
        as_of=times.iso(workspace.clock()),
    )


def _shown(
    themes: Themes,
    defined: dict[str, Definition[Theme]],
    counts_as: dict[str, str],
    said: Mentions,
    table: Array,
    hidden: bool,
) -> list[int]:
    """The places of the themes that are listed: those in force, or spoken of; merged ones are part of another."""
    alive = {counts_as.get(key, key) for key in themes.phrases()}
    alive |= {key for key, item in defined.items() if item.body.phrases or item.body.pinned}
    spoken = table.sum(axis=0)
    return [
        place
        for place, key in enumerate(said.keys)
        if (hidden or not defined[key].body.hidden) and (key in alive or spoken[place])
    ]


def _metric(seen: Columns, filtered: Filter) -> str | None:
    """The metric asked for, or the one that most comments have."""
    if filtered.metric is not None:
        return filtered.metric
    counts = np.bincount(seen.metric[seen.metric >= 0], minlength=len(SCALES))
    return list(SCALES)[int(counts.argmax())] if counts.any() else None


def _impacts(seen: Columns, table: Array, shown: list[int], metric: str | None) -> list[ScoreImpact | None]:
    if metric is None or not shown:
        return [None] * len(shown)
    chosen = seen.metric == list(SCALES).index(metric)
    found = impact.impacts(seen.score[chosen], table[np.ix_(chosen, shown)], seen.profile[chosen])
    return [
        None
        if one is None
        else ScoreImpact(metric, one.difference, one.low, one.high, one.n, clear=one.low > 0 or one.high < 0)
        for one in found
    ]


def _changes(
    workspace: Workspace,
    lens: Lens,
    compare: Period | None,
    filtered: Filter,
    counts_as: dict[str, str],
    seen: Columns,
    table: Array,
    shown: list[int],
) -> list[tuple[Change | None, Literal["new", "rising"] | None]]:
    if compare is None or not shown:
        return [(None, None)] * len(shown)
    earlier = columns.load(workspace, lens, compare, filtered)
    before = columns.mentions(workspace, earlier, counts_as, compare).table(len(earlier.id))
    counted = [
        rising.Counted(len(np.unique(seen.profile[table[:, place]])), len(np.unique(earlier.profile[before[:, place]])))
        for place in shown
    ]
    found = rising.changes(counted, len(np.unique(seen.profile)), len(np.unique(earlier.profile)))
    return [
        (Change(one.now, one.before, change.ratio, change.p), change.badge)
        for one, change in zip(counted, found, strict=True)
    ]


class _Spans:
    """The columns of a trend: days, weeks or longer, from the first comment on where the lens begins far before it."""

    def __init__(self, period: Period, seen: Columns) -> None:
        first = int(seen.time[0]) if len(seen.time) else period.end - DAY
        skipped = max(0, first - period.start) // DAY * DAY
        self.start = period.start + skipped
        length = max(period.end - self.start, DAY)
        self.span = next((span for span in _SPANS if length / span <= POINTS * 1.5), _SPANS[-1])
        self._n = -(-length // self.span)
        self._place = np.clip((seen.time - self.start) // self.span, 0, self._n - 1)

    def counts(self, chosen: Array) -> list[int]:
        found: list[int] = np.bincount(self._place[chosen], minlength=self._n).tolist()
        return found


class _Spent:
    """What customers spent in the period, in the currency chosen or, where nobody paid in it, the most frequent one."""

    def __init__(self, workspace: Workspace, lens: Lens) -> None:
        rows = workspace.body.query(
            f"""
SELECT profile, currency, sum(revenue) AS total, count(*) AS n FROM log
 WHERE code <> 0 AND revenue IS NOT NULL AND currency IS NOT NULL AND time >= ? AND time < ?
 {"" if lens.simulated else "AND NOT simulated"} GROUP BY profile, currency""",
            [lens.period.start, lens.period.end],
        )
        paid: dict[str, int] = {}
        for currency, n in zip(rows.column("currency").to_pylist(), rows.column("n").to_pylist(), strict=True):
            paid[currency] = paid.get(currency, 0) + n
        with workspace.state.read() as tx:
            preferred = preferences.currency_said(tx)
        self._currency = preferred if preferred in paid else max(paid, key=lambda one: (paid[one], one), default=None)
        self._total = {
            profile: total
            for profile, currency, total in zip(
                *(rows.column(name).to_pylist() for name in ("profile", "currency", "total")), strict=True
            )
            if currency == self._currency
        }

    def of(self, profiles: Array) -> Money | None:
        if self._currency is None:
            return None
        spent = [self._total[one] for one in profiles.tolist() if one in self._total]
        return Money(f"{sum(spent):.2f}", self._currency, len(spent))


def _proportion(count: int, n: int) -> Proportion:
    return Proportion(count / n, *proportions.wilson(count, n)) if n else Proportion(0.0, 0.0, 1.0)


def _feelings(sentiment: Array) -> Feelings:
    return Feelings(*np.bincount(sentiment, minlength=len(SENTIMENTS)).tolist())


def _languages(seen: Columns, chosen: Array) -> list[Spoken]:
    counts = np.bincount(seen.language[chosen], minlength=len(seen.languages)).tolist()
    found = [Spoken(name, n) for name, n in zip(seen.languages, counts, strict=True) if n]
    return sorted(found, key=lambda one: (-one.comments, one.language))
