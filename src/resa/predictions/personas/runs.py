"""Searches for personas as jobs, kept in state: how far each is, what it found, and which customer is of which kind."""

from __future__ import annotations

import zlib
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from resa.kernel import times
from resa.kernel.errors import NotFound
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.state import State, metadata
from resa.predictions.personas.shapes import Model, Result

Array = npt.NDArray[Any]

table: Final = sa.Table(
    "persona_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # waiting, running, done, failed, stopped
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("lens", sa.Text, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("most", sa.BigInteger, nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),  # events below were looked at
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("adopted_at", sa.BigInteger),
    sa.Column("error", sa.Text),
    sa.Column("result", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("assigned", sa.LargeBinary),
)

_SHOWN: Final = tuple(
    table.c[name]
    for name in "id state step progress lens seed most row author started_at ended_at adopted_at error result".split()
)


class Run(msgspec.Struct, frozen=True):
    """One search, without the customers."""

    id: int
    state: str
    step: str
    progress: float
    lens: Lens
    seed: int
    most: int
    row: int
    author: str
    started_at: int
    ended_at: int | None
    adopted_at: int | None
    error: str | None
    result: Result | None


class Assigned(NamedTuple):
    """Which customer is of which kind: profiles ascending (u32), and the place of their kind in the result (u8)."""

    profiles: Array
    kind: Array


def begin(state: State, lens: Lens, *, seed: int, most: int, author: str, now: int) -> Run:
    """A new search, waiting for its turn."""
    with state.write() as tx:
        number = tx.execute(
            sa.insert(table)
            .values(
                state="waiting",
                step="waiting",
                progress=0.0,
                lens=msgspec.json.encode(_plain(lens)).decode(),
                seed=seed,
                most=most,
                row=0,
                author=author,
                started_at=now,
            )
            .returning(table.c.id)
        ).scalar_one()
        return _load(tx, number)


def get(state: State, number: int) -> Run:
    """One search. Raises NotFound."""
    with state.read() as tx:
        return _load(tx, number)


def recent(state: State, limit: int = 20) -> list[Run]:
    """The newest first."""
    with state.read() as tx:
        return [_run(row) for row in tx.execute(sa.select(*_SHOWN).order_by(table.c.id.desc()).limit(limit))]


def change(store: State, number: int, **values: Any) -> None:
    """Say how a search stands."""
    with store.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == number).values(**values))


def finish(state: State, number: int, now: int, result: Result, model: Model | None, assigned: Assigned | None) -> None:
    """Keep what a search found, at once."""
    change(
        state,
        number,
        state="done",
        step="done",
        progress=1.0,
        ended_at=now,
        result=msgspec.json.encode(result).decode(),
        model=None if model is None else msgspec.json.encode(model).decode(),
        assigned=None if assigned is None else _packed(assigned),
    )


def interrupted(state: State, now: int) -> None:
    """At the start of a server: what ran when the last one ended does not run any more."""
    with state.write() as tx:
        tx.execute(
            sa.update(table)
            .where(table.c.state.in_(("waiting", "running")))
            .values(state="stopped", ended_at=now, error="The server stopped meanwhile. Search again.")
        )


def current(state: State) -> Run | None:
    """The run whose kinds hold: the one that was adopted last."""
    with state.read() as tx:
        row = tx.execute(
            sa.select(*_SHOWN).where(table.c.adopted_at.is_not(None)).order_by(table.c.adopted_at.desc()).limit(1)
        ).first()
    return None if row is None else _run(row)


def latest_found(state: State) -> Run | None:
    """The newest run that found kinds: what the next one's are compared with where none was adopted."""
    return next((run for run in recent(state) if run.result is not None and run.result.kinds), None)


def adopt(tx: sa.Connection, number: int, now: int) -> None:
    """Let the kinds of this run hold from now on."""
    tx.execute(sa.update(table).where(table.c.id == number).values(adopted_at=now))


def known(state: State, number: int) -> tuple[Model, Assigned]:
    """The model and the customers of a run that found something. Raises NotFound."""
    with state.read() as tx:
        row = tx.execute(sa.select(table.c.model, table.c.assigned).where(table.c.id == number)).first()
    if row is None or row.model is None:
        raise NotFound("run of personas with kinds", number)
    return msgspec.json.decode(row.model, type=Model), _unpacked(row.assigned)


def _load(tx: sa.Connection, number: int) -> Run:
    row = tx.execute(sa.select(*_SHOWN).where(table.c.id == number)).first() if 0 < number < 2**31 else None
    if row is None:
        raise NotFound("search for personas", number)
    return _run(row)


def _run(row: sa.Row[Any]) -> Run:
    values = row._asdict()
    values["lens"] = _lens(values["lens"])
    if values["result"] is not None:
        values["result"] = msgspec.json.decode(values["result"], type=Result)
    return Run(**values)


def _plain(lens: Lens) -> dict[str, Any]:
    return {
        "start": lens.period.start,
        "end": lens.period.end,
        "channel": lens.channel,
        "simulated": lens.simulated,
        "population": lens.population,
    }


def _lens(text: str) -> Lens:
    said = msgspec.json.decode(text)
    return Lens(Period(said["start"], said["end"]), said["channel"], said["simulated"], said["population"])


def shown_lens(lens: Lens) -> dict[str, Any]:
    """A lens as the API tells it."""
    return {
        "from": times.iso(lens.period.start),
        "to": times.iso(lens.period.end),
        "channel": lens.channel,
        "simulated": lens.simulated,
        "population": lens.population,
    }


def _packed(assigned: Assigned) -> bytes:
    numbers = np.diff(assigned.profiles.astype(np.uint32), prepend=np.uint32(0)).astype("<u4")
    return zlib.compress(numbers.tobytes(), 1) + _END + zlib.compress(assigned.kind.astype(np.uint8).tobytes(), 1)


_END: Final = b"\x00persona-kinds\x00"


def _unpacked(blob: bytes) -> Assigned:
    numbers = zlib.decompressobj()
    gaps = np.frombuffer(numbers.decompress(blob), "<u4")
    kinds = np.frombuffer(zlib.decompress(numbers.unused_data.removeprefix(_END)), np.uint8)
    return Assigned(np.cumsum(gaps, dtype=np.uint64).astype(np.uint32), kinds)
