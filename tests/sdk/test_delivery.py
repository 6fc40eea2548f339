"""Events reach the log once: offline, closed, busy, refused; and nothing is kept that was not agreed to."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.sdk.conftest import Site


def test_the_calls_people_know(site: Site) -> None:
    """Calls made before the SDK is there land in their order, each with the same visitor."""
    site.add("/", "<h1>Shop</h1><script>resa.page('Home'); resa.track('Early', {n: 1})</script>")
    page = site.open("/?utm_source=news&utm_medium=email&utm_campaign=autumn")
    page.evaluate(
        """() => {
        resa.identify("u-1", {plan: "gold"}); resa.group("g-1", {size: 3}); resa.alias("u-1", "old-1");
        resa.page("Shop", "Shoes", {colour: "red"}); resa.flush() }"""
    )
    rows = site.rows(6)
    assert [(row["type"], row["name"]) for row in rows][:2] == [("page", "Home"), ("track", "Early")]
    assert [row["type"] for row in rows] == ["page", "track", "identify", "group", "alias", "page"]
    assert len({row["anonymous_id"] for row in rows}) == 1
    assert [row["user_id"] for row in rows] == [None, None, *["u-1"] * 4]
    home = rows[0]
    assert (home["campaign_source"], home["campaign_medium"], home["campaign_name"]) == ("news", "email", "autumn")
    assert (home["page_path"], home["page_title"], home["channel"], home["verified"]) == ("/", "Shop /", "web", False)
    assert home["session_hint"] == rows[-1]["session_hint"]
    context = json.loads(rows[-1]["context"])
    assert context["firstCampaign"]["source"] == context["lastCampaign"]["source"] == "news"
    assert json.loads(rows[2]["properties"]) == {"plan": "gold"}
    assert site.errors == []


def test_what_was_done_offline_is_sent_when_the_line_is_back(site: Site) -> None:
    site.add("/", "")
    context = site.visitor()
    page = site.open("/", context)
    context.set_offline(True)
    page.evaluate("resa.track('In the tunnel'); resa.flush()")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('resa.queue.'))")
    assert site.door.posts() == []
    context.set_offline(False)
    (row,) = site.rows(1)
    assert row["name"] == "In the tunnel"
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('resa.queue.'))")


def test_what_was_done_in_the_last_moment_survives_the_page(site: Site) -> None:
    """Tracked and gone at once; the next page sends again what had no answer, and it counts once."""
    site.add("/", "")
    site.add("/next", "")
    context = site.visitor()
    page = site.open("/", context)
    page.evaluate("resa.track('Last word'); location.href = '/next'")
    page.wait_for_url("**/next")
    page.wait_for_function("window.resa && window.resa.started")
    page.evaluate("resa.track('First word'); resa.flush()")
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('resa.queue.'))")
    assert [row["name"] for row in site.rows(2)] == ["Last word", "First word"]


@pytest.mark.full
def test_a_closed_tab_keeps_what_no_server_took(site: Site) -> None:
    """The server is busy while the tab closes; the visitor's next page brings it."""
    site.add("/", "")
    context = site.visitor()
    page = site.open("/", context)
    site.door.shed = [(503, {"Retry-After": "1"})] * 2
    page.evaluate("resa.track('Before closing')")
    page.close(run_before_unload=False)
    site.door.shed = []
    page = site.open("/", context)
    (row,) = site.rows(1)
    assert row["name"] == "Before closing"


def test_a_busy_server_is_asked_again_when_it_says_with_the_same_message_ids(site: Site) -> None:
    site.add("/", "")
    page = site.open("/")
    site.door.shed = [(503, {"Retry-After": "1"})]
    page.evaluate(
        """() => { window.began = performance.now(); resa.on("delivered", () => { window.took = performance.now() - began });
        resa.track("Patience"); resa.flush() }"""
    )
    (row,) = site.rows(1)
    page.wait_for_function("window.took")
    assert page.evaluate("took") >= 990, "asked before the server wanted to be"
    first, second = site.door.posts()
    assert [each["messageId"] for each in first["batch"]] == [each["messageId"] for each in second["batch"]]
    assert row["message_id"] == first["batch"][0]["messageId"]


@pytest.mark.full
def test_a_refused_event_is_told_and_costs_its_neighbours_nothing(site: Site) -> None:
    site.add("/", "")
    page = site.open("/")
    page.evaluate(
        """() => { window.told = []; resa.on("error", (error) => told.push(error.where));
        resa.track("Fine"); resa.track("Late", {}, {timestamp: "2999-01-01T00:00:00Z"}); resa.flush() }"""
    )
    page.wait_for_function("told.length")
    assert page.evaluate("told") == ["refused"]
    assert [row["name"] for row in site.rows(1)] == ["Fine"]


@pytest.mark.full
def test_many_events_go_in_few_requests(site: Site) -> None:
    site.add("/", "")
    page = site.open("/")
    page.evaluate("for (let n = 0; n < 250; n++) resa.track('Tick', {n}); resa.flush()")
    rows = site.rows(250)
    assert sorted(json.loads(row["properties"])["n"] for row in rows) == list(range(250))
    assert len(site.door.posts()) <= 7


def test_without_consent_nothing_is_sent_or_kept_and_then_everything_is(site: Site) -> None:
    site.add("/", "", options="{beforeConsent: 'wait', capture: ['page']}")
    page = site.open("/")
    page.evaluate("resa.track('Waited'); resa.flush()")
    page.wait_for_timeout(50)
    assert (site.door.posts(), page.evaluate("Object.keys(localStorage)")) == ([], [])
    page.evaluate("resa.consent({analytics: true, marketing: false})")
    rows = site.rows(3)
    assert [row["name"] for row in rows][1:] == ["Waited", "Consent Updated"]
    assert json.loads(rows[2]["context"])["consent"] == {"categoryPreferences": {"analytics": True, "marketing": False}}
    page.wait_for_function("localStorage.getItem('resa.id')")


@pytest.mark.full
def test_a_denial_forgets_what_was_kept(site: Site) -> None:
    site.add("/", "")
    page = site.open("/")
    page.evaluate("resa.identify('u-7'); resa.consent({analytics: false}); resa.track('Not this'); resa.flush()")
    page.wait_for_timeout(50)
    assert page.evaluate("Object.keys(localStorage)") == ["resa.consent"]
    assert site.door.posts() == []


@pytest.mark.full
def test_a_memory_of_one_page(site: Site) -> None:
    """Events are sent, and the device keeps nothing."""
    site.add("/", "", options="{beforeConsent: 'memory'}")
    page = site.open("/")
    page.evaluate("resa.track('Seen'); resa.flush()")
    assert [row["name"] for row in site.rows(1)] == ["Seen"]
    assert page.evaluate("Object.keys(localStorage)") == []


def test_global_privacy_control_is_a_denial_of_sharing(site: Site) -> None:
    context = site.visitor()
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    site.add("/", "", options="{capture: ['page']}")
    site.open("/", context).evaluate("resa.flush()")
    (row,) = site.rows(1)
    assert json.loads(row["context"])["consent"] == {"categoryPreferences": {"sharing": False}}
    with site.workspace.state.read() as tx:
        found = site.workspace.identities.find(tx, [f"anon:{row['anonymous_id']}"])
    assert len(found) == 1


def test_one_page_that_becomes_many(site: Site) -> None:
    """History calls are pages; the same address again and a jump to an anchor are none."""
    site.add("/", "<a id=jump href='#part'>jump</a>", options="{capture: ['page']}")
    page = site.open("/")
    page.evaluate("history.pushState({}, '', '/shoes'); document.title = 'Shoes'")
    page.wait_for_timeout(20)
    page.evaluate("history.replaceState({}, '', '/shoes')")
    page.evaluate("document.getElementById('jump').click()")
    page.evaluate("history.pushState({}, '', '/cart?step=2')")
    page.wait_for_timeout(20)
    page.go_back()
    page.wait_for_timeout(50)
    page.evaluate("resa.flush()")
    rows = site.rows(4)
    assert [row["page_path"] for row in rows] == ["/", "/shoes", "/cart", "/shoes"]
    assert [row["page_title"] for row in rows][1] == "Shoes"
    assert rows[2]["referrer"].endswith("/shoes")


HOSTILE = """<script>
JSON.stringify = JSON.parse = () => { throw new Error("mine") };
window.Promise = function () { throw new Error("mine too") };
Array.prototype.toJSON = Object.prototype.toJSON = () => "broken";
Object.prototype.extra = () => { throw new Error("extra") };
Array.prototype.more = 1;
window.onerror = (message) => { (window.seen = window.seen || []).push(message) };
</script>"""


def test_a_hostile_page_is_measured_and_not_disturbed(site: Site) -> None:
    """JSON, Promise and prototypes were replaced before the SDK came."""
    calls = """<script>
    resa.track('Among wolves', {list: [1, {a: 'é\\n"'}], when: new Date(0), no: () => 1}); resa.flush();
    addEventListener("click", () => document.body.setAttribute("data-seen", String(window.seen || "nothing")));
    </script>"""
    site.add("/", calls, head=HOSTILE, options="{capture: true}")
    page = site.open("/", ready=False)
    rows = site.rows(2)
    assert [row["name"] for row in rows][1] == "Among wolves"
    assert json.loads(rows[1]["properties"]) == {"list": [1, {"a": 'é\n"'}], "when": "1970-01-01T00:00:00.000Z"}
    page.mouse.click(5, 5)
    expect(page.locator("body")).to_have_attribute("data-seen", "nothing")
    assert site.errors == []


def test_no_call_ever_throws(site: Site) -> None:
    """Nonsense of every kind, also from listeners and from the page's own look at events."""
    site.add(
        "/", "", options="{before: (event) => { if (event.event === 'Bad') throw new Error('mine'); return event }}"
    )
    page = site.open("/")
    told = page.evaluate(
        """() => { const told = []; resa.on("error", (error) => told.push(error.where));
        resa.on("event", () => { throw new Error("listener") });
        const round = {}; round.round = round; round.window = window; round.element = document.body;
        for (const name of ["identify", "track", "page", "group", "alias", "consent", "ready", "on", "decide", "flags"])
          for (const given of [[], [null], [undefined, null, 3], [round, round], [Symbol.iterator], [1n, () => 1]])
            resa[name](...given);
        resa.track("Bad"); resa.track("Round", round); resa.track("x".repeat(40000)); return told }"""
    )
    assert {"event", "track"} <= set(told)
    assert site.errors == []


def test_a_page_with_a_strict_policy(site: Site) -> None:
    """A nonce is enough: no eval, no inline style, nothing else is asked for."""
    policy = f"default-src 'none'; script-src 'nonce-n1'; connect-src {site.resa}; base-uri 'none'"
    site.add("/", "<button id=x>here</button>", options="{capture: ['page', 'click']}", content_security_policy=policy)
    page = site.open("/")
    page.wait_for_load_state("networkidle")  # the add-on, too, is let in by the nonce
    page.click("#x")
    page.evaluate("resa.flush()")
    assert [row["name"] for row in site.rows(2)] == ["", "Element Clicked"]
    expect(page.locator("#x")).to_be_visible()
    assert (page.evaluate("broken"), site.errors) == ([], [])


@pytest.mark.full
def test_a_script_tag_alone_is_enough(site: Site) -> None:
    """For pages whose policy forbids every inline script."""
    tag = (
        f'<script src="{site.resa}/sdk/resa.js" data-write-key="{site.source.write_key}" data-capture="page"></script>'
    )
    policy = f"default-src 'none'; script-src {site.resa}; connect-src {site.resa}"
    site.pages["/"] = (f"<!doctype html><title>Bare</title>{tag}", {"Content-Security-Policy": policy})
    site.open("/").evaluate("resa.flush()")
    assert [row["page_title"] for row in site.rows(1)] == ["Bare"]


def test_a_page_without_its_sdk_goes_on(site: Site) -> None:
    """Blocked or unreachable: no call throws, promises resolve to the defaults, and the page's own content is shown."""
    site.add("/", "<div data-resa-placement=hero>Default</div>", options="{capture: true}")
    context = site.visitor()
    context.route("**/sdk/**", lambda route: route.abort())
    page = site.open("/", context, ready=False)
    found = page.evaluate(
        """async () => { resa.page(); resa.track("Lost"); resa.identify("u"); resa.ready(() => {}); resa.user();
        const flags = await resa.flags(); const decided = await resa.decide({placements: ["hero"], timeout: 50});
        return [flags.value("plain", "mine"), flags.on("plain"), decided.ok] }"""
    )
    assert found == ["mine", False, False]
    expect(page.get_by_text("Default")).to_be_visible()
    assert site.errors == []
