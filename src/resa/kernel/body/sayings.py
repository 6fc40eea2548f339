"""What events say of traits and of consent, as rows: the lander reads it into DuckDB, Spark's tasks read it off the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from resa.kernel.profiles import consent_facts, trait_facts

TRAITS: Final = pa.schema(
    [
        ("identity", pa.int64()),
        ("name", pa.string()),
        ("value", pa.string()),
        ("rank", pa.int32()),
        ("time", pa.int64()),
        ("row", pa.int64()),
    ]
)

CONSENTS: Final = pa.schema(
    [pa.field({"name": "purpose", "value": "state"}.get(field.name, field.name), field.type) for field in TRAITS]
)

COLUMNS: Final = (
    *("identity", "verified", "time", "row", "source", "type", "name", "bot"),
    *("properties", "context"),
)
"""What of an event says it."""


def traits(events: pa.Table) -> pa.Table:
    """The traits that a batch sets."""
    return pa.Table.from_pylist([fact._asdict() for fact in trait_facts(events)], schema=TRAITS)


def consents(events: pa.Table) -> pa.Table:
    """What a batch grants and denies."""
    return pa.Table.from_pylist([fact._asdict() for fact in consent_facts(events)], schema=CONSENTS)


def traits_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same inside a task of Spark."""
    for batch in batches:
        yield from traits(pa.Table.from_batches([batch])).to_batches()


def consents_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same inside a task of Spark."""
    for batch in batches:
        yield from consents(pa.Table.from_batches([batch])).to_batches()
