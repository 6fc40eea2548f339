"""Further layers of a map's cells: what their customers are worth, how satisfied they are, where they struggle."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, Protocol, get_args

import msgspec
import numpy as np
import pyarrow as pa

from resa.journeys import rules
from resa.journeys.cells import shown
from resa.journeys.definition import Journey
from resa.journeys.numbers import Maps, Span, span
from resa.kernel import sequences, times
from resa.kernel.lens import Lens
from resa.kernel.matching.sql import number_of, text_of
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

ANSWERED: Final = "Survey Answered"
"""The event of an answered survey; its `metric` says which kind of score `score` is."""

Metric = Literal["nps", "csat", "ces"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
SCORES: Final = 11  # 0 to 10

_WORTH: Final = """
SELECT profile, COALESCE(currency, '') AS currency, sum(revenue) AS revenue
  FROM log
 WHERE code <> 0 AND COALESCE(source, '') <> 'resa' AND revenue IS NOT NULL
   AND time >= ? AND time < ? AND (? = '' OR channel = ?) AND (? = 1 OR NOT simulated)
 GROUP BY profile, COALESCE(currency, '')
"""

_ANSWERS: Final = "SELECT count(*) AS answers FROM log WHERE type = 'track' AND name = ? AND time >= ? AND time < ?"


class Sum(msgspec.Struct, frozen=True):
    """Money; decimal text, exact."""

    currency: str | None
    total: str


class Satisfaction(msgspec.Struct, frozen=True):
    """Scores given after a touchpoint: the touchpoint was the last one before the answer."""

    metric: Metric
    answers: int
    mean: float
    nps: float | None
    """For `nps`: percent of 9 and 10 less percent of 0 to 6."""


class Struggle(msgspec.Struct, frozen=True):
    """Friction at a cell: how many customers met any, by how many kinds of signals, and what is at stake where known."""

    customers: int
    signals: int
    value_at_risk: Sum | None = None


class Layer(msgspec.Struct, frozen=True):
    """A cell's layers; null where nothing is known."""

    key: str
    value: list[Sum]
    """The revenue in the period of the cell's customers, whatever it came from."""
    satisfaction: list[Satisfaction] | None
    friction: Struggle | None


class StageLayer(msgspec.Struct, frozen=True):
    """A stage's layers, and its touchpoints'."""

    key: str
    value: list[Sum]
    satisfaction: list[Satisfaction] | None
    friction: Struggle | None
    touchpoints: list[Layer]


class Layered(msgspec.Struct, frozen=True):
    """What GET /api/journeys/{key}/cells answers."""

    period: Span
    value: list[Sum]
    """The revenue in the period of all customers on the map; a customer is in several cells, so cells do not add up to it."""
    stages: list[StageLayer]
    as_of: str
    took_ms: int


class Friction(Protocol):
    """Knows where customers struggle; another part of the product offers it."""

    def __call__(self, journey: Journey, lens: Lens, /) -> Mapping[str, Struggle]:
        """By `stage:<key>` and `touchpoint:<key>`; what is not in it has no known friction."""
        ...


class Layers:
    """Answers the layers of maps. Thread-safe."""

    def __init__(self, workspace: Workspace, maps: Maps, friction: Callable[[], Friction | None]) -> None:
        """`friction()` is who knows of friction, None while nobody does."""
        self._workspace, self._maps, self._friction = workspace, maps, friction
        self._labels = sequences.LabelStore(workspace.body, most=1)
        self._sums, self._answers = Recent(16), Recent(16)

    def layers(self, journey: Journey, lens: Lens) -> Layered:
        """All layers of a map through a lens."""
        began = time.perf_counter()
        key = self._maps.key(journey, lens)
        sums = self._sums.get(key, lambda: self._worth(journey, lens))
        answers = self._answers.get(key, lambda: self._answered(journey, lens))
        knows = self._friction()
        friction = knows(journey, lens) if knows else {}
        stages, number = [], 0
        touchpoints = sum(1 for _ in journey.touchpoints())
        for place, stage in enumerate(journey.stages):
            under = range(number, number + len(stage.touchpoints))
            number = under.stop
            stages.append(
                StageLayer(
                    stage.key,
                    sums[touchpoints + place],
                    _satisfaction(answers[under.start : under.stop].sum(axis=0)) if answers is not None else None,
                    friction.get(f"stage:{stage.key}"),
                    [
                        Layer(
                            touchpoint.key,
                            sums[at],
                            _satisfaction(answers[at]) if answers is not None else None,
                            friction.get(f"touchpoint:{touchpoint.key}"),
                        )
                        for at, touchpoint in zip(under, stage.touchpoints, strict=True)
                    ],
                )
            )
        return Layered(
            period=span(lens.period),
            value=sums[-1],
            stages=stages,
            as_of=times.iso(self._workspace.clock()),
            took_ms=round(1000 * (time.perf_counter() - began)),
        )

    def _worth(self, journey: Journey, lens: Lens) -> list[list[Sum]]:
        """Money by touchpoint, by stage, of the map."""
        from resa.journeys.crossings import Worths  # noqa: PLC0415  # loads numba; starting up must not wait for it
        from resa.kernel.sequences import walk  # noqa: PLC0415

        channel = lens.channel or ""
        found = self._workspace.body.query(_WORTH, [*lens.period, channel, channel, int(lens.simulated)])
        profiles, currencies, worth = _columns(found)
        snapshot, identities, labels, cells = self._maps.read(journey, lens)
        reading = walk.Reading.of(snapshot, identities, labels, **self._maps.during(lens))
        sums = walk.ask(lambda: Worths(cells, len(journey.stages), profiles, worth), reading).sums
        return [_sums(currencies, row.tolist()) for row in sums]

    def _answered(self, journey: Journey, lens: Lens) -> np.ndarray | None:
        """[touchpoint, metric and score]: answers; None while nobody answers anything."""
        from resa.journeys.crossings import Answers  # noqa: PLC0415  # loads numba; starting up must not wait for it
        from resa.kernel.sequences import walk  # noqa: PLC0415

        workspace = self._workspace
        if workspace.body.query(_ANSWERS, [ANSWERED, *lens.period]).column("answers")[0].as_py() == 0:
            return None
        size, kinds = sum(1 for _ in journey.touchpoints()), len(METRICS) * SCORES
        dialect = workspace.body.dialect
        snapshot = self._labels.labelled(
            rules.variants(_numbered(journey, size, dialect), dialect), workspace.index.snapshot()
        )
        labels = shown(size + kinds, lens.channel, simulated=lens.simulated)
        reading = walk.Reading.of(snapshot, workspace.identities.map(), labels, **self._maps.during(lens))
        return walk.ask(lambda: Answers(size, kinds), reading).counts


def _numbered(journey: Journey, size: int, dialect: str) -> str:
    """The number of an answer, after those of the touchpoints, or else of the event's touchpoint; SQL."""
    metric, score = text_of("metric", dialect), number_of("score", dialect)
    kinds = " ".join(f"WHEN '{name}' THEN {size + place * SCORES}" for place, name in enumerate(METRICS))
    scores = " ".join(f"WHEN {score} = {value} THEN {value}" for value in range(SCORES))
    answer = (
        f"CASE WHEN type = 'track' AND name = '{ANSWERED}' THEN (CASE lower({metric}) {kinds} END)"
        f" + (CASE {scores} END) END"
    )
    return f"COALESCE({answer}, {rules.touchpoint(journey, dialect) or 'NULL'})"


MOST_CURRENCIES: Final = 12
"""The most used ones; sums in others are not shown."""


def struggles(maps: Maps, journey: Journey, lens: Lens, moments: tuple[Any, Any, Any]) -> dict[str, Struggle]:
    """Moments of friction (profile, time, signal below 63) by the touchpoint and stage that came last before each.

    For who knows of friction: what `Friction` answers. Moments before a customer's first touchpoint of the period are nowhere.
    """
    from resa.journeys.crossings import Struck  # noqa: PLC0415  # loads numba; starting up must not wait for it
    from resa.kernel.sequences import walk  # noqa: PLC0415

    order = np.lexsort((moments[1], moments[0]))
    profile, at, signal = (column[order] for column in moments)
    snapshot, identities, labels, cells = maps.read(journey, lens)
    reading = walk.Reading.of(snapshot, identities, labels, **maps.during(lens))
    found = walk.ask(lambda: Struck(cells, len(journey.stages), (profile, at, signal)), reading)
    keys = [f"touchpoint:{touchpoint.key}" for _, _, touchpoint in journey.touchpoints()]
    keys += [f"stage:{stage.key}" for stage in journey.stages]
    return {
        key: Struggle(int(customers), int(signals).bit_count())
        for key, customers, signals in zip(keys, found.customers, found.signals, strict=True)
        if customers
    }


SPLIT: Final = 10**9
"""Amounts are summed in two parts, so that no sum of whole numbers overflows 64 bits."""


def _columns(found: pa.Table) -> tuple[np.ndarray, list[str], np.ndarray]:
    """(profiles ascending, currencies, [profile, two parts per currency] in ten-thousandths)."""
    profiles, place = np.unique(found.column("profile").to_numpy().astype(np.int64), return_inverse=True)
    names = found.column("currency").to_pylist()
    counted = Counter(names)
    currencies = sorted(counted, key=lambda name: (-counted[name], name))[:MOST_CURRENCIES]
    number = {name: at for at, name in enumerate(currencies)}
    worth = np.zeros((profiles.size, 2 * len(currencies)), np.int64)
    for at, name, amount in zip(place.tolist(), names, found.column("revenue").to_pylist(), strict=True):
        if (column := number.get(name)) is not None:
            worth[at, 2 * column : 2 * column + 2] = divmod(int(amount * 10_000), SPLIT)
    return profiles, currencies, worth


def _sums(currencies: list[str], parts: list[int]) -> list[Sum]:
    amounts = [Decimal(high * SPLIT + low) / 10_000 for high, low in zip(parts[::2], parts[1::2], strict=True)]
    return [Sum(name or None, f"{amount:.4f}") for name, amount in zip(currencies, amounts, strict=True) if amount]


def _satisfaction(counts: Any) -> list[Satisfaction] | None:
    found = []
    for place, metric in enumerate(METRICS):
        scores = counts[place * SCORES : (place + 1) * SCORES]
        answers = int(scores.sum())
        if answers:
            mean = float((scores * np.arange(SCORES)).sum() / answers)
            nps = 100 * float(scores[9:].sum() - scores[:7].sum()) / answers if metric == "nps" else None
            found.append(Satisfaction(metric, answers, mean, nps))
    return found or None
