"""Which comments are about a theme: the face that other rooms ask by, with merged themes counted as what they count as."""

from __future__ import annotations

import sqlalchemy as sa

from resa.feedback.themes import columns
from resa.feedback.themes.definition import THEME, merged
from resa.feedback.themes.store import about, comments
from resa.kernel.workspace import Workspace

__all__ = ["comments", "counting_as", "of_theme"]


def counting_as(workspace: Workspace, theme: str) -> list[str]:
    """The keys of all themes that count as this one; a key nobody knows stands for itself."""
    counts_as = merged({item.key: item.body for item in workspace.definitions.all(THEME.name)})
    return columns.leaves(counts_as, theme) or [theme]


def of_theme(workspace: Workspace, theme: str) -> sa.ColumnElement[bool]:
    """The condition on `comments` that one is about this theme."""
    keys = counting_as(workspace, theme)
    return comments.c.id.in_(sa.select(about.c.comment).where(workspace.state.among(about.c.theme, keys)))
