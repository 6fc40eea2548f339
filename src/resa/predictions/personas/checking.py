"""A persona held against the data: how many fit, whether its assumptions hold, what sets those who fit apart.

Loaded when somebody asks: it describes with SciPy.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from resa.kernel import proportions, times
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import sql
from resa.kernel.workspace import Workspace
from resa.predictions.personas import features, scaling
from resa.predictions.personas.definition import Assumed, Persona, guesses
from resa.predictions.personas.describing import Tally
from resa.predictions.personas.features import Frame, Measuring, Scope
from resa.predictions.personas.members import Members
from resa.predictions.personas.shapes import Difference, Held, PersonaCheck, Share, Verdict, Worth

Array = npt.NDArray[Any]

MOST_SHOWN: Final = 5


def share(count: int, n: int) -> Share:
    """The share `count / n` with its interval."""
    if n == 0:
        return Share(0.0, 0.0, 1.0, 0)
    return Share(count / n, *proportions.wilson(count, n), n)


def check(workspace: Workspace, members: Members, key: str, persona: Persona, lens: Lens) -> PersonaCheck:
    """Hold the persona against the customers seen through `lens`."""
    fitting = members.fitting(key, persona).profiles
    measuring = Measuring(workspace, lens)
    customers = measuring.customers()
    inside = np.isin(customers, fitting)
    differences, worth = _apart(measuring, customers, fitting)
    held = [
        *_channels(workspace, lens, persona, customers, inside),
        *_tasks(workspace, lens, persona, customers, inside),
        *_traits(measuring, persona, customers, fitting),
    ]
    return PersonaCheck(
        key=key,
        period_from=times.iso(lens.period.start),
        period_to=times.iso(lens.period.end),
        fit=share(int(inside.sum()), len(customers)),
        members=len(fitting),
        assumptions=held,
        differences=differences,
        worth=worth,
        as_of=times.iso(workspace.clock()),
    )


def _apart(measuring: Measuring, customers: Array, fitting: Array) -> tuple[list[Difference], Worth | None]:
    if not len(customers):
        return [], None
    scope = Scope(measuring.lens, buckets=features.buckets_for(len(customers), 20_000))
    plan = measuring.plan(scope, int(features.sampled(customers, scope.buckets).sum()))
    columns = plan.columns()
    scales = scaling.learn(columns, measuring.read(plan, scope))
    tally = Tally(columns, 2)
    for part in measuring.ranges(customers):
        frame: Frame = measuring.read(plan, part)
        kind = np.where(np.isin(frame.profiles, fitting), 0, 1)
        tally.add(frame, scaling.apply(columns, scales, frame), kind)
    return tally.differences()[0], tally.worth(0, plan.currency)


def _channels(workspace: Workspace, lens: Lens, persona: Persona, customers: Array, inside: Array) -> list[Held]:
    if not persona.channels:
        return []
    found = workspace.body.native(
        f"SELECT DISTINCT channel, profile FROM log WHERE {Scope(lens).where()} AND channel IS NOT NULL"
    )
    names = np.array(found.column("channel").to_pylist(), object)
    profiles = found.column("profile").to_numpy().astype(np.uint32)
    return [
        _held("channel", channel, np.isin(customers, profiles[names == channel]), inside)
        for channel in persona.channels
    ]


def _tasks(workspace: Workspace, lens: Lens, persona: Persona, customers: Array, inside: Array) -> list[Held]:
    held = []
    for task in persona.key_tasks:
        if task.match is None:
            continue
        when = sql.predicate(task.match, workspace.body.dialect)
        # `task` may be of a type that is no activity (identify), so it is asked for in the period, not in the scope.
        period = f"time >= {lens.period.start} AND time < {lens.period.end} AND NOT bot"
        found = workspace.body.native(f"SELECT DISTINCT profile FROM log WHERE {period} AND ({when})")
        did = np.isin(customers, found.column("profile").to_numpy().astype(np.uint32))
        held.append(_held("task", task.text, did, inside))
    return held


def _held(about: Literal["channel", "task"], assumed: str, did: Array, inside: Array) -> Held:
    members, others = (
        share(int((did & inside).sum()), int(inside.sum())),
        share(int((did & ~inside).sum()), int((~inside).sum())),
    )
    return Held(about, assumed, members, others, _verdict(members))


def _verdict(members: Share) -> Verdict:
    if members.n == 0:
        return "unknown"
    return "confirmed" if members.low > 0.5 else "contradicted" if members.high < 0.5 else "open"


def _traits(measuring: Measuring, persona: Persona, customers: Array, fitting: Array) -> list[Held]:
    wanted = guesses(persona)
    if not wanted:
        return []
    said: dict[str, tuple[list[Any], list[Any]]] = {guess.trait: ([], []) for guess in wanted}
    for part in measuring.ranges(customers):
        inside = customers[(customers >= part.low) & (customers < part.high)]
        known = measuring.traits(inside, said.keys())
        mine = set(inside[np.isin(inside, fitting)].tolist())
        for profile, values in known.items():
            for trait, value in values.items():
                said[trait][profile not in mine].append(value)
    return [_guess(guess, *said[guess.trait]) for guess in wanted]


def _guess(guess: Assumed, members: list[Any], others: list[Any]) -> Held:
    mine, theirs = (share(sum(_meets(guess, one) for one in said), len(said)) for said in (members, others))
    return Held(
        "trait", _told(guess), mine if mine.n else None, theirs if theirs.n else None, _verdict(mine), _usual(members)
    )


def _meets(guess: Assumed, value: Any) -> bool:
    if guess.values:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        return text.casefold().strip() in {one.casefold().strip() for one in guess.values}
    number = _number(value)
    return (
        number is not None
        and (guess.low is None or number >= guess.low)
        and (guess.high is None or number <= guess.high)
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _told(guess: Assumed) -> str:
    if guess.values:
        return f"{guess.trait} is {' or '.join(guess.values)}"
    low, high = (None if one is None else f"{one:g}" for one in (guess.low, guess.high))
    if low is None:
        return f"{guess.trait} is at most {high}"
    return f"{guess.trait} is at least {low}" if high is None else f"{guess.trait} is between {low} and {high}"


def _usual(members: list[Any]) -> list[str]:
    numbers = [number for one in members if (number := _number(one)) is not None]
    if numbers and len(numbers) == len(members):
        low, middle, high = np.quantile(numbers, (0.25, 0.5, 0.75))
        return [f"{middle:g}", f"{low:g} to {high:g}"]
    texts, counts = np.unique([str(one) for one in members], return_counts=True)
    order = np.lexsort((texts, -counts))[:MOST_SHOWN]
    return [str(texts[place]) for place in order]


def refuse_unchecked(key: str, persona: Persona) -> None:
    """Refuse where nothing says who fits."""
    if persona.rule is None and persona.audience is None and persona.found is None:
        raise Refused(
            "key",
            key,
            "nothing says who fits this persona, so there is nothing to check.",
            "Give it a rule or an audience: what do such customers do?",
        )
