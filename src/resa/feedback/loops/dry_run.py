"""What a rule would have done: held against the answers of the past, keeping nothing."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from resa.feedback.loops import conditions, following, tables
from resa.feedback.loops.asking import Customers
from resa.feedback.loops.definition import FeedbackRule
from resa.feedback.loops.inbox import AnswerRow, Inbox
from resa.kernel import work
from resa.kernel.calendar import DAY
from resa.kernel.workspace import Workspace

MOST: Final = 200_000
SHOWN: Final = 5


class DryRunAsked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A rule, saved or not, and how many days back it is tried."""

    body: FeedbackRule
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """How often the rule would have fired. Audiences and spending are as they are now; `complete`: all answers were looked at."""

    answers: int
    fired: int
    held_out: int
    customers: int
    per_week: float
    not_understood: int
    """Answers whose comment nobody has read yet, where the rule asks for sentiment or theme."""
    complete: bool
    some: list[AnswerRow]


def run(workspace: Workspace, inbox: Inbox, asked: DryRunAsked) -> DryRun:
    """Try a rule on the answers of the last days, by the time they were given."""
    a, since = tables.answers.c, workspace.clock() - asked.days * DAY
    customers, when = Customers(workspace), asked.body.when
    query = tables.kept_answers().where(a.at >= since).order_by(a.at.desc(), a.number.desc()).limit(MOST + 1)
    if not when.sources:
        query = query.where(a.status != tables.ASIDE)
    with workspace.state.read() as tx:
        rows = tx.execute(query).all()
        complete, rows = len(rows) <= MOST, rows[:MOST]
        met, arms, unread = [], {"acted": 0, "held_out": 0}, 0
        for place, row in enumerate(rows):
            if place % 1_000 == 0:
                work.check()
            answer = following.answer_of(row)
            unread += conditions.waits(when) and bool(answer.comment) and answer.sentiment is None and not answer.themes
            if conditions.meets(when, answer, customers):
                met.append(row)
                arms[customers.arm(tx, "dry run", asked.body.holdout, answer) if asked.body.holdout else "acted"] += 1
        some = inbox.rows(tx, met[:SHOWN])
    people = {workspace.identities.profile(row.identity_number) for row in met}
    return DryRun(
        answers=len(rows),
        fired=len(met),
        held_out=arms["held_out"],
        customers=len(people),
        per_week=round(len(met) * 7 / asked.days, 2),
        not_understood=unread,
        complete=complete,
        some=some,
    )
