"""Which question comes next: pure, the same for page, SDK and API (tests/vectors/surveys.json holds Python and TypeScript equal).

Questions stand in an order that depends on the survey and the response's seed only. From the first of them on, those that
`show_if` leaves out are passed over; the first one that was not passed yet is next; after one that was, the first branch that
fits leads on. So an answer that is changed changes the way from there, and what is no longer on the way counts no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from resa.feedback.surveys.definition import Condition, Option, Question, Survey

END: Final = "end"
_FNV_PRIME: Final = 0x01000193
_FNV_BASIS: Final = 0x811C9DC5
_WORD: Final = 0xFFFFFFFF

Answers = Mapping[str, Any]
"""By question key, what was answered; skipped questions are not in it."""
Member = Callable[[str], bool]
"""Whether who answers belongs to an audience."""

K = TypeVar("K", Question, Option)


class Route(NamedTuple):
    """The questions that were passed and count, in order, and the one to ask now (None: that was all)."""

    passed: tuple[Question, ...]
    next: Question | None
    left: int
    """How many may follow from here, `next` included: for a progress bar."""

    @property
    def progress(self) -> float:
        """0 to 1."""
        whole = len(self.passed) + self.left
        return len(self.passed) / whole if whole else 1.0


def nobody(audience: str) -> bool:
    """Who is not known belongs to no audience."""
    del audience
    return False


def ordered(survey: Survey, seed: str) -> Sequence[Question]:
    """The questions in the order in which this response meets them."""
    return shuffled(survey.questions, seed) if survey.order == "random" else survey.questions


def options(question: Question, seed: str) -> Sequence[Option]:
    """The options in the order in which this response meets them; those that are fixed keep their places."""
    if not question.randomise:
        return question.options
    moving = iter(shuffled([option for option in question.options if not option.fixed], f"{seed}:{question.key}"))
    return [option if option.fixed else next(moving) for option in question.options]


def shuffled(items: Iterable[K], seed: str) -> list[K]:
    """In an order drawn by the seed: by the hash of seed and key, then by key."""
    return sorted(items, key=lambda item: (scrambled(f"{seed}:{item.key}"), item.key))


def scrambled(text: str) -> int:
    """32 bits of a text: FNV-1a over its UTF-8, then the finaliser of MurmurHash3, so that keys that differ in one sign part."""
    value = _FNV_BASIS
    for byte in text.encode("utf-8", "surrogatepass"):
        value = ((value ^ byte) * _FNV_PRIME) & _WORD
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = ((value ^ (value >> shift)) * factor) & _WORD
    return value ^ (value >> 16)


def route(survey: Survey, seed: str, answers: Answers, passed: Collection[str], member: Member = nobody) -> Route:
    """The way through the survey as far as it is known: `passed` are the keys of questions answered or skipped."""
    order = ordered(survey, seed)
    places = {question.key: place for place, question in enumerate(order)}
    met: list[Question] = []
    on_way: dict[str, Any] = {}
    place = 0
    while place < len(order):
        question = order[place]
        if holds(question.show_if, on_way, member):
            if question.key not in passed:
                return Route(tuple(met), question, len(order) - place)
            met.append(question)
            if question.key in answers:
                on_way[question.key] = answers[question.key]
            leads = _branch(survey, question, on_way, member)
            if leads == END:
                break
            if leads is not None:
                place = places[leads]
                continue
        place += 1
    return Route(tuple(met), None, 0)


def holds(conditions: Iterable[Condition], answers: Answers, member: Member = nobody) -> bool:
    """Whether all conditions hold."""
    return all(_holds(condition, answers, member) for condition in conditions)


def _branch(survey: Survey, question: Question, answers: Answers, member: Member) -> str | None:
    for branch in survey.branches:
        if branch.after == question.key and holds(branch.when, answers, member):
            return branch.to
    return None


def _holds(condition: Condition, answers: Answers, member: Member) -> bool:
    if condition.audience is not None:
        return member(condition.audience) == condition.member
    answer = answers.get(condition.question or "")
    if condition.op == "answered":
        return answer is not None
    if condition.op == "skipped":
        return answer is None
    if condition.op in ("at_least", "at_most"):
        bound = condition.value
        if not isinstance(answer, int | float) or not isinstance(bound, int | float):
            return False
        return answer >= bound if condition.op == "at_least" else answer <= bound
    wanted = condition.value if isinstance(condition.value, list) else [condition.value]
    found = any(one in wanted for one in _each(answer))
    return not found if condition.op == "is_not" else found


def _each(answer: Any) -> Iterable[Any]:
    """What an answer consists of: the picks of several, the columns of a matrix, itself."""
    if isinstance(answer, Mapping):
        return answer.values()
    return answer if isinstance(answer, list) else [answer]
