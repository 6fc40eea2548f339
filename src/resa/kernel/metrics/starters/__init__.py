"""Metrics to begin with, as data files: sets for a shop, media, travel and selling to businesses, with what they share."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final, NamedTuple

import msgspec

from resa.kernel.errors import NotFound
from resa.kernel.metrics.definition import Metric, check

SETS: Final = ("shop", "media", "travel", "b2b")
"""The sets, in the order in which they are offered."""
_FILES: Final = ("common", *SETS)


class Starter(NamedTuple):
    """A metric of a set, and the keys of the journey stages it is suggested for."""

    set: str
    key: str
    body: Metric
    stages: tuple[str, ...]


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    sets: list[str]
    stages: list[str]
    body: Metric


class _File(msgspec.Struct, forbid_unknown_fields=True):
    metric: list[_Entry]


@cache
def _entries() -> tuple[_Entry, ...]:
    found: list[_Entry] = []
    for name in _FILES:
        text = resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
        found += msgspec.toml.decode(text, type=_File).metric
    for entry in found:
        check(entry.body)
    return tuple(found)


def all_of(named: str | None = None) -> list[Starter]:
    """The metrics of a set, or of all of them. Raises NotFound for a set that is none."""
    if named is not None and named not in SETS:
        raise NotFound("starter set", named, f"There are {', '.join(SETS)}.")
    return [
        Starter(name, entry.key, entry.body, tuple(entry.stages))
        for name in ([named] if named else SETS)
        for entry in _entries()
        if name in entry.sets
    ]


def one(named: str, key: str) -> Starter:
    """The metric of that key in a set. Raises NotFound."""
    for starter in all_of(named):
        if starter.key == key:
            return starter
    raise NotFound("metric of the set " + named, key)
