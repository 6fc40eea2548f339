"""Why somebody is in an audience or not: since when, by which event, until when. Worked out from the whole history.

A rule can change its answer only at certain moments: an event, or an event's time plus a period. Going from one to the
next, back from now and on from now, tells since when it is so and until when it stays so if nothing else happens.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from resa.kernel.audiences import bulk, evaluating, histories, plan
from resa.kernel.audiences.facts import Facts, View
from resa.kernel.audiences.plan import Stages, text_of
from resa.kernel.audiences.rules import Audience, Rule, conditions
from resa.kernel.body import Body

MOST_MOMENTS: Final = 2_000
"""Moments looked at in either direction; what lasted longer is said to have lasted for ever."""


class Reason(msgspec.Struct):
    """A part of a rule and how it stands: since when (None: ever), by which event's row, until when (None: no end in sight)."""

    rule: Rule
    met: bool
    since: int | None
    row: int | None
    until: int | None
    reasons: list[Reason]


class Story:
    """One customer's history, held against rules at any time."""

    def __init__(self, view: View, audiences: Mapping[str, Audience], terms: Mapping[str, int], stages: Stages) -> None:
        """`terms`: the numbers under which the view has its facts, by their texts."""
        self._view, self._audiences, self._terms, self._stages = view, audiences, terms, stages
        self._tests: dict[int, evaluating.Test] = {}

    def _test(self, leaf: Rule) -> evaluating.Test:
        if id(leaf) not in self._tests:
            numbers = [self._terms[text_of(source)] for source in plan.sources(leaf, self._stages)]
            self._tests[id(leaf)] = evaluating.test_of(leaf, numbers)
        return self._tests[id(leaf)]

    def met(self, rule: Rule, now: int) -> bool:
        """Whether a rule holds at a time, for all that is known today."""
        if rule.not_ is not None:
            return not self.met(rule.not_, now)
        if rule.all is not None:
            return all(self.met(part, now) for part in rule.all)
        if rule.any is not None:
            return any(self.met(part, now) for part in rule.any)
        if rule.segment is not None:
            other = self._audiences.get(rule.segment)
            return other is not None and self.met(other.rule, now)
        return self._test(rule).verdict(self._view, now)[0]

    def moments(self, rule: Rule) -> list[int]:
        """All times at which the answer may change, ascending."""
        found: set[int] = set()
        for leaf in conditions(rule):
            if leaf.segment is None:
                found.update(self._test(leaf).moments(self._view))
            elif leaf.segment in self._audiences:
                found.update(self.moments(self._audiences[leaf.segment].rule))
        return sorted(found)

    def since(self, rule: Rule, now: int) -> int | None:
        """The moment from which on the answer has been what it is now; None if it never was another."""
        return self._since(rule, now, self.moments(rule))

    def _since(self, rule: Rule, now: int, moments: Sequence[int]) -> int | None:
        met, place = self.met(rule, now), bisect_right(moments, now)
        for moment in reversed(moments[max(0, place - MOST_MOMENTS) : place]):
            if self.met(rule, moment - 1) != met:
                return moment
        return None

    def _until(self, rule: Rule, now: int, moments: Sequence[int]) -> int | None:
        met, place = self.met(rule, now), bisect_right(moments, now)
        for moment in moments[place : place + MOST_MOMENTS]:
            if self.met(rule, moment) != met:
                return moment
        return None

    def reason(self, rule: Rule, now: int) -> Reason:
        """How a rule and its parts stand."""
        moments = self.moments(rule)
        since = self._since(rule, now, moments)
        parts = rule.parts()
        if rule.segment is not None and rule.segment in self._audiences:
            parts = [self._audiences[rule.segment].rule]
        reasons = [self.reason(part, now) for part in parts]
        return Reason(
            rule, self.met(rule, now), since, self._row(rule, since, now), self._until(rule, now, moments), reasons
        )

    def _row(self, rule: Rule, since: int | None, now: int) -> int | None:
        """The event at the moment it began; for a condition without one, the latest event it rests on."""
        leaves = self._leaves(rule)
        causes = [self._test(leaf).cause(self._view, now if since is None else since) for leaf in leaves]
        began = [row for time, row in filter(None, causes) if time == since]
        if began or rule.parts() or rule.segment:
            return max(began, default=None)
        latest = self._test(rule).cause(self._view, now)
        return latest[1] if latest is not None else None

    def _leaves(self, rule: Rule) -> list[Rule]:
        found: list[Rule] = []
        for leaf in conditions(rule):
            if leaf.segment is None:
                found.append(leaf)
            elif leaf.segment in self._audiences:
                found += self._leaves(self._audiences[leaf.segment].rule)
        return found


def stories(
    body: Body,
    audiences: Mapping[str, Audience],
    key: str,
    stages: Stages,
    people: Mapping[int, Sequence[int]],
    now: int,
) -> dict[int, Story]:
    """The histories of some profiles (number -> identities) as far as an audience asks."""
    needed = bulk.needed(audiences, key)
    sources = {
        text_of(source): source
        for other in needed
        for leaf in conditions(audiences[other].rule)
        for source in plan.sources(leaf, stages)
    }
    numbers = {text: number for number, text in enumerate(sources)}
    terms = {numbers[text]: source for text, source in sources.items()}
    members = [identity for each in people.values() for identity in each]
    facts = histories.read(body, terms, histories.these(members), body.landed(), now, whole=True)
    chosen = {other: audiences[other] for other in needed}
    return {
        profile: Story(View([facts.get(i) or Facts() for i in identities]), chosen, numbers, stages)
        for profile, identities in people.items()
    }
