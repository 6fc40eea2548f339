"""What units come to since their exposure is what a history without anything before it says; so are the sums of every day."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resa.experiments.results import exposures, totals
from resa.experiments.results.exposures import Exposed
from resa.experiments.results.totals import Totals
from resa.experiments.statistics import Moments
from resa.kernel.body.duck import DuckBody
from resa.kernel.lens import Lens
from resa.kernel.metrics.definition import Unique, form_of
from resa.kernel.metrics.plan import Each as Singles
from resa.kernel.metrics.plan import Needs, Visits, needs
from resa.kernel.periods import Period
from tests.metrics.asked import Parts
from tests.metrics.histories import DAY, NOW
from tests.results.histories import (
    ARMS,
    BEGINS,
    READ,
    WANTED,
    all_totals,
    by_profile,
    exposed,
    history,
    only_after,
    read,
    since,
)

IDENTITIES = 24
EDGES = tuple(BEGINS + day * DAY for day in range(0, 22, 3))


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """An empty body and index."""
    body = DuckBody(tmp_path / "body.duckdb", threads=1)
    yield Parts(body, tmp_path / "journeys", IDENTITIES)
    body.close()


@pytest.fixture
def after(tmp_path: Path) -> Iterator[Parts]:
    """Another one, for what came after the exposure only."""
    body = DuckBody(tmp_path / "after.duckdb", threads=1)
    yield Parts(body, tmp_path / "journeys-after", IDENTITIES)
    body.close()


def merged(seed: int) -> dict[int, int]:
    """Two pairs are one customer each, and one is erased."""
    dice = random.Random(seed)
    a, b, c, d, e = dice.sample(range(IDENTITIES), 5)
    return {n: n for n in range(IDENTITIES)} | {b: min(a, b), a: min(a, b), d: min(c, d), c: min(c, d), e: -1}


def of_sessions(need: Needs) -> bool:
    """Sessions are cut otherwise where what came before is missing: the session of the exposure counts whole."""
    return any(isinstance(source, Visits) or getattr(source, "unit", "") == "session" for source in need.sources)


@pytest.mark.parametrize("seed", range(3))
def test_totals_since_the_exposure_are_those_of_a_history_that_begins_with_it(
    parts: Parts, after: Parts, seed: int
) -> None:
    parts.land(history(seed, 500, IDENTITIES))
    parts.move(merged(seed))
    after.land(only_after(parts))
    after.move(merged(seed))
    found, every = all_totals(parts, EDGES)
    asked = after.ask(READ, Lens(Period(BEGINS, NOW)))
    assert found.size > 5
    checked = 0
    for place, metric in enumerate(READ):
        need, mine = needs(metric), every[str(place)]
        if of_sessions(need) or need.winsorize or need.distinct:  # different values of stretches do not add up
            continue
        x, y = by_profile(asked, metric, found)
        if mine.measure.y is None:  # everyone exposed counts
            assert (mine.y == 1).all()
            x = np.where(y > 0, x, 0.0) if not need.others else x + (y == 0)
        else:
            assert mine.y == pytest.approx(y), metric
        assert mine.x == pytest.approx(x), metric
        checked += 1
    assert checked > 15


def slow_sums(found: Totals, units: Exposed, arm: int, upto: int, stretch: np.ndarray) -> Moments:
    """The sums of an arm as of the end of a stretch, unit by unit."""
    rows = np.flatnonzero((units.arm == arm) & (stretch <= upto))
    columns: dict[str, list[float]] = {name: [] for name in found.columns}
    for unit in rows:
        mine = found.changes.only((found.changes.profile == unit) & (np.maximum(found.changes.bucket, 1) - 1 <= upto))
        x = mine.columns["x"][-1] if mine.profile.size else found.start[0]
        y = mine.columns["y"][-1] if mine.profile.size else found.start[1]
        for name, value in (("x", x / found.parts), ("y", y)):
            columns[name].append(float(value))
        for name in columns.keys() - {"x", "y"}:
            columns[name].append(float(found.columns[name][unit]))
    return Moments.of(columns)


def test_the_sums_of_every_day_are_those_of_its_units(parts: Parts) -> None:
    parts.land(history(7, 600, IDENTITIES))
    units, every = all_totals(parts, EDGES)
    stretch = np.searchsorted(np.asarray(EDGES), units.first, side="right") - 1
    for found in every.values():
        sums = totals.moments(found, units, len(ARMS), stretch, len(EDGES))
        for arm, upto in ((0, 2), (1, 4), (2, len(EDGES) - 1)):
            slow, fast = slow_sums(found, units, arm, upto, stretch), sums[arm, upto]
            assert slow.n == fast.n
            if slow.n > 0:
                assert fast.mean == pytest.approx(slow.mean, rel=1e-9, abs=1e-9)
                assert fast.products == pytest.approx(slow.products, rel=1e-7, abs=1e-6)


def test_a_merge_makes_a_crossover_and_its_undo_takes_it_away(parts: Parts) -> None:
    parts.land([exposed(1, BEGINS + 5, "a", 0), exposed(2, BEGINS + 9, "b", 1), exposed(3, BEGINS + 9, "b", 2)])
    before = read(parts)
    assert before.counts(3) == [1, 2, 0]
    parts.move({1: 1, 2: 1})
    crossed = read(parts)
    assert (crossed.counts(3), crossed.crossed.tolist(), crossed.crossed_first.tolist()) == ([0, 1, 0], [1], [0])
    assert crossed.shown_first(3) == [1, 1, 0]
    parts.move({})
    undone = read(parts)
    assert undone.counts(3) == before.counts(3)
    assert undone.first.tolist() == before.first.tolist()


def test_who_was_in_an_earlier_phase_says_nothing_of_how_this_one_assigns(parts: Parts) -> None:
    """Kept assignments stay when weights change: counted as new ones they would look like a broken sample ratio."""
    parts.land(
        [exposed(n, BEGINS + n, "a", n, phase=1) for n in range(4)]
        + [exposed(n, BEGINS + 50 + n, "a" if n < 4 else "b", n) for n in range(7)]
    )
    units = read(parts)
    assert (units.counts(3), units.shown_first(3)) == ([4, 3, 0], [0, 3, 0])


def test_customers_of_an_account_are_one_unit(parts: Parts) -> None:
    rows = [exposed(n, BEGINS + n, "a" if n < 4 else "b", n, unit="acme" if n < 4 else f"firm{n}") for n in range(6)]
    parts.land(rows)
    found = exposures.read(parts.body, WANTED._replace(unit="account"))
    assert (found.size, found.counts(3)) == (3, [1, 2, 0])
    assert found.profile.size == 6
    assert found.first.tolist() == sorted(found.first.tolist())


def test_what_was_said_of_other_phases_experiments_and_variations_does_not_count(parts: Parts) -> None:
    parts.land(
        [exposed(1, BEGINS, "a", 0, phase=1), exposed(2, BEGINS, "gone", 1), exposed(3, BEGINS, "a", 2, experiment="o")]
    )
    assert read(parts).size == 0
    assert json.loads(parts.rows[0]["properties"])["phase"] == 1


def test_every_form_is_read(parts: Parts) -> None:
    assert {form_of(metric.measure) for metric in READ} == {
        "count", "unique", "sum", "mean", "ratio", "conversion", "retention"
    }  # fmt: skip
    assert any(isinstance(source, Singles) for metric in READ for source in needs(metric).sources)
    assert parts.rows == []


def test_the_session_of_the_exposure_counts_whole_and_earlier_ones_only_as_covariate(parts: Parts) -> None:
    """Three sessions: one before, one in which the exposure fell, one after; each of two events."""
    hour = 3_600_000
    times = [
        BEGINS - 2 * DAY,
        BEGINS - 2 * DAY + 60_000,
        BEGINS,
        BEGINS + 120_000,
        BEGINS + 5 * hour,
        BEGINS + 5 * hour + 1,
    ]
    rows = [exposed(1, BEGINS + 60_000, "a", 0)]
    for at in times:
        event = exposed(1, at, "a", len(rows)) | {"name": "Product Viewed", "source": "shop", "properties": "{}"}
        rows.append(event)
    parts.land(rows)
    (metric,) = [
        one for one in READ if one.unit == "session" and isinstance(one.measure, Unique) and not one.measure.events
    ]
    found = read(parts)
    answers = since(parts, found, [metric], EDGES)
    sessions = totals.totals(needs(metric), answers, found)
    assert sessions.x.tolist() == [2.0]
    assert sessions.before_x is not None
    assert sessions.before_x.tolist() == [1.0]


def test_a_customer_counts_as_at_most_the_quantile_of_what_customers_come_to(parts: Parts) -> None:
    parts.land(history(3, 500, IDENTITIES))
    found, every = all_totals(parts, EDGES)
    (place,) = [n for n, one in enumerate(READ) if one.unit == "customer" and one.outliers and one.outliers.winsorize]
    need = needs(READ[place])
    free = totals.totals(need._replace(winsorize=0.0), since(parts, found, [READ[place]], EDGES), found)
    some = np.sort(free.x[free.x != 0])
    most = some[int(np.ceil(need.winsorize * some.size)) - 1]
    assert every[str(place)].x == pytest.approx(np.minimum(free.x, most))
