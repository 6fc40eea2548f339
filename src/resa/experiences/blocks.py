"""What content of each type is made of: checked and cleaned when it is saved, compiled, filled and cleaned again when it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from resa.experiences import markup, placeholders
from resa.experiences.definition import Content, Version
from resa.experiences.placeholders import Part, Said
from resa.kernel import decoding
from resa.kernel.errors import Refused

Line = Annotated[str, msgspec.Meta(max_length=400)]
Prose = Annotated[str, msgspec.Meta(max_length=20_000)]
Address = Annotated[str, msgspec.Meta(max_length=2_000)]

DEEPEST: Final = 32


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, omit_defaults=True):
    """The body of a version."""


class TextBody(_Body, frozen=True, kw_only=True):
    """Words only."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]


class HtmlBody(_Body, frozen=True, kw_only=True):
    """HTML of the safe subset."""

    html: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]


class JsonBody(_Body, frozen=True, kw_only=True):
    """Data for a page's own code."""

    data: Any


class RedirectBody(_Body, frozen=True, kw_only=True):
    """Another page of the same site."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    keep_query: bool = True


class Button(_Body, frozen=True, kw_only=True):
    """A button, and where it leads; without an address it closes the block."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    url: Address | None = None
    kind: Literal["primary", "secondary"] = "primary"


class BlockBody(_Body, frozen=True, kw_only=True):
    """A banner, pop-up, notification or panel: words, a picture, buttons; when it comes up and where it stands."""

    title: Line = ""
    text: Prose = ""
    html: Prose = ""
    image: Address | None = None
    image_alt: Line = ""
    buttons: Annotated[list[Button], msgspec.Meta(max_length=3)] = []
    dismissible: bool = True
    position: Literal["top", "bottom", "center", "left", "right", "top-right", "bottom-right", "bottom-left"] | None = (
        None
    )
    trigger: Literal["load", "delay", "scroll", "exit"] = "load"
    delay: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 0.0
    scroll: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5


BODIES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "text": TextBody,
    "html": HtmlBody,
    "json": JsonBody,
    "redirect": RedirectBody,
    "banner": BlockBody,
    "popup": BlockBody,
    "notification": BlockBody,
    "panel": BlockBody,
}

_READ_AS: Final[Mapping[str, str]] = {"html": "html", "url": "url", "image": "image"}
"""Fields that are not read as plain text."""


class Field(NamedTuple):
    """A text of a body: its path, the name of its field, and the text."""

    at: str
    name: str
    text: str


def decoded(kind: str, at: str, body: Mapping[str, Any]) -> msgspec.Struct:
    """A version's body as the struct of its type. Raises Refused with the path."""
    try:
        return decoding.decode(BODIES[kind], body)
    except Refused as error:
        told = error.details
        raise Refused(f"{at}.{told['field']}", told["value"], told["rule"], told["remedy"]) from None


def texts(value: Any, at: str, name: str = "") -> Iterator[Field]:
    """Every text in plain data, with its path."""
    if isinstance(value, str):
        yield Field(at, name, value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{at}.{key}", key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts(inner, f"{at}[{place}]", name)


# -- saving --------------------------------------------------------------------------------------------------------


def check(kind: str, at: str, body: Mapping[str, Any]) -> None:
    """Refuse a body that is none of its type's, is empty, or leads where it may not."""
    struct = decoded(kind, at, body)
    if isinstance(struct, BlockBody) and not (struct.title or struct.text or struct.html or struct.image):
        raise Refused(at, None, "there is nothing to see in it.", "Add a title, a text or a picture.")
    if isinstance(struct, HtmlBody) and not markup.clean(struct.html).strip():
        raise Refused(f"{at}.html", struct.html, "nothing is left of it after cleaning.", "Use text and harmless tags.")
    if isinstance(struct, JsonBody):
        _shallow(f"{at}.data", struct.data, DEEPEST)
    for field in texts(msgspec.to_builtins(struct), at):
        placeholders.parse(field.at, field.text)
        _check_address(kind, field)


def _check_address(kind: str, field: Field) -> None:
    name, plain = field.name, _bare(field.text)
    if kind == "json" or name not in ("url", "image"):
        return
    if kind == "redirect":
        if not markup.own_path(plain):
            rule = "a redirect leads to a path of the same site."
            raise Refused(field.at, field.text, rule, "Begin it with /, such as /spring.")
    elif not (markup.safe_link(plain) if name == "url" else markup.safe_image(plain)):
        rule = "this address may not be led to."
        raise Refused(field.at, field.text, rule, "Use https, or a path such as /spring.", code="unsafe_address")


def _bare(text: str) -> str:
    return "".join(part if isinstance(part, str) else "x" for part in placeholders.parse("url", text))


def _shallow(at: str, value: Any, left: int) -> None:
    if not left:
        raise Refused(at, None, f"data is nested at most {DEEPEST} deep.", "Flatten it.")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _shallow(at, inner, left - 1)


def cleaned(content: Content) -> Content:
    """The content with its HTML as it will be shown."""
    versions = [Version(language=each.language, body=_clean_body(content.type, each.body)) for each in content.versions]
    return msgspec.structs.replace(content, versions=versions)


def _clean_body(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "json":
        return dict(body)
    return {
        name: markup.clean(value) if name == "html" and isinstance(value, str) else value
        for name, value in body.items()
    }


# -- showing -------------------------------------------------------------------------------------------------------

Fill = Callable[[Said], Any]


class Unsafe(Exception):
    """What was put into an address made it one that may not be led to."""


class Shown:
    """A version's body, ready to be shown: as finished JSON, or with what is known of somebody put in."""

    __slots__ = ("_fill", "_finished", "asks", "language")

    def __init__(self, kind: str, version: Version) -> None:
        """Parse and clean once. Raises Refused for a body that could not be saved today."""
        self.language = version.language
        plain = msgspec.to_builtins(decoded(kind, "body", version.body))
        filled = _compile(plain, "", data=kind == "json")
        self.asks = frozenset(_asked(plain))
        """The (source, name) that are put in."""
        self._fill = filled
        self._finished = None if self.asks else msgspec.Raw(msgspec.json.encode(filled({})))

    @property
    def personal(self) -> bool:
        """Whether it says something that is known of the person."""
        return any(source == "trait" for source, _ in self.asks)

    def body(self, said: Said) -> Any:
        """The body for the answer. Raises Unsafe."""
        return self._finished if self._finished is not None else self._fill(said)


def _asked(plain: Any) -> Iterator[tuple[str, str]]:
    for field in texts(plain, "body"):
        yield from placeholders.names(placeholders.parse(field.at, field.text))


def _compile(value: Any, name: str, *, data: bool) -> Fill:
    if isinstance(value, str):
        return _compile_text(placeholders.parse(name, value), "" if data else _READ_AS.get(name, ""))
    if isinstance(value, dict):
        inner = {key: _compile(each, key, data=data) for key, each in value.items() if key != "__proto__"}
        return lambda said: {key: fill(said) for key, fill in inner.items()}
    if isinstance(value, list):
        items = [_compile(each, name, data=data) for each in value]
        return lambda said: [fill(said) for fill in items]
    return lambda _said: value


def _compile_text(parts: list[Part], read_as: str) -> Fill:
    if read_as == "html":
        if all(isinstance(part, str) for part in parts):
            clean = markup.clean("".join(map(str, parts)))
            return lambda _said: clean
        return lambda said: markup.clean(placeholders.fill(parts, said, placeholders.in_html))
    if read_as in ("url", "image"):
        allowed = markup.safe_link if read_as == "url" else markup.safe_image
        return lambda said: _address(placeholders.fill(parts, said, placeholders.in_url), allowed)
    return lambda said: placeholders.fill(parts, said, placeholders.plain)


def _address(url: str, allowed: Callable[[str], bool]) -> str:
    if not allowed(url):
        raise Unsafe(url)
    return url
