"""What customers did before an answer or an asking, and what became of them after: joined in the body, on either engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from resa.feedback.scores.scales import Array
from resa.kernel.matching.sql import ENGINES
from resa.kernel.workspace import Workspace

Window = Literal["30m", "7d"]

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
WINDOWS: Final = {"30m": HOUR // 2, "7d": 7 * DAY, "90d": 90 * DAY}
"""How far back is looked; the last one is the longest."""
MOST_EVENTS: Final = 40
"""So many kinds of events are told apart, those that most did: chosen before any score is looked at."""
OTHERS: Final = 1
"""The code of the kinds of events that got no code of their own."""

ACTIVITY: Final = "e.code <> 0 AND e.type IN ('track', 'page', 'screen') AND COALESCE(e.source, '') <> 'resa' AND e.name NOT LIKE 'Survey %'"
"""What customers do; what surveys and Resa itself write is not counted among it."""


class Did(NamedTuple):
    """A kind of event."""

    type: str
    name: str


class Done(NamedTuple):
    """Something done, or met, in a window before an answer: by which of the answers' customers."""

    key: str
    kind: Literal["event", "signal"]
    what: Did
    window: Window
    did: Array
    touchpoint: str | None = None


@dataclass(frozen=True)
class History:
    """For each anchor (an event's row) what its customer did before: entries of one kind of event each."""

    anchors: Array
    kinds: list[Did]
    place: Array  # [entry]: which anchor
    kind: Array  # [entry]: which of `kinds`; -1: another
    times: Array  # [entry, window]
    last: Array  # [entry]: ms before the anchor
    revenue: Array  # [entry]

    def did(self, window: str) -> Array:
        """[anchor, kind]: whether it was done in the window before."""
        return self.counts(window) > 0

    def counts(self, window: str) -> Array:
        """[anchor, kind]: how often it was done in the window before."""
        found = np.zeros((self.anchors.size, len(self.kinds)))
        some = self.kind >= 0
        found[self.place[some], self.kind[some]] = self.times[some, list(WINDOWS).index(window)]
        return found

    def since(self, name: str) -> Array:
        """[anchor]: ms since the last event of that name in the longest window; NaN where there is none."""
        found = np.full(self.anchors.size, np.nan)
        for number, kind in enumerate(self.kinds):
            if kind.name == name:
                mine = self.kind == number
                found[self.place[mine]] = self.last[mine]
        return found

    def behaviour(self) -> Array:
        """[anchor, feature]: how much, how lately, for how much money, and which kinds of events; on scales of logarithms."""
        size = self.anchors.size
        sums = [np.bincount(self.place, self.times[:, at], size) for at in range(len(WINDOWS))]
        lately = np.full(size, float(WINDOWS["90d"]))
        np.minimum.at(lately, self.place, self.last)
        money = np.bincount(self.place, np.maximum(self.revenue, 0), size)
        bought = np.bincount(self.place, (self.revenue > 0) * self.times[:, -1], size)
        whole = [np.log1p(each) for each in (*sums, lately / DAY, money, bought)]
        return np.column_stack([*whole, money, np.log1p(self.counts("90d"))])


def before(workspace: Workspace, where: str, rows: Array, *, most: int = MOST_EVENTS) -> History:
    """What came before these rows, which meet `where` (SQL over `log`)."""
    rows = np.unique(rows)
    table = workspace.body.native(_before(where, workspace.body.dialect, rows)) if rows.size else None
    if table is None or not table.num_rows:
        empty = np.zeros(0, np.int64)
        return History(rows, [], empty, empty, np.zeros((0, len(WINDOWS))), empty.astype(float), empty.astype(float))
    anchor = _numbers(table, "anchor")
    place = np.minimum(np.searchsorted(rows, anchor), rows.size - 1)
    mine = rows[place] == anchor
    table, place = table.filter(pa.array(mine)), place[mine]
    codes = _numbers(table, "code")
    kinds, kind = _kinds(codes, table, most)
    times = np.column_stack([_numbers(table, f"w{at}") for at in range(len(WINDOWS))]).astype(float)
    revenue = np.nan_to_num(table.column("revenue").to_numpy(zero_copy_only=False).astype(float))
    return History(rows, kinds, place, kind, times, _numbers(table, "ago").astype(float), revenue)


def _before(where: str, dialect: str, rows: Array) -> str:
    *shorter, longest = WINDOWS.values()
    counts = ", ".join(
        f"CAST(sum(CASE WHEN e.time >= a.moment - {window} THEN 1 ELSE 0 END) AS BIGINT) AS w{at}"
        for at, window in enumerate(shorter)
    )
    del dialect
    return (
        f"SELECT a.anchor, e.code, min(e.type) AS type, min(e.name) AS name, {counts},"
        f" CAST(count(*) AS BIGINT) AS w{len(shorter)}, min(a.moment - e.time) AS ago, CAST(sum(e.revenue) AS DOUBLE) AS revenue"
        f" FROM ({_anchors(where, rows)}) a JOIN log e"
        f" ON e.profile = a.profile AND e.time < a.moment AND e.time >= a.moment - {longest}"
        f" WHERE {ACTIVITY} GROUP BY a.anchor, e.code"
    )


def _anchors(where: str, rows: Array) -> str:
    return (
        f"SELECT log.row AS anchor, profile, time AS moment FROM log"
        f" WHERE {where} AND log.row >= {int(rows[0])} AND log.row <= {int(rows[-1])}"
    )


def _kinds(codes: Array, table: pa.Table, most: int) -> tuple[list[Did], Array]:
    """The kinds that most did, and the number of each entry's; -1 for the rest."""
    known, first, at, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    chosen = [place for place in order.tolist() if known[place] != OTHERS][:most]
    number = np.full(known.size, -1)
    number[chosen] = np.arange(len(chosen))
    types, names = table.column("type"), table.column("name")
    kinds = [Did(types[int(first[place])].as_py(), names[int(first[place])].as_py()) for place in chosen]
    return kinds, number[at]


def _numbers(table: pa.Table, name: str) -> Array:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False)).astype(np.int64)


# -- after -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class After:
    """What became of each anchor's customer: whether they came back, and what they spent (in `currency`)."""

    returned: Array
    spent: Array
    currency: str | None


def after(workspace: Workspace, where: str, rows: Array, within: int, currency: str | None) -> After:
    """In the `within` ms after; who comes back does so a day later or more, so that the visit of the answer is not counted."""
    ordered, back = np.unique(rows, return_inverse=True)
    returned, spent = np.zeros(ordered.size, np.bool_), np.zeros(ordered.size)
    if ordered.size:
        literal = ENGINES[workspace.body.dialect].literal(currency or "")
        table = workspace.body.native(
            f"SELECT a.anchor, CAST(sum(CASE WHEN e.time >= a.moment + {DAY} THEN 1 ELSE 0 END) AS BIGINT) AS came,"
            f" CAST(sum(CASE WHEN e.currency = {literal} THEN e.revenue END) AS DOUBLE) AS spent"
            f" FROM ({_anchors(where, ordered)}) a JOIN log e"
            f" ON e.profile = a.profile AND e.time > a.moment AND e.time <= a.moment + {within}"
            f" WHERE {ACTIVITY} GROUP BY a.anchor"
        )
        anchor = _numbers(table, "anchor")
        place = np.minimum(np.searchsorted(ordered, anchor), ordered.size - 1)
        mine = ordered[place] == anchor
        returned[place[mine]] = _numbers(table, "came")[mine] > 0
        money = np.nan_to_num(table.column("spent").to_numpy(zero_copy_only=False).astype(float))
        spent[place[mine]] = money[mine]
    return After(returned[back], spent[back], currency)


def currency_of(workspace: Workspace, preferred: str | None) -> str | None:
    """The currency chosen where anything was sold in it, else the one most was; None where nothing was."""
    table = workspace.body.native(
        "SELECT currency, count(*) AS times FROM log WHERE code <> 0 AND revenue IS NOT NULL AND currency IS NOT NULL GROUP BY currency"
    )
    found = sorted(table.to_pylist(), key=lambda row: (row["currency"] != preferred, -row["times"], row["currency"]))
    return str(found[0]["currency"]) if found else None


def known_until(workspace: Workspace) -> int:
    """Time of the last thing the log knows of anybody; ms UTC."""
    at = workspace.body.native("SELECT max(time) AS at FROM log WHERE code <> 0").column("at")[0].as_py()
    return min(int(at or 0), workspace.clock())
