"""Sources: where events come from. Each has a write key, which can only write, and a kind that says how far to trust it.

A `browser` key stands in pages for everyone to read: what it says is unverified. A `server` key is a secret.
"""

from __future__ import annotations

import base64
import re
import secrets
import threading
from collections.abc import Callable
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel import audit
from resa.kernel.errors import Conflict, NotFound, Refused
from resa.kernel.state import State, metadata

sources: Final = sa.Table(
    "sources",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # browser, server
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("write_key", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
)

identity_proofs: Final = sa.Table(
    "identity_proofs",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, nullable=False),  # accepted, required
    sa.Column("secret", sa.Text, nullable=False),
)
"""What sources ask of a page that says whose user id it has (`kernel.identity_tokens`); none: it is not asked."""

payload_keys: Final = sa.Table(
    "payload_keys",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
)
"""What flags are encrypted with for the clients of a source; none: they are handed out readable."""

retired: Final = sa.Table(
    "retired_write_keys",
    metadata,
    sa.Column("write_key", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)
"""Keys that were rotated or revoked: no setting brings one back."""

OFF: Final = "off"
ACCEPTED: Final = "accepted"
REQUIRED: Final = "required"
MODES: Final = (OFF, ACCEPTED, REQUIRED)
"""Whether a browser source heeds identity tokens: not at all, where there is one, or refusing user ids without."""

KINDS: Final = ("browser", "server")
RESERVED: Final = frozenset({"resa", "import", "demo"})
"""Source names that Resa gives its own events."""

_FRESH_MS: Final = 15_000
"""How long a process may not know what another one changed."""
_ASK_AGAIN_MS: Final = 1_000

_WRITE_KEY: Final = re.compile(r"[A-Za-z0-9_.~-]{1,128}")


class Source(msgspec.Struct, frozen=True):
    """One source."""

    key: str
    name: str
    kind: str
    environment: str
    write_key: str
    created_at: int
    identity: str = OFF
    identity_secret: str | None = None
    payload_key: str | None = None

    @property
    def browser(self) -> bool:
        """Whether its write key is public."""
        return self.kind == "browser"


_OWN: Final = tuple(column.name for column in sources.columns if column.name != "revoked_at")
"""The fields of a source that stand in its own table."""


class Sources:
    """The sources of a workspace; finds one by its write key without asking the state store."""

    def __init__(self, state: State, clock: Callable[[], int]) -> None:
        """Read the sources."""
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._by_write_key: dict[str, Source] = {}
        self._read_at = 0
        self.refresh()

    def refresh(self) -> None:
        """Read the sources anew."""
        with self._state.read() as tx:
            found = {source.write_key: source for source in _listed(tx)}
        with self._lock:
            self._by_write_key = found
            self._read_at = self._clock()

    def find(self, write_key: str) -> Source | None:
        """The source of a write key that is in force."""
        age = self._clock() - self._read_at
        source = self._by_write_key.get(write_key)
        if age > (_FRESH_MS if source is not None else _ASK_AGAIN_MS):
            self.refresh()
            source = self._by_write_key.get(write_key)
        return source

    def listed(self) -> list[Source]:
        """The sources in force, oldest first."""
        with self._state.read() as tx:
            return _listed(tx)

    def get(self, key: str) -> Source:
        """One source in force by its key."""
        found = next((source for source in self.listed() if source.key == key), None)
        if found is None:
            raise NotFound("source", key)
        return found

    def ensure(self, write_key: str | None, name: str = "Website", kind: str = "browser") -> Source | None:
        """Make a source with this very write key unless there is or was one; for the first start of a scripted set-up."""
        if not write_key or self._was_retired(write_key):
            return None
        if not _WRITE_KEY.fullmatch(write_key):
            raise Refused("RESA_WRITE_KEY", None, "may hold letters, digits and _.~- (at most 128).", "Choose another.")
        found = self.find(write_key)
        return found or self.create(audit.SYSTEM, name, kind, write_key=write_key)

    def create(
        self, actor: audit.Actor, name: str, kind: str, environment: str = "production", *, write_key: str | None = None
    ) -> Source:
        """Make a source; its key is made of its name, its write key of chance."""
        name, environment = _name("name", name), _name("environment", environment)
        if kind not in KINDS:
            raise Refused("kind", kind, "is no kind of source.", "Use browser or server.")
        with self._state.write() as tx:
            if write_key and tx.execute(sa.select(sources.c.key).where(sources.c.write_key == write_key)).first():
                raise Conflict("This write key is in use.", field="write_key")
            source = Source(_slug(tx, name), name, kind, environment, write_key or _new_key(), self._clock())
            tx.execute(sa.insert(sources), {name: getattr(source, name) for name in _OWN})
            audit.record(tx, actor, "source.created", f"source:{source.key}", {"name": name, "kind": kind})
        self.refresh()
        return source

    def change(self, actor: audit.Actor, key: str, name: str | None, environment: str | None) -> Source:
        """Rename a source or move it to another environment; its key stays, for events carry it."""
        values: dict[str, Any] = {}
        if name is not None:
            values["name"] = _name("name", name)
        if environment is not None:
            values["environment"] = _name("environment", environment)
        if values:
            with self._state.write() as tx:
                self._set(tx, key, values)
                audit.record(tx, actor, "source.changed", f"source:{key}", values)
            self.refresh()
        return self.get(key)

    def rotate(self, actor: audit.Actor, key: str) -> Source:
        """Give a source another write key; the old one writes no more."""
        with self._state.write() as tx:
            self._retire(tx, key)
            self._set(tx, key, {"write_key": _new_key()})
            audit.record(tx, actor, "source.rotated", f"source:{key}")
        self.refresh()
        return self.get(key)

    def heed_identity(self, actor: audit.Actor, key: str, mode: str) -> Source:
        """Say whether a browser source heeds identity tokens; the first time makes the secret they are signed with."""
        if mode not in MODES:
            raise Refused("identity", mode, "is no way to treat identity tokens.", f"Use {', '.join(MODES)}.")
        self._for_browsers(key)
        with self._state.write() as tx:
            if mode == OFF:
                tx.execute(sa.delete(identity_proofs).where(identity_proofs.c.source == key))
            else:
                row = {"source": key, "mode": mode, "secret": _new_secret()}
                self._state.upsert(tx, identity_proofs, [row], key=["source"], update=["mode"])
            audit.record(tx, actor, "source.identity", f"source:{key}", {"mode": mode})
        self.refresh()
        return self.get(key)

    def rotate_secret(self, actor: audit.Actor, key: str) -> Source:
        """Give a source another secret for identity tokens; what the old one signed proves nothing any more."""
        self._for_browsers(key)
        changed = sa.update(identity_proofs).where(identity_proofs.c.source == key).values(secret=_new_secret())
        with self._state.write() as tx:
            if tx.execute(changed).rowcount != 1:
                raise Conflict("This source heeds no identity tokens: there is no secret.", field="identity")
            audit.record(tx, actor, "source.secret_rotated", f"source:{key}")
        self.refresh()
        return self.get(key)

    def encrypt_payloads(self, actor: audit.Actor, key: str, payload_key: str | None) -> Source:
        """Encrypt the flags that a source's clients fetch with a key, or (None) hand them out readable again."""
        self.get(key)
        with self._state.write() as tx:
            if payload_key is None:
                tx.execute(sa.delete(payload_keys).where(payload_keys.c.source == key))
            else:
                self._state.upsert(tx, payload_keys, [{"source": key, "key": payload_key}], key=["source"])
            audit.record(tx, actor, "source.payloads", f"source:{key}", {"encrypted": payload_key is not None})
        self.refresh()
        return self.get(key)

    def _for_browsers(self, key: str) -> None:
        if not self.get(key).browser:
            remedy = "Send server-side events as they are."
            raise Refused("identity", None, "is for browser keys: a server's word is believed anyway.", remedy)

    def revoke(self, actor: audit.Actor, key: str) -> None:
        """Take a source out of force; what it wrote stays."""
        with self._state.write() as tx:
            self._retire(tx, key)
            self._set(tx, key, {"revoked_at": self._clock()})
            audit.record(tx, actor, "source.revoked", f"source:{key}")
        self.refresh()

    def _was_retired(self, write_key: str) -> bool:
        with self._state.read() as tx:
            return tx.execute(sa.select(retired.c.at).where(retired.c.write_key == write_key)).first() is not None

    def _retire(self, tx: sa.Connection, key: str) -> None:
        """Remember that the write key a source has now is to be used no more."""
        held = tx.execute(sa.select(sources.c.write_key).where(sources.c.key == key)).scalar()
        if held is not None:
            self._state.upsert(tx, retired, [{"write_key": held, "at": self._clock()}], key=["write_key"])

    @staticmethod
    def _set(tx: sa.Connection, key: str, values: dict[str, Any]) -> None:
        statement = sa.update(sources).where(sources.c.key == key, sources.c.revoked_at.is_(None)).values(values)
        if tx.execute(statement).rowcount != 1:
            raise NotFound("source", key)


def _listed(tx: sa.Connection) -> list[Source]:
    columns = [sources.c[name] for name in _OWN]
    rows = tx.execute(
        sa.select(*columns, sa.func.coalesce(identity_proofs.c.mode, OFF), identity_proofs.c.secret, payload_keys.c.key)
        .outerjoin(identity_proofs, identity_proofs.c.source == sources.c.key)
        .outerjoin(payload_keys, payload_keys.c.source == sources.c.key)
        .where(sources.c.revoked_at.is_(None))
        .order_by(sources.c.created_at, sources.c.key)
    )
    return [Source(*list(row)) for row in rows]


def new_payload_key() -> str:
    """A key for encrypted payloads: 16 bytes in base64, as all of GrowthBook's SDKs take it."""
    return base64.b64encode(secrets.token_bytes(16)).decode()


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def _name(field: str, text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= 80 or not text.isprintable():
        raise Refused(field, text, "has 1 to 80 printable characters.", "Choose another.")
    return text


def _slug(tx: sa.Connection, name: str) -> str:
    """A key for a new source: its name in small letters, with a number if another had it before."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "source"
    taken = set(tx.execute(sa.select(sources.c.key)).scalars()) | RESERVED
    return next(key for n in range(1, len(taken) + 2) if (key := base if n == 1 else f"{base}-{n}") not in taken)
