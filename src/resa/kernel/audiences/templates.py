"""Audiences to begin with: on the Segment names for e-commerce and engagement events, in the workspace's currency."""

from __future__ import annotations

from typing import Final

import msgspec

from resa.kernel.audiences.rules import Audience, Consent, Did, Moment, Rule, Total, Without
from resa.kernel.matching import Condition, Match


class Template(msgspec.Struct, frozen=True):
    """An audience to begin with."""

    key: str
    name: str
    description: str
    body: Audience


_ORDER: Final = [Match(name="Order Completed")]
_VISIT: Final = [Match(type="page"), Match(type="screen")]
_CART: Final = [Match(name="Product Added"), Match(name="Cart Viewed"), Match(name="Checkout Started")]
_PRAISE: Final = [
    Match(name="Product Shared"),
    Match(name="Cart Shared"),
    Match(name="Product Reviewed"),
    Match(name="Invite Sent"),
]
_SUPPORT: Final = [Match(name="Live Chat Conversation Started"), Match(name="Ticket Created")]
_MAIL: Final = [Match(name="Email Opened"), Match(name="Email Link Clicked")]


def _did(matches: list[Match], times: int = 1, within: str | None = None) -> Rule:
    return Rule(did=Did(any=matches, at_least=times, within=within))


def _did_not(matches: list[Match], within: str | None = None) -> Rule:
    return Rule(did=Did(any=matches, at_most=0, within=within))


def _rules(currency: str) -> list[tuple[str, str, str, Rule]]:
    spent = Rule(sum=Total(any=_ORDER, property="revenue", currency=currency, at_least=500, within="365 days"))
    return [
        (
            "new-customers",
            "New customers",
            "Ordered for the first time in the last 30 days.",
            Rule(time=Moment(which="first", any=_ORDER, within="30 days")),
        ),
        (
            "big-spenders",
            "Big spenders",
            f"Spent at least 500 {currency} in the last 365 days. Set the amount to about that of your best tenth.",
            spent,
        ),
        (
            "loyal",
            "Loyal customers",
            "Ordered at least four times in a year, and lately.",
            Rule(all=[_did(_ORDER, 4, "365 days"), _did(_ORDER, 1, "90 days")]),
        ),
        (
            "ambassadors",
            "Ambassadors",
            "Customers who share, review or invite others.",
            Rule(all=[_did(_PRAISE, 1, "180 days"), _did(_ORDER)]),
        ),
        (
            "at-risk",
            "At risk",
            "Ordered at least twice in 90 days, but not in the last 30.",
            Rule(all=[_did(_ORDER, 2, "90 days"), _did_not(_ORDER, "30 days")]),
        ),
        (
            "lapsing",
            "Lapsing",
            "Had ordered, not for 90 days; still drops in.",
            Rule(
                all=[
                    Rule(time=Moment(which="last", any=_ORDER, longer_ago="90 days")),
                    _did([*_VISIT, *_CART, *_MAIL], 1, "90 days"),
                ]
            ),
        ),
        (
            "lost",
            "Lost",
            "The last order lies more than a year back.",
            Rule(time=Moment(which="last", any=_ORDER, longer_ago="365 days")),
        ),
        (
            "cart-abandoners",
            "Cart abandoners",
            "Filled a cart in the last 7 days, an hour ago or more, and have not ordered since.",
            Rule(without=Without(any=_CART, without=_ORDER, after="1 hour", within="7 days")),
        ),
        (
            "window-shoppers",
            "Window shoppers",
            "Looked at five products or more in 14 days and never ordered.",
            Rule(all=[_did([Match(name="Product Viewed")], 5, "14 days"), _did_not(_ORDER)]),
        ),
        (
            "discount-seekers",
            "Discount seekers",
            "Used a coupon twice or more in a year.",
            _did([Match(name="Coupon Applied")], 2, "365 days"),
        ),
        (
            "in-need-of-help",
            "In need of help",
            "Asked for help twice or more in the last 14 days.",
            _did(_SUPPORT, 2, "14 days"),
        ),
        (
            "reachable-by-mail",
            "Reachable by mail",
            "Consented to marketing and left an address.",
            Rule(
                all=[
                    Rule(consent=Consent(purpose="marketing", state="granted")),
                    Rule(trait=Condition(property="email", op="exists")),
                ]
            ),
        ),
    ]


def templates(currency: str) -> list[Template]:
    """All of them, with amounts in this currency."""
    return [
        Template(key, name, description, Audience(name=name, description=description, rule=rule))
        for key, name, description, rule in _rules(currency)
    ]
