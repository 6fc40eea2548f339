"""The visual editor on a foreign page with a strict policy: opened by the console's window, used by role and label only."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.sdk.conftest import Site

PAGE = """<header><nav><a href=/sale class="Nav_link__x8Yz1">Sale</a></nav></header>
<main><section class="css-1ab2c3"><h1>Old title</h1><p>First words</p><p>Second words</p>
<img src=/old.png alt=Shoe width=40 height=40><button id=r7x9k2>Buy</button></section></main>
<script nonce=n1>document.querySelector("button").onclick = () => { document.title = "clicked" }</script>"""

CONSOLE = """window.heard = []; window.addEventListener("message", (event) => {
  if (event.origin !== shopOrigin) return; heard.push(event.data);
  if (event.data.type === "resa-pick:hello" && event.data.token === "tok-1") picker.postMessage(startWith, shopOrigin) })"""


def opened(site: Site, start: dict[str, Any], *, token: str = "tok-1") -> tuple[Page, Page]:
    """The console's window and the shop's, as the console opens it."""
    policy = f"default-src 'none'; img-src 'self'; script-src 'nonce-n1'; style-src 'none'; connect-src {site.resa}"
    site.add("/", PAGE, options="{capture: true}", content_security_policy=policy)
    context = site.visitor(viewport={"width": 1200, "height": 900})
    console = context.new_page()
    console.goto(f"{site.resa}/app/")
    console.evaluate(
        "([origin, start]) => { window.shopOrigin = origin; window.startWith = start }",
        [site.url, {"type": "resa-pick:start", "token": "tok-1", **start}],
    )
    console.evaluate(CONSOLE)
    with context.expect_page() as waiting:
        console.evaluate(f"window.picker = window.open(shopOrigin + '/?resa-pick={token}'); null")
    return console, waiting.value


def heard(console: Page, kind: str) -> dict[str, Any]:
    """The last message of a kind that the console got."""
    console.wait_for_function(f"heard.some((one) => one.type === 'resa-pick:{kind}')")
    found: dict[str, Any] = console.evaluate(f"heard.filter((one) => one.type === 'resa-pick:{kind}').at(-1)")
    return found


def test_a_variation_is_built_by_role_and_label(site: Site) -> None:
    console, shop = opened(site, {"mode": "changes"})
    editor = shop.get_by_role("dialog", name="Resa editor")
    expect(editor).to_be_visible()
    shop.get_by_role("heading", name="Old title").click()
    editor.get_by_label("Text", exact=True).fill("New <b>title</b>")
    editor.get_by_label("Text size in pixels").fill("40")
    expect(shop.get_by_role("heading", name="New <b>title</b>")).to_have_css("font-size", "32px")  # not yet settled
    editor.get_by_label("Text size in pixels").press("Tab")
    expect(shop.get_by_role("heading", name="New <b>title</b>")).to_have_css("font-size", "40px")
    editor.get_by_role("button", name="Choose another").click()
    shop.get_by_role("img", name="Shoe").click()
    editor.get_by_label("Picture (address)").fill("javascript:alert(1)")
    editor.get_by_label("Picture (address)").press("Tab")
    expect(editor.get_by_role("status")).to_contain_text("may not be used")
    editor.get_by_label("Picture (address)").fill("/new.png")
    editor.get_by_label("Picture (address)").press("Tab")
    editor.get_by_role("button", name="Choose another").click()
    shop.get_by_role("button", name="Buy").click()
    editor.get_by_label("Hide it").check()
    expect(shop.get_by_role("button", name="Buy")).not_to_be_visible()
    editor.get_by_role("button", name="Undo").click()
    expect(shop.get_by_role("button", name="Buy")).to_be_visible()
    editor.get_by_role("button", name="Choose another").click()
    shop.get_by_role("link", name="Sale").click()
    editor.get_by_label("Link").fill("/spring")
    editor.get_by_label("Link").press("Tab")
    expect(editor.get_by_role("list", name="Changes").get_by_role("listitem")).to_have_count(4)
    assert (shop.title(), shop.evaluate("broken")) == ("Shop /", [])
    editor.get_by_role("button", name="Done").click()
    result = heard(console, "result")
    assert result["changes"] == [
        {"selector": "h1", "action": "set", "attribute": "html", "value": "New &#60;b&#62;title&#60;/b&#62;"},
        {"selector": "h1", "action": "append", "attribute": "style", "value": "font-size: 40px !important"},
        {"selector": 'img[alt="Shoe"]', "action": "set", "attribute": "src", "value": "/new.png"},
        {"selector": 'a[href="/sale"]', "action": "set", "attribute": "href", "value": "/spring"},
    ]
    assert result["url"] == f"{site.url}/"
    assert site.door.posts() == [], "the marketer's own clicks are no customer's"


@pytest.mark.full
def test_a_placement_is_chosen_by_keyboard(site: Site) -> None:
    console, shop = opened(site, {"mode": "placement", "language": "sv"})
    editor = shop.get_by_role("dialog", name="Resas redigerare")
    expect(editor).to_be_visible()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight"):  # header, main, section, h1, p
        shop.keyboard.press(key)
    expect(editor.get_by_role("status")).to_contain_text("First words")
    shop.keyboard.press("Enter")
    editor.get_by_label("Var innehållet hamnar").select_option("after")
    assert Axe().run(shop, context="[data-resa-own=picker]").response["violations"] == []
    editor.get_by_role("button", name="Klar").click()
    result = heard(console, "result")
    assert (result["mode"], result["selector"], result["position"]) == (
        "placement",
        "section > p:nth-of-type(1)",
        "after",
    )


@pytest.mark.full
def test_changes_go_on_from_where_they_were_and_cancel_leaves_the_page(site: Site) -> None:
    change = {"selector": "h1", "action": "set", "attribute": "html", "value": "Yesterday's"}
    console, shop = opened(site, {"mode": "changes", "changes": [change]})
    expect(shop.get_by_role("heading", name="Yesterday's")).to_be_visible()
    shop.get_by_role("dialog").get_by_role("button", name="Take back: Text of h1").click()
    expect(shop.get_by_role("heading", name="Old title")).to_be_visible()
    assert heard(console, "changed")["changes"] == []


def test_a_stranger_gets_no_editor(site: Site) -> None:
    """A link with a token that no console knows; the same link in a window that no console opened."""
    _, shop = opened(site, {"mode": "changes"}, token="tok-2")
    shop.wait_for_load_state("networkidle")
    expect(shop.get_by_role("dialog")).to_have_count(0)
    alone = site.open("/?resa-pick=tok-1", ready=False)
    alone.wait_for_load_state("networkidle")
    expect(alone.get_by_role("dialog")).to_have_count(0)
    assert site.rows(1)[0]["type"] == "page", "a visitor with such a link is a visitor"
