"""Sequence questions over the lake: Spark brings each profile's events together, the same numba kernels read them.

Events are labelled in SQL, shuffled by profile, sorted within partitions and handed to Python as Arrow; every
partition answers with what its journeys add up to, and the driver merges those answers.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences.parts import ALWAYS, NEVER
from resa.kernel.sequences.walk import Labels, Snapshot

if TYPE_CHECKING:
    from resa.kernel.body.lake import LakeBody

BLOCK: Final = 1_000_000
"""Events of whole journeys handed to a kernel at a time: bounds what a task holds."""

CODE: Final = "code"
"""The label that is the code of the event's name."""

JOURNEYS: Final = """
SELECT profile, time, `row`, label
  FROM (SELECT profile, time, `row`, CAST(({label}) AS int) AS label
          FROM log WHERE code <> 0 AND time >= {start} AND time < {end})
 WHERE label <> 0
"""


class Answer(Protocol):
    """What the journeys of one partition add up to."""

    def merge(self, other: Self) -> Self:
        """With those of another, who has other profiles."""
        ...


A = TypeVar("A", bound=Answer)
A_co = TypeVar("A_co", bound=Answer, covariant=True)


class Question(Protocol[A_co]):
    """A function of `kernel.sequences` whose own parameters are bound (`functools.partial`); it is pickled."""

    def __call__(self, snapshot: Snapshot, identities: IdentityMap, labels: Labels, *, threads: int | None) -> A_co:
        """The answer for these journeys."""
        ...


class SparkJourneys:
    """Asks sequence questions of a lake. The executors need `resa` installed."""

    def __init__(self, lake: LakeBody) -> None:
        """Of `lake` as it is at each question."""
        self._lake = lake

    def ask(self, question: Question[A], label: str = CODE, *, start: int = ALWAYS, end: int = NEVER) -> A:
        """The answer over events in [start, end) ms; `label` is Spark SQL over `log`: 1 to 65534, 0 for nothing."""
        sql = JOURNEYS.format(label=label, start=_bigint(start), end=_bigint(end))
        shuffled = self._lake.frame(sql).repartition("profile").sortWithinPartitions("profile", "time", "row")
        found = shuffled.mapInArrow(partial(_answer, question=question), "answer binary").toArrow()
        # Answers come from the workspace's own executors, which run its code anyway.
        answers = (pickle.loads(blob) for blob in found.column("answer").to_pylist())  # noqa: S301
        return reduce(lambda one, other: one.merge(other), answers, _of_nothing(question))


def _bigint(value: int) -> str:
    """Spark reads the smallest int64 as the negation of a number that is too large."""
    return str(max(value, -NEVER))


def _answer(batches: Iterator[pa.RecordBatch], *, question: Question[Any]) -> Iterator[pa.RecordBatch]:
    """Runs on the executors: the answer of one partition, pickled."""
    parts = [_of_block(block, question) for block in whole_journeys(batches, BLOCK)]
    if parts:
        total = reduce(lambda one, other: one.merge(other), parts)
        yield pa.RecordBatch.from_pydict({"answer": [pickle.dumps(total)]})


def whole_journeys(batches: Iterator[pa.RecordBatch], most: int) -> Iterator[pa.Table]:
    """Batches sorted by profile, joined to tables of about `most` events that cut no profile in two."""
    held: list[pa.RecordBatch] = []
    count, enough = 0, most
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        if count < enough:
            continue
        table = pa.Table.from_batches(held)
        profile = table.column("profile").to_numpy()
        cut = int(np.searchsorted(profile, profile[-1]))
        if cut:
            yield table.slice(0, cut)
        held, count = table.slice(cut).to_batches(), table.num_rows - cut
        enough = max(most, 2 * count)  # one profile longer than a block: look again when it has doubled
    if count:
        yield pa.Table.from_batches(held)


def _of_block(events: pa.Table, question: Question[A]) -> A:
    profile, time, label, row = (events.column(name).to_numpy() for name in ("profile", "time", "label", "row"))
    labels = Labels(np.arange(int(label.max()) + 1))  # no larger: a question checks what it may be given
    return question(Snapshot.of_block(profile, time, label, row), IdentityMap(), labels, threads=1)


def _of_nothing(question: Question[A]) -> A:
    empty = np.zeros(0, np.int64)
    return question(Snapshot.of_block(empty, empty, empty, empty), IdentityMap(), Labels(empty), threads=1)
