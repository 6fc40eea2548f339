"""The tail of the log: group commit. Nothing is acknowledged that a `kill -9` can lose; nothing acknowledged appears twice.

Doors submit drafts; one thread takes all that wait, drops message ids seen before, resolves identities, gives
each event its row, writes one compressed Arrow blob and everything that belongs to it in one transaction, and
answers after the fsync. Projections read the committed groups in order (`projections`).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from xxhash import xxh3_64_intdigest as _digest

from resa.kernel import crash
from resa.kernel.errors import Overloaded
from resa.kernel.events import Draft
from resa.kernel.groups import Group, give_columns
from resa.kernel.identities import Assertion, Identities, is_junk
from resa.kernel.seen import SeenIds
from resa.kernel.state import Prepared, State, metadata

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

CROWD: Final = 4
ENOUGH: Final = 1_000
GATHER: Final = 0.003
"""Seconds to let a small group grow where the last one had at least `CROWD` submissions: each commit costs as much as
a hundred events, and those who were answered together come back together. Whoever sends alone never waits for it."""

_SCATTERED: Final = 16
"""More pieces than this are joined into one: whoever reads a table pays for each piece of each column."""

REMEMBERED_MS: Final = 24 * 3600 * 1000

# Prepared, because these run with every commit.
_TAKE_HEAD: Final = Prepared(
    "SELECT next_row, next_identity FROM log_head", "SELECT next_row, next_identity FROM log_head FOR UPDATE"
)
_MOVE_HEAD: Final = Prepared("UPDATE log_head SET next_row = :row, next_identity = :identity")
_APPEND: Final = Prepared("INSERT INTO tail (first_row, events, at, blob) VALUES (:row, :events, :at, :blob)")
_REMEMBER: Final = Prepared("INSERT INTO message_digests (first_row, at, digests) VALUES (:row, :at, :digests)")


@dataclass(slots=True)
class Receipt:
    """What became of a submission: the row of each draft, None where its message id was seen before."""

    rows: list[int | None]

    @property
    def accepted(self) -> int:
        """How many were new."""
        return sum(row is not None for row in self.rows)


Alongside = Callable[[sa.Connection], None]
Outcome = Receipt | BaseException


@dataclass(slots=True)
class _Submission:
    """`loop` is the event loop that waits for `future`; None if a plain thread does."""

    drafts: Sequence[Draft]
    alongside: Alongside | None
    future: Any
    loop: asyncio.AbstractEventLoop | None = None


@dataclass(slots=True)
class _Sifted:
    """What of a group is new: digests of its message ids, and for each submission the place of each draft."""

    drafts: list[Draft] = field(default_factory=list)
    fresh: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    places: list[list[int | None]] = field(default_factory=list)


@dataclass(slots=True)
class _Numbered:
    """The numbers a commit gives its drafts, and what it learned by that."""

    identity: np.ndarray
    profile: np.ndarray
    code: np.ndarray
    resolved: dict[str, int]
    said: list[Assertion]
    names: dict[tuple[str, str], int]


class Tail:
    """The committed groups that projections still need, on disk and (the newest) in memory."""

    def __init__(self, state: State, *, keep: int = 100_000) -> None:
        """Keep about the last `keep` events in memory for those who follow closely."""
        self._state = state
        self._keep = keep
        self._recent: deque[Group] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._listeners: list[Callable[[Group], None]] = []
        with state.write() as tx:
            state.upsert(tx, head, [{"id": 1, "next_row": 0, "next_identity": 0}], key=["id"], update=[])
            self.next_row = int(tx.execute(sa.select(head.c.next_row)).scalar_one())

    def first_row(self) -> int:
        """The first row that is still here: where who is new may begin to follow."""
        with self._state.read() as tx:
            found = tx.execute(sa.select(sa.func.min(tail.c.first_row))).scalar()
        return self.next_row if found is None else int(found)

    def listen(self, listener: Callable[[Group], None]) -> None:
        """Call `listener` with each group right after its commit, in the commit's thread: it must be quick."""
        self._listeners.append(listener)

    def committed(self, group: Group) -> None:
        """A group is durable: show it to those who wait."""
        with self._changed:
            self._recent.append(group)
            self._held += group.count
            while self._held > self._keep and len(self._recent) > 1:
                self._held -= self._recent.popleft().count
            self.next_row = group.next_row
            self._changed.notify_all()
        for listener in self._listeners:
            listener(group)

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
        groups: list[Group] = []
        found = 0
        for group in self._from(row):
            if group.first != row + found:
                raise RuntimeError(f"The tail has a gap: expected row {row + found}, found {group.first}.")
            groups.append(group)
            found += group.count
            if found >= most:
                break
        if not groups:
            return None
        give_columns(groups)
        table = pa.concat_tables([group.table() for group in groups])
        return table.combine_chunks() if len(groups) > _SCATTERED else table

    def _from(self, row: int) -> Iterator[Group]:
        with self._changed:
            recent, upto = list(self._recent), self.next_row  # what is beyond may not be durable yet
        if recent and recent[0].first <= row:
            yield from (group for group in recent if group.first >= row)
            return
        with self._state.read() as tx:
            groups = tx.execute(
                sa.select(tail.c.first_row, tail.c.blob)
                .where(tail.c.first_row >= row, tail.c.first_row < upto)
                .order_by(tail.c.first_row)
                .limit(200)
            )
            for first, blob in groups:
                yield Group.unpacked(first, blob)

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
        self._enqueue(_Submission(drafts, alongside, future, loop))
        return await future

    def submit_sync(self, drafts: Sequence[Draft], alongside: Alongside | None = None) -> Receipt:
        """The same, from a plain thread."""
        future: Future[Receipt] = Future()
        self._enqueue(_Submission(drafts, alongside, future))
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
        crowd = 0
        pa.array(["warm"])  # the first array imports pandas where it is installed, which takes a second or two
        while True:
            with self._wakened:
                self._wakened.wait_for(lambda: self._waiting or self._stopping)
            if crowd >= CROWD and self._events_waiting < ENOUGH:
                time.sleep(GATHER)  # many wait for each other: the rest of them are on their way
            with self._wakened:
                batch = self._take()
            crowd = len(batch)
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
            outcomes: Sequence[Outcome] = self._write(batch)
        except Exception as error:  # noqa: BLE001  # one bad submission must not take its neighbours with it
            self._identities.roll_back()
            if len(batch) > 1:
                for submission in batch:
                    self._commit([submission])
                return
            outcomes = [error]
        with self._wakened:
            self._events_waiting -= sum(len(submission.drafts) for submission in batch)
        _tell(batch, outcomes)

    def _write(self, batch: list[_Submission]) -> list[Receipt]:
        if not any(submission.drafts for submission in batch):
            return self._write_besides(batch)
        now = self._clock()
        new = self._sift(batch)
        with self._state.write() as tx:
            first, first_identity = (int(number) for number in _TAKE_HEAD.run(tx).fetchone() or ())
            numbered = self._number(tx, new.drafts, first, first_identity)
            moved = self._identities.assert_links(tx, numbered.said)
            for identity, profile in moved.items():  # what this group joined is how it lands
                numbered.profile[numbered.identity == identity] = profile
            group = Group(first, new.drafts, numbered.identity, numbered.profile, numbered.code)
            count = max(first_identity, 1 + max(numbered.resolved.values(), default=-1))
            if group.count:
                self._insert(tx, group, new.fresh, now, numbered.names)
                _MOVE_HEAD.run(tx, row=group.next_row, identity=count)
            for submission in batch:
                if submission.alongside is not None:
                    submission.alongside(tx)
            crash.reached("commit.before")
        crash.reached("commit.after")
        if group.count:
            self._seen.add(new.fresh, now)
            self._codes.update(numbered.names)
            self._identities.remember(numbered.resolved, count)
        self._identities.commit(numbered.said)
        if group.count:
            self._tail.committed(group)
        return [Receipt([None if place is None else first + place for place in places]) for places in new.places]

    def _write_besides(self, batch: list[_Submission]) -> list[Receipt]:
        """Where nobody brought an event: what they write in the transaction is all there is."""
        with self._state.write() as tx:
            for submission in batch:
                if submission.alongside is not None:
                    submission.alongside(tx)
            crash.reached("commit.before")
        crash.reached("commit.after")
        self._identities.commit()  # somebody may have merged two, or undone it
        return [Receipt([]) for _ in batch]

    def _sift(self, batch: list[_Submission]) -> _Sifted:
        """Leave out message ids seen before, also within the group; places count from 0 until the row is known."""
        new = _Sifted()
        drafts = [draft for submission in batch for draft in submission.drafts]
        ids = np.fromiter(
            [_digest(draft.message_id.encode("utf-8", "surrogatepass")) for draft in drafts], np.uint64, len(drafts)
        )
        fresh = ~self._seen.contains(ids)
        _, firsts = np.unique(ids, return_index=True)
        once = np.zeros(len(ids), bool)
        once[firsts] = True
        fresh &= once
        new.fresh = ids[fresh]
        all_new = bool(fresh.all())
        new.drafts = drafts if all_new else [draft for draft, keep in zip(drafts, fresh.tolist(), strict=True) if keep]
        order = np.where(fresh, np.cumsum(fresh) - 1, -1).tolist()
        start = 0
        for submission in batch:
            stop = start + len(submission.drafts)
            places = order[start:stop]
            new.places.append(places if all_new else [place if place >= 0 else None for place in places])
            start = stop
        return new

    def _number(self, tx: sa.Connection, drafts: list[Draft], first: int, first_identity: int) -> _Numbered:
        """Identity, profile and code of each draft, and what they say of who is who."""
        pairs = [_identifiers(draft) for draft in drafts]
        keys = [pair[0] for pair in pairs]
        others = [(i, pair[1]) for i, pair in enumerate(pairs) if len(pair) > 1]
        others += [
            (i, self._previous(tx, link)) for i, draft in enumerate(drafts) if draft.links for link in draft.links
        ]
        numbers, resolved = self._identities.resolve(tx, [*keys, *(key for _, key in others)], first_identity)
        identity = numbers[: len(drafts)]
        said = self._new_links(drafts, numbers, others, first)
        profile = self._identities.profiles(identity).astype(np.uint32)
        code, names = self._encode(drafts)
        return _Numbered(identity, profile, code, resolved, said, names)

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
            draft = drafts[i]
            if a == b or self._identities.heard(a, b, draft.verified) or (pair in said and not draft.verified):
                continue
            kind = "alias" if draft.type == "alias" else "identify"
            said[pair] = Assertion(a, b, kind, draft.verified, first + i, draft.time, draft.message_id, draft.source)
        return list(said.values())

    def _encode(self, drafts: list[Draft]) -> tuple[np.ndarray, dict[tuple[str, str], int]]:
        """The code of each event's (type, name); new ones are numbered while there is room."""
        known = self._codes
        names = [(draft.type, draft.name if draft.type == "track" else "") for draft in drafts]
        codes = [KEPT_OUT if draft.bot else known.get(name) for draft, name in zip(drafts, names, strict=True)]
        new: dict[tuple[str, str], int] = {}
        for i in [i for i, code in enumerate(codes) if code is None]:
            name = names[i]
            if name not in new and (number := 2 + len(known) + len(new)) <= MOST_NAMES:
                new[name] = number
            codes[i] = new.get(name, OTHER)
        return np.array(codes, np.uint16), new

    def _insert(
        self, tx: sa.Connection, group: Group, fresh: np.ndarray, now: int, names: dict[tuple[str, str], int]
    ) -> None:
        _APPEND.run(tx, row=group.first, events=group.count, at=now, blob=group.packed())
        _REMEMBER.run(tx, row=group.first, at=now, digests=fresh.tobytes())
        if names:
            tx.execute(
                sa.insert(event_names), [{"code": c, "type": t, "name": n, "at": now} for (t, n), c in names.items()]
            )

    def codes(self) -> dict[tuple[str, str], int]:
        """The codes of (type, name); the name is empty for every type but `track`."""
        return dict(self._codes)

    def code(self, kind: str, name: str = "") -> int | None:
        """The code of one (type, name), if it was ever written."""
        return self._codes.get((kind, name))

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


def _tell(batch: list[_Submission], outcomes: Sequence[Outcome]) -> None:
    """Hand each its outcome; an event loop is woken once for all that wait in it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Outcome]]] = {}
    for submission, outcome in zip(batch, outcomes, strict=True):
        if submission.loop is None:
            _settle([(submission.future, outcome)])
        else:
            by_loop.setdefault(submission.loop, []).append((submission.future, outcome))
    for loop, settled in by_loop.items():
        with contextlib.suppress(RuntimeError):  # closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple[Any, Outcome]]) -> None:
    for future, outcome in settled:
        if future.cancelled():
            continue
        if isinstance(outcome, Receipt):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)


def now_ms() -> int:
    """The clock of a running server: milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
