"""The signals there are: their keys and numbers, and what each is called and means in the console."""

from __future__ import annotations

from typing import Final, NamedTuple


class Signal(NamedTuple):
    """A kind of friction. `place` says what is named where it happened."""

    key: str
    name: str
    meaning: str
    place: str


SIGNALS: Final = (
    Signal("rage-click", "Rage clicks", "Several clicks on the same element within moments.", "element"),
    Signal("dead-click", "Dead clicks", "A click after which nothing happened.", "element"),
    Signal("form-abandoned", "Forms abandoned", "A form was begun and not sent.", "form"),
    Signal("cart-abandoned", "Carts abandoned", "A product was put in the cart and no order followed.", "product"),
    Signal("loop", "Loops", "The same two pages in turn: A, B, A, B.", "pages"),
    Signal("pogo-stick", "Pogo-sticking", "From one page to others and straight back: A, B, A, C, A.", "page"),
    Signal("repeated-error", "Repeated errors", "An error more than once in a short time.", "error"),
    Signal("slow-page", "Slow pages", "A page that took longer than the threshold.", "page"),
    Signal("empty-search", "Searches without result", "A search that found nothing.", "term"),
    Signal("repeat-contact", "Repeat contacts", "The same customer had to contact support again.", "topic"),
    Signal("handover-repeat", "Steps repeated elsewhere", "The same step again on another channel.", "touchpoint"),
    Signal(
        "handover-lost",
        "Lost at the hand-over",
        "Handed over to somebody else, and never heard of again.",
        "touchpoint",
    ),
)

KEYS: Final = tuple(signal.key for signal in SIGNALS)
