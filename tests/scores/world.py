"""A shop that asks its customers how likely they are to recommend it, with everything planted that results should find.

Regulars (who visit and buy more) are happier, and answer more often: the raw score is too good. Whoever had to contact support
in the week before is less happy (`SUPPORT` steps of the scale), and a late delivery costs a step a day beyond the third. Each
step of the scale brings customers back, and their money, beyond what regulars do anyway (`RETURN`, `SPEND`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from resa.kernel.events import Draft

DAY = 86_400_000
HOUR = 3_600_000
BEGIN = 1_700_006_400_000  # 15 November 2023, 00:00 UTC
DAYS = 40
SURVEY = "recommend"
SUPPORT = 3.0
RETURN = 0.05
SPEND = 4.0
PERIOD = {"from": "2023-11-15", "to": "2023-12-25"}


@dataclass
class Person:
    """A customer: how regular, and the score they would give when asked."""

    who: int
    regular: bool
    score: int


@dataclass
class Shop:
    """What was planted: everybody's score, and the events."""

    people: list[Person]
    drafts: list[Draft]

    @property
    def nps(self) -> float:
        """What the score would be had everybody answered."""
        scores = [person.score for person in self.people]
        return 100 * (sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)) / len(scores)


def shop(seed: int, people: int = 1_500, *, biased: bool = True, shuffled: bool = False) -> Shop:
    """Everybody is asked once. Unless `biased`, all answer equally often; `shuffled`: scores mean nothing."""
    dice = random.Random(seed)
    found = Shop([], [])
    for who in range(people):
        person, drafts = _customer(who, dice, biased=biased, shuffled=shuffled)
        found.people.append(person)
        found.drafts += drafts
    return found


def _customer(who: int, dice: random.Random, *, biased: bool, shuffled: bool) -> tuple[Person, list[Draft]]:
    regular, contacted, days = dice.random() < 0.5, dice.random() < 0.25, dice.choice((1, 2, 3, 4, 6))
    asked = BEGIN + dice.randrange(20, DAYS - 1) * DAY + dice.randrange(8 * HOUR, 20 * HOUR)
    wish = 9.2 * regular + 7.0 * (not regular) - SUPPORT * contacted - max(0, days - 3) + dice.gauss(0, 1.2)
    if shuffled:
        wish = dice.gauss(7.5, 2)
    person = Person(who, regular, min(10, max(0, round(wish))))
    return person, list(_events(person, dice, asked, contacted, days, biased=biased, shuffled=shuffled))


def _events(
    person: Person, dice: random.Random, asked: int, contacted: bool, days: int, *, biased: bool, shuffled: bool
) -> Iterator[Draft]:
    def event(name: str, at: float, /, type_: str = "track", **said: Any) -> Draft:
        return draft(person.who, name, round(at), type_, **said)

    yield event("Home", asked - 12 * DAY, "page")
    for _ in range(dice.randrange(4, 9) if person.regular else dice.randrange(0, 3)):
        yield event("Product Viewed", asked - dice.uniform(0.1, 20) * DAY)
    ordered = asked - (days + 0.5) * DAY
    yield event("Order Completed", ordered, revenue=f"{dice.uniform(20, 60) * (1 + person.regular):.2f}")
    yield event("Order Delivered", ordered + days * DAY)
    if contacted:
        yield event("Support Contacted", asked - dice.uniform(0.1, 5) * DAY)
    request = f"r{person.who}"
    of: dict[str, Any] = {"survey": SURVEY, "version": 1, "channel": "site", "request": request}
    yield event("Survey Requested", asked, source="resa", sampled_probability=1.0, **of)
    yield event("Survey Shown", asked + 1000, **of)
    answers = dice.random() < ((0.75 if person.regular else 0.25) if biased else 0.5)
    if answers:
        yield event("Survey Answered", asked + 60_000, **answer(person.score, f"x{person.who}", dice), **of)
    else:
        yield event("Survey Dismissed", asked + 5_000, **of)
    worth = dice.choice(range(11)) if shuffled else person.score
    if dice.random() < 0.15 + 0.2 * person.regular + RETURN * worth:
        spent = max(1.0, SPEND * worth + 20 * person.regular + dice.gauss(20, 10))
        yield event("Order Completed", asked + dice.uniform(2, 25) * DAY, revenue=f"{spent:.2f}")


def answer(score: int, response: str, dice: random.Random) -> dict[str, Any]:
    """What a finished response says."""
    return {
        "response": response,
        "language": dice.choice(("en", "en", "sv")),
        "complete": True,
        "metric": "nps",
        "score": score,
        "comment": "Fine." if score > 6 else "Not good.",
        "answer_recommend": score,
        "answer_ease": min(5, max(1, round(score / 2 + dice.gauss(0, 0.7)))),
        "answer_why": dice.choice(["price", "range", "service"]),
        "answer_liked": dice.sample(["staff", "site", "speed"], dice.randrange(1, 3)),
        "seconds": 30,
    }


def draft(who: int, name: str, at: int, type_: str = "track", **said: Any) -> Draft:
    """An event of a customer; what is not a column of events is a property."""
    revenue, source = said.pop("revenue", None), said.pop("source", "shop")
    return Draft(
        message_id=f"{who}-{name}-{at}",
        type=type_,
        name=name,
        time=at,
        received_at=at,
        user_id=f"u{who}",
        channel="web",
        source=source,
        revenue=revenue,
        currency="EUR" if revenue else None,
        properties=json.dumps(said),
    )
