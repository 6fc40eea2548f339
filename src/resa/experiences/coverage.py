"""Which stages of the maps, and which personas, have content that speaks to them, and which have none."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from resa.experiences.definition import Content
from resa.kernel.errors import NotFound
from resa.kernel.workspace import Workspace


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """A stage (`<map>/<stage>`) or a persona, and the content tagged for it; `live` is what a live experience shows."""

    key: str
    name: str
    contents: list[str]
    approved: int
    live: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """All stages and personas, in their order, and the intents content is tagged for."""

    stages: list[Covered]
    personas: list[Covered]
    intents: list[Covered]


def look(workspace: Workspace) -> Coverage:
    """The coverage now."""
    known = workspace.definitions
    contents: dict[str, Content] = {item.key: item.body for item in known.all("content")}
    live = {
        variation.content
        for item in known.all("experience")
        if item.body.status == "live"
        for variation in item.body.variations
        if variation.content is not None
    }

    def covered(key: str, name: str, tags: Iterable[str], field: str) -> Covered:
        wanted = set(tags)
        mine = [each for each, body in contents.items() if wanted & set(getattr(body.tags, field))]
        approved = [each for each in mine if contents[each].approval == "approved"]
        return Covered(key=key, name=name, contents=mine, approved=len(approved), live=len(live & set(approved)))

    stages = [
        covered(f"{item.key}/{stage.key}", stage.name, (stage.key, f"{item.key}/{stage.key}"), "stages")
        for item in known.all("journey")
        for stage in item.body.stages
    ]
    intents = sorted({intent for body in contents.values() for intent in body.tags.intents})
    return Coverage(
        stages=stages,
        personas=[covered(key, name, (key,), "personas") for key, name in _personas(workspace)],
        intents=[covered(intent, intent, (intent,), "intents") for intent in intents],
    )


def _personas(workspace: Workspace) -> list[tuple[str, str]]:
    try:
        return [(item.key, item.body.name) for item in workspace.definitions.all("persona")]
    except NotFound:  # nobody brought personas
        return []
