"""What is kept of responses in the state store: the answers, quotas taken, and that a person's one answer was used."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel.state import State, metadata

responses: Final = sa.Table(
    "survey_responses",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("survey", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("identity", sa.Text),  # null: anonymous, or by an open link
    sa.Column("request", sa.String(80)),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("language", sa.String(40), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # open, complete, partial, empty
    sa.Column("anonymous", sa.Boolean, nullable=False),
    sa.Column("verified", sa.Boolean, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("again", sa.Boolean, nullable=False),  # from a browser that had answered before
    sa.Column("answers", sa.Text, nullable=False),
    sa.Column("passed", sa.Text, nullable=False),
    sa.Column("held", sa.Text, nullable=False),
    sa.Column("started", sa.BigInteger, nullable=False),
    sa.Column("touched", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger),
    sa.Column("logged", sa.Boolean, nullable=False),
    sa.Index("survey_responses_of_survey", "survey", "ended"),
    sa.Index("survey_responses_unfinished", "logged", "state"),
    sqlite_with_rowid=False,  # a row's number would tell in which order anonymous answers came
)

counts: Final = sa.Table(
    "survey_counts",
    metadata,
    sa.Column("survey", sa.String(64), primary_key=True),
    sa.Column("what", sa.String(140), primary_key=True),  # "" is the whole survey, else <question>/<option>
    sa.Column("taken", sa.BigInteger, nullable=False),
)

used: Final = sa.Table(
    "survey_tickets",
    metadata,
    sa.Column("ticket", sa.String(64), primary_key=True),
    sqlite_with_rowid=False,  # likewise: who answered is known, never when
)

MAY_END: Final = ("complete", "partial", "empty")


class Response(msgspec.Struct, kw_only=True):
    """One answering of a survey. Times in ms UTC."""

    id: str
    survey: str
    version: int
    identity: str | None
    request: str | None
    channel: str
    language: str
    state: str
    anonymous: bool
    verified: bool = True
    simulated: bool = False
    again: bool = False
    answers: dict[str, Any]
    passed: list[str]
    held: list[str]
    started: int
    touched: int
    ended: int | None = None
    logged: bool = False

    def row(self) -> dict[str, Any]:
        """As the table keeps it."""
        return {
            **msgspec.structs.asdict(self),
            **{name: msgspec.json.encode(getattr(self, name)).decode() for name in ("answers", "passed", "held")},
        }


def of_row(row: Any) -> Response:
    """A response from its row."""
    values = dict(row._mapping)
    values |= {name: msgspec.json.decode(values[name]) for name in ("answers", "passed", "held")}
    return Response(**values)


def find(tx: sa.Connection, key: str, *, changing: bool = False) -> Response | None:
    """The response of that id; `changing` keeps others away from it until the transaction ends."""
    query = sa.select(responses).where(responses.c.id == key)
    row = tx.execute(query.with_for_update() if changing else query).one_or_none()
    return None if row is None else of_row(row)


def add(state: State, tx: sa.Connection, response: Response) -> bool:
    """Keep a new response; False if there was one of that id."""
    before = find(tx, response.id)
    if before is None:
        state.upsert(tx, responses, [response.row()], key=["id"], update=[])
    return before is None


def save(tx: sa.Connection, response: Response) -> None:
    """Keep a response as it is now."""
    row = response.row()
    tx.execute(responses.update().where(responses.c.id == row.pop("id")).values(row))


def take(state: State, tx: sa.Connection, survey: str, what: str, quota: int) -> bool:
    """Take one of a quota; False if all are taken. Never more are taken than there are, whoever comes at once."""
    state.upsert(tx, counts, [{"survey": survey, "what": what, "taken": 0}], key=["survey", "what"], update=[])
    c = counts.c
    taken = tx.execute(
        counts.update().where(c.survey == survey, c.what == what, c.taken < quota).values(taken=c.taken + 1)
    )
    return taken.rowcount == 1


def give_back(tx: sa.Connection, survey: str, what: str) -> None:
    """Somebody who had taken one did not need it."""
    c = counts.c
    tx.execute(counts.update().where(c.survey == survey, c.what == what, c.taken > 0).values(taken=c.taken - 1))


def taken(tx: sa.Connection, survey: str) -> dict[str, int]:
    """How many are taken of each quota of a survey."""
    found = tx.execute(sa.select(counts.c.what, counts.c.taken).where(counts.c.survey == survey))
    return {str(what): int(number) for what, number in found}


def use(state: State, tx: sa.Connection, ticket: str) -> bool:
    """Note that a person's one answer was given; False if it was before."""
    if tx.execute(sa.select(used.c.ticket).where(used.c.ticket == ticket)).first() is not None:
        return False
    state.upsert(tx, used, [{"ticket": ticket}], key=["ticket"], update=[])
    return True


def is_used(tx: sa.Connection, ticket: str) -> bool:
    """Whether the person's one answer was given."""
    return tx.execute(sa.select(used.c.ticket).where(used.c.ticket == ticket)).first() is not None
