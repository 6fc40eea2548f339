"""How well comments are understood: against VADER on English, on languages and sources that were held out, learned from scores, and how fast.

`python -m bench text` reads the labelled sets in RESA_TEST_DATA (or ../shared/data). Every figure is of texts the model did not see.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from resa.feedback.text import languages, learned
from resa.feedback.text.characters import clean
from resa.feedback.text.cold_start import ColdStart, Spoken, shipped
from resa.feedback.text.linear import CLASSES
from resa.feedback.text.proof import Proof, Proofs
from resa.feedback.text.quality import Kinds, Quality, kinds, macro_f1, measured
from resa.feedback.text.reading import Reader
from tools.text import cold_start, sources, tfidf
from tools.text.sources import Comment, Source
from tools.text.vader import BOUND, Vader

DATA = Path(os.environ.get("RESA_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
PROOFS = os.environ.get("RESA_TEXT_PROOFS", "")
"""Where the figures that ship with the model are written to (src/resa/feedback/text/cold_start.json)."""

MOST = 2_000
SEEDS = 5
SCORED = 200
LEARNED_FROM = os.environ.get("RESA_BENCH_LEARNED", "absabank husst clothing").split()
RATED = {"negative": 1.0, "neutral": 3.0, "positive": 5.0}


def read_by(reader: Reader, comments: Sequence[Comment]) -> tuple[Kinds, np.ndarray]:
    """What a reader says (-1: not yet), and with which probability."""
    said = reader.read([comment.text for comment in comments])
    choice = np.array([CLASSES.index(one.sentiment) if one.sentiment else -1 for one in said])
    return choice, np.array([one.probability for one in said], np.float32)


def by_vader(vader: Vader, comments: Sequence[Comment]) -> tuple[Kinds, np.ndarray]:
    """VADER's sentiment of each, and its compound score."""
    scores = np.array([vader.compound(comment.text) for comment in comments])
    return np.where(scores >= BOUND, 2, np.where(scores <= -BOUND, 0, 1)), scores


def english(sets: dict[str, Source], vader: Vader) -> list[Proof]:
    """Each English source, read by a model that was taught and calibrated on the others."""
    known = cold_start.knowledge("en", DATA)
    own = [source for source in sets.values() if source.language == "en"]
    examples = cold_start.all_of(DATA, own, known)
    proofs, plain, comments, logits = [], {}, {}, {}
    for source in own:
        plain[source.name] = cold_start.fit(
            [part for part in examples if source.name not in (part.source, part.kin)], known
        )
        comments[source.name] = some(source.all, MOST)
        logits[source.name] = cold_start.unseen_by(plain[source.name], comments[source.name])
    print(
        "English, each source held out of learning and of calibration: macro-F1 (all texts answered) ours / VADER; of positive or negative ones,"
    )
    print(
        "as two classes; as read: macro-F1 (not yet = missed), accuracy of what was said, not yet, calibration error (uncalibrated)\n"
    )
    for name, spoken in plain.items():
        temperature = cold_start.calibration([part for other, part in logits.items() if other != name])
        calibrated = cold_start.calibrated_as(spoken, temperature)
        proofs.append(_english(name, comments[name], spoken, calibrated, vader))
    return proofs


def _english(name: str, comments: Sequence[Comment], plain: Spoken, spoken: Spoken, vader: Vader) -> Proof:
    truth = kinds([comment.sentiment for comment in comments])
    weighed = spoken.read([clean(comment.text) for comment in comments])
    theirs, scores = by_vader(vader, comments)
    polar = truth != 1
    two = np.where(weighed[polar, 2] > weighed[polar, 0], 2, 0)
    quality, before = (
        measured(truth, *read_by(Reader(cold=ColdStart("held out", {"en": one})), comments)) for one in (spoken, plain)
    )
    print(
        f"{name:18} {len(truth):5,}  {macro_f1(truth, weighed.argmax(axis=1)):.3f} / {macro_f1(truth, theirs):.3f}   "
        f"{macro_f1(truth[polar], two):.3f} / {macro_f1(truth[polar], np.where(scores[polar] >= 0, 2, 0)):.3f}   "
        f"{_told(quality)} ({before.calibration_error:.3f})",
        flush=True,
    )
    return Proof("en", name, "source", quality)


def others(sets: dict[str, Source]) -> list[Proof]:
    """Swedish and Hungarian test splits, and Hungarian read by a model that does not know it."""
    proofs = []
    print("\nSwedish and Hungarian, test splits (what is not yet said counts as missed in macro-F1)\n")
    for name in ("absabank", "husst"):
        comments = some(sets[name].test, MOST)
        truth = kinds([comment.sentiment for comment in comments])
        quality = measured(truth, *read_by(Reader(), comments))
        print(f"{name:18} {quality.n:5,}  {_told(quality)}")
        proofs.append(Proof(sets[name].language, name, "part", quality))
    model = shipped()
    without = ColdStart("no Hungarian", {name: one for name, one in model.languages.items() if name != "hu"})
    choice, _ = read_by(Reader(cold=without), some(sets["husst"].test, MOST))
    print(f"\nHungarian read by a model without Hungarian: not yet {np.mean(choice < 0):.3f}")
    return proofs


def learning(sets: dict[str, Source], vader: Vader) -> None:
    """Learned from scores: from 100, from 200, from all; beside VADER (English) and a TF-IDF with logistic regression tuned on all labels."""
    for name in LEARNED_FROM:
        cold = without_clothing(sets) if name == "clothing" else ColdStart("none", {})
        source = sets[name]
        test = some(source.test, MOST)
        truth = kinds([comment.sentiment for comment in test])
        print(f"\nLearned from {name}, tested on {len(test):,} others: macro-F1 (not yet = missed)")
        if source.language == "en":
            forced = macro_f1(truth, by_vader(vader, test)[0])
            print(
                f"VADER {forced:.3f}; cold start without it {macro_f1(truth, read_by(Reader(cold=cold), test)[0]):.3f}"
            )
        for count in (100, SCORED):
            from_few(source, test, truth, cold, count)
        everything(source, test, truth, cold)
        labels, how = tfidf.tuned(source.train, [comment.text for comment in test])
        print(f"tuned TF-IDF and logistic regression, all labels: {macro_f1(truth, labels):.3f} ({how})", flush=True)


def without_clothing(sets: dict[str, Source]) -> ColdStart:
    """A cold start that never saw clothes."""
    known = cold_start.knowledge("en", DATA)
    own = [one for one in sets.values() if one.language == "en" and one.name != "clothing"]
    spoken = cold_start.fit(cold_start.all_of(DATA, own, known), known)
    return ColdStart("no clothing", {"en": cold_start.calibrated_as(spoken, shipped().languages["en"].temperature)})


def from_few(source: Source, test: Sequence[Comment], truth: Kinds, cold: ColdStart, count: int) -> None:
    """From a few scores, drawn several times."""
    scores = []
    for seed in range(SEEDS):
        chosen = np.random.default_rng(seed).choice(len(source.train), count, replace=False)
        model = _fit([source.train[at] for at in chosen], cold)
        scores.append(measured(truth, *read_by(Reader(model, cold=cold), test)))
    values = [one.macro_f1 for one in scores]
    print(
        f"from {count:6,}: {np.mean(values):.3f} (spread {np.min(values):.3f} to {np.max(values):.3f}, {SEEDS} draws), "
        f"accuracy {np.mean([one.accuracy for one in scores]):.3f}, not yet {np.mean([one.not_yet for one in scores]):.3f}, "
        f"calibration error {np.mean([one.calibration_error for one in scores]):.3f}",
        flush=True,
    )


def everything(source: Source, test: Sequence[Comment], truth: Kinds, cold: ColdStart) -> float:
    """From all scores, and how fast the model reads; macro-F1 with all texts answered."""
    began = time.process_time()
    model = _fit(source.train, cold)
    took = time.process_time() - began
    reader, texts = Reader(model, cold=cold), [clean(comment.text) for comment in test]
    began = time.process_time()
    quality = measured(truth, *read_by(reader, test))
    speed = len(test) / (time.process_time() - began)
    names, found = languages.posteriors(texts)
    forced = model.decided(model.probabilities(texts, cold.read(texts, names, found))).argmax(axis=1)
    print(
        f"from {model.about.n:6,}: {macro_f1(truth, forced):.3f} with all texts answered; as read: {_told(quality)}; "
        f"said of itself: macro-F1 {model.quality.macro_f1:.3f}; learned in {took:.0f} s, reads {speed:,.0f} a second",
        flush=True,
    )
    return macro_f1(truth, forced)


def _told(quality: Quality) -> str:
    return (
        f"macro-F1 {quality.macro_f1:.3f}, accuracy {quality.accuracy:.3f}, not yet {quality.not_yet:.3f}, "
        f"calibration error {quality.calibration_error:.3f}"
    )


def _fit(comments: Sequence[Comment], cold: ColdStart) -> learned.Model:
    scores = [RATED[comment.sentiment] for comment in comments]
    return learned.fit([comment.text for comment in comments], scores, scale="rating", cold=cold)


def speed(sets: dict[str, Source]) -> None:
    """Comments per second of one core, language and sentiment together."""
    began = time.process_time()
    shipped()
    languages.shipped()
    print(f"\nloading: {(time.process_time() - began) * 1000:.0f} ms")
    for name in ("clothing", "uci_yelp", "rated_tweets"):
        texts = [comment.text for comment in sets[name].all[:2_000]]
        reader = Reader()
        began = time.process_time()
        reader.read(texts)
        took = time.process_time() - began
        print(
            f"{name:18} {len(texts) / took:,.0f} comments a second ({np.mean([len(text) for text in texts]):.0f} characters each)"
        )


def some(comments: Sequence[Comment], most: int) -> list[Comment]:
    """At most so many, drawn once for all."""
    chosen = np.random.default_rng(0).permutation(len(comments))[:most]
    return [comments[at] for at in np.sort(chosen)]


def main() -> None:
    """Print the figures."""
    if not DATA.is_dir():
        print(f"the labelled sets are not in {DATA} (RESA_TEST_DATA)")
        return
    sets, vader = sources.read(DATA), Vader.of(DATA)
    parts = os.environ.get("RESA_BENCH_TEXT", "speed others learning english").split()
    proofs: list[Proof] = []
    if "speed" in parts:
        speed(sets)
    if "others" in parts:
        proofs += others(sets)
    if "learning" in parts:
        learning(sets, vader)
    if "english" in parts:
        proofs += english(sets, vader)
    if PROOFS:
        content = msgspec.json.encode(Proofs(shipped().version, sorted(proofs, key=lambda one: one.language)))
        Path(PROOFS).write_bytes(msgspec.json.format(content, indent=2) + b"\n")
