"""Rules act on answers: on those that are meant, once, whatever comes twice, on both stores."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from resa.channels import email
from resa.feedback import loops
from resa.feedback.loops import asking, conditions, tables, webhooks
from resa.feedback.loops.definition import When, Worth
from resa.feedback.loops.following import Following
from resa.feedback.loops.inbox import Asked, Inbox
from resa.feedback.loops.sending import Sending
from resa.feedback.loops.sources import Answer
from resa.kernel.workspace import Workspace
from tests.feedback.loops.making import DETRACTORS, answered, happen, receiver, understood
from tests.kernel.making import draft

DAY = 86_400_000
TASK = {"task": {"title": "Call them", "owner": "editor@example.com", "due": "4 hours", "hours": None}}

pytestmark = pytest.mark.both_states


def rule(workspace: Workspace, key: str = "low", /, **body: Any) -> None:
    """Save a rule."""
    body = {"name": "Unhappy", "when": DETRACTORS, "then": TASK, **body}
    workspace.definitions.save("feedback-rule", key, body, expected=None, author="a test")


def kept(workspace: Workspace, table: sa.Table) -> list[Any]:
    """All rows of a table."""
    with workspace.state.read() as tx:
        return list(tx.execute(sa.select(table)).all())


@pytest.fixture
def running(workspace: Workspace) -> Workspace:
    """A workspace with rules and nothing else of the application, taking events."""
    loops.register(workspace, email.registered(workspace))
    return workspace.start()


def test_a_low_score_opens_one_task_and_a_good_one_none(running: Workspace) -> None:
    rule(running)
    low = answered(running, "user:ann", 3, "Late again")
    happen(running, low, answered(running, "user:bob", 9, "Fine"))

    (task,) = kept(running, tables.tasks)
    assert (task.message_id, task.status, task.title) == (low.message_id, "open", "Call them")
    assert task.due_at == low.received_at + 4 * 3_600_000
    assert {row.message_id: row.status for row in kept(running, tables.answers)}[low.message_id] == "new"


def test_what_follows_twice_acts_once(running: Workspace) -> None:
    rule(running)
    low = answered(running, "user:ann", 3)
    happen(running, low)
    follower = next(each for each in running.followers if each.projection.name == "loops")
    events = running.tail.read(0, 1_000)
    assert events is not None
    assert isinstance(follower.projection, Following)
    effect = follower.projection.prepare(events)
    assert effect is not None
    with running.state.write() as tx:
        effect(tx)

    assert (
        len(kept(running, tables.tasks))
        == len(kept(running, tables.firings))
        == len(kept(running, tables.answers))
        == 1
    )


def test_sentiment_and_theme_wait_until_the_comment_was_understood(running: Workspace) -> None:
    rule(running, when={"sentiment": ["negative"], "themes": ["delivery"]})
    late, kind = answered(running, "user:ann", 8, "Late"), answered(running, "user:bob", 8, "Kind staff")
    happen(running, late, kind)
    assert kept(running, tables.tasks) == []

    happen(running, understood(running, late, "negative", "delivery", "price"), understood(running, kind, "positive"))
    assert [task.message_id for task in kept(running, tables.tasks)] == [late.message_id]
    happen(running, understood(running, late, "negative", "delivery"))  # read again by a newer model
    assert len(kept(running, tables.tasks)) == 1


def test_only_resa_says_what_a_comment_means(running: Workspace) -> None:
    rule(running, when={"sentiment": ["negative"]})
    answer = answered(running, "user:ann", 8, "Late")
    forged = understood(running, answer, "negative")
    forged.source = "web"
    happen(running, answer, forged)
    assert kept(running, tables.tasks) == []


def test_an_audience_and_what_somebody_spent_narrow_a_rule(running: Workspace) -> None:
    rule(running, when={**DETRACTORS, "worth": {"at_least": 100, "currency": "EUR"}})
    now = running.clock()
    order: dict[str, Any] = {"revenue": "120", "currency": "EUR", "time": now - DAY, "received_at": now}
    happen(running, draft("Order Completed", user="rich", **order), draft("Page Viewed", user="poor", time=now))
    rich = answered(running, "user:rich", 2)
    happen(running, rich, answered(running, "user:poor", 2))
    assert [task.message_id for task in kept(running, tables.tasks)] == [rich.message_id]


def test_old_answers_that_arrive_late_are_kept_as_closed_and_call_nobody(running: Workspace) -> None:
    rule(running)
    happen(running, answered(running, "user:ann", 0, at=running.clock() - 30 * DAY))
    assert kept(running, tables.tasks) == []
    assert [row.status for row in kept(running, tables.answers)] == ["closed"]


def test_a_hold_out_is_a_share_of_customers_and_theirs_for_good(running: Workspace) -> None:
    rule(running, holdout=0.5)
    happen(running, *(answered(running, f"user:u{n}", 2) for n in range(200)))
    arms = {row.identity_number: row.arm for row in kept(running, tables.firings)}
    assert len(kept(running, tables.tasks)) == sum(arm == "acted" for arm in arms.values())
    assert 70 <= sum(arm == "held_out" for arm in arms.values()) <= 130

    rule(running, holdout=0.1)
    happen(running, *(answered(running, f"user:u{n}", 2) for n in range(200)))
    firings = kept(running, tables.firings)
    assert len(firings) == 400
    assert all(arms[row.identity_number] == row.arm for row in firings)


def test_chance_is_even() -> None:
    found = sorted(asking.chance("r", f"user:{n}") for n in range(4_000))
    assert (
        max(abs(value - place / 4_000) for place, value in enumerate(found)) < 1.95 / 4_000**0.5
    )  # Kolmogorov-Smirnov


class Nobody:
    """A customer of whom nothing is known."""

    def belongs(self, answer: Answer, audience: str) -> bool:
        """To nothing."""
        raise AssertionError((answer, audience))

    def spent(self, answer: Answer, worth: Worth) -> float:
        """Nothing."""
        raise AssertionError((answer, worth))


@pytest.mark.parametrize(
    ("words", "comment", "found"),
    [
        (["late"], "It was LATE!", True),
        (["late"], "chocolate", False),
        (["deliver*"], "Two deliveries missing", True),
        (["never again"], "never  again.", True),
        (["försenad"], "Leveransen blev FÖRSENAD", True),
        (["$^("], "what $^( is this", True),
        (["late"], "", False),
    ],
)
def test_words_are_whole_words(words: list[str], comment: str, found: bool) -> None:
    answer = Answer("m", 0, 0, "user:a", 0, 0, "Survey Answered", "nps", "nps", 1.0, comment, "email", "en", False)
    assert conditions.meets(When(words=words), answer, Nobody()) is found


# -- webhooks ----------------------------------------------------------------------------------------------------------


def sender(workspace: Workspace, allowed: str | None = "127.0.0.0/8") -> Sending:
    """Sends when told to, into these networks."""
    workspace.settings = replace(workspace.settings, webhook_networks=allowed)
    return Sending(workspace)


def test_a_webhook_is_signed_and_says_which_answer_once(running: Workspace) -> None:
    with receiver() as heard:
        rule(running, then={"webhook": {"url": f"{heard.address}/hook?a=1"}})
        low = answered(running, "user:ann", 3, "Late")
        happen(running, low)
        sending = sender(running)
        sending.step()
        sending.step()

    ((path, headers, body),) = heard.got
    said = json.loads(body)
    assert path == "/hook?a=1"
    assert (said["answer"]["id"], said["answer"]["score"], said["rule"]["key"]) == (low.message_id, 3, "low")
    key = webhooks.key_of(running.decisions.signer, "low")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mine}"
    assert headers["webhook-id"] == said["id"] == kept(running, tables.deliveries)[0].id
    assert [row.state for row in kept(running, tables.deliveries)] == ["sent"]


def test_a_webhook_that_fails_is_tried_again_later_with_the_same_id_and_given_up_at_last(running: Workspace) -> None:
    with receiver() as heard:
        heard.answers = [500, 503, 302, 404, 500, 500, 500]
        rule(running, then={"webhook": {"url": heard.address}})
        happen(running, answered(running, "user:ann", 3))
        now = running.clock()
        sending = sender(running)
        for attempt in range(7):
            sending.step()
            (row,) = kept(running, tables.deliveries)
            assert row.attempts == attempt + 1
            sending.step()
            assert len(heard.got) == attempt + 1  # not before its time
            running.clock = lambda at=row.next_at: at  # type: ignore[misc]
        assert row.state == "dead"
        assert row.next_at > now
    assert len({headers["webhook-id"] for _, headers, _ in heard.got}) == 1


INSIDE = (
    "http://127.0.0.1:9/",
    "http://localhost:9/",
    "http://[::1]:9/",
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://10.0.0.7/",
    "http://0.0.0.0/",
    "http://2130706433/",
)


def test_a_webhook_never_goes_inside_unless_that_was_allowed(running: Workspace) -> None:
    for number, url in enumerate(INSIDE):
        rule(running, f"r{number}", then={"webhook": {"url": url}})
    happen(running, answered(running, "user:ann", 3))
    sender(running, None).step()
    found = {row.to: row for row in kept(running, tables.deliveries)}
    assert set(found) == set(INSIDE)
    assert all(row.state == "dead" and "RESA_WEBHOOK_NETWORKS" in row.problem for row in found.values())


def test_nothing_leaves_the_house_for_a_simulated_customer(running: Workspace) -> None:
    rule(running, then={"webhook": {"url": "http://127.0.0.1:9/"}, **TASK})
    pretended = answered(running, "user:ann", 3)
    pretended.simulated = True
    happen(running, pretended)
    sender(running).step()
    assert [(row.state, row.attempts) for row in kept(running, tables.deliveries)] == [("held_back", 0)]
    assert len(kept(running, tables.tasks)) == 1


def test_a_chat_is_before_rules_that_name_its_source_and_in_the_inbox_only_where_one_brought_it_up(
    running: Workspace,
) -> None:
    chat = {
        "name": "Calls",
        "match": {"type": "track", "name": "Call Ended"},
        "text": "notes",
        "score": "mood",
        "metric": "csat",
    }
    running.definitions.save("comment-source", "calls", chat, expected=0, author="a test")
    rule(running, "every", when={"commented": True})
    rule(running, "called", when={"sources": ["calls"], "sentiment": ["negative"], "themes": ["delivery"]})
    calls = [
        draft(
            "Call Ended",
            user=who,
            properties={"notes": words, "mood": 1},
            time=running.clock(),
            received_at=running.clock(),
        )
        for who, words in (("ann", "The parcel never came"), ("bob", "All is well"))
    ]
    happen(running, *calls, draft("Call Ended", user="cat", properties={"notes": " "}))
    assert {row.comment: (row.status, row.metric, row.score) for row in kept(running, tables.answers)} == {
        "The parcel never came": ("aside", "csat", 1.0),
        "All is well": ("aside", "csat", 1.0),
    }
    assert Inbox(running).page(Asked(), None, 50).items == []
    assert [row.comment for row in Inbox(running).page(Asked(aside=True, text="never"), None, 50).items] == [
        "The parcel never came"
    ]

    happen(running, understood(running, calls[0], "negative", "delivery"), understood(running, calls[1], "positive"))
    assert [(row.rule, row.message_id) for row in kept(running, tables.firings)] == [("called", calls[0].message_id)]
    (shown,) = Inbox(running).page(Asked(), None, 50).items
    assert (shown.comment, shown.status, shown.rules) == ("The parcel never came", "new", ["called"])
    with running.state.write() as tx:
        Inbox(running).erase(tx, [row.identity_number for row in kept(running, tables.answers)])
    assert kept(running, tables.answers) == kept(running, tables.origins) == []
