"""Surveys to begin with, as data files: for customers and for employees, in English and Swedish."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import msgspec

from resa.feedback.surveys import checking
from resa.feedback.surveys.definition import Survey
from resa.kernel.errors import NotFound

_FILES: Final = ("customers", "employees")


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A survey to begin with; `need` is the question it answers for the business."""

    key: str
    need: str
    body: Survey


class _File(msgspec.Struct, forbid_unknown_fields=True):
    template: list[Template]


@cache
def every() -> tuple[Template, ...]:
    """All templates, those for customers first. Each could go live as it is."""
    found: list[Template] = []
    for name in _FILES:
        text = resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
        found += msgspec.toml.decode(text, type=_File).template
    for template in found:
        checking.survey(msgspec.structs.replace(template.body, status="live"))
    return tuple(found)


def one(key: str) -> Survey:
    """The survey of a template. Raises NotFound."""
    for template in every():
        if template.key == key:
            return template.body
    raise NotFound("survey template", key, f"There are {', '.join(each.key for each in every())}.")
