"""Every question's results: what was answered how often, with intervals, and after which question people stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import structs

from resa.feedback.scores.definitions import NUMBERS, PREFIX, Question
from resa.feedback.scores.intervals import Sample, student
from resa.feedback.scores.reading import Answers
from resa.feedback.scores.scales import SCALES, Array
from resa.feedback.scores.shown import Figure
from resa.kernel.proportions import Z, wilson

MOST_OPTIONS: Final = 60
EXAMPLES: Final = 5
LONGEST: Final = 400


class Choice(msgspec.Struct, frozen=True):
    """An answer that can be chosen: by how many of those who answered the question it was, with the share's interval."""

    key: str
    text: str
    n: int
    share: float
    low: float
    high: float
    mean_rank: float | None = None
    """Of a ranking: the mean place, 1 the first, among those who ranked it; `n` is how many put it first."""


class Row(msgspec.Struct, frozen=True):
    """A row of a matrix."""

    key: str
    text: str
    n: int
    mean: Figure | None
    choices: list[Choice]
    withheld: bool = False


class QuestionResult(msgspec.Struct, frozen=True):
    """A question's answers. `stopped`: unfinished responses whose last answer is this one."""

    key: str
    kind: str
    text: str
    answered: int
    share: Figure
    """Of all responses, the share that answers this question; fewer also where it is shown to some only."""
    stopped: int
    score: Figure | None
    """Of an NPS, CSAT or CES question."""
    mean: Figure | None
    choices: list[Choice]
    rows: list[Row]
    examples: list[str]
    """A few of the latest texts."""
    withheld: bool = False
    """An anonymous survey, and too few answers: how many is all that is said of them."""


class Completion(msgspec.Struct, frozen=True):
    """How many responses there are, and the share that went to the end."""

    responses: int
    complete: int
    share: Figure | None
    median_seconds: float | None


def completion(answers: Answers) -> Completion:
    """Of all responses."""
    done, count = int(answers.complete.sum()), len(answers)
    seconds = [each["seconds"] for each in answers.said if isinstance(each.get("seconds"), int | float)]
    median = float(np.median(np.array(seconds, float))) if seconds else None
    return Completion(count, done, _share(done, count), median)


def results(answers: Answers, questions: Sequence[Question], *, least: int = 0) -> list[QuestionResult]:
    """Of each question, in order; of one, or a row of one, that fewer than `least` answered no more than how many did."""
    stopped = Counter(_stopped(answers, questions))
    return [_kept(_result(question, answers, stopped[question.key]), least) for question in questions]


def _kept(result: QuestionResult, least: int) -> QuestionResult:
    if 0 < result.answered < least:
        unsaid: dict[str, Any] = {"score": None, "mean": None, "choices": [], "rows": [], "examples": []}
        return structs.replace(result, **unsaid, withheld=True)
    rows = [
        structs.replace(row, mean=None, choices=[], withheld=True) if 0 < row.n < least else row for row in result.rows
    ]
    return structs.replace(result, rows=rows)


def numbers(answers: Answers, key: str) -> Array:
    """A question's answers as numbers; NaN where there is none."""
    return np.array([_number(said.get(PREFIX + key)) for said in answers.said], float)


def _stopped(answers: Answers, questions: Sequence[Question]) -> Iterable[str]:
    """For each unfinished response the last question, in order, that it answers."""
    order = [question.key for question in questions]
    for said, complete in zip(answers.said, answers.complete, strict=True):
        if not complete:
            last = [key for key in order if said.get(PREFIX + key) is not None]
            if last:
                yield last[-1]


def _result(question: Question, answers: Answers, stopped: int) -> QuestionResult:
    said = [
        (at, each[PREFIX + question.key])
        for at, each in enumerate(answers.said)
        if each.get(PREFIX + question.key) is not None
    ]
    values = [value for _, value in said]
    who = answers.profile[[at for at, _ in said]]
    share = _share(len(values), len(answers))
    score = mean = None
    choices: list[Choice] = []
    rows: list[Row] = []
    examples: list[str] = []
    kind = question.kind
    if kind in NUMBERS:
        score, mean, choices = _of_numbers(question, values, who)
    elif kind == "multiple":
        choices = _choices(question.options, [_keys(value) for value in values])
    elif kind == "ranking":
        choices = _ranked(question.options, [_keys(value) for value in values])
    elif kind == "matrix":
        rows = _matrix(question, values)
    elif kind == "date":
        choices = _choices({}, [[str(value)[:7]] for value in values], by_key=True)
    elif kind == "single":
        choices = _choices(question.options, [[_key(value)] for value in values])
    elif kind == "text":
        examples = [str(value)[:LONGEST] for value in values[::-1] if str(value).strip()][:EXAMPLES]
    return QuestionResult(
        question.key,
        kind,
        question.text,
        len(values),
        share or Figure(None, None, None),
        stopped,
        score,
        mean,
        choices,
        rows,
        examples,
    )


def _of_numbers(
    question: Question, values: Sequence[Any], who: Array
) -> tuple[Figure | None, Figure | None, list[Choice]]:
    numbers = np.array([_number(value) for value in values], float)
    known = ~np.isnan(numbers)
    scale = SCALES.get(question.kind)
    steps = [f"{number:g}" for number in numbers[known]]
    every = [str(step) for step in scale.steps] if scale else []
    choices = _choices(dict.fromkeys(every, ""), [[step] for step in steps], by_key=True)
    if scale is None:
        return None, mean_of(numbers[known]), choices
    kept = np.array(
        [scale.read(float(number)) if there else np.nan for number, there in zip(numbers, known, strict=True)], float
    )
    sample = Sample.of(scale, kept, who)
    return Figure(*sample.score()), Figure(*sample.average()), choices


def mean_of(values: Array) -> Figure | None:
    """A mean with Student's interval."""
    if not values.size:
        return None
    mean = float(values.mean())
    if values.size < 2:
        return Figure(mean, None, None)
    reach = student(Z, values.size - 1) * float(values.std(ddof=1)) / float(np.sqrt(values.size))
    return Figure(mean, mean - reach, mean + reach)


def _choices(options: Mapping[str, str], chosen: Sequence[Sequence[str]], *, by_key: bool = False) -> list[Choice]:
    """Of each option its share among those who answered: the most chosen first, or in order of the options' keys."""
    counts = Counter(key for keys in chosen for key in dict.fromkeys(keys))
    size = len(chosen)
    keys = [*options, *(key for key in counts if key not in options)]
    ordered = sorted(keys, key=_in_order) if by_key else sorted(keys, key=lambda key: -counts[key])
    return [
        Choice(key, options.get(key) or key, counts[key], *_shares(counts[key], size)) for key in ordered[:MOST_OPTIONS]
    ]


def _ranked(options: Mapping[str, str], orders: Sequence[Sequence[str]]) -> list[Choice]:
    """By mean place; the share is of those who put it first."""
    places: dict[str, list[int]] = {key: [] for key in options}
    for order in orders:
        for place, key in enumerate(dict.fromkeys(order), 1):
            places.setdefault(key, []).append(place)
    size = len(orders)
    found = []
    for key, mine in list(places.items())[:MOST_OPTIONS]:
        first = sum(place == 1 for place in mine)
        mean = float(np.mean(mine)) if mine else None
        found.append(Choice(key, options.get(key) or key, first, *_shares(first, size), mean))
    return sorted(found, key=lambda choice: (choice.mean_rank is None, choice.mean_rank or 0))


def _matrix(question: Question, values: Sequence[Any]) -> list[Row]:
    """An object answers each row by its key."""
    by_row: dict[str, list[Any]] = {key: [] for key in question.rows}
    for value in values:
        if isinstance(value, Mapping):
            for key, one in value.items():
                if one is not None and (key in by_row or len(by_row) < MOST_OPTIONS):
                    by_row.setdefault(str(key), []).append(one)
    rows = []
    for key, mine in by_row.items():
        scores = np.array([_number(one) for one in mine], float)
        mean = mean_of(scores) if scores.size and not np.isnan(scores).any() else None
        choices = _choices(question.options, [[_key(one)] for one in mine], by_key=not question.options)
        rows.append(Row(key, question.rows.get(key, key), len(mine), mean, choices))
    return rows


def _share(part: int, whole: int) -> Figure | None:
    return Figure(part / whole, *wilson(part, whole)) if whole else None


def _shares(part: int, whole: int) -> tuple[float, float, float]:
    return (part / whole if whole else 0.0, *wilson(part, whole))


def _in_order(key: str) -> tuple[bool, float, str]:
    number = _number(key)
    return bool(np.isnan(number)), 0.0 if np.isnan(number) else number, key


def _keys(value: Any) -> list[str]:
    return [_key(one) for one in value] if isinstance(value, list) else [_key(value)]


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}"[:LONGEST] if isinstance(value, int | float) else str(value)[:LONGEST]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return float("nan")
    try:
        number = float(value)
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
