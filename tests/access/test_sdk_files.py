"""The SDK's files as Resa serves them to any site."""

from __future__ import annotations

import gzip

import httpx
import pytest
from litestar import Litestar

from resa.web import SDK

pytestmark = pytest.mark.skipif(not (SDK / "resa.js").exists(), reason="the SDK is not built (make env)")


async def test_any_site_may_load_the_core_and_asks_again_after_five_minutes(stranger: httpx.AsyncClient) -> None:
    got = await stranger.get("/sdk/resa.js", headers={"Origin": "https://shop.test", "Accept-Encoding": "gzip"})
    assert (got.status_code, got.headers["content-encoding"]) == (200, "gzip")
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["cross-origin-resource-policy"] == "cross-origin"
    assert got.headers["cache-control"].startswith("public, max-age=300")
    assert got.headers["content-type"].startswith("text/javascript")
    again = await stranger.get("/sdk/resa.js", headers={"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_core_is_as_small_as_promised(stranger: httpx.AsyncClient) -> None:
    got = await stranger.get("/sdk/resa.js")
    assert len(gzip.compress(got.content, 6)) < 6_000


async def test_add_ons_never_change_under_their_name(stranger: httpx.AsyncClient) -> None:
    for path in SDK.glob("*.*.js"):
        got = await stranger.get(f"/sdk/{path.name}")
        assert (got.status_code, got.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert got.content == path.read_bytes()
        assert got.headers["access-control-allow-origin"] == "*"


async def test_a_core_from_before_an_update_still_finds_its_add_ons(stranger: httpx.AsyncClient) -> None:
    (now,) = SDK.glob("capture.*.js")
    got = await stranger.get("/sdk/capture.0ldD1gest.js")
    assert (got.status_code, got.content, got.headers["cache-control"]) == (200, now.read_bytes(), "no-cache")


@pytest.mark.parametrize("name", ["nothing.js", "..%2f..%2fapp.py", "../built-from", "wrong.0ldD1gest.js"])
async def test_nothing_else_is_there(stranger: httpx.AsyncClient, name: str) -> None:
    assert (await stranger.get(f"/sdk/{name}")).status_code == 404


async def test_no_file_may_evaluate_text_or_write_markup(app: Litestar) -> None:
    """What a strict policy forbids, and what lets a string become code."""
    for path in SDK.glob("*.js"):
        text = path.read_text()
        for word in ("eval(", "new Function", "innerHTML", "outerHTML", "document.write", "insertAdjacentHTML"):
            assert word not in text, (path.name, word)
