"""The journey board: every number is a door, the lens is in the address, edits are versions."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from resa.journeys import DEFAULT_KEY
from tests.browser.conftest import Shop
from tests.browser.watching import Watch

BOARD = f"/app/journeys/{DEFAULT_KEY}"
STAGES = "Awareness Consideration Decision Purchase Onboarding Use Retention Advocacy".split()


@pytest.fixture
def board(page: Page) -> Page:
    """The owner at the board, its numbers there."""
    return at(page, BOARD)


@pytest.fixture
def unchanged(shop: Shop) -> Iterator[None]:
    """The map is put back as it was."""
    with shop.api() as api:
        before = api.get(f"/api/journeys/{DEFAULT_KEY}").json()
        yield
        save(api, before["body"])


def at(page: Page, path: str) -> Page:
    """The page, once its numbers are there."""
    page.goto(path)
    expect(doors(page).first).to_be_visible()
    return page


def save(api: Any, body: dict[str, Any]) -> int:
    """Save the map as somebody else's newest version; its number."""
    now = api.get(f"/api/journeys/{DEFAULT_KEY}").json()["version"]
    answer = api.put(f"/api/journeys/{DEFAULT_KEY}", json={"expected_version": now, "body": body})
    assert answer.status_code == 200, answer.text
    version: int = answer.json()["version"]
    return version


def doors(page: Page) -> Locator:
    """Every number that opens its people."""
    return page.get_by_role("button", name=re.compile(r"customers? .* Show them\.$"))


def said(door: Locator) -> int:
    """The number of customers that a door tells."""
    found = re.search(r"([\d,]+) customers? .* Show them\.$", (door.text_content() or "").strip())
    assert found
    return int(found[1].replace(",", ""))


def test_the_board_shows_the_stages_with_the_numbers_of_the_api(board: Page, shop: Shop) -> None:
    assert board.get_by_role("heading", level=2).all_inner_texts()[:8] == STAGES
    with shop.api() as api:
        numbers = api.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params=period_of(board)).json()
    customers = [stage["customers"] for stage in numbers["stages"]]
    assert [said(door_of(board, stage)) for stage in STAGES] == customers
    assert customers[0] > customers[2] > customers[3] > 20
    expect(board.get_by_text(re.compile(r"[\d,]+ real events"))).to_be_visible()


def period_of(page: Page) -> dict[str, str]:
    """The period that the page asked the server for."""
    with page.expect_request(re.compile("/numbers")) as asked:
        page.reload()
    expect(doors(page).first).to_be_visible()
    query = dict(part.split("=", 1) for part in asked.value.url.split("?", 1)[1].split("&"))
    return {name: query[name].replace("%3A", ":") for name in ("from", "to")}


def door_of(page: Page, stage: str) -> Locator:
    """The number of a stage."""
    return page.get_by_role("button", name=re.compile(f"customers? in {stage}. Show them"))


def test_ten_numbers_at_random_open_as_many_people_as_they_say(board: Page) -> None:
    everything = [door for door in doors(board).all() if said(door) > 0]
    names = [(door.text_content() or "").split(" – ", 1)[1] for door in everything]
    chosen = random.Random(10).sample(names, 10)
    assert any("left after" in name for name in chosen)
    for name in chosen:
        door = board.get_by_role("button", name=name)
        number = said(door)
        door.click()
        drawer = board.get_by_role("dialog")
        expect(drawer.get_by_text(re.compile(rf"^{number:,} customers?$"))).to_be_visible()
        people = drawer.get_by_role("listitem")
        while people.count() < number:
            before = people.count()
            people.last.scroll_into_view_if_needed()  # the next page comes by itself
            expect(people.nth(before)).to_be_attached()
        links = people.get_by_role("link").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
        assert len(links) == len(set(links)) == number
        board.keyboard.press("Escape")
        expect(drawer).to_be_hidden()


def test_listed_people_open_and_the_way_back_leads_to_the_list(board: Page) -> None:
    door_of(board, "Purchase").click()
    people = board.get_by_role("dialog").get_by_role("listitem")
    expect(people.first).to_be_visible()
    for place in random.Random(3).sample(range(min(20, people.count())), 2):
        link = people.nth(place).get_by_role("link")
        profile = (link.get_attribute("href") or "").rsplit("/", 1)[1]
        link.click()
        expect(board).to_have_url(re.compile(f"/app/customers/{profile}$"))
        expect(board.get_by_role("heading", name="Timeline")).to_be_visible()
        board.go_back()
        expect(people.first).to_be_visible()


def test_the_lens_is_in_the_address_and_outlives_a_reload(board: Page, shop: Shop) -> None:
    before = said(door_of(board, "Purchase"))
    board.get_by_role("button", name="Last 30 days").click()
    board.get_by_label("Period").select_option("Last 90 days")
    board.get_by_role("button", name="Against the period before").click()
    board.get_by_role("menuitem", name="Compare with nothing").click()
    board.get_by_role("button", name="All channels").click()
    board.get_by_role("menuitem", name="Shop", exact=True).or_(
        board.get_by_role("menuitem", name="Store", exact=True)
    ).click()
    expect(board).to_have_url(re.compile("period=90d"))
    expect(board).to_have_url(re.compile("compare=none"))
    expect(board).to_have_url(re.compile("channel=store"))
    expect(board.locator("[data-fading=true]")).to_have_count(0)
    in_the_store = said(door_of(board, "Purchase"))
    assert 0 < in_the_store < before
    board.reload()
    expect(board.get_by_role("button", name="Last 90 days")).to_be_visible()
    expect(board.get_by_role("button", name="Compare with nothing")).to_be_visible()
    expect(door_of(board, "Purchase")).to_be_visible()
    assert said(door_of(board, "Purchase")) == in_the_store


def press_until(page: Page, pattern: str, key: str = "Tab", most: int = 60) -> None:
    """Press a key until what has the focus says `pattern`."""
    for _ in range(most):
        if re.search(pattern, page.evaluate("() => document.activeElement.textContent.trim()")):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} pressed {most} times did not lead to {pattern}")


def test_the_keyboard_alone_reaches_a_number_its_people_and_one_of_them(board: Page) -> None:
    number, person = r"^\d+ . \d+ customers in Consideration\. Show them\.$", r"\d+ events?"
    press_until(board, number)
    assert board.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
    board.keyboard.press("Enter")
    drawer = board.get_by_role("dialog")
    expect(drawer.get_by_role("listitem").first).to_be_visible()
    board.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    press_until(board, number, most=1)  # the focus is back where it was
    board.keyboard.press("Enter")
    expect(drawer.get_by_role("listitem").first).to_be_visible()
    board.keyboard.press("Tab")
    press_until(board, person, most=5)
    board.keyboard.press("Enter")
    expect(board.get_by_role("heading", name="Timeline")).to_be_visible()


def test_the_table_has_the_same_numbers_as_the_board(board: Page) -> None:
    told = sorted((door.text_content() or "").split(" – ", 1)[1] for door in doors(board).all())
    board.get_by_text("Table", exact=True).click()
    expect(board.get_by_role("table", name="Customer journey")).to_be_visible()
    expect(board).to_have_url(re.compile("view=table"))
    assert sorted((door.text_content() or "").split(" – ", 1)[1] for door in doors(board).all()) == told


def rename(page: Page, old: str, new: str) -> None:
    """Give a touchpoint another name in the editor."""
    page.get_by_role("button", name=old, exact=True).click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill(new)
    drawer.get_by_role("button", name="Done").click()
    expect(drawer).to_be_hidden()


@pytest.mark.usefixtures("unchanged")
def test_a_touchpoint_gets_another_name_and_the_old_version_comes_back_from_the_history(
    board: Page, shop: Shop
) -> None:
    board.get_by_role("button", name="Edit", exact=True).click()
    rename(board, "Filling the cart", "Putting things in the basket")
    board.get_by_role("button", name="Save").click()
    expect(board.get_by_text(re.compile(r"Saved as version \d+"))).to_be_visible()
    expect(board.get_by_role("button", name="Putting things in the basket", exact=True)).to_be_visible()
    with shop.api() as api:
        assert api.get(f"/api/journeys/{DEFAULT_KEY}").json()["author"]
    board.get_by_role("button", name="More for this journey").click()
    board.get_by_role("menuitem", name="History").click()
    board.get_by_role("dialog").get_by_role("button", name="Restore").last.click()
    expect(board.get_by_text("Version 1 is current again")).to_be_visible()
    expect(board.get_by_role("button", name="Filling the cart", exact=True)).to_be_visible()


@pytest.mark.usefixtures("unchanged")
def test_who_saves_second_hears_of_the_first_and_loses_nothing(board: Page, shop: Shop, watch: Watch) -> None:
    watch.expect("status of 409")
    board.get_by_role("button", name="Edit", exact=True).click()
    rename(board, "Order placed", "Order is in")
    with shop.api() as api:
        body = api.get(f"/api/journeys/{DEFAULT_KEY}").json()["body"]
        body["description"] = "Somebody else was quicker."
        version = save(api, body)
        board.get_by_role("button", name="Save").click()
        expect(board.get_by_role("alert")).to_contain_text(f"Someone saved version {version} while you were editing")
        board.get_by_role("button", name="Save mine as the newest").click()
        expect(board.get_by_text(f"Saved as version {version + 1}")).to_be_visible()
        expect(board.get_by_role("button", name="Order is in", exact=True)).to_be_visible()
        kept = api.get(f"/api/journeys/{DEFAULT_KEY}", params={"version": version}).json()
        assert kept["body"]["description"] == "Somebody else was quicker."
