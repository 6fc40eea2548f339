"""What simulated visitors answer when the shop asks: how easy the order was, and whether they would recommend it.

Answers follow from what happened in the visit, so that who looks for reasons finds some: `EASE` and `LIKING` are all that is
planted. Who answers is not everybody alike either (`ANSWERS`). Words are in voices.toml, in English and Swedish.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

CES: Final = "order-ease"
NPS: Final = "recommend"
EASE: Final = {"usual": 6.2, "nothing found": -2.2, "mobile": -0.9, "tablet": -0.4, "coupon": 0.3}
"""The mean of an ease (1 to 7), and what moves it."""
LIKING: Final = {"usual": 8.1, "nothing found": -2.6, "mobile": -0.9, "cart left": -0.8, "ordered": 0.7}
"""The mean of a recommendation (0 to 10), and what moves it."""
ANSWERS: Final = {"desktop": 0.48, "tablet": 0.38, "mobile": 0.26}
"""The share of those who are shown a survey who answer; very good and very bad make 1.3 times as many do so."""
CYCLE_DAYS: Final = 30
_ASKED_AFTER_ORDERS: Final = 0.7
_SWEDES: Final = 0.12
_COMMENTS: Final = 0.55
_BREAKS_OFF: Final = 0.06


class Visited(NamedTuple):
    """What the one who is asked did before."""

    name: str
    """Of the visit: makes ids and chance."""
    person: str
    device: str
    nothing_found: str | None
    """What was searched for in vain."""
    coupon: bool
    ordered: bool
    product: str | None
    """Something from the cart."""


class Said(NamedTuple):
    """One event of an asking: seconds after the one before, name, properties, whether Resa itself says so."""

    after: float
    name: str
    properties: dict[str, Any]
    by_resa: bool


def after_order(visited: Visited, version: int) -> Iterator[Said]:
    """Asked on the page that thanks for an order: how easy it was."""
    chance = random.Random(f"ease:{visited.name}")  # noqa: S311  # a simulation
    if chance.random() > _ASKED_AFTER_ORDERS:
        return
    mean = _mean(EASE, visited)
    score = max(1, min(7, round(chance.gauss(mean, 1.0))))
    yield from _asking(visited, chance, (CES, "ces", "ease", version), score, (3, 7), _ASKED_AFTER_ORDERS)


def at_a_visit(visited: Visited, version: int) -> Iterator[Said]:
    """Asked at the end of a visit: whether they would recommend the shop."""
    chance = random.Random(f"recommend:{visited.name}")  # noqa: S311  # a simulation
    temper = random.Random(f"temper:{visited.person}").gauss(0, 1.2)  # noqa: S311  # a simulation
    score = max(0, min(10, round(chance.gauss(_mean(LIKING, visited) + temper, 1.0))))
    yield from _asking(visited, chance, (NPS, "nps", "recommend", version), score, (5, 10), 1.0)


def _mean(moved: Mapping[str, float], visited: Visited) -> float:
    happened = {
        "usual": True,
        visited.device: True,
        "nothing found": visited.nothing_found is not None,
        "coupon": visited.coupon,
        "ordered": visited.ordered,
        "cart left": visited.product is not None and not visited.ordered,
    }
    return sum(by for what, by in moved.items() if happened.get(what))


def _asking(
    visited: Visited,
    chance: random.Random,
    survey: tuple[str, str, str, int],
    score: int,
    far: tuple[int, int],
    sampled: float,
) -> Iterator[Said]:
    """Requested, shown, and answered or not."""
    key, metric, question, version = survey
    about = {"survey": key, "version": version, "channel": "site", "request": f"sim-{key}-{visited.name}"}
    yield Said(2, "Survey Requested", about | {"sampled_probability": sampled}, by_resa=True)
    if chance.random() > 0.92:
        return
    yield Said(chance.uniform(2, 8), "Survey Shown", about, by_resa=False)
    extreme = score <= far[0] or score >= far[1]
    if chance.random() > ANSWERS.get(visited.device, 0.3) * (1.3 if extreme else 1.0):
        if chance.random() < 0.6:
            yield Said(chance.uniform(1, 6), "Survey Dismissed", about, by_resa=False)
        return
    language = "sv" if random.Random(f"tongue:{visited.person}").random() < _SWEDES else "en"  # noqa: S311  # a simulation
    complete = chance.random() > _BREAKS_OFF
    said = {"metric": metric, "score": score, f"answer_{question}": score, "language": language}
    seconds = round(chance.uniform(5, 20))
    if complete and chance.random() < _COMMENTS:
        comment = words(visited, score, far, language, chance)
        seconds += round(len(comment) * chance.uniform(0.2, 0.4))
        said |= {"comment": comment, "answer_why": comment}
    if key == NPS and complete and score <= 6:
        said["answer_mend"] = _mend(visited, chance)
    said |= {"response": f"sim-{key}-{visited.name}", "complete": complete, "seconds": seconds}
    yield Said(seconds, "Survey Answered", about | said, by_resa=False)


def _mend(visited: Visited, chance: random.Random) -> str:
    """What a detractor would have mended first."""
    if visited.nothing_found is not None and chance.random() < 0.75:
        return "search"
    if visited.device == "mobile" and chance.random() < 0.6:
        return "phone"
    return chance.choice(("prices", "delivery"))


def words(visited: Visited, score: int, far: tuple[int, int], language: str, chance: random.Random) -> str:
    """A comment in keeping with what happened and with the score."""
    good = score >= far[1] - 1
    if visited.nothing_found is not None and not good and chance.random() < 0.85:
        reason = "search"
    elif visited.device == "mobile" and not good and chance.random() < 0.65:
        reason = "phone"
    elif good:
        reason = chance.choices(("quick", "fresh", "friendly"), (5, 4, 2))[0]
    else:
        reason = chance.choices(("price", "delivery", "choice"), (4, 4, 3))[0]
    voices = _voices()
    said = chance.choice(voices[reason][language])
    if chance.random() < 0.35:
        said = f"{said} {chance.choice(voices['besides good' if good else 'besides bad'][language])}"
    if chance.random() < 0.2:
        first = said if said.startswith("I ") else f"{said[0].lower()}{said[1:]}"
        said = f"{chance.choice(voices['before'][language])} {first}"
    return said.format(query=visited.nothing_found or "", product=(visited.product or "milk").lower())


@cache
def _voices() -> dict[str, dict[str, list[str]]]:
    text = resources.files(__package__).joinpath("voices.toml").read_text("utf-8")
    found: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return found
