"""Which words tell what a comment is about: those that keep company, beyond chance, with certain others.

No list of stop words: "the" stands beside everything as often as its frequency makes it; "parcel" stands beside "late"
far oftener. What chance gives is the number of pairs in random comments of the same lengths and word frequencies (the
configuration model of graphs, M. Newman, 2010); that a pair is more is tested by the Poisson tail, the false discovery
rate held over all pairs (Benjamini and Hochberg, 1995). Shuffled comments have no telling words.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

Array = npt.NDArray[Any]

RATE: Final = 0.01
"""False discoveries among the pairs."""
LIFT: Final = 1.5
"""Times as often together as by chance: what is sure but small is grammar, not matter."""
COMPANY: Final = 2
"""Other telling words that a telling word keeps company with, at least."""
COMMON: Final = 0.4
"""Share of comments from which a word is too common to tell any of them from others."""
MOST: Final = 2_500
"""Words looked at, the most frequent ones: the pairs are a square of it."""


class Company(NamedTuple):
    """The telling words (places among all), and how surely they are bound (root of the deviance, 0: not beyond chance)."""

    words: Array
    bonds: Array


def company(docs: sparse.csr_matrix) -> Company:
    """The telling words of comments; `docs` holds 1 where a comment (row) has a word (column)."""
    bonds = _bonds(docs)
    frequency = np.asarray(docs.sum(axis=0)).ravel()
    kept = frequency <= COMMON * docs.shape[0]
    while True:  # a word whose company is not telling is not telling either
        still = kept & ((bonds[:, kept] > 0).sum(axis=1) >= COMPANY)
        if (still == kept).all():
            break
        kept = still
    places = np.flatnonzero(kept)
    return Company(places, bonds[np.ix_(places, places)])


def bonds(docs: sparse.csr_matrix) -> Array:
    """How closely each pair of these words is bound, whether or not they are telling."""
    return _bonds(docs)


def _bonds(docs: sparse.csr_matrix) -> Array:
    found, expected = _together(docs), _by_chance(docs)
    size = len(found)
    out = np.zeros((size, size), np.float32)
    rows, columns = np.nonzero(np.triu(found > np.maximum(LIFT * expected, 1), 1))
    if not rows.size:
        return out
    seen, chance = found[rows, columns].astype(np.float64), expected[rows, columns].astype(np.float64)
    p = special.pdtrc(seen - 1, np.maximum(chance, 1e-12))
    sure = p <= _threshold(p, size * (size - 1) / 2)
    rows, columns = rows[sure], columns[sure]
    seen, chance = seen[sure], np.maximum(chance[sure], 1e-12)
    out[rows, columns] = out[columns, rows] = np.sqrt(2 * (seen * np.log(seen / chance) - seen + chance))
    return out


def _threshold(p: Array, tests: float) -> float:
    """The largest p that is a discovery among so many tests."""
    ordered = np.sort(p)
    passed = np.flatnonzero(ordered <= RATE * np.arange(1, len(ordered) + 1) / tests)
    return float(ordered[passed[-1]]) if passed.size else -1.0


def _together(docs: sparse.csr_matrix) -> Array:
    """For each pair of words in how many comments both stand (words x words, zero on the diagonal)."""
    found: Array = (docs.T @ docs).toarray()
    np.fill_diagonal(found, 0)
    return found


def _by_chance(docs: sparse.csr_matrix) -> Array:
    """The same as expected in comments of these lengths and word frequencies."""
    lengths = np.asarray(docs.sum(axis=1), np.float64).ravel()
    frequency = np.asarray(docs.sum(axis=0), np.float64).ravel()
    factor = float((lengths * (lengths - 1)).sum() / max(lengths.sum(), 1.0) ** 2)
    expected: Array = (np.outer(frequency, frequency) * factor).astype(np.float32)
    np.fill_diagonal(expected, 0)
    return expected
