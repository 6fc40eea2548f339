"""The outbox: mails that wait, in the state store; queued in the caller's transaction together with their contact.

A mail's way: `queued` -> `sending` (set for good before its content goes out) -> `sent`, then `delivered` once no bounce came.
Or `failed`, `bounced`, `cancelled`, `held`, and `unclear`: the process died, or the line broke, between the content and the
server's answer. What is unclear is never sent again by itself: a customer would rather miss a mail than get it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from resa.channels.email import permission, suppression, tokens
from resa.kernel import contacts
from resa.kernel.contacts import Cap, Contact, Held
from resa.kernel.errors import Conflict, NotFound, Refused
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

table: Final = sa.Table(
    "email_outbox",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("identity", sa.Text),
    sa.Column("address", sa.String(320), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column(
        "content", sa.Text, nullable=False
    ),  # JSON: template, version, subject, mjml, values, language, unsubscribe
    sa.Column("contact", sa.String(80)),
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("links", sa.Text, nullable=False),  # JSON: the addresses that its links lead to, by number
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("code", sa.String(20), nullable=False),
    sa.Index("email_outbox_due", "state", "due"),
    sa.Index("email_outbox_at", "at"),
    sa.Index("email_outbox_of_identity", "identity"),
)

STATES: Final = (
    "queued", "sending", "sent", "delivered", "failed", "bounced", "unclear", "cancelled", "held",
)  # fmt: skip
KEPT_MS: Final = 400 * 86_400_000
"""How long a mail can be clicked, unsubscribed from and bounced."""
MINUTE: Final = 60_000
WAITS: Final = (1, 5, 15, 60, 240, 480, 720, 1440)
"""Minutes before a mail is tried again that a server put off (RFC 5321, 4.5.4.1: for days, ever more rarely)."""

Consent = Literal["granted", "not_denied"]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to queue.

    `template` names one (saved, or a starter such as `survey`); or `mjml` and `subject` are the mail themselves. `kind` and
    `what` are the contact's (`what="survey:nps"`). `contact` names one that the caller reserved already; else one is reserved
    here with `priority`, `caps` and `zone`, at `send_at` (ms UTC) if that is later. `consent`: what the purpose needs.
    `to_identity` None: a colleague, who is no customer (a test).
    """

    to_identity: str | None
    address: str
    what: str
    kind: str = "email"
    template: str | None = None
    mjml: str | None = None
    subject: str | None = None
    values: dict[str, Any] = {}
    language: str | None = None
    purpose: str | None = None
    """None: the template's."""
    consent: Consent = "granted"
    list_unsubscribe: bool = True
    contact: str | None = None
    priority: int = 50
    caps: tuple[Cap, ...] = ()
    zone: str | None = None
    send_at: int | None = None
    brand: str | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a waiting mail is made from."""

    template: str | None
    version: int | None
    mjml: str | None
    subject: str | None
    values: dict[str, Any]
    language: str | None
    unsubscribe: bool
    brand: str | None = None


class Queued(NamedTuple):
    """It waits, under this id."""

    id: str


class Waiting(NamedTuple):
    """A mail as the sender takes it."""

    id: str
    identity: str | None
    address: str
    kind: str
    what: str
    purpose: str
    content: Content
    contact: str | None
    attempts: int


class Entry(NamedTuple):
    """A mail as people see it."""

    id: str
    state: str
    at: int
    due: int
    identity: str | None
    address: str
    kind: str
    what: str
    purpose: str
    subject: str
    attempts: int
    sent_at: int | None
    code: str
    reason: str


_LOOK: Final = tuple(table.c[name] for name in Entry._fields)


class Outbox:
    """The outbox of a workspace."""

    def __init__(self, workspace: Workspace, known: permission.Templates) -> None:
        """`known` finds templates."""
        self._workspace = workspace
        self._known = known

    # -- queueing ----------------------------------------------------------------------------------------------------

    def queue(self, tx: sa.Connection, mail: Mail) -> Queued | Held:
        """Queue a mail and reserve its contact, both in the caller's transaction; or why it is held back, which is written down.

        `Held`: `suppressed`, `no_consent`, or what the contact ledger says. Raises Refused for what is no mail.
        """
        suppression.address_rule("address", mail.address)
        content, purpose = self._content(mail)
        now = self._workspace.clock()
        at = max(now, mail.send_at or now)
        number = tokens.new_id()
        held = self._forbidden(tx, mail, purpose)
        contact = mail.contact
        if held is None and contact is None and mail.to_identity is not None:
            contact = f"email-{number}"
            held = self._reserve(tx, mail, contact, at)
        elif held is not None and contact is not None:
            self._workspace.contacts.release(tx, contact)
        row: dict[str, Any] = {
            "id": number,
            "state": "queued" if held is None else "held",
            "due": at,
            "at": now,
            "identity": mail.to_identity,
            "address": mail.address,
            "kind": mail.kind,
            "what": mail.what,
            "purpose": purpose,
            "content": msgspec.json.encode(content).decode(),
            "contact": contact,
            "attempts": 0,
            "subject": mail.subject or "",
            "links": "[]",
            "reason": "" if held is None else held.rule,
            "code": "" if held is None else held.reason,
        }
        tx.execute(table.insert().values(row))
        return Queued(number) if held is None else held

    def _content(self, mail: Mail) -> tuple[Content, str]:
        if (mail.template is None) == (mail.mjml is None):
            raise Refused(
                "template", mail.template, "a mail has a template or MJML of its own.", "Name one of the two."
            )
        version, purpose, brand = None, mail.purpose or "marketing", mail.brand
        if mail.template is not None:
            found = self._known(mail.template, None)
            version, purpose, brand = found.version, mail.purpose or found.body.purpose, mail.brand or found.body.brand
        elif not mail.subject:
            raise Refused("subject", mail.subject, "a mail has a subject.", "Say what it is about.")
        content = Content(
            template=mail.template,
            version=version,
            mjml=mail.mjml,
            subject=mail.subject,
            values=mail.values,
            language=mail.language,
            unsubscribe=mail.list_unsubscribe and purpose != "service",
            brand=brand,
        )
        return content, purpose

    def _forbidden(self, tx: sa.Connection, mail: Mail, purpose: str) -> Held | None:
        """Why this address or person gets none, whatever their budget."""
        if (found := suppression.find(tx, mail.address)) is not None:
            return Held("suppressed", f"{found.reason}: {found.detail}"[:200], None)
        if purpose == "service" or mail.to_identity is None:
            return None
        told = permission.consent(self._workspace, tx, mail.to_identity, purpose)
        if told == "denied" or (told is None and mail.consent == "granted"):
            return Held("no_consent", f"{purpose}: {told or 'not asked'}", None)
        return None

    def _reserve(self, tx: sa.Connection, mail: Mail, contact: str, at: int) -> Held | None:
        assert mail.to_identity is not None
        zone = permission.zone(tx)
        wish = Contact(
            contact, mail.to_identity, mail.kind, mail.what, at, mail.priority, mail.caps, mail.zone, made=False
        )
        found = self._workspace.contacts.reserve(tx, wish, contacts.current(self._workspace.definitions), zone)
        return found if isinstance(found, Held) else None

    # -- sending -----------------------------------------------------------------------------------------------------

    def due(self, tx: sa.Connection, now: int, most: int) -> list[Waiting]:
        """What is due, the oldest first."""
        c = table.c
        query = (
            sa.select(c.id, c.identity, c.address, c.kind, c.what, c.purpose, c.content, c.contact, c.attempts)
            .where(c.state == "queued", c.due <= now)
            .order_by(c.due, c.id)
            .limit(most)
        )
        decode = msgspec.json.Decoder(Content).decode
        return [Waiting(*row[:6], decode(row[6]), *row[7:]) for row in tx.execute(query)]

    def begin(self, tx: sa.Connection, mail: Waiting, subject: str, links: Sequence[str]) -> str | None:
        """It is about to be sent: `sending` for good. Why not, where something came between since it was queued."""
        c = table.c
        found = suppression.find(tx, mail.address)
        if found is not None:
            return self._give_up(tx, mail, "held", "suppressed", f"{found.reason}: {found.detail}")
        if mail.identity is not None and mail.purpose != "service":
            told = permission.consent(self._workspace, tx, mail.identity, mail.purpose)
            if told == "denied":
                return self._give_up(tx, mail, "held", "no_consent", f"{mail.purpose}: denied")
        if mail.contact is not None and not self._workspace.contacts.confirm(tx, mail.contact):
            return self._give_up(tx, mail, "held", "displaced", "something more important went first")
        now = {"state": "sending", "attempts": mail.attempts + 1, "subject": subject}
        moved = tx.execute(
            sa.update(table)
            .where(c.id == mail.id, c.state == "queued")
            .values(**now, links=msgspec.json.encode(links).decode())
        )
        return None if moved.rowcount == 1 else "gone"

    def _give_up(self, tx: sa.Connection, mail: Waiting, state: str, code: str, reason: str) -> str:
        if mail.contact is not None:
            self._workspace.contacts.release(tx, mail.contact)
        self.settle(tx, mail.id, state, code=code, reason=reason)
        return code

    def settle(self, tx: sa.Connection, mail: str, state: str, **values: Any) -> bool:
        """What became of it."""
        c = table.c
        query = sa.update(table).where(c.id == mail, c.state.in_(("queued", "sending"))).values(state=state, **values)
        return tx.execute(query).rowcount == 1

    def put_off(self, tx: sa.Connection, mail: Waiting, now: int, code: str, reason: str) -> bool:
        """Try it again later; False, and it has failed, once that was done for days."""
        tried = mail.attempts  # before this time
        if tried >= len(WAITS):
            self.fail(tx, mail, code, reason)
            return False
        again = now + WAITS[tried] * MINUTE
        return self.settle(tx, mail.id, "queued", due=again, attempts=tried + 1, code=code, reason=reason[:400])

    def fail(self, tx: sa.Connection, mail: Waiting, code: str, reason: str) -> None:
        """It can't be sent, and trying again would be pointless."""
        self.settle(tx, mail.id, "failed", attempts=mail.attempts + 1, code=code, reason=reason[:400])

    def name(self, tx: sa.Connection, mail: str, subject: str) -> None:
        """Keep what it is about."""
        tx.execute(sa.update(table).where(table.c.id == mail).values(subject=subject))

    def suppress(self, tx: sa.Connection, address: str, detail: str, reason: str = "bounced") -> None:
        """Send nothing to an address any more."""
        entry = suppression.Suppressed(address, reason, detail, self._workspace.clock(), "resa")
        suppression.add(self._workspace.state, tx, entry)

    def recover(self, tx: sa.Connection) -> int:
        """What an earlier process left between content and answer is unclear; how many mails that are."""
        said = {"state": "unclear", "code": "interrupted", "reason": "The server stopped before the answer came."}
        return tx.execute(sa.update(table).where(table.c.state == "sending").values(**said)).rowcount

    # -- afterwards --------------------------------------------------------------------------------------------------

    def arrived(self, tx: sa.Connection, before: int, most: int) -> list[Entry]:
        """What was sent before a time and has not come back."""
        query = sa.select(*_LOOK).where(table.c.state == "sent", table.c.sent_at < before).order_by(table.c.sent_at)
        return [Entry(*row) for row in tx.execute(query.limit(most))]

    def move(self, tx: sa.Connection, mail: str, before: Sequence[str], state: str, **values: Any) -> bool:
        """From one of some states to another; False where it was in none of them."""
        query = sa.update(table).where(table.c.id == mail, table.c.state.in_(before)).values(state=state, **values)
        return tx.execute(query).rowcount == 1

    def get(self, tx: sa.Connection, mail: str) -> Entry | None:
        """A mail by its id."""
        row = tx.execute(sa.select(*_LOOK).where(table.c.id == mail)).first()
        return None if row is None else Entry(*row)

    def link(self, tx: sa.Connection, mail: str, number: int) -> tuple[Entry, str] | None:
        """A mail and the address that its link of that number leads to."""
        row = tx.execute(sa.select(*_LOOK, table.c.links).where(table.c.id == mail)).first()
        if row is None:
            return None
        links: list[str] = msgspec.json.decode(row[-1])
        return (Entry(*row[:-1]), links[number]) if 0 <= number < len(links) else None

    def page(self, tx: sa.Connection, *, state: str | None, before: int | None, limit: int) -> list[Entry]:
        """The newest first."""
        query = sa.select(*_LOOK).order_by(table.c.at.desc(), table.c.id).limit(limit)
        if state is not None:
            query = query.where(table.c.state == state)
        if before is not None:
            query = query.where(table.c.at < before)
        return [Entry(*row) for row in tx.execute(query)]

    def counts(self, tx: sa.Connection, since: int) -> dict[str, int]:
        """How many mails are in which state, of those queued since a time, and of all that wait."""
        query = (
            sa.select(table.c.state, sa.func.count())
            .where(sa.or_(table.c.at >= since, table.c.state.in_(("queued", "sending", "unclear"))))
            .group_by(table.c.state)
        )
        return {state: count for state, count in tx.execute(query)}

    def again(self, tx: sa.Connection, mail: str, now: int) -> None:
        """Send what failed or is unclear (that may arrive twice) once more, at once."""
        found = self.get(tx, mail)
        if found is None:
            raise NotFound("mail", mail)
        if not self.move(tx, mail, ("failed", "unclear"), "queued", due=now, attempts=0, code="", reason=""):
            raise Conflict(f"This mail is {found.state}.", remedy="Only what failed or is unclear is sent again.")
        tx.execute(sa.update(table).where(table.c.id == mail).values(contact=None))

    def cancel(self, tx: sa.Connection, mail: str, by: str) -> None:
        """Don't send what waits; its contact is free again."""
        row = tx.execute(sa.select(table.c.contact, table.c.state).where(table.c.id == mail)).first()
        if row is None:
            raise NotFound("mail", mail)
        if not self.move(tx, mail, ("queued",), "cancelled", code="cancelled", reason=by):
            raise Conflict(f"This mail is {row.state}.", remedy="Only what waits can be cancelled.")
        if row.contact is not None:
            self._workspace.contacts.release(tx, row.contact)

    def forget_old(self, tx: sa.Connection, now: int) -> None:
        """Forget what nobody can click or answer any more."""
        tx.execute(sa.delete(table).where(table.c.at < now - KEPT_MS))
