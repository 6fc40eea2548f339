"""A mail as the bytes that are handed to a server (RFC 5322), with what mail programs ask of those who send to many."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, NamedTuple

from resa.channels.email.composing import Composed, line
from resa.channels.email.definition import Dkim, Sender
from resa.kernel.errors import Refused

log: Final = logging.getLogger("resa.email")

_SIGNED: Final = (
    b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"reply-to", b"list-unsubscribe",
    b"list-unsubscribe-post",
)  # fmt: skip


class Envelope(NamedTuple):
    """To whom a mail goes, from which address bounces come back by, and what it is known by."""

    to: str
    bounces: str
    message_id: str
    at: int
    unsubscribe: str | None


def build(composed: Composed, sender: Sender, envelope: Envelope) -> bytes:
    """The mail: plain text first, HTML as its better form. Every header on one line, however it was written."""
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=900))
    message["From"] = _address(sender.from_address, sender.from_name)
    message["To"] = _address(envelope.to)
    message["Subject"] = composed.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(envelope.at / 1000, UTC))
    message["Message-ID"] = envelope.message_id
    if sender.reply_to:
        message["Reply-To"] = _address(sender.reply_to)
    if envelope.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        message["Precedence"] = "bulk"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: absence notes need not answer
    message.set_content(composed.text, cte="quoted-printable")
    message.add_alternative(composed.html, subtype="html", cte="quoted-printable")
    written = message.as_bytes()
    return written if sender.dkim is None else _signed(written, sender.dkim)


def _address(address: str, name: str = "") -> Address:
    try:
        return Address(display_name=line(name), addr_spec=address)
    except ValueError:
        raise Refused(
            "address", address, "is no e-mail address.", "Write one mailbox, such as ada@shop.example."
        ) from None


def _signed(written: bytes, told: Dkim) -> bytes:
    """With a DKIM signature before it (RFC 6376), relaxed both ways."""
    import dkim  # noqa: PLC0415  # few sign themselves: only they load it

    key = os.environ.get(told.key_env, "")
    if not key:
        raise Refused(
            "dkim.key_env", told.key_env, "is not set in the server's environment.", "Set it, or leave DKIM out."
        )
    try:
        signature: bytes = dkim.sign(
            written,
            told.selector.encode(),
            told.domain.encode(),
            key.replace("\\n", "\n").encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_SIGNED),
        )
    except (dkim.DKIMException, ValueError, KeyError) as error:
        raise Refused("dkim.key_env", told.key_env, f"holds no key to sign with ({error}).", "Set a PEM key.") from None
    return signature + written
