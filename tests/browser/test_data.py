"""Sources, failed events, imports."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop


def test_a_new_source_comes_with_a_snippet_that_works_with_its_key(page: Page, shop: Shop) -> None:
    page.goto("/app/data/sources")
    page.get_by_role("button", name="New source").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Spring campaign site")
    dialog.get_by_role("button", name="Create the source").click()
    row = page.get_by_role("listitem").filter(has_text="Spring campaign site")
    snippet = row.get_by_role("region", name=re.compile("^Code for"))
    expect(snippet).to_be_visible()
    with shop.api() as api:
        made = next(one for one in api.get("/api/sources").json()["items"] if one["name"] == "Spring campaign site")
    assert made["write_key"] in snippet.inner_text()
    assert shop.address in snippet.inner_text()
    expect(row).to_contain_text("Waiting for its first event")
    answer = httpx.post(
        f"{shop.address}/v1/track", json={"event": "Page Shared", "anonymousId": "x-1"}, auth=(made["write_key"], "")
    )
    assert answer.status_code == 200
    expect(row).to_contain_text("It works: events are coming in.", timeout=15_000)


def test_flags_of_a_source_are_encrypted_with_a_key_to_copy_and_to_renew(page: Page, shop: Shop) -> None:
    page.goto("/app/data/sources")
    page.get_by_role("button", name="New source").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Encrypted app")
    dialog.get_by_role("button", name="Create the source").click()
    row = page.get_by_role("listitem").filter(has_text="Encrypted app")
    row.get_by_role("switch", name="Encrypt flags").click()
    expect(row.get_by_role("button", name="Copy the key of the flags")).to_be_visible()

    def told() -> tuple[str, str]:
        with shop.api() as api:
            found = next(one for one in api.get("/api/sources").json()["items"] if one["name"] == "Encrypted app")
        return found["write_key"], found["payload_key"]

    write_key, key = told()
    expect(row).to_contain_text(f"{key[:4]}…")
    assert "encryptedFeatures" in httpx.get(f"{shop.address}/api/features/{write_key}").json()
    row.get_by_role("button", name="New key", exact=True).click()
    expect(page.get_by_text("Encrypted app has a new key for its flags")).to_be_visible()
    assert told()[1] != key
    row.get_by_role("switch", name="Encrypt flags").click()
    expect(row.get_by_role("button", name="Copy the key of the flags")).to_have_count(0)
    assert "encryptedFeatures" not in httpx.get(f"{shop.address}/api/features/{write_key}").json()


def test_a_failed_event_says_why_is_mended_and_takes_the_usual_way(page: Page, shop: Shop) -> None:
    late = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="milliseconds")
    event = {"type": "track", "event": "Calendar Marked", "userId": "c1420", "messageId": "from-the-future"}
    answer = httpx.post(
        f"{shop.address}/v1/batch", json={"batch": [event | {"timestamp": late}]}, auth=(shop.write_key, "")
    )
    assert answer.status_code == 200, answer.text
    page.goto("/app/data/failed")
    page.get_by_role("button", name=re.compile("timestamp lies more than an hour ahead")).click()
    expect(page.get_by_text("Set the clock, or send sentAt.")).to_be_visible()
    payload = page.get_by_label("Event as it came; mend it here")
    assert json.loads(payload.input_value())["event"] == "Calendar Marked"
    payload.fill("{ not json")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text(re.compile("This is not valid JSON"))).to_be_visible()
    payload.fill(json.dumps(event | {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")}))
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Sent again: it takes the usual way now")).to_be_visible()
    shop.workspace.settle()
    page.goto("/app/data/live?message=from-the-future")
    expect(page.get_by_role("dialog")).to_contain_text("Calendar Marked")


def test_a_file_is_looked_at_before_it_is_imported(page: Page, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "online_retail.csv"
    lines = [
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "700001,85123A,HANGING HEART,6,2010-12-01 08:26:00,2.55,90001,Sweden",
        "700001,71053,METAL LANTERN,6,2010-12-01 08:26:00,3.39,90001,Sweden",
        "700002,22752,BABUSHKA BOXES,2,2010-12-01 09:02:00,7.65,90002,France",
    ]
    file.write_text("\n".join(lines) + "\n")
    page.goto("/app/data/imports")
    page.locator("input[type=file]").set_input_files(file)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("Of the first 3 records"))).to_be_visible()
    expect(dialog.get_by_role("table")).to_be_visible()
    with shop.api() as api:
        assert api.get("/api/customers", params={"q": "90001"}).json()["items"] == []  # so far only looked at
        dialog.get_by_role("button", name="Import", exact=True).click()
        row = page.get_by_role("listitem").filter(has_text="online_retail.csv")
        expect(row.get_by_text("Done", exact=True)).to_be_visible(timeout=30_000)
        expect(row).to_contain_text("3 records")
        shop.workspace.settle()
        assert len(api.get("/api/customers", params={"q": "90001"}).json()["items"]) == 1
