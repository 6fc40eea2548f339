"""Files for the tests: small ones written on the spot, real ones where they lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from resa.collect.imports import jobs, mappings, readers, shaping
from resa.collect.imports.shaping import Problem
from resa.kernel.events import Draft

NOW = 1_795_000_000_000

ORDERS = """
[[event]]
name = "Order Completed"
time = "{at}"
user_id = "{customer}"
order_id = "{order}"
revenue = "{amount}"
currency = "EUR"
channel = "store"
[event.properties]
city = "{city}"
"""


def real(path: str) -> Path:
    """A file of the real data; the test is skipped, with the reason, where it is absent."""
    folder = Path(os.environ.get("RESA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (folder / path).exists():
        pytest.skip(f"real data {path} is not in {folder} (RESA_TEST_DATA)")
    return folder / path


def orders(path: Path, count: int, *, first: int = 1) -> Path:
    """A CSV file of orders, one a line."""
    lines = [f"{n},2026-03-{n % 28 + 1:02d}T10:00:00Z,c{n % 50},{n}.25,Lund" for n in range(first, first + count)]
    path.write_text("order,at,customer,amount,city\n" + "\n".join(lines) + "\n")
    return path


def plan(path: Path, mapping: str = ORDERS, **told: Any) -> jobs.Plan:
    """A plan to import a file by a mapping's text."""
    return jobs.plan(path, mappings.find(mapping), workspace_zone="UTC", **told)


def shape(path: Path, mapping: str, zone: str = "UTC") -> list[Draft | Problem]:
    """What a file becomes, kept nowhere."""
    found = mappings.find(mapping)
    reader = readers.open_file(path, found.read)
    shaper = shaping.Shaper(found, ZoneInfo(found.timezone or zone), source="test", stem="t", received_at=NOW)
    return [made for unit in shaping.units(reader.records(), found) for made in shaper.shape(unit)]
