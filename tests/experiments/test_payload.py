"""Definitions as a payload: what is in it, what is not, and when it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from resa.analytics import goals
from resa.experiments import Delivery, rollout
from resa.experiments.engine import Asking
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.experiments.making import ADA, METRIC, experiment, flag_of, save

HOUR: Final = 3_600_000


class Clock:
    now = 1_780_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(settings: Settings, clock: Clock) -> Iterator[Workspace]:
    opened = Workspace.open(settings, clock=clock)
    opened.state.create_missing()
    yield opened
    opened.close()


@pytest.fixture
def delivery(workspace: Workspace) -> Delivery:
    made = Delivery(workspace)
    goals.register(workspace)
    save(workspace, "metric", "orders", METRIC)
    return made


def value(delivery: Delivery, key: str, **attributes: Any) -> Any:
    return delivery.flag(key, Asking(attributes)).value


def devices(count: int) -> list[str]:
    return [f"device-{number}" for number in range(count)]


def test_a_flag_without_rules_is_its_default(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "flag", "greeting", {"name": "Greeting", "type": "string", "default": "Hej"})
    assert value(delivery, "greeting") == "Hej"


def test_a_saved_change_is_in_force_at_once(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "flag", "f", {"name": "F", "default": False})
    before = delivery.programme.current()
    save(workspace, "flag", "f", {"name": "F", "default": True})
    assert value(delivery, "f") is True
    assert delivery.programme.current().full.etag != before.full.etag


def test_the_first_rule_that_applies_decides(workspace: Workspace, delivery: Delivery) -> None:
    rules = [
        {"id": "se", "condition": {"country": "SE"}, "then": {"type": "force", "value": "Hej"}},
        {"id": "off", "enabled": False, "then": {"type": "force", "value": "never"}},
        {"id": "rest", "condition": {"country": {"$exists": True}}, "then": {"type": "force", "value": "Hello"}},
    ]
    save(workspace, "flag", "greeting", {"name": "G", "type": "string", "default": "", "rules": rules})
    assert [value(delivery, "greeting", country=country) for country in ("SE", "DE", None)] == ["Hej", "Hello", ""]


def test_an_experiment_decides_only_while_it_runs(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "experiment", "form", experiment())
    save(workspace, "flag", "form", flag_of("form", {"as-is": "as-is", "short": "short"}))

    def seen() -> set[str]:
        return {value(delivery, "form", id=device) for device in devices(40)}

    assert seen() == {"as-is"}
    delivery.lifecycle.start("form", ADA)
    assert seen() == {"as-is", "short"}
    delivery.lifecycle.pause("form", ADA)
    assert seen() == {"as-is"}
    delivery.lifecycle.start("form", ADA)
    assert seen() == {"as-is", "short"}
    delivery.lifecycle.stop("form", ADA, learning="Short it is.")
    assert seen() == {"as-is"}
    shipped = delivery.lifecycle.ship("form", "short", ADA)
    assert seen() == {"short"}
    assert (shipped.body.status, shipped.body.learning, shipped.body.phase) == ("shipped", "Short it is.", 1)


def test_assignment_is_the_same_after_a_restart(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "experiment", "form", experiment())
    delivery.lifecycle.start("form", ADA)
    again = Delivery(workspace).programme
    for device in devices(100):
        one, other = (each.assign("form", Asking({"id": device})) for each in (delivery.programme, again))
        assert one is not None
        assert one == other


def test_starting_pins_what_it_stands_on(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "audience", "loyal", {"name": "Loyal", "rule": {"did": {"any": [{"name": "Order Completed"}]}}})
    save(workspace, "experiment", "form", experiment(audience="loyal"))
    save(workspace, "metric", "orders", METRIC | {"name": "Orders, again"})
    assert delivery.lifecycle.start("form", ADA).body.pins == {"metric:orders": 2, "audience:loyal": 1}


def test_what_is_missing_keeps_it_from_starting(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "experiment", "form", experiment(metrics={"primary": ["orders", "gone"]}))
    with pytest.raises(Refused, match="gone"):
        delivery.lifecycle.start("form", ADA)


def test_a_running_experiment_changes_only_with_its_phase(
    workspace: Workspace, delivery: Delivery, clock: Clock
) -> None:
    save(workspace, "experiment", "form", experiment())
    running = delivery.lifecycle.start("form", ADA)
    body = workspace.definitions.get("experiment", "form").body

    def changed(**fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(body, **fields))
        return made

    save(workspace, "experiment", "form", changed(name="A better name"))
    for fields in ({"coverage": 0.5}, {"unit": "customer"}, {"seed": "other"}, {"condition": {"country": "SE"}}):
        with pytest.raises(Refused, match="new phase"):
            save(workspace, "experiment", "form", changed(**fields))
    with pytest.raises(Refused, match="keeps its variations"):
        save(workspace, "experiment", "form", changed(variations=body.variations[::-1]))
    for back in ({"status": "draft"}, {"status": "stopped", "phase": 0}):
        with pytest.raises(Refused, match="goes on from there"):
            save(workspace, "experiment", "form", changed(**back))
    with pytest.raises(Refused, match="Stop it first"):
        workspace.definitions.delete("experiment", "form", author="Ada")
    delivery.lifecycle.stop("form", ADA)
    clock.now += HOUR
    with pytest.raises(Refused, match="goes on from there"):
        save(workspace, "experiment", "form", changed(name="Again"))
    assert running.body.phase == 1


def test_an_ending_can_be_taken_back_while_it_is_young(workspace: Workspace, delivery: Delivery, clock: Clock) -> None:
    save(workspace, "experiment", "form", experiment())
    running: dict[str, Any] = msgspec.to_builtins(delivery.lifecycle.start("form", ADA).body)
    for shipped in (None, "short"):
        if shipped is None:
            delivery.lifecycle.stop("form", ADA)
        else:
            delivery.lifecycle.ship("form", shipped, ADA)
        clock.now += 5 * 60_000
        with pytest.raises(Refused, match="new phase"):
            save(workspace, "experiment", "form", running | {"seed": "other"})
        save(workspace, "experiment", "form", running)
    assert msgspec.to_builtins(workspace.definitions.get("experiment", "form").body) == running


def test_schedules_begin_and_end_by_the_clock(workspace: Workspace, delivery: Delivery, clock: Clock) -> None:
    schedule = {"start": "2026-05-28T21:00:00+00:00", "end": "2026-05-28T22:00:00+00:00"}
    rules = [{"id": "sale", "schedule": schedule, "then": {"type": "force", "value": True}}]
    save(workspace, "flag", "sale", {"name": "Sale", "rules": rules})
    found = []
    for clock.now in (1_780_001_999_000, 1_780_002_000_000, 1_780_005_599_000, 1_780_005_600_000):
        found.append(value(delivery, "sale"))
    assert found == [False, True, True, False]


def test_an_experiment_past_its_end_is_stopped(workspace: Workspace, delivery: Delivery, clock: Clock) -> None:
    save(workspace, "experiment", "form", experiment(schedule={"end": "2026-05-28T22:00:00+00:00"}))
    delivery.lifecycle.start("form", ADA)
    delivery.look()
    assert workspace.definitions.get("experiment", "form").body.status == "running"
    clock.now = 1_780_005_600_000
    delivery.look()
    assert workspace.definitions.get("experiment", "form").body.status == "stopped"


@pytest.mark.both_states
def test_a_ramp_climbs_and_is_rolled_back_by_its_guardrail(
    workspace: Workspace, delivery: Delivery, clock: Clock
) -> None:
    steps = [{"hours": 0, "coverage": 0.1}, {"hours": 24, "coverage": 0.5}, {"hours": 48, "coverage": 1}]
    then = {"type": "ramp", "value": True, "steps": steps, "guardrails": ["orders"]}
    save(workspace, "flag", "fast", {"name": "Fast", "rules": [{"id": "up", "then": then}]})
    people, began = devices(2000), clock.now

    def on() -> set[str]:
        return {device for device in people if value(delivery, "fast", id=device)}

    assert on() == set()
    delivery.ramps.start("fast", "up", ADA)
    first = on()
    assert 0.07 < len(first) / 2000 < 0.13
    clock.now = began + 24 * HOUR
    second = on()
    assert first < second
    assert 0.46 < len(second) / 2000 < 0.54
    asked: list[int] = []

    def unhurt(_metric: str, _flag: str, _rule: str, since: int) -> bool:
        asked.append(since)
        return False

    delivery.ramps.guard = unhurt
    for clock.now in (began + HOUR, began + 25 * HOUR):
        assert delivery.ramps.look() == []
    assert asked == [began, began + 24 * HOUR], "since the last step: only then were all split by one share"
    delivery.ramps.guard = lambda metric, flag, rule, since: (
        (metric, flag, rule, since)
        == (
            "orders",
            "fast",
            "up",
            began + 24 * HOUR,
        )
    )
    assert delivery.ramps.look() == [("fast", "up", "orders")]
    assert on() == set()
    state = delivery.ramps.all()["fast", "up"]
    assert (state.reason, rollout.harmed(state)) == ("orders got worse", "orders")
    delivery.ramps.start("fast", "up", ADA)
    clock.now += 48 * HOUR
    assert on() == set(people)


def test_a_ramp_underway_tells_of_both_sides(workspace: Workspace, delivery: Delivery) -> None:
    then = {"type": "ramp", "value": 2, "steps": [{"hours": 0, "coverage": 0.5}], "guardrails": ["orders"]}
    rules = [{"id": "up", "then": then}, {"id": "rest", "then": {"type": "force", "value": 1}}]
    save(workspace, "flag", "fast", {"name": "Fast", "type": "number", "default": 0, "rules": rules})
    delivery.ramps.start("fast", "up", ADA)
    told: list[tuple[str, str, Any]] = []
    for device in devices(50):
        asking = Asking({"id": device}, exposed=lambda each, result: told.append((each["key"], result.key, None)))
        assert delivery.flag("fast", asking).value in (1, 2)
    assert len(told) == 50
    assert {(key, arm) for key, arm, _ in told} == {("ramp:fast:up", "on"), ("ramp:fast:up", "off")}


def test_experiments_of_a_layer_never_meet(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "layer", "checkout", {"name": "Checkout"})
    parts = {"one": (0.0, 0.5), "two": (0.5, 1.0)}
    for key, (start, end) in parts.items():
        save(workspace, "experiment", key, experiment(layer={"key": "checkout", "from": start, "to": end}))
        delivery.lifecycle.start(key, ADA)
    found = [
        {key for key in parts if delivery.programme.assign(key, Asking({"id": device})) is not None}
        for device in devices(500)
    ]
    assert all(len(each) == 1 for each in found)
    save(workspace, "experiment", "three", experiment(layer={"key": "checkout", "from": 0.4, "to": 0.6}))
    with pytest.raises(Refused, match="same part of the layer"):
        delivery.lifecycle.start("three", ADA)


def test_a_hold_out_sees_nothing_of_the_programme(workspace: Workspace, delivery: Delivery) -> None:
    save(workspace, "holdout", "everything", {"name": "Everything", "share": 0.2})
    for key, more in {"form": {}, "exempt": {"holdout": False}}.items():
        save(workspace, "experiment", key, experiment(**more))
        delivery.lifecycle.start(key, ADA)
    people = devices(2000)
    held = {each for each in people if value(delivery, "holdout:everything", id=each) == "holdout"}
    assert 0.17 < len(held) / 2000 < 0.23
    for each in people:
        asking = Asking({"id": each})
        assert (delivery.programme.assign("form", asking) is None) == (each in held)
        assert delivery.programme.assign("exempt", asking) is not None
    save(workspace, "flag", "form", flag_of("form", {"as-is": "as-is", "short": "short"}))
    delivery.lifecycle.ship("form", "short", ADA)
    assert {each for each in people if value(delivery, "form", id=each) != "short"} == held


SECRETS: Final = ("plan-of-customer", "ada@example.org", "loyal", "gold-tier", "Hypothesis-text", "Ada", "orders")


def test_no_public_payload_tells_of_people(workspace: Workspace, delivery: Delivery) -> None:
    rule = {"did": {"any": [{"name": "Order Completed"}]}}
    save(workspace, "audience", "loyal", {"name": "Loyal", "rule": rule})
    private = {"condition": {"plan-of-customer": "gold-tier"}, "pages": {"patterns": [{"pattern": "*"}]}}
    hidden = experiment(hypothesis="Hypothesis-text", owner="Ada", **private)
    shown = experiment(audience="loyal", hypothesis="Hypothesis-text", owner="Ada")
    for key, body in {"hidden": hidden, "shown": shown}.items():
        save(workspace, "experiment", key, body)
        delivery.lifecycle.start(key, ADA)
    values = {"as-is": "as-is", "short": "short"}
    save(workspace, "flag", "first", flag_of("shown", values, public=True, owner="Ada", tags=["loyal"]))
    save(workspace, "flag", "second", flag_of("hidden", values, public=True))
    email = {"id": "vip", "condition": {"email": "ada@example.org"}, "then": {"type": "force", "value": True}}
    save(workspace, "flag", "third", {"name": "Ada's", "rules": [email]})
    needs = [{"id": "r", "prerequisites": [{"flag": "third"}], "then": {"type": "force", "value": True}}]
    save(workspace, "flag", "fourth", {"name": "Fourth", "public": True, "rules": needs})

    now = delivery.programme.current()
    assert set(now.public.payload["features"]) == {"first"}
    assert set(now.full.payload["features"]) == {"first", "second", "third", "fourth"}
    assert (len(now.public.payload["experiments"]), len(now.full.payload["experiments"])) == (0, 1)
    text = now.public.text.decode()
    assert [secret for secret in SECRETS if secret in text] == []
    segment = delivery.programme.segment("loyal")
    assert segment in text
    assert value(delivery, "first", id="device-1") == "as-is"
    arms = {value(delivery, "first", id=each, **{"$segments": [segment]}) for each in devices(40)}
    assert arms == {"as-is", "short"}


BUYERS: Final = {"name": "Buyers", "rule": {"did": {"any": [{"name": "Order Completed"}]}}}


def test_audiences_are_nested_in_conditions_and_are_opaque_in_payloads(
    workspace: Workspace, delivery: Delivery
) -> None:
    for key in ("loyal", "staff"):
        save(workspace, "audience", key, BUYERS)
    nested = {"$or": [{"country": "SE"}, {"$audience": "loyal", "$not": {"$audience": "staff"}}]}
    rule = {"id": "r", "condition": nested, "then": {"type": "force", "value": True}}
    save(workspace, "flag", "nested", {"name": "Nested", "rules": [rule]})
    loyal, staff = (delivery.programme.segment(key) for key in ("loyal", "staff"))
    asked: list[dict[str, Any]] = [
        {"country": "SE"}, {}, {"$segments": [loyal]}, {"$segments": [loyal, staff]}, {"$segments": [staff]},
    ]  # fmt: skip
    assert [value(delivery, "nested", **each) for each in asked] == [True, False, True, False, False]
    assert delivery.programme.current().segmented
    assert b"loyal" not in delivery.programme.current().full.text
    saved = workspace.definitions.get("flag", "nested").body
    assert saved.rules[0].condition == nested, "what was written is what is read again"


def test_an_audience_in_an_experiments_condition_must_be_there_and_is_pinned(
    workspace: Workspace, delivery: Delivery
) -> None:
    save(workspace, "experiment", "form", experiment(condition={"$or": [{"$audience": "loyal"}, {"country": "SE"}]}))
    with pytest.raises(Refused, match="Its audience is there: loyal"):
        delivery.lifecycle.start("form", ADA)
    save(workspace, "audience", "loyal", BUYERS)
    assert delivery.lifecycle.start("form", ADA).body.pins["audience:loyal"] == 1


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"$or": [{"$audience": 5}]}, r"condition\.\$or\[0\]\.\$audience"),
        ({"$audience": "Not A Key"}, r"condition\.\$audience"),
        ({"$not": {"$audience": "staff"}}, "a browser does not know its audiences"),
        ({"$nor": [{"$audience": "staff"}]}, "a browser does not know its audiences"),
    ],
)
def test_an_audience_that_can_not_be_asked_for_is_refused(
    workspace: Workspace, delivery: Delivery, condition: dict[str, Any], why: str
) -> None:
    """A browser that evaluates by itself would take everybody for outside of an audience."""
    rule = {"id": "r", "condition": condition, "then": {"type": "force", "value": True}}
    with pytest.raises(Refused, match=why):
        save(workspace, "flag", "f", {"name": "F", "public": True, "rules": [rule]})
    assert delivery.programme.flag("f") is None


def test_a_public_flag_may_not_ask_for_traits(workspace: Workspace, delivery: Delivery) -> None:
    rule = {"id": "vip", "condition": {"$or": [{"email": "ada@example.org"}]}, "then": {"type": "force", "value": True}}
    with pytest.raises(Refused, match="says something of people"):
        save(workspace, "flag", "vip", {"name": "VIP", "public": True, "rules": [rule]})


def test_an_experiment_on_pages_is_run_by_address(workspace: Workspace, delivery: Delivery) -> None:
    changes = {"short": {"css": "h1 { color: red }", "redirect": None}}
    pages = {"patterns": [{"pattern": "https://shop.example/cart*"}], "changes": changes}
    save(workspace, "experiment", "cart", experiment(pages=pages))
    delivery.lifecycle.start("cart", ADA)
    engine = delivery.programme.current().public.engine
    found = [engine.automatic({"id": each}, "https://shop.example/cart/1") for each in devices(40)]
    assert {each[0].result.key for each in found} == {"as-is", "short"}
    assert engine.automatic({"id": "device-1"}, "https://shop.example/") == []


@pytest.mark.parametrize(
    "change",
    [
        {"redirect": "https://elsewhere.example/"},
        {"redirect": "//elsewhere.example"},
        {"css": "@import url(https://x)"},
        {"mutations": [{"selector": "a", "attribute": "onclick", "action": "set", "value": "alert(1)"}]},
        {"mutations": [{"selector": "a", "attribute": "href", "action": "set", "value": " java\tscript:alert(1)"}]},
        {
            "mutations": [
                {"selector": "a", "attribute": "html", "action": "set", "value": "<img src=x onerror=alert(1)>"}
            ]
        },
        {"mutations": [{"selector": "a", "attribute": "html", "action": "append", "value": "<svg><script>x"}]},
    ],
)
def test_changes_of_pages_run_nothing(workspace: Workspace, delivery: Delivery, change: dict[str, Any]) -> None:
    pages = {"patterns": [{"pattern": "*"}], "changes": {"short": change}}
    with pytest.raises(Refused):
        save(workspace, "experiment", "cart", experiment(pages=pages))
