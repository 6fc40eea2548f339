"""The finished HTML of a mail: what may not be in it is taken out, its links are led and counted, its plain text is read off it."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

LINKS: Final = frozenset({"http", "https", "mailto", "tel"})
PICTURES: Final = frozenset({"http", "https"})

_URLS: Final = {"href": LINKS, "src": PICTURES, "background": PICTURES, "action": frozenset(), "srcset": frozenset()}
_GONE: Final = frozenset(
    "script iframe object embed form input button textarea select base applet frame frameset svg math audio video source "
    "template noscript".split()
)
_RAW: Final = frozenset({"script", "style", "title"})
_VOID: Final = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLANKS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")
_STYLE: Final = re.compile(
    r"expression\s*\(|javascript:|@import|behaviou?r\s*:|-moz-binding|url\s*\(\s*['\"]?\s*(?!https?:)", re.I
)

Lead = Callable[[str], str]
"""The address that a link leads to, from the one its author wrote."""


def scheme(url: str) -> str:
    """The scheme of an address as a browser reads it: blanks within do not hide it. `` for a relative one."""
    text = _BLANKS.sub("", entities.unescape(url))
    try:
        found = urlsplit(text).scheme.lower()
    except ValueError:
        return "?"
    if found:
        return found
    return "?" if ":" in re.split(r"[/?#]", text, maxsplit=1)[0] else ""


def finish(html: str, lead: Lead = lambda url: url) -> str:
    """The mail without scripts, forms, handlers of events or links that do more than lead somewhere."""
    writer = _Writer(lead)
    writer.feed(html)
    writer.close()
    return "".join(writer.parts)


class _Writer(HTMLParser):
    """Writes what it reads, as it stands, but for what must change."""

    def __init__(self, lead: Lead) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._lead = lead
        self._within: str | None = None  # what is left out with all it holds
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._within is not None:
            self._depth += tag == self._within and tag not in _VOID
            return
        if tag in _GONE:
            if tag not in _VOID:
                self._within, self._depth = tag, 1
            return
        if (
            tag == "meta" and any(name == "http-equiv" and (value or "").lower() == "refresh" for name, value in attrs)
        ) or (tag == "link"):
            return
        kept = [(name, self._value(tag, name, value)) for name, value in attrs]
        changed = [(name, value) for name, value in kept if value is not None or (name, None) in attrs]
        if changed == attrs:
            self.parts.append(self.get_starttag_text() or "")
            return
        said = "".join(f' {name}="{entities.escape(value or "", quote=True)}"' for name, value in changed)
        self.parts.append(f"<{tag}{said}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and self._within is None and tag not in _GONE:
            self.parts.append(f"</{tag}>")
        elif self._within == tag:
            self._left(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within is not None:
            self._left(tag)
        elif tag not in _GONE and tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def _left(self, tag: str) -> None:
        if tag == self._within:
            self._depth -= 1
            if self._depth <= 0:
                self._within = None

    def _value(self, tag: str, name: str, value: str | None) -> str | None:
        """The value an attribute keeps; None for none."""
        if name.startswith("on") or name in ("formaction", "xlink:href", "ping", "srcdoc"):
            return None
        if value is None:
            return None
        if name in _URLS:
            if scheme(value) not in _URLS[name]:
                return None
            return self._lead(value.strip()) if tag == "a" and name == "href" else value
        if name == "style" and _STYLE.search(entities.unescape(value)):
            return None
        return value

    def _put(self, text: str) -> None:
        if self._within is None:
            self.parts.append(text)

    def handle_data(self, data: str) -> None:
        self._put(data)

    def handle_entityref(self, name: str) -> None:
        self._put(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._put(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """Outlook reads what stands in conditional comments: they stay, unless something that runs is in them."""
        if not re.search(r"<\s*(?:script|iframe|object|embed|form)|javascript:|\son\w+\s*=", data, re.I):
            self._put(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._put(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:
        self._put(f"<![{data}]>")


# -- plain text ----------------------------------------------------------------------------------------------------

_BLOCKS: Final = frozenset("p div table tr h1 h2 h3 h4 h5 h6 ul ol blockquote section header footer".split())
_SKIPPED: Final = frozenset({"head", "style", "script", "title"})


def text_of(html: str) -> str:
    """The mail as plain text: paragraphs, lists, and every link with its address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [re.sub(r"[ \t\u00a0\u200c\u034f]+", " ", line).strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    """Reads off what a person sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping = 0
        self._hidden: list[str] = []
        self._link: tuple[str, int] | None = None
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in _SKIPPED:
            self._skipping += 1
        elif self._hidden or re.search(r"display\s*:\s*none", said.get("style") or ""):
            if tag not in _VOID:
                self._hidden.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "tr":
            self._cells = 0
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append("  " if self._cells else "")
            self._cells += 1
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag[0] in "ph" else "\n")
        elif tag == "img" and said.get("alt"):
            self._say(said["alt"] or "")
        elif tag == "a" and said.get("href"):
            self._link = (said["href"] or "", len(self.parts))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
        elif tag == "a" and self._link is not None:
            self._end_link()
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def _end_link(self) -> None:
        assert self._link is not None
        (address, begun), self._link = self._link, None
        words = "".join(self.parts[begun:]).strip()
        if words.removeprefix("mailto:") != address.removeprefix("mailto:"):
            self.parts.append(f" <{address}>" if words else f"<{address}>")

    def handle_data(self, data: str) -> None:
        if not self._skipping and not self._hidden:
            self._say(re.sub(r"\s+", " ", data))

    def _say(self, text: str) -> None:
        self.parts.append(text)
