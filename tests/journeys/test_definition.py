"""What a map may be: hostile and mistaken definitions are refused with name, value, rule and remedy."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.journeys import templates
from resa.journeys.definition import KIND
from resa.kernel.definitions import Definitions
from resa.kernel.errors import Refused
from resa.kernel.state import State, sqlite_url

SMALL: dict[str, Any] = {
    "name": "Small",
    "stages": [
        {
            "key": "buy",
            "name": "Buy",
            "touchpoints": [{"key": "order", "name": "Order", "rule": {"any": [{"name": "Order Completed"}]}}],
        }
    ],
}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    """Definitions that know maps."""
    folder: Path = tmp_path_factory.mktemp("definitions")
    made = Definitions(State.open(sqlite_url(folder)))
    made.register(KIND)
    return made


def touchpoint(body: dict[str, Any]) -> dict[str, Any]:
    """The only touchpoint of SMALL."""
    found: dict[str, Any] = body["stages"][0]["touchpoints"][0]
    return found


def where(**condition: Any) -> Callable[[dict[str, Any]], None]:
    """A change that gives the touchpoint a condition."""

    def change(body: dict[str, Any]) -> None:
        touchpoint(body)["rule"]["any"][0]["where"] = [condition]

    return change


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets a field of the touchpoint (`t.`), the stage (`s.`) or the map."""

    def change(body: dict[str, Any]) -> None:
        part, _, name = path.rpartition(".")
        target = {"t": touchpoint(body), "s": body["stages"][0]}.get(part, body)
        target[name] = value

    return change


T = "stages[0].touchpoints[0]"
W = f"{T}.rule.any[0].where[0]"
NUL = "a\0b"

MISTAKES: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (put("stages", []), "stages"),
    (put("stages", [{"key": f"s{n}", "name": "S"} for n in range(65)]), "stages"),
    (put("name", ""), "name"),
    (put("name", NUL), "name"),
    (put("name", "x" * 121), "name"),
    (put("description", "x" * 4_001), "description"),
    (put("surprise", 1), "surprise"),
    (put("goal", {"metric": "NPS", "due": "soon"}), "goal.due"),
    (put("s.key", "Buy now"), "stages[0].key"),
    (put("s.color", "red"), "stages[0].color"),
    (put("s.touchpoints", [{"key": f"t{n}", "name": "T", "by_hand": True} for n in range(501)]), "stages"),
    (put("s.touchpoints", [{"key": "t", "name": "T", "by_hand": True}] * 2), "stages[0].touchpoints[1].key"),
    (put("t.key", "../../etc/passwd"), f"{T}.key"),
    (put("t.channel", "telepathy"), f"{T}.channel"),
    (put("t.rule", {"any": []}), f"{T}.rule"),
    (put("t.rule", {}), f"{T}.rule.any"),
    (put("t.rule", None), f"{T}.rule"),
    (put("t.by_hand", True), f"{T}.rule"),
    (put("t.by_hand", "yes"), f"{T}.by_hand"),
    (put("t.measures", "many"), f"{T}.measures"),
    (put("t.measures", ["x"] * 51), f"{T}.measures"),
    (put("t.rule", {"any": [{"name": "X"}] * 101}), f"{T}.rule.any"),
    (put("t.rule", {"any": [{"type": "track"}]}), f"{T}.rule.any[0].name"),
    (put("t.rule", {"any": [{"type": "carrier pigeon"}]}), f"{T}.rule.any[0].type"),
    (put("t.rule", {"any": [{"name": "X", "channel": "moon"}]}), f"{T}.rule.any[0].channel"),
    (put("t.rule", {"any": [{"name": NUL}]}), f"{T}.rule.any[0].name"),
    (where(property="", op="exists"), f"{W}.property"),
    (where(property=NUL, op="exists"), f"{W}.property"),
    (where(property="x", op="matches", value=".*"), f"{W}.op"),
    (where(property="x", op="is"), f"{W}.value"),
    (where(property="x", op="is", value=["a"]), f"{W}.value"),
    (where(property="x", op="is", value={"a": 1}), f"{W}.value"),
    (where(property="x", op="is", value=10**30), f"{W}.value"),
    (where(property="x", op="is", value=2**53 + 1), f"{W}.value"),
    (where(property="x", op="exists", value=1), f"{W}.value"),
    (where(property="x", op="greater", value="2"), f"{W}.value"),
    (where(property="x", op="less", value=True), f"{W}.value"),
    (where(property="x", op="contains", value=""), f"{W}.value"),
    (where(property="x", op="starts_with", value=2), f"{W}.value"),
    (where(property="x", op="in", value=[]), f"{W}.value"),
    (where(property="x", op="in", value="a"), f"{W}.value"),
    (where(property="x", op="in", value=["a"] * 201), f"{W}.value"),
    (where(property="x", op="in", value=[["a"]]), f"{W}.value[0]"),
    (where(property="revenue", op="contains", value="9"), f"{W}.value"),
]


def test_a_small_map_is_taken(definitions: Definitions) -> None:
    """The one that the mistakes are made in."""
    assert definitions.decode("journey", SMALL).stages[0].touchpoints[0].rule.any[0].type == "track"


@pytest.mark.parametrize(("mistake", "field"), MISTAKES)
def test_a_mistake_is_refused_by_its_path(
    definitions: Definitions, mistake: Callable[[dict[str, Any]], None], field: str
) -> None:
    """With a rule and a remedy to read."""
    body = copy.deepcopy(SMALL)
    mistake(body)
    with pytest.raises(Refused) as caught:
        definitions.decode("journey", body)
    details = caught.value.details
    assert details["field"] == field
    assert details["rule"]
    assert details["remedy"]


def test_a_touchpoint_kept_by_hand_needs_no_rule(definitions: Definitions) -> None:
    """Word of mouth leaves no event."""
    body = copy.deepcopy(SMALL)
    touchpoint(body)["by_hand"] = True
    del touchpoint(body)["rule"]
    assert definitions.decode("journey", body).stages[0].touchpoints[0].by_hand


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    value=json_values, place=st.sampled_from(["", "stages", "t.rule", "t.key", "t.measures", "s.touchpoints", "goal"])
)
def test_whatever_is_sent_is_taken_or_refused(definitions: Definitions, value: Any, place: str) -> None:
    """Nothing else is ever raised."""
    body: Any = copy.deepcopy(SMALL)
    if place:
        put(place, value)(body)
    else:
        body = value
    try:
        text = msgspec.json.encode(body)
    except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError):
        return
    with contextlib.suppress(Refused):
        definitions.decode("journey", text)


@pytest.mark.parametrize("key", templates.KEYS)
def test_a_template_survives_export_and_apply(definitions: Definitions, key: str) -> None:
    """And is the same the second time."""
    definitions.save("journey", key, templates.load(key), expected=0, author="test")
    exported = definitions.export("journey")
    assert {change.change for change in definitions.apply(exported, author="file")} == {"same"}
