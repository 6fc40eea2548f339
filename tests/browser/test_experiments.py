"""Experiments: from an idea or a finding to hypothesis, plan, start, result and decision; ideas; flags."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import trials
from tests.browser.barriers import barriers
from tests.browser.conftest import Shop
from tests.browser.watching import Watch

ROOM = "/app/experiments"


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """The shop has no experiments, flags, ideas and metrics before and after."""
    yield
    with shop.api() as api:
        for row in api.get("/api/experiments").json()["items"]:
            if row["status"] in ("running", "paused"):
                assert api.post(f"/api/experiments/{row['key']}/stop", json={}).status_code == 200
        for kind in ("flags", "experiments", "layers", "holdouts", "ideas", "metrics", "audiences"):
            for row in api.get(f"/api/{kind}").json()["items"]:
                assert api.delete(f"/api/{kind}/{row['key']}").status_code == 200


def test_an_idea_becomes_an_experiment_that_is_planned_started_read_and_shipped(page: Page, shop: Shop) -> None:
    hypothesis = {"change": "Fewer fields", "because": "They ask for little", "metric": "ordered", "effect": 0.5}
    idea = {"name": "Shorter checkout", "hypothesis": hypothesis}
    with shop.api() as api:
        for key, metric in trials.METRICS.items():
            assert api.post("/api/metrics", json={"key": key, "body": metric}).status_code == 201
        assert api.post("/api/ideas", json={"key": "shorter", "body": idea}).status_code == 201
    go_on = page.get_by_role("button", name="Continue")

    page.goto(f"{ROOM}/ideas")
    page.get_by_role("link", name="Test it: Shorter checkout").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Shorter checkout")
    expect(page.get_by_role("textbox", name="Hypothesis")).to_have_value(re.compile("Fewer fields.*Because: They ask"))
    go_on.click()
    page.get_by_role("group", name="Changed").get_by_role("textbox", name="Name").fill("Short")
    go_on.click()
    expect(page.get_by_role("combobox", name="Segment")).to_have_value("")
    go_on.click()
    expect(page.get_by_role("combobox", name="Part of Ordered")).to_have_value("primary")
    page.get_by_role("combobox", name="Part of Looked at products").select_option("Must not get worse")
    go_on.click()

    outlook = page.get_by_role("region", name="What the last weeks say")
    expect(outlook).to_contain_text(re.compile(r"To find a change of 50\s?%: [\d,]+ devices, about \d+ weeks?"))
    outlook.get_by_role("button", name="Plan with this").click()
    expect(page.get_by_role("textbox", name="Size")).to_have_value(re.compile(r"\d+"))
    go_on.click()

    page.get_by_role("button", name="Make a flag").click()
    expect(page.get_by_text("The flag shorter-checkout shows its variations")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    verdict = page.get_by_role("region", name="Verdict")
    expect(verdict).to_contain_text("Nobody has been shown it yet")

    page.get_by_role("button", name="Ship a variation").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="What everybody gets").select_option("Short")
    dialog.get_by_role("textbox", name="What we learned").fill("Fewer fields are enough.")
    dialog.get_by_role("button", name="Ship it").click()
    expect(verdict).to_contain_text("Shipped: Short")
    with shop.api() as api:
        got = api.post("/api/flags/shorter-checkout/evaluate", json={"attributes": {"id": "device-1"}}).json()
        assert got["value"] is True
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_result_says_the_verdict_first_and_its_figures_lead_to_people(page: Page, shop: Shop) -> None:
    trials.begin(shop)
    page.goto(f"{ROOM}/{trials.KEY}")
    expect(page.get_by_role("region", name="Verdict")).to_contain_text(re.compile("Ship With the date|Keep going"))
    arms = page.get_by_role("region", name="Variations and who saw them").get_by_role(
        "row", name=re.compile("With the")
    )
    count = arms.get_by_role("button")
    shown = int(re.sub(r"\D", "", count.inner_text().split("–")[0]))
    count.click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{shown} customers")
    page.keyboard.press("Escape")
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_role("region", name=re.compile("Effect on Ordered")).get_by_role("row").nth(1)).to_be_visible()
    page.get_by_role("combobox", name="Split by").select_option("Channel")
    expect(page.get_by_role("region", name="For whom it works").get_by_role("table")).to_be_visible()
    expect(page.get_by_role("region", name="Log of looks").get_by_role("row")).to_have_count(2)


def test_who_writes_what_was_refuted_is_told_what_was_learned(page: Page, shop: Shop) -> None:
    learning = "Nobody read it: orders stayed the same."
    known = {"name": "Free returns shown in the cart", "state": "refuted", "learning": learning}
    with shop.api() as api:
        assert api.post("/api/ideas", json={"key": "free", "body": known}).status_code == 201
    page.goto(f"{ROOM}/ideas")
    page.get_by_role("button", name="New idea").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Show free returns in the cart")
    expect(dialog).to_contain_text(f"Was tried and refuted. {learning}")
    dialog.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("Show free returns in the cart is in the library")).to_be_visible()


def test_a_flag_is_turned_on_for_everybody_and_back_and_by_a_rule_for_some(
    page: Page, shop: Shop, watch: Watch
) -> None:
    watch.expect("status of 400")
    page.goto(f"{ROOM}/flags")
    page.get_by_role("button", name="New flag").click()
    page.get_by_role("textbox", name="Name").fill("Free returns")
    page.get_by_role("button", name="Make it").click()
    switch = page.get_by_role("switch", name="Free returns, for everybody")
    switch.click()
    expect(switch).to_be_checked()
    page.get_by_role("button", name="Undo").click()
    expect(switch).not_to_be_checked()

    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Add a condition").click()
    dialog.get_by_role("button", name="Save").click()
    condition = dialog.get_by_role("group", name="Condition 1")
    expect(condition.get_by_role("alert")).to_contain_text("has no value to compare with")
    condition.get_by_label("Value", exact=True).fill("SE")
    condition.get_by_label("Value", exact=True).press("Enter")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem").filter(has_text="Country is one of SE")).to_be_visible()
    page.get_by_role("textbox", name="Device id").fill("device-1")
    page.get_by_role("textbox", name="Country").fill("SE")
    page.get_by_role("button", name="What do they get?").click()
    expect(page.get_by_text("by rule 1")).to_be_visible()


def buyers(shop: Shop) -> None:
    """The segment of those who bought."""
    bought = {"did": {"any": [{"type": "track", "name": "Order Completed"}]}}
    with shop.api() as api:
        body = {"name": "Buyers", "rule": {"all": [bought]}}
        assert api.post("/api/audiences", json={"key": "buyers", "body": body}).status_code == 201


def test_a_segment_offers_to_test_on_its_people(page: Page, shop: Shop) -> None:
    buyers(shop)
    page.goto("/app/customers/segments/buyers")
    page.get_by_role("link", name="Test on these people").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Something better for Buyers")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("navigation", name="Steps to the start").get_by_role("button", name="People").click()
    expect(page.get_by_role("combobox", name="Segment")).to_have_value("buyers")


def test_a_rule_waits_for_a_flag_and_any_of_two_conditions_and_its_ramp_is_refused_beside_its_step(
    page: Page, shop: Shop, watch: Watch
) -> None:
    watch.expect("status of 400")
    buyers(shop)
    with shop.api() as api:
        for key, name in (("new-shop", "New shop"), ("returns", "Free returns")):
            made = api.post("/api/flags", json={"key": key, "body": {"name": name, "public": True}})
            assert made.status_code == 201
        assert api.post("/api/metrics", json={"key": "ordered", "body": trials.METRICS["ordered"]}).status_code == 201
    page.goto(f"{ROOM}/flags/returns")
    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog")
    for number, (attribute, test, value) in enumerate(
        (("country", "is", "SE"), ("utmCampaign", "starts", "spring")), 1
    ):
        dialog.get_by_role("button", name="Add a condition").click()
        line = dialog.get_by_role("group", name=f"Condition {number}")
        line.get_by_role("combobox", name="What").select_option(attribute)
        line.get_by_role("combobox", name="How it compares").select_option(test)
        line.get_by_label("Value", exact=True).fill(value)
    dialog.get_by_role("button", name="Add a condition").click()
    line = dialog.get_by_role("group", name="Condition 3")
    line.get_by_role("combobox", name="What").select_option("Segment")
    line.get_by_role("combobox", name="How it compares").select_option("is in")
    expect(line.get_by_role("combobox", name="Which segment")).to_have_value("buyers")
    dialog.get_by_text("Any holds").click()
    assert barriers(page, picture="flag-conditions") == []
    dialog.get_by_role("button", name="Wait for another flag").click()
    dialog.get_by_role("combobox", name="How", exact=True).select_option("ramp")
    dialog.get_by_role("checkbox", name="Ordered").check()
    second = dialog.get_by_role("group", name="Step 2")
    second.get_by_role("textbox", name="Hours after the start").fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(second.get_by_role("alert")).to_contain_text("a step comes later than the one before")
    second.get_by_role("textbox", name="Hours after the start").fill("12")
    dialog.get_by_role("button", name="Save").click()
    said = "Country is one of SE or Campaign begins with spring or they are in Buyers"
    rule = page.get_by_role("listitem").filter(has_text=said)
    expect(rule).to_contain_text("New shop is On")
    with shop.api() as api:
        saved = api.get("/api/flags/returns").json()["body"]["rules"][0]
    any_of = [{"country": "SE"}, {"utmCampaign": {"$regexi": "^spring"}}, {"$audience": "buyers"}]
    assert saved["condition"] == {"$or": any_of}
    assert saved["prerequisites"] == [{"flag": "new-shop", "value": True}]
    assert (saved["then"]["steps"][1]["hours"], saved["then"]["guardrails"]) == (12, ["ordered"])


def test_experiments_keep_apart_in_a_layer_made_on_the_way_and_a_guardrail_has_a_margin(page: Page, shop: Shop) -> None:
    body = {"name": "Shorter form", "variations": [{"key": "a"}, {"key": "b"}]}
    with shop.api() as api:
        for key, metric in trials.METRICS.items():
            assert api.post("/api/metrics", json={"key": key, "body": metric}).status_code == 201
        assert api.post("/api/experiments", json={"key": "shorter", "body": body}).status_code == 201
    page.goto(f"{ROOM}/shorter?step=people")
    page.get_by_role("combobox", name="Never together with").select_option("A new layer…")
    page.get_by_role("textbox", name="Name of the layer").fill("Checkout")
    page.get_by_role("button", name="Make the layer").click()
    expect(page.get_by_role("img", name=re.compile("Shorter form: 0% to 50%; free: 50% to 100%"))).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("combobox", name="Part of Ordered").select_option("Must not get worse")
    page.get_by_role("textbox", name="How much worse Ordered may get").fill("2")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("combobox", name="Way of reading")).to_be_visible()
    with shop.api() as api:
        saved = api.get("/api/experiments/shorter").json()["body"]
        layers = api.get("/api/layers").json()["items"]
    assert saved["layer"] == {"key": "checkout", "from": 0, "to": 0.5}
    assert saved["metrics"]["margins"] == {"ordered": 0.02}
    assert [row["key"] for row in layers] == ["checkout"]


def test_a_few_are_held_out_of_everything_and_the_refusal_stands_beside_the_share(
    page: Page, shop: Shop, watch: Watch
) -> None:
    watch.expect("status of 400")
    with shop.api() as api:
        assert api.post("/api/metrics", json={"key": "ordered", "body": trials.METRICS["ordered"]}).status_code == 201
    page.goto(f"{ROOM}/holdouts")
    page.get_by_role("button", name="New hold-out").click()
    dialog = page.get_by_role("dialog")
    share = dialog.get_by_role("textbox", name="Share held out")
    share.fill("60")
    dialog.get_by_role("button", name="Hold them out").click()
    expect(dialog.get_by_text(re.compile("0.5"))).to_be_visible()
    share.fill("10")
    dialog.get_by_role("button", name="Hold them out").click()
    held = page.get_by_role("region", name="The whole programme")
    expect(held).to_contain_text("10% of customers, since")
    expect(held).to_contain_text("Nobody has come since it began")
    with shop.api() as api:
        row = api.get("/api/holdouts").json()["items"][0]
    for number in range(40):
        properties = {
            "experiment": f"holdout:{row['key']}", "phase": 1, "probability": 0.1 if number < 4 else 0.9,
            "variation": "holdout" if number < 4 else "programme", "unit_kind": "customer", "unit": f"held-{number}",
        }  # fmt: skip
        shop.send("track", {"event": "Experiment Viewed", "userId": f"held-{number}", "properties": properties})
    shop.workspace.settle()
    page.reload()
    held.get_by_role("button", name=re.compile("Held out")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("4 customers")
    page.keyboard.press("Escape")
    held.get_by_role("switch").click()
    expect(page.get_by_text("The whole programme is over: everybody sees everything")).to_be_visible()


def test_each_phase_of_an_experiment_is_a_reading_of_its_own(page: Page, shop: Shop) -> None:
    trials.begin(shop)
    with shop.api() as api:
        moved = api.post(f"/api/experiments/{trials.KEY}/phase", json={"weights": {"dated": 3}})
        assert moved.status_code == 200
    page.goto(f"{ROOM}/{trials.KEY}")
    expect(page.get_by_role("region", name="Verdict")).to_contain_text("Nobody has been shown it yet")
    phases = page.get_by_role("region", name="Phase")
    expect(phases).to_contain_text("As it is 25% and With the date 75%")
    first = phases.get_by_role("combobox").get_by_role("option", name=re.compile("Phase 1:")).get_attribute("value")
    phases.get_by_role("combobox").select_option(first)
    expect(page).to_have_url(re.compile("phase=1"))
    expect(page.get_by_role("region", name="Verdict")).to_contain_text(re.compile("Ship With the date|Keep going"))
    expect(phases).to_contain_text("As it is 50% and With the date 50%")


def test_the_lists_say_how_a_test_stands_and_its_idea_follows_it(page: Page, shop: Shop) -> None:
    trials.begin(shop)
    try:
        with shop.api() as api:
            body = {"name": "Say when it arrives", "state": "planned", "experiment": trials.KEY}
            assert api.post("/api/ideas", json={"key": "arrives", "body": body}).status_code == 201
        page.goto(f"{ROOM}/ideas")
        expect(page.get_by_role("listitem").filter(has_text="Say when it arrives")).to_contain_text("Being tested")
        page.goto(ROOM)
        row = page.get_by_role("link", name=re.compile(trials.EXPERIMENT["name"]))
        row.click()
        expect(page.get_by_role("region", name="Verdict")).to_be_visible()
        page.goto(ROOM)
        expect(row).to_contain_text(
            re.compile(r"(Better|Collecting · \d+\s?% of the plan) · Ordered [+−±][\d.,]+\s?%.* · as of")
        )
        page.goto("/app/experiences/visual")
        expect(page.get_by_role("heading", name="No experiment to build")).to_be_visible()
        expect(page.get_by_role("link", name=re.compile(trials.EXPERIMENT["name"]))).to_have_count(0)
    finally:
        trials.end(shop)


def test_a_rule_asks_for_any_of_a_group_and_for_none_of_another(page: Page, shop: Shop) -> None:
    buyers(shop)
    with shop.api() as api:
        made = api.post("/api/flags", json={"key": "groups", "body": {"name": "Groups", "public": False}})
        assert made.status_code == 201
    page.goto(f"{ROOM}/flags/groups")
    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Add a condition", exact=True).click()
    value = dialog.get_by_role("group", name="Condition 1").get_by_label("Value", exact=True)
    value.fill("SE")
    value.press("Enter")
    dialog.get_by_role("button", name="Add a group").click()
    second = dialog.get_by_role("group", name="Group 2")
    expect(second.get_by_role("combobox", name="How the conditions go together")).to_have_value("any")
    second.get_by_role("combobox", name="What").select_option("Segment")
    second.get_by_role("button", name="Add a condition to group 2").click()
    line = second.get_by_role("group", name="Condition 2")
    line.get_by_role("combobox", name="What").select_option("deviceType")
    line.get_by_label("Value", exact=True).fill("mobile")
    dialog.get_by_role("button", name="Add a group").click()
    third = dialog.get_by_role("group", name="Group 3")
    third.get_by_role("combobox", name="How the conditions go together").select_option("none of these")
    third.get_by_role("combobox", name="What").select_option("browser")
    third.get_by_label("Value", exact=True).fill("Safari")
    dialog.get_by_role("button", name="Save").click()
    said = "Country is one of SE, (they are in Buyers or Kind of device is one of mobile) and not (Browser is one of Safari)"
    rule = page.get_by_role("listitem").filter(has_text=said)
    expect(rule).to_be_visible()
    with shop.api() as api:
        saved = api.get("/api/flags/groups").json()["body"]["rules"][0]["condition"]
    any_of = {"$or": [{"$audience": "buyers"}, {"deviceType": "mobile"}]}
    assert saved == {"$and": [{"country": "SE"}, any_of, {"$not": {"$or": [{"browser": "Safari"}]}}]}
    rule.get_by_role("button", name="Change rule 1").click()
    again = page.get_by_role("dialog").get_by_role("group", name="Group 3")
    expect(again.get_by_role("combobox", name="How the conditions go together")).to_have_value("none")
