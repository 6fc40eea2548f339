"""Who is in the sample, and when somebody's turn in a round is: hashes of person and survey, no memory and no dice.

So the same person stays in or out of a survey's sample, on every machine; a larger share keeps all who were in before; and
two surveys draw independently of each other.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

_SCALE: Final = float(1 << 53)
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def place(survey: str, identity: str) -> float:
    """Where a person stands in a survey's sample, uniform over [0, 1)."""
    said = f"{survey}\x1f{identity}".encode("utf-8", "surrogatepass")
    return (int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big") >> 11) / _SCALE


def sampled(survey: str, identity: str, share: float) -> bool:
    """Whether a person is in a sample of that share; their probability of being in it is the share itself."""
    return place(survey, identity) < share


def turns(survey: str, profiles: np.ndarray) -> np.ndarray:
    """For each profile number where in a round its turn is, uniform over [0, 1): SplitMix64 (Steele, Lea & Flood 2014)."""
    seed = np.uint64(int.from_bytes(hashlib.blake2b(survey.encode(), digest_size=8).digest(), "big"))
    with np.errstate(over="ignore"):
        mixed = (profiles.astype(np.uint64) ^ seed) + _GOLDEN
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed ^= mixed >> np.uint64(31)
    found: np.ndarray = (mixed >> np.uint64(11)) / _SCALE
    return found
