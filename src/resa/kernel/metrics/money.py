"""Which currency a metric is in that names none, and what it leaves out for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import pyarrow as pa

from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.plan import Find, Needs, needs

REPORTING: Final = """
SELECT currency, count(*) AS amounts FROM log
 WHERE NOT bot AND revenue IS NOT NULL AND currency IS NOT NULL GROUP BY currency ORDER BY amounts DESC, currency"""
"""The currencies of all money there is, the most frequent first. Of the whole log: a period must not change the answer."""


class LeftOut(msgspec.Struct, frozen=True):
    """Amounts that a value leaves out, because they are in another currency (or say none)."""

    currency: str | None
    amounts: int


class Counted(NamedTuple):
    """What a metric needs, the one currency of its amounts, and what of the lens's period is not in it."""

    needs: Needs
    currency: str | None
    left_out: Sequence[LeftOut] = ()


@dataclass
class Amounts:
    """How many amounts there are in each currency: those of the period asked for, and what there is at all."""

    counts: Counter[str | None] = field(default_factory=Counter)
    of: set[str | None] = field(default_factory=set)

    def left_out_of(self, currency: str | None) -> list[LeftOut]:
        """What is in other currencies, the most first."""
        return [LeftOut(*each) for each in self.counts.most_common() if each[0] != currency]


def amounts_of(table: pa.Table, column: str) -> Counter[str | None]:
    """The counts of a column by currency, without those of none."""
    summed = table.group_by("currency").aggregate([(column, "sum")])
    counts = zip(summed.column("currency").to_pylist(), summed.column(f"{column}_sum").to_pylist(), strict=True)
    return Counter({currency: count for currency, count in counts if count})


def counted(metric: Metric, plan: Needs, amounts: Amounts, reporting: str | None, find: Find) -> Counted:
    """A metric with its one currency: the one named, the only one there is, or `reporting`."""
    if not plan.currency_of:
        return Counted(plan, metric.currency)
    if metric.currency:  # a ratio's, whose parts name none
        return Counted(needs(metric, find, money=metric.currency), metric.currency)
    if len(amounts.of) < 2 or reporting is None:
        return Counted(plan, next(iter(amounts.of), None))
    return Counted(needs(metric, find, money=reporting), reporting, amounts.left_out_of(reporting))


__all__ = ["REPORTING", "Amounts", "Counted", "LeftOut", "amounts_of", "counted"]
