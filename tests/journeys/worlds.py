"""Workspaces with a random history of customers on several channels, and the same history as plain lists."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from resa.customers import merging
from resa.journeys.definition import Journey, Rule, Stage, Touchpoint
from resa.kernel.audit import SYSTEM
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.periods import Period
from resa.kernel.populations import Population
from resa.kernel.workspace import Workspace
from resa.settings import Settings

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_700_000_000_000
NAMES = ["Viewed", "Added", "Bought", "Wrote", "Searched", "Shared"]
CHANNELS = ["web", "app", "store", "email"]
CAMPAIGNS = [None, None, "spring", "autumn", "o'brien"]

MAP = Journey(
    name="Shop",
    stages=[
        Stage(
            key="look",
            name="Look",
            touchpoints=[Touchpoint(key="viewed", name="Viewed", rule=Rule(any=[Match(name="Viewed")]))],
        ),
        Stage(
            key="choose",
            name="Choose",
            touchpoints=[
                Touchpoint(key="added", name="Added", rule=Rule(any=[Match(name="Added")])),
                Touchpoint(key="friends", name="Word of mouth", by_hand=True),
            ],
        ),
        Stage(
            key="buy",
            name="Buy",
            touchpoints=[Touchpoint(key="bought", name="Bought", rule=Rule(any=[Match(name="Bought")]))],
        ),
        Stage(
            key="praise",
            name="Praise",
            touchpoints=[Touchpoint(key="wrote", name="Wrote", rule=Rule(any=[Match(name="Wrote")]))],
        ),
    ],
)


def drafts(seed: int, people: int, events: int) -> list[Draft]:
    """A random history: few moments, so that there are ties; the last people are simulated, some events Resa's own."""
    dice = random.Random(seed)
    made = []
    for number in range(events):
        who = dice.randrange(people)
        page = dice.random() < 0.1
        name = "" if page else dice.choice(NAMES)
        campaign = dice.choice(CAMPAIGNS)
        bought = name == "Bought" and dice.random() < 0.8
        made.append(
            Draft(
                message_id=f"m{seed}-{number}",
                type="page" if page else "track",
                name=name,
                time=START + dice.randrange(40 * 48) * HOUR // 2,
                received_at=START + 60 * DAY,
                anonymous_id=f"a{who}",
                channel=dice.choice(CHANNELS),
                source="resa" if dice.random() < 0.02 else "test",
                page_path=f"/p{dice.randrange(3)}" if page else None,
                campaign_source=campaign,
                campaign_medium="mail" if campaign and dice.random() < 0.5 else None,
                revenue=f"{dice.randrange(1, 9)}.{dice.randrange(100):02}" if bought else None,
                currency=dice.choice(["EUR", "EUR", "SEK"]) if bought else None,
                simulated=who >= people - 8,
            )
        )
    return made


@dataclass
class World:
    """A workspace with a history, and the history as lists."""

    workspace: Workspace
    drafts: list[Draft] = field(default_factory=list)
    rows: list[int | None] = field(default_factory=list)

    def add(self, happened: list[Draft]) -> None:
        """Let it happen."""
        receipt = self.workspace.committer.submit_sync(happened)
        self.drafts += happened
        self.rows += receipt.rows

    def merge(self, first: int, *others: int) -> list[int]:
        """Make people one; the links' numbers."""
        return [self._merge(first, other) for other in others]

    def _merge(self, one: int, other: int) -> int:
        with self.workspace.state.read() as tx:
            numbers = self.workspace.identities.find(tx, {f"anon:a{one}", f"anon:a{other}"})
        ids = [profile_id(self.workspace.identities.profile(number)) for number in numbers.values()]
        return merging.merge(self.workspace, ids, SYSTEM, "the same person")[0]

    def undo(self, link: int) -> None:
        """Take them apart again."""
        merging.undo(self.workspace, link, SYSTEM, "another person")

    def journeys(self) -> dict[int, list[tuple[int, int, Draft]]]:
        """(time, row, event) by profile as merged now, in order."""
        found: dict[int, list[tuple[int, int, Draft]]] = {}
        with self.workspace.state.read() as tx:
            numbers = self.workspace.identities.find(tx, {draft.identity for draft in self.drafts})
        for draft, row in zip(self.drafts, self.rows, strict=True):
            assert row is not None
            profile = self.workspace.identities.profile(numbers[draft.identity])
            found.setdefault(profile, []).append((draft.time, row, draft))
        return {profile: sorted(events, key=lambda event: event[:2]) for profile, events in found.items()}

    def seen(self, lens: Lens) -> dict[int, list[tuple[int, int, Draft]]]:
        """The journeys as a lens shows them."""
        who = (
            None if lens.population is None else set(self.workspace.populations.get(lens.population).profiles.tolist())
        )
        shown = {
            profile: [
                (time, row, draft)
                for time, row, draft in history
                if lens.period.start <= time < lens.period.end
                and lens.channel in (None, draft.channel)
                and (lens.simulated or not draft.simulated)
            ]
            for profile, history in self.journeys().items()
            if who is None or profile in who
        }
        return {profile: history for profile, history in shown.items() if history}


@contextmanager
def world(folder: Path, happened: list[Draft]) -> Iterator[World]:
    """An open workspace in which this has happened; `audience:third` is every third profile."""
    workspace = Workspace.open(Settings.of({}, data=folder / "data")).start()
    workspace.populations.register(
        "audience", lambda key: Population(np.arange(0, 10_000, 3, dtype=np.uint32), ("third", key))
    )
    made = World(workspace)
    made.add(happened)
    workspace.settle()
    yield made
    workspace.close()


def a_lens(seed: int) -> Lens:
    """A random period, mostly cutting through the history; of everybody or some."""
    dice = random.Random(seed)
    begin = START + dice.randrange(-5, 15) * DAY
    channel = dice.choice([None, None, *CHANNELS])
    population = dice.choice([None, None, "audience:third"])
    period = Period(begin, begin + dice.randrange(1, 30) * DAY)
    return Lens(period, channel, dice.random() < 0.5, population)
