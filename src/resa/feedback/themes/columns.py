"""The comments seen through a lens as columns, from which every figure about themes is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from resa.feedback.surveys.definition import LEAST_ANONYMOUS, Survey
from resa.feedback.themes.definition import SCALES
from resa.feedback.themes.store import about, comments
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace

Array = npt.NDArray[Any]

MOST: Final = 300_000
"""Comments that one answer looks at, the newest ones."""
SENTIMENTS: Final = ("positive", "neutral", "negative", "not yet")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the comments is looked at, beside the lens."""

    theme: str | None = None
    """A theme's key; `none`: comments that no theme was found in."""
    sentiment: str | None = None
    language: str | None = None
    source: str | None = None
    survey: str | None = None
    metric: str | None = None
    low: float | None = None
    high: float | None = None
    text: str | None = None


class Columns(NamedTuple):
    """Comments, oldest first: n of each."""

    id: Array
    profile: Array
    time: Array
    score: Array  # NaN: none
    metric: Array  # place in SCALES; -1: none
    sentiment: Array  # place in SENTIMENTS
    language: Array  # place in `languages`
    languages: list[str]
    cut: bool
    """Whether there were more than `MOST`."""

    def among(self, chosen: Array) -> Columns:
        """Those that are chosen (boolean)."""
        names = ("id", "profile", "time", "score", "metric", "sentiment", "language")
        return self._replace(**{name: getattr(self, name)[chosen] for name in names})


class Mentions(NamedTuple):
    """Which comment is about which theme: places in the columns and in `keys`."""

    comment: Array
    theme: Array
    typical: Array
    keys: list[str]

    def table(self, n: int) -> Array:
        """n comments x k themes, boolean."""
        out = np.zeros((n, len(self.keys)), np.bool_)
        out[self.comment, self.theme] = True
        return out


def where(workspace: Workspace, lens: Lens, period: Period, filtered: Filter) -> list[sa.ColumnElement[bool]]:
    """The conditions on `comments` that need no profile."""
    check(filtered)
    c = comments.c
    out = [c.time >= period.start, c.time < period.end]
    if lens.channel is not None:
        out.append(c.channel == lens.channel)
    if not lens.simulated:
        out.append(~c.simulated)
    for column, value in ((c.sentiment, filtered.sentiment), (c.source, filtered.source), (c.survey, filtered.survey)):
        if value is not None:
            out.append(column == value)
    if filtered.language is not None:
        out.append(c.language.is_(None) if filtered.language == "und" else c.language == filtered.language)
    if filtered.metric is not None:
        out.append(c.metric == filtered.metric)
    if filtered.low is not None:
        out.append(c.score >= filtered.low)
    if filtered.high is not None:
        out.append(c.score <= filtered.high)
    if filtered.text:
        out.append(c.text.icontains(filtered.text, autoescape=True))
    return [*out, *_unsaid(workspace, out)]


def _unsaid(workspace: Workspace, conditions: Sequence[sa.ColumnElement[bool]]) -> list[sa.ColumnElement[bool]]:
    """Of a survey that promised to be anonymous, comments so few that they point at somebody are not shown."""
    anonymous = [item.key for item in _surveys(workspace) if item.body.anonymous]
    if not anonymous:
        return []
    survey = comments.c.survey
    few = (
        sa.select(survey)
        .where(*conditions, workspace.state.among(survey, anonymous))
        .group_by(survey)
        .having(sa.func.count() < LEAST_ANONYMOUS)
    )
    return [sa.or_(survey.is_(None), survey.not_in(few))]


def _surveys(workspace: Workspace) -> Sequence[Definition[Survey]]:
    try:
        return workspace.definitions.all("survey")
    except NotFound:  # nobody brought that kind
        return []


def check(filtered: Filter) -> None:
    """Refuse what no comment can be."""
    if filtered.sentiment is not None and filtered.sentiment not in SENTIMENTS:
        raise Refused("sentiment", filtered.sentiment, "there is none such.", f"Use one of {', '.join(SENTIMENTS)}.")
    if filtered.metric is not None and filtered.metric not in SCALES:
        raise Refused("metric", filtered.metric, "there is no such metric.", f"Use one of {', '.join(SCALES)}.")
    ranged = filtered.low is not None or filtered.high is not None
    if ranged and filtered.metric is None and filtered.survey is None:
        remedy = f"Name one of {', '.join(SCALES)}, or a survey."
        raise Refused("metric", None, "a range of scores is one of a metric, or of a survey's.", remedy)


def leaves(counts_as: dict[str, str], theme: str) -> list[str]:
    """The keys of all themes that count as this one."""
    return [key for key, whole in counts_as.items() if whole == theme]


def of_theme(workspace: Workspace, counts_as: dict[str, str], theme: str) -> sa.ColumnElement[bool]:
    """The condition that a comment is about a theme, or about none that counts."""
    among = workspace.state.among
    if theme == "none":
        known = sa.select(about.c.comment).where(among(about.c.theme, list(counts_as)))
        return ~comments.c.id.in_(known)
    return comments.c.id.in_(sa.select(about.c.comment).where(among(about.c.theme, leaves(counts_as, theme))))


def load(workspace: Workspace, lens: Lens, period: Period, filtered: Filter) -> Columns:
    """The comments of a period, narrowed to the lens's population; those of erased customers are left out."""
    c = comments.c
    query = (
        sa.select(c.id, c.identity, c.time, c.score, c.metric, c.sentiment, c.language)
        .where(*where(workspace, lens, period, filtered))
        .order_by(c.time.desc(), c.id.desc())
        .limit(MOST + 1)
    )
    with workspace.state.read() as tx:
        rows = tx.execute(query).all()
    cut, rows = len(rows) > MOST, rows[:MOST][::-1]
    found = _columns(workspace, rows, cut)
    keep = found.profile >= 0
    if lens.population is not None:
        mask = workspace.populations.get(lens.population).mask(workspace.identities.count)
        keep &= mask[np.where(keep, found.profile, 0)]
    return found.among(keep)


def _columns(workspace: Workspace, rows: Sequence[Sequence[Any]], cut: bool) -> Columns:
    ids, identity, time, score, metric, sentiment, language = zip(*rows, strict=True) if rows else ((),) * 7
    metrics = {name: place for place, name in enumerate(SCALES)}
    feelings = {name: place for place, name in enumerate(SENTIMENTS)}
    languages = sorted({one or "und" for one in language})
    spoken = {name: place for place, name in enumerate(languages)}
    return Columns(
        np.array(ids, np.int64),
        workspace.identities.profiles(np.array(identity, np.int64)),
        np.array(time, np.int64),
        np.array([np.nan if one is None else one for one in score], np.float64),
        np.array([metrics.get(one, -1) for one in metric], np.int8),
        np.array([feelings.get(one, len(SENTIMENTS) - 1) for one in sentiment], np.int8),
        np.array([spoken[one or "und"] for one in language], np.int16),
        languages,
        cut,
    )


def mentions(workspace: Workspace, found: Columns, counts_as: dict[str, str], period: Period) -> Mentions:
    """What these comments are about, merged themes as the one they count as."""
    keys = sorted(set(counts_as.values()))
    if not len(found.id) or not keys:
        return Mentions(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), keys)
    query = (
        sa.select(about.c.comment, about.c.theme, about.c.typical)
        .join(comments, comments.c.id == about.c.comment)
        .where(comments.c.time >= period.start, comments.c.time < period.end)
    )
    with workspace.state.read() as tx:
        rows = tx.execute(query).all()
    place = {key: keys.index(whole) for key, whole in counts_as.items()}
    rows = [row for row in rows if row[1] in place]
    numbers = np.array([row[0] for row in rows], np.int64)
    order = np.argsort(found.id, kind="stable")
    at = np.searchsorted(found.id[order], numbers)
    known = at < len(order)
    known[known] = found.id[order][at[known]] == numbers[known]
    comment = order[at[known]]
    theme = np.array([place[row[1]] for row in rows], np.int64)[known]
    typical = np.array([row[2] for row in rows], np.float64)[known]
    # A comment that is about two themes which count as one is about that one once.
    pair = comment * len(keys) + theme
    _, first = np.unique(pair, return_index=True)
    return Mentions(comment[first], theme[first], typical[first], keys)
