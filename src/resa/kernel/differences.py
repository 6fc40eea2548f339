"""What differs between two bodies, field by field."""

from __future__ import annotations

from typing import Any

import msgspec

from resa.kernel.errors import shorten


class Difference(msgspec.Struct, frozen=True):
    """One field that differs; `before` or `after` is absent (UNSET) where the field is new or gone."""

    path: str
    before: Any = msgspec.UNSET
    after: Any = msgspec.UNSET

    def __str__(self) -> str:
        """The difference as a line: `+` new, `-` gone, `~` changed."""
        if self.before is msgspec.UNSET:
            return f"+ {self.path}: {_show(self.after)}"
        if self.after is msgspec.UNSET:
            return f"- {self.path}: {_show(self.before)}"
        return f"~ {self.path}: {_show(self.before)} -> {_show(self.after)}"


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """What differs between two bodies as plain data, one entry per field, in the order of the fields.

    Lists of objects with a `key` are matched by it (`stages[use].name`), other lists are shown whole.
    """
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = [*before, *(name for name in after if name not in before)]
        return [
            difference
            for name in names
            for difference in differences(
                before.get(name, msgspec.UNSET), after.get(name, msgspec.UNSET), f"{path}.{name}".lstrip(".")
            )
        ]
    if _keyed(before) and _keyed(after):
        return _keyed_differences(before, after, path)
    return [Difference(path, before, after)]


def _keyed(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "key" in item for item in value)


def _keyed_differences(before: list[Any], after: list[Any], path: str) -> list[Difference]:
    old, new = ({item["key"]: item for item in items} for items in (before, after))
    found = [
        difference
        for key in [*old, *(key for key in new if key not in old)]
        for difference in differences(old.get(key, msgspec.UNSET), new.get(key, msgspec.UNSET), f"{path}[{key}]")
    ]
    kept = [key for key in old if key in new]
    if kept != [key for key in new if key in old]:
        found.append(Difference(f"{path} (order)", list(old), list(new)))
    return found


def _show(value: Any) -> str:
    return shorten(msgspec.json.encode(value).decode(), 100)
