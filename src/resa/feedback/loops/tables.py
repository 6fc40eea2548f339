"""What the loops keep in state: answers with their status, firings, tasks, notes, alerts, deliveries, events to be told."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from resa.kernel.state import metadata

Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

answers: Final = sa.Table(
    "loop_answers",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("identity_number", sa.BigInteger, nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("survey", sa.String(64)),
    sa.Column("metric", sa.String(20)),
    sa.Column("score", sa.Float),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("language", sa.String(20)),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("sentiment", sa.String(10)),
    sa.Column("themes", sa.Text, nullable=False),  # JSON
    sa.Column("status", sa.String(10), nullable=False),  # new, open, waiting, closed; aside: in no inbox
    sa.Column("assignee", sa.Text),  # a user's id
    sa.Column("contacted_at", sa.BigInteger),  # when somebody got back to the customer, and how: reply, follow_up, hand
    sa.Column("contacted_by", sa.String(12)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Index("loop_answers_by_status", "status", "at"),
    sa.Index("loop_answers_by_time", "at"),
    sa.Index("loop_answers_by_identity", "identity_number"),
    sqlite_autoincrement=True,
)

origins: Final = sa.Table(
    "loop_origins",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("source", sa.String(64), nullable=False),
)
"""The comment source of what is neither a survey's answer nor a review."""

ASIDE: Final = "aside"
"""The status of what nobody asked for (a chat, a ticket), until a rule brings it up."""


def kept_answers() -> sa.Select[Any]:
    """Answers with the source that they came by, if it is another than surveys and reviews."""
    joined = answers.outerjoin(origins, origins.c.message_id == answers.c.message_id)
    return sa.select(answers, origins.c.source).select_from(joined)


firings: Final = sa.Table(
    "loop_firings",
    metadata,
    sa.Column("rule", sa.String(64), primary_key=True),
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("rule_version", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("arm", sa.String(10), nullable=False),  # acted, held_out
    sa.Column("identity_number", sa.BigInteger, nullable=False),
    sa.Column("actions", sa.Text, nullable=False),  # JSON: names of the actions
    sa.Index("loop_firings_by_answer", "message_id"),
    sa.Index("loop_firings_by_identity", "rule", "identity_number"),
)
"""A rule acted on an answer, or held back to compare with: once, whatever comes twice."""

tasks: Final = sa.Table(
    "loop_tasks",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("rule", sa.String(64)),
    sa.Column("message_id", sa.Text),  # the answer it is about
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("owner", sa.Text),  # a user's id
    sa.Column("status", sa.String(10), nullable=False),  # open, done, dropped
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger),
    sa.Column("snoozed_until", sa.BigInteger),
    sa.Column("escalate_to", sa.Text, nullable=False),
    sa.Column("escalated_at", sa.BigInteger),
    sa.Column("closed_at", sa.BigInteger),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Index("loop_tasks_by_status", "status", "due_at"),
    sa.Index("loop_tasks_by_answer", "message_id"),
)

notes: Final = sa.Table(
    "loop_notes",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("on", sa.Text, nullable=False),  # answer:<message id>, task:<id>
    sa.Column("kind", sa.String(10), nullable=False),  # note, reply, change
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("author_id", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("loop_notes_on", "on", "number"),
    sqlite_autoincrement=True,
)

alerts: Final = sa.Table(
    "loop_alerts",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("to", sa.Text, nullable=False),  # an e-mail address, in lower case
    sa.Column("kind", sa.String(12), nullable=False),  # answer, overdue
    sa.Column("rule", sa.String(64)),
    sa.Column("message_id", sa.Text),
    sa.Column("task", sa.String(40)),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger),
    sa.Index("loop_alerts_to", "to", "number"),
    sqlite_autoincrement=True,
)

deliveries: Final = sa.Table(
    "loop_deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),  # webhook, follow_up, alert_mail
    sa.Column("rule", sa.String(64)),
    sa.Column("message_id", sa.Text),
    sa.Column("to", sa.Text, nullable=False),  # address of a webhook, or an e-mail address, or an identity
    sa.Column("body", sa.Text, nullable=False),  # JSON: what is sent, as it was when the rule fired
    sa.Column("state", sa.String(10), nullable=False),  # waiting, sent, dead, held_back
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("next_at", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Index("loop_deliveries_due", "state", "next_at"),
    sa.Index("loop_deliveries_of_answer", "message_id"),
)

outbox: Final = sa.Table(
    "loop_outbox",
    metadata,
    sa.Column("message_id", sa.String(120), primary_key=True),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("properties", sa.Text, nullable=False),
)
"""Events of Resa's own that wait to be written to the log."""
