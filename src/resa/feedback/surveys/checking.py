"""What types can't say of surveys: each refusal names field, value, rule and remedy. A draft may be unfinished, a live one not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from resa.feedback.surveys import piping
from resa.feedback.surveys.definition import (
    CHOICES,
    NUMBERS,
    Branch,
    Condition,
    Option,
    Question,
    Relational,
    Survey,
    Transactional,
)
from resa.kernel import expressions
from resa.kernel.audiences.rules import check_period
from resa.kernel.definitions import Definitions, Kind, key_rule, printable
from resa.kernel.errors import NotFound, Refused
from resa.kernel.matching import check_match

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
END: Final = "end"
MOST_CELLS: Final = 120
MOST_RANKED: Final = 15
"""So that a page stays light, and answerable."""
_TRAIT: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,99}")
_TAKEN: Final = ("id", "userId", "anonymousId")


def survey(body: Survey) -> None:
    """Refuse a survey that could not be asked as it stands."""
    printable(body)
    _languages(body)
    keys: dict[str, Question] = {}
    for number, question in enumerate(body.questions):
        at = f"questions[{number}]"
        key_rule(f"{at}.key", question.key)
        if question.key in keys or question.key == END:
            raise Refused(f"{at}.key", question.key, "this key is taken.", "Give the question another key.")
        _question(at, body, question, keys)
        keys[question.key] = question
    _branches(body)
    _texts("intro", body, body.intro, set())
    _texts("thanks", body, body.thanks, set(keys))
    _asking(body)
    if body.status == "live":
        _complete(body)


def _languages(body: Survey) -> None:
    seen = set()
    for number, language in enumerate(body.languages):
        if LANGUAGE.fullmatch(language) is None:
            raise Refused(
                f"languages[{number}]", language, "this is no language.", "Use a code such as sv, en or pt-BR."
            )
        if language.lower() in seen:
            raise Refused(f"languages[{number}]", language, "this language stands here twice.", "Keep one of them.")
        seen.add(language.lower())


def _question(at: str, body: Survey, question: Question, earlier: dict[str, Question]) -> None:
    known = set() if body.order == "random" else set(earlier)
    for field in ("text", "help", "low", "high"):
        _texts(f"{at}.{field}", body, getattr(question, field), known)
    if question.kind in CHOICES:
        _options(f"{at}.options", body, question.options, known)
    elif question.options:
        raise Refused(
            f"{at}.options", len(question.options), f"a {question.kind} question has none.", "Leave them out."
        )
    if question.kind == "matrix":
        _options(f"{at}.rows", body, question.rows, known)
    elif question.rows:
        raise Refused(f"{at}.rows", len(question.rows), "only a matrix has rows.", "Leave them out.")
    _bounds(at, question)
    if question.trait is not None and (_TRAIT.fullmatch(question.trait) is None or question.trait in _TAKEN):
        raise Refused(
            f"{at}.trait", question.trait, "this is no name of a trait.", "Use one such as plan or how_heard."
        )
    if question.trait is not None and body.anonymous:
        rule = "an anonymous answer changes nobody's profile."
        raise Refused(f"{at}.trait", question.trait, rule, "Leave the trait out, or don't promise anonymity.")
    if question.kind == "contact" and body.anonymous:
        raise Refused(f"{at}.kind", "contact", "an anonymous survey asks nobody who they are.", "Take it out.")
    if body.order == "random" and any(each.question is not None for each in question.show_if):
        rule = "in random order no question is surely earlier."
        raise Refused(f"{at}.show_if", len(question.show_if), rule, "Use a fixed order, or leave the condition out.")
    _conditions(f"{at}.show_if", body, question.show_if, earlier)


def _bounds(at: str, question: Question) -> None:
    cells = len(question.rows) * len(question.options)
    if cells > MOST_CELLS:
        raise Refused(f"{at}.rows", cells, f"a matrix has at most {MOST_CELLS} cells.", "Make two questions of it.")
    if question.kind == "ranking" and len(question.options) > MOST_RANKED:
        rule = f"people rank at most {MOST_RANKED}."
        raise Refused(f"{at}.options", len(question.options), rule, "Leave some out.")
    if question.least is not None and question.most is not None and question.least > question.most:
        raise Refused(f"{at}.most", question.most, f"it is below the least, {question.least}.", "Swap the two.")
    ends = [_day(f"{at}.{field}", getattr(question, field)) for field in ("earliest", "latest")]
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        raise Refused(f"{at}.latest", question.latest, "it lies before the earliest.", "Swap the two.")
    if question.kind == "contact" and len(set(question.fields)) != max(1, len(question.fields)):
        raise Refused(f"{at}.fields", len(question.fields), "one to three different fields.", "Use name, email, phone.")


def _day(at: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(at, text, "this is no day.", "Write one such as 2026-12-24.") from None


def _options(at: str, body: Survey, options: Sequence[Option], known: set[str]) -> None:
    seen = set()
    for number, option in enumerate(options):
        key_rule(f"{at}[{number}].key", option.key)
        if option.key in seen:
            raise Refused(f"{at}[{number}].key", option.key, "this key stands here twice.", "Give it another key.")
        seen.add(option.key)
        _texts(f"{at}[{number}].text", body, option.text, known)


def _texts(at: str, body: Survey, texts: dict[str, str], known: set[str]) -> None:
    """Refuse a language the survey does not speak, and a placeholder that is none or of a later answer."""
    for language, text in texts.items():
        if language not in body.languages:
            rule = f"the survey speaks {', '.join(body.languages)}."
            raise Refused(f"{at}.{language}", language, rule, "Add the language to it, or leave this text out.")
        piping.check(f"{at}.{language}", text, known)


def _conditions(at: str, body: Survey, conditions: Iterable[Condition], earlier: dict[str, Question]) -> None:
    for number, condition in enumerate(conditions):
        where = f"{at}[{number}]"
        if (condition.question is None) == (condition.audience is None):
            rule = "a condition is about one of two, a question and an audience."
            raise Refused(where, condition.question, rule, "Name one of them.")
        if condition.audience is not None:
            key_rule(f"{where}.audience", condition.audience)
            if body.anonymous:
                rule = "what somebody did can't decide what they are asked anonymously."
                raise Refused(f"{where}.audience", condition.audience, rule, "Leave the condition out.")
            continue
        asked = earlier.get(condition.question or "")
        if asked is None:
            rule = "no earlier question has this key."
            raise Refused(f"{where}.question", condition.question, rule, "Name a question that comes before.")
        _value(f"{where}.value", condition, asked)


def _value(at: str, condition: Condition, asked: Question) -> None:
    value, op = condition.value, condition.op
    if op in ("answered", "skipped"):
        if value is not None:
            raise Refused(at, str(value), f"'{op}' takes no value.", "Leave it out.")
        return
    if op in ("at_least", "at_most"):
        if asked.kind not in NUMBERS or isinstance(value, str | list | None):
            raise Refused(at, _shown(value), f"'{op}' compares a number with one.", "Use it on a scale, with a number.")
        return
    if (op == "in") != isinstance(value, list) or value is None or value == []:
        rule = "'in' takes a list of values." if op == "in" else f"'{op}' compares with one value."
        raise Refused(at, _shown(value), rule, "Write it so.")
    keys = {option.key for option in asked.options}
    for one in value if isinstance(value, list) else [value]:
        if asked.kind in CHOICES and one not in keys:
            raise Refused(
                at,
                str(one),
                f"{asked.key} has no such option.",
                f"Use {', '.join(sorted(keys)) or 'one of its options'}.",
            )
        if asked.kind in NUMBERS and isinstance(one, str):
            raise Refused(at, one, f"{asked.key} is answered with a number.", "Compare it with one.")


def _branches(body: Survey) -> None:
    places = {question.key: place for place, question in enumerate(body.questions)}
    if body.branches and body.order == "random":
        raise Refused("branches", len(body.branches), "in random order nothing follows anything.", "Use a fixed order.")
    for number, branch in enumerate(body.branches):
        at = f"branches[{number}]"
        if branch.after not in places:
            raise Refused(f"{at}.after", branch.after, "there is no such question.", "Name one of the survey's.")
        if branch.to != END and places.get(branch.to, -1) <= places[branch.after]:
            raise Refused(f"{at}.to", branch.to, "a branch leads to a later question, or to end.", "Name one of those.")
        _conditions(f"{at}.when", body, branch.when, _up_to(body, branch))


def _up_to(body: Survey, branch: Branch) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for question in body.questions:
        found[question.key] = question
        if question.key == branch.after:
            break
    return found


def _asking(body: Survey) -> None:
    for field in ("audience", "persona", "placement", "brand", "goal", "map", "stage", "touchpoint"):
        if (key := getattr(body, field)) is not None:
            key_rule(field, key)
    for field in ("rest", "partial_after", "link_lives"):
        check_period(field, getattr(body, field))
    if isinstance(body.trigger, Relational):
        check_period("trigger.every", body.trigger.every)
    if isinstance(body.trigger, Transactional):
        check_period("trigger.delay", body.trigger.delay)
        for number, match in enumerate(body.trigger.events):
            check_match(f"trigger.events[{number}]", match)
    if len(set(body.channels)) != len(body.channels):
        raise Refused("channels", len(body.channels), "a channel stands here twice.", "Keep one of them.")
    for number, page in enumerate(body.pages):
        if page.type == "regex":
            expressions.check(f"pages[{number}].pattern", page.pattern)


def _complete(body: Survey) -> None:
    """Refuse a live survey that lacks what somebody would have to read."""
    if not body.questions:
        raise Refused("questions", 0, "a live survey asks something.", "Add a question, or keep it a draft.")
    first = body.languages[0]
    for number, question in enumerate(body.questions):
        at = f"questions[{number}]"
        _spoken(f"{at}.text", question.text, first)
        if question.kind in CHOICES and len(question.options) < 2:
            raise Refused(f"{at}.options", len(question.options), "there must be two to choose from.", "Add some.")
        if question.kind == "matrix" and not question.rows:
            raise Refused(f"{at}.rows", 0, "a matrix has at least one row.", "Add one.")
        for field, options in (("options", question.options), ("rows", question.rows)):
            for place, option in enumerate(options):
                _spoken(f"{at}.{field}[{place}].text", option.text, first)


def _spoken(at: str, texts: dict[str, str], language: str) -> None:
    if not texts.get(language, "").strip():
        rule = f"it is not said in {language}, the survey's first language."
        raise Refused(f"{at}.{language}", None, rule, "Write it, or keep the survey a draft.")


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


# -- together ------------------------------------------------------------------------------------------------------


def references(known: Definitions, body: Survey) -> None:
    """Refuse a survey that names an audience, persona, placement, goal or brand that is not there."""
    for field in ("audience", "persona", "placement", "goal", "brand"):
        if (key := getattr(body, field)) is not None:
            _found(known, field, field, key)
    for number, question in enumerate(body.questions):
        for place, condition in enumerate(question.show_if):
            if condition.audience is not None:
                _found(known, "audience", f"questions[{number}].show_if[{place}].audience", condition.audience)
    for number, branch in enumerate(body.branches):
        for place, condition in enumerate(branch.when):
            if condition.audience is not None:
                _found(known, "audience", f"branches[{number}].when[{place}].audience", condition.audience)


def _found(known: Definitions, kind: str, at: str, key: str) -> Any:
    try:
        return known.get(kind, key).body
    except NotFound:
        raise Refused(
            at, key, f"there is no such {kind}.", "Make it first, or choose another.", code="unknown"
        ) from None


KIND: Final = Kind("survey", Survey, survey, draft=lambda body: body.status == "draft")


def register(known: Definitions) -> None:
    """Make the kind known."""
    known.register(KIND)
