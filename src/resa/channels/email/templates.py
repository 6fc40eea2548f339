"""Finding templates: those people saved, and the starters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from resa.channels.email.definition import Template
from resa.channels.email.starters import STARTERS
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.errors import NotFound

KIND: Final = "email-template"
STARTED: Final = 0
"""The version of a starter."""


def finder(definitions: Definitions) -> Callable[[str, int | None], Definition[Template]]:
    """What finds a template by its key and version (None: the current one). Raises NotFound."""

    def find(key: str, version: int | None) -> Definition[Template]:
        if version != STARTED:
            try:
                return definitions.get(KIND, key, version)
            except NotFound:
                if version is not None or key not in STARTERS:
                    raise
        if key not in STARTERS:
            raise NotFound(KIND, key)
        return Definition(KIND, key, STARTED, STARTERS[key], "Resa", 0, deleted=False)

    return find
