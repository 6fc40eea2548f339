"""Comments understood: what customers say in words, kept beside what they do, and what many of them are about (docs/comments.md).

Way of a comment: `sources` (where its text lies) -> `following` (read at once as its event comes) -> `understanding`
(language, sentiment, by the text model: `faculty`) and `model` (its themes) -> `store` -> `telling` (`Comment Understood` in the log). Themes:
`words` -> `telling_words` -> `finding` -> `lineage` (the same themes as before) -> `current` (those in force). `jobs`
does what takes a while in the background by `upkeep`. Questions: `columns` -> `answers` (with `rising`, `impact`,
`quotes`), `pages`; `routes` is the HTTP face. `language_model/` is the hook for a model that the user brings.

What needs SciPy or scikit-learn (`finding`, `telling_words`, `lineage`) is imported by who uses it.
"""

from __future__ import annotations

from typing import Final

from resa.feedback.themes import definition
from resa.feedback.themes.current import Themes
from resa.feedback.themes.faculty import TextFaculty
from resa.feedback.themes.following import Following
from resa.feedback.themes.jobs import Comments, Jobs
from resa.feedback.themes.language_model import definition as language_model
from resa.feedback.themes.reception import Reception
from resa.feedback.themes.sources import Sources
from resa.feedback.themes.understanding import Understanding
from resa.kernel.workspace import Workspace

__all__ = ["Comments", "register"]

READ_AT_ONCE: Final = 500
"""Events that are looked through in one go, about."""


def register(workspace: Workspace) -> Comments:
    """Make comments and themes known to the workspace, and keep them up with its log. Before the workspace starts."""
    for follower in workspace.followers:
        if isinstance(follower.projection, Following):  # an application over it was made before
            return follower.projection.owner
    for kind in (definition.SOURCE, definition.THEME, language_model.KIND):
        workspace.definitions.register(kind)
    workspace.state.create_missing()
    sources = Sources(workspace.definitions)
    understanding = Understanding(workspace.state, TextFaculty())
    themes = Themes(workspace.state, workspace.definitions)
    reception = Reception(workspace.state, sources, understanding, themes)
    jobs = Jobs(workspace, reception, understanding, themes)
    comments = Comments(sources, understanding, themes, jobs)
    workspace.follow(Following(reception, jobs.kept, comments), pause=0.2, most=READ_AT_ONCE)
    return comments
