"""What is kept of one identity so that rules can be held against it: hits of behaviours, and what was said last.

Every fold joins in any order (sums, extremes, latest by rank, time, row), so a profile is its identities put together
and an undone merge leaves nothing behind (DECISIONS 2).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Final

import msgspec

SLACK: Final = 3_600_000
"""A clock may be this far ahead: what lies so little beyond a horizon is kept."""

BEYOND: Final = 2**62
"""Later than any time, higher than any row."""

Hit = tuple[int, int, int]
"""(time, row, value): an event that a behaviour is about; the value in ten-thousandths where it is summed, else 0."""

Old = tuple[int, int, int, int, int, int]
"""(count, sum, first time, its row, last time, its row) of the hits that no window reaches any more."""

Said = tuple[int, int, int, str]
"""(rank, time, row, value): an event said this of the identity; the value as JSON or plain text."""


class Hits(msgspec.Struct, array_like=True, gc=False):
    """The hits of one behaviour: one by one (ascending) as far as windows reach, older ones added up."""

    recent: list[Hit]
    old: Old | None = None

    def add(self, hit: Hit) -> None:
        """One more."""
        if not self.recent or hit > self.recent[-1]:
            self.recent.append(hit)
        else:
            insort(self.recent, hit)

    def fold(self, before: int) -> None:
        """Add up what happened at or before a time."""
        recent, upto = self.recent, 0
        while upto < len(recent) and recent[upto][0] <= before:
            upto += 1
        if upto:
            gone = recent[:upto]
            self.old = joined(self.old, (upto, sum(h[2] for h in gone), *gone[0][:2], *gone[-1][:2]))
            del recent[:upto]

    def trim(self, newest: int, now: int) -> None:
        """Keep only so many of the hits until now, the newest; and those that a fast clock dated ahead."""
        more = bisect_right(self.recent, (now, BEYOND, 0)) - newest
        if more > 0:
            del self.recent[:more]


def joined(one: Old | None, other: Old | None) -> Old | None:
    """Two sets of old hits as one."""
    if one is None or other is None:
        return one or other
    first, last = min(one[2:4], other[2:4]), max(one[4:6], other[4:6])
    return (one[0] + other[0], one[1] + other[1], first[0], first[1], last[0], last[1])


class Facts(msgspec.Struct, array_like=True, gc=False):
    """What is kept of one identity, by the numbers of the terms that rules are made of."""

    hits: dict[int, Hits] = {}
    said: dict[int, list[Said]] = {}

    def say(self, term: int, item: Said, now: int) -> bool:
        """Keep what was said unless something later stands against it already; whether anything changed."""
        known = self.said.setdefault(term, [])
        if any(other[:3] >= item[:3] and other[1] <= max(now, item[1]) for other in known):
            return False
        known[:] = [other for other in known if not (other[:3] < item[:3] and item[1] <= max(now, other[1]))]
        known.append(item)
        return True


class View:
    """A profile: the facts of its identities put together."""

    __slots__ = ("_upto", "hits", "said")

    def __init__(self, members: Sequence[Facts]) -> None:
        """In any order."""
        if len(members) == 1:
            self.hits = members[0].hits
        else:
            self.hits = _together(members)
        self._upto: dict[int, tuple[int, int, int | None]] = {}
        self.said: dict[int, list[list[Said]]] = {}
        for facts in members:
            for term, items in facts.said.items():
                self.said.setdefault(term, []).append(items)

    def upto(self, term: int, recent: Sequence[Hit], now: int) -> tuple[int, int | None]:
        """How many of a behaviour's hits happened until now, and when the next one will; many conditions ask it."""
        known = self._upto.get(term)
        if known is None or known[0] != now:
            stop = bisect_right(recent, (now, BEYOND, 0)) if recent and recent[-1][0] > now else len(recent)
            known = self._upto[term] = (now, stop, recent[stop][0] if stop < len(recent) else None)
        return known[1], known[2]

    def count(self, term: int) -> int:
        """How many hits of a behaviour are kept, with those that no window reaches any more."""
        hits = self.hits.get(term)
        return 0 if hits is None else len(hits.recent) + (hits.old[0] if hits.old else 0)


def _together(members: Sequence[Facts]) -> dict[int, Hits]:
    found: dict[int, Hits] = {}
    for facts in members:
        for term, hits in facts.hits.items():
            if term in found:
                both = found[term]
                found[term] = Hits(sorted(both.recent + hits.recent), joined(both.old, hits.old))
            else:
                found[term] = hits
    return found


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Facts)


def encode(facts: Facts) -> bytes:
    """As it is kept."""
    return _encoder.encode(facts)


def decode(blob: bytes) -> Facts:
    """As it was kept."""
    return _decoder.decode(blob)
