"""What the API says of personas: those that were saved, and the kinds that a run found."""

from __future__ import annotations

from typing import Literal

import msgspec

from resa.customers import people
from resa.definitions_routes import SavedVersion
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace
from resa.predictions.personas import runs
from resa.predictions.personas.definition import Persona
from resa.predictions.personas.members import Members
from resa.predictions.personas.shapes import Before, Difference, KindOfCustomer, Worth


class Typical(msgspec.Struct, frozen=True):
    """A customer in the middle of a kind."""

    profile: str
    name: str | None
    email: str | None


class Kind(msgspec.Struct, frozen=True):
    """A kind of customers as a run found it; `id` stays with it from run to run."""

    id: str
    key: str
    name: str
    face: str
    size: int
    share: float
    stability: float
    differences: list[Difference]
    worth: Worth
    typical: list[Typical]
    before: Before | None


class PersonaRow(msgspec.Struct, frozen=True):
    """A persona in the list; `members` is nothing where nothing says who fits. `version` 0: found, not saved yet."""

    key: str
    name: str
    face: str
    summary: str
    kind: Literal["drawn", "found"]
    version: int
    members: int | None
    share: float | None
    """Of the customers the adopted run looked at."""
    worth: Worth | None


class PersonaRows(msgspec.Struct, frozen=True):
    """All personas, by key, and the run whose kinds hold."""

    items: list[PersonaRow]
    run: int | None
    as_of: str
    next: None = None


class PersonaPage(msgspec.Struct, frozen=True):
    """A persona with its history, newest first, and what the adopted run says of it, where it was found."""

    key: str
    version: int
    body: Persona
    author: str
    at: str
    history: list[SavedVersion]
    members: int | None
    found: Kind | None


def listed(workspace: Workspace, personas: Members) -> PersonaRows:
    """All personas, by key."""
    run = runs.current(workspace.state)
    kinds = {kind.id: kind for kind in run.result.kinds} if run is not None and run.result is not None else {}
    saved = workspace.definitions.all("persona")
    rows = [_row(personas, item, kinds.get(item.body.found or "")) for item in saved]
    held = {item.body.found for item in saved}
    keys = {item.key for item in saved}
    rows += [
        PersonaRow(
            one.key, one.name, one.face, "", "found", 0, len(personas.of(one.key).profiles), one.share, one.worth
        )
        for one in kinds.values()
        if one.id not in held and one.key not in keys
    ]
    return PersonaRows(sorted(rows, key=lambda row: row.key), run.id if run else None, times.iso(workspace.clock()))


def summary(kind: KindOfCustomer) -> str:
    """The three largest differences as a sentence."""
    said = [f"{'more' if one.effect > 0 else 'less'} {one.label} than others" for one in kind.differences[:3]]
    return f"{', '.join(said)}.".capitalize() if said else ""


def definition(workspace: Workspace, personas: Members, key: str, version: int | None) -> Definition[Persona]:
    """The saved persona, or the kind of the adopted run of that key as a persona nobody saved yet (version 0)."""
    try:
        return workspace.definitions.get("persona", key, version)
    except NotFound:
        kind, run = personas.found().get(key), runs.current(workspace.state)
        if version is not None or kind is None or run is None:
            raise
        body = Persona(name=kind.name, face=kind.face, summary=summary(kind), found=kind.id)
        return Definition("persona", key, 0, body, run.author, run.ended_at or run.started_at, deleted=False)


def page(
    workspace: Workspace, personas: Members, item: Definition[Persona], history: list[SavedVersion]
) -> PersonaPage:
    """A persona with what the adopted run says of it."""
    kinds = {kind.id: kind for kind in personas.found().values()}
    found = kinds.get(item.body.found or "")
    return PersonaPage(
        key=item.key,
        version=item.version,
        body=item.body,
        author=item.author,
        at=times.iso(item.at),
        history=history,
        members=_count(personas, item.key, item.body),
        found=kind_of(workspace, found) if found else None,
    )


def _row(personas: Members, item: Definition[Persona], kind: KindOfCustomer | None) -> PersonaRow:
    body = item.body
    return PersonaRow(
        item.key,
        body.name,
        body.face,
        body.summary,
        body.kind,
        item.version,
        _count(personas, item.key, body),
        kind.share if kind else None,
        kind.worth if kind else None,
    )


def _count(personas: Members, key: str, persona: Persona) -> int | None:
    """How many fit; None where nothing says who does, or what says it is gone."""
    if persona.rule is None and persona.audience is None and persona.found is None:
        return None
    try:
        return len(personas.fitting(key, persona).profiles)
    except (NotFound, Refused):  # the audience it names was deleted
        return None


def kind_of(workspace: Workspace, kind: KindOfCustomer) -> Kind:
    """A kind, with its typical customers as they are now."""
    values = {name: getattr(kind, name) for name in Kind.__struct_fields__ if name != "typical"}
    return Kind(**values, typical=typical(workspace, kind.typical))


def typical(workspace: Workspace, numbers: list[int]) -> list[Typical]:
    """Customers by number as they are now; those who were erased or merged into others are left out."""
    still = [number for number in numbers if workspace.identities.profile(number) == number]
    cards = people.cards(workspace, still)
    return [
        Typical(profile_id(n), cards[n].name, None if cards[n].email is None else str(cards[n].email)) for n in still
    ]
