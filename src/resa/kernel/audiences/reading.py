"""What the events of a batch say, as far as any audience asks: hits of behaviours and sayings, by identity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from resa.kernel.audiences.facts import Hit, Said
from resa.kernel.audiences.plan import Entry, Plan, value_units
from resa.kernel.matching import python
from resa.kernel.profiles import consent_facts, trait_facts

Group = tuple[Sequence[int], Hit]
"""One hit of several behaviours."""


@dataclass
class Heard:
    """Of one batch. Identities of bots are not in it."""

    seen: set[int] = field(default_factory=set)
    hits: dict[int, list[Group]] = field(default_factory=lambda: defaultdict(list))
    said: dict[int, list[tuple[int, Said]]] = field(default_factory=lambda: defaultdict(list))


def read(plan: Plan, events: pa.Table, pending: Mapping[int, int]) -> Heard:
    """Read a batch. `pending`: terms that are not filled yet for identities from a number on."""
    return _Batch(plan, events, pending).heard


class _Batch:
    def __init__(self, plan: Plan, events: pa.Table, pending: Mapping[int, int]) -> None:
        self.heard = Heard()
        self._plan = plan
        self._pending = pending
        names = ["identity", "time", "row", "type", "name", "bot", "properties"]
        self._columns = {name: events.column(name).to_pylist() for name in names}
        self._others = {name: events.column(name).to_pylist() for name in plan.reading.columns}
        self._events()
        self._contexts(events)
        self._facts(events)

    def _wanted(self, term: int, identity: int) -> bool:
        return not self._pending or identity < self._pending.get(term, identity + 1)

    def _of(self, terms: Sequence[int], identity: int) -> Sequence[int]:
        return [term for term in terms if self._wanted(term, identity)] if self._pending else terms

    def _events(self) -> None:
        c, entry_of, hits = self._columns, self._plan.reading.entry, self.heard.hits
        seen = self.heard.seen.add
        for place, (identity, time, row, kind, name, bot) in enumerate(
            zip(c["identity"], c["time"], c["row"], c["type"], c["name"], c["bot"], strict=True)
        ):
            if bot:
                continue
            seen(identity)
            entry = entry_of(kind, name)
            if entry is None:
                continue
            if entry.plain:
                hits[identity].append((self._of(entry.plain, identity), (time, row, 0)))
            if entry.tested or entry.stages:
                self._test(entry, place, identity, time, row)

    def _test(self, entry: Entry, place: int, identity: int, time: int, row: int) -> None:
        event: dict[str, Any] = {name: values[place] for name, values in self._others.items()}
        said: dict[str, Any] = {}
        if entry.reads_properties:
            said = python.properties({"properties": self._columns["properties"][place]})
        met = [passes(event, said) for passes in entry.tests]
        for tested in entry.tested:
            for test in tested.matches:
                if met[test]:
                    value = value_units(tested.source, event, said)
                    if value is not None:
                        hit = (time, row, value)
                        self.heard.hits[identity].append((self._of(tested.terms, identity), hit))
                    break
        for term, rules in entry.stages:
            stage = next((stage for stage, test in rules if met[test]), None)
            if stage is not None and self._wanted(term, identity):
                self.heard.said[identity].append((term, (0, time, row, stage)))

    def _contexts(self, events: pa.Table) -> None:
        """Of each identity only the latest of a batch can matter, unless a clock was ahead: all are handed on."""
        c = self._columns
        for term, column in self._plan.reading.contexts:
            for identity, time, row, bot, value in zip(
                c["identity"], c["time"], c["row"], c["bot"], events.column(column).to_pylist(), strict=True
            ):
                if value is not None and not bot and self._wanted(term, identity):
                    self.heard.said[identity].append((term, (0, time, row, value)))

    def _facts(self, events: pa.Table) -> None:
        reading = self._plan.reading
        if reading.traits:
            for fact in trait_facts(events):
                term = reading.traits.get(fact.name)
                if term is not None and self._wanted(term, fact.identity):
                    self.heard.said[fact.identity].append((term, (fact.rank, fact.time, fact.row, fact.value)))
        if reading.purposes:
            for agreed in consent_facts(events):
                term = reading.purposes.get(agreed.purpose)
                if term is not None and self._wanted(term, agreed.identity):
                    item = (agreed.rank, agreed.time, agreed.row, agreed.state)
                    self.heard.said[agreed.identity].append((term, item))
