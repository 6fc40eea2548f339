"""Holding answers to the slow reference: as a whole, by group, by stretch of time, for some customers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from resa.kernel.lens import Lens
from resa.kernel.matching import python
from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.evaluation import edges_of, estimate, estimates
from resa.kernel.metrics.plan import needs
from resa.kernel.metrics.sql import Split
from resa.kernel.metrics.statistics import Estimate
from resa.kernel.periods import Period
from tests.metrics.asked import Parts
from tests.metrics.histories import DAY, NOW, START
from tests.metrics.reference import Answer, Reference


def lenses(dice: random.Random, count: int) -> list[Lens]:
    """Periods of a few days, of all channels or one, with or without the simulated."""
    found = []
    for _ in range(count):
        start = START + dice.randrange(20 * 24) * 3_600_000
        period = Period(start, start + dice.randrange(1, 12 * 24) * 3_600_000)
        found.append(Lens(period, dice.choice((None, None, "web", "other")), dice.random() < 0.7))
    return found


def assert_all_right(parts: Parts, metrics: Sequence[Metric], lens: Lens, now: int = NOW) -> None:
    """Every metric as a whole, and of some customers only."""
    some = {profile for profile in range(parts.identities) if profile % 3}
    for members in (None, some):
        reference = Reference(parts.rows, parts.profiles, lens, now, members)
        answers = parts.ask(metrics, lens, now=now)
        if members is not None:
            answers = answers.within(np.array(sorted(members), np.uint32))
        for metric in metrics:
            need = needs(metric)
            found = estimate(need, answers, answers.cap(need))
            assert_right(found, reference.answer(metric, cap=reference.cap(metric)), metric, lens)


def assert_groups_right(parts: Parts, metrics: Sequence[Metric], lens: Lens, by: str, now: int = NOW) -> None:
    """Every metric by group."""
    named = by.removeprefix("property:")

    def group(event: Any) -> str | None:
        if by == "channel":
            return event["channel"] or "other"
        return python.text_of(named, event) if by != named else event[named]

    split = Split(by, ("web", "phone", None, "nps"))
    reference = Reference(parts.rows, parts.profiles, lens, now)
    whole, answers = parts.ask(metrics, lens, now=now), parts.ask(metrics, lens, split, now)
    for metric in metrics:
        need, cap = needs(metric), reference.cap(metric)
        found = estimates(need, answers, whole.cap(need), "group", 5)
        for place, name in enumerate(split.groups):
            expected = reference.answer(metric, partial(_is, group, name), cap)
            assert_right(found[place], expected, metric, lens)
        rest = reference.answer(metric, lambda e: group(e) not in split.groups, cap)
        assert_right(found[4], rest, metric, lens)


def assert_series_right(parts: Parts, metrics: Sequence[Metric], lens: Lens, zone: Any, now: int = NOW) -> None:
    """Every metric by day."""
    edges = edges_of(lens.period, "day", zone)
    reference = Reference(parts.rows, parts.profiles, lens, now)
    whole, answers = parts.ask(metrics, lens, now=now), parts.ask(metrics, lens, Split(edges=edges), now)
    for metric in metrics:
        need, cap = needs(metric), reference.cap(metric)
        found = estimates(need, answers, whole.cap(need), "bucket", len(edges))
        for place, low in enumerate(edges):
            high = edges[place + 1] if place + 1 < len(edges) else START + 1_000 * DAY
            expected = reference.answer(metric, partial(_lies, low, high), cap)
            assert_right(found[place], expected, metric, lens)


def _is(group: Callable[[Any], str | None], name: str | None, event: Any) -> bool:
    return group(event) == name


def _lies(low: int, high: int, event: Any) -> bool:
    return bool(low <= event["time"] < high)


def assert_right(found: Estimate, expected: Answer, metric: Metric, lens: Lens) -> None:
    """The same number, to the last digits that floating point has."""
    where = (metric.name, metric.measure, lens)
    assert found.n == expected.n, where
    if expected.value is None:
        assert found.value is None, where
    else:
        assert found.value == pytest.approx(float(expected.value), rel=1e-12, abs=1e-12), where
    assert found.low is None or found.value is None or found.low <= found.value or math.isclose(found.low, found.value)
