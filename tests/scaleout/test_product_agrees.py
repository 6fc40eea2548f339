"""The product's own pages show the same on one machine and scaled out, and every question of the body is among them."""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import resa
from resa.app import create
from resa.collect import live
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import Cast

pytestmark = [pytest.mark.spark, pytest.mark.postgres, pytest.mark.full, pytest.mark.timeout(1800)]

SOURCE: Final = Path(resa.__file__).parent
DAY: Final = 86_400_000
NOW: Final = 1_780_000_000_000  # 2026-05-28
NAMES: Final = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Product Reviewed")
QUESTIONS: Final = ("query", "ask", "column", "rows")

_IN_FULL = "tests/journeys/test_in_full_on_spark.py"
_AUDIENCES = "tests/audiences/test_on_spark.py"
_NOT_YET = "written for both engines, not shown on a lake yet (docs/scale-out.md)"
ELSEWHERE: Final = {
    "analytics/routes.py:sql_schema": "SQL for analysts is asked of the lake's engine (docs/scale-out.md)",
    "journeys/layers.py:_worth": _IN_FULL,
    "journeys/layers.py:_answered": _IN_FULL,
    "journeys/attribution/touches.py:values": _IN_FULL,
    "kernel/audiences/bulk.py:_of_latest": _AUDIENCES,
    "feedback/loops/asking.py:spent": _NOT_YET,
    "feedback/loops/recovery.py:_followed": _NOT_YET,
    "feedback/themes/answers.py:__init__": _NOT_YET,
    "feedback/themes/upkeep.py:_fill": _NOT_YET,
}
"""Questions that are not asked here, and where they are, or why not."""


def history() -> list[Draft]:
    """Forty visitors and customers over seven weeks, some signing in half way, with ties, late events, bots and money."""
    dice = random.Random(5)
    made = []
    for number in range(1_500):
        who, name = dice.randrange(40), dice.choice(NAMES)
        paid = name == "Order Completed"
        time = NOW - dice.randrange(1, 98) * DAY // 2
        made.append(
            Draft(
                message_id=f"m{number}",
                type="page" if number % 7 == 1 else "track" if number % 9 else "identify",
                name=name if number % 9 else "",
                page_url=f"https://shop.test/{number % 3}",
                page_path=f"/{number % 3}",
                campaign_source="leaflet" if number % 5 else None,
                time=time,
                received_at=time + dice.choice((100, 100, 100, 9 * DAY)),
                anonymous_id=f"a{who}",
                user_id=f"u{who}" if who % 3 == 0 and dice.random() < 0.5 else None,
                channel=dice.choice(("web", "app", "store")),
                source="shop",
                revenue=f"{dice.randrange(100, 9_000) / 100:.2f}" if paid else None,
                currency="EUR" if paid else None,
                order_id=f"o{number}" if paid else None,
                bot=dice.random() < 0.03,
                simulated=who >= 35,
                properties=f'{{"stars": {dice.randrange(1, 6)}, "email": "p{who}@example.com"}}',
            )
        )
    return made


MAP: Final = {
    "name": "By property",
    "stages": [
        {
            "key": "look",
            "name": "Look",
            "touchpoints": [{"key": "view", "name": "View", "rule": {"any": [{"name": NAMES[0]}]}}],
        },
        {
            "key": "buy",
            "name": "Buy",
            "touchpoints": [
                {"key": "order", "name": "Order", "rule": {"any": [{"name": NAMES[3]}, {"name": NAMES[2]}]}}
            ],
        },
        {
            "key": "praise",
            "name": "Praise",
            "touchpoints": [
                {
                    "key": "good",
                    "name": "Good review",
                    "rule": {
                        "any": [{"name": NAMES[4], "where": [{"property": "stars", "op": "greater", "value": 3}]}]
                    },
                }
            ],
        },
    ],
}

PAGES: Final = (
    "/api/home?days=30",
    "/api/home?days=7&simulated=false",
    "/api/customers",
    "/api/customers?q=p3@example.com",
    "/api/customers/p_4",
    "/api/customers/p_1/timeline?limit=30",
    "/api/journeys/by-property/numbers?compare=previous",
    "/api/journeys/by-property/numbers?channel=app&simulated=false",
    "/api/journeys/customer-journey/numbers",
    "/api/journeys/by-property/people?cell=stage:buy",
    "/api/journeys/by-property/people?cell=dropped:look",
    "/api/sources",
    "/api/live?limit=20",
    "/api/trace/m700",
    "/api/event-names",
    "/api/personas/buyers/check",
    "/api/journeys/by-property/numbers?population=persona:buyers",
    "/api/audiences/buyers/members",
    "/api/audiences/buyers/explain?profile=p_4",
    "/api/customers/p_1/audiences",
    "/api/friction?from=2026-04-10&to=2026-05-20",
    "/api/message-match?days=28",
)
AUDIENCE: Final = {
    "name": "Buyers",
    "rule": {"all": [{"did": {"any": [{"name": NAMES[3]}], "at_least": 2, "within": "60 days"}}, {"segment": "seen"}]},
}
SEEN: Final = {"name": "Seen", "rule": {"any": [{"trait": {"property": "email", "op": "exists"}}]}}
PERSONA: Final = {
    "name": "Buyers",
    "channels": ["app"],
    "key_tasks": [{"text": "Look around", "match": {"name": NAMES[0]}}],
    "rule": {"all": [{"match": {"name": NAMES[3]}, "within_days": 40}]},
}
VOLATILE: Final = frozenset({"took_ms", "write_key", "created_at", "at", "last_seen_at"})


@dataclass
class Asked:
    """Where in the product a lake was asked something: file and line."""

    lines: set[tuple[str, int]] = field(default_factory=set)

    def listen(self, body: LakeBody) -> None:
        """Note the caller of each question from now on."""
        for name in QUESTIONS:
            setattr(body, name, self._noting(getattr(body, name)))

    def _noting(self, question: Any) -> Any:
        def noted(*arguments: Any, **named: Any) -> Any:
            frame = sys._getframe(1)
            self.lines.add((str(Path(frame.f_code.co_filename).relative_to(SOURCE)), frame.f_lineno))
            return question(*arguments, **named)

        return noted


def questions() -> dict[str, tuple[str, range]]:
    """Every call of a body's question in the product, outside the bodies: `file:function` -> its file and lines."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        name = str(path.relative_to(SOURCE))
        if name.startswith("kernel/body/"):
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and _asks(call):
                        last = call.end_lineno or call.lineno
                        found[f"{name}:{function.name}:{call.lineno}"] = (name, range(call.lineno, last + 1))
    return found


def _asks(call: ast.Call) -> bool:
    """`….body.query(…)`, `self._body.rows(…)`, `body.column(…)`."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in QUESTIONS):
        return False
    owner = call.func.value
    called = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return called.lstrip("_") == "body"


@dataclass
class Product:
    """One configuration: its workspace, and a client that may read everything."""

    workspace: Workspace
    client: httpx.AsyncClient
    later: httpx.AsyncClient  # of an application that saw no event come in: a trace has to look in the body

    async def page(self, path: str) -> Any:
        """What a page shows, but for what no two runs share."""
        answer = await (self.later if path.startswith("/api/trace") else self.client).get(path)
        assert answer.status_code == 200, (path, answer.text)
        return _settled(answer.json())


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    own = isinstance(value, str) and value.startswith("resa-")  # the id of an event Resa made: random
    return "resa" if own else value


@pytest.fixture
async def products(
    tmp_path: Path, postgres_url: str, spark_session: Spark, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Product, Product]]:
    """One machine, and PostgreSQL with a lake and the cluster: the same events, the same people joined and parted."""
    monkeypatch.setattr(live, "MOST", 200)  # so that the body is asked for what came before
    lake = {"RESA_STATE": postgres_url, "RESA_LAKE": str(tmp_path / "lake"), "RESA_SPARK": spark_session.master}
    async with AsyncExitStack() as stack:
        pair = []
        for name, environment in (("one", {}), ("scaled", lake)):
            settings = Settings.of(environment, data=tmp_path / name)
            workspace = Workspace.open(settings, clock=lambda: NOW)
            stack.callback(workspace.close)
            app = create(workspace)
            workspace.start()
            happened = history()
            for start in range(0, len(happened), 250):
                workspace.committer.submit_sync(happened[start : start + 250])
            client = await Cast(app, workspace, stack).key("*")
            later = await Cast(create(workspace), workspace, stack).key("*")
            workspace.definitions.save("journey", "by-property", MAP, expected=0, author="test")
            workspace.definitions.save("persona", "buyers", PERSONA, expected=0, author="test")
            workspace.definitions.save("audience", "seen", SEEN, expected=0, author="test")
            workspace.definitions.save("audience", "buyers", AUDIENCE, expected=0, author="test")
            pair.append(Product(workspace, client, later))
        yield pair[0], pair[1]


async def test_every_page_shows_the_same_before_a_merge_after_it_and_after_its_undo(
    products: tuple[Product, Product],
) -> None:
    one, scaled = products
    asked = Asked()
    assert isinstance(scaled.workspace.body, LakeBody)
    asked.listen(scaled.workspace.body)
    before = await shown(one, scaled, PAGES)
    tried = [(await each.client.post("/api/decide/dry-run", json={"days": 20})).json() for each in products]
    assert tried[0] == tried[1]
    assert tried[0]["views"] > 0
    links = []
    for product in products:
        answer = await product.client.post(
            "/api/merges", json={"profiles": ["p_1", "p_4"], "reason": "the same person"}
        )
        links.append(answer.json()["link"])
    merged = await shown(one, scaled, PAGES[:1] + PAGES[4:7])
    assert merged != [before[0], *before[4:7]]
    for product, link in zip(products, links, strict=True):
        assert (await product.client.post("/api/unlink", json={"link": link, "reason": "no"})).status_code == 200
    after = await shown(one, scaled, PAGES[:1] + PAGES[6:7])
    assert after[1]["stages"] == before[6]["stages"]
    left = {
        name
        for name, (file, lines) in questions().items()
        if not any(at in lines for asking, at in asked.lines if asking == file)
        and name.rpartition(":")[0] not in ELSEWHERE
    }
    assert left == set(), "these questions are not shown to be the same on a lake: add a page that asks them"


async def shown(one: Product, scaled: Product, pages: tuple[str, ...]) -> list[Any]:
    """What both show, which is the same."""
    for product in (one, scaled):
        product.workspace.settle(120)
    found = []
    for path in pages:
        expected = await one.page(path)
        assert await scaled.page(path) == expected, path
        found.append(expected)
    return found
