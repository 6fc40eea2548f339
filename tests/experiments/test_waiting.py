"""Flags and experiments that wait for each other: circles are refused, and one that is there all the same is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec
import pytest
from growthbook import GrowthBook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.analytics import goals
from resa.experiments import Delivery, definition, payload
from resa.experiments.engine import DEEPEST, Asking, Engine
from resa.experiments.ofrep import evaluated
from resa.experiments.payload import World
from resa.kernel.definitions import Portable
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import Cast
from tests.experiments.making import experiment, save

Graph = dict[str, list[str]]
"""Who waits for whom; `e...` are experiments, the others flags."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("waiting")))
    opened.state.create_missing()
    Delivery(opened)
    goals.register(opened)
    yield opened
    opened.close()


def body(key: str, targets: list[str]) -> tuple[str, dict[str, Any]]:
    """A definition that waits for these, and its kind."""
    needs = [{"flag": each} for each in targets if not each.startswith("e")]
    if key.startswith("e"):
        return "experiment", experiment(prerequisites=needs)
    rules: list[dict[str, Any]] = [{"id": "r", "prerequisites": needs, "then": {"type": "force", "value": True}}]
    rules += [
        {"id": each, "then": {"type": "experiment", "experiment": each, "values": {"short": True}}}
        for each in targets
        if each.startswith("e")
    ]
    return "flag", {"name": key, "rules": rules}


def leads_back(graph: Graph, start: str) -> bool:
    """Whether a node waits for itself, found by going every way."""
    seen: set[str] = set()
    waiting = list(graph.get(start, []))
    while waiting:
        node = waiting.pop()
        if node == start:
            return True
        if node not in seen:
            seen.add(node)
            waiting += graph.get(node, [])
    return False


FLAGS, EXPERIMENTS = [f"f{n}" for n in range(5)], [f"e{n}" for n in range(3)]
steps: Final = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(FLAGS), st.lists(st.sampled_from(FLAGS + EXPERIMENTS), max_size=3, unique=True)),
        st.tuples(st.sampled_from(EXPERIMENTS), st.lists(st.sampled_from(FLAGS), max_size=2, unique=True)),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_is_saved_in_whatever_order_exactly_circles_are_refused(
    workspace: Workspace, steps: list[tuple[str, list[str]]]
) -> None:
    graph: Graph = {}
    for key, targets in steps:
        wanted = {**graph, key: targets}
        if leads_back(wanted, key):
            with pytest.raises(Refused, match="waits for itself") as refused:
                save(workspace, *_named(key, targets))
            way = str(refused.value.details["value"]).replace("experiment ", "").split(" -> ")
            assert way[0] == way[-1] == key
            assert all(after in wanted[before] for before, after in pairwise(way))
        else:
            save(workspace, *_named(key, targets))
            graph = wanted
    for key in graph:
        workspace.definitions.delete(body(key, [])[0], key, author="Ada")


def _named(key: str, targets: list[str]) -> tuple[str, str, dict[str, Any]]:
    kind, made = body(key, targets)
    return kind, key, made


def test_a_file_is_judged_as_a_whole(workspace: Workspace) -> None:
    """Neither half of it is a circle; and what opens a circle may come with what would close it."""

    def file(graph: Graph) -> list[Portable]:
        found = [_named(key, targets) for key, targets in graph.items()]
        return [Portable(kind, key, msgspec.Raw(msgspec.json.encode(made))) for kind, key, made in found]

    known = workspace.definitions
    with pytest.raises(Refused, match="waits for itself") as refused:
        known.apply(file({"checkout": ["e-form"], "e-form": ["checkout"]}), author="Ada")
    assert refused.value.details["value"] == "experiment e-form -> checkout -> experiment e-form"
    assert [item.key for item in known.all("flag")] == []
    known.apply(file({"checkout": ["e-form"], "e-form": ["other"], "other": []}), author="Ada")
    known.apply(file({"checkout": [], "e-form": ["checkout"], "other": ["checkout"]}), author="Ada")
    known.delete("flag", "checkout", author="Ada")
    save(workspace, *_named("renewed", ["e-form"]))
    known.undelete("flag", "checkout", author="Ada")
    known.delete("flag", "checkout", author="Ada")
    save(workspace, *_named("other", []))
    with pytest.raises(Refused, match="more than"):
        known.apply(file({f"c{n}": [f"c{n + 1}"] for n in range(DEEPEST + 2)}), author="Ada")
    known.apply(file({f"c{n}": [f"c{n + 1}"] for n in range(DEEPEST)}), author="Ada")


def test_what_would_close_a_circle_does_not_come_back(workspace: Workspace) -> None:
    save(workspace, *_named("back", ["forth"]))
    workspace.definitions.delete("flag", "back", author="Ada")
    save(workspace, *_named("forth", ["back"]))
    with pytest.raises(Refused, match="waits for itself"):
        workspace.definitions.undelete("flag", "back", author="Ada")


async def test_the_refusal_names_field_value_rule_and_remedy(cast: Cast) -> None:
    editor = await cast.member("editor")
    for key, targets in {"a": [], "b": ["a"], "c": ["b"]}.items():
        made = await editor.post("/api/flags", json={"key": key, "body": body(key, targets)[1]})
        assert made.status_code == 201
    closing = body("a", ["c"])[1]
    closing["rules"] = [{"id": "first", "then": {"type": "force", "value": False}}, *closing["rules"]]
    answer = await editor.put("/api/flags/a", json={"expected_version": 1, "body": closing})
    assert (answer.status_code, answer.json()["code"]) == (400, "circular")
    said = answer.json()
    assert (said["field"], said["value"]) == ("rules[1].prerequisites[0].flag", "a -> c -> b -> a")
    assert "waits for itself" in said["rule"]
    assert "Take one" in said["remedy"]


# -- in force all the same -------------------------------------------------------------------------------------------


def delivered(graph: Graph, values: Mapping[str, Any]) -> tuple[Engine, dict[str, Any]]:
    """The programme of definitions that nobody checked together, and its payload."""
    flags = {
        key: definition.Flag(
            name=key,
            default=False,
            rules=[
                definition.Rule(
                    id=f"r{place}",
                    prerequisites=[definition.Prerequisite(flag=target, value=values.get(target, True))],
                    then=definition.Force(value=True),
                )
                for place, target in enumerate(targets)
            ],
        )
        for key, targets in graph.items()
    }
    said = payload.build(World({}, flags, {}, {}, str), 0, public=False).payload
    return Engine(said, forgiving=True), said


graphs: Final = st.dictionaries(st.sampled_from(FLAGS), st.lists(st.sampled_from(FLAGS), max_size=3))
wants: Final = st.dictionaries(st.sampled_from(FLAGS), st.booleans())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(graph=graphs, values=wants)
def test_every_flag_of_any_graph_is_answered_as_other_clients_do_and_by_its_default_in_a_circle(
    graph: Graph, values: dict[str, bool]
) -> None:
    engine, said = delivered(graph, values)
    client = GrowthBook(attributes={"id": "device-1"}, features=said["features"])
    for key in graph:
        found, theirs = engine.ask(key, Asking({"id": "device-1"})), client.eval_feature(key)
        if theirs.source == "cyclicPrerequisite":
            assert (found.value, found.source) == (False, "cyclicPrerequisite")
        else:
            assert (found.value, found.source) == (theirs.value, theirs.source)
    together = Asking({"id": "device-1"})
    assert [engine.ask(key, together) for key in graph] == [
        engine.ask(key, Asking({"id": "device-1"})) for key in graph
    ]


def test_many_ways_to_a_flag_are_gone_once_and_a_chain_without_end_is_given_up() -> None:
    """Fifty flags, each waiting for the twenty before it: more ways than could ever be gone. Ten thousand in a row: deeper than any stack."""
    engine, _ = delivered({f"w{n}": [f"w{m}" for m in range(max(0, n - 20), n)] for n in range(DEEPEST)}, {})
    assert engine.ask(f"w{DEEPEST - 1}", Asking({"id": "device-1"})).value is False
    long, _ = delivered({f"l{n}": [f"l{n + 1}"] for n in range(10_000)}, {})
    found = long.ask("l0", Asking({"id": "device-1"}))
    assert (found.value, found.source) == (False, "cyclicPrerequisite")
    itself = definition.Flag(name="l0", default=False)
    answer = evaluated("l0", itself, found)
    assert (answer["value"], answer["reason"]) == (False, "ERROR")
    assert "lead back" in answer["metadata"]["error"]
