"""What people or files send, as a Struct: strictly, and refused with the path of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from resa.kernel.errors import Refused, shorten

MAX_BODY: Final = 1_000_000

B = TypeVar("B", bound=msgspec.Struct)
Body = bytes | str | Mapping[str, object] | msgspec.Struct

_AT: Final = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


def decode(type_: type[B], body: Body) -> B:
    """`body` (JSON text, plain data or already the Struct) as `type_`, strictly; raises Refused with a path."""
    if isinstance(body, type_):
        body = msgspec.json.encode(body)
    if isinstance(body, str | bytes):
        body = _parse(body)
    try:
        return msgspec.convert(body, type_, strict=True)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), body) from None
    except RecursionError:
        raise Refused("body", None, "it is nested too deeply.", "Flatten it.") from None


def _parse(text: str | bytes) -> Any:
    if len(text) > MAX_BODY:
        raise Refused("body", len(text), f"a definition is at most {MAX_BODY:,} bytes.", "Shorten its texts.")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused("body", _text(text), f"this is not JSON: {reason}.", "Send one JSON object.") from None


def _refusal(message: str, body: Any) -> Refused:
    match = _AT.match(message)
    assert match is not None
    problem, path = match["problem"], (match["path"] or "$")[1:].lstrip(".")
    value = _value_at(body, path)
    if missing := _MISSING.match(problem):
        field = f"{path}.{missing[1]}".lstrip(".")
        return Refused(field, None, "this field is required.", f"Add {missing[1]!r}.")
    if unknown := _UNKNOWN.match(problem):
        field = f"{path}.{unknown[1]}".lstrip(".")
        given = value.get(unknown[1]) if isinstance(value, dict) else None
        return Refused(
            shorten(field), _text(given), "there is no such field.", "Leave it out, or check how it is written."
        )
    rule = problem[:1].lower() + problem[1:].replace("`", "") + "."
    return Refused(path or "body", _text(value), rule, "See the documentation of this kind of definition.")


def _value_at(body: Any, path: str) -> Any:
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    return body


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value[:200].decode(errors="replace")
    return msgspec.json.encode(value).decode(errors="replace")
