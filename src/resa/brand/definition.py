"""What a brand is: the kind `brand` (docs/brand.md). The one with the key `default` is used where nothing else is named."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

KEY: Final = "default"
MOST_LOGO: Final = 100_000
"""Bytes of a picture: every mail and page that shows it loads it."""
_MOST_DATA: Final = MOST_LOGO * 4 // 3 + 100

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Colour = Annotated[str, msgspec.Meta(max_length=7)]
Data = Annotated[str, msgspec.Meta(max_length=_MOST_DATA)]


class _Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Part of a brand."""


class Colours(_Part, frozen=True, kw_only=True):
    """Colours as #rrggbb. `on_primary` is what stands on buttons (null: black or white, whichever reads better)."""

    primary: Colour = "#14665a"
    on_primary: Colour | None = None
    text: Colour = "#1c2120"
    background: Colour = "#ffffff"
    surface: Colour = "#f4f4f1"
    accent: Colour = "#a83e05"


class Fonts(_Part, frozen=True, kw_only=True):
    """Families as CSS has them, the wished one first. Nothing is loaded from elsewhere: who lacks it sees the next."""

    heading: Words = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
    body: Words = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


class Brand(_Part, frozen=True, kw_only=True):
    """How the business looks and speaks wherever customers meet it.

    `logo` is a data URL of an SVG or PNG; `logo_mail` a PNG for mails, whose programs show no SVG. `address` is the postal
    one, which the foot of every mail must carry. `review` (YYYY-MM-DD) is when somebody looks whether all of it still holds.
    """

    name: Name
    description: Words = ""
    logo: Data | None = None
    logo_mail: Data | None = None
    colours: Colours = Colours()
    fonts: Fonts = Fonts()
    tone: Text = ""
    promise: Words = ""
    website: Words = ""
    address: Words = ""
    review: Annotated[str, msgspec.Meta(max_length=10)] | None = None
