"""Version numbers as texts whose order is the order of the versions."""

from __future__ import annotations

import re
from typing import Final

_PREFIX: Final = re.compile(r"^v|\+.*$")
_PARTS: Final = re.compile(r"[-.]")
_NUMBER: Final = re.compile(r"[0-9]+")


def sortable(value: object) -> str:
    """`1.2.3-beta.4+build` padded so that plain comparison orders it by semantic versioning; nothing counts as 0."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        value = "0"
    parts = _PARTS.split(_PREFIX.sub("", value))
    if len(parts) == 3:
        parts.append("~")  # a release sorts after its pre-releases
    return "-".join(part.rjust(5) if _NUMBER.fullmatch(part) else part for part in parts)
