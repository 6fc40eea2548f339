"""Where anonymity is promised, nothing that is kept leads from an answer to who gave it, and each may still answer once only."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
import sqlalchemy as sa

from resa.feedback.responses import Answered, Responses, tokens
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace
from tests.surveys.conftest import NOON, Clock, logged
from tests.surveys.making import question
from tests.surveys.test_hosted import hidden, path, title, walk

Save = Callable[..., int]
HOUR = 3_600_000
PEOPLE = ("user:ada", "user:bo", "user:cy")
SECRET = "My manager shouts"


async def test_no_trace_leads_from_an_answer_to_the_person(
    saved: Save, visitor: httpx.AsyncClient, taking: Responses, workspace: Workspace, clock: Clock
) -> None:
    """Everything that state, log and profiles hold is searched: whatever has the answer has neither person, asking nor minute."""
    clock.on(17, seconds=23)
    saved("enps", question("nps"), question("text"), anonymous=True)
    for number, who in enumerate(PEOPLE):
        taking.workspace.committer.submit_sync([])
        at = path(workspace, "enps", who, f"ask-{number}")
        page = await visitor.get(at, headers={"User-Agent": f"Agent of {who}"})
        assert "Your answers are anonymous" in page.text
        done = await walk(visitor, at, {"v": str(number)}, {"v": f"{SECRET} {number}"})
        assert title(done) == "Thank you"
        assert title(await visitor.get(at)) == "You have answered already"
    assert logged(workspace) == []  # not before the hour is over
    assert (await visitor.get("/s/enps")).status_code == 200
    clock.on(60)
    assert taking.tell_rest() == 3
    events = logged(workspace)
    assert {json.loads(event["properties"])["comment"] for event in events} == {f"{SECRET} {n}" for n in range(3)}
    for event in events:
        told = json.loads(event["properties"])
        assert event["time"] % HOUR == event["received_at"] % HOUR == 0
        assert (event["user_id"], event["ip"], event["locale"]) == (None, None, None)
        assert event["anonymous_id"].startswith("survey-")
        assert {"request", "seconds"}.isdisjoint(told)
        leads = " ".join(str(value) for value in event.values())
        assert not any(who.partition(":")[2] in leads.split() or who in leads for who in PEOPLE)
    with workspace.state.read() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(sa.select(table)):
                shown = " ".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)
                if SECRET in shown:
                    assert not any(who in shown or f"ask-{number}" in shown for number, who in enumerate(PEOPLE)), table
                    assert str(clock.now - 60 * 60_000) not in shown, table
        # Who has used up their one answer is known by a digest, with no time beside it and in no order.
        used = metadata.tables["survey_tickets"]
        assert [column.name for column in used.columns] == ["ticket"]
        assert used.dialect_options["sqlite"]["with_rowid"] is False
        assert len(tx.execute(sa.select(used)).all()) == 3
    profiles = {event["profile_then"] for event in events}
    assert len(profiles) == 3  # each a customer of its own, whom nothing links to another


async def test_a_list_shows_anonymous_answers_only_once_their_hour_is_over(
    saved: Save, taking: Responses, viewer: httpx.AsyncClient, clock: Clock
) -> None:
    saved("enps", question("nps"), anonymous=True)
    begun = taking.open("enps", identity="user:ada", request="ask-1")
    taking.answer(begun.id, {"nps": 3})
    taking.finish(begun.id)
    assert (await viewer.get("/api/surveys/enps/responses")).json()["items"] == []
    assert (await viewer.get(f"/api/survey-responses/{begun.id}")).status_code == 404
    clock.on(61)
    taking.tell_rest()
    (row,) = (await viewer.get("/api/surveys/enps/responses")).json()["items"]
    assert (row["profile"], row["request"], row["score"]) == (None, None, 3)
    assert row["started"] == row["ended"]
    assert row["ended"].endswith(":00:00.000Z") or ":00:00" in row["ended"]


def test_what_an_anonymous_survey_is_told_of_a_person_is_not_kept(
    saved: Save, taking: Responses, workspace: Workspace
) -> None:
    """Whoever opens it for somebody: neither the id nor anything derived from it."""
    saved("enps", question("nps"), anonymous=True)
    first = taking.open("enps", identity="user:ada", request="ask-1")
    assert (first.identity, first.request) == (None, None)
    assert taking.open("enps", identity="user:ada", request="ask-1").id != first.id
    with pytest.raises(Exception, match="another"):
        taking.open("enps", identity="user:ada", response=_named(saved, taking))
    assert NOON % HOUR == 0


def _named(saved: Save, taking: Responses) -> str:
    saved("named", question("nps"))
    return taking.open("named", identity="user:ada").id


async def test_the_ticket_of_an_invitation_is_good_for_one_anonymous_answer(
    saved: Save, visitor: httpx.AsyncClient, taking: Responses, workspace: Workspace
) -> None:
    """Two tabs of one link: the second is told that it was answered."""
    saved("enps", question("nps"), question("text"), anonymous=True)
    at = path(workspace, "enps")
    tabs = []
    for score in ("3", "9"):
        page = await visitor.get(at)
        tabs.append((await visitor.post(at, data={**hidden(page), "v": score})).headers["location"])
    await walk(visitor, tabs[0], {"v": "first"})
    page = await visitor.get(tabs[1])
    told = await visitor.post(tabs[1], data={**hidden(page), "v": "second"})
    assert title(told) == "You have answered already"
    invited = taking.tokens.read(at.removeprefix("/s/"), tokens.Invitation)
    assert invited is not None
    begun = taking.open("enps")
    taking.answer(begun.id, {"nps": 1})
    with pytest.raises(Answered):
        taking.finish(begun.id, ticket=taking.tokens.ticket(invited))
