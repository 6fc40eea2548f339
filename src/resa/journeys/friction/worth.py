"""What a conversion is worth to the business: the mean of what its own conversions brought, or what it said."""

from __future__ import annotations

import math
from fractions import Fraction

import msgspec

from resa.journeys.friction.definition import Friction
from resa.kernel import preferences
from resa.kernel.lens import Lens
from resa.kernel.matching.sql import predicate
from resa.kernel.workspace import Workspace


class Worth(msgspec.Struct, frozen=True):
    """The mean value of a conversion with its standard error, and of how many (0: a setting)."""

    amount: float
    error: float
    n: int
    currency: str

    def of_loss(self, share: float) -> float:
        """What one lost customer is worth who would have converted with this probability."""
        return self.amount * share


def worth(workspace: Workspace, friction: Friction, lens: Lens) -> Worth | None:
    """The value of a conversion in the period: in the workspace's currency if there is any, else in the most frequent one."""
    said = friction.outcome.value
    if said is not None:
        return Worth(said.amount, 0.0, 0, said.currency)
    if not friction.outcome.any:
        return None
    dialect = workspace.body.dialect
    converted = " OR ".join(f"({predicate(match, dialect)})" for match in friction.outcome.any)
    rows = workspace.body.native(
        f"""
SELECT currency, count(*) AS n, sum(revenue) AS total, sum(revenue * revenue) AS squares
  FROM log
 WHERE code <> 0 AND revenue > 0 AND currency IS NOT NULL AND time >= {lens.period.start} AND time < {lens.period.end}
   AND ({converted}){"" if lens.simulated else " AND NOT simulated"}
 GROUP BY currency""",
    ).to_pylist()
    with workspace.state.read() as tx:
        preferred = preferences.currency_said(tx)
    rows.sort(key=lambda row: (row["currency"] != preferred, -row["n"], row["currency"]))
    if not rows:
        return None
    best = rows[0]
    return Worth(*_mean(best["n"], Fraction(best["total"]), Fraction(best["squares"])), best["n"], best["currency"])


def _mean(n: int, total: Fraction, squares: Fraction) -> tuple[float, float]:
    """A mean and its standard error from exact sums, which no engine's order of adding changes."""
    variance = (squares - total * total / n) / (n - 1) if n > 1 else Fraction(0)
    return float(total / n), math.sqrt(variance / n)
