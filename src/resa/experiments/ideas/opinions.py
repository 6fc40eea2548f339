"""Votes and comments on ideas. A vote is a person's one; a comment can be taken back, and the audit log keeps that it was."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa

from resa.kernel import audit, times
from resa.kernel.audit import Actor
from resa.kernel.errors import NotFound, Refused, shorten
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

votes: Final = sa.Table(
    "idea_votes",
    metadata,
    sa.Column("idea", sa.String(64), primary_key=True),
    sa.Column("voter", sa.String(320), primary_key=True),
    sa.Column("up", sa.Boolean, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

comments: Final = sa.Table(
    "idea_comments",
    metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("idea", sa.String(64), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author_id", sa.String(320), nullable=False),
    sa.Column("author", sa.String(320), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

MOST_COMMENTS: Final = 1_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")


class Votes(msgspec.Struct, frozen=True):
    """Votes for and against; `mine` is the asking person's own."""

    up: int = 0
    down: int = 0
    mine: bool | None = None


class NewComment(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody says of an idea."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of an idea."""

    id: str
    text: str
    author: str
    mine: bool
    at: str


class Opinions:
    """Votes and comments on the ideas of a workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Stands on the state store alone."""
        self._workspace = workspace

    def votes(self, actor: Actor) -> dict[str, Votes]:
        """The votes on every idea that has some."""
        c, mine = votes.c, shorten(actor.id, 320)
        counted = sa.func.sum(sa.case((c.up, 1), else_=0)), sa.func.count()
        with self._workspace.state.read() as tx:
            totals = tx.execute(sa.select(c.idea, *counted).group_by(c.idea)).all()
            own = {row.idea: row.up for row in tx.execute(sa.select(c.idea, c.up).where(c.voter == mine))}
        return {idea: Votes(int(up), int(n - up), own.get(idea)) for idea, up, n in totals}

    def vote(self, idea: str, actor: Actor, up: bool | None) -> None:
        """Vote for or against; None takes the vote back."""
        c, mine = votes.c, shorten(actor.id, 320)
        with self._workspace.state.write() as tx:
            tx.execute(votes.delete().where(c.idea == idea, c.voter == mine))
            if up is not None:
                tx.execute(votes.insert().values(idea=idea, voter=mine, up=up, at=self._workspace.clock()))

    def comments(self, idea: str, actor: Actor) -> list[Comment]:
        """What was said of an idea, the first word first."""
        c = comments.c
        with self._workspace.state.read() as tx:
            rows = tx.execute(sa.select(comments).where(c.idea == idea).order_by(c.at, c.id)).all()
        return _shown(rows, actor)

    def say(self, idea: str, text: str, actor: Actor) -> Comment:
        """Say something of an idea."""
        if not text.strip() or _CONTROL.search(text):
            raise Refused(
                "text", _CONTROL.sub("\ufffd", text), "a comment says something, in letters.", "Write it anew."
            )
        number, at, author = f"c_{secrets.token_hex(8)}", self._workspace.clock(), shorten(actor.name, 320)
        row = {
            "id": number,
            "idea": idea,
            "text": text,
            "author_id": shorten(actor.id, 320),
            "author": author,
            "at": at,
        }
        with self._workspace.state.write() as tx:
            count = sa.select(sa.func.count()).select_from(comments).where(comments.c.idea == idea)
            if (tx.execute(count).scalar() or 0) >= MOST_COMMENTS:
                raise Refused(
                    "text", MOST_COMMENTS, f"an idea holds at most {MOST_COMMENTS} comments.", "Start another."
                )
            tx.execute(comments.insert().values(row))
            audit.record(tx, actor, "idea.commented", f"idea:{idea}", {"comment": number})
        return Comment(id=number, text=text, author=author, mine=True, at=times.iso(at))

    def unsay(self, idea: str, comment: str, actor: Actor, *, anyone: bool) -> None:
        """Take a comment back: one's own, or (`anyone`) somebody else's."""
        c = comments.c
        found = sa.and_(c.id == comment, c.idea == idea)
        with self._workspace.state.write() as tx:
            row = tx.execute(sa.select(comments).where(found)).first()
            if row is None or not (anyone or row.author_id == shorten(actor.id, 320)):
                raise NotFound("comment of yours", comment)
            tx.execute(comments.delete().where(found))
            audit.record(tx, actor, "idea.comment_deleted", f"idea:{idea}", {"comment": comment, "text": row.text})


def _shown(rows: Sequence[sa.Row[tuple[object, ...]]], actor: Actor) -> list[Comment]:
    mine = shorten(actor.id, 320)
    return [
        Comment(id=row.id, text=row.text, author=row.author, mine=row.author_id == mine, at=times.iso(row.at))
        for row in rows
    ]
