"""One visit of somebody who never was, told as events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final, Protocol

import msgspec

from resa.demo import deliveries, voices
from resa.demo.catalogue import Product
from resa.demo.programme import NOTHING, Shown
from resa.kernel.events import Draft

REGULARS: Final = 420
SITE: Final = "https://shop.example"

_DEVICES: Final = (
    # device, os, browser, share, how much better or worse it sells
    ("mobile", "iOS", "Mobile Safari", 31, 0.8),
    ("mobile", "Android", "Chrome Mobile", 28, 0.75),
    ("desktop", "Windows", "Chrome", 20, 1.25),
    ("desktop", "Mac OS X", "Safari", 9, 1.3),
    ("desktop", "Windows", "Edge", 6, 1.2),
    ("tablet", "iOS", "Mobile Safari", 4, 1.05),
    ("desktop", "Linux", "Firefox", 2, 1.1),
)
_ORIGINS: Final = (
    # kind, referrer, campaign (source, medium, name), share
    ("search", "https://www.google.com/", None, 34),
    ("direct", None, None, 25),
    ("social", "https://www.instagram.com/", None, 9),
    ("social", "https://www.facebook.com/", None, 6),
    ("ad", "https://www.google.com/", ("google", "cpc", "fresh-week"), 9),
    ("ad", "https://www.facebook.com/", ("meta", "paid_social", "first-order"), 6),
    ("mail", None, ("newsletter", "email", "weekly-offers"), 7),
    ("referral", "https://recipes.example/", None, 4),
)
_SEARCHES: Final = (
    "milk",
    "bananas",
    "bread",
    "coffee",
    "eggs",
    "yogurt",
    "chicken",
    "pizza",
    "cat food",
    "apples",
    "oat milk",
    "cheese",
)
_NOTHING_FOUND: Final = frozenset({"oat milk"})
_GIVES_UP: Final = 0.6
"""The share of those whose search finds nothing who leave at once, whatever is in the cart: friction for Resa to find."""
_CLICKS: Final = 0.06
"""The share of those who see the start page's banner who click it."""


class Showings(Protocol):
    """What visitors are shown beside the shop itself."""

    @property
    def edition(self) -> int:
        """Another number once that may have changed."""
        ...

    def home(self, device: str, at: int) -> Shown:
        """What the start page shows to a device at a time (ms UTC)."""
        ...

    def asking(self, survey: str) -> int | None:
        """The version of a survey that asks now; None where it doesn't."""
        ...


class World(Protocol):
    """What visits share."""

    showings: Showings | None

    @property
    def source(self) -> str:
        """The source the events are said to come from."""
        ...

    def pick(self, chance: random.Random, count: int) -> list[Product]:
        """Products, what households buy often more often."""
        ...

    def home_of(self, person: str) -> random.Random:
        """Chance that is the same at every visit of a person."""
        ...


class Visit:
    """One visit, told as events."""

    def __init__(
        self,
        simulation: World,
        name: str,
        person: str,
        number: int | None,
        at: int,
        chance: random.Random,
        due: bool,
    ) -> None:
        self._simulation = simulation
        self._name = name
        self._person = person
        self._due = due
        self._number = number
        self._now = at
        self._chance = chance
        self._count = 0
        own = simulation.home_of(person)
        self._device, self._os, self._browser, _, self._sells = own.choices(_DEVICES, [row[3] for row in _DEVICES])[0]
        self._has_account = number is not None and own.random() < 0.45
        self._locale = own.choices(("en-US", "es-US", "en-GB"), (90, 8, 2))[0]
        self._anonymous = f"sim-{person}"
        self._user: str | None = None
        mailed = self._has_account
        origins = [row for row in _ORIGINS if mailed or row[0] != "mail"]
        self._origin = chance.choices(origins, [row[3] * (3 if row[0] == "mail" else 1) for row in origins])[0]
        self._cart: list[Product] = []
        self._shown = NOTHING
        self._nothing_found: str | None = None
        self._coupon = self._ordered = self._stayed = False
        self._ordered_at = 0

    def events(self) -> Iterator[Draft]:
        """What happens, until the visitor has enough; then what the shop asks them, and what they say of the delivery."""
        yield from self._shop()
        yield from self._answer()
        if self._ordered:
            yield from self._rate()

    def _shop(self) -> Iterator[Draft]:
        if self._origin[0] == "mail":
            yield from self._mail()
        yield from self._arrive()
        if self._chance.random() < 0.30:  # one look was enough
            return
        self._stayed = True
        if self._has_account and self._chance.random() < 0.5:
            yield from self._log_in()
        yield from self._look_around()
        if self._chance.random() < 0.035:
            yield from self._chat()
        if self._cart and self._chance.random() < 0.85:
            yield from self._buy()

    def _mail(self) -> Iterator[Draft]:
        arrived = self._now
        properties = {"campaign_name": "weekly-offers", "email_subject": "This week at the market"}
        self._user = self._account
        for name, before in (
            ("Email Delivered", self._chance.uniform(1, 14) * 3600),
            ("Email Opened", self._chance.uniform(40, 300)),
            ("Email Link Clicked", 2.0),
        ):
            self._now = arrived - round(before * 1000)
            yield self._track(name, properties, channel="email")
        self._now = arrived
        self._user = None

    def _arrive(self) -> Iterator[Draft]:
        if self._chance.random() < 0.65 or self._origin[0] in ("direct", "mail"):
            yield self._page("Home", "/")
            yield from self._see()
            yield self._track("Promotion Viewed", {"promotion_id": "welcome", "name": "10 % off the first order"})
        else:
            product = self._simulation.pick(self._chance, 1)[0]
            yield self._page("Product", f"/product/{product.id}", product.name)
            yield self._track("Product Viewed", _facts(product))

    def _see(self) -> Iterator[Draft]:
        """What the start page shows. It takes nothing of the visit's chance: without it the visit is the same."""
        if self._simulation.showings is None:
            return
        self._shown = self._simulation.showings.home(self._anonymous, self._now)
        seen = list(self._shown.exposures)
        if self._shown.clicked is not None and self._simulation.home_of(f"click:{self._name}").random() < _CLICKS:
            seen.append(self._shown.clicked)
        for place, (name, properties) in enumerate(seen):
            yield self._draft(f"shown-{place}", "track", name, properties, source="resa", page_path="/")

    def _log_in(self) -> Iterator[Draft]:
        self._wait(8, 40)
        self._user = self._account
        yield self._event(
            "identify",
            "",
            {"name": f"Simulated visitor {self._number}", "email": f"visitor{self._number}@simulated.example"},
        )
        yield self._track("Signed In", {"method": "shop"})

    def _look_around(self) -> Iterator[Draft]:
        for _ in range(self._chance.choices((1, 2, 3, 4, 6), (36, 28, 19, 12, 5))[0]):
            products = self._simulation.pick(self._chance, 6)
            if self._chance.random() < 0.35:
                yield from self._search()
                if self._gives_up():
                    self._cart.clear()
                    return
            else:
                aisle = products[0]
                yield self._page("Aisle", f"/aisle/{aisle.aisle}", aisle.category)
                yield self._track("Product List Viewed", {"list_id": aisle.aisle, "category": aisle.category})
            for product in products[: self._chance.choices((0, 1, 2, 3), (28, 46, 19, 7))[0]]:
                yield self._page("Product", f"/product/{product.id}", product.name)
                yield self._track("Product Viewed", _facts(product))
                if self._chance.random() < 0.30 * self._sells:
                    self._cart.append(product)
                    yield self._track("Product Added", _facts(product) | {"quantity": 1})
                    if self._chance.random() < 0.06:
                        self._cart.pop()
                        yield self._track("Product Removed", _facts(product) | {"quantity": 1})

    def _search(self) -> Iterator[Draft]:
        query = self._chance.choice(_SEARCHES)
        found = 0 if query in _NOTHING_FOUND else self._chance.randint(2, 40)
        self._nothing_found = self._nothing_found if found else query
        yield self._page("Search", "/search", f"Search: {query}")
        yield self._track("Products Searched", {"query": query, "results": found})

    def _gives_up(self) -> bool:
        """Takes nothing of the visit's chance: whoever finds something visits as before."""
        return self._nothing_found is not None and self._simulation.home_of(f"search:{self._name}").random() < _GIVES_UP

    def _buy(self) -> Iterator[Draft]:
        revenue = round(sum(product.price for product in self._cart), 2)
        order: dict[str, Any] = {
            "revenue": revenue,
            "total": revenue,
            "currency": "USD",
            "products": [_facts(product) | {"quantity": 1} for product in self._cart],
        }
        yield self._page("Cart", "/cart", "Cart")
        yield self._track("Cart Viewed", {"cart_total": revenue, "currency": "USD"})
        if self._chance.random() < 0.15:
            self._coupon = True
            yield self._track("Coupon Applied", {"coupon_name": "WELCOME", "discount": round(revenue / 10, 2)})
            order |= {
                "coupon": "WELCOME",
                "discount": round(revenue / 10, 2),
                "revenue": round(revenue * 0.9, 2),
                "total": round(revenue * 0.9, 2),
            }
        if self._chance.random() > 0.62 * (0.85 + 0.15 * self._sells) * self._shown.helps:
            return
        yield self._page("Checkout", "/checkout", "Checkout")
        yield self._track("Checkout Started", order)
        if self._chance.random() > 0.84:
            return
        self._wait(20, 90)
        yield self._track("Checkout Step Completed", {"step": 1, "shipping_method": "Tomorrow, 8 to 10"})
        if self._chance.random() > 0.88:
            return
        yield self._track("Payment Info Entered", {"step": 2, "payment_method": "Card at the door"})
        if self._chance.random() > 0.95:
            return
        number = f"sim-{self._name}"
        yield self._track(
            "Order Completed",
            {"order_id": number, **order},
            revenue=f"{order['revenue']:.2f}",
            currency="USD",
            order_id=number,
        )
        self._ordered = True
        self._ordered_at = self._now
        yield self._page("Thank you", "/thanks", "Thank you")

    def _answer(self) -> Iterator[Draft]:
        """Asked how easy the order was, or else whether they would recommend the shop: never both in a visit."""
        showings = self._simulation.showings
        if showings is None or not self._stayed:
            return
        ease, recommend = showings.asking(voices.CES), showings.asking(voices.NPS)
        if self._ordered and ease is not None:
            said = voices.after_order(self._visited(), ease)
        elif self._due and recommend is not None:
            said = voices.at_a_visit(self._visited(), recommend)
        else:
            return
        for place, each in enumerate(said):
            self._now += round(each.after * 1000)
            properties = msgspec.json.encode(each.properties).decode()
            source = "resa" if each.by_resa else self._simulation.source
            draft = self._draft(f"asked-{place}", "track", each.name, properties, source=source)
            if each.name == "Survey Answered":
                draft.message_id = f"survey-answered-{each.properties['response']}"
            yield draft

    def _rate(self) -> Iterator[Draft]:
        rated = deliveries.rated(self._name, self._person, self._cart[0].name if self._cart else None)
        if rated is not None:
            hours, said = rated
            self._now = self._ordered_at + round(hours * 3_600_000)
            yield self._draft("rated", "track", deliveries.NAME, msgspec.json.encode(said).decode(), channel="app")

    def _visited(self) -> voices.Visited:
        return voices.Visited(
            name=self._name,
            person=self._person,
            device=self._device,
            nothing_found=self._nothing_found,
            coupon=self._coupon,
            ordered=self._ordered,
            product=self._cart[0].name if self._cart else None,
        )

    def _chat(self) -> Iterator[Draft]:
        conversation = {"conversation_id": f"sim-{self._name}"}
        for name in (
            "Live Chat Conversation Started",
            "Live Chat Message Sent",
            "Live Chat Message Received",
            "Live Chat Conversation Ended",
        ):
            yield self._track(name, conversation, channel="chat")

    @property
    def _account(self) -> str:
        return f"simulated-{self._number}"

    def _wait(self, least: float, most: float) -> None:
        self._now += round(self._chance.uniform(least, most) * 1000)

    def _page(self, name: str, path: str, title: str = "Green Lane Grocer") -> Draft:
        self._wait(4, 28)
        first = self._count == 0 or (self._origin[0] == "mail" and self._count == 3)
        return self._event(
            "page",
            name,
            {"name": name, "path": path, "url": f"{SITE}{path}", "title": title},
            first=first,
            path=path,
            title=title,
        )

    def _track(self, name: str, properties: dict[str, Any], **columns: Any) -> Draft:
        self._wait(0.2, 6)
        return self._event("track", name, properties, **columns)

    def _event(
        self,
        kind: str,
        name: str,
        properties: dict[str, Any],
        *,
        first: bool = False,
        path: str | None = None,
        title: str | None = None,
        channel: str = "web",
        **columns: Any,
    ) -> Draft:
        self._count += 1
        origin, referrer, campaign, _ = self._origin
        return self._draft(
            str(self._count),
            kind,
            name,
            msgspec.json.encode(properties).decode(),
            channel=channel,
            source=self._simulation.source,
            page_url=f"{SITE}{path}" if path else None,
            page_path=path,
            page_title=title,
            referrer=referrer if first else None,
            referrer_kind=origin if first else None,
            campaign_source=campaign[0] if first and campaign else None,
            campaign_medium=campaign[1] if first and campaign else None,
            campaign_name=campaign[2] if first and campaign else None,
            **columns,
        )

    def _draft(
        self, number: str, kind: str, name: str, properties: str, *, channel: str = "web", **columns: Any
    ) -> Draft:
        return Draft(
            message_id=f"sim-{self._name}-{number}",
            type=kind,
            name=name,
            time=self._now,
            received_at=self._now,
            user_id=self._user,
            anonymous_id=self._anonymous if channel != "email" else None,
            channel=channel,
            device=self._device,
            os=self._os,
            browser=self._browser,
            locale=self._locale,
            simulated=True,
            properties=properties,
            **columns,
        )


def who(chance: random.Random) -> int | None:
    """The number of a regular, or None for somebody who passes: the first thing that the chance of a visit decides."""
    return chance.randrange(REGULARS) if chance.random() < 0.5 else None


def _facts(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "name": product.name,
        "category": product.category,
        "price": product.price,
        "currency": "USD",
    }
