"""Coming in and going out."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.watching import Watch


def sign_in(page: Page, email: str, password: str) -> None:
    """Fill the form and send it."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_signs_in_comes_to_the_page_they_asked_for_and_signs_out_again(watch: Watch, shop: Shop) -> None:
    page = watch.page()
    page.goto("/app/customers?q=maja")
    sign_in(page, shop.email, shop.password)
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    expect(page).to_have_url(f"{shop.address}/app/customers?q=maja")
    page.get_by_role("button", name="Ada Berg").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto("/app/customers")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_and_lets_nobody_in(watch: Watch, shop: Shop) -> None:
    watch.expect("status of 401")
    page = watch.page()
    page.goto("/app/")
    sign_in(page, shop.email, "not the right one")
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page).to_have_url(f"{shop.address}/app/sign-in")
    sign_in(page, shop.email, shop.password)
    expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
