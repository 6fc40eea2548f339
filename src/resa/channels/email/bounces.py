"""What comes back: delivery status notifications (RFC 3464) and complaints (RFC 5965), read for which mail of ours they tell of.

A report is believed for the mail whose mark it carries, in the address it came to (VERP) or in the Message-ID it quotes: nobody
can make one for a mail they never saw.
"""

from __future__ import annotations

import email
import mailbox
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from resa.channels.email import events, leaving, sending
from resa.channels.email.outbox import Entry, Outbox
from resa.channels.email.tokens import LENGTH, Marks
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

MOST_BYTES: Final = 1_000_000
MOST_PARTS: Final = 50
MOST_DETAIL: Final = 400

Happened = Literal["bounced", "blocked", "delayed", "delivered", "complained", "nothing"]

_MARK: Final = re.compile(rf"(?<![a-z2-7])([a-z2-7]{{{LENGTH}}})(?![a-z2-7])", re.IGNORECASE)
_TO: Final = ("x-failed-recipients", "delivered-to", "x-original-to", "to", "return-path", "envelope-to")


class Report(NamedTuple):
    """What a report says: what happened, the status (RFC 3463) and the server's words."""

    happened: Happened
    status: str
    detail: str


class Read(NamedTuple):
    """A report and the mail of ours it tells of; None: of none that is known."""

    mail: str | None
    report: Report


class Bounces:
    """Takes reports."""

    def __init__(self, workspace: Workspace, outbox: Outbox, marks: Marks) -> None:
        """`marks` tell which mail a report is about."""
        self._workspace, self._outbox, self._marks = workspace, outbox, marks

    def take(self, raw: bytes) -> Read:
        """Read a report and write down what it says: the state of the mail, an event, a suppression. Raises Refused."""
        found = read(raw, self._marks)
        if found.mail is None:
            return found
        with self._workspace.state.read() as tx:
            entry = self._outbox.get(tx, found.mail)
        if entry is None:
            return Read(None, found.report)
        if found.report.happened == "complained":
            self._complained(entry, found.report)
        elif found.report.happened in ("bounced", "blocked"):
            self._bounced(entry, found.report)
        elif found.report.happened == "delivered":
            self._delivered(entry)
        return found

    def _bounced(self, entry: Entry, report: Report) -> None:
        hard = report.happened == "bounced"
        said = {"reason": report.detail, "status": report.status, "bounce_type": "hard" if hard else "blocked"}

        def change(tx: Any) -> None:
            states = ("sending", "sent", "delivered", "unclear")
            self._outbox.move(tx, entry.id, states, "bounced", code=report.status[:20], reason=report.detail)
            if hard:
                self._outbox.suppress(tx, entry.address, f"{report.status} {report.detail}".strip())

        now = self._workspace.clock()
        self._workspace.committer.submit_sync(events.about(entry, "Email Bounced", now, **said), change)

    def _delivered(self, entry: Entry) -> None:
        now = self._workspace.clock()
        told = events.about(entry, "Email Delivered", now)

        def change(tx: Any) -> None:
            self._outbox.move(tx, entry.id, ("sent", "unclear"), "delivered")

        self._workspace.committer.submit_sync(told, change)

    def _complained(self, entry: Entry, report: Report) -> None:
        now = self._workspace.clock()
        told = events.about(entry, "Email Marked as Spam", now, source=events.CUSTOMER)
        told += leaving.denial(self._workspace, entry, now, "complaint")
        self._workspace.committer.submit_sync(
            told, lambda tx: self._outbox.suppress(tx, entry.address, report.detail or "complaint", "complained")
        )


def read(raw: bytes, marks: Marks) -> Read:
    """What a message reports, and of which mail. Raises Refused for what is no message or too large."""
    if not raw or len(raw) > MOST_BYTES:
        raise Refused("body", len(raw), f"a report has 1 to {MOST_BYTES:,} bytes.", "Send the message as it came in.")
    try:
        message = email.message_from_bytes(raw, policy=policy.default)
        parts = _parts(message)
        return Read(_mail(message, parts, marks), _report(parts))
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        rule = f"is no message that can be read ({type(error).__name__})."
        raise Refused("body", len(raw), rule, "Send the message as it came in, with its headers.") from None


def messages(path: Path) -> Iterator[bytes]:
    """The messages of an mbox file or a Maildir."""
    box: mailbox.Mailbox[Any] = (
        mailbox.Maildir(path, create=False) if path.is_dir() else mailbox.mbox(path, create=False)
    )
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def _parts(message: Message) -> list[Message]:
    found: list[Message] = []
    for part in message.walk():
        found.append(part)
        if len(found) >= MOST_PARTS:
            break
    return found


def _report(parts: list[Message]) -> Report:
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            fields = _fields(part)
            if fields.get("feedback-type", "abuse").lower() in ("abuse", "fraud", "opt-out", "not-spam"):
                spam = fields.get("feedback-type", "abuse").lower() != "not-spam"
                return Report("complained" if spam else "nothing", "", fields.get("user-agent", "")[:MOST_DETAIL])
        if kind == "message/delivery-status":
            return _status(part)
    return Report("nothing", "", "")


def _status(part: Message) -> Report:
    """The first recipient that something happened to. A bounce names one: each mail has one."""
    for fields in _blocks(part):
        action = fields.get("action", "").split(" ")[0].lower()
        status = fields.get("status", "").split(" ")[0][:20]
        detail = _printable(
            fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("diagnostic-code", "")
        )
        if action == "failed":
            code = re.match(r"\s*(\d{3})\b", detail)
            gone = sending.permanent(status, int(code[1]) if code else 0)
            if status == "5.0.0" and code:
                gone = sending.permanent(sending.enhanced(detail[code.end() :]) or "", int(code[1]))
            return Report("bounced" if gone else "blocked", status, detail)
        if action in ("delayed",):
            return Report("delayed", status, detail)
        if action in ("delivered", "relayed", "expanded"):
            return Report("delivered", status, detail)
    return Report("nothing", "", "")


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    """The groups of fields of a delivery status; the parser makes a message of each."""
    payload = part.get_payload()
    if isinstance(payload, list):
        for block in payload:
            if isinstance(block, Message):
                yield {name.lower(): " ".join(str(value).split()) for name, value in block.items()}
    else:
        yield _fields(part)


def _fields(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    if isinstance(payload, list):
        payload = "\n".join(str(inner) for inner in payload)
    found = email.message_from_string(str(payload).strip(), policy=policy.compat32)
    return {name.lower(): " ".join(str(value).split()) for name, value in found.items()}


def _mail(message: EmailMessage | Message, parts: list[Message], marks: Marks) -> str | None:
    """The mail whose mark stands in an address the report came to, or in the Message-ID it quotes."""
    said = [str(value) for name, value in message.items() if name.lower() in _TO]
    for part in parts:
        kind = part.get_content_type()
        if part is not message:
            said += [str(part.get("message-id") or "")]
        if kind in ("text/rfc822-headers", "message/rfc822-headers"):
            said.append(_fields(part).get("message-id", ""))
        if kind == "message/feedback-report":
            said.append(_fields(part).get("original-mail-from", ""))
    said += [str(message.get("in-reply-to") or ""), str(message.get("references") or "")]
    for text in said:
        for mark in _MARK.findall(text):
            if (mail := marks.read("bounce", mark.lower())) is not None:
                return mail
    return None


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:MOST_DETAIL]
