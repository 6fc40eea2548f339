"""Roles of people, scopes of what may be done, and who may give which to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SCOPES: Final = ("read", "write", "events:write", "sql:read", "profiles:write", "admin")
EVERYTHING: Final = "*"

_EDITOR: Final = frozenset(SCOPES) - {"admin"}
ROLES: Final[dict[str, frozenset[str]]] = {
    "viewer": frozenset({"read"}),
    "editor": _EDITOR,
    "admin": frozenset(SCOPES),
    "owner": frozenset({*SCOPES, EVERYTHING}),
}
"""Each role's scopes, from the least to the most trusted. `*` is what only an owner, or a key with it, may give."""


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """`scopes` of a key with `*` spelt out."""
    given = frozenset(scopes)
    return ROLES["owner"] if EVERYTHING in given else given
