"""The two forms of a map's rules, SQL and Python, say the same of every event, however hostile names and values are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.journeys import rules
from resa.journeys.definition import Journey, Rule, Stage, Touchpoint, check
from resa.journeys.rules import Matcher
from resa.kernel.events import CHANNELS
from resa.kernel.matching import Condition, Match, sql

HOSTILE = [
    "plan",
    "a b",
    "a.b",
    "a/b",
    "a~1b",
    "$.x",
    "$",
    "*",
    "a[0]",
    "0",
    "o'clock",
    "'; DROP TABLE log; --",
    '"quoted"',
    "back\\slash",
    "%_",
    "new\nline",
    "日本語",
    "ångström",
    "🛒",
    "{",
    "?",
    "{}",
    "/",
    "~",
]
TEXTS = [*HOSTILE, "", "2", "2.5", "1e3", "-7", "0x10", " 2", "2 ", "true", "false", "null", "inf", "nan", "²", "[1]"]
NAMES = ["Order Completed", "Product Viewed", "it's", "\\", "'' OR 1=1 --"]

quarters = st.integers(-4_000, 4_000).map(lambda number: number / 4)
scalars = st.one_of(st.sampled_from(TEXTS), st.integers(-5, 5), quarters, st.booleans())
sent: st.SearchStrategy[Any] = st.one_of(scalars, st.none(), st.just([]), st.just({"a": 1}), st.just(["2", 2]))
properties = st.dictionaries(st.sampled_from(HOSTILE), sent, max_size=4)
columns = st.sampled_from(["page_path", "referrer_kind", "order_id"])

conditions = st.one_of(
    st.builds(
        lambda name, op, value: Condition(property=name, op=op, value=value),
        st.one_of(st.sampled_from(HOSTILE), columns),
        st.sampled_from(["is", "is_not"]),
        scalars,
    ),
    st.builds(
        lambda name, op, value: Condition(property=name, op=op, value=value),
        st.one_of(st.sampled_from(HOSTILE), columns),
        st.sampled_from(["contains", "starts_with"]),
        st.sampled_from([text for text in TEXTS if text]),
    ),
    st.builds(
        lambda name, op, value: Condition(property=name, op=op, value=value),
        st.one_of(st.sampled_from(HOSTILE), columns, st.just("revenue")),
        st.sampled_from(["greater", "less", "is", "is_not"]),
        st.one_of(st.integers(-5, 5), quarters),
    ),
    st.builds(
        lambda name: Condition(property=name, op="exists"),
        st.one_of(st.sampled_from(HOSTILE), columns, st.just("revenue")),
    ),
    st.builds(
        lambda name, value: Condition(property=name, op="in", value=value),
        st.one_of(st.sampled_from(HOSTILE), columns),
        st.lists(scalars, min_size=1, max_size=3),
    ),
)
channels = st.one_of(st.none(), st.sampled_from(["web", "app", "store"]))
matches = st.one_of(
    st.builds(
        lambda name, where, channel: Match(type="track", name=name, where=where, channel=channel),
        st.sampled_from(NAMES),
        st.lists(conditions, max_size=2),
        channels,
    ),
    st.builds(
        lambda type_, name, where, channel: Match(type=type_, name=name, where=where, channel=channel),
        st.sampled_from(["page", "screen", "identify"]),
        st.one_of(st.none(), st.sampled_from(NAMES)),
        st.lists(conditions, max_size=2),
        channels,
    ),
)
events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "track", "page", "screen", "identify"]),
        "name": st.sampled_from([*NAMES, ""]),
        "channel": st.one_of(st.sampled_from(["web", "app", "store", "martian"]), st.none()),
        "simulated": st.booleans(),
        "page_path": st.one_of(st.none(), st.sampled_from(TEXTS)),
        "referrer_kind": st.one_of(st.none(), st.sampled_from(["search", "direct"])),
        "order_id": st.one_of(st.none(), st.sampled_from(TEXTS)),
        "revenue": st.one_of(st.none(), st.sampled_from(["2.0000", "-7.2500", "0.0000", "1000.0000"])),
        "properties": properties.map(lambda found: json.dumps(found, ensure_ascii=False)),
    }
)


def journey_of(found: list[list[Match]]) -> Journey:
    """A map with one touchpoint for each list of matches, two to a stage."""
    touchpoints = [
        Touchpoint(key=f"t{number}", name=f"T{number}", rule=Rule(any=any_), by_hand=not any_)
        for number, any_ in enumerate(found)
    ]
    stages = [
        Stage(key=f"s{place}", name=f"S{place}", touchpoints=touchpoints[place : place + 2])
        for place in range(0, len(touchpoints), 2)
    ]
    journey = Journey(name="Random", stages=stages)
    check(journey)
    return journey


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    yield connection
    connection.close()


def labelled(engine: duckdb.DuckDBPyConnection, journey: Journey, found: list[dict[str, Any]]) -> list[int]:
    """The label of each event by SQL."""
    types = {"simulated": pa.bool_(), "row": pa.int64()}
    names = [*found[0], "row"]
    rows = [{**event, "row": row} for row, event in enumerate(found)]
    table = pa.table({n: pa.array([event[n] for event in rows], types.get(n, pa.string())) for n in names})
    engine.register("given", table)
    log = "SELECT * REPLACE (CAST(revenue AS DECIMAL(18, 4)) AS revenue) FROM given"
    query = f'SELECT CAST({rules.labels(journey)} AS USMALLINT) FROM ({log}) ORDER BY "row"'
    return [label for (label,) in engine.execute(query).fetchall()]


def expected(journey: Journey, event: dict[str, Any]) -> int:
    """The label of an event by the matcher."""
    number = Matcher(journey).number(event)
    if number is None:
        return 0
    channel = event["channel"] if event["channel"] in CHANNELS else "other"
    return number * rules.VARIANTS + 2 * CHANNELS.index(channel) + int(event["simulated"]) + 1


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    found=st.lists(st.lists(matches, max_size=3), min_size=1, max_size=6),
    happened=st.lists(events, min_size=1, max_size=25),
)
def test_sql_and_python_agree_on_every_event(
    engine: duckdb.DuckDBPyConnection, found: list[list[Match]], happened: list[dict[str, Any]]
) -> None:
    """Random maps over random events."""
    journey = journey_of(found)
    assert labelled(engine, journey, happened) == [expected(journey, event) for event in happened]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_property_is_found_by_its_very_name_and_value(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    """Neither quotes nor paths nor comments mean anything."""
    blank = {"type": "track", "name": "X", "channel": "web", "simulated": False, "page_path": None, "revenue": None}
    values: list[Any] = [*HOSTILE, 2, True]
    found = [[Match(name="X", where=[Condition(property=name, op="is", value=value)])] for value in values]
    journey = journey_of(found)
    happened = [{**blank, "properties": json.dumps({name: value})} for value in values]
    others = [
        {**blank, "properties": text}
        for text in (json.dumps({name + "x": "plan"}), json.dumps({name: "another"}), "{}")
    ]
    labels = labelled(engine, journey, happened + others)
    assert [label // rules.VARIANTS for label in labels[: len(values)]] == list(range(len(values)))
    assert labels == [expected(journey, event) for event in happened + others]
    assert labels[len(values) :] == [0, 0, 0]


@pytest.mark.parametrize("text", ["not json", r'{"plan": "\ud800"}', '{"plan": ', "", "[]", '"plan"', "null"])
def test_properties_that_are_no_object_match_nothing_and_break_nothing(
    engine: duckdb.DuckDBPyConnection, text: str
) -> None:
    """One bad event must not take the map from everyone."""
    journey = journey_of([[Match(name="X", where=[Condition(property="plan", op="is", value="gold")])]])
    blank = {"type": "track", "name": "X", "channel": "web", "simulated": False, "revenue": None}
    happened = [{**blank, "properties": text}, {**blank, "properties": '{"plan": "gold"}'}]
    assert [label > 0 for label in labelled(engine, journey, happened)] == [False, True]
    assert Matcher(journey).number(happened[0]) is None


def test_an_event_belongs_to_the_first_touchpoint_that_matches() -> None:
    """The narrow rule stands before the wide one."""
    narrow = Match(type="page", where=[Condition(property="referrer_kind", op="is", value="search")])
    journey = journey_of([[narrow], [Match(type="page")], [narrow]])
    page = {"type": "page", "name": "", "channel": "web", "properties": "{}"}
    matcher = Matcher(journey)
    assert matcher.number({**page, "referrer_kind": "search"}) == 0
    assert matcher.number({**page, "referrer_kind": None}) == 1


def test_a_label_says_touchpoint_channel_and_simulated() -> None:
    """And reads back."""
    assert rules.read(0) is None
    label = 7 * rules.VARIANTS + 2 * CHANNELS.index("chat") + 1 + 1
    assert rules.read(label) == rules.Label(7, CHANNELS.index("chat"), True)


def test_the_largest_map_fits_sixteen_bits() -> None:
    """500 touchpoints on every channel, simulated or not."""
    assert 500 * rules.VARIANTS < 65_535


@pytest.mark.parametrize("name", ["plan", "a b", "o'clock", "back\\slash", "日本語"])
def test_spark_text_is_escaped_both_ways(name: str) -> None:
    """Spark escapes with backslashes where DuckDB doubles quotes."""
    text = sql.ENGINES["spark"].literal(name)
    assert text[0] == text[-1] == "'"
    assert text[1:-1].replace("\\'", "'").replace("\\\\", "\\") == name
