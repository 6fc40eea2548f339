"""Themes and sources of comments as definitions over HTTP: what people decide about them, with what was found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar.di import NamedDependency

from resa import definitions_routes
from resa.definitions_routes import GoneDefinition, NewDefinition, SavedVersion, Shelf
from resa.feedback.themes import Comments, store
from resa.feedback.themes.definition import RESERVED, SOURCE, THEME, CommentSource, Theme
from resa.kernel import audit, times
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
from resa.kernel.workspace import Workspace

# -- themes --------------------------------------------------------------------------------------------------------


class ThemeEntry(msgspec.Struct, frozen=True):
    """A theme in the list; `phrases` are those it was found by, then those people gave."""

    key: str
    version: int
    body: Theme
    phrases: list[str]
    in_force: bool
    """Whether comments are held against it: it was found at the last finding, or is known by phrases."""


class ThemeEntries(msgspec.Struct, frozen=True):
    """All themes, by key."""

    items: list[ThemeEntry]
    next: None = None


class ThemePage(msgspec.Struct, frozen=True):
    """A theme with its history, newest first."""

    key: str
    version: int
    body: Theme
    author: str
    at: str
    history: list[SavedVersion]
    phrases: list[str]


class ThemeShelf(Shelf[Theme]):
    """Themes over HTTP, found ones and people's own."""

    kind = THEME.name

    def __init__(self, workspace: NamedDependency[Workspace], comments: NamedDependency[Comments]) -> None:
        """With what was found."""
        super().__init__(workspace)
        self._comments = comments

    def rows(self) -> ThemeEntries:
        """By key."""
        phrases = self._comments.themes.phrases()
        return ThemeEntries(
            [
                ThemeEntry(
                    key,
                    item.version,
                    item.body,
                    [*phrases.get(key, []), *item.body.phrases],
                    key in phrases or bool(item.body.phrases),
                )
                for key, item in sorted(self._comments.themes.definitions().items())
            ]
        )

    def page(self, item: Definition[Theme]) -> ThemePage:
        """With the phrases it was found by."""
        found = self._comments.themes.phrases().get(item.key, [])
        history = self.history(item.key)
        return ThemePage(item.key, item.version, item.body, item.author, times.iso(item.at), history, found)

    def begin(self, new: NewDefinition) -> dict[str, Any]:
        """Its body; found themes are only made by finding."""
        if new.key in RESERVED:
            raise Refused("key", new.key, "this word means something else in filters.", "Choose another key.")
        if new.body.get("found"):
            raise Refused("found", True, "a theme is found by a search.", "Give phrases, and leave found out.")
        return new.body

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Where a theme comes from stays as it is."""
        try:
            before = self.workspace.definitions.get(THEME.name, key).body.found
        except NotFound:
            return
        if bool(body.get("found", False)) != before:
            raise Refused(
                "found", body.get("found"), "where a theme comes from can't be changed.", "Leave it as it was."
            )

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[Theme]:
        """Save it; comments are held against its phrases anew, in the background."""
        before = self._comments.themes.bodies().get(key)
        saved = super().save(actor, key, body, expected)
        if (before.phrases if before else []) != saved.body.phrases:
            self._comments.jobs.themes_changed()
        return saved

    def delete(self, actor: Actor, key: str) -> GoneDefinition:
        """Take it away; the comments about it are about the rest."""
        gone = super().delete(actor, key)
        self._comments.jobs.themes_changed()
        return gone


# -- sources -------------------------------------------------------------------------------------------------------


class SourceRow(msgspec.Struct, frozen=True):
    """Where comments come from; `version` 0: built in, saved by nobody. `comments`: how many came."""

    key: str
    version: int
    body: CommentSource
    comments: int


class SourceRows(msgspec.Struct, frozen=True):
    """All sources, by key."""

    items: list[SourceRow]
    next: None = None


class SourcePage(msgspec.Struct, frozen=True):
    """A source with its history, newest first."""

    key: str
    version: int
    body: CommentSource
    author: str
    at: str
    history: list[SavedVersion]
    comments: int


class SourceShelf(Shelf[CommentSource]):
    """Comment sources over HTTP: the built-in ones, and what people saved."""

    kind = SOURCE.name

    def __init__(self, workspace: NamedDependency[Workspace], comments: NamedDependency[Comments]) -> None:
        """With how many comments each gave."""
        super().__init__(workspace)
        self._comments = comments

    def rows(self) -> SourceRows:
        """By key."""
        counts = store.by_source(self.workspace.state)
        listed = sorted(self._comments.sources.listed().items())
        return SourceRows([SourceRow(key, version, body, counts.get(key, 0)) for key, (body, version) in listed])

    def page(self, item: Definition[CommentSource]) -> SourcePage:
        """With how many comments it gave."""
        counts = store.by_source(self.workspace.state)
        history = self.history(item.key) if item.version else []
        return SourcePage(
            item.key, item.version, item.body, item.author, times.iso(item.at), history, counts.get(item.key, 0)
        )

    def find(self, key: str, version: int | None) -> Definition[CommentSource]:
        """The saved source, or the built-in one as a definition nobody saved yet."""
        built_in = self._comments.sources.listed().get(key)
        if version is None and built_in is not None and built_in[1] == 0:
            return Definition(self.kind, key, 0, built_in[0], audit.SYSTEM.name, 0, deleted=False)
        return super().find(key, version)

    def known(self, key: str, expected: int) -> None:
        """Whoever edits a built-in source saves its first version."""
        if expected or key not in self._comments.sources.listed():
            super().known(key, expected)

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[CommentSource]:
        """Save it; the history is searched by it in the background."""
        saved = super().save(actor, key, body, expected)
        self._comments.jobs.sources_changed()
        return saved

    def delete(self, actor: Actor, key: str) -> GoneDefinition:
        """Take it away; its comments are forgotten, unless there is a built-in one of that key."""
        gone = super().delete(actor, key)
        self._comments.jobs.sources_changed()
        return gone


# -- the application's ----------------------------------------------------------------------------------------------


def routes() -> Iterable[Any]:
    """Both, with their histories."""
    yield from definitions_routes.routes(
        ThemeShelf, "/api/themes", names=("theme", "themes"), words=("a theme", "themes, with what people decided")
    )
    yield from definitions_routes.routes(
        SourceShelf,
        "/api/comment-sources",
        names=("comment_source", "comment_sources"),
        words=("a comment source", "comment sources, the built-in ones too"),
    )
