"""The tables of data: where visitors come from, what devices say, how full a bucket is."""

from __future__ import annotations

import pytest

from resa.collect import channels, referrers
from resa.collect.enrichment import Agents, Remembered, cut_address, device_kind
from resa.collect.limits import Buckets, Rate
from resa.kernel.events import CHANNELS


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("www.google.com", "search"),
        ("google.co.uk", "search"),
        ("mail.google.com", "mail"),
        ("duckduckgo.com", "search"),
        ("m.facebook.com", "social"),
        ("t.co", "social"),
        ("outlook.live.com", "mail"),
        ("googleads.g.doubleclick.net", "ad"),
        ("blog.example.org", "referral"),
        ("notgoogle.com", "referral"),
        ("google.example.com", "referral"),
    ],
)
def test_a_host_is_of_a_kind(host: str, kind: str) -> None:
    assert referrers.of_host(host) == kind


@pytest.mark.parametrize(
    ("referrer", "page", "medium", "query", "kind"),
    [
        (None, "shop.test", None, {}, "direct"),
        ("www.shop.test", "shop.test", None, {}, "internal"),
        ("google.com", "shop.test", None, {}, "search"),
        ("google.com", "shop.test", None, {"gclid": "1"}, "ad"),
        ("google.com", "shop.test", "CPC", {}, "ad"),
        ("facebook.com", "shop.test", None, {"fbclid": "1"}, "social"),
        (None, "shop.test", "newsletter", {}, "mail"),
        ("partner.test", "shop.test", "made-up", {}, "referral"),
    ],
)
def test_how_a_visit_was_tagged_outweighs_where_it_came_from(
    referrer: str | None, page: str, medium: str | None, query: dict[str, str], kind: str
) -> None:
    assert referrers.kind(referrer, page, medium, query) == kind


def test_channels_of_the_table_exist() -> None:
    assert set(channels.by_name().values()) | set(channels.GENERIC.values()) | set(channels.SAID.values()) <= set(
        CHANNELS
    )


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15", "tablet"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/124.0.0.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/124.0.0.0 Mobile Safari/537.36", "mobile"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", "desktop"),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36", "tv"),
        ("curl/8.5", None),
    ],
)
def test_a_user_agent_is_of_a_kind_of_device(agent: str, kind: str | None) -> None:
    assert device_kind(agent) == kind


def test_user_agents_nobody_saw_before_can_not_take_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resa.collect.enrichment._MOST_PARSING", 0.0)
    assert Agents().read("Mozilla/5.0 (X11; Linux x86_64)") is None


@pytest.mark.parametrize(
    ("address", "cut"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::9", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("unix:", None),
    ],
)
def test_addresses_are_cut_short(address: str, cut: str | None) -> None:
    assert cut_address(address) == cut


def test_a_bucket_fills_up_with_time_and_can_be_overdrawn_once() -> None:
    now = [0.0]
    buckets = Buckets(Rate(per_second=10, at_once=20), clock=lambda: now[0])
    assert buckets.wait("a") == 0
    buckets.take("a", 29)
    assert buckets.wait("a") == pytest.approx(1.0)
    now[0] = 1.0
    assert buckets.wait("a") == 0
    assert buckets.wait("b") == 0


def test_what_was_used_lately_is_remembered() -> None:
    memory = Remembered(2)
    for key in "ab":
        memory.put(key, key)
    assert memory.get("a") == "a"
    memory.put("c", "c")
    assert memory.get("a") == "a"
    for key in "defg":
        memory.put(key, key)
    assert memory.get("a") is None
