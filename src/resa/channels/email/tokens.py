"""What mails carry to be recognised by: short signed marks of a mail, for links, unsubscribing and bounces.

A mark is the mail's id and a part of an HMAC over it and over what it may be used for, in base 32: the local part of an
address may come back in any case.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Final

import sqlalchemy as sa

from resa.kernel.state import State, metadata

secret: Final = sa.Table(
    "email_secret",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # one row, 1
    sa.Column("secret", sa.LargeBinary, nullable=False),
)

_ID: Final = 10
_DIGEST: Final = 10
LENGTH: Final = (_ID + _DIGEST) * 8 // 5


def new_id() -> str:
    """A mail's id: twenty characters that nobody can guess."""
    return secrets.token_hex(_ID)


class Marks:
    """Makes and reads marks with a secret of this workspace."""

    def __init__(self, key: bytes) -> None:
        """`key` is the secret."""
        self._key = key

    @classmethod
    def of(cls, state: State) -> Marks:
        """Those of a workspace; the first one makes the secret."""
        with state.write() as tx:
            found = tx.execute(sa.select(secret.c.secret)).scalar()
            if found is None:
                found = secrets.token_bytes(32)
                tx.execute(secret.insert().values(id=1, secret=found))
        return cls(bytes(found))

    def make(self, use: str, mail: str) -> str:
        """The mark of a mail for one use (`click:3`, `unsubscribe`, `bounce`)."""
        raw = bytes.fromhex(mail)
        return base64.b32encode(raw + self._digest(use, raw)).decode().lower()

    def read(self, use: str, mark: str) -> str | None:
        """The mail's id; None for what was not made here, or for another use."""
        if len(mark) != LENGTH or not mark.isascii():
            return None
        try:
            raw = base64.b32decode(mark.upper())
        except binascii.Error:
            return None
        mail, digest = raw[:_ID], raw[_ID:]
        return mail.hex() if hmac.compare_digest(digest, self._digest(use, mail)) else None

    def _digest(self, use: str, mail: bytes) -> bytes:
        return hmac.digest(self._key, use.encode() + b"\0" + mail, "sha256")[:_DIGEST]
