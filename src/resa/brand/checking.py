"""What of a brand is right: colours that can be read, fonts that are names, pictures that are pictures."""

from __future__ import annotations

import re
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from resa.brand import colours, logos
from resa.brand.definition import Brand
from resa.kernel.definitions import Kind, printable
from resa.kernel.errors import Refused

_FONTS: Final = re.compile(r"[\w '\"-]+(?:,[\w '\"-]+)*")


def check(brand: Brand) -> None:
    """Refuse what the types can't."""
    printable(brand)
    _colours(brand)
    for field, stack in (("heading", brand.fonts.heading), ("body", brand.fonts.body)):
        if _FONTS.fullmatch(stack) is None or stack.count("'") % 2 or stack.count('"') % 2:
            remedy = "Write something like: Georgia, 'Times New Roman', serif"
            raise Refused(f"fonts.{field}", stack, "is no list of font families.", remedy)
    logos.read("logo", brand.logo, ("svg", "png"))
    logos.read("logo_mail", brand.logo_mail, ("png",))
    _website(brand.website)
    if brand.review is not None:
        _date(brand.review)


def _colours(brand: Brand) -> None:
    told = brand.colours
    for name in told.__struct_fields__:
        value = getattr(told, name)
        if value is not None and not colours.is_colour(value):
            raise Refused(f"colours.{name}", value, "is no colour.", "Write it as #rrggbb, such as #14665a.")
    both = told.background
    if colours.readable_on(told.background) == colours.readable_on(told.surface):
        both = colours.harder(told.background, told.surface)
    _seen("text", told.text, both, colours.TEXT, "what it stands on")
    _seen("text", told.text, told.background, colours.TEXT, "the background")
    _seen("surface", told.surface, told.text, colours.TEXT, "text")
    _seen("primary", told.primary, told.background, colours.SHAPE, "the background")
    _seen("accent", told.accent, told.background, colours.SHAPE, "the background")
    if told.on_primary is not None:
        _seen("on_primary", told.on_primary, told.primary, colours.TEXT, "buttons")


def _seen(name: str, colour: str, ground: str, ratio: float, named: str) -> None:
    """Refuse a colour that can't be seen on another, and name the nearest that can."""
    found = colours.contrast(colour, ground)
    if found < ratio:
        better = colours.nearest(colour, ground, ratio)
        rule = f"has a contrast of {found:.1f} to 1 on {named}; {ratio:g} to 1 is needed to see it well (WCAG 2.2)."
        raise Refused(f"colours.{name}", colour, rule, f"The nearest that has it is {better}.", code="contrast")


def _website(text: str) -> None:
    if not text:
        return
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s<>\"']", text):
        raise Refused("website", text, "is no address of a website.", "Write it as https://shop.example")


def _date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Refused("review", text, "is no date.", "Write it as 2027-01-31.") from None


KIND: Final = Kind("brand", Brand, check)
