"""Sixty days of an invented shop for the home, as its SDKs would have sent them: the same at every run but for the date."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]

SHOP = "https://hillandharbour.example"
CUSTOMERS = 420
DAYS = 60
FIRST = "Ada Bruno Clara Daniel Elif Farid Greta Hugo Ines Jonas Kaya Leo Mira Noah Olga Pablo Rosa Samir Tove Yusuf".split()
LAST = "Adler Berg Castillo Demir Eklund Fischer Greco Holm Ivarsson Jansen Keller Lang Moreau Novak Okafor".split()
CITIES = "Gothenburg Hamburg Lyon Porto Rotterdam Turin Vienna".split()
PRODUCTS = [
    ("Oak side table", "Tables", 189.0), ("Linen curtain", "Textiles", 59.0), ("Wool throw", "Textiles", 79.0),
    ("Reading lamp", "Lamps", 119.0), ("Pendant lamp", "Lamps", 149.0), ("Stoneware bowl", "Table", 24.0),
    ("Carafe", "Table", 32.0), ("Wall shelf", "Storage", 95.0), ("Laundry basket", "Storage", 45.0),
    ("Beech stool", "Chairs", 129.0),
]  # fmt: skip
ARRIVALS = [
    ("https://www.google.com/", {}, 34),
    ("https://www.instagram.com/", {}, 16),
    ("", {"source": "google", "medium": "cpc", "name": "autumn"}, 18),
    ("https://www.pinterest.com/", {"source": "pinterest", "medium": "social", "name": "warm-rooms"}, 10),
    ("", {}, 22),
]
BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
]


def batches(now: datetime, seed: int = 7) -> Iterator[list[Event]]:
    """The whole history in the order it happened, in requests of a size the door takes."""
    events = sorted(_everything(now, random.Random(seed)), key=lambda event: event["timestamp"])
    for start in range(0, len(events), 400):
        yield events[start : start + 400]


def _everything(now: datetime, chance: random.Random) -> Iterator[Event]:
    start = now - timedelta(days=DAYS)
    for number in range(CUSTOMERS):
        # A shop that grows a little.
        came = start + timedelta(days=DAYS * chance.random() ** 0.8, seconds=-3600)
        yield from Story(number, came, now - timedelta(minutes=2), random.Random(chance.random())).told()
    morning = (now - timedelta(days=26)).replace(hour=8, minute=12, second=9)
    yield from Story(CUSTOMERS, morning, now, random.Random(2), loyal=True).told()


def evening(seed: int = 11) -> Iterator[Event]:
    """Single calls of several people on several channels, for a server that sends them one by one as they come."""
    chance = random.Random(seed)
    steps = [
        ("analytics.js", "Product Viewed", {"name": "Reading lamp", "price": 119.0}),
        ("analytics.js", "Product Added", {"name": "Reading lamp", "price": 119.0}),
        ("analytics-kotlin", "Application Opened", {"version": "4.2"}),
        ("analytics-python", "Email Opened", {"campaign_name": "Autumn letter"}),
        ("analytics.js", "Checkout Started", {"value": 119.0, "currency": "EUR"}),
        ("analytics-kotlin", "Push Notification Tapped", {"campaign_name": "Lamps are back"}),
        ("analytics.js", "Live Chat Conversation Started", {"agent_name": "Tove"}),
        ("analytics.js", "Live Chat Message Sent", {"message_body": "Does it fit a 40 cm shelf?"}),
        ("analytics.js", "Payment Info Entered", {"payment_method": "card"}),
        ("analytics.js", "Order Completed", {"order_id": "H-2001", "revenue": 119.0, "currency": "EUR"}),
        ("analytics-python", "Email Delivered", {"campaign_name": "Your order"}),
        ("analytics.js", "Products Searched", {"query": "wool throw"}),
        ("analytics.js", "Product Viewed", {"name": "Wool throw", "price": 79.0}),
        ("analytics.js", "Wishlist Product Added to Cart", {"name": "Wool throw"}),
        ("analytics-python", "Order Updated", {"order_id": "H-1388", "status": "sent"}),
        ("analytics.js", "Product Reviewed", {"rating": 5}),
        ("analytics-kotlin", "Application Installed", {"version": "4.2"}),
        ("analytics.js", "Promotion Clicked", {"name": "Warm rooms"}),
    ]
    for library, name, properties in steps:
        who = {"userId": f"c{chance.randint(1000, 1000 + CUSTOMERS)}"}
        yield {
            "type": "track",
            "event": name,
            "properties": properties,
            "context": {"library": {"name": library}},
        } | who


@dataclass
class Story:
    """One customer from the first visit on, until `end`."""

    number: int
    at: datetime
    end: datetime
    chance: random.Random
    loyal: bool = False  # goes every step: somebody to look at
    known: bool = False
    name: str = ""
    events: list[Event] = field(default_factory=list)

    def told(self) -> list[Event]:
        """What happened and had time to happen."""
        self.name = self._name()
        self._visit()
        if self._does(0.55) and self._shop() and self._does(0.9):
            self._afterwards()
        return [event for event in self.events if event["timestamp"] <= _iso(self.end)]

    def _visit(self) -> None:
        weights = [weight for _, _, weight in ARRIVALS]
        for visit in range(self.chance.randint(1, 3)):
            if visit:
                self._later(1, 90)
            referrer, campaign, _ = ARRIVALS[2] if self.loyal else self.chance.choices(ARRIVALS, weights)[0]
            self._page("Home", "/", "Hill & Harbour", referrer=referrer, campaign=campaign)
            if self._does(0.4):
                self._track("Promotion Viewed", {"promotion_id": "warm-rooms", "name": "Warm rooms", "position": "top"})
            if not self._does(0.8):
                continue
            for name, category, price in self.chance.sample(PRODUCTS, self.chance.randint(1, 3)):
                self._track("Product List Viewed", {"category": category})
                self._page(name, f"/p/{name.lower().replace(' ', '-')}", name)
                self._track("Product Viewed", {"name": name, "category": category, "price": price, "currency": "EUR"})
            if self._does(0.2):
                self._track("Products Searched", {"query": self.chance.choice(PRODUCTS)[0].split()[-1].lower()})

    def _shop(self) -> bool:
        name, category, price = PRODUCTS[0] if self.loyal else self.chance.choice(PRODUCTS)
        thing = {"name": name, "category": category, "price": price, "currency": "EUR", "quantity": 1}
        self._track("Product Added", thing)
        self._track("Cart Viewed", {"products": [thing]})
        if self._does(0.25):
            self._track("Coupon Applied", {"coupon_id": "HELLO10", "discount": round(price / 10, 2)})
        if not self._does(0.68):
            return False
        self._later(0, 6)
        self._track("Checkout Started", {"value": price, "currency": "EUR"})
        if not self._does(0.8):
            return False
        self._log_in()
        self._track("Payment Info Entered", {"payment_method": self.chance.choice(["card", "invoice", "wallet"])})
        if not self._does(0.9):
            return False
        self._order(price, [thing])
        return True

    def _afterwards(self) -> None:
        if self.chance.random() < 0.15:
            self._track("Cart Shared", {"share_via": "mail"})
        self._later(10, 60)
        self._track("Order Updated", {"order_id": f"H-{1000 + self.number}", "status": "delivered"}, by="server")
        if self._does(0.45):
            self._track("Application Installed", {"version": "4.2"}, by="app")
            self._later(2, 100)
            self._track("Application Opened", {"version": "4.2"}, by="app")
            self._screen("Your orders")
            if self.chance.random() < 0.1:
                self._track("Application Crashed", {"version": "4.2"}, by="app")
            if self._does(0.6):
                self._later(20, 70)
                self._track("Push Notification Received", {"campaign_name": "Lamps are back"}, by="app")
            if self._does(0.5):
                self._track("Push Notification Tapped", {"campaign_name": "Lamps are back"}, by="app")
        if not self.loyal and self.chance.random() < 0.1:
            self._track("Order Refunded", {"order_id": f"H-{1000 + self.number}-web"}, by="server")
        if self._does(0.25):
            self._later(1, 48)
            self._track("Live Chat Conversation Started", {"conversation_id": f"c-{self.number}", "agent_name": "Tove"})
            self._track("Live Chat Message Sent", {"conversation_id": f"c-{self.number}"})
            self._track("Live Chat Conversation Ended", {"conversation_id": f"c-{self.number}", "duration": 240})
        self._later(48, 200)
        self._track("Email Delivered", {"campaign_name": "How is it?", "email_id": "ask-1"}, by="server")
        if self._does(0.5):
            self._track("Email Opened", {"campaign_name": "How is it?", "email_id": "ask-1"}, by="server")
        if self._does(0.3):
            self._track(
                "Email Link Clicked", {"campaign_name": "How is it?", "link_url": f"{SHOP}/review"}, by="server"
            )
            self._track("Product Reviewed", {"rating": self.chance.randint(3, 5), "review_body": "As in the picture."})
            if self._does(0.4):
                self._track("Product Shared", {"share_via": "messenger"})
        elif self.chance.random() < 0.05:
            self._track("Unsubscribed", {"list_id": "letters"}, by="server")
        if self._does(0.3):
            self._later(24, 150)
            self._order(64.0, [{"name": "Wall shelf", "price": 64.0, "quantity": 1}], where="store")

    def _log_in(self) -> None:
        self.known = True
        first = self.name.split()[0]
        traits: Event = {"createdAt": _iso(self.at), "city": self.chance.choice(CITIES)}
        if self.loyal or self.chance.random() < 0.7:
            traits |= {"name": self.name, "email": f"{first.lower()}.{self.number}@example.com"}
        if self.loyal:
            traits |= {"city": "Gothenburg", "plan": "Harbour Club", "newsletter": True}
        self._event("identify", "web", {"traits": traits})
        self._track("Signed Up", {"method": "email"})

    def _order(self, price: float, things: list[Event], where: str = "web") -> None:
        order = {"order_id": f"H-{1000 + self.number}-{where}", "revenue": price, "currency": "EUR", "products": things}
        self._track("Order Completed", order, by="server" if where == "store" else "web", channel=where)

    def _page(self, name: str, path: str, title: str, referrer: str = "", campaign: Event | None = None) -> None:
        page = {"path": path, "url": SHOP + path, "title": title, "referrer": referrer}
        context = {"page": page} | ({"campaign": campaign} if campaign else {})
        self._event("page", "web", {"name": name, "properties": page, "context": context})

    def _screen(self, name: str) -> None:
        self._event("screen", "app", {"name": name, "properties": {}})

    def _track(self, name: str, properties: Event, by: str = "web", channel: str | None = None) -> None:
        self._event("track", by, {"event": name, "properties": properties} | ({"channel": channel} if channel else {}))

    def _event(self, kind: str, by: str, said: Event) -> None:
        libraries = {"web": "analytics.js", "app": "analytics-kotlin", "server": "analytics-python"}
        context = {"library": {"name": libraries[by], "version": "1.0"}} | said.pop("context", {})
        if by == "web":
            context["userAgent"] = BROWSERS[self.number % len(BROWSERS)]
        who = {"userId": f"c{1000 + self.number}"} if self.known else {}
        if by == "web":
            who["anonymousId"] = f"visitor-{self.number}"
        stamp = {"type": kind, "messageId": f"shop-{self.number}-{len(self.events)}", "timestamp": _iso(self.at)}
        self.events.append(stamp | who | {"context": context} | said)
        self.at += timedelta(seconds=self.chance.randint(5, 90))

    def _does(self, share: float) -> bool:
        return self.loyal or self.chance.random() < share

    def _later(self, least: float, most: float) -> None:
        if self.loyal:  # in daylight
            self.at += timedelta(days=round((least + most) / 48), hours=0.8)
        else:
            self.at += timedelta(hours=self.chance.uniform(least, most))

    def _name(self) -> str:
        if self.loyal:
            return "Maja Lindqvist"
        return f"{self.chance.choice(FIRST)} {self.chance.choice(LAST)}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(events: list[Event]) -> bytes:
    """One request of the batch door."""
    return json.dumps({"batch": events}).encode()
