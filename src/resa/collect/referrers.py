"""Where a visitor came from: search, social, mail, ad, referral, internal or direct (referrers.toml has the places)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """The tables turned round: place -> kind."""
    text = files(__package__).joinpath("referrers.toml").read_text()
    tables: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return {name: {place: kind for kind, places in table.items() for place in places} for name, table in tables.items()}


def kind(referrer_host: str | None, page_host: str | None, medium: str | None, query: Mapping[str, Any]) -> str:
    """The kind of a visit's origin. What the link was tagged with outweighs where it stood."""
    tables = _table()
    if any(name in tables["clicks"] for name in query):
        return "ad"
    if medium and (tagged := tables["medium"].get(medium.lower())):
        return tagged
    if not referrer_host:
        return "direct"
    if page_host and _site(referrer_host) == _site(page_host):
        return "internal"
    return of_host(referrer_host)


def of_host(host: str) -> str:
    """The kind of a host that links to us; `referral` if it is none of the known."""
    hosts = _table()["hosts"]
    return next((hosts[name] for name in _names(host) if name in hosts), "referral")


def _names(host: str) -> Iterator[str]:
    """The entries a host may fit, longest first: itself, with any top-level domain, then its parents'."""
    labels = host.lower().strip(".").split(".")
    for start in range(len(labels)):
        rest = labels[start:]
        yield ".".join(rest)
        for end in (1, 2):
            if len(rest) > end and all(len(label) <= 3 for label in rest[-end:-1]):
                yield ".".join([*rest[:-end], "*"])


def _site(host: str) -> str:
    return host.lower().removeprefix("www.")
