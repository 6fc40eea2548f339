"""What a theme's figures say: what was planted is found (new, rising, score, revenue, quotes), and chance alone says nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from resa.feedback import themes
from resa.feedback.themes import Comments
from resa.feedback.themes.answers import ThemeFigures, figures
from resa.feedback.themes.columns import Filter
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from tests.kernel.making import BEGINNING, DAY, draft

BEFORE = Period(BEGINNING, BEGINNING + 30 * DAY)
NOW = Period(BEGINNING + 30 * DAY, BEGINNING + 60 * DAY)
THEMES = ("parcels", "prices", "bread")


@pytest.fixture
def comments(workspace: Workspace) -> Iterator[Comments]:
    """A workspace that knows three themes by a word each."""
    made = themes.register(workspace)
    for key in THEMES:
        body = {"name": key.title(), "phrases": [key]}
        workspace.definitions.save("theme", key, body, expected=0, author="x")
    workspace.start()
    yield made
    made.jobs.close()


def wrote(number: int, theme: str | None, score: float, period: Period) -> Any:
    """A customer's only comment; all are alike but for the theme's word."""
    text = f"{theme or 'nothing'} is what customer {number} has on their mind these days"
    said = {"survey": "nps", "comment": text, "metric": "nps", "score": score}
    at = period.start + (number % 29) * DAY + 3_600_000
    return draft("Survey Answered", user=f"u{number}", time=at, properties=said)


def seen(workspace: Workspace, comments: Comments, drafts: list[Any]) -> ThemeFigures:
    """The figures of now against before, after these came in."""
    for start in range(0, len(drafts), 500):
        workspace.committer.submit_sync(drafts[start : start + 500])
    workspace.settle()
    return figures(workspace, comments.themes, Lens(NOW), BEFORE, Filter(metric="nps"))


def test_what_is_planted_is_found(workspace: Workspace, comments: Comments) -> None:
    chance, number, drafts = random.Random(3), 0, []
    planted = (
        (BEFORE, "prices", 12),
        (BEFORE, "bread", 40),
        (NOW, "parcels", 30),
        (NOW, "prices", 45),
        (NOW, "bread", 40),
    )
    for period, theme, customers in (*planted, (BEFORE, None, 150), (NOW, None, 150)):
        for _ in range(customers):
            number += 1
            usual = 4 if theme == "parcels" else 8
            drafts.append(wrote(number, theme, min(10, max(0, round(chance.gauss(usual, 1)))), period))
            if theme == "parcels":
                more: dict[str, Any] = {"revenue": "10.00", "currency": "USD", "time": NOW.start + DAY}
                drafts.append(draft("Order Completed", user=f"u{number}", **more))
    found = {row.key: row for row in seen(workspace, comments, drafts).items}
    assert {key: (row.customers, row.badge) for key, row in found.items()} == {
        "parcels": (30, "new"),
        "prices": (45, "rising"),
        "bread": (40, None),
    }
    impact = found["parcels"].impact
    assert impact is not None
    assert impact.clear
    assert -5 < impact.low < impact.difference < impact.high < -3  # four points lower, give or take
    assert all(row.impact is not None and not row.impact.clear for key, row in found.items() if key != "parcels")
    revenue = found["parcels"].revenue
    assert revenue is not None
    assert (float(revenue.amount), revenue.customers) == (300.0, 30)
    assert found["bread"].revenue is None or float(found["bread"].revenue.amount) == 0
    quotes = found["parcels"].quotes
    assert quotes
    assert all("parcels" in quote.text for quote in quotes)
    assert len({quote.profile for quote in quotes}) == len(quotes)


@pytest.mark.parametrize("seed", range(3))
def test_chance_alone_is_silent(workspace: Workspace, comments: Comments, seed: int) -> None:
    chance = random.Random(seed)
    drafts = [
        wrote(number, chance.choice((*THEMES, None)), chance.randint(0, 10), chance.choice((BEFORE, NOW)))
        for number in range(500)
    ]
    found = seen(workspace, comments, drafts).items
    assert {row.key for row in found} == set(THEMES)
    assert [row.badge for row in found] == [None] * 3
    assert not any(row.impact is not None and row.impact.clear for row in found)
