"""A visitor in a real browser: looks, buys, and is in Resa with every step, as somebody real."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

from resa.collect.sources import Sources
from resa.demo import catalogue
from resa.demo.catalogue import Product
from resa.demo.shop import Shop, ShopServer
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from resa.web import SDK
from tests.chromium import FLAGS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (SDK / "resa.js").exists(), reason="the SDK is not built (make env)"),
]
PRODUCTS = [
    Product(str(n), name, aisle.key, aisle.name, "own brand", "1 lb", 1.25 + n, art, aisle.colour, 100 - n)
    for n, (aisle, name, art) in enumerate(
        (aisle, f"{aisle.name} {kind}", art)
        for aisle in catalogue.aisles()
        for kind, art in (("one", "apple"), ("two", "box"))
    )
]


@pytest.fixture
def shop(server: str, workspace: Workspace) -> Iterator[str]:
    """The address of a shop whose page sends to the running Resa."""
    source = Sources(workspace.state, workspace.clock).create(audit.SYSTEM, "Demonstration shop", "browser")
    running = ShopServer(
        Shop(catalogue.document(PRODUCTS), source.write_key, host="127.0.0.1", public_url=None), "127.0.0.1", 0
    )
    running.shop.port = urlsplit(server).port or 0
    running.start()
    yield f"http://localhost:{running.port}"
    running.close()


@pytest.fixture
def page() -> Iterator[Page]:
    """A page; errors in its scripts or of its policy fail the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        said: list[str] = []
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        yield opened
        browser.close()
    assert said == []


def test_what_a_visitor_does_arrives_as_standard_events(
    shop: str, page: Page, workspace: Workspace, tmp_path: Path
) -> None:
    page.goto(f"{shop}/?utm_source=leaflet&utm_medium=print&utm_campaign=spring")
    page.get_by_role("link", name="Fruit", exact=True).first.click()
    page.get_by_role("link", name="Fruit one").first.click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("searchbox").fill("drinks")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("button", name="Add Drinks one to the cart").click()
    page.get_by_role("link", name="Cart 2").click()
    page.get_by_label("Coupon code").fill("welcome")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("Name").first.fill("Ada Visitor")
    page.get_by_label("E-mail").first.fill("ada@example.com")
    page.get_by_role("button", name="Place the order").click()
    page.get_by_role("heading", name="Thank you!").wait_for()
    while page.evaluate("Object.keys(localStorage).some((name) => name.startsWith('resa.queue.'))"):
        page.wait_for_timeout(50)
    workspace.settle()
    seen = workspace.body.query("SELECT * FROM log ORDER BY row").to_pylist()
    names = [event["name"] for event in seen if event["type"] == "track"]
    expected = (
        "Promotion Viewed", "Product List Viewed", "Product Viewed", "Product Added", "Products Searched", "Cart Viewed",
        "Coupon Applied", "Checkout Started", "Payment Info Entered", "Order Completed",
    )  # fmt: skip
    assert [name for name in dict.fromkeys(names) if name in expected] == list(expected)
    assert {event["simulated"] for event in seen} == {False}
    assert {event["channel"] for event in seen} == {"web"}
    assert len({event["profile"] for event in seen}) == 1
    assert seen[0]["campaign_name"] == "spring"
    order = next(event for event in seen if event["name"] == "Order Completed")
    assert (order["currency"], float(order["revenue"])) == ("USD", round((1.25 + 1.25 + 18) * 0.9, 2))
    assert order["user_id"] == "web-ada@example.com"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_its_window_in_light_and_dark(shop: str, page: Page, scheme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("/", "/aisle/fruit", "/product/0", "/cart"):
        page.goto(shop + path)
        page.get_by_role("heading").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
