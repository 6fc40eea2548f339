"""DuckDB, Spark over a lake and the slow reference give the same values of every metric."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from resa.kernel.body.duck import DuckBody
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.decoding import decode
from resa.kernel.lens import Lens
from resa.kernel.metrics import money
from resa.kernel.metrics.definition import Events
from resa.kernel.metrics.evaluation import edges_of, estimate, estimates
from resa.kernel.metrics.plan import needs, picked
from resa.kernel.metrics.sql import Split, Writer
from resa.kernel.periods import Period
from resa.kernel.state import State, sqlite_url
from tests.metrics.asked import BIG, METRICS, ORDER, Parts
from tests.metrics.comparing import assert_all_right, lenses
from tests.metrics.histories import NOW, START, events
from tests.metrics.test_values import IDENTITIES, STOCKHOLM, moves

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture
def both(spark_session: Spark, tmp_path: Path) -> Iterator[tuple[Parts, Parts]]:
    """The same, in a DuckDB file and in a lake."""
    duck, state = DuckBody(tmp_path / "body.duckdb"), State.open(sqlite_url(tmp_path))
    lake = LakeBody(str(tmp_path / "lake"), state, spark_session)
    yield Parts(duck, tmp_path / "one", IDENTITIES), Parts(lake, tmp_path / "other", IDENTITIES)
    duck.close()
    state.close()


def assert_same(both: tuple[Parts, Parts], lens: Lens) -> None:
    """To the last bit, as a whole, by group and by week."""
    one, other = both
    whole = one.ask(METRICS, lens), other.ask(METRICS, lens)
    edges = edges_of(lens.period, "week", STOCKHOLM)
    split = Split("property:kind", ("nps", None), edges)
    parted = one.ask(METRICS, lens, split), other.ask(METRICS, lens, split)
    for metric in METRICS:
        need = needs(metric)
        caps = [answers.cap(need) for answers in whole]
        assert caps[0] == caps[1], metric
        first, second = (estimate(need, answers, caps[0]) for answers in whole)
        assert first == second, metric
        for by, count in (("group", 3), ("bucket", len(edges))):
            first_by, second_by = (estimates(need, answers, caps[0], by, count) for answers in parted)  # type: ignore[arg-type]
            assert first_by == second_by, (metric, by)


def test_amounts_by_currency_are_the_same_on_duckdb_and_spark(both: tuple[Parts, Parts]) -> None:
    happened = events(300, identities=IDENTITIES, seed=12)
    for parts in both:
        parts.land(happened)
    orders, anything = picked(decode(Events, ORDER)), picked(decode(Events, BIG))
    lens = Lens(Period(START, NOW))
    for by_customer in (False, True):
        asked = [
            Writer(parts.body.dialect, lens).currencies([(orders,), (orders, anything)], by_customer=by_customer)
            for parts in both
        ]
        one, other = (parts.body.native(sql).to_pylist() for parts, sql in zip(both, asked, strict=True))
        assert one == other
        assert {row["currency"] for row in one} == {"EUR", "SEK"}
    found = [parts.body.native(money.REPORTING).to_pylist() for parts in both]
    assert found[0] == found[1]
    assert [row["currency"] for row in found[0]] == ["EUR", "SEK"]


def test_every_metric_is_the_same_on_duckdb_and_spark(both: tuple[Parts, Parts]) -> None:
    dice = random.Random(11)
    happened = events(500, identities=IDENTITIES, seed=11)
    for parts in both:
        parts.land(happened)
    _, merged, erased = moves(dice)
    (lens,) = lenses(dice, 1)
    for parts in both:
        parts.move(merged)
        parts.move({**merged, **{identity: -1 for identity, profile in erased.items() if profile < 0}})
    assert_same(both, replace(lens, channel=None))
    assert_all_right(both[1], METRICS, replace(lens, channel="web", simulated=False))
