"""Surveys over HTTP."""

from __future__ import annotations

import msgspec
from litestar import Router, get

from resa.access.guards import requires
from resa.feedback.surveys import shelves, templates
from resa.feedback.surveys.definition import Survey


class TemplateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A survey to begin with; `need` is the question it answers for the business."""

    key: str
    need: str
    body: Survey


class TemplateRows(msgspec.Struct, frozen=True):
    """All surveys to begin with."""

    items: list[TemplateRow]
    next: None = None


@get("/api/survey-templates", sync_to_thread=True, guards=[requires("read")])
def list_survey_templates() -> TemplateRows:
    """Surveys to begin with, for customers and for employees, in English and Swedish."""
    return TemplateRows([TemplateRow(key=each.key, need=each.need, body=each.body) for each in templates.every()])


routes = [Router(path="/", tags=["surveys"], route_handlers=[*shelves.handlers, list_survey_templates])]
