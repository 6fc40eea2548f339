"""What getting back to customers did: what they did later, against customers nobody got back to.

Where a rule holds some out by chance, both sides differ in nothing else: the difference is the effect of the rule (by the arm
somebody was given, whether or not it reached them). Otherwise those contacted are compared with comparable ones who were
not: of the same score, activity, recency, spending and time (`kernel.comparison`). Who was contacted is decided at a landmark
after the answer, and both are followed from there on (Anderson, Cain, Gelber, Journal of Clinical Oncology 1, 1983), so that
nobody's having lasted until the call counts for the call. That is an association: what nobody knew may have led to both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, Final, Literal

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.feedback.loops import tables
from resa.kernel import proportions
from resa.kernel.calendar import DAY
from resa.kernel.comparison import Array, Matched, magnitude, packed
from resa.kernel.workspace import Workspace

LEAST: Final = 30
"""Customers on either side below which nothing is said."""
LANDMARK: Final = 3 * DAY
BEFORE: Final = 90 * DAY
Z: Final = NormalDist().inv_cdf(0.975)
SRM: Final = 0.001
"""Below this chance of the two arms' sizes, the split itself is broken."""

OWN: Final = ("Survey Requested", "Survey Shown", "Survey Dismissed", "Survey Answered", "Unsubscribed")
"""Events that our asking and writing brings about: they are nobody's coming back."""

Outcome = Literal["returned", "bought", "spent", "score"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("returned", "bought", "spent", "score")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One later behaviour of both sides: shares (`returned`, `bought`), money or score per customer, with a 95 % interval."""

    outcome: Outcome
    contacted: float
    others: float
    difference: float
    low: float
    high: float
    customers: int
    compared_with: int


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. `way`: `experiment` (held out by chance) or `comparison`. `reason` says why there is nothing to say."""

    way: Literal["experiment", "comparison"]
    days: int
    currency: str
    contacted: int
    others: int
    differences: list[Difference]
    reason: Literal["", "few", "uneven"]


class _People:
    """Answers that are followed: one entry each, arrays of one length."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.profile = self.of("profile", np.int64)
        self.treated = self.of("treated", np.bool_)

    def of(self, name: str, kind: Any = np.float64) -> Array:
        """A column."""
        return np.array([row[name] for row in self.rows], dtype=kind)


def measured(workspace: Workspace, *, rule: str | None, days: int, currency: str) -> Recovery:
    """What came of contacting, or of a rule where it holds customers out."""
    firings = _firings(workspace, rule, days) if rule is not None else []
    if any(row["arm"] == "held_out" for row in firings):
        return _experiment(workspace, rule or "", firings, days, currency)
    return _comparison(workspace, rule, days, currency)


# -- by chance -----------------------------------------------------------------------------------------------------


def _experiment(
    workspace: Workspace, rule: str, firings: Sequence[Mapping[str, Any]], days: int, currency: str
) -> Recovery:
    first: dict[int, dict[str, Any]] = {}
    for row in firings:
        profile = workspace.identities.profile(row["identity_number"])
        if profile >= 0:
            entry = {"profile": profile, "at": row["at"], "treated": row["arm"] == "acted", "metric": row["metric"]}
            first.setdefault(profile, entry)
    people = _People(_followed(workspace, list(first.values()), days, currency))
    acted, held = int(people.treated.sum()), int((~people.treated).sum())
    share = _share(workspace, rule)
    shown = {"way": "experiment", "days": days, "currency": currency, "contacted": acted, "others": held}
    if min(acted, held) < LEAST:
        return Recovery(**shown, differences=[], reason="few")  # type: ignore[arg-type]
    if share is not None and _uneven(held, acted + held, share):
        return Recovery(**shown, differences=[], reason="uneven")  # type: ignore[arg-type]
    found = [each for outcome in OUTCOMES if (each := _of_arms(people, outcome)) is not None]
    return Recovery(**shown, differences=found, reason="")  # type: ignore[arg-type]


def _share(workspace: Workspace, rule: str) -> float | None:
    known = {item.key: item.body.holdout for item in workspace.definitions.all("feedback-rule")}
    return known.get(rule)


def _uneven(held: int, total: int, share: float) -> bool:
    """Whether the split is not that of the share (a normal approximation of the binomial test, two-sided)."""
    if not 0 < share < 1:
        return False
    z = (held - total * share) / math.sqrt(total * share * (1 - share))
    return 2 * (1 - NormalDist().cdf(abs(z))) < SRM


def _of_arms(people: _People, outcome: Outcome) -> Difference | None:
    values = people.of(outcome)
    there = ~np.isnan(values)
    ours, theirs = values[there & people.treated], values[there & ~people.treated]
    if min(ours.size, theirs.size) < LEAST:
        return None
    difference = float(ours.mean() - theirs.mean())
    if outcome in ("returned", "bought"):
        low, high = proportions.difference(int(ours.sum()), ours.size, int(theirs.sum()), theirs.size, Z)
    else:  # Welch, whose t is the normal's for so many
        error = math.sqrt(ours.var(ddof=1) / ours.size + theirs.var(ddof=1) / theirs.size)
        low, high = difference - Z * error, difference + Z * error
    return _difference(outcome, float(ours.mean()), float(theirs.mean()), (low, high), ours.size, theirs.size)


# -- against comparable customers ----------------------------------------------------------------------------------


def _comparison(workspace: Workspace, rule: str | None, days: int, currency: str) -> Recovery:
    people = _People(_followed(workspace, _answers(workspace, rule, days), days, currency))
    treated, others = int(people.treated.sum()), int((~people.treated).sum())
    shown = {"way": "comparison", "days": days, "currency": currency, "contacted": treated, "others": others}
    if min(treated, others) < LEAST:
        return Recovery(**shown, differences=[], reason="few")  # type: ignore[arg-type]
    found = [each for outcome in OUTCOMES if (each := _matched(people, outcome)) is not None]
    return Recovery(**shown, differences=found, reason="" if found else "few")  # type: ignore[arg-type]


def _matched(people: _People, outcome: Outcome) -> Difference | None:
    values = people.of(outcome)
    there = ~np.isnan(values)
    cases, controls = there & people.treated, there & ~people.treated
    if min(int(cases.sum()), int(controls.sum())) < LEAST:
        return None
    levels = [(level[cases], level[controls]) for level in _strata(people)]
    compared = Matched(people.profile[cases], people.profile[controls], (values[cases], values[controls]), levels)
    effect = compared.effect(np.ones(int(cases.sum()), np.bool_), LEAST, share=outcome in ("returned", "bought"))
    if effect is None:
        return None
    span = (effect.difference.low, effect.difference.high)
    return _difference(outcome, effect.bad, effect.expected, span, effect.cases, effect.controls)


def _strata(people: _People) -> list[Array]:
    """What makes customers comparable, from fine to coarse; time and score are in every level."""
    score = (people.of("said") * 2).astype(np.int64) + 30
    group = np.searchsorted([6.5, 8.5], people.of("said"), side="right")
    activity = np.minimum(magnitude(people.of("before").astype(np.int64)), 9)
    spent = np.minimum(magnitude(people.of("spent_before").astype(np.int64)), 15)
    recency = np.searchsorted([DAY, 7 * DAY, 30 * DAY], people.of("since"), side="right")
    week, month = people.of("at") // (7 * DAY), people.of("at") // (28 * DAY)
    commented = people.of("commented", np.int64)
    return [
        packed([(score, 1 << 10), (activity, 10), (spent, 16), (recency, 4), (commented, 2), (week, 1 << 14)]),
        packed([(score, 1 << 10), (activity, 10), (spent // 2, 8), (recency, 4), (month, 1 << 12)]),
        packed([(group, 3), (activity // 2, 5), (spent // 3, 6), (recency // 2, 2), (month, 1 << 12)]),
        packed([(group, 3), (activity // 3, 4), (np.minimum(spent, 1), 2), (month // 3, 1 << 11)]),
    ]


def _difference(
    outcome: Outcome, ours: float, theirs: float, span: tuple[float, float], customers: int, others: int
) -> Difference:
    return Difference(
        outcome=outcome,
        contacted=round(ours, 6),
        others=round(theirs, 6),
        difference=round(ours - theirs, 6),
        low=round(span[0], 6),
        high=round(span[1], 6),
        customers=int(customers),
        compared_with=int(others),
    )


# -- who, and what they did ----------------------------------------------------------------------------------------


def _firings(workspace: Workspace, rule: str, days: int) -> list[dict[str, Any]]:
    f, a = tables.firings.c, tables.answers.c
    upto = workspace.clock() - days * DAY
    query = (
        sa.select(f.identity_number, f.at, f.arm, a.metric)
        .join(tables.answers, a.message_id == f.message_id)
        .where(f.rule == rule, f.at <= upto)
        .order_by(f.at)
    )
    with workspace.state.read() as tx:
        return [dict(row._mapping) for row in tx.execute(query)]


def _answers(workspace: Workspace, rule: str | None, days: int) -> list[dict[str, Any]]:
    """Answers with a score, the first of each customer in a month; contacted by the landmark or not."""
    a, f = tables.answers.c, tables.firings.c
    upto = workspace.clock() - days * DAY - LANDMARK
    query = sa.select(a.identity_number, a.at, a.metric, a.score, a.comment, a.contacted_at).where(
        a.score.is_not(None), a.at <= upto, a.status != tables.ASIDE, sa.not_(a.identity.startswith("anon:survey-"))
    )
    if rule is not None:
        query = query.where(sa.exists().where(f.message_id == a.message_id, f.rule == rule))
    found: dict[tuple[int, int], dict[str, Any]] = {}
    with workspace.state.read() as tx:
        for row in tx.execute(query.order_by(a.at)):
            profile = workspace.identities.profile(row.identity_number)
            if profile >= 0:
                entry = {
                    "profile": profile,
                    "at": row.at + LANDMARK,
                    "treated": row.contacted_at is not None and row.contacted_at <= row.at + LANDMARK,
                    "metric": row.metric,
                    "said": row.score,
                    "commented": bool(row.comment),
                }
                found.setdefault((profile, row.at // (28 * DAY)), entry)
    return list(found.values())


_DID: Final = """
SELECT profile, time, CAST(coalesce(CASE WHEN currency = '{currency}' THEN revenue END, 0) AS DOUBLE) AS paid
  FROM log
 WHERE NOT bot AND coalesce(source, '') <> 'resa' AND type NOT IN ('identify', 'alias', 'group')
   AND time > {since} AND time <= {until}
   AND NOT (type = 'track' AND (name IN ({own}) OR name LIKE 'Email %'))
 ORDER BY profile, time
"""


def _followed(workspace: Workspace, entries: list[dict[str, Any]], days: int, currency: str) -> list[dict[str, Any]]:
    """The entries with what each customer did before and in the days after."""
    if not entries:
        return []
    since = min(entry["at"] for entry in entries) - LANDMARK - BEFORE
    until = max(entry["at"] for entry in entries) + days * DAY
    own = ", ".join(f"'{name}'" for name in OWN)
    sql = _DID.format(currency=currency, since=int(since), until=int(until), own=own)
    table = workspace.body.query(sql)
    profile = table.column("profile").to_numpy().astype(np.int64)
    time, paid = table.column("time").to_numpy(), table.column("paid").to_numpy()
    summed = np.concatenate([[0.0], np.cumsum(paid)])
    orders = np.concatenate([[0], np.cumsum(paid > 0)])
    scores = _next_scores(workspace)
    for entry in entries:
        first, last = np.searchsorted(profile, [entry["profile"], entry["profile"] + 1])
        own_times = time[first:last]
        answered = entry["at"] - (LANDMARK if "said" in entry else 0)
        edges = (answered - BEFORE, answered, entry["at"], entry["at"] + days * DAY)
        old, then, start, end = first + np.searchsorted(own_times, edges, side="right")
        entry["before"] = int(then - old)
        entry["spent_before"] = float(summed[then] - summed[old])
        entry["since"] = answered - int(time[then - 1]) if then > old else BEFORE
        entry["returned"] = float(end > start)
        entry["bought"] = float(orders[end] > orders[start])
        entry["spent"] = float(summed[end] - summed[start])
        entry["score"] = _score_after(scores.get((entry["profile"], entry["metric"]), ()), entry["at"], days)
    return entries


def _next_scores(workspace: Workspace) -> dict[tuple[int, str | None], list[tuple[int, float]]]:
    a = tables.answers.c
    found: dict[tuple[int, str | None], list[tuple[int, float]]] = {}
    with workspace.state.read() as tx:
        query = sa.select(a.identity_number, a.metric, a.at, a.score).where(a.score.is_not(None)).order_by(a.at)
        for row in tx.execute(query):
            key = (workspace.identities.profile(row.identity_number), row.metric)
            found.setdefault(key, []).append((row.at, row.score))
    return found


def _score_after(scores: Sequence[tuple[int, float]], at: int, days: int) -> float:
    """The first score given in the days after; not a number where there is none."""
    return next((score for when, score in scores if at < when <= at + days * DAY), math.nan)
