"""Who waits for whom: flags for flags by their prerequisites, and for the experiments that decide them, which wait for flags again.

What would wait for itself, or at the end of too long a chain, is refused when it is saved. Should such a thing be in force all the
same (two people saved at once), the engine answers with the default (`engine.features.forgiving`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any, Final, NamedTuple

from resa.experiments.definition import Experiment, Flag, Run
from resa.experiments.engine import DEEPEST
from resa.kernel.errors import Refused

KINDS: Final = ("experiment", "flag")


class Node(NamedTuple):
    """A flag or an experiment."""

    kind: str
    key: str

    def __str__(self) -> str:
        """As a refusal names it."""
        return self.key if self.kind == "flag" else f"experiment {self.key}"


Bodies = Mapping[str, Mapping[str, Any]]
"""By kind and key."""
Targets = Callable[[Node], Iterable[Node]]


def check(after: Bodies, changed: Mapping[str, Set[str]]) -> None:
    """Refuse what was changed if it waits for itself, or stands in too long a chain."""
    nodes = [Node(kind, key) for kind, keys in changed.items() for key in sorted(keys) if key in after[kind]]

    def targets(node: Node) -> list[Node]:
        return [target for _, target in _waits(after, node)]

    for node in nodes:
        if circle := _way_back(node, targets):
            raise Refused(
                next(field for field, target in _waits(after, node) if target == circle[1]),
                " -> ".join(map(str, circle)),
                "this waits for itself: nobody could ever be let through.",
                "Take one of these prerequisites away.",
                code="circular",
            )
    _not_too_long(nodes, targets, after)


def _waits(bodies: Bodies, node: Node) -> Iterator[tuple[str, Node]]:
    """The fields of a definition that make it wait, and for what; what is not there is waited for by nobody."""
    body = bodies[node.kind].get(node.key)
    if isinstance(body, Experiment):
        for place, each in enumerate(body.prerequisites):
            yield f"prerequisites[{place}].flag", Node("flag", each.flag)
    elif isinstance(body, Flag):
        for number, rule in enumerate(body.rules):
            for place, each in enumerate(rule.prerequisites):
                yield f"rules[{number}].prerequisites[{place}].flag", Node("flag", each.flag)
            if isinstance(rule.then, Run):
                yield f"rules[{number}].then.experiment", Node("experiment", rule.then.experiment)


def _way_back(start: Node, targets: Targets) -> list[Node]:
    """The shortest way from a node to itself, both ends included; empty if there is none."""
    came: dict[Node, Node] = {}
    waiting = [start]
    for node in waiting:  # grows as it goes: breadth first
        for target in targets(node):
            if target not in came:
                came[target] = node
                waiting.append(target)
        if start in came:
            return _traced(start, came)
    return []


def _traced(start: Node, came: Mapping[Node, Node]) -> list[Node]:
    way = [start, came[start]]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way[::-1]


def _not_too_long(nodes: list[Node], targets: Targets, after: Bodies) -> None:
    """Refuse chains through the nodes in which more than DEEPEST wait: each round takes away who waits for nobody left."""
    before: defaultdict[Node, list[Node]] = defaultdict(list)
    for kind in KINDS:
        for node in (Node(kind, key) for key in after[kind]):
            for target in targets(node):
                before[target].append(node)
    left = _reached(nodes, targets) | _reached(nodes, lambda node: before[node])
    for _ in range(DEEPEST + 1):
        left = {target for node in left for target in targets(node)}
        if not left:
            return
    raise Refused(
        "prerequisites",
        str(nodes[0]),
        f"more than {DEEPEST} flags and experiments would wait for each other in a row.",
        "Shorten the chain.",
    )


def _reached(nodes: Iterable[Node], targets: Targets) -> set[Node]:
    found = set(nodes)
    waiting = list(found)
    while waiting:
        for target in targets(waiting.pop()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
