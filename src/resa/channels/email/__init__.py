"""E-mail: mails queued with their contact, sent over SMTP, and what comes back of them (docs/email.md).

`definition` is what people write (senders, templates), `checking` what of it is right. The way of a mail: `outbox` (queued in
the caller's transaction) -> `sending` (one thread) -> `face.build`: `templates`, `starters` -> `composing` (`filling` by Liquid,
`layout`, MJML, `html`) -> `message` -> `lines` (SMTP). What comes back: `bounces`, `suppression`; `tokens` mark what
belongs to which mail; `leaving`, `permission`, `events`; `looks` shows one before it is sent; `pages`, `shelves` and `routes` are the HTTP face.
"""

from __future__ import annotations

from resa.channels.email import filling
from resa.channels.email.definition import Template, TemplateVersion
from resa.channels.email.face import Email
from resa.channels.email.looks import Look, shown
from resa.channels.email.outbox import Mail, Outbox, Queued
from resa.channels.email.suppression import is_address
from resa.kernel.workspace import Workspace

__all__ = [
    "Email",
    "Look",
    "Mail",
    "Outbox",
    "Queued",
    "Template",
    "TemplateVersion",
    "filling",
    "is_address",
    "registered",
    "shown",
]


def registered(workspace: Workspace) -> Email:
    """The channel of a workspace: makes its kinds known. Who assembles starts and stops it."""
    return Email(workspace)
