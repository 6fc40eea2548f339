"""Security headers on every answer, whoever gives it."""

from __future__ import annotations

import httpx
import pytest
from litestar import Litestar, Response, get
from litestar.handlers import asgi
from litestar.types import Receive, Scope, Send

from resa.access.headers import SecurityHeaders


@asgi("/v1/track", is_mount=False)
async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """A raw handler, as the hot doors are."""
    headers = [(b"Access-Control-Allow-Origin", b"*")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


@get("/app/journeys", sync_to_thread=False)
def page() -> str:
    """A page of the console."""
    return "<p>"


@get("/shop", sync_to_thread=False)
def shop() -> Response[str]:
    """A page with a policy of its own."""
    return Response("", headers={"Content-Security-Policy": "sandbox allow-forms"})


@get("/api/things", sync_to_thread=False)
def things() -> list[str]:
    """An answer of the API."""
    return []


def client(public_url: str | None = None, base: str = "http://resa.test") -> httpx.AsyncClient:
    """A small application with the hook alone."""
    app = Litestar(
        [door, page, shop, things], before_send=[SecurityHeaders(public_url)], openapi_config=None, logging_config=None
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)  # type: ignore[arg-type]  # same protocol


@pytest.mark.parametrize("path", ["/app/journeys", "/api/things", "/shop", "/nowhere", "/api/nowhere", "/app/nowhere"])
async def test_every_answer_is_protected_also_what_was_not_found(path: str) -> None:
    """No sniffing, no frames, no referrer, an opener of its own."""
    got = (await client().get(path)).headers
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["X-Frame-Options"] == "DENY"
    assert got["Referrer-Policy"] == "same-origin"
    popups = (
        "-allow-popups" if path.startswith("/app/") else ""
    )  # the console talks with the window of the visual editor
    assert got["Cross-Origin-Opener-Policy"] == f"same-origin{popups}"
    assert got["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in got["Permissions-Policy"]
    assert len(got.get_list("Content-Security-Policy")) == 1


async def test_the_console_runs_scripts_from_its_own_files_only() -> None:
    """No inline script, no eval, no frame, no other host."""
    directives = dict(
        part.strip().split(" ", 1)
        for part in (await client().get("/app/journeys")).headers["content-security-policy"].split(";")
    )
    assert directives["default-src"] == directives["script-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["object-src"] == directives["base-uri"] == "'none'"


async def test_answers_of_the_api_are_never_kept_and_never_pages() -> None:
    """Not by a proxy, not by the browser; opened as a page they can do nothing."""
    for path in ("/api/things", "/api/nowhere"):
        got = (await client().get(path)).headers
        assert got["Cache-Control"] == "no-store"
        assert got["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_policy_of_the_handlers_own_is_left() -> None:
    """Public pages are sandboxed their own way."""
    got = (await client().get("/shop")).headers
    assert got.get_list("content-security-policy") == ["sandbox allow-forms"]


async def test_doors_may_be_read_by_other_origins() -> None:
    """They are called from customers' pages and say themselves to whom they answer."""
    got = (await client().get("/v1/track")).headers
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert got["Access-Control-Allow-Origin"] == "*"
    assert "content-security-policy" not in got


@pytest.mark.parametrize(
    ("public_url", "base", "promised"),
    [
        (None, "http://resa.test", False),
        (None, "https://resa.test", True),
        ("https://resa.test", "http://resa.test", True),
        ("https://resa.test", "http://127.0.0.1:8000", False),
        ("http://resa.test", "http://resa.test", False),
    ],
)
async def test_https_is_promised_only_where_it_is_spoken(public_url: str | None, base: str, promised: bool) -> None:
    """By ourselves or by the proxy before us; never on loopback, which would lock the developer out."""
    got = (await client(public_url, base).get("/app/journeys")).headers
    assert ("strict-transport-security" in got) == promised


async def test_the_application_has_them(server: str) -> None:
    """On a real server, with the cookie-setting routes and the description of the API."""
    async with httpx.AsyncClient(base_url=server) as browser:
        for path in ("/api/session", "/api/nowhere", "/schema/openapi.json"):
            assert (await browser.get(path)).headers["x-content-type-options"] == "nosniff"
