"""What choosing asks of the world, from memory: audiences, personas, experiments, hold-outs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from resa.experiences.people import Person
from resa.experiences.site import Target
from resa.experiences.visit import Visit
from resa.kernel.errors import ResaError
from resa.kernel.populations import Population
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger("resa.experiences")

PERSONAS_SECONDS: Final = 60.0
"""How old the members of a persona may be; they are counted aside, however long that takes."""


class Assigned(NamedTuple):
    """What an experiment gives somebody."""

    variation: str
    probability: float | None
    phase: int
    counted: bool = True
    """Not where the page's address asked for the variation: it is shown to who tries it, and is nobody's exposure."""
    leaf: int | None = None
    """The context it was drawn in, where contexts have weights of their own."""


class Standing(NamedTuple):
    """Where somebody stands in a hold-out of the programme: named like an experiment, and exposed like one."""

    experiment: str
    variation: str
    probability: float
    unit_kind: str
    unit: str
    held: bool


class Programme(Protocol):
    """What experiences ask of experiments and flags."""

    def assign(
        self, experiment: str, attributes: Mapping[str, Any], *, verified: bool, keep: bool = True
    ) -> Assigned | None:
        """The variation somebody gets; None where it does not run, or not for them. Without `keep` nothing is remembered of it."""
        ...

    def holdouts(self, attributes: Mapping[str, Any]) -> Sequence[Standing]:
        """Where they stand in each hold-out that is active."""
        ...

    def flags(self, keys: Iterable[str] | None, attributes: Mapping[str, Any], *, verified: bool) -> bytes:
        """Flags by key (None: all), as a JSON object: value, variation, reason, experiment, token."""
        ...

    @property
    def by_attributes(self) -> bool:
        """Whether what a request tells is all that flags depend on: then nothing kept is read for them."""
        ...

    @property
    def fresh(self) -> bool:
        """Whether all else here answers as things are now, not as they were before a change."""
        ...

    def refresh(self) -> None:
        """Make it so, which may take a while."""
        ...


class NoProgramme:
    """Where there are no experiments."""

    def assign(
        self, experiment: str, attributes: Mapping[str, Any], *, verified: bool, keep: bool = True
    ) -> Assigned | None:
        """Nobody is in any."""
        del experiment, attributes, verified, keep
        return None

    def holdouts(self, attributes: Mapping[str, Any]) -> Sequence[Standing]:
        """Nobody is held out."""
        del attributes
        return ()

    def flags(self, keys: Iterable[str] | None, attributes: Mapping[str, Any], *, verified: bool) -> bytes:
        """There are none."""
        del keys, attributes, verified
        return b"{}"

    @property
    def by_attributes(self) -> bool:
        """Nothing depends on anything."""
        return True

    @property
    def fresh(self) -> bool:
        """Nothing changes."""
        return True

    def refresh(self) -> None:
        """Nothing changed."""


class World:
    """Answers `choosing.Known` for one workspace."""

    def __init__(self, workspace: Workspace, programme: Programme) -> None:
        """Memberships are kept by the workspace; personas by this."""
        self._workspace = workspace
        self.programme = programme
        self.personas = Personas(workspace.populations.get)

    def in_audience(self, key: str, person: Person) -> bool | None:
        """Whether they belong to it; None while it is being filled."""
        if person.audiences is not None:
            return key in person.audiences
        assert person.profile is not None
        return self._workspace.memberships.inside(key, person.profile)

    def of_persona(self, key: str, person: Person) -> bool | None:
        """Whether they were of it when its members were counted last; what others claim of them counts nothing."""
        if person.profile is None or person.audiences is not None:
            return False
        return self.personas.inside(key, person.profile)

    def held_out(self, unit: str, person: Person, visit: Visit) -> bool:
        """Whether they see nothing of the programme."""
        del unit, person
        return any(each.held for each in self.programme.holdouts(visit.attributes))

    def arm_of(
        self, experiment: str, target: Target, unit: str, person: Person, visit: Visit, *, keep: bool = True
    ) -> Assigned | None:
        """What the experiment says; without `keep` for who only tries."""
        del target, unit
        return self.programme.assign(experiment, visit.attributes, verified=person.verified, keep=keep)


class Personas:
    """Who is of which persona, counted by a thread of its own whenever it is older than a minute."""

    def __init__(self, members: Callable[[str], Population]) -> None:
        """Nobody has asked yet."""
        self._members = members
        self._kept: dict[str, tuple[float, np.ndarray | None]] = {}
        self._lock = threading.Lock()
        self._counting: threading.Thread | None = None
        self._wanted: set[str] = set()

    def inside(self, key: str, profile: int) -> bool | None:
        """Whether a profile is of it; None where that was never counted."""
        at, bits = self._kept.get(key, (0.0, None))
        if time.monotonic() - at > PERSONAS_SECONDS:
            self._count(key)
        if bits is None:
            return None
        return profile < bits.size and bool(bits[profile])

    def _count(self, key: str) -> None:
        with self._lock:
            self._wanted.add(key)
            if self._counting is None or not self._counting.is_alive():
                self._counting = threading.Thread(target=self._work, name="resa-personas-of-experiences", daemon=True)
                self._counting.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._counting = None
                    return
                key = self._wanted.pop()
            bits = self._kept.get(key, (0.0, None))[1]
            try:
                found = self._members(f"persona:{key}")
                bits = found.mask(int(found.profiles.max(initial=0)) + 1)
            except ResaError as error:
                log.warning("Who is of the persona %s could not be counted: %s", key, error.message)
            except Exception:  # a process boundary: the body is away, say; what was counted last stays
                log.exception("Who is of the persona %s could not be counted.", key)
            self._kept[key] = (time.monotonic(), bits)
