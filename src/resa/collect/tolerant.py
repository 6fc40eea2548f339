"""Flawed bodies, event by event: what one client garbles must not cost its neighbours in the same batch.

Mended: NaN and Infinity (null), half surrogate pairs and NUL (U+FFFD), control characters in strings, UTF-16.
Refused, one event at a time: wrong types, too deep nesting, what is no JSON at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw

from resa.collect.wire import DEEPEST, Envelope, Item, Moment, Unreadable
from resa.kernel import foreign
from resa.kernel.errors import Refused

_ITEM: Final = msgspec.json.Decoder(Item)
_ITEMS: Final = msgspec.json.Decoder(list[Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_MOMENT: Final = msgspec.json.Decoder(Moment)
_KEY: Final = msgspec.json.Decoder(str)
_KEYS: Final = ("writeKey", "api_key", "token")
_UNPARSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_STRING: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN: Final = re.compile(_STRING + rb'|[\[{\]},"]', re.S)
_NAME: Final = re.compile(rb"\s*(" + _STRING + rb")\s*:", re.S)
_PATH: Final = re.compile(r" - at `(?:key in )?\$\.?(.*?)`$")


def read_batch(body: bytes) -> Envelope:
    """The events of a batch, each read by itself."""
    members = _members(_utf8(body))
    if "batch" not in members:
        raise Unreadable('The body has no "batch". Send {"batch": [...], "sentAt": "..."}.')
    payloads = _elements(members["batch"])
    items = [read_item(part) for part in payloads]
    return Envelope(items, payloads, _moment(members.get("sentAt")), members.get("context", b""), _key(members))


def read_single(body: bytes) -> Envelope:
    """The one event of a single call."""
    text = _utf8(body)
    members = _members(text)
    item = read_item(text)
    if isinstance(item, Refused) and item.code == Unreadable.code:
        raise Unreadable(item.message)
    return Envelope([item], [text], _moment(members.get("sentAt")), b"", _key(members))


def parts(body: bytes) -> list[bytes]:
    """The bytes of each event of a batch that was read before."""
    return _elements(_members(_utf8(body))["batch"])


def read_item(payload: bytes) -> Item | Refused:
    """One event from its bytes, mended where that loses nothing; else the reason."""
    try:
        return _ITEM.decode(payload if b"\\u0000" not in payload else _mended(payload))
    except msgspec.ValidationError as error:
        return wrong_type(error, payload)
    except Refused as refused:
        return refused
    except _UNPARSED:
        return _second_try(payload)


def wrong_type(error: msgspec.ValidationError, payload: bytes, within: str = "") -> Refused:
    """The refusal that says which field of `payload` has which wrong type."""
    said = str(error)
    found = _PATH.search(said)
    path = found[1] if found else ""
    field = ".".join(part for part in (within, path) if part) or "event"
    rule = (said[: found.start()] if found else said).replace("`", "").rstrip(".")
    return Refused(
        field, _value(payload, path), f"{rule}.", "Send it with the type the specification gives it.", code="wrong_type"
    )


def depth(payload: bytes) -> int:
    """How deep the brackets of a JSON text nest."""
    deepest = now = 0
    for token in _TOKEN.finditer(payload):
        first = payload[token.start()]
        if first in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif first in b"]}":
            now -= 1
    return deepest


def too_deep(payload: bytes, field: str) -> Refused:
    """The refusal of what nests too deep."""
    return Refused(
        field,
        payload[:60].decode(errors="replace"),
        f"nests deeper than {DEEPEST} levels.",
        "Send flatter objects.",
        code="too_deep",
    )


def _second_try(payload: bytes) -> Item | Refused:
    try:
        item = _ITEM.decode(_mended(payload))
    except msgspec.ValidationError as error:
        return wrong_type(error, payload)
    except Refused as refused:
        return refused
    except _UNPARSED as error:
        return _no_json(payload, str(error))
    for name in ("user_id", "anonymous_id", "message_id", "group_id", "previous_id"):
        value = getattr(item, name)
        if isinstance(value, str) and "\ufffd" in value:
            return Refused(
                name, value, "holds characters that are no text.", "Send identifiers as plain text.", code="bad_text"
            )
    return item


def _mended(payload: bytes) -> bytes:
    """The same JSON without what our stores could not keep. Raises Refused where it can't be mended."""
    if payload.count(b"[") + payload.count(b"{") > DEEPEST and depth(payload) > DEEPEST:
        raise too_deep(payload, "event")
    try:
        return msgspec.json.encode(foreign.mended(payload))
    except ValueError as error:
        raise _no_json(payload, str(error)) from None


def _no_json(payload: bytes, why: str) -> Refused:
    shown = payload[:120].decode(errors="replace")
    return Refused("event", shown, f"is no JSON ({why}).", "Send valid JSON in UTF-8.", code="unreadable")


def _utf8(body: bytes) -> bytes:
    """The body in UTF-8 without a byte order mark."""
    encoding = json.detect_encoding(body)
    if encoding == "utf-8":
        return body
    return body.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")


def _members(body: bytes) -> dict[str, bytes]:
    """The members of a JSON object, each as its bytes."""
    try:
        return {key: bytes(value) for key, value in _OBJECT.decode(body).items()}
    except _UNPARSED:
        spans = _split(body, b"{")
    members: dict[str, bytes] = {}
    for span in spans:
        match = _NAME.match(span)
        if match is None:
            raise Unreadable("The body is no JSON object.")
        try:
            members[_KEY.decode(match[1])] = span[match.end() :].strip()
        except _UNPARSED:
            continue  # a name no one could mean
    return members


def _elements(array: bytes) -> list[bytes]:
    """The elements of a JSON array, each as its bytes."""
    try:
        return [bytes(value) for value in _ITEMS.decode(array)]
    except _UNPARSED:
        return _split(array, b"[")


def _split(text: bytes, opening: bytes) -> list[bytes]:
    """What stands between the commas of the outermost object or array, by its brackets and strings alone."""
    if text.lstrip()[:1] != opening:
        raise Unreadable(f"The body is no JSON: expected {'an object' if opening == b'{' else 'an array'}.")
    spans = list(_spans(text))
    return spans if spans != [b""] else []


def _spans(text: bytes) -> Iterator[bytes]:
    level = 0
    start = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in b"[{":
            level += 1
            if level == 1:
                start = token.end()
        elif first in b"]}":
            level -= 1
            if level == 0:
                yield text[start : token.start()].strip()
                if text[token.end() :].strip():
                    raise Unreadable("The body goes on after its JSON ended.")
                return
        elif first in b"," and level == 1:
            yield text[start : token.start()].strip()
            start = token.end()
        elif text[token.start() : token.end()] == b'"':
            break
    raise Unreadable("The body ends before its JSON does: it was cut off, or a bracket or quotation mark is missing.")


def _moment(value: bytes | None) -> Moment:
    try:
        return None if value is None else _MOMENT.decode(value)
    except _UNPARSED:
        return None


def _key(members: dict[str, bytes]) -> str | None:
    for name in _KEYS:
        try:
            if name in members:
                return _KEY.decode(members[name])
        except _UNPARSED:
            continue
    return None


def _value(payload: bytes, path: str) -> object:
    """The value at `path` (`a.b[0].c`) for an error to show."""
    try:
        value = msgspec.json.decode(payload)
        for part in re.findall(r"[^.\[\]]+", path):
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (*_UNPARSED, KeyError, IndexError, ValueError, TypeError):
        return None
    return value
