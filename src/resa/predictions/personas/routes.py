"""The HTTP face of personas: drawn, changed, checked against the data; their members (`searches_routes`: found)."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter

from resa import definitions_routes
from resa.access.guards import requires
from resa.definitions_routes import NewDefinition, Shelf
from resa.kernel.definitions import Definition
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from resa.predictions.personas import searches_routes, shown
from resa.predictions.personas.definition import RESERVED, Persona
from resa.predictions.personas.members import Members
from resa.predictions.personas.searches_routes import SearchedLens, read_lens
from resa.predictions.personas.shapes import PersonaCheck


class PersonaMembers(msgspec.Struct, frozen=True):
    """A page of the customers of a persona, by number."""

    total: int
    items: list[shown.Typical]
    next: str | None


class PersonaShelf(Shelf[Persona]):
    """Personas over HTTP: those that were saved, and the kinds of the adopted run as personas nobody saved yet."""

    kind = "persona"

    def __init__(self, workspace: NamedDependency[Workspace], personas: NamedDependency[Members]) -> None:
        """With who belongs to them."""
        super().__init__(workspace)
        self._personas = personas

    def rows(self) -> shown.PersonaRows:
        """By key."""
        return shown.listed(self.workspace, self._personas)

    def page(self, item: Definition[Persona]) -> shown.PersonaPage:
        """With what the adopted run says of it."""
        return shown.page(self.workspace, self._personas, item, self.history(item.key) if item.version else [])

    def begin(self, new: NewDefinition) -> dict[str, Any]:
        """Its body, under a key that is no word of the API's paths."""
        if new.key in RESERVED:
            raise Refused("key", new.key, "this word is part of the API's paths.", "Choose another key.")
        return new.body

    def find(self, key: str, version: int | None) -> Definition[Persona]:
        """The saved persona, or the kind of the adopted run."""
        return shown.definition(self.workspace, self._personas, key, version)

    def known(self, key: str, expected: int) -> None:
        """Whoever edits a kind that nobody saved yet saves its first version."""
        if expected or key not in self._personas.found():
            super().known(key, expected)


SAID: Final = {
    "list": "All personas: those that were saved, and the kinds of the adopted run that nobody saved yet.",
    "create": "Draw a persona.",
}


@get("/api/personas/{key:str}/members", sync_to_thread=True, guards=[requires("read")])
def get_persona_members(
    workspace: NamedDependency[Workspace],
    personas: NamedDependency[Members],
    key: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> PersonaMembers:
    """Who is of this persona now."""
    profiles = personas.of(key).profiles
    after = _cursor(cursor)
    start = int(profiles.searchsorted(after, side="right")) if after is not None else 0
    numbers = [int(number) for number in profiles[start : start + limit]]
    more = start + limit < len(profiles)
    return PersonaMembers(len(profiles), shown.typical(workspace, numbers), str(numbers[-1]) if more else None)


From = Annotated[str | None, QueryParameter(name="from", description="Day or time it begins; default: a year before.")]
To = Annotated[
    str | None, QueryParameter(name="to", description="Day or time it ends, not included; default: tomorrow.")
]


@get("/api/personas/{key:str}/check", sync_to_thread=True, guards=[requires("read")])
def check_persona(
    workspace: NamedDependency[Workspace],
    personas: NamedDependency[Members],
    key: FromPath[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
) -> PersonaCheck:
    """Hold a persona against the data: how many fit, whether its assumptions hold, what sets those who fit apart."""
    from resa.predictions.personas import checking  # noqa: PLC0415  # SciPy: a second that no other answer waits for

    persona = shown.definition(workspace, personas, key, None).body
    checking.refuse_unchecked(key, persona)
    asked = SearchedLens(start=start, end=end, channel=channel, simulated=simulated)
    return checking.check(workspace, personas, key, persona, read_lens(workspace, asked))


# -- inside --------------------------------------------------------------------------------------------------------


def _cursor(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 10 or int(text) >= 2**32:
        raise Refused("cursor", text, "this is no cursor.", "Send the 'next' of the page before.")
    return int(text)


routes = [
    Router(
        path="/",
        tags=["personas"],
        dependencies={"searches": Provide(searches_routes.provide_searches, sync_to_thread=False)},
        route_handlers=[
            *definitions_routes.routes(
                PersonaShelf,
                "/api/personas",
                names=("persona", "personas"),
                words=("a persona", "personas"),
                said=SAID,
            ),
            *searches_routes.handlers,
            get_persona_members,
            check_persona,
        ],
    )
]
