"""Mappings: templates, conversions, times, groups, conditions; and the ready-made ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from resa.collect.imports import flags, mappings, readers
from resa.collect.imports.shaping import Problem
from resa.kernel.errors import Refused
from resa.kernel.events import Draft
from resa.kernel.times import iso

from .files import ORDERS, real, shape


def one(tmp_path: Path, csv: str, mapping: str, zone: str = "UTC") -> Draft | Problem:
    path = tmp_path / "one.csv"
    path.write_text(csv)
    found = shape(path, mapping, zone)
    assert len(found) == 1
    return found[0]


def event(**more: str) -> str:
    told = {"name": '"Bought"', "time": '"{at}"', "user_id": '"{who}"'} | more
    return "[[event]]\n" + "\n".join(f"{key} = {value}" for key, value in told.items())


@pytest.mark.parametrize(
    ("text", "zone", "rule", "expected"),
    [
        ("2026-01-15 12:00:00", "UTC", '"{at}"', "2026-01-15T12:00:00.000Z"),
        ("2026-01-15 12:00:00", "Europe/Stockholm", '"{at}"', "2026-01-15T11:00:00.000Z"),
        ("2026-07-15 12:00:00", "Europe/Stockholm", '"{at}"', "2026-07-15T10:00:00.000Z"),
        ("2026-07-15T12:00:00+05:30", "Europe/Stockholm", '"{at}"', "2026-07-15T06:30:00.000Z"),
        # 25 October 2026: clocks go back, 02:30 comes twice; the first is meant
        ("2026-10-25 02:30:00", "Europe/Stockholm", '"{at}"', "2026-10-25T00:30:00.000Z"),
        ("2026-10-25 03:30:00", "Europe/Stockholm", '"{at}"', "2026-10-25T02:30:00.000Z"),
        # 29 March 2026: clocks go ahead, 02:30 never was; the offset before holds
        ("2026-03-29 02:30:00", "Europe/Stockholm", '"{at}"', "2026-03-29T01:30:00.000Z"),
        (
            "15/07/2026 12:00",
            "America/New_York",
            '{ from = "{at}", format = "%d/%m/%Y %H:%M" }',
            "2026-07-15T16:00:00.000Z",
        ),
        ("15/07/2026", "UTC", '{ from = "{at}", format = "%d/%m/%Y", plus = "{more}" }', "2026-07-15T00:00:01.500Z"),
        ("1784116800", "UTC", '"{at}"', "2026-07-15T12:00:00.000Z"),
        ("1784116800123", "UTC", '"{at}"', "2026-07-15T12:00:00.123Z"),
        ("86400", "UTC", '{ from = "{at}", format = "milliseconds" }', "1970-01-01T00:01:26.400Z"),
        ("2026-01-15 12:00:00", "UTC", '{ from = "{at}", timezone = "Asia/Tokyo" }', "2026-01-15T03:00:00.000Z"),
    ],
)
def test_times_are_read_on_the_clocks_of_their_zone(
    tmp_path: Path, text: str, zone: str, rule: str, expected: str
) -> None:
    made = one(tmp_path, f"at,who,more\n{text},1,1.5\n", event(time=rule), zone)
    assert isinstance(made, Draft)
    assert iso(made.time) == expected


@pytest.mark.parametrize(
    ("line", "field", "rule"),
    [
        ("yesterday,1,5", "time", "is not a time."),
        (",1,5", "time", "is missing."),
        ("2099-01-01,1,5", "time", "lies in the future."),
        ("1960-01-01,1,5", "time", "is before 1970."),
        ("2026-01-01,,5", "user_id", "is missing, and anonymous_id too."),
        ("2026-01-01,1,five", "revenue", "is not a number."),
        ("2026-01-01,1,1e20", "revenue", "is too large an amount."),
        ("2026-01-01,a\x07b,5", "user_id", "holds control characters."),
    ],
)
def test_what_can_not_be_an_event_says_field_and_rule(tmp_path: Path, line: str, field: str, rule: str) -> None:
    made = one(tmp_path, f"at,who,paid\n{line}\n", event(revenue='"{paid}"'))
    assert isinstance(made, Problem)
    assert (made.field, made.rule) == (field, rule)
    assert made.payload["event"] == "Bought"


def test_amounts_are_exact_and_ids_lose_the_point_zero_of_floats(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"at":"2026-01-01","who":17850.0,"paid":0.1}\n')
    made = shape(path, event(revenue='{ sum = ["{paid}", "{paid}"] }'))[0]
    assert isinstance(made, Draft)
    assert (made.user_id, made.revenue) == ("17850", "0.0100")


def test_values_are_mapped_converted_renamed_and_defaulted(tmp_path: Path) -> None:
    mapping = (
        event()
        + """
[event.properties]
size = { from = "{s}", values = { S = "small", L = "large" }, default = "other" }
n = { from = "{n}", as = "integer" }
share = { from = "{share}", as = "number", decimal = "," }
member = { from = "{member}", as = "boolean" }
label = "{s}/{n}"
constant = 7
"""
    )
    made = one(tmp_path, 'at,who,s,n,share,member\n2026-01-01,1,XL,12,"1.234,5",yes\n', mapping)
    assert isinstance(made, Draft)
    assert json.loads(made.properties) == {
        "size": "other",
        "n": 12,
        "share": 1234.5,
        "member": True,
        "label": "XL/12",
        "constant": 7,
    }


GROUPED = """
only = ["{n} > 0"]
[group]
by = ["order"]
window = 3
[[event]]
name = "Order Completed"
time = "{at}"
user_id = "{who}"
order_id = "{order}"
revenue = { sum = ["{n}", "{price}"] }
[event.lines.products]
product_id = "{product}"
"""


def test_lines_of_an_order_become_one_event_also_where_others_come_between(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    rows = ["A,p1,2,1.10", "B,p1,1,3.00", "A,p2,1,0.05", "A,p3,0,9.99", "B,p2,-1,3.00"]
    path.write_text("order,product,n,price,at,who\n" + "".join(f"{row},2026-01-01,7\n" for row in rows))
    made = shape(path, GROUPED)
    assert [(d.order_id, d.revenue, json.loads(d.properties)["products"]) for d in made if isinstance(d, Draft)] == [
        ("B", "3.0000", [{"product_id": "p1"}]),
        ("A", "2.2500", [{"product_id": "p1"}, {"product_id": "p2"}]),
    ]


def test_a_line_long_after_its_group_is_a_problem_never_a_second_order(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    rows = ["A", "B", "C", "D", "E", "A"]
    path.write_text("order,product,n,price,at,who\n" + "".join(f"{row},p,1,1,2026-01-01,7\n" for row in rows))
    made = shape(path, GROUPED)
    assert [item.number for item in made if isinstance(item, Problem)] == [6]
    assert sum(isinstance(item, Draft) for item in made) == 5


def test_the_first_event_rule_that_holds_is_used(tmp_path: Path) -> None:
    rules = '[every]\ntime = "{at}"\nuser_id = "{who}"\n[[event]]\nwhen = ["{paid} < 0"]\nname = "Refund"\n[[event]]\nname = "Payment"\n'
    path = tmp_path / "a.csv"
    path.write_text("at,who,paid\n2026-01-01,1,5\n2026-01-01,1,-5\n2026-01-01,1,x\n")
    made = shape(path, rules)
    assert [item.name for item in made if isinstance(item, Draft)] == ["Payment", "Refund"]
    assert isinstance(made[2], Problem)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("event = 3", "Expected"),
        ("[[event]]\ntime = '{a}'\nuser_id = '{b}'", "name"),
        ("[[event]]\ntime = '{a}'\nname = 'x'", "user_id"),
        ("[[event]]\ntime = '{a}'\nname = 'x'\nuser_id = '{b}'\nchanel = 'web'", "chanel"),
        ("[[event]]\ntime = '{a}'\nname = 'x'\nuser_id = '{b}'\nchannel = 'fax'", "no channel"),
        ("only = ['{a} around 3']\n[[event]]\ntime = '{a}'\nname = 'x'\nuser_id = '{b}'", "condition"),
        ("timezone = 'Mars/Olympus'\n[[event]]\ntime = '{a}'\nname = 'x'\nuser_id = '{b}'", "time zone"),
        ("= =", "can't be read"),
        ("{" * 50_000, "can't be read|deeply"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_place(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        mappings.parse(text)


def test_a_mapping_that_reads_columns_the_file_lacks_is_refused_naming_both() -> None:
    with pytest.raises(Refused, match=r"amount.*The file has at, customer"):
        mappings.check_columns(mappings.find(ORDERS), ["at", "customer"])


def test_flags_make_the_same_mapping_as_a_file(tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "name": "Order Completed",
        "time": "at",
        "user_id": "customer",
        "order_id": "order",
        "revenue": "amount",
    }
    made = flags.mapping(told | {"currency": "EUR", "channel": "store", "property": ("city",)})
    assert made.hash(mappings.zone_of("UTC")) == mappings.find(ORDERS).hash(mappings.zone_of("UTC"))


def test_a_mapping_is_proposed_from_the_names_of_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("OrderId,CreatedAt,CustomerId,Total,Zip\n1,2026-01-01,7,12.50,01234\n")
    columns, sample, _ = readers.look(path)
    proposed = mappings.propose(path.name, columns, sample)
    assert proposed is not None
    made = shape(path, msgspec.json.encode(proposed).decode())[0]
    assert isinstance(made, Draft)
    assert (made.name, made.user_id, made.order_id, made.revenue) == ("Order Completed", "7", "1", "12.5000")
    assert json.loads(made.properties) == {"total": 12.5, "zip": "01234", "revenue": 12.5, "order_id": "1"}


@pytest.mark.parametrize(("said", "channel"), [("store", "store"), ("Kiosk 7", "other")])
def test_a_column_of_channels_is_proposed_as_the_channel(tmp_path: Path, said: str, channel: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(f"time,event,user_id,channel\n2026-01-01,Order Completed,7,{said}\n")
    columns, sample, _ = readers.look(path)
    proposed = mappings.propose(path.name, columns, sample)
    assert proposed is not None
    made = shape(path, msgspec.json.encode(proposed).decode())[0]
    assert isinstance(made, Draft)
    assert made.channel == channel
    assert ("channel" in json.loads(made.properties)) is (channel == "other")


@pytest.mark.parametrize("mapping", mappings.ready_made().values(), ids=lambda mapping: mapping.name)
def test_each_ready_made_mapping_says_what_it_is(mapping: mappings.Mapping) -> None:
    assert mapping.title
    assert mapping.description
    assert mapping.files


def test_otto_sessions_become_clicks_carts_and_orders() -> None:
    made = shape(real("otto_sample/otto_train_sample.jsonl"), "otto_sample")
    names = [item.name for item in made if isinstance(item, Draft)]
    assert (names.count("Product Viewed"), names.count("Product Added"), names.count("Order Completed")) == (
        800,
        52,
        10,
    )
    assert len(made) == 862


def test_clicks_of_the_clothing_shop_keep_their_order(tmp_path: Path) -> None:
    source = real("eshop_clothing_2008/eshop_clothing_2008.csv.gz")
    path = tmp_path / "eshop_clothing_2008.csv"
    with gzip.open(source, "rt") as lines:
        path.write_text("".join(line for _, line in zip(range(2_000), lines, strict=False)))
    made = shape(path, "eshop_clothing_2008")
    drafts = [item for item in made if isinstance(item, Draft)]
    assert len(drafts) == len(made) == 1_999
    first = [draft for draft in drafts if draft.anonymous_id == "session-1"]
    assert [json.loads(draft.properties)["order_of_click"] for draft in first] == list(range(1, len(first) + 1))
    assert [draft.time for draft in first] == sorted(draft.time for draft in first)
    assert {json.loads(draft.properties)["country"] for draft in first} == {"Poland"}
