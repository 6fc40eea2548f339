"""The HTTP face of rules: listed with how often each fired, made, read, saved, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar.di import NamedDependency

from resa.definitions_routes import SavedVersion, Shelf, routes
from resa.feedback.loops import tables, webhooks
from resa.feedback.loops.definition import FeedbackRule
from resa.feedback.loops.templates import ReplyTemplate
from resa.kernel import times
from resa.kernel.calendar import DAY
from resa.kernel.definitions import Definition
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

RECENT_DAYS = 30


class FeedbackRuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in a list. `fired` and `held_out` count answers of the last 30 days."""

    key: str
    version: int
    name: str
    on: bool
    actions: list[str]
    holdout: float
    fired: int
    held_out: int
    last_at: str | None
    author: str
    changed_at: str


class FeedbackRuleRows(msgspec.Struct, frozen=True):
    """All rules, by name."""

    items: list[FeedbackRuleRow]
    next: None = None


class SavedFeedbackRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with its history, newest first."""

    key: str
    version: int
    body: FeedbackRule
    author: str
    at: str
    fired: int
    held_out: int
    history: list[SavedVersion]


class RuleShelf(Shelf[FeedbackRule]):
    """The rules of a workspace."""

    kind = "feedback-rule"

    def __init__(self, workspace: NamedDependency[Workspace]) -> None:
        """Of this workspace."""
        super().__init__(workspace)

    def rows(self) -> FeedbackRuleRows:
        """All rules."""
        fired = self._fired()
        found = [self._row(item, fired.get(item.key, {})) for item in self.workspace.definitions.all(self.kind)]
        return FeedbackRuleRows(sorted(found, key=lambda row: (row.name, row.key)))

    def page(self, item: Definition[FeedbackRule]) -> SavedFeedbackRule:
        """One rule."""
        fired = self._fired().get(item.key, {})
        return SavedFeedbackRule(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            fired=fired.get("acted", 0),
            held_out=fired.get("held_out", 0),
            history=self.history(item.key),
        )

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse audiences that are not there."""
        del key
        when = body.get("when")
        audience = when.get("audience") if isinstance(when, dict) else None
        if isinstance(audience, str) and audience not in self.workspace.audiences.all():
            remedy = "Make it under Customers, Segments, or leave it out."
            raise Refused("when.audience", audience, "there is no such segment.", remedy)

    def _row(self, item: Definition[FeedbackRule], fired: Mapping[str, int]) -> FeedbackRuleRow:
        return FeedbackRuleRow(
            key=item.key,
            version=item.version,
            name=item.body.name,
            on=item.body.on,
            actions=item.body.then.names,
            holdout=item.body.holdout,
            fired=fired.get("acted", 0),
            held_out=fired.get("held_out", 0),
            last_at=times.iso_or_none(fired.get("last")),
            author=item.author,
            changed_at=times.iso(item.at),
        )

    def _fired(self) -> dict[str, dict[str, int]]:
        f, since = tables.firings.c, self.workspace.clock() - RECENT_DAYS * DAY
        query = sa.select(f.rule, f.arm, sa.func.count(), sa.func.max(f.at)).where(f.at >= since)
        found: dict[str, dict[str, int]] = {}
        with self.workspace.state.read() as tx:
            for rule, arm, count, last in tx.execute(query.group_by(f.rule, f.arm)):
                kept = found.setdefault(rule, {})
                kept[arm] = count
                kept["last"] = max(last, kept.get("last", 0))
        return found


rule_routes = routes(
    RuleShelf,
    "/api/feedback-rules",
    names=("feedback_rule", "feedback_rules"),
    words=("a feedback rule", "feedback rules"),
)


class ReplyTemplateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A template in the list."""

    key: str
    name: str
    languages: list[str]
    version: int


class ReplyTemplateRows(msgspec.Struct, frozen=True):
    """All templates for replies, by name."""

    items: list[ReplyTemplateRow]
    next: None = None


class SavedReplyTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template with its history, newest first."""

    key: str
    version: int
    body: ReplyTemplate
    author: str
    at: str
    history: list[SavedVersion]


class ReplyTemplateShelf(Shelf[ReplyTemplate]):
    """What a team begins its replies with."""

    kind = "reply-template"

    def rows(self) -> ReplyTemplateRows:
        """All of them."""
        items = sorted(self.workspace.definitions.all(self.kind), key=lambda item: (item.body.name, item.key))
        return ReplyTemplateRows(
            [
                ReplyTemplateRow(
                    key=item.key,
                    name=item.body.name,
                    languages=[each.language for each in item.body.versions],
                    version=item.version,
                )
                for item in items
            ]
        )

    def page(self, item: Definition[ReplyTemplate]) -> SavedReplyTemplate:
        """One of them."""
        return SavedReplyTemplate(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            history=self.history(item.key),
        )


template_routes = routes(
    ReplyTemplateShelf,
    "/api/reply-templates",
    names=("reply_template", "reply_templates"),
    words=("a template for replies", "templates for replies"),
)


def secret_of(workspace: Workspace, key: str) -> str:
    """What receivers of a rule's webhooks check signatures with. Raises NotFound."""
    workspace.definitions.get(RuleShelf.kind, key)
    return webhooks.shown(webhooks.key_of(workspace.decisions.signer, key))
