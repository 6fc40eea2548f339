"""Journey maps to begin with, as data files; a map made from one is the business's own from then on."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import msgspec

from resa.journeys.definition import Journey, check
from resa.kernel.errors import NotFound

DEFAULT: Final = "eight-stages"

KEYS: Final = (DEFAULT, "five-stages", "grocer")
"""The templates, in the order in which they are offered; each is a file of that name beside this one."""


@cache
def load(key: str) -> Journey:
    """The template of that key. Raises NotFound."""
    if key not in KEYS:
        raise NotFound("journey template", key, f"There are {', '.join(KEYS)}.")
    text = resources.files(__package__).joinpath(f"{key}.toml").read_text("utf-8")
    journey = msgspec.toml.decode(text, type=Journey)
    check(journey)
    return journey
