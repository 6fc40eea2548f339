"""The kind `bandit`: an experiment whose weights learn.

A bandit is no other way of assigning: the experiment does that, with its exposures, guardrails and results. A bandit only says
what its weights follow, and each update is a new phase of the experiment, so every probability is in the log.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from resa.kernel.definitions import Kind, key_rule, printable
from resa.kernel.errors import Refused
from resa.kernel.metrics.sql import COLUMNS

ATTRIBUTES: Final = {
    "device": "deviceType",
    "campaign_source": "utmSource",
    "campaign_medium": "utmMedium",
    "referrer_kind": "referrerKind",
}
"""What the log's columns are called in conditions, where that is not the same."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]


class Bandit(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A bandit over the variations of an experiment.

    `metric`: what is earned, per customer since exposure; its direction says what is better. `control`: the first variation's share
    for good; `floor`: every variation's. `every`: hours between updates; `memory`: traffic counts half after so many updates, for rewards
    that drift. `attributes`: contexts in which another variation may be best are looked for along these.
    """

    name: Name
    description: Text = ""
    experiment: str
    metric: str
    control: Annotated[float, msgspec.Meta(ge=0, le=0.9)] = 0.1
    floor: Annotated[float, msgspec.Meta(ge=0.001, le=0.3)] = 0.02
    every: Annotated[int, msgspec.Meta(ge=1, le=24 * 31)] = 24
    memory: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    fewest: Annotated[int, msgspec.Meta(ge=10, le=1_000_000)] = 100
    """Units that a batch has before it teaches anything."""
    attributes: Annotated[list[str], msgspec.Meta(max_length=5)] = []
    active: bool = True


def check(bandit: Bandit) -> None:
    """Refuse what the types can't."""
    printable(bandit)
    key_rule("experiment", bandit.experiment)
    key_rule("metric", bandit.metric)
    for number, name in enumerate(bandit.attributes):
        if name not in COLUMNS:
            raise Refused(
                f"attributes[{number}]", name, "the log knows no such attribute.", f"Use {', '.join(sorted(COLUMNS))}."
            )


KIND: Final = Kind("bandit", Bandit, check)
