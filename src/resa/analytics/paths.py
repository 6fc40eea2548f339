"""Paths: what customers do after an event, before it, or between two; as nodes and links of a drawing, and the top ones."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa.analytics import bits
from resa.analytics.asking import Asking, Question, Span
from resa.kernel import sequences, times
from resa.kernel.behind import Customers, Found, page
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.sequences import kernels
from resa.kernel.sequences.routing import ANCHOR, MORE, NAME, TARGET, TooManyPaths

MOST_SECONDS: Final = 400 * 86_400
MOST_NAMES: Final = MORE - 1
TOP: Final = 20

OWN: Final = "resa"
"""The source of Resa's own events, which are no step of anybody's."""
TYPES: Final = ("track", "page", "screen")

# What a place of a drawing holds beside numbers of names.
NOTHING, OTHER, END, START = 0, -1, -2, -3
_WIDE: Final = 1 << 16  # tells two places apart in one number
_WORDS: Final = {OTHER: ("Other", "other"), END: ("End", "end"), START: ("Start", "start")}


class Anchor(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An event that paths lead from or to."""

    match: Match


class Paths(Question, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A question of which way customers go. Without an anchor paths begin (or end) where sessions do."""

    anchor: Anchor | None = None
    direction: Literal["from", "to", "between"] = "from"
    to: Anchor | None = None
    steps: Annotated[int, msgspec.Meta(ge=2, le=10)] = 5
    fold: bool = True
    gap_seconds: Annotated[int, msgspec.Meta(ge=1, le=MOST_SECONDS)] = 1_800
    by_page: bool = False
    most: Annotated[int, msgspec.Meta(ge=1, le=50)] = 12


class PathPeople(Paths, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Whose names to list: those whose path has a name at a step, and then another, if told so."""

    step: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0
    name: str
    next: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: str | None = None


class Node(msgspec.Struct, frozen=True):
    """A name at a step of the drawing, and the customers whose path has it there."""

    step: int
    name: str
    type: str
    customers: int


class Link(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """From a name at `step` to a name at the next."""

    step: int
    start: str
    end: str
    customers: int


class Top(msgspec.Struct, frozen=True):
    """A whole path: whose own it is, and how often it was taken by anybody."""

    names: list[str]
    customers: int
    times: int


class PathNumbers(msgspec.Struct, frozen=True):
    """What POST /api/questions/paths answers."""

    period: Span
    nodes: list[Node]
    links: list[Link]
    top: list[Top]
    customers: int
    as_of: str
    took_ms: int


def check(question: Paths) -> None:
    """Refuse what the types can't."""
    if question.split is not None:
        raise Refused("by", question.split, "paths are not split.", "Choose a population instead.")
    if question.direction == "between":
        for field, said in (("anchor", question.anchor), ("to", question.to)):
            if said is None:
                raise Refused(field, None, "between needs two events.", "Say from which event, and to which.")
    for field, said in (("anchor.match", question.anchor), ("to.match", question.to)):
        if said is not None:
            bits.check_any(field, [said.match])


def expression(question: Paths, lens: Lens, engine: str) -> str:
    """The label of an event as SQL over `log`: its name's number times NAME, and whether it is an anchor or a target."""
    flags = bits.expression(_roles(question), engine)
    kinds = ", ".join(f"'{type_}'" for type_ in TYPES)
    return (
        f"CASE WHEN code <> 0 AND type IN ({kinds}) AND COALESCE(source, '') <> '{OWN}' AND {bits.seen_by(lens, engine)} "
        f"THEN (CASE WHEN code > {MOST_NAMES} THEN 1 ELSE code END) * {NAME} + {flags} ELSE 0 END"
    )


def _roles(question: Paths) -> list[list[Match]]:
    assert (ANCHOR, TARGET) == (1, 2)
    anchors = [question.anchor, question.to if question.direction == "between" else None]
    return [[anchor.match] if anchor else [] for anchor in anchors]


def numbers(asked: Asking, question: Paths) -> PathNumbers:
    """The answer."""
    began = time.perf_counter()
    check(question)
    seen = asked.seen(question.lens)
    found = asked.answer(("paths", _essence(question)), seen.lens, lambda: _answer(asked, question, seen.lens))
    return PathNumbers(
        period=Span.of(seen.lens.period),
        nodes=found.nodes,
        links=found.links,
        top=found.top,
        customers=found.customers,
        as_of=times.iso(seen.now),
        took_ms=round(1000 * (time.perf_counter() - began)),
    )


def people(asked: Asking, question: PathPeople) -> Customers:
    """Everybody behind a node or a link; as many as it says."""
    check(question)
    lens = asked.seen(question.lens).lens
    answer = asked.answer(("paths", _essence(question)), lens, lambda: _answer(asked, question, lens))

    def own() -> tuple[Any, ...]:
        found: tuple[Any, ...] = _routes(asked, question, lens, keep=True)[0].own()
        return found

    profile, names, first, last = asked.found(("own paths", _essence(question)), lens, own)
    drawn = _drawn(names, question, answer.shown)
    chosen = _named(drawn, question.step, question.name, answer.names)
    if question.next is not None:
        chosen &= _named(drawn, question.step + 1, question.next, answer.names)
    found = Found.of(profile[chosen], first[chosen], last[chosen], np.count_nonzero(names[chosen], axis=1))
    return page(asked.workspace, found, question.limit, question.cursor)


# -- counting ------------------------------------------------------------------------------------------------------


class _Names(NamedTuple):
    """The name and type of each number."""

    names: dict[int, tuple[str, str]]

    def of(self, number: int) -> tuple[str, str]:
        """Those of a place in a drawing."""
        return _WORDS[number] if number < 0 else self.names.get(number, _WORDS[OTHER])


class _Answer(NamedTuple):
    nodes: list[Node]
    links: list[Link]
    top: list[Top]
    customers: int
    shown: list[Any]  # for each step the numbers that are not drawn as Other
    names: _Names


def _essence(question: Paths) -> bytes:
    said = (question.direction, question.steps, question.fold, question.gap_seconds, question.by_page, question.most)
    return msgspec.json.encode((_roles(question), said, question.anchor is not None))


def _routes(asked: Asking, question: Paths, lens: Lens, *, keep: bool = False) -> tuple[Any, _Names]:
    snapshot, labels, names = _labelled(asked, question, lens)
    try:
        return sequences.routes(
            *(snapshot, asked.workspace.identities.map(), labels, question.steps),
            direction=question.direction,
            anchored=question.anchor is not None,
            fold=question.fold,
            gap=question.gap_seconds * 1000,
            keep=keep,
            **asked.read(lens),
        ), names
    except TooManyPaths as error:
        raise Refused("steps", question.steps, f"{error}.", "Ask for fewer steps, or a shorter period.") from None


def _labelled(asked: Asking, question: Paths, lens: Lens) -> tuple[Any, Any, _Names]:
    workspace = asked.workspace
    snapshot, said = workspace.index.snapshot(), expression(question, lens, workspace.body.dialect)
    codes = {code: (name or type_, type_) for (type_, name), code in workspace.committer.codes().items()}
    if not question.by_page:
        labels = sequences.Labels(np.arange(bits.CODES - 1))
        return asked.labels.labelled(said, snapshot), labels, _Names(codes)
    values = asked.values.valued("type = 'page'", "page_path", snapshot.next_row)
    first = max(codes, default=1) + 1
    rows, number = asked.labels.rows(said, snapshot.next_row), first + values.rows.astype(np.int64) - 1
    paged = (rows > 0) & (values.rows > 0) & (number <= MOST_NAMES)
    rows = np.where(paged, number * NAME + rows % NAME, rows).astype(np.uint16)
    paths = {first + at: (text, "page") for at, text in enumerate(values.texts) if first + at <= MOST_NAMES}
    return snapshot, sequences.Labels(np.full(bits.CODES - 1, kernels.ASK), rows), _Names(codes | paths)


def _answer(asked: Asking, question: Paths, lens: Lens) -> _Answer:
    answer, names = _routes(asked, question, lens)
    counted = answer.counted()
    mine = counted.customers > 0
    drawn = _aligned(counted.names[mine], question)
    customers = counted.customers[mine]
    shown = [_largest(drawn[:, step], customers, question.most) for step in range(question.steps)]
    drawn = _others(drawn, shown)
    top = [
        Top([names.of(OTHER if number == MORE else number)[0] for number in path if number], int(who), int(often))
        for path, who, often in zip(counted.names[:TOP].tolist(), customers[:TOP], counted.times[:TOP], strict=False)
    ]
    return _Answer(
        _nodes(drawn, customers, names), _links(drawn, customers, names), top, int(customers.sum()), shown, names
    )


# -- the drawing ---------------------------------------------------------------------------------------------------


def _drawn(paths: Any, question: Paths, shown: list[Any]) -> Any:
    return _others(_aligned(paths, question), shown)


def _aligned(paths: Any, question: Paths) -> Any:
    """Paths as they are drawn: those to an event end at the last step; what began or ended before the others says so."""
    drawn = np.where(paths == MORE, OTHER, paths.astype(np.int64))
    length = np.count_nonzero(drawn, axis=1)
    step = np.arange(drawn.shape[1])
    if question.direction == "to":
        missing = drawn.shape[1] - length
        drawn = np.take_along_axis(drawn, np.maximum(step - missing[:, None], 0), axis=1)
        drawn[step < missing[:, None]] = NOTHING
        drawn[step == missing[:, None] - 1] = START
    elif question.direction == "from":
        drawn[step == length[:, None]] = END
    return drawn


def _largest(column: Any, customers: Any, most: int) -> Any:
    """The numbers of names with most customers at a step."""
    named = column > 0
    number, place = np.unique(column[named], return_inverse=True)
    counts = np.bincount(place, weights=customers[named], minlength=number.size)
    return number[np.lexsort((number, -counts))][:most]


def _others(drawn: Any, shown: list[Any]) -> Any:
    """Names that are not shown as OTHER."""
    drawn = drawn.copy()
    for step, kept in enumerate(shown):
        drawn[(drawn[:, step] > 0) & ~np.isin(drawn[:, step], kept), step] = OTHER
    return drawn


def _nodes(drawn: Any, customers: Any, names: _Names) -> list[Node]:
    found: dict[tuple[int, str, str], int] = {}
    for step in range(drawn.shape[1]):
        number, place = np.unique(drawn[:, step], return_inverse=True)
        for one, who in zip(number.tolist(), np.bincount(place, weights=customers).tolist(), strict=True):
            if one != NOTHING:
                key = (step, *names.of(one))
                found[key] = found.get(key, 0) + int(who)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return [Node(*key, who) for key, who in ordered]


def _links(drawn: Any, customers: Any, names: _Names) -> list[Link]:
    found: dict[tuple[int, str, str], int] = {}
    for step in range(drawn.shape[1] - 1):
        pairs, place = np.unique(drawn[:, step] * _WIDE + drawn[:, step + 1] - START, return_inverse=True)
        counts = np.bincount(place, weights=customers).tolist()
        for pair, who in zip(pairs.tolist(), counts, strict=True):
            one, other = pair // _WIDE, pair % _WIDE + START
            if NOTHING not in (one, other):
                key = (step, names.of(one)[0], names.of(other)[0])
                found[key] = found.get(key, 0) + int(who)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0][1:]))
    return [Link(*key, who) for key, who in ordered]


def _named(drawn: Any, step: int, name: str, names: _Names) -> Any:
    if step >= drawn.shape[1]:
        raise Refused("step", step, f"the paths have {drawn.shape[1]} steps.", "Count from 0.")
    numbers = [one for one in np.unique(drawn[:, step]).tolist() if one != NOTHING and names.of(one)[0] == name]
    return np.isin(drawn[:, step], numbers)


def columns(answer: PathNumbers) -> list[dict[str, object]]:
    """The links as rows of a table, for a file."""
    return [{"step": a.step, "from": a.start, "to": a.end, "customers": a.customers} for a in answer.links]
