"""The customers behind an arm: who was shown what and when, and what they came to since."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from resa.experiments.results.answers import People, Person
from resa.experiments.results.scan import Scan
from resa.kernel import behind, times
from resa.kernel.errors import Refused
from resa.kernel.metrics.units import Array
from resa.kernel.profiles import Profile
from resa.kernel.workspace import Workspace

CROSSED: Final = "crossovers"


class _Found(NamedTuple):
    """Customers, last exposed first."""

    profile: Array
    first: Array
    arm: Array
    value: Array | None


def people(
    workspace: Workspace,
    scan: Scan,
    variation: str | None,
    metric: str | None,
    *,
    did: bool | None,
    limit: int,
    cursor: str | None,
) -> People:
    """Those of one variation, of all, or `crossovers`; `did`: only those whose value of the metric is above 0 (or is not)."""
    found = _crossed(scan) if variation == CROSSED else _exposed(scan, variation, metric, did)
    order = np.lexsort((found.profile, -found.first))
    found = _Found(*(None if column is None else column[order] for column in found))  # type: ignore[arg-type]  # only value is None
    part = behind.window(found.profile, found.first, limit, cursor)
    known = behind.read(workspace, found.profile[part.begin : part.end])
    items = [_person(scan, known[int(found.profile[at])], found, at) for at in range(part.begin, part.end)]
    return People(int(found.profile.size), items, part.next)


def _crossed(scan: Scan) -> _Found:
    exposed = scan.exposed
    first = exposed.begun.since_of(exposed.crossed)
    return _Found(exposed.crossed, first, np.full(exposed.crossed.size, -1), None)


def _exposed(scan: Scan, variation: str | None, metric: str | None, did: bool | None) -> _Found:
    exposed, variations = scan.exposed, scan.wanted.variations
    if variation is not None and variation not in variations:
        raise Refused(
            "variation", variation, "there is no such variation.", f"Use {', '.join(variations)} or {CROSSED}."
        )
    arm = exposed.arm[exposed.unit]
    kept = np.ones(exposed.profile.size, np.bool_) if variation is None else arm == variations.index(variation)
    value = None
    if metric is not None:
        found = scan.totals(scan.one(metric))
        value = (found.x / found.parts)[exposed.unit]
        if did is not None:
            kept &= (value > 0) == did
    elif did is not None:
        raise Refused("did", did, "whether somebody did it is asked of a metric.", "Name the metric.")
    return _Found(
        exposed.profile[kept],
        exposed.begun.since_of(exposed.profile)[kept],
        arm[kept],
        None if value is None else value[kept],
    )


def _person(scan: Scan, profile: Profile, found: _Found, at: int) -> Person:
    arm = int(found.arm[at])
    return Person(
        **behind.card(profile),
        variation=CROSSED if arm < 0 else scan.wanted.variations[arm],
        first=times.iso(int(found.first[at])),
        value=None if found.value is None else float(found.value[at]),
    )
