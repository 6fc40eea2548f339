"""Whole questions on both engines: the same matches, lens and kernels over DuckDB with the index, and on Spark over the lake."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resa.analytics import bits, funnels, paths, search, trends
from resa.kernel import sequences
from resa.kernel.body.duck import DuckBody
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.body.spark_journeys import SparkJourneys
from resa.kernel.identity_map import IdentityMap
from resa.kernel.lens import Lens
from resa.kernel.matching import Condition, Match
from resa.kernel.periods import Period
from resa.kernel.sequences import JourneyIndex, Labels, LabelStore, MemoryManifest, ValueStore
from resa.kernel.state import State, sqlite_url
from tests.scaleout import histories

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(600)]

IDENTITIES = 50
NAMES = histories.NAMES


class Both:
    """The same history on both sides, with merges, their undo, late events and an erasure."""

    def __init__(self, spark: Spark, folder: Path) -> None:
        self.duck = DuckBody(folder / "body.duckdb")
        self.lake = LakeBody(str(folder / "lake"), State.open(sqlite_url(folder)), spark)
        self.index = JourneyIndex.open(folder / "journeys", MemoryManifest())
        self.map = IdentityMap()

    def land(self, events: Any) -> None:
        """Everywhere."""
        self.duck.land(events)
        self.lake.land(events)
        self.index.append(*(events.column(name).to_numpy() for name in ("row", "time", "code", "identity")))
        self.index.publish()

    def move(self, identity: list[int], profile: list[int]) -> None:
        """Merge, unmerge, erase."""
        self.map = IdentityMap(np.arange(IDENTITIES)).changed(identity, profile)
        for body in (self.duck, self.lake):
            body.set_identity_map(*self.map.moved())


@pytest.fixture(scope="module")
def both(spark_session: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Four thousand events; some identities merged, some parted again, one erased."""
    made = Both(spark_session, tmp_path_factory.mktemp("both"))
    made.land(histories.events(3_000, identities=IDENTITIES, seed=11))
    made.move([9, 31, 40], [3, 3, 12])
    made.land(histories.events(1_000, identities=IDENTITIES, seed=12, first_row=3_000))
    made.move([31, 44, 17], [3, 2, -1])
    yield made
    made.duck.close()


def a_match(dice: random.Random) -> Match:
    """By name, number, text or channel."""
    where = []
    if dice.random() < 0.4:
        where.append(Condition(property="quantity", op="greater", value=dice.randrange(4)))
    if dice.random() < 0.3:
        where.append(Condition(property="sku", op="contains", value=str(dice.randrange(3))))
    return Match(name=dice.choice(NAMES), where=where, channel=dice.choice((None, None, "web")))


def a_lens(dice: random.Random) -> Lens:
    """A random lens."""
    start = histories.START + dice.randrange(20) * histories.DAY
    return Lens(
        Period(start, start + dice.randrange(10, 50) * histories.DAY),
        dice.choice((None, "app")),
        dice.random() < 0.6,
    )


def answers(both: Both, question: Any, lens: Lens, said: dict[str, str], essence: Any) -> list[Any]:
    """The answer of either engine to one question, labelled in either's SQL."""
    snapshot = LabelStore(both.duck).labelled(said["duckdb"], both.index.snapshot())
    asked = partial(question, **lens.period._asdict())
    here = asked(snapshot, both.map, Labels(np.arange(65_535)))
    there = SparkJourneys(both.lake).ask(asked, said["spark"], start=lens.period.start, end=lens.period.end)
    return [essence(here), essence(there)]


@pytest.mark.parametrize("seed", range(6))
def test_a_funnel_has_one_answer(both: Both, seed: int) -> None:
    dice = random.Random(seed)
    steps = [funnels.Step(any=[a_match(dice), a_match(dice)]) for _ in range(3)]
    question = funnels.Funnel(steps=steps, exclude=[funnels.Exclusion(any=[a_match(dice)], after=0, before=2)])
    lens = a_lens(dice)
    said = {engine: bits.lensed(funnels.roles(question), lens, engine) for engine in ("duckdb", "spark")}
    ask = partial(sequences.chains, steps=3, window=10 * histories.DAY, excluded=[(0, 2)], order="ordered")
    here, there = answers(both, ask, lens, said, lambda a: [column.tolist() for column in a.chained()])
    assert here == there
    assert here[0]


@pytest.mark.parametrize("seed", range(3))
def test_paths_have_one_answer(both: Both, seed: int) -> None:
    dice = random.Random(seed)
    question = paths.Paths(anchor=paths.Anchor(match=a_match(dice)), steps=4)
    lens = a_lens(dice)
    said = {engine: paths.expression(question, lens, engine) for engine in ("duckdb", "spark")}
    ask = partial(sequences.routes, steps=4, gap=5 * histories.DAY, keep=True)
    here, there = answers(both, ask, lens, said, lambda a: [column.tolist() for column in (*a.counted(), *a.own())])
    assert here == there
    assert here[0]


def test_trends_and_the_labels_of_a_lens_are_the_same(both: Both) -> None:
    dice = random.Random(5)
    question = trends.Trends(series=[trends.One(match=a_match(dice)) for _ in range(3)])
    lens = a_lens(dice)
    said = [
        {engine: bits.with_variant(trends.roles(question), engine) for engine in ("duckdb", "spark")},
        {engine: search.label(lens, engine) for engine in ("duckdb", "spark")},
    ]
    for label in said:
        here = both.duck.column(label["duckdb"], 0, 4_000)
        assert both.lake.column(label["spark"], 0, 4_000).tolist() == here.tolist()
        assert here.any()


def test_values_are_the_same(both: Both) -> None:
    from resa.kernel.matching.sql import predicate, text_of

    match = Match(name=NAMES[0])
    found = [
        ValueStore(body).valued(predicate(match, body.dialect), text_of("sku", body.dialect), 4_000)
        for body in (both.duck, both.lake)
    ]
    texts = [[values.text(int(number)) for number in values.rows] for values in found]
    assert texts[0] == texts[1]
    assert any(texts[0])
    terms = [
        ValueStore(body).valued(*search.said(body.dialect), 4_000, search.clean) for body in (both.duck, both.lake)
    ]
    assert terms[0].rows.tolist() == terms[1].rows.tolist()
