"""The HTTP face of the language model: its settings, a try, what was sent to it, and what it is asked for on a page."""

from __future__ import annotations

import os
import time
from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from resa.access.guards import Call, requires
from resa.feedback.themes.columns import leaves
from resa.feedback.themes.jobs import Comments
from resa.feedback.themes.language_model import asking, calls, uses, writers
from resa.feedback.themes.language_model.definition import KEY, KIND, LanguageModel
from resa.feedback.themes.store import about, comments
from resa.kernel import audit, times
from resa.kernel.errors import Conflict, NotFound
from resa.kernel.workspace import Workspace

_SHOWN: Final = 30


class ModelSettings(msgspec.Struct, frozen=True):
    """The language model in force (version 0: none was ever named), and what of today's budget is used.

    `key_set`: the environment variable that holds its key is there; null where none is named.
    """

    version: int
    body: LanguageModel | None
    key_set: bool | None
    calls_today: int
    characters_today: int


class ChangedModel(msgspec.Struct, forbid_unknown_fields=True):
    """Settings as edited, and the version they were edited from (0: the first ones)."""

    expected_version: int
    body: dict[str, Any]


class ModelCall(msgspec.Struct, frozen=True):
    """A call: what was sent, what came back."""

    id: int
    at: str
    use: str
    model: str
    sent: str
    got: str
    seconds: float
    error: str | None


class ModelCalls(msgspec.Struct, frozen=True):
    """The last calls, newest first."""

    items: list[ModelCall]
    next: None = None


class Tried(msgspec.Struct, frozen=True):
    """The model answered as it should: what it called two made-up comments, and how long it took."""

    name: str
    seconds: float


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """In which language to answer (`en`)."""

    language: Annotated[str, msgspec.Meta(min_length=2, max_length=16)] = "en"


class Described(msgspec.Struct, frozen=True):
    """What the model says of a theme; null: it may not be asked for that. Nothing is saved."""

    name: str | None
    summary: str | None


class Translate(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Comments by id, and the language to have them in."""

    comments: Annotated[list[int], msgspec.Meta(min_length=1, max_length=12)]
    language: Annotated[str, msgspec.Meta(min_length=2, max_length=16)]


class Translations(msgspec.Struct, frozen=True):
    """The texts by comment's id."""

    items: dict[str, str]


@get("/api/language-model", sync_to_thread=True, guards=[requires("read")])
def get_language_model(workspace: NamedDependency[Workspace]) -> ModelSettings:
    """Which language model may be asked, for what, and what of today's budget is used."""
    return _settings(workspace)


@put("/api/language-model", sync_to_thread=True, guards=[requires("admin")])
def change_language_model(
    workspace: NamedDependency[Workspace],
    comments: NamedDependency[Comments],
    request: Call,
    data: JSONBody[ChangedModel],
) -> ModelSettings:
    """Name a language model, or switch it on or off; 409 if somebody saved the settings meanwhile."""
    actor = request.user.actor
    recorded = audit.recording(actor, "language-model.saved", f"language-model:{KEY}")
    workspace.definitions.save(
        KIND.name, KEY, data.body, expected=data.expected_version, author=actor.name, alongside=recorded
    )
    comments.jobs.sources_changed()
    return _settings(workspace)


@post("/api/language-model/try", sync_to_thread=True, guards=[requires("admin")])
def try_language_model(workspace: NamedDependency[Workspace]) -> Tried:
    """Ask it to name a theme of two made-up comments: whether it is there, and answers as it should."""
    try:
        model: LanguageModel = workspace.definitions.get(KIND.name, KEY).body
    except NotFound:
        raise Conflict("No language model was named.", remedy="Save its address first.") from None
    made_up = {"phrases": ["late", "parcel"], "comments": ["The parcel came two days late.", "Late again!"]}
    began = time.monotonic()
    name = asking.call(workspace, model, "try", uses.NAME, made_up, uses.Named).name
    return Tried(name, round(time.monotonic() - began, 2))


@get("/api/language-model/calls", sync_to_thread=True, guards=[requires("admin")])
def list_language_model_calls(workspace: NamedDependency[Workspace]) -> ModelCalls:
    """What was sent to the language model in the last 30 days, and what came back."""
    return ModelCalls(
        [
            ModelCall(one.id, times.iso(one.at), one.use, one.model, one.sent, one.got, one.seconds, one.error)
            for one in calls.recent(workspace.state)
        ]
    )


@post("/api/themes/{key:str}/describe", sync_to_thread=True, status_code=200, guards=[requires("write")])
def describe_theme(
    workspace: NamedDependency[Workspace],
    comments: NamedDependency[Comments],
    key: FromPath[str],
    data: JSONBody[Asked],
) -> Described:
    """Let the language model propose a name for a theme, and sum up what its comments say."""
    workspace.definitions.get("theme", key)
    texts, known = _typical(workspace, leaves(comments.themes.counts_as(), key))
    phrases = comments.themes.phrases().get(key, [])
    name = uses.name(workspace, phrases, texts, known)
    return Described(name, uses.summary(workspace, texts, data.language, known))


@post("/api/comments/translate", sync_to_thread=True, status_code=200, guards=[requires("write")])
def translate_comments(workspace: NamedDependency[Workspace], data: JSONBody[Translate]) -> Translations:
    """Comments in another language, by the language model; nothing where it may not be asked for that."""
    numbers = [number for number in dict.fromkeys(data.comments) if 0 < number < 2**53]
    with workspace.state.read() as tx:
        c = comments.c
        rows = tx.execute(sa.select(c.id, c.text, c.identity).where(workspace.state.among(c.id, numbers))).all()
        known = writers.known(workspace, tx, [row.identity for row in rows])
    if not rows:
        return Translations({})
    found = uses.translation(workspace, [row.text for row in rows], data.language, known) or []
    return Translations({str(row.id): text for row, text in zip(rows, found, strict=False)})


def _typical(workspace: Workspace, keys: list[str]) -> tuple[list[str], list[set[str]]]:
    """Typical comments of themes, and of each what is known of its writer."""
    query = (
        sa.select(comments.c.text, comments.c.identity)
        .join(about, about.c.comment == comments.c.id)
        .where(workspace.state.among(about.c.theme, keys))
        .order_by(about.c.typical.desc(), comments.c.id)
        .limit(_SHOWN)
    )
    with workspace.state.read() as tx:
        rows = tx.execute(query).all()
        return [row.text for row in rows], writers.known(workspace, tx, [row.identity for row in rows])


def _settings(workspace: Workspace) -> ModelSettings:
    made, said = calls.today(workspace.state, workspace.clock())
    try:
        item = workspace.definitions.get(KIND.name, KEY)
    except NotFound:
        return ModelSettings(0, None, None, made, said)
    variable = item.body.key_variable
    return ModelSettings(
        item.version, item.body, None if variable is None else bool(os.environ.get(variable)), made, said
    )


routes: Final = [
    Router(
        path="/",
        tags=["language model"],
        route_handlers=[
            get_language_model,
            change_language_model,
            try_language_model,
            list_language_model_calls,
            describe_theme,
            translate_comments,
        ],
    )
]
