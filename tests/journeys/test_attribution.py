"""Attribution against slow and obvious references: paths cut from random histories, models on random paths, planted truth."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

import httpx
import numpy as np
import pytest

from resa import journeys
from resa.journeys.attribution import markov, models
from resa.journeys.attribution.answers import MODELS, Answer, Asked, Conversion, Figure
from resa.journeys.attribution.asking import Attributions
from resa.journeys.attribution.paths import VISIT, Paths
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.lens import Lens
from resa.kernel.matching import Condition, Match
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from tests.journeys import worlds
from tests.journeys.worlds import DAY, HOUR, MAP, START, World

BOUGHT = Conversion(any=[Match(name="Bought")])

# -- models on paths -----------------------------------------------------------------------------------------------


@dataclass
class Plain:
    """Paths as lists: (touches, ages in ms, value) of each conversion, and the lost ones."""

    won: list[tuple[list[int], list[int], float]]
    lost: list[list[int]]
    touches: int

    def paths(self) -> Paths:
        """The same as arrays."""
        flat = [touch for touches, _, _ in self.won for touch in touches]
        return Paths(
            self.touches,
            np.arange(len(self.won)),
            np.array([len(touches) for touches, _, _ in self.won], np.int64),
            np.array(flat, np.int64),
            np.array([age for _, ages, _ in self.won for age in ages], np.int64),
            np.array([len(path) for path in self.lost], np.int64),
            np.array([touch for path in self.lost for touch in path], np.int64),
        )

    def weights(self) -> Any:
        """A column of ones, a column of values."""
        return np.array([[1.0, value] for _, _, value in self.won]).reshape(-1, 2)


def some_paths(seed: int, touches: int = 4) -> Plain:
    """A few random paths, some conversions without a touch."""
    dice = random.Random(seed)
    won = []
    for _ in range(dice.randrange(1, 12)):
        path = [dice.randrange(1, touches + 1) for _ in range(dice.randrange(0, 6))]
        won.append((path, sorted((dice.randrange(30 * DAY) for _ in path), reverse=True), dice.randrange(1, 90) / 4))
    lost = [[dice.randrange(1, touches + 1) for _ in range(dice.randrange(1, 6))] for _ in range(dice.randrange(0, 12))]
    return Plain(won, lost, touches)


def per_path(plain: Plain, model: str, half_life: float) -> dict[int, list[float]]:
    """What each touch gets, conversion by conversion."""
    got = {touch: [0.0, 0.0] for touch in range(1, plain.touches + 1)}
    for path, ages, value in plain.won:
        if not path:
            continue
        decays = [0.5 ** (age / half_life) for age in ages]
        parts = {
            "first": [1.0 if at == 0 else 0.0 for at in range(len(path))],
            "last": [1.0 if at == len(path) - 1 else 0.0 for at in range(len(path))],
            "linear": [1 / len(path)] * len(path),
            "time_decay": [decay / sum(decays) for decay in decays],
        }[model]
        for touch, part in zip(path, parts, strict=True):
            got[touch][0] += part
            got[touch][1] += part * value
    return got


def shapley_by_definition(plain: Plain) -> dict[int, list[float]]:
    """The sum over all coalitions of what a touch adds to each; a coalition earns the conversions all of whose touches are in it."""
    everybody = range(1, plain.touches + 1)
    weights = [(set(path), (1.0, value)) for path, _, value in plain.won if path]

    def worth(coalition: set[int], column: int) -> float:
        return sum(weight[column] for touches, weight in weights if touches <= coalition)

    got = {}
    for touch in everybody:
        others = [other for other in everybody if other != touch]
        got[touch] = [0.0, 0.0]
        for size in range(len(others) + 1):
            chance = factorial(size) * factorial(len(others) - size) / factorial(plain.touches)
            for coalition in map(set, itertools.combinations(others, size)):
                for column in (0, 1):
                    got[touch][column] += chance * (worth(coalition | {touch}, column) - worth(coalition, column))
    return got


def removal_by_elimination(plain: Plain, order: int) -> tuple[Fraction, dict[int, Fraction]]:
    """The chain written out with fractions and solved by Gaussian elimination, once with each touch's states lost."""
    paths = [(path, True) for path, _, _ in plain.won if path] + [(path, False) for path in plain.lost]
    counted: dict[Any, dict[Any, int]] = {}
    for path, won in paths:
        states = ["begin", *(tuple(path[max(0, at - order + 1) : at + 1]) for at in range(len(path)))]
        # Before the order-th touch the state remembers that the path began there.
        states = [state if state == "begin" or at >= order else ("begin", *state) for at, state in enumerate(states)]
        for here, there in itertools.pairwise([*states, "won" if won else "lost"]):
            counted.setdefault(here, {}).setdefault(there, 0)
            counted[here][there] += 1

    def chance(without: int | None) -> Fraction:
        states = list(counted)
        rows = []
        for state in states:
            total = sum(counted[state].values())
            row = [Fraction(int(state == other)) for other in states] + [Fraction(0)]
            for there, times in counted[state].items():
                if there == "won":
                    row[-1] += Fraction(times, total)
                elif there != "lost" and (without is None or there[-1] != without):
                    row[states.index(there)] -= Fraction(times, total)
            rows.append(row)
        return solved(rows)[states.index("begin")]

    if not paths:
        return Fraction(0), {}
    whole = chance(None)
    effects = {touch: 1 - chance(touch) / whole if whole else Fraction(0) for touch in range(1, plain.touches + 1)}
    return whole, effects


def solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """Gaussian elimination."""
    size = len(rows)
    for column in range(size):
        pivot = next(row for row in range(column, size) if rows[row][column] != 0)
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(size):
            if row != column and (times := rows[row][column]) != 0:
                rows[row] = [a - times * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[-1] for row in rows]


@pytest.mark.parametrize("seed", range(40))
def test_models_of_single_paths_equal_the_reference(seed: int) -> None:
    plain = some_paths(seed)
    paths, weights, half_life = plain.paths(), plain.weights(), 3.5 * DAY
    for name in ("first", "last", "linear", "time_decay"):
        found = (
            models.time_decay(paths, weights, half_life)
            if name == "time_decay"
            else models.PER_PATH[name](paths, weights)
        )
        for touch, expected in per_path(plain, name, half_life).items():
            assert found[touch].tolist() == pytest.approx(expected, abs=1e-9), name


@pytest.mark.parametrize("seed", range(25))
def test_shapley_equals_the_sum_over_all_coalitions(seed: int) -> None:
    plain = some_paths(seed, touches=2 + seed % 4)
    found = models.shapley(plain.paths(), plain.weights())
    for touch, expected in shapley_by_definition(plain).items():
        assert found[touch].tolist() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(12))
def test_removal_effects_equal_elimination_with_fractions(seed: int, order: int) -> None:
    plain = some_paths(seed, touches=3)
    found = markov.removal(plain.paths(), order)
    whole, effects = removal_by_elimination(plain, order)
    assert found.conversion == pytest.approx(float(whole), abs=1e-12)
    for touch, expected in effects.items():
        assert found.effects[touch] == pytest.approx(float(expected), abs=1e-12)


def test_a_large_chain_comes_to_the_same_digits_by_iterating_as_by_elimination(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    lengths = dice.geometric(0.2, 3_000)
    labels = dice.integers(1, 9, lengths.sum())
    cut = 600
    split = lengths[:cut].sum()
    paths = Paths(8, np.arange(cut), lengths[:cut], labels[:split], labels[:split] * 0, lengths[cut:], labels[split:])
    iterated = markov.removal(paths, 3)
    assert iterated.states > markov.SMALL
    monkeypatch.setattr(markov, "SMALL", 10_000)
    assert iterated.effects == pytest.approx(markov.removal(paths, 3).effects, abs=1e-10)


def test_the_chain_of_three_journeys_known_from_the_literature() -> None:
    """C1 > C2 > C3 > conversion, C1 > lost, C2 > C3 > lost: removal effects 0.5, 1, 1, so that C1 gets 0.2 and the others 0.4.

    The example by which removal effects are usually explained (with Anderl et al. 2016 and R's ChannelAttribution).
    """
    plain = Plain([([1, 2, 3], [3, 2, 1], 1.0)], [[1], [2, 3]], 3)
    found = markov.removal(plain.paths(), 1)
    assert found.conversion == pytest.approx(1 / 3)
    assert found.effects[1:].tolist() == pytest.approx([0.5, 1.0, 1.0])
    assert markov.shares(found.effects)[1:].tolist() == pytest.approx([0.2, 0.4, 0.4])


def test_time_decay_by_hand() -> None:
    """A touch a half-life older gets half as much: 1 and 1/2 of three halves; ages beyond any number's reach change nothing."""
    plain = Plain([([1, 2], [10 * DAY, 3 * DAY], 3.0)], [], 2)
    assert models.time_decay(plain.paths(), plain.weights(), 7 * DAY)[1:, 1].tolist() == pytest.approx([1.0, 2.0])
    far = Plain([([1, 2], [9_000 * DAY, 8_000 * DAY], 1.0)], [], 2)
    assert models.time_decay(far.paths(), far.weights(), DAY)[2, 0] == pytest.approx(1.0)


def test_a_chain_of_too_many_states_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markov, "MOST_STATES", 2)
    with pytest.raises(Refused, match="lower order"):
        markov.removal(some_paths(3).paths(), 2)


# -- planted truth -------------------------------------------------------------------------------------------------


def simulated(seed: int, effects: list[float], customers: int = 60_000, *, shuffled: bool = False) -> Paths:
    """Customers meet touches at random, all equally often; each touch adds its effect to the chance to convert."""
    dice = np.random.default_rng(seed)
    touches = len(effects)
    lengths = dice.integers(1, 5, customers)
    labels = dice.integers(1, touches + 1, lengths.sum())
    owner = np.repeat(np.arange(customers), lengths)
    chance = 0.02 + np.array([0.0, *effects])[labels]
    won = dice.random(customers) < np.bincount(owner, chance) / lengths
    if shuffled:
        won = dice.permutation(won)
    on_won = won[owner]
    return Paths(
        touches,
        np.flatnonzero(won),
        lengths[won],
        labels[on_won],
        np.zeros(int(on_won.sum()), np.int64),
        lengths[~won],
        labels[~on_won],
    )


def shares_of(paths: Paths) -> dict[str, Any]:
    """The share of each touch by each model that knows no time."""
    weights = np.ones((paths.rows.size, 1))
    found = {name: model(paths, weights)[1:, 0] for name, model in models.PER_PATH.items()}
    found |= {f"markov {order}": markov.removal(paths, order).effects[1:] for order in (1, 2)}
    return {name: part / part.sum() for name, part in found.items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_effect_is_found_by_every_model(seed: int) -> None:
    """The third of five touches makes conversion several times as likely: it gets clearly the most, the others the same."""
    for name, share in shares_of(simulated(seed, [0, 0, 0.2, 0, 0])).items():
        others = np.delete(share, 2)
        assert share[2] > 1.5 * others.max(), name
        assert others == pytest.approx(np.full(4, others.mean()), abs=0.03), name


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_conversions_leave_every_touch_its_share(seed: int) -> None:
    for name, share in shares_of(simulated(seed, [0, 0, 0.2, 0, 0], shuffled=True)).items():
        assert share == pytest.approx(np.full(5, 0.2), abs=0.02), name


def test_no_model_is_a_causal_effect() -> None:
    """A touch without any effect, shown only to people about to buy, earns credit in all models: what the limits say is so."""
    dice = np.random.default_rng(7)
    about_to_buy = dice.random(20_000) < 0.1
    plain = Plain(
        [([1, 2], [2, 1], 1.0) for _ in range(int(about_to_buy.sum()))],
        [[1] for _ in range(int((~about_to_buy).sum()))],
        2,
    )
    assert all(share[1] > 0 for name, share in shares_of(plain.paths()).items() if name != "first")


# -- paths from the log --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four thousand events of a hundred people, some merged."""
    with worlds.world(tmp_path_factory.mktemp("attribution"), worlds.drafts(3, 100, 4_000)) as made:
        journeys.register(made.workspace)
        made.workspace.definitions.save("journey", "shop", MAP, expected=0, author="test")
        for who in ((3, 4, 5), (10, 60), (20, 21)):
            made.merge(*who)
        made.workspace.settle()
        yield made


def touch_of(kind: str, draft: Draft) -> str | None:
    """docs/attribution.md, read aloud."""
    if kind == "touchpoint:shop":
        named = {"Viewed": "viewed", "Added": "added", "Bought": "bought", "Wrote": "wrote"}
        return named.get(draft.name) if draft.type == "track" else None
    if draft.source == "resa":
        return None
    if kind == "channel":
        return draft.channel
    if kind == "campaign_source":
        return draft.campaign_source
    if draft.campaign_source is None and draft.campaign_medium is None:
        return None
    return f"{draft.campaign_source or '(none)'} / {draft.campaign_medium or '(none)'}"


@dataclass
class Cut:
    """What the reference finds."""

    won: list[tuple[list[str], list[int], Draft]]
    lost: list[list[str]]
    customers: dict[str, set[int]]


def cut(world: World, kind: str, lens: Lens, window: int) -> Cut:
    """The paths of all customers, one event after the other."""
    found = Cut([], [], {})
    whole = Lens(Period(lens.period.start - window, lens.period.end), None, lens.simulated, lens.population)
    for profile, history in world.seen(whole).items():
        begun: dict[str, Any] = {"touch": None, "time": None}
        touches: list[dict[str, Any]] = []
        conversions: list[tuple[int, Draft]] = []
        for time, _, draft in history:
            if draft.name == "Bought" and lens.channel in (None, draft.channel):
                conversions.append((time, draft))
                continue
            touch = touch_of(kind, draft)
            if touch is None:
                continue
            if touch != begun["touch"] or time - begun["time"] > VISIT:
                touches.append({"touch": touch, "time": time, "next": len(conversions)})
            begun = {"touch": touch, "time": time}
        divide(found, profile, touches, conversions, lens, window)
    return found


def divide(
    found: Cut,
    profile: int,
    touches: list[dict[str, Any]],
    conversions: list[tuple[int, Draft]],
    lens: Lens,
    window: int,
) -> None:
    """Each touch to the conversion after it, if that came in time; the others to lost paths."""
    for number, (time, draft) in enumerate(conversions):
        if time >= lens.period.start:
            mine = [t for t in touches if t["next"] == number and time - t["time"] <= window]
            found.won.append(([t["touch"] for t in mine], [time - t["time"] for t in mine], draft))
            for t in mine:
                found.customers.setdefault(t["touch"], set()).add(profile)
    before: dict[str, Any] | None = None
    for t in touches:
        led = t["next"] < len(conversions) and conversions[t["next"]][0] - t["time"] <= window
        if led or t["time"] < lens.period.start:
            continue
        found.customers.setdefault(t["touch"], set()).add(profile)
        if before is not None and before["next"] == t["next"] and t["time"] - before["time"] <= window:
            found.lost[-1].append(t["touch"])
        else:
            found.lost.append([t["touch"]])
        before = t


def expect(world: World, kind: str, lens: Lens, window: int, answer: Answer) -> None:
    """Compare all of an answer with the reference."""
    found = cut(world, kind, lens, window)
    names = sorted({touch for path, _, _ in found.won for touch in path} | {t for path in found.lost for t in path})
    number = {name: place for place, name in enumerate(names, 1)}
    plain = Plain(
        [([number[t] for t in path], ages, float(draft.revenue or 0)) for path, ages, draft in found.won],
        [[number[t] for t in path] for path in found.lost],
        len(names),
    )
    assert answer.conversions == len(found.won)
    assert answer.without_touch == sum(1 for path, _, _ in found.won if not path)
    assert answer.lost_paths == len(found.lost)
    items = {item.touch: item for item in answer.items if item.kind != "none"}
    assert set(items) == set(names)
    expected = {name: per_path(plain, name, 7 * DAY) for name in ("first", "last", "linear", "time_decay")}
    effects = markov.removal(plain.paths(), 1).effects
    everything = [path for path, _, _ in found.won] + found.lost
    for name, item in items.items():
        assert item.touches == sum(path.count(name) for path in everything)
        assert item.customers == len(found.customers[name])
        assert item.removal == pytest.approx(effects[number[name]])
        for model, got in expected.items():
            assert getattr(item, model) == pytest.approx(got[number[name]][0], abs=1e-9), model
            value = sum(float(getattr(worth, model)) for worth in item.values)
            assert value == pytest.approx(got[number[name]][1], abs=1e-3), model


@pytest.mark.parametrize("seed", range(12))
def test_the_answer_is_what_a_reader_of_the_log_would_count(world: World, seed: int) -> None:
    """All kinds of touches through random lenses: simulated or not, one channel's conversions, a population."""
    kind = ["channel", "campaign_source", "campaign_source_medium", "touchpoint:shop"][seed % 4]
    lens, window = worlds.a_lens(seed), [3, 10, 30][seed % 3]
    answer = Attributions(world.workspace).ask(Asked(conversion=BOUGHT, touch=kind, window_days=window), lens)
    expect(world, kind, lens, window * DAY, answer)


@pytest.mark.parametrize("seed", range(8))
def test_the_people_behind_attribution_are_its_figures(world: World, seed: int) -> None:
    """As many customers as the figure says, and their events add up to the touches or to the conversions."""
    kind = ["channel", "campaign_source_medium", "touchpoint:shop"][seed % 3]
    lens, keeper = worlds.a_lens(seed), Attributions(world.workspace)
    asked = Asked(conversion=BOUGHT, touch=kind, window_days=10, models=["linear"], most=2 if seed % 2 else 50)
    found, answer = cut(world, kind, lens, 10 * DAY), keeper.ask(asked, lens)

    def behind(kind: str, item: str | None = None, *, converting: bool = False) -> tuple[int, int]:
        people, cursor = [], None
        while True:
            page = keeper.people(asked, lens, Figure(kind, item, converting), limit=7, cursor=cursor)  # type: ignore[arg-type]  # of the item
            people += page.items
            if (cursor := page.next) is None:
                assert len({person.profile for person in people}) == len(people) == page.total
                return page.total, sum(person.events for person in people)

    for item in answer.items:
        customers, events = behind(item.kind, item.touch)
        assert events == (item.touches if item.kind != "none" else answer.without_touch)
        if item.kind == "touch":
            assert customers == item.customers
            led = sum(path.count(item.touch) for path, _, _ in found.won)
            assert behind("touch", item.touch, converting=True)[1] == led
    assert behind("all") == (answer.customers, answer.conversions)


def test_people_of_a_touch_that_there_is_not_are_not_found(world: World) -> None:
    keeper, lens = Attributions(world.workspace), Lens(Period(START, START + 40 * DAY))
    with pytest.raises(NotFound):
        keeper.people(Asked(conversion=BOUGHT), lens, Figure("touch", "fax", converting=False))


def test_every_model_adds_up_to_the_conversions_and_their_value(world: World) -> None:
    lens = Lens(Period(START, START + 40 * DAY))
    answer = Attributions(world.workspace).ask(Asked(conversion=BOUGHT, touch="channel", most=2, order=2), lens)
    assert [item.kind for item in answer.items] == ["touch", "touch", "rest", "none"]
    for model in MODELS:
        assert sum(getattr(item, model) for item in answer.items) == pytest.approx(answer.conversions)
        for place, money in enumerate(answer.values):
            parts = [float(getattr(item.values[place], model)) for item in answer.items]
            assert sum(parts) == pytest.approx(float(money.total), abs=0.01)
    assert set(answer.reading) == set(MODELS)
    assert any("causal" in said for said in answer.limits)


def test_merges_late_events_and_their_undo_are_in_the_next_answer(world: World) -> None:
    """Asked of one keeper of answers before and after: what is kept is never old."""
    keeper, lens = Attributions(world.workspace), Lens(Period(START, START + 40 * DAY))
    asked = Asked(conversion=BOUGHT, touch="channel", window_days=20)
    before = keeper.ask(asked, lens)
    expect(world, "channel", lens, 20 * DAY, before)
    links = world.merge(30, 31)
    world.add(worlds.drafts(77, 100, 50))
    world.workspace.settle()
    expect(world, "channel", lens, 20 * DAY, keeper.ask(asked, lens))
    for link in links:
        world.undo(link)
    world.workspace.settle()
    expect(world, "channel", lens, 20 * DAY, keeper.ask(asked, lens))


def test_questions_that_make_no_sense_are_refused(world: World) -> None:
    keeper, lens = Attributions(world.workspace), Lens(Period(START, START + DAY))
    for asked, field in (
        (Asked(conversion=Conversion(any=[])), "conversion.any"),
        (Asked(conversion=Conversion(any=[Match()])), "conversion.any[0].name"),
        (Asked(conversion=BOUGHT, touch="weather"), "touch"),
        (Asked(conversion=BOUGHT, models=[]), "models"),
    ):
        with pytest.raises(Refused) as refused:
            keeper.ask(asked, lens)
        assert refused.value.details["field"] == field
    with pytest.raises(NotFound):
        keeper.ask(Asked(conversion=BOUGHT, touch="touchpoint:nothing"), lens)


def test_a_conversion_may_be_told_by_its_properties(world: World) -> None:
    large = Conversion(any=[Match(name="Bought", where=[Condition(property="revenue", op="greater", value=5)])])
    lens = Lens(Period(START, START + 40 * DAY))
    answer = Attributions(world.workspace).ask(Asked(conversion=large), lens)
    expected = [d for d in world.drafts if d.name == "Bought" and float(d.revenue or 0) > 5]
    assert answer.conversions == len(expected)


# -- over HTTP -----------------------------------------------------------------------------------------------------


async def test_the_question_over_http(viewer: httpx.AsyncClient, workspace: Workspace) -> None:
    workspace.start()
    happened = [
        Draft(
            message_id=f"m{number}",
            type="track",
            name=name,
            time=START + number * HOUR,
            received_at=START,
            anonymous_id="a",
            channel=channel,
            revenue=revenue,
            currency="EUR" if revenue else None,
        )
        for number, (name, channel, revenue) in enumerate(
            [("Seen", "email", None), ("Seen", "web", None), ("Order Completed", "web", "20")]
        )
    ]
    workspace.committer.submit_sync(happened)
    workspace.settle()
    question = {
        "lens": {"from": "2023-11-01", "to": "2023-12-01", "simulated": True, "channel": None},
        "conversion": {"any": [{"type": "track", "name": "Order Completed"}]},
        "touch": "channel",
        "window_days": 30,
    }
    answer = await viewer.post("/api/attribution", json=question)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["conversions"], found["value"], found["currency"]) == (1, "20.0000", "EUR")
    by_touch = {item["touch"]: item for item in found["items"]}
    assert (by_touch["email"]["first"], by_touch["web"]["last"], by_touch["web"]["markov"]) == (1.0, 1.0, 0.5)
    assert by_touch["email"]["values"][0]["shapley"] == "10.0000"
    refused = await viewer.post("/api/attribution", json={**question, "window_days": 0})
    assert refused.status_code == 400
