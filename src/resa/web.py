"""Files that were built into the package: the console (one page, and assets that never change under their name), the SDK."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from litestar import Request, Response, Router, get
from litestar.params import FromPath
from litestar.response import Redirect

from resa.kernel.errors import NotFound

BUILT: Final = Path(__file__).parent / "console" / "dist"
SDK: Final = Path(__file__).parent / "sdk" / "dist"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ZIPPED: Final = (".js", ".css", ".html", ".svg", ".json", ".webmanifest")
_MISSING: Final = """<!doctype html><html lang="en"><title>Resa</title>
<p>The console has not been built in this checkout. Run <code>make console</code>, then reload.</p></html>"""


class Built(NamedTuple):
    """A built file: its content, the same gzipped if that is worth it, its type, its tag."""

    content: bytes
    zipped: bytes | None
    kind: str
    tag: str


@cache
def _file(root: Path, name: str) -> Built | None:
    """None unless it is one of the built files."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return None
    content = path.read_bytes()
    zipped = gzip.compress(content, 6) if path.suffix in _ZIPPED and len(content) > 1024 else None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Built(content, zipped, kind, f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def _answer(request: Request[Any, Any, Any], root: Path, name: str, caching: str) -> Response[bytes] | None:
    found = _file(root, name)
    if found is None:
        return None
    content, headers = found.content, {"Cache-Control": caching, "Vary": "Accept-Encoding", "ETag": found.tag}
    if request.headers.get("if-none-match", "").removeprefix("W/") == found.tag:
        return Response(b"", status_code=304, media_type=found.kind, headers=headers)
    if found.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        # The same tag for both forms would let a cache join halves of different ones: the packed one's is weak.
        content, headers["Content-Encoding"], headers["ETag"] = found.zipped, "gzip", f"W/{found.tag}"
    return Response(content, media_type=found.kind, headers=headers)


@get("/sdk/{name:str}", include_in_schema=False, sync_to_thread=False)
def sdk(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """The browser SDK: `resa.js`, looked up anew after five minutes, and add-ons, whose names hold a digest.

    An add-on asked for by an older digest (by a core from before an update) is answered with today's.
    """
    digested = re.fullmatch(r"([a-z]+)(-\w+)?\.[\w-]{8,}\.js", name)
    found = _answer(request, SDK, name, _FOR_EVER if digested else "public, max-age=300, stale-while-revalidate=86400")
    if found is None and digested and not digested[2] and SDK.is_dir():
        names = (path.name for path in SDK.glob(f"{digested[1]}.*.js"))
        found = next((_answer(request, SDK, newer, "no-cache") for newer in names), None)
    if found is None:
        raise NotFound("file", name, "The SDK is /sdk/resa.js; in a checkout `make env` builds it.")
    found.headers["Access-Control-Allow-Origin"] = "*"
    return found


@get("/app/assets/{name:path}", include_in_schema=False, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A file whose name holds a digest of its content."""
    found = _answer(request, BUILT, f"assets/{name.lstrip('/')}", _FOR_EVER)
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
    found = _answer(request, BUILT, name, "no-cache") if name and "." in name.rsplit("/", 1)[-1] else None
    page = found or _answer(request, BUILT, "index.html", "no-cache")
    return page or Response(_MISSING, media_type="text/html", status_code=503)


@get("/", include_in_schema=False, sync_to_thread=False)
def root() -> Redirect:
    """People who type the address want the console."""
    return Redirect("/app/")


routes = [Router(path="/", route_handlers=[asset, front, page, root, sdk])]
