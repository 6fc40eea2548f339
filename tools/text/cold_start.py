"""Make `cold_start.npz`: the sentiment model that ships with `resa.feedback.text`.

    python -m tools.text.cold_start DATA OUT [LANGUAGE ...]

DATA is the folder with the labelled sets (tools/text/sources.py). English learns from several sources that differ in kind, from titles of
reviews, and that a plain request in support, without a rated word or a negation, is neutral; lists of words
with a valence (VADER's, rated by ten people each; our own `seeds.toml`) are four more features, whose coefficients are folded into the
words' weights. Where people rated the list, figures of a text's tone stand beside the words. A language is calibrated on comments that were
held out, in English on whole sources, one after the other: each counts the same, with its sentiments as frequent as they are in it.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from resa.feedback.text import features, fitting, tone
from resa.feedback.text.characters import clean
from resa.feedback.text.cold_start import ColdStart, Spoken, Words
from resa.feedback.text.features import BUCKETS, HALF, Buckets, Grammar, Parsed
from resa.feedback.text.linear import CLASSES, Floats, Linear, from_bytes, softmax, to_bytes
from resa.feedback.text.quality import Kinds, calibration_error, kinds, macro_f1
from resa.feedback.text.tone import Tone
from tools.text import sources
from tools.text.sources import Comment, Source
from tools.text.vader import BOOSTERS, Vader

VALENCES: Final = 4
"""Features of a list of words: praise and complaint, as they stand and negated."""

LISTS_TRUST: Final = 3.0
"""How much lighter those features are shrunk than single words."""

TONE_TRUST: Final = 0.3
"""How far a figure of a text's tone ranges, beside words in vectors of length one."""

STRENGTHS: Final = {word: step for word, step in BOOSTERS.items() if " " not in word}
"""What VADER's authors found such words to add."""

PIECES_WEIGHT: Final = 0.4
"""How much pieces of words count against words."""

OFTEN: Final = 2
"""Comments a feature must be in to be kept."""

PENALTY: Final = 3.0
"""Inverse strength of the penalty on weights, ..."""

PENALTY_BESIDE_TONE: Final = 1.0
"""... and where the tone is looked at, which holds in sources the model never saw: there single words have less to explain."""

LARGEST: Final = 1_500
"""Comments of a source that are learned from when others are many, so that no source drowns them; drawn evenly from the classes."""

TEMPERATURES: Final = np.arange(0.7, 2.51, 0.02).round(2)
"""Temperatures that are tried."""

CALIBRATED_ON: Final = 2_000
"""Comments of a source, as they come, that calibrate."""

LISTED: Final = 300
"""Comments of each kind that are made of lists."""

NEGATED: Final = 0.2
"""The share of them that are negated."""

REQUESTS: Final = 500
"""Turns of support dialogues that are learned from as neutral, ..."""

REQUEST: Final = 5
"""... of so many words and marks at least."""

COMMON: Final = 0.0015
"""Share of the comments from which on a word is one of the language, for telling it by few words."""

TELLING: Final = 3
"""Letters of a word that tells it, at least."""

SEED: Final = 5
SEEDS: Final = Path(__file__).with_name("seeds.toml")

Matrix = Any


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a language before any comment: its grammar, the valence of words, and what people rated."""

    grammar: Grammar
    valences: Mapping[str, float]
    rated: Mapping[str, float]
    """From -4 to 4; empty where there is no rated list, and then the tone of a text is not looked at."""


def knowledge(language: str, data: Path) -> Knowledge:
    """From `seeds.toml`, and for English from VADER's lexicon as well."""
    with SEEDS.open("rb") as file:
        seeds = tomllib.load(file)
    own = seeds.get(language, {})
    people = Vader.of(data).lexicon if language == "en" else {}
    valences = {word: mean / 2 for word, mean in people.items()}
    for part in (own, seeds["pictures"]):
        valences |= {word: valences.get(word, 0.0) * 0.5 + 1.0 for word in part.get("positive", "").split()}
        valences |= {word: valences.get(word, 0.0) * 0.5 - 1.0 for word in part.get("negative", "").split()}
    grammar = Grammar(
        frozenset(own.get("negations", "").split()),
        frozenset(own.get("turns", "").split()),
        tuple(own.get("endings", "").split()),
    )
    return Knowledge(grammar, valences, _rated(people, valences) if people else {})


def _rated(people: Mapping[str, float], valences: Mapping[str, float]) -> dict[str, float]:
    """The words of a rated list that texts are cut into; what only our own list has gets the strength of a plain word of praise or complaint."""
    strengths = {word: 2 * valence for word, valence in valences.items()} | dict(people)
    return {
        word: strength for word, strength in sorted(strengths.items()) if strength and features.tokens(word) == [word]
    }


def lexicon(known: Knowledge) -> Matrix:
    """The valence of each bucket, shape (buckets, VALENCES)."""
    cells: dict[tuple[int, int], float] = {}
    for word, valence in known.valences.items():
        for negated in (False, True):
            at = features.bucket_of_word(word, negated=negated)
            cells[at, (valence < 0) + 2 * negated] = abs(valence)
    rows, columns = zip(*cells, strict=True)
    return sparse.csr_matrix((list(cells.values()), (rows, columns)), (BUCKETS, VALENCES), dtype=np.float32)


def frequencies(found: Sequence[Buckets], listed: NDArray[np.bool_]) -> Floats:
    """Inverse document frequencies, smoothed; pieces of words weigh less; zero for what was met once only, unless it is listed."""
    met = np.zeros(BUCKETS, np.float32)
    for text in found:
        met[np.unique(text)] += 1
    idf = np.log((1 + len(found)) / (1 + met)) + 1
    idf[HALF:] *= PIECES_WEIGHT
    idf[(met < OFTEN) & ~listed] = 0.0
    return np.asarray(idf, np.float32)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Log odds of comments by a model that saw nothing of their source, and what they express."""

    logits: Floats
    truth: Kinds


@dataclass(frozen=True, slots=True)
class Examples:
    """Comments of one source, as the model sees them."""

    source: str
    texts: Sequence[Parsed]
    found: Sequence[Buckets]
    figures: Floats
    """Of their tone, shape (texts, FIGURES)."""
    truth: Kinds
    kin: str = ""
    """The source it is held out together with."""

    @classmethod
    def of(cls, source: str, comments: Sequence[Comment], known: Knowledge, most: int | None = None) -> Examples:
        """At most `most` of the comments."""
        chosen = comments if most is None or len(comments) <= most else _some(comments, most)
        return cls.seen(
            source, [clean(comment.text) for comment in chosen], kinds([comment.sentiment for comment in chosen]), known
        )

    @classmethod
    def seen(cls, source: str, texts: Sequence[str], truth: Kinds, known: Knowledge) -> Examples:
        """Cleaned texts that express what `truth` says."""
        found = [features.parsed(text, known.grammar) for text in texts]
        figures = tone.figures(found, known.grammar, known.rated, STRENGTHS)
        return cls(source, found, [features.buckets_of(text) for text in found], figures, truth)


def all_of(data: Path, sets: Sequence[Source], known: Knowledge, most: int | None = LARGEST) -> list[Examples]:
    """Of every source of a language, and in English of what is learned beside them; titles only where their reviews are among `sets`."""
    out = [Examples.of(source.name, source.train, known, most if len(sets) > 1 else None) for source in sets]
    if known.rated:
        titles = sources.titles(data, {source.name: source for source in sets})
        if titles.kin in {source.name for source in sets}:
            out.append(replace(Examples.of(titles.name, titles.train, known, most), kin=titles.kin))
        out.append(requests(data, known))
    return out


def requests(data: Path, known: Knowledge) -> Examples:
    """Turns of support dialogues that neither praise nor complain: no rated word, no negation."""
    plain = []
    for text in map(clean, sources.requests(data)):
        found = features.tokens(text)
        if len(found) >= REQUEST and known.rated.keys().isdisjoint(found) and not known.grammar.negates_in(found):
            plain.append(text)
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(plain))[:REQUESTS])
    return Examples.seen("requests", [plain[at] for at in chosen.tolist()], np.ones(len(chosen), np.int64), known)


def words(examples: Sequence[Examples], known: Knowledge) -> Words:
    """The words by which a short text is known to be in the language."""
    texts = [text for part in examples for text in part.texts]
    met = Counter(token for text in texts for token in set(text.tokens) if token[0].isalpha())
    rated = known.rated or known.valences
    telling = {word for word in rated if word.isalpha() and len(word) >= TELLING}
    return Words(frozenset(telling), frozenset(word for word, n in met.items() if n >= COMMON * len(texts)) - telling)


def from_lists(known: Knowledge, comments: Sequence[Comment]) -> Examples:
    """What the lists say, as short comments: one to three words of one kind, some negated, within a few words of neutral comments.

    For a language whose labelled sets are far from what customers write: there the coefficients of the lists can't be learned.
    """
    dice = np.random.default_rng(SEED)
    around = [clean(comment.text).lower().split() for comment in comments if comment.sentiment == "neutral"]
    plain = [word for word in sorted(known.grammar.negations) if word.isalpha()]
    texts, truth = [], []
    for kind, sign in ((0, -1.0), (2, 1.0)):
        words = sorted(
            word for word, valence in known.valences.items() if valence * sign > 0 and not word.endswith("*")
        )
        for _ in range(LISTED):
            negated = dice.random() < NEGATED
            chosen = [words[at] for at in dice.integers(len(words), size=1 if negated else dice.integers(1, 4))]
            context = around[dice.integers(len(around))]
            start = int(dice.integers(max(1, len(context) - 4)))
            if negated:
                chosen.insert(0, plain[dice.integers(len(plain))])
            texts.append(" ".join([*context[start : start + int(dice.integers(5))], *chosen]))
            truth.append(2 - kind if negated else kind)
    return Examples.seen("lists", texts, np.array(truth, np.int64), known)


def fit(examples: Sequence[Examples], known: Knowledge) -> Spoken:
    """Learn a language from several sources; it is yet to be calibrated."""
    found = [text for part in examples for text in part.found]
    truth = np.concatenate([part.truth for part in examples])
    listed = lexicon(known)
    idf = frequencies(found, np.diff(listed.indptr) > 0)
    said = fitting.matrix(found, idf)
    heard = np.concatenate([part.figures for part in examples])
    scale = TONE_TRUST / np.maximum(heard.std(axis=0), 1e-6) if known.rated else np.zeros(tone.FIGURES, np.float32)
    rows = sparse.hstack([said, said @ listed * LISTS_TRUST, sparse.csr_matrix(heard * scale)]).tocsr()
    penalty = PENALTY_BESIDE_TONE if known.rated else PENALTY
    ((weights, bias),) = fitting.regress(
        rows, truth, (penalty,), _balance(truth, [len(part.truth) for part in examples])
    )
    lists = weights[BUCKETS : BUCKETS + VALENCES] * LISTS_TRUST
    linear = Linear.of(np.asarray(weights[:BUCKETS] + listed @ lists, np.float32), idf, bias)
    voice = np.asarray(weights[BUCKETS + VALENCES :] * scale[:, None], np.float32)
    return Spoken(
        linear,
        known.grammar,
        1.0,
        Tone(known.rated, STRENGTHS, voice) if known.rated else None,
        words(examples, known),
    )


def unseen(examples: Sequence[Examples], known: Knowledge, held_out: Examples) -> Unseen:
    """Log odds of a source by a model that saw nothing of it; prints how good it is."""
    spoken = fit([other for other in examples if held_out.source not in (other.source, other.kin)], known)
    logits = spoken.logits(held_out.texts)
    print(
        f"{held_out.source:20} {len(logits):6,} unseen, macro-F1 {macro_f1(held_out.truth, logits.argmax(axis=1)):.3f}",
        flush=True,
    )
    return Unseen(logits, held_out.truth)


def unseen_by(spoken: Spoken, comments: Sequence[Comment]) -> Unseen:
    """Log odds of comments by a model that saw nothing of their source."""
    found = [features.parsed(clean(comment.text), spoken.grammar) for comment in comments]
    return Unseen(spoken.logits(found), kinds([comment.sentiment for comment in comments]))


def calibration(parts: Sequence[Unseen]) -> float:
    """The temperature with which what is chosen is right as often as it says: least calibration error, every part counting the same."""
    return float(min(TEMPERATURES, key=lambda temperature: sum(_error(part, temperature) for part in parts)))


def _error(part: Unseen, temperature: float) -> float:
    said = softmax(np.asarray(part.logits / temperature, np.float32))
    return calibration_error(said.argmax(axis=1) == part.truth, said.max(axis=1))


def taught(language: str, data: Path, sets: Sequence[Source]) -> Spoken:
    """A language's model, calibrated."""
    known = knowledge(language, data)
    examples = all_of(data, sets, known)
    if len(sets) > 1:
        parts = [unseen(examples, known, naturally(source, known)) for source in sets]
    else:
        listed = from_lists(known, sets[0].train)
        (rest,), (fifth,) = (_parts(sets[0], known, held_out=held_out) for held_out in (False, True))
        parts = [unseen([rest, listed], known, fifth)]
        examples.append(listed)
    temperature = calibration(parts)
    print(f"{language}: temperature {temperature:.2f}", flush=True)
    return calibrated_as(fit(examples, known), temperature)


def naturally(source: Source, known: Knowledge) -> Examples:
    """Comments of a source as they come, to calibrate with."""
    dice = np.random.default_rng(SEED)
    chosen = np.sort(dice.permutation(len(source.train))[:CALIBRATED_ON])
    return Examples.of(source.name, [source.train[at] for at in chosen.tolist()], known)


def calibrated_as(spoken: Spoken, temperature: float) -> Spoken:
    """The same model with another temperature."""
    return replace(spoken, temperature=temperature)


def build(data: Path, kept: Mapping[str, Spoken]) -> ColdStart:
    """The model of every language there is data for, but for those that are `kept` as they are."""
    sets = sources.read(data)
    spoken = {
        language: kept.get(language)
        or taught(language, data, [source for source in sets.values() if source.language == language])
        for language in sorted({source.language for source in sets.values()})
    }
    digest = hashlib.sha256(b"".join(_learned(one) for one in spoken.values())).hexdigest()[:8]
    return ColdStart(f"cold-start-{digest}", spoken)


def _learned(spoken: Spoken) -> bytes:
    """What names a language's model."""
    listed = " ".join(sorted(spoken.words.telling | spoken.words.common)).encode()
    return spoken.linear.roots.tobytes() + listed + (b"" if spoken.tone is None else spoken.tone.weights.tobytes())


def _parts(source: Source, known: Knowledge, *, held_out: bool) -> list[Examples]:
    """Of a language with one source: a fifth of the documents, or the other four."""
    chosen = [comment for comment in source.train if (zlib.crc32(comment.document.encode()) % 5 == 0) == held_out]
    return [Examples.of(f"{source.name}, {'a fifth' if held_out else 'the rest'}", chosen, known)]


def _some(comments: Sequence[Comment], most: int) -> list[Comment]:
    dice = np.random.default_rng(SEED)
    counts = {sentiment: sum(comment.sentiment == sentiment for comment in comments) for sentiment in CLASSES}
    each = np.array([1.0 / counts[comment.sentiment] for comment in comments])
    chosen = dice.choice(len(comments), most, replace=False, p=each / each.sum())
    return [comments[at] for at in np.sort(chosen)]


def _balance(truth: Kinds, sizes: Iterable[int]) -> NDArray[np.float64]:
    """Weights that give sources the square root of their size, and classes the same sum."""
    each = np.concatenate([np.full(size, size**-0.5) for size in sizes])
    totals = np.array([each[truth == kind].sum() for kind in range(len(CLASSES))])
    return np.asarray(each / totals[truth] * len(truth) / len(CLASSES))


def main(data: str, out: str, *anew: str) -> None:
    """Write the model; if languages are named, only those are learned anew."""
    kept = ColdStart.unpacked(from_bytes(Path(out).read_bytes())).languages if anew else {}
    content = to_bytes(build(Path(data), {name: one for name, one in kept.items() if name not in anew}).packed())
    Path(out).write_bytes(content)
    print(f"{len(content) / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
