"""Decisions as the log has them, each with its probability, its context, and what the customer did in the time after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import numpy as np

from resa.experiments.bandits.offpolicy import Log
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import check_match
from resa.kernel.matching.sql import ENGINES, number_of, text_of
from resa.kernel.metrics.asking import Body
from resa.kernel.metrics.definition import Events
from resa.kernel.metrics.plan import Number, picked
from resa.kernel.metrics.sql import COLUMNS, ROW, Writer, value_of
from resa.kernel.metrics.units import Array
from resa.kernel.periods import Period

MOST_CHOICES: Final = 200
MOST_CONTEXTS: Final = 5_000
"""Beyond, the rarest are taken together: a reward model can't tell so many apart."""
MOST_DECISIONS: Final = 2_000_000

Attribute = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Reward(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What a decision earns: these events of the same customer within so many seconds after it.

    Without `property` 1 if there is any; with it, its sum (`revenue`, say, in one currency).
    """

    events: Events
    property: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)] | None = None
    within: Annotated[int, msgspec.Meta(ge=1, le=366 * 86_400)] = 86_400


class Where(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Which decisions: of a placement (what was shown there), or of an experiment (which variation was shown)."""

    placement: Attribute | None = None
    experiment: Attribute | None = None


@dataclass(frozen=True)
class Decisions:
    """Logged decisions: the log to judge by, the choices and contexts its numbers mean."""

    log: Log
    choices: list[str]
    contexts: list[Mapping[str, Any]]
    """The attributes of each context."""
    without_probability: int
    """Decisions that were left out because their probability was not logged."""
    returned: int
    """Exposures in a later phase of who had been drawn in an earlier one: they kept what they had, so nothing was decided."""


def check(where: Where, reward: Reward, attributes: Sequence[str]) -> None:
    """Refuse what can't be asked."""
    if (where.placement is None) == (where.experiment is None):
        raise Refused("where", None, "decisions are of a placement or of an experiment.", "Name one of the two.")
    if not 1 <= len(reward.events.any) <= 20:
        raise Refused(
            "reward.events.any", len(reward.events.any), "1 to 20 kinds of events.", "Add 'Order Completed', say."
        )
    for number, match in enumerate(reward.events.any):
        check_match(f"reward.events.any[{number}]", match)
    for name in attributes:
        if name not in COLUMNS:
            raise Refused("attributes", name, "the log knows no such attribute.", f"Use {', '.join(sorted(COLUMNS))}.")


def read(
    body: Body,
    where: Where,
    reward: Reward,
    attributes: Sequence[str],
    period: Period,
    now: int,
    *,
    simulated: bool,
    anew: Sequence[int] = (),
) -> Decisions:
    """The decisions of a period whose time for a reward is over; `anew` are the phases in which everybody was drawn again."""
    until = Period(period.start, min(period.end, now - reward.within * 1000))
    table = body.native(statement(body.dialect, where, reward, attributes, until, simulated=simulated, anew=anew))
    if table.num_rows > MOST_DECISIONS:
        raise Refused("period", table.num_rows, f"at most {MOST_DECISIONS:,} decisions.", "Choose a shorter period.")
    probability = np.asarray(table.column("probability").to_numpy(zero_copy_only=False), np.float64)
    known = np.nan_to_num(probability, nan=0.0)
    kept = (known > 0) & (known <= 1)
    chosen = np.array([str(each) for each in table.column("choice").to_pylist()], np.str_)[kept]
    choices, place = np.unique(chosen, return_inverse=True)
    if choices.size > MOST_CHOICES:
        raise Refused("where", int(choices.size), f"at most {MOST_CHOICES} choices.", "Name an experiment instead.")
    columns = [table.column(f"a{number}").to_pylist() for number in range(len(attributes))]
    contexts, number = _contexts(columns, kept, attributes)
    log = Log.of(
        np.asarray(table.column("reward").to_numpy(), np.float64)[kept],
        place,
        known[kept],
        unit=np.asarray(table.column("profile").to_numpy(), np.int64)[kept],
        context=number,
    )
    returned = int(table.column("returned")[0].as_py()) if table.num_rows else 0
    return Decisions(log, [str(each) for each in choices], contexts, int((~kept).sum()), returned)


def _contexts(
    columns: Sequence[Sequence[str | None]], kept: Array, attributes: Sequence[str]
) -> tuple[list[Mapping[str, Any]], Array]:
    """Different combinations of the attributes, and the number of each decision's."""
    rows = list(zip(*columns, strict=True)) if columns else [()] * kept.size
    numbers: dict[tuple[str | None, ...], int] = {}
    found = np.array(
        [numbers.setdefault(row, len(numbers)) for row, keep in zip(rows, kept, strict=True) if keep], np.int64
    )
    known: list[Mapping[str, Any]] = [dict(zip(attributes, row, strict=True)) for row in numbers]
    if len(known) <= MOST_CONTEXTS:
        return known, found
    order = np.argsort(-np.bincount(found), kind="stable")
    to = np.full(len(known), MOST_CONTEXTS)
    to[order[:MOST_CONTEXTS]] = np.arange(MOST_CONTEXTS)
    rest: Mapping[str, Any] = dict.fromkeys(attributes)
    return [*(known[place] for place in order[:MOST_CONTEXTS].tolist()), rest], to[found]


def statement(
    engine: str,
    where: Where,
    reward: Reward,
    attributes: Sequence[str],
    period: Period,
    *,
    simulated: bool,
    anew: Sequence[int] = (),
) -> str:
    """The question, in one engine's SQL. Of an experiment the first exposure of each customer since they were drawn is a decision.

    Other weights move only who must: whoever comes back in a later phase has what they were given before, with certainty, and
    whether they come back may hang on it. Weighting them by the later phase's probability would be biased.
    """
    literal, row = ENGINES[engine].literal, ROW[engine]
    placed = where.placement is not None
    name = "Decision Made" if placed else "Experiment Viewed"
    choice = _shown(engine) if placed else text_of("variation", engine)
    of = f"{text_of('placement' if placed else 'experiment', engine)} = {literal(where.placement or where.experiment or '')}"
    phase = "0" if placed else f"coalesce({number_of('phase', engine)}, 0)"
    draw = " + ".join(f"CASE WHEN {phase} >= {number} THEN 1 ELSE 0 END" for number in ([] if placed else anew)) or "0"
    since = f" AND time >= {period.start}" if placed else ""
    seen = "" if simulated else " AND NOT coalesce(simulated, FALSE)"
    columns = "".join(f", {value_of(each, engine)} AS a{number}" for number, each in enumerate(attributes))
    names = "".join(f", decided.a{number}" for number in range(len(attributes)))
    writer = Writer(engine, Lens(Period(period.start, period.end), simulated=simulated))
    value = "1" if reward.property is None else writer.number(_number(reward))
    parts = 1 if reward.property is None else _number(reward).scale
    total = "max(rewarded.v)" if reward.property is None else f"sum(rewarded.v) / CAST({parts} AS DOUBLE)"
    first = "TRUE" if placed else f"place = 1 AND time >= {period.start}"
    came_back = (
        "0" if placed else f"sum(CASE WHEN turn = 1 AND place > 1 AND time >= {period.start} THEN 1 ELSE 0 END) OVER ()"
    )
    return f"""
WITH every AS (
  SELECT profile, time, {row} AS at, {choice} AS choice, {number_of("probability", engine)} AS probability{columns},
         row_number() OVER (PARTITION BY profile, {draw} ORDER BY time, {row}) AS place,
         row_number() OVER (PARTITION BY profile, {phase} ORDER BY time, {row}) AS turn
    FROM log WHERE type = 'track' AND name = {literal(name)} AND source = 'resa' AND NOT bot{seen}{since}
     AND time < {period.end} AND {of}
),
counted AS (SELECT *, {came_back} AS returned FROM every),
decided AS (SELECT * FROM counted WHERE {first} AND choice IS NOT NULL),
rewarded AS (
  SELECT profile, time, CAST({value} AS DOUBLE) AS v FROM log
   WHERE time >= {period.start} AND time < {period.end + reward.within * 1000} AND NOT bot{seen} AND {writer.meets(picked(reward.events))}
)
SELECT decided.at, decided.profile, decided.choice, decided.probability{names}, max(decided.returned) AS returned,
       CAST(coalesce({total}, 0) AS DOUBLE) AS reward
  FROM decided LEFT JOIN rewarded ON decided.profile = rewarded.profile
   AND rewarded.time > decided.time AND rewarded.time <= decided.time + {reward.within * 1000}
 GROUP BY decided.at, decided.profile, decided.choice, decided.probability{names} ORDER BY decided.at"""


def _shown(engine: str) -> str:
    """What a placement was filled with: `<experience>/<variation>`, whose probability a decision logs; `(default)` for nothing."""
    experience, variation = text_of("experience", engine), text_of("variation", engine)
    whole = f"CASE WHEN {variation} IS NULL THEN {experience} ELSE concat({experience}, '/', {variation}) END"
    return f"CASE WHEN {experience} IS NULL THEN '(default)' ELSE {whole} END"


def _number(reward: Reward) -> Number:
    return Number(reward.property or "revenue", reward.currency or "")
