"""Make `languages.npz`: which character sequences tell languages apart.

    python -m tools.text.languages LINGUA OUT

LINGUA is the folder `language-models` of the package lingua-language-detector 1.3 (Apache-2.0): relative frequencies of character
sequences in 75 languages, counted in the Leipzig Corpora. Of them the sequences of one to four letters that tell most are kept,
each with its log probability per language against the mixture of all, in a byte.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text import languages

KEPT: Final = {1: 3_000, 2: 9_000, 3: 26_000, 4: 42_000}
"""Sequences kept, by length."""

FILES: Final = ("unigrams", "bigrams", "trigrams", "quadrigrams")
MERGED: Final = {"nb": "no", "nn": "no"}
"""Two written forms of one language are one language here."""

LEAST: Final = {1: 0.0, 2: 1e-6, 3: 2e-6, 4: 3e-6}
"""The least probability in a language with which a sequence is looked at, by length."""

SMALLEST: Final = {1: 1e-6, 2: 1e-6, 3: 6e-7, 4: 3e-7}
"""The probability of a sequence that was not met, by length."""


brotli: Final = importlib.import_module("brotli")
"""How the counts are compressed; needed for this alone, so it is no dependency."""


def probabilities(folder: Path) -> list[dict[str, float]]:
    """Of one language: per length, the probability of each sequence among those of its length."""
    out: list[dict[str, float]] = []
    for length, name in enumerate(FILES, start=1):
        grams = json.loads(brotli.decompress((folder / f"{name}.json.br").read_bytes()))["ngrams"]
        found: dict[str, float] = {}
        for fraction, sequences in grams.items():
            above, below = fraction.split("/")
            share = int(above) / int(below)
            for sequence in sequences.split(" "):
                before = out[-1].get(sequence[:-1], 0.0) if length > 1 else 1.0
                found[sequence] = share * before
        total = sum(found.values())
        out.append({sequence: value / total for sequence, value in found.items()})
    return out


def table(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Keys of the sequences kept, sorted, and their values per language."""
    paths = [path for path in sorted(folder.iterdir()) if (path / f"{FILES[-1]}.json.br").is_file()]
    written = Counter(MERGED.get(path.name, path.name) for path in paths)
    names = sorted(written)
    met: list[dict[str, int]] = [{} for _ in FILES]
    cells: list[list[tuple[int, int, float]]] = [[] for _ in FILES]
    for path in paths:
        name = MERGED.get(path.name, path.name)
        for rows, out, grams, least in zip(met, cells, probabilities(path), LEAST.values(), strict=True):
            for sequence, value in grams.items():
                if value >= least:
                    out.append((rows.setdefault(sequence, len(rows)), names.index(name), value / written[name]))
    chosen = [
        _telling(list(rows), out, len(names), length)
        for length, (rows, out) in enumerate(zip(met, cells, strict=True), 1)
    ]
    keys = np.concatenate([keys for keys, _ in chosen])
    values = np.concatenate([values for _, values in chosen])
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    once = np.concatenate(([True], keys[1:] != keys[:-1]))
    stepped = np.clip(np.rint(values * languages.STEPS), -127, 127).astype(np.int8)
    return {"keys": keys[once], "values": stepped[once], "names": np.array(names)}


def _telling(
    sequences: list[str], cells: list[tuple[int, int, float]], names: int, length: int
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Of the sequences of one length those that tell most, as keys and log probabilities against the mixture."""
    joint = np.zeros((len(sequences), names), np.float32)
    for row, column, value in cells:
        joint[row, column] += value
    smooth = joint + np.float32(SMALLEST[length])
    against = np.log(smooth / smooth.mean(axis=1, keepdims=True))
    best = np.argsort(-(joint * np.abs(against)).sum(axis=1), kind="stable")[: KEPT[length]]
    print(f"of {len(sequences):,} sequences of {length} letters {len(best):,} are kept")
    return np.array([languages.key_of(sequences[at]) for at in best], np.uint32), against[best]


def main(lingua: str, out: str) -> None:
    """Write the table."""
    arrays = table(Path(lingua))
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    size, loaded = Path(out).stat().st_size / 1e6, arrays["values"].nbytes / 1e6
    print(
        f"{len(arrays['keys'])} sequences, {len(arrays['names'])} languages, {size:.2f} MB, {loaded:.1f} MB in memory"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
