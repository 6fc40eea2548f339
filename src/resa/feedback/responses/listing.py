"""Responses as people read them: a list, one of them, a file. Anonymous ones only once the log has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.analytics import export
from resa.feedback.responses import events, tables
from resa.feedback.responses.tables import Response, responses
from resa.feedback.surveys import answering, reading
from resa.kernel import times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace

MOST_EXPORTED: Final = 200_000


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A response: who (null: not known, or not told), when, on which channel, and what was answered."""

    response: str
    survey: str
    version: int
    profile: str | None
    state: str
    channel: str
    language: str
    request: str | None
    anonymous: bool
    simulated: bool
    again: bool
    started: str
    ended: str | None
    metric: str | None
    score: int | None
    answers: dict[str, Any]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the responses, the number there are, how many of each quota are taken, and where to go on."""

    items: list[Row]
    total: int
    taken: dict[str, int]
    next: str | None


_c: Final = responses.c
_TOLD: Final = sa.or_(sa.not_(_c.anonymous), _c.logged)


def page(workspace: Workspace, key: str, *, limit: int, cursor: str | None, state: str | None) -> Page:
    """Some responses of a survey, the latest first. Raises NotFound where there never was such a survey."""
    workspace.definitions.history("survey", key)
    offset = _offset(cursor)
    which = sa.and_(_c.survey == key, _TOLD, _c.state == state if state else _c.state != "empty")
    with workspace.state.read() as tx:
        rows = tx.execute(sa.select(responses).where(which).order_by(*_LATEST).limit(limit + 1).offset(offset)).all()
        total = tx.execute(sa.select(sa.func.count()).select_from(responses).where(which)).scalar_one()
        taken = tables.taken(tx, key)
        found = [tables.of_row(row) for row in rows]
        people = _people(workspace, tx, found)
    more = str(offset + limit) if len(found) > limit else None
    items = [_row(workspace, each, people) for each in found[:limit]]
    return Page(items=items, total=total, taken=taken, next=more)


def one(workspace: Workspace, response: str) -> Row:
    """One response. Raises NotFound, also for an anonymous one that the log does not know yet."""
    with workspace.state.read() as tx:
        found = tables.find(tx, response)
        if found is None or (found.anonymous and not found.logged):
            raise NotFound("response", response)
        people = _people(workspace, tx, [found])
    return _row(workspace, found, people)


def file(workspace: Workspace, key: str, form: export.Format) -> bytes:
    """All responses that ended, a column per question of any version."""
    workspace.definitions.history("survey", key)
    which = sa.and_(_c.survey == key, _TOLD, _c.state.in_(("complete", "partial")))
    with workspace.state.read() as tx:
        query = sa.select(responses).where(which).order_by(*_LATEST).limit(MOST_EXPORTED)
        found = [tables.of_row(row) for row in tx.execute(query)]
        people = _people(workspace, tx, found)
    asked = _columns(workspace, found)
    rows = [_cells(_row(workspace, each, people), asked) for each in found]
    return export.file(rows, form)


_LATEST: Final = (sa.func.coalesce(_c.ended, _c.touched).desc(), _c.id)


def _columns(workspace: Workspace, found: Sequence[Response]) -> list[str]:
    """The questions of all versions that were answered, then what was written beside options."""
    versions = dict.fromkeys((each.survey, each.version) for each in found)
    keys: dict[str, None] = {}
    for survey, version in versions:
        keys |= dict.fromkeys(
            question.key for question in reading.pinned(workspace.definitions, survey, version).questions
        )
    words = dict.fromkeys(key for each in found for key in each.answers if key.endswith(answering.WORDS))
    return [*keys, *words]


def _cells(row: Row, asked: Sequence[str]) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in Row.__struct_fields__ if name != "answers"}
    return plain | {f"answer_{key}": _cell(row.answers.get(key)) for key in asked}


def _cell(answer: Any) -> str | None:
    return None if answer is None else events.shown_value(answer)


def _row(workspace: Workspace, response: Response, people: dict[str, str]) -> Row:
    measured = events.score(reading.pinned(workspace.definitions, response.survey, response.version), response.answers)
    return Row(
        response=response.id,
        survey=response.survey,
        version=response.version,
        profile=people.get(response.identity or ""),
        state=response.state,
        channel=response.channel,
        language=response.language,
        request=response.request,
        anonymous=response.anonymous,
        simulated=response.simulated,
        again=response.again,
        started=times.iso(response.started),
        ended=times.iso_or_none(response.ended),
        metric=measured.get("metric"),
        score=measured.get("score"),
        answers=response.answers,
    )


def _people(workspace: Workspace, tx: sa.Connection, found: Sequence[Response]) -> dict[str, str]:
    """By identity, the profile it belongs to now."""
    identities = workspace.identities.find(tx, list(_identities(found)))
    return {key: profile_id(workspace.identities.profile(number)) for key, number in identities.items()}


def _identities(found: Sequence[Response]) -> Iterator[str]:
    return (each.identity for each in found if each.identity is not None)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise Refused("cursor", cursor, "is not one of ours.", "Use the `next` of the page before.")
    return int(cursor)
