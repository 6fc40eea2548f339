"""What one client garbles never costs its neighbours, and never more than an error."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.collect import decode
from resa.collect.drafting import Drafter
from resa.collect.wire import Unreadable
from resa.kernel.errors import Refused
from resa.kernel.events import TYPES, Draft
from tests.collect.sending import outcomes, track

DRAFTER = Drafter()
GOOD = json.dumps(track(messageId="good")).encode()


def between_good_ones(bad: bytes) -> list[Draft | Refused]:
    """The outcome of a batch with `bad` between two good events."""
    return outcomes(b'{"batch": [' + GOOD + b", " + bad + b", " + GOOD + b'], "sentAt": "2026-11-21T10:00:00Z"}')


@pytest.mark.parametrize(
    "bad",
    [
        b"7",
        b"null",
        b'"text"',
        b"[]",
        b"{}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"type": "track", "event": "X", "userId": "u", "properties": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
        b'{"type": "track", "event": "X", "userId": true}',
        b'{"type": "track", "event": "X", "userId": ' + b"9" * 5000 + b"}",
        b'{"type": "track", "event": "X", "userId": "\\ud800"}',
        b'{"type": "track", "event": "X", "userId": "u", "properties": {"a": }}',
        b'{"type": "track", "event": "X", "userId": "u", "properties": {"revenue": 1e999}}',
    ],
)
def test_a_bad_event_is_named_and_its_neighbours_live(bad: bytes) -> None:
    before, between, after = between_good_ones(bad)
    assert isinstance(before, Draft)
    assert isinstance(after, Draft)
    assert isinstance(between, Refused)
    assert between.details["rule"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        (b'{"a": "x\\ud800y"}', {"a": "x\ufffdy"}),
        (b'{"a": "x\\u0000y"}', {"a": "x\ufffdy"}),
        (b'{"a": "x\x00y\x01\n"}', {"a": "x\ufffdy\x01\n"}),
        (b'{"a": "\xff\xfe"}', {"a": "\ufffd\ufffd"}),
        (b'{"a": "\\\\u0000"}', {"a": "\\u0000"}),
    ],
)
def test_what_can_be_mended_is(written: bytes, kept: object) -> None:
    _, between, _ = between_good_ones(b'{"type": "track", "event": "X", "userId": "u", "properties": ' + written + b"}")
    assert isinstance(between, Draft)
    assert json.loads(between.properties) == kept


def test_a_body_in_utf_16_or_with_a_byte_order_mark_is_read() -> None:
    text = json.dumps({"batch": [track()]})
    for encoding in ("utf-16", "utf-16-le", "utf-8-sig", "utf-32"):
        (made,) = outcomes(text.encode(encoding))
        assert isinstance(made, Draft)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"7",
        b"[]",
        b"{}",
        b'{"batch": 7}',
        b'{"batch": {}}',
        b'{"batch": [' + GOOD,
        b'{"batch": [{"a": "x]}',
        b"\xff\xfe\x00",
        b'{"batch": []} and more',
    ],
)
def test_a_body_whose_parts_can_not_be_told_apart_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode.read(body, None)


def test_the_last_of_two_equal_keys_counts() -> None:
    (made,) = outcomes(b'{"type": "track", "event": "X", "userId": "a", "userId": "b"}', "track")
    assert isinstance(made, Draft)
    assert made.user_id == "b"


def test_an_event_above_its_limit_is_refused_alone() -> None:
    large = json.dumps(track(properties={"text": "x" * 32_768})).encode()
    before, between, after = between_good_ones(large)
    assert isinstance(between, Refused)
    assert between.code == "too_large"
    assert isinstance(before, Draft)
    assert isinstance(after, Draft)


def test_ten_thousand_keys_are_only_keys() -> None:
    many = json.dumps(track(properties={str(n): 1 for n in range(3000)})).encode()
    _, between, _ = between_good_ones(many)
    assert isinstance(between, Draft)
    too_many = json.dumps(track(properties={f"key {n}": 1 for n in range(10_000)})).encode()
    _, between, _ = between_good_ones(too_many)
    assert isinstance(between, Refused)


# -- anything at all ---------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["", "null", "0", "2026-11-21", "a\x00b"])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    *("messageId", "userId", "anonymousId", "groupId", "previousId", "event", "name", "category", "channel"),
    *("timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context"),
)
INNER = (
    "revenue",
    "total",
    "currency",
    "order_id",
    "url",
    "title",
    "page",
    "campaign",
    "userAgent",
    "ip",
    "library",
    "traits",
    "device",
    "os",
    "referrer",
)
inside = anything | st.dictionaries(st.sampled_from(INNER), anything, max_size=5)
hostile = st.fixed_dictionaries({"type": st.sampled_from(TYPES) | scalars}, optional=dict.fromkeys(FIELDS, inside))


@given(st.lists(hostile, max_size=4), st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_whatever_an_event_holds_its_neighbour_lands_and_nothing_breaks(events: list[object], place: int) -> None:
    place = min(place, len(events))
    batch = [*events[:place], track(messageId="good"), *events[place:]]
    found = outcomes(json.dumps({"batch": batch}).encode(), drafter=DRAFTER)
    assert len(found) == len(batch)
    good = found[place]
    assert isinstance(good, Draft)
    assert good.message_id == "good"
    for outcome in found:
        if isinstance(outcome, Draft):
            json.loads(outcome.properties)
            json.loads(outcome.context)
            outcome.name.encode()
            outcome.identity.encode()


@given(st.binary(max_size=60), st.integers(0, 200), st.booleans())
@settings(max_examples=300, deadline=None)
def test_whatever_is_cut_from_or_put_into_a_body_is_read_or_unreadable(noise: bytes, place: int, cut: bool) -> None:
    body = b'{"batch": [' + GOOD + b"]}"
    garbled = body[:place] + noise + (b"" if cut else body[place:])
    for kind in (None, "track"):
        with suppress(Unreadable):
            outcomes(garbled, kind, drafter=DRAFTER)
