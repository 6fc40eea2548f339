"""Which channel an event came through: by its name where a specification says so, else by the library that sent it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from resa.kernel.events import CHANNELS

GENERIC: Final = {"web": "web", "mobile": "app", "app": "app", "server": "server", "sources": "server"}
"""Channels that say only which kind of SDK sent it (RudderStack's words); an event's name knows better."""

SAID: Final = {
    **{channel: channel for channel in CHANNELS if channel not in GENERIC},
    "in-store": "store",
    "phone": "call",
}


@cache
def by_name() -> dict[str, str]:
    """Channel of the event names that belong to one, from channels.toml."""
    table = tomllib.loads(files(__package__).joinpath("channels.toml").read_text())
    return {name: channel for channel, names in table["names"].items() for name in names}


@cache
def _libraries() -> list[tuple[str, str]]:
    table = tomllib.loads(files(__package__).joinpath("channels.toml").read_text())
    return [(part, channel) for channel, parts in table["libraries"].items() for part in parts]


def by_library(library: str) -> str | None:
    """Channel of an SDK by the name it gives itself."""
    name = library.lower()
    return next((channel for part, channel in _libraries() if part in name), None)
