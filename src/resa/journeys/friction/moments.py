"""The moments of a lens: the journeys walked once, every moment at which a signal came up or could have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from resa.journeys.friction import kernels
from resa.journeys.friction.definition import Friction
from resa.journeys.friction.facts import Facts
from resa.journeys.friction.signals import KEYS
from resa.kernel.events import CHANNELS
from resa.kernel.identity_map import IdentityMap
from resa.kernel.lens import Lens
from resa.kernel.sequences import Labels, Snapshot
from resa.kernel.sequences.walk import Block, Reading, ask

Array = np.ndarray

MOST_SPARED: Final = 200_000
"""About so many moments of customers a signal spared are kept to compare with; beyond that a fixed share of them."""

DAY: Final = 86_400_000
LEAST_LOOKBACK: Final = 31 * DAY  # for how long somebody has been a customer is told apart up to a month
_SLICE: Final = 8_192  # events handed to the kernel at once: bounds what it may write

_COLUMNS: Final = {
    "signal": (kernels.SIGNAL, np.uint8),
    "hit": (kernels.HIT, np.bool_),
    "profile": (kernels.PROFILE, np.uint32),
    "time": (kernels.TIME, np.int64),
    "row": (kernels.ROW, np.int64),
    "page": (kernels.PAGE_AT, np.uint32),
    "item": (kernels.ITEM_AT, np.uint32),
    "extra": (kernels.EXTRA, np.uint32),
    "context": (kernels.CONTEXT, np.uint32),
    "converted": (kernels.CONVERTED, np.bool_),
    "returned": (kernels.RETURNED, np.bool_),
    "clean": (kernels.CLEAN, np.bool_),
    "activity": (kernels.ACTIVITY, np.int32),
    "before": (kernels.BEFORE, np.int32),
    "depth": (kernels.DEPTH, np.int32),
    "close": (kernels.CLOSE, np.uint8),
    "tenure": (kernels.TENURE, np.int64),
    "channel": (kernels.CHANNEL, np.uint8),
    "device": (kernels.DEVICE, np.uint8),
    "trouble": (kernels.TROUBLE, np.bool_),
}


@dataclass(frozen=True)
class Moments:
    """Arrays of one length. `time`: from when on the customer is followed; `row`: the event that shows it.

    `clean`: the signal had not struck this customer in the history before. `converted`, `returned`: what became of them.
    The rest is what was known when the moment began, before anything of it had happened: `context` (the page),
    `activity` and `before` (events and conversions of the history before this session), `depth` (events of the session so
    far), `close` (0, 1: showed intent, 2: converted, in this session), `tenure` (ms), `channel`, `device` and `trouble`
    (some signal struck earlier in this session).
    """

    signal: Array
    hit: Array
    profile: Array
    time: Array
    row: Array
    page: Array
    item: Array
    extra: Array
    context: Array
    converted: Array
    returned: Array
    clean: Array
    activity: Array
    before: Array
    depth: Array
    close: Array
    tenure: Array
    channel: Array
    device: Array
    trouble: Array

    @classmethod
    def of(cls, chunks: list[dict[str, Array]]) -> Moments:
        """All chunks as one."""
        empty: dict[str, list[Array]] = {name: [np.zeros(0, kind)] for name, (_, kind) in _COLUMNS.items()}
        return cls(**{n: np.concatenate([*empty[n], *(chunk[n] for chunk in chunks)]) for n in _COLUMNS})

    def __len__(self) -> int:
        return int(self.signal.size)

    def take(self, which: Array) -> Moments:
        """Some of them, by mask or number."""
        return Moments(**{name: getattr(self, name)[which] for name in _COLUMNS})


def windows(friction: Friction) -> int:
    """The longest time between the beginning of a moment and its end, in ms."""
    hours = max(friction.carts.hours, friction.handovers.lost_hours, friction.forms.minutes / 60)
    return max(
        round(hours * 3_600_000), round(friction.contacts.days * DAY), round(friction.handovers.hours * 3_600_000)
    )


def settings(friction: Friction, lens: Lens) -> Array:
    """The kernel's settings."""
    out = np.zeros(kernels.SETTINGS, np.int64)
    second, minute, hour = 1000, 60_000, 3_600_000
    for place, value in {
        kernels.START: lens.period.start,
        kernels.END: lens.period.end,
        kernels.FOLLOW: friction.outcome.days * DAY,
        kernels.GAP: friction.session_minutes * minute,
        kernels.HISTORY: friction.history_days * DAY,
        kernels.RAGE_TIMES: friction.clicks.times,
        kernels.RAGE_MS: friction.clicks.seconds * second,
        kernels.DEAD_MS: friction.clicks.dead_seconds * second,
        kernels.FORM_MS: friction.forms.minutes * minute,
        kernels.CART_MS: friction.carts.hours * hour,
        kernels.POGO_MS: friction.loops.seconds * second,
        kernels.ERROR_TIMES: friction.errors.times,
        kernels.ERROR_MS: friction.errors.minutes * minute,
        kernels.CONTACT_MS: friction.contacts.days * DAY,
        kernels.APART_MS: friction.contacts.apart_minutes * minute,
        kernels.STEP_MS: friction.handovers.hours * hour,
        kernels.LOST_MS: friction.handovers.lost_hours * hour,
        kernels.ONLY_CHANNEL: -1 if lens.channel is None else CHANNELS.index(lens.channel),
        kernels.NO_SIMULATED: not lens.simulated,
    }.items():
        out[place] = round(value)
    return out


def walked(
    facts: Facts,
    friction: Friction,
    snapshot: Snapshot,
    identities: IdentityMap,
    lens: Lens,
    *,
    threads: int | None = None,
) -> tuple[Moments, int]:
    """The moments of a lens, and until when the log knows what happened: the last event of any customer in its reach.

    What would be decided later than that is left out: nobody knows yet.
    """
    lookback = max(round(friction.history_days * DAY), LEAST_LOOKBACK) + windows(friction)
    start = lens.period.start - lookback
    end = lens.period.end + round(friction.outcome.days * DAY) + 1
    reading = Reading.of(snapshot, identities, Labels.codes(), start, end)
    told = settings(friction, lens)
    wanted, keep = _shares(facts, friction, _share_of(snapshot, lens))
    if not wanted.any():
        return Moments.of([]), 0
    found = ask(lambda: _Found(facts, keep, wanted, told), reading, threads)
    moments = Moments.of(found.chunks)
    moments = moments.take(moments.time <= found.known_until)
    if (moments.profile.size > 1) and (np.diff(moments.row) < 0).any():  # the same order whatever the threads did
        moments = moments.take(np.lexsort((moments.hit, moments.row, moments.signal)))
    return moments, found.known_until


class _Batch:
    """Room for the events of some journeys, as the kernels see them (see there)."""

    def __init__(self, events: int, journeys: int) -> None:
        self.events, self.journeys = events, journeys
        names = (
            "time",
            "row",
            "code",
            "fact",
            "page",
            "item",
            "journey",
            "session",
            "context",
            "history",
            "first",
            "last",
        )
        self.by: dict[str, Array] = {name: np.empty(events + 1, np.int64) for name in names}
        more = ("conversions", "intents", "conversion_after", "return_after")
        self.by |= {name: np.empty(events + 1, np.int64) for name in more}
        self.by["begins"] = np.empty(journeys + 1, np.int64)
        self.by["found"] = np.empty((kernels.PER_EVENT * events, kernels.CANDIDATE), np.int64)
        self.by["out"] = np.empty((kernels.PER_EVENT * events, kernels.COLUMNS), np.int64)

    def some(self, names: str) -> list[Array]:
        """The arrays of these names."""
        return [self.by[name] for name in names.split()]


@dataclass
class _Found:
    """What blocks add up to."""

    facts: Facts
    keep: Array
    wanted: Array
    told: Array
    chunks: list[dict[str, Array]] = field(default_factory=list)
    known_until: int = 0
    batch: _Batch = field(default_factory=lambda: _Batch(_SLICE, _SLICE))

    def add(self, block: Block) -> None:
        first, count = 0, block.profiles.size
        while first < count:
            last = int(np.searchsorted(block.starts[: count + 1], block.starts[first] + _SLICE, side="right")) - 1
            last = min(max(last, first + 1), count)
            self._detect(block, first, last)
            first = last

    def _detect(self, block: Block, first: int, last: int) -> None:
        count, room = last - first, int(block.starts[last] - block.starts[first])
        if room > self.batch.events or count > self.batch.journeys:
            self.batch = _Batch(max(room, self.batch.events), max(count, self.batch.journeys))
        batch, facts, told = self.batch, self.facts, self.told
        size = kernels.prepare(
            *(count, block.starts[first : last + 1], block.time, block.label, block.row),
            *(facts.rows, facts.page, facts.item, told),
            *batch.some("time row code fact page item journey begins session context history conversions intents"),
            *batch.some("conversion_after return_after"),
        )
        if size:
            self.known_until = max(self.known_until, int(batch.by["time"][:size].max()))
        noted = 0
        for kernel, names, signals in _KERNELS:
            if self.wanted[signals].any():
                noted = kernel(count, *batch.some(names), told, *batch.some(_ALSO.get(kernel, "found")), noted)
        written = kernels.write(
            *(batch.by["out"], block.profiles[first:last], batch.by["found"], noted, size),
            *batch.some("begins time row fact journey session context history conversions intents"),
            *(*batch.some("conversion_after return_after"), self.keep, told),
        )
        if written:
            found = batch.by["out"][:written]
            found = found[self.wanted[found[:, kernels.SIGNAL]]]
            self.chunks.append({name: found[:, place].astype(kind) for name, (place, kind) in _COLUMNS.items()})

    def merge(self, other: _Found) -> _Found:
        """What both found."""
        known_until = max(self.known_until, other.known_until)
        return _Found(
            self.facts, self.keep, self.wanted, self.told, self.chunks + other.chunks, known_until, self.batch
        )


_K: Final[Any] = kernels
_KERNELS: Final = (
    # What looks for which signals, and in which arrays; what isn't wanted isn't even compiled.
    (_K.clicks, "begins time fact page item context", [_K.RAGE_CLICK, _K.DEAD_CLICK]),
    (_K.forms, "begins time fact item context", [_K.FORM]),
    (_K.carts, "begins time fact item", [_K.CART]),
    (_K.pages, "begins time fact page context session", [_K.LOOP, _K.POGO, _K.SLOW_PAGE]),
    (_K.errors, "begins time fact item context session", [_K.REPEATED_ERROR]),
    (_K.contacts, "begins time code fact item", [_K.EMPTY_SEARCH, _K.REPEAT_CONTACT]),
    (_K.handovers, "begins time code fact", [_K.HANDOVER_REPEAT, _K.HANDOVER_LOST]),
)
_ALSO: Final = {_K.errors: "first last found"}
_NEEDS: Final = {
    # What must be there for a signal to be found at all, and which events make a moment of it.
    _K.RAGE_CLICK: (_K.CLICK | _K.RAGE, _K.CLICK),
    _K.DEAD_CLICK: (_K.CLICK | _K.DEAD, _K.CLICK),
    _K.FORM: (_K.FORM_START, _K.FORM_START),
    _K.CART: (_K.CART_ADD, _K.CART_ADD),
    _K.LOOP: (_K.PAGE, _K.PAGE),
    _K.POGO: (_K.PAGE, _K.PAGE),
    _K.REPEATED_ERROR: (_K.ERROR, _K.ACTIVE),
    _K.SLOW_PAGE: (_K.SLOW, _K.MEASURED),
    _K.EMPTY_SEARCH: (_K.EMPTY, _K.SEARCH),
    _K.REPEAT_CONTACT: (_K.CONTACT, _K.CONTACT),
    _K.HANDOVER_REPEAT: (_K.STEP, _K.STEP),
    _K.HANDOVER_LOST: (_K.HANDED, _K.HANDED),
}


def _shares(facts: Facts, friction: Friction, share: float) -> tuple[Array, Array]:
    """Which signals there can be, and which share (of 2^32) of the moments of the spared is kept for each."""
    rows = facts.rows[: facts.size]
    counts = {
        bit: int(np.count_nonzero(rows & np.uint32(bit))) for bit in {one for pair in _NEEDS.values() for one in pair}
    }
    wanted, keep = np.zeros(len(KEYS), np.bool_), np.zeros(len(KEYS), np.int64)
    for signal, (need, moments) in _NEEDS.items():
        wanted[signal] = counts[need] > 0 and KEYS[signal] not in friction.off
        keep[signal] = round(2**32 * min(1.0, MOST_SPARED / max(1.0, counts[moments] * share)))
    return wanted, keep


def _share_of(snapshot: Snapshot, lens: Lens) -> float:
    """About which share of all events lies in the period, as if each part were even."""
    events, within = 0, 0.0
    for part in snapshot.parts:
        span = max(1, part.max_time - part.min_time)
        overlap = min(part.max_time, lens.period.end) - max(part.min_time, lens.period.start)
        events += part.events
        within += part.events * min(1.0, max(0.0, overlap / span))
    return max(0.001, within / events) if events else 1.0
