"""Payloads encrypted as GrowthBook's SDKs expect them: `<iv>.<text>` in base64, AES-CBC with PKCS #7 padding.

The cipher comes from the package `cryptography`, loaded only when one is needed.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from resa.kernel.errors import Refused


def decrypt(text: str, key: str) -> str | None:
    """The plain text, or None where key or text are damaged."""
    iv, dot, body = text.partition(".")
    if not dot:
        return None
    try:
        secret, start, sealed = (base64.b64decode(part, validate=True) for part in (key, iv, body))
        return _open(secret, start, sealed)
    except (ValueError, binascii.Error):  # lengths, padding, letters that are not base64, bytes that are not UTF-8
        return None


def encrypt(text: str, key: str) -> str:
    """`text` sealed with a key in base64 (16, 24 or 32 bytes)."""
    from cryptography.hazmat.primitives import padding  # noqa: PLC0415  # an optional dependency
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    try:
        cipher = algorithms.AES(base64.b64decode(key, validate=True))
    except ValueError:
        raise Refused("key", None, "is no AES key in base64.", "Use 16, 24 or 32 random bytes in base64.") from None
    start = secrets.token_bytes(16)
    padder = padding.PKCS7(128).padder()
    sealer = Cipher(cipher, modes.CBC(start)).encryptor()
    sealed = sealer.update(padder.update(text.encode()) + padder.finalize()) + sealer.finalize()
    return f"{base64.b64encode(start).decode()}.{base64.b64encode(sealed).decode()}"


def _open(secret: bytes, start: bytes, sealed: bytes) -> str:
    from cryptography.hazmat.primitives import padding  # noqa: PLC0415  # an optional dependency
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    opener = Cipher(algorithms.AES(secret), modes.CBC(start)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    plain = unpadder.update(opener.update(sealed) + opener.finalize()) + unpadder.finalize()
    return plain.decode()
