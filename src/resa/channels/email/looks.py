"""A mail as it would be, for who is about to send it: shown in a frame, its words and its size told."""

from __future__ import annotations

import msgspec

from resa.channels.email.composing import MOST_HTML, Composed
from resa.channels.email.face import Email


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it would be: `path` shows its HTML for a while; `problems` are `too_large`, `no_subject`, `no_text`."""

    subject: str
    text: str
    bytes: int
    most_bytes: int
    problems: list[str]
    path: str


def shown(email: Email, made: Composed) -> Look:
    """Keep its HTML for the frame, and tell the rest."""
    path = f"/api/email-looks/{email.keep(made.html)}"
    return Look(
        subject=made.subject, text=made.text, bytes=made.size, most_bytes=MOST_HTML, problems=made.problems, path=path
    )
