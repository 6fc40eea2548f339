"""How well the shipped model reads, as `bench/text.py` measured it on comments it had not seen; `cold_start.json` beside it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from resa.feedback.text.quality import Quality


class Proof(msgspec.Struct, frozen=True):
    """Figures on one set of comments."""

    language: str
    source: str
    """The set, as docs/text.md names it."""
    held_out: Literal["source", "part"]
    """The whole source was held out of learning, or a part of it that shares no document with the rest."""
    quality: Quality


class Proofs(msgspec.Struct, frozen=True):
    """All of them."""

    model: str
    """The cold-start model that they are of."""
    sets: list[Proof]


@cache
def shipped() -> Proofs:
    """What was measured of the model in this package."""
    return msgspec.json.decode(resources.files(__package__).joinpath("cold_start.json").read_bytes(), type=Proofs)
