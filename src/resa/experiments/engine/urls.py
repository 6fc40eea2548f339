"""Addresses: which experiments a page is meant for, an assignment forced by the query, and where a redirect leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from resa.kernel.expressions import LONGEST_TEXT

Met = Callable[[str, SplitResult], bool]
"""Whether an address, as it stands and taken apart, meets a pattern."""

_WILD: Final = "_____"
_WHOLE: Final = re.compile(r"[0-9]+")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST_FIRST: Final = re.compile(r"^([^:/?]*)\.", re.IGNORECASE)


def forced(key: str, url: str, count: int) -> int | None:
    """The variation that the query of `url` asks for under the experiment's key, if there is such a variation."""
    if "?" not in url:
        return None
    query = url.split("#", 1)[0].split("?", 1)[1]
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == key:
            return int(value) if _WHOLE.fullmatch(value) and len(value) < 6 and int(value) < count else None
    return None


def targeted(url: str, patterns: Iterable[Mapping[str, Any]]) -> bool:
    """Whether `url` meets an including pattern (if there is one) and no excluding one."""
    return targeting(patterns)(url)


def targeting(patterns: Iterable[Mapping[str, Any]]) -> Callable[[str], bool]:
    """`targeted` with the patterns' share of the work done once."""
    including: list[Met] = []
    excluding: list[Met] = []
    for pattern in patterns:
        met = _matching(str(pattern.get("type", "simple")), str(pattern.get("pattern", "")))
        (excluding if pattern.get("include") is False else including).append(met)

    def meets(url: str) -> bool:
        try:
            actual = urlsplit(url)
        except ValueError:
            return not including
        if any(met(url, actual) for met in excluding):
            return False
        return not including or any(met(url, actual) for met in including)

    return meets


def _matching(kind: str, pattern: str) -> Met:
    """What says whether an address meets one pattern; a pattern that can't be read is met by none."""
    try:
        if kind == "regex":
            return _searching(re.compile(pattern))
        if kind == "simple":
            return _simple(pattern)
    except (ValueError, re.error, RecursionError, OverflowError):
        pass
    return lambda _url, _actual: False


def _searching(wanted: re.Pattern[str]) -> Met:
    def met(url: str, actual: SplitResult) -> bool:
        rest = url[len(f"{actual.scheme}://{actual.netloc}") :]
        try:
            return bool(wanted.search(url[:LONGEST_TEXT]) or wanted.search(rest[:LONGEST_TEXT]))
        except RecursionError:
            return False

    return met


def _simple(pattern: str) -> Met:
    shaped = _HOST_FIRST.sub(r"https://\1.", pattern).replace("*", _WILD)
    if not _SCHEME.match(shaped):
        shaped = f"https://{_WILD}/{shaped.removeprefix('/')}"
    expected = urlsplit(shaped)
    host, path = _piece(expected.netloc), _piece(expected.path.strip("/"))
    fragment = _piece(expected.fragment) if expected.fragment else None
    query = [(name, _piece(value)) for name, value in parse_qsl(expected.query, keep_blank_values=True)]

    def met(_url: str, actual: SplitResult) -> bool:
        if not path(actual.path.strip("/")) or not host(actual.netloc):
            return False
        if fragment is not None and not fragment(actual.fragment):
            return False
        if not query:
            return True
        try:
            asked = dict(reversed(parse_qsl(actual.query, keep_blank_values=True)))  # the first of a name counts
        except ValueError:
            return False
        return all(piece(asked.get(name, "")) for name, piece in query)

    return met


def _piece(pattern: str) -> Callable[[str], bool]:
    """Whether a text is the pattern's, where each wild card stands for any text; letters of either case are the same."""
    first, *rest = pattern.lower().split(_WILD)
    if not rest:
        return lambda actual: actual.lower() == first
    *between, last = rest

    def met(actual: str) -> bool:
        actual = actual.lower()
        place, end = len(first), len(actual) - len(last)
        if place > end or not actual.startswith(first) or not actual.endswith(last):
            return False
        for part in between:  # each where it stands first: that leaves most to the others
            place = actual.find(part, place, end)
            if place < 0:
                return False
            place += len(part)
        return True

    return met


def merged(old: str, new: str) -> str:
    """`new` with what the query of `old` has beyond it."""
    try:
        before, after = urlsplit(old), urlsplit(new)
    except ValueError:
        return new
    have = parse_qsl(after.query, keep_blank_values=True)
    names = {name for name, _ in have}
    more = [pair for pair in parse_qsl(before.query, keep_blank_values=True) if pair[0] not in names]
    return urlunsplit(after._replace(query=urlencode([*have, *more]))) if more else new
