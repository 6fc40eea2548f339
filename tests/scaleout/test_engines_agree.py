"""Every question gives the same answer on DuckDB with the journey index and on a Spark cluster over the lake."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from resa.kernel import calendar, sequences
from resa.kernel.body import questions
from resa.kernel.body.duck import DuckBody
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.body.spark_journeys import SparkJourneys
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import JourneyIndex, Labels, MemoryManifest
from resa.kernel.state import State, sqlite_url

from . import histories
from .histories import DAY, START

if TYPE_CHECKING:
    import ibis.expr.types as ir

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(600)]

IDENTITIES = 60
PERIOD: dict[str, Any] = {"start": START + 10 * DAY, "end": START + 60 * DAY}


@dataclass
class Both:
    """The same history in both bodies, and the embedded one's index."""

    duck: DuckBody
    index: JourneyIndex
    lake: LakeBody
    identities: IdentityMap

    def land(self, events: pa.Table) -> None:
        """Land a batch on both sides."""
        self.duck.land(events)
        self.index.append(*(events.column(name).to_numpy() for name in ("row", "time", "code", "identity")))
        self.index.publish()
        self.lake.land(events)

    def move(self, identity: list[int], profile: list[int]) -> None:
        """Merge, unmerge, erase: the identity map on both sides."""
        self.identities = IdentityMap(np.arange(IDENTITIES)).changed(identity, profile)
        for body in (self.duck, self.lake):
            body.set_identity_map(*self.identities.moved())


@pytest.fixture(scope="module")
def spark(spark_session: Spark) -> Spark:
    """The session's connection to the cluster."""
    return spark_session


@pytest.fixture
def both(spark: Spark, tmp_path: Path) -> Iterator[Both]:
    """A random history with late events, ties and bots, landed in batches, some of its identities merged or erased."""
    state = State.open(sqlite_url(tmp_path))
    index = JourneyIndex.open(tmp_path / "journeys", MemoryManifest())
    pair = Both(
        DuckBody(tmp_path / "body.duckdb"), index, LakeBody(str(tmp_path / "lake"), state, spark), IdentityMap()
    )
    for batch in histories.batches(histories.events(6_000, identities=IDENTITIES, seed=7), 1_100):
        pair.land(batch)
    pair.move([9, 31, 40, 17], [3, 3, 12, -1])
    yield pair
    pair.duck.close()
    state.close()


def plain(table: pa.Table) -> list[tuple[Any, ...]]:
    """Rows as Python values, so that engines may differ in the width of a number."""
    return list(zip(*table.to_pydict().values(), strict=True))


# -- set questions --------------------------------------------------------------------------------------------------


def sets() -> dict[str, ir.Table]:
    """Set questions of each shape the product asks: counts, distinct customers, money, days of a time zone."""
    log = questions.log()
    heard = log.filter(log.time >= PERIOD["start"], log.time < PERIOD["end"], ~log.bot)
    counts = {"events": heard.count(), "customers": heard.profile.nunique()}
    offsets = calendar.offsets(ZoneInfo("Europe/Berlin"), PERIOD["start"], PERIOD["end"])
    dated = heard.mutate(day=questions.day_number(heard.time, offsets))
    nobody = log.filter(log.name == "Nobody Did This")
    return {
        "nothing": nobody.aggregate(events=nobody.count(), customers=nobody.profile.nunique()),
        "totals": heard.aggregate(**counts, orders=heard.order_id.nunique(where=heard.revenue.notnull())),
        "by name": heard.group_by("type", "name").aggregate(**counts).order_by("type", "name"),
        "by channel": heard.group_by("channel").aggregate(**counts).order_by("channel"),
        "by day": dated.group_by("day").aggregate(n=dated.count(), who=dated.profile.nunique()).order_by("day"),
        "money": heard.group_by("currency").aggregate(total=heard.revenue.sum()).order_by("currency"),
        "simulated": heard.group_by("simulated").aggregate(**counts).order_by("simulated"),
    }


def test_every_set_question_has_one_answer(both: Both) -> None:
    for name, expression in sets().items():
        assert plain(both.lake.ask(expression)) == plain(both.duck.ask(expression)), name


OURS = (
    ("SELECT count(*) AS n, count(DISTINCT profile) AS p FROM log WHERE NOT bot", None),
    (
        'SELECT "row", profile, revenue FROM log WHERE "row" >= ? AND name = ? ORDER BY "row" LIMIT ?',
        (5_000, "Signed Up", 9),
    ),
    ("SELECT name, max(time) AS t FROM log WHERE profile = ? GROUP BY name ORDER BY name", (3,)),
    ("SELECT CAST(properties->>'$.quantity' AS BIGINT) AS q, sum(revenue) AS r FROM log GROUP BY q ORDER BY q", None),
)


@pytest.mark.parametrize(("sql", "parameters"), OURS)
def test_our_own_sql_has_one_answer(both: Both, sql: str, parameters: tuple[object, ...] | None) -> None:
    assert plain(both.lake.query(sql, parameters)) == plain(both.duck.query(sql, parameters))


# -- sequence questions -----------------------------------------------------------------------------------------------


CELLS = sequences.Cells([0, 0, 1, 1, 2, 3, 0, 2], [-1, 0, 1, 1, 2, 3, 4, 4])
WEEKS = [PERIOD["start"] + 7 * DAY * week for week in range(8)]

SAID = np.random.default_rng(9).integers(0, 4, 7_000).astype(np.uint16)
SPLIT = sequences.Split(SAID, np.array([-1, 0, 1, 1]), 2)
SOME = np.arange(IDENTITIES) % 3 != 0

SUMS = ("cell_events", "cell_customers", "group_customers", "stage_customers", "reached", "forward", "moves")

CASES: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "stage_walk": (
        partial(sequences.stage_walk, cells=CELLS, **PERIOD),
        lambda a: [getattr(a, name).tolist() for name in SUMS] + [a.customers, repr(a.median_time)],
    ),
    "stage_people": (
        partial(sequences.stage_people, cells=CELLS, selector=sequences.Selector.dropped(1), **PERIOD),
        lambda a: [column.tolist() for column in a.columns()],
    ),
    "funnel": (
        partial(sequences.funnel, steps=[(2,), (3, 4), (5,)], window=3 * DAY, keep=True, **PERIOD),
        lambda a: [a.reached.tolist(), [column.tolist() for column in a.levels()]],
    ),
    "sessions": (
        partial(sequences.sessions, keep=True, **PERIOD),
        lambda a: [a.totals.tolist(), a.profiles, a.events, [column.tolist() for column in a.per_profile()]],
    ),
    "retention": (partial(sequences.retention, bounds=WEEKS), lambda a: [a.size.tolist(), a.returned.tolist()]),
    "paths": (partial(sequences.paths, gap=2 * DAY, **PERIOD), lambda a: a.top(40)),
    "chains": (
        partial(sequences.chains, steps=2, window=3 * DAY, order="strict", excluded=[(0, 1)], **PERIOD),
        lambda a: [column.tolist() for column in a.chained()],
    ),
    "value_counts": (
        partial(sequences.value_counts, values=SAID, bits=3, **PERIOD),
        lambda a: a.customers.tolist(),
    ),
    "series": (
        partial(sequences.series, number=3, bounds=WEEKS, split=SPLIT, population=SOME),
        lambda a: [a.events.tolist(), a.customers.tolist()],
    ),
    "cohorts": (
        partial(sequences.cohorts, bounds=WEEKS, split=SPLIT),
        lambda a: [a.size.tolist(), a.returned.tolist()],
    ),
    "stickiness": (partial(sequences.stickiness, bounds=WEEKS, population=SOME), lambda a: a.active.tolist()),
    "returners": (
        partial(sequences.returners, bounds=WEEKS, behind=sequences.Behind(0, 1)),
        lambda a: [column.tolist() for column in a.columns()],
    ),
    "attendants": (
        partial(sequences.attendants, bit=1, split=SPLIT, group=1, **PERIOD),
        lambda a: [column.tolist() for column in a.columns()],
    ),
    "routes": (
        partial(sequences.routes, steps=4, direction="to", anchored=False, gap=2 * DAY, keep=True, **PERIOD),
        lambda a: [column.tolist() for column in (*a.counted(), *a.own())],
    ),
    "searches": (partial(sequences.searches, terms=SAID, gap=2 * DAY, **PERIOD), lambda a: a.counted()),
}
"""Each question with parameters of its own, and what of its answer must be equal."""

ONE_PROFILE = {"timeline", "profile_activity", "journey"}
"""Asked of one profile: the leader's index answers them, a cluster would be far too slow."""


def registered() -> set[str]:
    """The public functions of the journey index that take a snapshot."""
    functions = [(name, getattr(sequences, name)) for name in sequences.__all__]
    return {name for name, f in functions if inspect.isfunction(f) and "snapshot" in inspect.signature(f).parameters}


def test_every_sequence_question_is_asked_of_both() -> None:
    assert registered() == set(CASES) | ONE_PROFILE


NAMED = {"routes"}
"""Questions whose labels are names with flags."""


def labels_for(name: str) -> tuple[Labels, str]:
    """Codes for most questions (as bits they are 1 to 7); bits of start and return events for retention."""
    if name in NAMED:
        return Labels(np.arange(8) * 4), "code * 4"
    if name != "retention":
        return Labels(np.arange(8)), "code"
    table = np.zeros(65_535, np.uint16)
    table[2], table[3], table[5] = 1, 3, 2
    return Labels(table), "CASE code WHEN 2 THEN 1 WHEN 3 THEN 3 WHEN 5 THEN 2 ELSE 0 END"


def assert_sequences_agree(both: Both) -> None:
    """Ask everything of the index and of Spark."""
    journeys = SparkJourneys(both.lake)
    for name, (question, essence) in CASES.items():
        labels, label = labels_for(name)
        embedded = essence(question(both.index.snapshot(), both.identities, labels))
        assert essence(journeys.ask(question, label)) == embedded, name


def test_every_sequence_question_has_one_answer_through_merges_undo_erasure_and_late_events(both: Both) -> None:
    assert_sequences_agree(both)
    both.move([31, 44], [2, 2])  # 9, 40 and 17 are themselves again
    late = histories.events(400, identities=IDENTITIES, seed=8, first_row=6_000)
    both.land(late)
    both.duck.erase(np.array([5, 6]))
    both.lake.erase(np.array([5, 6]))
    for identity in (5, 6):
        both.index.erase(identity)
    assert_sequences_agree(both)


def test_an_empty_lake_answers_with_nothing(spark: Spark, tmp_path: Path) -> None:
    lake = LakeBody(str(tmp_path / "lake"), State.open(sqlite_url(tmp_path)), spark)
    assert plain(lake.ask(sets()["totals"])) == [(0, 0, 0)]
    assert SparkJourneys(lake).ask(CASES["sessions"][0]).sessions == 0


def test_labels_are_the_same_on_both(both: Both) -> None:
    expression = "CASE name WHEN 'Signed Up' THEN 7 WHEN 'Product Added' THEN 9 ELSE 0 END"
    both.lake.erase(np.array([4]))
    both.duck.erase(np.array([4]))
    for first, last in ((0, 6_000), (1_050, 1_200), (7_000, 7_010)):
        assert both.lake.column(expression, first, last).tolist() == both.duck.column(expression, first, last).tolist()


def test_a_question_in_flight_survives_the_erasure_of_a_file_it_listed(both: Both) -> None:
    both.lake.query("SELECT count(*) AS n FROM log")
    both.lake.erase(np.array([1]))
    both.lake._shown = (both.lake._manifest.head()[0], both.lake._map_version)  # as if it had listed just before
    found = both.lake.query("SELECT count(*) AS n FROM log WHERE identity = 1")
    assert plain(found) == [(0,)]
