"""Responses from the first answer to the event: once, pinned, resumed, bounded by quotas, closed when they rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from resa.feedback.responses import Answered, Closed, Full, Responses
from resa.feedback.surveys.answering import Unfit
from resa.kernel.errors import Conflict, Refused
from resa.kernel.workspace import Workspace
from tests.surveys.conftest import Clock, logged
from tests.surveys.making import GIVEN, KINDS, question

Save = Callable[..., int]

WHO = "user:ada"


def said(event: dict[str, Any]) -> dict[str, Any]:
    """The properties of an event."""
    found: dict[str, Any] = json.loads(event["properties"])
    return found


@pytest.mark.both_states
def test_an_answered_survey_is_one_event_with_every_answer(
    saved: Save, taking: Responses, workspace: Workspace, clock: Clock
) -> None:
    saved("all", *map(question, KINDS))
    begun = taking.open("all", identity=WHO, request="ask-1", channel="email")
    clock.on(seconds=42)
    taking.answer(begun.id, GIVEN)
    for _ in range(3):
        taking.finish(begun.id)
    (event,) = logged(workspace)
    assert (event["name"], event["source"], event["channel"]) == ("Survey Answered", "surveys", "email")
    assert event["message_id"] == f"survey-answered-{begun.id}"
    found = said(event)
    assert {key.removeprefix("answer_"): value for key, value in found.items() if key.startswith("answer_")} == GIVEN
    whole = {"survey": "all", "version": 1, "request": "ask-1", "complete": True, "metric": "nps", "score": 9}
    assert {name: found[name] for name in whole} == whole
    assert (found["comment"], found["seconds"], found["language"]) == ("Slow delivery.", 42, "en")


def test_one_person_has_one_response_per_asking(saved: Save, taking: Responses) -> None:
    saved("loyal")
    first = taking.open("loyal", identity=WHO, request="ask-1")
    assert taking.open("loyal", identity=WHO, request="ask-1").id == first.id
    assert taking.open("loyal", identity=WHO, request="ask-2").id != first.id
    assert taking.open("loyal", identity="user:bo", request="ask-1").id != first.id
    taking.answer(first.id, {"nps": 3})
    taking.finish(first.id)
    with pytest.raises(Answered):
        taking.answer(first.id, {"nps": 10})
    assert taking.open("loyal", identity=WHO, request="ask-1").answers == {"nps": 3}


def test_an_id_is_good_for_its_own_survey_and_person_only(saved: Save, taking: Responses) -> None:
    saved("loyal")
    saved("other")
    begun = taking.open("loyal", identity=WHO)
    for survey, identity in (("other", WHO), ("loyal", "user:bo"), ("loyal", None)):
        with pytest.raises(Conflict):
            taking.open(survey, identity=identity, response=begun.id)


def test_a_response_keeps_the_version_it_began_with(saved: Save, taking: Responses, workspace: Workspace) -> None:
    saved("loyal", question("nps"))
    begun = taking.open("loyal", identity=WHO)
    saved("loyal", question("csat", required=True))
    taking.answer(begun.id, {"nps": 7})
    taking.finish(begun.id)
    assert (said(logged(workspace)[0])["version"], said(logged(workspace)[0])["metric"]) == (1, "nps")
    assert taking.open("loyal", identity="user:bo").version == 2


@pytest.mark.both_states
def test_what_rests_is_closed_with_what_was_answered(
    saved: Save, taking: Responses, workspace: Workspace, clock: Clock
) -> None:
    saved("loyal", question("nps"), question("text", required=True), partial_after="30 minutes", quota=5)
    begun = taking.open("loyal", identity=WHO)
    taking.answer(begun.id, {"nps": 2})
    skipped = taking.open("loyal", identity="user:bo")
    taking.answer(skipped.id, {"nps": None})
    clock.on(29)
    assert taking.close_idle() == 0
    clock.on(2)
    assert taking.close_idle() == 2
    assert taking.close_idle() == 0
    (event,) = logged(workspace)
    assert (said(event)["complete"], said(event)["score"], said(event)["response"]) == (False, 2, begun.id)
    assert taking.get(skipped.id).state == "empty"


def test_what_a_crash_left_out_of_the_log_is_told_once(
    saved: Save, taking: Responses, workspace: Workspace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved("loyal")
    begun = taking.open("loyal", identity=WHO)
    taking.answer(begun.id, {"nps": 2})
    with monkeypatch.context() as dying:
        dying.setattr(taking, "tell", lambda _response: None)
        taking.finish(begun.id)
    assert logged(workspace) == []
    clock.on(1)
    assert [taking.tell_rest(), taking.tell_rest()] == [1, 0]
    assert len(logged(workspace)) == 1


def test_a_survey_takes_answers_only_while_it_is_live(saved: Save, taking: Responses) -> None:
    saved("loyal")
    begun = taking.open("loyal", identity=WHO)
    for status in ("draft", "ended"):
        saved("loyal", status=status)
        with pytest.raises(Closed):
            taking.open("loyal", identity="user:bo")
        with pytest.raises(Closed):
            taking.answer(begun.id, {"nps": 1})
    saved("loyal", status="paused")
    taking.answer(begun.id, {"nps": 1})


@pytest.mark.both_states
def test_no_more_than_the_quota_are_let_in_however_many_come_at_once(saved: Save, taking: Responses) -> None:
    saved("loyal", quota=5)

    def come(number: int) -> bool:
        try:
            taking.open("loyal", identity=f"user:{number}")
        except Full:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(come, range(40))) == 5


@pytest.mark.both_states
def test_a_quota_that_was_not_used_up_is_given_back(saved: Save, taking: Responses, clock: Clock) -> None:
    saved("loyal", quota=1)
    begun = taking.open("loyal", identity=WHO)
    taking.answer(begun.id, {"nps": 2})
    with pytest.raises(Full):
        taking.open("loyal", identity="user:bo")
    clock.on(40)
    taking.close_idle()
    other = taking.open("loyal", identity="user:bo")
    taking.answer(other.id, {"nps": 9})
    taking.finish(other.id)
    with pytest.raises(Full):
        taking.open("loyal", identity="user:cy")


def test_an_option_is_chosen_as_often_as_is_wanted(saved: Save, taking: Responses) -> None:
    plans = [{"key": "a", "text": {"en": "A"}, "quota": 1}, {"key": "b", "text": {"en": "B"}}]
    saved("plans", question("single", "plan", options=plans))
    first, second = taking.open("plans", identity=WHO), taking.open("plans", identity="user:bo")
    taking.answer(first.id, {"plan": "a"})
    with pytest.raises(Unfit) as told:
        taking.answer(second.id, {"plan": "a"})
    assert told.value.code == "option_full"
    taking.answer(first.id, {"plan": "b"})  # thought better of it: there is one again
    taking.answer(second.id, {"plan": "a"})


def test_finishing_needs_what_is_required_on_the_way(saved: Save, taking: Responses) -> None:
    why = question("text", "why", required=True, show_if=[{"question": "nps", "op": "at_most", "value": 6}])
    saved("loyal", question("nps", required=True), why)
    begun = taking.open("loyal", identity=WHO)
    with pytest.raises(Unfit, match="nps"):
        taking.finish(begun.id)
    taking.answer(begun.id, {"nps": 3})
    with pytest.raises(Unfit, match="why"):
        taking.finish(begun.id)
    taking.answer(begun.id, {"nps": 9})
    assert taking.finish(begun.id).state == "complete"


def test_answers_off_the_way_do_not_count(saved: Save, taking: Responses, workspace: Workspace) -> None:
    why = question("text", "why", show_if=[{"question": "nps", "op": "at_most", "value": 6}])
    saved("loyal", question("nps"), why)
    begun = taking.open("loyal", identity=WHO)
    taking.answer(begun.id, {"nps": 3, "why": "Late."})
    taking.answer(begun.id, {"nps": 9})
    taking.finish(begun.id)
    assert {"comment", "answer_why"}.isdisjoint(said(logged(workspace)[0]))


def test_an_answer_becomes_a_trait_at_once(saved: Save, taking: Responses, workspace: Workspace) -> None:
    saved("heard", question("single", "how", trait="heard_by"), question("contact"))
    begun = taking.open("heard", identity=WHO)
    taking.answer(begun.id, {"how": "b"})
    (event,) = logged(workspace, "identify")
    assert (json.loads(event["properties"]), event["user_id"], event["verified"]) == ({"heard_by": "b"}, "ada", True)
    with workspace.state.read() as tx:
        number = workspace.identities.find(tx, [WHO])[WHO]
    assert taking.traits(WHO) == {"heard_by": "b"}
    assert number >= 0


def test_what_no_question_takes_is_refused_and_changes_nothing(saved: Save, taking: Responses) -> None:
    saved("loyal")
    begun = taking.open("loyal", identity=WHO)
    for given in (
        {"nps": 11},
        {"nps": "9; DROP TABLE"},
        {"nps": True},
        {"other": 1},
        {"text": 5},
        {"text": "x" * 2001},
    ):
        with pytest.raises(Refused):
            taking.answer(begun.id, given)
    assert taking.get(begun.id).answers == {}
