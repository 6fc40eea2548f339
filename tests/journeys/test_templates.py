"""The templates: bound to the standard events of a shop, filled, and fit to be read."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from resa.journeys import templates
from resa.journeys.rules import Matcher, matches
from resa.kernel.matching import NUMBER_COLUMNS, TEXT_COLUMNS

SPEC = tomllib.loads(resources.files("resa.journeys").joinpath("segment-events.toml").read_text("utf-8"))
STANDARD = {name for names in SPEC.values() for name in names}
GROCER = {"Campaign Received", "Coupon Redeemed"}
STANDARD_TEMPLATES = ("eight-stages", "five-stages")


@pytest.mark.parametrize("key", templates.KEYS)
def test_every_event_of_a_template_is_in_segments_specification(key: str) -> None:
    """The grocer's map has two names of its own."""
    own = GROCER if key == "grocer" else set()
    assert {match.name for _, match in matches(templates.load(key)) if match.type == "track"} <= STANDARD | own


@pytest.mark.parametrize("key", templates.KEYS)
def test_conditions_of_a_template_name_columns_or_the_basket(key: str) -> None:
    """What doors fill in for everybody."""
    named = {c.property for _, match in matches(templates.load(key)) for c in match.where}
    assert named <= TEXT_COLUMNS | NUMBER_COLUMNS | {"basket_number"}


def test_the_eight_stages_take_every_standard_event() -> None:
    """A shop that sends standard events gets a filled map: no e-commerce, mail, app or chat event is left over."""
    named = {match.name for _, match in matches(templates.load("eight-stages"))}
    for kind in ("ecommerce", "email", "mobile", "live_chat"):
        assert set(SPEC[kind]) - named == set(), kind


@pytest.mark.parametrize(
    ("key", "stages"),
    [
        (
            "eight-stages",
            "awareness consideration decision purchase onboarding use retention advocacy",
        ),
        ("five-stages", "awareness interest purchase experience loyalty"),
        ("grocer", "awareness decision purchase use retention"),
    ],
)
def test_a_template_has_its_stages_in_order(key: str, stages: str) -> None:
    """As PRODUCT.md and the demonstration name them."""
    assert [stage.key for stage in templates.load(key).stages] == stages.split()


@pytest.mark.parametrize("key", templates.KEYS)
def test_a_template_arrives_filled(key: str) -> None:
    """No stage and no touchpoint without what the customer wants, feels and does, and how it is measured."""
    journey = templates.load(key)
    for stage in journey.stages:
        for field in (
            "situation",
            "needs",
            "expectations",
            "mindset",
            "feelings",
            "actions",
            "measures",
            "touchpoints",
        ):
            assert getattr(stage, field), f"{stage.key}.{field}"
        assert any(touchpoint.rule.any for touchpoint in stage.touchpoints)
    for _, stage, touchpoint in journey.touchpoints():
        for field in ("wants", "feels", "does", "measures", "department"):
            assert getattr(touchpoint, field), f"{stage.key}.{touchpoint.key}.{field}"
        if touchpoint.rule.any:
            assert touchpoint.systems, touchpoint.key
            assert touchpoint.pain_points or touchpoint.opportunities, touchpoint.key
    assert any(touchpoint.moment_that_matters for _, _, touchpoint in journey.touchpoints())


@pytest.mark.parametrize(
    ("channel", "basket", "stage", "touchpoint"),
    [
        ("store", 1, "purchase", "first-basket"),
        ("store", 2, "use", "second-basket"),
        ("store", 3, "purchase", "basket"),
        ("store", 4, "retention", "fourth-basket"),
        ("store", 5, "purchase", "basket"),
        ("web", 1, "purchase", "web-order"),
        ("web", 2, "use", "second-basket"),
        ("web", None, "purchase", "web-order"),
    ],
)
def test_a_basket_of_the_grocer_has_its_stage(channel: str, basket: int | None, stage: str, touchpoint: str) -> None:
    """A basket is purchase; the second is use, the fourth retention."""
    properties = {} if basket is None else {"basket_number": basket}
    event = {"type": "track", "name": "Order Completed", "channel": channel, "properties": properties}
    place = Matcher(templates.load("grocer")).place(event)
    assert place is not None
    assert (place[0].key, place[1].key) == (stage, touchpoint)


@pytest.mark.parametrize(
    ("referrer_kind", "touchpoint"),
    [("search", "arrive-from-search"), ("ad", "arrive-from-ad"), ("direct", "direct-visit"), ("internal", "read")],
)
def test_a_page_stands_where_its_visitor_came_from(referrer_kind: str, touchpoint: str) -> None:
    """Arrivals are awareness, further pages are reading."""
    event = {"type": "page", "name": "", "channel": "web", "referrer_kind": referrer_kind, "properties": "{}"}
    place = Matcher(templates.load("eight-stages")).place(event)
    assert place is not None
    assert place[1].key == touchpoint
