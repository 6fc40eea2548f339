"""What comes back: reports of servers, complaints, and what nobody should believe."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from resa.channels.email import bounces
from resa.kernel.errors import Refused
from tests.email.conftest import Post


def report(
    post: Post,
    mail: str,
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "smtp; 550 5.1.1 No such user",
    *,
    to: str | None = None,
    original: str = "",
) -> bytes:
    """A delivery status notification as Postfix writes it (RFC 3464)."""
    address = to if to is not None else f"bounces+{post.email.marks.make('bounce', mail)}@shop.example"
    return f"""Return-Path: <>
To: {address}
From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 30 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; ada@example.com
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--b
Content-Type: text/rfc822-headers

From: hello@shop.example
Message-ID: {original}

--b--
""".replace("\n", "\r\n").encode()


def complaint(original: str) -> bytes:
    """A complaint as a mailbox provider sends it (RFC 5965)."""
    return f"""To: abuse@shop.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1

--b
Content-Type: message/rfc822

From: hello@shop.example
Message-ID: {original}
Subject: Spring

Hello
--b--
""".replace("\n", "\r\n").encode()


def sent(post: Post) -> str:
    """A mail that the server took."""
    post.agreed("ada")
    number = post.queue()
    post.send()
    assert post.state(number)[0] == "sent"
    return number


def message_id(post: Post) -> str:
    """Of the last mail that the server took."""
    return str(post.smtp.messages()[-1]["Message-ID"])


@pytest.mark.both_states
def test_a_bounce_that_comes_later_is_told_and_suppresses_the_address(post: Post) -> None:
    number = sent(post)
    found = post.email.bounces.take(report(post, number))
    assert (found.mail, found.report.happened) == (number, "bounced")
    assert post.state(number) == ("bounced", "5.1.1")
    assert post.try_queue().reason == "suppressed"
    post.email.bounces.take(report(post, number))  # the same again
    ((_, source, said),) = post.events("Email Bounced")
    assert (source, said["bounce_type"], said["status"]) == ("resa", "hard", "5.1.1")


def test_the_mark_is_found_in_what_is_quoted_too(post: Post) -> None:
    number = sent(post)
    raw = report(post, number, to="postmaster@shop.example", original=message_id(post))
    assert post.email.bounces.take(raw).mail == number


@pytest.mark.parametrize(
    ("status", "action", "diagnostic", "happened", "state", "suppressed"),
    [
        ("5.2.2", "failed", "smtp; 552 5.2.2 Mailbox full", "blocked", "bounced", False),
        ("5.7.1", "failed", "smtp; 550 5.7.1 Policy", "blocked", "bounced", False),
        ("5.0.0", "failed", "smtp; 550 No such user", "bounced", "bounced", True),
        ("4.4.1", "delayed", "smtp; 451 timed out", "delayed", "sent", False),
        ("2.0.0", "delivered", "", "delivered", "delivered", False),
    ],
)
def test_what_a_report_says_decides(
    post: Post, status: str, action: str, diagnostic: str, happened: str, state: str, suppressed: bool
) -> None:
    number = sent(post)
    assert post.email.bounces.take(report(post, number, status, action, diagnostic)).report.happened == happened
    assert post.state(number)[0] == state
    assert (getattr(post.try_queue(), "reason", None) == "suppressed") is suppressed


def test_a_complaint_suppresses_and_takes_consent_back(post: Post) -> None:
    number = sent(post)
    found = post.email.bounces.take(complaint(message_id(post)))
    assert (found.mail, found.report.happened) == (number, "complained")
    ((_, source, _),) = post.events("Email Marked as Spam")
    assert source == "email"
    assert [said["state"] for _, _, said in post.events("Consent Changed")] == ["granted", "denied"]
    assert post.try_queue().reason == "suppressed"


def test_a_report_with_a_mark_that_is_none_changes_nothing(post: Post) -> None:
    number = sent(post)
    mark = post.email.marks.make("bounce", number)
    forged = mark[:-1] + ("a" if mark[-1] != "a" else "b")
    for other in (forged, post.email.marks.make("unsubscribe", number), "a" * 32):
        assert post.email.bounces.take(report(post, number, to=f"bounces+{other}@shop.example")).mail is None
    assert post.state(number)[0] == "sent"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 100,
        b"x" * 1_000_001,
        b"To: a\r\n\r\n",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n",
    ],
)
def test_what_is_no_report_says_nothing_or_is_refused(post: Post, raw: bytes) -> None:
    if raw and len(raw) <= bounces.MOST_BYTES:
        assert post.email.bounces.take(raw).mail is None
    else:
        with pytest.raises(Refused):
            post.email.bounces.take(raw)


def test_a_mailbox_is_read_message_by_message(post: Post, tmp_path: Path) -> None:
    number = sent(post)
    box = mailbox.mbox(tmp_path / "bounces")
    box.add(report(post, number))
    other = EmailMessage()
    other["Subject"] = "Out of office"
    other.set_content("Back on Monday")
    box.add(other)
    box.close()
    found = [post.email.bounces.take(raw) for raw in bounces.messages(tmp_path / "bounces")]
    assert [(one.mail, one.report.happened) for one in found] == [(number, "bounced"), (None, "nothing")]
