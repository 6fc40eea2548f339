"""Definitions: versioned data under a kind and a key, append-only; what the console edits and files carry.

A slice registers a `Kind`: a name, a msgspec Struct and a check. Saving sends the version it was edited from; a newer
one is a `Conflict`. Deleting appends a version too, so everything can be undone.

One thing is not kept for good: of drafts that their author saves again and again, one version per stretch of time stays, so that
a history can be read where drafts keep themselves. Numbers go on all the same: a folded version's number is never used again.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from resa.kernel.decoding import Body, decode
from resa.kernel.differences import Difference, differences
from resa.kernel.errors import Conflict, NotFound, Refused, shorten
from resa.kernel.state import State, metadata

log: Final = logging.getLogger(__name__)

definitions: Final = sa.Table(
    "definitions",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("author", sa.String(320), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
)

MAX_APPLIED: Final = 1_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MAX_VERSION: Final = 2**31 - 1
FOLDED_MS: Final = 10 * 60_000
"""Stretches of the clock in which the drafts of one author fold into the last of them."""
_FOREIGN_CACHE_SECONDS: Final = 1.0  # another process may save on a shared store; the embedded one has no other

B = TypeVar("B", bound=msgspec.Struct)
Alongside = Callable[[sa.Connection], None]


def key_rule(field: str, key: str) -> str:
    """Answer `key` if it may be a key; raise Refused otherwise."""
    if not _possible(key):
        raise Refused(
            field,
            key,
            "a key is 1 to 64 of a-z, 0-9, - and _, and begins with a letter or digit.",
            "Use something like 'first-purchase'; a key can't be changed later, a name can.",
        )
    return key


def printable(body: msgspec.Struct) -> None:
    """Refuse control characters anywhere: no one can see them, and stores differ in what they do with them."""
    for path, text in _texts(msgspec.to_builtins(body), ""):
        if _CONTROL.search(text):
            raise Refused(
                path, _CONTROL.sub("\ufffd", text), "a text holds no control characters.", "Type it again without them."
            )


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{place}]")


def _possible(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


@dataclass(frozen=True)
class Kind(Generic[B]):
    """A kind of definition: its name in files and in the API, its type, and what the type can't say.

    `check` raises `Refused` with the path of what is wrong (`stages[2].touchpoints[0].rule`). `together` does the same
    for all definitions of the kind, by key, as they would be after a change: for those that refer to each other. `draft` says
    of which bodies nothing but their author's next version can come: nobody is served by them, and nothing pins their version.
    """

    name: str
    type: type[B]
    check: Callable[[B], None] = lambda _body: None
    together: Callable[[Mapping[str, B]], None] = lambda _all: None
    draft: Callable[[B], bool] = lambda _body: False


@dataclass(frozen=True)
class Across:
    """What must hold between definitions of several kinds.

    `check` raises `Refused`. It is given the definitions of these kinds, by kind and key, as they would be after a change, and
    the keys of those that are changed, by kind.
    """

    kinds: tuple[str, ...]
    check: Callable[[Mapping[str, Mapping[str, Any]], Mapping[str, Set[str]]], None]


@dataclass(frozen=True)
class Version:
    """Who saved which version when (ms UTC); `deleted` when it took the definition away."""

    version: int
    author: str
    at: int
    deleted: bool


@dataclass(frozen=True)
class Definition(Generic[B]):
    """One version of a definition."""

    kind: str
    key: str
    version: int
    body: B
    author: str
    at: int
    deleted: bool


class Unreadable(msgspec.Struct, frozen=True):
    """A definition whose current version, as it is stored, is none of its kind any more: left out wherever others are used."""

    kind: str
    key: str
    version: int
    reason: str


class Portable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A definition as it stands in a file."""

    kind: str
    key: str
    body: msgspec.Raw


class Change(msgspec.Struct, frozen=True):
    """What applying a file did, or would do, to one definition."""

    kind: str
    key: str
    change: Literal["new", "changed", "same"]
    diff: list[Difference]

    def __str__(self) -> str:
        """A headline and a line per field that differs."""
        return "\n  ".join([f"{self.change:8}{self.kind} {self.key}", *map(str, self.diff)])


class Definitions:
    """The definitions of a workspace. Thread-safe; current versions are kept in memory."""

    def __init__(self, state: State, clock: Callable[[], int] = lambda: int(time.time() * 1000)) -> None:
        """Work on `state`; `clock` gives milliseconds UTC."""
        self._state = state
        self._clock = clock
        self._kinds: dict[str, Kind[Any]] = {}
        self._across: dict[tuple[str, ...], Across] = {}
        self._current: dict[str, tuple[float, dict[str, Definition[Any]]]] = {}
        self._unreadable: dict[str, list[Unreadable]] = {}
        self._told: set[Unreadable] = set()
        self._lock = threading.Lock()
        self._generation = 0

    # -- kinds ---------------------------------------------------------------------------------------------------

    def register(self, kind: Kind[Any]) -> None:
        """Make `kind` known; a second time changes nothing."""
        self._kinds[kind.name] = kind

    def relate(self, across: Across) -> None:
        """Hold this between the kinds it names; a second time changes nothing."""
        self._across[across.kinds] = across

    def kind(self, name: str) -> Kind[Any]:
        """The registered kind of that name."""
        if name not in self._kinds:
            raise NotFound("kind of definition", name, f"Known kinds: {', '.join(sorted(self._kinds)) or 'none'}.")
        return self._kinds[name]

    def decode(self, kind: str, body: Body) -> Any:
        """`body` as the kind's checked Struct; raises Refused with the path of what is wrong."""
        known = self.kind(kind)
        struct = decode(known.type, body)
        known.check(struct)
        return struct

    # -- reading -------------------------------------------------------------------------------------------------

    def all(self, kind: str) -> list[Definition[Any]]:
        """The current definitions of a kind, by key, without deleted ones."""
        return [item for _, item in sorted(self._load(kind).items()) if not item.deleted]

    @property
    def generation(self) -> int:
        """Grows with every change that this process makes: who keeps something made of definitions looks at it."""
        return self._generation

    def stamp(self) -> Hashable:
        """Something that is another whenever a definition may have changed; asks nothing."""
        return self._generation if self._state.embedded else (self._generation, int(time.monotonic()))

    def ever(self, kind: str) -> bool:
        """Whether there ever was a definition of this kind, deleted ones included."""
        return bool(self._load(kind)) or bool(self._unreadable.get(kind))

    def unreadable(self, kind: str | None = None) -> list[Unreadable]:
        """What is stored and can't be read any more, of one kind or of all: save it anew, restore or delete it."""
        found: list[Unreadable] = []
        for name in sorted(self._kinds) if kind is None else [kind]:
            self._load(name)
            found += self._unreadable.get(name, [])
        return found

    def get(self, kind: str, key: str, version: int | None = None) -> Definition[Any]:
        """The current definition, or the version asked for (also of a deleted one)."""
        if version is None:
            found = self._load(kind).get(key)
            if found is None or found.deleted:
                raise NotFound(kind, key, self._why(kind, key))
            return found
        row = None
        if _possible(key) and 0 < version <= _MAX_VERSION:
            with self._state.read() as tx:
                row = self._row(tx, kind, key, version)
        if row is None:
            raise NotFound(f"version of {kind}", f"{key}@{version}")
        try:
            return self._definition(row)
        except _UNREADABLE as error:
            raise NotFound(f"readable version of {kind}", f"{key}@{version}", f"{error}; use another one.") from None

    def history(self, kind: str, key: str) -> list[Version]:
        """All versions, newest first; raises NotFound where there never was one."""
        self.kind(kind)
        c = definitions.c
        query = (
            sa.select(c.version, c.author, c.at, c.deleted)
            .where(c.kind == kind, c.key == key)
            .order_by(c.version.desc())
        )
        with self._state.read() as tx:
            found = [Version(*row) for row in tx.execute(query)] if _possible(key) else []
        if not found:
            raise NotFound(kind, key)
        return found

    def versions(self, kind: str, key: str) -> list[Definition[Any]]:
        """All versions that can still be read, with their bodies, oldest first; raises NotFound where there never was one."""
        self.kind(kind)
        c = definitions.c
        query = sa.select(definitions).where(c.kind == kind, c.key == key).order_by(c.version)
        with self._state.read() as tx:
            rows = tx.execute(query).all() if _possible(key) else []
        if not rows:
            raise NotFound(kind, key)
        found: list[Definition[Any]] = []
        for row in rows:
            with suppress(*_UNREADABLE):
                found.append(self._definition(row))
        return found

    # -- writing -------------------------------------------------------------------------------------------------

    def save(
        self, kind: str, key: str, body: Body, *, expected: int | None, author: str, alongside: Alongside | None = None
    ) -> Definition[Any]:
        """Save a new version. `expected` is the version edited from: 0 says it is new, None says whatever is there.

        The very same body again saves nothing and answers the version there is. `alongside` writes in the same
        transaction (the audit log), where something is saved.
        """
        struct = self.decode(kind, body)
        key_rule("key", key)
        self._check_together({kind: {key: struct}})
        with self._changing(kind, key) as tx:
            return self._put(tx, kind, key, struct, expected, author, alongside)

    def restore(self, kind: str, key: str, version: int, *, expected: int | None, author: str) -> Definition[Any]:
        """Make an old version the current one again, as a new version; brings back a deleted definition as well."""
        return self.save(kind, key, self.get(kind, key, version).body, expected=expected, author=author)

    def delete(
        self, kind: str, key: str, *, expected: int | None = None, author: str, alongside: Alongside | None = None
    ) -> Definition[Any]:
        """Take the definition away; `undelete` or `restore` brings it back."""
        self._check_together({kind: {}}, without=key)
        return self._mark(kind, key, expected, author, alongside, deleted=True)

    def undelete(self, kind: str, key: str, *, expected: int | None = None, author: str) -> Definition[Any]:
        """Bring a deleted definition back as it was, if it fits to what came since."""
        there = self._load(kind).get(key)
        if there is not None and there.deleted:
            self._check_together({kind: {key: there.body}})
        return self._mark(kind, key, expected, author, None, deleted=False)

    # -- files ---------------------------------------------------------------------------------------------------

    def export(self, kind: str | None = None) -> list[Portable]:
        """The current definitions of one kind or all, ordered by kind and key."""
        kinds = sorted(self._kinds) if kind is None else [kind]
        return [
            Portable(item.kind, item.key, msgspec.Raw(msgspec.json.encode(item.body)))
            for name in kinds
            for item in self.all(name)
        ]

    def apply(
        self, wanted: Sequence[Portable], *, author: str, dry_run: bool = False, alongside: Alongside | None = None
    ) -> list[Change]:
        """Make the `wanted` definitions current: all of them or, where one is refused, none. Idempotent."""
        bodies = [self._wanted(place, item, wanted[:place]) for place, item in enumerate(wanted[: MAX_APPLIED + 1])]
        if len(bodies) > MAX_APPLIED:
            raise Refused(
                "definitions",
                len(wanted),
                f"at most {MAX_APPLIED} are applied at once.",
                "Split the file into several.",
            )
        self._forget()
        changed: dict[str, dict[str, Any]] = {item.kind: {} for item in wanted}
        for item, body in zip(wanted, bodies, strict=True):
            changed[item.kind][item.key] = body
        self._check_together(changed)
        changes = [self._change(item, body) for item, body in zip(wanted, bodies, strict=True)]
        if dry_run or all(change.change == "same" for change in changes):
            return changes
        try:
            with self._state.write() as tx:
                for item, body in zip(wanted, bodies, strict=True):
                    self._put(tx, item.kind, item.key, body, None, author, None)
                if alongside is not None:
                    alongside(tx)
        finally:
            self._forget()
        return changes

    # -- inside --------------------------------------------------------------------------------------------------

    def _check_together(self, changed: Mapping[str, Mapping[str, Any]], without: str | None = None) -> None:
        def after(kind: str) -> dict[str, Any]:
            own = changed.get(kind, {})
            now = {item.key: item.body for item in self.all(kind) if item.key != without or kind not in changed}
            return {**own, **{key: body for key, body in now.items() if key not in own}}

        for kind in changed:
            self.kind(kind).together(after(kind))
        for across in self._across.values():
            if not changed.keys().isdisjoint(across.kinds):
                keys = {kind: changed.get(kind, {}).keys() for kind in across.kinds}
                across.check({kind: after(kind) for kind in across.kinds}, keys)

    def _wanted(self, place: int, item: Portable, earlier: Sequence[Portable]) -> Any:
        at = f"definitions[{place}]"
        key_rule(f"{at}.key", item.key)
        if any((other.kind, other.key) == (item.kind, item.key) for other in earlier):
            raise Refused(
                f"{at}.key", item.key, f"{item.kind} {item.key} stands in the file twice.", "Keep one of them."
            )
        try:
            return self.decode(item.kind, bytes(item.body))
        except Refused as error:
            details = error.details
            raise Refused(
                f"{at}.body.{details['field']}", details["value"], details["rule"], details["remedy"]
            ) from None

    def _change(self, item: Portable, body: Any) -> Change:
        current = self._load(item.kind).get(item.key)
        if current is None or current.deleted:
            return Change(item.kind, item.key, "new", [])
        diff = differences(_plain(current.body), _plain(body))
        return Change(item.kind, item.key, "changed" if diff else "same", diff)

    @contextmanager
    def _changing(self, kind: str, key: str) -> Iterator[sa.Connection]:
        try:
            with self._state.write() as tx:
                yield tx
        except IntegrityError:  # on PostgreSQL two may save the same version at once; the primary key lets one through
            self._forget()
            current = self._load(kind).get(key)
            raise _conflict(kind, key, current, None) from None
        finally:
            self._forget()

    def _put(
        self,
        tx: sa.Connection,
        kind: str,
        key: str,
        body: Any,
        expected: int | None,
        author: str,
        alongside: Alongside | None,
    ) -> Definition[Any]:
        current = self._newest(tx, kind, key)
        self._expect(kind, key, current, expected)
        if current is not None and not current.deleted and current.body == body:
            return current
        saved = self._append(tx, kind, key, current, body, author, deleted=False)
        if current is not None and self._folds(current, saved):
            c = definitions.c
            tx.execute(sa.delete(definitions).where(c.kind == kind, c.key == key, c.version == current.version))
        if alongside is not None:
            alongside(tx)
        return saved

    def _folds(self, before: Definition[Any], now: Definition[Any]) -> bool:
        """Whether a version takes the place of the one before it: a draft after a draft, of the same hand and hour."""
        known = self.kind(now.kind)
        return (
            not before.deleted
            and before.author == now.author
            and before.at // FOLDED_MS == now.at // FOLDED_MS
            and isinstance(before.body, known.type)  # what can't be read any more is kept for who mends it
            and known.draft(before.body)
            and known.draft(now.body)
        )

    def _mark(
        self, kind: str, key: str, expected: int | None, author: str, alongside: Alongside | None, *, deleted: bool
    ) -> Definition[Any]:
        self.kind(kind)
        with self._changing(kind, key) as tx:
            current = self._newest(tx, kind, key) if _possible(key) else None
            if current is None:
                raise NotFound(kind, key)
            self._expect(kind, key, current, expected)
            if current.deleted == deleted:
                return current
            marked = self._append(tx, kind, key, current, current.body, author, deleted=deleted)
            if alongside is not None:
                alongside(tx)
            return marked

    def _expect(self, kind: str, key: str, current: Definition[Any] | None, expected: int | None) -> None:
        if expected is None or expected == (current.version if current else 0):
            return
        if current is not None and current.deleted and expected in (0, current.version - 1):
            return  # a key that was deleted may be taken again, and who had it before them may bring it back
        raise _conflict(kind, key, current, expected)

    def _append(
        self,
        tx: sa.Connection,
        kind: str,
        key: str,
        current: Definition[Any] | None,
        body: Any,
        author: str,
        *,
        deleted: bool,
    ) -> Definition[Any]:
        version = current.version + 1 if current else 1
        saved = Definition(kind, key, version, body, shorten(author, 320), self._clock(), deleted)
        text = msgspec.json.encode(body).decode()
        tx.execute(definitions.insert().values({**vars(saved), "body": text}))
        return saved

    def _newest(self, tx: sa.Connection, kind: str, key: str) -> Definition[Any] | None:
        c = definitions.c
        newest = sa.select(sa.func.max(c.version)).where(c.kind == kind, c.key == key).scalar_subquery()
        row = tx.execute(sa.select(definitions).where(c.kind == kind, c.key == key, c.version == newest)).first()
        if row is None:
            return None
        try:
            return self._definition(row)
        except _UNREADABLE:  # it can be saved over, or deleted, all the same
            return Definition(kind, key, row.version, _stored(row.body), row.author, row.at, row.deleted)

    def _row(self, tx: sa.Connection, kind: str, key: str, version: int) -> Any:
        c = definitions.c
        return tx.execute(sa.select(definitions).where(c.kind == kind, c.key == key, c.version == version)).first()

    def _definition(self, row: Any) -> Definition[Any]:
        body = msgspec.json.decode(row.body, type=self.kind(row.kind).type)
        return Definition(row.kind, row.key, row.version, body, row.author, row.at, row.deleted)

    def _load(self, kind: str) -> dict[str, Definition[Any]]:
        """The newest version of each key of a kind, deleted ones included."""
        self.kind(kind)
        now = time.monotonic()
        with self._lock:
            generation = self._generation
            kept = self._current.get(kind)
        if kept and (self._state.embedded or now - kept[0] < _FOREIGN_CACHE_SECONDS):
            return kept[1]
        with self._state.read() as tx:
            rows = tx.execute(_newest_of(kind)).all()
        loaded: dict[str, Definition[Any]] = {}
        unreadable: list[Unreadable] = []
        for row in rows:
            try:
                loaded[row.key] = self._definition(row)
            except _UNREADABLE as error:  # one that is broken takes no others with it
                unreadable.append(Unreadable(kind, row.key, row.version, str(error)))
        with self._lock:
            told, self._told = self._told, self._told.union(unreadable)
            if generation == self._generation:  # else somebody saved while this was read
                self._current[kind], self._unreadable[kind] = (now, loaded), unreadable
        for each in set(unreadable) - told:
            log.error("The %s %r, version %d, can't be read; it is left out: %s", *msgspec.structs.astuple(each))
        return loaded

    def _why(self, kind: str, key: str) -> str:
        found = next((each for each in self._unreadable.get(kind, ()) if each.key == key), None)
        return (
            "" if found is None else f"Version {found.version} can't be read ({found.reason}); save or restore another."
        )

    def _forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._current.clear()


_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeError)


def _stored(text: str) -> Any:
    """A body as it is stored, whatever it is; null where it is no JSON."""
    try:
        msgspec.json.decode(text)
    except _UNREADABLE:
        text = "null"
    return msgspec.Raw(text.encode())


def _newest_of(kind: str) -> sa.Select[Any]:
    c = definitions.c
    newest = sa.select(c.key, sa.func.max(c.version).label("version")).where(c.kind == kind).group_by(c.key).subquery()
    return (
        sa.select(definitions)
        .join(newest, sa.and_(c.key == newest.c.key, c.version == newest.c.version))
        .where(c.kind == kind)
    )


def _conflict(kind: str, key: str, current: Definition[Any] | None, expected: int | None) -> Conflict:
    if current is None:
        return Conflict(f"There is no {kind} {key!r} yet; send expected_version 0 to create it.", current=None)
    return Conflict(
        f"The {kind} {key!r} is at version {current.version} now, not {expected}: "
        f"{current.author or 'somebody'} saved it meanwhile. Load it, make the change again, save.",
        current={
            "version": current.version,
            "author": current.author,
            "at": current.at,
            "deleted": current.deleted,
            "body": _plain(current.body),
        },
    )


def _plain(body: msgspec.Struct) -> Any:
    """The body as a reader of its JSON sees it."""
    return msgspec.json.decode(msgspec.json.encode(body))
