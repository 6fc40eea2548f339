"""Experiments, hold-outs and flags for `decide`, over the engine that delivers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from resa.experiences.knowing import Assigned, Standing
from resa.experiments import Delivery
from resa.experiments.engine import Asking, Engine, FeatureResult
from resa.experiments.programme import Compiled

HELD: Final = "holdout"
"""The variation of a hold-out that sees nothing, and the prefix of its flag."""

_REASONS: Final[Mapping[str, str]] = {
    "unknownFeature": "FLAG_NOT_FOUND",
    "defaultValue": "DEFAULT",
    "force": "TARGETING_MATCH",
    "experiment": "SPLIT",
    "override": "STATIC",
    "prerequisite": "TARGETING_MATCH",
    "cyclicPrerequisite": "ERROR",
}


_encode: Final = msgspec.json.Encoder().encode
_UNKNOWN: Final = _encode({"value": None, "variation": None, "reason": _REASONS["unknownFeature"]})

MOST_WRITTEN: Final = 20_000
"""Answers of flags that are kept as text."""


class _Written:
    """Answers of one edition's flags as text. What no experiment decides is the same object each time, and is encoded once."""

    def __init__(self, engine: Engine | None) -> None:
        """Nothing is written yet."""
        self.engine = engine
        self.texts: dict[tuple[str, int], bytes] = {}
        self.results: list[FeatureResult] = []
        """Kept, so that none gives its id to another."""


class Experiments:
    """The programme of a workspace."""

    def __init__(self, delivery: Delivery) -> None:
        """As this delivers it."""
        self._delivery = delivery
        self._written = _Written(None)

    def assign(
        self, experiment: str, attributes: Mapping[str, Any], *, verified: bool, keep: bool = True
    ) -> Assigned | None:
        """Where somebody stands in a running experiment, or what a shipped one gives everybody.

        Kept assignments are heeded, and this one is kept if `keep`.
        """
        programme, now = self._delivery.programme, self._delivery.programme.at_hand()
        asking = self._asking(attributes, verified, now, keep=keep)
        found = programme.assign(experiment, asking, now)
        if found is None:
            winner = programme.shipped(experiment, asking, now)
            return Assigned(winner, 1.0, 0, counted=False, leaf=None) if winner is not None else None
        return Assigned(found.variation, found.probability, found.phase, found.result.hash_used, found.leaf)

    def holdouts(self, attributes: Mapping[str, Any]) -> list[Standing]:
        """Where they stand in each hold-out that is active; who has none of its unit's identifiers is in none."""
        now, found = self._delivery.programme.at_hand(), []
        for key, body in now.world.holdouts.items():
            name = f"{HELD}:{key}"
            result = now.full.engine.ask(name, Asking(attributes)).result if body.active else None
            if result is not None and result.hash_used:
                held = result.key == HELD
                share = body.share if held else 1 - body.share
                found.append(Standing(name, result.key, share, body.unit, str(result.hash_value), held))
        return found

    @property
    def by_attributes(self) -> bool:
        """Whether flags depend on nothing that is kept: no audience, no assignment of an experiment or a ramp."""
        return self._delivery.programme.at_hand().by_attributes

    @property
    def fresh(self) -> bool:
        """Whether nothing was changed since it was compiled."""
        return self._delivery.programme.fresh() is not None

    def refresh(self) -> None:
        """Compile what was changed."""
        self._delivery.programme.current()

    def flags(self, keys: Iterable[str] | None, attributes: Mapping[str, Any], *, verified: bool) -> bytes:
        """Flags by key, all where none are named, as JSON. Their rules stay here."""
        now = self._delivery.programme.at_hand()
        asking = self._asking(attributes, verified, now)
        written = self._written
        if written.engine is not now.full.engine:
            written = self._written = _Written(now.full.engine)
        known, ask = now.world.flags, now.full.engine.ask
        said = []
        for key in known if keys is None else dict.fromkeys(keys):
            if key in known:  # the hold-outs' own flags are nobody's business
                found = ask(key, asking)
                said.append(written.texts.get((key, id(found))) or self._write(written, key, found, asking))
            else:
                said.append(_encode(key) + b":" + _UNKNOWN)
        return b"{" + b",".join(said) + b"}"

    def _write(self, written: _Written, key: str, found: FeatureResult, asking: Asking) -> bytes:
        text = _encode(key) + b":" + _encode(self._flag(found, asking))
        if found.result is None and len(written.texts) < MOST_WRITTEN:
            written.texts[key, id(found)] = text
            written.results.append(found)
        return text

    def _asking(self, attributes: Mapping[str, Any], verified: bool, now: Compiled, *, keep: bool = True) -> Asking:
        url = str(attributes.get("url") or "")
        return self._delivery.asking(attributes, verified=verified, url=url, keep=keep, now=now)

    def _flag(self, found: FeatureResult, asking: Asking) -> dict[str, Any]:
        result = found.result
        answer: dict[str, Any] = {"value": found.value, "variation": None, "reason": _REASONS[found.source]}
        if result is None or not result.in_experiment or found.experiment is None:
            return answer
        answer |= {"variation": result.key}
        if not result.hash_used:
            return answer  # the page's address asked for it: nothing to be counted
        experiment = str(found.experiment.get("key"))
        assigned = self._delivery.programme.assign(experiment, asking)
        if assigned is None or assigned.variation != result.key:
            return answer  # a ramp: no experiment stands behind it
        return answer | {"experiment": experiment, "token": self._delivery.programme.token(assigned)}
