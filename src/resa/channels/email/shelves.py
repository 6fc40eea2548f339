"""Senders and templates over HTTP."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar.di import NamedDependency  # a shelf's own needs are looked up among this module's names

from resa import definitions_routes
from resa.channels.email import composing
from resa.channels.email.definition import KEY, Sender, Template
from resa.channels.email.face import Email
from resa.channels.email.starters import STARTERS
from resa.definitions_routes import SavedVersion, Shelf
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.workspace import Workspace


class SenderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sender in the list; `in_force`: it is the one that sends."""

    key: str
    name: str
    host: str
    from_address: str
    paused: bool
    in_force: bool
    version: int


class SenderRows(msgspec.Struct, frozen=True):
    """All senders: `default` sends, others are prepared."""

    items: list[SenderRow]
    next: None = None


class SavedSender(msgspec.Struct, frozen=True, kw_only=True):
    """A sender and its history, newest first. Secrets are in the server's environment, not here."""

    key: str
    version: int
    body: Sender
    author: str
    at: str
    history: list[SavedVersion]


class SenderShelf(Shelf[Sender]):
    """Senders over HTTP."""

    kind = "email-sender"

    def rows(self) -> SenderRows:
        """Which of them sends."""
        return SenderRows(
            [
                SenderRow(
                    key=item.key,
                    name=item.body.name,
                    host=item.body.host,
                    from_address=item.body.from_address,
                    paused=item.body.paused,
                    in_force=item.key == KEY,
                    version=item.version,
                )
                for item in self.workspace.definitions.all(self.kind)
            ]
        )

    def page(self, item: Definition[Sender]) -> SavedSender:
        """With its history."""
        return SavedSender(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            history=self.history(item.key),
        )


class TemplateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A template in the list; `starter`: it came with Resa and nobody changed it."""

    key: str
    name: str
    description: str
    purpose: str
    languages: list[str]
    starter: bool
    version: int


class TemplateRows(msgspec.Struct, frozen=True):
    """All templates, by key: saved ones, and the starters that nobody replaced."""

    items: list[TemplateRow]
    next: None = None


class SavedTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template and its history, newest first; a starter has the version 0."""

    key: str
    version: int
    body: Template
    author: str
    at: str
    history: list[SavedVersion]


class TemplateShelf(Shelf[Template]):
    """Templates over HTTP."""

    kind = "email-template"

    def __init__(self, workspace: NamedDependency[Workspace], email: NamedDependency[Email]) -> None:
        """The channel tries out what is saved."""
        super().__init__(workspace)
        self.email = email

    def rows(self) -> TemplateRows:
        """With the starters."""
        known = {item.key: item for item in self.workspace.definitions.all(self.kind)}
        starters = {key: self.email.find(key, 0) for key in STARTERS if key not in known}
        return TemplateRows([_row(item) for _, item in sorted({**starters, **known}.items())])

    def find(self, key: str, version: int | None) -> Definition[Template]:
        """A saved one, or a starter."""
        return self.email.find(key, version)

    def page(self, item: Definition[Template]) -> SavedTemplate:
        """With its history."""
        return SavedTemplate(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at) if item.version else "",
            history=self.history(item.key) if item.version else [],
        )

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse what becomes no mail with its own example."""
        del key
        decoded: Template = self.workspace.definitions.decode(self.kind, body)
        around = self.email.surroundings(decoded.brand)
        for version in decoded.versions:
            composing.compose(version, decoded.example, around)


def _row(item: Definition[Template]) -> TemplateRow:
    return TemplateRow(
        key=item.key,
        name=item.body.name,
        description=item.body.description,
        purpose=item.body.purpose,
        languages=[version.language for version in item.body.versions],
        starter=item.version == 0,
        version=item.version,
    )


handlers: Final = [
    *definitions_routes.routes(
        SenderShelf, "/api/email-senders", names=("email_sender", "email_senders"), words=("a sender", "senders")
    ),
    *definitions_routes.routes(
        TemplateShelf,
        "/api/email-templates",
        names=("email_template", "email_templates"),
        words=("an e-mail template", "e-mail templates"),
    ),
]
