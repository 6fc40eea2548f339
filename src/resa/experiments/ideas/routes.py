"""The HTTP face of the library of ideas. Whoever may look may propose, vote and comment; changing an idea is an editor's."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from resa import definitions_routes
from resa.access.guards import Call, Forbidden, requires
from resa.definitions_routes import BegunDefinition, Shelf, one_of_two
from resa.experiments.ideas import answers, library
from resa.experiments.ideas.answers import Ideas
from resa.experiments.ideas.definition import Idea
from resa.experiments.ideas.opinions import Comment, NewComment, Opinions, Votes
from resa.kernel.definitions import Definition
from resa.kernel.tail import event_names
from resa.kernel.workspace import Workspace


class IdeaShelf(Shelf[Idea]):
    """Ideas over HTTP."""

    kind = "idea"
    new = BegunDefinition

    def __init__(self, workspace: NamedDependency[Workspace], ideas: NamedDependency[Ideas], request: Call) -> None:
        """As whoever asks sees them: with their votes."""
        super().__init__(workspace)
        self._ideas, self._request = ideas, request

    def rows(self) -> answers.IdeaRows:
        """Those with most votes first."""
        return self._ideas.rows(self._request.user.actor)

    def page(self, item: Definition[Idea]) -> answers.SavedIdea:
        """With votes, comments, and what is like it."""
        return self._ideas.saved(item, self._request.user.actor, self.history(item.key))

    def begin(self, new: BegunDefinition) -> dict[str, Any]:
        """Its own body, or that of a ready-made use case."""
        return one_of_two(new, lambda named: library.one(named).idea())


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """An idea while it is written, not saved."""

    body: dict[str, Any]


class Vote(msgspec.Struct, forbid_unknown_fields=True):
    """For (true), against (false), or neither (null: the vote is taken back)."""

    up: bool | None


@post("/api/ideas/proposals", sync_to_thread=True, guards=[requires("read")])
def propose_idea(
    workspace: NamedDependency[Workspace],
    ideas: NamedDependency[Ideas],
    request: Call,
    data: JSONBody[BegunDefinition],
) -> answers.SavedIdea:
    """Propose an idea, whoever one is; `similar` in the answer says what is known of the like, above all what was refuted."""
    _person_or_editor(request)
    shelf = IdeaShelf(workspace, ideas, request)
    body = {**shelf.begin(data), "state": "idea", "learning": ""}
    return shelf.page(shelf.save(request.user.actor, data.key, body, 0))


@post("/api/ideas/similar", sync_to_thread=True, guards=[requires("read")])
def find_similar_ideas(
    workspace: NamedDependency[Workspace], ideas: NamedDependency[Ideas], data: JSONBody[Draft]
) -> answers.SimilarIdeas:
    """Ideas that say much the same as one being written, with what came of them. Changes nothing."""
    return ideas.similar(workspace.definitions.decode("idea", data.body))


@get("/api/ideas/use-cases", sync_to_thread=True, guards=[requires("read")])
def list_use_cases(ideas: NamedDependency[Ideas], stage: FromQuery[str | None] = None) -> answers.UseCases:
    """Ready-made use cases from simple to advanced, the one to do next first; with `stage`, those for that journey stage."""
    return ideas.use_cases(stage)


@put("/api/ideas/{key:str}/vote", sync_to_thread=True, guards=[requires("read")])
def vote_on_idea(
    workspace: NamedDependency[Workspace],
    opinions: NamedDependency[Opinions],
    request: Call,
    key: FromPath[str],
    data: JSONBody[Vote],
) -> Votes:
    """Vote for or against an idea; a second vote takes the place of the first."""
    _person_or_editor(request)
    workspace.definitions.get("idea", key)
    opinions.vote(key, request.user.actor, data.up)
    return opinions.votes(request.user.actor).get(key, Votes())


@post("/api/ideas/{key:str}/comments", sync_to_thread=True, guards=[requires("read")])
def comment_on_idea(
    workspace: NamedDependency[Workspace],
    opinions: NamedDependency[Opinions],
    request: Call,
    key: FromPath[str],
    data: JSONBody[NewComment],
) -> Comment:
    """Say something of an idea."""
    _person_or_editor(request)
    workspace.definitions.get("idea", key)
    return opinions.say(key, data.text, request.user.actor)


@delete("/api/ideas/{key:str}/comments/{comment:str}", sync_to_thread=True, guards=[requires("read")])
def delete_idea_comment(
    opinions: NamedDependency[Opinions], request: Call, key: FromPath[str], comment: FromPath[str]
) -> None:
    """Take back what one said; an administrator may take back anybody's. The audit log keeps it."""
    _person_or_editor(request)
    opinions.unsay(key, comment, request.user.actor, anyone=request.user.may("admin"))


# -- inside --------------------------------------------------------------------------------------------------------


def _person_or_editor(request: Call) -> None:
    """Ideas come from anyone in the team; a program that may only read writes nothing."""
    if request.user.kind != "user" and not request.user.may("write"):
        raise Forbidden("A key that may only read can't do this.", remedy="Use a key with the scope write.")


def provide_opinions(workspace: NamedDependency[Workspace]) -> Opinions:
    """Votes and comments."""
    return Opinions(workspace)


def provide_ideas(workspace: NamedDependency[Workspace], opinions: NamedDependency[Opinions]) -> Ideas:
    """The ideas as they are shown."""

    def names() -> set[str]:
        with workspace.state.read() as tx:
            return {text for row in tx.execute(sa.select(event_names.c.type, event_names.c.name)) for text in row}

    return Ideas(workspace, opinions, names)


SAID: Final = {
    "list": "The library of ideas, those with most votes first; what was refuted stays in it, with what was learned.",
    "create": "Make an idea: of one's own, or from a ready-made use case (`from_template`: its key).",
    "get": "An idea with votes, comments, history, and what is like it.",
}

routes: Final = [
    Router(
        path="/",
        tags=["ideas"],
        dependencies={
            "opinions": Provide(provide_opinions, sync_to_thread=False),
            "ideas": Provide(provide_ideas, sync_to_thread=False),
        },
        route_handlers=[
            *definitions_routes.routes(
                IdeaShelf, "/api/ideas", names=("idea", "ideas"), words=("an idea", "ideas"), said=SAID
            ),
            propose_idea,
            find_similar_ideas,
            list_use_cases,
            vote_on_idea,
            comment_on_idea,
            delete_idea_comment,
        ],
    )
]
