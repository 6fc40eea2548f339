"""Ready-made use cases, from simple to advanced, and which one comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from resa.experiments.ideas.definition import Effort, Hypothesis, Idea
from resa.kernel.errors import NotFound

DONE: Final = frozenset({"tested", "confirmed", "refuted"})
"""States of an idea after which what builds on it may come."""

Standing = Literal["next", "open", "waits", "no_data", "taken", "done"]


class UseCase(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A use case. `needs` should be done before it; without any of `events` in the log nothing could be seen of it."""

    key: str
    level: int
    title: str
    why: str
    change: str
    audience: str
    metric: str
    stages: list[str]
    effort: Effort
    needs: list[str] = []
    events: list[str] = []

    def idea(self) -> Idea:
        """The idea it makes."""
        return Idea(
            name=self.title,
            description=self.why,
            hypothesis=Hypothesis(change=self.change, whom=self.audience, because=self.why, metric=self.metric),
            effort=self.effort,
            use_case=self.key,
            tags=list(self.stages),
        )


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A use case and where this business stands with it. `reason` says why it is next, or what it waits for."""

    use_case: UseCase
    standing: Standing
    idea: str | None
    reason: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    use_case: list[UseCase]


@cache
def use_cases() -> tuple[UseCase, ...]:
    """All of them, from simple to advanced."""
    text = resources.files(__package__).joinpath("use_cases.toml").read_text("utf-8")
    return tuple(sorted(msgspec.toml.decode(text, type=_File).use_case, key=lambda case: case.level))


def one(key: str) -> UseCase:
    """The use case of that key. Raises NotFound."""
    for case in use_cases():
        if case.key == key:
            return case
    raise NotFound("use case", key)


def offered(ideas: Mapping[str, Idea], events: Set[str], stage: str | None = None) -> list[Offered]:
    """All use cases, the next one first: the simplest that is not taken, has its data, and builds on what is done."""
    taken = {idea.use_case: (key, idea) for key, idea in ideas.items() if idea.use_case}
    done = {case for case, (_, idea) in taken.items() if idea.state in DONE}
    shown = [_standing(case, taken, done, events) for case in use_cases() if stage is None or stage in case.stages]
    first = next((place for place, one in enumerate(shown) if one.standing == "open"), None)
    if first is None:
        return shown
    chosen = msgspec.structs.replace(shown[first], standing="next")
    return [chosen, *shown[:first], *shown[first + 1 :]]


def _standing(case: UseCase, taken: Mapping[str, tuple[str, Idea]], done: Set[str], events: Set[str]) -> Offered:
    if case.key in taken:
        key, idea = taken[case.key]
        standing: Standing = "done" if case.key in done else "taken"
        return Offered(use_case=case, standing=standing, idea=key, reason=f"It is {idea.state}.")
    missing = [need for need in case.needs if need not in done]
    if missing:
        return Offered(use_case=case, standing="waits", idea=None, reason=f"First: {_titles(missing)}.")
    if case.events and not events & set(case.events):
        named = ", ".join(case.events)
        return Offered(use_case=case, standing="no_data", idea=None, reason=f"No such event has come yet: {named}.")
    built = f"It builds on {_titles(case.needs)}." if case.needs else "It needs nothing else first."
    return Offered(use_case=case, standing="open", idea=None, reason=built)


def _titles(keys: Iterable[str]) -> str:
    return ", ".join(f"'{one(key).title}'" for key in keys)
