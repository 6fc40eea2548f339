"""The labelled sets, each as comments with a sentiment; fixed splits by document, duplicates in one split only.

A document is what sentences were cut from (a review, an editorial, a thread), where the set says so. Its split is a hash of its
name, so that nothing depends on order. Swedish keeps its own consecutive split, less the documents that lie on both sides.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from resa.feedback.text import labels
from resa.feedback.text.labels import Sentiment

NEUTRAL_BELOW: Final = 0.5
"""A mean rating of VADER's raters (-4 to 4) nearer to zero than this is neutral."""

TEST_SHARE: Final = 20
"""Per cent of documents that are for testing."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A text, what it is said to express, and what it was cut from."""

    text: str
    sentiment: Sentiment
    document: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A labelled set in one language, already split."""

    name: str
    language: str
    train: tuple[Comment, ...]
    test: tuple[Comment, ...]
    kin: str = ""
    """The source it was cut from beside: held out of a model together."""

    @property
    def all(self) -> tuple[Comment, ...]:
        """Both splits: for a model that saw nothing of this source."""
        return self.train + self.test


def read(folder: Path) -> dict[str, Source]:
    """Every set below `folder`, by name; raises `FileNotFoundError` where one is missing."""
    sources = [
        *(_split(f"uci_{name}", "en", _uci(folder, name)) for name in ("amazon_cells", "imdb", "yelp")),
        *(
            _split(f"rated_{short}", "en", _rated(folder, name))
            for short, name in (
                ("tweets", "tweets"),
                ("products", "amazonReviewSnippets"),
                ("films", "movieReviewSnippets"),
                ("editorials", "nytEditorialSnippets"),
            )
        ),
        _split("clothing", "en", _clothing(folder)),
        _swedish(folder),
        _split("husst", "hu", _hungarian(folder, "train")),
    ]
    return {source.name: source for source in _apart(sources)}


def titles(folder: Path, sets: Mapping[str, Source]) -> Source:
    """What the reviews of clothes are headed, with the median of the ratings below: learned from, and not measured on."""
    known = {key(comment.text) for source in sets.values() for comment in source.all}
    ratings: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in _reviews(folder):
        if title := row["Title"].strip():
            ratings[key(title)].append((title, float(row["Rating"])))
    comments = (
        Comment(each[0][0], labels.of(round(median(rating for _, rating in each)), "rating"), same)
        for same, each in ratings.items()
        if same and same not in known
    )
    return Source("clothing_titles", "en", tuple(comments), (), kin="clothing")


def requests(folder: Path) -> Iterator[str]:
    """What customers and agents wrote to each other in support, each once."""
    seen: set[str] = set()
    for path in sorted((folder / "multidogo_support").glob("*_train_turn.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                text = row["utterance"] or ""
                if (same := key(text)) not in seen:
                    seen.add(same)
                    yield text


def _apart(sources: Iterable[Source]) -> Iterator[Source]:
    """The same, each without what is in one before it."""
    seen: set[str] = set()
    for source in sources:
        known = set(seen)
        seen.update(key(comment.text) for comment in source.all)
        train, test = (
            tuple(comment for comment in part if key(comment.text) not in known) for part in (source.train, source.test)
        )
        yield replace(source, train=train, test=test)


def key(text: str) -> str:
    """What two texts share that differ in nothing a reader would notice."""
    return re.sub(r"\W+", " ", text.lower()).strip()


def _split(name: str, language: str, comments: Iterable[Comment]) -> Source:
    kept = list(_once(comments))
    test = [comment for comment in kept if zlib.crc32(f"{name}/{comment.document}".encode()) % 100 < TEST_SHARE]
    chosen = {id(comment) for comment in test}
    return Source(name, language, tuple(comment for comment in kept if id(comment) not in chosen), tuple(test))


def _once(comments: Iterable[Comment]) -> Iterator[Comment]:
    seen: set[str] = set()
    for comment in comments:
        same = key(comment.text)
        if same and same not in seen:
            seen.add(same)
            yield comment


def _uci(folder: Path, name: str) -> Iterator[Comment]:
    content = (folder / "uci_sentiment_sentences" / f"{name}_labelled.txt").read_text("utf-8")
    for line in content.split("\n"):
        text, _, label = line.rpartition("\t")
        if text.strip():
            yield Comment(text.strip(), "positive" if label.strip() == "1" else "negative", key(text))


def _rated(folder: Path, name: str) -> Iterator[Comment]:
    path = folder / "vader_groundtruth" / f"{name}_GroundTruth.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            place, mean, text = line.rstrip("\n").split("\t", 2)
            rating = float(mean)
            sentiment: Sentiment = "positive" if rating > 0 else "negative"
            if abs(rating) <= NEUTRAL_BELOW:
                sentiment = "neutral"
            yield Comment(text, sentiment, place.split("_")[0], rating)


def _clothing(folder: Path) -> Iterator[Comment]:
    for row in _reviews(folder):
        text, rating = row["Review Text"].strip(), float(row["Rating"])
        if text:
            yield Comment(text, labels.of(rating, "rating"), key(text), rating)


def _reviews(folder: Path) -> Iterator[dict[str, str]]:
    path = folder / "womens_clothing_reviews" / "womens_clothing_reviews.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _swedish(folder: Path) -> Source:
    parts = {part: list(_once(_absabank(folder, part))) for part in ("train", "dev", "test")}
    tested = {comment.document for comment in parts["test"]}
    known = {key(comment.text) for comment in parts["test"]}
    train = [
        comment
        for comment in parts["train"] + parts["dev"]
        if comment.document not in tested and key(comment.text) not in known
    ]
    return Source("absabank", "sv", tuple(train), tuple(parts["test"]))


def _absabank(folder: Path, part: str) -> Iterator[Comment]:
    path = folder / "swedish_absabank_imm" / f"absabank-imm_{part}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rating = float(row["label"])
            sentiment: Sentiment = "negative" if rating <= 2.5 else "positive" if rating >= 3.5 else "neutral"
            yield Comment(row["text"], sentiment, str(row["id"]).rpartition("_")[0], rating)


def _hungarian(folder: Path, part: str) -> Iterator[Comment]:
    with gzip.open(folder / "hungarian_husst" / f"sst_{part}.json.gz", "rt", encoding="utf-8") as file:
        for row in json.load(file):
            yield Comment(row["Sent"], row["label"], str(row["id"]))


def counted(comments: Sequence[Comment]) -> dict[str, int]:
    """How many of each sentiment."""
    return {
        sentiment: sum(comment.sentiment == sentiment for comment in comments)
        for sentiment in ("negative", "neutral", "positive")
    }
