"""A survey's results through a lens: the score now and before, by whom it was given, and each question's answers."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa.feedback.scores import definitions, questions, reading, stages
from resa.feedback.scores.definitions import Known
from resa.feedback.scores.intervals import Sample, difference
from resa.feedback.scores.questions import Completion, QuestionResult
from resa.feedback.scores.reading import Answers, Askings
from resa.feedback.scores.scales import Array, Metric, Scale
from resa.feedback.scores.shown import (
    Figure,
    Group,
    Groups,
    Point,
    Response,
    Score,
    Span,
    Step,
    SurveyRow,
    SurveyRows,
)
from resa.feedback.surveys.definition import LEAST_ANONYMOUS
from resa.kernel import preferences, times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.matching.sql import text_of
from resa.kernel.metrics.evaluation import edges_of
from resa.kernel.periods import Period
from resa.kernel.proportions import quantile, wilson
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

HOUR: Final = 3_600_000
ON_SITE: Final = frozenset({"site", "web", "app"})
WAIT_ON_SITE: Final = HOUR
WAIT: Final = 72 * HOUR
"""For so long after an asking an answer may still come; until then it is not called unanswered."""
MOST_GROUPS: Final = 24
MOST_SURVEYS: Final = 200

Interval = Literal["day", "week", "month"]


class Questions(msgspec.Struct, frozen=True):
    """What GET /api/survey-results/{key}/questions answers."""

    completion: Completion
    items: list[QuestionResult]
    partial: bool
    as_of: str


class Grouping(NamedTuple):
    """A way of telling answers apart: names and texts of groups, and for each answer its groups (a mask each)."""

    names: list[tuple[str, str]]
    masks: list[Array]


class Results:
    """Answers what answers say, of one workspace. Thread-safe; what was read last is kept."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is read yet."""
        self.workspace = workspace
        self._answers = Recent(12)
        self._askings = Recent(6)

    # -- what is read ----------------------------------------------------------------------------------------------

    def answers(self, survey: str, lens: Lens) -> Answers:
        """The responses of a period."""
        found: Answers = self._answers.get(
            self.token(survey, lens), lambda: reading.answers(self.workspace, survey, lens)
        )
        return found

    def askings(self, survey: str, lens: Lens) -> Askings:
        """Who was asked in the period."""
        found: Askings = self._askings.get(
            self.token(survey, lens), lambda: reading.askings(self.workspace, survey, lens)
        )
        return found

    def token(self, survey: str, lens: Lens) -> Hashable:
        """All that an answer depends on. The identity map is immutable: a merge makes another one."""
        workspace = self.workspace
        population = workspace.populations.get(lens.population).token if lens.population else None
        return survey, lens, population, workspace.body.landed(), workspace.identities.map()

    def find(self, survey: str) -> Known:
        """The survey; one that only answers know is called by its key. Raises NotFound where neither is there."""
        if known := definitions.known(self.workspace, survey):
            return known
        if not self._ever(survey):
            raise NotFound("survey", survey, "Use the key of a survey that is defined or was answered.")
        return Known(survey, survey)

    def _ever(self, survey: str) -> bool:
        dialect = self.workspace.body.dialect
        everything = Lens(Period(-(2**53), 2**53))
        where = reading.Selection(dialect, survey, everything).where(reading.ANSWERED, reading.REQUESTED, reading.SHOWN)
        return bool(self.workspace.body.native(f"SELECT 1 AS one FROM log WHERE {where} LIMIT 1").num_rows)

    # -- the score -------------------------------------------------------------------------------------------------

    def score(self, survey: str, lens: Lens, compare: Period | None = None, interval: Interval | None = None) -> Score:
        """The score, its trend, its distribution, and how many of those asked answered."""
        began = time.perf_counter()
        known = self.find(survey)
        answers = self.answers(survey, lens)
        before = self.answers(survey, lens.during(compare)) if compare else None
        scale = answers.scale or (before.scale if before else None)
        least = _least(known)
        mine = _enough(_sample(answers, scale), least)
        its = _enough(_sample(before, scale), least) if before is not None else None
        scored = answers.take(answers.scored)
        spoken = lens.period if interval else _spoken(lens.period, scored)
        every = interval or _interval(spoken)
        return Score(
            key=survey,
            name=known.name,
            about=known.about,
            anonymous=known.anonymous,
            status=known.status,
            metric=scale.metric if scale else None,
            period=Span.of(lens.period),
            compare=Span.of(compare) if compare else None,
            n=len(scored),
            people=int(np.unique(scored.profile).size),
            score=Figure(*mine.score()) if mine else None,
            mean=Figure(*mine.average()) if mine else None,
            previous=Figure(*its.score()) if its else None,
            previous_n=its.n if its else None,
            change=Figure(*difference(mine, its)) if mine and its else None,
            distribution=_distribution(mine),
            previous_distribution=_distribution(its),
            interval=every,
            series=self._series(scored, scale, spoken, every, least),
            withheld=0 < len(scored) < least,
            response=self._response(survey, lens, answers),
            partial=answers.cut,
            as_of=times.iso(self.workspace.clock()),
            took_ms=round(1000 * (time.perf_counter() - began)),
        )

    def _series(
        self, scored: Answers, scale: Scale | None, period: Period, interval: Interval, least: int
    ) -> list[Point]:
        if scale is None:
            return []
        edges = np.array(edges_of(period, interval, preferences.zone(self.workspace.state)), np.int64)
        at = np.searchsorted(edges, scored.time, side="right") - 1
        found = []
        for place, begin in enumerate(edges.tolist()):
            mine = at == place
            sample = Sample.of(scale, scored.score[mine], scored.profile[mine])
            said = Figure(*sample.score()) if sample.n >= least else Figure(None, None, None)
            found.append(Point(times.iso(begin), sample.n, said))
        return found

    def _response(self, survey: str, lens: Lens, answers: Answers) -> Response:
        askings = self.askings(survey, lens)
        over = self.over(askings)
        asked, came = int(over.sum()), int((askings.answered & over).sum())
        requests = answers.text("request")
        return Response(
            asked=len(askings),
            waiting=len(askings) - asked,
            shown=int(askings.shown.sum()),
            dismissed=int(askings.dismissed.sum()),
            answered=int(askings.answered.sum()),
            complete=int(askings.complete.sum()),
            unasked=sum(not request for request in requests),
            rate=Figure(came / asked, *wilson(came, asked)) if asked else None,
        )

    def over(self, askings: Askings) -> Array:
        """The askings that are answered, or asked so long ago that no answer is waited for."""
        wait = np.array([WAIT_ON_SITE if channel in ON_SITE else WAIT for channel in askings.channel], np.int64)
        return askings.answered | (askings.time + wait <= self.workspace.clock()) if len(askings) else askings.answered

    # -- all surveys -----------------------------------------------------------------------------------------------

    def surveys(self, lens: Lens) -> SurveyRows:
        """Every survey with its score."""
        known = {each.key: each for each in definitions.all_known(self.workspace)}
        answered = self._answered(lens)
        keys = [*sorted(answered, key=lambda key: -answered[key]), *(key for key in known if key not in answered)]
        return SurveyRows([self._row(known.get(key) or Known(key, key), lens) for key in keys[:MOST_SURVEYS]])

    def _answered(self, lens: Lens) -> dict[str, int]:
        """Responses of the period by survey, whoever gave them."""
        dialect = self.workspace.body.dialect
        survey = text_of("survey", dialect)
        table = self.workspace.body.native(
            f"SELECT {survey} AS survey, count(*) AS times FROM log WHERE code <> 0 AND type = 'track' AND name = '{reading.ANSWERED}'"
            f" AND time >= {lens.period.start} AND time < {lens.period.end}{'' if lens.simulated else ' AND NOT simulated'}"
            f" AND {survey} IS NOT NULL GROUP BY {survey} ORDER BY times DESC LIMIT {MOST_SURVEYS}"
        )
        return {row["survey"]: row["times"] for row in table.to_pylist()}

    def _row(self, known: Known, lens: Lens) -> SurveyRow:
        answers = self.answers(known.key, lens)
        sample = _sample(answers, answers.scale)
        told = _enough(sample, _least(known))
        return SurveyRow(
            key=known.key,
            name=known.name,
            about=known.about,
            status=known.status,
            metric=answers.scale.metric if answers.scale else None,
            responses=len(answers),
            score=Figure(*told.score()) if told else None,
            n=sample.n if sample else 0,
            asked=len(self.askings(known.key, lens)),
            last=times.iso(int(answers.time.max())) if len(answers) else None,
        )

    # -- by whom ---------------------------------------------------------------------------------------------------

    def groups(self, survey: str, lens: Lens, by: str) -> Groups:
        """The score by who gave it, where and after what."""
        known = self.find(survey)
        answers = self.answers(survey, lens)
        scored = answers.take(answers.scored)
        grouping = self.grouping(scored, survey, lens, by)
        scale = answers.scale
        metric: Metric | None = scale.metric if scale else None
        if scale is None:
            return Groups(by=by, metric=None, groups=[], unknown=0)
        z = quantile(max(1, len(grouping.names)))
        found = [
            _group(scored, scale, name, mask, z, known.anonymous)
            for name, mask in zip(grouping.names, grouping.masks, strict=True)
        ]
        inside = np.logical_or.reduce(grouping.masks) if grouping.masks else np.zeros(len(scored), np.bool_)
        return Groups(by=by, metric=metric, groups=found, unknown=int((~inside).sum()))

    def grouping(self, answers: Answers, survey: str, lens: Lens, by: str) -> Grouping:
        """What tells these answers apart. Raises Refused for what does not."""
        if by in ("stage", "touchpoint"):
            where = reading.Selection(self.workspace.body.dialect, survey, lens).where(reading.ANSWERED)
            return _of_values(*stages.last_before(self.workspace, where, answers.row, by))
        if by in ("channel", "language", "version"):
            return _of_values(answers.text(by), {})
        if by.startswith("property:") and len(by) > len("property:"):
            return _of_values(answers.text(by.removeprefix("property:")), {})
        return self._of_populations(answers, by)

    def _of_populations(self, answers: Answers, by: str) -> Grouping:
        populations = self.workspace.populations
        names = populations.names(by) if by in ("persona", "audience") else list(dict.fromkeys(by.split(",")))
        if not all(name.startswith(("persona:", "audience:")) for name in names):
            remedy = "Use channel, language, version, stage, touchpoint, persona, audience, audience:<a>,audience:<b> or property:<name>."
            raise Refused("by", by, "answers can't be told apart by this.", remedy)
        size = int(answers.profile.max()) + 1 if len(answers) else 1
        chosen = names[:MOST_GROUPS]
        masks = [populations.get(name).mask(size)[answers.profile] for name in chosen]
        return Grouping([(name, self._named(name)) for name in chosen], masks)

    def _named(self, population: str) -> str:
        kind, _, key = population.partition(":")
        try:
            return str(self.workspace.definitions.get(kind, key).body.name)
        except (NotFound, AttributeError):
            return key

    # -- by question -----------------------------------------------------------------------------------------------

    def questions(self, survey: str, lens: Lens) -> Questions:
        """Each question's answers; of an anonymous survey's, none that are few enough to point at somebody."""
        known = self.find(survey)
        answers = self.answers(survey, lens)
        asked = list(known.questions) if known.questions is not None else definitions.guessed(answers.said)
        return Questions(
            questions.completion(answers),
            questions.results(answers, asked, least=_least(known)),
            answers.cut,
            times.iso(self.workspace.clock()),
        )


def _least(known: Known) -> int:
    """How many answers must lie behind a figure."""
    return LEAST_ANONYMOUS if known.anonymous else 0


def _enough(sample: Sample | None, least: int) -> Sample | None:
    return sample if sample is not None and sample.n >= least else None


def _sample(answers: Answers | None, scale: Scale | None) -> Sample | None:
    """None of no answers."""
    if answers is None or scale is None or (answers.scale is not None and answers.scale is not scale):
        return None
    sample = Sample.of(scale, answers.score, answers.profile)
    return sample if sample.n else None


def _distribution(sample: Sample | None) -> list[Step]:
    if sample is None:
        return []
    scale = sample.scale
    return [
        Step(
            step,
            "bad" if step <= scale.unhappy else "good" if step >= scale.happy else "neutral",
            count,
            count / sample.n,
        )
        for step, count in zip(sample.steps.tolist(), sample.counts.tolist(), strict=True)
    ]


def _spoken(period: Period, scored: Answers) -> Period:
    """The period from its first answer on: a survey that began last month is not drawn as a dot at the end of a year."""
    return period._replace(start=max(period.start, int(scored.time.min()))) if len(scored) else period


def _interval(period: Period) -> Interval:
    days = (period.end - period.start) / (24 * HOUR)
    return "day" if days <= 15 else "week" if days <= 190 else "month"


def _of_values(values: Sequence[str], texts: dict[str, str]) -> Grouping:
    """The largest groups; who says nothing is in none."""
    array = np.array(values, object)
    known, counts = (
        np.unique(array[array != ""].astype(str), return_counts=True)
        if len(values)
        else (np.zeros(0, str), np.zeros(0))
    )
    order = np.argsort(-counts, kind="stable")[:MOST_GROUPS]
    names = [str(known[place]) for place in order]
    return Grouping([(name, texts.get(name, name)) for name in names], [array == name for name in names])


def _group(scored: Answers, scale: Scale, name: tuple[str, str], mask: Array, z: float, anonymous: bool) -> Group:
    mask = mask.astype(np.bool_)
    mine = Sample.of(scale, scored.score[mask], scored.profile[mask])
    rest = Sample.of(scale, scored.score[~mask], scored.profile[~mask])
    people = int(np.unique(scored.profile[mask]).size)
    if anonymous and mine.n < LEAST_ANONYMOUS:
        return Group(
            key=name[0],
            text=name[1],
            n=mine.n,
            people=people,
            score=None,
            bad=None,
            good=None,
            difference=None,
            differs=False,
            withheld=True,
        )
    between = difference(mine, rest, z)
    return Group(
        key=name[0],
        text=name[1],
        n=mine.n,
        people=people,
        score=Figure(*mine.score()) if mine.n else None,
        bad=mine.bad / mine.n if mine.n else None,
        good=mine.good / mine.n if mine.n else None,
        difference=Figure(*between) if between.value is not None else None,
        differs=between.low is not None and between.high is not None and bool(between.low > 0 or between.high < 0),
    )
