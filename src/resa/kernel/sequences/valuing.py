"""What events say under one name, as numbers by row: asked of the body once per row, kept, and grown as rows arrive."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from resa.kernel import work
from resa.kernel.body import Body
from resa.kernel.sequences.labelling import CHUNK
from resa.kernel.sequences.parts import Array

OTHERS: Final = 65_534
"""The number of all texts that came after the first 65,533 different ones."""
LONGEST: Final = 200
"""So many characters of a text are told apart."""

Clean = Callable[[str], str | None]


class Values(NamedTuple):
    """`rows[row]` is the number of what the event in that row says: `texts[number - 1]`, OTHERS, or 0 for nothing."""

    rows: Array
    texts: list[str]

    def text(self, number: int) -> str | None:
        """The text of a number; None for nothing and for the others."""
        return self.texts[number - 1] if 0 < number <= len(self.texts) else None


class ValueStore:
    """The values of a few questions in memory, 2 bytes a row each. Thread-safe."""

    def __init__(self, body: Body, most: int = 3) -> None:
        """Keep what the `most` questions asked last."""
        self._body = body
        self._most = most
        self._kept: OrderedDict[tuple[str, str], _Grown] = OrderedDict()
        self._lock = threading.Lock()

    def valued(self, where: str, value: str, size: int, clean: Clean | None = None) -> Values:
        """The values of rows below `size`: `value` of the events that meet `where`, SQL over `log` in the body's dialect.

        `clean` may make different texts one, or nothing (None).
        """
        with self._lock:
            grown = self._kept.setdefault((where, value), _Grown(clean))
            self._kept.move_to_end((where, value))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        with grown.lock:
            grown.grow(self._body, where, value, size)
            return Values(grown.rows[: grown.size], grown.texts)


class _Grown:
    def __init__(self, clean: Clean | None) -> None:
        self.lock = threading.Lock()
        self.rows = np.zeros(0, np.uint16)
        self.size = 0
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._clean = clean

    def grow(self, body: Body, where: str, value: str, size: int) -> None:
        """Ask for the rows below `size` that are not there yet."""
        if size > self.rows.size:
            larger = np.zeros(max(size, self.rows.size + self.rows.size // 2), np.uint16)
            larger[: self.size] = self.rows[: self.size]
            self.rows = larger
        work.expect(max(0, size - self.size))
        while self.size < size:
            last = min(size, self.size + CHUNK)
            self._take(
                body.native(
                    f"SELECT log.row AS place, CAST({value} AS VARCHAR({LONGEST})) AS value FROM log "
                    f"WHERE log.row >= {self.size} AND log.row < {last} AND ({where})"
                )
            )
            read, self.size = last - self.size, last
            work.advance(read)

    def _take(self, found: pa.Table) -> None:
        column = found.column("value").combine_chunks()
        if not len(column):
            return
        encoded = column.dictionary_encode()
        numbers = np.array([self._number(text) for text in encoded.dictionary.to_pylist()] + [0], np.uint16)
        said = encoded.indices.fill_null(len(numbers) - 1).to_numpy(zero_copy_only=False)
        self.rows[found.column("place").to_numpy()] = numbers[said]

    def _number(self, text: str | None) -> int:
        text = None if text is None else text[:LONGEST]
        if text is not None and self._clean is not None:
            text = self._clean(text)
        if text is None:
            return 0
        known = self._numbers.get(text)
        if known is None and len(self.texts) < OTHERS - 1:
            self.texts.append(text)
            known = self._numbers[text] = len(self.texts)
        return OTHERS if known is None else known
