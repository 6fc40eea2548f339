"""Whatever strangers send stays inert and bounded: no script, no formula, no megabyte, no forged or foreign token, never a 5xx."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from resa.feedback.responses import Responses, tokens
from resa.feedback.responses.tokens import Continuation, Invitation, Stamp
from resa.kernel.workspace import Workspace
from tests.surveys.conftest import Clock, logged
from tests.surveys.making import KINDS, question
from tests.surveys.test_hosted import hidden, path, walk

Save = Callable[..., int]

TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "{{7*7}} ${7*7} {answer.nps} {trait.email}",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "+1+1", "-1-1", "@SUM(A1)", "\t=1+1", "\r=1+1",
    "\u202eevil\u202c \u2066x\u2069 \u200b\u200b\u2060\ufeff",
    "\u200b",
    "a\x00b\x1b[31m",
    "\ud800",
    "👩‍👩‍👧 نعم ہاں 日本",
    "z͑͗̏" * 100,
    "'; DROP TABLE survey_responses; --",
]  # fmt: skip


async def test_a_text_is_text(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, viewer: httpx.AsyncClient
) -> None:
    saved("ask", question("text", "why"), question("text", text={"en": "You said {answer.why|nothing}."}))
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    for number, said in enumerate(TEXTS):
        at = path(workspace, "ask", request=f"ask-{number}")
        page = await visitor.get(at)
        body = "&".join(f"{name}={quote(value)}" for name, value in hidden(page).items())
        raw = quote(said.encode("utf-8", "surrogatepass"))
        sent = await visitor.post(at, content=f"{body}&v={raw}", headers=typed)
        assert sent.status_code == 303, said
        following = await visitor.get(sent.headers["location"])
        assert "<script>alert" not in following.text
        assert "<img src=x" not in following.text
        assert not set(following.text) & set("\u202e\u2066\x00\x1b")
        await walk(visitor, sent.headers["location"], {"v": ""})
    events = [json.loads(event["properties"]) for event in logged(workspace)]
    assert len(events) == len(TEXTS)
    assert [number for number, event in enumerate(events) if "comment" not in event] == [TEXTS.index("\u200b")]
    exported = await viewer.get("/api/surveys/ask/responses/export")
    for row in csv.reader(io.StringIO(exported.text)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


async def test_a_megabyte_is_turned_away_unread(saved: Save, visitor: httpx.AsyncClient, workspace: Workspace) -> None:
    saved("ask", question("text", required=True))
    at = path(workspace, "ask")
    page = await visitor.get(at)
    told = await visitor.post(at, data={**hidden(page), "v": "x" * 1_000_000})
    assert (told.status_code, "Please go back and write less." in told.text) == (413, True)
    long = await visitor.post(at, data={**hidden(page), "v": "x" * 200_000})
    assert (long.status_code, len(long.content) < 300_000) == (422, True)
    many = await visitor.post(at, data={**hidden(page), **{f"v{number}": "x" for number in range(2000)}})
    assert many.status_code < 500
    assert logged(workspace) == []


async def test_forms_that_are_none_of_ours_break_nothing(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    saved("all", *map(question, KINDS))
    at = path(workspace, "all")
    bodies: list[dict[str, Any]] = [
        {}, {"q": "nothing", "v": "1"}, {"q": "nps"}, {"q": "nps", "v": ["1", "2"]}, {"q": "text", "v": "early"},
        {"q": "nps", "v": "١"}, {"q": "nps", "v": "1e9"}, {"q": "nps", "v": "-0"}, {"again": "1"}, {"dismiss": ""},
        {"q": "nps", "v": "5", "lang": "<b>"}, {"q": "nps", "v": "5", "s": "\u0000"},
    ]  # fmt: skip
    for body in bodies:
        answer = await visitor.post(at, data=body)
        assert answer.status_code < 500, body
    for query in ("?q=nothing", "?a=%00", "?lang=%F0", "?q=text", "?thanks=1", "?" + "x=1&" * 3000):
        assert (await visitor.get(at + query)).status_code < 500, query
    for raw in (b"\xff\xfe", b"%%%", b"=&=&=", b"q=nps&v=%ED%A0%80"):
        assert (await visitor.post(at, content=raw)).status_code < 500


def forged(token: str) -> list[str]:
    """A token as others might wish it."""
    raw = bytearray(base64.urlsafe_b64decode(token[1:] + "=" * (-len(token[1:]) % 4)))
    flipped = bytes(raw[:-1]) + bytes([raw[-1] ^ 1])
    return [
        token[0] + base64.urlsafe_b64encode(flipped).rstrip(b"=").decode(),
        token[:-1],
        token + "A",
        "C" + token[1:],
        "S" + token[1:],
        token[0] + base64.urlsafe_b64encode(b"\0" * 16 + bytes(raw[16:])).rstrip(b"=").decode(),
        token[0] + "A" * 2000,
    ]


async def test_a_forged_token_opens_nothing(saved: Save, visitor: httpx.AsyncClient, workspace: Workspace) -> None:
    saved("loyal")
    token = path(workspace, "loyal").removeprefix("/s/")
    for other in forged(token):
        assert (await visitor.get(f"/s/{other}")).status_code == 404
        assert (await visitor.post(f"/s/{other}", data={"q": "nps", "v": "1"})).status_code == 404
        assert (await visitor.get(f"/s/{other}/seen.gif")).status_code == 200
    assert logged(workspace, "Survey Shown") == []


async def test_a_token_of_another_workspace_purpose_or_time_is_nothing(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, taking: Responses, clock: Clock
) -> None:
    saved("loyal", link_lives="7 days")
    at = path(workspace, "loyal")
    assert (await visitor.get(at)).status_code == 200
    until = clock.now + 1_000_000
    invited = taking.tokens.sign(Invitation("loyal", "user:ada", None, "link", until))
    assert taking.tokens.read(invited, Continuation) is None
    assert taking.tokens.read("C" + invited[1:], Continuation) is None
    assert taking.tokens.read(invited, Stamp) is None
    stranger = "I" + base64.urlsafe_b64encode(b"x" * 60).decode()
    assert taking.tokens.read(stranger, Invitation) is None
    clock.on(7 * 24 * 60 + 1)
    assert (await visitor.get(at)).status_code == 404


async def test_a_stamp_of_another_survey_begins_nothing_here(
    saved: Save, visitor: httpx.AsyncClient, workspace: Workspace, clock: Clock
) -> None:
    saved("one", question("nps"))
    saved("two", question("nps"))
    page = await visitor.get("/s/one")
    clock.on(seconds=5)
    await visitor.post("/s/two", data={**hidden(page), "v": "1"})
    assert logged(workspace) == []


async def test_a_continuation_is_bound_to_its_survey(
    saved: Save, visitor: httpx.AsyncClient, taking: Responses, clock: Clock
) -> None:
    saved("one", question("nps"))
    saved("two", question("nps"))
    begun = taking.open("one")
    swapped = taking.tokens.sign(Continuation("two", begun.id, clock.now + 1000))
    assert (await visitor.get(f"/s/{swapped}")).status_code == 404


def test_a_link_holds_no_user_id_in_clear(saved: Save, taking: Responses, workspace: Workspace) -> None:
    """Addresses end in logs of proxies: once somebody is known, a number stands for them."""
    saved("loyal", question("nps", trait="nps"))
    begun = taking.open("loyal", identity="user:ada@example.com")
    taking.answer(begun.id, {"nps": 3})
    token = tokens.link(workspace, "loyal", "user:ada@example.com").rpartition("/s/I")[2]
    assert b"ada" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


async def test_an_answer_by_api_is_held_to_the_same_rules(
    saved: Save, cast: object, workspace: Workspace, editor: httpx.AsyncClient
) -> None:
    saved("all", *map(question, KINDS))
    at = "/api/surveys/all/responses"
    for body in (
        {"answers": {"nps": 11}},
        {"answers": {"nothing": 1}},
        {"answers": {"text": "x" * 100_000}},
        {"answers": {"matrix": {"nothing": "a"}}},
        {"answers": {"contact": {"email": "no"}}},
        {"answers": {"nps": 1}, "user_id": "\u0000"},
        {"answers": {"nps": 1}, "response": "../../etc"},
        {"answers": {"nps": float("1e308")}},
    ):
        told = await editor.post(at, content=json.dumps(body))
        assert told.status_code == 400, (body, told.text)
        assert told.json()["message"]
    assert logged(workspace) == []
