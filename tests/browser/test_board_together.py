"""The board as a team uses it: notes and tested assumptions, votes, layers, hand-overs, another map beside, the poster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from resa.journeys import DEFAULT_KEY
from tests.browser.conftest import Shop

BOARD = f"/app/journeys/{DEFAULT_KEY}?period=90d"


@pytest.fixture
def board(page: Page) -> Page:
    """The owner at the board, its numbers there."""
    return at(page, BOARD)


def at(page: Page, path: str) -> Page:
    """The page, once its numbers are there."""
    page.goto(path)
    expect(page.get_by_role("button", name=re.compile(r"customers? in Purchase\. Show them"))).to_be_visible()
    return page


@pytest.fixture
def _tidy(shop: Shop) -> Iterator[None]:
    """No note is left on the map."""
    yield
    with shop.api() as api:
        for note in api.get(f"/api/journeys/{DEFAULT_KEY}/notes").json()["items"]:
            assert api.delete(f"/api/journeys/{DEFAULT_KEY}/notes/{note['id']}").status_code == 200


@pytest.mark.usefixtures("_tidy")
def test_an_assumption_on_a_stage_is_tested_by_the_data_and_marked_on_the_board(board: Page) -> None:
    board.get_by_role("button", name="Awareness", exact=True).click()
    drawer = board.get_by_role("dialog")
    drawer.get_by_text("Assumption", exact=True).click()
    drawer.get_by_role("textbox", name="Text of the note").fill("Nearly everybody looks at a product.")
    drawer.get_by_role("switch", name="Let the data check it").click(force=True)
    drawer.get_by_role("textbox", name="Share in percent").fill("1")
    drawer.get_by_role("button", name="Add", exact=True).click()
    note = drawer.get_by_role("article")
    expect(note).to_contain_text("Nearly everybody looks at a product.")
    expect(note).to_contain_text("Confirmed: more than 1% of those in Awareness come to Consideration.")
    expect(note).to_contain_text(re.compile(r"Measured: \d+% \(between \d+% and \d+%\) of \d+ customers"))
    board.keyboard.press("Escape")
    expect(board.get_by_role("button", name=re.compile("1 note, no votes. Show them"))).to_be_visible()
    board.get_by_role("button", name="1 note", exact=True).click()
    expect(board.get_by_role("dialog")).to_contain_text("1 assumption: 1 confirmed, 0 contradicted")


@pytest.mark.usefixtures("_tidy")
def test_a_note_is_changed_removed_and_brought_back(board: Page) -> None:
    board.get_by_role("button", name="Notes").click()
    drawer = board.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Text of the note").fill("Let us look at this on Monday.")
    drawer.get_by_role("button", name="Add", exact=True).click()
    note = drawer.get_by_role("article")
    expect(note).to_contain_text("ada@example.com")
    drawer.get_by_role("button", name="More for this note").click()
    board.get_by_role("menuitem", name="Edit").click()
    drawer.get_by_role("textbox", name="Text of the note").last.fill("Let us look at this on Tuesday.")
    drawer.get_by_role("button", name="Save").click()
    expect(note).to_contain_text("on Tuesday")
    drawer.get_by_role("button", name="More for this note").click()
    board.get_by_role("menuitem", name="Remove").click()
    expect(note).to_have_count(0)
    board.get_by_role("button", name="Undo").click()
    expect(note).to_contain_text("on Tuesday")


def test_a_vote_counts_once_for_each_person(board: Page) -> None:
    board.get_by_role("button", name="Purchase", exact=True).click()
    votes = board.get_by_role("group", name="Votes on Purchase")
    votes.get_by_role("button", name=re.compile("^Agree")).click()
    expect(votes.get_by_role("button", name="Agree 1")).to_have_attribute("aria-pressed", "true")
    votes.get_by_role("button", name=re.compile("^Disagree")).click()
    expect(votes.get_by_role("button", name="Agree 0")).to_be_visible()
    expect(votes.get_by_role("button", name="Disagree 1")).to_be_visible()


def test_cards_carry_another_figure_and_the_address_says_which(board: Page) -> None:
    board.get_by_text("Value", exact=True).click()
    expect(board).to_have_url(re.compile("layer=value"))
    expect(board.get_by_text(re.compile(r"^€[\d,]+$")).first).to_be_visible()
    board.reload()
    expect(board.get_by_role("radio", name="Value")).to_be_checked()


def test_steps_off_the_map_are_proposed_where_they_belong_and_taken_back(board: Page, shop: Shop) -> None:
    steps = board.get_by_role("region", name="Real steps not on your map")
    if steps.count() == 0:
        taken = touchpoint_away(shop, "Coupon Applied")
        at(board, BOARD)
    else:
        taken = None
    expect(steps.get_by_role("listitem").first).to_contain_text(
        re.compile(r"[\d.]+% of customers \([\d,]+\) use a step")
    )
    steps.get_by_role("button", name=re.compile("^Add .+ to ")).first.click()
    expect(board.get_by_text(re.compile("is on the map"))).to_be_visible()
    board.get_by_role("button", name="Undo").click()
    expect(steps.get_by_role("listitem").first).to_be_visible()
    if taken:
        save(shop, taken)


def touchpoint_away(shop: Shop, event: str) -> dict[str, Any]:
    """Take the touchpoints of an event off the map; the map as it was."""
    with shop.api() as api:
        before: dict[str, Any] = api.get(f"/api/journeys/{DEFAULT_KEY}").json()["body"]
    stages = [
        stage
        | {
            "touchpoints": [
                one for one in stage["touchpoints"] if all(rule.get("name") != event for rule in one["rule"]["any"])
            ]
        }
        for stage in before["stages"]
    ]
    save(shop, before | {"stages": stages})
    return before


def save(shop: Shop, body: dict[str, Any]) -> None:
    """Save the map as its newest version."""
    with shop.api() as api:
        version = api.get(f"/api/journeys/{DEFAULT_KEY}").json()["version"]
        answer = api.put(f"/api/journeys/{DEFAULT_KEY}", json={"expected_version": version, "body": body})
        assert answer.status_code == 200, answer.text


def test_changes_of_channel_are_held_against_staying(board: Page) -> None:
    rows = board.get_by_role("region", name="Hand-overs between channels").locator("tbody tr")
    expect(rows.first).to_be_visible()
    expect(rows.first).to_contain_text(re.compile(r"broken|works|no clear difference|too few to compare"))


def test_an_intended_map_stands_beside_with_what_differs(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        body = api.get(f"/api/journeys/{DEFAULT_KEY}").json()["body"]
        hand = {"key": "house-call", "name": "A call at home", "by_hand": True}
        body["name"] = "As it should be"
        body["stages"][0]["touchpoints"] = [*body["stages"][0]["touchpoints"][:-1], hand]
        assert (
            api.post("/api/journeys", json={"key": "intended", "name": "As it should be", "body": body}).status_code
            == 201
        )
        board = at(page, BOARD)
        board.get_by_role("button", name="More for this journey").click()
        board.get_by_role("menuitem", name="Put another map beside").click()
        beside = board.get_by_role("region", name="Intended: As it should be", exact=True)
        expect(beside).to_contain_text("1 touchpoint to add, 1 to drop, 0 moved.")
        expect(beside.get_by_role("list", name="What differs")).to_contain_text("A call at home")
        assert api.delete("/api/journeys/intended").status_code == 200


def test_the_poster_is_downloaded_as_a_picture_and_printed_on_one_sheet(board: Page) -> None:
    board.get_by_role("button", name="More for this journey").click()
    board.get_by_role("menuitem", name="Poster: PNG or PDF").click()
    dialog = board.get_by_role("dialog")
    expect(dialog.get_by_alt_text("Journey Customer journey as a poster")).to_be_visible()
    with board.expect_download() as got:
        dialog.get_by_role("button", name="Download PNG").click()
    picture = got.value.path().read_bytes()
    assert got.value.suggested_filename == f"{DEFAULT_KEY}.png"
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20], "big") > 3_000  # pixels across
    board.evaluate("window.print = () => (window.printed = true)")
    dialog.get_by_role("button", name="Print or save as PDF").click()
    board.wait_for_function("window.printed === true")
    paper = board.pdf(prefer_css_page_size=True)
    assert paper[:5] == b"%PDF-"
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 1
    board.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(board.locator("[data-poster]")).to_have_count(0)


def test_attribution_stands_models_side_by_side_with_their_readings_and_limits(page: Page) -> None:
    page.goto("/app/attribution?period=90d")
    table = page.get_by_role("region", name="Conversions by touch and model")
    expect(table).to_be_visible()
    heads = table.get_by_role("columnheader").all_inner_texts()
    assert heads[2:] == ["First touch", "Last touch", "Linear", "Time decay", "Markov", "Shapley"]
    expect(page.get_by_role("heading", name="What they can’t say")).to_be_visible()
    expect(page.get_by_text("None of these models measures a causal effect")).to_be_visible()
    page.get_by_label("Touch", exact=True).select_option("Campaign source")
    expect(page).to_have_url(re.compile("touch=campaign_source"))
    expect(table.get_by_role("rowheader", name="pinterest")).to_be_visible()


def test_every_number_of_attribution_opens_its_people(page: Page) -> None:
    page.goto("/app/attribution?period=90d")
    row = page.get_by_role("region", name="Conversions by touch and model").locator("tbody tr").first
    dialog = page.get_by_role("dialog")
    row.get_by_role("button").first.click()
    expect(dialog.get_by_text(re.compile("^Touched by "))).to_be_visible()
    everybody = int(dialog.get_by_text(re.compile(r"^\d+ customers?$")).inner_text().split()[0])
    page.keyboard.press("Escape")
    row.get_by_role("button").nth(1).click()
    expect(page).to_have_url(re.compile("people=touch.*converting=true"))
    page.reload()  # whoever is sent the address sees the same
    expect(dialog.get_by_text(re.compile("^Converted after "))).to_be_visible()
    expect(dialog.get_by_role("link").first).to_be_visible()
    assert 0 < int(dialog.get_by_text(re.compile(r"^\d+ customers?$")).inner_text().split()[0]) <= everybody


def test_the_numbers_of_a_hand_over_open_as_many_people(board: Page) -> None:
    row = board.get_by_role("region", name="Changes of channel as a table").locator("tbody tr").first
    door = row.get_by_role("button").first
    said = re.search(r"show (this|these) (\d+) customer", door.inner_text())
    assert said
    door.click()
    expect(board).to_have_url(re.compile("cell=crossed"))
    expect(board.get_by_role("dialog").get_by_text(re.compile(rf"^{said[2]} customers?$"))).to_be_visible()
