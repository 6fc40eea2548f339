"""Cross-origin answers of the doors: any page may write with its write key; cookies are never looked at.

The origin is echoed, not `*`, because some SDKs send with credentials; SDKs must see Retry-After to obey it.
"""

from __future__ import annotations

from typing import Final

Header = tuple[bytes, bytes]

METHODS: Final = b"GET, POST, OPTIONS"
EXPOSED: Final = b"Retry-After, ETag, x-sse-support"
MAX_AGE: Final = b"86400"

_USUAL: Final = b"authorization, content-type, anonymousid, sentat, x-retry-count, x-write-key"


def headers(origin: bytes | None) -> list[Header]:
    """What every answer to a page of another origin carries."""
    if origin is None or len(origin) > 2048:
        return [(b"vary", b"Origin")]
    return [
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED),
    ]


def preflight(origin: bytes | None, asked: bytes | None) -> list[Header]:
    """The answer to OPTIONS: every header that was asked for is allowed."""
    allowed = asked if asked and len(asked) <= 2048 else _USUAL
    return [
        *headers(origin),
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", allowed),
        (b"access-control-max-age", MAX_AGE),
    ]
