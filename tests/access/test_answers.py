"""Errors as answers: always JSON with code and message; the field is named; nothing of our insides is shown."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from litestar import Litestar, get

from resa import answers
from resa.access import team
from tests.cast import PASSWORD, Cast

MARKER = "zanzibar-marker-4711"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"email": 7, "password": "x"}', "email"),
        (b'{"email": "a@b.example"}', "password"),
        (b'{"email": "a@b.example", "password": null}', "password"),
        (b'{"email": "a@b.example", "password": ["' + MARKER.encode() + b'"]}', "password"),
        (b'{"email": "a@b.example", "password": "x", "remember": true}', "remember"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'"text"', "body"),
        (b"", "body"),
    ],
)
async def test_a_wrong_shape_names_the_field_and_never_the_value(
    stranger: httpx.AsyncClient, body: bytes, field: str
) -> None:
    """400 with rule and remedy."""
    answer = await stranger.post("/api/session", content=body, headers={"Content-Type": "application/json"})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (400, "invalid")
    assert field in told["field"] + told["rule"], told
    assert told["message"]
    assert told["remedy"]
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'email': 1}",
        b'{"email": "\xff\xfe", "password": "x"}',
        b'{"email": "\\ud800", "password": "x"}',
        b"[" * 100_000,
        b'{"email":' * 20_000,
        b'{"email": "' + b"x" * 100 + b'\x00"}',
        b"\x1f\x8b\x08\x00",
    ],
)
async def test_json_that_is_none_is_refused_as_such(stranger: httpx.AsyncClient, body: bytes) -> None:
    """400, never 500."""
    answer = await stranger.post("/api/session", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.text
    assert answer.json()["message"]
    assert len(answer.text) < 1000


async def test_texts_that_some_store_can_t_keep_are_refused_or_unknown(cast: Cast, owner: httpx.AsyncClient) -> None:
    """NUL, lone surrogates, control characters, everywhere a text goes in."""
    for odd in ("\u0000", "a\u0000b", "\u001b[31m", "é" * 500):
        bodies: list[tuple[str, str, Any]] = [
            ("POST", "/api/session", {"email": odd, "password": odd}),
            ("POST", "/api/setup", {"token": odd, "email": odd, "password": PASSWORD, "name": odd}),
            ("POST", "/api/invite", {"token": odd, "name": odd, "password": PASSWORD}),
            ("POST", "/api/team", {"email": odd, "role": odd}),
            ("POST", "/api/keys", {"name": odd, "scopes": [odd]}),
            ("PATCH", "/api/workspace", {"name": odd}),
            ("PATCH", "/api/workspace", {"timezone": odd}),
            ("PATCH", "/api/workspace", {"currency": odd}),
        ]
        for method, path, body in bodies:
            answer = await owner.request(method, path, json=body)
            assert 400 <= answer.status_code < 500, (path, odd, answer.text)
    for path in ("/api/team/%00", "/api/keys/%00", "/api/team/%ff%fe", "/api/team/" + "x" * 5000):
        assert (await owner.delete(path)).status_code in (400, 404), path
    for cookie in (b"resa=", b"resa=%00", "resa=é".encode(), b"resa=\xff", b"resa=" + b"x" * 5000):
        client = await cast.stranger()
        assert (await client.get("/api/team", headers={b"Cookie": cookie})).status_code == 401


async def test_what_is_not_there_is_404_as_json(stranger: httpx.AsyncClient) -> None:
    """Also for a stranger: which routes exist stands in the documentation."""
    for path in ("/api/nowhere", "/api", "/api/team/x/y", "/api/%00"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_a_wrong_method_is_405_and_says_which_are_right(stranger: httpx.AsyncClient) -> None:
    """In `Allow`, as HTTP asks."""
    answer = await stranger.put("/api/session")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST, DELETE"


async def test_a_body_too_large_is_413(stranger: httpx.AsyncClient) -> None:
    """The limit of the framework, in our words."""
    answer = await stranger.post("/api/session", json={"email": "x" * 11_000_000, "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_our_own_faults_show_nothing_of_our_insides(caplog: pytest.LogCaptureFixture) -> None:
    """500 to the caller, the trace to the log."""

    @get("/broken", sync_to_thread=False)
    def broken() -> None:
        raise RuntimeError(f"{MARKER} in /etc/resa")

    app: Any = Litestar([broken], exception_handlers=answers.HANDLERS, openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://resa.test") as client:
        answer = await client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "RuntimeError" not in answer.text
    assert MARKER not in answer.text
    assert MARKER in caplog.text


async def test_passwords_are_in_no_answer_no_log_and_no_file(
    server: str, cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right and wrong ones, at every route that takes one, on a real server that logs everything, also when it breaks."""
    cast.session("owner", "ada@example.com")
    secrets = [f"{MARKER} {word}" for word in ("login", "setup", "invite", "old", "new", "broken")]
    with caplog.at_level(logging.DEBUG):
        async with httpx.AsyncClient(base_url=server) as browser:
            texts = [await _spoken(browser, secrets)]
            monkeypatch.setattr(team, "by_email", _break)
            answer = await browser.post("/api/session", json={"email": "ada@example.com", "password": secrets[5]})
            assert answer.status_code == 500
            texts.append(answer.text)
    assert "the disk is gone" in caplog.text  # the log was listened to
    texts.append(caplog.text)
    assert MARKER not in "".join(texts)
    files = [path for path in cast.workspace.settings.data.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if MARKER.encode() in path.read_bytes()]


async def _spoken(browser: httpx.AsyncClient, secrets: list[str]) -> str:
    log_in, set_up, invite, old, new, _ = secrets
    answers_given = [
        await browser.post("/api/session", json={"email": "ada@example.com", "password": log_in}),
        await browser.post("/api/session", json={"email": "ada@example.com", "password": {"x": log_in}}),
        await browser.post("/api/session", content=b'{"password": "' + log_in.encode()),
        await browser.post("/api/setup", json={"token": log_in, "email": "x", "password": set_up, "name": "x"}),
        await browser.post("/api/invite", json={"token": log_in, "password": invite, "name": "x"}),
        good := await browser.post("/api/session", json={"email": "ada@example.com", "password": PASSWORD}),
        await browser.post(
            "/api/password", json={"old": old, "new": new}, headers={"X-CSRF-Token": good.json()["csrf"]}
        ),
        await browser.post(
            "/api/password", json={"old": PASSWORD, "new": new}, headers={"X-CSRF-Token": good.json()["csrf"]}
        ),
    ]
    assert [answer.status_code for answer in answers_given] == [401, 400, 400, 403, 404, 200, 400, 200]
    return "".join(answer.text for answer in answers_given)


def _break(*_: object) -> None:
    raise RuntimeError("the disk is gone")
