"""Changes of pages that a marketer may write: text, style, classes, and HTML without script. What runs is refused."""

from __future__ import annotations

import re
from collections.abc import Set
from html.parser import HTMLParser
from typing import Final

from resa.experiments.definition import Mutation, OnPages
from resa.kernel import expressions
from resa.kernel.errors import Refused

_TAGS: Final = frozenset(
    "a b blockquote br button div em figcaption figure h1 h2 h3 h4 h5 h6 hr i img li ol p section small span strong sub sup "
    "table tbody td th thead tr u ul".split()
)
_ATTRIBUTES: Final = frozenset(
    "alt aria-hidden aria-label class colspan height href id rel role rowspan src target title width".split()
)
_LINKS: Final = frozenset({"href", "src", "action", "formaction", "poster", "data", "xlink:href", "srcset"})
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SAFE_SCHEMES: Final = ("http:", "https:", "mailto:", "tel:")
_ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)
_CSS: Final = re.compile(r"expression\s*\(|javascript:|@import|behavior\s*:|-moz-binding|</", re.IGNORECASE)


def check(pages: OnPages, arms: Set[str]) -> None:
    """Refuse changes of variations there are not, redirects to other hosts, and whatever could run."""
    for place, pattern in enumerate(pages.patterns):
        if pattern.type == "regex":
            expressions.check(f"pages.patterns[{place}].pattern", pattern.pattern)
    for key, change in pages.changes.items():
        at = f"pages.changes.{key}"
        if key not in arms:
            raise Refused(at, key, "there is no such variation.", f"Use one of {', '.join(sorted(arms))}.")
        if change.redirect is not None and not own_page(change.redirect):
            raise Refused(
                f"{at}.redirect", change.redirect, "a redirect stays on its site.", "Write a path, such as /new-home."
            )
        if _CSS.search(change.css):
            raise Refused(f"{at}.css", change.css, "style loads and runs nothing.", "Leave that part out.")
        for place, mutation in enumerate(change.mutations):
            _mutation(f"{at}.mutations[{place}]", mutation)


def own_page(target: str) -> bool:
    """Whether a redirect's target is a path of the site itself."""
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()


def _mutation(field: str, mutation: Mutation) -> None:
    name, value = mutation.attribute.lower(), mutation.value or ""
    if not _ATTRIBUTE.fullmatch(name) or name.startswith("on") or name == "srcdoc":
        raise Refused(f"{field}.attribute", mutation.attribute, "is an attribute that runs.", "Change another one.")
    if name == "html":
        reader = _Reader(f"{field}.value")
        reader.feed(value)
        reader.close()
    elif name in _LINKS and not _harmless_link(value):
        raise Refused(f"{field}.value", value, "is no address of a page.", "Write a path or an https address.")
    elif name == "style" and _CSS.search(value):
        raise Refused(f"{field}.value", value, "style loads and runs nothing.", "Leave that part out.")


def _harmless_link(value: str) -> bool:
    plain = "".join(value.split())
    scheme = _SCHEME.match(plain)
    return plain.isprintable() and (scheme is None or scheme.group().lower() in _SAFE_SCHEMES)


class _Reader(HTMLParser):
    """Reads HTML and refuses the first thing that is not in the safe subset."""

    def __init__(self, field: str) -> None:
        """`field` is named in what is refused."""
        super().__init__(convert_charrefs=True)
        self._field = field

    def _refuse(self, what: str) -> None:
        raise Refused(
            self._field, what, "is not in the safe part of HTML.", "Use text, links, pictures and lists only."
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element with its attributes."""
        if tag not in _TAGS:
            self._refuse(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES or (name in _LINKS and not _harmless_link(value or "")):
                self._refuse(f"{name} of <{tag}>")

    def handle_comment(self, data: str) -> None:
        """A comment: browsers and parsers disagree on where one ends."""
        self._refuse(f"<!--{data[:40]}")

    def handle_decl(self, decl: str) -> None:
        """A declaration."""
        self._refuse(f"<!{decl[:40]}")

    def unknown_decl(self, data: str) -> None:
        """A declaration nobody knows."""
        self._refuse(f"<![{data[:40]}")

    def handle_pi(self, data: str) -> None:
        """A processing instruction."""
        self._refuse(f"<?{data[:40]}")
