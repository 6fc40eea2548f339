"""Funnels: how many customers came to each step, how fast, through which lens, and who they are (docs/questions.md)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa.analytics import asking, bits
from resa.analytics.asking import Asking, Question, Span
from resa.kernel import proportions, sequences, times
from resa.kernel.behind import Customers, Found, page
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match

MOST_SECONDS: Final = 10 * 366 * 86_400

Label = Annotated[str, msgspec.Meta(max_length=200)]


class Step(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A step of a funnel: an event that meets any of these."""

    label: Label = ""
    any: list[Match]


class Exclusion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Events that may not come between the event of step `after` and that of step `before` (steps from 0)."""

    any: list[Match]
    after: int = 0
    before: int = 1


class Funnel(Question, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A question of how far customers come."""

    steps: list[Step]
    window_seconds: Annotated[int, msgspec.Meta(ge=1, le=MOST_SECONDS)] = 7 * 86_400
    order: Literal["ordered", "strict", "any"] = "ordered"
    exclude: list[Exclusion] = msgspec.field(default_factory=list)


class FunnelPeople(Funnel, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Whose names to list: those who `reached` a step (from 0), or those who `dropped` there and went no further."""

    step: int = 0
    kind: Literal["reached", "dropped"] = "reached"
    group: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: str | None = None


class Difference(msgspec.Struct, frozen=True):
    """How much larger a share is than the one it is compared with, as part of that one, with its 95 % interval."""

    ratio: float
    low: float
    high: float


class StepFigures(msgspec.Struct, frozen=True):
    """Who came to a step, and how long it took them from the step before (median) and from the first."""

    label: str
    customers: int
    share_of_first: float | None
    share_of_previous: float | None
    low: float | None
    """95 % interval of `share_of_first`."""
    high: float | None
    median_seconds: float | None
    median_seconds_from_first: float | None


class GroupStep(StepFigures, frozen=True):
    """A step in one group, and how its share differs from that of all others."""

    difference: Difference | None


class StepNumbers(StepFigures, frozen=True):
    """A step, and how its share differs from that in the period compared with."""

    previous: StepFigures | None
    difference: Difference | None


class GroupNumbers(msgspec.Struct, frozen=True):
    """The funnel of one group."""

    group: str
    steps: list[GroupStep]


class FunnelNumbers(msgspec.Struct, frozen=True):
    """What POST /api/questions/funnel answers."""

    period: Span
    compare: Span | None
    steps: list[StepNumbers]
    groups: list[GroupNumbers]
    as_of: str
    took_ms: int


def check(question: Funnel) -> None:
    """Refuse what the types can't."""
    count = len(question.steps)
    if not 1 <= count <= count + len(question.exclude) <= bits.MOST:
        rule = f"a funnel has 1 to {bits.MOST} steps, exclusions counted with them."
        raise Refused("steps", count + len(question.exclude), rule, "Leave some out.")
    for number, step in enumerate(question.steps):
        bits.check_any(f"steps[{number}].any", step.any)
    if question.order == "any":
        _check_any_order(question)
    for number, exclusion in enumerate(question.exclude):
        bits.check_any(f"exclude[{number}].any", exclusion.any)
        if not 0 <= exclusion.after < exclusion.before < count:
            rule = f"an exclusion lies between two of the steps 0 to {count - 1}."
            raise Refused(f"exclude[{number}].before", exclusion.before, rule, "Let 'after' be less than 'before'.")


def _check_any_order(question: Funnel) -> None:
    if question.exclude:
        raise Refused(
            "exclude", len(question.exclude), "in any order nothing lies between steps.", "Use order ordered."
        )
    for number, step in enumerate(question.steps):
        if step.any in [before.any for before in question.steps[:number]]:
            rule = "in any order an event counts for every step it meets, so that two equal steps are one."
            raise Refused(f"steps[{number}].any", step.label, rule, "Leave one out, or use order ordered.")


def roles(question: Funnel) -> list[list[Match]]:
    """The bits of a label: the steps, then the exclusions."""
    return [step.any for step in question.steps] + [exclusion.any for exclusion in question.exclude]


def numbers(asked: Asking, question: Funnel) -> FunnelNumbers:
    """The answer to a funnel."""
    began = time.perf_counter()
    check(question)
    seen = asked.seen(question.lens)
    now = _counted(asked, question, seen.lens)
    then = _counted(asked, question, seen.lens.during(seen.compare)) if seen.compare else None
    whole, parts = now
    labels = _labels(question)
    return FunnelNumbers(
        period=Span.of(seen.lens.period),
        compare=Span.of(seen.compare) if seen.compare else None,
        steps=[_step(labels, whole, then[0] if then else None, step) for step in range(len(labels))],
        groups=[
            GroupNumbers(name, [_group_step(labels, mine, rest, k) for k in range(len(labels))])
            for name, mine, rest in parts
        ],
        as_of=times.iso(seen.now),
        took_ms=round(1000 * (time.perf_counter() - began)),
    )


def people(asked: Asking, question: FunnelPeople) -> Customers:
    """Everybody behind a figure of the funnel; as many as the figure says."""
    check(question)
    if not 0 <= question.step < len(question.steps):
        raise Refused(
            "step", question.step, f"the funnel has the steps 0 to {len(question.steps) - 1}.", "Name one of them."
        )
    seen = asked.seen(question.lens)
    chained = _chained(asked, question, seen.lens)
    chosen = np.ones(chained.profile.size, np.bool_)
    if question.group is not None:
        chosen = _member(asked, question, chained)
    if question.kind == "dropped":
        chosen &= chained.level == question.step + 1
    who, last = chained.moment(question.step)
    keep = chosen[who]
    who, last = who[keep], last[keep]
    first = chained.moments[chained.offsets[who]]
    found = Found.of(chained.profile[who], first, last, np.full(who.size, question.step + 1))
    return page(asked.workspace, found, question.limit, question.cursor)


# -- counting ------------------------------------------------------------------------------------------------------


class _Figures(NamedTuple):
    """A funnel's figures: customers by step, and the medians of the seconds."""

    customers: list[int]
    from_previous: list[float | None]
    from_first: list[float | None]


_Counted = tuple[_Figures, list[tuple[str, _Figures, _Figures]]]
"""The whole, and each group with all others beside it."""


def _counted(asked: Asking, question: Funnel, lens: Lens) -> _Counted:
    split = question.split
    key = ("funnel", _essence(question), split, asked.token(split), len(question.steps))

    def compute() -> _Counted:
        chained = _chained(asked, question, lens)
        everyone = np.ones(chained.profile.size, np.bool_)
        groups = [] if split is None else _groups(asked, question, split, chained)
        steps = len(question.steps)
        parts = [(name, _figures(chained, steps, mine), _figures(chained, steps, ~mine)) for name, mine in groups]
        return _figures(chained, steps, everyone), parts

    return asked.answer(key, lens, compute)


def _essence(question: Funnel) -> bytes:
    """What of a funnel its numbers depend on: not the words."""
    said = ([[m for m in matches] for matches in roles(question)], question.window_seconds, question.order)
    return msgspec.json.encode((*said, [(e.after, e.before) for e in question.exclude]))


def _chained(asked: Asking, question: Funnel, lens: Lens) -> sequences.Chained:
    def compute() -> sequences.Chained:
        snapshot, labels = asked.labelled(roles(question), lens)
        return sequences.chains(
            *(snapshot, asked.workspace.identities.map(), labels, len(question.steps), question.window_seconds * 1000),
            order=question.order,
            excluded=[(exclusion.after, exclusion.before) for exclusion in question.exclude],
            **asked.read(lens),
        ).chained()

    return asked.found(("chains", _essence(question), len(question.steps)), lens, compute)


def _groups(asked: Asking, question: Funnel, split: str, chained: sequences.Chained) -> list[tuple[str, np.ndarray]]:
    """Which of those who began are in each group: by who they are, or by what the event of their first step says."""
    found = asked.groups(split)
    if found is not None:
        return [(group.name, _of(group.members, chained.profile)) for group in found]
    size = int(chained.start_row.max(initial=-1)) + 1
    values = asked.valued(split, question.steps[0].any, size)
    said = values.rows[chained.start_row] if chained.start_row.size else np.zeros(0, np.uint16)
    group_of, names = asking.largest(np.bincount(said, minlength=1), values)
    return [(name, group_of[said] == number) for number, name in enumerate(names)]


def _of(members: np.ndarray, profiles: np.ndarray) -> np.ndarray:
    inside = profiles < members.size
    found = np.zeros(profiles.size, np.bool_)
    found[inside] = members[profiles[inside]]
    return found


def _member(asked: Asking, question: FunnelPeople, chained: sequences.Chained) -> np.ndarray:
    if question.split is None:
        raise Refused("group", question.group, "the funnel is not split.", "Say by what: add 'by'.")
    for name, mine in _groups(asked, question, question.split, chained):
        if name == question.group:
            return mine
    raise NotFound("group", question.group)


def _figures(chained: sequences.Chained, steps: int, chosen: np.ndarray) -> _Figures:
    customers, previous, first = [], [], []
    for step in range(steps):
        who, moment = chained.moment(step)
        keep = chosen[who]
        who, moment = who[keep], moment[keep]
        customers.append(int(who.size))
        at = chained.offsets[who]
        previous.append(_median(moment - chained.moments[at + step - 1]) if step else None)
        first.append(_median(moment - chained.moments[at]) if step else None)
    return _Figures(customers, previous, first)


def _median(ms: np.ndarray) -> float | None:
    return float(np.median(ms)) / 1000 if ms.size else None


# -- the answer ----------------------------------------------------------------------------------------------------


def _labels(question: Funnel) -> list[str]:
    return [step.label or _said(step.any[0]) for step in question.steps]


def _said(match: Match) -> str:
    return match.name or match.type


def _step(labels: list[str], now: _Figures, then: _Figures | None, step: int) -> StepNumbers:
    before = _figure(labels, then, step) if then else None
    difference = _difference(now, then, step) if then else None
    return StepNumbers(**msgspec.structs.asdict(_figure(labels, now, step)), previous=before, difference=difference)


def _group_step(labels: list[str], mine: _Figures, rest: _Figures, step: int) -> GroupStep:
    return GroupStep(**msgspec.structs.asdict(_figure(labels, mine, step)), difference=_difference(mine, rest, step))


def _figure(labels: list[str], figures: _Figures, step: int) -> StepFigures:
    customers, began = figures.customers[step], figures.customers[0]
    interval = proportions.wilson(customers, began) if step and began else None
    return StepFigures(
        label=labels[step],
        customers=customers,
        share_of_first=proportions.share(customers, began),
        share_of_previous=proportions.share(customers, figures.customers[step - 1]) if step else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        median_seconds=figures.from_previous[step],
        median_seconds_from_first=figures.from_first[step],
    )


def _difference(one: _Figures, other: _Figures, step: int) -> Difference | None:
    if step == 0:
        return None  # the first step is a number of people, not a share of any
    found = proportions.compared(one.customers[step], one.customers[0], other.customers[step], other.customers[0])
    return Difference(*found) if found else None


def columns(answer: FunnelNumbers) -> list[dict[str, object]]:
    """The answer as rows of a table, for a file."""
    rows: list[dict[str, object]] = []
    parts: list[tuple[str | None, Sequence[StepFigures]]] = [(None, answer.steps)]
    parts += [(item.group, item.steps) for item in answer.groups]
    for group, steps in parts:
        for number, step in enumerate(steps):
            said = msgspec.structs.asdict(step)
            before, difference = said.pop("previous", None), said.pop("difference", None)
            said["previous_customers"] = before.customers if before else None
            said["difference"] = difference.ratio if difference else None
            said["difference_low"] = difference.low if difference else None
            said["difference_high"] = difference.high if difference else None
            rows.append({"group": group, "step": number, **said})
    return rows
