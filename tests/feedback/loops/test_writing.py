"""Mail of the loops: replies, follow-ups and what changed reach those they may reach, once, in their language."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from resa import brand
from resa.channels import email
from resa.channels.email import outbox
from resa.feedback import loops
from resa.feedback.loops import Loops, replying, tables, templates
from resa.feedback.loops.mentioning import About
from resa.feedback.loops.replying import Reply
from resa.feedback.loops.telling import Message, NewTelling
from resa.feedback.loops.templates import ReplyDraftWish
from resa.feedback.loops.writing import MailWords
from resa.feedback.themes import store
from resa.kernel import audit
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from tests.feedback.loops.making import answered, happen, understood
from tests.kernel.making import draft, identify

pytestmark = pytest.mark.both_states

SENDER = {"host": "127.0.0.1", "from_address": "shop@example.com"}
REPLY = Reply(subject="Your parcel", text="We are sorry.\nIt comes tomorrow.")


@pytest.fixture
def closing(workspace: Workspace) -> Loops:
    """The loops with a channel that queues and does not send."""
    channel = email.registered(workspace)
    brand.register(workspace)
    workspace.definitions.save("email-sender", "default", SENDER, expected=0, author="a test")
    found = loops.register(workspace, channel)
    workspace.start()
    return found


def consents(workspace: Workspace, who: str) -> Any:
    """This customer agrees to marketing."""
    said = {"consent": {"categoryPreferences": {"marketing": True}}}
    now = workspace.clock()
    return draft("", type="page", user=who, context=said, time=now, received_at=now)


def queued(workspace: Workspace) -> list[tuple[str, str, dict[str, Any]]]:
    """Address, state and values of every mail."""
    with workspace.state.read() as tx:
        rows = tx.execute(sa.select(outbox.table).order_by(outbox.table.c.address)).all()
    return [(row.address, row.state, msgspec.json.decode(row.content)["values"]) for row in rows]


def number_of(workspace: Workspace, message_id: str) -> int:
    """The number of an answer."""
    a = tables.answers.c
    with workspace.state.read() as tx:
        return int(tx.execute(sa.select(a.number).where(a.message_id == message_id)).scalar_one())


def test_a_reply_is_queued_and_the_answer_waits(closing: Loops, workspace: Workspace) -> None:
    low, hidden, nowhere = (answered(workspace, who, 2) for who in ("user:ann", "anon:survey-1", "user:cat"))
    happen(workspace, low, hidden, nowhere, identify(user="ann", email="ann@example.com"))
    replying.reply(workspace, closing.writing, number_of(workspace, low.message_id), REPLY, audit.SYSTEM)

    ((address, state, values),) = queued(workspace)
    assert (address, state, values["lines"]) == ("ann@example.com", "queued", ["We are sorry.", "It comes tomorrow."])
    with workspace.state.read() as tx:
        row = tx.execute(sa.select(tables.answers).where(tables.answers.c.message_id == low.message_id)).one()
    assert (row.status, row.contacted_by) == ("waiting", "reply")
    for other, field in ((hidden, "answer"), (nowhere, "address")):
        with pytest.raises(Refused) as refused:
            replying.reply(workspace, closing.writing, number_of(workspace, other.message_id), REPLY, audit.SYSTEM)
        assert refused.value.details["field"] == field
    assert len(queued(workspace)) == 1


def test_a_rule_writes_to_who_agreed_and_says_why_not_to_others(closing: Loops, workspace: Workspace) -> None:
    template = {
        "name": "Sorry",
        "versions": [{"language": "en", "subject": "Sorry", "body": "<mj-section></mj-section>"}],
    }
    workspace.definitions.save("email-template", "sorry", template, expected=0, author="a test")
    then = {"follow_up": {"template": "sorry", "after": "1 minute"}}
    workspace.definitions.save("feedback-rule", "r", {"name": "R", "then": then}, expected=0, author="a test")
    for who in ("ann", "bob"):
        happen(workspace, identify(user=who, email=f"{who}@example.com"))
    happen(workspace, consents(workspace, "ann"))
    happen(workspace, answered(workspace, "user:ann", 2), answered(workspace, "user:bob", 2))
    closing.sending.step()
    assert queued(workspace) == []  # not before its time
    later = workspace.clock() + 2 * 60_000
    workspace.clock = lambda: later
    closing.sending.step()
    closing.sending.step()
    assert {address: state for address, state, _ in queued(workspace)} == {
        "ann@example.com": "queued",
        "bob@example.com": "held",
    }
    with workspace.state.read() as tx:
        states = {row.to: row.state for row in tx.execute(sa.select(tables.deliveries))}
        contacted = {row.identity: row.contacted_by for row in tx.execute(sa.select(tables.answers))}
    assert states == {"user:ann": "sent", "user:bob": "held_back"}
    assert contacted == {"user:ann": "follow_up", "user:bob": None}


def test_those_who_told_us_hear_once_what_we_did_in_their_language(closing: Loops, workspace: Workspace) -> None:
    answers = {who: answered(workspace, f"user:{who}", 3, "Late") for who in ("ann", "bo", "cat", "dan")}
    happen(workspace, *answers.values(), answered(workspace, "user:eve", 3, "Late"))
    happen(workspace, *(understood(workspace, each, "negative", "delivery") for each in answers.values()))
    happen(workspace, *(identify(user=who, email=f"{who}@example.com") for who in ("ann", "bo", "dan")))
    happen(
        workspace, identify(user="bo", language="sv-SE"), *(consents(workspace, who) for who in ("ann", "bo", "cat"))
    )
    about = About(theme="delivery")
    seen = closing.tellings.preview(about)
    assert (seen.mentioned, seen.no_address, seen.no_consent, seen.will_hear) == (4, 1, 1, 2)

    texts = {
        "en": Message(subject="Faster", text="We deliver faster now."),
        "sv": Message(subject="Snabbare", text="Nu går det fortare."),
    }
    made = closing.tellings.tell(NewTelling(title="Faster", about=about, texts=texts), audit.SYSTEM)
    assert (made.waiting, made.sent) == (2, 0)
    closing.sending.step()
    closing.sending.step()
    assert [(address, values["subject"]) for address, _, values in queued(workspace)] == [
        ("ann@example.com", "Faster"),
        ("bo@example.com", "Snabbare"),
    ]
    assert closing.tellings.one(made.id).sent == 2
    again = closing.tellings.preview(about)
    assert (again.told_before, again.will_hear) == (2, 0)
    with pytest.raises(Refused, match="nobody would hear"):
        closing.tellings.tell(NewTelling(title="Again", about=about, texts=texts), audit.SYSTEM)


def test_who_wrote_before_the_theme_was_found_hears_too_and_merged_themes_count(
    closing: Loops, workspace: Workspace
) -> None:
    for who in ("ann", "bo"):
        happen(workspace, identify(user=who, email=f"{who}@example.com", language="sv-SE"), consents(workspace, who))
    body = {"name": "Post", "phrases": ["parcel"], "into": "delivery"}
    workspace.definitions.save("theme", "delivery", {"name": "Delivery", "phrases": ["late"]}, expected=0, author="t")
    workspace.definitions.save("theme", "post", body, expected=0, author="t")
    early, chatted = answered(workspace, "user:ann", 3, "Late"), draft("Chat Message Received", user="bo")
    happen(workspace, early, chatted)
    with workspace.state.write() as tx:
        numbers = workspace.identities.find(tx, ["user:ann", "user:bo"])
        for number, (who, about, theme) in enumerate((("ann", early, "post"), ("bo", chatted, "delivery")), 1):
            row = {
                "id": number,
                "message_id": about.message_id,
                "identity": numbers[f"user:{who}"],
                "time": workspace.clock(),
                "channel": "web",
                "source": "s",
                "event": "e",
                "text": "Late",
                "simulated": False,
                "model": "",
                "sentiment": "negative",
                "sentiment_score": -1.0,
                "probability": 1.0,
            }
            tx.execute(store.comments.insert().values(row))
            tx.execute(store.about.insert().values(comment=number, theme=theme, weight=1.0, typical=1.0))
    seen = closing.tellings.preview(About(theme="delivery"))
    assert (seen.mentioned, seen.will_hear, seen.languages, seen.ready) == (2, 2, {"sv": 2}, True)
    assert {(one.name, one.channel, one.hindrance) for one in seen.people} == {
        ("ann", "email", None),
        ("bo", "email", None),
    }


APOLOGY: dict[str, Any] = {
    "name": "Sorry",
    "versions": [
        {
            "language": "en",
            "subject": "About your {{ answer.score }}, {{ customer.first_name | default: 'friend' }}",
            "text": "Hello {{ customer.first_name | default: 'there' }},\n"
            "you are on {{ customer.plan | default: 'a plan' }}.{% if survey.score %} Others: {{ survey.score }}.{% endif %}",
        },
        {
            "language": "sv",
            "subject": "Om din {{ answer.score }}",
            "text": "Hej {{ customer.first_name | default: 'du' }}!",
        },
    ],
}


def test_a_template_is_filled_with_who_answered_and_falls_back_where_nothing_is_known(
    closing: Loops, workspace: Workspace
) -> None:
    workspace.definitions.save("reply-template", "sorry", APOLOGY, expected=0, author="a test")
    low, short, swede = (answered(workspace, who, 3, "Late") for who in ("user:ann", "user:bo", "user:eva"))
    happen(workspace, low, short, swede, identify(user="ann", name="Ann Berg", plan="gold", email="ann@example.com"))
    happen(workspace, identify(user="eva", email="eva@example.com", language="sv-SE", firstName="Eva"))

    def filled(message_id: str) -> tuple[str, str]:
        wish = ReplyDraftWish(template="sorry")
        found = templates.fill(workspace, closing.writing, number_of(workspace, message_id), wish)
        return found.subject, found.text

    assert filled(low.message_id) == ("About your 3, Ann", "Hello Ann,\nyou are on a plan.")  # no consent to more
    assert filled(short.message_id) == ("About your 3, friend", "Hello there,\nyou are on a plan.")
    assert filled(swede.message_id) == ("Om din 3", "Hej Eva!")
    assert queued(workspace) == []


def test_a_template_tells_a_surveys_figures_once_they_are_of_enough_people(
    closing: Loops, workspace: Workspace
) -> None:
    agreed = {"consent": {"categoryPreferences": {"personalisation": True}}}
    low = answered(workspace, "user:ann", 3)
    happen(workspace, low, *(answered(workspace, f"user:{number}", 10) for number in range(4)))
    happen(workspace, identify(user="ann", plan="gold", password="secret"))
    happen(workspace, draft("", type="page", user="ann", context=agreed, time=workspace.clock()))
    text = "{{ customer.plan }}/{{ customer.password }}/{{ survey.name }}/{{ survey.answers }}/{{ survey.score }}"
    versions = [{"language": "en", "subject": "S", "text": text}]
    body = workspace.definitions.decode("reply-template", {"name": "Figures", "versions": versions})
    number = number_of(workspace, low.message_id)
    found = templates.fill(workspace, closing.writing, number, ReplyDraftWish(body=body))
    assert found.text == "gold//nps/5/60"  # four promoters less one detractor, of five
    with pytest.raises(Refused, match="one of two"):
        templates.fill(workspace, closing.writing, number, ReplyDraftWish())


@pytest.mark.usefixtures("closing")
def test_a_template_that_is_no_liquid_is_refused_with_its_place(workspace: Workspace) -> None:
    versions = [{"language": "en", "subject": "S", "text": "{% if %}"}]
    with pytest.raises(Refused) as refused:
        workspace.definitions.decode("reply-template", {"name": "Broken", "versions": versions})
    assert refused.value.details["field"] == "versions[0].text"


def test_a_mail_is_looked_at_as_it_will_be_sent(closing: Loops) -> None:
    words = MailWords(subject="Faster", text="We deliver faster <now>.\nThank you.")
    news, reply = (closing.writing.look(words, "en", news=each) for each in (True, False))
    page, answer = (closing.writing.email.kept(look.path.rpartition("/")[2]) or "" for look in (news, reply))
    assert news.subject == reply.subject == "Faster"
    assert "We deliver faster &lt;now&gt;." in page
    assert "We deliver faster &lt;now&gt;." in answer
    assert "/e/u/example" in page
    assert "/e/u/" not in answer
