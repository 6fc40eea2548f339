"""What a bandit does now and then: close the batch, learn from all of them, give the next phase its weights."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.experiments.bandits import leaves, thompson
from resa.experiments.bandits.definition import ATTRIBUTES, Bandit
from resa.experiments.bandits.leaves import Cell, Leaf, Rules
from resa.experiments.bandits.thompson import Earned
from resa.experiments.definition import Context, Experiment, Measured
from resa.experiments.lifecycle import Lifecycle
from resa.experiments.phases import drawn_anew
from resa.experiments.results.exposures import Statements, Wanted
from resa.experiments.results.readout import Readouts, times_of
from resa.experiments.results.scan import Scan
from resa.kernel import audit, times
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound, Refused, ResaError
from resa.kernel.metrics.definition import Metric, form_of
from resa.kernel.metrics.plan import needs
from resa.kernel.metrics.sql import value_of
from resa.kernel.metrics.units import Array
from resa.kernel.periods import Period
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

table: Final = sa.Table(
    "bandit_updates",
    metadata,
    sa.Column("bandit", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("experiment", sa.String(64), nullable=False),
    sa.Column("phase", sa.Integer, nullable=False),  # the phase this update closed
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("learned", sa.Text, nullable=False),  # JSON
)

MOST_BATCHES: Final = 200
"""Older batches teach nothing any more: a year of daily updates would be no wiser for them."""
HOUR: Final = 3_600_000


class Batch(msgspec.Struct, frozen=True):
    """What came of one phase: by context (values of the attributes) and variation, units, sum of rewards, of their squares."""

    cells: list[tuple[list[str | None], int, int, float, float]]
    leaves: list[int] = []
    """The leaf that each cell was drawn in, where the phase had contexts."""


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """An update: what the closed batch earned, what is believed, and the weights of the next phase."""

    weights: dict[str, float]
    chances: dict[str, float]
    """How likely each variation is the best one."""
    means: dict[str, float]
    units: dict[str, int]
    """Of the closed batch."""
    leaves: list[Leaf]
    """Contexts in which another variation is best; the last one is everybody else."""
    batch: Batch
    moved: bool
    """Whether the weights changed, and so a new phase began."""


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """An update as it is kept."""

    number: int
    experiment: str
    closed_phase: int
    at: str
    learned: Learned


class _Now(NamedTuple):
    """A bandit with what it stands on."""

    key: str
    bandit: Bandit
    experiment: Experiment
    metric: Metric


class Bandits:
    """The bandits of a workspace. Thread-safe."""

    def __init__(self, workspace: Workspace, readouts: Readouts, lifecycle: Lifecycle) -> None:
        """They read results and begin phases."""
        self._workspace, self._readouts, self._lifecycle = workspace, readouts, lifecycle

    def updates(self, key: str) -> list[Update]:
        """All updates, the last first."""
        with self._workspace.state.read() as tx:
            rows = tx.execute(sa.select(table).where(table.c.bandit == key).order_by(table.c.number.desc())).all()
        return [_update(row) for row in rows]

    def check(self, bandit: Bandit) -> None:
        """Refuse a bandit over what is not there, or can't be learned from."""
        self._found("", bandit)

    def due(self) -> list[str]:
        """Update every active bandit whose time has come; what can't be updated says so in the log and waits."""
        done = []
        for item in self._workspace.definitions.all("bandit"):
            if not item.body.active or not self._time_has_come(item.key, item.body):
                continue
            try:
                self.update(item.key, audit.SYSTEM)
                done.append(item.key)
            except (
                ResaError
            ) as error:  # it stopped meanwhile, say: nothing that would not mend itself or be seen in the console
                log.info("The bandit %s was not updated: %s", item.key, error.message)
        return done

    def update(self, key: str, actor: Actor) -> Update:
        """Close the batch, learn, begin the next phase. Raises Refused while the batch is too small, Conflict if nothing runs."""
        now = self._found(key, self._workspace.definitions.get("bandit", key).body)
        if now.experiment.status != "running":
            raise Conflict(
                f"The experiment {now.bandit.experiment!r} is {now.experiment.status}: nothing can be learned.",
                remedy="Start it, then update.",
            )
        earlier = [each for each in self.updates(key) if each.experiment == now.bandit.experiment]
        batch = self._batch(now, earlier)
        learned = _learn(now, [each.learned.batch for each in reversed(earlier[:MOST_BATCHES])], batch)
        told = _contexts(learned)
        moved = learned.weights != _weights(now.experiment) or told != now.experiment.contexts
        if moved:
            self._lifecycle.reweigh(now.bandit.experiment, actor, weights=learned.weights, contexts=told)
        return self._keep(now, msgspec.structs.replace(learned, moved=moved), actor)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _found(self, key: str, bandit: Bandit) -> _Now:
        known = self._workspace.definitions
        try:
            experiment: Experiment = known.get("experiment", bandit.experiment).body
        except NotFound:
            raise Refused("experiment", bandit.experiment, "there is no such experiment.", "Make it first.") from None
        try:
            metric: Metric = known.get("metric", bandit.metric).body
        except NotFound:
            raise Refused("metric", bandit.metric, "there is no such metric.", "Make it first.") from None
        need = needs(metric, self._readouts.metrics.find)
        if need.quantile or metric.unit not in ("customer", "event") or metric.direction == "none":
            rule = "a bandit learns from what a customer does or spends, and must know what is better."
            raise Refused(
                "metric", bandit.metric, rule, "Use a conversion, count, sum or mean over customers, with a direction."
            )
        arms = len(experiment.arms)
        if arms < 2 or bandit.control + (arms - 1) * bandit.floor > 1:
            raise Refused(
                "floor", bandit.floor, f"{arms} variations can't each have so much.", "Use a smaller floor or control."
            )
        if bandit.attributes and experiment.pages is not None:
            rule = "no client runs contexts by a page's address."
            raise Refused("attributes", bandit.attributes[0], rule, "Leave them out, or deliver it by a flag.")
        return _Now(key, bandit, experiment, metric)

    def _time_has_come(self, key: str, bandit: Bandit) -> bool:
        newest = self.updates(key)[:1]
        since = times_of(newest[0].at) if newest else times_of(self._started(bandit))
        return since is not None and self._workspace.clock() - since >= bandit.every * HOUR

    def _started(self, bandit: Bandit) -> str | None:
        found = [each.body for each in self._workspace.definitions.all("experiment") if each.key == bandit.experiment]
        return found[0].started if found and found[0].status == "running" else None

    def _batch(self, now: _Now, earlier: list[Update]) -> Batch:
        """What the units drawn since the last update earned since: each batch's rewards are those of its own time.

        Who was drawn in an earlier batch and comes back has what they were given before, and whether they come back may hang on it:
        of them nothing is learned, as no rule is judged by them (`logged.statement`).
        """
        body, phase = now.experiment, now.experiment.phase
        start = times_of(earlier[0].at) if earlier else times_of(body.started)
        period = Period(start or 0, self._workspace.clock() + 1)
        if period.end - period.start < 2:
            raise Refused("every", 0, "nothing has come since the last update.", "Wait.", code="too_little")
        wanted = Wanted(now.bandit.experiment, phase, tuple(arm.key for arm in body.arms), body.unit, period)
        asked = [each for each in self._readouts.asked(_only(body, now.bandit.metric)) if each.key == now.bandit.metric]
        scan = self._readouts.read(now.bandit.experiment, body, wanted, asked)
        if scan.asked[0].refused is not None:
            raise scan.asked[0].refused
        drawn = self._drawn(scan)
        if drawn.sum() < now.bandit.fewest:
            raise Refused(
                "fewest",
                int(drawn.sum()),
                f"a batch has at least {now.bandit.fewest} units.",
                "Wait, or let batches be smaller.",
                code="too_little",
            )
        return self._summed(scan, now, drawn)

    def _drawn(self, scan: Scan) -> Array:
        """Which units were drawn in this batch."""
        body, wanted = self._workspace.body, scan.wanted
        since = max(drawn_anew(self._workspace.definitions, wanted.experiment), default=1)
        answer = body.native(Statements(body.dialect, wanted).drawn_before(since))
        known = scan.exposed.places(np.asarray(answer.column("profile").to_numpy(), np.int64))
        drawn = np.ones(scan.exposed.size, np.bool_)
        drawn[known[known >= 0]] = False
        return drawn

    def _summed(self, scan: Scan, now: _Now, drawn: Array) -> Batch:
        found = scan.totals(scan.asked[0])
        reward = (found.x / found.parts)[drawn]
        values, context = self._contexts(scan, now.bandit, contextual=bool(now.experiment.contexts))
        keys, at = np.unique((context * scan.arms + scan.exposed.arm)[drawn], return_inverse=True)
        n, sums, squares = np.bincount(at), np.bincount(at, reward), np.bincount(at, reward * reward)
        cells, drawn_in = [], []
        for place, key in enumerate(keys.tolist()):
            leaf, *told = values[key // scan.arms]
            if now.experiment.contexts and leaf is None:
                continue  # nobody knows what these were drawn with
            cells.append((told, key % scan.arms, int(n[place]), float(sums[place]), float(squares[place])))
            drawn_in.append(int(leaf or 0))
        return Batch(cells, drawn_in if now.experiment.contexts else [])

    def _contexts(self, scan: Scan, bandit: Bandit, *, contextual: bool) -> tuple[list[tuple[str | None, ...]], Array]:
        """The different contexts of first exposures, the leaf they were drawn in first, and the number of each unit's."""
        leaf = self._values(scan, "property:leaf") if contextual else [None] * scan.exposed.size
        columns = [leaf, *(self._values(scan, name) for name in bandit.attributes)]
        rows = list(zip(*columns, strict=True))
        numbers: dict[tuple[str | None, ...], int] = {}
        found = np.array([numbers.setdefault(row, len(numbers)) for row in rows], np.int64)
        return list(numbers), found

    def _values(self, scan: Scan, name: str) -> list[str | None]:
        """What each unit's first exposure said of an attribute."""
        body = self._workspace.body
        answer = body.native(Statements(body.dialect, scan.wanted).first_of(value_of(name, body.dialect)))
        unit = scan.exposed.places(np.asarray(answer.column("profile").to_numpy(), np.int64))
        found: list[str | None] = [None] * scan.exposed.size
        for place, value in zip(unit.tolist(), answer.column("value").to_pylist(), strict=True):
            if place >= 0:
                found[place] = value
        return found

    def _keep(self, now: _Now, learned: Learned, actor: Actor) -> Update:
        at, c = self._workspace.clock(), table.c
        with self._workspace.state.write() as tx:
            last = tx.execute(sa.select(sa.func.max(c.number)).where(c.bandit == now.key)).scalar()
            row = {
                "bandit": now.key,
                "number": (last or 0) + 1,
                "experiment": now.bandit.experiment,
                "phase": now.experiment.phase,
                "at": at,
                "learned": msgspec.json.encode(learned).decode(),
            }
            tx.execute(table.insert().values(row))
            audit.record(tx, actor, "bandit.updated", f"bandit:{now.key}", {"weights": learned.weights})
        return Update(
            number=(last or 0) + 1,
            experiment=now.bandit.experiment,
            closed_phase=now.experiment.phase,
            at=times.iso(at),
            learned=learned,
        )


# -- learning ------------------------------------------------------------------------------------------------------


def _learn(now: _Now, earlier: list[Batch], batch: Batch) -> Learned:
    """From all batches so far to the weights of the next, over everybody and by context."""
    bandit, keys = now.bandit, [arm.key for arm in now.experiment.arms]
    share = form_of(now.metric.measure) in ("conversion", "unique", "retention")
    rules = Rules(
        attributes=bandit.attributes,
        choices=len(keys),
        share=share,
        largest=now.metric.direction == "up",
        control=bandit.control,
        floor=bandit.floor,
        memory=bandit.memory,
    )
    cells = [
        Cell(tuple(context), number, choice, Earned(n, total, squares), leaf)
        for number, each in enumerate([*earlier, batch])
        for (context, choice, n, total, squares), leaf in zip(
            each.cells, each.leaves or [0] * len(each.cells), strict=True
        )
    ]
    everybody = leaves.learn([cell._replace(context=()) for cell in cells], _without(rules))[0]
    own = np.zeros(len(keys), np.int64)
    for _, choice, n, _, _ in batch.cells:
        own[choice] += n
    return Learned(
        weights=dict(zip(keys, everybody.weights, strict=True)),
        chances=dict(zip(keys, everybody.chances, strict=True)),
        means=dict(zip(keys, everybody.means, strict=True)),
        units=dict(zip(keys, own.tolist(), strict=True)),
        leaves=leaves.learn(cells, rules) if bandit.attributes else [],
        batch=batch,
        moved=False,
    )


def _contexts(learned: Learned) -> list[Context]:
    """The leaves as they are delivered; none where nobody differs."""
    if len(learned.leaves) < 2:
        return []
    return [
        Context(
            condition={ATTRIBUTES.get(name, name): _meant(name, value) for name, value in leaf.condition.items()},
            weights=dict(zip(learned.weights, leaf.weights, strict=True)),
        )
        for leaf in learned.leaves
    ]


def _meant(name: str, value: str) -> object:
    """What a condition says of a value: browsers are spelled as clients like."""
    return {"$ini": [value]} if name == "browser" else value


def _without(rules: Rules) -> Rules:
    """The same, blind to contexts."""
    return replace(rules, attributes=())


def _weights(experiment: Experiment) -> dict[str, float]:
    total = sum(arm.weight for arm in experiment.arms)
    keys = [arm.key for arm in experiment.arms]
    return dict(zip(keys, thompson.rounded(np.array([arm.weight / total for arm in experiment.arms])), strict=True))


def _only(experiment: Experiment, metric: str) -> Experiment:
    """The experiment as it is read for learning: one metric, as it is, without a map."""
    return msgspec.structs.replace(
        experiment,
        metrics=Measured(primary=[metric]),
        pins={},
        map=None,
        plan=msgspec.structs.replace(experiment.plan, cuped=False),
    )


def _update(row: sa.Row[Any]) -> Update:
    return Update(
        number=row.number,
        experiment=row.experiment,
        closed_phase=row.phase,
        at=times.iso(row.at),
        learned=msgspec.json.decode(row.learned, type=Learned),
    )
