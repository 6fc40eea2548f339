"""An experience's own split, measured: an experiment with its variations, which splits as the experience did.

There is one way to read a result, and it is the experiment's. So a split that is to be read becomes one: same variations, same weights,
same buckets, hence nobody sees another variation than before.
"""

from __future__ import annotations

from itertools import count
from typing import Annotated, Any

import msgspec

from resa.experiences import checking
from resa.experiences.definition import Experience
from resa.experiences.site import split_seed
from resa.experiments import Delivery
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definitions
from resa.kernel.errors import Conflict, Refused, ResaError
from resa.kernel.workspace import Workspace

Metrics = Annotated[list[str], msgspec.Meta(max_length=20)]


class Measure(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What decides which variation is better, what must not get worse, and the version it was decided on."""

    primary: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20)]
    guardrails: Metrics = []
    expected_version: int | None = None


class Measured(msgspec.Struct, frozen=True):
    """The experiment that measures, which runs, and the version of the experience it splits now."""

    experiment: str
    version: int


def measure(workspace: Workspace, delivery: Delivery, key: str, wish: Measure, actor: Actor) -> Measured:
    """Begin. Raises Refused for what can't be split or measured, Conflict for what is measured or was changed."""
    known = workspace.definitions
    item = known.get("experience", key)
    body: Experience = item.body
    _may(known, key, body, wish)
    if wish.expected_version not in (None, item.version):
        raise Conflict(
            f"The experience {key!r} was changed meanwhile.", remedy="Look at it again.", version=item.version
        )
    name = _free(known, key)
    known.save("experiment", name, _experiment(key, body, wish), expected=0, author=actor.name)
    delivery.lifecycle.start(name, actor)
    split = msgspec.structs.replace(body, experiment=name)
    try:
        saved = known.save("experience", key, split, expected=item.version, author=actor.name)
    except ResaError:  # somebody saved it in this very moment: nobody was shown the experiment
        delivery.lifecycle.stop(name, actor)
        known.delete("experiment", name, author=actor.name)
        raise
    return Measured(name, saved.version)


def _may(known: Definitions, key: str, body: Experience, wish: Measure) -> None:
    if body.experiment is not None:
        raise Conflict(
            f"The experience {key!r} is measured by the experiment {body.experiment!r}.", remedy="Read that."
        )
    if len(body.variations) < 2:
        raise Refused(
            "variations", len(body.variations), "one variation can be compared with nothing.", "Add another to it."
        )
    for field, metrics in (("primary", wish.primary), ("guardrails", wish.guardrails)):
        for place, metric in enumerate(metrics):
            checking.found(known, "metric", f"{field}[{place}]", metric)


def _free(known: Definitions, key: str) -> str:
    taken = {item.key for item in known.all("experiment")}
    names = (key if number == 1 else f"{key[:60]}-{number}" for number in count(1))
    return next(name for name in names if name not in taken)


def _experiment(key: str, body: Experience, wish: Measure) -> dict[str, Any]:
    """The experiment. Whom it is for the experience goes on to say: an experiment splits whoever comes that far."""
    return {
        "name": body.name,
        "hypothesis": body.description,
        "unit": body.unit,
        "seed": split_seed(key, body),
        "variations": [{"key": each.key, "name": each.name, "weight": each.weight} for each in body.variations],
        "metrics": {"primary": wish.primary, "guardrails": wish.guardrails},
        **{field: getattr(body, field) for field in ("owner", "goal", "map", "stage", "touchpoint", "friction")},
    }
