"""A brand as CSS: custom properties `--brand-*` for pages, widgets and whatever else is drawn with them."""

from __future__ import annotations

from resa.brand import colours
from resa.brand.definition import Brand


def properties(brand: Brand) -> dict[str, str]:
    """The custom properties by name, without `--brand-`. Every pair that is meant for text has a contrast of 4.5 or more."""
    told = brand.colours
    return {
        "primary": told.primary,
        "on-primary": on_primary(brand),
        "text": told.text,
        "background": told.background,
        "surface": told.surface,
        "accent": told.accent,
        "link": colours.nearest(told.primary, told.background, colours.TEXT),
        "muted": colours.nearest(
            colours.mix(told.text, told.background, 0.35), colours.harder(told.background, told.surface), colours.TEXT
        ),
        "line": colours.mix(told.text, told.background, 0.8),
        "font-heading": brand.fonts.heading,
        "font-body": brand.fonts.body,
    }


def css(brand: Brand, selector: str = ":root") -> str:
    """A rule that sets them: `:root{--brand-primary:#14665a;...}`. `selector` is ours, never an author's."""
    return f"{selector}{{{''.join(f'--brand-{name}:{value};' for name, value in properties(brand).items())}}}"


def on_primary(brand: Brand) -> str:
    """What stands on buttons."""
    return brand.colours.on_primary or colours.readable_on(brand.colours.primary)
