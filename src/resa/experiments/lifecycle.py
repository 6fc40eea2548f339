"""An experiment's life: checked, started, paused, given other weights, stopped, its winner shipped. Each step is a new version.

Starting pins the versions of what the experiment stands on, gives it its seed and begins phase 1. Whatever changes assignment
later begins a new phase; results are read by phase.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from resa.experiments import allocation, checking
from resa.experiments.definition import LIVE, Context, Experiment
from resa.kernel import audit, times
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definition
from resa.kernel.errors import Conflict, NotFound, Refused
from resa.kernel.workspace import Workspace


class Item(msgspec.Struct, frozen=True):
    """A line of the launch checklist. What is `needed` and not `done` keeps an experiment from starting."""

    code: str
    done: bool
    needed: bool
    text: str


class Lifecycle:
    """The steps of a workspace's experiments."""

    def __init__(self, workspace: Workspace) -> None:
        """Each is saved as a definition, with a line in the audit log."""
        self._workspace = workspace
        self._known = workspace.definitions
        self.deliverers: list[Callable[[str], bool]] = []
        """Who else shows an experiment's variations: each says whether it does, by the experiment's key."""

    def checklist(self, key: str) -> list[Item]:
        """What must be there before an experiment starts, and what should be."""
        body: Experiment = self._known.get("experiment", key).body
        missing = [each for each in self._metrics(body) if not self._there("metric", each)]
        layer = self._known.get("layer", body.layer.key).body if self._has_layer(body) and body.layer else None
        return [
            Item("hypothesis", bool(body.hypothesis), False, "It says what is expected, and why."),
            Item("primary", bool(body.metrics.primary), True, "A primary metric decides."),
            Item("metrics", not missing, True, f"Metrics that are not there: {', '.join(missing) or 'none'}."),
            Item("audience", all(self._there("audience", each) for each in body.audiences), True,
                 f"Its audience is there: {', '.join(body.audiences) or 'everybody'}."),
            Item("layer", body.layer is None or (layer is not None and layer.unit == body.unit), True,
                 "Its layer is there, and has the same unit."),
            Item("prerequisites", all(self._there("flag", each.flag) for each in body.prerequisites), True,
                 "The flags it waits for are there."),
            Item("delivery", self._delivered(key, body), False, "A flag, an experience or a page shows its variations."),
            Item("coverage", body.coverage > 0, True, "Somebody is in it: the coverage is above 0."),
            Item("guardrails", bool(body.metrics.guardrails), False, "Guardrails say what must not get worse."),
            Item("plan", body.plan.size is not None or body.plan.method in ("always_valid", "bayesian"), True,
                 f"The plan has a size, which {body.plan.method} needs."),
        ]  # fmt: skip

    def start(self, key: str, actor: Actor, expected: int | None = None, *, at: int | None = None) -> Definition[Any]:
        """Begin phase 1 (`at`, if not now, in ms UTC), or go on after a pause. Raises Refused where something is missing."""
        item = self._known.get("experiment", key)
        body: Experiment = item.body
        if body.status == "paused":
            return self._save(item, actor, "resumed", expected, status="running")
        self._may(body, key, "start", ("draft",))
        for line in self.checklist(key):
            if line.needed and not line.done:
                raise Refused(
                    line.code, key, f"can't be started yet: {line.text}", "Complete it, then start.", code="not_ready"
                )
        return self._save(
            item,
            actor,
            "started",
            expected,
            status="running",
            started=self._iso(at),
            ended=None,
            phase=1,
            seed=body.seed or f"{key}-{secrets.token_hex(4)}",
            allocation=None,
            contexts=[],
            pins=self._pins(body),
        )

    def pause(self, key: str, actor: Actor, expected: int | None = None) -> Definition[Any]:
        """Show everybody what they would see without it, until it goes on."""
        item = self._known.get("experiment", key)
        self._may(item.body, key, "pause", ("running",))
        return self._save(item, actor, "paused", expected, status="paused")

    def reweigh(
        self,
        key: str,
        actor: Actor,
        expected: int | None = None,
        *,
        weights: Mapping[str, float] | None = None,
        coverage: float | None = None,
        contexts: Sequence[Context] = (),
    ) -> Definition[Any]:
        """Begin a new phase with other weights or coverage; only those move who must.

        With `contexts` each has weights of its own, laid out as SDKs do that: then more move than must.
        """
        item = self._known.get("experiment", key)
        body: Experiment = item.body
        self._may(body, key, "change", LIVE)
        arms = [
            msgspec.structs.replace(each, weight=float((weights or {}).get(each.key, each.weight)))
            for each in body.arms
        ]
        if unknown := set(weights or {}) - {each.key for each in arms}:
            raise Refused(
                "weights", ", ".join(sorted(unknown)), "there is no such variation.", "Use the keys there are."
            )
        changed = msgspec.structs.replace(
            body, variations=arms, coverage=body.coverage if coverage is None else coverage, phase=body.phase + 1
        )
        if contexts:
            return self._save(item, actor, "phase", expected, **_fields(changed), allocation=None, contexts=[*contexts])
        wanted = {name: share * changed.coverage for name, share in allocation.weights(changed).items()}
        moved = allocation.moved(allocation.pieces(body), wanted)
        return self._save(item, actor, "phase", expected, **_fields(changed), allocation=moved, contexts=[])

    def renew(self, key: str, actor: Actor, expected: int | None = None) -> Definition[Any]:
        """Begin a new phase in which everybody is assigned anew; those kept before count no more."""
        item = self._known.get("experiment", key)
        body: Experiment = item.body
        self._may(body, key, "change", LIVE)
        seed = f"{key}-{secrets.token_hex(4)}"
        return self._save(
            item, actor, "renewed", expected, phase=body.phase + 1, seed=seed, version=body.version + 1, allocation=None
        )

    def stop(
        self,
        key: str,
        actor: Actor,
        expected: int | None = None,
        *,
        learning: str | None = None,
        at: int | None = None,
    ) -> Definition[Any]:
        """End it (`at`, if not now, in ms UTC): everybody sees again what they saw before."""
        item = self._known.get("experiment", key)
        self._may(item.body, key, "stop", LIVE)
        said = {} if learning is None else {"learning": learning}
        return self._save(item, actor, "stopped", expected, status="stopped", ended=self._iso(at), **said)

    def ship(
        self, key: str, variation: str, actor: Actor, expected: int | None = None, *, learning: str | None = None
    ) -> Definition[Any]:
        """Give everybody it was meant for one variation from now on."""
        item = self._known.get("experiment", key)
        body: Experiment = item.body
        self._may(body, key, "ship", (*LIVE, "stopped", "shipped"))
        if variation not in {each.key for each in body.arms}:
            shown = ", ".join(each.key for each in body.arms)
            raise Refused("variation", variation, "there is no such variation.", f"Ship one of {shown}.")
        said = {} if learning is None else {"learning": learning}
        return self._save(
            item,
            actor,
            "shipped",
            expected,
            status="shipped",
            shipped=variation,
            ended=body.ended or self._iso(None),
            **said,
        )

    def end_due(self) -> list[str]:
        """Stop what runs past the end of its schedule; the keys of what was stopped."""
        now, stopped = self._workspace.clock(), []
        for item in self._known.all("experiment"):
            body: Experiment = item.body
            end = checking.moment("schedule.end", body.schedule.end) if body.schedule is not None else None
            if body.status in LIVE and end is not None and end <= now:
                self.stop(item.key, audit.SYSTEM, item.version)
                stopped.append(item.key)
        return stopped

    # -- inside --------------------------------------------------------------------------------------------------

    def _iso(self, at: int | None) -> str:
        return times.iso(self._workspace.clock() if at is None else at)

    def _metrics(self, body: Experiment) -> list[str]:
        said = body.metrics
        return list(dict.fromkeys([*said.primary, *said.secondary, *said.guardrails]))

    def _there(self, kind: str, key: str) -> bool:
        try:
            self._known.get(kind, key)
        except NotFound:
            return False
        return True

    def _has_layer(self, body: Experiment) -> bool:
        return body.layer is not None and self._there("layer", body.layer.key)

    def _delivered(self, key: str, body: Experiment) -> bool:
        if body.pages is not None:
            return True
        for flag in self._known.all("flag"):
            if any(getattr(rule.then, "experiment", None) == key for rule in flag.body.rules):
                return True
        return any(delivers(key) for delivers in self.deliverers)

    def _pins(self, body: Experiment) -> dict[str, int]:
        pins = {f"metric:{key}": self._known.get("metric", key).version for key in self._metrics(body)}
        pins |= {f"audience:{key}": self._known.get("audience", key).version for key in body.audiences}
        return pins

    def _may(self, body: Experiment, key: str, what: str, states: tuple[str, ...]) -> None:
        if body.status not in states:
            raise Conflict(
                f"The experiment {key!r} is {body.status}; you can only {what} one that is {' or '.join(states)}.",
                status=body.status,
            )

    def _save(
        self, item: Definition[Any], actor: Actor, did: str, expected: int | None, **changed: Any
    ) -> Definition[Any]:
        body = msgspec.structs.replace(item.body, **changed)
        recorded = audit.recording(actor, f"experiment.{did}", f"experiment:{item.key}")
        return self._known.save(
            "experiment",
            item.key,
            body,
            expected=item.version if expected is None else expected,
            author=actor.name,
            alongside=recorded,
        )


_FIELDS: Final = ("variations", "coverage", "phase")


def _fields(body: Experiment) -> dict[str, Any]:
    return {name: getattr(body, name) for name in _FIELDS}
