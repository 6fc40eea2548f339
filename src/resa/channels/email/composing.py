"""A template and values become a mail: Liquid, then the brand's layout, then MJML, then what may not be in it is taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import mrml

from resa import brand as brands
from resa.brand import Brand
from resa.channels.email import filling, html, layout
from resa.channels.email.definition import TemplateVersion
from resa.kernel.errors import Refused

MOST_HTML: Final = 102_000
"""Bytes at which Gmail cuts a message off and hides the rest behind a link."""
MOST_SUBJECT: Final = 400
LOGO_WIDTH: Final = 180

_OPTIONS: Final = mrml.ParserOptions(include_loader=mrml.noop_loader())
_RENDER: Final = mrml.RenderOptions(disable_comments=True, fonts={})


class Composed(NamedTuple):
    """A mail as it is sent: its subject, HTML and plain text."""

    subject: str
    html: str
    text: str

    @property
    def size(self) -> int:
        """Bytes of the HTML."""
        return len(self.html.encode())

    @property
    def problems(self) -> list[str]:
        """What a mail program would do worse with: `too_large`, `no_subject`, `no_text`."""
        found = {
            "too_large": self.size > MOST_HTML,
            "no_subject": not self.subject.strip(),
            "no_text": not self.text.strip(),
        }
        return [name for name, bad in found.items() if bad]


class Surroundings(NamedTuple):
    """What a mail has around its words: the brand under its key, the server's public address, what to do about links."""

    brand: Brand
    brand_key: str
    address: str
    unsubscribe: str | None = None
    lead: html.Lead = lambda url: url
    pixel: str | None = None


def compose(
    version: TemplateVersion, values: Mapping[str, Any], around: Surroundings, language: str | None = None
) -> Composed:
    """The mail, in a language other than the version's where its words come with the values. Raises Refused.

    Refused is what can't be filled or is no MJML.
    """
    spoken = language or version.language
    known = filling.plain(values) | {
        "brand": _brand(around),
        "language": spoken,
        "unsubscribe_url": around.unsubscribe,
        "words": layout.words(spoken),
    }
    subject = line(filling.fill("subject", version.subject, known, escaped=False))
    known |= {
        "subject": subject,
        "preheader": line(filling.fill("preheader", version.preheader, known, escaped=False)) or None,
    }
    body = filling.fill("body", version.body, known)
    if not version.body.lstrip().startswith("<mjml"):
        body = filling.fill("layout", layout.LAYOUT, known | {"content": filling.trusted(body)})
    finished = html.finish(_html(body), around.lead)
    if around.pixel is not None:
        finished = _before_end(finished, f'<img src="{around.pixel}" width="1" height="1" alt="">')
    return Composed(subject, finished, html.text_of(finished))


def line(text: str) -> str:
    """A text on one line, as a header has it: no break, no control, nothing that turns the direction of what follows."""
    kept = "".join(c if c.isprintable() or c == " " else " " for c in text)
    return " ".join(kept.split())[:MOST_SUBJECT]


def check(version: TemplateVersion, at: str) -> None:
    """Refuse a version that is no Liquid."""
    for field in ("subject", "preheader", "body"):
        filling.check(f"{at}.{field}", getattr(version, field))


def _html(body: str) -> str:
    try:
        return str(mrml.to_html(body, parser_options=_OPTIONS, render_options=_RENDER).content)
    except OSError as error:
        said = str(error).splitlines()[0][:200]
        raise Refused("body", body[:60], f"is no MJML: {said}", "Look for a tag that is not closed.") from None


def _brand(around: Surroundings) -> dict[str, Any]:
    """The brand as templates know it."""
    told = {name.replace("-", "_"): value for name, value in brands.properties(around.brand).items()}
    logo = brands.logo_path(around.brand, around.brand_key, mail=True)
    return {
        **told,
        "name": around.brand.name,
        "logo": f"{around.address}{logo}" if logo else None,  # to Liquid an empty text is true
        "logo_width": LOGO_WIDTH,
        "website": around.brand.website or None,
        "address": around.brand.address or None,
        "promise": around.brand.promise or None,
    }


def _before_end(text: str, what: str) -> str:
    head, end, tail = text.rpartition("</body>")
    return f"{head}{what}{end}{tail}" if end else text + what
