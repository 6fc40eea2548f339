"""Simulated answers follow from simulated visits: what is planted can be found, and every event says that it is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from resa.demo import deliveries, voices
from resa.demo.catalogue import Product
from resa.demo.programme import NOTHING, Shown
from resa.demo.simulation import Simulation
from resa.feedback.themes import finding
from resa.feedback.themes.finding import Text
from resa.kernel.events import Draft

ZONE = ZoneInfo("America/New_York")
PRODUCTS = [
    Product(str(n), f"Thing {n}", "fruit", "Fruit", "brand", "", 1.0 + n, "apple", "#000", 10 * n) for n in range(1, 20)
]
DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(21)]


class Asking:
    """Both surveys ask."""

    edition = 0

    def home(self, device: str, at: int) -> Shown:
        """Nothing."""
        del device, at
        return NOTHING

    def asking(self, survey: str) -> int | None:
        """Each in its first version."""
        del survey
        return 1


@pytest.fixture(scope="module")
def weeks() -> list[Draft]:
    """Three weeks of visitors who are asked."""
    simulation = Simulation(PRODUCTS, ZONE, source="shop", showings=Asking())
    return [draft for day in DAYS for draft in simulation.day(day)]


def said(weeks: list[Draft], name: str, survey: str) -> Iterator[tuple[Draft, dict[str, Any]]]:
    """The events of a name that are about a survey."""
    for draft in weeks:
        if draft.name == name:
            properties = msgspec.json.decode(draft.properties)
            if properties["survey"] == survey:
                yield draft, properties


def test_being_asked_takes_nothing_of_a_visit(weeks: list[Draft]) -> None:
    plain = Simulation(PRODUCTS, ZONE, source="shop")
    without = [draft for day in DAYS for draft in plain.day(day)]
    assert [draft for draft in weeks if not draft.name.startswith("Survey ")] == without


@pytest.mark.parametrize("survey", [voices.CES, voices.NPS])
def test_fewer_are_shown_than_asked_and_fewer_answer(weeks: list[Draft], survey: str) -> None:
    asked, shown, answered = (
        [each["request"] for _, each in said(weeks, f"Survey {step}", survey)]
        for step in ("Requested", "Shown", "Answered")
    )
    assert len(asked) == len(set(asked)) > len(shown) > len(answered) > 40
    assert set(asked) > set(shown) > set(answered)
    assert all(draft.simulated for draft in weeks)


def test_the_same_regular_is_asked_for_a_recommendation_once_a_cycle(weeks: list[Draft]) -> None:
    times: dict[str | None, list[int]] = {}
    for draft, _ in said(weeks, "Survey Requested", voices.NPS):
        times.setdefault(draft.anonymous_id, []).append(draft.time)
    assert max(map(len, times.values())) <= 2
    assert all(later - earlier > 6 * 86_400_000 for each in times.values() for earlier, later in pairwise(each))


def test_a_search_in_vain_and_a_phone_make_it_harder(weeks: list[Draft]) -> None:
    answers = list(said(weeks, "Survey Answered", voices.CES))
    vain = {
        draft.message_id.rsplit("-", 1)[0].removeprefix("sim-")
        for draft in weeks
        if draft.name == "Products Searched" and msgspec.json.decode(draft.properties)["results"] == 0
    }
    after_vain = [each["score"] for _, each in answers if each["response"].removeprefix("sim-order-ease-") in vain]
    others = [each["score"] for _, each in answers if each["response"].removeprefix("sim-order-ease-") not in vain]
    assert fmean(others) - fmean(after_vain) > 1
    by_device = {
        device: fmean(each["score"] for draft, each in answers if draft.device == device)
        for device in ("mobile", "desktop")
    }
    assert by_device["desktop"] - by_device["mobile"] > 0.3


def test_deliveries_are_rated_in_four_languages_often_enough_for_themes(weeks: list[Draft]) -> None:
    rated = [msgspec.json.decode(draft.properties) for draft in weeks if draft.name == deliveries.NAME]
    texts = [Text(each["note"], each["language"]) for each in rated]
    assert {text.language for text in texts} == set(deliveries.LANGUAGES)
    assert not any("{" in text.text for text in texts)
    found = {told.language: [" ".join(theme.phrases) for theme in told.themes] for told in finding.find(texts)}
    assert any("plastic" in theme for theme in found["en"])
    assert any("driver" in theme for theme in found["en"])
    assert any("chaufför" in theme for theme in found["sv"])
    stars = {word: fmean(each["stars"] for each in rated if word in each["note"]) for word in ("late", "driver")}
    assert stars["driver"] - stars["late"] > 1


def test_comments_are_in_two_languages_and_speak_of_what_happened(weeks: list[Draft]) -> None:
    comments = [
        (each["language"], each["comment"])
        for survey in (voices.CES, voices.NPS)
        for _, each in said(weeks, "Survey Answered", survey)
        if "comment" in each
    ]
    assert {language for language, _ in comments} == {"en", "sv"}
    assert sum("oat milk" in text for _, text in comments) >= 3
    assert not any("{" in text for _, text in comments)
    assert len({text for _, text in comments}) > len(comments) / 3
