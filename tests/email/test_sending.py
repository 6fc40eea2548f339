"""From the queue to a real SMTP server: what arrives, what is tried again, what is never sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from resa.channels.email import Mail
from resa.channels.email.outbox import WAITS
from resa.channels.email.sending import SETTLED_MS
from resa.kernel.contacts import Held, Policy
from resa.kernel.errors import Refused
from tests.email.conftest import Post, consent

both = pytest.mark.both_states


def test_a_mail_arrives_in_two_forms_with_the_headers_that_mail_programs_ask_for(post: Post) -> None:
    post.agreed("ada")
    number = post.queue(
        values={"subject": "Spring", "paragraphs": ["Hej å"], "button_url": "https://shop.example/a?b=1&c=2"}
    )
    assert post.send() == 1
    (message,), (envelope,) = post.smtp.messages(), post.smtp.got
    assert message.get_content_type() == "multipart/alternative"
    plain, rich = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert rich is not None
    assert "Hej å" in plain.get_content()
    assert "Hej å" in rich.get_content()
    assert "https://cx.shop.example/e/c/" in plain.get_content()  # the text has the links too
    assert str(message["From"]) == "Hill & Harbour <hello@shop.example>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "Spring"
    assert message["Date"]
    assert message["Message-ID"].endswith("@shop.example>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Unsubscribe"]).startswith("<https://cx.shop.example/e/u/")
    assert envelope.mail_from is not None
    assert envelope.mail_from.startswith("bounces+")
    assert post.state(number) == ("sent", "250")
    assert [(name, source) for name, source, _ in post.events("Email Sent")] == [("Email Sent", "resa")]


@both
def test_a_mail_that_does_not_come_back_counts_as_delivered_after_an_hour(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.agreed("ada")
    number = post.queue()
    post.send()
    assert post.email.sending.settle() == 0
    real = post.workspace.clock
    monkeypatch.setattr(post.workspace, "clock", lambda: real() + SETTLED_MS + 1000)
    assert post.email.sending.settle() == 1
    assert post.email.sending.settle() == 0
    assert post.state(number)[0] == "delivered"
    assert len(post.events("Email Delivered")) == 1


@both
def test_an_address_that_is_none_bounces_and_is_written_to_no_more(post: Post) -> None:
    post.agreed("ada", "bob")
    post.smtp.answers["ada@example.com"] = ["550 5.1.1 No such user"]
    ada, bob = post.queue("ada"), post.queue("bob")
    post.send()
    assert (post.state(ada), post.state(bob)) == (("failed", "550"), ("sent", "250"))
    assert post.try_queue("ada") == Held("suppressed", "bounced: 550 5.1.1 No such user", None)
    ((_, _, said),) = post.events("Email Bounced")
    assert (said["bounce_type"], said["reason"]) == ("hard", "550 5.1.1 No such user")


def test_a_policy_of_the_server_fails_the_mail_and_not_the_address(post: Post) -> None:
    post.agreed("ada")
    post.smtp.answers["ada@example.com"] = ["550 5.7.1 Blocked by policy"]
    first = post.queue()
    post.send()
    assert post.state(first) == ("failed", "550")
    second = post.queue()
    post.send()
    assert post.state(second)[0] == "sent"


def test_a_server_that_puts_a_mail_off_is_asked_again_ever_more_rarely_and_at_last_no_more(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.agreed("ada")
    post.smtp.answers["ada@example.com"] = ["451 4.7.1 Later"] * (len(WAITS) + 1)
    number, now = post.queue(), post.workspace.clock()
    monkeypatch.setattr(post.workspace, "clock", lambda: now)
    assert post.send() == 1
    assert post.state(number) == ("queued", "451")
    for wait in WAITS:
        now += wait * 60_000 - 1
        assert post.send() == 0, wait
        now += 1
        assert post.send() == 1
    assert post.state(number) == ("failed", "451")
    with post.workspace.state.read() as tx:
        (contact,) = post.workspace.contacts.of(tx, ["user:ada"])
    assert contact.state == "released", "what was never sent does not count"


def test_a_mail_put_off_once_arrives_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.agreed("ada")
    post.smtp.answers["ada@example.com"] = ["451 4.7.1 Greylisted"]
    number, now = post.queue(), post.workspace.clock()
    post.send()
    monkeypatch.setattr(post.workspace, "clock", lambda: now + 61_000)
    post.send()
    assert post.state(number) == ("sent", "250")
    assert len(post.smtp.got) == 1


def test_a_refusal_of_the_content_is_heard(post: Post) -> None:
    post.agreed("ada")
    post.smtp.content_answers = ["554 5.7.1 Looks like spam"]
    number = post.queue()
    post.send()
    assert post.state(number) == ("failed", "554")


@both
def test_what_broke_off_between_content_and_answer_is_unclear_and_not_sent_again_by_itself(post: Post) -> None:
    post.agreed("ada")
    number = post.queue()
    post.smtp.content_answers = ["421 4.3.2 Going down"]
    post.send()
    assert post.state(number) == ("queued", "421")  # an answer is an answer
    with post.workspace.state.write() as tx:  # as a process leaves it that dies between content and answer
        post.email.outbox.move(tx, number, ("queued",), "sending")
    with post.workspace.state.write() as tx:
        assert post.email.outbox.recover(tx) == 1
    assert post.state(number) == ("unclear", "interrupted")
    assert post.send() == 0
    with post.workspace.state.write() as tx:
        post.email.outbox.again(tx, number, post.workspace.clock())
    assert post.send() == 1
    assert post.state(number) == ("sent", "250")


def test_a_server_that_is_not_there_costs_no_attempt(post: Post) -> None:
    post.agreed("ada")
    number = post.queue()
    post.sender(port=1)
    assert post.send() == 0
    assert post.email.sending.trouble is not None
    assert post.email.sending.trouble.code == "unreachable"
    assert post.state(number) == ("queued", "")
    post.sender()
    assert post.send() == 1
    assert post.email.sending.trouble is None


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"host": "127.0.0.2"}, "forbidden"),
        ({"security": "starttls"}, "insecure"),
        ({"username": "u", "password_env": "RESA_SMTP_PASSWORD"}, "login"),
    ],
)
def test_a_server_that_may_not_be_used_is_not_used(post: Post, more: dict[str, Any], code: str) -> None:
    post.agreed("ada")
    post.queue()
    post.sender(**more)
    post.send()
    assert post.email.sending.trouble is not None
    assert post.email.sending.trouble.code == code
    assert post.smtp.got == []


def test_many_mails_go_over_a_few_lines_each_once(post: Post) -> None:
    users = [f"user{n}" for n in range(30)]
    post.agreed(*users)
    post.sender(connections=3)
    for user in users:
        post.queue(user)
    assert post.send() == 30
    assert sorted(envelope.rcpt_tos[0] for envelope in post.smtp.got) == sorted(f"{user}@example.com" for user in users)
    assert post.smtp.most_at_once <= 3


@both
def test_the_contact_is_reserved_with_the_mail_and_freed_where_it_is_not_sent(post: Post) -> None:
    post.agreed("ada")
    post.save("contact-policy", "global", name="One", caps=[{"kinds": ["email"], "most": 1, "per": "1 day"}])
    first = post.queue(priority=50)
    held = post.try_queue(priority=50)
    assert (held.reason, held.rule) == ("cap", "at most 1 of email per 1 day")
    with post.workspace.state.write() as tx:
        post.email.outbox.cancel(tx, first, "Ada")
    second = post.queue(priority=50)
    third = post.queue(priority=90)  # goes first: the second gives way
    post.send()
    assert [post.state(mail)[0] for mail in (first, second, third)] == ["cancelled", "held", "sent"]
    assert post.state(second)[1] == "displaced"
    assert len(post.smtp.got) == 1


def test_a_queue_that_is_rolled_back_leaves_neither_mail_nor_contact(post: Post) -> None:
    post.agreed("ada")
    mail = Mail(to_identity="user:ada", address="ada@example.com", what="x", template="message", priority=50)

    def queue_and_fail() -> None:
        with post.workspace.state.write() as tx:
            post.email.outbox.queue(tx, mail)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        queue_and_fail()
    with post.workspace.state.read() as tx:
        assert post.email.outbox.page(tx, state=None, before=None, limit=10) == []
        assert post.workspace.contacts.of(tx, ["user:ada"]) == []


@both
def test_without_consent_nothing_is_queued_and_a_denial_stops_what_waits(post: Post) -> None:
    assert isinstance(Policy(), Policy)
    assert post.try_queue("nobody").reason == "no_consent"
    assert post.try_queue("nobody", consent="not_denied").id
    assert post.try_queue("someone", purpose="service").id  # a receipt
    post.agreed("ada")
    number = post.queue()
    post.workspace.committer.submit_sync([consent("ada", "marketing", 9, "denied")])
    post.workspace.settle()
    post.send()
    assert post.state(number) == ("held", "no_consent")
    assert post.try_queue("ada", consent="not_denied").reason == "no_consent"


@pytest.mark.parametrize(
    "address", ["", "ada", "a@b@c", "a b@c.example", "ada@example.com\r\nBcc: eve@example.com", "<a@b.c>"]
)
def test_what_is_no_address_is_refused(post: Post, address: str) -> None:
    with pytest.raises(Refused):
        post.try_queue(address=address)
