"""The brand: what can't be read is refused with what can, pictures are harmless, and what pages get of it."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from resa.brand import Brand, Colours, css, logo_path, properties
from resa.brand import colours as wcag
from resa.brand.checking import check
from resa.brand.routes import due
from resa.kernel.errors import Refused

ROOT = Path(__file__).resolve().parents[2]


def svg(text: str) -> str:
    """As a data URL."""
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (2, 2)) -> str:
    """A PNG of these chunks between header and end."""
    header = (b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    data = (b"IDAT", zlib.compress(b"\x00\x00\x00" * 2))
    parts = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (header, *chunks, data, (b"IEND", b""))
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert wcag.contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("number", range(0, 0x1000000, 0x10_1D3F))
def test_black_or_white_can_be_read_on_any_colour_and_the_nearest_colour_too(number: int) -> None:
    ground = f"#{number:06x}"
    assert wcag.contrast(wcag.readable_on(ground), ground) >= wcag.TEXT
    assert wcag.contrast(wcag.nearest(ground, ground, wcag.TEXT), ground) >= wcag.TEXT


@pytest.mark.parametrize(
    ("colours", "field"),
    [
        ({"text": "#999999"}, "colours.text"),
        ({"primary": "#eeeeee"}, "colours.primary"),
        ({"accent": "#ffff00"}, "colours.accent"),
        ({"primary": "#14665a", "on_primary": "#222222"}, "colours.on_primary"),
        ({"surface": "#333333"}, "colours.surface"),
        ({"text": "red"}, "colours.text"),
        ({"text": "#12345"}, "colours.text"),
    ],
)
def test_colours_that_can_not_be_read_are_refused_with_those_that_can(colours: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        check(Brand(name="x", colours=msgspec.convert(colours, Colours)))
    assert refused.value.details["field"] == field
    if refused.value.code == "contrast":
        better = refused.value.details["remedy"].rstrip(".").split(" ")[-1]
        check(Brand(name="x", colours=msgspec.convert({**colours, field.partition(".")[2]: better}, Colours)))


def test_what_pages_get_can_be_read_on_either_ground() -> None:
    for told in (
        Colours(),
        Colours(text="#f5f5f5", background="#101010", surface="#202020", primary="#7fd3c2", accent="#ffb182"),
    ):
        brand = Brand(name="x", colours=told)
        check(brand)
        found = properties(brand)
        for ground in ("background", "surface"):
            assert wcag.contrast(found["muted"], found[ground]) >= wcag.TEXT
        assert wcag.contrast(found["link"], found["background"]) >= wcag.TEXT
        assert wcag.contrast(found["on-primary"], found["primary"]) >= wcag.TEXT


@pytest.mark.parametrize("fonts", ["x;}body{background:url(//evil.example)", "a'b", "<script>", "x, url(y)"])
def test_a_font_is_a_name_and_nothing_more(fonts: str) -> None:
    with pytest.raises(Refused):
        check(msgspec.convert({"name": "x", "fonts": {"body": fonts}}, Brand))
    assert "}" not in css(Brand(name="x"))[:-1]


HOSTILE = [
    "<script>alert(1)</script>",
    "<g onload='alert(1)'/>",
    "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>x</script></body></foreignObject>",
    "<image href='https://evil.example/x.png'/>",
    "<use href='https://evil.example/x.svg#a'/>",
    "<a href='javascript:alert(1)'><path d='M0 0'/></a>",
    "<style>@import url(https://evil.example)</style>",
    "<rect style='fill:url(https://evil.example/x)' fill='url(https://evil.example/y)'/>",
    "<rect style='fill:u\\72l(https://evil.example)'/>",
    "<animate attributeName='href' values='javascript:alert(1)'/><set attributeName='onload' to='x'/>",
]


@pytest.mark.parametrize("inner", HOSTILE)
async def test_a_logo_brings_nothing_that_runs_or_loads(
    editor: httpx.AsyncClient, stranger: httpx.AsyncClient, inner: str
) -> None:
    text = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9' fill='#14665a'/>{inner}</svg>"
    made = await editor.post("/api/brands", json={"key": "default", "body": {"name": "x", "logo": svg(text)}})
    assert made.status_code == 201, made.text
    served = await stranger.get(made.json()["logo_path"])
    assert served.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in served.headers["content-security-policy"]
    assert "#14665a" in served.text
    for bad in ("script", "onload", "evil", "javascript", "import", "foreignObject", "animate", "u\\72l"):
        assert bad not in served.text


@pytest.mark.parametrize(
    "data",
    [
        svg("<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>"),
        svg("<svg"),
        svg("<html></html>"),
        svg("<svg xmlns='http://www.w3.org/2000/svg'>" + "<g>" * 5000 + "</g>" * 5000 + "</svg>"),
        "data:image/svg+xml;base64,####",
        "data:text/html;base64,PHNjcmlwdD4=",
        "https://evil.example/logo.svg",
        png(size=(5000, 5000)),
        png()[:-8] + "AAAAAAA=",
        "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        svg("<svg xmlns='http://www.w3.org/2000/svg'><title>" + "x" * 100_000 + "</title></svg>"),
    ],
    ids=range(11),
)
def test_what_is_no_picture_is_refused(data: str) -> None:
    with pytest.raises(Refused) as refused:
        check(Brand(name="x", logo=data))
    assert refused.value.details["field"] == "logo"


async def test_a_png_keeps_its_picture_and_loses_its_words_and_is_cached_for_ever(
    editor: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    data = png((b"tEXt", b"Author\x00Ada Berg"), (b"eXIf", b"GPS 59.3"))
    body: dict[str, Any] = {"name": "x", "logo": data, "logo_mail": png()}
    made = (await editor.post("/api/brands", json={"key": "default", "body": body})).json()
    assert made["logo_path"] == made["logo_mail_path"]  # the same picture, once its words are gone
    served = await stranger.get(made["logo_path"])
    assert b"Ada" not in served.content
    assert b"GPS" not in served.content
    assert "immutable" in served.headers["cache-control"]
    again = await stranger.get(made["logo_path"], headers={"If-None-Match": served.headers["etag"]})
    assert again.status_code == 304
    assert (await stranger.get("/brand/default/nothing.png")).status_code == 404
    assert (await stranger.get("/brand/nobody/brand.css")).status_code == 404
    sheet = await stranger.get("/brand/default/brand.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert sheet.text.startswith(":root{--brand-primary:#14665a;")


def test_mails_show_no_svg() -> None:
    shape = svg("<svg xmlns='http://www.w3.org/2000/svg'><rect width='1' height='1'/></svg>")
    assert logo_path(Brand(name="x", logo=shape), "default", mail=True) is None
    assert str(logo_path(Brand(name="x", logo=shape), "default")).endswith(".svg")
    assert str(logo_path(Brand(name="x", logo=png()), "default", mail=True)).endswith(".png")


def test_a_review_is_due_from_its_day_on() -> None:
    brand = Brand(name="x", review="2027-01-31")
    assert [due(brand, date(2027, 1, day)) for day in (30, 31)] == [False, True]
    assert not due(Brand(name="x"), date(2027, 1, 31))
    with pytest.raises(Refused):
        check(Brand(name="x", review="31.1.2027"))


def test_where_nobody_made_a_brand_everything_customers_see_has_one_default() -> None:
    """What a brand begins with, what a hosted survey falls back on, and what the SDK's cards do."""
    usual = properties(Brand(name="x"))
    page = files("resa.feedback.responses").joinpath("survey.css").read_text()
    for name in ("primary", "text"):
        assert f"var(--brand-{name},{usual[name]})" in page
    assert usual["on-primary"] == "#ffffff"
    assert "var(--brand-on-primary,#fff)" in page
    for source in ("surveys/style.ts", "experiences/block.ts"):
        style = (ROOT / "sdk" / "src" / source).read_text()
        accents = set(re.findall(r"--resa-accent,(#[0-9a-f]{6})", style))
        assert usual["primary"] in accents, source
        dark = accents - {usual["primary"]}
        assert len(dark) == 1, "one more, for dark pages"
        assert wcag.contrast(dark.pop(), "#1e1e24") >= wcag.TEXT
