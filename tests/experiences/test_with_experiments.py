"""Experiments, hold-outs and flags in `decide`."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

from resa.experiences import deciding, preview
from resa.experiences.preview import PreviewWish
from resa.experiments import Delivery
from tests.experiences.conftest import Shop

ARMS = [{"key": "old"}, {"key": "new"}]
RUNNING = {"status": "running", "phase": 1, "started": "2026-01-01T00:00:00.000Z", "seed": "a-seed"}


def experiment(shop: Shop, key: str, **more: Any) -> None:
    """An experiment that runs."""
    shop.save("experiment", key, **{"name": key, "variations": ARMS, "holdout": False, **RUNNING, **more})


async def test_an_experiment_splits_an_experience_and_every_showing_is_its_exposure(shop: Shop) -> None:
    experiment(shop, "hero-test")
    shop.placement("tested")
    shop.content("tested", body={"text": "New"})
    arms = [{"key": "old"}, {"key": "new", "content": "tested"}]
    shop.experience("tested", "tested", variations=arms, experiment="hero-test")
    found = [(await shop.ask("tested", anonymousId=f"t{n}"))["tested"] for n in range(60)]
    counted = Counter(each["variation"] for each in found)
    assert set(counted) == {"old", "new"}
    assert min(counted.values()) > 15
    assert all((each["content"] is None) == (each["variation"] == "old") for each in found)
    assert {(each["experiment"], each["probability"]) for each in found} == {("hero-test", 0.5)}
    exposed = (await shop.logged("Experiment Viewed"))[-60:]
    assert [(each["variation"], each["unit"], each["via"]) for each in exposed] == [
        (each["variation"], f"t{n}", "decide") for n, each in enumerate(found)
    ]
    assert {(each["phase"], each["unit_kind"]) for each in exposed} == {(1, "device")}


async def test_a_variation_that_is_missing_or_an_experiment_that_rests_shows_nothing(shop: Shop) -> None:
    experiment(shop, "resting", status="draft", phase=0, started=None, seed="")
    shop.show("rests", experiment="resting")
    experiment(shop, "wider", variations=[{"key": "other"}, {"key": "another"}])
    shop.show("misses", experiment="wider")
    found = await shop.ask("rests", "misses")
    assert [found[key]["reason"]["code"] for key in ("rests", "misses")] == ["experiment", "missing_variation"]


async def test_the_hold_out_of_the_programme_keeps_from_every_experience(shop: Shop) -> None:
    shop.show("programme")
    shop.save("holdout", "everything", name="Everything", share=0.5)
    found = [(await shop.ask("programme", anonymousId=f"h{n}"))["programme"] for n in range(60)]
    codes = Counter(each["reason"]["code"] for each in found)
    shop.workspace.definitions.delete("holdout", "everything", author="a test")
    assert set(codes) == {"everybody", "programme_holdout"}
    assert min(codes.values()) > 12
    await shop.ask("programme", anonymousId="h0")
    exposed = [each for each in await shop.logged("Experiment Viewed") if each["experiment"] == "holdout:everything"]
    assert [each["unit"] for each in exposed] == [f"h{n}" for n in range(60)], (
        "each of them once, those who are held out too"
    )
    assert Counter(each["variation"] for each in exposed)["holdout"] == codes["programme_holdout"]
    assert {(each["phase"], each["probability"], each["via"]) for each in exposed} == {(1, 0.5, "decide")}


async def test_flags_are_answered_with_their_experiments_proof(shop: Shop) -> None:
    experiment(shop, "button-test")
    values = {"old": "grey", "new": "green"}
    rule = {"id": "r", "then": {"type": "experiment", "experiment": "button-test", "values": values}}
    shop.save("flag", "button", name="Button", type="string", default="grey", rules=[rule])
    shop.save("flag", "plain", name="Plain", type="number", default=3)
    answer = await shop.answer(flags=["button", "plain", "unheard"])
    button = answer["flags"]["button"]
    assert (button["value"], button["reason"], button["experiment"]) == (
        values[button["variation"]],
        "SPLIT",
        "button-test",
    )
    decided = shop.workspace.decisions.signer.read(button["token"])
    assert decided is not None
    assert (decided.what, decided.variation) == ("experiment:button-test", button["variation"])
    assert (answer["flags"]["plain"]["value"], answer["flags"]["plain"]["reason"]) == (3, "DEFAULT")
    assert answer["flags"]["unheard"] == {"value": None, "variation": None, "reason": "FLAG_NOT_FOUND"}
    assert {"button", "plain"} <= set((await shop.answer(flags=True))["flags"])


async def test_a_flag_that_is_changed_is_answered_anew(shop: Shop) -> None:
    rule = {"id": "r", "condition": {"locale": "fi"}, "then": {"type": "force", "value": "Moi"}}
    for default in ("Hej", "Hi"):
        shop.save("flag", "greeting", name="Greeting", type="string", default=default, rules=[rule])
        for locale, value in (("sv", default), ("fi", "Moi"), ("sv", default)):
            answer = await shop.answer(flags=["greeting"], context={"locale": locale})
            assert answer["flags"]["greeting"]["value"] == value


async def test_a_change_is_compiled_aside_and_what_was_in_force_answers_meanwhile_but_not_for_long(
    shop: Shop, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment(shop, "slow-test", status="draft", phase=0, started=None, seed="")
    arms = [{"key": "old"}, {"key": "new", "content": "slow"}]
    shop.show("slow", variations=arms, experiment="slow-test")
    shop.save("flag", "slow", name="Slow", type="string", default="before")
    assert (await shop.answer("slow", flags=["slow"]))["flags"]["slow"]["value"] == "before"
    programme, going_on, compiled = delivery.programme, threading.Event(), []
    ramps = programme.ramps

    def slowly() -> Any:
        compiled.append(threading.current_thread() is threading.main_thread())
        going_on.wait(20)
        return ramps()

    monkeypatch.setattr(programme, "ramps", slowly)
    monkeypatch.setattr(shop.deciding, "_budget", 0.5)
    shop.save("flag", "slow", name="Slow", type="string", default="after")
    experiment(shop, "slow-test", status="shipped", shipped="new")
    try:
        for _ in range(3):
            answer = await shop.answer("slow", flags=["slow"])
            assert answer["flags"]["slow"]["value"] == "before"
            assert answer["decisions"][0]["reason"]["code"] == "experiment", "it still rests"
        seen = asyncio.create_task(asyncio.to_thread(preview.look, shop.deciding, PreviewWish(placements=["slow"])))
        monkeypatch.setattr(deciding, "BEHIND", 0.0)
        assert (await shop.ask("slow"))["slow"]["reason"]["code"] == "timeout"
        assert not seen.done()
    finally:
        going_on.set()
    (shown,) = (await seen).items
    assert (shown.variation, shown.content) == ("new", "slow"), "who looks whether the change works sees it"
    answer = await shop.answer("slow", flags=["slow"])
    assert (answer["flags"]["slow"]["value"], answer["decisions"][0]["variation"]) == ("after", "new")
    assert compiled == [False], "once, and not by the event loop"
