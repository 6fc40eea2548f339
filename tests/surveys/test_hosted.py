"""Hosted pages, as a browser without script walks through them: looking records nothing, sending does, once."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from resa.feedback.responses import Responses, styles, tokens
from resa.feedback.responses.desk import FASTEST_MS
from resa.kernel.workspace import Workspace
from tests.surveys.conftest import Clock, logged
from tests.surveys.making import GIVEN, KINDS, question

Save = Callable[..., int]
LIGHT = 30_000


def path(workspace: Workspace, survey: str, who: str = "user:ada", request: str | None = "ask-1", **more: Any) -> str:
    """The path of a person's link."""
    return tokens.link(workspace, survey, who, request, **more).removeprefix("http://127.0.0.1:8000")


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the page's first form."""
    form = page.text.partition("<form")[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form))


def form(kind: str, answer: Any) -> dict[str, Any]:
    """An answer as the page's form sends it."""
    if kind == "ranking":
        return {f"p.{key}": str(place) for place, key in enumerate(answer, 1)}
    if kind == "matrix":
        return {f"r.{row}": column for row, column in answer.items()}
    if kind == "contact":
        return {f"f.{field}": said for field, said in answer.items()}
    return {"v": answer}


async def walk(visitor: httpx.AsyncClient, at: str, *answers: dict[str, Any]) -> httpx.Response:
    """Send answers page by page, following where it leads; the last page."""
    page = await visitor.get(at)
    for answer in answers:
        sent = await visitor.post(at, data={**hidden(page), **answer})
        assert sent.status_code == 303, sent.text
        at = sent.headers["location"]
        page = await visitor.get(at)
    return page


def title(page: httpx.Response) -> str:
    """What the page's heading says."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", found[1])) if found else ""


async def test_every_kind_of_question_is_answered_on_a_light_page_without_script(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("all", *map(question, KINDS))
    at = path(workspace, "all")
    page = await visitor.get(at)
    for kind in KINDS:
        assert title(page).startswith(f"The question {kind}?"), kind
        assert len(page.content) < LIGHT, kind
        assert "<script" not in page.text
        sent = await visitor.post(at, data={**hidden(page), **form(kind, GIVEN[kind])})
        assert sent.status_code == 303, (kind, sent.text)
        at = sent.headers["location"]
        page = await visitor.get(at)
    assert title(page) == "Thank you"
    (event,) = logged(workspace)
    found = json.loads(event["properties"])
    assert {key: found[f"answer_{key}"] for key in KINDS} == GIVEN


async def test_the_largest_questions_stay_light(saved: Save, visitor: httpx.AsyncClient, workspace: Workspace) -> None:
    many = [{"key": f"option-{number}", "text": {"en": f"The choice number {number}"}} for number in range(100)]
    rows = [{"key": f"row-{number}", "text": {"en": f"The row number {number}"}} for number in range(12)]
    saved(
        "large",
        question("multiple", options=many),
        question("matrix", options=many[:10], rows=rows),
        question("ranking", options=many[:15]),
    )
    at = path(workspace, "large")
    for _ in range(3):
        page = await visitor.get(at)
        assert len(page.content) < LIGHT
        at = (await visitor.post(at, data=hidden(page))).headers["location"]


async def test_looking_records_nothing_and_an_answer_from_a_mail_is_only_chosen(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, taking: Responses
) -> None:
    """Programs that check mail open every link."""
    saved("loyal")
    for number in range(11):
        page = await visitor.get(path(workspace, "loyal", answer=number))
        assert re.findall(r'value="(\d+)"[^>]*checked', page.text) == [str(number)]
    assert (await visitor.get(path(workspace, "loyal", answer="<script>"))).status_code == 200
    key = taking.tokens.response_id("loyal", "user:ada", "ask-1")
    assert taking.find(key) is None
    assert logged(workspace) == []


async def test_going_back_shows_the_answer_and_changing_it_changes_the_way(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    why = question("text", "why", show_if=[{"question": "nps", "op": "at_most", "value": 6}])
    saved("loyal", question("nps"), why)
    at = path(workspace, "loyal")
    page = await walk(visitor, at, {"v": "3"})
    assert title(page).startswith("The question why?")
    back = html.unescape(re.findall(r'<a href="([^"]*)">Back', page.text)[0])
    page = await visitor.get(back)
    assert re.findall(r'value="(\d+)"[^>]*checked', page.text) == ["3"]
    sent = await visitor.post(back, data={**hidden(page), "v": "10"})
    assert "thanks=1" in sent.headers["location"]
    assert json.loads(logged(workspace)[0]["properties"])["score"] == 10


async def test_answers_survive_a_closed_tab(saved: Save, visitor: httpx.AsyncClient, workspace: Workspace) -> None:
    saved("loyal", question("nps"), question("csat"), question("text"))
    at = path(workspace, "loyal")
    await walk(visitor, at, {"v": "3"}, {"v": "2"})
    visitor.cookies.clear()
    assert title(await visitor.get(at)).startswith("The question text?")


async def test_who_answered_is_told_so(saved: Save, visitor: httpx.AsyncClient, workspace: Workspace) -> None:
    saved("loyal", question("nps"))
    at = path(workspace, "loyal")
    first = await visitor.get(at)
    await walk(visitor, at, {"v": "3"})
    assert title(await visitor.get(at)) == "You have answered already"
    again = await visitor.post(at, data={**hidden(first), "v": "9"})
    assert title(again) == "You have answered already"
    assert len(logged(workspace)) == 1


async def test_a_flawed_answer_is_said_beside_the_question_and_kept(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("ask", question("text", max_length=10, required=True), languages=["en", "sv"])
    at = path(workspace, "ask")
    page = await visitor.get(at)
    for said, told in (("", "Please answer this question."), ("x" * 11, "Please write at most 10 characters.")):
        answer = await visitor.post(at, data={**hidden(page), "v": said})
        assert answer.status_code == 422
        assert f'role="alert" id="e">{told}' in answer.text
        assert said in answer.text
    swedish = await visitor.post(at, data={**hidden(page), "v": "", "lang": "sv"})
    assert "Svara på frågan innan du går vidare." in swedish.text


async def test_pages_speak_the_language_that_is_wanted(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved(
        "tongues",
        question("nps", text={"en": "How likely?", "sv": "Hur troligt?", "ar": "ما مدى احتمال؟"}),
        question("text", text={"en": "Why?"}),
        languages=["en", "sv", "ar"],
    )
    at = path(workspace, "tongues")
    wanted = {
        "sv-SE,sv;q=0.9": ("sv", "Hur troligt?"),
        "de": ("en", "How likely?"),
        "fi, ar;q=0.2": ("ar", "ما مدى احتمال؟"),
    }
    for header, (language, text) in wanted.items():
        page = await visitor.get(at, headers={"Accept-Language": header})
        assert title(page).startswith(text)
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page.text
    swedish = await visitor.get(f"{at}?lang=sv", headers={"Accept-Language": "en"})
    assert ("Nästa" in swedish.text, ">English</a>" in swedish.text) == (True, True)
    sent = await visitor.post(at, data={**hidden(swedish), "v": "9"})
    following = await visitor.get(at, headers={"Accept-Language": "en"})
    assert (sent.status_code, title(following).startswith("Why?"), "Skicka" in following.text) == (303, True, True)


async def test_an_open_link_answers_for_nobody_known(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, clock: Clock
) -> None:
    saved("open", question("nps"), question("text"))
    page = await visitor.get("/s/open")
    clock.on(seconds=3)
    first = await visitor.post("/s/open", data={**hidden(page), "v": "8"})
    at = first.headers["location"]
    assert at.startswith("/s/C")
    done = await walk(visitor, at, {"v": "Good."})
    assert title(done) == "Thank you"
    (event,) = logged(workspace)
    assert event["anonymous_id"].startswith("survey-")
    assert json.loads(event["properties"])["score"] == 8


async def test_the_same_form_sent_twice_is_one_answer(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, clock: Clock
) -> None:
    saved("open", question("nps"))
    page = await visitor.get("/s/open")
    clock.on(seconds=3)
    for score in ("8", "2"):
        await visitor.post("/s/open", data={**hidden(page), "v": score})
    assert [json.loads(event["properties"])["score"] for event in logged(workspace)] == [8]


async def test_a_browser_that_answered_is_asked_whether_it_is_somebody_else(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, clock: Clock
) -> None:
    saved("open", question("nps"))
    page = await visitor.get("/s/open")
    clock.on(seconds=3)
    await visitor.post("/s/open", data={**hidden(page), "v": "8"})
    told = await visitor.get("/s/open")
    assert title(told) == "Already answered here"
    again = await visitor.post("/s/open", data=hidden(told))
    page = await visitor.get(again.headers["location"])
    clock.on(seconds=3)
    await visitor.post("/s/open", data={**hidden(page), "v": "1"})
    assert len(logged(workspace)) == 2


async def test_programs_are_not_counted(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, clock: Clock
) -> None:
    """A filled trap is thanked and forgotten, one too quick is asked again, a made-up stamp begins anew."""
    saved("open", question("nps"))
    page = await visitor.get("/s/open")
    quick = await visitor.post("/s/open", data={**hidden(page), "v": "8"})
    assert (quick.status_code, "Please press the button once more." in quick.text) == (422, True)
    clock.on(seconds=(FASTEST_MS + 1) / 1000)
    trapped = await visitor.post("/s/open", data={**hidden(page), "v": "8", "comment_url": "http://spam.example"})
    assert (trapped.status_code, title(trapped)) == (200, "Thank you")
    forged = await visitor.post("/s/open", data={"q": "nps", "v": "8", "s": "S" + "A" * 60})
    assert (forged.status_code, forged.headers["location"]) == (303, "/s/open")
    assert logged(workspace) == []


async def test_a_flood_of_open_answers_from_one_network_is_slowed(
    saved: Save, visitor: httpx.AsyncClient, clock: Clock, taking: Responses, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved("open", question("nps"))
    statuses = []
    for _ in range(140):
        page = await visitor.get("/s/open?again=1")
        clock.on(seconds=1)
        statuses.append((await visitor.post("/s/open", data={**hidden(page), "v": "8"})).status_code)
    assert set(statuses[:100]) == {303}
    assert 429 in statuses[100:]


@pytest.mark.parametrize(("status", "shown"), [("draft", 410), ("paused", 410), ("ended", 410)])
async def test_a_survey_that_is_not_live_is_closed(
    status: str, shown: int, saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("loyal", status=status)
    page = await visitor.get(path(workspace, "loyal"))
    assert (page.status_code, title(page)) == (shown, "This survey is closed")


async def test_the_next_after_the_last_is_told_kindly_that_it_is_full(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("loyal", question("nps"), quota=1)
    late = path(workspace, "loyal", "user:bo")
    looking = await visitor.get(late)
    await walk(visitor, path(workspace, "loyal"), {"v": "3"})
    assert title(await visitor.get(late)) == "This survey is full"
    sent = await visitor.post(late, data={**hidden(looking), "v": "9"})
    assert title(sent) == "This survey is full"
    assert len(logged(workspace)) == 1


async def test_a_survey_without_an_open_link_is_nowhere_under_its_key(saved: Save, visitor: httpx.AsyncClient) -> None:
    saved("closed", open_link=False)
    for at in ("/s/closed", "/s/nothing", "/s/Inonsense", "/s/Cnonsense", "/s/Pnonsense"):
        page = await visitor.get(at)
        assert (page.status_code, title(page)) == (404, "This link leads to no survey")


async def test_pages_are_sandboxed_and_set_no_cookie(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("loyal")
    page = await visitor.get(path(workspace, "loyal"))
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("frame-ancestors 'none'; sandbox allow-forms")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    assert styles.CSS in page.text


async def test_who_was_asked_is_known_to_have_seen_or_dismissed_it(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("loyal")
    at = path(workspace, "loyal", channel="email")
    page = await visitor.get(at)
    image = re.findall(r'src="([^"]*seen.gif)"', page.text)[0]
    for _ in range(2):
        assert (await visitor.get(image)).headers["content-type"] == "image/gif"
    told = await visitor.post(at, data={**hidden(page), "dismiss": "1"})
    assert title(told) == "That is all right"
    (seen,), (dismissed,) = logged(workspace, "Survey Shown"), logged(workspace, "Survey Dismissed")
    whole = {"survey": "loyal", "version": 1, "channel": "email", "request": "ask-1"}
    assert json.loads(seen["properties"]) == json.loads(dismissed["properties"]) == whole
    assert (seen["user_id"], seen["channel"]) == ("ada", "email")


async def test_an_intro_pipes_what_is_known_and_escapes_it(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, taking: Responses
) -> None:
    saved("names", question("text", "name", trait="nickname"))
    begun = taking.open("names", identity="user:ada")
    taking.answer(begun.id, {"name": "<b>Ada</b>\u202e"})
    workspace.settle()
    hello = question("nps", text={"en": "Hello {trait.nickname|you}, {trait.email|no address}?"})
    saved("hello", hello, question("text", text={"en": "You gave {answer.nps}. Why?"}))
    at = path(workspace, "hello")
    assert title(await visitor.get(at)) == "Hello <b>Ada</b>, no address? (optional)"
    assert "<b>Ada" not in (await visitor.get(at)).text
    assert title(await walk(visitor, at, {"v": "3"})).startswith("You gave 3. Why?")
