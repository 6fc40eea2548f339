"""The products of the demonstration shop: a few hundred of the grocer's most bought, under names for people."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import duckdb
import msgspec

from resa.demo import grocer
from resa.kernel.state import State

OF_A_KIND: Final = 3

_UNITS: Final = {
    "OZ": "oz", "LB": "lb", "GA": "gal", "GAL": "gal", "QT": "qt", "PT": "pt", "DZ": "dozen", "CT": "pieces", "PK": "pack",
    "L": "l", "ML": "ml", "SQ FT": "sq ft", "FT": "ft", "FL OZ": "fl oz",
}  # fmt: skip
_SIZE: Final = re.compile(r"(\d*\.?\d+|\d+/\d+) ?(SQ FT|FL OZ|[A-Z]+)")


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the shop; `weight` is how often the households bought it."""

    id: str
    name: str
    aisle: str
    category: str
    brand: str
    size: str
    price: float
    art: str
    colour: str
    weight: int


@dataclass(frozen=True, slots=True)
class Aisle:
    """A department of the shop."""

    key: str
    name: str
    colour: str


def _table() -> list[dict[str, Any]]:
    text = resources.files(__package__).joinpath("shop/aisles.toml").read_text("utf-8")
    aisles: list[dict[str, Any]] = tomllib.loads(text)["aisle"]
    return aisles


@cache
def aisles() -> tuple[Aisle, ...]:
    """The departments, in the order of the shop."""
    return tuple(Aisle(aisle["key"], aisle["name"], aisle["colour"]) for aisle in _table())


def choose() -> list[Product]:
    """Every product, aisle by aisle, found in the data: takes seconds, so the outcome is kept (`keep`)."""
    kinds = {kind: (aisle, *told) for aisle in _table() for kind, *told in aisle["kinds"]}
    sql = resources.files(__package__).joinpath("catalogue.sql").read_text("utf-8")
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("SET enable_progress_bar = false")
        rows = connection.execute(sql, {"folder": str(grocer.folder()), "kinds": list(kinds)}).fetchall()
    by_kind: dict[str, dict[tuple[str, str], Product]] = {kind: {} for kind in kinds}
    for row in rows:
        product = _product(row, *kinds[row[1]])
        by_kind[row[1]].setdefault((product.size, product.brand), product)  # the same to people: one of them will do
    return [product for found in by_kind.values() for product in list(found.values())[:OF_A_KIND]]


def _product(row: tuple[Any, ...], aisle: dict[str, Any], name: str, art: str, colour: str | None = None) -> Product:
    number, _kind, brand, size, price, bought = row
    shown = _size(size or "")
    own = "own brand" if brand == "Private" else "brand"
    return Product(
        number, name, aisle["key"], aisle["name"], own, shown, float(price), art, colour or aisle["colour"], int(bought)
    )


def _size(text: str) -> str:
    """`64 OZ` -> `64 oz`; sizes that say nothing to a person are left out."""
    match = _SIZE.fullmatch(text)
    if match is None or match[2] not in _UNITS or (match[2] == "LB" and match[1].isdigit() and int(match[1]) > 10):
        return ""
    return f"{match[1]} {_UNITS[match[2]]}"


def recall(state: State) -> list[Product]:
    """The products chosen before; none, if that was never done."""
    return msgspec.convert(grocer.recall(state, "catalogue") or [], list[Product])


def keep(state: State) -> list[Product]:
    """Choose the products and note them."""
    chosen = choose()
    with state.write() as tx:
        grocer.note(state, "catalogue", chosen, tx)
    return chosen


def document(products: Sequence[Product]) -> bytes:
    """The catalogue as the shop's page loads it."""
    return msgspec.json.encode({"aisles": aisles(), "products": products})
