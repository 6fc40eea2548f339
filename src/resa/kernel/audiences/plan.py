"""All audiences taken apart: the terms facts are kept of, the conditions over them, and what an event can change.

Equal parts of different audiences are one. Terms, conditions and audiences have numbers that are never used again, so
facts, verdicts and memberships that were written down under them stay right whatever is edited later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal

import msgspec

from resa.kernel.audiences import evaluating
from resa.kernel.audiences.evaluating import Test
from resa.kernel.audiences.facts import View
from resa.kernel.audiences.rules import MAX_SUM, Audience, Did, Rule, conditions, references, span, units
from resa.kernel.matching import NUMBER_COLUMNS, TEXT_COLUMNS, Match, python

StageRules = Sequence[tuple[str, Match]]
"""The matches of a journey map in order, each with the stage it stands for."""

Stages = Callable[[str], StageRules]
"""The stage rules of a map by its key; empty where there is no such map."""

Kind = Literal["term", "leaf", "audience"]
Numbering = Callable[[Kind, str], int]
"""The number of a part by its text: the same for the same text, a new one for a new."""

DAY: Final = 86_400_000
HORIZONS: Final = tuple(DAY * days for days in (0, 31, 366, 3650))
"""Windows share what is kept of a behaviour with others of about their length."""
NEWEST: Final = (8, 64, 512)
"""Counts within a window rest on the newest hits alone; they share what is kept with others of about their size."""

Holds = Callable[[int, int], bool]
"""Whether a rule holds, from the bits of the conditions met and of the audiences belonged to."""


class Behaviour(msgspec.Struct, frozen=True, tag="behaviour"):
    """Hits of events that meet any of the matches, with the value of a number where one is summed."""

    matches: tuple[Match, ...]
    property: str | None
    currency: str | None
    horizon: int
    newest: int | None = None
    """How many of the hits until now are enough; None: all within the horizon are needed."""


class Trait(msgspec.Struct, frozen=True, tag="trait"):
    """What was said of a trait."""

    name: str


class Purpose(msgspec.Struct, frozen=True, tag="purpose"):
    """What was decided about a purpose."""

    name: str


class Context(msgspec.Struct, frozen=True, tag="context"):
    """A column of the latest event that has it."""

    column: str


class Present(msgspec.Struct, frozen=True, tag="stage"):
    """The stage of the latest event on a map, by its rules as they are now."""

    journey: str
    rules: tuple[tuple[str, Match], ...]


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """That there was an event at all: who was never seen is in no audience, whatever it asks."""


Source = Behaviour | Trait | Purpose | Context | Present | Seen


def sources(rule: Rule, stages: Stages) -> list[Source]:
    """What facts must be kept for a condition, in the order in which its test wants them."""
    if rule.did is not None:
        return [_behaviour(rule.did.any, rule.did.within, newest=_newest(rule.did))]
    if rule.sum is not None:
        total = rule.sum
        return [_behaviour(total.any, total.within, total.property, total.currency)]
    if rule.time is not None:
        return [_behaviour(rule.time.any, None)]
    if rule.ordered is not None:
        return [_behaviour(step.any, rule.ordered.within) for step in rule.ordered.steps]
    if rule.without is not None:
        within, last = rule.without.within, NEWEST[0]
        return [_behaviour(rule.without.any, within), _behaviour(rule.without.without, within, newest=last)]
    if rule.trait is not None:
        return [Trait(rule.trait.property)]
    if rule.consent is not None:
        return [Purpose(rule.consent.purpose)]
    if rule.context is not None:
        return [Context(rule.context.property)]
    if rule.stage is not None:
        return [Present(rule.stage.journey, tuple(stages(rule.stage.journey)))]
    return []


def _behaviour(
    matches: list[Match],
    within: str | None,
    name: str | None = None,
    currency: str | None = None,
    newest: int | None = None,
) -> Behaviour:
    window = span(within) or 0
    return Behaviour(tuple(matches), name, currency, next(h for h in HORIZONS if h >= window), newest)


def _newest(did: Did) -> int | None:
    """The hits that decide a count: as many as it asks for, or one more than it allows."""
    low, high = did.bounds()
    needed = max(low, 0 if high is None else high + 1)
    return None if did.within is None else next((enough for enough in NEWEST if enough >= needed), None)


@dataclass
class Leaf:
    """A condition, and who depends on it."""

    number: int
    rule: Rule
    terms: list[int]
    test: Test
    audiences: list[int] = field(default_factory=list)
    places: int = 0
    """The places of those audiences in their order, as bits."""


class Concerned:
    """The conditions that rest on one term, as bits, by how many hits there are."""

    __slots__ = ("_from", "_masks", "all")

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        """Sort them by the hits that each needs."""
        self._from = sorted({leaf.test.needs for leaf in leaves} | {0})
        self._masks = [sum(1 << leaf.number for leaf in leaves if leaf.test.needs <= upto) for upto in self._from]
        self.all = self._masks[-1]

    def by(self, hits: int) -> int:
        """Those that can be other than they are without any; what needs more hits than there are is not met."""
        return self._masks[bisect_right(self._from, hits) - 1]


@dataclass
class Member:
    """An audience as it is asked."""

    key: str
    version: int
    number: int
    body: Audience
    holds: Holds
    leaves: list[int]
    refers: list[int]
    dependents: list[int] = field(default_factory=list)
    after: int = 0
    """The places of the dependents in the order of audiences, as bits."""


@dataclass
class Plan:
    """All audiences of a moment. `members` is in an order in which each comes after those it refers to."""

    members: dict[int, Member]
    by_key: dict[str, int]
    leaves: dict[int, Leaf]
    terms: dict[int, Source]
    of_term: dict[int, Concerned]
    """Term -> the conditions that depend on it."""
    reading: Reading
    places: list[Member]
    """The audiences in their order; a bit of `Leaf.places` and `Member.after` is a place in it."""
    lasting: int
    """The conditions that more events can't end, as bits."""
    empty_truths: int
    """The conditions that somebody of whom nothing is known meets, and the audiences they belong to."""
    empty_members: int


def order(audiences: Mapping[str, Audience]) -> list[str]:
    """The keys such that each comes after those it refers to. What is missing or circular is left out."""
    found: list[str] = []
    open_: set[str] = set()

    def follow(key: str) -> bool:
        if key in found:
            return True
        if key not in audiences or key in open_:
            return False
        open_.add(key)
        whole = all(follow(other) for other in sorted(references(audiences[key].rule)))
        open_.discard(key)
        if whole:
            found.append(key)
        return whole

    for key in sorted(audiences):
        follow(key)
    return found


def compile_all(
    audiences: Mapping[str, Audience], versions: Mapping[str, int], number: Numbering, stages: Stages
) -> Plan:
    """The plan for these audiences."""
    building = _Building(number, stages)
    for key in order(audiences):
        building.add(key, versions[key], audiences[key])
    return building.plan()


class _Building:
    def __init__(self, number: Numbering, stages: Stages) -> None:
        self._number = number
        self._stages = stages
        self._members: dict[int, Member] = {}
        self._by_key: dict[str, int] = {}
        self._leaves: dict[int, Leaf] = {}
        self._terms: dict[int, Source] = {}
        self._texts: dict[str, str] = {}

    def add(self, key: str, version: int, body: Audience) -> None:
        leaves: list[int] = []
        refers: list[int] = []

        def bit_of(rule: Rule) -> tuple[int, int]:
            if rule.segment is not None:
                refers.append(self._by_key[rule.segment])
                return 0, 1 << refers[-1]
            leaves.append(self._leaf(rule))
            return 1 << leaves[-1], 0

        holds = compiled(body.rule, bit_of)
        text = self._text_of(key, body)
        number = self._number("audience", text)
        member = Member(key, version, number, body, holds, sorted(set(leaves)), sorted(set(refers)))
        self._members[number] = member
        self._by_key[key] = number
        self._texts[key] = text
        for leaf in member.leaves:
            self._leaves[leaf].audiences.append(number)
        for other in member.refers:
            self._members[other].dependents.append(number)

    def _text_of(self, key: str, body: Audience) -> str:
        """Changes whenever the members may: with the rule, what it refers to, and the maps it speaks of."""
        parts = sorted(
            (leaf.segment or "", self._texts[leaf.segment or ""]) for leaf in conditions(body.rule) if leaf.segment
        )
        maps = sorted({text_of(s) for leaf in conditions(body.rule) if leaf.stage for s in sources(leaf, self._stages)})
        whole = msgspec.json.encode([key, body.rule, parts, maps])
        return f"{key}:{sha256(whole).hexdigest()[:32]}"

    def _leaf(self, rule: Rule) -> int:
        found = sources(rule, self._stages)
        terms = [self._number("term", text_of(source)) for source in found]
        self._terms.update(zip(terms, found, strict=True))
        number = self._number("leaf", msgspec.json.encode([rule, terms]).decode())
        if number not in self._leaves:
            self._leaves[number] = Leaf(number, rule, terms, evaluating.test_of(rule, terms))
        return number

    def plan(self) -> Plan:
        if self._members:
            self._terms[self._number("term", text_of(Seen()))] = Seen()
        of_term: dict[int, list[Leaf]] = {term: [] for term in self._terms}
        for leaf in self._leaves.values():
            for term in set(leaf.terms):
                of_term[term].append(leaf)
        leaves, places = self._leaves.values(), list(self._members.values())
        self._place(places)
        nothing = View([])
        empty = sum(1 << leaf.number for leaf in leaves if leaf.test.verdict(nothing, 0)[0])
        within = 0
        for member in places:
            within |= member.holds(empty, within) << member.number
        return Plan(
            members=self._members,
            by_key=self._by_key,
            leaves=self._leaves,
            terms=self._terms,
            of_term={term: Concerned(concerned) for term, concerned in of_term.items()},
            reading=Reading(self._terms),
            places=places,
            lasting=sum(1 << leaf.number for leaf in leaves if leaf.test.lasting),
            empty_truths=empty,
            empty_members=within,
        )

    def _place(self, places: Sequence[Member]) -> None:
        bit = {member.number: 1 << place for place, member in enumerate(places)}
        for leaf in self._leaves.values():
            leaf.places = sum(bit[number] for number in set(leaf.audiences))
        for member in places:
            member.after = sum(bit[number] for number in set(member.dependents))


def text_of(source: Source) -> str:
    """A term as text: equal for equal ones."""
    return msgspec.json.encode(source).decode()


def compiled(rule: Rule, bit_of: Callable[[Rule], tuple[int, int]]) -> Holds:
    """A rule as a function of bits. `bit_of` gives a condition's bit among the conditions or among the audiences."""
    if rule.not_ is not None:
        inner = compiled(rule.not_, bit_of)
        return lambda truths, within: not inner(truths, within)
    if rule.all is not None or rule.any is not None:
        met, within, rest = _gathered(rule.parts(), bit_of)
        return _every(met, within, rest) if rule.all is not None else _some(met, within, rest)
    met, within = bit_of(rule)
    return lambda truths, members: bool(truths & met or members & within)


def _every(met: int, within: int, rest: Sequence[Holds]) -> Holds:
    def holds(truths: int, members: int) -> bool:
        if truths & met != met or members & within != within:
            return False
        for part in rest:  # noqa: SIM110 - `all` over a generator takes three times as long, and this is asked all the time
            if not part(truths, members):
                return False
        return True

    return holds


def _some(met: int, within: int, rest: Sequence[Holds]) -> Holds:
    def holds(truths: int, members: int) -> bool:
        if truths & met or members & within:
            return True
        for part in rest:  # noqa: SIM110 - as above
            if part(truths, members):
                return True
        return False

    return holds


def _gathered(parts: Sequence[Rule], bit_of: Callable[[Rule], tuple[int, int]]) -> tuple[int, int, list[Holds]]:
    met = within = 0
    rest: list[Holds] = []
    for part in parts:
        if part.parts():
            rest.append(compiled(part, bit_of))
        else:
            leaf, member = bit_of(part)
            met, within = met | leaf, within | member
    return met, within, rest


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# -- which events are about what ---------------------------------------------------------------------------------------


@dataclass
class Tested:
    """Behaviours whose matches ask for more than the name, or that take a value."""

    terms: list[int]
    matches: list[int]
    """Which of the entry's tests are theirs: one met is enough."""
    source: Behaviour


@dataclass
class Entry:
    """What an event of one type and name is about."""

    plain: list[int]
    """Behaviours it is a hit of, whatever else it says."""
    tests: list[Callable[[python.Event, Mapping[str, Any]], bool]]
    """The matches that are asked here, each once."""
    tested: list[Tested]
    stages: list[tuple[int, list[tuple[str, int]]]]
    """Maps: (term, [(stage, which of the tests)])."""
    reads_properties: bool


class Reading:
    """Finds the terms that an event is about by its type and name, so that others cost nothing."""

    def __init__(self, terms: Mapping[int, Source]) -> None:
        """Sort the terms by kind."""
        self._behaviours = [(n, s) for n, s in terms.items() if isinstance(s, Behaviour)]
        self._maps = [(n, s) for n, s in terms.items() if isinstance(s, Present)]
        self._entries: dict[tuple[str, str], Entry | None] = {}
        self.contexts = [(number, s.column) for number, s in terms.items() if isinstance(s, Context)]
        self.traits = {s.name: number for number, s in terms.items() if isinstance(s, Trait)}
        self.purposes = {s.name: number for number, s in terms.items() if isinstance(s, Purpose)}
        self.columns = sorted(self._columns())

    def _columns(self) -> Iterator[str]:
        """The columns that matches and values may look at."""
        matches = [match for _, s in self._behaviours for match in s.matches]
        matches += [match for _, s in self._maps for _, match in s.rules]
        named = {condition.property for match in matches for condition in match.where}
        named |= {s.property for _, s in self._behaviours if s.property} | {"channel", "currency"}
        return (name for name in named if name in TEXT_COLUMNS | NUMBER_COLUMNS | {"channel"})

    def entry(self, kind: str, name: str) -> Entry | None:
        """What events of this type and name are about; None for nothing."""
        key = (kind, name)
        if key not in self._entries:
            if len(self._entries) > 100_000:  # names of pages may be without end
                self._entries.clear()
            self._entries[key] = self._made(kind, name)
        return self._entries[key]

    def _made(self, kind: str, name: str) -> Entry | None:
        def about(match: Match) -> bool:
            return match.type == kind and (match.name is None or match.name == name)

        asked: dict[bytes, tuple[int, Match]] = {}

        def test(match: Match) -> int:
            return asked.setdefault(msgspec.json.encode(match), (len(asked), match))[0]

        entry = Entry([], [], [], [], reads_properties=False)
        alike: dict[object, Tested] = {}
        for number, source in self._behaviours:
            matches = [match for match in source.matches if about(match)]
            if matches and source.property is None and any(not m.where and m.channel is None for m in matches):
                entry.plain.append(number)
            elif matches:
                tests = sorted({test(match) for match in matches})
                same = (*tests, source.property, source.currency)
                alike.setdefault(same, Tested([], tests, source)).terms.append(number)
        entry.tested = list(alike.values())
        for number, present in self._maps:
            rules = [(stage, test(match)) for stage, match in present.rules if about(match)]
            if rules:
                entry.stages.append((number, rules))
        entry.tests = [python.passes(match) for _, match in asked.values()]
        named = {condition.property for _, match in asked.values() for condition in match.where}
        named |= {tested.source.property for tested in entry.tested if tested.source.property is not None}
        entry.reads_properties = any(name not in self.columns for name in named)
        return entry if entry.plain or entry.tested or entry.stages else None


def value_units(source: Behaviour, event: Mapping[str, Any], said: Mapping[str, Any]) -> int | None:
    """What an event adds to a sum, in ten-thousandths; None where it is no number, too large or in another currency."""
    if source.property is None:
        return 0
    if source.currency is not None and event.get("currency") != source.currency:
        return None
    number = python.number_of(source.property, event, said)
    return units(number) if number is not None and abs(number) <= MAX_SUM else None
