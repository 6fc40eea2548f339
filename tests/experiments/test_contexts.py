"""Contexts of a bandit as they are delivered: the same leaf everywhere, true probabilities, nothing of people in public."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httpx
import pytest
from growthbook import GrowthBook

from resa.experiments import engine
from resa.experiments.definition import Context
from resa.experiments.engine import Asking
from resa.kernel import audit
from tests.experiments.conftest import Programme
from tests.experiments.making import ADA, experiment, flag_of, save

MOBILE: Final = {"as-is": 0.2, "short": 0.8}
OTHERS: Final = {"as-is": 0.7, "short": 0.3}
ARMS: Final = ("as-is", "short")
AGENTS: Final = {
    "mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1",
    "desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Safari/537.36",
}


def contexts(**condition: str) -> list[Context]:
    """A leaf, and everybody else."""
    return [Context(condition=condition, weights=MOBILE), Context(condition={}, weights=OTHERS)]


@pytest.fixture(scope="module")
def leafy(programme: Programme) -> Programme:
    """A programme with two experiments whose contexts have weights: by device, and by something that tells of people."""
    steps = programme.delivery.lifecycle
    for key, told in (("hero", contexts(deviceType="mobile")), ("plans", contexts(plan="gold-secret"))):
        save(programme.workspace, "experiment", key, experiment(seed=f"{key}-1"))
        save(programme.workspace, "flag", key, flag_of(key, {arm: arm for arm in ARMS}, public=True))
        steps.start(key, audit.SYSTEM)
        steps.reweigh(key, ADA, weights={"as-is": 0.6, "short": 0.4}, contexts=told)
    return programme


async def payload(web: httpx.AsyncClient, leafy: Programme) -> dict[str, Any]:
    found: dict[str, Any] = (await web.get(f"/api/features/{leafy.browser}")).json()
    return found


def split(value: Callable[[str], str], count: int = 2_000) -> float:
    """The share of devices that are shown the short form."""
    return sum(value(f"d-{number}") == "short" for number in range(count)) / count


def value_of(compiled: engine.Engine, kind: str, device: str) -> str:
    """What a device of a kind is given."""
    return str(compiled.feature("hero", {"id": device, "deviceType": kind}).value)


async def test_leaves_are_delivered_and_decide_in_the_engine_and_in_growthbooks_client(
    leafy: Programme, web: httpx.AsyncClient
) -> None:
    """Python's SDK evaluates the payload that is handed out, and comes to the same as the server, leaf by leaf."""
    found = await payload(web, leafy)
    assert found["contextualBandits"] == {
        "hero": {
            "banditVersion": 2,
            "contexts": [
                {"leafId": 1, "condition": {"deviceType": "mobile"}, "weights": [0.2, 0.8]},
                {"leafId": 2, "condition": {}, "weights": [0.7, 0.3]},
            ],
        }
    }
    programme = leafy.delivery.programme
    for kind, share, leaf in (("mobile", 0.8, 1), ("desktop", 0.3, 2)):
        value = partial(value_of, engine.compile(found), kind)
        assert split(value) == pytest.approx(share, abs=0.03)
        client = GrowthBook(features=found["features"], contextual_bandits=found["contextualBandits"])
        for number in range(200):
            attributes = {"id": f"d-{number}", "deviceType": kind}
            client.set_attributes(attributes)
            result = client.eval_feature("hero").experimentResult
            assert result is not None
            assigned = programme.assign("hero", Asking(attributes))
            assert assigned is not None
            assert (result.key, result.leafId, result.banditVersion) == (assigned.variation, leaf, 2)
            assert (assigned.leaf, assigned.phase) == (leaf, 2)
            assert assigned.probability == (MOBILE if kind == "mobile" else OTHERS)[assigned.variation]
        client.destroy()


async def test_contexts_that_tell_of_people_are_evaluated_on_the_server_only(
    leafy: Programme, web: httpx.AsyncClient
) -> None:
    """DECISIONS 26: the flag is public, its experiment's contexts are not."""
    found = (await web.get(f"/api/features/{leafy.browser}")).text
    assert "gold-secret" not in found
    assert "plans" not in found
    asked = {"attributes": {"id": "d-1", "plan": "gold-secret"}}
    remote = (await web.post(f"/api/eval/{leafy.browser}", json=asked)).json()
    assert remote["contextualBandits"] == {}
    (track,) = remote["features"]["plans"]["rules"][0]["tracks"]
    assert (track["result"]["leafId"], track["result"]["banditVersion"]) == (1, 2)
    assert track["result"]["variationWeights"] == [0.2, 0.8]
    told: list[Any] = []
    engine.compile(remote).feature("plans", {}, exposed=lambda _, result: told.append(result.bandit))
    assert told == [{"leafId": 1, "variationWeights": [0.2, 0.8], "banditVersion": 2}]
    (kept,) = await viewed(leafy, web, "d-1", track["result"]["key"], "plans", "desktop")
    assert (kept["variation"], kept["leaf"], kept["probability"]) == (track["result"]["key"], None, None), (
        "the server kept the assignment, and can't tell any more what it was drawn with"
    )
    for arm in ARMS:
        assert await viewed(leafy, web, "d-2", arm, "plans") == [], (
            "a page's word on a context that only the server knows"
        )


async def viewed(
    leafy: Programme,
    web: httpx.AsyncClient,
    device: str,
    variation: str,
    key: str = "hero",
    agent: str = "mobile",
    **more: Any,
) -> list[dict[str, Any]]:
    """What the log has of this device after a page said that it was shown something; a refusal adds nothing."""
    before = len(leafy.exposures(device))
    event = {"event": "Experiment Viewed", "properties": {"experiment": key, "variation": variation, **more}}
    said = {**event, "type": "track", "anonymousId": device, "context": {"userAgent": AGENTS[agent]}}
    answer = await web.post("/v1/batch", json={"batch": [said], "writeKey": leafy.browser})
    assert answer.status_code == 200, answer.text
    return leafy.exposures(device)[before:]


def apart(leafy: Programme) -> tuple[str, str, str]:
    """A device whose variation is another one on a phone than on a desktop: who, there, here."""
    assign = leafy.delivery.programme.assign
    for number in range(500):
        who = f"apart-{number}"
        there, here = (assign("hero", Asking({"id": who, "deviceType": kind})) for kind in ("mobile", "desktop"))
        assert there is not None
        assert here is not None
        if there.variation != here.variation:
            return who, there.variation, here.variation
    raise AssertionError


async def test_a_page_is_believed_what_its_own_context_leads_to(leafy: Programme, web: httpx.AsyncClient) -> None:
    who, there, here = apart(leafy)
    (found,) = await viewed(leafy, web, who, there)
    assert (found["leaf"], found["bandit_version"], found["phase"], found["probability"]) == (1, 2, 2, MOBILE[there])
    assert await viewed(leafy, web, who, here, leafId=2, attributes={"deviceType": "desktop"}) == []
    (found,) = await viewed(leafy, web, who, here, agent="desktop")
    assert (found["leaf"], found["probability"]) == (2, OTHERS[here])


async def test_a_server_says_the_leaf_or_the_visit(leafy: Programme, web: httpx.AsyncClient) -> None:
    """A server that says neither is believed the variation, and nobody learns from it."""

    async def said(device: str, context: dict[str, Any], **more: Any) -> dict[str, Any]:
        properties = {"experiment": "hero", "variation": "short", **more}
        event = {"type": "track", "event": "Experiment Viewed", "anonymousId": device, "properties": properties}
        await web.post("/v1/batch", json={"batch": [{**event, "context": context}], "writeKey": leafy.server})
        return leafy.exposures(device)[-1]

    who, there, _ = apart(leafy)
    assert (await said("s-1", {}, leafId=1))["probability"] == MOBILE["short"]
    assert (await said("s-2", {}))["probability"] is None
    assert (await said("s-3", {}, leaf=9))["leaf"] is None
    assert there == "short"
    assert (await said(who, {"device": {"type": "mobile"}}))["probability"] == MOBILE["short"]


async def test_decide_and_ofrep_choose_by_leaf_and_say_so(leafy: Programme, web: httpx.AsyncClient) -> None:
    """The token of decide, and OFREP's exposure, carry leaf, probability and version of the bandit."""
    who, there, here = apart(leafy)
    for kind, variation, leaf, weights in (("mobile", there, 1, MOBILE), ("desktop", here, 2, OTHERS)):
        device = who if kind == "mobile" else "other-1"
        asked = {"anonymousId": device, "flags": ["hero"], "context": {"userAgent": AGENTS[kind]}}
        answer = (await web.post("/v1/decide", json={**asked, "writeKey": leafy.browser})).json()["flags"]["hero"]
        if device == who:
            assert answer["variation"] == variation
        signed = leafy.workspace.decisions.signer.read(answer["token"])
        assert signed is not None
        assert (signed.leaf, signed.phase, signed.probability) == (leaf, 2, weights[answer["variation"]])
        (found,) = await viewed(leafy, web, device, answer["variation"], agent=kind, decision=answer["token"])
        assert (found["leaf"], found["bandit_version"], found["probability"]) == (leaf, 2, signed.probability)

    context = {"targetingKey": "o-1", "deviceType": "mobile"}
    headers = {"X-API-Key": leafy.browser}
    answer = (await web.post("/ofrep/v1/evaluate/flags/hero", json={"context": context}, headers=headers)).json()
    assert answer["metadata"]["leaf"] == 1
    for _ in range(100):
        if rows := leafy.exposures("o-1"):
            break
        await asyncio.sleep(0.02)
    assert (rows[0]["leaf"], rows[0]["probability"], rows[0]["via"]) == (1, MOBILE[answer["variant"]], "ofrep")
    device = leafy.workspace.body.query("SELECT device FROM log WHERE anonymous_id = 'o-1'").to_pylist()
    assert device == [{"device": "mobile"}], "the log knows what was decided by"


def test_an_assignment_kept_from_another_context_has_no_probability(leafy: Programme) -> None:
    """Whoever comes back with another device keeps the variation for the phase, and is not judged by what it was not drawn with."""
    who, there, _ = apart(leafy)
    asking = leafy.delivery.asking
    first = leafy.delivery.programme.assign("hero", asking({"id": f"{who}", "deviceType": "mobile"}, verified=True))
    again = leafy.delivery.programme.assign("hero", asking({"id": f"{who}", "deviceType": "desktop"}, verified=True))
    assert first is not None
    assert again is not None
    assert (first.variation, first.probability) == (there, MOBILE[there])
    assert (again.variation, again.leaf, again.probability) == (there, 2, None)


def test_new_weights_for_everybody_end_the_contexts(leafy: Programme) -> None:
    """Also the assignments kept in them, and a page that has the earlier payload is believed for a while."""
    save(leafy.workspace, "experiment", "brief", experiment())
    steps = leafy.delivery.lifecycle
    steps.start("brief", audit.SYSTEM)
    steps.reweigh("brief", ADA, contexts=contexts(deviceType="mobile"))
    assert leafy.delivery.programme.assign("brief", Asking({"id": "x"})) is not None
    steps.reweigh("brief", ADA, weights={"as-is": 0.5, "short": 0.5})
    assigned = leafy.delivery.programme.assign("brief", Asking({"id": "x"}))
    assert assigned is not None
    assert (assigned.leaf, assigned.phase) == (None, 3)
    assert assigned.probability == pytest.approx(0.5)
    assert len(leafy.delivery.programme.earlier("brief")[0].contexts) == 2
