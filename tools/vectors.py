"""Writes tests/vectors: what Python and TypeScript must compute alike, worked out by our engine. `python -m tools.vectors`.

Everything is seeded: the same files come out until the engine means something else, and a test says so.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from resa.experiments import engine
from resa.experiments.engine import ExperimentResult, conditions, hashing, urls
from resa.feedback.asking import public
from resa.feedback.surveys import flow, piping
from resa.feedback.surveys.definition import Survey

FOLDER: Final = Path(__file__).parents[1] / "tests" / "vectors"
COUNTRIES: Final = ("SE", "DE", "FR", "US")
WORDS: Final = ("a", "b", "Ärta", "日本", "😀", "user-1", "", "null", "0")


def hashing_vectors() -> list[dict[str, Any]]:
    """Buckets by seed, value and version."""
    dice = random.Random(1)
    found = []
    for number in range(300):
        seed = dice.choice(["", "form", "form-2", "ä", "experiment:1"]) + str(number % 7)
        value = dice.choice(WORDS) + str(dice.randrange(10**9))
        version = 1 + number % 2
        found.append({"seed": seed, "value": value, "version": version, "bucket": hashing.bucket(seed, value, version)})
    return [*found, {"seed": "s", "value": "v", "version": 3, "bucket": None}]


def ranges_vectors() -> list[dict[str, Any]]:
    """Ranges by weights and coverage, and which one a place falls into."""
    dice = random.Random(2)
    found = []
    for _ in range(100):
        count = dice.randrange(1, 6)
        parts = [dice.randrange(1, 10) for _ in range(count)]
        weights = dice.choice([None, [part / sum(parts) for part in parts], [0.9] * count])
        coverage = dice.choice([0.0, 0.25, 1.0, 1.5, dice.random()])
        made = hashing.ranges(count, coverage, weights)
        place = round(dice.random(), 4)
        found.append(
            {
                "count": count,
                "coverage": coverage,
                "weights": weights,
                "ranges": [list(ends) for ends in made],
                "place": place,
                "chosen": hashing.choose(place, made),
            }
        )
    return found


def condition_vectors() -> list[dict[str, Any]]:
    """Conditions that hold or don't."""
    dice = random.Random(3)
    groups: dict[str, list[Any]] = {"staff": ["user-1", "user-2"], "numbers": [1, 2, 3]}
    found = []
    for _ in range(600):
        condition, attributes = a_condition(dice, 0, ODD), some_attributes(dice)
        holds = conditions.compile(condition, groups)(attributes)
        found.append({"condition": condition, "attributes": attributes, "holds": holds})
    return [{"groups": groups, "cases": found}]


Make = Callable[[random.Random], tuple[str, Any]]


def a_condition(dice: random.Random, depth: int, more: Sequence[Make] = ()) -> dict[str, Any]:
    """A random condition, of `TESTS` and `more`."""
    if depth < 2 and dice.random() < 0.3:
        kind = dice.choice(["$and", "$or", "$nor", "$not"])
        if kind == "$not":
            return {"$not": a_condition(dice, depth + 1, more)}
        return {kind: [a_condition(dice, depth + 1, more) for _ in range(dice.randrange(3))]}
    return dict(dice.choice([*TESTS, *more])(dice) for _ in range(dice.randrange(1, 3)))


TESTS: Final[list[Make]] = [
    lambda dice: ("country", dice.choice(COUNTRIES)),
    lambda dice: ("country", {dice.choice(["$in", "$nin"]): dice.sample(COUNTRIES, 2)}),
    lambda dice: ("country", {dice.choice(["$ini", "$nini"]): ["se", "de"]}),
    lambda dice: ("age", {dice.choice(["$gt", "$gte", "$lt", "$lte"]): dice.choice([18, 30])}),
    lambda dice: ("age", {dice.choice(["$eq", "$ne"]): dice.choice([18, 30, None])}),
    lambda dice: ("tags", {dice.choice(["$all", "$alli"]): dice.sample(["new", "Sale", "sale"], 2)}),
    lambda dice: ("tags", {"$size": dice.choice([0, 1, {"$gt": 1}])}),
    lambda dice: ("tags", {"$elemMatch": {dice.choice(["$eq", "$ne"]): "new"}}),
    lambda dice: ("cart.total", dice.choice([{"$gt": 10}, {"$exists": True}, {"$exists": False}])),
    lambda dice: ("agent", {dice.choice(["$regex", "$regexi"]): dice.choice(["^mob", "Tablet$", "["])}),
    lambda dice: ("version", {dice.choice(["$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"]): "1.10.0-beta.2"}),
    lambda dice: ("id", {dice.choice(["$inGroup", "$notInGroup"]): dice.choice(["staff", "gone"])}),
    lambda dice: ("plan", {"$type": dice.choice(["string", "null", "number"])}),
    lambda dice: ("member", dice.choice([True, False, {"$ne": 0}, {"$in": [1, "yes"]}])),
    lambda _dice: ("$segments", {"$elemMatch": {"$eq": "s1"}}),
]
ODD: Final[list[Make]] = [
    lambda _dice: ("plan", {"$unheard": 1}),
    lambda dice: ("age", {dice.choice(["$gt", "$lte"]): "30"}),
]
"""What SDKs have different opinions on: an operator nobody knows, the order of a number and a text."""


def some_attributes(dice: random.Random) -> dict[str, Any]:
    """Random attributes; each may be missing."""
    said = {
        "id": dice.choice(["user-1", "user-9", 7]),
        "country": dice.choice([*COUNTRIES, None]),
        "age": dice.choice([17, 18, 30.5, "30", "old"]),
        "tags": dice.sample(["new", "SALE", "old"], dice.randrange(4)),
        "cart": dice.choice([{"total": 12}, {"total": 9.5}, {}, "none"]),
        "agent": dice.choice(["mobile Tablet", "Mobile", "desktop"]),
        "version": dice.choice(["1.10.0", "1.9.3", "v1.10.0-beta.10", "2"]),
        "plan": dice.choice(["gold", 3, None]),
        "member": dice.choice([True, False, 1, 0, "yes"]),
        "$segments": dice.choice([["s1"], ["s2"], []]),
    }
    return {name: value for name, value in said.items() if dice.random() < 0.85}


PAYLOAD: Final[dict[str, Any]] = {
    "features": {
        "plain": {"defaultValue": "yes"},
        "targeted": {
            "defaultValue": 0,
            "rules": [
                {"id": "se", "condition": {"country": "SE"}, "force": 1},
                {"id": "half", "force": 2, "coverage": 0.5, "seed": "half", "hashAttribute": "id", "hashVersion": 2},
            ],
        },
        "tested": {
            "defaultValue": "none",
            "rules": [
                {
                    "id": "test",
                    "key": "form",
                    "seed": "form-1",
                    "phase": "1",
                    "hashAttribute": "id",
                    "hashVersion": 2,
                    "variations": ["a", "b", "c"],
                    "weights": [0.5, 0.3, 0.2],
                    "coverage": 0.8,
                    "meta": [{"key": "a"}, {"key": "b"}, {"key": "c"}],
                }
            ],
        },
        "layered": {
            "defaultValue": "none",
            "rules": [
                {
                    "key": "left",
                    "seed": "left",
                    "hashVersion": 2,
                    "variations": ["l0", "l1"],
                    "meta": [{"key": "l0"}, {"key": "l1"}],
                    "filters": [{"seed": "layer:x", "attribute": "id", "hashVersion": 2, "ranges": [[0, 0.5]]}],
                },
                {
                    "key": "right",
                    "seed": "right",
                    "hashVersion": 2,
                    "variations": ["r0", "r1", "r0"],
                    "ranges": [[0, 0.3], [0.5, 1], [0.3, 0.5]],
                    "meta": [{"key": "r0"}, {"key": "r1"}, {"key": "r0"}],
                },
            ],
        },
        "holdout:all": {
            "defaultValue": "programme",
            "rules": [
                {
                    "key": "holdout:all",
                    "seed": "holdout:all",
                    "hashVersion": 2,
                    "variations": ["holdout", "programme"],
                    "weights": [0.2, 0.8],
                    "meta": [{"key": "holdout"}, {"key": "programme"}],
                }
            ],
        },
        "programme": {
            "defaultValue": False,
            "rules": [
                {"parentConditions": [{"id": "holdout:all", "condition": {"value": "programme"}}], "force": True}
            ],
        },
        "customer": {
            "defaultValue": "none",
            "rules": [
                {
                    "key": "customer",
                    "seed": "customer",
                    "hashAttribute": "userId",
                    "fallbackAttribute": "id",
                    "hashVersion": 2,
                    "variations": ["x", "y"],
                    "meta": [{"key": "x"}, {"key": "y"}],
                }
            ],
        },
    },
    "savedGroups": {},
}


def feature_vectors() -> list[dict[str, Any]]:
    """Flags of one payload for many customers; with `sticky`, fallback attributes and kept assignments are on."""
    dice, made = random.Random(4), engine.compile(PAYLOAD)
    cases = []
    for number in range(400):
        attributes = {"id": f"device-{dice.randrange(10_000)}", "country": dice.choice(COUNTRIES)}
        if dice.random() < 0.3:
            attributes["userId"] = f"user-{dice.randrange(1000)}"
        if dice.random() < 0.05:
            del attributes["id"]
        sticky: dict[str, Any] | None = {} if number % 2 else None
        key = dice.choice([*PAYLOAD["features"], "gone"])
        found = made.feature(key, attributes, stickies=sticky)
        cases.append(
            {
                "flag": key,
                "attributes": attributes,
                "sticky": sticky is not None,
                "value": found.value,
                "on": found.on,
                "source": found.source,
                "rule": found.rule,
                "result": shown(found.result),
                "kept": sticky,
            }
        )
    return [{"payload": PAYLOAD, "cases": cases}]


def shown(result: ExperimentResult | None) -> dict[str, Any] | None:
    """What a result says, in words of ours."""
    if result is None:
        return None
    return {
        "variation": result.variation,
        "key": result.key,
        "hashAttribute": result.hash_attribute,
        "hashValue": result.hash_value,
        "bucket": result.bucket,
    }


def url_vectors() -> list[dict[str, Any]]:
    """Which patterns meet which addresses."""
    patterns = [
        {"type": "simple", "pattern": "https://shop.example/cart*"},
        {"type": "simple", "pattern": "/cart"},
        {"type": "simple", "pattern": "*.example/sale?campaign=*"},
        {"type": "simple", "pattern": "*"},
        {"type": "regex", "pattern": "cart/[0-9]+$"},
        {"type": "regex", "pattern": "["},
    ]
    addresses = [
        "https://shop.example/cart/12",
        "https://shop.example/cart/",
        "https://shop.example/sale?campaign=mail&x=1",
        "https://other.example/CART",
        "https://shop.example/",
    ]
    return [
        {
            "url": url,
            "pattern": {**pattern, "include": True},
            "meets": urls.targeted(url, [{**pattern, "include": True}]),
        }
        for pattern in patterns
        for url in addresses
    ]


def survey_vectors() -> list[dict[str, Any]]:
    """Ways through surveys: as a page is given them, for answers and skipped questions; and texts with answers in them."""
    dice = random.Random(6)
    found = []
    for _ in range(120):
        survey = a_survey(dice)
        form = public.form(survey, "seed", "en", flow.nobody, {})
        answers, passed = some_answers(dice, survey)
        way = flow.route(survey, "seed", answers, passed)
        said = "{answer.q0}, {answer.q1|nothing}: {answer.q2}"
        found.append(
            {
                "form": form,
                "answers": answers,
                "passed": passed,
                "way": [question.key for question in way.passed],
                "next": way.next.key if way.next is not None else None,
                "left": way.left,
                "text": said,
                "says": piping.fill(said, partial(read, survey, answers)),
            }
        )
    return found


def a_survey(dice: random.Random) -> Survey:
    """Some questions with conditions and branches, in a fixed order."""
    kinds = ["nps", "single", "multiple", "matrix", "text"]
    options = [{"key": key, "text": {"en": key.upper()}} for key in ("a", "b", "c")]
    questions: list[dict[str, Any]] = []
    for number in range(dice.randrange(1, 7)):
        kind = dice.choice(kinds)
        question: dict[str, Any] = {"key": f"q{number}", "kind": kind, "text": {"en": f"Question {number}"}}
        if kind in ("single", "multiple", "matrix"):
            question["options"] = options
        if kind == "matrix":
            question["rows"] = options[:2]
        if questions and dice.random() < 0.5:
            question["show_if"] = [a_survey_condition(dice, dice.choice(questions))]
        questions.append(question)
    branches = []
    for place, question in enumerate(questions[:-1]):
        if dice.random() < 0.4:
            to = dice.choice([*(each["key"] for each in questions[place + 1 :]), "end"])
            when = [a_survey_condition(dice, question)] if dice.random() < 0.8 else []
            branches.append({"after": question["key"], "to": to, "when": when})
    body = {"name": "A survey", "questions": questions, "branches": branches}
    return msgspec.convert(body, Survey)


def a_survey_condition(dice: random.Random, asked: dict[str, Any]) -> dict[str, Any]:
    """A condition on an earlier answer."""
    number = asked["kind"] == "nps"
    op = dice.choice(["is", "is_not", "in", "answered", "skipped", *(["at_least", "at_most"] if number else [])])
    values: list[Any] = [0, 6, 7, 10] if number else ["a", "b", "c"]
    if op in ("answered", "skipped"):
        return {"question": asked["key"], "op": op}
    value = dice.sample(values, 2) if op == "in" else dice.choice(values)
    return {"question": asked["key"], "op": op, "value": value}


def some_answers(dice: random.Random, survey: Survey) -> tuple[dict[str, Any], list[str]]:
    """Answers to some of the questions, others skipped, the rest not come to."""
    answers: dict[str, Any] = {}
    passed = []
    for question in survey.questions:
        if dice.random() < 0.15:
            break
        passed.append(question.key)
        made: dict[str, Any] = {
            "nps": dice.choice([0, 6, 7, 10]),
            "single": dice.choice("abc"),
            "multiple": dice.sample("abc", dice.randrange(1, 4)),
            "matrix": {"a": dice.choice("abc"), "b": dice.choice("abc")},
            "text": dice.choice(["a", "Slow", "😀"]),
        }
        if dice.random() < 0.8:
            answers[question.key] = made[question.kind]
    return answers, passed


def read(survey: Survey, answers: dict[str, Any], _source: str, name: str) -> str | None:
    """An answer as it stands in a text: options by their words."""
    question, answer = survey.question(name), answers.get(name)
    if question is None or answer is None:
        return None
    named = {option.key: option.text["en"] for option in question.options}
    picks = answer if isinstance(answer, list) else answer.values() if isinstance(answer, dict) else [answer]
    return ", ".join(named.get(pick, str(pick)) for pick in picks)


FILES: Final[dict[str, Callable[[], list[dict[str, Any]]]]] = {
    "hashing": hashing_vectors,
    "ranges": ranges_vectors,
    "conditions": condition_vectors,
    "features": feature_vectors,
    "urls": url_vectors,
    "surveys": survey_vectors,
}


def text(name: str) -> str:
    """A file of vectors, a case a line."""
    made = FILES[name]()
    if len(made) == 1 and "cases" in made[0]:
        head = {key: value for key, value in made[0].items() if key != "cases"}
        lines = ",\n".join(f"  {json.dumps(case, ensure_ascii=False)}" for case in made[0]["cases"])
        return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "cases": [\n{lines}\n]}}\n'
    lines = ",\n".join(f"  {json.dumps(case, ensure_ascii=False)}" for case in made)
    return f"[\n{lines}\n]\n"


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for name in FILES:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
