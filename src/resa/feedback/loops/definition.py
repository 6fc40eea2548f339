"""The kind `feedback-rule`: which answers call for something, and what is done then."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Period = Annotated[str, msgspec.Meta(max_length=40)]

Metric = Literal["nps", "csat", "ces", "rating"]
Sentiment = Literal["positive", "neutral", "negative"]


class Worth(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Customers who spent at least so much, in one currency, within a period before their answer."""

    at_least: Annotated[float, msgspec.Meta(gt=0, le=1e12)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    within: Period = "365 days"


class When(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What an answer must be like: everything that is given must hold, of a list any one."""

    sources: Annotated[list[Short], msgspec.Meta(max_length=50)] = []
    """Comment sources: chats, tickets, whatever a workspace defined; none named: answers to surveys, and reviews."""
    surveys: Annotated[list[Short], msgspec.Meta(max_length=50)] = []
    metric: Metric | None = None
    score_from: float | None = None
    score_to: float | None = None
    """Both ends count."""
    sentiment: Annotated[list[Sentiment], msgspec.Meta(max_length=3)] = []
    themes: Annotated[list[Short], msgspec.Meta(max_length=50)] = []
    words: Annotated[list[Short], msgspec.Meta(max_length=50)] = []
    """Words or phrases in the comment; capitals, accents' forms and word endings beyond a `*` don't matter."""
    commented: bool | None = None
    audience: str | None = None
    worth: Worth | None = None
    channels: Annotated[list[Short], msgspec.Meta(max_length=20)] = []


class Hours(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """When a team works: days from 1 (Monday) to 7, from and to a time of the workspace's zone."""

    days: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=7)]], msgspec.Meta(min_length=1, max_length=7)] = (
        msgspec.field(default_factory=lambda: [1, 2, 3, 4, 5])
    )
    start: Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "09:00"
    end: Annotated[str, msgspec.Meta(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")] = "17:00"


class Alert(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Tell people of the team, by their e-mail addresses: in the console, and by mail too if `mail`."""

    to: Annotated[list[Short], msgspec.Meta(min_length=1, max_length=50)]
    mail: bool = False


class NewTask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Give somebody a task, due so long after the answer: counted in working time, or on the clock where `hours` is null."""

    title: Words = ""
    owner: Words = ""
    due: Period = "8 hours"
    hours: Hours | None = msgspec.field(default_factory=Hours)
    escalate_to: Words = ""
    """Who is told once it is overdue."""


class FollowUp(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Write to the customer: by a mail template, through the contact ledger and with their consent."""

    template: Short
    after: Period = "10 minutes"


class Webhook(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Tell another system: a signed POST to its address."""

    url: Annotated[str, msgspec.Meta(min_length=8, max_length=2000)]


class Then(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What is done; at least one of it."""

    alert: Alert | None = None
    task: NewTask | None = None
    follow_up: FollowUp | None = None
    webhook: Webhook | None = None

    @property
    def names(self) -> list[str]:
        """The actions there are, by their fields' names."""
        return [name for name in self.__struct_fields__ if getattr(self, name) is not None]


class FeedbackRule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """When an answer is like that, do this; for a share of the customers (`holdout`) nothing is done, to compare with."""

    name: Name
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    on: bool = True
    when: When = msgspec.field(default_factory=When)
    then: Then
    holdout: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.0
