"""Buckets: a number from 0 to 1 out of a seed and a unit's value, the same in every SDK of the GrowthBook family.

The hash is FNV-1a with 32 bits over UTF-16 code units, as JavaScript counts characters. Version 2 hashes twice, which
takes away version 1's bias between experiments with similar seeds; it is what Resa gives out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

Range = tuple[float, float]

_OFFSET: Final = 2166136261
_PRIME: Final = 16777619
_MASK: Final = 0xFFFFFFFF
_TOLERANCE: Final = 0.01  # how far weights may sum from 1 before they are called wrong


def fnv1a(text: str, state: int = _OFFSET) -> int:
    """The 32-bit FNV-1a hash of `text`, going on from `state`."""
    for unit in units(text):
        state = ((state ^ unit) * _PRIME) & _MASK
    return state


def units(text: str) -> Iterable[int]:
    """The UTF-16 code units of `text`; plain text (ASCII) has them as its bytes."""
    if text.isascii():
        return text.encode("ascii")
    raw = text.encode("utf-16-le", "surrogatepass")
    return memoryview(raw).cast("H")


def bucket(seed: str, value: str, version: int) -> float | None:
    """Where `value` stands between 0 and 1 under `seed`; None for a version that is not known."""
    if version == 2:
        return fnv1a(str(fnv1a(value, fnv1a(seed)))) % 10000 / 10000
    if version == 1:
        return fnv1a(value + seed) % 1000 / 1000
    return None


def bucketing(seed: str, version: int) -> Callable[[str], float | None]:
    """`bucket` with seed and version fixed, the seed's share of the work done once."""
    if version != 2:
        return lambda value: bucket(seed, value, version)

    def second(  # everything it needs is a local: the loop is what assignment costs
        value: str, state: int = fnv1a(seed), prime: int = _PRIME, mask: int = _MASK, again: int = _OFFSET
    ) -> float:
        for unit in value.encode() if value.isascii() else units(value):
            state = ((state ^ unit) * prime) & mask
        for unit in str(state).encode():
            again = ((again ^ unit) * prime) & mask
        return again % 10000 / 10000

    return second


def choose(place: float, ranges: Sequence[Sequence[float]]) -> int:
    """The first range (start included, end not) that holds `place`, by index; -1 for none."""
    for index, (start, end) in enumerate(ranges):
        if start <= place < end:
            return index
    return -1


def equal_weights(count: int) -> list[float]:
    """`count` equal shares of 1."""
    return [1 / count] * count if count > 0 else []


def ranges(count: int, coverage: float = 1.0, weights: Sequence[float] | None = None) -> list[Range]:
    """A range per variation: each begins where its weight places it and is filled up to `coverage`.

    More coverage thus moves nobody from one variation to another. Weights of a wrong number or sum count as equal.
    """
    coverage = min(1.0, max(0.0, coverage))
    if weights is None or len(weights) != count or abs(sum(weights) - 1) > _TOLERANCE:
        weights = equal_weights(count)
    found, start = [], 0.0
    for weight in weights:
        found.append((start, start + coverage * weight))
        start += weight
    return found


def in_namespace(value: str, namespace: Sequence[object]) -> bool:
    """Whether a unit falls into a namespace `[name, from, to]`: the older form of mutual exclusion."""
    name, start, end = namespace
    place = bucket(f"__{name}", value, 1)
    return place is not None and float(str(start)) <= place < float(str(end))
