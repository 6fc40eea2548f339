"""Mail of the loops through the e-mail channel: follow-ups of rules, replies by hand, alerts to the team, what changed."""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from resa.channels.email import Email, Look, Mail, Queued, Template, TemplateVersion, shown
from resa.feedback.loops.sending import Outcome
from resa.kernel import profiles
from resa.kernel.errors import ResaError
from resa.kernel.workspace import Workspace

MOST_LINES: Final = 400
PERSONAL: Final = 90
"""The priority in the contact ledger of what a person writes to a customer who wrote to them."""

TEXT: Final = (
    "<mj-section><mj-column><mj-text>{% for line in lines %}{{ line }}<br />{% endfor %}</mj-text>"
    "</mj-column></mj-section>"
)
_ALERT: Final = (
    "<mj-section><mj-column><mj-text><strong>{{ rule }}</strong></mj-text>"
    "<mj-text>{% if score %}{{ score }} · {% endif %}{{ survey }} · {{ channel }}</mj-text>"
    "<mj-text>{{ comment }}</mj-text></mj-column></mj-section>"
)


class MailWords(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Words of a mail that is being written, in one language; they may be empty still."""

    subject: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    language: Annotated[str, msgspec.Meta(max_length=35)] | None = None


class Reachable(NamedTuple):
    """Where and in which language somebody is written to."""

    address: str
    language: str | None
    name: str | None


class Writing:
    """Writes through the channel of a workspace; everything within the caller's transaction."""

    def __init__(self, workspace: Workspace, email: Email) -> None:
        """By this channel."""
        self._workspace, self.email = workspace, email

    @property
    def ready(self) -> bool:
        """Whether somebody said how mail goes out."""
        return self.email.sender() is not None

    def reach(self, tx: sa.Connection, identity: int) -> Reachable | None:
        """The address of the person this identity belongs to now; None where none is known."""
        number = self._workspace.identities.profile(identity)
        if number < 0:
            return None
        members = self._workspace.identities.members(tx, number)
        profile = profiles.read(self._workspace.state, tx, {number: members})[number]
        address, language = profile.trait("email"), profile.trait("language", "locale")
        if not isinstance(address, str) or not address:
            return None
        return Reachable(address, language if isinstance(language, str) else None, profile.display_name)

    def follow_up(self, tx: sa.Connection, delivery: Any) -> Outcome:
        """Write to the customer whose answer a rule acted on, by its template."""
        said = msgspec.json.decode(delivery.body)
        found = self._of_answer(tx, delivery.message_id)
        if found is None:
            return Outcome("held_back", "No e-mail address is known of this customer.")
        identity, to = found
        return self._queue(
            tx,
            Mail(
                to_identity=identity,
                address=to.address,
                what=f"rule:{delivery.rule}",
                template=said["template"],
                values={"answer": said["answer"], "name": to.name or ""},
                language=to.language,
            ),
        )

    def alert(self, tx: sa.Connection, delivery: Any) -> Outcome:
        """Write to somebody of the team what was answered."""
        said = msgspec.json.decode(delivery.body)
        answer = said["answer"]
        values = {
            "rule": said["rule"],
            "score": "" if answer["score"] is None else f"{answer['score']:g}",
            "survey": answer["survey"] or answer["event"],
            "channel": answer["channel"],
            "comment": answer["comment"],
        }
        mail = Mail(
            to_identity=None,
            address=delivery.to,
            what=f"alert:{delivery.rule}",
            mjml=_ALERT,
            subject="{{ rule }}",
            values=values,
            purpose="service",
            list_unsubscribe=False,
        )
        return self._queue(tx, mail)

    def personal(self, tx: sa.Connection, identity: str, to: Reachable, what: str, subject: str, text: str) -> Outcome:
        """A reply to what somebody wrote: it needs no consent beyond their having written, and keeps to their budget."""
        mail = Mail(
            to_identity=identity,
            address=to.address,
            what=what,
            mjml=TEXT,
            subject="{{ subject }}",
            values={"subject": subject, "lines": text.splitlines()[:MOST_LINES]},
            language=to.language,
            purpose="service",
            list_unsubscribe=False,
            priority=PERSONAL,
        )
        return self._queue(tx, mail)

    def news(self, tx: sa.Connection, identity: str, to: Reachable, what: str, subject: str, text: str) -> Outcome:
        """What changed since they told us: with their consent to marketing, and a way out."""
        mail = Mail(
            to_identity=identity,
            address=to.address,
            what=what,
            mjml=TEXT,
            subject="{{ subject }}",
            values={"subject": subject, "lines": text.splitlines()[:MOST_LINES]},
            language=to.language,
            purpose="marketing",
        )
        return self._queue(tx, mail)

    def look(self, words: MailWords, language: str | None, *, news: bool) -> Look:
        """How `personal`, or `news`, would look with these words; nothing is sent."""
        version = TemplateVersion(language=_language(language), subject="{{ subject }}", body=TEXT)
        template = Template(name="A look", purpose="marketing" if news else "service", versions=[version])
        values = {"subject": words.subject, "lines": words.text.splitlines()[:MOST_LINES]}
        return shown(self.email, self.email.look(template, language, values, self._brand()))

    def _brand(self) -> str | None:
        sender = self.email.sender()
        return None if sender is None else sender.brand

    def _of_answer(self, tx: sa.Connection, message_id: str) -> tuple[str, Reachable] | None:
        row = tx.execute(
            sa.text("SELECT identity, identity_number FROM loop_answers WHERE message_id = :m"), {"m": message_id}
        ).first()
        if row is None or (to := self.reach(tx, row.identity_number)) is None:
            return None
        return row.identity, to

    def _queue(self, tx: sa.Connection, mail: Mail) -> Outcome:
        try:
            queued = self.email.outbox.queue(tx, mail)
        except ResaError as error:
            return Outcome("dead", error.message)
        if isinstance(queued, Queued):
            return Outcome("sent")
        return Outcome("held_back", f"{queued.reason}: {queued.rule}")


def _language(spoken: str | None) -> str:
    """A language as templates name it."""
    return (spoken or "en").replace("_", "-")
