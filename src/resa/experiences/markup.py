"""HTML that people write, by an allow-list: what is not known to be harmless is not there. And which addresses may be led to.

`nh3` (ammonia) parses as browsers do; our part is the list.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

import nh3

_TAGS: Final = frozenset(
    "a abbr b blockquote br code del dd div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins li mark ol p picture "
    "pre q s section small source span strong sub sup table tbody td th thead tr u ul".split()
)
_ATTRIBUTES: Final = {
    "*": {"class", "title", "lang", "dir", "role", "aria-label", "aria-hidden"},
    "a": {"href", "target"},
    "img": {"src", "srcset", "alt", "width", "height", "loading"},
    "source": {"srcset", "media", "type"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_SHOWN: Final = frozenset({"http", "https"})

_BLANKS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\ufeff]")
"""What browsers drop from an address before they look at its scheme, or readers don't see."""


def clean(html: str) -> str:
    """`html` without anything that runs, loads from odd places, styles beyond its own block or takes input."""
    return _CLEANER.clean(html)


def safe_link(url: str) -> bool:
    """Whether a button or link may lead there: a path or fragment of the site itself, or one of the known schemes."""
    return _scheme(url) in (None, *SCHEMES)


def safe_image(url: str) -> bool:
    """Whether a picture may come from there."""
    return _scheme(url) in (None, *_SHOWN)


def own_path(url: str) -> bool:
    """Whether an address is a path of the same site: where a redirect may lead."""
    return url.startswith("/") and not url.startswith(("//", "/\\")) and not _BLANKS.search(url) and "\\" not in url


def _scheme(url: str) -> str | None:
    """The scheme of an address as a browser reads it; `?` for what is none."""
    if _BLANKS.search(url.strip(" ")) and _BLANKS.search(url.partition(":")[0].strip(" ")):
        return "?"
    try:
        scheme = urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return "?"
    if scheme:
        return scheme
    before = re.split(r"[/?#]", url.strip(), maxsplit=1)[0]
    return "?" if ":" in before or "&" in before else None


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "target":
        return "_blank" if value == "_blank" else None
    if name == "srcset":
        sources = [part.split() for part in value.split(",") if part.strip()]
        return value if all(safe_image(source[0]) for source in sources) else None
    if name == "src":
        return value if safe_image(value) else None
    del tag
    return value


def strings(value: Any) -> Any:
    """JSON data as it may be handed out: objects, lists, texts, numbers; no key that changes what an object is."""
    if isinstance(value, dict):
        return {name: strings(inner) for name, inner in value.items() if name != "__proto__"}
    return [strings(inner) for inner in value] if isinstance(value, list) else value


_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_attribute,
    clean_content_tags={"script", "style", "title", "textarea", "noscript", "template", "iframe", "object", "embed"},
    url_schemes=set(SCHEMES),
    link_rel="noopener noreferrer",
    strip_comments=True,
)
