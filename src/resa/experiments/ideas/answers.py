"""Ideas as the API shows them: with votes, with what is like them, and what came of those."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from resa.definitions_routes import SavedVersion
from resa.experiments.ideas import library, likeness
from resa.experiments.ideas.definition import SETTLED, Effort, Idea
from resa.experiments.ideas.following import Followed, Following, Stands
from resa.experiments.ideas.opinions import Comment, Opinions, Votes
from resa.experiments.results.brief import briefs
from resa.kernel import times
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound
from resa.kernel.workspace import Workspace


class IdeaRow(msgspec.Struct, frozen=True, kw_only=True):
    """An idea in a list."""

    key: str
    version: int
    name: str
    state: Stands
    """As far as the experiment that tests it has come, unless somebody said what came of it."""
    effort: Effort
    metric: str | None
    effect: float | None
    experiment: str | None
    owner: str
    author: str
    """Who had it."""
    learning: str
    tags: list[str]
    evidence: int
    votes: Votes
    at: str
    changed_at: str


class IdeaRows(msgspec.Struct, frozen=True):
    """All ideas, those with most votes first."""

    items: list[IdeaRow]
    next: None = None


class SimilarIdea(msgspec.Struct, frozen=True, kw_only=True):
    """An idea that says much the same (`likeness` up to 1), and what came of it. `warning`: it was refuted or shelved."""

    key: str
    name: str
    likeness: float
    state: Stands
    learning: str
    experiment: str | None
    warning: bool


class SimilarIdeas(msgspec.Struct, frozen=True):
    """The ideas most like one, the most alike first."""

    items: list[SimilarIdea]
    next: None = None


class SavedIdea(msgspec.Struct, frozen=True, kw_only=True):
    """An idea with its history, newest first, and what the team thinks of it."""

    key: str
    version: int
    body: Idea
    state: Stands
    """As far as the experiment that tests it has come, unless somebody said what came of it."""
    experiment: str | None
    author: str
    at: str
    votes: Votes
    comments: list[Comment]
    similar: list[SimilarIdea]
    history: list[SavedVersion]


class UseCases(msgspec.Struct, frozen=True):
    """The ready-made use cases, the suggested one first, then from simple to advanced."""

    items: list[library.Offered]
    next: None = None


class Ideas:
    """The ideas of a workspace as they are shown. Thread-safe."""

    def __init__(self, workspace: Workspace, opinions: Opinions, names: Callable[[], set[str]]) -> None:
        """`names` gives the names and types of events that came in so far."""
        self._workspace, self._opinions, self._names = workspace, opinions, names

    def rows(self, actor: Actor) -> IdeaRows:
        """All ideas, those with most votes first."""
        votes = self._opinions.votes(actor)
        following, ideas = self._following(), self._workspace.definitions.all("idea")
        found = [self._row(item, votes.get(item.key, Votes()), following.of(item.key, item.body)) for item in ideas]
        return IdeaRows(sorted(found, key=lambda row: (row.votes.down - row.votes.up, row.name, row.key)))

    def saved(self, item: Definition[Idea], actor: Actor, history: list[SavedVersion]) -> SavedIdea:
        """One idea with everything around it."""
        followed = self._following().of(item.key, item.body)
        return SavedIdea(
            key=item.key,
            version=item.version,
            body=item.body,
            state=followed.stands,
            experiment=followed.experiment,
            author=item.author,
            at=times.iso(item.at),
            votes=self._opinions.votes(actor).get(item.key, Votes()),
            comments=self._opinions.comments(item.key, actor),
            similar=self.similar(item.body, item.key).items,
            history=history,
        )

    def similar(self, idea: Idea, but: str | None = None) -> SimilarIdeas:
        """The ideas that say much the same."""
        others, following = self._all(but), self._following()
        found = likeness.similar(idea, others)
        return SimilarIdeas([_similar(one, others[one.key], following.of(one.key, others[one.key])) for one in found])

    def use_cases(self, stage: str | None) -> UseCases:
        """The ready-made use cases and where the business stands with each."""
        following, now = self._following(), {}
        for key, idea in self._all(None).items():
            stands = following.of(key, idea).stands
            now[key] = msgspec.structs.replace(idea, state="planned" if stands == "running" else stands)
        return UseCases(library.offered(now, self._names(), stage))

    def _following(self) -> Following:
        return Following(self._workspace.definitions.all("experiment"), briefs(self._workspace))

    def _all(self, but: str | None) -> dict[str, Idea]:
        return {item.key: item.body for item in self._workspace.definitions.all("idea") if item.key != but}

    def _row(self, item: Definition[Idea], votes: Votes, followed: Followed) -> IdeaRow:
        first = self._first(item)
        body = item.body
        return IdeaRow(
            key=item.key,
            version=item.version,
            name=body.name,
            state=followed.stands,
            effort=body.effort,
            metric=body.hypothesis.metric,
            effect=body.hypothesis.effect,
            experiment=followed.experiment,
            owner=body.owner,
            author=first.author,
            learning=followed.learning if followed.stands in SETTLED else "",
            tags=body.tags,
            evidence=len(body.evidence),
            votes=votes,
            at=times.iso(first.at),
            changed_at=times.iso(item.at),
        )

    def _first(self, item: Definition[Idea]) -> Definition[Idea]:
        if item.version == 1:
            return item
        try:
            return self._workspace.definitions.get("idea", item.key, 1)
        except NotFound:  # a later version was brought by a file from elsewhere
            return item


def _similar(one: likeness.Alike, idea: Idea, followed: Followed) -> SimilarIdea:
    return SimilarIdea(
        key=one.key,
        name=idea.name,
        likeness=round(one.likeness, 3),
        state=followed.stands,
        learning=followed.learning,
        experiment=followed.experiment,
        warning=followed.stands in ("refuted", "shelved"),
    )
