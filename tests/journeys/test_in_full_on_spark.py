"""Attribution, steps off the map, layers and claims of a lake asked by Spark are those of the embedded body."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from resa import journeys
from resa.journeys.attribution.answers import Asked, Conversion
from resa.journeys.attribution.asking import Attributions
from resa.journeys.discovery import Discoveries
from resa.journeys.handovers import Channels
from resa.journeys.layers import Layers
from resa.journeys.numbers import Maps
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.events import SCHEMA
from resa.kernel.lens import Lens
from resa.kernel.matching import Condition, Match
from resa.kernel.periods import Period
from resa.kernel.state import State, sqlite_url
from resa.kernel.workspace import Workspace
from tests.journeys import worlds
from tests.journeys.worlds import DAY, MAP, START

pytestmark = [pytest.mark.spark, pytest.mark.full]

LENS = Lens(Period(START, START + 30 * DAY), simulated=False)
PART = Lens(Period(START, START + 30 * DAY), channel="web", population="audience:third")
LARGE = Conversion(any=[Match(name="Bought", where=[Condition(property="revenue", op="greater", value=4)])])


def answers(workspace: Workspace) -> list[Any]:
    """All of it, without the times it took."""
    maps, attributions = Maps(workspace), Attributions(workspace)
    kinds = ["campaign_source_medium", "touchpoint:shop"]
    found: list[Any] = [attributions.ask(Asked(conversion=LARGE, touch=kind), LENS) for kind in kinds]
    found += [
        attributions.ask(Asked(conversion=LARGE), PART),
        Discoveries(workspace, maps).discovered(MAP, LENS),
        Layers(workspace, maps, lambda: None).layers(MAP, LENS),
        Channels(workspace, maps).handovers(MAP, PART),
        maps.numbers(MAP, PART),
    ]
    plain = [msgspec.to_builtins(answer) for answer in found]
    for answer in plain:
        answer.pop("took_ms")
        answer.pop("as_of")
    return plain


def test_both_engines_say_the_same(spark_session: Spark, tmp_path: Path) -> None:
    with worlds.world(tmp_path / "embedded", worlds.drafts(5, 60, 800)) as made:
        journeys.register(made.workspace)
        made.workspace.definitions.save("journey", "shop", MAP, expected=0, author="test")
        made.merge(3, 4, 5)
        made.workspace.settle()
        events = made.workspace.body.query('SELECT * FROM raw.events ORDER BY "row"')
        lake = LakeBody(str(tmp_path / "lake"), State.open(sqlite_url(tmp_path)), spark_session)
        lake.land(events.select(SCHEMA.names).cast(SCHEMA))
        lake.set_identity_map(*made.workspace.identities.map().moved())
        other = copy.copy(made.workspace)
        other.body = lake
        assert answers(other) == answers(made.workspace)
