"""Who would have seen what: experiences held against the pages people really looked at, before anything goes live.

Each page view of the period asks all placements, in the order it happened. Audiences and consent are as they are now;
budgets are kept in memory as the ledger would have kept them, beginning with nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.experiences import choosing, visit
from resa.experiences.choosing import Asked, Choice
from resa.experiences.deciding import Deciding
from resa.experiences.definition import Experience
from resa.experiences.people import Person
from resa.experiences.reasons import HELD_BACK
from resa.experiences.settling import contact_kind
from resa.experiences.site import Site, Target, build
from resa.experiences.visit import Visit
from resa.kernel.audiences.rules import milliseconds
from resa.kernel.errors import Refused
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.profiles import consents
from resa.kernel.workspace import Workspace

DAY: Final = 86_400_000
MOST_VIEWS: Final = 200_000
MOST_PEOPLE: Final = 200

_COLUMNS: Final = (
    "profile, time, user_id, anonymous_id, page_url, page_path, referrer, referrer_kind, campaign_source, campaign_medium, "
    "campaign_name, device, os, browser, locale"
)
_SQL: Final = (
    f"SELECT {_COLUMNS} FROM log WHERE type IN ('page', 'screen') AND NOT bot AND time >= ? AND time < ? "  # our own names
    f"ORDER BY time, row LIMIT {MOST_VIEWS}"
)


class DryRunWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to try on which past days (1: the last 24 hours): what is live, what is not live yet, or one that is not saved."""

    days: int = 1
    drafts: bool = True
    key: str | None = None
    body: dict[str, Any] | None = None
    people: str | None = None
    """`<experience>:<outcome>`, such as `welcome:shown` or `welcome:consent`: whose ids to answer as well."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of an experience: `shown` by variation, or held back and why."""

    outcome: str
    variation: str | None
    text: str
    views: int
    people: int


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One experience over the period."""

    experience: str
    name: str
    placement: str
    people: int
    """Who would have seen it at least once."""
    outcomes: list[Outcome]


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """All experiences over the period. `whole` is false where only the first page views could be looked at."""

    start: int
    end: int
    views: int
    people: int
    whole: bool
    items: list[Trial]
    behind: list[str]
    """Profile ids behind the outcome asked for."""
    next: None = None


class Budgets:
    """What the ledger would have said, in memory."""

    def __init__(self, site: Site) -> None:
        """Nobody was contacted yet."""
        self._policy = site.policy
        self._made: dict[int, list[tuple[int, str, str]]] = {}

    def take(self, profile: int, choice: Choice, now: int) -> str | None:
        """Reserve a contact, or why not."""
        assert choice.piece is not None
        kind, what = contact_kind(choice.target, choice.piece), choice.target.key
        made = self._made.setdefault(profile, [])
        if choice.target.body.priority < self._policy.always_from:
            for cap in choice.target.caps:
                if self._full(made, now, cap.per, cap.most, lambda each: each[2] == what):
                    return "own_cap"
            for cap in self._policy.caps:
                if cap.covers(kind) and self._full(made, now, cap.per, cap.most, lambda each, c=cap: c.covers(each[1])):
                    return "cap"
        made.append((now, kind, what))
        return None

    @staticmethod
    def _full(made: Sequence[tuple[int, str, str]], now: int, per: str, most: int, counts: Any) -> bool:
        since = now - milliseconds(per)
        return sum(1 for each in made if each[0] > since and counts(each)) >= most


class _Past:
    """`choosing.Known` over everybody at once: masks of audiences and personas, as they are now."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._masks: dict[str, np.ndarray] = {}
        self._before: np.ndarray | None = None

    def _inside(self, name: str, person: Person) -> bool:
        if name not in self._masks:
            found = self._workspace.populations.get(name)
            self._masks[name] = found.mask(self._workspace.identities.count)
        profile = person.profile
        return profile is not None and profile < self._masks[name].size and bool(self._masks[name][profile])

    def in_audience(self, key: str, person: Person) -> bool:
        """Whether they belong to it."""
        return self._inside(f"audience:{key}", person)

    def of_persona(self, key: str, person: Person) -> bool:
        """Whether they are of it."""
        return self._inside(f"persona:{key}", person)

    def held_out(self, *_: Any) -> bool:
        """The hold-out of the whole programme is not tried."""
        return False

    def returning(self, profile: int, since: int) -> bool:
        """Whether they were here before the period."""
        if self._before is None:
            rows = self._workspace.body.query("SELECT DISTINCT profile FROM log WHERE NOT bot AND time < ?", [since])
            self._before = np.unique(rows.column("profile").to_numpy())
        place = int(np.searchsorted(self._before, profile))
        return place < self._before.size and int(self._before[place]) == profile


class _Experimental(_Past):
    """With experiments as they assign now."""

    def __init__(self, deciding: Deciding) -> None:
        super().__init__(deciding.workspace)
        self._world = deciding.world

    def arm_of(self, experiment: str, target: Target, unit: str, person: Person, here: Visit) -> Any:
        """As the experiment says now."""
        return self._world.arm_of(experiment, target, unit, person, here, keep=False)


def run(deciding: Deciding, wish: DryRunWish) -> DryRun:
    """Try it. Raises Refused."""
    workspace = deciding.workspace
    if not 1 <= wish.days <= 30:
        raise Refused("days", wish.days, "1 to 30 days.", "Try fewer.")
    site = build(
        workspace.definitions,
        status=("live", "draft", "paused") if wish.drafts else ("live",),
        extra=_unsaved(workspace, wish),
    )
    end = workspace.clock()
    start = end - wish.days * DAY
    views = workspace.body.query(_SQL, [start, end]).to_pylist()
    told = _Told(wish.people)
    deciding.world.programme.refresh()
    budgets, known = Budgets(site), _Experimental(deciding)
    agreed = _consent(workspace, {view["profile"] for view in views})
    for view in views:
        _look(site, view, agreed.get(view["profile"], {}), known, budgets, told, start)
    return DryRun(
        start=start,
        end=end,
        views=len(views),
        people=len({view["profile"] for view in views}),
        whole=len(views) < MOST_VIEWS,
        items=[told.trial(target, spot.key) for spot in site.spots.values() for target in spot.targets],
        behind=[profile_id(number) for number in sorted(told.behind)[:MOST_PEOPLE]],
    )


def _unsaved(workspace: Workspace, wish: DryRunWish) -> dict[str, Experience]:
    if wish.body is None:
        return {}
    return {wish.key or "unsaved": workspace.definitions.decode("experience", wish.body)}


def _look(
    site: Site,
    view: Mapping[str, Any],
    consent: Mapping[str, str],
    known: _Experimental,
    budgets: Budgets,
    told: _Told,
    start: int,
) -> None:
    """One page view asks every placement."""
    profile, now = int(view["profile"]), int(view["time"])
    identity = f"user:{view['user_id']}" if view["user_id"] else f"anon:{view['anonymous_id']}"
    person = Person(identity=identity, profile=profile, verified=True, consent=dict(consent), audiences=None)
    draft = Draft(message_id="", type="page", name="", time=now, received_at=now)
    for name in ("page_url", "page_path", "referrer", "referrer_kind", "device", "os", "browser", "locale"):
        setattr(draft, name, view[name])
    campaign = {
        name: view[f"campaign_{name}"] for name in ("source", "medium", "name") if view[f"campaign_{name}"] is not None
    }
    told_of = {"id": view["anonymous_id"], "userId": view["user_id"]}
    attributes = {name: value for name, value in told_of.items() if value is not None}
    here = visit.of(draft, {"campaign": campaign}, attributes, now)
    here = msgspec.structs.replace(here, returning=known.returning(profile, start))
    asked = Asked(person, here, view["anonymous_id"], view["user_id"], {})
    for spot in site.spots.values():
        chosen = choosing.choose(site, spot, asked, known)
        for key, why in chosen.passed:
            told.add(key, why, None, profile)
        for choice in chosen.choices:
            held = choice.unshown or (budgets.take(profile, choice, now) if choice.counts else None)
            told.add(choice.target.key, held or "shown", None if held else choice.arm.key, profile)
            if held is None:
                break


class _Told:
    """Counts outcomes by views and people."""

    def __init__(self, asked: str | None) -> None:
        self._views: Counter[tuple[str, str, str | None]] = Counter()
        self._people: dict[tuple[str, str, str | None], set[int]] = {}
        self._asked = asked
        self.behind: set[int] = set()

    def add(self, experience: str, outcome: str, variation: str | None, profile: int) -> None:
        """One more."""
        key = (experience, outcome, variation)
        self._views[key] += 1
        self._people.setdefault(key, set()).add(profile)
        if self._asked in (f"{experience}:{outcome}", f"{experience}:{outcome}:{variation}"):
            self.behind.add(profile)

    def trial(self, target: Target, placement: str) -> Trial:
        """All that was counted of an experience, the most frequent first."""
        mine = sorted((-views, key) for key, views in self._views.items() if key[0] == target.key)
        seen: set[int] = set()
        for key, people in self._people.items():
            if key[:2] == (target.key, "shown"):
                seen |= people
        outcomes = [
            Outcome(
                outcome=key[1],
                variation=key[2],
                text="shown" if key[1] == "shown" else HELD_BACK.get(key[1], key[1]),
                views=-views,
                people=len(self._people[key]),
            )
            for views, key in mine
        ]
        return Trial(
            experience=target.key, name=target.body.name, placement=placement, people=len(seen), outcomes=outcomes
        )


def _consent(workspace: Workspace, profiles: set[int]) -> dict[int, dict[str, str]]:
    """What each decided, the strictest of their identities."""
    found: dict[int, dict[str, str]] = {}
    chosen = workspace.identities.map()
    members = {int(identity): profile for profile in profiles for identity in chosen.members(profile)}
    with workspace.state.read() as tx:
        for identity, purpose, state in _said(workspace, tx, list(members)):
            mine = found.setdefault(members[identity], {})
            if mine.get(purpose) != "denied":
                mine[purpose] = state
    return found


def _said(workspace: Workspace, tx: sa.Connection, identities: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    c = consents.c
    query = sa.select(c.identity, c.purpose, c.state).where(workspace.state.among(c.identity, identities))
    return ((int(row[0]), str(row[1]), str(row[2])) for row in tx.execute(query))
