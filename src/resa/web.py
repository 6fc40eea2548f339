"""The console's files, as they were built into the package: one page, and assets that never change under their name."""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.params import FromPath
from litestar.response import Redirect

from resa.kernel.errors import NotFound

BUILT: Final = Path(__file__).parent / "console" / "dist"
_ZIPPED: Final = (".js", ".css", ".html", ".svg", ".json", ".webmanifest")
_MISSING: Final = """<!doctype html><html lang="en"><title>Resa</title>
<p>The console has not been built in this checkout. Run <code>make console</code>, then reload.</p></html>"""


@cache
def _file(name: str) -> tuple[bytes, bytes | None, str] | None:
    """Content, gzipped content, type; None unless it is one of the built files."""
    path = (BUILT / name).resolve()
    if not path.is_relative_to(BUILT.resolve()) or not path.is_file():
        return None
    content = path.read_bytes()
    zipped = gzip.compress(content, 6) if path.suffix in _ZIPPED and len(content) > 1024 else None
    return content, zipped, mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _answer(request: Request[Any, Any, Any], name: str, caching: str) -> Response[bytes] | None:
    found = _file(name)
    if found is None:
        return None
    content, zipped, kind = found
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = zipped, "gzip"
    return Response(content, media_type=kind, headers=headers)


@get("/app/assets/{name:path}", include_in_schema=False, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A file whose name holds a digest of its content."""
    found = _answer(request, f"assets/{name.lstrip('/')}", "public, max-age=31536000, immutable")
    if found is None:
        raise NotFound("file", name, "Reload the page: a newer console may have been installed.")
    return found


@get("/app", include_in_schema=False, sync_to_thread=False)
def front(request: Request[Any, Any, Any]) -> Response[Any]:
    """The console's page."""
    return _page(request, "")


@get("/app/{path:path}", include_in_schema=False, sync_to_thread=False)
def page(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[Any]:
    """The console's page for every address in it; files beside it by their name."""
    return _page(request, path)


def _page(request: Request[Any, Any, Any], path: str) -> Response[Any]:
    name = path.lstrip("/")
    found = _answer(request, name, "no-cache") if name and "." in name.rsplit("/", 1)[-1] else None
    page = found or _answer(request, "index.html", "no-cache")
    return page or Response(_MISSING, media_type="text/html", status_code=503)


@get("/", include_in_schema=False, sync_to_thread=False)
def root() -> Redirect:
    """People who type the address want the console."""
    return Redirect("/app/")


routes = [Router(path="/", route_handlers=[asset, front, page, root])]
