"""Pictures that people upload, taken apart and put together again by an allow-list: what is not known to be harmless is not there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
import xml.etree.ElementTree as ET  # no document type is let in, so no entity can grow
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from resa.brand.definition import MOST_LOGO
from resa.kernel.errors import Refused

MOST_PIXELS: Final = 2_000
"""Of each side."""
MOST_ELEMENTS: Final = 2_000

_DATA: Final = re.compile(r"data:image/(svg\+xml|png)(?:;charset=[\w-]+)?;base64,([A-Za-z0-9+/=\s]+)")
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS: Final = frozenset(
    "svg g path rect circle ellipse line polyline polygon text tspan defs linearGradient radialGradient stop clipPath mask "
    "title desc use symbol".split()
)
_ATTRIBUTES: Final = frozenset(
    "id class viewBox width height preserveAspectRatio version x y x1 y1 x2 y2 cx cy r rx ry fx fy d points dx dy rotate "
    "transform fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-dasharray stroke-dashoffset opacity clip-path clip-rule mask color display visibility offset stop-color "
    "stop-opacity gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits font-family font-size "
    "font-weight font-style text-anchor letter-spacing dominant-baseline role aria-label".split()
)
_LOCAL: Final = re.compile(r"#[\w.-]+")
_URL: Final = re.compile(r"url\s*\(", re.IGNORECASE)
_LOCAL_URL: Final = re.compile(r"\s*url\(\s*['\"]?#[\w.-]+['\"]?\s*\)[\s\w#.-]*")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"IDAT", b"IEND"})


class Picture(NamedTuple):
    """A picture as it is served."""

    media: str
    content: bytes
    tag: str
    """A digest of the content: part of its address."""

    @property
    def ending(self) -> str:
        """`svg` or `png`."""
        return "svg" if self.media == "image/svg+xml" else "png"


def digest(content: bytes) -> str:
    """What names a content in addresses and tags."""
    return hashlib.sha256(content).hexdigest()[:20]


def data_url(picture: Picture) -> str:
    """A picture as it is kept."""
    return f"data:{picture.media};base64,{base64.b64encode(picture.content).decode()}"


def read(field: str, data: str | None, kinds: Sequence[str]) -> Picture | None:
    """The picture of a data URL, cleaned; None where there is none. Raises Refused."""
    if data is None:
        return None
    found = _DATA.fullmatch(data)
    kind = None if found is None else "svg" if found[1] == "svg+xml" else "png"
    if found is None or kind not in kinds:
        named = " or ".join(kind.upper() for kind in kinds)
        raise Refused(field, data[:40], f"is no {named} as a data URL.", f"Upload a file that is {named}.")
    try:
        content = base64.b64decode(re.sub(r"\s", "", found[2]), validate=True)
    except binascii.Error:
        raise Refused(field, data[:40], "is damaged.", "Upload the file again.") from None
    if len(content) > MOST_LOGO:
        raise Refused(field, len(content), f"a picture has at most {MOST_LOGO} bytes.", "Make it smaller first.")
    try:
        return _cleaned(kind, content)
    except ValueError as reason:
        raise Refused(field, data[:40], f"{reason}", "Save it anew from a drawing program.") from None


@lru_cache(maxsize=64)
def _cleaned(kind: str, content: bytes) -> Picture:
    cleaned = _svg(content) if kind == "svg" else _png(content)
    media = "image/svg+xml" if kind == "svg" else "image/png"
    return Picture(media, cleaned, digest(cleaned))


# -- SVG -----------------------------------------------------------------------------------------------------------


def _svg(content: bytes) -> bytes:
    """Shapes, gradients, text: nothing that runs, loads or points elsewhere."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8.") from None
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        text = re.sub(r"<!DOCTYPE[^\[>]*>", "", text, count=1, flags=re.IGNORECASE)
        if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
            raise ValueError("has a document type with rules of its own, which a logo needs not.")
    try:
        root = ET.fromstring(text)  # noqa: S314  # see above
    except (ET.ParseError, ValueError, RecursionError):
        raise ValueError("is no SVG that can be read.") from None
    if root.tag not in (f"{{{_SVG}}}svg", "svg"):
        raise ValueError("is no SVG.")
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise ValueError(f"has more than {MOST_ELEMENTS} elements.")
    cleaned = _element(root)
    cleaned.set("xmlns", _SVG)
    written: bytes = ET.tostring(cleaned, encoding="utf-8")
    return written


def _element(old: ET.Element) -> ET.Element:
    new = ET.Element(_local(old.tag), dict(_attributes(old)))
    new.text, new.tail = old.text, old.tail
    for child in old:
        if isinstance(child.tag, str) and _local(child.tag) in _ELEMENTS:
            new.append(_element(child))
    return new


def _local(tag: str) -> str:
    return tag.removeprefix(f"{{{_SVG}}}")


def _attributes(element: ET.Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if name in ("href", _XLINK):
            if _LOCAL.fullmatch(value):
                yield "href", value
        elif name == "style":
            yield from _styles(value)
        elif name in _ATTRIBUTES and _harmless(value):
            yield name, value


def _styles(text: str) -> Iterator[tuple[str, str]]:
    """A style as attributes, so that its properties pass the same list."""
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        if colon and name.strip() in _ATTRIBUTES and _harmless(value):
            yield name.strip(), value.strip()


def _harmless(value: str) -> bool:
    return _LOCAL_URL.fullmatch(value) is not None if _URL.search(value) or "\\" in value else True


# -- PNG -----------------------------------------------------------------------------------------------------------


def _png(content: bytes) -> bytes:
    """The picture and what belongs to its colours; words and places that cameras and programs write into it are left out."""
    if not content.startswith(_PNG):
        raise ValueError("is no PNG.")
    parts, at, last = [_PNG], len(_PNG), b""
    while at + 12 <= len(content) and last != b"IEND":
        size, last = struct.unpack(">I4s", content[at : at + 8])
        chunk = content[at : at + 12 + size]
        if len(chunk) != 12 + size or zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise ValueError("is a damaged PNG.")
        if last == b"IHDR":
            _size(chunk[8:16])
        if last in _CHUNKS:
            parts.append(chunk)
        at += len(chunk)
    if last != b"IEND" or len(parts) < 4 or parts[1][4:8] != b"IHDR":
        raise ValueError("is a damaged PNG.")
    return b"".join(parts)


def _size(header: bytes) -> None:
    width, height = struct.unpack(">II", header)
    if not (1 <= width <= MOST_PIXELS and 1 <= height <= MOST_PIXELS):
        raise ValueError(f"has {width} x {height} pixels; a side has at most {MOST_PIXELS}.")


def pixels(picture: Picture) -> tuple[int, int] | None:
    """Width and height of a PNG."""
    if picture.media != "image/png":
        return None
    width, height = struct.unpack(">II", picture.content[16:24])
    return width, height
