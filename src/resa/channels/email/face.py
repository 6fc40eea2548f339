"""The channel as other slices have it: `outbox.queue` for what waits, `compose` for a look, `send_test`, and its life."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from resa import brand as brands
from resa.channels.email import checking, composing, message, suppression, templates
from resa.channels.email.bounces import Bounces
from resa.channels.email.checking import TOKEN
from resa.channels.email.composing import Composed, Surroundings
from resa.channels.email.definition import KEY, Sender, Template, TemplateVersion
from resa.channels.email.lines import Line
from resa.channels.email.message import Envelope
from resa.channels.email.outbox import Mail, Outbox, Queued, Waiting
from resa.channels.email.sending import Sending
from resa.channels.email.tokens import Marks
from resa.kernel import preferences
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

MOST_LOOKS: Final = 64
"""Previews that are kept, for the frame that shows them."""


class Email:
    """The channel of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        """Knows its definitions; sends once `start` was called."""
        self.workspace = workspace
        workspace.definitions.register(checking.SENDER)
        workspace.definitions.register(checking.TEMPLATE)
        workspace.state.create_missing()
        self.find = templates.finder(workspace.definitions)
        self.marks = Marks.of(workspace.state)
        self.outbox = Outbox(workspace, self.find)
        self.allowed = hosts(workspace.settings.smtp_hosts)
        self.sending = Sending(workspace, self.outbox, self.sender, self.build, self.line)
        self.bounces = Bounces(workspace, self.outbox, self.marks)
        self._looks: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Send from now on."""
        self.sending.start()

    def stop(self) -> None:
        """Finish what is on its way."""
        self.sending.stop()

    # -- sender and addresses ----------------------------------------------------------------------------------------

    def sender(self) -> Sender | None:
        """How mail goes out; None: not at all yet."""
        known = {item.key: item.body for item in self.workspace.definitions.all(checking.SENDER.name)}
        found = known.get(KEY)
        return found if isinstance(found, Sender) else None

    def suppressed(self, tx: sa.Connection) -> list[str]:
        """Addresses to which nothing is sent, in lower case."""
        return suppression.among(tx)

    @property
    def address(self) -> str:
        """The public address of this server, without a slash at its end."""
        settings = self.workspace.settings
        return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")

    def line(self, sender: Sender) -> Line:
        """A line to its server."""
        return Line(sender, self.allowed)

    def try_out(self, sender: Sender) -> str:
        """Connect, encrypt and log in as a sender says, and hang up; what the server calls itself. Raises Trouble."""
        line = self.line(sender)
        try:
            return (line.open().ehlo_resp or b"").decode("utf-8", "replace").splitlines()[0][:200]
        finally:
            line.close()

    # -- making ------------------------------------------------------------------------------------------------------

    def build(self, mail: Waiting, sender: Sender) -> tuple[Composed, list[str], Envelope, bytes]:
        """The mail that waits, its links by number, its envelope and its bytes. Raises ResaError."""
        content = mail.content
        if content.template is not None:
            version = self.find(content.template, content.version).body.in_language(content.language)
        else:
            version = TemplateVersion(
                language=content.language or "en", subject=content.subject or "", body=content.mjml or ""
            )
        links: list[str] = []
        mark = self.marks.make("unsubscribe", mail.id)
        leave = f"{self.address}/e/u/{mark}" if content.unsubscribe else None
        around = self.surroundings(content.brand or sender.brand)._replace(
            unsubscribe=leave,
            lead=self._lead(mail, links) if sender.track_clicks and mail.identity is not None else lambda url: url,
            pixel=self._pixel(mail) if sender.track_opens and mail.identity is not None else None,
        )
        spoken = content.language if content.version == templates.STARTED else None
        composed = composing.compose(version, content.values, around, spoken)
        envelope = self._envelope(mail, sender, leave)
        return composed, links, envelope, message.build(composed, sender, envelope)

    def surroundings(self, key: str | None) -> Surroundings:
        """The brand under a key (None: the default one) and this server's address."""
        with self.workspace.state.read() as tx:
            name = preferences.load(tx).name
        brand = brands.current(self.workspace.definitions, key, name=name)
        known = {item.key for item in self.workspace.definitions.all("brand")}
        return Surroundings(brand, key if key in known and key is not None else brands.KEY, self.address)

    def look(self, template: Template, language: str | None, values: Mapping[str, Any], brand: str | None) -> Composed:
        """How a template looks with some values. Raises Refused."""
        around = self.surroundings(brand or template.brand)
        if template.purpose != "service":
            around = around._replace(unsubscribe=f"{self.address}/e/u/example")
        return composing.compose(template.in_language(language), {**template.example, **values}, around)

    def keep(self, html: str) -> str:
        """Keep a look for the frame that shows it; its token."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._looks[token] = html
            while len(self._looks) > MOST_LOOKS:
                self._looks.popitem(last=False)
        return token

    def kept(self, token: str) -> str | None:
        """A look that was kept."""
        return self._looks.get(token)

    def send_test(self, template: str, language: str | None, values: Mapping[str, Any], to: str) -> str:
        """Queue a template for a colleague; the mail's id. It draws on nobody's budget and tells no story."""
        if self.sender() is None:
            raise Refused("sender", None, "nobody has said yet how mail goes out.", "Set up Settings, E-mail first.")
        known = self.find(template, None)
        mail = Mail(
            to_identity=None,
            address=to,
            what=f"test:{template}",
            template=template,
            values={**known.body.example, **values},
            language=language,
        )
        with self.workspace.state.write() as tx:
            queued = self.outbox.queue(tx, mail)
        if not isinstance(queued, Queued):
            raise Refused("address", to, f"nothing is sent there ({queued.rule}).", "Take it off the list first.")
        self.sending.wake()
        return queued.id

    # -- inside ------------------------------------------------------------------------------------------------------

    def _envelope(self, mail: Waiting, sender: Sender, leave: str | None) -> Envelope:
        mark = self.marks.make("bounce", mail.id)
        domain = sender.from_address.rpartition("@")[2]
        bounces = sender.return_path.replace(TOKEN, mark) if sender.return_path else sender.from_address
        return Envelope(mail.address, bounces, f"<{mark}@{domain}>", self.workspace.clock(), leave)

    def _lead(self, mail: Waiting, links: list[str]) -> Any:
        """Lead the links of a mail over this server, which leads on to where they lead and to nowhere else."""
        own = urlsplit(self.address).netloc

        def lead(url: str) -> str:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or parts.netloc == own:
                return url  # our own pages say themselves that somebody came
            if url not in links:
                links.append(url)
            number = links.index(url)
            return f"{self.address}/e/c/{self.marks.make(f'click:{number}', mail.id)}/{number}"

        return lead

    def _pixel(self, mail: Waiting) -> str:
        return f"{self.address}/e/o/{self.marks.make('open', mail.id)}"


def hosts(named: str | None) -> frozenset[str]:
    """The hosts that the operator named: `RESA_SMTP_HOSTS`, with commas between."""
    return frozenset(part.strip().lower() for part in (named or "").split(",") if part.strip())
