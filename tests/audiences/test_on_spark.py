"""Audiences of a lake asked by Spark are those of the embedded body: who belongs, what is kept of each, and why."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from resa.kernel.audiences import explaining
from resa.kernel.audiences.explaining import Reason
from resa.kernel.audiences.rules import Audience
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.events import SCHEMA
from resa.kernel.state import State, sqlite_url
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.audiences.histories import NOW, Chance, stages, told
from tests.audiences.test_evaluators import asked_of_everyone, drawn, lived, one_by_one

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture
def both(spark_session: Spark, tmp_path: Path) -> Iterator[tuple[Workspace, Workspace, Chance]]:
    """A random history with merges, undone merges, consents and traits, in a DuckDB file and in a lake."""
    embedded, chance = Workspace.open(Settings(data=tmp_path / "data"), clock=lambda: NOW), Chance(3)
    embedded.committer.start()
    lived(embedded, chance, [f"v{who}" for who in range(8)])
    lived(embedded, chance, [f"w{who}" for who in range(8)])
    lake = LakeBody(str(tmp_path / "lake"), State.open(sqlite_url(tmp_path)), spark_session)
    lake.land(embedded.body.query('SELECT * FROM raw.events ORDER BY "row"').select(SCHEMA.names).cast(SCHEMA))
    lake.set_identity_map(*embedded.identities.map().moved())
    scaled = copy.copy(embedded)
    scaled.body = lake
    yield embedded, scaled, chance
    embedded.committer.stop()
    embedded.close()


def reasons(workspace: Workspace, audiences: dict[str, Audience], key: str) -> dict[int, Reason]:
    """Why each customer is in an audience or not."""
    chosen = workspace.identities.map()
    people = {profile: chosen.members(profile).tolist() for profile in told(workspace)}
    found = explaining.stories(workspace.body, audiences, key, stages, people, NOW)
    return {profile: story.reason(audiences[key].rule, NOW) for profile, story in found.items()}


def test_both_engines_say_the_same_of_everyone_one_by_one_and_why(both: tuple[Workspace, Workspace, Chance]) -> None:
    embedded, scaled, chance = both
    audiences = drawn(chance, 16)
    expected = asked_of_everyone(embedded, audiences, NOW)
    assert sum(0 < len(members) < len(told(embedded)) for members in expected.values()) > 4
    assert asked_of_everyone(scaled, audiences, NOW) == expected
    assert one_by_one(scaled, audiences, NOW) == expected
    key = next(key for key, members in expected.items() if 0 < len(members) < len(told(embedded)))
    assert msgspec.to_builtins(list(reasons(scaled, audiences, key).items())) == msgspec.to_builtins(
        list(reasons(embedded, audiences, key).items())
    )
