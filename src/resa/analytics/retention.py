"""Retention (who comes back, by when they began) and stickiness (in how many intervals they are active)."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa.analytics import asking, bits, intervals
from resa.analytics.asking import Asking, Question, Seen, Span
from resa.analytics.intervals import Interval
from resa.kernel import proportions, sequences, times
from resa.kernel.behind import Customers, Found, page
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.sequences.counting import START

MOST_INTERVALS: Final = 400


class Events(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An event that meets any of these."""

    any: list[Match]


class Retention(Question, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A question of who comes back; without `back`, to do the same again."""

    start: Events
    back: Events = msgspec.field(default_factory=lambda: Events(any=[]))
    interval: Interval = "week"
    kind: Literal["retention", "stickiness"] = "retention"


class RetentionPeople(Retention, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Whose names to list: a cohort by the number of its interval, or those of it who came back `offset` intervals later;
    of stickiness those active in at least `least` intervals."""

    cohort: Annotated[int, msgspec.Meta(ge=0, lt=MOST_INTERVALS)] = 0
    offset: Annotated[int, msgspec.Meta(ge=0, lt=MOST_INTERVALS)] | None = None
    least: Annotated[int, msgspec.Meta(ge=1, le=MOST_INTERVALS)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: str | None = None


class Cohort(msgspec.Struct, frozen=True):
    """Those who began in one interval: how many of them came back in it (first) and in each later one; null: not yet."""

    at: str
    group: str | None
    size: int
    returned: list[int | None]
    share: list[float | None]
    low: list[float | None]
    high: list[float | None]


class Total(msgspec.Struct, frozen=True):
    """All cohorts that are old enough, together."""

    size: int
    returned: list[int]
    of: list[int]
    share: list[float | None]
    low: list[float | None]
    high: list[float | None]


class RetentionNumbers(msgspec.Struct, frozen=True):
    """What POST /api/questions/retention answers. For stickiness `returned[n]` are those active in n + 1 intervals or more."""

    period: Span
    interval: str
    kind: str
    cohorts: list[Cohort]
    total: Total
    as_of: str
    took_ms: int


def check(question: Retention) -> None:
    """Refuse what the types can't."""
    bits.check_any("start.any", question.start.any)
    if question.back.any:
        bits.check_any("back.any", question.back.any)


def roles(question: Retention) -> list[list[Match]]:
    """The bits of a label: what begins, what comes back."""
    return [question.start.any, question.back.any or question.start.any]


def numbers(asked: Asking, question: Retention) -> RetentionNumbers:
    """The answer."""
    began = time.perf_counter()
    check(question)
    seen = asked.seen(question.lens)
    bounds = intervals.edges(seen.lens.period, seen.zone, question.interval, MOST_INTERVALS)
    whole = _counted(asked, question, seen.lens, bounds, None)
    found = _counted(asked, question, seen.lens, bounds, question.split)
    sticky = question.kind == "stickiness"
    cohorts = _sticky(found, bounds) if sticky else _cohorts(found, bounds, seen)
    total = _total_sticky(whole, bounds) if sticky else _total_of(whole, bounds, seen)
    return RetentionNumbers(
        period=Span.of(seen.lens.period),
        interval=question.interval,
        kind=question.kind,
        cohorts=cohorts,
        total=total,
        as_of=times.iso(seen.now),
        took_ms=round(1000 * (time.perf_counter() - began)),
    )


def people(asked: Asking, question: RetentionPeople) -> Customers:
    """Everybody behind a figure; as many as the figure says."""
    check(question)
    seen = asked.seen(question.lens)
    bounds = intervals.edges(seen.lens.period, seen.zone, question.interval, MOST_INTERVALS)
    if question.kind == "stickiness":
        behind = sequences.Behind(0, -1, question.least)
    else:
        behind = sequences.Behind(question.cohort, -1 if question.offset is None else question.offset)
    if question.cohort + (question.offset or 0) >= len(bounds) - 1:
        raise Refused("cohort", question.cohort, f"the period has {len(bounds) - 1} intervals.", "Name an earlier one.")

    def compute() -> Found:
        snapshot, labels = asked.labelled(roles(question), seen.lens)
        identities, population = asked.workspace.identities.map(), asked.population(seen.lens.population)
        return Found.of(
            *sequences.returners(snapshot, identities, labels, bounds, behind, population=population).columns()
        )

    found = asked.found(("returners", _essence(question), behind, tuple(bounds)), seen.lens, compute)
    return page(asked.workspace, found, question.limit, question.cursor)


# -- counting ------------------------------------------------------------------------------------------------------


class _Counted(NamedTuple):
    """By group: sizes and returns of cohorts, or (as `size`) how many were active in how many intervals."""

    names: list[str | None]
    size: Any
    returned: Any = None


def _essence(question: Retention) -> bytes:
    return msgspec.json.encode((roles(question), question.interval, question.kind))


def _counted(asked: Asking, question: Retention, lens: Lens, bounds: list[int], by: str | None) -> _Counted:
    def compute() -> _Counted:
        snapshot, labels = asked.labelled(roles(question), lens)
        walk = (snapshot, asked.workspace.identities.map(), labels)
        names: list[str | None] = []
        parts: list[tuple[Any, ...]] = []
        for split, population, groups in asking.splits(asked, by, walk, START, question.start.any, lens):
            names += groups
            how = {"split": split, "population": population}
            if question.kind == "stickiness":
                parts.append((sequences.stickiness(*walk, bounds, **how).active,))
            else:
                answer = sequences.cohorts(*walk, bounds, **how)
                parts.append((answer.size, answer.returned))
        return _Counted(names, *(np.concatenate(part) for part in zip(*parts, strict=True)))

    return asked.answer(("retention", _essence(question), by, asked.token(by), tuple(bounds)), lens, compute)


# -- the answer ----------------------------------------------------------------------------------------------------


def _begun(bounds: list[int], seen: Seen) -> int:
    """How many of the intervals have begun."""
    return sum(bound <= seen.now for bound in bounds[:-1])


def _cohorts(found: _Counted, bounds: list[int], seen: Seen) -> list[Cohort]:
    begun = _begun(bounds, seen)
    return [
        _cohort(
            times.iso(bounds[cohort]),
            name,
            int(found.size[group, cohort]),
            found.returned[group, cohort, : begun - cohort].tolist(),
            begun,
        )
        for group, name in enumerate(found.names)
        for cohort in range(begun)
    ]


def _total_of(whole: _Counted, bounds: list[int], seen: Seen) -> Total:
    begun = _begun(bounds, seen)
    sizes = whole.size[0, :begun]
    back = [int(whole.returned[0, : begun - later, later].sum()) for later in range(begun)]
    return _total(int(sizes.sum()), back, [int(sizes[: begun - later].sum()) for later in range(begun)])


def _least(found: _Counted) -> Any:
    """[group, n]: active in n + 1 intervals or more."""
    return found.size[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]


def _sticky(found: _Counted, bounds: list[int]) -> list[Cohort]:
    least, sizes = _least(found), found.size.sum(axis=1)
    return [
        _cohort(times.iso(bounds[0]), name, int(sizes[group]), least[group].tolist(), len(bounds) - 1)
        for group, name in enumerate(found.names)
    ]


def _total_sticky(whole: _Counted, bounds: list[int]) -> Total:
    size = int(whole.size.sum())
    return _total(size, _least(whole)[0].tolist(), [size] * (len(bounds) - 1))


def _cohort(at: str, group: str | None, size: int, back: list[int], length: int) -> Cohort:
    between = [proportions.wilson(n, size) if size else None for n in back]
    missing: list[None] = [None] * (length - len(back))
    return Cohort(
        at=at,
        group=group,
        size=size,
        returned=[*back, *missing],
        share=[*(proportions.share(n, size) for n in back), *missing],
        low=[*(interval and interval.low for interval in between), *missing],
        high=[*(interval and interval.high for interval in between), *missing],
    )


def _total(size: int, back: list[int], of: list[int]) -> Total:
    between = [proportions.wilson(n, whole) if whole else None for n, whole in zip(back, of, strict=True)]
    return Total(
        size=size,
        returned=back,
        of=of,
        share=[proportions.share(n, whole) for n, whole in zip(back, of, strict=True)],
        low=[interval and interval.low for interval in between],
        high=[interval and interval.high for interval in between],
    )


def columns(answer: RetentionNumbers) -> list[dict[str, object]]:
    """The answer as rows of a table, for a file."""
    return [
        {
            "at": cohort.at,
            "group": cohort.group,
            "size": cohort.size,
            "after" if answer.kind == "retention" else "at_least": later + (answer.kind == "stickiness"),
            "returned": cohort.returned[later],
            "share": cohort.share[later],
            "low": cohort.low[later],
            "high": cohort.high[later],
        }
        for cohort in answer.cohorts
        for later in range(len(cohort.returned))
        if cohort.returned[later] is not None
    ]
