"""Themes of 100,000 comments: seconds to find them and to hold every comment against them, memory, and how many are found again."""

from __future__ import annotations

import csv
import gzip
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from resa.feedback.themes import finding, lineage, store
from resa.feedback.themes.definition import Theme
from resa.feedback.themes.finding import Text
from resa.feedback.themes.model import Model, Recogniser
from resa.kernel.state import State, sqlite_url
from tests.themes.planted import World, shuffled

DATA = Path(os.environ.get("RESA_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
COMMENTS = 100_000
THEMES = 12
AT_ONCE = 2_000


def main(comments: int = COMMENTS) -> None:
    """Planted in sentences of 10 to 25 words, then what people wrote; as a server does it, through its state store."""
    planted(comments)
    if (DATA / "multidogo_support").is_dir():
        texts = written()[:comments]
        _, told = timed(texts)
        letters = sum(map(len, texts)) / len(texts)
        print(f"{len(texts):,} that people wrote ({letters:.0f} letters each): {told}")
    else:
        print(f"what people wrote is not in {DATA} (RESA_TEST_DATA)")


def planted(comments: int) -> None:
    """Whether planted themes are found again."""
    world = World(themes=THEMES)
    texts, truth = world.comments(comments)
    grown, told = timed(texts)
    print(f"{comments:,} made of words: {told}")
    themes = {theme.key: of(theme.weights, world) for theme in grown.languages[0].themes} if grown.languages else {}
    recogniser = Recogniser(grown, {key: Theme(name=key, found=True) for key in keys(grown)})
    sample = texts[: 5 * AT_ONCE]
    said = [{themes[one.theme] for one in each} for each in recogniser.mentions((text, "en") for text in sample)]
    right = sum(len(one & other) for one, other in zip(said, truth, strict=False))
    print(
        f"{len(set(themes.values()))} of {THEMES} planted themes; precision {right / max(1, sum(map(len, said))):.3f}, "
        f"recall {right / sum(map(len, truth[: len(said)])):.3f}; "
        f"in shuffled comments: {sum(len(each.themes) for each in finding.find(Text(text, 'en') for text in shuffled(texts[:20_000])))}"
    )


def timed(texts: list[str]) -> tuple[Model, str]:
    """Themes found in comments and every comment held against them: the model, and how long it took."""
    memory = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        state = State.open(sqlite_url(Path(folder)))
        keep(state, texts)
        before, began, worked = memory.memory_info().rss, time.perf_counter(), time.process_time()
        found = finding.find(read(state))
        finding_took, finding_worked = time.perf_counter() - began, time.process_time() - worked
        grown = lineage.continued(Model([]), found, set(), set()).model
        recogniser = Recogniser(grown, {key: Theme(name=key, found=True) for key in keys(grown)})
        for rows in store.all_texts(state, most=AT_ONCE):
            mentions = recogniser.mentions((row.text, row.language) for row in rows)
            with state.write() as tx:
                store.set_themes(state, tx, {row.id: said for row, said in zip(rows, mentions, strict=True)})
        took, whole = time.perf_counter() - began, time.process_time() - worked
        grew = memory.memory_info().rss - before
        state.close()
    return grown, (
        f"{len(keys(grown))} themes found in {finding_took:.1f} s ({finding_worked:.1f} of processor time), all held against them after "
        f"{took:.1f} s ({whole:.1f}), +{grew / 2**20:.0f} MB"
    )


def written() -> list[str]:
    """Reviews of clothes, and what customers and agents wrote to each other in support."""
    out: list[str] = []
    with gzip.open(DATA / "womens_clothing_reviews" / "womens_clothing_reviews.csv.gz", "rt", encoding="utf-8") as file:
        out += [row["Review Text"] for row in csv.DictReader(file) if row["Review Text"].strip()]
    for path in sorted((DATA / "multidogo_support").glob("*_train_turn.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            out += [row["utterance"] for row in rows if (row["utterance"] or "").strip()]
    return out


def keep(state: State, texts: list[str]) -> None:
    """The comments as they are kept."""
    plain = {"channel": "web", "source": "s", "event": "e", "survey": None, "metric": None, "score": None}
    plain |= {
        "simulated": False,
        "language": "en",
        "sentiment": "not yet",
        "sentiment_score": 0.0,
        "probability": 0.0,
        "model": "none",
    }
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        rows = [
            {"message_id": f"m{start + n}", "identity": n, "time": n, "text": text, **plain}
            for n, text in enumerate(some)
        ]
        with state.write() as tx:
            store.put(state, tx, rows, [[]] * len(rows), tell=False)


def read(state: State) -> Iterator[Text]:
    """The comments, one after the other."""
    for rows in store.all_texts(state):
        yield from (Text(row.text, row.language) for row in rows)


def keys(model: Model) -> list[str]:
    """Of all its themes."""
    return [theme.key for told in model.languages for theme in told.themes]


def of(weights: dict[str, float], world: World) -> int:
    """The planted theme that these words are."""
    sums = [sum(weights.get(word[:6], 0.0) for word in matter) for matter in world.matter]
    return sums.index(max(sums))


if __name__ == "__main__":
    main()
