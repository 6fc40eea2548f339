"""What a team writes on a map together: comments, assumptions, good and bad experiences, votes. Nothing is overwritten.

A change or a deletion appends a version, so that each can be undone; the audit log is written in the same transaction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
import sqlalchemy as sa

from resa.journeys import claims
from resa.journeys.claims import Claim
from resa.journeys.definition import Journey
from resa.kernel import audit
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound, Refused, shorten
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

table: Final = sa.Table(
    "journey_notes",
    metadata,
    sa.Column("note", sa.String(24), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("journey", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("on", sa.String(100), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("good", sa.Boolean),
    sa.Column("claim", sa.Text),  # JSON
    sa.Column("author_id", sa.String(320), nullable=False),
    sa.Column("author", sa.String(320), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
)

MOST_NOTES: Final = 5_000
"""On one map, deleted ones too."""

NoteKind = Literal["comment", "assumption", "experience", "vote"]
Text = Annotated[str, msgspec.Meta(max_length=4000)]

_ID: Final = re.compile(r"n_[0-9a-f]{16}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")


class NewNote(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A note to add. `on` is map, stage:<key>, touchpoint:<key> or, to answer or vote on a note, note:<id>."""

    kind: NoteKind
    on: Annotated[str, msgspec.Meta(max_length=100)] = "map"
    text: Text = ""
    good: bool | None = None
    """A good or a bad experience; a vote for or against (for, if left out)."""
    claim: Claim | None = None
    """What data can test of an assumption."""


class ChangedNote(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What to change of a note, and the version it was read at; what is left out stays."""

    expected_version: int
    text: Text | msgspec.UnsetType = msgspec.UNSET
    good: bool | msgspec.UnsetType | None = msgspec.UNSET
    claim: Claim | msgspec.UnsetType | None = msgspec.UNSET


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a note."""

    id: str
    version: int
    journey: str
    kind: NoteKind
    on: str
    text: str
    good: bool | None
    claim: Claim | None
    author_id: str
    author: str
    """Who wrote this version."""
    at: int
    deleted: bool


class Notes:
    """The notes of all maps of a workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Stands on the state store alone."""
        self._workspace = workspace

    def of(self, journey: str, *, deleted: bool = False) -> list[list[Note]]:
        """The notes of a map, the first written first, each as its versions, oldest first; without the deleted ones unless told."""
        c = table.c
        with self._workspace.state.read() as tx:
            rows = tx.execute(sa.select(table).where(c.journey == journey).order_by(c.version)).all()
        found: dict[str, list[Note]] = {}
        for row in rows:
            found.setdefault(row.note, []).append(_note(row))
        kept = [versions for versions in found.values() if deleted or not versions[-1].deleted]
        return sorted(kept, key=lambda versions: (versions[0].at, versions[0].id))

    def versions(self, journey: str, note: str) -> list[Note]:
        """All versions of a note, oldest first. Raises NotFound."""
        with self._workspace.state.read() as tx:
            return _versions(tx, journey, note)

    def add(self, key: str, journey: Journey, wanted: NewNote, actor: Actor) -> Note:
        """Write a note; a second vote of the same person on the same thing takes the place of the first."""
        self._check(key, journey, wanted)
        good = True if wanted.kind == "vote" and wanted.good is None else wanted.good
        with self._workspace.state.write() as tx:
            before = _vote(tx, key, wanted.on, actor) if wanted.kind == "vote" else None
            if before is None and _count(tx, key) >= MOST_NOTES:
                raise Refused("text", MOST_NOTES, f"a map holds at most {MOST_NOTES:,} notes.", "Copy the map.")
            note = Note(
                id=before.id if before else f"n_{secrets.token_hex(8)}",
                version=before.version + 1 if before else 1,
                journey=key,
                kind=wanted.kind,
                on=wanted.on,
                text=wanted.text,
                good=good,
                claim=wanted.claim,
                author_id=shorten(actor.id, 320),
                author=shorten(actor.name, 320),
                at=self._workspace.clock(),
                deleted=False,
            )
            _append(tx, note, actor, "journey.note_added")
        return note

    def change(self, key: str, journey: Journey, note: str, change: ChangedNote, actor: Actor) -> Note:
        """Write a new version. Raises Conflict if somebody did meanwhile."""
        fields = {
            name: value for name in ("text", "good", "claim") if (value := getattr(change, name)) is not msgspec.UNSET
        }
        with self._workspace.state.write() as tx:
            current = _versions(tx, key, note)[-1]
            if current.version != change.expected_version or current.deleted:
                raise Conflict(
                    f"This note is at version {current.version} now{', deleted' if current.deleted else ''}.",
                    remedy="Load it and make the change again.",
                )
            changed = msgspec.structs.replace(current, **fields)
            self._check_body(journey, changed)
            return self._version(tx, current, changed, actor, "journey.note_changed")

    def delete(self, key: str, note: str, actor: Actor) -> Note:
        """Take a note away; `restore` brings it back."""
        with self._workspace.state.write() as tx:
            current = _versions(tx, key, note)[-1]
            if current.deleted:
                raise NotFound("note", note)
            gone = msgspec.structs.replace(current, deleted=True)
            return self._version(tx, current, gone, actor, "journey.note_deleted")

    def restore(self, key: str, note: str, version: int | None, actor: Actor) -> Note:
        """Make an old version the current one again, as a new version; without one, undo the last change."""
        with self._workspace.state.write() as tx:
            versions = _versions(tx, key, note)
            wanted = version if version is not None else versions[-1].version - 1
            found = next((old for old in versions if old.version == wanted and not old.deleted), None)
            if found is None:
                raise NotFound("version of this note", wanted, "Name one that was not deleted.")
            return self._version(tx, versions[-1], found, actor, "journey.note_restored")

    def _version(self, tx: sa.Connection, current: Note, body: Note, actor: Actor, action: str) -> Note:
        saved = msgspec.structs.replace(
            body,
            version=current.version + 1,
            author_id=current.author_id,
            author=current.author,
            at=self._workspace.clock(),
        )
        _append(tx, saved, actor, action)
        return saved

    def _check(self, key: str, journey: Journey, wanted: NewNote) -> None:
        kind, colon, name = wanted.on.partition(":")
        known = {
            "map": not colon,
            "stage": name in {stage.key for stage in journey.stages},
            "touchpoint": name in {touchpoint.key for _, _, touchpoint in journey.touchpoints()},
        }
        if kind == "note" and colon:
            self.versions(key, name)
        elif not known.get(kind, False):
            raise Refused(
                "on",
                wanted.on,
                "there is no such place on this map.",
                "Use map, stage:<key>, touchpoint:<key> or note:<id>.",
            )
        self._check_body(journey, wanted)

    def _check_body(self, journey: Journey, note: NewNote | Note) -> None:
        if _CONTROL.search(note.text):
            raise Refused(
                "text", _CONTROL.sub("\ufffd", note.text), "a text holds no control characters.", "Type it again."
            )
        if note.kind != "vote" and not note.text.strip():
            raise Refused("text", note.text, f"a note of kind {note.kind} says something.", "Write a text.")
        if note.kind == "experience" and note.good is None:
            raise Refused("good", None, "an experience is good or bad.", "Send true or false.")
        if note.kind in ("comment", "assumption") and note.good is not None:
            raise Refused("good", note.good, "only experiences and votes are good or bad.", "Leave it out.")
        if note.claim is not None:
            if note.kind != "assumption":
                raise Refused("claim", note.kind, "only an assumption carries a claim.", "Make it an assumption.")
            claims.check("claim", note.claim, journey)


def _append(tx: sa.Connection, note: Note, actor: Actor, action: str) -> None:
    values: dict[str, Any] = {
        name: getattr(note, name) for name in Note.__struct_fields__ if name not in ("id", "claim")
    }
    claim = None if note.claim is None else msgspec.json.encode(note.claim).decode()
    tx.execute(table.insert().values({**values, "note": note.id, "claim": claim}))
    audit.record(
        tx,
        actor,
        action,
        f"journey:{note.journey}",
        {"note": note.id, "version": note.version, "kind": note.kind, "on": note.on},
    )


def _versions(tx: sa.Connection, journey: str, note: str) -> list[Note]:
    c = table.c
    if not _ID.fullmatch(note):  # nor can every text be asked for in every store
        raise NotFound("note", note)
    rows: Sequence[Any] = tx.execute(
        sa.select(table).where(c.journey == journey, c.note == note).order_by(c.version)
    ).all()
    if not rows:
        raise NotFound("note", note)
    return [_note(row) for row in rows]


def _vote(tx: sa.Connection, journey: str, on: str, actor: Actor) -> Note | None:
    """The newest version of this person's vote on it."""
    c = table.c
    row = tx.execute(
        sa.select(table)
        .where(c.journey == journey, c.kind == "vote", c.on == on, c.author_id == shorten(actor.id, 320))
        .order_by(c.version.desc())
        .limit(1)
    ).first()
    return None if row is None else _note(row)


def _count(tx: sa.Connection, journey: str) -> int:
    counted = tx.execute(sa.select(sa.func.count(table.c.note.distinct())).where(table.c.journey == journey))
    return int(counted.scalar_one())


def _note(row: Any) -> Note:
    claim = None if row.claim is None else msgspec.json.decode(row.claim, type=Claim)
    shared = {name: getattr(row, name) for name in Note.__struct_fields__ if name not in ("id", "claim")}
    return Note(id=row.note, claim=claim, **shared)
