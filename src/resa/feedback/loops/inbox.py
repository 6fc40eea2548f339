"""The inbox: answers with a status and somebody who minds them, why they are here, and what was done."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from resa.access import team
from resa.feedback.loops import acting, tables
from resa.feedback.loops.sources import ANSWERS
from resa.feedback.themes import mentions
from resa.feedback.themes.definition import BUILT_IN, SOURCE
from resa.kernel import audit, foreign, profiles, times
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound, Refused
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace

Status = Literal["new", "open", "waiting", "closed"]
STATUSES: Final = ("new", "open", "waiting", "closed")
MOST_TEXT: Final = 10_000
MOST_AT_ONCE: Final = 200


class AnswerRow(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in the inbox. `rules` are the keys of those that brought it up; `due_at` of its next open task.

    `title` is what people call where it came from: the survey, or the comment source; null where neither has a name.
    """

    id: int
    message_id: str
    at: str
    event: str
    survey: str | None
    title: str | None
    metric: str | None
    score: float | None
    comment: str
    channel: str
    language: str | None
    sentiment: str | None
    themes: list[str]
    profile: str | None
    name: str | None
    anonymous: bool
    simulated: bool
    status: Status
    assignee: str | None
    contacted_at: str | None
    contacted_by: str | None
    version: int
    rules: list[str]
    held_out: bool
    due_at: str | None


class AnswerRows(msgspec.Struct, frozen=True):
    """Answers, the newest first; `next` asks for the page after."""

    items: list[AnswerRow]
    next: str | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers have each status, how many of those not closed are the asking person's, and what else waits for them."""

    new: int
    open: int
    waiting: int
    closed: int
    mine: int
    tasks: int
    overdue: int
    alerts: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote or did: `note`, `reply` (it went to the customer), `change`."""

    id: int
    kind: str
    text: str
    author: str
    at: str


class Changed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change of an answer: what isn't sent stays. `contacted`: somebody got back to the customer by other means."""

    expected_version: int
    status: Status | msgspec.UnsetType = msgspec.UNSET
    assignee: str | msgspec.UnsetType | None = msgspec.UNSET
    """A user's id, or null for nobody."""
    contacted: bool | msgspec.UnsetType = msgspec.UNSET


class Asked(NamedTuple):
    """Which answers are asked for; None: whichever."""

    status: str | None = None
    assignee: str | None = None
    """A user's id, or `none`."""
    survey: str | None = None
    metric: str | None = None
    score_from: float | None = None
    score_to: float | None = None
    sentiment: str | None = None
    theme: str | None = None
    channel: str | None = None
    rule: str | None = None
    text: str | None = None
    commented: bool | None = None
    simulated: bool = True
    aside: bool = False
    """Also what nobody asked for and no rule brought up: chats, tickets."""


class Inbox:
    """The answers of a workspace as a team works on them. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Over its state."""
        self._workspace = workspace

    def page(self, asked: Asked, cursor: str | None, limit: int) -> AnswerRows:
        """A page of answers, the newest first."""
        a = tables.answers.c
        query = sa.select(tables.answers).where(*self.tests(asked)).order_by(a.at.desc(), a.number.desc())
        if cursor is not None:
            at, number = _cursor(cursor)
            query = query.where(sa.or_(a.at < at, sa.and_(a.at == at, a.number < number)))
        with self._workspace.state.read() as tx:
            rows = tx.execute(query.limit(limit + 1)).all()
            shown = self.rows(tx, rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return AnswerRows(shown, None if last is None else _place(last.at, last.number))

    def counts(self, user: str | None, address: str | None) -> Counts:
        """What waits, in all and for one person."""
        a, t, now = tables.answers.c, tables.tasks.c, self._workspace.clock()
        with self._workspace.state.read() as tx:
            grouped = tx.execute(sa.select(a.status, sa.func.count()).group_by(a.status))
            by: dict[str, int] = {row[0]: row[1] for row in grouped}
            count = sa.select(sa.func.count())
            mine = count.select_from(tables.answers).where(a.assignee == user, a.status != "closed")
            tasks = count.select_from(tables.tasks).where(t.owner == user, t.status == "open")
            overdue = count.select_from(tables.tasks).where(t.status == "open", t.due_at < now)
            alerts = count.select_from(tables.alerts).where(
                tables.alerts.c.to == (address or ""), tables.alerts.c.seen_at.is_(None)
            )
            found = [int(tx.execute(query).scalar_one()) for query in (mine, tasks, overdue, alerts)]
        numbers = {status: by.get(status, 0) for status in STATUSES}
        return Counts(**numbers, mine=found[0], tasks=found[1], overdue=found[2], alerts=found[3])

    def one(self, number: int) -> AnswerRow:
        """An answer as it is shown. Raises NotFound."""
        with self._workspace.state.read() as tx:
            return self.rows(tx, [kept(tx, number)])[0]

    def change(self, number: int, wanted: Changed, actor: Actor) -> AnswerRow:
        """Change an answer; Conflict if somebody else did meanwhile. What it was is in its notes, so that it can be undone."""
        with self._workspace.state.write() as tx:
            self.put(tx, number, wanted, actor)
            return self.rows(tx, [kept(tx, number)])[0]

    def put(self, tx: sa.Connection, number: int, wanted: Changed, actor: Actor) -> None:
        """The same within the caller's transaction."""
        before = kept(tx, number)
        values = self._values(tx, before, wanted)
        if values:
            _save(tx, before, wanted.expected_version, values, self._workspace.clock())
            said = {name: [getattr(before, name), value] for name, value in values.items()}
            self._tell(tx, before, values, actor)
            audit.record(tx, actor, "answer.changed", f"answer:{number}", said)

    def note(self, on: str, kind: str, text: str, actor: Actor) -> Note:
        """Write something on an answer or a task."""
        if not text.strip() or len(text) > MOST_TEXT:
            raise Refused("text", text, f"a note has 1 to {MOST_TEXT:,} characters.", "Write a sentence.")
        with self._workspace.state.write() as tx:
            write_note(tx, on, kind, foreign.storable(text), actor, self._workspace.clock())
            return notes(tx, on)[-1]

    def rows(self, tx: sa.Connection, found: Sequence[Any]) -> list[AnswerRow]:
        """Kept answers as they are shown, with who answered and why each is here."""
        fired = self._fired(tx, [row.message_id for row in found])
        due = self._due(tx, [row.message_id for row in found])
        profiles = {row.number: self._workspace.identities.profile(row.identity_number) for row in found}
        names = self.names(tx, [profiles[row.number] for row in found if not _anonymous(row)])
        titles = self._titles(tx, found)
        return [
            _shown(row, profiles[row.number], names, fired[row.message_id], due.get(row.message_id), titles[row.number])
            for row in found
        ]

    def _titles(self, tx: sa.Connection, found: Sequence[Any]) -> dict[int, str | None]:
        """By an answer's number the name of the survey, else of the comment source, that it came by."""
        o, known = tables.origins.c, self._workspace.definitions
        ids = [row.message_id for row in found]
        rows = tx.execute(sa.select(o.message_id, o.source).where(self._workspace.state.among(o.message_id, ids)))
        origins: dict[str, str] = {message: source for message, source in rows}
        sources = {key: body.name for key, body in BUILT_IN.items()}
        sources |= {item.key: item.body.name for item in known.all(SOURCE.name)}
        surveys = {item.key: item.body.name for item in known.all("survey")}
        return {
            row.number: surveys.get(row.survey)
            or sources.get(row.survey)
            or (None if row.survey else sources.get(origins.get(row.message_id) or _usual(row.event)))
            for row in found
        }

    def erase(self, tx: sa.Connection, identities: Iterable[int]) -> None:
        """Forget the answers of these identities and all that was done about them."""
        gone = list(identities)
        ids = list(
            tx.execute(
                sa.select(tables.answers.c.message_id).where(
                    self._workspace.state.among(tables.answers.c.identity_number, gone)
                )
            ).scalars()
        )
        among = self._workspace.state.among
        for table in (tables.origins, tables.firings, tables.tasks, tables.alerts, tables.deliveries, tables.answers):
            tx.execute(sa.delete(table).where(among(table.c.message_id, ids)))
        tx.execute(sa.delete(tables.notes).where(among(tables.notes.c.on, [f"answer:{each}" for each in ids])))

    # -- inside ------------------------------------------------------------------------------------------------------

    def tests(self, asked: Asked) -> list[sa.ColumnElement[bool]]:
        """What an answer asked for must meet."""
        a = tables.answers.c
        tests = [
            getattr(a, name) == value
            for name in ("survey", "metric", "sentiment", "channel")
            if (value := getattr(asked, name)) is not None
        ]
        if asked.status == "unclosed":
            tests.append(a.status != "closed")
        elif asked.status is not None:
            tests.append(a.status == asked.status)
        if not asked.aside:
            tests.append(a.status != tables.ASIDE)
        if asked.assignee is not None:
            tests.append(a.assignee.is_(None) if asked.assignee == "none" else a.assignee == asked.assignee)
        if asked.score_from is not None:
            tests.append(a.score >= asked.score_from)
        if asked.score_to is not None:
            tests.append(a.score <= asked.score_to)
        if asked.theme is not None:
            tests.append(self._themed(asked.theme))
        if asked.text:
            tests.append(sa.func.lower(a.comment).contains(asked.text.lower(), autoescape=True))
        if asked.commented is not None:
            tests.append((a.comment != "") if asked.commented else (a.comment == ""))
        if asked.rule is not None:
            f = tables.firings.c
            tests.append(sa.exists().where(f.message_id == a.message_id, f.rule == asked.rule))
        if not asked.simulated:
            tests.append(a.simulated.is_(False))
        return tests

    def _themed(self, theme: str) -> sa.ColumnElement[bool]:
        """About this theme as the log was told, or as is known now that themes were found or merged since."""
        a = tables.answers.c
        told = [
            a.themes.contains(msgspec.json.encode(key).decode(), autoescape=True)
            for key in mentions.counting_as(self._workspace, theme)
        ]
        known = sa.select(mentions.comments.c.message_id).where(mentions.of_theme(self._workspace, theme))
        return sa.or_(*told, a.message_id.in_(known))

    def _values(self, tx: sa.Connection, before: Any, wanted: Changed) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if wanted.status is not msgspec.UNSET and wanted.status != before.status:
            values["status"] = wanted.status
        if wanted.assignee is not msgspec.UNSET and wanted.assignee != before.assignee:
            values["assignee"] = known_user(tx, "assignee", wanted.assignee)
            if before.status == "new" and wanted.assignee and "status" not in values:
                values["status"] = "open"
        if wanted.contacted is not msgspec.UNSET and wanted.contacted != (before.contacted_at is not None):
            values["contacted_at"] = self._workspace.clock() if wanted.contacted else None
            values["contacted_by"] = "hand" if wanted.contacted else None
        return values

    def _tell(self, tx: sa.Connection, before: Any, values: Mapping[str, Any], actor: Actor) -> None:
        """A note of the change; and the log is told of a loop that was closed."""
        now = self._workspace.clock()
        words = ", ".join(f"{name}: {getattr(before, name)} → {value}" for name, value in values.items())
        write_note(tx, f"answer:{before.message_id}", "change", words, actor, now)
        if values.get("status") == "closed":
            contacted = values.get("contacted_at", before.contacted_at) is not None
            said = {"about": before.message_id, "contacted": contacted, "seconds": max(0, now - before.at) // 1000}
            message = f"loop-closed-{before.number}-{before.version + 1}"
            table, row = acting.told(before.identity, "Loop Closed", message, now, before.simulated, said)
            tx.execute(table.insert().values(row))

    def _fired(self, tx: sa.Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        f = tables.firings.c
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        query = sa.select(f.message_id, f.rule, f.arm).where(self._workspace.state.among(f.message_id, ids))
        for message, rule, arm in tx.execute(query.order_by(f.rule)):
            found[message].append((rule, arm))
        return found

    def _due(self, tx: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
        t = tables.tasks.c
        query = sa.select(t.message_id, sa.func.min(t.due_at)).where(
            self._workspace.state.among(t.message_id, ids), t.status == "open", t.due_at.is_not(None)
        )
        return {row[0]: row[1] for row in tx.execute(query.group_by(t.message_id))}

    def names(self, tx: sa.Connection, numbers: Sequence[int]) -> dict[int, str]:
        """What profiles are called, by number: their name or user id; of a device's id nobody is called."""
        wanted = sorted({number for number in numbers if number >= 0})
        members = {number: self._workspace.identities.members(tx, number) for number in wanted}
        read = profiles.read(self._workspace.state, tx, members)
        keys = self._workspace.identities.keys(tx, wanted)
        called = {number: profile.display_name or _user(keys.get(number, "")) for number, profile in read.items()}
        return {number: name for number, name in called.items() if name}


def _usual(event: str) -> str:
    """The comment source of what surveys and reviews bring."""
    return ANSWERS[event].key if event in ANSWERS else ""


def _user(key: str) -> str | None:
    kind, _, of = key.partition(":")
    return of if kind == "user" else None


def write_note(tx: sa.Connection, on: str, kind: str, text: str, actor: Actor, now: int) -> None:
    """Append to what was written on an answer (`answer:<message id>`) or a task (`task:<id>`)."""
    values = {"on": on, "kind": kind, "text": text, "author": actor.name, "author_id": actor.id, "at": now}
    tx.execute(tables.notes.insert().values(values))


def notes(tx: sa.Connection, on: str) -> list[Note]:
    """What was written on it, the first first."""
    n = tables.notes.c
    rows = tx.execute(sa.select(tables.notes).where(n.on == on).order_by(n.number))
    return [Note(id=row.number, kind=row.kind, text=row.text, author=row.author, at=times.iso(row.at)) for row in rows]


def known_user(tx: sa.Connection, field: str, user: str | None) -> str | None:
    """The id of somebody of the team. Raises Refused for anybody else."""
    if user is not None:
        try:
            team.get(tx, foreign.storable(user))
        except NotFound:
            raise Refused(field, user, "nobody of the team has this id.", "Use an id of GET /api/team.") from None
    return user


def _save(tx: sa.Connection, before: Any, expected: int, values: Mapping[str, Any], now: int) -> None:
    a = tables.answers.c
    same = sa.update(tables.answers).where(a.number == before.number, a.version == expected)
    if tx.execute(same.values(**values, version=expected + 1, changed_at=now)).rowcount != 1:
        raise Conflict(
            "Somebody changed this answer meanwhile.",
            remedy="Read it again.",
            current={"version": before.version, "status": before.status, "assignee": before.assignee},
        )


def kept(tx: sa.Connection, number: int) -> Any:
    """An answer as it is kept. Raises NotFound."""
    row = tx.execute(sa.select(tables.answers).where(tables.answers.c.number == number)).first()
    if row is None:
        raise NotFound("answer", number)
    return row


def _anonymous(row: Any) -> bool:
    return bool(row.identity.startswith("anon:survey-"))


def _shown(
    row: Any,
    profile: int,
    names: Mapping[int, str],
    fired: Sequence[tuple[str, str]],
    due: int | None,
    title: str | None,
) -> AnswerRow:
    hidden = _anonymous(row) or profile < 0
    return AnswerRow(
        id=row.number,
        message_id=row.message_id,
        at=times.iso(row.at),
        event=row.event,
        survey=row.survey,
        title=title,
        metric=row.metric,
        score=row.score,
        comment=row.comment,
        channel=row.channel,
        language=row.language,
        sentiment=row.sentiment,
        themes=msgspec.json.decode(row.themes),
        profile=None if hidden else profile_id(profile),
        name=None if hidden else names.get(profile),
        anonymous=_anonymous(row),
        simulated=row.simulated,
        status=row.status,
        assignee=row.assignee,
        contacted_at=times.iso_or_none(row.contacted_at),
        contacted_by=row.contacted_by,
        version=row.version,
        rules=[rule for rule, _ in fired],
        held_out=any(arm == "held_out" for _, arm in fired),
        due_at=times.iso_or_none(due),
    )


def _place(at: int, number: int) -> str:
    return base64.urlsafe_b64encode(f"{at},{number}".encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[int, int]:
    try:
        at, _, number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").partition(",")
        found = int(at), int(number)
        if not all(abs(each) < 2**62 for each in found):
            raise ValueError
    except (ValueError, binascii.Error):
        raise Refused("cursor", text, "this is no cursor.", "Use the `next` of the page before.") from None
    return found
