"""Whether the ad's promise is kept: the campaigns that bring people, where they land, and which experience speaks to them there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from resa.experiences.site import Site, build
from resa.experiences.visit import Visit
from resa.kernel.workspace import Workspace

DAY: Final = 86_400_000
MOST: Final = 200

_SQL: Final = f"""
SELECT coalesce(campaign_source, '') AS source, coalesce(campaign_medium, '') AS medium, coalesce(campaign_name, '') AS name,
       page_path, min(page_url) AS url, count(*) AS landings, count(DISTINCT profile) AS people
  FROM log
 WHERE type = 'page' AND NOT bot AND time >= ? AND time < ? AND referrer_kind <> 'internal'
   AND (campaign_source IS NOT NULL OR campaign_name IS NOT NULL)
 GROUP BY 1, 2, 3, 4 ORDER BY people DESC, source, medium, name, page_path LIMIT {MOST}
"""  # our own number


class Kept(msgspec.Struct, frozen=True):
    """An experience that speaks to them, and what the ad promised according to it."""

    experience: str
    placement: str
    promise: str


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign and the page it leads to; `kept` is empty where the page says to everybody what it says to these.

    `waiting` are experiences that would keep the promise and are not live.
    """

    source: str
    medium: str
    name: str
    page: str | None
    landings: int
    people: int
    kept: list[Kept]
    waiting: list[Kept]


class Landings(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns and their pages, those with most people first."""

    start: int
    end: int
    items: list[Landing]
    next: None = None


def look(workspace: Workspace, days: int) -> Landings:
    """The last days."""
    live, end = build(workspace.definitions), workspace.clock()
    idle = build(workspace.definitions, status=("draft", "paused"))
    start = end - days * DAY
    rows = workspace.body.query(_SQL, [start, end]).to_pylist()
    return Landings(
        start=start,
        end=end,
        items=[_landing(row, live, idle, end) for row in rows],
    )


def _landing(row: Mapping[str, Any], live: Site, idle: Site, now: int) -> Landing:
    said = {name: row[name] for name in ("source", "medium", "name") if row[name]}
    here = Visit(now=now, url=row["url"] or row["page_path"] or "", campaign=said)
    return Landing(
        source=row["source"],
        medium=row["medium"],
        name=row["name"],
        page=row["page_path"],
        landings=row["landings"],
        people=row["people"],
        kept=_keeping(live, here),
        waiting=_keeping(idle, here),
    )


def _keeping(site: Site, here: Visit) -> list[Kept]:
    now = here.now
    return [
        Kept(target.key, spot.key, target.body.promise)
        for spot in site.spots.values()
        for target in spot.targets
        if target.by_campaign and target.start <= now < target.end and all(test(here) for test in target.tests)
    ]
