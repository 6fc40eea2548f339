"""Brands over HTTP, and the public addresses of their pictures and CSS: cached by whoever asks, without a session."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from resa import definitions_routes
from resa.brand import logos, styles
from resa.brand.definition import Brand
from resa.definitions_routes import SavedVersion, Shelf
from resa.kernel import preferences, times
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound
from resa.kernel.workspace import Workspace

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SOON: Final = "public, max-age=300, stale-while-revalidate=86400"
_INERT: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class BrandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A brand in the list; `review_due`: its day has come."""

    key: str
    name: str
    primary: str
    review: str | None
    review_due: bool
    version: int


class BrandRows(msgspec.Struct, frozen=True):
    """All brands, by key; `default` is used where nothing else is named."""

    items: list[BrandRow]
    next: None = None


class SavedBrand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand, what follows from it, and its history, newest first."""

    key: str
    version: int
    body: Brand
    author: str
    at: str
    properties: dict[str, str]
    """The custom properties `--brand-*`."""
    logo_path: str | None
    logo_mail_path: str | None
    css_path: str
    review_due: bool
    history: list[SavedVersion]


class BrandShelf(Shelf[Brand]):
    """Brands over HTTP. Pictures are cleaned as they are saved, and again as they are served."""

    kind = "brand"

    def rows(self) -> BrandRows:
        """With whether a review is due."""
        today = self._today()
        return BrandRows(
            [
                BrandRow(
                    key=item.key,
                    name=item.body.name,
                    primary=item.body.colours.primary,
                    review=item.body.review,
                    review_due=due(item.body, today),
                    version=item.version,
                )
                for item in self.workspace.definitions.all(self.kind)
            ]
        )

    def page(self, item: Definition[Brand]) -> SavedBrand:
        """With its history."""
        return SavedBrand(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            properties=styles.properties(item.body),
            logo_path=logo_path(item.body, item.key),
            logo_mail_path=logo_path(item.body, item.key, mail=True),
            css_path=css_path(item.key),
            review_due=due(item.body, self._today()),
            history=self.history(item.key),
        )

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[Brand]:
        """Clean its pictures first, so that what is kept is what is shown."""
        decoded: Brand = self.workspace.definitions.decode(self.kind, body)
        return super().save(actor, key, msgspec.to_builtins(_cleaned(decoded)), expected)

    def _today(self) -> date:
        zone = preferences.zone(self.workspace.state)
        return datetime.fromtimestamp(self.workspace.clock() / 1000, zone).date()


def due(brand: Brand, today: date) -> bool:
    """Whether the day to look at it again has come."""
    return brand.review is not None and date.fromisoformat(brand.review) <= today


def logo_path(brand: Brand, key: str, *, mail: bool = False) -> str | None:
    """Where the logo is served, for ever the same for the same picture; for mails only a PNG, since they show no SVG."""
    data = brand.logo_mail if mail else brand.logo
    picture = logos.read("logo", data, ("svg", "png")) if data else None
    if picture is None and mail and (logo := logos.read("logo", brand.logo, ("svg", "png"))) is not None:
        picture = logo if logo.ending == "png" else None
    return None if picture is None else f"/brand/{key}/{picture.tag}.{picture.ending}"


def css_path(key: str) -> str:
    """Where the custom properties are served."""
    return f"/brand/{key}/brand.css"


def _cleaned(brand: Brand) -> Brand:
    return msgspec.structs.replace(
        brand, logo=_data("logo", brand.logo, ("svg", "png")), logo_mail=_data("logo_mail", brand.logo_mail, ("png",))
    )


def _data(field: str, data: str | None, kinds: tuple[str, ...]) -> str | None:
    picture = logos.read(field, data, kinds)
    return None if picture is None else logos.data_url(picture)


@get("/brand/{key:str}/{name:str}", sync_to_thread=True, include_in_schema=False)
def get_brand_file(
    workspace: NamedDependency[Workspace], request: Request[Any, Any, Any], key: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """A brand's logo, under the address that holds its digest, or its CSS (`brand.css`). Public."""
    brand: Brand = workspace.definitions.get("brand", key).body
    if name == "brand.css":
        content = styles.css(brand).encode()
        return _file(request, content, "text/css; charset=utf-8", logos.digest(content), _SOON)
    for data in (brand.logo, brand.logo_mail):
        picture = logos.read("logo", data, ("svg", "png"))
        if picture is not None and name == f"{picture.tag}.{picture.ending}":
            return _file(request, picture.content, picture.media, picture.tag, _FOR_EVER)
    raise NotFound("file of the brand", name, "It may have been replaced: ask for the brand anew.")


def _file(request: Request[Any, Any, Any], content: bytes, media: str, tag: str, caching: str) -> Response[bytes]:
    headers = {
        "Cache-Control": caching,
        "ETag": f'"{tag}"',
        "Content-Security-Policy": _INERT,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("if-none-match", "").removeprefix("W/") == f'"{tag}"':
        return Response(b"", status_code=304, media_type=media, headers=headers)
    return Response(content, media_type=media, headers=headers)


routes: Final = [
    Router(
        path="/",
        tags=["brand"],
        route_handlers=[
            *definitions_routes.routes(
                BrandShelf, "/api/brands", names=("brand", "brands"), words=("a brand", "brands")
            ),
            get_brand_file,
        ],
    )
]
