"""The facts of identities as the log has them: what new audiences are filled from, and what explanations look back on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from resa.kernel.audiences.facts import BEYOND, SLACK, Facts, Hits, Said
from resa.kernel.audiences.plan import Behaviour, Context, Present, Purpose, Seen, Source, Trait
from resa.kernel.audiences.words import Words
from resa.kernel.body import Body

Where = Callable[[Words], str]
"""SQL that narrows `identity`."""


def these(identities: Sequence[int]) -> Where:
    """Only these identities."""
    numbers = [int(number) for number in identities]
    return lambda words: f"identity IN ({words.sql.among(numbers)})" if numbers else "FALSE"


def between(first: int, last: int) -> Where:
    """Identities from `first` up to, not including, `last`."""
    return lambda _words: f"identity >= {first} AND identity < {last}"


def everybody(_words: Words) -> str:
    """All identities."""
    return "TRUE"


def read(
    body: Body, terms: Mapping[int, Source], where: Where, upto: int, now: int, *, whole: bool = False
) -> dict[int, Facts]:
    """The facts of identities from the rows below `upto`.

    `whole` keeps every single hit and saying; else only what counts from `now` on, as the projection keeps it.
    """
    return _Reader(body, where, upto, None if whole else now).facts(terms)


class _Reader:
    def __init__(self, body: Body, where: Where, upto: int, now: int | None) -> None:
        self._body, self._now = body, now
        self._words = Words(body.dialect)
        self._row = self._words.row
        self._which = f"{where(self._words)} AND {self._row} < {upto}"
        self._found: dict[int, Facts] = {}

    def facts(self, terms: Mapping[int, Source]) -> dict[int, Facts]:
        """Of every term in turn."""
        for term, source in terms.items():
            if isinstance(source, Behaviour):
                self._hits(term, source)
            elif isinstance(source, Seen):
                for (identity,) in self._rows(f"SELECT DISTINCT identity FROM log WHERE NOT bot AND {self._which}"):
                    self._of(identity)
            else:
                for identity, item in self._sayings(source):
                    self._of(identity).say(term, item, -BEYOND if self._now is None else self._now)
        return self._found

    def _of(self, identity: int) -> Facts:
        return self._found.setdefault(identity, Facts())

    def _hits(self, term: int, source: Behaviour) -> None:
        value, matched = self._words.value_of(source), self._words.any_of(source.matches)
        which = f"NOT bot AND {self._which} AND {matched}"
        hits = f"(SELECT identity, time, {self._row}, {value} AS value FROM log WHERE {which}) WHERE value IS NOT NULL"
        cut = -BEYOND if self._now is None else self._now - source.horizon - SLACK
        recent = f"SELECT identity, time, {self._row}, value FROM {hits} AND time > {cut} ORDER BY identity, time, {self._row}"
        touched: list[Hits] = []
        for identity, time, row, worth in self._rows(recent):
            kept = self._of(identity).hits
            if term not in kept:
                touched.append(kept.setdefault(term, Hits([])))
            kept[term].recent.append((time, row, worth))
        if self._now is None:
            return
        if source.newest is None:
            self._old(term, f"{hits} AND time <= {cut}")
            return
        for each in touched:
            each.trim(source.newest, self._now)

    def _old(self, term: int, hits: str) -> None:
        """Those that no window reaches any more, added up."""
        key = self._words.key
        added = (
            "SELECT identity, count(*) AS count, CAST(sum(value) AS BIGINT) AS total, "
            f"min({key}) AS first, max({key}) AS last FROM {hits} GROUP BY identity"
        )
        for identity, count, total, first, last in self._rows(added):
            known = self._of(identity).hits.setdefault(term, Hits([]))
            known.old = (count, total, *first.values(), *last.values())

    def _sayings(self, source: Trait | Purpose | Context | Present) -> Iterator[tuple[int, Said]]:
        literal, which = self._words.sql.literal, self._which
        told = f"SELECT identity, rank, time, {self._row}"
        if isinstance(source, Trait):
            question = f"{told}, value FROM trait_facts WHERE name = {literal(source.name)} AND {which}"
        elif isinstance(source, Purpose):
            question = f"{told}, state AS value FROM consent_facts WHERE purpose = {literal(source.name)} AND {which}"
        else:
            value = source.column if isinstance(source, Context) else self._words.stage_of(source)
            events = (
                f"SELECT identity, 0 AS rank, time, {self._row}, {value} AS value FROM log WHERE NOT bot AND {which}"
            )
            question = f"SELECT * FROM ({events}) WHERE value IS NOT NULL"
        for identity, rank, time, row, said in self._rows(question):
            yield identity, (rank, time, row, said)

    def _rows(self, question: str) -> Iterator[tuple[Any, ...]]:
        found: pa.Table = self._body.native(question)
        return zip(*(column.to_pylist() for column in found.columns), strict=True)
