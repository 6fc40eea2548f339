"""What stands behind a score: who did not answer, what came before, what goes with it, what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

import numpy as np

from resa import journeys
from resa.feedback.scores import contrast, history, importance, nonresponse, reading, worth
from resa.feedback.scores.features import Feature, features
from resa.feedback.scores.history import DAY, Did, Done, History, Window
from resa.feedback.scores.intervals import Estimate
from resa.feedback.scores.nonresponse import Corrected
from resa.feedback.scores.reading import ANSWERED, REQUESTED, SHOWN, Answers, Askings, Selection
from resa.feedback.scores.results import Results
from resa.feedback.scores.scales import SCALES, Array, Scale
from resa.feedback.scores.shown import Before, Correction, Deed, Driver, Drivers, Figure, Span, Verdict, Worth, Worths
from resa.kernel import preferences, times
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.recent import Recent

FALSE_DISCOVERY_RATE: Final = 0.05
MOST_DEEDS: Final = 60
MOST_DRIVERS: Final = 24
ANSWERS_PER_DRIVER: Final = 10
LEAST_ANSWERS: Final = 50
YEAR: Final = 365 * DAY
WORTH_DAYS: Final = 90
SHORT: Final[tuple[Window, ...]] = ("30m", "7d")


Hits = tuple[Array, Array, Array]
"""Moments of friction, in any order: whose, when, and which of the signals."""


class Friction(Protocol):
    """Knows where customers struggled; another part of the product offers it."""

    @property
    def signals(self) -> Sequence[tuple[str, str]]:
        """Key and name, by number."""
        ...

    def hits(self, lens: Lens) -> Hits:
        """All moments of a lens."""
        ...


class Deeper:
    """Answers what stands behind scores, of one workspace. Thread-safe; what was answered last is kept."""

    def __init__(self, results: Results, friction: Callable[[], Friction | None]) -> None:
        """`friction()` is who knows of friction, None while nobody does."""
        self.results = results
        self._workspace = results.workspace
        self._friction = friction
        self._kept = Recent(24)

    # -- who did not answer ----------------------------------------------------------------------------------------

    def corrected(self, survey: str, lens: Lens) -> Correction:
        """The score as it would be had everybody answered who was asked."""
        self.results.find(survey)
        found: Correction = self._kept.get(
            ("corrected", self.results.token(survey, lens), self._workspace.clock() // history.HOUR),
            lambda: self._corrected(survey, lens),
        )
        return found

    def _corrected(self, survey: str, lens: Lens) -> Correction:
        askings = self.results.askings(survey, lens)
        scale = self.results.answers(survey, lens).scale
        over = self.results.over(askings)
        waiting = len(askings) - int(over.sum())
        if scale is None:
            return self._correction(None, askings, waiting, None)
        at = np.flatnonzero(over)
        behaviour = self._behaviour(survey, lens, askings, at)
        found = nonresponse.corrected(
            scale.points(askings.score[at]),
            ~np.isnan(askings.score[at]),
            behaviour,
            askings.profile[at],
            askings.drawn[at],
        )
        return self._correction(scale, askings, waiting, found)

    def _behaviour(self, survey: str, lens: Lens, askings: Askings, at: Array) -> Array:
        """[asking, feature]: what was known before each of these askings."""
        where = self._selected(survey, lens, REQUESTED, SHOWN)
        known = history.before(self._workspace, where, askings.row[at])
        rows = np.searchsorted(known.anchors, askings.row[at])
        channels = _dummies([askings.channel[place] for place in at])
        return np.column_stack([known.behaviour()[rows], channels]) if at.size else np.zeros((0, 0))

    def _correction(self, scale: Scale | None, askings: Askings, waiting: int, found: Corrected | None) -> Correction:
        verdict: Verdict = "no score"
        if found is not None:
            verdict = found.reason or ("differs" if found.differs else "same")
        told = found is not None and found.reason is None
        return Correction(
            metric=scale.metric if scale else None,
            asked=len(askings),
            waiting=waiting,
            answered=int(askings.answered.sum()),
            raw=_figure(found.raw, scale) if told and found and scale else None,
            corrected=_figure(found.corrected, scale) if told and found and scale else None,
            shift=Figure(*found.shift) if told and found else None,
            verdict=verdict,
            size=found.size if found else None,
            trimmed=found.trimmed if found else None,
            tells=found.tells if found else None,
            sampled=bool(askings.drawn.size) and float(askings.drawn.min()) < float(askings.drawn.max()),
            as_of=times.iso(self._workspace.clock()),
        )

    # -- before the answer -----------------------------------------------------------------------------------------

    def before(self, survey: str, lens: Lens) -> Before:
        """What customers did before a bad answer and before a good one."""
        self.results.find(survey)
        found: Before = self._kept.get(("before", self.results.token(survey, lens)), lambda: self._before(survey, lens))
        return found

    def _before(self, survey: str, lens: Lens) -> Before:
        last = self.results.answers(survey, lens).last_of_each()
        scale = last.scale
        bad, good = sides(last)
        deeds = self.deeds(survey, lens, last)
        items: list[Deed] = []
        if scale is not None and deeds:
            did = np.column_stack([deed.did for deed in deeds])
            found = contrast.contrast(did, bad, good)
            items = [
                _deed(deed, found, at) for at, deed in enumerate(deeds) if found.bad_did[at] + found.good_did[at] > 0
            ]
            items.sort(
                key=lambda item: (not item.found, item.q is None, item.q or 0, -abs(np.log(item.odds)), item.key)
            )
        return Before(
            metric=scale.metric if scale else None,
            bad=int(bad.sum()),
            good=int(good.sum()),
            items=items[:MOST_DEEDS],
            false_discovery_rate=FALSE_DISCOVERY_RATE,
            as_of=times.iso(self._workspace.clock()),
        )

    def deeds(self, survey: str, lens: Lens, last: Answers) -> list[Done]:
        """What was done, or met, in each window before each of these answers."""
        known = self.history(survey, lens, last)
        at = np.searchsorted(known.anchors, last.row)
        found = [
            Done(kind_key(kind), "event", kind, window, known.did(window)[at, number])
            for window in SHORT
            for number, kind in enumerate(known.kinds)
        ]
        for window in SHORT:
            for key, name, met in self.struck(last, history.WINDOWS[window], lens):
                found.append(Done(f"signal:{key}", "signal", Did("", name), window, met))
        places = journeys.Places(self._workspace)
        return [deed._replace(touchpoint=_touchpoint(places, deed)) for deed in found]

    def history(self, survey: str, lens: Lens, answers: Answers) -> History:
        """What came before these answers."""
        where = self._selected(survey, lens, ANSWERED)
        key = ("history", self.results.token(survey, lens), len(answers), int(answers.row.sum()))
        found: History = self._kept.get(key, lambda: history.before(self._workspace, where, answers.row))
        return found

    def struck(self, answers: Answers, window: int, lens: Lens) -> list[tuple[str, str, Array]]:
        """By signal of friction: key, name, and which of these answers came within the window after it struck their customer."""
        friction = self._friction()
        if friction is None or not len(answers):
            return []
        whole = Lens(
            Period(int(answers.time.min()) - history.WINDOWS["7d"], int(answers.time.max()) + 1), None, lens.simulated
        )
        profile, time, signal = friction.hits(whole)
        found = []
        for number, (key, name) in enumerate(friction.signals):
            mine = signal == number
            if mine.any():
                met = _latest_within(profile[mine], time[mine], answers, window)
                found.append((key, name, met))
        return found

    # -- what goes with it -----------------------------------------------------------------------------------------

    def drivers(self, survey: str, lens: Lens) -> Drivers:
        """What goes with the score, and how much."""
        self.results.find(survey)
        found: Drivers = self._kept.get(
            ("drivers", self.results.token(survey, lens)), lambda: self._drivers(survey, lens)
        )
        return found

    def _drivers(self, survey: str, lens: Lens) -> Drivers:
        last = self.results.answers(survey, lens).last_of_each()
        scale, as_of = last.scale, times.iso(self._workspace.clock())
        metric = scale.metric if scale else None
        if scale is None or len(last) < LEAST_ANSWERS:
            reason: Literal["no score", "too few answers"] = "no score" if scale is None else "too few answers"
            return Drivers(metric=metric, people=len(last), explained=None, items=[], reason=reason, as_of=as_of)
        deeds = [deed for deed in self.deeds(survey, lens, last) if deed.window == "7d"]
        before = self.history(survey, lens, last)
        rows, some = features(self._workspace, last, before, deeds, lens, LEAST_ANSWERS)
        people = int(rows.sum())
        some = some[: min(MOST_DRIVERS, people // ANSWERS_PER_DRIVER)]
        y = scale.points(last.score[rows])
        if not some or not y.std():
            return Drivers(metric=metric, people=people, explained=None, items=[], reason="nothing varies", as_of=as_of)
        found = importance.importance(np.column_stack([each.values for each in some]), y, last.profile[rows])
        items = [_driver(each, found, at) for at, each in enumerate(some)]
        items.sort(key=lambda item: (not item.found, -(item.importance.value or 0)))
        return Drivers(metric=metric, people=people, explained=found.explained, items=items, reason=None, as_of=as_of)

    # -- what it is worth ------------------------------------------------------------------------------------------

    def worth(self, survey: str, lens: Lens, days: int = WORTH_DAYS) -> Worths:
        """What a point goes with in the days after: coming back, and spending. Over the answers of a year before the period's end."""
        self.results.find(survey)
        key = ("worth", self.results.token(survey, lens), days)
        found: Worths = self._kept.get(key, lambda: self._worth(survey, lens, days))
        return found

    def _worth(self, survey: str, lens: Lens, days: int) -> Worths:
        workspace = self._workspace
        within = days * DAY
        end = min(lens.period.end, history.known_until(workspace) - within + 1)
        year = lens.during(
            Period(
                min(lens.period.start, lens.period.end - YEAR - within), max(end, lens.period.end - YEAR - within + 1)
            )
        )
        answers = self.results.answers(survey, year)
        answers = answers.take(answers.scored)
        with workspace.state.read() as tx:
            currency = history.currency_of(workspace, preferences.currency_said(tx))
        items: list[Worth] = []
        if answers.scale is not None and len(answers):
            items = self._worths(survey, year, answers, within, currency)
        scale = answers.scale or self.results.answers(survey, lens).scale
        reason: Literal["no score", "too few answers"] | None = None
        if not items:
            reason = "too few answers" if scale else "no score"
        return Worths(
            metric=scale.metric if scale else None,
            days=days,
            period=Span.of(year.period),
            people=int(np.unique(answers.profile).size),
            currency=currency,
            items=items,
            reason=reason,
            as_of=times.iso(workspace.clock()),
        )

    def _worths(self, survey: str, year: Lens, answers: Answers, within: int, currency: str | None) -> list[Worth]:
        assert answers.scale is not None
        where = self._selected(survey, year, ANSWERED)
        known = self.history(survey, year, answers)
        at = np.searchsorted(known.anchors, answers.row)
        became = history.after(self._workspace, where, answers.row, within, currency)
        season = (answers.time - answers.time.min()) / DAY
        behaviour = np.column_stack([known.behaviour()[at], season, season**2, _dummies(answers.text("channel"))])
        points = answers.scale.points(answers.score) * (100 if answers.scale.metric == "csat" else 1)
        outcomes: list[tuple[Literal["returned", "spent"], Array]] = [("returned", became.returned.astype(float))]
        if currency is not None:
            outcomes.append(("spent", became.spent))
        items = []
        for outcome, values in outcomes:
            step = worth.slope(answers.score, values, behaviour, answers.profile)
            point = worth.slope(points, values, behaviour, answers.profile)
            if step and point:
                items.append(
                    Worth(
                        outcome=outcome,
                        step=Figure(step.value, step.low, step.high),
                        point=Figure(point.value, point.low, point.high),
                        shown=step.shown,
                        level=float(values.mean()),
                    )
                )
        return items

    def _selected(self, survey: str, lens: Lens, *names: str) -> str:
        return Selection(self._workspace.body.dialect, survey, lens).where(*names)


def kind_key(kind: Did) -> str:
    """How a kind of event is named in an address: `track:Order Completed`."""
    return f"{kind.type}:{kind.name}"


def sides(answers: Answers) -> tuple[Array, Array]:
    """Which answers are bad, and which good."""
    scale = answers.scale or SCALES["nps"]
    return answers.score <= scale.unhappy, answers.score >= scale.happy


def _figure(estimate: Estimate, scale: Scale) -> Figure:
    """Kept within what the score can be."""
    lowest, highest = (-100.0, 100.0) if scale.metric == "nps" else (0.0, 1.0) if scale.metric == "csat" else (1.0, 7.0)
    return Figure(*(None if value is None else min(max(value, lowest), highest) for value in estimate))


def _dummies(values: Sequence[str]) -> Array:
    """A column for each value but the most frequent."""
    known, counts = np.unique(np.array(values, str), return_counts=True) if values else (np.zeros(0, str), np.zeros(0))
    names = known[np.argsort(-counts, kind="stable")][1:9]
    return (
        np.column_stack([np.array(values, str) == name for name in names]).astype(float)
        if names.size
        else np.zeros((len(values), 0))
    )


def _latest_within(profile: Array, time: Array, answers: Answers, window: int) -> Array:
    """For each answer whether its customer's latest moment before it lies within the window."""
    order = np.lexsort((time, profile))
    who, when = profile[order].astype(np.int64), time[order]
    met = np.zeros(len(answers), np.bool_)
    bounds = np.searchsorted(who, answers.profile), np.searchsorted(who, answers.profile, side="right")
    for at, (low, high, moment) in enumerate(zip(*bounds, answers.time, strict=True)):
        if low < high:
            place = int(np.searchsorted(when[low:high], moment))
            met[at] = place > 0 and moment - when[low + place - 1] <= window
    return met


def _touchpoint(places: journeys.Places, deed: Done) -> str | None:
    """What the maps call an event of this kind, as far as its name tells."""
    if deed.kind != "event":
        return None
    place = places.of({"type": deed.what.type, "name": deed.what.name, "channel": None, "properties": "{}"})
    return place.touchpoint.name if place else None


def _deed(deed: Done, found: contrast.Contrast, at: int) -> Deed:
    q = found.q[at]
    return Deed(
        key=deed.key,
        kind=deed.kind,
        type=deed.what.type or None,
        name=deed.what.name,
        touchpoint=deed.touchpoint,
        window=deed.window,
        bad=int(found.bad_did[at]),
        good=int(found.good_did[at]),
        bad_share=float(found.bad_did[at] / found.bad) if found.bad else 0.0,
        good_share=float(found.good_did[at] / found.good) if found.good else 0.0,
        odds=float(np.exp(found.odds[at])),
        low=float(np.exp(found.low[at])),
        high=float(np.exp(found.high[at])),
        q=q,
        found=q is not None and q <= FALSE_DISCOVERY_RATE,
    )


def _driver(feature: Feature, found: importance.Importance, at: int) -> Driver:
    q = found.q[at]
    return Driver(
        key=feature.key,
        kind=feature.kind,
        name=feature.name,
        touchpoint=feature.touchpoint,
        share=feature.share,
        importance=Figure(float(found.weight[at]), float(found.weight_low[at]), float(found.weight_high[at])),
        slope=Figure(float(found.slope[at]), float(found.slope_low[at]), float(found.slope_high[at])),
        q=q,
        found=q is not None and q <= FALSE_DISCOVERY_RATE,
    )


__all__ = ["Deeper", "Friction", "Hits", "kind_key", "reading", "sides"]
