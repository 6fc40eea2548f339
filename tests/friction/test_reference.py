"""The moments of random histories against a slow reference: with ties, late events, merges, unmerges, erasures, bots."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from resa import journeys
from resa.customers import merging
from resa.journeys import friction
from resa.journeys.friction.definition import DEFAULT, Friction
from resa.journeys.friction.facts import Facts
from resa.journeys.friction.moments import Moments, walked
from resa.journeys.friction.signals import KEYS
from resa.kernel.audit import SYSTEM
from resa.kernel.events import CHANNELS, Draft
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.friction import reference
from tests.friction.reference import Event, Moment

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_700_000_000_000
SMALL: Friction = msgspec.convert(
    {
        "outcome": {"days": 2},
        "history_days": 4,
        "loops": {"seconds": 600},
        "carts": {"hours": 3},
        "contacts": {"days": 3, "apart_minutes": 30},
        "handovers": {"hours": 20, "lost_hours": 10},
    },
    Friction,
)


def a_draft(dice: random.Random, number: int, people: int) -> Draft:
    """Anything that may happen, few moments so that there are ties, in bursts so that there is friction."""
    who = dice.randrange(people)
    at = START + dice.randrange(8) * DAY + dice.choice((0, 0, 0, 5 * HOUR)) + dice.randrange(400) * 500 * (1 + who % 9)
    name, properties = dice.choice(
        [
            *(("", {}),) * 14,
            ("", {"load_time": dice.choice((100, 4000, "9000", "slow"))}),
            ("Element Clicked", {"element": dice.choice(("pay", "menu", ""))}),
            ("Element Clicked", {"element_id": "pay"}),
            ("Element Clicked", {"element": "pay", "watched": dice.random() < 0.5}),
            ("Element Clicked", {"element": "pay"}),
            ("$rageclick", {"$el_text": "pay"}),
            ("$autocapture", {"$event_type": dice.choice(("click", "submit")), "$el_text": "x"}),
            ("Form Started", {"form": dice.choice(("a", "b"))}),
            ("Form Submitted", dice.choice(({"form": "a"}, {}))),
            ("Product Added", {"name": "lamp"}),
            ("Order Completed", {}),
            ("Error Occurred", {"message": "no"}),
            ("Error Occurred", {"message": {"deep": 1}, "error": "x"}),
            ("Products Searched", {"query": "Lamp", "results": dice.choice((0, "0", 3))}),
            ("Live Chat Conversation Started", {"topic": "bill"}),
            ("Call Started", {}),
            ("Checkout Started", {}),
            ("Call Transferred", {}),
            ("Email Delivered", {}),
            ("Web Vitals", {"name": dice.choice(("LCP", "TTFB")), "value": dice.choice((100, 5000))}),
        ]
    )
    return Draft(
        message_id=f"m{number}",
        type="track" if name else dice.choice(("page", "page", "page", "screen")),
        name=name,
        time=at,
        received_at=START + 30 * DAY,
        anonymous_id=f"a{who}",
        channel=dice.choice(("web", "web", "call", "app")),
        source="resa" if number % 53 == 0 else "test",
        device=dice.choice((None, "mobile", "desktop", "tv")),
        page_path=dice.choice((None, "/a", "/b", "/b", "/c")),
        simulated=who == 1,
        bot=number % 47 == 0,
        properties=msgspec.json.encode(properties).decode(),
    )


class History:
    """A workspace with a random history in several batches, so that events come late, and who is whom."""

    def __init__(self, folder: Path, seed: int, *, people: int = 12, events: int = 900) -> None:
        dice = random.Random(seed)
        self.workspace = Workspace.open(Settings.of({}, data=folder / "data")).start()
        journeys.register(self.workspace)
        friction.register(self.workspace)
        self.drafts = [a_draft(dice, seed * 10_000 + number, people) for number in range(events)]
        self.rows: list[int | None] = []
        for first in range(0, events, 250):
            self.rows += self.workspace.committer.submit_sync(self.drafts[first : first + 250]).rows
        self.workspace.settle()
        self.facts = Facts(self.workspace.body, SMALL)

    def profiles(self) -> dict[str, int]:
        """The profile of each identity now."""
        with self.workspace.state.read() as tx:
            numbers = self.workspace.identities.find(tx, {draft.identity for draft in self.drafts})
        return {name: self.workspace.identities.profile(number) for name, number in numbers.items()}

    def expected(self, lens: Lens) -> list[Moment]:
        """By the reference, from plain lists."""
        profiles = self.profiles()
        found: dict[int, list[Event]] = {}
        for draft, row in zip(self.drafts, self.rows, strict=True):
            profile = profiles[draft.identity]
            if row is not None and profile >= 0 and not draft.bot and draft.source != "resa":
                parts = reference.parts(SMALL, draft)
                found.setdefault(profile, []).append(Event(draft.time, row, draft, *parts))
        until = lens.period.end + SMALL.outcome.days * DAY + 1
        known_until = max(
            (
                event.time
                for events in found.values()
                for event in events
                if "passive" not in event.parts and event.time < until and (lens.simulated or not event.draft.simulated)
            ),
            default=0,
        )
        return [
            moment
            for profile, events in found.items()
            for moment in reference.moments(
                profile, sorted(events, key=lambda event: (event.time, event.row)), SMALL, lens, known_until
            )
        ]

    def actual(self, lens: Lens, threads: int = 1) -> list[Moment]:
        """By the kernels."""
        snapshot = self.workspace.index.snapshot()
        self.facts.grown(snapshot.next_row)
        moments, _ = walked(self.facts, SMALL, snapshot, self.workspace.identities.map(), lens, threads=threads)
        return told(moments, self.facts)


def told(moments: Moments, facts: Facts) -> list[Moment]:
    """Numbers as texts."""
    pages = {number: text for text, number in facts.pages._number.items()} | {0: ""}
    items = {number: text for text, number in facts.items._number.items()} | {0: ""}
    out = []
    for n in range(len(moments)):
        values: dict[str, Any] = {name: getattr(moments, name)[n].item() for name in Moment.__dataclass_fields__}
        signal = KEYS[values["signal"]]
        page = pages[values["page"]]
        if signal == "loop":
            page = " ↔ ".join(sorted((page, pages[int(moments.extra[n])])))
        values |= {"signal": signal, "page": page, "item": items[values["item"]]}
        out.append(Moment(**values | {"channel": CHANNELS[values["channel"]]}))
    return out


def same(history: History, lens: Lens) -> int:
    """Hold both against each other; how many hits there were."""
    expected, actual = sorted(history.expected(lens), key=astuple), sorted(history.actual(lens), key=astuple)
    assert actual == expected
    return sum(moment.hit for moment in actual)


WHOLE = Lens(Period(START - DAY, START + 20 * DAY))
LENSES = [
    WHOLE,
    Lens(Period(START + 2 * DAY, START + 5 * DAY)),
    Lens(Period(START, START + 9 * DAY), channel="web"),
    Lens(Period(START, START + 9 * DAY), simulated=False),
]


def change(history: History, seed: int) -> Iterator[str]:
    """Merge, undo, erase; says what was done."""
    workspace, dice = history.workspace, random.Random(seed)
    profiles = sorted(set(history.profiles().values()))
    yield "as it landed"
    first, second, third = (profile_id(number) for number in dice.sample(profiles, 3))
    link = merging.merge(workspace, [first, second], SYSTEM, "the same")[0]
    merging.merge(workspace, [first, third], SYSTEM, "the same") if first != third else None
    workspace.settle()
    yield "merged"
    merging.undo(workspace, link, SYSTEM, "not the same")
    workspace.settle()
    yield "unmerged"


@pytest.mark.parametrize("seed", range(2))
def test_moments_are_those_of_the_reference(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path, seed)
    try:
        for done in change(history, seed):
            hits = [same(history, lens) for lens in LENSES]
            assert hits[0] > 50, done
    finally:
        history.workspace.close()


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10, 22))
def test_moments_are_those_of_the_reference_on_many_histories(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path, seed, people=random.Random(seed).randrange(3, 40))
    try:
        for _done in change(history, seed):
            for lens in LENSES:
                same(history, lens)
    finally:
        history.workspace.close()


def test_every_signal_is_found_in_the_random_histories(tmp_path: Path) -> None:
    """So that the reference says something about each."""
    history = History(tmp_path, 1, people=5, events=1_200)
    try:
        moments = history.actual(WHOLE)
        assert {moment.signal for moment in moments if moment.hit} == set(KEYS)
    finally:
        history.workspace.close()


def test_the_defaults_are_as_they_are_written(tmp_path: Path) -> None:
    """What is saved and read again is the same."""
    assert msgspec.json.decode(msgspec.json.encode(DEFAULT), type=Friction) == DEFAULT
    assert np.iinfo(np.uint32).max > 0
