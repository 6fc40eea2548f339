"""The kind `idea`: what could be better, why anybody thinks so, and what came of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from resa.kernel.definitions import Kind, key_rule, printable
from resa.kernel.errors import Refused

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]

Source = Literal[
    "friction", "stage", "touchpoint", "persona", "audience", "survey", "metric", "experiment", "note", "link"
]
State = Literal["idea", "planned", "tested", "confirmed", "refuted", "shelved"]
Effort = Literal["small", "medium", "large"]

SETTLED: Final = frozenset({"confirmed", "refuted"})
"""States that say what was learned."""


class Evidence(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Why anybody thinks so: a thing of that kind by its key (a friction signal, `map/stage`, a persona), a note, a link."""

    kind: Source
    ref: Words = ""
    text: Text = ""


class Hypothesis(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """If we `change` this for `whom`, the metric moves in that direction, `because`. `effect`: relatively (0.05: 5 %)."""

    change: Text = ""
    whom: Words = ""
    because: Text = ""
    metric: str | None = None
    direction: Literal["up", "down"] = "up"
    effect: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None

    @property
    def words(self) -> str:
        """Everything it says."""
        return " ".join((self.change, self.whom, self.because))


class Idea(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An idea. `use_case` is the ready-made one it came from, `experiment` the one that tests it."""

    name: Name
    description: Text = ""
    evidence: Annotated[list[Evidence], msgspec.Meta(max_length=50)] = []
    hypothesis: Hypothesis = Hypothesis()
    effort: Effort = "medium"
    state: State = "idea"
    goal: str | None = None
    experiment: str | None = None
    use_case: str | None = None
    learning: Text = ""
    owner: Words = ""
    tags: Annotated[list[Words], msgspec.Meta(max_length=30)] = []


def check(idea: Idea) -> None:
    """Refuse what the types can't, with the path of what is wrong."""
    printable(idea)
    for field in ("goal", "experiment", "use_case"):
        if (key := getattr(idea, field)) is not None:
            key_rule(field, key)
    if idea.hypothesis.metric is not None:
        key_rule("hypothesis.metric", idea.hypothesis.metric)
    for number, evidence in enumerate(idea.evidence):
        if not (evidence.ref or evidence.text):
            raise Refused(
                f"evidence[{number}]", None, "evidence refers to something or says something.", "Fill in ref or text."
            )
    if idea.state in SETTLED and not idea.learning.strip():
        raise Refused(
            "learning", "", f"what is {idea.state} was learned from.", "Write in a sentence what it was, for the next."
        )


KIND: Final = Kind("idea", Idea, check)
