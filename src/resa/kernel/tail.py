"""The tail of the log: group commit. Nothing is acknowledged that a `kill -9` can lose; nothing acknowledged appears twice.

Doors submit drafts; one thread takes all that wait, drops message ids seen before, resolves identities, gives
each event its row, writes one compressed Arrow blob and everything that belongs to it in one transaction, and
answers after the fsync. Projections read the committed groups in order (`projections`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
import xxhash

from resa.kernel import crash
from resa.kernel.errors import Overloaded
from resa.kernel.events import CARRIED, SCHEMA, Draft
from resa.kernel.identities import Assertion, Identities, is_junk
from resa.kernel.seen import SeenIds
from resa.kernel.state import State, metadata

Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

head: Final = sa.Table(
    "log_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("next_row", sa.BigInteger, nullable=False),
    sa.Column("next_identity", sa.BigInteger, nullable=False),
)

tail: Final = sa.Table(
    "tail",
    metadata,
    sa.Column("first_row", Number, primary_key=True, autoincrement=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("blob", sa.LargeBinary, nullable=False),
)

digests: Final = sa.Table(
    "message_digests",
    metadata,
    sa.Column("first_row", Number, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("digests", sa.LargeBinary, nullable=False),
)

event_names: Final = sa.Table(
    "event_names",
    metadata,
    sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("type", "name"),
)

KEPT_OUT: Final = 0
OTHER: Final = 1
MOST_NAMES: Final = 20_000

GROUP: Final = 10_000
"""Most events one transaction takes."""

REMEMBERED_MS: Final = 24 * 3600 * 1000

# Threads would cost more than they save on buffers of this size; below some events so does compression.
_ZIPPED: Final = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_PLAIN: Final = pa.ipc.IpcWriteOptions(use_threads=False)
_WORTH_ZIPPING: Final = 64

# Text, because these run with every commit and building a statement costs more than running it.
_TAKE_HEAD: Final = "SELECT next_row, next_identity FROM log_head"
_MOVE_HEAD: Final = sa.text("UPDATE log_head SET next_row = :row, next_identity = :identity")
_APPEND: Final = sa.text("INSERT INTO tail (first_row, events, at, blob) VALUES (:row, :events, :at, :blob)")
_REMEMBER: Final = sa.text("INSERT INTO message_digests (first_row, at, digests) VALUES (:row, :at, :digests)")
_DRAFT_FIELDS: Final = Draft.__struct_fields__
_LINKS: Final = _DRAFT_FIELDS.index("links")
_TYPES: Final = [f.type for f in CARRIED]


@dataclass(slots=True)
class Receipt:
    """What became of a submission: the row of each draft, None where its message id was seen before."""

    rows: list[int | None]

    @property
    def accepted(self) -> int:
        """How many were new."""
        return sum(row is not None for row in self.rows)


Alongside = Callable[[sa.Connection], None]


@dataclass(slots=True)
class _Submission:
    drafts: Sequence[Draft]
    alongside: Alongside | None
    done: Callable[[Receipt | BaseException], object]


@dataclass(slots=True)
class _Group:
    """What one transaction is about to write."""

    drafts: list[Draft] = field(default_factory=list)
    fresh: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    receipts: list[list[int | None]] = field(default_factory=list)


class Tail:
    """The committed groups that projections still need, on disk and (the newest) in memory."""

    def __init__(self, state: State, *, keep: int = 100_000) -> None:
        """Keep about the last `keep` events in memory for those who follow closely."""
        self._state = state
        self._keep = keep
        self._recent: deque[tuple[int, pa.Table]] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._listeners: list[Callable[[pa.Table], None]] = []
        with state.write() as tx:
            state.upsert(tx, head, [{"id": 1, "next_row": 0, "next_identity": 0}], key=["id"], update=[])
            self.next_row = int(tx.execute(sa.select(head.c.next_row)).scalar_one())

    def listen(self, listener: Callable[[pa.Table], None]) -> None:
        """Call `listener` with each group right after its commit, in the commit's thread: it must be quick."""
        self._listeners.append(listener)

    def committed(self, first_row: int, events: pa.Table) -> None:
        """A group is durable: show it to those who wait."""
        with self._changed:
            self._recent.append((first_row, events))
            self._held += events.num_rows
            while self._held > self._keep and len(self._recent) > 1:
                self._held -= self._recent.popleft()[1].num_rows
            self.next_row = first_row + events.num_rows
            self._changed.notify_all()
        for listener in self._listeners:
            listener(events)

    def wait(self, row: int, seconds: float) -> bool:
        """Wait until there is something at or after `row`, `wake` is called or `seconds` have passed; whether there is."""
        with self._changed:
            if self.next_row <= row:
                self._changed.wait(timeout=seconds)
            return self.next_row > row

    def wake(self) -> None:
        """Let those who wait look around (at shutdown)."""
        with self._changed:
            self._changed.notify_all()

    def read(self, row: int, most: int) -> pa.Table | None:
        """Whole groups from `row` (a group's first row) on, about `most` events; None if there are none yet."""
        groups: list[pa.Table] = []
        found = 0
        for first, events in self._from(row):
            if first != row + found:
                raise RuntimeError(f"The tail has a gap: expected row {row + found}, found {first}.")
            groups.append(events)
            found += events.num_rows
            if found >= most:
                break
        return pa.concat_tables(groups) if groups else None

    def _from(self, row: int) -> Iterator[tuple[int, pa.Table]]:
        with self._changed:
            recent = list(self._recent)
        if recent and recent[0][0] <= row:
            yield from ((first, events) for first, events in recent if first >= row)
            return
        with self._state.read() as tx:
            groups = tx.execute(
                sa.select(tail.c.first_row, tail.c.blob)
                .where(tail.c.first_row >= row)
                .order_by(tail.c.first_row)
                .limit(200)
            )
            for first, blob in groups:
                yield first, pa.ipc.open_stream(blob).read_all()

    def forget(self, row: int) -> None:
        """Drop the groups on disk that end before `row`: every projection has them."""
        with self._state.write() as tx:
            tx.execute(sa.delete(tail).where(tail.c.first_row + tail.c.events <= row))


class Committer:
    """The one writer of the log. Start it, submit to it from any thread or event loop, stop it."""

    def __init__(
        self, state: State, identities: Identities, log: Tail, *, clock: Callable[[], int], most_waiting: int = 60_000
    ) -> None:
        """`most_waiting` bounds the events that wait for a transaction; beyond it callers are told to come back."""
        self._state = state
        self._identities = identities
        self._tail = log
        self._clock = clock
        self._most_waiting = most_waiting
        self._waiting: deque[_Submission] = deque()
        self._events_waiting = 0
        self._wakened = threading.Condition()
        self._stopping = False
        self._seen = SeenIds(REMEMBERED_MS)
        self._codes: dict[tuple[str, str], int] = {}
        self._thread = threading.Thread(target=self._run, name="resa-commit", daemon=True)
        self._recall()

    def _recall(self) -> None:
        with self._state.read() as tx:
            since = self._clock() - REMEMBERED_MS
            for at, blob in tx.execute(
                sa.select(digests.c.at, digests.c.digests).where(digests.c.at >= since).order_by(digests.c.first_row)
            ):
                self._seen.add(np.frombuffer(blob, np.uint64), at)
            for code, kind, name in tx.execute(sa.select(event_names.c.code, event_names.c.type, event_names.c.name)):
                self._codes[kind, name] = code

    def start(self) -> None:
        """Begin to take submissions."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end."""
        with self._wakened:
            self._stopping = True
            self._wakened.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def load(self) -> float:
        """How full the waiting room is, 0 to 1."""
        return self._events_waiting / self._most_waiting

    async def submit(self, drafts: Sequence[Draft], alongside: Alongside | None = None) -> Receipt:
        """Commit drafts (and what `alongside` writes in the same transaction); returns once they are durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()

        def settle(outcome: Receipt | BaseException) -> None:
            if future.cancelled():
                return
            if isinstance(outcome, Receipt):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)

        self._enqueue(_Submission(drafts, alongside, lambda outcome: loop.call_soon_threadsafe(settle, outcome)))
        return await future

    def submit_sync(self, drafts: Sequence[Draft], alongside: Alongside | None = None) -> Receipt:
        """The same, from a plain thread."""
        future: Future[Receipt] = Future()
        self._enqueue(
            _Submission(
                drafts, alongside, lambda o: future.set_result(o) if isinstance(o, Receipt) else future.set_exception(o)
            )
        )
        return future.result()

    def _enqueue(self, submission: _Submission) -> None:
        size = len(submission.drafts)
        with self._wakened:
            if self._stopping:
                raise Overloaded("The server is stopping.", retry_after=2)
            if self._events_waiting and self._events_waiting + size > self._most_waiting:
                raise Overloaded("More events arrive than can be written down now.", retry_after=1)
            self._waiting.append(submission)
            self._events_waiting += size
            self._wakened.notify()

    def _run(self) -> None:
        pa.array(["warm"])  # the first array imports pandas where it is installed, which takes a second or two
        while True:
            with self._wakened:
                self._wakened.wait_for(lambda: self._waiting or self._stopping)
                batch = self._take()
            if not batch:
                return
            self._commit(batch)

    def _take(self) -> list[_Submission]:
        taken: list[_Submission] = []
        size = 0
        while self._waiting and (not taken or size + len(self._waiting[0].drafts) <= GROUP):
            size += len(self._waiting[0].drafts)
            taken.append(self._waiting.popleft())
        return taken

    def _commit(self, batch: list[_Submission]) -> None:
        try:
            receipts = self._write(batch)
        except Exception as error:  # noqa: BLE001  # one bad submission must not take its neighbours with it
            self._identities.roll_back()
            if len(batch) > 1:
                for submission in batch:
                    self._commit([submission])
                return
            self._leave(batch)
            batch[0].done(error)
            return
        self._leave(batch)
        for submission, rows in zip(batch, receipts, strict=True):
            submission.done(Receipt(rows))

    def _leave(self, batch: list[_Submission]) -> None:
        with self._wakened:
            self._events_waiting -= sum(len(submission.drafts) for submission in batch)

    def _write(self, batch: list[_Submission]) -> list[list[int | None]]:
        now = self._clock()
        group = self._sift(batch)
        with self._state.write() as tx:
            first, first_identity = self._take_head(tx)
            events, resolved, said, names = self._build(tx, group, first, first_identity)
            moved = self._identities.assert_links(tx, said)
            if moved:  # what this group joined is how it lands
                events = _set_profiles(events, moved)
            if group.drafts:
                self._insert(tx, events, group, first, now, names)
                count = max(first_identity, 1 + max(resolved.values()))
                tx.execute(_MOVE_HEAD, {"row": first + len(group.drafts), "identity": count})
            for submission in batch:
                if submission.alongside is not None:
                    submission.alongside(tx)
            crash.reached("commit.before")
        crash.reached("commit.after")
        if group.drafts:
            self._seen.add(group.fresh, now)
            self._codes.update(names)
            self._identities.remember(resolved, count)
        self._identities.commit(said)
        if group.drafts:
            self._tail.committed(first, events)
        return [[None if row is None else first + row for row in rows] for rows in group.receipts]

    def _sift(self, batch: list[_Submission]) -> _Group:
        """Leave out message ids seen before, also within the group; receipts count from 0 until the row is known."""
        group = _Group()
        drafts = [draft for submission in batch for draft in submission.drafts]
        ids = np.fromiter(
            (xxhash.xxh3_64_intdigest(draft.message_id.encode("utf-8", "surrogatepass")) for draft in drafts),
            np.uint64,
            len(drafts),
        )
        fresh = ~self._seen.contains(ids)
        _, firsts = np.unique(ids, return_index=True)
        once = np.zeros(len(ids), bool)
        once[firsts] = True
        fresh &= once
        group.fresh = ids[fresh]
        keep = fresh.tolist()
        group.drafts = drafts if all(keep) else [draft for draft, new in zip(drafts, keep, strict=True) if new]
        order = (np.cumsum(fresh) - 1).tolist()
        start = 0
        for submission in batch:
            stop = start + len(submission.drafts)
            group.receipts.append([order[i] if keep[i] else None for i in range(start, stop)])
            start = stop
        return group

    def _take_head(self, tx: sa.Connection) -> tuple[int, int]:
        row = tx.execute(sa.text(_TAKE_HEAD if self._state.embedded else f"{_TAKE_HEAD} FOR UPDATE")).one()
        return int(row[0]), int(row[1])

    def _build(
        self, tx: sa.Connection, group: _Group, first: int, first_identity: int
    ) -> tuple[pa.Table, dict[str, int], list[Assertion], dict[tuple[str, str], int]]:
        drafts = group.drafts
        pairs = [_identifiers(draft) for draft in drafts]
        keys = [pair[0] for pair in pairs]
        others = [(i, other) for i, pair in enumerate(pairs) for other in pair[1:]]
        others += [
            (i, self._previous(tx, link)) for i, draft in enumerate(drafts) if draft.links for link in draft.links
        ]
        numbers, resolved = self._identities.resolve(tx, [*keys, *(key for _, key in others)], first_identity)
        identity = numbers[: len(drafts)]
        said = self._new_links(drafts, numbers, others, first)
        profile = self._identities.profiles(identity)
        codes, names = self._encode(drafts)
        columns = [list(column) for column in zip(*map(msgspec.structs.astuple, drafts), strict=True)]
        if columns:
            del columns[_LINKS]
        arrays = [
            pa.array(np.arange(first, first + len(drafts), dtype=np.int64)),
            pa.array(identity),
            pa.array(profile.astype(np.uint32)),
            codes,
        ]
        arrays += [_array(values, kind) for values, kind in zip(columns or [[] for _ in CARRIED], _TYPES, strict=True)]
        return pa.Table.from_arrays(arrays, schema=SCHEMA), resolved, said, names

    def _previous(self, tx: sa.Connection, link: str) -> str:
        """`alias` names a previous id without saying of which kind: the anonymous one if known, else the user's."""
        kind, _, value = link.partition(":")
        if kind != "previous":
            return link
        known = self._identities.find(tx, (f"anon:{value}", f"user:{value}"))
        return f"user:{value}" if f"user:{value}" in known and f"anon:{value}" not in known else f"anon:{value}"

    def _new_links(
        self, drafts: list[Draft], numbers: np.ndarray, others: list[tuple[int, str]], first: int
    ) -> list[Assertion]:
        said: dict[tuple[int, int], Assertion] = {}
        for j, (i, _) in enumerate(others):
            a, b = int(numbers[i]), int(numbers[len(drafts) + j])
            pair = (min(a, b), max(a, b))
            if a == b or pair in said or self._identities.heard(a, b):
                continue
            draft = drafts[i]
            kind = "alias" if draft.type == "alias" else "identify"
            said[pair] = Assertion(a, b, kind, draft.verified, first + i, draft.time, draft.message_id, draft.source)
        return list(said.values())

    def _encode(self, drafts: list[Draft]) -> tuple[pa.Array, dict[tuple[str, str], int]]:
        """The code of each event's (type, name); new ones are numbered while there is room."""
        codes = self._codes
        new: dict[tuple[str, str], int] = {}
        out = np.empty(len(drafts), np.uint16)
        for i, draft in enumerate(drafts):
            if draft.bot:
                out[i] = KEPT_OUT
                continue
            key = (draft.type, draft.name if draft.type == "track" else "")
            code = codes.get(key) or new.get(key)
            if code is None:
                code = 2 + len(codes) + len(new)
                if code > MOST_NAMES:
                    code = OTHER
                else:
                    new[key] = code
            out[i] = code
        return pa.array(out), new

    def _insert(
        self,
        tx: sa.Connection,
        events: pa.Table,
        group: _Group,
        first: int,
        now: int,
        names: dict[tuple[str, str], int],
    ) -> None:
        sink = pa.BufferOutputStream()
        options = _ZIPPED if events.num_rows >= _WORTH_ZIPPING else _PLAIN
        with pa.ipc.new_stream(sink, SCHEMA, options=options) as writer:
            writer.write_table(events)
        blob = sink.getvalue().to_pybytes()
        tx.execute(_APPEND, {"row": first, "events": events.num_rows, "at": now, "blob": blob})
        tx.execute(_REMEMBER, {"row": first, "at": now, "digests": group.fresh.tobytes()})
        if names:
            tx.execute(
                sa.insert(event_names), [{"code": c, "type": t, "name": n, "at": now} for (t, n), c in names.items()]
            )

    def codes(self) -> dict[tuple[str, str], int]:
        """The codes of (type, name); the name is empty for every type but `track`."""
        return dict(self._codes)

    def forget_digests(self) -> None:
        """Drop what is older than 24 hours from disk (memory forgets by itself)."""
        with self._state.write() as tx:
            tx.execute(sa.delete(digests).where(digests.c.at < self._clock() - REMEMBERED_MS))


def _identifiers(draft: Draft) -> tuple[str, ...]:
    """The identity of an event first, then the other identifier it carries. Junk identifiers say nothing."""
    user, anonymous = draft.user_id, draft.anonymous_id
    if user is not None and is_junk(user):
        user = draft.user_id = None
    if anonymous is not None and is_junk(anonymous):
        anonymous = draft.anonymous_id = None
    if user is None and anonymous is None:
        anonymous = draft.anonymous_id = f"event-{draft.message_id}"
    if user is None:
        return (f"anon:{anonymous}",)
    return (f"user:{user}",) if anonymous is None else (f"user:{user}", f"anon:{anonymous}")


def _array(values: list[object], kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.string()).cast(kind) if pa.types.is_decimal(kind) else pa.array(values, kind)


def _set_profiles(events: pa.Table, moved: dict[int, int]) -> pa.Table:
    identity = events.column("identity").to_numpy()
    profile = events.column("profile_then").to_numpy().copy()
    for number, to in moved.items():
        profile[identity == number] = to
    index = events.schema.get_field_index("profile_then")
    return events.set_column(index, SCHEMA.field("profile_then"), pa.array(profile, pa.uint32()))


def now_ms() -> int:
    """The clock of a running server: milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
