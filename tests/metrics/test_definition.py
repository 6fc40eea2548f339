"""Metrics that can't be are refused: which field, what value, which rule, what instead."""

from __future__ import annotations

from typing import Any

import pytest

from resa.kernel.decoding import decode
from resa.kernel.errors import NotFound, Refused
from resa.kernel.metrics import KIND, Metric, starters
from resa.kernel.metrics.definition import check, check_form, shown_as
from resa.kernel.metrics.plan import needs
from tests.metrics.asked import METRICS, NPS, ORDER, VIEW


def metric(unit: str = "customer", more: dict[str, Any] | None = None, **measure: Any) -> Metric:
    """A metric, checked."""
    body = {"name": "A metric", "unit": unit, "measure": measure, **(more or {})}
    check_form(body)
    found = decode(Metric, body)
    check(found)
    return found


def amount(**more: Any) -> dict[str, Any]:
    return {"of": "amount", "events": ORDER, **more}


LONG = 10 * 366 * 86_400
MEAN: dict[str, Any] = {"form": "mean", "events": ORDER, "property": "revenue"}
CONVERSION: dict[str, Any] = {"form": "conversion", "events": ORDER, "start": VIEW}


@pytest.mark.parametrize(
    ("field", "unit", "measure", "more"),
    [
        ("measure.form", "customer", {"form": "median"}, {}),
        ("measure.form", "customer", {}, {}),
        ("unit", "visitor", {"form": "unique"}, {}),
        ("measure.events", "event", {"form": "unique", "property": "country"}, {}),
        ("measure.property", "event", {"form": "unique", "events": ORDER}, {}),
        ("measure.property", "customer", {"form": "unique", "events": ORDER, "property": "country"}, {}),
        ("unit", "order", CONVERSION, {}),
        ("measure.events", "event", {"form": "count"}, {}),
        ("measure.events.any", "event", {"form": "count", "events": {"any": []}}, {}),
        ("measure.events.any", "event", {"form": "count", "events": {"any": [{"name": "A"}] * 21}}, {}),
        ("measure.events.any[0].name", "event", {"form": "count", "events": {"any": [{"type": "track"}]}}, {}),
        ("measure.start.any", "customer", CONVERSION | {"start": {"any": []}}, {}),
        ("measure.window", "customer", CONVERSION | {"window": 5}, {}),
        ("measure.within", "customer", CONVERSION | {"within": 0}, {}),
        ("measure.within", "customer", CONVERSION | {"within": -60}, {}),
        ("measure.within", "customer", CONVERSION | {"within": LONG}, {}),
        ("measure.within", "session", CONVERSION | {"within": 60}, {}),
        ("measure.within", "customer", {"form": "conversion", "events": ORDER, "within": 60}, {}),
        ("measure.after", "customer", {"form": "retention", "after": 0, "within": 60}, {}),
        ("measure.within", "customer", {"form": "retention", "after": 60, "within": 0}, {}),
        ("measure.q", "event", MEAN | {"form": "quantile", "q": 1.0}, {}),
        ("measure.q", "event", MEAN | {"form": "quantile", "q": 0}, {}),
        ("measure.visit", "session", {"form": "quantile", "q": 0.5, "visit": "bounce"}, {}),
        ("measure.visit", "session", {"form": "mean"}, {}),
        ("measure.visit", "order", MEAN | {"visit": "seconds"}, {}),
        ("measure.events", "session", {"form": "mean", "visit": "exit"}, {}),
        ("measure.property", "session", {"form": "mean", "visit": "events", "property": "revenue"}, {}),
        ("measure.property", "event", {"form": "mean", "events": ORDER}, {}),
        ("measure.among", "order", MEAN | {"among": VIEW}, {}),
        ("measure.bands", "order", MEAN | {"bands": NPS}, {}),
        ("measure.bands", "event", MEAN | {"bands": [*NPS, {"at_least": 5, "at_most": 7, "value": 1}]}, {}),
        ("measure.bands[0].at_most", "event", MEAN | {"bands": [{"at_least": 5, "at_most": 4, "value": 1}]}, {}),
        ("measure.bands[0].value", "event", MEAN | {"bands": [{"at_least": 5, "at_most": 6, "value": 1e300}]}, {}),
        ("measure.denominator", "event", {"form": "ratio", "numerator": amount(), "denominator": amount()}, {}),
        ("measure.denominator.of", "event", {"form": "ratio", "numerator": amount(), "denominator": {"of": "0"}}, {}),
        (
            "measure.denominator.events",
            "event",
            {"form": "ratio", "numerator": amount(), "denominator": {"of": "orders"}},
            {},
        ),
        (
            "measure.numerator.metric",
            "event",
            {"form": "ratio", "numerator": {"of": "metric"}, "denominator": {"of": "sessions"}},
            {},
        ),
        ("outliers", "event", MEAN, {"outliers": {}}),
        ("outliers", "event", MEAN, {"outliers": {"cap": 5, "winsorize": 0.9}}),
        ("outliers", "customer", {"form": "unique"}, {"outliers": {"cap": 5}}),
        ("outliers.cap", "event", MEAN, {"outliers": {"cap": 0}}),
        ("outliers.cap", "event", MEAN, {"outliers": {"cap": 1e200}}),
        ("outliers.winsorize", "event", MEAN, {"outliers": {"winsorize": 0.2}}),
        ("outliers.winsorize", "event", MEAN, {"outliers": {"winsorize": 1}}),
        ("currency", "event", MEAN, {"currency": "euro"}),
        ("currency", "customer", {"form": "unique"}, {"currency": "EUR"}),
        ("name", "customer", {"form": "unique"}, {"name": "two\x07bells"}),
        ("name", "customer", {"form": "unique"}, {"name": ""}),
    ],
)
def test_what_is_no_metric_is_refused(field: str, unit: str, measure: dict[str, Any], more: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        metric(unit, more, **measure)
    said = refused.value.details
    assert said["field"] == field
    assert said["rule"]
    assert said["remedy"]


def test_an_unknown_form_is_answered_with_those_there_are() -> None:
    with pytest.raises(Refused, match="count, unique, sum, mean, ratio, conversion, retention, quantile"):
        metric(form="median")


COUNT = metric("event", form="count", events=ORDER)
RATIO = metric(
    form="ratio", numerator={"of": "metric", "metric": "orders"}, denominator={"of": "metric", "metric": "visitors"}
)


def test_a_ratio_may_name_a_count_and_a_number_of_customers() -> None:
    KIND.together({"orders": COUNT, "visitors": metric(form="unique"), "rate": RATIO})


@pytest.mark.parametrize(
    ("field", "others"),
    [
        ("rate.measure.denominator.metric", {"orders": COUNT, "visitors": RATIO}),
        ("rate.measure.denominator.metric", {"orders": COUNT}),
        ("rate.measure.denominator", {"orders": COUNT, "visitors": COUNT}),
    ],
)
def test_a_ratio_of_a_ratio_of_nothing_or_of_itself_is_refused(field: str, others: dict[str, Metric]) -> None:
    with pytest.raises(Refused) as refused:
        KIND.together({"rate": RATIO, **others})
    assert refused.value.details["field"] == field


def test_equal_needs_of_many_metrics_are_one() -> None:
    """Revenue, orders, order value and revenue per visitor take four totals of one scan."""
    asked = [
        metric("event", form="sum", events=ORDER),
        metric("order", **MEAN),
        metric("customer", **MEAN),
        metric("customer", form="unique"),
        metric("customer", form="conversion", events=ORDER),
    ]
    assert len({source for each in asked for source in needs(each).sources}) == 4


def test_every_form_and_unit_is_among_the_metrics_of_the_tests() -> None:
    forms = {(type(one.measure).__name__, one.unit) for one in METRICS}
    assert len({form for form, _ in forms}) == 8
    assert {unit for _, unit in forms} == {"customer", "session", "event", "order"}


# -- starter sets ----------------------------------------------------------------------------------------------------

STAGES = {"awareness", "consideration", "decision", "purchase", "onboarding", "use", "retention", "advocacy"}
STAGES |= {"interest", "experience", "loyalty"}


@pytest.mark.parametrize("named", starters.SETS)
def test_a_starter_set_has_something_for_every_stage(named: str) -> None:
    found = starters.all_of(named)
    assert {stage for one in found for stage in one.stages} == STAGES
    assert len({one.key for one in found}) == len(found) >= 25


def test_the_family_of_customer_experience_is_there() -> None:
    keys = {one.key for one in starters.all_of()}
    family = (
        "conversion average-order-value revenue-per-visitor bounce-rate article-exit-rate time-on-site retention-rate"
    )
    family += " churn-rate repeat-purchase-rate bookings leads product-shares nps csat ces ad-views ancillary-revenue"
    assert set(family.split()) <= keys


def test_starters_that_are_shares_are_shown_so() -> None:
    shows = {one.key: shown_as(one.body) for one in starters.all_of()}
    assert [
        shows[key] for key in ("conversion", "revenue", "time-on-site", "nps", "visits", "average-order-value")
    ] == [*("share", "money", "seconds", "score", "number", "money")]


def test_there_is_no_other_set() -> None:
    with pytest.raises(NotFound, match="shop, media, travel, b2b"):
        starters.all_of("bank")
