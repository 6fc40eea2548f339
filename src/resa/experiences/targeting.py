"""Whom an experience is for, compiled: each test answers whether a visit or a person meets it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from resa.experiences.definition import Campaign, Context, Page
from resa.experiences.visit import CAMPAIGN, Visit
from resa.experiments import members
from resa.experiments.engine import conditions, urls

Test = Callable[[Visit], bool]

_PAGES: Final = 1024
_NO_GROUPS: Final[dict[str, Any]] = {}


@dataclass(frozen=True)
class Within:
    """A condition that names audiences: what the visit is like does not answer it, who the person is must be known too."""

    audiences: tuple[str, ...]
    met: Callable[[Mapping[str, Any]], bool]

    def holds(self, visit: Visit, inside: list[str]) -> bool:
        """Whether it holds for somebody who is `inside` these audiences."""
        return self.met({**visit.attributes, members.SEGMENTS: inside})


def within(context: Context) -> Within | None:
    """The condition of a context, if it names audiences."""
    named = members.keys(context.condition)
    if context.condition is None or not named:
        return None
    return Within(tuple(named), conditions.compile(members.spelled(context.condition, str), _NO_GROUPS))


def compile(context: Context) -> tuple[Test, ...]:  # noqa: A001  # what it does, read as targeting.compile
    """The tests of a context, the cheap ones first; none for a context that says nothing. `within` has what else it may ask."""
    tests: list[Test] = []
    if context.visitor is not None:
        tests.append(_visitor(returning=context.visitor == "returning"))
    if context.devices:
        tests.append(_one_of(lambda visit: visit.device, context.devices))
    if context.referrers:
        tests.append(_one_of(lambda visit: visit.referrer, context.referrers))
    if context.locales:
        tests.append(_spoken(context.locales))
    tests += _campaign(context.campaign)
    if context.pages:
        tests.append(_on(context.pages))
    if context.condition and not members.keys(context.condition):
        met = conditions.compile(context.condition, _NO_GROUPS)
        tests.append(lambda visit: met(visit.attributes))
    return tuple(tests)


def by_campaign(context: Context) -> bool:
    """Whether it is for those who come from certain campaigns."""
    return any(getattr(context.campaign, name) for name in CAMPAIGN)


def _on(pages: list[Page]) -> Test:
    patterns = [{"pattern": page.pattern, "type": page.type, "include": page.include} for page in pages]
    met = lru_cache(maxsize=_PAGES)(urls.targeting(patterns))  # many visits share few addresses
    return lambda visit: met(visit.url)


def _visitor(*, returning: bool) -> Test:
    return lambda visit: visit.returning is returning


def _one_of(read: Callable[[Visit], str | None], values: list[str]) -> Test:
    known = frozenset(values)
    return lambda visit: read(visit) in known


def _spoken(locales: list[str]) -> Test:
    wanted = tuple(locale.lower() for locale in locales)

    def spoken(visit: Visit) -> bool:
        locale = (visit.locale or "").lower().replace("_", "-")
        return any(locale == each or locale.startswith(f"{each}-") for each in wanted)

    return spoken


def _campaign(campaign: Campaign) -> list[Test]:
    return [_tagged(name, getattr(campaign, name)) for name in CAMPAIGN if getattr(campaign, name)]


def _tagged(name: str, values: list[str]) -> Test:
    wanted = frozenset(value.lower() for value in values)
    return lambda visit: visit.campaign.get(name, "").lower() in wanted
