"""Themes found in comments, language by language: as many as the words themselves fall into, and only those that come back.

The telling words of a language (`telling_words`) are bound to each other where they stand together beyond chance. These
bonds become a non-negative mixture of themes (symmetric NMF: D. Kuang, C. Ding, H. Park, 2012); the number of themes is
the one whose parting of the words has the greatest modularity (M. Newman, 2006). Whether a theme comes back is asked of
parts of the comments, drawn anew (D. Greene, D. O'Callaghan, P. Cunningham: How many topics? Stability analysis for
topic models, 2014): those that don't are dropped.

Loaded by a search only: it needs SciPy and scikit-learn.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import threadpoolctl  # type: ignore[import-untyped]  # published without type information
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from resa.feedback.themes import naming, telling_words, words
from resa.feedback.themes.model import UNKNOWN, Found, InLanguage, Shapes

Array = npt.NDArray[Any]

FEWEST: Final = 60
"""Comments of a language from which themes are looked for."""
SAMPLE: Final = 40_000
"""Comments of a language that are looked at, drawn at random from more."""
NUMBERS: Final = (*range(2, 17), 18, 20, 22, 25, 28)
PARTS: Final = 4
"""How often the comments are drawn anew, and which share of them."""
DRAWN: Final = 0.7
STABLE: Final = 0.6
"""Cosine of a theme's words with those of its counterpart, on average, from which it has come back."""
DISTINCT: Final = 0.7
"""Cosine from which two themes are one."""
SMALLEST: Final = 0.004
"""Share of the comments that a theme is about, at least."""
RAREST: Final = 5
MOST_LANGUAGES: Final = 12
_KEPT_WORDS: Final = 60
_ROUNDS: Final = 200

Tick = Callable[[float], None]


class Text(NamedTuple):
    """A comment to find themes in."""

    text: str
    language: str | None


class _Telling:
    """Tells how far a part of the whole is."""

    def __init__(self, tick: Tick, start: float, width: float) -> None:
        self._tick, self._start, self._width = tick, start, width

    def __call__(self, share: float) -> None:
        self._tick(self._start + self._width * share)


class _Corpus(NamedTuple):
    texts: list[str]
    vocabulary: list[str]
    docs: sparse.csr_matrix
    bonds: Array


def find(texts: Iterable[Text], *, seed: int = 0, tick: Tick = lambda _share: None) -> list[InLanguage]:
    """The themes of each language that has enough comments, without keys (they are empty). Deterministic for a seed."""
    samples = _sampled(texts, seed)
    chosen = sorted(samples, key=lambda language: (-len(samples[language]), language))[:MOST_LANGUAGES]
    chosen = [language for language in chosen if len(samples[language]) >= FEWEST]
    out = []
    with threadpoolctl.threadpool_limits(1):
        for place, language in enumerate(chosen):
            telling = _Telling(tick, place / len(chosen), 1 / len(chosen))
            found = _in_language(language, samples[language], seed, telling)
            if found is not None:
                out.append(found)
    return out


def _sampled(texts: Iterable[Text], seed: int) -> dict[str, list[str]]:
    """Up to `SAMPLE` comments of each language, each with the same chance (reservoir sampling, Vitter's algorithm R)."""
    dice = np.random.default_rng(seed)
    kept: dict[str, list[str]] = {}
    seen: Counter[str] = Counter()
    for text, language in texts:
        group = language or UNKNOWN
        seen[group] += 1
        mine = kept.setdefault(group, [])
        if len(mine) < SAMPLE:
            mine.append(text[: words.LONGEST])
        elif (place := int(dice.integers(seen[group]))) < SAMPLE:
            mine[place] = text[: words.LONGEST]
    return kept


def _in_language(language: str, texts: list[str], seed: int, tick: Tick) -> InLanguage | None:
    corpus = _corpus(list(dict.fromkeys(texts)))
    tick(0.4)
    if corpus is None:
        return None
    shapes = _shapes_of_best_number(corpus.bonds)
    tick(0.6)
    stability = _stability(corpus, shapes, seed, lambda share: tick(0.6 + 0.2 * share))
    kept = _chosen(shapes, stability)
    idf = np.log(corpus.docs.shape[0] / np.asarray(corpus.docs.sum(axis=0)).ravel())
    themes = _told(corpus, Shapes(shapes[kept], idf), stability[kept])
    tick(1.0)
    if not themes:
        return None
    return InLanguage(language, {word: float(idf[at]) for at, word in enumerate(corpus.vocabulary)}, themes)


def _corpus(texts: list[str]) -> _Corpus | None:
    """The comments as sets of telling words; None where there are too few of those to speak of themes."""
    sets = [words.features(words.words(text)) for text in texts]
    frequency = Counter(word for each in sets for word in each)
    least = max(RAREST, len(texts) // 2_000)
    common = [word for word, n in frequency.most_common(telling_words.MOST) if n >= least]
    docs = _incidence(sets, common)
    told = telling_words.company(docs)
    if len(told.words) <= telling_words.COMPANY + 1:
        return None
    return _Corpus(texts, [common[place] for place in told.words], docs[:, told.words].tocsr(), told.bonds)


def _incidence(sets: Sequence[set[str]], vocabulary: Sequence[str]) -> sparse.csr_matrix:
    place = {word: at for at, word in enumerate(vocabulary)}
    columns: list[int] = []
    starts = [0]
    for each in sets:
        columns += sorted(place[word] for word in each if word in place)
        starts.append(len(columns))
    ones = np.ones(len(columns), np.float32)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(sets), len(vocabulary)))


def _shapes_of_best_number(bonds: Array) -> Array:
    """The themes (rows of length 1) of the number whose parting of the words has the greatest modularity."""
    best, reached = np.zeros((0, len(bonds))), 0.0
    for number in NUMBERS:
        if number > len(bonds) // 3:
            break
        shapes = _shapes(bonds, number)
        found = modularity(bonds, shapes.argmax(axis=0))
        if found > reached:
            best, reached = shapes, found
    return best


def modularity(bonds: Array, group: Array) -> float:
    """How much more of the bonds lies within the groups than if words were bound by chance (M. Newman, 2006)."""
    degree = bonds.sum(axis=1, dtype=np.float64)
    whole = degree.sum()
    if whole <= 0:
        return 0.0
    member = np.zeros((len(group), int(group.max()) + 1))
    member[np.arange(len(group)), group] = 1
    within = np.einsum("wg,wg->g", member, bonds @ member)
    return float((within / whole - (member.T @ degree / whole) ** 2).sum())


def _shapes(bonds: Array, number: int) -> Array:
    """The themes of a non-negative factorization of the bonds, as rows of length 1. Deterministic."""
    filled = bonds.astype(np.float64)
    np.fill_diagonal(filled, bonds.max(axis=1))  # a word is bound to itself as closely as to any other
    # The error it watches may come out a little below 0, whose root is none.
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is near enough: stability is what is asked
        model = NMF(number, init="nndsvda", max_iter=_ROUNDS, tol=1e-3, random_state=0)
        found: Array = model.fit(sparse.csr_matrix(filled)).components_
    length: Array = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return found / length


def _stability(corpus: _Corpus, shapes: Array, seed: int, tick: Tick) -> Array:
    """How alike each theme is, on average, to its counterpart in parts of the comments."""
    if not len(shapes):
        return np.zeros(0)
    dice = np.random.default_rng(seed)
    n = corpus.docs.shape[0]
    alike = []
    for part in range(PARTS):
        drawn = np.sort(dice.choice(n, max(1, int(DRAWN * n)), replace=False))
        alike.append(_alike(shapes, _shapes(telling_words.bonds(corpus.docs[drawn]), len(shapes))))
        tick((part + 1) / PARTS)
    found: Array = np.mean(alike, axis=0)
    return found


def _alike(one: Array, other: Array) -> Array:
    """For each theme the cosine with its counterpart in another finding, paired one to one (H. Kuhn, 1955)."""
    cosine = one @ other.T
    rows, columns = linear_sum_assignment(-cosine)
    out = np.zeros(len(one))
    out[rows] = cosine[rows, columns]
    return out


def _chosen(shapes: Array, stability: Array) -> list[int]:
    """The stable and distinct themes, the most stable first."""
    kept: list[int] = []
    for at in np.argsort(-stability, kind="stable").tolist():
        if stability[at] >= STABLE and all(float(shapes[at] @ shapes[other]) < DISTINCT for other in kept):
            kept.append(at)
    return kept


def _told(corpus: _Corpus, shapes: Shapes, stability: Array) -> list[Found]:
    """Themes with their words and phrases, the largest first; those of too few comments are left out."""
    if not len(stability):
        return []
    about = shapes.about(corpus.docs)[0]
    least = max(RAREST, SMALLEST * len(corpus.texts))
    out = []
    tokens = naming.tokens(corpus.texts)
    for at in np.argsort(-about.sum(axis=0), kind="stable").tolist():
        volume = int(about[:, at].sum())
        if volume < least:
            continue
        own = shapes.weights[at]
        top = np.argsort(-own, kind="stable")[:_KEPT_WORDS]
        weights = {corpus.vocabulary[j]: round(float(own[j]), 5) for j in top if own[j] > 0.01}
        phrases = naming.phrases(tokens, np.flatnonzero(about[:, at]), weights)
        out.append(Found("", weights, phrases, round(float(stability[at]), 3), volume))
    return out
