"""Surveys as they are in force: those that are live, and the version that a response began with."""

from __future__ import annotations

from typing import Final, NamedTuple

from resa.feedback.surveys.definition import Survey
from resa.kernel.definitions import Definitions
from resa.kernel.errors import NotFound

KIND: Final = "survey"


class Live(NamedTuple):
    """A survey that is asked, and the version that those who are asked now begin with."""

    key: str
    version: int
    body: Survey


def live(definitions: Definitions) -> list[Live]:
    """The surveys that are live, the most important first."""
    found = [Live(item.key, item.version, item.body) for item in definitions.all(KIND) if item.body.status == "live"]
    return sorted(found, key=lambda each: (-each.body.priority, each.key))


def current(definitions: Definitions, key: str) -> Live | None:
    """A survey as it is now, live or not; None where there is none."""
    try:
        item = definitions.get(KIND, key)
    except NotFound:
        return None
    return Live(item.key, item.version, item.body)


def pinned(definitions: Definitions, key: str, version: int) -> Survey:
    """A survey as it was in a version. Raises NotFound."""
    now = current(definitions, key)
    if now is not None and now.version == version:
        return now.body
    body: Survey = definitions.get(KIND, key, version).body
    return body
