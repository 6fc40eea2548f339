"""What an audience means, as slowly and plainly as it can be said: every event of a customer, looked at one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resa.kernel.audiences.rules import Audience, Rule, milliseconds, plain, units
from resa.kernel.matching import Match, python

Event = Mapping[str, Any]
"""An event with `identity`, `row`, the columns of `log`, and what it says: `traits` and `consents` as lists."""

StageRules = Callable[[str], Sequence[tuple[str, Match]]]


def holds(rule: Rule, events: Sequence[Event], now: int, audiences: Mapping[str, Audience], stages: StageRules) -> bool:
    """Whether a customer with these events meets a rule at a time."""

    def again(part: Rule) -> bool:
        return holds(part, events, now, audiences, stages)

    events = [event for event in events if event["time"] <= now]
    if rule.all is not None:
        return all(map(again, rule.all))
    if rule.any is not None:
        return any(map(again, rule.any))
    if rule.not_ is not None:
        return not again(rule.not_)
    if rule.segment is not None:
        return again(audiences[rule.segment].rule)
    if rule.trait is not None:
        return _trait(rule, events)
    if rule.consent is not None:
        return _consent(rule, events)
    if rule.context is not None:
        column = rule.context.property
        said = [(e["time"], e["row"], e[column]) for e in events if e.get(column) is not None]
        return python.holds(plain(rule.context), {}, {"x": max(said)[2]} if said else {})
    if rule.stage is not None:
        return _stage(rule, events, stages)
    return _behaviour(rule, events, now)


def _meets(matches: Sequence[Match], event: Event) -> bool:
    return any(python.meets(match, event) for match in matches)


def _key(event: Event) -> tuple[int, int]:
    return event["time"], event["row"]


def _behaviour(rule: Rule, events: Sequence[Event], now: int) -> bool:
    def within(period: str | None) -> list[Event]:
        return [e for e in events if period is None or e["time"] > now - milliseconds(period)]

    if rule.did is not None:
        count = sum(_meets(rule.did.any, event) for event in within(rule.did.within))
        low = rule.did.at_least if rule.did.at_least is not None else (1 if rule.did.at_most is None else 0)
        return low <= count and (rule.did.at_most is None or count <= rule.did.at_most)
    if rule.sum is not None:
        total = 0
        for event in within(rule.sum.within):
            amount = python.number_of(rule.sum.property, event)
            right = rule.sum.currency is None or event["currency"] == rule.sum.currency
            if _meets(rule.sum.any, event) and amount is not None and right and abs(amount) <= 1e11:
                total += units(amount) or 0
        least, most = units(rule.sum.at_least), units(rule.sum.at_most)
        return (least is None or total >= least) and (most is None or total <= most)
    if rule.time is not None:
        times = [event["time"] for event in events if _meets(rule.time.any, event)]
        if not times:
            return False
        time = min(times) if rule.time.which == "first" else max(times)
        if rule.time.within is not None:
            return bool(time > now - milliseconds(rule.time.within))
        return bool(time <= now - milliseconds(rule.time.longer_ago or ""))
    if rule.without is not None:
        after = milliseconds(rule.without.after) if rule.without.after else 0
        followed = [event for event in events if _meets(rule.without.without, event)]
        return any(
            _meets(rule.without.any, event)
            and event["time"] <= now - after
            and not any(_key(other) >= _key(event) for other in followed)
            for event in within(rule.without.within)
        )
    assert rule.ordered is not None
    inside = sorted(within(rule.ordered.within), key=_key)
    steps = [step.any for step in rule.ordered.steps]

    def chained(step: int, start: int, after: tuple[int, int]) -> bool:
        if step == len(steps):
            return after[0] - start <= milliseconds(rule.ordered.apart if rule.ordered else "")
        found = [event for event in inside if _key(event) > after and _meets(steps[step], event)]
        return any(chained(step + 1, event["time"] if step == 0 else start, _key(event)) for event in found)

    return chained(0, 0, (-1, -1))


def _trait(rule: Rule, events: Sequence[Event]) -> bool:
    assert rule.trait is not None
    said = [
        (rank, *_key(event), value)
        for event in events
        for name, rank, value in event["traits"]
        if name == rule.trait.property
    ]
    value = max(said, key=lambda item: item[:3])[3] if said else None
    return python.holds(plain(rule.trait), {}, {} if value is None else {"x": value})


def _consent(rule: Rule, events: Sequence[Event]) -> bool:
    assert rule.consent is not None
    latest: dict[int, tuple[Any, ...]] = {}
    for event in events:
        for purpose, rank, state in event["consents"]:
            if purpose == rule.consent.purpose:
                item = (rank, *_key(event), state)
                latest[event["identity"]] = max(latest.get(event["identity"], item), item)
    states = {item[3] for item in latest.values()}
    state = "denied" if "denied" in states else "granted" if "granted" in states else "unknown"
    return state == rule.consent.state


def _stage(rule: Rule, events: Sequence[Event], stages: StageRules) -> bool:
    assert rule.stage is not None
    for event in sorted(events, key=_key, reverse=True):
        for stage, match in stages(rule.stage.journey):
            if python.meets(match, event):
                return stage in rule.stage.stages
    return False
