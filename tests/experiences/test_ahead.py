"""Looking ahead: preview, dry run, coverage, message match, and what the ledger tells of a customer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from resa.experiences import coverage, dry_run, message_match, preview
from resa.experiences.dry_run import DryRunWish
from resa.experiences.preview import PreviewWish
from resa.experiments import Delivery
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from tests.cast import Cast
from tests.experiences.conftest import Shop
from tests.experiences.test_with_experiments import experiment
from tests.kernel.making import draft, identify

HOUR = 3_600_000


def look(shop: Shop, **wish: Any) -> dict[str, preview.Preview]:
    """The previews by placement."""
    asked = msgspec.convert(wish, PreviewWish)
    return {each.placement: each for each in preview.look(shop.deciding, asked).items}


def page(shop: Shop, who: str, hours_ago: float, url: str = "https://shop.example/", **fields: Any) -> Draft:
    """Somebody looked at a page."""
    at = shop.workspace.clock() - round(hours_ago * HOUR)
    return draft("", type="page", anon=who, time=at, received_at=at, page_url=url, page_path="/", **fields)


async def test_a_preview_shows_a_customers_view_and_leaves_no_trace(shop: Shop) -> None:
    shop.show("seen-as", "popup", {"title": 'Hi {{ trait.firstName | default: "you" }}'}, frequency={"most": 1})
    shop.commit(identify(anon="looked-at", firstName="Ada"))
    with shop.workspace.state.read() as tx:
        number = shop.workspace.identities.find(tx, ["anon:looked-at"])["anon:looked-at"]
    told = {"profile": profile_id(number), "consent": {"personalisation": "granted"}}
    for _ in range(3):  # a frequency of one would stand in the way of the second
        found = look(shop, placements=["seen-as"], somebody=told)["seen-as"]
        assert (found.experience, found.body) == ("seen-as", {"title": "Hi Ada"})
    with shop.workspace.state.read() as tx:
        assert shop.workspace.contacts.of(tx, ["anon:looked-at"]) == []


async def test_who_only_looks_assigns_nobody(shop: Shop, delivery: Delivery) -> None:
    experiment(shop, "look-test")
    shop.placement("tried")
    shop.content("tried")
    arms = [{"key": "old"}, {"key": "new", "content": "tried"}]
    shop.experience("tried", "tried", variations=arms, experiment="look-test")
    shop.commit(page(shop, "yesterday", 20))
    assert look(shop, placements=["tried"])["tried"].variation in ("old", "new")
    dry_run.run(shop.deciding, DryRunWish(days=2))
    assert [delivery.stickies.get(f"id||{who}") for who in ("preview", "yesterday")] == [
        {"attributeName": "id", "attributeValue": who, "assignments": {}} for who in ("preview", "yesterday")
    ]
    await shop.ask("tried", anonymousId="yesterday")
    kept = delivery.stickies.get("id||yesterday")
    assert kept is not None
    assert kept["assignments"].keys() == {"look-test__0"}


async def test_a_preview_as_a_persona_or_segment_says_what_was_passed_over(shop: Shop) -> None:
    shop.save("audience", "cart-left", name="Left a cart", rule={"did": {"any": [{"name": "Cart Left"}]}})
    shop.show("cart", audience="cart-left", because="you left a cart")
    inside = look(shop, placements=["cart"], somebody={"segments": ["cart-left"]})["cart"]
    assert (inside.reason.code, inside.reason.text) == ("because", "Because you left a cart")
    outside = look(shop, placements=["cart"], somebody={"segments": []})["cart"]
    assert (outside.experience, [each.code for each in outside.passed]) == (None, ["audience"])


async def test_a_preview_can_show_what_is_not_live_yet(shop: Shop) -> None:
    shop.show("soon", status="draft")
    assert look(shop, placements=["soon"])["soon"].experience is None
    assert look(shop, placements=["soon"], drafts=True)["soon"].experience == "soon"


async def test_a_preview_of_nobody_or_nowhere_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound):
        look(shop, placements=["not-there"])
    with pytest.raises(NotFound):
        look(shop, somebody={"profile": "p_999999"})
    with pytest.raises(Refused):
        look(shop, somebody={"consent": {"everything": "granted"}})


async def test_a_dry_run_counts_who_would_have_seen_what_and_what_held_others_back(shop: Shop) -> None:
    shop.content("spring", body={"text": "Spring"})
    shop.placement("landing")
    arms = [{"key": "a", "content": "spring", "weight": 1}, {"key": "b", "content": "spring", "weight": 0}]
    shop.experience(
        "trial",
        "landing",
        variations=arms,
        frequency={"most": 2, "per": "1 day"},
        context={"pages": [{"pattern": "https://shop.example/dry/*"}]},
        status="draft",
    )
    dry = "https://shop.example/dry/1"
    views = [page(shop, who, hours, dry) for who in ("dry-1", "dry-2") for hours in (5, 4, 3)]
    views += [page(shop, "dry-3", 2), page(shop, "dry-4", 30, dry)]  # another page; before yesterday
    shop.commit(*views)
    found = dry_run.run(shop.deciding, DryRunWish(people="trial:own_cap"))
    trial = next(each for each in found.items if each.experience == "trial")
    outcomes = {(each.outcome, each.variation): (each.views, each.people) for each in trial.outcomes}
    assert trial.people == 2
    assert outcomes[("shown", "a")] == (4, 2)
    assert outcomes[("own_cap", None)] == (2, 2)
    assert outcomes[("context", None)][1] >= 1
    assert len(found.behind) == 2
    unsaved = dry_run.run(
        shop.deciding,
        DryRunWish(key="new", body={"name": "New", "placement": "landing", "holdout": 1.0, "variations": arms}),
    )
    held = next(each for each in unsaved.items if each.experience == "new")
    assert {each.outcome for each in held.outcomes} == {"holdout"}


async def test_a_dry_run_of_too_many_days_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused):
        dry_run.run(shop.deciding, DryRunWish(days=31))


async def test_the_coverage_names_stages_and_personas_without_content(shop: Shop) -> None:
    stages = [{"key": "buy", "name": "Buy", "touchpoints": []}, {"key": "use", "name": "Use", "touchpoints": []}]
    shop.save("journey", "map", name="Map", stages=stages)
    shop.save("persona", "family", name="Family")
    shop.content("for-buyers", tags={"stages": ["map/buy"], "intents": ["compare"]})
    shop.content("for-families", tags={"personas": ["family"], "stages": ["buy"]}, approval="draft")
    found = coverage.look(shop.workspace)
    told = {each.key: (each.contents, each.approved) for each in (*found.stages, *found.personas, *found.intents)}
    assert told["map/buy"] == (["for-buyers", "for-families"], 1)
    assert told["map/use"] == ([], 0)
    assert told["family"] == (["for-families"], 0)
    assert told["compare"] == (["for-buyers"], 1)


async def test_campaigns_are_matched_with_the_experiences_that_keep_their_promise(shop: Shop) -> None:
    shop.show("promise", context={"campaign": {"name": ["boots"]}}, promise="Boots at half price")
    shop.show("warm", context={"campaign": {"source": ["ads"], "name": ["hats"]}}, promise="Warm", status="draft")
    visit = {"campaign_source": "ads", "referrer_kind": "ad"}
    shop.commit(
        page(shop, "ad-1", 1, campaign_name="boots", **visit),
        page(shop, "ad-2", 1, campaign_name="hats", **visit),
        page(shop, "ad-2", 1, campaign_name="hats", **visit),
    )
    found = {each.name: each for each in message_match.look(shop.workspace, 1).items}
    assert [(each.experience, each.promise) for each in found["boots"].kept] == [("promise", "Boots at half price")]
    assert (found["hats"].kept, found["hats"].landings, found["hats"].people) == ([], 2, 1)
    assert [each.experience for each in found["hats"].waiting] == ["warm"]
    assert found["boots"].waiting == []


async def test_an_editor_looks_ahead_and_that_is_written_down_a_viewer_does_not(cast: Cast) -> None:
    editor, viewer, admin = await cast.member("editor"), await cast.member("viewer"), await cast.member("admin")
    await editor.post("/api/placements", json={"key": "top", "body": {"name": "Top"}})
    for path, answer in (("preview", "items"), ("dry-run", "items")):
        assert (await viewer.post(f"/api/decide/{path}", json={})).status_code == 403
        given = await editor.post(f"/api/decide/{path}", json={})
        assert (given.status_code, answer in given.json()) == (200, True), given.text
    log = [line["action"] for line in (await admin.get("/api/audit")).json()["items"]]
    assert "decisions.previewed" in log
    for path in ("content-coverage", "message-match", "contacts"):
        assert (await viewer.get(f"/api/{path}")).status_code == 200
    assert (await viewer.get("/api/contacts/p_5")).status_code == 404
    offer = {"name": "Ten", "codes": "single"}
    assert (await editor.post("/api/offers", json={"key": "ten", "body": offer})).status_code == 201
    stocked = await editor.post("/api/offers/ten/codes", json={"codes": ["A", "B", "A"]})
    assert (stocked.status_code, stocked.json()) == (201, {"codes": 2, "given": 0})
