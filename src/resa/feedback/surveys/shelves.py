"""Survey definitions over HTTP: listed, made from a body or a template, saved, taken away."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar.di import NamedDependency  # noqa: F401  # a shelf's own needs are looked up among this module's names

from resa import definitions_routes
from resa.definitions_routes import BegunDefinition, SavedVersion, Shelf
from resa.feedback.surveys import checking, templates
from resa.feedback.surveys.definition import Survey
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.workspace import Workspace  # noqa: F401  # likewise


class SurveyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A survey in the list; `metric` is what its score measures, if it has one."""

    key: str
    name: str
    about: str
    status: str
    anonymous: bool
    languages: list[str]
    questions: int
    metric: str | None
    channels: list[str]
    open_link: bool
    trigger: str | None
    audience: str | None
    owner: str
    version: int
    saved_at: str


class SurveyRows(msgspec.Struct, frozen=True):
    """All surveys, by key."""

    items: list[SurveyRow]
    next: None = None


class SavedSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey and its history, newest first."""

    key: str
    version: int
    body: Survey
    author: str
    at: str
    history: list[SavedVersion]


class SurveyShelf(Shelf[Survey]):
    """Surveys over HTTP."""

    kind = "survey"
    new = BegunDefinition

    def begin(self, new: BegunDefinition) -> dict[str, Any]:
        """From the body sent, or from a template (a draft, until somebody puts it live)."""
        return definitions_routes.one_of_two(new, templates.one)

    def rows(self) -> SurveyRows:
        """By key."""
        return SurveyRows([_row(item) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Survey]) -> SavedSurvey:
        """With its history."""
        return SavedSurvey(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            history=self.history(item.key),
        )

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse references to what is not there."""
        del key
        checking.references(self.workspace.definitions, self.workspace.definitions.decode(self.kind, body))


def _row(item: Definition[Survey]) -> SurveyRow:
    body = item.body
    return SurveyRow(
        key=item.key,
        name=body.name,
        about=body.about,
        status=body.status,
        anonymous=body.anonymous,
        languages=list(body.languages),
        questions=len(body.questions),
        metric=body.metric.kind if body.metric is not None else None,
        channels=list(body.channels),
        open_link=body.open_link,
        trigger=body.trigger.__struct_config__.tag if body.trigger is not None else None,  # type: ignore[arg-type]  # a text in both
        audience=body.audience,
        owner=body.owner,
        version=item.version,
        saved_at=times.iso(item.at),
    )


handlers: Final = definitions_routes.routes(
    SurveyShelf, "/api/survey-definitions", names=("survey", "surveys"), words=("a survey", "surveys")
)
