"""One customer's events across all channels, newest first, a page at a time."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from resa import journeys
from resa.customers import people, views
from resa.kernel import foreign, times
from resa.kernel.errors import Refused
from resa.kernel.sequences import timeline
from resa.kernel.workspace import Workspace

MOST_READ: Final = 20_000
"""Events looked at for one page of a filtered timeline; then the page says where to go on."""

_CURSOR: Final = re.compile(r"(-?\d{1,15}),(\d{1,15})", re.ASCII)


def page(
    workspace: Workspace, text: str, *, before: str | None, limit: int, channel: str | None, name: str | None
) -> views.Page:
    """At most `limit` events before the cursor (`time,row`), of one channel or name if asked."""
    number = people.resolve(workspace, text)
    snapshot, identities = workspace.index.snapshot(), workspace.identities.map()
    position = _cursor(before)
    places = journeys.Places(workspace)
    found: list[views.Moment] = []
    looked = 0
    step = limit if channel is None and name is None else max(limit, 500)
    while len(found) < limit and looked < MOST_READ:
        _times, row = timeline(snapshot, identities, number, before=position, limit=step)
        if not len(row):
            return views.Page(items=found, next=None)
        for event in workspace.body.rows(np.asarray(row)).to_pylist():
            if len(found) < limit:
                position = (event["time"], event["row"])
                if channel in (None, event["channel"]) and name in (None, event["name"] or event["type"]):
                    found.append(moment(event, places.of(event)))
        looked += len(row)
        if len(row) < step and len(found) < limit:
            return views.Page(items=found, next=None)
    return views.Page(items=found, next=f"{position[0]},{position[1]}" if position else None)


def moment(event: dict[str, Any], place: journeys.Place | None) -> views.Moment:
    """An event of the body as a timeline shows it, with its place on a journey map."""
    user = event["user_id"]
    return views.Moment(
        row=event["row"],
        message_id=event["message_id"],
        time=times.iso(event["time"]),
        type=event["type"],
        name=event["name"],
        channel=event["channel"],
        source=event["source"] or "",
        identity=f"user:{user}" if user else f"anon:{event['anonymous_id']}",
        page_path=event["page_path"],
        page_title=event["page_title"],
        revenue=None if event["revenue"] is None else str(event["revenue"]),
        currency=event["currency"],
        order_id=event["order_id"],
        simulated=event["simulated"],
        properties=foreign.members(event["properties"]),
        context=foreign.members(event["context"]),
        stage=place.stage.name if place else None,
        touchpoint=place.touchpoint.name if place else None,
    )


def _cursor(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise Refused(
            "before", text, "a cursor is two whole numbers with a comma.", "Use the `next` of the page before."
        )
    return int(found[1]), int(found[2])
