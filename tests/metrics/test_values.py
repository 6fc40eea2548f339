"""Metrics of every form are what a slow, obvious reference says, through late events, merges, unmerges and erasures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from resa.kernel.body.duck import DuckBody
from tests.metrics.asked import METRICS, Parts
from tests.metrics.comparing import assert_all_right, assert_groups_right, assert_series_right, lenses
from tests.metrics.histories import DAY, NOW, events

IDENTITIES = 14
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """An empty body and index."""
    body = DuckBody(tmp_path / "body.duckdb", threads=2)
    yield Parts(body, tmp_path / "journeys", IDENTITIES)
    body.close()


def moves(dice: random.Random) -> list[dict[int, int]]:
    """Some merged, then one of them parted and another erased."""
    one, other, third = dice.sample(range(1, IDENTITIES), 3)
    apart = {n: n for n in range(IDENTITIES)}
    merged = apart | {other: min(one, other), one: min(one, other), third: third}
    return [apart, merged, apart | {third: -1}]


def hold(parts: Parts, seed: int) -> None:
    """A random history, asked after everything that can happen to its identities."""
    dice = random.Random(seed)
    parts.land(events(dice.randrange(1, 250), identities=IDENTITIES, seed=seed))
    for profiles in moves(dice):
        parts.move(profiles)
        for lens in lenses(dice, 2):
            assert_all_right(parts, METRICS, lens, now=NOW - dice.choice((0, 15 * DAY)))
        parts.land(events(dice.randrange(60), identities=IDENTITIES, seed=seed + 1, first_row=len(parts.rows)))
    (lens,) = lenses(dice, 1)
    assert_groups_right(parts, METRICS, lens, dice.choice(("channel", "device", "property:kind")))
    assert_series_right(parts, METRICS, lens, STOCKHOLM)


@pytest.mark.parametrize("seed", range(2))
def test_every_metric_is_what_the_reference_says(parts: Parts, seed: int) -> None:
    hold(parts, seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 110))
def test_every_metric_is_what_the_reference_says_of_many_histories(parts: Parts, seed: int) -> None:
    hold(parts, seed)


def test_an_empty_history_has_no_value_and_no_error(parts: Parts) -> None:
    for lens in lenses(random.Random(1), 1):
        assert_all_right(parts, METRICS, lens)
