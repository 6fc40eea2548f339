"""What simulated customers write when they rate a delivery: in four languages, about a few topics, each with the stars it gives.

A rating follows an order by some hours. Its words are made of sentences in deliveries.toml, so that themes can be found in them;
the stars of a topic are all that is planted.
"""

from __future__ import annotations

import random
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

NAME: Final = "Delivery Rated"
LANGUAGES: Final = {"en": 44, "sv": 32, "de": 16, "es": 8}
HOURS: Final = (2.0, 5.0)
"""After the order."""
_RATES: Final = 0.95
_TWO_TOPICS: Final = 0.2
_ADDS: Final = 0.6
_CLOSES: Final = 0.25


def rated(name: str, person: str, product: str | None) -> tuple[float, dict[str, Any]] | None:
    """Hours after the order and properties of its rating, by the name of the visit; None where nobody rates it."""
    chance = random.Random(f"delivery:{name}")  # noqa: S311  # a simulation
    if chance.random() > _RATES:
        return None
    tongue = random.Random(f"tongue of deliveries:{person}")  # noqa: S311  # a simulation
    language = tongue.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    topics = _topics()
    named = [topic for topic in topics if topic != "closing"]
    first = chance.choices(named, [topics[topic]["weight"] for topic in named])[0]
    chosen = [first]
    if chance.random() < _TWO_TOPICS:
        chosen.append(chance.choice([topic for topic in named if topic != first]))
    sentences: list[str] = []
    for topic in chosen:
        words = topics[topic][language]
        sentences.append(chance.choice(words["says"]))
        if chance.random() < _ADDS:
            sentences.append(chance.choice(words["adds"]))
    if chance.random() < _CLOSES:
        sentences.append(chance.choice(topics["closing"][language]))
    mean = sum(topics[topic]["stars"] for topic in chosen) / len(chosen)
    stars = max(1, min(5, round(chance.gauss(mean, 0.7))))
    note = " ".join(sentences).format(product=(product or "milk").lower())
    return chance.uniform(*HOURS), {"stars": stars, "note": note, "language": language}


@cache
def _topics() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("deliveries.toml").read_text("utf-8")
    return tomllib.loads(text)
