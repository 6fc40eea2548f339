"""Good events become drafts with everything in its place; odd ones are refused by field, value, rule and remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resa.collect import moments
from resa.collect.drafting import Drafter
from resa.kernel.events import Draft
from tests.collect.sending import BROWSER, NOW, SERVER, draft, outcomes, refusal, track

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
SHOP = {
    "url": "https://shop.test/shoes?utm_source=news&utm_medium=email&utm_campaign=spring",
    "path": "/shoes",
    "title": "Shoes",
}


def test_a_track_event_keeps_what_was_sent() -> None:
    made = draft(event="Product Viewed", anonymousId="a-1", properties={"sku": "ä-1"}, context={"locale": "sv-SE"})
    assert (made.type, made.name, made.user_id, made.anonymous_id) == ("track", "Product Viewed", "u-1", "a-1")
    assert json.loads(made.properties) == {"sku": "ä-1"}
    assert (made.locale, made.source, made.verified) == ("sv-SE", "backend", True)


def test_what_a_browser_key_says_is_not_verified() -> None:
    assert draft(BROWSER, event="X").verified is False


def test_a_browser_key_can_not_send_what_resa_writes_itself() -> None:
    said = refusal(BROWSER, event="Consent Changed", properties={"purpose": "marketing", "state": "granted"})
    assert (said["field"], said["code"]) == ("event", "own_event")
    assert draft(SERVER, event="Consent Changed").name == "Consent Changed"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(42, "42"), (42.0, "42"), (4.5, "4.5"), ("  x ", "x"), ("", None), (None, None)],
)
def test_identifiers_are_text_and_empty_ones_absent(sent: Any, kept: str | None) -> None:
    assert draft(event="X", userId=sent, anonymousId="a").user_id == kept


@pytest.mark.parametrize("sent", ["a\x07b", "x" * 513, "a\u200bb"])
def test_identifiers_nobody_can_read_are_refused(sent: str) -> None:
    assert refusal(event="X", userId=sent)["field"] == "userId"


def test_an_event_of_nobody_is_refused() -> None:
    assert refusal(event="X", userId="", anonymousId=None)["code"] == "no_identity"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "tracks", "event": "X"}, "type"),
        ({"event": " "}, "event"),
        ({}, "event"),
        ({"event": "x" * 513}, "event"),
        ({"event": 7}, "event"),
        ({"type": "group"}, "groupId"),
        ({"type": "alias"}, "previousId"),
        ({"event": "X", "properties": [1]}, "properties"),
        ({"event": "X", "properties": "no"}, "properties"),
        ({"event": "X", "context": "no"}, "context"),
        ({"event": "X", "timestamp": "yesterday"}, "timestamp"),
        ({"event": "X", "timestamp": True}, "timestamp"),
        ({"event": "X", "userId": {"a": 1}}, "userId"),
        ({"event": "X", "properties": {"revenue": "much"}}, "properties.revenue"),
        ({"event": "X", "properties": {"revenue": [1]}}, "properties.revenue"),
        ({"event": "X", "properties": {"currency": "money"}}, "properties.currency"),
        ({"event": "X", "properties": {"order_id": {}}}, "properties.order_id"),
        ({"type": "page", "properties": {"url": 5}}, "properties.url"),
    ],
)
def test_odd_events_are_refused_by_field(fields: dict[str, Any], field: str) -> None:
    (outcome,) = outcomes(json.dumps({"batch": [{"type": "track", "userId": "u", **fields}]}).encode())
    assert not isinstance(outcome, Draft)
    assert outcome.details["field"] == field
    assert outcome.details["rule"]
    assert outcome.details["remedy"]


def test_a_php_client_may_send_empty_lists_for_empty_objects() -> None:
    made = draft(event="X", properties=[], context=[])
    assert (made.properties, made.context) == ("{}", "{}")


def test_without_a_time_an_event_happened_when_it_came() -> None:
    assert draft(event="X").time == NOW


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "ahead"),
    [
        ("2026-11-21T09:00:00Z", None, -3600_000),
        ("2026-11-21T09:00:00.250+02:00", None, -3 * 3600_000 + 250),
        ("2026-11-21T09:00:00", None, -3600_000),
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:05Z", -5000),
        ("2001-01-01T00:00:00Z", "2001-01-01T00:00:05Z", -5000),
        (1795251600, None, -4400_000 + 800_000),
        (1795251600000, None, -3600_000),
    ],
)
def test_the_clock_of_the_client_is_corrected(timestamp: Any, sent_at: str | None, ahead: int) -> None:
    assert draft(event="X", timestamp=timestamp, sentAt=sent_at).time - NOW == ahead


def test_rudderstack_calls_the_time_original_timestamp() -> None:
    assert draft(event="X", originalTimestamp="2026-11-21T09:59:59.000Z").time == NOW - 1000


def test_a_time_more_than_an_hour_ahead_is_refused() -> None:
    assert refusal(event="X", timestamp="2026-11-21T11:00:01Z")["code"] == "future"
    assert draft(event="X", timestamp="2026-11-21T11:00:00Z").time == NOW + moments.HOUR


def test_a_browser_key_may_date_back_a_week_and_a_server_key_for_ever() -> None:
    assert refusal(BROWSER, event="X", timestamp="2026-11-14T09:59:59Z")["code"] == "too_old"
    assert draft(BROWSER, event="X", timestamp="2026-11-14T10:00:00Z").time == NOW - 7 * moments.DAY
    assert draft(SERVER, event="X", timestamp="1999-01-01T00:00:00Z").time == 915148800000


@pytest.mark.parametrize(
    ("name", "properties", "revenue"),
    [
        ("Order Completed", {"revenue": 25.5, "total": 30}, "25.5000"),
        ("Order Completed", {"total": 30, "value": 40}, "30"),
        ("Order Completed", {"value": "40.5"}, "40.5000"),
        ("Order Completed", {"revenue": 0.1 + 0.2}, "0.3000"),
        ("Order Completed", {"revenue": "", "total": None}, None),
        ("Order Refunded", {"total": 30}, "-30"),
        ("Order Refunded", {"revenue": -30}, "-30"),
        ("Checkout Started", {"revenue": 25.5}, None),
        ("Order Updated", {"revenue": 25.5}, None),
        ("Subscription Renewed", {"revenue": 9}, "9"),
        ("Switch Toggled", {"value": True, "total": [1]}, None),
    ],
)
def test_revenue_is_money_that_came_in_or_went_back(name: str, properties: dict[str, Any], revenue: str | None) -> None:
    assert draft(event=name, properties=properties).revenue == revenue


@pytest.mark.parametrize("amount", [10**14, 1e14, "1e400", "NaN", "Infinity", "12,50", "99999999999999.99999"])
def test_amounts_that_do_not_fit_are_refused(amount: Any) -> None:
    assert refusal(event="Order Completed", properties={"revenue": amount})["field"] == "properties.revenue"


def test_an_order_has_its_columns() -> None:
    made = draft(event="Order Completed", properties={"order_id": 7, "currency": "sek", "revenue": 1})
    assert (made.order_id, made.currency, made.revenue) == ("7", "SEK", "1")


def test_identify_keeps_traits_wherever_the_sdk_put_them() -> None:
    assert draft(type="identify", traits={"plan": "gold"}).properties == '{"plan": "gold"}'
    assert draft(type="identify", context={"traits": {"plan": "gold"}}).properties == '{"plan":"gold"}'


def test_an_alias_names_the_previous_identifier() -> None:
    assert draft(type="alias", previousId="old").links == ("previous:old",)


def test_a_page_has_its_address_from_context_or_properties() -> None:
    by_context = draft(BROWSER, type="page", name="Shoes", context={"page": SHOP})
    by_properties = draft(SERVER, type="page", name="Shoes", properties=SHOP)
    for made in (by_context, by_properties):
        assert (made.page_path, made.page_title, made.name) == ("/shoes", "Shoes", "Shoes")
        assert (made.campaign_source, made.campaign_medium, made.campaign_name) == ("news", "email", "spring")
        assert made.referrer_kind == "mail"


def test_a_missing_message_id_is_made_from_the_content_so_that_a_retry_is_recognised() -> None:
    at = "2026-11-21T09:59:00Z"
    first, again, other = (draft(event="X", messageId=None, timestamp=at, properties={"n": n}) for n in (1, 1, 2))
    assert first.message_id == again.message_id != other.message_id


def test_without_id_and_time_two_equal_events_are_two() -> None:
    assert draft(event="X", messageId=None).message_id != draft(event="X", messageId=None).message_id


def test_addresses_are_cut_unless_they_are_to_be_kept() -> None:
    made = draft(BROWSER, event="X", context={"ip": "198.51.100.23"})
    assert (made.ip, json.loads(made.context)["ip"]) == ("198.51.100.0", "198.51.100.0")
    assert draft(BROWSER, event="X").ip == "203.0.113.0"
    assert draft(BROWSER, event="X", context={"ip": "2001:db8:1:2:3:4:5:6"}).ip == "2001:db8:1::"
    assert draft(SERVER, event="X").ip is None
    assert draft(BROWSER, Drafter(keep_ip=True), event="X").ip == "203.0.113.77"


def test_a_user_agent_tells_device_system_and_browser() -> None:
    made = draft(event="X", context={"userAgent": IPHONE})
    assert (made.device, made.os, made.browser, made.bot) == ("mobile", "iOS", "Mobile Safari", False)


def test_what_a_batch_says_of_all_its_events_counts_for_those_that_are_silent() -> None:
    body = {"batch": [track(), track(context={"locale": "de"})], "context": {"locale": "sv"}}
    assert [getattr(made, "locale", None) for made in outcomes(json.dumps(body).encode())] == ["sv", "de"]


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({"context": {"library": {"name": "analytics-python"}}}, "server"),
        ({"context": {"library": {"name": "analytics.js"}}}, "web"),
        ({"context": {"library": {"name": "analytics-ios"}}}, "app"),
        ({"context": {"library": {"name": "analytics-react-native"}}}, "app"),
        ({"context": {"library": {"name": "RudderLabs JavaScript SDK"}}, "channel": "web"}, "web"),
        ({"channel": "mobile"}, "app"),
        ({"channel": "store"}, "store"),
        ({"context": {"channel": "call"}}, "call"),
        ({"event": "Email Opened"}, "email"),
        ({"event": "Live Chat Message Sent", "context": {"library": {"name": "analytics.js"}}}, "chat"),
        ({"event": "Push Notification Tapped"}, "push"),
        ({"event": "Email Opened", "context": {"channel": "store"}}, "store"),
        ({}, "server"),
    ],
)
def test_the_channel_is_said_or_known_by_name_or_by_library(fields: dict[str, Any], channel: str) -> None:
    assert draft(**{"event": "X", **fields}).channel == channel
