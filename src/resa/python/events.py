"""Which events are meant, in Python: names, conditions, and what stands for them in the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resa.kernel.errors import Refused

Condition = tuple[str, str] | tuple[str, str, Any]
"""(property, operator, value) as in docs/journeys.md: `("revenue", "greater", 50)`, `("coupon", "exists")`."""
Event = str | Mapping[str, Any]
"""The name of a track event, or what `event` made."""


def event(
    name: str | None = None,
    *where: Condition,
    type: str = "track",  # noqa: A002  # the word of the protocol
    channel: str | None = None,
) -> dict[str, Any]:
    """Events of this name that meet all conditions: `event("Order Completed", ("revenue", "greater", 50))`."""
    return {
        "type": type,
        "name": name,
        "where": [
            {"property": condition[0], "op": condition[1], "value": condition[2] if len(condition) > 2 else None}
            for condition in where
        ],
        "channel": channel,
    }


def match(said: Event) -> dict[str, Any]:
    """One kind of event as the API takes it."""
    return event(said) if isinstance(said, str) else dict(said)


def any_of(said: Event | Sequence[Event]) -> list[dict[str, Any]]:
    """One kind of event, or several of which any will do."""
    return [match(said)] if isinstance(said, str | Mapping) else [match(one) for one in said]


def label(said: Event | Sequence[Event]) -> str:
    """What to call it."""
    return " or ".join(str(one["name"] or one["type"]) for one in any_of(said))


def step(said: Event | Sequence[Event] | Mapping[str, Any]) -> dict[str, Any]:
    """A step of a funnel; a mapping with `any` is one already."""
    if isinstance(said, Mapping) and "any" in said:
        return {"label": said.get("label") or label(said["any"]), "any": any_of(said["any"])}
    return {"label": label(said), "any": any_of(said)}


def seconds(window: str | int) -> int:
    """A window as seconds: 3600, "30m", "12h", "7d", "4w"."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
    if isinstance(window, int):
        return window
    number, unit = window[:-1].strip(), window[-1:]
    if unit not in units or not number.isdecimal():
        raise Refused("window", window, "is no length of time.", 'Write "30m", "12h", "7d", "4w", or whole seconds.')
    return int(number) * units[unit]
