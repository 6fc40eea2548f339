"""Lines of the ledger as they are told: figures, verdicts, sentences, money at risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from resa import journeys
from resa.journeys.friction import calibration, places
from resa.journeys.friction.answers import Amount, Event, Item, Ratio, Share, Verdict
from resa.journeys.friction.definition import Friction, outcome_of
from resa.journeys.friction.lines import Draft, Found
from resa.journeys.friction.places import Touch, Where
from resa.journeys.friction.signals import KEYS, SIGNALS
from resa.journeys.friction.worth import Worth
from resa.kernel import times
from resa.kernel.identities import profile_id


@dataclass
class Telling:
    """Makes lines out of drafts."""

    found: Found
    friction: Friction
    value: Worth | None
    shown: Mapping[int, Mapping[str, Any]]
    touches: journeys.Places

    def item(self, draft: Draft) -> Item:
        """The line of a draft."""
        effect = draft.effect
        return Item(
            signal=KEYS[draft.signal],
            name=SIGNALS[draft.signal].name,
            where=self._where(draft),
            outcome=outcome_of(self.friction, KEYS[draft.signal]),
            people=draft.people,
            events=draft.events,
            precision=Share(*_rounded(effect.difference), effect.cases) if effect else None,
            lift=Ratio(*_rounded(effect.ratio)) if effect and effect.ratio else None,
            value_at_risk=self._at_risk(draft),
            bad=_round(effect.bad) if effect else None,
            expected=_round(effect.expected) if effect else None,
            controls=effect.controls if effect else 0,
            close=_round(effect.close) if effect else None,
            q=_round(draft.q) if draft.q is not None else None,
            verdict=self._verdict(draft),
            reading=self._reading(draft),
            evidence=[
                Event(profile_id(profile), row, times.iso(at), _name(self.shown.get(row)))
                for profile, row, at in zip(draft.profiles, draft.rows, draft.at, strict=True)
            ],
        )

    def _where(self, draft: Draft) -> Where | None:
        if draft.place is None:
            return None
        event = self.shown.get(draft.rows[0])
        place = self.touches.of(event) if event else None
        touch = Touch(place.journey, place.stage.key, place.touchpoint.key, place.touchpoint.name) if place else None
        return places.described(draft.place, self.found.facts, event, touch)

    def _verdict(self, draft: Draft) -> Verdict:
        if draft.q is None:
            return "not enough data"
        return "hurts" if draft.q <= self.friction.false_discovery_rate else "not shown"

    def _reading(self, draft: Draft) -> str:
        """The figures as a sentence."""
        effect, days = draft.effect, f"{self.friction.outcome.days:g} days"
        wanted = outcome_of(self.friction, KEYS[draft.signal])
        said = "did not come back" if wanted == "return" else "did not convert"
        if effect is None:
            return f"Fewer than {self.friction.least} customers can be followed for {days} and compared: nothing is claimed."
        begin = (
            f"{effect.bad:.0%} of {effect.cases} customers {said} within {days}; {effect.expected:.0%} were expected."
        )
        if self._verdict(draft) == "hurts":
            return f"{begin} That is more than chance explains."
        return f"{begin} Chance alone explains that, or comparable customers fare no better."

    def _at_risk(self, draft: Draft) -> Amount | None:
        """People x excess of bad outcomes x value of a conversion; both estimates' uncertainty is in the interval."""
        effect, value = draft.effect, self.value
        if effect is None or value is None:
            return None
        each = value.of_loss(self._regained(draft.signal))
        amount = draft.people * effect.difference.value * each
        relative = 0.0 if not value.amount else value.error / value.amount
        spread = calibration.Z * draft.people * each * np.hypot(effect.error, effect.difference.value * relative)
        return Amount(_money(amount), _money(amount - spread), _money(amount + spread), value.currency)

    def _regained(self, signal: int) -> float:
        """Of those spared who did what was hoped for, the share who converted: what a lost customer would have brought."""
        if outcome_of(self.friction, KEYS[signal]) == "conversion":
            return 1.0
        spared = self.found.spared
        back = (spared.signal == signal) & spared.returned
        return float(spared.converted[back].mean()) if back.any() else 0.0


def ranked(items: list[Item]) -> list[Item]:
    """What hurts first, by money at stake (by people where money isn't known); then the rest by people."""

    def stake(item: Item) -> float:
        if item.verdict != "hurts" or item.precision is None:
            return 0.0
        return float(item.value_at_risk.amount) if item.value_at_risk else item.people * item.precision.value

    return sorted(items, key=lambda item: (item.verdict != "hurts", -stake(item), -item.people, item.signal))


def _round(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded(interval: calibration.Interval) -> tuple[float, float, float]:
    return _round(interval.value), _round(interval.low), _round(interval.high)


def _money(value: float) -> str:
    return f"{value:.2f}"


def _name(event: Mapping[str, Any] | None) -> str:
    return "" if event is None else event["name"] or event["type"]
