"""The home: what is worth doing now, and the goals of the team."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop


def test_it_says_who_waits_and_leads_there(page: Page, shop: Shop) -> None:
    said = {"survey": "nps", "metric": "nps", "score": 9, "comment": "Lovely", "channel": "email"}
    now = datetime.now(UTC).isoformat()
    event = {"userId": "home-1", "event": "Survey Answered", "timestamp": now, "properties": said}
    shop.send("track", event)
    shop.workspace.settle()
    with shop.api() as api:
        new = api.get("/api/inbox/counts").json()["new"]
    page.goto("/app/")
    words = f"Read {new} answers nobody" if new > 1 else "Read 1 answer nobody"
    page.get_by_role("region", name="What next").get_by_role("link", name=words).click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def test_goals_stand_on_it_until_they_are_given_up(page: Page, shop: Shop) -> None:
    today = date.today()  # only has to lie between the two days
    begun, due = (today - timedelta(days=20)).isoformat(), (today + timedelta(days=40)).isoformat()
    metric = {
        "name": "Orders sent",
        "unit": "event",
        "measure": {"form": "count", "events": {"any": [{"name": "Order Completed"}]}},
    }
    goal = {"name": "Orders by spring", "metric": "orders-sent", "target": 900_000, "start": begun, "due": due}
    with shop.api() as api:
        for path, key, body in (("metrics", "orders-sent", metric), ("goals", "orders-by-spring", goal)):
            made = api.post(f"/api/{path}", json={"key": key, "body": body})
            assert made.status_code == 201, made.text
        page.goto("/app/")
        goals = page.get_by_role("region", name="Goals")
        expect(goals.get_by_text("Orders by spring")).to_be_visible()
        expect(goals.get_by_text("Behind")).to_be_visible()
        for path, key in (("goals", "orders-by-spring"), ("metrics", "orders-sent")):
            assert api.delete(f"/api/{path}/{key}").status_code == 200
    page.reload()
    expect(page.get_by_role("region", name="What next")).to_be_visible()
    expect(page.get_by_text("Orders by spring")).to_have_count(0)
