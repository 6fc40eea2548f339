"""Which events mean money, and how an amount is read: text that fits DECIMAL(18, 4), a currency of three letters.

The property `revenue` counts on any event that is not a mere step on the way to an order. An Order Completed
without it counts its `total`, else its `value`. An Order Refunded takes its amount off, so that sums are net.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from resa.collect.wire import Id
from resa.kernel.errors import Refused

Amount = str | int | float | None

IN: Final = 1
OUT: Final = -1
NOTHING: Final = 0

MEANING: Final = {
    "Order Completed": IN,
    "Completed Order": IN,
    "Order Refunded": OUT,
    "Checkout Started": NOTHING,
    "Checkout Step Viewed": NOTHING,
    "Checkout Step Completed": NOTHING,
    "Payment Info Entered": NOTHING,
    "Order Updated": NOTHING,
    "Order Cancelled": NOTHING,
    "Cart Viewed": NOTHING,
    "Product Viewed": NOTHING,
    "Product Clicked": NOTHING,
    "Product Added": NOTHING,
    "Product Removed": NOTHING,
    "Product Added to Wishlist": NOTHING,
    "Product Removed from Wishlist": NOTHING,
    "Wishlist Product Added to Cart": NOTHING,
    "Coupon Entered": NOTHING,
    "Coupon Applied": NOTHING,
}

_LARGEST: Final = Decimal(10) ** 14 - 1
_AMOUNT: Final = msgspec.json.Decoder(Amount)


class Order(msgspec.Struct, gc=False):
    """The properties of a track event that have columns of their own."""

    revenue: Amount = None
    total: msgspec.Raw = msgspec.Raw()  # these two mean money only with an order: on other events they are the
    value: msgspec.Raw = msgspec.Raw()  # sender's own and may be anything
    currency: str | None = None
    order_id: Id = None
    orderId: Id = None  # noqa: N815  # as some shops write it


def revenue(name: str, order: Order) -> str | None:
    """What the event adds to (or takes off) the revenue, as decimal text; None where it is not about money."""
    meaning = MEANING.get(name)
    if meaning is None:
        return None if order.revenue is None else amount(order.revenue, "properties.revenue")
    if meaning == NOTHING:
        return None
    found = amount(order.revenue, "properties.revenue")
    for field, raw in (("total", order.total), ("value", order.value)):
        if found is None and (written := bytes(raw)):
            found = amount(_amount(written, f"properties.{field}"), f"properties.{field}")
    return found if found is None or meaning == IN else _off(found)


def amount(value: Amount, field: str) -> str | None:
    """`value` as decimal text with at most 4 places; refuses what is no amount or too large to keep."""
    if value is None or value == "":
        return None
    if isinstance(value, int) and -(10**14) < value < 10**14:
        return str(value)
    try:
        exact = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        raise _bad(ascii(value), field) from None
    if not exact.is_finite() or abs(exact) >= _LARGEST:
        raise _bad(str(value), field)
    return f"{exact:.4f}"


def _bad(value: str, field: str) -> Refused:
    return Refused(
        field, value, "is no amount that fits DECIMAL(18, 4).", "Send a number such as 19.99.", code="bad_amount"
    )


def _amount(written: bytes, field: str) -> Amount:
    try:
        value: Amount = _AMOUNT.decode(written)
    except msgspec.DecodeError:
        raise _bad(written.decode(errors="replace"), field) from None
    return value


def currency(value: str) -> str:
    """A currency code in capitals."""
    code = value.strip().upper()
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code
    raise Refused(
        "properties.currency",
        value,
        "is no currency code.",
        "Send three letters of ISO 4217 such as EUR.",
        code="bad_currency",
    )


def _off(text: str) -> str:
    return text if text.startswith("-") else f"-{text}"
