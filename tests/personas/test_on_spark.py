"""The same features and members on a lake asked by Spark as on one machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from resa.app import create
from resa.kernel.body.spark import Spark
from resa.kernel.matching import Condition, Match
from resa.kernel.workspace import Workspace
from resa.predictions.personas.definition import Deed, Persona, Rule
from resa.predictions.personas.features import Measuring, Scope
from resa.predictions.personas.members import Members
from resa.settings import Settings
from tests.personas import planted
from tests.personas.conftest import YEAR
from tests.personas.planted import NOW

pytestmark = [pytest.mark.spark, pytest.mark.postgres, pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture
def both(tmp_path: Path, postgres_url: str, spark_session: Spark) -> Iterator[list[Workspace]]:
    """One machine, and PostgreSQL with a lake and the cluster: the same events."""
    lake = {"RESA_STATE": postgres_url, "RESA_LAKE": str(tmp_path / "lake"), "RESA_SPARK": spark_session.master}
    drafts, _ = planted.events(60, seed=3)
    with ExitStack() as stack:
        pair = []
        for name, environment in (("one", {}), ("scaled", lake)):
            workspace = Workspace.open(Settings.of(environment, data=tmp_path / name), clock=lambda: NOW)
            stack.callback(workspace.close)
            create(workspace)
            workspace.start()
            planted.fill(workspace, drafts)
            pair.append(workspace)
        yield pair


def test_customers_are_measured_the_same_on_both_engines(both: list[Workspace]) -> None:
    plans, frames = [], []
    for workspace in both:
        measuring = Measuring(workspace, YEAR)
        assert len(measuring.customers()) == 60
        plans.append(measuring.plan(Scope(YEAR), 60))
        frames.append(measuring.read(plans[-1], Scope(YEAR, buckets=40_000, low=3, since_row=10)))
    assert plans[0] == plans[1]
    assert plans[0].categories
    assert plans[0].choices
    assert np.array_equal(frames[0].profiles, frames[1].profiles)
    assert len(frames[0].profiles) > 20
    np.testing.assert_allclose(frames[0].raw, frames[1].raw, rtol=1e-12)


def test_a_rule_is_met_by_the_same_on_both_engines(both: list[Workspace]) -> None:
    garden = Match(name="Order Completed", where=[Condition(property="category", op="is", value="Garden")])
    rule = Rule(all=[Deed(match=garden, at_least=2, within_days=200), Deed(match=Match(name="Refund"), never=True)])
    one, scaled = (Members(workspace).fitting("x", Persona(name="X", rule=rule)).profiles for workspace in both)
    assert np.array_equal(one, scaled)
    assert 5 < len(one) < 60
