"""Work that is stopped ends: in the walk over journeys, inside the engine, in threads of a pool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from resa.kernel.body.duck import DuckBody
from resa.kernel.errors import NotFound
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import walk
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot
from resa.kernel.work import Cancelled, Works

CUSTOMERS = 3 * walk.BLOCK_JOURNEYS
FOREVER = "SELECT count(*) AS n FROM range(1000000000000)"


@pytest.fixture
def reading() -> Reading:
    """One event each of more customers than a block takes."""
    zeros = np.zeros(CUSTOMERS, np.int64)
    snapshot = Snapshot.of_block(np.arange(CUSTOMERS), zeros, zeros + 1, np.arange(CUSTOMERS))
    return Reading.of(snapshot, IdentityMap(), Labels.everything())


@pytest.fixture
def body(tmp_path: Path) -> Iterator[DuckBody]:
    """An empty body."""
    opened = DuckBody(tmp_path / "body.duckdb")
    yield opened
    opened.close()


class Counting:
    """Counts customers, and may stop its own work at the first block."""

    def __init__(self, stop: bool = False) -> None:
        """`stop`: as if somebody cancelled while the first block is read."""
        self.customers = 0
        self._stop = stop

    def add(self, block: Block) -> None:
        """Count a block."""
        from resa.kernel import work  # what the test is about, by the name it has in the kernel

        self.customers += block.profiles.size
        now = work.current()
        if self._stop and now is not None:
            now.stop()

    def merge(self, other: Self) -> Self:
        """Both."""
        self.customers += other.customers
        return self


def test_a_walk_says_how_far_it_is(reading: Reading) -> None:
    works = Works()
    with works.doing(works.begin("questions/funnel")) as begun:
        assert walk.ask(Counting, reading).customers == CUSTOMERS
        assert (begun.done, begun.expected) == (CUSTOMERS, CUSTOMERS)
    assert works.all() == []


@pytest.mark.parametrize("threads", [1, 2])
def test_a_walk_that_is_stopped_reads_no_further(
    reading: Reading, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_SPLIT", CUSTOMERS // 4)
    answers: list[Counting] = []

    def fresh() -> Counting:
        answers.append(Counting(stop=True))
        return answers[-1]

    works = Works()
    with pytest.raises(Cancelled), works.doing(works.begin("questions/funnel")):
        walk.ask(fresh, reading, threads)
    assert 0 < sum(answer.customers for answer in answers) < CUSTOMERS
    assert walk.ask(Counting, reading, threads).customers == CUSTOMERS, "the next question is asked as ever"


def test_the_engine_is_interrupted_and_answers_the_next_question(body: DuckBody) -> None:
    works = Works()
    begun = works.begin("sql")
    stopping = threading.Timer(0.05, begun.stop)
    stopping.start()
    with pytest.raises(Cancelled), works.doing(begun):
        body.query(FOREVER)
    assert body.query("SELECT 1 AS n").to_pylist() == [{"n": 1}]


def test_what_was_stopped_before_it_began_asks_nothing(body: DuckBody) -> None:
    works = Works()
    begun = works.begin("sql")
    begun.stop()
    with pytest.raises(Cancelled), works.doing(begun):
        body.query(FOREVER)


def test_work_that_ended_can_not_be_found_and_a_key_is_used_once() -> None:
    works = Works()
    one, two = works.begin("a", key="mine-0001"), works.begin("b", key="mine-0001")
    assert one.key == "mine-0001"
    assert two.key != one.key
    works.end(one)
    with pytest.raises(NotFound):
        works.get("mine-0001")
    works.stop_all()
    assert (one.stopped, two.stopped) == (False, True)
