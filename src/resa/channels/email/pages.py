"""The pages a mail leads to without a log-in: leaving a list, and where a link of a mail goes. No script, no cookie."""

from __future__ import annotations

import html
from typing import Final

from resa import brand as brands
from resa.brand import Brand

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "leave": "Unsubscribe?",
        "leave.words": "Press the button, and {brand} writes to {address} about such things no more.",
        "leave.button": "Unsubscribe",
        "left": "You are unsubscribed.",
        "left.words": "{brand} writes to {address} about such things no more. Pressed by mistake?",
        "left.button": "Subscribe again",
        "back": "You are subscribed again.",
        "back.words": "{brand} may write to {address} again.",
        "gone": "This link has expired.",
        "gone.words": "It belonged to a mail that is no longer kept. Please write to whoever sent it.",
    },
    "sv": {
        "leave": "Avsluta prenumerationen?",
        "leave.words": "Tryck på knappen, så skriver {brand} inte längre till {address} om sådant.",
        "leave.button": "Avsluta",
        "left": "Prenumerationen är avslutad.",
        "left.words": "{brand} skriver inte längre till {address} om sådant. Tryckte du av misstag?",
        "left.button": "Prenumerera igen",
        "back": "Du prenumererar igen.",
        "back.words": "{brand} får skriva till {address} igen.",
        "gone": "Länken gäller inte längre.",
        "gone.words": "Den hörde till ett mejl som inte finns kvar. Skriv gärna till avsändaren.",
    },
}


def language(accepted: str | None) -> str:
    """The language of a page, from what a browser accepts."""
    for part in (accepted or "").split(","):
        tag = part.split(";")[0].strip()[:2].lower()
        if tag in _TEXTS:
            return tag
    return "en"


def page(what: str, tongue: str, brand: Brand, *, address: str = "", action: str | None = None) -> str:
    """One of the pages: `leave`, `left`, `back`, `gone`; with a button that posts to `action`."""
    say = _TEXTS[tongue]
    title = html.escape(say[what])
    words = html.escape(say[f"{what}.words"].format(brand=brand.name, address=address))
    again = '<input type="hidden" name="again" value="1">' if what == "left" else ""
    button = (
        f'<form method="post" action="{html.escape(action, quote=True)}">{again}<button>{html.escape(say[f"{what}.button"])}</button></form>'
        if action is not None and f"{what}.button" in say
        else ""
    )
    return (
        f'<!doctype html><html lang="{tongue}"><head><meta charset="utf-8"><title>{title} · {html.escape(brand.name)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{brands.css(brand)}{_STYLE}</style></head><body><main>"
        f'<p class="who">{html.escape(brand.name)}</p><h1>{title}</h1><p>{words}</p>{button}</main></body></html>'
    )


_STYLE: Final = (
    "body{margin:0;background:var(--brand-surface);color:var(--brand-text);font:16px/1.5 var(--brand-font-body)}"
    "main{max-width:32rem;margin:10vh auto;padding:2rem;background:var(--brand-background);border-radius:12px;overflow-wrap:anywhere}"
    "h1{font:700 1.5rem/1.25 var(--brand-font-heading);margin:0 0 .5rem}.who{color:var(--brand-muted);margin:0 0 1.5rem}"
    "button{font:600 1rem var(--brand-font-body);min-height:44px;padding:.5rem 1.5rem;border:0;border-radius:8px;"
    "background:var(--brand-primary);color:var(--brand-on-primary);cursor:pointer}"
    "button:focus-visible{outline:3px solid var(--brand-text);outline-offset:2px}"
)
