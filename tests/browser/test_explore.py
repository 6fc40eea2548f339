"""Explore and metrics: questions put together by choosing, their people, their address, their names in the list."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Shop
from tests.browser.watching import Watch

STEPS = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"]


def track(name: str) -> dict[str, str]:
    return {"type": "track", "name": name}


def address(page: str, question: dict[str, Any] | None = None, **more: str) -> str:
    """The address of a question, as the console writes it."""
    query = {**({"q": json.dumps(question)} if question else {}), **more}
    return f"/app/explore/{page}?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())


FUNNEL = {"steps": [{"label": "", "any": [track(name)]} for name in STEPS]}
RETENTION = {"start": {"any": [track("Product Viewed")]}, "interval": "week"}
TRENDS = {"series": [{"match": track("Product Viewed")}, {"match": track("Order Completed")}], "interval": "week"}
PATHS = {"anchor": {"match": track("Product Viewed")}, "steps": 4}


def choose(page: Page, label: str, event: str) -> None:
    """Pick an event from the list of those seen."""
    box = page.get_by_role("textbox", name=label).or_(page.get_by_role("combobox", name=label)).first
    box.click()
    box.fill(event)
    page.get_by_role("option", name=event, exact=True).click()


def bars(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"customers? reached .* Show them\.$"))


def told(bar: Locator) -> int:
    """The number of customers that a bar tells."""
    found = re.match(r"([\d,]+) customers? reached", bar.get_attribute("aria-label") or "")
    assert found
    return int(found[1].replace(",", ""))


def opens_as_many(page: Page, door: Locator, number: int) -> None:
    """A door leads to as many people as it says."""
    door.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(re.compile(rf"^{number:,} customers?$"))).to_be_visible()
    expect(drawer.get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def answered(page: Page, kind: str, path: str) -> Any:
    """Open a page and hear what the server answered to its question."""
    with page.expect_response(re.compile(f"/api/questions/{kind}$")) as heard:
        page.goto(path)
    assert heard.value.ok, heard.value.text()
    return heard.value.json()


def test_each_page_opens_on_a_question_of_ones_own_data_and_offers_others(page: Page) -> None:
    for kind, path in {"trends": "trends", "funnel": "funnels", "retention": "retention", "paths": "paths"}.items():
        with page.expect_response(re.compile(f"/api/questions/{kind}$")) as heard:
            page.goto(f"/app/explore/{path}?period=90d")
        assert heard.value.ok, heard.value.text()
        expect(page.get_by_text("To begin with, a question of your own data.")).to_be_visible()
    page.get_by_role("button", name="Examples").click()
    with page.expect_response(re.compile("/api/questions/paths$")) as heard:
        page.get_by_role("menuitem", name=re.compile("^On the way to ")).click()
    assert heard.value.json()["customers"] > 0
    expect(page.get_by_text("To begin with, a question of your own data.")).to_have_count(0)


# -- funnels


def test_a_funnel_is_put_together_by_choosing_events_and_tells_what_the_api_tells(page: Page, shop: Shop) -> None:
    page.goto("/app/explore/funnels?period=90d&compare=none")
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("menuitem", name="An empty question").click()
    expect(page.get_by_text("Choose at least two steps")).to_be_visible()
    choose(page, "Event of step 1", STEPS[0])
    choose(page, "Event of step 2", STEPS[1])
    expect(bars(page)).to_have_count(2)
    page.get_by_role("button", name="Add a step").click()
    choose(page, "Event of step 3", STEPS[3])
    expect(bars(page)).to_have_count(3)
    asked = json.loads(parse_qs(urlsplit(page.url).query)["q"][0])
    assert [step["any"][0]["name"] for step in asked["steps"]] == [STEPS[0], STEPS[1], STEPS[3]]
    with page.expect_request(re.compile("/api/questions/funnel$")) as request:
        page.reload()
    with shop.api() as api:
        answer = api.post("/api/questions/funnel", json=request.value.post_data_json).json()
    expect(bars(page)).to_have_count(3)
    figures = [step["customers"] for step in answer["steps"]]
    assert [told(bar) for bar in bars(page).all()] == figures
    assert figures[0] > figures[1] > figures[2] > 0


def test_bars_losses_and_groups_open_as_many_people_as_they_say(page: Page) -> None:
    answer = answered(page, "funnel", address("funnels", FUNNEL, period="90d", by="device"))
    steps = answer["steps"]
    at = random.Random(4).randrange(1, len(steps))
    opens_as_many(page, bars(page).nth(at), steps[at]["customers"])
    lost = steps[at - 1]["customers"] - steps[at]["customers"]
    opens_as_many(page, page.get_by_role("button", name=re.compile(rf"^{lost} customers? leaves?")).first, lost)
    group = max(answer["groups"], key=lambda one: int(one["steps"][0]["customers"]))
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=group["group"], exact=True))
    opens_as_many(page, row.get_by_role("button").nth(1), group["steps"][1]["customers"])


def test_a_link_means_the_same_for_a_colleague(watch: Watch, shop: Shop) -> None:
    page = watch.page(shop.session())
    answered(page, "funnel", address("funnels", FUNNEL, period="90d", channel="web"))
    expect(bars(page)).to_have_count(4)
    bars(page).nth(1).click()
    expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    figures = [told(bar) for bar in bars(page).all()]
    colleague = watch.page(shop.session())
    colleague.goto(page.url)
    expect(colleague.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    assert [told(bar) for bar in bars(colleague).all()] == figures
    expect(colleague.get_by_role("button", name="Last 90 days")).to_have_count(1, timeout=5_000)


def test_the_table_tells_what_the_bars_tell(page: Page) -> None:
    answer = answered(page, "funnel", address("funnels", FUNNEL, period="90d", view="table"))
    for step in answer["steps"]:
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=step["label"], exact=True))
        expect(row.get_by_role("cell").first).to_contain_text(f"{step['customers']:,}")


def test_those_who_left_become_a_segment(page: Page) -> None:
    answered(page, "funnel", address("funnels", FUNNEL, period="90d", people="dropped:0"))
    page.get_by_role("link", name="Make a segment of people like these").click()
    expect(page.get_by_role("heading", name="New segment")).to_be_visible()
    expect(page.get_by_text("and since then not")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^[\d,]+ customers?$")).first).to_be_visible()


def test_a_refusal_stands_beside_its_field(page: Page, watch: Watch) -> None:
    watch.expect("status of 400")
    wrong = [{"property": "price", "op": "greater", "value": "much"}]
    steps = [{"label": "", "any": [{**track(STEPS[0]), "where": wrong}]}, FUNNEL["steps"][1]]
    page.goto(address("funnels", {"steps": steps}, period="90d"))
    step = page.get_by_role("region", name="Step 1")
    expect(step.get_by_role("alert")).to_contain_text("compares with a number")
    value = step.get_by_label("Value")
    value.fill("100")
    value.press("Enter")
    expect(bars(page)).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_steps_are_moved_and_taken_out_by_keyboard(page: Page) -> None:
    answered(page, "funnel", address("funnels", FUNNEL, period="90d"))
    expect(bars(page)).to_have_count(4)
    page.get_by_role("button", name="More for step 4").press("Enter")
    page.get_by_role("menuitem", name="Remove step 4").press("Enter")
    expect(bars(page)).to_have_count(3)
    page.get_by_role("button", name="More for step 2").press("Enter")
    page.get_by_role("menuitem", name="Move step 2 up").press("Enter")
    expect(bars(page).first).to_have_attribute("aria-label", re.compile(f"reached {STEPS[1]}"))


# -- the other questions


def test_a_trend_opens_the_people_of_a_week_and_its_table_has_the_figures(page: Page) -> None:
    answer = answered(page, "trends", address("trends", TRENDS, period="90d", compare="none", view="table"))
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(1 + len(answer["series"][0]["points"]))
    busiest = max(
        range(len(answer["series"][0]["points"])), key=lambda at: answer["series"][0]["points"][at]["customers"]
    )
    figure = answer["series"][0]["points"][busiest]["customers"]
    opens_as_many(page, rows.nth(busiest + 1).get_by_role("button").first, figure)
    page.get_by_text("Picture", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^Lines over time"))).to_be_visible()
    total = answer["series"][1]["total"]["customers"]
    legend = page.get_by_role("list", name="Lines").get_by_role("listitem").nth(1)
    opens_as_many(page, legend.get_by_role("button"), total)


def test_a_cohort_and_those_of_it_who_came_back_are_listed(page: Page) -> None:
    answer = answered(page, "retention", address("retention", RETENTION, period="90d"))
    place = max(range(len(answer["cohorts"])), key=lambda at: int(answer["cohorts"][at]["size"]))
    cohort = answer["cohorts"][place]
    table = page.get_by_role("table", name=re.compile("^Those who began together"))
    row = table.get_by_role("row").nth(2 + place)
    opens_as_many(page, row.get_by_role("button").first, cohort["size"])
    back = next(at for at, count in enumerate(cohort["returned"]) if count)
    opens_as_many(page, row.get_by_role("button").nth(1 + back), cohort["returned"][back])
    expect(page.get_by_role("img", name=re.compile("^Share of customers who come back"))).to_be_visible()


def test_paths_are_drawn_and_every_flow_of_the_table_is_a_door(page: Page) -> None:
    answer = answered(page, "paths", address("paths", PATHS, period="90d"))
    expect(page.get_by_role("img", name=re.compile("^Flows from step to step"))).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    table = page.get_by_role("table", name="Paths")
    expect(table.get_by_role("row")).to_have_count(1 + len(answer["links"]))
    at = max(range(len(answer["links"])), key=lambda number: int(answer["links"][number]["customers"]))
    link, row = answer["links"][at], table.get_by_role("row").nth(1 + at)
    opens_as_many(page, row.get_by_role("button").last, link["customers"])
    row.get_by_role("button").first.click()
    stop = page.get_by_role("region", name=link["from"], exact=True)
    expect(stop.get_by_role("heading", name="Go to")).to_be_visible()
    expect(stop.get_by_text(re.compile(r"^step \d+ · [\d,]+ customers?$"))).to_be_visible()


def test_where_nothing_was_searched_the_page_says_what_to_send(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        terms = api.get("/api/questions/search").json()["terms"]
    page.goto("/app/explore/search?period=90d")
    if terms:
        expect(page.get_by_role("rowheader", name=terms[0]["term"])).to_be_visible()
    else:
        expect(page.get_by_role("heading", name="No searches in this period")).to_be_visible()
        expect(page.get_by_text("Products Searched")).to_be_visible()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_answer_is_taken_home_as_a_file(page: Page, kind: str) -> None:
    answered(page, "funnel", address("funnels", FUNNEL, period="90d"))
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=re.compile(kind, re.IGNORECASE)).click()
    assert download.value.suggested_filename == f"from-product-viewed-to-order-completed.{kind}"
    content = download.value.path().read_bytes()
    assert content[:4] == b"PAR1" if kind == "parquet" else b"Order Completed" in content


# -- saved ones


def test_a_question_is_saved_found_by_a_colleague_and_taken_away_with_undo(watch: Watch, shop: Shop) -> None:
    page = watch.page(shop.session())
    answered(page, "funnel", address("funnels", FUNNEL, period="90d", channel="web"))
    page.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_label("Name").fill("From looking to buying")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved “From looking to buying”")).to_be_visible()
    expect(page).to_have_url(re.compile("saved=from-looking-to-buying"))
    colleague = watch.page(shop.session())
    colleague.goto("/app/explore")
    colleague.get_by_role("button", name=re.compile("^From looking to buying")).click()
    expect(bars(colleague)).to_have_count(4)
    expect(colleague).to_have_url(re.compile("period=90d.*channel=web|channel=web.*period=90d"))
    assert [told(bar) for bar in bars(colleague).all()] == [told(bar) for bar in bars(page).all()]
    colleague.goto("/app/explore")
    colleague.get_by_role("button", name="Remove “From looking to buying”").click()
    row = colleague.get_by_role("button", name=re.compile("^From looking to buying"))
    expect(row).to_have_count(0)
    colleague.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    with shop.api() as api:
        assert api.delete("/api/questions/from-looking-to-buying").status_code == 200


# -- metrics and goals


@pytest.fixture
def starters(shop: Shop) -> Iterator[None]:
    """Two metrics of the shop's set; gone afterwards, with what the test added."""
    with shop.api() as api:
        for key in ("conversion", "orders"):
            api.post("/api/metrics", json={"key": key, "from_template": "shop"}).raise_for_status()
        yield
        for kind in ("goals", "metrics"):
            for item in api.get(f"/api/{kind}").json()["items"]:
                api.delete(f"/api/{kind}/{item['key']}").raise_for_status()


def test_ready_made_metrics_are_taken_over_with_their_values(page: Page, shop: Shop) -> None:
    page.goto("/app/metrics?period=90d")
    page.get_by_role("button", name="Choose ready-made ones").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(r"^Add \d+ metrics$")).click()
    expect(page.get_by_text(re.compile(r"\d+ metrics are ready"))).to_be_visible()
    with shop.api() as api:
        items = api.get("/api/metrics").json()["items"]
        try:
            for item in items[:3]:
                expect(page.get_by_role("link", name=item["name"], exact=True).first).to_be_visible()
        finally:
            # A ratio names others, so those that are named go last.
            left = [item["key"] for item in items]
            for _ in range(3):
                left = [key for key in left if api.delete(f"/api/metrics/{key}").status_code != 200]
    assert len(items) > 5
    assert left == []


@pytest.mark.usefixtures("starters")
def test_a_metric_tells_its_value_its_definition_and_who_is_behind_it(page: Page) -> None:
    with page.expect_response(re.compile("/api/metrics/values$")) as heard:
        page.goto("/app/metrics/conversion?period=90d&by=device")
    item = heard.value.json()["items"][0]
    expect(page.get_by_text(f"{item['value']:.0%}", exact=True).first).to_be_visible()
    expect(
        page.get_by_text("Of the customers with any activity, the share who got to Order Completed.")
    ).to_be_visible()
    for group in item["groups"]:
        expect(page.get_by_role("rowheader", name=group["group"] or "not known", exact=True)).to_be_visible()
    page.get_by_role("button", name="See these people").click()
    expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()


@pytest.mark.usefixtures("starters")
def test_a_metric_of_ones_own_is_seen_before_it_is_saved(page: Page, shop: Shop) -> None:
    page.goto("/app/metrics/new?period=90d")
    page.get_by_label("Name").fill("Seldom seen lamps")
    page.get_by_label("What kind of number").select_option("How many events")
    choose(page, "These events", "Product Viewed")
    preview = page.get_by_role("region", name="What comes of it")
    expect(preview.get_by_text("How often Product Viewed happened.")).to_be_visible()
    expect(preview.get_by_text(re.compile(r"^[\d,]+ events$"))).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Seldom seen lamps", level=1)).to_be_visible()
    with shop.api() as api:
        assert api.get("/api/metrics/seldom-seen-lamps").json()["body"]["measure"]["form"] == "count"


@pytest.mark.usefixtures("starters")
def test_a_goal_is_set_and_tells_how_far_it_is(page: Page) -> None:
    page.goto("/app/metrics?period=90d")
    page.get_by_role("button", name="Set a goal").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Conversion to 90 %")
    dialog.get_by_label("Metric").select_option("Conversion")
    dialog.get_by_label("Target").fill("90")
    dialog.get_by_label("By which day").fill("2031-06-30")
    dialog.get_by_role("button", name="Save").click()
    goal = page.get_by_role("listitem").filter(has_text="Conversion to 90 %")
    expect(goal.get_by_text("(goal: 90%)")).to_be_visible()
    expect(goal.get_by_role("img", name=re.compile("of the way"))).to_be_attached()


# -- what takes long


def test_a_long_question_says_how_long_it_runs_and_is_cancelled(page: Page, watch: Watch, shop: Shop) -> None:
    page.goto("/app/explore/sql")
    page.get_by_role("textbox").first.fill("SELECT count(*) FROM generate_series(1, 1000000000000)")
    page.get_by_role("button", name="Run").click()
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ seconds?$"))).to_be_visible()
    watch.expect(r"409")
    cancel.click()
    expect(page.get_by_text("You cancelled this question.")).to_be_visible()
    expect(cancel).to_be_hidden()
    with shop.api() as api:
        assert api.get("/api/work").json()["items"] == []


def test_a_page_that_is_left_stops_its_question(page: Page, shop: Shop) -> None:
    page.goto("/app/explore/sql")
    page.get_by_role("textbox").first.fill("SELECT count(*) FROM generate_series(1, 1000000000000)")
    page.get_by_role("button", name="Run").click()
    with shop.api() as api:
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        assert [item["what"] for item in api.get("/api/work").json()["items"]] == ["sql"]
        page.goto("about:blank")
        for _ in range(100):
            if not (left := api.get("/api/work").json()["items"]):
                break
            page.wait_for_timeout(50)
        assert left == []


def test_an_sql_answer_is_taken_home_whole(page: Page) -> None:
    page.goto("/app/explore/sql")
    page.get_by_role("textbox").first.fill("SELECT '=1' AS formula, now() AS at FROM range(20000)")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=re.compile("csv", re.IGNORECASE)).click()
    lines = download.value.path().read_text().splitlines()
    assert (len(lines), lines[0]) == (20_001, "formula,at")
    assert lines[1].startswith("'=1,")


def test_a_metric_counts_the_different_values_of_a_property(page: Page, shop: Shop) -> None:
    page.goto("/app/metrics/new?period=90d")
    page.get_by_role("textbox", name="Name").fill("Products seen")
    page.get_by_role("combobox", name="What kind of number").select_option("unique")
    page.get_by_role("combobox", name="Of each").select_option("Value of a property")
    choose(page, "These events", "Product Viewed")
    page.get_by_role("combobox", name="Whose different values").click()
    page.get_by_role("option", name="category", exact=True).click()
    preview = page.get_by_role("region", name="What comes of it")
    expect(preview).to_contain_text("How many different values of category")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/metrics/products-seen"))
    with shop.api() as api:
        saved = api.get("/api/metrics/products-seen").json()["body"]
        assert (saved["unit"], saved["measure"]["property"]) == ("event", "category")
        assert api.delete("/api/metrics/products-seen").status_code == 200


def test_a_trend_sets_a_metric_beside_events(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        if "orders" not in {item["key"] for item in api.get("/api/metrics").json()["items"]}:
            api.post("/api/metrics", json={"key": "orders", "from_template": "shop"})
    page.goto("/app/explore/trends?period=90d&compare=previous")
    choose(page, "Event of line 1", STEPS[0])
    page.get_by_role("button", name="Add a metric").click()
    with page.expect_response(re.compile("/api/questions/trends$")) as heard:
        page.get_by_label("Metric of line 2").select_option("Orders")
    (line,) = heard.value.json()["metrics"]
    assert line["total"]["value"] > 0
    picture = page.get_by_role("region", name="Orders")
    expect(picture.get_by_text(re.compile(rf"^{line['total']['value']:,.0f}$"))).to_be_visible()
    expect(picture.get_by_role("img")).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_role("columnheader", name="Orders")).to_be_visible()
