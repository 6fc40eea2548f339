"""Hosted survey pages over HTTP: `/s/<token>`, and `/s/<key>` of surveys that anybody may answer.

They run no script, set and read no cookie, and a sandbox without an origin of its own keeps them away from the console even where
both are served at one address (docs/surveys.md).
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Final
from urllib.parse import parse_qs

from litestar import Request, Response, Router, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from resa.access import proxies, throttle
from resa.feedback.responses import page
from resa.feedback.responses.desk import Desk, Reply, Visitor

MOST_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 400
_GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_NOTHING: Final = "'none'"
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)

Asking = Request[Any, Any, Any]


@get("/s/{token:str}", include_in_schema=False)
async def show(request: Asking, desk: NamedDependency[Desk], token: FromPath[str]) -> Response[str]:
    """The page of a link. Records no answer."""
    query = _fields(request.scope.get("query_string", b"").decode("latin-1")[:8192])
    return _answer(await sync_to_thread(desk.show, token, query, _visitor(request)), token)


@post("/s/{token:str}", include_in_schema=False, status_code=200)
async def take(request: Asking, desk: NamedDependency[Desk], token: FromPath[str]) -> Response[str]:
    """An answer; a redirect leads to the next question."""
    visitor = _visitor(request)
    body = await _body(request)
    if body is None:
        return _answer(Reply(page.trouble(desk.frame_language(visitor), "too_large"), 413), token)
    return _answer(await sync_to_thread(desk.take, token, _fields(body.decode("utf-8", "replace")), visitor), token)


@get("/s/{token:str}/seen.gif", include_in_schema=False)
async def seen(request: Asking, desk: NamedDependency[Desk], token: FromPath[str]) -> Response[bytes]:
    """An image of nothing: whoever loads it saw the page."""
    del request
    await sync_to_thread(desk.seen, token)
    return Response(_GIF, media_type="image/gif", headers={"Cache-Control": "no-store"})


def _visitor(request: Asking) -> Visitor:
    return Visitor(
        throttle.network(proxies.address(request.scope)),
        request.headers.get("user-agent", "")[:400],
        request.headers.get("accept-language", "")[:2000],
    )


async def _body(request: Asking) -> bytes | None:
    """The body; None if it is larger than any form of ours."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:12]) > MOST_BYTES:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _fields(text: str) -> dict[str, list[str]]:
    """The fields of a form or query; none for what is no form."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        return {}


def _answer(reply: Reply, token: str) -> Response[str]:
    framed = "'self'" if token.startswith("P") else "'none'"
    styles = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()}'"
        for found in _STYLE.findall(reply.html)
    )
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {styles or _NOTHING}; img-src 'self' data:; form-action 'self'; "
            f"base-uri 'none'; frame-ancestors {framed}; sandbox allow-forms"
        ),
        "X-Frame-Options": "SAMEORIGIN" if token.startswith("P") else "DENY",
        "Cross-Origin-Opener-Policy": "unsafe-none",  # with a sandbox, browsers refuse any other
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    if reply.to is not None:
        return Response("", status_code=303, media_type="text/html", headers={**headers, "Location": reply.to})
    return Response(reply.html, status_code=reply.status, media_type="text/html; charset=utf-8", headers=headers)


routes = [Router(path="/", route_handlers=[show, take, seen])]
