"""Sets the demonstration up: real data, a map, the shop's source, a log-in; and runs shop and visitors beside a server."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from resa import app  # noqa: F401  # declares every slice's tables
from resa.analytics import goals
from resa.collect.sources import Source, Sources
from resa.demo import catalogue, grocer, programme
from resa.demo.shop import Shop, ShopServer
from resa.demo.simulation import Simulation
from resa.demo.traffic import Traffic
from resa.journeys import register as register_journeys
from resa.journeys import templates
from resa.kernel import audit, preferences
from resa.kernel.audiences import templates as audiences
from resa.kernel.metrics import starters
from resa.kernel.metrics.plan import KIND as METRIC
from resa.kernel.state import State, sqlite_url
from resa.kernel.workspace import Workspace
from resa.settings import Settings

EMAIL: Final = "demo@example.com"
SHOP: Final = "Demonstration shop"
MAP: Final = "grocer"
READY: Final = "ready"
METRICS: Final = (
    *("visitors", "conversion", "orders", "revenue", "average-order-value", "revenue-per-visitor"),
    *("repeat-purchase-rate", "cart-abandonment", "retention-rate"),
)
SEGMENTS: Final = ("new-customers", "loyal", "big-spenders", "at-risk", "cart-abandoners")
"""Of the ready-made ones."""

GOALS: Final = (
    ("orders", "36,000 orders in three months", "orders", 36_000),
    ("basket", "A basket of 32 dollars", "average-order-value", 32),
)

Told = Callable[[str, int, int], None]
"""Gets what is being done, how far it is and how far it will go (0: not known)."""


@dataclass(frozen=True, slots=True)
class Login:
    """The demonstration's owner: a random password per data directory, kept in it for the next start to print."""

    email: str
    password: str


def login(data: Path) -> Login:
    """The log-in of a data directory, made on first use."""
    path = data / "demo-login.json"
    if path.exists():
        kept = json.loads(path.read_text())
        return Login(kept["email"], kept["password"])
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Login(EMAIL, secrets.token_urlsafe(12))
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"email": made.email, "password": made.password}, file)
    return made


def is_ready(settings: Settings) -> bool:
    """Whether everything was set up before, found out without opening the workspace."""
    if settings.state is None and not (settings.data / "state.sqlite").exists():
        return False
    state = State.open(settings.state or sqlite_url(settings.data))
    try:
        return grocer.recall(state, READY) is True
    finally:
        state.close()


def prepare(settings: Settings, told: Told, *, original_dates: bool = False, visitors: bool = True) -> None:
    """Load and set up what is missing. Killed in the middle, the next call goes on."""
    workspace = Workspace.open(settings)
    with contextlib.closing(workspace):
        workspace.state.create_missing()
        _map(workspace)
        workspace.start()
        _metrics(workspace)
        products = _products(workspace, told)
        shift = grocer.load(
            workspace, original_dates=original_dates, on_progress=lambda n: told("A grocer's year", n, grocer.EVENTS)
        )
        if visitors:
            traffic = _traffic(workspace, products)
            programme.begin(workspace, max(traffic.until, workspace.clock() - programme.RUNS))
            traffic.catch_up(lambda n: told("Simulated visitors of the last weeks", n, 0))
            programme.finish(workspace)
        told("Making it ready for questions", 0, 0)
        workspace.settle(600)
        _segments(workspace)
        if shift:
            _goals(workspace)
        with workspace.state.write() as tx:
            values = {"name": "Green Lane Grocer", "timezone": grocer.ZONE, "currency": "USD", "demo": True}
            values |= {"as_of_original": grocer.LAST_DAY.isoformat() if shift else None}
            preferences.change(workspace.state, tx, values)
            grocer.note(workspace.state, READY, True, tx)


def _map(workspace: Workspace) -> None:
    """The grocer's map is the first of the workspace."""
    register_journeys(workspace)
    if not workspace.definitions.ever("journey"):
        workspace.definitions.save("journey", MAP, templates.load(MAP), expected=0, author="Resa")


def _metrics(workspace: Workspace) -> None:
    """Some ready-made metrics: their room has something to show, and experiments something to decide by."""
    workspace.definitions.register(METRIC)
    if not workspace.definitions.ever("metric"):
        for key in METRICS:
            workspace.definitions.save("metric", key, starters.one("shop", key).body, expected=0, author="Resa")


def _goals(workspace: Workspace) -> None:
    """Two numbers that somebody wants to move, from a month ago to two months ahead."""
    goals.register(workspace)
    today = datetime.fromtimestamp(workspace.clock() / 1000, ZoneInfo(grocer.ZONE)).date()
    for key, name, metric, target in GOALS:
        if not any(item.key == key for item in workspace.definitions.all("goal")):
            start, due = (today - timedelta(days=30)).isoformat(), (today + timedelta(days=60)).isoformat()
            body = {"name": name, "metric": metric, "target": target, "start": start, "due": due}
            workspace.definitions.save("goal", key, body, expected=0, author="Resa")


def _segments(workspace: Workspace) -> None:
    """Some ready-made segments."""
    if not workspace.definitions.ever("audience"):
        for template in audiences.templates("USD"):
            if template.key in SEGMENTS:
                workspace.definitions.save("audience", template.key, template.body, expected=0, author="Resa")


def _products(workspace: Workspace, told: Told) -> list[catalogue.Product]:
    """The shop's products; found once, kept for the next start."""
    kept = catalogue.recall(workspace.state)
    if not kept:
        told("Products of the shop", 0, 0)
        kept = catalogue.keep(workspace.state)
    return kept


def _source(workspace: Workspace) -> Source:
    """The shop's source, a browser's: its key stands in the page."""
    sources = Sources(workspace.state, workspace.clock)
    found = next((source for source in sources.listed() if source.name == SHOP), None)
    return found or sources.create(audit.SYSTEM, SHOP, "browser", "demonstration")


def _traffic(workspace: Workspace, products: list[catalogue.Product]) -> Traffic:
    zone = ZoneInfo(grocer.ZONE)
    showings = programme.Showings(workspace)
    return Traffic(workspace, Simulation(products, zone, source=_source(workspace).key, showings=showings), zone)


class Beside:
    """Shop and visitors, running beside a server until it closes them."""

    def __init__(self, workspace: Workspace, *, shop_port: int, visitors: bool) -> None:
        """Start both; the shop answers once the server's own port is told by `at`."""
        settings = workspace.settings
        products = _products(workspace, lambda *_: None)
        shop = Shop(
            catalogue.document(products),
            _source(workspace).write_key,
            host=settings.host,
            public_url=settings.public_url,
        )
        self.shop = ShopServer(shop, settings.host, shop_port)
        self.traffic = _traffic(workspace, products) if visitors else None

    def at(self, port: int) -> None:
        """The server listens on `port`: open the shop, let visitors come."""
        self.shop.shop.port = port
        self.shop.start()
        if self.traffic is not None:
            self.traffic.start()

    def close(self) -> None:
        """Close the shop, send the visitors home."""
        if self.traffic is not None:
            self.traffic.close()
        self.shop.close()
