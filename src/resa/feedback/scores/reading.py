"""Answers and askings of a survey as the log has them: plain set questions, the same on a DuckDB file and on a lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import msgspec
import numpy as np

from resa.feedback.scores.scales import SCALES, Array, Scale
from resa.kernel.lens import Lens
from resa.kernel.matching.sql import ENGINES, number_of, text_of
from resa.kernel.workspace import Workspace

REQUESTED: Final = "Survey Requested"
SHOWN: Final = "Survey Shown"
DISMISSED: Final = "Survey Dismissed"
ANSWERED: Final = "Survey Answered"
MOST_ANSWERS: Final = 200_000
"""The latest are read; beyond that an answer says that it rests on part of them."""
MOST_ASKINGS: Final = 400_000


@dataclass(frozen=True)
class Answers:
    """Responses, one each, by row. `score` is NaN where none was given; `said` is what the event says."""

    row: Array
    profile: Array
    time: Array
    score: Array
    complete: Array
    simulated: Array
    said: Sequence[dict[str, Any]]
    message: Sequence[str]
    scale: Scale | None
    cut: bool = False

    def __len__(self) -> int:
        return int(self.row.size)

    def take(self, which: Array) -> Answers:
        """Some of them, by mask."""
        at = np.flatnonzero(which)
        arrays = {name: getattr(self, name)[at] for name in _ARRAYS}
        said, message = [self.said[place] for place in at.tolist()], [self.message[place] for place in at.tolist()]
        return Answers(**arrays, said=said, message=message, scale=self.scale, cut=self.cut)

    def text(self, name: str) -> list[str]:
        """A property of each as text; empty where it is absent, a list or an object."""
        return [_text(said.get(name)) for said in self.said]

    @property
    def scored(self) -> Array:
        """Those with a score."""
        return np.asarray(~np.isnan(self.score))

    def last_of_each(self) -> Answers:
        """Each customer's latest answer with a score."""
        some = self.take(self.scored)
        order = np.lexsort((some.row, some.time, some.profile))
        who = some.profile[order]
        last = np.ones(who.size, np.bool_)
        last[:-1] = who[1:] != who[:-1]
        kept = np.zeros(who.size, np.bool_)
        kept[order[last]] = True
        return some.take(kept)


_ARRAYS: Final = ("row", "profile", "time", "score", "complete", "simulated")
assert set(_ARRAYS) < {field.name for field in fields(Answers)}


@dataclass(frozen=True)
class Askings:
    """Who was asked, one each: `row` of the event that says so, whether it was shown, dismissed, answered (with which score)."""

    row: Array
    profile: Array
    time: Array
    shown: Array
    dismissed: Array
    answered: Array
    complete: Array
    score: Array
    drawn: Array
    """The probability with which it was drawn; 1 where nothing is said."""
    channel: Sequence[str]
    cut: bool = False

    def __len__(self) -> int:
        return int(self.row.size)


class Selection:
    """Which events of a survey a lens shows; SQL over `log` in the body's dialect."""

    def __init__(self, dialect: str, survey: str, lens: Lens) -> None:
        """Of the survey of that key."""
        self.dialect, self.survey, self.lens = dialect, survey, lens

    def where(self, *names: str, ever_since: bool = False) -> str:
        """The condition; `ever_since` also counts what came after the period."""
        sql, lens = ENGINES[self.dialect], self.lens
        listed = ", ".join(sql.literal(name) for name in names)
        parts = [
            f"code <> 0 AND type = 'track' AND name IN ({listed})",
            f"{text_of('survey', self.dialect)} = {sql.literal(self.survey)}",
            f"time >= {lens.period.start}",
        ]
        if not ever_since:
            parts.append(f"time < {lens.period.end}")
        if lens.channel is not None and not ever_since:
            parts.append(f"channel = {sql.literal(lens.channel)}")
        if not lens.simulated:
            parts.append("NOT simulated")
        return " AND ".join(parts)


def answers(workspace: Workspace, survey: str, lens: Lens) -> Answers:
    """The responses of a period, each once (the latest event that says it)."""
    where = Selection(workspace.body.dialect, survey, lens).where(ANSWERED)
    table = workspace.body.native(
        f"SELECT log.row AS place, profile, time, simulated, message_id, properties FROM log WHERE {where}"
        f" ORDER BY log.row DESC LIMIT {MOST_ANSWERS + 1}"
    )
    cut = table.num_rows > MOST_ANSWERS
    table = table.slice(0, MOST_ANSWERS)
    said = [_object(text) for text in table.column("properties").to_pylist()]
    messages: list[str] = table.column("message_id").to_pylist()
    first: dict[str, int] = {}
    for place, properties in enumerate(said):
        first.setdefault(_text(properties.get("response")) or f"message {messages[place]}", place)
    kept = np.array(sorted(first.values(), reverse=True), np.int64)  # ascending by row
    said = [said[place] for place in kept]
    scale = _scale(said)
    columns = {name: table.column(name).to_numpy(zero_copy_only=False)[kept] for name in ("place", "profile", "time")}
    found = Answers(
        row=columns["place"].astype(np.int64),
        profile=columns["profile"].astype(np.int64),
        time=columns["time"].astype(np.int64),
        score=_scores(said, scale),
        complete=np.array([each.get("complete") is not False for each in said], np.bool_),
        simulated=table.column("simulated").to_numpy(zero_copy_only=False)[kept].astype(np.bool_),
        said=said,
        message=[messages[place] for place in kept],
        scale=scale,
        cut=cut,
    )
    return found if lens.population is None else found.take(_members(workspace, lens.population, found.profile))


def askings(workspace: Workspace, survey: str, lens: Lens) -> Askings:
    """Who was asked in the period, with what became of it until now.

    An asking is what `request` names: written when it was decided to ask (`Survey Requested`) or, where nothing says that,
    when it was shown. Shown, dismissed and answered belong to it by the same `request`.
    """
    dialect = workspace.body.dialect
    where = Selection(dialect, survey, lens).where(REQUESTED, SHOWN, DISMISSED, ANSWERED, ever_since=True)
    request, drawn, score = (
        text_of("request", dialect),
        number_of("sampled_probability", dialect),
        number_of("score", dialect),
    )
    table = workspace.body.native(
        f"SELECT log.row AS place, profile, time, name, {request} AS request, {drawn} AS drawn, {score} AS score,"
        f" {text_of('complete', dialect)} AS complete, {text_of('metric', dialect)} AS metric,"
        f" COALESCE({_property('channel', dialect)}, channel, '') AS via FROM log"
        f" WHERE {where} AND {request} IS NOT NULL ORDER BY log.row DESC LIMIT {4 * MOST_ASKINGS}"
    )
    found: dict[str, dict[str, Any]] = {}
    metrics = Counter(metric for metric in table.column("metric").to_pylist() if metric in SCALES)
    scale = SCALES[metrics.most_common(1)[0][0]] if metrics else None
    for event in reversed(table.to_pylist()):
        _gather(found.setdefault(event["request"], {"shown": False, "dismissed": False}), event, scale)
    mine = [one for one in found.values() if lens.period.start <= one.get("time", -1) < lens.period.end]
    kept = _as_askings(mine, cut=table.num_rows >= 4 * MOST_ASKINGS)
    if lens.population is None:
        return kept
    return _some(kept, _members(workspace, lens.population, kept.profile))


def _gather(one: dict[str, Any], event: dict[str, Any], scale: Scale | None) -> None:
    """Add an event to the asking it belongs to; events come by row."""
    name = event["name"]
    if name == REQUESTED or (name == SHOWN and "row" not in one):
        one |= {"row": event["place"], "profile": event["profile"], "time": event["time"], "channel": event["via"]}
        if event["drawn"] is not None:
            one["drawn"] = event["drawn"]
    if name == SHOWN:
        one["shown"] = True
    elif name == DISMISSED:
        one["dismissed"] = True
    elif name == ANSWERED:
        one["score"] = scale.read(event["score"]) if scale else float("nan")
        one["complete"] = event["complete"] != "false"


def _as_askings(found: list[dict[str, Any]], *, cut: bool) -> Askings:
    found = sorted(found, key=lambda one: int(one["row"]))[-MOST_ASKINGS:]

    def column(name: str, kind: Any, otherwise: Any) -> Array:
        return np.array([one.get(name, otherwise) for one in found], kind)

    return Askings(
        row=column("row", np.int64, 0),
        profile=column("profile", np.int64, 0),
        time=column("time", np.int64, 0),
        shown=column("shown", np.bool_, False),
        dismissed=column("dismissed", np.bool_, False),
        answered=np.array(["score" in one for one in found], np.bool_),
        complete=column("complete", np.bool_, False),
        score=column("score", float, np.nan),
        drawn=column("drawn", float, 1.0),
        channel=[one["channel"] for one in found],
        cut=cut,
    )


def _some(askings: Askings, which: Array) -> Askings:
    at = np.flatnonzero(which)
    arrays = {
        field.name: getattr(askings, field.name)[at]
        for field in fields(Askings)
        if field.name not in ("channel", "cut")
    }
    return Askings(**arrays, channel=[askings.channel[place] for place in at.tolist()], cut=askings.cut)


def _members(workspace: Workspace, population: str, profile: Array) -> Array:
    size = int(profile.max()) + 1 if profile.size else 1
    return np.asarray(workspace.populations.get(population).mask(size)[profile])


def _property(name: str, dialect: str) -> str:
    """A property as text, though a column has the same name."""
    return ENGINES[dialect].text(name)


def _scale(said: Sequence[dict[str, Any]]) -> Scale | None:
    """The scale most answers name."""
    named = Counter(metric for each in said if isinstance(metric := each.get("metric"), str) and metric in SCALES)
    return SCALES[named.most_common(1)[0][0]] if named else None


def _scores(said: Sequence[dict[str, Any]], scale: Scale | None) -> Array:
    if scale is None:
        return np.full(len(said), np.nan)
    return np.array(
        [scale.read(each.get("score")) if each.get("metric") == scale.metric else np.nan for each in said], float
    )


def _object(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    return value if isinstance(value, str) else ""
