"""The comments of a workspace, kept in state: what was said, by which identity, how it was read, and its themes.

Identities are kept as numbers and become profiles when they are read, so merges and their undo need nothing done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from resa.kernel.identities import identities
from resa.kernel.state import State, metadata

Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

comments: Final = sa.Table(
    "comments",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("identity", sa.BigInteger, nullable=False, index=True),
    sa.Column("time", sa.BigInteger, nullable=False, index=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("source", sa.String(64), nullable=False, index=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("survey", sa.String(64)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("metric", sa.String(20)),
    sa.Column("score", sa.Float),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("language", sa.String(16)),
    sa.Column("sentiment", sa.String(10), nullable=False),
    sa.Column("sentiment_score", sa.Float, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
)

about: Final = sa.Table(
    "comment_themes",
    metadata,
    sa.Column("comment", Number, primary_key=True, autoincrement=False),
    sa.Column("theme", sa.String(64), primary_key=True),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("typical", sa.Float, nullable=False),  # how well it stands for the theme, 0 to 1
    sa.Index("comment_themes_of_theme", "theme", "comment"),
)

untold: Final = sa.Table(
    "comments_untold", metadata, sa.Column("comment", Number, primary_key=True, autoincrement=False)
)
"""Read, and not yet said in the log (`telling`)."""

filled: Final = sa.Table(
    "comment_sources_filled",
    metadata,
    sa.Column("source", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
"""The version of each source that the whole log was searched by."""


class Mention(NamedTuple):
    """A comment is about a theme: how much of it, and how typical of the theme it is."""

    theme: str
    weight: float
    typical: float


class Reading(msgspec.Struct, frozen=True):
    """How a comment was read. `sentiment` is `not yet` where nothing can be said honestly."""

    language: str | None
    sentiment: str
    sentiment_score: float
    probability: float
    model: str


NOT_YET: Final = "not yet"
FOREIGN: Final = "lm:"
"""What the name of a language model begins with, where it read a comment."""


def put(
    state: State,
    tx: sa.Connection,
    rows: Sequence[dict[str, Any]],
    mentions: Sequence[Sequence[Mention]],
    *,
    tell: bool,
) -> int:
    """Keep comments and their themes; one whose event is known already is read anew, and not told again. How many are new."""
    last = {row["message_id"]: (row, said) for row, said in zip(rows, mentions, strict=True)}
    if not last:
        return 0
    rows, mentions = [row for row, _ in last.values()], [said for _, said in last.values()]
    wanted = [row["message_id"] for row in rows]
    known = set(
        tx.execute(sa.select(comments.c.message_id).where(state.among(comments.c.message_id, wanted))).scalars()
    )
    state.upsert(tx, comments, rows, key=["message_id"])
    ids = dict(
        tx.execute(
            sa.select(comments.c.message_id, comments.c.id).where(state.among(comments.c.message_id, wanted))
        ).all()
    )
    set_themes(state, tx, {ids[row["message_id"]]: said for row, said in zip(rows, mentions, strict=True)})
    new = [ids[message] for message in wanted if message not in known]
    if tell and new:
        state.upsert(tx, untold, [{"comment": number} for number in new], key=["comment"], update=[])
    return len(new)


def tell_anew(state: State, tx: sa.Connection, numbers: Iterable[int]) -> None:
    """These comments are understood where they were not before: the log is told once more."""
    state.upsert(tx, untold, [{"comment": number} for number in numbers], key=["comment"], update=[])


def set_themes(state: State, tx: sa.Connection, mentions: dict[int, Sequence[Mention]]) -> None:
    """Replace what these comments are about."""
    tx.execute(sa.delete(about).where(state.among(about.c.comment, mentions)))
    rows = [{"comment": number, **mention._asdict()} for number, said in mentions.items() for mention in said]
    if rows:
        tx.execute(sa.insert(about), rows)


def set_readings(tx: sa.Connection, readings: Iterable[tuple[int, Reading]]) -> None:
    """Replace how these comments were read."""
    rows = [{"number": number, **msgspec.structs.asdict(reading)} for number, reading in readings]
    if rows:
        names = Reading.__struct_fields__
        changed = sa.update(comments).where(comments.c.id == sa.bindparam("number"))
        tx.execute(changed.values({name: sa.bindparam(name) for name in names}), rows)


def texts(state: State, *, after: int = 0, most: int = 2_000) -> list[sa.Row[Any]]:
    """(id, text, language, metric, score, model) of the next comments by id."""
    c = comments.c
    query = (
        sa.select(c.id, c.text, c.language, c.metric, c.score, c.model).where(c.id > after).order_by(c.id).limit(most)
    )
    with state.read() as tx:
        return list(tx.execute(query))


def all_texts(state: State, *, most: int = 2_000) -> Iterator[list[sa.Row[Any]]]:
    """All of them, so many at a time, each batch in a transaction of its own."""
    last = 0
    while rows := texts(state, after=last, most=most):
        yield rows
        last = int(rows[-1].id)


def count(state: State) -> int:
    """How many comments there are."""
    with state.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(comments)).scalar_one())


def by_source(state: State) -> dict[str, int]:
    """How many comments came from each source."""
    c = comments.c
    with state.read() as tx:
        return dict(tx.execute(sa.select(c.source, sa.func.count()).group_by(c.source)).all())


def read_with(state: State, model: str) -> tuple[int, int, int]:
    """How many comments there are, of how many no sentiment can be said, and how many were read with another model."""
    c = comments.c
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(c.sentiment == NOT_YET),
        sa.func.count().filter(c.model != model, ~c.model.startswith(FOREIGN)),
    )
    with state.read() as tx:
        total, unsaid, older = tx.execute(query).one()
    return int(total), int(unsaid), int(older)


def spoken(state: State) -> list[tuple[str | None, int, int]]:
    """Per language how many comments there are, and of how many no sentiment can be said; the most frequent first."""
    c = comments.c
    count = sa.func.count()
    query = (
        sa.select(c.language, count, count.filter(c.sentiment == NOT_YET))
        .group_by(c.language)
        .order_by(count.desc(), c.language)
    )
    with state.read() as tx:
        return [(language, int(total), int(unsaid)) for language, total, unsaid in tx.execute(query)]


def drop_sources(state: State, kept: Sequence[str]) -> int:
    """Forget the comments of sources that are gone or switched off. How many."""
    with state.write() as tx:
        gone = sa.select(comments.c.id).where(~state.among(comments.c.source, kept))
        return _drop(tx, gone)


def drop_erased(state: State) -> int:
    """Forget the comments of customers who were erased. How many."""
    with state.write() as tx:
        erased = sa.select(identities.c.id).where(identities.c.profile < 0)
        return _drop(tx, sa.select(comments.c.id).where(comments.c.identity.in_(erased)))


def forget(state: State, tx: sa.Connection, numbers: Iterable[int]) -> int:
    """Erase what these identities said. How many comments."""
    return _drop(tx, sa.select(comments.c.id).where(state.among(comments.c.identity, list(numbers))))


def _drop(tx: sa.Connection, which: sa.Select[Any]) -> int:
    gone = list(tx.execute(which).scalars())
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        tx.execute(sa.delete(about).where(about.c.comment.in_(some)))
        tx.execute(sa.delete(untold).where(untold.c.comment.in_(some)))
        tx.execute(sa.delete(comments).where(comments.c.id.in_(some)))
    return len(gone)
