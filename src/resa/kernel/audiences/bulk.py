"""The rules held against everyone, as of a time: a scan of the log answers all behaviours of a rule at once.

Each condition becomes one bit per profile; all, any and not are set operations on those bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resa.kernel.audiences import evaluating, plan
from resa.kernel.audiences.facts import View
from resa.kernel.audiences.plan import Behaviour, Present, Stages
from resa.kernel.audiences.rules import Audience, Consent, Rule, conditions, references, span
from resa.kernel.audiences.words import Words
from resa.kernel.body import Body

Mask = npt.NDArray[np.bool_]


@dataclass
class _Column:
    """What a condition adds to the one scan: columns of the events, and an aggregate of them that is its verdict."""

    rows: str
    events: list[tuple[str, str]]
    verdict: str


def members(body: Body, audiences: Mapping[str, Audience], key: str, stages: Stages, now: int, size: int) -> Mask:
    """For each profile number below `size` whether it belongs to an audience as of `now` (ms)."""
    chosen = {other: audiences[other] for other in needed(audiences, key)}
    return everyone(body, chosen, stages, now, size)[key]


def everyone(body: Body, audiences: Mapping[str, Audience], stages: Stages, now: int, size: int) -> dict[str, Mask]:
    """The same of several audiences."""
    asking = Asking(body, stages, now, size)
    found: dict[str, Mask] = {}
    for key in plan.order(audiences):
        found[key] = asking.rule(audiences[key].rule, found)
    return {key: found.get(key, asking.nobody) for key in audiences}


def needed(audiences: Mapping[str, Audience], key: str) -> set[str]:
    """An audience and all that it refers to, directly or not."""
    found, waiting = {key}, [key]
    while waiting:
        for other in references(audiences[waiting.pop()].rule):
            if other in audiences and other not in found:
                found.add(other)
                waiting.append(other)
    return found


class Asking:
    """Rules asked of everyone as of one time; what was asked once is not asked again."""

    def __init__(self, body: Body, stages: Stages, now: int, size: int) -> None:
        """`size`: one more than the highest profile number."""
        self._body, self._stages, self._now, self._size = body, stages, now, size
        self._words = Words(body.dialect)
        self._known: dict[str, Mask] = {}
        self.nobody: Mask = np.zeros(size, np.bool_)
        self.everybody = self._everybody()

    def _everybody(self) -> Mask:
        """Who has an event by then. What a fast clock dates ahead is here when it is received."""
        when = f"least(time, received_at) <= {self._now}"
        return self.profiles(f"SELECT DISTINCT profile FROM log WHERE NOT bot AND {when}")

    def profiles(self, question: str) -> Mask:
        """The profiles that a question names."""
        found = np.zeros(self._size, np.bool_)
        profiles = self._body.native(question).column("profile").to_numpy()
        found[profiles[profiles < self._size]] = True
        return found

    def rule(self, rule: Rule, others: Mapping[str, Mask]) -> Mask:
        """Who meets a rule; `others` are the audiences it may refer to."""
        self._ask(list(conditions(rule)))
        return self._combined(rule, others) & self.everybody

    def _combined(self, rule: Rule, others: Mapping[str, Mask]) -> Mask:
        if rule.not_ is not None:
            return ~self._combined(rule.not_, others)
        if rule.all is not None:
            every: Mask = np.logical_and.reduce([self._combined(part, others) for part in rule.all])
            return every
        if rule.any is not None:
            some: Mask = np.logical_or.reduce([self._combined(part, others) for part in rule.any])
            return some
        if rule.segment is not None:
            return others.get(rule.segment, self.nobody)
        return self._known[_text(rule)]

    def _ask(self, leaves: list[Rule]) -> None:
        wanted = {_text(leaf): leaf for leaf in leaves if leaf.segment is None and _text(leaf) not in self._known}
        scanned: dict[str, _Column] = {}
        for text, leaf in wanted.items():
            if leaf.ordered is not None:
                self._known[text] = self.profiles(self._ordered(leaf))
            elif leaf.trait is not None or leaf.consent is not None or leaf.context is not None:
                self._known[text] = self._of_latest(leaf)
            else:
                scanned[text] = self._column(leaf, f"c{len(scanned)}")
        if scanned:
            self._scan({text: wanted[text] for text in scanned}, scanned)

    def _scan(self, leaves: Mapping[str, Rule], columns: Mapping[str, _Column]) -> None:
        """All behaviours, contexts and stages in one pass over the log."""
        events = ", ".join(f"{what} AS {name}" for column in columns.values() for name, what in column.events)
        rows = " OR ".join(sorted({column.rows for column in columns.values()}))
        verdicts = ", ".join(f"{column.verdict} AS v{place}" for place, column in enumerate(columns.values()))
        found = self._body.native(
            f"SELECT profile, {verdicts} FROM (SELECT profile, time, {self._words.row}, {events} FROM log "
            f"WHERE NOT bot AND time <= {self._now} AND ({rows})) GROUP BY profile"
        )
        profiles = found.column("profile").to_numpy()
        inside = profiles < self._size
        for place, text in enumerate(columns):
            mask = np.full(self._size, self._without_facts(leaves[text]), np.bool_)
            said = found.column(f"v{place}").combine_chunks().fill_null(False)
            mask[profiles[inside]] = said.to_numpy(zero_copy_only=False)[inside]
            self._known[text] = mask

    def _without_facts(self, leaf: Rule) -> bool:
        terms = range(len(plan.sources(leaf, self._stages)))
        return evaluating.test_of(leaf, list(terms)).verdict(View([]), self._now)[0]

    def _column(self, leaf: Rule, name: str) -> _Column:
        if leaf.did is not None:
            low, high = leaf.did.bounds()
            matched = self._words.any_of(leaf.did.any)
            count = f"count(*) FILTER (WHERE {name} AND {self._since(leaf.did.within)})"
            return _Column(matched, [(name, matched)], _between(count, low, high))
        if leaf.sum is not None:
            (source,) = plan.sources(leaf, self._stages)
            assert isinstance(source, Behaviour)
            matched = self._words.any_of(leaf.sum.any)
            value = f"CASE WHEN {matched} THEN {self._words.value_of(source)} END"
            total = f"coalesce(sum({name}) FILTER (WHERE {self._since(leaf.sum.within)}), 0)"
            return _Column(matched, [(name, value)], _between(total, *leaf.sum.bounds()))
        if leaf.time is not None:
            matched = self._words.any_of(leaf.time.any)
            moment = f"{'min' if leaf.time.which == 'first' else 'max'}(time) FILTER (WHERE {name})"
            cut = self._now - (span(leaf.time.within or leaf.time.longer_ago) or 0)
            return _Column(matched, [(name, matched)], f"{moment} {'>' if leaf.time.within else '<='} {cut}")
        if leaf.without is not None:
            return self._without(leaf, name)
        (source,) = plan.sources(leaf, self._stages)
        assert isinstance(source, Present)
        assert leaf.stage is not None
        wanted = ", ".join(map(self._words.sql.literal, leaf.stage.stages))
        rows = self._words.any_of([match for _, match in source.rules]) if source.rules else "FALSE"
        latest = f"max_by({name}, {self._words.key}) FILTER (WHERE {name} IS NOT NULL)"
        return _Column(rows, [(name, self._words.stage_of(source))], f"coalesce({latest} IN ({wanted}), FALSE)")

    def _without(self, leaf: Rule, name: str) -> _Column:
        assert leaf.without is not None
        done, followed = self._words.any_of(leaf.without.any), self._words.any_of(leaf.without.without)
        ripe = f"time <= {self._now - (span(leaf.without.after) or 0)}"
        waiting = f"max({self._words.key}) FILTER (WHERE {name} AND {self._since(leaf.without.within)} AND {ripe})"
        last = f"max({self._words.key}) FILTER (WHERE {name}f)"
        verdict = f"coalesce({waiting} > {last}, {waiting} IS NOT NULL)"
        return _Column(f"({done} OR {followed})", [(name, done), (f"{name}f", followed)], verdict)

    def _since(self, within: str | None) -> str:
        window = span(within)
        return "TRUE" if window is None else f"time > {self._now - window}"

    def _ordered(self, leaf: Rule) -> str:
        """The start of a chain is handed on from step to step, the latest one each time."""
        assert leaf.ordered is not None
        steps = [self._words.any_of(step.any) for step in leaf.ordered.steps]
        named = ", ".join(f"{step} AS s{place}" for place, step in enumerate(steps))
        row = self._words.row
        before = f"OVER (PARTITION BY profile ORDER BY time, {row} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        question = (
            f"SELECT *, CASE WHEN s0 THEN time END AS b0 FROM (SELECT profile, time, {row}, {named} FROM log "
            f"WHERE NOT bot AND time <= {self._now} AND {self._since(leaf.ordered.within)} AND ({' OR '.join(steps)}))"
        )
        for place in range(1, len(steps)):
            handed = f"CASE WHEN s{place} THEN max(b{place - 1}) {before} END AS b{place}"
            question = f"SELECT *, {handed} FROM ({question})"
        apart = span(leaf.ordered.apart)
        return f"SELECT DISTINCT profile FROM ({question}) WHERE time - b{len(steps) - 1} <= {apart}"

    def _of_latest(self, leaf: Rule) -> Mask:
        found = self._body.native(self._consented(leaf.consent) if leaf.consent is not None else self._said(leaf))
        mask = np.full(self._size, self._without_facts(leaf), np.bool_)
        profiles = found.column("profile").to_numpy()
        met = found.column("met").combine_chunks().fill_null(False).to_numpy(zero_copy_only=False)
        mask[profiles[profiles < self._size]] = met[profiles < self._size]
        return mask

    def _said(self, leaf: Rule) -> str:
        """A trait by its latest fact, a context by the latest event that has it."""
        if leaf.trait is not None:
            latest = (
                f"SELECT profile, '{{\"x\":' || max_by(value, {self._words.by_rank}) || '}}' AS properties FROM trait_facts "
                f"WHERE name = {self._words.sql.literal(leaf.trait.property)} AND time <= {self._now} GROUP BY profile"
            )
            return f"SELECT profile, {self._words.holds(leaf.trait)} AS met FROM ({latest})"
        assert leaf.context is not None
        column = leaf.context.property
        value = self._words.sql.object(f"max_by({column}, {self._words.key})")
        latest = (
            f"SELECT profile, {value} AS properties FROM log "
            f"WHERE NOT bot AND time <= {self._now} AND {column} IS NOT NULL GROUP BY profile"
        )
        return f"SELECT profile, {self._words.holds(leaf.context)} AS met FROM ({latest})"

    def _consented(self, consent: Consent) -> str:
        """The latest of each identity, then the strictest of them."""
        each = (
            f"SELECT profile, max_by(state, {self._words.by_rank}) AS state FROM consent_facts "
            f"WHERE purpose = {self._words.sql.literal(consent.purpose)} AND time <= {self._now} GROUP BY profile, identity"
        )
        strictest = "CASE WHEN bool_or(state = 'denied') THEN 'denied' ELSE 'granted' END"
        return f"SELECT profile, {strictest} = {self._words.sql.literal(consent.state)} AS met FROM ({each}) GROUP BY profile"


def _between(value: str, low: int | None, high: int | None) -> str:
    bounds = [f"{value} >= {low}"] if low is not None else []
    return " AND ".join([*bounds, *([f"{value} <= {high}"] if high is not None else [])])


def _text(leaf: Rule) -> str:
    return repr(leaf)
