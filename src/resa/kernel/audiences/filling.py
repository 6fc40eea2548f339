"""How far new audiences are filled from history, and the numbers that their parts have for ever."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from resa.kernel.audiences import histories, tables
from resa.kernel.audiences.facts import Facts
from resa.kernel.audiences.plan import Kind, Plan, Source
from resa.kernel.audiences.tables import DONE
from resa.kernel.body import Body
from resa.kernel.state import State

FILLED_AT_ONCE: Final = 100_000
JUDGED_AT_ONCE: Final = 20_000


class Numbering:
    """Numbers for parts by their text: kept while they are in use, and never given to anything else."""

    def __init__(self, tx: sa.Connection, row: int) -> None:
        """`row`: where the log stands; before its first event there is nothing to fill from."""
        self._tx = tx
        self._start = DONE if row == 0 else 0
        self._kept: dict[tuple[str, str], tuple[int, int]] = {}
        for kind, digest, number, upto in tx.execute(sa.select(tables.numbers)):
            self._kept[kind, digest] = (number, upto)
        self._used: set[tuple[str, str]] = set()
        self.upto: dict[tuple[Kind, int], int] = {}

    def number(self, kind: Kind, text: str) -> int:
        """The number of this part."""
        name = (kind, sha256(text.encode()).hexdigest())
        if name not in self._kept:
            number = self._kept.get(("next", kind), (0, 0))[0]
            self._kept["next", kind] = (number + 1, 0)
            self._kept[name] = (number, self._start)
            self._tx.execute(
                sa.insert(tables.numbers).values(kind=kind, digest=name[1], number=number, upto=self._start)
            )
        self._used.add(name)
        number, upto = self._kept[name]
        self.upto[kind, number] = upto
        return number

    def forget_others(self) -> None:
        """Give up the parts that were not asked for; note which number comes next."""
        c = tables.numbers.c
        for kind, digest in self._kept.keys() - self._used:
            self._tx.execute(sa.delete(tables.numbers).where(c.kind == kind, c.digest == digest))
        coming = [
            {"kind": "next", "digest": kind, "number": number, "upto": 0}
            for (name, kind), (number, _) in self._kept.items()
            if name == "next"
        ]
        if coming:
            self._tx.execute(sa.insert(tables.numbers), coming)


class Progress:
    """How far the terms and audiences of a plan are filled."""

    def __init__(self, plan: Plan, upto: dict[tuple[Kind, int], int]) -> None:
        """`upto`: terms are filled for identities below, audiences judged for profiles below."""
        self._plan = plan
        self._upto = upto
        self._sum_up()

    def _sum_up(self) -> None:
        plan, upto = self._plan, self._upto
        self.pending = {term: upto["term", term] for term in plan.terms if upto["term", term] < DONE}
        """The terms that are not filled yet, and the identity each is filled up to."""
        self.judging = any(upto["audience", number] < DONE for number in plan.members)
        """Whether an audience is not judged for everybody yet."""
        self.judged = {
            leaf.number: max(upto["audience", number] for number in leaf.audiences) for leaf in plan.leaves.values()
        }
        """The profile up to which each condition is judged."""

    def __bool__(self) -> bool:
        """Whether anything is still on its way from history."""
        return bool(self.pending or self.judging)

    def audience(self, number: int) -> int:
        """The profile up to which an audience is judged."""
        return self._upto["audience", number]

    def live(self, number: int) -> bool:
        """Whether an audience is judged for everybody."""
        return self._upto["audience", number] >= DONE

    def next_terms(self) -> tuple[int, int, dict[int, Source]]:
        """The identities of the next slice (from, to), and the terms to fill for them."""
        first = min(self.pending.values())
        terms = {term: self._plan.terms[term] for term, upto in self.pending.items() if upto == first}
        return first, first + FILLED_AT_ONCE, terms

    def next_audiences(self) -> tuple[int, int, list[int]]:
        """The profiles of the next slice (from, to), and the audiences to judge for them."""
        first = min(self.audience(number) for number in self._plan.members)
        return first, first + JUDGED_AT_ONCE, [n for n in self._plan.members if self.audience(n) == first]

    def write(self, tx: sa.Connection, kind: Kind, numbers: Iterable[int], upto: int) -> None:
        """Put down how far these have come."""
        c = tables.numbers.c
        for number in numbers:
            tx.execute(sa.update(tables.numbers).where(c.kind == kind, c.number == number).values(upto=upto))

    def reached(self, kind: Kind, numbers: Iterable[int], upto: int) -> None:
        """The same in memory, once it is written."""
        self._upto.update({(kind, number): upto for number in numbers})
        self._sum_up()


def fill_terms(state: State, body: Body, progress: Progress, *, upto: int, now: int, identities: int) -> list[int]:
    """Put one slice of history, the rows below `upto`, to the facts; answers whose facts those are."""
    first, last, terms = progress.next_terms()
    reached = DONE if last >= identities else last
    found = histories.read(body, terms, histories.between(first, last), upto, now)
    with state.write() as tx:
        kept = tables.read_facts(state, tx, found)
        for identity, fresh in found.items():
            old = kept.setdefault(identity, Facts())
            old.hits.update(fresh.hits)
            old.said.update(fresh.said)
        tables.WRITE_FACTS.run(tx, tables.facts_to_write(kept))
        progress.write(tx, "term", terms, reached)
    progress.reached("term", terms, reached)
    return list(found)
