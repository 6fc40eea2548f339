"""Experiences: targeted content for placements, and the call that decides what somebody sees (docs/experiences.md).

`definition` is what people write (placements, content, offers, experiences), `checking` what of it is right, `blocks`, `markup` and
`placeholders` what content is made of and why it can harm nobody. `site` keeps all of it compiled, `targeting` whom it is
for. The way of a decision: `people` and `visit` (who asks, in which moment; `together` reads for many at once) ->
`choosing` (pure; `knowing` answers it from memory) -> `deciding` (budgets, the answer, its token; `reasons`) -> `logbook` (written
down after the answer). `codes` are stocks of single-use codes; `exposures` says which showings count. `preview`, `dry_run`,
`coverage` and `message_match` look ahead; `shelves` and `routes` are the HTTP face.
"""

from __future__ import annotations

from resa.experiences import checking, exposures
from resa.experiences.deciding import BUDGET, Deciding
from resa.experiences.knowing import NoProgramme, Programme
from resa.experiences.programme import Experiments
from resa.experiments import Delivery
from resa.kernel.workspace import Workspace

__all__ = ["Deciding", "NoProgramme", "Programme", "register"]


def register(workspace: Workspace, delivery: Delivery | None = None, *, budget: float = BUDGET) -> Deciding:
    """Make the kinds known, check what pages say they showed, and decide from now on: within `budget` seconds."""
    checking.register(workspace.definitions)
    checker = exposures.Checker(workspace.definitions, lambda: workspace.decisions.signer)
    for name in exposures.NAMES:
        workspace.decisions.register(name, checker)
    programme: Programme = NoProgramme()
    if delivery is not None:
        programme = Experiments(delivery)
        delivery.lifecycle.deliverers.append(
            lambda key: any(item.body.experiment == key for item in workspace.definitions.all("experience"))
        )
    return Deciding(workspace, programme, budget=budget)
