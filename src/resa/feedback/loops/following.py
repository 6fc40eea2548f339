"""The follower that reads answers from the log, keeps them for the inbox, and lets rules fire: once per rule and answer.

Everything an answer causes is written in the transaction that moves the cursor; what leaves the house (mail, webhooks) is only
queued there, and sent by `sending`. Rules that ask for sentiment or theme wait for `Comment Understood`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from resa.feedback.loops import acting, conditions, tables
from resa.feedback.loops.acting import Firing
from resa.feedback.loops.asking import Customers
from resa.feedback.loops.sources import ANSWERS, ASKED_FOR, OWN, Answer, Answers
from resa.kernel import foreign, preferences
from resa.kernel.audiences.rules import MINUTE
from resa.kernel.definitions import Definition
from resa.kernel.matching import python as matching
from resa.kernel.projections import Effect, StateProjection
from resa.kernel.state import State
from resa.kernel.workspace import Workspace

UNDERSTOOD: Final = "Comment Understood"
FRESH: Final = 7 * 24 * 60 * MINUTE
"""Answers older than that when they arrive (imported ones) are kept, as closed, and no rule acts on them."""

_KEEP: Final = sa.text(
    'INSERT INTO loop_answers (message_id, "row", identity_number, identity, at, received_at, event, survey, metric, score, '
    "comment, channel, language, simulated, themes, status, version, changed_at) VALUES (:message_id, :row, :number, "
    ":identity, :at, :received_at, :event, :survey, :metric, :score, :comment, :channel, :language, :simulated, "
    "'[]', :status, 1, :received_at) ON CONFLICT DO NOTHING"
)

COLUMNS: Final = [
    *("row", "identity", "message_id", "type", "name", "time", "received_at", "user_id", "anonymous_id", "channel"),
    *("source", "simulated", "properties", "revenue", "currency", "order_id"),
]


class Understood(msgspec.Struct, frozen=True):
    """What was read in a comment: `about` is the message id of its event."""

    about: str
    language: str | None
    sentiment: str | None
    themes: tuple[str, ...]


class Following(StateProjection):
    """Answers kept and rules applied, up to a row of the log."""

    name = "loops"

    def __init__(self, workspace: Workspace, known: Answers, done: Callable[[], None] = lambda: None) -> None:
        """`known` says which events are answers; `done` is called after something was written down."""
        super().__init__(workspace.state, first_row=workspace.tail.first_row())
        self._workspace, self._known, self._done = workspace, known, done
        self._customers = Customers(workspace)

    def applied(self) -> None:
        """Wake who sends."""
        self._done()

    def prepare(self, events: pa.Table) -> Effect | None:
        """What the answers among the events change. Rules are as they are now."""
        events = events.filter(pc.invert(events.column("bot")))
        found = [self._known.read(each) for each in self._known.chosen(events).select(COLUMNS).to_pylist()]
        answers = [answer for answer in found if answer is not None]
        read = [_understood(each) for each in _readings(events)]
        if not answers and not read:
            return None
        firings = self._firings(answers, read)
        zone, now = preferences.zone(self.state), self._workspace.clock()

        def effect(tx: sa.Connection) -> None:
            if answers:
                tx.execute(_KEEP, [_kept(answer) for answer in answers])
                _keep_origins(self.state, tx, answers)
            for each in read:
                _note_reading(tx, each)
            for firing in firings:
                acting.fire(tx, firing, now, zone)

        return effect

    def _firings(self, answers: Sequence[Answer], read: Sequence[Understood]) -> list[Firing]:
        rules = [item for item in self._workspace.definitions.all("feedback-rule") if item.body.on]
        if not rules:
            return []
        with self.state.read() as tx:
            about = {answer.message_id: answer for answer in stored(self.state, tx, [each.about for each in read])}
            about |= {answer.message_id: answer for answer in answers}
            understood = [
                about[each.about]._replace(
                    sentiment=each.sentiment, themes=each.themes, language=each.language, understood=True
                )
                for each in read
                if each.about in about
            ]
            met = [
                (rule, answer)
                for answer in (*answers, *understood)
                if answer.received_at - answer.at <= FRESH and self._workspace.clock() - answer.at <= FRESH
                for rule in rules
                if conditions.waits(rule.body.when) == answer.understood
                and conditions.meets(rule.body.when, answer, self._customers)
            ]
            return [self._firing(tx, rule, answer) for rule, answer in met]

    def _firing(self, tx: sa.Connection, rule: Definition[Any], answer: Answer) -> Firing:
        share = rule.body.holdout
        arm = "acted" if not share else self._customers.arm(tx, rule.key, share, answer)
        return Firing(rule.key, rule.version, rule.body, answer, arm)


def stored(state: State, tx: sa.Connection, ids: Iterable[str]) -> list[Answer]:
    """Answers that were kept before, by message id."""
    rows = tx.execute(tables.kept_answers().where(state.among(tables.answers.c.message_id, list(ids))))
    return [answer_of(row) for row in rows]


def answer_of(row: Any) -> Answer:
    """A kept answer (a row of `tables.kept_answers`) as rules see it."""
    return Answer(
        message_id=row.message_id,
        row=row.row,
        number=row.identity_number,
        identity=row.identity,
        at=row.at,
        received_at=row.received_at,
        event=row.event,
        survey=row.survey,
        metric=row.metric,
        score=row.score,
        comment=row.comment,
        channel=row.channel,
        language=row.language,
        simulated=row.simulated,
        sentiment=row.sentiment,
        themes=tuple(msgspec.json.decode(row.themes)),
        source=row.source or ANSWERS[row.event].key,
    )


def _readings(events: pa.Table) -> list[dict[str, Any]]:
    mask = pc.and_(pc.equal(events.column("name"), UNDERSTOOD), pc.equal(events.column("source"), OWN))
    found: list[dict[str, Any]] = events.select(COLUMNS).filter(mask).to_pylist()
    return found


def _understood(event: dict[str, Any]) -> Understood:
    said = matching.properties(event)
    themes = said.get("themes")
    sentiment, language = said.get("sentiment"), said.get("language")
    return Understood(
        about=foreign.storable(str(said.get("about", ""))),
        language=foreign.storable(language[:20]) if isinstance(language, str) else None,
        sentiment=sentiment if sentiment in ("positive", "neutral", "negative") else None,
        themes=tuple(foreign.storable(str(each)[:64]) for each in themes[:50]) if isinstance(themes, list) else (),
    )


def _kept(answer: Answer) -> dict[str, Any]:
    fresh = answer.received_at - answer.at <= FRESH
    values = answer._asdict()
    for name in ("sentiment", "themes", "understood", "source"):
        del values[name]
    status = tables.ASIDE if answer.source not in ASKED_FOR else "new" if fresh else "closed"
    return {**values, "status": status}


def _keep_origins(state: State, tx: sa.Connection, answers: Sequence[Answer]) -> None:
    said = [{"message_id": each.message_id, "source": each.source} for each in answers if each.source not in ASKED_FOR]
    state.upsert(tx, tables.origins, said, key=["message_id"], update=[])


def _note_reading(tx: sa.Connection, read: Understood) -> None:
    c = tables.answers.c
    values: dict[str, Any] = {"sentiment": read.sentiment, "themes": msgspec.json.encode(read.themes).decode()}
    if read.language:
        values["language"] = read.language
    tx.execute(sa.update(tables.answers).where(c.message_id == read.about).values(values))
