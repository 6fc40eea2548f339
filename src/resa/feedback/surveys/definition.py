"""What people write down of a survey: the kind `survey` (docs/surveys.md)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from resa.kernel.matching import Match

MOST_QUESTIONS: Final = 100
MOST_OPTIONS: Final = 100
MOST_LANGUAGES: Final = 40
LEAST_ANONYMOUS: Final = 5
"""Fewer answers of an anonymous survey than that point at somebody: neither figures nor words of theirs are shown."""
LONGEST_TEXT: Final = 10_000
"""Characters of one text answer, whatever its question allows."""

Kind = Literal[
    "nps", "csat", "ces", "scale", "single", "multiple", "ranking", "matrix", "text", "rating", "date", "contact"
]
KINDS: Final = (
    *("nps", "csat", "ces", "scale", "single", "multiple"),
    *("ranking", "matrix", "text", "rating", "date", "contact"),
)
METRICS: Final = ("nps", "csat", "ces")
CHOICES: Final = ("single", "multiple", "ranking", "matrix")
"""Kinds that have options."""
NUMBERS: Final = ("nps", "csat", "ces", "scale", "rating")
"""Kinds answered with one whole number."""

Channel = Literal["site", "link", "email", "api"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Period = Annotated[str, msgspec.Meta(max_length=40)]
Said = Annotated[str, msgspec.Meta(max_length=2000)]
Texts = Annotated[dict[str, Said], msgspec.Meta(max_length=MOST_LANGUAGES)]
"""By language (BCP 47), a text; where one is missing, the survey's first language is spoken."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Quota = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]


class _Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, omit_defaults=True):
    """Part of a survey. What is not said is not written either."""


class Condition(_Part, frozen=True, kw_only=True):
    """What must hold: an earlier answer (`question`, `op`, `value`), or belonging to an `audience` or not.

    `is`, `is_not` and `in` compare option keys, texts or numbers (`in` takes a list; of several picked, one is enough);
    `at_least` and `at_most` compare numbers; `answered` and `skipped` take no value.
    """

    question: Key | None = None
    op: Literal["is", "is_not", "in", "at_least", "at_most", "answered", "skipped"] = "answered"
    value: str | int | float | list[str | int | float] | None = None
    audience: Key | None = None
    member: bool = True


Conditions = Annotated[list[Condition], msgspec.Meta(max_length=20)]


class Option(_Part, frozen=True, kw_only=True):
    """Something to choose, or a row of a matrix.

    `fixed` keeps its place when the others are shuffled; `alone` clears the other picks ("None of these"); `write_in` opens a
    line for words of one's own; `quota` is how many may choose it.
    """

    key: Key
    text: Texts = {}
    fixed: bool = False
    alone: bool = False
    write_in: bool = False
    quota: Quota | None = None


class Question(_Part, frozen=True, kw_only=True):
    """One question.

    `lowest`..`highest` are the ends of a scale (a rating: 1 to `highest` stars), `low` and `high` what stands at them; `rows`
    are those of a matrix, `options` its columns; `least` and `most` bound how many are picked; `fields` are what a contact
    question asks for. The answer becomes the customer's trait `trait`.
    """

    key: Key
    kind: Kind
    text: Texts = {}
    help: Texts = {}
    required: bool = False
    options: Annotated[list[Option], msgspec.Meta(max_length=MOST_OPTIONS)] = []
    rows: Annotated[list[Option], msgspec.Meta(max_length=MOST_OPTIONS)] = []
    low: Texts = {}
    high: Texts = {}
    lowest: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    highest: Annotated[int, msgspec.Meta(ge=2, le=10)] = 5
    least: Annotated[int, msgspec.Meta(ge=1, le=MOST_OPTIONS)] | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_OPTIONS)] | None = None
    fields: Annotated[list[Literal["name", "email", "phone"]], msgspec.Meta(max_length=3)] = msgspec.field(
        default_factory=lambda: ["email"]
    )
    earliest: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    latest: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    max_length: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_TEXT)] = 2000
    show_if: Conditions = []
    randomise: bool = False
    trait: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The smallest and largest number that answers it, both included."""
        known = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "rating": (1, self.highest)}
        return known.get(self.kind, (self.lowest, self.highest))


class Branch(_Part, frozen=True, kw_only=True):
    """After question `after` go on with `to` (a later question, or `end`), if all of `when` holds. The first that fits counts."""

    after: Key
    to: Key
    when: Conditions = []


class Transactional(_Part, frozen=True, kw_only=True, tag_field="kind", tag="transactional"):
    """Asked after something happened: any of `events`, at once or after `delay`."""

    events: Annotated[list[Match], msgspec.Meta(min_length=1, max_length=20)]
    delay: Period | None = None


class Relational(_Part, frozen=True, kw_only=True, tag_field="kind", tag="relational"):
    """Asked on a schedule: each person once in every so long."""

    every: Period


class Page(_Part, frozen=True, kw_only=True):
    """Addresses of pages: `simple` with `*`, or a regular expression; or such addresses left out."""

    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    type: Literal["simple", "regex"] = "simple"
    include: bool = True


class Appearing(_Part, frozen=True, kw_only=True):
    """When it appears on a page: at once, after some seconds, after scrolling a share of it, or when leaving."""

    when: Literal["at_once", "delay", "scroll", "exit"] = "delay"
    seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 5
    scrolled: Share = 0.5


class Survey(_Part, frozen=True, kw_only=True):
    """Questions for customers or employees, whom they are for, and when and where they are asked.

    `languages`: the first is spoken where a text is missing. `rest` is its own rhythm: not again within so long. `sample` is the
    share of people who are ever asked. `open_link` lets anybody answer under `/s/<key>`. `partial_after`: an answering that
    rests so long is closed as it is. `anonymous` can't be taken back by a later version for answers given before.
    """

    name: Name
    description: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    owner: Words = ""
    about: Literal["customers", "employees"] = "customers"
    status: Literal["draft", "live", "paused", "ended"] = "draft"
    anonymous: bool = False
    languages: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_LANGUAGES)] = msgspec.field(
        default_factory=lambda: ["en"]
    )
    questions: Annotated[list[Question], msgspec.Meta(max_length=MOST_QUESTIONS)] = []
    intro: Texts = {}
    thanks: Texts = {}
    order: Literal["fixed", "random"] = "fixed"
    branches: Annotated[list[Branch], msgspec.Meta(max_length=200)] = []
    quota: Quota | None = None
    channels: Annotated[list[Channel], msgspec.Meta(max_length=4)] = msgspec.field(
        default_factory=lambda: ["site", "link", "email", "api"]
    )
    open_link: bool = False
    trigger: Transactional | Relational | None = None
    audience: Key | None = None
    persona: Key | None = None
    sample: Share = 1.0
    rest: Period = "30 days"
    placement: Key | None = None
    pages: Annotated[list[Page], msgspec.Meta(max_length=50)] = []
    appearing: Appearing = msgspec.field(default_factory=Appearing)
    priority: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 50
    purpose: Literal["analytics", "personalisation", "marketing", "sharing"] | None = None
    partial_after: Period = "30 minutes"
    link_lives: Period = "90 days"
    brand: Key | None = None
    goal: Key | None = None
    map: Key | None = None
    stage: Key | None = None
    touchpoint: Key | None = None

    def question(self, key: str) -> Question | None:
        """The question of that key."""
        return next((each for each in self.questions if each.key == key), None)

    @property
    def metric(self) -> Question | None:
        """The first question that measures NPS, CSAT or CES: its answer is the response's score."""
        return next((each for each in self.questions if each.kind in METRICS), None)
