"""A workspace with a random history, and the same history as plain lists, for all tests of questions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from resa.analytics.asking import Asking
from resa.customers import merging
from resa.kernel.audit import SYSTEM
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.matching import Match, python
from resa.kernel.populations import Population
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.sequences.reference import Event

DAY = 86_400_000
HOUR = 3_600_000
START = 1_700_006_400_000  # 15 November 2023, 00:00 UTC
NAMES = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed")
CHANNELS = ("web", "app", "store")
PEOPLE = 70


def drafts(seed: int, events: int, people: int = PEOPLE) -> list[Draft]:
    """A random history: few moments, so that there are ties, in no order, so that many are late; the last are simulated."""
    dice = random.Random(seed)
    made = []
    for number in range(events):
        who = dice.randrange(people)
        type_ = dice.choice(["track"] * 6 + ["page"])
        path = dice.choice(("/", "/shoes", "/search", "/cart"))
        made.append(
            Draft(
                message_id=f"m{seed}-{number}",
                type=type_,
                name=dice.choice(NAMES) if type_ == "track" else "",
                time=START + dice.randrange(30) * DAY + dice.randrange(12) * HOUR // 4,
                received_at=START + 40 * DAY,
                anonymous_id=f"a{who}",
                channel=dice.choice(CHANNELS),
                source="shop",
                device=dice.choice(("mobile", "desktop", None)),
                page_path=path if type_ == "page" else None,
                page_url=f"https://shop.example{path}" if type_ == "page" else None,
                simulated=who >= people - 8,
                properties=f'{{"plan": "{dice.choice("abc")}", "value": {dice.randrange(5)}}}',
            )
        )
    return made


@dataclass
class World:
    """A workspace, the questions asked of it, and its history as plain lists."""

    workspace: Workspace
    asking: Asking
    drafts: list[Draft]
    rows: list[int] = field(default_factory=list)
    members: dict[str, set[int]] = field(default_factory=dict)

    def land(self, more: list[Draft]) -> None:
        """Let more happen."""
        self.rows += [row for row in self.workspace.committer.submit_sync(more).rows if row is not None]
        self.drafts += more
        self.workspace.settle()

    def merge(self, a: int, b: int) -> int:
        """Make two people one; the link's number."""
        with self.workspace.state.read() as tx:
            found = self.workspace.identities.find(tx, {f"anon:a{a}", f"anon:a{b}"})
        ids = [profile_id(self.workspace.identities.profile(number)) for number in found.values()]
        link = merging.merge(self.workspace, ids, SYSTEM, "the same person")[0]
        self.workspace.settle()
        return link

    def part(self, link: int) -> None:
        """Undo it."""
        merging.undo(self.workspace, link, SYSTEM, "a mistake")
        self.workspace.settle()

    def journeys(self, lens: Lens) -> dict[int, list[tuple[int, int, Draft]]]:
        """(time, row, event) of what a lens shows, by profile as merged now, in order."""
        found: dict[int, list[tuple[int, int, Draft]]] = {}
        with self.workspace.state.read() as tx:
            numbers = self.workspace.identities.find(tx, {draft.identity for draft in self.drafts})
        for draft, row in zip(self.drafts, self.rows, strict=True):
            profile = self.workspace.identities.profile(numbers[draft.identity])
            if (
                lens.period.start <= draft.time < lens.period.end
                and lens.channel in (None, draft.channel)
                and (lens.simulated or not draft.simulated)
                and (lens.population is None or profile in self.members[lens.population])
            ):
                found.setdefault(profile, []).append((draft.time, row, draft))
        return {profile: sorted(events, key=lambda event: event[:2]) for profile, events in found.items()}

    def labelled(self, lens: Lens, roles: Sequence[Sequence[Match]]) -> dict[int, list[Event]]:
        """The journeys with bits for labels; events without any are left out."""
        found = {}
        for profile, events in self.journeys(lens).items():
            said = [Event(time, row, 0, 0, bits(draft, roles)) for time, row, draft in events]
            if some := [event for event in said if event.label]:
                found[profile] = some
        return found

    def draft(self, row: int) -> Draft:
        """The event of a row."""
        return self.drafts[self.rows.index(row)]


def bits(draft: Draft, roles: Sequence[Sequence[Match]]) -> int:
    """The bits of an event, one match at a time."""
    return sum(1 << bit for bit, matches in enumerate(roles) if any(python.meets(m, as_event(draft)) for m in matches))


def as_event(draft: Draft) -> dict[str, Any]:
    """A draft by the names of `log`'s columns."""
    return {name: getattr(draft, name) for name in Draft.__struct_fields__}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Twenty-five hundred events of seventy people, some of them merged, some merged and parted again."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("questions") / "data")).start()
    opened = World(workspace, Asking(workspace), [])
    opened.land(drafts(1, 2_000))
    links = [opened.merge(a, b) for a, b in ((3, 4), (4, 5), (10, 60), (20, 21), (30, 31))]
    opened.land(drafts(2, 500))
    opened.part(links[-1])
    dice = random.Random(3)
    for name in ("audience:keen", "audience:shy"):
        opened.members[name] = {n for n in range(workspace.identities.count) if dice.random() < 0.5}

    def members(key: str) -> Population:
        return Population(np.array(sorted(opened.members[f"audience:{key}"]), np.uint32), key)

    workspace.populations.register("audience", members)
    yield opened
    workspace.close()


def a_match(dice: random.Random) -> Match:
    """A random match: mostly by name alone, some by property, column, number or channel."""
    from resa.kernel.matching import Condition

    if dice.random() < 0.15:
        return Match(type="page", where=[Condition(property="page_path", op="is", value="/shoes")])
    where = []
    if dice.random() < 0.3:
        where.append(Condition(property="plan", op="is", value=dice.choice("abc")))
    if dice.random() < 0.2:
        where.append(Condition(property="value", op="greater", value=dice.randrange(4)))
    channel = dice.choice(CHANNELS) if dice.random() < 0.15 else None
    return Match(name=dice.choice((*NAMES, "Never Seen")), where=where, channel=channel)


def a_lens(dice: random.Random) -> dict[str, Any]:
    """A random lens as a body says it."""
    first = dice.randrange(-2, 20)
    said: dict[str, Any] = {"from": day(first), "to": day(first + dice.randrange(1, 25))}
    if dice.random() < 0.3:
        said["channel"] = dice.choice(CHANNELS)
    if dice.random() < 0.3:
        said["simulated"] = False
    if dice.random() < 0.3:
        said["population"] = dice.choice(("audience:keen", "audience:shy"))
    return said


def day(number: int) -> str:
    """The day so many days after the history's first."""
    return str(np.datetime64(START + number * DAY, "ms").astype("datetime64[D]"))
