"""Random small histories: what can happen to a journey index, and the same history kept as plain lists beside it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import JourneyIndex, Manifest
from resa.kernel.sequences.runs import month_range
from tests.sequences import reference
from tests.sequences.reference import Event

IDENTITIES = 9
CODES = 6
HOUR = 3_600_000
MOMENTS = (
    "before-write",
    "after-write",
    "after-rename",
    "before-manifest",
    "after-manifest",
    "before-swap",
    "after-swap",
)
POINTS = tuple(f"{work}.{moment}" for work in ("seal", "compact") for moment in MOMENTS)


class Died(BaseException):
    """What the process does at a crash point."""


class History:
    """An index, and the log and links it is made of."""

    def __init__(self, seed: int, folder: Path, manifest: Manifest) -> None:
        self.random = random.Random(seed)
        self.folder, self.manifest = folder, manifest
        self.log: list[Event] = []
        self.next_row = self.random.choice((0, 0, 5, 1 << 31, 1 << 40))
        self.links: list[tuple[int, int]] = []
        self.erased: set[int] = set()
        self.times = self._times()
        self.dies_at: str | None = None
        self.index = self._open()

    def _times(self) -> list[int]:
        """A few times, so that there are many ties: around months' ends, session gaps, and within a day."""
        month = month_range("2025-01", self.random.choice((0, 3, 11)))[1]
        around = [month + offset for offset in (-1, 0, 1, -40 * 24 * HOUR)] if self.random.random() < 0.5 else []
        day = month + self.random.randrange(20) * 24 * HOUR
        return around + [
            day + k * HOUR // 2 + self.random.choice((-1, 0, 0, 1)) for k in range(self.random.randint(2, 9))
        ]

    def _open(self) -> JourneyIndex:
        return JourneyIndex.open(
            self.folder,
            self.manifest,
            fold_events=self.random.choice((4, 20, 200)),
            seal_events=self.random.choice((10, 40, 1000)),
            most_runs=self.random.choice((2, 3, 6)),
            crash_point=self._crash_point,
        )

    def _crash_point(self, name: str) -> None:
        if name == self.dies_at:
            raise Died(name)

    # --- what can happen ---

    def step(self) -> None:
        """Let something happen."""
        kinds = {
            "append": 8,
            "seal": 2,
            "compact": 1,
            "maintain": 2,
            "merge": 3,
            "unmerge": 2,
            "erase": 0.4,
            "crash": 1.5,
            "restart": 0.5,
        }
        getattr(self, self.random.choices(list(kinds), list(kinds.values()))[0])()

    def append(self) -> None:
        """A batch, now and then after a jump of rows that no u32 holds."""
        if self.random.random() < 0.03:
            self.next_row += 1 << 33
        fresh = []
        for _ in range(self.random.randint(0, 14)):
            code = self.random.choice((0, *range(1, CODES), *range(1, CODES)))
            fresh.append(Event(self.random.choice(self.times), self.next_row, code, self.random.choice(self.living)))
            self.next_row += 1
        self.log += fresh
        self._send(fresh)

    def _send(self, events: list[Event]) -> None:
        self.index.append(
            *(np.array([getattr(event, name) for event in events]) for name in ("row", "time", "code", "identity"))
        )

    def seal(self) -> None:
        self.index.seal()

    def compact(self) -> None:
        self.index.compact(everything=self.random.random() < 0.4)

    def maintain(self) -> None:
        self.index.maintain()

    def merge(self) -> None:
        self.links.append((self.random.choice(self.living), self.random.choice(self.living)))

    def unmerge(self) -> None:
        if self.links:
            self.links.pop(self.random.randrange(len(self.links)))

    def erase(self) -> None:
        """Tombstone, links and log first, then the index, as the caller does."""
        if len(self.erased) == IDENTITIES - 2:
            return
        gone = self.random.choice(self.living)
        self.erased.add(gone)
        self.links = [link for link in self.links if gone not in link]
        self.log = [event for event in self.log if event.identity != gone]
        self.index.erase(gone)

    def crash(self) -> None:
        """Die at a named point, then come back."""
        self.dies_at = self.random.choice(POINTS)
        try:
            if self.dies_at.startswith("seal"):
                self.index.seal()
            else:
                self.index.compact(everything=True)
        except Died:
            pass
        self.dies_at = None
        self.restart()

    def restart(self) -> None:
        """What was in memory is lost; rows from the watermark on (or some earlier ones too) are appended again."""
        self.index = self._open()
        again = [event for event in self.log if event.row >= self.index.watermark - self.random.choice((0, 0, 3))]
        size = self.random.choice((3, 1000))
        for at in range(0, len(again), size):
            self._send(again[at : at + size])

    # --- what should be true ---

    @property
    def living(self) -> list[int]:
        """The identities that aren't erased."""
        return [identity for identity in range(IDENTITIES) if identity not in self.erased]

    @property
    def profile(self) -> dict[int, int]:
        """The profile of each identity that isn't erased."""
        return reference.profiles(self.living, self.links)

    def identities(self) -> IdentityMap:
        """The identity map; an erased identity's tombstone may go, once compaction has dropped its events."""
        profile = self.profile
        size = max([i + 1 for i in range(IDENTITIES) if profile.get(i) != i], default=0)
        return IdentityMap([profile.get(identity, -1) for identity in range(size)])
