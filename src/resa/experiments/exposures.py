"""Exposures: `Experiment Viewed` in its one form, and what must be true before a browser is believed.

A browser's key is public. What it says it showed counts if it brings the signed decision, or if the bucket of the unit says the
same and the unit is the event's own; a server's key is believed if there is such an experiment and variation.
Where contexts have weights of their own, the bucket is looked up in the leaf that the event's own context leads to: what a page
says of attributes counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from resa.experiments import allocation, contexts, payload
from resa.experiments.contexts import Leaf
from resa.experiments.definition import ATTRIBUTE, Experiment, Holdout, Piece, Ramp
from resa.experiments.engine import assignment, hashing
from resa.experiments.keeping import Stickies
from resa.experiments.payload import HELD, OFF, ON, RAMP, SEEN
from resa.experiments.programme import UNITS, Programme
from resa.kernel.decisions import TOLD, Decided, Said, Signer
from resa.kernel.errors import Refused

NAME: Final = "Experiment Viewed"
VIAS: Final = ("sdk", "growthbook", "ofrep", "decide", "server")


class Checker:
    """Checks exposures of experiments, and puts them into their one form."""

    def __init__(self, programme: Programme, signer: Callable[[], Signer], stickies: Stickies) -> None:
        """Against the programme as it is; `stickies` are what the server assigned."""
        self._programme = programme
        self._signer = signer
        self._stickies = stickies

    def __call__(self, said: Said) -> dict[str, Any]:
        """The canonical properties. Raises Refused."""
        properties = said.properties
        token = properties.get("decision")
        decided = self._signer().read(token) if token is not None else None
        if decided is not None:
            return self._of_decision(decided, said)
        key = str(_first(properties, "experiment", "experiment_id", "experimentId") or "")
        variation = _first(properties, "variation", "variation_id", "variationId")
        if key.startswith(f"{HELD}:"):
            return self._of_holdout(key, str(variation), said)
        if key.startswith(f"{RAMP}:"):
            return self._of_ramp(key, str(variation), said)
        body = self._programme.experiment(key)
        if body is None or body.phase < 1:
            raise _refused(
                "experiment", key, "there is no such experiment, or it never ran.", "Send a key that is there."
            )
        return self._of_experiment(key, body, variation, said)

    def _of_decision(self, decided: Decided, said: Said) -> dict[str, Any]:
        kind, _, key = decided.what.partition(":")
        if kind != "experiment":
            raise _refused(
                "decision", decided.what, "is a decision on something else.", "Send the token of the experiment."
            )
        if not said.verified and decided.unit_kind != "account" and not decided.of(said.device, said.user):
            raise _refused(
                "decision", decided.unit, "was decided for another unit.", "Send what this device was given."
            )
        body = self._programme.experiment(key)
        phase = decided.phase
        if phase is None:
            phase = body.phase if body is not None else said.properties.get("phase")
        return _canonical(
            key,
            decided.variation,
            phase,
            decided.unit_kind,
            decided.unit,
            decided.probability,
            decided.id,
            _via(said, "sdk"),
        ) | _in_leaf(decided.leaf, phase)

    def _of_experiment(self, key: str, body: Experiment, variation: object, said: Said) -> dict[str, Any]:
        arm = _arm(variation, allocation.entries(body))
        if arm is None:
            shown = ", ".join(each.key for each in body.arms)
            raise _refused("variation", variation, f"{key} has no such variation.", f"Send one of {shown}.")
        kind, unit = _unit(body.unit, said)
        phases = [body] if said.verified else [body, *self._programme.earlier(key)]
        of = next((each for each in phases if said.verified or self._same(key, each, kind, unit, arm, said)), None)
        if of is None:
            raise _refused(
                "variation",
                arm,
                "is not the one this unit is assigned to.",
                "Send what was assigned, or the decision's token.",
            )
        if not of.contexts:
            probability = allocation.probability(of, arm)
            return _canonical(key, arm, of.phase, kind, unit, probability, None, _via(said, "sdk"))
        leaf = self._leaf(key, of, unit, arm, said)
        share = None if leaf is None else leaf.shares[[each.key for each in of.arms].index(arm)]
        told = _canonical(key, arm, of.phase, kind, unit, share, None, _via(said, "sdk"))
        return told | _in_leaf(None if leaf is None else leaf.number, of.phase, contextual=True)

    def _same(self, key: str, body: Experiment, kind: str, unit: str, arm: str, said: Said) -> bool:
        """Whether the bucket says the same, or the server kept this assignment."""
        if not unit:
            return False
        if body.contexts:
            if contexts.attributes(body) <= TOLD and _drawn(key, body, contexts.route(body, said.seen), unit) == arm:
                return True
        else:
            entries, place = allocation.entries(body), hashing.bucket(body.seed or key, unit, 2)
            chosen = hashing.choose(place, [(each.start, each.end) for each in entries]) if place is not None else -1
            if chosen >= 0 and entries[chosen].variation == arm:
                return True
        kept = self._stickies.get(f"{ATTRIBUTE[kind]}||{unit}") or {}
        return bool(kept.get("assignments", {}).get(f"{key}__{contexts.bucket_version(body)}") == arm)

    def _leaf(self, key: str, body: Experiment, unit: str, arm: str, said: Said) -> Leaf | None:
        """The leaf that a variation was drawn in: a server's word, or what the event's context leads to if the bucket agrees.

        None where neither tells: the exposure counts, and nobody learns from it or judges by it.
        """
        claimed = _first(said.properties, "leaf", "leaf_id", "leafId") if said.verified else None
        if isinstance(claimed, int) and (found := contexts.leaf(body, claimed)) is not None:
            return found
        asked = contexts.attributes(body)
        if not asked <= TOLD or (said.verified and not asked & said.seen.keys()):
            return None  # it can't tell, or tells nothing of the visit: who seems to meet no condition may meet one
        found = contexts.route(body, said.seen)
        return found if _drawn(key, body, found, unit) == arm else None

    def _of_holdout(self, name: str, variation: str, said: Said) -> dict[str, Any]:
        body = self._programme.current().world.holdouts.get(name.partition(":")[2])
        arms = (HELD, SEEN)
        if body is None or variation not in arms:
            raise _refused("experiment", name, "there is no such hold-out or variation.", f"Send {HELD} or {SEEN}.")
        kind, unit = _unit(body.unit, said)
        if not said.verified and _held(name, body, unit) != variation:
            raise _refused(
                "variation", variation, "is not the one this unit is assigned to.", "Send what was assigned."
            )
        share = body.share if variation == HELD else 1 - body.share
        return _canonical(name, variation, 1, kind, unit, share, None, _via(said, "sdk"))

    def _of_ramp(self, name: str, variation: str, said: Said) -> dict[str, Any]:
        world, now = self._programme.current().world, self._programme.now()
        _, flag_key, rule_id = (*name.split(":", 2), "")[:3]
        flag, state = world.flags.get(flag_key), world.ramps.get((flag_key, rule_id))
        rule = next((each for each in flag.rules if each.id == rule_id), None) if flag is not None else None
        if (
            flag is None
            or rule is None
            or state is None
            or not isinstance(rule.then, Ramp)
            or variation not in (OFF, ON)
        ):
            raise _refused("experiment", name, "there is no such ramp or variation.", f"Send {ON} or {OFF}.")
        share = payload.covered(rule.then, state, now)[0]
        kind, unit = _unit(flag.unit, said)
        place = hashing.bucket(rule.then.seed or f"{flag_key}:{rule_id}", unit, 2) if unit else None
        if not said.verified and (place is None or (place < share) != (variation == ON)):
            raise _refused(
                "variation", variation, "is not the one this unit is assigned to.", "Send what was assigned."
            )
        return _canonical(
            name, variation, 1, kind, unit, share if variation == ON else 1 - share, None, _via(said, "sdk")
        )


def _held(name: str, body: Holdout, unit: str) -> str | None:
    place = hashing.bucket(body.seed or name, unit, 2) if unit else None
    if place is None:
        return None
    return (HELD, SEEN)[hashing.choose(place, hashing.ranges(2, 1.0, [body.share, 1 - body.share]))]


def _drawn(key: str, body: Experiment, leaf: Leaf, unit: str) -> str | None:
    """The variation that the unit's bucket means in a leaf."""
    chosen = contexts.drawn(leaf.shares, body.coverage, hashing.bucket(body.seed or key, unit, 2))
    return body.arms[chosen].key if chosen >= 0 else None


def _in_leaf(leaf: int | None, phase: object, *, contextual: bool = False) -> dict[str, Any]:
    """What an exposure says besides where contexts have weights of their own; a phase is a version of the bandit."""
    return {"leaf": leaf, "bandit_version": phase} if contextual or leaf is not None else {}


def _canonical(
    experiment: str,
    variation: str,
    phase: object,
    unit_kind: str,
    unit: str,
    probability: float | None,
    decision: str | None,
    via: str,
) -> dict[str, Any]:
    return {
        "experiment": experiment,
        "variation": variation,
        "phase": phase,
        "unit_kind": unit_kind,
        "unit": unit,
        "probability": probability,
        "decision": decision,
        "via": via,
    }


def _arm(said: object, entries: list[Piece]) -> str | None:
    """The variation meant: by key, else by index, as other SDKs count them."""
    text = str(said)
    if any(each.variation == text for each in entries):
        return text
    if isinstance(said, int | str) and not isinstance(said, bool) and text.isdecimal() and int(text[:6]) < len(entries):
        return entries[int(text[:6])].variation
    return None


def _unit(kind: str, said: Said) -> tuple[str, str]:
    """What was hashed: as said, else the caller's own identifier of that kind; a customer not known yet is a device."""
    name, value = (
        _first(said.properties, "hashAttribute", "hash_attribute"),
        _first(said.properties, "hashValue", "hash_value", "unit"),
    )
    named = said.properties.get("unit_kind")
    if value is not None and (text := assignment.text_of(value)):
        of = UNITS.get(str(name)) or (str(named) if named in ATTRIBUTE else kind)
        if not said.verified and not _own(of, text, said):
            raise _refused(
                "hashValue",
                text,
                "is not who this event is of; a browser's key tells of its own device and user only.",
                "Send it with the anonymousId or userId that was hashed, or the decision's token.",
            )
        return of, text
    if kind == "account":  # no identifier of the caller's is one
        return kind, ""
    if kind == "customer" and said.user:
        return kind, said.user
    return "device", said.device or said.user or ""


def _own(kind: str, value: str, said: Said) -> bool:
    """Whether the value hashed is an identifier of the event itself. Few events carry their account: none denies it."""
    if kind == "account":
        return said.group is None or said.group == value.strip()
    return value.strip() in (said.device, said.user)


def _via(said: Said, usual: str) -> str:
    via = said.properties.get("via")
    return str(via) if via in VIAS else ("server" if said.verified else usual)


def _first(properties: Mapping[str, Any], *names: str) -> Any:
    return next((properties[name] for name in names if properties.get(name) is not None), None)


def _refused(field: str, value: object, rule: str, remedy: str) -> Refused:
    return Refused(f"properties.{field}", value, rule, remedy, code="exposure")
