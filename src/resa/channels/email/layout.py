"""What holds a mail together: the brand's layout in MJML, and rows of buttons that need no CSS to be pressed."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

LAYOUT: Final = """<mjml lang="{{ language }}">
  <mj-head>
    <mj-title>{{ subject }}</mj-title>
    {% if preheader %}<mj-preview>{{ preheader }}</mj-preview>{% endif %}
    <mj-attributes>
      <mj-all font-family="{{ brand.font_body }}" />
      <mj-text font-size="16px" line-height="1.5" color="{{ brand.text }}" />
      <mj-button background-color="{{ brand.primary }}" color="{{ brand.on_primary }}" font-size="16px" border-radius="6px"
        inner-padding="13px 26px" />
      <mj-divider border-width="1px" border-color="{{ brand.line }}" />
    </mj-attributes>
    <mj-style>a { color: {{ brand.link }}; }</mj-style>
  </mj-head>
  <mj-body background-color="{{ brand.surface }}" width="600px">
    <mj-section padding="24px 0 0">
      <mj-column>
        {% if brand.logo %}<mj-image src="{{ brand.logo }}" alt="{{ brand.name }}" width="{{ brand.logo_width }}px" align="left"
          {% if brand.website %}href="{{ brand.website }}"{% endif %} />
        {% else %}<mj-text font-size="20px" font-weight="700" font-family="{{ brand.font_heading }}">{{ brand.name }}</mj-text>{% endif %}
      </mj-column>
    </mj-section>
    <mj-wrapper background-color="{{ brand.background }}" padding="8px 0" border-radius="8px">
      {{ content }}
    </mj-wrapper>
    <mj-section padding="8px 0 24px">
      <mj-column>
        <mj-text font-size="13px" color="{{ brand.muted }}">
          {{ brand.name }}{% if brand.address %} · {{ brand.address }}{% endif %}
          {% if unsubscribe_url %}<br /><a href="{{ unsubscribe_url }}" style="color:{{ brand.muted }}">{{ words.unsubscribe }}</a>{% endif %}
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {"unsubscribe": "Unsubscribe"},
    "sv": {"unsubscribe": "Avsluta prenumerationen"},
    "de": {"unsubscribe": "Abmelden"},
    "hu": {"unsubscribe": "Leiratkozás"},
}
"""What every mail says, by language; English where it is not there."""

MOST_IN_ROW: Final = 6
"""Cells in a row: on a screen of 320 pixels each is still 44 wide, as a thumb needs."""


def words(language: str) -> dict[str, str]:
    """The fixed words of a language."""
    return WORDS.get(language.partition("-")[0].lower(), WORDS["en"])


def buttons(links: Sequence[tuple[str, str]], *, primary: str, on_primary: str, named: str = "") -> str:
    """A table of (label, address) as MJML: cells of 44 pixels or more, each one link, in rows of at most `MOST_IN_ROW`.

    Colour and size are attributes of the table too, so that it is a table of buttons where no style is heeded. `named` is
    what a screen reader says before each label.
    """
    rows = _rows(links)
    width = max(map(len, rows), default=1)
    text = "".join(
        "<tr>" + "".join(_cell(label, url, width, primary, on_primary, named) for label, url in row) + "</tr>"
        for row in rows
    )
    table = (
        '<table role="presentation" width="100%" border="0" cellspacing="6" cellpadding="0" '
        f'style="border-collapse:separate;table-layout:fixed;">{text}</table>'
    )
    return f'<mj-text padding="4px 19px">{table}</mj-text>'


def _rows(links: Sequence[tuple[str, str]]) -> list[Sequence[tuple[str, str]]]:
    """As even as they can be: eleven are six and five."""
    count = -(-len(links) // MOST_IN_ROW) or 1
    size = -(-len(links) // count) or 1
    return [links[at : at + size] for at in range(0, len(links), size)]


def _cell(label: str, url: str, width: int, ground: str, ink: str, named: str) -> str:
    shown, address = html.escape(label), html.escape(url, quote=True)
    said = html.escape(f"{named} {label}".strip(), quote=True)
    return (
        f'<td align="center" valign="middle" width="{100 // width}%" height="48" bgcolor="{ground}" '
        f'style="border-radius:6px;background:{ground};height:48px;padding:0;">'
        f'<a href="{address}" aria-label="{said}" title="{said}" target="_blank" style="display:block;min-width:44px;'
        f'line-height:48px;color:{ink};font-size:18px;font-weight:bold;text-decoration:none;">'
        f'<font color="{ink}">{shown}</font></a></td>'
    )
