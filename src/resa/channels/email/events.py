"""What mails do, as events of the log, under the names of Segment's e-mail specification where it has one.

What Resa or a server did has the source `resa`; what a customer did by a mail (a click, leaving, a complaint) the source `email`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from resa.channels.email.outbox import Entry
from resa.kernel.events import Draft

OWN: Final = "resa"
CUSTOMER: Final = "email"

_encode: Final = msgspec.json.Encoder().encode


def draft(
    identity: str,
    name: str,
    message_id: str,
    at: int,
    properties: dict[str, Any],
    *,
    source: str,
    received: int | None = None,
) -> Draft:
    """An event about somebody."""
    kind, _, value = identity.partition(":")
    return Draft(
        message_id=message_id,
        type="track",
        name=name,
        time=at,
        received_at=at if received is None else received,
        user_id=value if kind == "user" else None,
        anonymous_id=value if kind == "anon" else None,
        channel="email",
        source=source,
        properties=_encode(properties).decode(),
    )


def about(mail: Entry, name: str, at: int, *, source: str = OWN, mark: str = "", **more: Any) -> list[Draft]:
    """What happened to a mail, once; nothing where it went to a colleague. `mark` tells one of several apart."""
    if mail.identity is None:
        return []
    said = {
        "email_id": mail.id,
        "email_subject": mail.subject,
        "campaign_name": mail.what,
        "purpose": mail.purpose,
        **more,
    }
    number = f"{name.lower().replace(' ', '-')}-{mail.id}{mark}"
    return [draft(mail.identity, name, number, at, said, source=source)]
