"""After which touchpoint, and in which stage, an answer was given: the last one before it on a map."""

from __future__ import annotations

from typing import Final

import numpy as np

from resa import journeys
from resa.feedback.scores.history import ACTIVITY, DAY
from resa.feedback.scores.scales import Array
from resa.kernel.matching.sql import ENGINES
from resa.kernel.workspace import Workspace

WITHIN: Final = 30 * DAY
"""A touchpoint longer ago is not what an answer is about."""


def last_before(workspace: Workspace, where: str, rows: Array, by: str) -> tuple[list[str], dict[str, str]]:
    """For each of these rows (events that meet `where`) the key of its touchpoint or stage, '' for none; and what they are called.

    On the first map, by key, that has rules.
    """
    labelled = journeys.labelled(workspace)
    values = [""] * len(rows)
    if labelled is None or not len(rows):
        return values, {}
    keys = [
        (place.stage.key, place.stage.name) if by == "stage" else (place.touchpoint.key, place.touchpoint.name)
        for place in labelled.places
    ]
    row = ENGINES[workspace.body.dialect].row
    table = workspace.body.native(
        f"WITH touched AS (SELECT e.profile, e.time, e.{row} AS place, ({labelled.sql}) AS touchpoint FROM log e"
        f" WHERE {ACTIVITY}),"
        f" asked AS (SELECT {row} AS anchor, profile, time AS moment FROM log"
        f" WHERE {where} AND {row} >= {int(np.min(rows))} AND {row} <= {int(np.max(rows))}),"
        " found AS (SELECT asked.anchor, touched.touchpoint, row_number() OVER"
        " (PARTITION BY asked.anchor ORDER BY touched.time DESC, touched.place DESC) AS rank"
        " FROM asked JOIN touched ON touched.profile = asked.profile AND touched.time < asked.moment"
        f" AND touched.time >= asked.moment - {WITHIN} WHERE touched.touchpoint IS NOT NULL)"
        " SELECT anchor, touchpoint FROM found WHERE rank = 1"
    )
    found = dict(zip(table.column("anchor").to_pylist(), table.column("touchpoint").to_pylist(), strict=True))
    for at, row in enumerate(rows.tolist()):
        if (number := found.get(row)) is not None:
            values[at] = keys[int(number)][0]
    return values, dict(keys)
