"""A linear model over hashed features, three classes: how it reads, and how it is kept in few bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text.features import BUCKETS, Buckets

CLASSES: Final = ("negative", "neutral", "positive")

Floats = NDArray[np.float32]

_STEPS: Final = 127
_PARTS: Final = ("roots", "scale", "idf", "bias")


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights per bucket and class, a byte each, and the inverse document frequency of each bucket.

    A text's features are weighed as `(1 + log count) * idf`, and the vector has length one, as in TF-IDF (Salton and Buckley 1988).
    """

    roots: NDArray[np.int8]
    """Signed square roots of the weights, in steps, shape (buckets, classes): small weights stay apart."""
    scale: Floats
    """The greatest weight per class."""
    idf: NDArray[np.float16]
    """Shape (buckets,); zero where a feature says nothing."""
    bias: Floats
    """Shape (classes,)."""

    @classmethod
    def of(cls, weights: Floats, idf: Floats, bias: Floats) -> Linear:
        """From weights as they were learned."""
        scale = np.maximum(np.abs(weights).max(axis=0), 1e-9).astype(np.float32)
        roots = np.sign(weights) * np.sqrt(np.abs(weights) / scale)
        return cls(np.rint(roots * _STEPS).astype(np.int8), scale, idf.astype(np.float16), bias.astype(np.float32))

    def logits(self, found: Sequence[Buckets]) -> Floats:
        """Log odds per text and class, shape (texts, classes); a text without features has the bias."""
        out = np.tile(self.bias, (len(found), 1))
        scale = self.scale / _STEPS**2
        for row, text in enumerate(found):
            at, values = weighed(text, self.idf)
            if len(at):
                roots = self.roots[at].astype(np.float32)
                out[row] += values @ (roots * np.abs(roots)) * scale
        return out

    def packed(self, name: str = "") -> dict[str, NDArray[np.generic]]:
        """Arrays that keep it, their names begun with `name`."""
        return {f"{name}{part}": getattr(self, part) for part in _PARTS}

    @classmethod
    def unpacked(cls, arrays: dict[str, NDArray[np.generic]], name: str = "") -> Linear:
        """The model that was packed; raises `ValueError` if the arrays don't fit."""
        roots, scale, idf, bias = (arrays[f"{name}{part}"] for part in _PARTS)
        if roots.shape != (BUCKETS, len(CLASSES)) or idf.shape != (BUCKETS,) or bias.shape != (len(CLASSES),):
            raise ValueError("these are not the arrays of such a model")
        return cls(roots.astype(np.int8), scale.astype(np.float32), idf.astype(np.float16), bias.astype(np.float32))


def weighed(found: Buckets, idf: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int64], Floats]:
    """A text's vector of length one: where it is not zero, and what it is there."""
    at, counts = np.unique(found, return_counts=True)
    values = (1.0 + np.log(counts, dtype=np.float32)) * idf[at].astype(np.float32)
    known = values > 0
    at, values = at[known], values[known]
    length = float(np.sqrt(values @ values))
    return at.astype(np.int64), np.asarray(values / length if length else values, np.float32)


def softmax(logits: Floats) -> Floats:
    """Probabilities per row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def to_bytes(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """Arrays as the bytes of a compressed file."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def from_bytes(content: bytes) -> dict[str, NDArray[np.generic]]:
    """The arrays of such bytes; nothing in them is executed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
