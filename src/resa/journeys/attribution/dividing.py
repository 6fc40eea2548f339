"""How an answer of attribution is computed. Only the question loads this module: walking journeys loads numba."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.journeys.attribution import models, touches
from resa.journeys.attribution import paths as cutting
from resa.journeys.attribution.answers import Answer, Asked, Figure, Item, Limit, ModelName, Span, Sum, Worth
from resa.journeys.attribution.paths import Paths
from resa.journeys.attribution.reading import LIMITS, READINGS
from resa.kernel import sequences, times
from resa.kernel.behind import Found
from resa.kernel.errors import NotFound
from resa.kernel.lens import Lens
from resa.kernel.periods import DAY
from resa.kernel.populations import Population
from resa.kernel.sequences.parts import Array
from resa.kernel.sequences.walk import Labels
from resa.kernel.workspace import Workspace

FEW: Final = 100
"""Conversions below which the answer says that they are few."""

MOST_CURRENCIES: Final = 12
"""The most used ones; what was paid in others is not divided."""

_REVENUE: Final = """
SELECT log.row, revenue, COALESCE(currency, '') AS currency
  FROM log
 WHERE code <> 0 AND time >= {start} AND time < {end} AND revenue IS NOT NULL AND {converts}
"""


class _Values(NamedTuple):
    """What each conversion is worth, in columns by currency; the sums are exact."""

    sums: list[Sum]
    columns: Array


class Data(NamedTuple):
    """Paths, their worth, and what the touches are called."""

    paths: Paths
    values: _Values
    touches: Sequence[touches.Touch]


class Seen(NamedTuple):
    """What is looked at, and all that journeys are cut into paths by."""

    asked: Asked
    lens: Lens
    kind: touches.Touches
    cutting: tuple[Any, ...]
    """What `paths.of` takes."""


def seen(
    workspace: Workspace,
    store: sequences.LabelStore,
    asked: Asked,
    lens: Lens,
    kind: touches.Touches,
    who: Population | None,
) -> Seen:
    """Label the log as the lens shows it."""
    expression = touches.labels(kind, asked.conversion.any, lens.channel, workspace.body.dialect)
    snapshot = store.labelled(expression, workspace.index.snapshot())
    size = len(kind.touches) + 1
    shown = np.arange(size + 1)
    table = np.concatenate((shown, shown[1:] if lens.simulated else np.zeros(size, np.int64)))
    population = who.mask(_beyond(who)) if who else None
    labels, window = Labels(table.astype(np.uint16)), round(asked.window_days * DAY)
    identities = workspace.identities.map()
    return Seen(asked, lens, kind, (snapshot, identities, labels, size - 1, lens.period, window, population))


def read(workspace: Workspace, looked: Seen) -> Data:
    """Cut the paths, and look up what their conversions are worth."""
    asked, lens = looked.asked, looked.lens
    paths = cutting.of(*looked.cutting)
    converts = touches.converts(asked.conversion.any, lens.channel, workspace.body.dialect)
    found = workspace.body.native(_REVENUE.format(converts=converts, start=lens.period.start, end=lens.period.end))
    return Data(paths, _values(found, paths.rows), looked.kind.touches)


def people(looked: Seen, data: Data, figure: Figure) -> Found:
    """The customers behind a figure of the answer. Raises NotFound."""
    return Found.joined(cutting.behind(*looked.cutting, chosen=_chosen(looked.asked, data, figure)))


def _chosen(asked: Asked, data: Data, figure: Figure) -> cutting.Chosen:
    if figure.kind in ("none", "all"):
        return cutting.untouched if figure.kind == "none" else cutting.conversions
    wanted = np.zeros(len(data.touches) + 2, np.bool_)
    if figure.kind == "rest":
        wanted[_ranked(data, asked.most)[1]] = True
    else:
        places = [n for n, touch in enumerate(data.touches, 1) if touch.key == figure.item and touch != touches.REST]
        if not places:
            raise NotFound("item", figure.item)
        wanted[places] = True
    return cutting.touched(wanted, converting=figure.converting)


def _beyond(who: Population) -> int:
    return int(who.profiles[-1]) + 1 if who.profiles.size else 0


def _values(found: pa.Table, rows: Array) -> _Values:
    """The revenue of those rows that are conversions on `rows`."""
    order = np.argsort(rows, kind="stable")
    asked_for = found.column("row").to_numpy()
    place = np.searchsorted(rows, asked_for, sorter=order)
    place = order[np.minimum(place, max(0, rows.size - 1))] if rows.size else np.zeros_like(asked_for)
    known = rows[place] == asked_for if rows.size else np.zeros(asked_for.size, np.bool_)
    found, place = found.filter(pa.array(known)), place[known]
    sums, columns = [], []
    used = found.column("currency").value_counts().to_pylist()
    for entry in sorted(used, key=lambda e: (-e["counts"], e["values"]))[:MOST_CURRENCIES]:
        mine = pc.equal(found.column("currency"), entry["values"])
        amounts = found.column("revenue").filter(mine)
        column = np.zeros(rows.size)
        column[place[mine.to_numpy()]] = amounts.cast(pa.float64()).to_numpy()
        total = sum(amounts.to_pylist(), Decimal(0)).quantize(Decimal("0.0001"))
        sums.append(Sum(entry["values"] or None, str(total)))
        columns.append(column)
    return _Values(sums, np.stack(columns, axis=1) if columns else np.zeros((rows.size, 0)))


class _Credit(NamedTuple):
    """What the touches get by one model [touch, column], and by which share conversions fall without each (Markov only)."""

    parts: Array
    removal: Array | None = None
    states: int | None = None


def answer(asked: Asked, lens: Lens, data: Data, now: int) -> Answer:
    """Ask the models of the paths."""
    paths, shown = _grouped(data, asked.most)
    weights = np.column_stack((np.ones(paths.rows.size), data.values.columns))
    credited = {name: _credit(name, asked, paths, weights) for name in dict.fromkeys(asked.models)}
    alone = weights[paths.lengths == 0].sum(axis=0)
    items = [
        _item(number, touch, data, paths, credited) for number, touch in enumerate(shown, 1) if paths.counts()[number]
    ]
    limits = _limits(asked, lens, data, paths, now)
    lead = asked.models[0]
    items.sort(key=lambda item: (item.kind != "touch", -(getattr(item, lead) or 0.0), -item.touches, item.touch))
    if alone[0]:
        items.append(_none(alone, data.values.sums, asked.models))
    sums = data.values.sums
    return Answer(
        period=Span(times.iso(lens.period.start), times.iso(lens.period.end)),
        conversions=int(paths.rows.size),
        customers=paths.converted,
        without_touch=int((paths.lengths == 0).sum()),
        lost_paths=int(paths.lost_lengths.size),
        value=sums[0].total if sums else None,
        currency=sums[0].currency if sums else None,
        values=sums,
        touch=asked.touch,
        window_days=asked.window_days,
        half_life_days=asked.half_life_days,
        order=asked.order,
        states=credited["markov"].states if "markov" in credited else None,
        items=items,
        reading={name: READINGS[name] for name in credited},
        limits=[limit.text for limit in limits],
        mind=limits,
        as_of=times.iso(now),
        took_ms=0,
    )


def _grouped(data: Data, most: int) -> tuple[Paths, list[touches.Touch]]:
    """The paths with the touches beyond the `most` frequent ones as one, and what the touches are called then."""
    chosen, others = _ranked(data, most)
    group = np.zeros(len(data.touches) + 1, np.int64)
    group[chosen] = np.arange(1, len(chosen) + 1)
    group[others] = len(chosen) + 1
    shown = [data.touches[n - 1] for n in chosen]
    return data.paths.grouped(group), [*shown, touches.REST] if others else shown


def _ranked(data: Data, most: int) -> tuple[list[int], list[int]]:
    """The numbers of the `most` frequent touches, and of all others."""
    rest = [number for number, touch in enumerate(data.touches, 1) if touch == touches.REST]
    ranked = [int(n) for n in np.argsort(-data.paths.counts()[1:], kind="stable") + 1 if n not in rest]
    return ranked[:most], [*ranked[most:], *rest]


def _credit(name: ModelName, asked: Asked, paths: Paths, weights: Array) -> _Credit:
    if name == "time_decay":
        return _Credit(models.time_decay(paths, weights, asked.half_life_days * DAY))
    if name != "markov":
        return _Credit(models.PER_PATH[name](paths, weights))
    from resa.journeys.attribution import markov  # noqa: PLC0415  # SciPy takes a second to import; only this model needs it

    found = markov.removal(paths, asked.order)
    total = weights[paths.lengths > 0].sum(axis=0)
    return _Credit(np.outer(markov.shares(found.effects), total), found.effects, found.states)


def _item(number: int, touch: touches.Touch, data: Data, paths: Paths, credited: dict[ModelName, _Credit]) -> Item:
    removal = credited["markov"].removal if "markov" in credited else None
    place = next((n for n, known in enumerate(data.touches, 1) if known == touch), 0)
    rest = touch == touches.REST
    return Item(
        touch=touch.key,
        name=touch.name,
        kind="rest" if rest else "touch",
        touches=int(paths.counts()[number]),
        customers=None if rest else int(data.paths.customers[place]),
        removal=None if removal is None else float(removal[number]),
        values=_worths(data.values.sums, {name: credit.parts[number, 1:] for name, credit in credited.items()}),
        **{name: float(credit.parts[number, 0]) for name, credit in credited.items()},
    )


def _none(alone: Array, sums: list[Sum], asked: Sequence[ModelName]) -> Item:
    """Conversions without a touch: no model can give them to one."""
    same: dict[ModelName, Any] = {name: float(alone[0]) for name in asked}
    values = _worths(sums, dict.fromkeys(asked, alone[1:]))
    return Item(touch="(none)", name="No touch", kind="none", touches=0, customers=None, values=values, **same)


def _worths(sums: list[Sum], parts: dict[ModelName, Array]) -> list[Worth]:
    return [
        Worth(currency=money.currency, **{name: f"{part[number]:.4f}" for name, part in parts.items()})
        for number, money in enumerate(sums)
    ]


def _limits(asked: Asked, lens: Lens, data: Data, paths: Paths, now: int) -> list[Limit]:
    said: list[tuple[str, dict[str, float]]] = [("causal", {}), ("recorded", {})]
    conversions = paths.rows.size
    if conversions < FEW:
        said.append(("few", {"conversions": conversions}))
    if (alone := int((paths.lengths == 0).sum())) > 0:
        said.append(("untouched", {"untouched": alone, "conversions": conversions, "days": asked.window_days}))
    if min(now, lens.period.end) - lens.period.start < 2 * asked.window_days * DAY:
        said.append(("short", {}))
    if int(np.count_nonzero(data.paths.counts())) > asked.most:
        said.append(("rest", {"most": asked.most}))
    return [
        Limit(code, values, LIMITS[code].format(**{k: f"{v:g}" for k, v in values.items()})) for code, values in said
    ]
