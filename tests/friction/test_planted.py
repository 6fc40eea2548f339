"""The whole way in simulation: a shop with planted friction, from its events to the ledger."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from resa import journeys
from resa.journeys import friction
from resa.journeys.friction.answers import Item, Ledger
from resa.journeys.friction.definition import KEY, KIND
from resa.journeys.friction.ledger import Ledgers
from resa.journeys.friction.signals import KEYS
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.friction.world import BEGIN, DAY, DAYS, TRUTH, shop

WHOLE = Lens(Period(BEGIN, BEGIN + DAYS * DAY))


def ledger_of(folder: Path, seed: int, *, people: int = 2_500, shuffled: bool = False) -> Ledger:
    """The ledger of a simulated shop, of the signals the truth is known of."""
    workspace = Workspace.open(Settings.of({}, data=folder / "data")).start()
    try:
        journeys.register(workspace)
        friction.register(workspace)
        off = sorted(set(KEYS) - set(TRUTH))
        workspace.definitions.save(KIND.name, KEY, msgspec.json.encode({"off": off}), expected=0, author="a test")
        drafts = list(shop(seed, people, shuffled=shuffled))
        for first in range(0, len(drafts), 5_000):
            workspace.committer.submit_sync(drafts[first : first + 5_000])
        workspace.settle()
        return Ledgers(workspace).ledger(WHOLE)
    finally:
        workspace.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A shop where slow pages and rage clicks cost orders, and two other signals cost nothing."""
    return ledger_of(tmp_path_factory.mktemp("planted"), 11)


def everywhere(ledger: Ledger) -> dict[str, Item]:
    """The lines of the signals as a whole."""
    return {item.signal: item for item in ledger.signals}


def test_what_drives_customers_away_is_found_and_what_is_harmless_is_not(planted: Ledger) -> None:
    assert {signal: item.verdict for signal, item in everywhere(planted).items()} == {
        "slow-page": "hurts",
        "rage-click": "hurts",
        "empty-search": "not shown",
        "repeated-error": "not shown",
    }
    assert [item.signal for item in planted.items[:2]] == ["slow-page", "rage-click"]


def test_the_intervals_hold_what_was_planted(planted: Ledger) -> None:
    for signal, item in everywhere(planted).items():
        assert item.precision is not None
        assert item.precision.low - 0.02 <= TRUTH[signal].cost <= item.precision.high + 0.02, signal


def test_money_is_people_times_excess_times_value(planted: Ledger) -> None:
    line, value = everywhere(planted)["slow-page"], planted.conversion_value
    assert line.precision is not None
    assert value is not None
    assert line.value_at_risk is not None
    assert value.amount == pytest.approx(50, abs=2)
    amount, low, high = (float(getattr(line.value_at_risk, name)) for name in ("amount", "low", "high"))
    assert amount == pytest.approx(line.people * line.precision.value * value.amount, rel=0.001)
    assert low < amount < high


def test_a_shop_whose_orders_are_shuffled_has_nothing_to_tell(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, 12, people=1_500, shuffled=True)
    assert {item.verdict for item in [*ledger.items, *ledger.signals]} <= {"not shown", "not enough data"}


@pytest.mark.full
def test_truth_is_recovered_over_many_shops(tmp_path: Path) -> None:
    """Of the intervals of eight shops at least nine in ten hold the truth; real signals are found, decoys hardly ever."""
    held, found = [], dict.fromkeys(TRUTH, 0)
    for seed in range(20, 28):
        for signal, item in everywhere(ledger_of(tmp_path / str(seed), seed)).items():
            assert item.precision is not None
            held.append(item.precision.low <= TRUTH[signal].cost <= item.precision.high)
            found[signal] += item.verdict == "hurts"
    assert sum(held) / len(held) >= 0.85
    assert min(found["slow-page"], found["rage-click"]) >= 7
    assert found["empty-search"] + found["repeated-error"] <= 3


@pytest.mark.full
def test_shuffled_shops_stay_silent(tmp_path: Path) -> None:
    """Six ledgers of which nothing is true: at a false discovery rate of 10 % at most one or two say anything."""
    loud = 0
    for seed in range(40, 46):
        ledger = ledger_of(tmp_path / str(seed), seed, people=1_500, shuffled=True)
        loud += any(item.verdict == "hurts" for item in [*ledger.items, *ledger.signals])
    assert loud <= 2
