"""What is captured by itself: the events that the friction ledger reads, and never what somebody typed."""

from __future__ import annotations

import json

import pytest

from resa.journeys.friction.definition import DEFAULT
from resa.kernel.matching import Match
from tests.sdk.conftest import Site

PAGE = """
<main><h1>Shoes</h1>
<button id=buy onclick="this.textContent = 'Bought'">Buy</button>
<button class="css-1x2y3z stuck">Nothing happens</button>
<a href="/cart?token=secret">To the cart of ada@example.com, card 4111 1111 1111 1111</a>
<form id=join><input name=email type=email required value=""><input name=secret type=password><button>Join</button></form>
<form name=note onsubmit="return false"><textarea name=text></textarea><button id=send>Send</button></form>
<p style="height:3000px">Long</p></main>
"""


def matched(matches: list[Match]) -> set[str | None]:
    """The names of the friction ledger's defaults."""
    return {match.name for match in matches}


def test_the_names_are_those_that_friction_reads() -> None:
    assert "Element Clicked" in matched(DEFAULT.clicks.any)
    assert "Rage Click" in matched(DEFAULT.clicks.rage)
    assert "Dead Click" in matched(DEFAULT.clicks.dead)
    assert "Form Started" in matched(DEFAULT.forms.started)
    assert "Form Submitted" in matched(DEFAULT.forms.submitted)
    assert {"JavaScript Error", "Form Error"} <= matched(DEFAULT.errors.any)
    assert "Web Vital" in {measure.match.name for measure in DEFAULT.slow.measures}


def test_clicks_and_forms_without_what_was_typed(site: Site) -> None:
    site.add("/", PAGE, options="{capture: ['click', 'form']}")
    page = site.open("/")
    page.wait_for_load_state("networkidle")
    page.click("#buy")
    page.click("#join button")  # stops at the missing address
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=secret]", "swordfish")
    page.fill("[name=text]", "my secret words")
    page.click("#send")
    page.evaluate("resa.flush()")
    rows = site.rows(7)
    said = [(row["name"], json.loads(row["properties"])) for row in rows]
    assert said[0] == ("Element Clicked", {"element": "#buy", "kind": "button", "text": "Buy"})
    assert [name for name, _ in said] == [
        *("Element Clicked", "Element Clicked", "Form Error", "Form Started", "Form Started"),
        *("Element Clicked", "Form Submitted"),
    ]
    assert said[2][1] == {"form": "join", "field": "email", "kind": "email", "message": "email: valueMissing"}
    assert said[3][1] == {"form": "join", "field": "email", "kind": "email", "fields": 2}
    assert (said[4][1]["form"], said[6][1]["form"]) == ("note", "note")
    sent = b"".join(body for _, _, body in site.door.seen)
    for secret in (b"ada@example", b"swordfish", b"secret words", b"4111"):
        assert secret not in sent


@pytest.mark.full
def test_links_lose_their_queries_and_texts_their_numbers(site: Site) -> None:
    site.add("/", PAGE, options="{capture: ['click']}")
    site.add("/cart", "")
    page = site.open("/")
    page.wait_for_load_state("networkidle")
    page.click("a")
    page.wait_for_url("**/cart?token=secret")
    (link,) = site.named("Element Clicked", 1)
    assert (link["href"], link["text"]) == ("/cart", "To the cart of … card …")


@pytest.mark.full
def test_rage_is_one_event_a_burst(site: Site) -> None:
    site.add("/", PAGE, options="{capture: ['rage']}")
    page = site.open("/")
    page.wait_for_load_state("networkidle")
    for _ in range(5):
        page.click(".stuck")
    page.click("#buy", click_count=2)
    page.evaluate("resa.flush()")
    (burst,) = site.named("Rage Click", 1)
    assert burst == {"element": "button.stuck", "kind": "button", "text": "Nothing happens"}


@pytest.mark.full
def test_a_click_is_dead_if_nothing_answers(site: Site) -> None:
    """Three seconds are waited for an answer, hence among the longer proofs."""
    site.add("/", PAGE, options="{capture: ['dead']}")
    page = site.open("/")
    page.wait_for_load_state("networkidle")
    page.click("#buy")
    page.wait_for_timeout(3200)
    page.click(".stuck")
    page.wait_for_timeout(3200)
    page.evaluate("resa.flush()")
    (row,) = site.rows(1)
    assert (row["name"], json.loads(row["properties"])["text"]) == ("Dead Click", "Nothing happens")


@pytest.mark.full
def test_errors_are_told_once_each(site: Site) -> None:
    site.add("/", "", options="{capture: ['error']}")
    page = site.open("/")
    page.wait_for_load_state("networkidle")
    page.evaluate(
        """() => { for (let n = 0; n < 3; n++) setTimeout(() => missing.call());
        setTimeout(() => { Promise.reject(new TypeError("no luck, ada@example.com")) }) }"""
    )
    page.wait_for_timeout(200)
    page.evaluate("resa.flush()")
    errors = site.named("JavaScript Error", 2)
    assert sorted(error["message"] for error in errors) == [
        "Uncaught ReferenceError: missing is not defined",
        "no luck, …",
    ]
    assert {error["kind"] for error in errors} == {"ReferenceError", "TypeError"}
    site.errors.clear()


def test_how_far_and_how_fast_are_told_when_the_page_is_left(site: Site) -> None:
    """The last words of a page arrive, also when it is gone at once."""
    site.add("/", PAGE, options="{capture: ['scroll', 'vitals']}")
    site.add("/cart", "")
    page = site.open("/")
    page.wait_for_load_state("networkidle")
    page.mouse.wheel(0, 4000)
    page.wait_for_function("scrollY > 1000")
    page.wait_for_timeout(100)
    page.goto(f"{site.url}/cart")
    page.wait_for_function("window.resa && window.resa.started")
    page.evaluate("resa.track('Arrived'); resa.flush()")
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('resa.queue.'))")
    rows = site.rows(5)
    (scrolled,) = [json.loads(row["properties"]) for row in rows if row["name"] == "Page Scrolled"]
    assert scrolled["path"] == "/"
    assert scrolled["depth"] > 90
    vitals = {
        json.loads(row["properties"])["name"]: json.loads(row["properties"])
        for row in rows
        if row["name"] == "Web Vital"
    }
    assert {"LCP", "FCP", "TTFB"} <= vitals.keys()
    assert all(vital["path"] == "/" and vital["value"] >= 0 for vital in vitals.values())
