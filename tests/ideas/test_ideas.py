"""The library of ideas: from anyone, voted on, remembered when refuted, and with a next step from simple to advanced."""

from __future__ import annotations

from typing import Any, Final

import pytest

from resa.experiments.ideas import library
from resa.experiments.ideas.definition import Evidence, Hypothesis, Idea, check
from resa.experiments.ideas.library import DONE, offered, use_cases
from resa.experiments.ideas.likeness import similar
from resa.kernel.errors import NotFound, Refused
from resa.kernel.metrics import starters
from tests.cast import Cast

EVERYTHING: Final = {name for case in use_cases() for name in case.events}

REFUTED: Final = Idea(
    name="A countdown in the checkout",
    hypothesis=Hypothesis(change="Show a countdown timer in the checkout", because="Urgency makes customers decide"),
    state="refuted",
    learning="Orders did not change, complaints rose by a fifth.",
)


def test_an_idea_that_was_refuted_is_remembered() -> None:
    others = {
        "countdown": REFUTED,
        "reviews": Idea(name="Show reviews on product pages"),
        "delivery": Idea(name="Say the delivery day before the cart"),
    }
    again = Idea(name="Countdown timers at checkout", description="So that they decide faster")
    assert [one.key for one in similar(again, others)] == ["countdown"]


def test_the_same_evidence_brings_ideas_nearer() -> None:
    loop = [Evidence(kind="friction", ref="loop")]
    one, other = Idea(name="Better filters in lists", evidence=loop), Idea(name="Sort lists by price", evidence=loop)
    apart = Idea(name="Sort lists by price")
    assert similar(one, {"other": other})[0].likeness > 0.25
    assert [near.likeness for near in similar(one, {"apart": apart})] < [
        near.likeness for near in similar(one, {"other": other})
    ]


def test_what_is_settled_says_what_was_learned() -> None:
    check(REFUTED)
    with pytest.raises(Refused, match="learning"):
        check(Idea(name="x", state="confirmed"))
    with pytest.raises(Refused, match=r"evidence\[0\]"):
        check(Idea(name="x", evidence=[Evidence(kind="note")]))


# -- use cases -----------------------------------------------------------------------------------------------------


def test_use_cases_lead_from_simple_to_advanced() -> None:
    """Each builds on simpler ones, measures a metric of a starter set, and makes an idea that is none to be refused."""
    earlier: set[str] = set()
    metrics = {starter.key for starter in starters.all_of()}
    for case in use_cases():
        assert case.metric in metrics, case.key
        assert set(case.needs) <= earlier, case.key
        check(case.idea())
        earlier.add(case.key)
    assert {case.level for case in use_cases()} == {1, 2, 3, 4, 5}
    with pytest.raises(NotFound):
        library.one("nonsense")


def test_the_first_suggestion_is_the_log_in() -> None:
    first = offered({}, EVERYTHING)[0]
    assert (first.use_case.key, first.standing) == ("account-login", "next")


def test_following_the_suggestions_leads_through_all_of_them() -> None:
    ideas: dict[str, Idea] = {}
    for _ in use_cases():
        following = offered(ideas, EVERYTHING)[0]
        assert following.standing == "next"
        assert set(following.use_case.needs) <= set(ideas)
        ideas[following.use_case.key] = Idea(name="x", use_case=following.use_case.key, state="tested")
    assert {one.standing for one in offered(ideas, EVERYTHING)} == {"done"}


def test_what_waits_says_for_what_and_what_lacks_data_says_which() -> None:
    shown = {one.use_case.key: one for one in offered({}, {"page"})}
    assert shown["account-login"].standing == "no_data"
    assert "Signed In" in shown["account-login"].reason
    assert shown["win-back"].standing == "waits"
    assert "second purchase" in shown["win-back"].reason
    assert shown["message-match"].standing == "next"
    assert "idea" not in DONE


# -- over HTTP -----------------------------------------------------------------------------------------------------


async def propose(client: Any, key: str, **body: Any) -> Any:
    return await client.post("/api/ideas/proposals", json={"key": key, **body})


async def test_anyone_proposes_and_votes_and_only_editors_decide(cast: Cast) -> None:
    viewer, editor = await cast.member("viewer"), await cast.member("editor")
    proposed = await propose(viewer, "timer", body={"name": "A timer", "state": "confirmed", "learning": "Trust me"})
    assert (proposed.status_code, proposed.json()["body"]["state"]) == (201, "idea")
    assert (await viewer.put("/api/ideas/timer/vote", json={"up": True})).json() == {"up": 1, "down": 0, "mine": True}
    assert (await editor.put("/api/ideas/timer/vote", json={"up": False})).json() == {"up": 1, "down": 1, "mine": False}
    assert (await editor.put("/api/ideas/timer/vote", json={"up": None})).json() == {"up": 1, "down": 0, "mine": None}
    body = {"name": "A timer", "state": "refuted", "learning": "No effect."}
    assert (await viewer.put("/api/ideas/timer", json={"expected_version": 1, "body": body})).status_code == 403
    assert (await editor.put("/api/ideas/timer", json={"expected_version": 1, "body": body})).status_code == 200
    (row,) = (await viewer.get("/api/ideas")).json()["items"]
    assert (row["author"], row["state"], row["learning"]) == ("viewer@example.com", "refuted", "No effect.")
    reading, writing = await cast.key("read"), await cast.key("read", "write")
    assert (await propose(reading, "other", body={"name": "Another"})).status_code == 403
    assert (await propose(writing, "other", body={"name": "Another"})).status_code == 201


async def test_the_old_result_is_shown_to_whoever_has_the_idea_again(cast: Cast) -> None:
    viewer, editor = await cast.member("viewer"), await cast.member("editor")
    body = {"name": "A countdown in the checkout", "state": "refuted", "learning": "Complaints rose."}
    await editor.post("/api/ideas", json={"key": "countdown", "body": body})
    draft = {"body": {"name": "Countdown timer for the checkout"}}
    (known,) = (await viewer.post("/api/ideas/similar", json=draft)).json()["items"]
    assert (known["key"], known["warning"], known["learning"]) == ("countdown", True, "Complaints rose.")
    again = await propose(viewer, "timer", **draft)
    assert [one["key"] for one in again.json()["similar"]] == ["countdown"]


async def test_a_use_case_becomes_an_idea(cast: Cast) -> None:
    viewer = await cast.member("viewer")
    made = await propose(viewer, "log-in", from_template="account-login")
    assert made.json()["body"]["use_case"] == "account-login"
    shown = (await viewer.get("/api/ideas/use-cases")).json()["items"]
    (login,) = [one for one in shown if one["use_case"]["key"] == "account-login"]
    assert (login["standing"], login["idea"]) == ("taken", "log-in")
    purchase = (await viewer.get("/api/ideas/use-cases", params={"stage": "purchase"})).json()["items"]
    assert all("purchase" in one["use_case"]["stages"] for one in purchase)
    assert (await propose(viewer, "other", from_template="nonsense")).status_code == 404


async def test_comments_are_taken_back_by_whoever_wrote_them(cast: Cast) -> None:
    viewer, editor, admin = await cast.member("viewer"), await cast.member("editor"), await cast.member("admin")
    await propose(viewer, "timer", body={"name": "A timer"})
    said = (await viewer.post("/api/ideas/timer/comments", json={"text": "As on the fair's page"})).json()
    assert (await editor.get("/api/ideas/timer")).json()["comments"][0]["text"] == "As on the fair's page"
    assert (await editor.delete(f"/api/ideas/timer/comments/{said['id']}")).status_code == 404
    assert (await admin.delete(f"/api/ideas/timer/comments/{said['id']}")).status_code == 204
    assert (await viewer.get("/api/ideas/timer")).json()["comments"] == []
    for odd in ("", "  ", "\u0000"):
        assert (await viewer.post("/api/ideas/timer/comments", json={"text": odd})).status_code == 400
    assert (await viewer.put("/api/ideas/nobody/vote", json={"up": True})).status_code == 404
