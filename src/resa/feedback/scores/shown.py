"""What the API says of a survey's results: every figure with its 95 % interval, nothing without the number it rests on."""

from __future__ import annotations

from typing import Literal

import msgspec

from resa.feedback.scores.scales import Metric
from resa.kernel import times
from resa.kernel.periods import Period


class Span(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """A period: from `from` up to, not including, `to`."""

    start: str
    end: str

    @classmethod
    def of(cls, period: Period) -> Span:
        """A period as the API writes it."""
        return cls(times.iso(period.start), times.iso(period.end))


class Figure(msgspec.Struct, frozen=True):
    """A value with its 95 % interval; null where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None


class Step(msgspec.Struct, frozen=True):
    """An answer of the scale, by how many it was given; `kind`: whether it is a bad or a good one."""

    answer: int
    kind: Literal["bad", "neutral", "good"]
    n: int
    share: float


class Point(msgspec.Struct, frozen=True):
    """A stretch of time, which begins at `at`."""

    at: str
    n: int
    score: Figure


class Response(msgspec.Struct, frozen=True):
    """Who was asked in the period and what became of it so far. `waiting`: asked so lately that an answer may still come.

    `rate` is of those asked whose time is over; `unasked` are responses to no asking (an open link, an import).
    """

    asked: int
    waiting: int
    shown: int
    dismissed: int
    answered: int
    complete: int
    unasked: int
    rate: Figure | None


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /api/survey-results/{key} answers. An NPS is in points, a CSAT a share, a CES a mean of 1 to 7.

    `change` is score less `previous`, with the interval of that difference. `metric` null: the survey asks for no score.
    """

    key: str
    name: str
    about: str
    anonymous: bool
    status: str | None
    metric: Metric | None
    period: Span
    compare: Span | None
    n: int
    people: int
    score: Figure | None
    mean: Figure | None
    previous: Figure | None
    previous_n: int | None
    change: Figure | None
    distribution: list[Step]
    previous_distribution: list[Step]
    interval: Literal["day", "week", "month"]
    series: list[Point]
    response: Response
    partial: bool
    """There are more responses than are read: the figures are of the latest."""
    as_of: str
    took_ms: int
    withheld: bool = False
    """An anonymous survey, and too few answers for a figure."""


class SurveyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A survey in the list: its responses in the period, its score, the share of those asked who answered."""

    key: str
    name: str
    about: str
    status: str | None
    metric: Metric | None
    responses: int
    score: Figure | None
    n: int
    asked: int
    last: str | None


class SurveyRows(msgspec.Struct, frozen=True):
    """What GET /api/survey-results answers: surveys that are defined or were answered, the most answered first."""

    items: list[SurveyRow]
    next: str | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the answers; `difference` is their score less that of all other answers, its interval widened for the number of
    groups (Bonferroni). `differs`: that interval leaves out nothing. `withheld`: an anonymous survey, and too few answers."""

    key: str
    text: str
    n: int
    people: int
    score: Figure | None
    bad: float | None
    good: float | None
    difference: Figure | None
    differs: bool
    withheld: bool = False


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /api/survey-results/{key}/groups answers: the largest groups first."""

    by: str
    metric: Metric | None
    groups: list[Group]
    unknown: int
    """Answers that belong to no group."""


Verdict = Literal[
    "differs",
    "same",
    "nobody asked",
    "too few answers",
    "everybody answered",
    "nothing known",
    "no overlap",
    "few count",
    "no score",
]


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """The score as it would be had everybody answered who was asked, beside the raw one of those who were asked and answered.

    `shift` is corrected less raw. `verdict`: those who answered `differs` from those who did not, or the `same` is said by both;
    else why nothing is corrected. `size`: how many equal answers the weighted ones are worth. `trimmed`: share of askings that
    nearly nobody like them answers. `sampled`: askings were drawn with different probabilities, which count.
    """

    metric: Metric | None
    asked: int
    waiting: int
    answered: int
    raw: Figure | None
    corrected: Figure | None
    shift: Figure | None
    verdict: Verdict
    size: float | None
    trimmed: float | None
    tells: float | None
    sampled: bool
    as_of: str


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something customers did, or met, before their answer. `odds` above 1: more often before a bad one. `q`: false
    discovery rate at which it is found; null: too few customers to tell."""

    key: str
    kind: Literal["event", "signal"]
    type: str | None
    name: str
    touchpoint: str | None
    window: Literal["30m", "7d"]
    bad: int
    good: int
    bad_share: float
    good_share: float
    odds: float
    low: float
    high: float
    q: float | None
    found: bool


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /api/survey-results/{key}/before answers: customers by their last answer, a bad one or a good one."""

    metric: Metric | None
    bad: int
    good: int
    items: list[Deed]
    false_discovery_rate: float
    as_of: str


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes with the score. `importance`: its part of what all drivers explain together (R^2), with an interval;
    `slope`: points of the score with it (or with one more of it) against without, all others alike. Association, not effect."""

    key: str
    kind: Literal["event", "signal", "delivery", "answer", "channel", "theme"]
    name: str
    touchpoint: str | None
    share: float | None
    importance: Figure
    slope: Figure
    q: float | None
    found: bool


class Drivers(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /api/survey-results/{key}/drivers answers; `reason` says why there are none."""

    metric: Metric | None
    people: int
    explained: float | None
    items: list[Driver]
    reason: Literal["no score", "too few answers", "nothing varies"] | None
    as_of: str


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What one more goes with in the days after the answer, per customer: `returned` as a share, `spent` in the currency.

    `step`: one more on the scale of the question. `point`: one more of the score itself (an NPS point; a percent of a CSAT;
    a point of a CES). `shown`: told from nothing.
    """

    outcome: Literal["returned", "spent"]
    step: Figure
    point: Figure
    shown: bool
    level: float
    """The mean over the customers followed."""


class Worths(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /api/survey-results/{key}/worth answers, over answers of the year before that were followed for `days`."""

    metric: Metric | None
    days: int
    period: Span
    people: int
    currency: str | None
    items: list[Worth]
    reason: Literal["no score", "too few answers"] | None
    as_of: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer behind a figure, with the latest answer that puts them there."""

    profile: str
    name: str | None
    email: str | None
    score: float | None
    comment: str | None
    time: str
    row: int
    simulated: bool


class People(msgspec.Struct, frozen=True):
    """A page of the customers behind a figure, latest answer first; `total` is how many there are."""

    total: int
    items: list[Person]
    next: str | None
