"""Random customers and random rules about them: small on purpose, so that everything meets everything."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from resa.kernel import foreign
from resa.kernel.audiences.rules import (
    Consent,
    Did,
    Moment,
    Ordered,
    Rule,
    Stage,
    Step,
    Total,
    Without,
)
from resa.kernel.events import Draft
from resa.kernel.matching import Condition, Match
from resa.kernel.workspace import Workspace
from tests.kernel.making import DAY, draft

NOW = 1_700_000_000_000 + 40 * DAY
HOUR = DAY // 24
NAMES = ("Viewed", "Added", "Bought")
STAGES = [
    ("consider", Match(name="Viewed")),
    ("decide", Match(name="Added", where=[Condition(property="price", op="greater", value=5)])),
    ("buy", Match(name="Bought")),
]


def stages(journey: str) -> Sequence[tuple[str, Match]]:
    """The rules of the one map there is."""
    return STAGES if journey == "shop" else ()


class Chance(random.Random):
    """Makes events and rules from a seed."""

    def maybe(self, value: Any, share: float = 0.5) -> Any:
        """The value, or None."""
        return value if self.random() < share else None

    def time(self, now: int = NOW) -> int:
        """Mostly lately, sometimes long ago, sometimes a little ahead; on few instants, so that some coincide."""
        return now + self.choice([0, 0, HOUR // 2, -HOUR, -5 * HOUR, -DAY, -2 * DAY, -7 * DAY, -8 * DAY, -30 * DAY])

    def event(self, people: Sequence[str], now: int = NOW) -> Draft:
        """One event of one of these people."""
        who, user = self.choice(people), self.maybe(f"u-{self.choice(people)}", 0.15)
        base: dict[str, Any] = {"anon": who, "user": user, "time": self.time(now), "received_at": now}
        base |= {"device": self.maybe(self.choice(["mobile", "desktop"])), "bot": self.random() < 0.05}
        base |= {"verified": self.random() < 0.7, "channel": self.choice(["web", "app"])}
        kind = self.random()
        if kind < 0.15:
            plan = self.choice(["pro", "free", None, 3, True])
            return draft("", type="identify", properties={"plan": plan, "locale": self.choice(["sv", "en"])}, **base)
        if kind < 0.25:
            agreed = {"consent": {"categoryPreferences": {"Marketing": self.random() < 0.6}}}
            return draft("Consent Updated", context=agreed, **base)
        if kind < 0.35:
            return draft(self.choice(["Home", "Basket"]), type="page", **base)
        name = self.choice(NAMES)
        said = {"price": self.choice([1, 5.5, "7", "x", -3, 10, None, 0.00005]), "colour": self.choice(["red", None])}
        if name == "Bought":
            base |= {"revenue": self.choice(["10", "2.5", "-2.5", None]), "currency": self.choice(["EUR", "SEK"])}
        return draft(name, properties=said, **base)

    def match(self) -> Match:
        """Some of the events."""
        kind = self.random()
        if kind < 0.1:
            return Match(type="page", name=self.maybe("Home"))
        if kind < 0.2:
            return Match(name=self.choice(NAMES), channel="web")
        where = [
            Condition(property="price", op="greater", value=self.choice([0, 5])),
            Condition(property="colour", op="is", value="red"),
            Condition(property="device", op="is_not", value="mobile"),
            Condition(property="revenue", op="exists"),
        ]
        return Match(name=self.choice(NAMES), where=self.sample(where, self.choice([0, 0, 1, 2])))

    def matches(self) -> list[Match]:
        """One or two."""
        return [self.match() for _ in range(self.choice([1, 1, 2]))]

    def period(self) -> str:
        """Which the times above lie just inside, on the edge and just outside of."""
        return self.choice(["1 hour", "5 hours", "1 day", "2 days", "1 week", "8 days", "30 days"])

    def condition(self, others: Sequence[str] = ()) -> Rule:
        """Any kind of condition."""
        kind = self.choice(
            ["did", "did", "sum", "time", "ordered", "without", "trait", "consent", "context", "stage", "segment"]
        )
        if kind == "segment" and others:
            return Rule(segment=self.choice(others))
        if kind == "did":
            low, high = self.maybe(self.randint(0, 3)), self.maybe(self.randint(3, 4), 0.3)
            if (low is None and high is None) or low == 0:
                low, high = None, self.choice([0, 1])
            return Rule(did=Did(any=self.matches(), at_least=low, at_most=high, within=self.maybe(self.period())))
        if kind == "sum":
            name = self.choice(["revenue", "price"])
            low = self.maybe(self.choice([0, 1, 5.5, 10, 12.5]))
            high = None if low is not None else self.choice([0, 10])
            money = "EUR" if name == "revenue" else None
            return Rule(
                sum=Total(
                    any=self.matches(),
                    property=name,
                    currency=money,
                    at_least=low,
                    at_most=high,
                    within=self.maybe(self.period()),
                )
            )
        if kind == "time":
            which: Any = self.choice(["first", "last"])
            inside = self.random() < 0.5
            period = self.period()
            within, ago = (period, None) if inside else (None, period)
            return Rule(time=Moment(which=which, any=self.matches(), within=within, longer_ago=ago))
        if kind == "ordered":
            steps = [Step(any=self.matches()) for _ in range(self.choice([2, 2, 3]))]
            return Rule(
                ordered=Ordered(steps=steps, apart=self.choice(["1 hour", "5 hours", "1 day"]), within="8 days")
            )
        if kind == "without":
            after = self.maybe(self.choice(["1 hour", "5 hours"]))
            return Rule(without=Without(any=self.matches(), without=self.matches(), after=after, within="2 days"))
        if kind == "trait":
            name = self.choice(["plan", "locale"])
            op: Any = self.choice(["is", "is_not", "exists", "greater", "in"])
            value: Any = {"exists": None, "greater": 2, "in": ["pro", "sv", 3]}.get(op, self.choice(["pro", 3, True]))
            return Rule(trait=Condition(property=name, op=op, value=value))
        if kind == "consent":
            return Rule(consent=Consent(purpose="marketing", state=self.choice(["granted", "denied", "unknown"])))
        if kind == "context":
            op = self.choice(["is", "is_not", "exists"])
            return Rule(context=Condition(property="device", op=op, value=None if op == "exists" else "mobile"))
        return Rule(stage=Stage(journey="shop", stages=self.sample(["consider", "decide", "buy"], self.choice([1, 2]))))

    def rule(self, others: Sequence[str] = (), depth: int = 0) -> Rule:
        """All, any and not over conditions, at most three deep."""
        kind = self.random()
        if depth == 2 or kind < 0.4:
            return self.condition(others)
        if kind < 0.5:
            return Rule(not_=self.rule(others, depth + 1))
        parts = [self.rule(others, depth + 1) for _ in range(self.choice([1, 2, 3]))]
        return Rule(all=parts) if kind < 0.75 else Rule(any=parts)


def told(workspace: Workspace) -> dict[int, list[dict[str, Any]]]:
    """Every event of every profile there is now, as the reference wants it, read off the body; bots left out."""
    found: dict[int, list[dict[str, Any]]] = {}
    for event in workspace.body.query("SELECT * FROM log WHERE NOT bot").to_pylist():
        event["traits"] = []
        event["consents"] = []
        if event["type"] == "identify":
            said = foreign.members(event["properties"])
            event["traits"] = [(name, 1, value) for name, value in said.items()]
        if event["name"] == "Consent Updated":
            choice = foreign.members(event["context"])["consent"]["categoryPreferences"]["Marketing"]
            event["consents"] = [("marketing", int(event["verified"]), "granted" if choice else "denied")]
        found.setdefault(event["profile"], []).append(event)
    return found
