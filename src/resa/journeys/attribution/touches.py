"""Which events are touches of which kind: by channel, by where a visit came from, by campaign, or by a map's touchpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from resa.journeys import rules
from resa.journeys.definition import Journey
from resa.kernel.body import Body
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS
from resa.kernel.matching import Match
from resa.kernel.matching import sql as matching_sql
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

MOST_VALUES: Final = 200
"""So many values of a column are told apart, the most frequent of the whole log; the others are one touch together."""

COLUMNS: Final = {
    "visit_source": "CASE WHEN referrer_kind <> 'internal' THEN referrer_kind END",
    "campaign_source": "campaign_source",
    "campaign_medium": "campaign_medium",
    "campaign_name": "campaign_name",
    "campaign_source_medium": (
        "CASE WHEN campaign_source IS NOT NULL OR campaign_medium IS NOT NULL"
        " THEN COALESCE(campaign_source, '(none)') || ' / ' || COALESCE(campaign_medium, '(none)') END"
    ),
}
"""What a touch is called by, as SQL over the columns of `log`; NULL is no touch."""

KINDS: Final = ("channel", *COLUMNS, "touchpoint:<journey>")

_CAUSED: Final = "type IN ('track', 'page', 'screen') AND COALESCE(source, '') <> 'resa'"

_VALUES: Final = """
SELECT value, count(*) AS events
  FROM (SELECT {value} AS value FROM log WHERE code <> 0 AND {caused}) AS said
 WHERE value IS NOT NULL
 GROUP BY value ORDER BY events DESC, value LIMIT {limit}
"""


class Touch(NamedTuple):
    """What a touch is called: its key, and a name to show."""

    key: str
    name: str


REST: Final = Touch("(rest)", "All others")


class Touches(NamedTuple):
    """The touches of a kind, numbered from 1 in this order, and the number of an event's touch as SQL (NULL: none)."""

    touches: Sequence[Touch]
    number: str


def of(workspace: Workspace, kind: str, kept: Recent) -> Touches:
    """The touches of `channel`, of a column, or `touchpoint:<journey>`; `kept` holds values of columns. Raises Refused, NotFound."""
    what, colon, key = kind.partition(":")
    if what == "touchpoint" and colon:
        return of_map(workspace.definitions.get("journey", key).body, workspace.body.dialect)
    if kind == "channel":
        return _of_values("channel", CHANNELS, workspace.body.dialect, rest="other")
    if kind in COLUMNS:
        body, column = workspace.body, COLUMNS[kind]
        known = kept.get((kind, body.landed()), lambda: values(body, column))
        return _of_values(column, known, body.dialect)
    raise Refused("touch", kind, "there is no such kind of touch.", f"Use one of {', '.join(KINDS)}.")


def of_map(journey: Journey, dialect: str) -> Touches:
    """A map's touchpoints."""
    named = [Touch(touchpoint.key, touchpoint.name) for _, _, touchpoint in journey.touchpoints()]
    number = rules.touchpoint(journey, dialect)
    if number is None:
        raise Refused(
            "touch",
            "touchpoint",
            "no touchpoint of this map has a rule.",
            "Give its touchpoints rules, or take channel.",
        )
    return Touches(named, f"({number}) + 1")


def values(body: Body, column: str) -> list[str]:
    """The most frequent values of a column of COLUMNS, by name: labels are asked anew only when there are others."""
    found = body.query(_VALUES.format(value=column, caused=_CAUSED, limit=MOST_VALUES))
    return sorted(str(value) for value in found.column("value").to_pylist())


def _of_values(column: str, known: Sequence[str], dialect: str, rest: str | None = None) -> Touches:
    sql = matching_sql.ENGINES[dialect]
    arms = " ".join(f"WHEN {sql.literal(value)} THEN {number}" for number, value in enumerate(known, 1))
    named = [Touch(value, value) for value in known]
    other = len(known) + 1 if rest is None else known.index(rest) + 1
    if rest is None:
        named.append(REST)
    chosen = f"CASE {column} {arms} ELSE {other} END" if arms else str(other)
    return Touches(named, f"CASE WHEN {_CAUSED} AND ({column}) IS NOT NULL THEN {chosen} END")


def labels(touches: Touches, conversion: Sequence[Match], channel: str | None, dialect: str) -> str:
    """The label of an event: its touch's number, one more than all of them for a conversion; the simulated's follow on those."""
    size = len(touches.touches) + 1
    return (
        f"COALESCE(CASE WHEN {converts(conversion, channel, dialect)} THEN {size} ELSE {touches.number} END"
        f" + CASE WHEN simulated THEN {size} ELSE 0 END, 0)"
    )


def converts(conversion: Sequence[Match], channel: str | None, dialect: str) -> str:
    """Whether an event is a conversion."""
    any_ = " OR ".join(f"({matching_sql.predicate(match, dialect)})" for match in conversion)
    on = "" if channel is None else f" AND channel = {matching_sql.ENGINES[dialect].literal(channel)}"
    return f"({any_}){on}"
