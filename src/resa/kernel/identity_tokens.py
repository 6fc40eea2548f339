"""Identity tokens: how a page proves whose user id it has. The business's own server signs them with the source's secret.

Two forms, which every language has a library for: a JSON Web Token (HS256) whose `sub` is the user id, or the HMAC-SHA256
of `user:` and the user id in hexadecimal, which never expires. Both are signed with one secret. The prefix keeps them apart:
who may choose a user id would else choose what a web token signs (`header.claims`), and be given its signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

import msgspec

LONGEST: Final = 4096
PREFIX: Final = "user:"
"""What the shorter form signs before the user id; no web token begins so, for a colon is no letter of Base64."""
LEEWAY_MS: Final = 60_000
"""How far the clock of whoever signs may be off."""


class _Header(msgspec.Struct):
    alg: str


class _Claims(msgspec.Struct):
    sub: str | int
    exp: int | float | None = None
    nbf: int | float | None = None


_HEADER: Final = msgspec.json.Decoder(_Header)
_CLAIMS: Final = msgspec.json.Decoder(_Claims)


def proves(token: object, user: str, secret: str, now: int) -> bool:
    """Whether `token` says, signed with `secret` and in force at `now` (milliseconds), that its holder is `user`."""
    if not isinstance(token, str) or len(token) > LONGEST or not token.isascii():
        return False
    if token.count(".") == 2:
        return _proves_web_token(token, user, secret, now)
    expected = hmac.new(secret.encode(), f"{PREFIX}{user}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return hmac.compare_digest(token.lower(), expected)


def _proves_web_token(token: str, user: str, secret: str, now: int) -> bool:
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    try:
        if not hmac.compare_digest(_bytes(signature), expected) or _HEADER.decode(_bytes(header)).alg != "HS256":
            return False
        said = _CLAIMS.decode(_bytes(claims))
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return False
    late = said.exp is not None and said.exp * 1000 + LEEWAY_MS < now
    early = said.nbf is not None and said.nbf * 1000 - LEEWAY_MS > now
    return str(said.sub) == user and not late and not early


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
