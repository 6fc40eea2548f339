"""The shop's server: files only, on an origin of its own, with a page that may speak to the doors and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from resa.demo.shop import Shop, ShopServer


@pytest.fixture
def shop() -> Iterator[str]:
    """The address of a running shop; Resa is said to be on port 8123."""
    server = ShopServer(
        Shop(b'{"aisles":[],"products":[]}', 'key"><b>', host="127.0.0.1", public_url=None), "127.0.0.1", 0
    )
    server.shop.port = 8123
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def test_any_address_of_the_shop_is_its_page(shop: str) -> None:
    for path in ("/", "/aisle/fruit", "/../../etc/passwd", "/shop.py"):
        answer = httpx.get(shop + path)
        assert answer.status_code == 200
        assert "Green Lane Grocer" in answer.text
        assert 'data-write-key="key&quot;&gt;&lt;b&gt;"' in answer.text


def test_the_page_is_boxed_in(shop: str) -> None:
    answer = httpx.get(shop, headers={"Cookie": "resa=secret", "Host": 'evil"><script>.example'})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-scripts" in policy
    assert "connect-src 'self' http://127.0.0.1:8123/v1/ http://127.0.0.1:8123/api/features/;" in policy
    assert "set-cookie" not in answer.headers
    assert "evil" not in answer.text


def test_only_reading_is_possible(shop: str) -> None:
    assert httpx.post(shop + "/").status_code == 405
    assert httpx.head(shop + "/shop.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("name", ["shop.css", "shop.js", "art.js", "analytics.js", "catalogue.json", "favicon.svg"])
def test_its_files_are_served(shop: str, name: str) -> None:
    assert httpx.get(f"{shop}/{name}").content
