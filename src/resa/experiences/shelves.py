"""Placements, content, offers, experiences and the contact policy over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar.di import NamedDependency  # noqa: F401  # a shelf's own needs are looked up among this module's names

from resa import definitions_routes
from resa.definitions_routes import SavedVersion, Shelf
from resa.experiences import blocks, checking, codes
from resa.experiences.definition import Content, Experience, Offer, Placement, Type
from resa.experiments.results.brief import Brief, briefs
from resa.kernel import contacts, times
from resa.kernel.audit import Actor
from resa.kernel.contacts import Policy
from resa.kernel.definitions import Definition
from resa.kernel.workspace import Workspace  # noqa: F401  # likewise


class PlacementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A placement in the list, with its live experiences, the most important first."""

    key: str
    name: str
    channel: str
    types: list[Type]
    default: str | None
    experiences: list[str]
    version: int


class PlacementRows(msgspec.Struct, frozen=True):
    """All placements, by key."""

    items: list[PlacementRow]
    next: None = None


class SavedPlacement(msgspec.Struct, frozen=True, kw_only=True):
    """A placement and its history, newest first."""

    key: str
    version: int
    body: Placement
    author: str
    at: str
    history: list[SavedVersion]


class PlacementShelf(Shelf[Placement]):
    """Placements over HTTP."""

    kind = "placement"

    def rows(self) -> PlacementRows:
        """With what is live there."""
        live: dict[str, list[tuple[int, str]]] = {}
        for item in self.workspace.definitions.all("experience"):
            if item.body.status == "live":
                live.setdefault(item.body.placement, []).append((-item.body.priority, item.key))
        return PlacementRows(
            [
                PlacementRow(
                    key=item.key,
                    name=item.body.name,
                    channel=item.body.channel,
                    types=item.body.types,
                    default=item.body.default,
                    experiences=[key for _, key in sorted(live.get(item.key, []))],
                    version=item.version,
                )
                for item in self.workspace.definitions.all(self.kind)
            ]
        )

    def page(self, item: Definition[Placement]) -> SavedPlacement:
        """With its history."""
        return SavedPlacement(**_saved(item), history=self.history(item.key))

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse a default that is not there or is nothing the placement holds."""
        del key
        decoded: Placement = self.workspace.definitions.decode(self.kind, body)
        if decoded.default is not None:
            checking.default_of(self.workspace.definitions, decoded)


class ContentRow(msgspec.Struct, frozen=True, kw_only=True):
    """Content in the list, and the experiences that show it."""

    key: str
    name: str
    type: Type
    languages: list[str]
    approval: str
    stages: list[str]
    personas: list[str]
    intents: list[str]
    experiences: list[str]
    version: int


class ContentRows(msgspec.Struct, frozen=True):
    """All content, by key."""

    items: list[ContentRow]
    next: None = None


class SavedContent(msgspec.Struct, frozen=True, kw_only=True):
    """Content and its history, newest first."""

    key: str
    version: int
    body: Content
    author: str
    at: str
    history: list[SavedVersion]


class ContentShelf(Shelf[Content]):
    """Content over HTTP. HTML is cleaned as it is saved."""

    kind = "content"

    def rows(self) -> ContentRows:
        """With where each is used."""
        used: dict[str, list[str]] = {}
        for item in self.workspace.definitions.all("experience"):
            for key in dict.fromkeys(each.content for each in item.body.variations if each.content is not None):
                used.setdefault(key, []).append(item.key)
        return ContentRows([_content_row(item, used) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Content]) -> SavedContent:
        """With its history."""
        return SavedContent(**_saved(item), history=self.history(item.key))

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[Content]:
        """Clean its HTML first, so that what is kept is what is shown."""
        decoded: Content = self.workspace.definitions.decode(self.kind, body)
        if decoded.offer is not None:
            checking.found(self.workspace.definitions, "offer", "offer", decoded.offer)
        return super().save(actor, key, msgspec.to_builtins(blocks.cleaned(decoded)), expected)


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """An offer in the list."""

    key: str
    name: str
    kind: str
    codes: str
    version: int


class OfferRows(msgspec.Struct, frozen=True):
    """All offers, by key."""

    items: list[OfferRow]
    next: None = None


class CodeStock(msgspec.Struct, frozen=True):
    """How many single codes an offer has, and how many of them are given out."""

    codes: int
    given: int


class SavedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, its stock of codes, and its history, newest first."""

    key: str
    version: int
    body: Offer
    author: str
    at: str
    stock: CodeStock
    history: list[SavedVersion]


class OfferShelf(Shelf[Offer]):
    """Offers over HTTP."""

    kind = "offer"

    def rows(self) -> OfferRows:
        """By key."""
        return OfferRows(
            [
                OfferRow(
                    key=item.key,
                    name=item.body.name,
                    kind=item.body.kind,
                    codes=item.body.codes,
                    version=item.version,
                )
                for item in self.workspace.definitions.all(self.kind)
            ]
        )

    def page(self, item: Definition[Offer]) -> SavedOffer:
        """With its stock of codes."""
        with self.workspace.state.read() as tx:
            stock = codes.stock(tx, item.key)
        return SavedOffer(**_saved(item), stock=CodeStock(*stock), history=self.history(item.key))

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse an audience that is not there."""
        del key
        decoded: Offer = self.workspace.definitions.decode(self.kind, body)
        if decoded.audience is not None:
            checking.found(self.workspace.definitions, "audience", "audience", decoded.audience)


class ExperienceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An experience in the list."""

    key: str
    name: str
    placement: str
    status: str
    audience: str | None
    persona: str | None
    experiment: str | None
    priority: int
    holdout: float
    variations: list[str]
    owner: str
    version: int
    result: Brief | None
    """How its experiment stands, from the last look; null without one, or before it begins."""


class ExperienceRows(msgspec.Struct, frozen=True):
    """All experiences, by key."""

    items: list[ExperienceRow]
    next: None = None


class SavedExperience(msgspec.Struct, frozen=True, kw_only=True):
    """An experience and its history, newest first."""

    key: str
    version: int
    body: Experience
    author: str
    at: str
    history: list[SavedVersion]


class ExperienceShelf(Shelf[Experience]):
    """Experiences over HTTP."""

    kind = "experience"

    def rows(self) -> ExperienceRows:
        """By key."""
        told = briefs(self.workspace)
        return ExperienceRows([_experience_row(item, told) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Experience]) -> SavedExperience:
        """With its history."""
        return SavedExperience(**_saved(item), history=self.history(item.key))

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse references to what is not there."""
        del key
        checking.references(self.workspace.definitions, self.workspace.definitions.decode(self.kind, body))


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A contact policy in the list; `in_force`: it is the one that holds."""

    key: str
    name: str
    in_force: bool
    version: int


class PolicyRows(msgspec.Struct, frozen=True):
    """The contact policies that somebody saved: `global` holds, others are prepared."""

    items: list[PolicyRow]
    next: None = None


class SavedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A contact policy and its history, newest first."""

    key: str
    version: int
    body: Policy
    author: str
    at: str
    history: list[SavedVersion]


class PolicyShelf(Shelf[Policy]):
    """The contact policy over HTTP."""

    kind = "contact-policy"

    def rows(self) -> PolicyRows:
        """Which of them holds."""
        return PolicyRows(
            [
                PolicyRow(
                    key=item.key,
                    name=item.body.name,
                    in_force=item.key == contacts.KEY,
                    version=item.version,
                )
                for item in self.workspace.definitions.all(self.kind)
            ]
        )

    def page(self, item: Definition[Policy]) -> SavedPolicy:
        """With its history."""
        return SavedPolicy(**_saved(item), history=self.history(item.key))


def _saved(item: Definition[Any]) -> dict[str, Any]:
    return {
        "key": item.key,
        "version": item.version,
        "body": item.body,
        "author": item.author,
        "at": times.iso(item.at),
    }


def _content_row(item: Definition[Content], used: dict[str, list[str]]) -> ContentRow:
    body = item.body
    return ContentRow(
        key=item.key,
        name=body.name,
        type=body.type,
        languages=[version.language for version in body.versions],
        approval=body.approval,
        stages=body.tags.stages,
        personas=body.tags.personas,
        intents=body.tags.intents,
        experiences=used.get(item.key, []),
        version=item.version,
    )


def _experience_row(item: Definition[Experience], told: Mapping[str, Brief]) -> ExperienceRow:
    body = item.body
    return ExperienceRow(
        key=item.key,
        name=body.name,
        placement=body.placement,
        status=body.status,
        audience=body.audience,
        persona=body.persona,
        experiment=body.experiment,
        priority=body.priority,
        holdout=body.holdout,
        variations=[variation.key for variation in body.variations],
        owner=body.owner,
        version=item.version,
        result=None if body.experiment is None else told.get(body.experiment),
    )


handlers: Final = [
    *definitions_routes.routes(
        PlacementShelf, "/api/placements", names=("placement", "placements"), words=("a placement", "placements")
    ),
    *definitions_routes.routes(
        ContentShelf, "/api/content", names=("content", "contents"), words=("a piece of content", "content")
    ),
    *definitions_routes.routes(OfferShelf, "/api/offers", names=("offer", "offers"), words=("an offer", "offers")),
    *definitions_routes.routes(
        ExperienceShelf,
        "/api/experiences",
        names=("experience", "experiences"),
        words=("an experience", "experiences"),
    ),
    *definitions_routes.routes(
        PolicyShelf,
        "/api/contact-policies",
        names=("contact_policy", "contact_policies"),
        words=("a contact policy", "contact policies"),
    ),
]
