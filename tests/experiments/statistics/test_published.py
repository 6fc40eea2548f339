"""Results that others published come out of our readings; skipped, with the reason, where the data are absent."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from resa.experiments.statistics import AlwaysValid, Fixed, GroupSequential, Measure, Moments, pair, read, sample_ratio
from resa.experiments.statistics.distributions import Array
from resa.experiments.statistics.readings import spread
from tests.imports.files import real


def rows(path: Path) -> dict[str, list[str]]:
    with gzip.open(path, "rt") as lines:
        table = list(csv.DictReader(lines))
    return {name: [row[name] for row in table] for name in table[0]}


def arm(values: Array) -> Moments:
    return Moments.of({"x": values})


def test_the_effect_of_training_on_earnings_is_lalondes() -> None:
    """Dehejia and Wahba (1999): $1,794 (and Neyman's standard error, 671)."""
    table = rows(real("lalonde_nsw/nsw.csv.gz"))
    treated, earned = np.array(table["treat"]) == "1", np.array(table["re78"], float)
    reading = read(Measure("mean", "x"), arm(earned[~treated]), arm(earned[treated]), Fixed())
    assert (reading.control.n, reading.treatment.n) == (260, 185)
    assert reading.difference.value == pytest.approx(1_794.34, abs=0.005)
    assert reading.significant


def test_incentives_to_learn_a_result_do_what_thornton_found() -> None:
    """Thornton (2008): 33.9 % learned their result without an incentive, 78.9 % with one."""
    table = rows(real("thornton_hiv/thornton_hiv.csv.gz"))
    known = [(got, any_) for got, any_ in zip(table["got"], table["any"], strict=True) if got and any_]
    got, offered = (np.array(column, float) for column in zip(*known, strict=True))
    reading = read(Measure("proportion", "x"), arm(got[offered == 0]), arm(got[offered == 1]), Fixed())
    assert reading.control.value == pytest.approx(0.339, abs=0.0005)
    assert reading.treatment.value == pytest.approx(0.789, abs=0.0005)
    assert reading.significant


def test_upworthys_faulty_weeks_are_found_and_its_sound_ones_are_not() -> None:
    """The archive's authors warn of the randomisation from 25 June 2013 to 10 January 2014."""
    table = pq.read_table(real("upworthy_exploratory/upworthy_exploratory_clean.parquet"))
    impressions, clicks = (table.column(name).to_numpy() for name in ("impressions", "clicks"))
    assert (impressions.sum(), clicks.sum()) == (81_024_151, 1_231_208)
    _, test = np.unique(table.column("clickability_test_id").to_numpy(zero_copy_only=False), return_inverse=True)
    week = np.zeros(test.max() + 1, int)
    np.maximum.at(week, test, table.column("test_week").to_numpy())
    by_test = np.split(impressions[np.argsort(test, kind="stable")], np.cumsum(np.bincount(test))[:-1])
    faulty = (week >= 201326) & (week <= 201402)
    assert (faulty.sum(), (~faulty).sum()) == (1_055, 3_818)
    once, daily = (
        np.array([float(p(counts, np.ones(counts.size))) for counts in by_test])
        for p in (sample_ratio.chi_square_p, sample_ratio.sequential_p)
    )
    assert (once[faulty] < 0.001).mean() == pytest.approx(0.671, abs=0.0005)
    assert (once[~faulty] < 0.001).mean() == pytest.approx(0.012, abs=0.0005)
    assert (daily[faulty] < 0.001).mean() > 0.5
    assert (daily[~faulty] < 0.001).mean() < 0.012


class Stream(NamedTuple):
    """One metric of one treatment: moments at every look."""

    control: Moments
    treatment: Moments


def streams() -> Iterator[Stream]:
    """Of those with values at two looks or more."""
    table = pq.read_table(real("asos_experiments/asos_digital_experiments_dataset.parquet")).drop_null()
    whose = zip(*(table.column(name).to_pylist() for name in ("experiment_id", "variant_id", "metric_id")), strict=True)
    numbers: dict[tuple[str, int, int], int] = {}
    number = np.array([numbers.setdefault(one, len(numbers)) for one in whose])
    columns = {name: table.column(name).to_numpy() for name in table.column_names[3:]}
    for one in range(len(numbers)):
        rows = np.flatnonzero(number == one)
        rows = rows[np.argsort(columns["time_since_start"][rows])]
        arms = []
        for side in ("c", "t"):
            n, mean, variance = (columns[f"{what}_{side}"][rows] for what in ("count", "mean", "variance"))
            arms.append(Moments(("x",), n, mean[:, None], (variance * (n - 1))[:, None, None]))
        if rows.size > 1:
            yield Stream(*arms)


class Calls(NamedTuple):
    """In how many streams a reading was significant at some look, and in how many of these it was not at the end."""

    ever: int
    gone: int


def calls(some: Iterable[Stream]) -> dict[str, Calls]:
    """By method; group-sequential ones look 14 times, the others whenever there are figures. `end`: one look at the end."""
    measure = Measure("mean", "x")
    found: dict[str, list[bool]] = {"naive": [], "always_valid": [], "group_sequential": [], "end": []}
    for stream in some:
        both = pair(measure, stream.control, stream.treatment)
        part = both.units / both.units[-1]
        looks = np.unique(np.searchsorted(part, np.arange(1, 15) / 14))
        fractions = tuple(float(one) for one in part[looks])
        naive = spread(both, Fixed()).significant
        found["naive"].append(bool(naive.any()))
        found["always_valid"].append(bool(spread(both, AlwaysValid()).significant.any()))
        planned = [
            bool(spread(both, GroupSequential(fractions[: at + 1])).significant[look]) for at, look in enumerate(looks)
        ]
        found["group_sequential"].append(any(planned))
        found["end"].append(bool(naive[-1]))
    end = np.array(found["end"])
    return {name: Calls(sum(called), int((np.array(called) & ~end).sum())) for name, called in found.items()}


def test_looking_early_at_a_real_shops_experiments_misleads_unless_read_for_it() -> None:
    """ASOS's 78 experiments with 99 treatments and 4 metrics (Liu, Cardoso, Couturier and McCoy 2021), as they were looked at.

    Whether an effect was real nobody knows, but what is called and is not there at the end was called too soon.
    """
    found = calls(streams())
    assert found["end"].ever == 105
    assert found["naive"].ever > 2 * found["end"].ever
    assert found["naive"].gone == 120
    assert found["group_sequential"].gone < found["naive"].gone / 3
    assert found["always_valid"].gone < found["naive"].gone / 4
