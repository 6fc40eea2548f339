"""JSON as strangers wrote it, read so that nothing in it can stop who reads: not a projection, not a page.

The doors let pass what is JSON by its grammar; that includes numbers no machine holds (`1e999`), five thousand
digits, and, from other writers of the log, halves of surrogate pairs and NUL.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

_fast: Final = msgspec.json.Decoder().decode
_POISON: Final = re.compile("[\x00\ud800-\udfff]")
_LARGEST: Final = 10**300
_REPLACED: Final = "\ufffd"


def value(text: str | bytes) -> Any:
    """What a JSON text says; numbers beyond any machine are null. Raises ValueError for what is no JSON."""
    try:
        return _fast(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return mended(text)


def members(text: str) -> dict[str, Any]:
    """The members of an event's properties or context. Never raises: what is no JSON object has none."""
    try:
        found = value(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def mended(text: str | bytes) -> Any:
    """What a JSON text says without what some store can't keep. Raises ValueError for what is no JSON."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        return _clean(json.loads(text, strict=False, parse_constant=lambda _: None, parse_int=_whole))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def storable(text: str) -> str:
    """A text every store keeps: PostgreSQL has none with NUL, UTF-8 none with half a surrogate pair."""
    return _POISON.sub(_REPLACED, text)


def _whole(digits: str) -> int | float | None:
    if len(digits) > 300:  # also because Python refuses to read thousands of digits
        return None
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(number) if abs(number) < _LARGEST else None


def _clean(found: Any) -> Any:
    if isinstance(found, str):
        return storable(found)
    if isinstance(found, list):
        return [_clean(each) for each in found]
    if isinstance(found, dict):
        return {storable(key): _clean(each) for key, each in found.items()}
    if isinstance(found, float) and not abs(found) < float("inf"):
        return None
    return found
