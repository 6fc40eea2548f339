"""Secrets of 256 random bits and the digests they are kept as (no salt is needed where nothing can be guessed)."""

from __future__ import annotations

import hashlib
import secrets


def new() -> str:
    """43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal; takes any text a client may have sent."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_id(kind: str) -> str:
    """`<kind>_` and 16 random hexadecimal digits: an identifier, not a secret."""
    return f"{kind}_{secrets.token_hex(8)}"
