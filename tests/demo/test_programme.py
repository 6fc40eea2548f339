"""The demonstration's programme: assigned by the engine, exposed as by the doors, read by the product, and marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from resa.demo import programme
from resa.demo.catalogue import Product
from resa.demo.simulation import Simulation
from resa.demo.traffic import Traffic
from resa.experiments import Delivery
from resa.experiments.results import Readouts
from resa.kernel import audit
from resa.kernel.metrics import Metrics, starters
from resa.kernel.metrics.plan import KIND as METRIC
from resa.kernel.workspace import Workspace
from resa.settings import Settings

ZONE = ZoneInfo("America/New_York")
NOW = 1_795_200_000_000
PRODUCTS = [
    Product(str(n), f"Thing {n}", "fruit", "Fruit", "brand", "", 1.0 + n, "apple", "#000", 10 * n) for n in range(1, 20)
]


class Staged:
    """Three weeks of visitors and the programme they were shown."""

    def __init__(self, workspace: Workspace) -> None:
        workspace.clock = lambda: self.now
        self.now = NOW
        self.workspace = workspace
        workspace.state.create_missing()
        workspace.start()
        workspace.definitions.register(METRIC)
        for key in ("conversion", "revenue-per-visitor", "average-order-value", "cart-abandonment"):
            workspace.definitions.save("metric", key, starters.one("shop", key).body, expected=0, author="a test")
        self.delivery = Delivery(workspace)
        self.showings = programme.Showings(workspace)
        self.traffic = Traffic(workspace, Simulation(PRODUCTS, ZONE, source="shop", showings=self.showings), ZONE)
        programme.begin(workspace, self.traffic.until)
        self.traffic.catch_up()
        programme.finish(workspace)
        workspace.settle()
        self.readouts = Readouts(workspace, Metrics(workspace))

    def count(self, name: str, since: int = 0) -> int:
        """How many events of a name since a time."""
        self.workspace.settle()
        asked = f"SELECT count(*) AS n FROM log WHERE name = '{name}' AND time > {since}"
        return int(self.workspace.body.query(asked).to_pylist()[0]["n"])


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """One demonstration for all: nothing that a test does here is undone."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("programme")))
    yield Staged(workspace)
    workspace.close()


def test_what_runs_is_divided_as_planned_and_what_was_planted_is_seen(staged: Staged) -> None:
    result = staged.readouts.results(programme.RUNNING)
    assert result.exposures.crossovers == 0
    assert result.exposures.total > 1_500
    assert result.verdict.code != "sample_ratio"
    conversion = next(metric for metric in result.metrics if metric.key == "conversion")
    (comparison,) = conversion.comparisons
    assert comparison.relative.value is not None
    assert comparison.relative.value > 0.05


def test_what_is_over_kept_to_its_two_weeks_and_learned_something(staged: Staged) -> None:
    body = staged.workspace.definitions.get("experiment", programme.OVER).body
    assert (body.status, body.learning) == ("stopped", programme.LEARNED)
    result = staged.readouts.results(programme.OVER)
    assert result.exposures.total > 1_000
    assert result.verdict.action == "stop"
    idea = staged.workspace.definitions.get("idea", body.idea).body
    assert (idea.state, idea.experiment) == ("refuted", programme.OVER)


def test_without_simulated_visitors_nobody_was_shown_anything(staged: Staged) -> None:
    result = staged.readouts.results(programme.RUNNING, simulated=False)
    assert (result.exposures.total, result.verdict.code) == (0, "no_exposures")
    own = "SELECT count(*) AS n, count(*) FILTER (simulated) AS marked FROM log WHERE source = 'resa'"
    row = staged.workspace.body.query(own).to_pylist()[0]
    assert row["n"] == row["marked"] > 0


def test_a_visitor_is_shown_what_the_engine_assigns_to_their_device(staged: Staged) -> None:
    said = staged.showings.home("sim-visitor-1", NOW).exposures
    assert [name for name, _ in said] == ["Experiment Viewed", "Experience Viewed"]
    assigned, viewed = (json.loads(properties) for _, properties in said)
    assert (assigned["unit"], assigned["probability"], assigned["phase"]) == ("sim-visitor-1", 0.5, 1)
    assert viewed["variation"] == assigned["variation"]
    assert viewed["content"] == {"discount": "first-order", "delivery": "free-delivery"}[assigned["variation"]]


def test_more_come_while_it_runs_and_nobody_once_it_is_stopped(staged: Staged) -> None:
    staged.now = NOW + 6 * 3_600_000
    staged.traffic.tick()
    assert staged.count("Experiment Viewed", NOW) > 0
    staged.delivery.lifecycle.stop(programme.RUNNING, audit.SYSTEM)
    until = staged.now
    staged.now += 6 * 3_600_000
    assert staged.traffic.tick() > 0
    assert staged.count("Experiment Viewed", until) == 0
    assert staged.count("Experience Viewed", until) == 0
