"""The rules in Spark's SQL say the same as the matcher, also of names and values that try to break out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from resa.journeys import rules
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.events import SCHEMA
from resa.kernel.matching import Condition, Match
from resa.kernel.state import State, sqlite_url
from tests.journeys.test_rules import HOSTILE, expected, journey_of

pytestmark = [pytest.mark.spark, pytest.mark.full]

VALUES: list[Any] = ["plan", "o'clock", "back\\slash", "%_", "2", 2, 2.5, True, [1], {"a": 1}, None]


def events() -> list[dict[str, Any]]:
    """Every hostile name with every value, and columns that hold them."""
    found = [{"properties": json.dumps({name: value}, ensure_ascii=False)} for name in HOSTILE for value in VALUES]
    found += [{"properties": "{}", "page_path": text} for text in HOSTILE]
    found += [{"properties": text} for text in ("not json", "[]", "", '{"plan": ')]
    blank = dict.fromkeys(SCHEMA.names) | {"type": "track", "name": "X", "channel": "web", "simulated": False}
    stamps = {"time": 1_700_000_000_000, "received_at": 1_700_000_000_000, "identity": 1, "profile_then": 1, "code": 2}
    return [blank | stamps | {"row": row, "message_id": f"m{row}"} | event for row, event in enumerate(found)]


def test_spark_and_python_agree(spark_session: Spark, tmp_path: Path) -> None:
    """One map for each operator, over all events at once."""
    body = LakeBody(str(tmp_path / "lake"), State.open(sqlite_url(tmp_path)), spark_session)
    happened = events()
    body.land(pa.Table.from_pylist(happened, schema=SCHEMA))
    conditions = [
        *([Condition(property=name, op="is", value=value)] for name in HOSTILE[::2] for value in ("o'clock", 2)),
        *([Condition(property=name, op="contains", value="\\s")] for name in HOSTILE[1::4]),
        *([Condition(property=name, op="greater", value=2)] for name in HOSTILE[3::4]),
        *([Condition(property="page_path", op="starts_with", value=text)] for text in HOSTILE[8:13]),
        [Condition(property="plan", op="exists"), Condition(property="plan", op="is_not", value="plan")],
        [Condition(property="a b", op="in", value=["plan", "%_", True])],
    ]
    journey = journey_of([[Match(name="X", where=where)] for where in conditions])
    labels = body.column(rules.labels(journey, body.dialect), 0, len(happened)).tolist()
    assert labels == [expected(journey, event) for event in happened]
