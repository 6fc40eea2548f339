"""Sticky buckets on the server: the first assignment of a unit stays, whatever weights or log-ins bring later.

Read through a memory of the units seen last; written behind, in groups, by `flush`. A crash loses at most what came since the last
one: such a unit is hashed again, which gives the same variation unless the weights were changed in that very moment.

Anybody may ask for a device that they made up. So what an unproven caller is given is kept in memory, and written once its device did
something itself (an event of its own was accepted); what nobody ever came back to is forgotten.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.experiments.definition import ATTRIBUTE
from resa.kernel.state import Prepared, State, metadata

sticky_buckets: Final = sa.Table(
    "sticky_buckets",
    metadata,
    sa.Column("unit", sa.Text, primary_key=True),  # attribute||value
    sa.Column("experiment", sa.String(160), primary_key=True),  # key__version
    sa.Column("variation", sa.String(64), nullable=False),
)

REMEMBERED: Final = 100_000
MOST_PENDING: Final = 50_000
"""Devices that were given something and did nothing yet; beyond them the oldest is forgotten."""
PENDING_SECONDS: Final = 1_800.0
PENDING_LOOKED: Final = 5.0
"""Seconds between two looks at which of them did something meanwhile."""
LONGEST: Final = 600


_ACTIVE: Final = Prepared(
    "SELECT i.key FROM json_each(:keys) AS asked JOIN identities AS i ON i.key = asked.value JOIN folds AS f ON f.identity = i.id",
    "SELECT i.key FROM jsonb_array_elements_text(cast(:keys AS jsonb)) AS asked (value) "
    "JOIN identities AS i ON i.key = asked.value JOIN folds AS f ON f.identity = i.id",
)
"""Those of these identities with an event of their own: what Resa notes of its decisions folds nothing."""


class Looking:
    """Kept assignments for whoever only looks: read, and never written."""

    def __init__(self, kept: Stickies) -> None:
        """Those of `kept`."""
        self.get = kept.get

    def __setitem__(self, name: str, document: Mapping[str, Any], /) -> None:
        """Keep nothing."""


class OfDevice:
    """Kept assignments for a caller who proved nothing: written for its device alone.

    Else a page could name somebody else's user id beside a device of its own, and so choose the variation that this user keeps.
    """

    def __init__(self, kept: Stickies) -> None:
        """Those of `kept`."""
        self.get = kept.get
        self._kept = kept

    def __setitem__(self, name: str, document: Mapping[str, Any], /) -> None:
        """Keep what a device was given, and nothing of whom it claims to be."""
        if name.startswith(f"{ATTRIBUTE['device']}||"):
            self._kept.hold(name, document)


class Stickies:
    """Kept assignments of all units. Thread-safe."""

    def __init__(self, state: State, *, remembered: int = REMEMBERED) -> None:
        """`remembered` units are kept in memory."""
        self._state = state
        self._most = remembered
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        self._waiting: dict[tuple[str, str], str] = {}
        self._pending: OrderedDict[str, tuple[float, dict[str, str]]] = OrderedDict()
        self._looked = 0.0

    def get(self, name: str, /) -> Mapping[str, Any] | None:
        """What is kept of a unit."""
        with self._lock:
            found = self._seen.get(name)
            if found is not None:
                self._seen.move_to_end(name)
                return found
        if len(name) > LONGEST or "\x00" in name:
            return None
        c = sticky_buckets.c
        with self._state.read() as tx:
            rows = tx.execute(sa.select(c.experiment, c.variation).where(c.unit == name)).all()
        with self._lock:
            kept = {experiment: variation for experiment, variation in rows}
            kept |= self._pending.get(name, (0.0, {}))[1]
            kept |= {key: value for (unit, key), value in self._waiting.items() if unit == name}
            return self._remember(name, kept)

    def __setitem__(self, name: str, document: Mapping[str, Any], /) -> None:
        """Keep a unit's assignments; those kept before stay as they were."""
        if len(name) > LONGEST or not name.isprintable():
            return
        with self._lock:
            for key, variation in self._added(name, document).items():
                self._waiting.setdefault((name, key), variation)

    def hold(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a device's assignments in memory, until the device did something itself."""
        if len(name) > LONGEST or not name.isprintable():
            return
        with self._lock:
            if added := self._added(name, document):
                since, before = self._pending.get(name) or (time.monotonic(), {})
                self._pending[name] = since, {**added, **before}
            while len(self._pending) > MOST_PENDING:
                self._pending.popitem(last=False)

    def _added(self, name: str, document: Mapping[str, Any]) -> dict[str, str]:
        """Remember a unit's assignments; those that were not known."""
        before = (self._seen.get(name) or {}).get("assignments", {})
        after = {**document["assignments"], **before}
        self._remember(name, after)
        return {key: variation for key, variation in after.items() if key not in before}

    def flush(self) -> int:
        """Write what waits; how many there were."""
        if self._pending and time.monotonic() - self._looked >= PENDING_LOOKED:
            self.look()
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return 0
        rows = [{"unit": unit, "experiment": key, "variation": value} for (unit, key), value in waiting.items()]
        try:
            with self._state.write() as tx:
                self._state.upsert(tx, sticky_buckets, rows, key=["unit", "experiment"], update=[])
        except sa.exc.SQLAlchemyError:
            with self._lock:
                self._waiting = {**waiting, **self._waiting}
            raise
        return len(rows)

    def look(self) -> None:
        """Let those be written whose device did something meanwhile, and forget who did nothing for long."""
        self._looked = time.monotonic()
        with self._lock:
            names = {f"anon:{name.partition('||')[2]}": name for name in self._pending}
        with self._state.glance() as connection:
            rows = _ACTIVE.run(connection, keys=msgspec.json.encode(list(names)).decode()).fetchall()
        with self._lock:
            for (key,) in rows:
                _, kept = self._pending.pop(names[key], (0.0, {}))
                for experiment, variation in kept.items():
                    self._waiting.setdefault((names[key], experiment), variation)
            forgotten = [name for name, (since, _) in self._pending.items() if since < self._looked - PENDING_SECONDS]
            for name in forgotten:
                del self._pending[name]

    def _remember(self, name: str, assignments: dict[str, str]) -> Mapping[str, Any]:
        attribute, _, value = name.partition("||")
        made = {"attributeName": attribute, "attributeValue": value, "assignments": assignments}
        self._seen[name] = made
        self._seen.move_to_end(name)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return made
