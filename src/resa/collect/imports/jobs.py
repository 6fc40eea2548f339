"""One import as a job: which file by which mapping, how far it is, and the loop that commits it batch by batch.

The progress is written in the transaction that writes the events, and message ids follow from file, mapping and
record number. So a job that was killed goes on where it was, and one that is done never adds anything again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from resa.collect import failed
from resa.collect.imports import mappings, readers, shaping, values
from resa.collect.imports.mappings import Mapping
from resa.collect.imports.shaping import Problem, Shaper
from resa.kernel import times
from resa.kernel.errors import Conflict, NotFound, Overloaded, Refused, ResaError
from resa.kernel.events import Draft
from resa.kernel.state import State, metadata
from resa.kernel.tail import Alongside, Receipt

table: Final = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("file_hash", sa.Text, nullable=False),
    sa.Column("mapping_hash", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the mapping as JSON
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # running, done, failed, stopped
    sa.Column("units", sa.BigInteger, nullable=False, default=0),
    sa.Column("records", sa.BigInteger, nullable=False, default=0),
    sa.Column("events", sa.BigInteger, nullable=False, default=0),
    sa.Column("failed", sa.BigInteger, nullable=False, default=0),
    sa.Column("skipped", sa.BigInteger, nullable=False, default=0),
    sa.Column("total_bytes", sa.BigInteger, nullable=False, default=0),
    sa.Column("done_bytes", sa.BigInteger, nullable=False, default=0),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("file_hash", "mapping_hash"),
)

BATCH_EVENTS: Final = 4_000
BATCH_BYTES: Final = 8_000_000
BATCH_SECONDS: Final = 1.0
KEPT_PROBLEMS: Final = 10_000
"""Of one import: more are counted, not kept."""
PATIENCE_SECONDS: Final = 60.0


class Committing(Protocol):
    """What a job needs of the committer."""

    def submit_sync(self, drafts: Sequence[Draft], alongside: Alongside | None = None) -> Receipt: ...


@dataclass(slots=True)
class Progress:
    """How far an import is; the row of the table as the API and the progress bar show it."""

    id: int
    file: str
    mapping: str
    state: str
    units: int = 0
    records: int = 0
    events: int = 0
    failed: int = 0
    skipped: int = 0
    total_bytes: int = 0
    done_bytes: int = 0
    started_at: int = 0
    ended_at: int | None = None
    error: str | None = None

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        ended = times.iso_or_none(self.ended_at)
        out = {name: getattr(self, name) for name in _FIELDS if name != "units"}
        return out | {"started_at": times.iso(self.started_at), "ended_at": ended}


_FIELDS: Final = tuple(Progress.__dataclass_fields__)
_COUNTERS: Final = ("units", "records", "events", "failed", "skipped", "done_bytes")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be imported. `zone` holds for times without an offset."""

    path: Path
    file: str
    """The file's name as people know it; an uploaded one has another path."""
    mapping: Mapping
    zone: ZoneInfo
    source: str = "import"
    again: bool = False
    """Import a file that was imported before by another mapping."""

    @property
    def title(self) -> str:
        """What the mapping is called."""
        return self.mapping.name or "own mapping"


def plan(
    path: Path,
    mapping: Mapping,
    *,
    workspace_zone: str,
    timezone: str | None = None,
    file: str | None = None,
    source: str | None = None,
    again: bool = False,
) -> Plan:
    """A plan, with the time zone decided: the one told, else the mapping's own, else the workspace's."""
    zone = mappings.zone_of(timezone or mapping.timezone or workspace_zone)
    return Plan(path, file or path.name, mapping, zone, source or "import", again)


# Looking before leaping


@dataclass(slots=True)
class Preview:
    """What an import would do: counted over the records looked at, with the first events and problems."""

    format: str
    columns: list[str]
    records: int = 0
    events: int = 0
    failed: int = 0
    skipped: int = 0
    complete: bool = True
    sample: list[Draft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


def preview(plan: Plan, *, most_records: int | None = None, show: int = 5, now: int | None = None) -> Preview:
    """Read the file (or its first `most_records`) and shape it, keeping nothing."""
    reader = readers.open_file(plan.path, plan.mapping.read)
    try:
        mappings.check_columns(plan.mapping, reader.columns)
        out = Preview(reader.format, list(reader.columns or []))
        counted = _Counted(reader.records(), most_records)
        shaper = Shaper(
            plan.mapping, plan.zone, source=plan.source, stem="preview", received_at=times.now() if now is None else now
        )
        try:
            for unit in shaping.units(counted, plan.mapping):
                out.skipped += unit.skipped
                for made in shaper.shape(unit):
                    _note(out, made, show)
        except Refused:  # only the beginning of a file was sent to be looked at
            if most_records is None or not counted.records:
                raise
            counted.cut = True
        out.records, out.complete = counted.records, not counted.cut
    finally:
        reader.close()
    return out


def _note(out: Preview, made: Draft | Problem, show: int) -> None:
    if isinstance(made, Problem):
        out.failed += 1
        reason = f"{made.field}: {made.rule}"
        if reason in out.reasons or len(out.reasons) < 100:
            out.reasons[reason] = out.reasons.get(reason, 0) + 1
        if len(out.problems) < 2 * show:
            out.problems.append(made)
    else:
        out.events += 1
        if len(out.sample) < show:
            out.sample.append(made)


def readable(draft: Draft) -> dict[str, Any]:
    """A draft as people read it: without what is not there."""
    found = {
        name: value
        for name in Draft.__struct_fields__
        if (value := getattr(draft, name)) not in (None, "", "{}", (), False)
    }
    found["time"] = times.iso(draft.time)
    for name in ("message_id", "received_at", "verified", "source"):
        found.pop(name, None)
    for name in ("properties", "context"):
        if name in found:
            found[name] = msgspec.json.decode(found[name])
    return found


class _Counted:
    """Records, counted as they pass; at most `most` of them."""

    def __init__(self, records: Iterator[readers.Numbered], most: int | None = None) -> None:
        self._records = records
        self._most = most
        self.records = 0
        self.cut = False

    def __iter__(self) -> Iterator[readers.Numbered]:
        for record in self._records:
            if self._most is not None and self.records >= self._most:
                self.cut = True
                return
            self.records += 1
            yield record


# The table


def begin(state: State, plan: Plan, now: int) -> tuple[Progress, str]:
    """The row of this import (new, or the one it had before), and the stem of its message ids.

    Raises Conflict if the same file came in by another mapping (or time zone) before, unless `plan.again`.
    """
    file_hash, mapping_hash = readers.fingerprint(plan.path), plan.mapping.hash(plan.zone)
    with state.write() as tx:
        before = tx.execute(
            sa.select(table.c.mapping_hash, table.c.mapping, table.c.events).where(table.c.file_hash == file_hash)
        ).all()
        if mapping_hash not in {row[0] for row in before}:
            if not plan.again and (other := next((row for row in before if row[2]), None)):
                raise _already(plan, other[1], other[2])
            tx.execute(sa.insert(table), _row(plan, file_hash, mapping_hash, now))
        else:
            same = sa.and_(table.c.file_hash == file_hash, table.c.mapping_hash == mapping_hash)
            revived = sa.update(table).where(same, table.c.state != "done")
            tx.execute(revived.values(state="running", path=str(plan.path), error=None, ended_at=None))
        progress = _load(tx, sa.and_(table.c.file_hash == file_hash, table.c.mapping_hash == mapping_hash))
    return progress, f"import-{file_hash[:12]}{mapping_hash[:8]}"


def _already(plan: Plan, mapping: str, events: int) -> Conflict:
    return Conflict(
        f"{plan.file} was imported before by another mapping ({mapping}), {events:,} events. "
        "To import it a second time all the same, say so: --again (API: again=true).",
        field="file",
        value=plan.file,
        rule="The same file was imported by another mapping or time zone.",
        remedy="Use the mapping of then, or say again.",
    )


def _row(plan: Plan, file_hash: str, mapping_hash: str, now: int) -> dict[str, Any]:
    return {
        "file_hash": file_hash,
        "mapping_hash": mapping_hash,
        "file": plan.file,
        "path": str(plan.path),
        "mapping": plan.title,
        "body": msgspec.json.encode(plan.mapping).decode(),
        "timezone": plan.zone.key,
        "source": plan.source,
        "state": "running",
        "total_bytes": plan.path.stat().st_size,
        "started_at": now,
    }


def _load(tx: sa.Connection, where: sa.ColumnElement[bool]) -> Progress:
    row = tx.execute(sa.select(*(table.c[name] for name in _FIELDS)).where(where)).one()
    return Progress(*row)


def get(state: State, number: int) -> Progress:
    """One import. Raises NotFound."""
    with state.read() as tx:
        try:
            return _load(tx, table.c.id == number)
        except sa.exc.NoResultFound:
            raise NotFound("import", number) from None


def recent(state: State, limit: int = 100) -> list[Progress]:
    """The newest imports first."""
    with state.read() as tx:
        rows = tx.execute(sa.select(*(table.c[name] for name in _FIELDS)).order_by(table.c.id.desc()).limit(limit))
        return [Progress(*row) for row in rows]


def unfinished(state: State) -> list[tuple[int, Plan]]:
    """Imports that a crash or a stop of the server interrupted, with the plans to go on by."""
    with state.read() as tx:
        rows = tx.execute(sa.select(table).where(table.c.state == "running").order_by(table.c.id)).mappings().all()
    return [(row["id"], _plan_of(row)) for row in rows]


def plan_of(state: State, number: int) -> Plan:
    """The plan of an import that was begun. Raises NotFound."""
    with state.read() as tx:
        row = tx.execute(sa.select(table).where(table.c.id == number)).mappings().first()
    if row is None:
        raise NotFound("import", number)
    return _plan_of(row)


def _plan_of(row: Any) -> Plan:
    mapping = mappings.parse(row["body"])
    return Plan(Path(row["path"]), row["file"], mapping, ZoneInfo(row["timezone"]), row["source"])


def mark(state: State, number: int, as_state: str, error: str | None, now: int | None) -> None:
    """Say how an import stands that no job runs."""
    with state.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == number).values(state=as_state, error=error, ended_at=now))


# The loop


class Job:
    """Runs one plan to its end, in the thread that calls `run`."""

    def __init__(
        self,
        state: State,
        committer: Committing,
        plan: Plan,
        *,
        clock: Callable[[], int] = times.now,
    ) -> None:
        """Take up the plan: read its file's hash and find how far it came before. Raises like `begin`."""
        self._state = state
        self._committer = committer
        self._plan = plan
        self._clock = clock
        reader = readers.open_file(plan.path, plan.mapping.read)
        try:
            mappings.check_columns(plan.mapping, reader.columns)
        finally:
            reader.close()
        self.progress, self._stem = begin(state, plan, clock())
        self.was_done = self.progress.state == "done"
        self.resumed = self.progress.units > 0 and not self.was_done

    def run(
        self, *, stopping: threading.Event | None = None, on_progress: Callable[[Progress], None] | None = None
    ) -> Progress:
        """Commit what is left. A stop, or a file that turns out damaged, leaves what was committed."""
        if self.was_done:
            return self.progress
        stopping = stopping or threading.Event()
        try:
            for _ in self._batches(stopping):
                if on_progress is not None:
                    on_progress(self.progress)
                if stopping.is_set():
                    return self._end("stopped")
        except ResaError as error:
            return self._end("failed", error.message)
        except OSError as error:
            return self._end("failed", f"{self._plan.file} can't be read on: {error}.")
        except BaseException:
            self._end("stopped", "Broken off by an error of the server; its log says more.")
            raise
        return self._end("done")

    def _batches(self, stopping: threading.Event) -> Iterator[None]:
        plan, progress = self._plan, self.progress
        reader = readers.open_file(plan.path, plan.mapping.read)
        done, batch = progress.units, _Batch()
        try:
            counted = _Counted(reader.records())
            shaper = Shaper(plan.mapping, plan.zone, source=plan.source, stem=self._stem, received_at=self._clock())
            for number, unit in enumerate(shaping.units(counted, plan.mapping), 1):
                if number <= done:
                    if stopping.is_set():
                        return
                    continue
                batch.add(shaper.shape(unit), unit.skipped)
                if batch.full():
                    self._commit(batch, number, counted.records, reader.done_bytes, stopping)
                    batch, done = _Batch(), number
                    shaper.received_at = self._clock()
                    yield
                    if stopping.is_set():
                        return
            self._commit(batch, done + batch.units, counted.records, progress.total_bytes, stopping)
            yield
        finally:
            reader.close()

    def _commit(self, batch: _Batch, units: int, records: int, done_bytes: int, stopping: threading.Event) -> None:
        """Write a batch, its problems and the progress in one transaction; wait while the server has too much to do."""
        progress, now = self.progress, self._clock()
        room = max(0, KEPT_PROBLEMS - progress.failed)
        counts = {
            "units": units,
            "records": records,
            "events": progress.events + len(batch.drafts),
            "failed": progress.failed + len(batch.problems),
            "skipped": progress.skipped + batch.skipped,
            "done_bytes": done_bytes,
        }

        def alongside(tx: sa.Connection) -> None:
            tx.execute(sa.update(table).where(table.c.id == progress.id).values(counts))
            if batch.problems and room:
                failed.keep(tx, [_failure(problem) for problem in batch.problems[:room]], self._plan.source, now, None)

        self._submit(batch.drafts, alongside, stopping)
        for name in _COUNTERS:
            setattr(progress, name, counts[name])

    def _submit(self, drafts: Sequence[Draft], alongside: Alongside, stopping: threading.Event) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._committer.submit_sync(drafts, alongside)
                return
            except Overloaded as error:
                if time.monotonic() > until or stopping.wait(min(error.retry_after, 0.2)):
                    raise

    def _end(self, state: str, error: str | None = None) -> Progress:
        progress = self.progress
        progress.state, progress.error, progress.ended_at = state, error, self._clock()
        with self._state.write() as tx:
            ending = {"state": state, "error": error, "ended_at": progress.ended_at}
            tx.execute(sa.update(table).where(table.c.id == progress.id).values(ending))
        return progress


def _failure(problem: Problem) -> failed.Failure:
    """A problem as a failed event; its payload can be mended and driven again through the tracking API's checks."""
    reason = Refused(problem.field, problem.value, problem.rule, problem.remedy, code="import")
    kind, message_id = problem.payload.get("type"), problem.payload.get("messageId")
    text = values.encode(problem.payload).decode("utf-8", "replace")
    return failed.Failure(index=problem.number, reason=reason, payload=text, kind=kind, message_id=message_id)


class _Batch:
    """What one transaction takes."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.problems: list[Problem] = []
        self.skipped = 0
        self.units = 0
        self._bytes = 0
        self._until = time.monotonic() + BATCH_SECONDS

    def add(self, made: Sequence[Draft | Problem], skipped: int) -> None:
        """Take what a unit gave."""
        self.units += 1
        self.skipped += skipped
        for item in made:
            if isinstance(item, Draft):
                self.drafts.append(item)
                self._bytes += len(item.properties) + len(item.context)
            else:
                self.problems.append(item)

    def full(self) -> bool:
        """Whether it is time to write: enough events, enough bytes, or long enough since the last time."""
        size = len(self.drafts) + len(self.problems)
        if size >= BATCH_EVENTS or self._bytes >= BATCH_BYTES:
            return True
        return self.units % 64 == 0 and time.monotonic() >= self._until
