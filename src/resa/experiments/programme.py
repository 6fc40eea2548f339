"""The whole programme of a workspace, compiled: payloads and engines, kept until a definition or a schedule changes them."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.experiments import allocation, contexts, payload
from resa.experiments.definition import ATTRIBUTE, Experiment, Flag
from resa.experiments.engine import Asking, Engine, ExperimentResult, assignment
from resa.experiments.engine.features import Feature
from resa.experiments.payload import Ramping, World
from resa.kernel.decisions import Decided
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

Run = assignment.Run

UNITS: Final = {attribute: unit for unit, attribute in ATTRIBUTE.items()}
"""By the attribute that is hashed, what kind of unit it is."""

_FRESH_SECONDS: Final = 1.0
"""How long a change of another process (on PostgreSQL) may take to be seen."""
_LATE_MS: Final = 3_600_000
_KEPT: Final = (b'"variations"', b'"contextualVariations"', b'"fallbackAttribute"')
"""Where one of these stands in a payload, a unit's kept assignments may have to be looked up."""
_PHASES: Final = 50
"""How many earlier phases of an experiment are remembered, and how long."""


class Edition(msgspec.Struct, frozen=True):
    """One payload in force: as an object, as the bytes that are handed out, compiled; its ETag tells it from others."""

    payload: dict[str, Any]
    engine: Engine
    text: bytes
    etag: str


class Compiled(msgspec.Struct, frozen=True):
    """The programme at a moment: what everybody may have, and everything."""

    world: World
    public: Edition
    full: Edition
    runs: dict[str, Run]
    shipped: dict[str, Feature]
    segmented: bool
    """Whether anything asks for audiences."""
    by_attributes: bool
    """Whether flags depend on what a caller tells alone: on no audience and on nothing that is kept of a unit."""
    changed: int
    """When it was compiled (ms UTC)."""


class Assigned(msgspec.Struct, frozen=True):
    """Which variation a unit is in; the probability is among those who are in the experiment."""

    experiment: str
    variation: str
    phase: int
    probability: float | None
    """None for an assignment that was kept from another context: nobody knows any more what it was drawn with."""
    unit_kind: str
    result: ExperimentResult

    @property
    def leaf(self) -> int | None:
        """The context it was drawn in, where contexts have weights of their own."""
        return None if self.result.bandit is None else self.result.bandit["leafId"]

    @property
    def unit(self) -> str:
        """The value that was hashed."""
        return assignment.text_of(self.result.hash_value)


class Programme:
    """Compiles the definitions when they change. Thread-safe; `current` costs next to nothing while nothing does."""

    def __init__(self, workspace: Workspace) -> None:
        """Of this workspace's definitions."""
        self._workspace = workspace
        self.ramps: Callable[[], Mapping[tuple[str, str], Ramping]] = dict
        """Tells how far each ramp is."""
        self._lock = threading.Lock()
        self._kept: Compiled | None = None
        self._earlier: dict[str, deque[tuple[int, Experiment]]] = {}
        self._generation = -1
        self._changes = self._heeded = 0
        self._until: int | None = None
        self._looked = 0.0
        self._rests = 0.0

    def current(self) -> Compiled:
        """The programme as it is now."""
        kept = self._kept
        if kept is not None and not self._stale():
            return kept
        with self._lock:
            if self._kept is None:
                self._compile()
            elif self._stale():
                try:
                    self._compile()
                except sa.exc.SQLAlchemyError as error:  # the state store is away: what was in force stays so
                    log.warning("The programme could not be read anew; the last one stays in force: %s", error)
                    self._rests = time.monotonic() + _FRESH_SECONDS
            assert self._kept is not None
            return self._kept

    def fresh(self) -> Compiled | None:
        """The programme as it is now, if it need not be compiled first: `current` is then to be asked, in a thread."""
        return self._kept if self._kept is not None and not self._stale() else None

    def at_hand(self) -> Compiled:
        """The programme as it was compiled last, if that was before a change: for who may not wait, and had it compiled aside."""
        return self._kept or self.current()

    def now(self) -> int:
        """The workspace's time (ms UTC)."""
        return self._workspace.clock()

    def forget(self) -> None:
        """Compile anew when asked next: something changed that is no definition."""
        self._changes += 1

    def segment(self, key: str) -> str:
        """The opaque id of an audience in payloads and in the attribute `$segments`."""
        return self._workspace.decisions.signer.opaque(f"segment:{key}")

    def _stale(self) -> bool:
        if time.monotonic() < self._rests:
            return False
        if self._generation != self._workspace.definitions.generation or self._heeded != self._changes:
            return True
        if self._until is not None and self._workspace.clock() >= self._until:
            return True
        return not self._workspace.state.embedded and time.monotonic() - self._looked > _FRESH_SECONDS

    def _compile(self) -> None:
        known = self._workspace.definitions
        generation, changes, now = known.generation, self._changes, self._workspace.clock()
        bodies: dict[str, dict[str, Any]] = {
            kind: {item.key: item.body for item in known.all(kind)}
            for kind in ("experiment", "flag", "layer", "holdout")
        }
        world = World(
            bodies["experiment"], bodies["flag"], bodies["layer"], bodies["holdout"], self.segment, self.ramps()
        )
        built = payload.build(world, now, public=False)
        self._until, self._looked = built.until, time.monotonic()
        shown = payload.build(world, now, public=True)
        before = self._kept
        if before is not None:
            self._remember(before.world, world, now)
        full = _edition(built.payload, before.full if before else None)
        segmented = b'"$segments"' in full.text + msgspec.json.encode([built.runs, built.shipped])
        self._kept = Compiled(
            world,
            _edition(shown.payload, before.public if before else None),
            full,
            {key: full.engine.experiment(said) for key, said in built.runs.items()},
            {key: full.engine.flag(key, said) for key, said in built.shipped.items()},
            segmented,
            not segmented and not any(word in full.text for word in _KEPT),
            now,
        )
        self._generation, self._heeded = generation, changes

    def _remember(self, before: World, after: World, now: int) -> None:
        for key, body in before.experiments.items():
            if key in after.experiments and after.experiments[key].phase != body.phase:
                self._earlier.setdefault(key, deque(maxlen=_PHASES)).appendleft((now, body))

    def earlier(self, key: str) -> list[Experiment]:
        """An experiment's phases of the last hour, newest first: clients may not have fetched the new one yet."""
        since = self._workspace.clock() - _LATE_MS
        return [body for at, body in self._earlier.get(key, ()) if at >= since]

    def assign(self, key: str, asking: Asking, now: Compiled | None = None) -> Assigned | None:
        """Which variation of a running experiment a unit is in; None: it does not run, or not for this unit."""
        now = now or self.current()
        run = now.runs.get(key)
        if run is None:
            return None
        result = run(asking)
        if not result.in_experiment:
            return None
        body = now.world.experiments[key]
        kind = UNITS.get(result.hash_attribute, body.unit)  # a customer who is not known yet is a device
        return Assigned(key, result.key, body.phase, _probability(body, result), kind, result)

    def shipped(self, key: str, asking: Asking, now: Compiled | None = None) -> str | None:
        """What everybody whom a shipped experiment was meant for gets; None: it was not shipped, or not for this unit."""
        feature = (now or self.current()).shipped.get(key)
        found = feature(asking).value if feature is not None else None
        return str(found) if found is not None else None

    def token(self, assigned: Assigned) -> str:
        """An assignment, signed: whoever brings it back with an exposure is believed."""
        return self._workspace.decisions.signer.sign(
            Decided(
                id=f"d_{secrets.token_hex(10)}",
                what=f"experiment:{assigned.experiment}",
                variation=assigned.variation,
                probability=assigned.probability,
                unit_kind=assigned.unit_kind,
                unit=assigned.unit,
                at=self._workspace.clock(),
                phase=assigned.phase,
                leaf=assigned.leaf,
            )
        )

    def experiment(self, key: str) -> Experiment | None:
        """An experiment by its key."""
        return self.current().world.experiments.get(key)

    def flag(self, key: str) -> Flag | None:
        """A flag by its key."""
        return self.current().world.flags.get(key)


def _probability(body: Experiment, result: ExperimentResult) -> float | None:
    if result.bandit is None:
        return allocation.probability(body, result.key)
    shares = result.bandit["variationWeights"]
    kept = result.sticky_used and contexts.drawn(shares, body.coverage, result.bucket) != result.variation
    return None if kept else float(shares[result.variation])


def _edition(said: dict[str, Any], before: Edition | None) -> Edition:
    text = msgspec.json.encode(said)
    etag = hashlib.sha256(text).hexdigest()[:24]
    if before is not None and before.etag == etag:
        return before
    return Edition(said, Engine(said, forgiving=True), text, etag)
