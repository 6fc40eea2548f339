"""Random histories with exposures among the events, and everything a result is read from."""

from __future__ import annotations

import json
import random
from typing import Any, Final

import numpy as np

from resa.experiments.results import exposures
from resa.experiments.results.exposures import Exposed, Wanted
from resa.experiments.results.totals import Totals, totals
from resa.kernel.lens import Lens
from resa.kernel.metrics.asking import Answers, ask
from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.plan import needs
from resa.kernel.metrics.sql import Split
from resa.kernel.periods import Period
from tests.metrics.asked import METRICS, Parts
from tests.metrics.histories import DAY, NOW, START, events

ARMS: Final = ("a", "b", "c")
BEFORE: Final = 5 * DAY
BEGINS: Final = START + 8 * DAY
WANTED: Final = Wanted("offer", 2, ARMS, "device", Period(BEGINS, NOW))
READ: Final = [metric for metric in METRICS if not needs(metric).quantile]
"""Every metric that an experiment reads."""


def exposed(identity: int, at: int, variation: str, row: int, **said: Any) -> dict[str, Any]:
    """An exposure, as the door writes it."""
    (event,) = events(1, identities=1, seed=row)
    properties = {"experiment": "offer", "variation": variation, "phase": 2, "unit": f"a{identity}", "probability": 0.5}
    return event | {
        "row": row,
        "identity": identity,
        "profile_then": identity,
        "code": 2,
        "message_id": f"m{row}",
        "type": "track",
        "name": "Experiment Viewed",
        "time": at,
        "anonymous_id": f"a{identity}",
        "source": "resa",
        "device": ("phone", "desktop", None)[identity % 3],
        "bot": False,
        "simulated": identity % 5 == 0,
        "revenue": None,
        "currency": None,
        "order_id": None,
        "page_path": None,
        "properties": json.dumps(properties | said),
    }


def history(seed: int, count: int, identities: int) -> list[dict[str, Any]]:
    """Events, and exposures of most identities: again and again, of other phases and experiments, of unknown variations."""
    dice = random.Random(seed)
    rows = events(count, identities=identities, seed=seed)
    for identity in range(identities):
        variation = dice.choice(ARMS)
        for _ in range(dice.choice((0, 1, 1, 2, 5))):
            at = BEGINS + dice.randrange(20 * 24) * 3_600_000
            rows.append(exposed(identity, at, variation, len(rows)))
        if dice.random() < 0.3:
            odd = dice.choice(({"phase": 1}, {"experiment": "other"}, {"phase": 3}))
            rows.append(exposed(identity, BEGINS + 1, variation, len(rows), **odd))
            rows.append(exposed(identity, BEGINS + 1, "gone", len(rows)))
    return rows


def read(parts: Parts, before: int = BEFORE) -> Exposed:
    """Who was exposed."""
    return exposures.read(parts.body, WANTED, before)


def since(parts: Parts, found: Exposed, metrics: list[Metric], edges: tuple[int, ...]) -> Answers:
    """What they did, of every metric, in one scan."""
    lens = Lens(Period(BEGINS - BEFORE, NOW))
    return ask(
        [needs(metric) for metric in metrics], parts.body, parts.walk, lens, Split(edges=edges), NOW, found.begun
    )


def all_totals(parts: Parts, edges: tuple[int, ...]) -> tuple[Exposed, dict[str, Totals]]:
    """Every metric of every unit."""
    found = read(parts)
    answers = since(parts, found, READ, edges)
    return found, {str(place): totals(needs(metric), answers, found) for place, metric in enumerate(READ)}


def only_after(parts: Parts) -> list[dict[str, Any]]:
    """The events of exposed customers from their first exposure on: by a walk customer by customer."""
    profiles = parts.profiles
    first: dict[int, int] = {}
    for row in parts.rows:
        said = json.loads(row["properties"]) if row["name"] == "Experiment Viewed" else {}
        if (
            said.get("experiment") == "offer"
            and said.get("phase") == 2
            and said["variation"] in ARMS
            and row["time"] < NOW
        ):
            profile = profiles[row["identity"]]
            first[profile] = min(first.get(profile, NOW), row["time"])
    kept = [row for row in parts.rows if row["time"] >= first.get(profiles[row["identity"]], NOW)]
    return [row | {"row": place} for place, row in enumerate(kept)]


def by_profile(answers: Answers, metric: Metric, found: Exposed) -> tuple[np.ndarray, np.ndarray]:
    """The totals of each unit of a history that has nothing else."""
    need = needs(metric)
    units = answers.totals_of(need, answers.cap(need))
    x, y = np.zeros(found.size), np.zeros(found.size)
    place = found.places(units.profile)
    kept = place >= 0
    x[place[kept]], y[place[kept]] = units.columns["x"][kept], units.columns["y"][kept]
    return x, y
