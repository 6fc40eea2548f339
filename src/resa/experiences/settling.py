"""What a choice draws on is taken: the person's budget of contacts, a stock of codes. In one transaction, or none where nothing does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from resa.collect.enrichment import Remembered
from resa.experiences import codes
from resa.experiences.choosing import Asked, Choice, Chosen
from resa.experiences.definition import INTERRUPTING
from resa.experiences.site import Piece, Site, Target
from resa.kernel import preferences
from resa.kernel.contacts import Contact, Held
from resa.kernel.decisions import new_id
from resa.kernel.errors import Overloaded
from resa.kernel.workspace import Workspace

SPENT_MS: Final = 60_000
"""How long a held back experience is passed over without asking the ledger: it may be asked again sooner than it is free."""
MOST_SPENT: Final = 50_000
_MINUTE: Final = 60.0


@dataclass(slots=True)
class Settled:
    """What became of a placement's choices: one of them, or none; the code of its offer; what was passed over meanwhile.

    `assigned` are those on the way that an experiment gave: who was assigned is exposed, whether the budget had room or not. Were
    only they counted who saw something, they would be compared with a control that nothing was held back from.
    """

    choice: Choice | None = None
    code: str | None = None
    passed: list[tuple[str, str]] = field(default_factory=list)
    held: list[tuple[str, Held]] = field(default_factory=list)
    """(experience, the ledger's word): what the budget had no room for."""
    assigned: list[Choice] = field(default_factory=list)

    def reach(self, choice: Choice) -> bool:
        """Come to a choice; whether it can be shown."""
        if choice.experiment is not None:
            self.assigned.append(choice)
        if choice.unshown is not None:
            self.passed.append((choice.target.key, choice.unshown))
        return choice.unshown is None


class Settling:
    """Settles the choices of one workspace. Used by one event loop."""

    def __init__(self, workspace: Workspace, aside: Callable[..., Awaitable[Any]]) -> None:
        """`aside` does in a thread what may wait for the state store."""
        self.workspace = workspace
        self._aside = aside
        self._spent = Remembered(MOST_SPENT)
        self._zone: tuple[float, ZoneInfo] = (-_MINUTE, ZoneInfo("UTC"))

    async def __call__(self, site: Site, found: Mapping[str, Chosen], asked: Asked) -> dict[str, Settled]:
        """Take what draws on the person's budget from it, or from a stock of codes, in one transaction; nothing else waits."""
        for chosen in found.values():
            self._pass_spent(chosen, asked, site)
        if not any(needs_writing(choice) for chosen in found.values() for choice in chosen.choices):
            return {key: _uncounted(chosen) for key, chosen in found.items()}
        zone = await self._zone_here()
        settled: dict[str, Settled] = {}

        def alongside(tx: sa.Connection) -> None:
            settled.clear()  # a group that failed is written again, one by one
            for key, chosen in found.items():
                settled[key] = self.first(tx, chosen, asked, site, zone)

        giving = any(_gives_code(choice) for chosen in found.values() for choice in chosen.choices)
        if self.workspace.state.embedded and not giving:
            await self.workspace.state.write_first(alongside)
        else:  # a code given twice after a power cut would cost money
            try:
                await self.workspace.committer.submit([], alongside)
            except Overloaded:
                return {key: _uncounted(chosen) for key, chosen in found.items()}
        soon = asked.visit.now + SPENT_MS
        for experience, held in (each for done in settled.values() for each in done.held):
            until = soon if held.until is None else min(soon, held.until)
            self._spent.put((asked.person.identity, experience), (until, site, held.reason))
        return settled

    def _pass_spent(self, chosen: Chosen, asked: Asked, site: Site) -> None:
        """Pass over what was held back a moment ago and would be again: no transaction for each page somebody looks at."""
        identity, kept = asked.person.identity, []
        for choice in chosen.choices:
            spent = self._spent.get((identity, choice.target.key)) if choice.counts else None
            if spent is None or spent[0] <= asked.visit.now or spent[1] is not site:
                kept.append(choice)
            else:
                chosen.passed.append((choice.target.key, spent[2]))
        chosen.choices[:] = kept

    def first(self, tx: sa.Connection, chosen: Chosen, asked: Asked, site: Site, zone: ZoneInfo) -> Settled:
        """The first choice that the budget has room for."""
        settled = Settled()
        for choice in chosen.choices:
            if not settled.reach(choice):
                continue
            if choice.counts and (held := self._held(tx, choice, asked, site, zone)) is not None:
                settled.passed.append((choice.target.key, held.reason))
                settled.held.append((choice.target.key, held))
                continue
            if _gives_code(choice):
                settled.code = self._code(tx, choice, asked)
                if settled.code is None:
                    settled.passed.append((choice.target.key, "no_codes"))
                    continue
            settled.choice = choice
            break
        return settled

    def _held(self, tx: sa.Connection, choice: Choice, asked: Asked, site: Site, zone: ZoneInfo) -> Held | None:
        identity, piece = asked.person.identity, choice.piece
        if identity is None or piece is None:
            return Held("nobody", "", None)
        contact = Contact(
            id=new_id(),
            identity=identity,
            kind=contact_kind(choice.target, piece),
            what=f"experience:{choice.target.key}",
            at=asked.visit.now,
            priority=choice.target.body.priority,
            caps=choice.target.caps,
            zone=asked.person.zone or _text(asked.visit.attributes.get("timezone")),
        )
        answer = self.workspace.contacts.reserve(tx, contact, site.policy, zone)
        return answer if isinstance(answer, Held) else None

    @staticmethod
    def _code(tx: sa.Connection, choice: Choice, asked: Asked) -> str | None:
        if asked.person.identity is None or choice.offer is None:
            return None
        return codes.give(tx, choice.offer.key, asked.person.identity, asked.visit.now)

    async def _zone_here(self) -> ZoneInfo:
        """The workspace's time zone, looked up once a minute."""
        now = asyncio.get_running_loop().time()
        if now - self._zone[0] > _MINUTE:
            self._zone = (now, await self._aside(preferences.zone, self.workspace.state))
        return self._zone[1]


def needs_writing(choice: Choice) -> bool:
    """Whether showing it changes something: a budget, or a stock of codes."""
    return choice.counts or _gives_code(choice)


def _gives_code(choice: Choice) -> bool:
    return choice.offer is not None and choice.offer.codes == "single"


def contact_kind(target: Target, piece: Piece) -> str:
    """What kind of contact showing it is; what its author says interrupts counts as a pop-up if it is none of those by itself."""
    if target.interrupts(piece):
        return piece.type if piece.type in INTERRUPTING else "popup"
    return "banner" if piece.type == "banner" else "content"


def _uncounted(chosen: Chosen) -> Settled:
    """Where nothing can be counted now, or nothing need be: the first that need not be."""
    settled = Settled()
    for choice in chosen.choices:
        if not settled.reach(choice):
            continue
        if needs_writing(choice):
            settled.passed.append((choice.target.key, "unavailable"))
            continue
        settled.choice = choice
        break
    return settled


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
