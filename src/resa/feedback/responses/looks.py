"""What a survey's page looks like: its brand's name, logo, colours, with a dark form that keeps every contrast."""

from __future__ import annotations

from typing import Final

from resa import brand
from resa.brand import Brand, colours
from resa.feedback.responses.page import Look
from resa.feedback.surveys.definition import Survey
from resa.kernel import preferences
from resa.kernel.workspace import Workspace

_BAD: Final = "#a4161a"
_STAR: Final = "#8a6100"
_DARK: Final = "#16191f"
"""What dark pages stand on, as survey.css has it."""


def look(workspace: Workspace, survey: Survey) -> Look:
    """By the brand the survey names, or the default one; where nobody made any, the workspace's name in calm colours."""
    key = survey.brand or brand.KEY
    made = {item.key for item in workspace.definitions.all(brand.KIND.name)}
    with workspace.state.read() as tx:
        name = preferences.load(tx).name
    if not made & {key, brand.KEY}:
        return Look(name="" if name == preferences.Preferences().name else name)
    if key not in made:
        key = brand.KEY
    found = brand.current(workspace.definitions, key, name=name)
    return Look(css=_css(found), name=found.name, logo=brand.logo_path(found, key) or "", foot=found.address)


def _css(told: Brand) -> str:
    """The brand's properties, and what the page draws with them, readable by day and by night."""
    ground, primary = told.colours.background, told.colours.primary
    by_day = {
        "dim": "var(--brand-muted)",
        "line": "var(--brand-muted)",
        "box": "var(--brand-surface)",
        "link": "var(--brand-link)",
        "bad": colours.nearest(_BAD, ground, colours.TEXT),
        "star": colours.nearest(_STAR, ground, colours.SHAPE),
    }
    lit = colours.nearest(primary, _DARK, colours.TEXT)
    by_night = {"go": lit, "link": lit, "on": colours.readable_on(lit)}
    return (
        f"{brand.css(told)}:root{{{_rules(by_day)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_night()}{_rules(by_night)}}}}}"
    )


def _night() -> str:
    return _rules({"dim": "#b3bac6", "line": "#8b94a3", "box": "#232831", "bad": "#ffb3ad", "star": "#f5c451"})


def _rules(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())
