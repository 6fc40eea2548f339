"""The HTTP face that every kind of definition has: listed, made, read, saved under the version it came from, taken away.

A slice subclasses `Shelf` to say what is shown of its kind; `routes` makes the five handlers of it. What the methods'
annotations say is what the API's document says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Generic, TypeVar, get_type_hints

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from resa.access.guards import Call, requires
from resa.kernel import audit, times
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definition
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

B = TypeVar("B", bound=msgspec.Struct)


class NewDefinition(msgspec.Struct, forbid_unknown_fields=True):
    """A definition to make, and the key it will keep."""

    key: str
    body: dict[str, Any]


class BegunDefinition(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A definition to make: with a body of its own, or the one of a template (named by its key or its set)."""

    key: str
    body: dict[str, Any] | None = None
    from_template: str | None = None


class ChangedDefinition(msgspec.Struct, forbid_unknown_fields=True):
    """A definition as edited, and the version it was edited from."""

    expected_version: int
    body: dict[str, Any]


class GoneDefinition(msgspec.Struct, frozen=True):
    """A definition is gone; saving it with `expected_version` brings it back."""

    key: str
    expected_version: int


class SavedVersion(msgspec.Struct, frozen=True):
    """A version of a definition: who saved it, and when."""

    version: int
    author: str
    at: str
    deleted: bool


class Shelf(ABC, Generic[B]):
    """The definitions of one kind as the API shows them. Made for a request; asks for what it needs as handlers do."""

    kind: ClassVar[str]
    new: ClassVar[type[msgspec.Struct]] = NewDefinition
    """What is sent to make one: `key` and, read by `begin`, what its body comes from."""

    def __init__(self, workspace: NamedDependency[Workspace]) -> None:
        """The definitions of this workspace."""
        self.workspace = workspace

    @abstractmethod
    def rows(self) -> Any:
        """All definitions, as a list shows them: a Struct with `items` and `next`."""

    @abstractmethod
    def page(self, item: Definition[B]) -> Any:
        """One definition: a Struct with `key`, `version`, `body`, `author`, `at` at least."""

    def begin(self, new: Any) -> dict[str, Any]:
        """The body of a new definition. Raises Refused."""
        body: dict[str, Any] = new.body
        return body

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse what the kind's own check, which sees a body and no workspace, can't."""

    def find(self, key: str, version: int | None) -> Definition[B]:
        """The definition asked for. Raises NotFound."""
        return self.workspace.definitions.get(self.kind, key, version)

    def known(self, key: str, expected: int) -> None:
        """Raise NotFound unless there ever was such a definition, edited from the version `expected`."""
        del expected
        self.workspace.definitions.history(self.kind, key)

    # -- what handlers do ------------------------------------------------------------------------------------------

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[B]:
        """Save a version and say in the audit log who did."""
        self.check(key, body)
        recorded = audit.recording(actor, f"{self.kind}.saved", f"{self.kind}:{key}")
        return self.workspace.definitions.save(
            self.kind, key, body, expected=expected, author=actor.name, alongside=recorded
        )

    def delete(self, actor: Actor, key: str) -> GoneDefinition:
        """Take a definition away, and say in the audit log who did."""
        self.workspace.definitions.get(self.kind, key)
        recorded = audit.recording(actor, f"{self.kind}.deleted", f"{self.kind}:{key}")
        gone = self.workspace.definitions.delete(self.kind, key, author=actor.name, alongside=recorded)
        return GoneDefinition(key, gone.version)

    def history(self, key: str) -> list[SavedVersion]:
        """The versions of a definition, newest first."""
        found = self.workspace.definitions.history(self.kind, key)
        return [SavedVersion(old.version, old.author, times.iso(old.at), old.deleted) for old in found]


def one_of_two(new: BegunDefinition, template: Callable[[str], msgspec.Struct]) -> dict[str, Any]:
    """The body sent, or else the one of `template`; for `Shelf.begin`. Raises Refused for both or neither."""
    if (new.body is None) == (new.from_template is None):
        rule = "a definition begins from one of two, body and from_template."
        raise Refused("from_template", new.from_template, rule, "Send body or from_template.")
    if new.body is not None:
        return new.body
    body: dict[str, Any] = msgspec.to_builtins(template(new.from_template or ""))
    return body


_DEPENDENCY: Final[Any] = NamedDependency
_BODY: Final[Any] = JSONBody
_QUERY: Final[Any] = FromQuery
"""Applied to types that are known at run time only."""

# -- handlers ------------------------------------------------------------------------------------------------------

_WORDS: Final[Mapping[str, str]] = {
    "list": "All {many}.",
    "create": "Make {one}.",
    "get": "{One} as it is, or as it was in an old version.",
    "change": "Save {one}; 409 with the current one if somebody saved it meanwhile. Brings back a deleted one as well.",
    "delete": "Take {one} away. Its versions stay.",
}


def routes(
    shelf: type[Shelf[Any]],
    path: str,
    *,
    names: tuple[str, str],
    words: tuple[str, str],
    said: Mapping[str, str] | None = None,
    read: str = "read",
    write: str = "write",
) -> list[HTTPRouteHandler]:
    """The five handlers of a kind under `path`.

    `names` are one and many in code (`goal`, `goals`: the handlers become `list_goals`, `get_goal` ...), `words` in
    sentences (`a goal`, `goals`). `said` replaces the documentation of handlers: list, create, get, change, delete.
    """
    one, many = words
    sentences = {**_WORDS, **(said or {})}
    rows, page = _answers(shelf, "rows"), _answers(shelf, "page")

    def made(does: str, name: str, function: Any, **types: Any) -> Any:
        function.__name__ = function.__qualname__ = f"{does}_{name}"
        function.__module__ = shelf.__module__
        function.__doc__ = sentences[does].format(one=one, One=one[0].upper() + one[1:], many=many)
        function.__annotations__ = {"shelf": _DEPENDENCY[shelf], **types}
        return function

    shared: dict[str, Any] = {
        "sync_to_thread": True,
        "dependencies": {"shelf": Provide(shelf, sync_to_thread=False)},
    }
    keyed: dict[str, Any] = {"key": FromPath[str]}
    changing: dict[str, Any] = {"request": Call, "return": page}
    reading, writing = {**shared, "guards": [requires(read)]}, {**shared, "guards": [requires(write)]}
    at = f"{path}/{{key:str}}"
    return [
        get(path, **reading)(made("list", names[1], _listing(), **{"return": rows})),
        post(path, **writing)(made("create", names[0], _creating(), data=_BODY[shelf.new], **changing)),
        get(at, **reading)(made("get", names[0], _getting(), **keyed, version=_QUERY[int | None], **{"return": page})),
        put(at, **writing)(made("change", names[0], _changing(), **keyed, data=_BODY[ChangedDefinition], **changing)),
        delete(at, status_code=200, **writing)(
            made("delete", names[0], _deleting(), **keyed, **{**changing, "return": GoneDefinition})
        ),
    ]


def _answers(shelf: type[Shelf[Any]], method: str) -> Any:
    return get_type_hints(getattr(shelf, method))["return"]


# Each makes a new function: a handler's name, words and types are its own.


def _listing() -> Any:
    def handler(shelf: Any) -> Any:
        return shelf.rows()

    return handler


def _creating() -> Any:
    def handler(shelf: Any, request: Any, data: Any) -> Any:
        return shelf.page(shelf.save(request.user.actor, data.key, shelf.begin(data), 0))

    return handler


def _getting() -> Any:
    def handler(shelf: Any, key: Any, version: Any = None) -> Any:
        return shelf.page(shelf.find(key, version))

    return handler


def _changing() -> Any:
    def handler(shelf: Any, request: Any, key: Any, data: Any) -> Any:
        shelf.known(key, data.expected_version)
        return shelf.page(shelf.save(request.user.actor, key, data.body, data.expected_version))

    return handler


def _deleting() -> Any:
    def handler(shelf: Any, request: Any, key: Any) -> Any:
        return shelf.delete(request.user.actor, key)

    return handler
