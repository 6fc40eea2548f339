"""`decide`: who asks -> what is eligible -> one choice per placement -> the answer with its reason and a signed token.

Everything comes from memory but a person who is not there yet (one statement to the state store) and a contact to be counted
(one transaction). It answers within its time-out: with the default, if need be, and why. Decisions go to the log after the
answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa

from resa.collect.deciding import MOST_PLACEMENTS, Asking
from resa.collect.enrichment import Remembered
from resa.experiences import choosing, presenting, reasons, visit
from resa.experiences.choosing import Asked, Choice, Chosen
from resa.experiences.knowing import Programme, World
from resa.experiences.logbook import Logbook
from resa.experiences.people import STRANGER, People, Person
from resa.experiences.presenting import QUIET, Answer, Decision
from resa.experiences.settling import Settled, Settling
from resa.experiences.site import Site, Sites, Spot
from resa.experiences.together import Readings
from resa.kernel.decisions import Decided, new_id
from resa.kernel.errors import Overloaded, ResaError
from resa.kernel.identities import is_junk
from resa.kernel.profiles import consent_preferences
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger("resa.experiences")

BUDGET: Final = 0.25
"""Seconds until the defaults are answered."""
BEHIND: Final = 2.0
"""Seconds for which flags and experiments may answer as they were before a change. After them the answer waits, and is the default in the end."""
THREADS: Final = 4
MOST_WAITING: Final = 200
"""Questions that may wait for the state store; beyond them it is said to be away at once."""
MOST_CANDIDATES: Final = 20
MOST_STANDING: Final = 50_000
"""Persons of whom it is remembered that their place in the hold-outs is written down."""

T = TypeVar("T")


class Unavailable(Exception):
    """What is needed can't be looked up now."""


class Deciding:
    """The decider of one workspace. Used by one event loop; `stop` before the workspace closes."""

    def __init__(self, workspace: Workspace, programme: Programme, *, budget: float = BUDGET) -> None:
        """Answers within `budget` seconds."""
        self.workspace = workspace
        self.people = People(workspace)
        self.sites = Sites(workspace.definitions)
        self.world = World(workspace, programme)
        self.logbook = Logbook(workspace.committer)
        self._budget = budget
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resa-decide")
        self._readings = Readings(self.people, self._threads, at_once=workspace.state.embedded)
        self._waiting = 0
        self.settling = Settling(workspace, self._aside)
        self._standing = Remembered(MOST_STANDING)
        self._compiling: asyncio.Future[None] | None = None
        self._changed = 0.0
        self.counts: dict[str, int] = {}
        """Placements answered, by the code of the reason: for the metrics page."""

    async def __call__(self, asking: Asking) -> bytes:
        """Decide, in time, whatever happens."""
        return msgspec.json.encode(await self.decide(asking))[1:-1]

    async def stop(self) -> None:
        """Write down what waits."""
        await self.logbook.flush()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def decide(self, asking: Asking) -> Answer:
        """The answer; the defaults and why, where something failed or took too long."""
        try:
            async with asyncio.timeout(self._budget):
                answer = await self._decide(asking)
        except TimeoutError:
            answer = self._defaults(asking, "timeout")
        except (Unavailable, Overloaded, sa.exc.SQLAlchemyError) as error:
            log.warning("Deciding could not look up what it needed: %s", error)
            answer = self._defaults(asking, "unavailable")
        except ResaError:
            raise
        except Exception:  # a process boundary: the page must get its default
            log.exception("Deciding failed.")
            answer = self._defaults(asking, "error")
        for decision in answer.decisions:
            code = decision.reason.code
            self.counts[code] = self.counts.get(code, 0) + 1
        return answer

    async def _decide(self, asking: Asking) -> Answer:
        site = self.sites.fresh()
        if site is None:
            site = await self._aside(self.sites.now)
        await self._abreast()
        places = wanted(asking, site)
        person = await self._person(asking, verified=asking.proven) if places else named(asking)
        asked = self.asked(asking, person)
        if asked.visit.bot:
            return self._defaults(asking, "bot", site)
        spots = [(key, site.spots.get(key)) for key in places]
        found = {key: chosen for key, chosen in await self._choose(site, spots, asked)}
        settled = await self.settling(site, found, asked)
        if asked.spared is not None:
            self._expose_holdouts(asked, asking)
        answer = Answer(decisions=[self._answer(site, key, spot, asked, found, settled, asking) for key, spot in spots])
        if asking.flags:
            answer.flags = await self._flags(asking, asked)
        return answer

    async def _abreast(self) -> None:
        """Have flags and experiments compiled aside after a change, once for all who ask meanwhile.

        They wait for it a moment; then what was in force before answers on, but not longer than BEHIND.
        """
        programme, now = self.world.programme, asyncio.get_running_loop().time()
        if programme.fresh:
            return
        if self._compiling is None or self._compiling.done():
            self._compiling, self._changed = asyncio.ensure_future(self._aside(programme.refresh)), now
        patience = self._budget / 10 if now - self._changed < BEHIND else None
        await asyncio.wait({self._compiling}, timeout=patience)

    # -- who asks ----------------------------------------------------------------------------------------------------

    def asked(self, asking: Asking, person: Person, *, consent: Mapping[str, str] | None = None) -> Asked:
        """The question as choosing takes it."""
        now = self.workspace.clock()
        here = visit.of(asking.half.draft, asking.context, asking.attributes, now)
        told = dict(consent_preferences(asking.context)) if consent is None else consent
        if asking.context.get("globalPrivacyControl") is True or asking.context.get("gpc") is True:
            told = {**told, "sharing": "denied"}
        own = {"id": asking.device, "userId": asking.user, "groupId": asking.group}
        here = msgspec.structs.replace(
            here,
            returning=returning(person, now),
            attributes={**here.attributes, **{name: value for name, value in own.items() if value is not None}},
        )
        return Asked(person, here, asking.device, asking.user, told)

    async def known(self, asking: Asking) -> Person:
        """What may be known of who asks, for those who ask them something else than placements. Raises Unavailable."""
        return await self._person(asking, verified=asking.proven)

    async def _person(self, asking: Asking, *, verified: bool) -> Person:
        """Who asks: a proven user id, else the device; what is claimed of a device is never read through, whoever asks."""
        names = identities(asking, verified=verified)
        found = STRANGER
        for name in names:
            proven = verified and name.startswith("user:")
            kept = self.people.find(name, verified=proven)
            found = kept if kept is not None else await self._read(name, proven)
            if found.profile is not None:
                return found if proven or not verified else msgspec.structs.replace(found, verified=True)
        if names:
            return msgspec.structs.replace(found, identity=names[0], verified=verified)
        return found

    async def _read(self, name: str, verified: bool) -> Person:
        if self._readings.asked >= MOST_WAITING:
            raise Unavailable(f"{MOST_WAITING} questions wait for the state store.")
        return await self._readings.read(name, verified=verified)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do what may wait for the state store in a thread of ours; refuse at once where many wait already."""
        if self._waiting >= MOST_WAITING:
            raise Unavailable(f"{MOST_WAITING} questions wait for the state store.")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        future.add_done_callback(self._done)
        return await future

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # whoever waited may be gone

    # -- choosing ----------------------------------------------------------------------------------------------------

    async def _choose(
        self, site: Site, spots: Sequence[tuple[str, Spot | None]], asked: Asked
    ) -> list[tuple[str, Chosen]]:
        """What may be shown at each placement. Where experiments decide, aside: what they keep may have to be read."""

        def work() -> list[tuple[str, Chosen]]:
            return [(key, choosing.choose(site, spot, asked, self.world)) for key, spot in spots if spot is not None]

        aside = any(spot.experimental for _, spot in spots if spot is not None)
        return await self._aside(work) if aside else work()

    async def _flags(self, asking: Asking, asked: Asked) -> msgspec.Raw:
        """The flags asked for; aside only where something kept of the customer may have to be read for them."""
        keys = asking.flags if isinstance(asking.flags, list) else None
        programme = self.world.programme

        def work() -> bytes:
            return programme.flags(keys, asked.visit.attributes, verified=asked.person.verified)

        return msgspec.Raw(work() if programme.by_attributes else await self._aside(work))

    # -- answering ---------------------------------------------------------------------------------------------------

    def _answer(
        self,
        site: Site,
        key: str,
        spot: Spot | None,
        asked: Asked,
        found: Mapping[str, Chosen],
        settled: Mapping[str, Settled],
        asking: Asking,
    ) -> Decision:
        if spot is None:
            return Decision(placement=key, id=new_id(), reason=reasons.nothing("unknown_placement"))
        chosen, done = found[key], settled[key]
        passed = [*chosen.passed, *done.passed]
        decision = presenting.present(site, spot, asked, done, passed)
        if decision.experience is not None and decision.variation is not None and done.choice is not None:
            decision.token = self._token(decision, done.choice, asked)
        for choice in done.assigned:
            self._expose(decision, choice, asked, asking)
        if decision.experience is not None or chosen.held or any(why not in QUIET for _, why in passed):
            self._log(decision, passed, chosen.held, asked, asking)
        return decision

    def _token(self, decision: Decision, choice: Choice, asked: Asked) -> str:
        return self.workspace.decisions.signer.sign(
            Decided(
                id=decision.id,
                what=f"experience:{choice.target.key}",
                variation=choice.arm.key,
                probability=choice.probability,
                unit_kind=choice.unit_kind,
                unit=choice.unit,
                at=asked.visit.now,
                placement=decision.placement,
                content=decision.content.key if decision.content is not None else None,
            )
        )

    def _expose(self, decision: Decision, choice: Choice, asked: Asked, asking: Asking) -> None:
        """An experiment's variation was come to: that is its exposure, also of those who keep the place as it is."""
        said = {
            "experiment": choice.experiment,
            "variation": choice.arm.key,
            "phase": choice.phase,
            "unit_kind": choice.unit_kind,
            "unit": choice.unit,
            "probability": choice.probability,
            "decision": decision.id,
            "via": "decide",
        }
        if choice.leaf is not None:
            said |= {"leaf": choice.leaf, "bandit_version": choice.phase}
        name = f"{decision.id}-{choice.experiment}"
        self._note(asking, asked, "Experiment Viewed", name, said)

    def _expose_holdouts(self, asked: Asked, asking: Asking) -> None:
        """A hold-out decided whether something is shown: that is an exposure to it, written down once as long as it is remembered."""
        identity = asked.person.identity
        for each in self.world.programme.holdouts(asked.visit.attributes):
            known = (identity, each.experiment, each.unit)
            if self._standing.get(known) == each.variation:
                continue
            self._standing.put(known, each.variation)
            said = {**each._asdict(), "phase": 1, "decision": None, "via": "decide"}
            del said["held"]
            name = f"{new_id()}-{each.experiment}"
            self._note(asking, asked, "Experiment Viewed", name, said)

    def _log(
        self,
        decision: Decision,
        passed: Sequence[tuple[str, str]],
        held: Sequence[tuple[str, float]],
        asked: Asked,
        asking: Asking,
    ) -> None:
        said = {
            "decision": decision.id,
            "placement": decision.placement,
            "experience": decision.experience,
            "variation": decision.variation,
            "experiment": decision.experiment,
            "content": decision.content.key if decision.content is not None else None,
            "probability": decision.probability,
            "reason": decision.reason.code,
            "candidates": [f"{key}:{why}" for key, why in passed if why not in QUIET][:MOST_CANDIDATES],
            "holdouts": [key for key, _ in held][:MOST_CANDIDATES],
        }
        self._note(asking, asked, "Decision Made", decision.id, said)

    def _note(self, asking: Asking, asked: Asked, name: str, of: str, said: dict[str, Any]) -> None:
        now, identity = asked.visit.now, asked.person.identity
        self.logbook.add(asking.half.draft, now, identity, name, of, said, address=asking.address)

    def _defaults(self, asking: Asking, code: str, site: Site | None = None) -> Answer:
        """What everybody sees, and why it is no more than that."""
        site = site or self.sites.last()
        now = self.workspace.clock()
        here = visit.of(asking.half.draft, asking.context, {}, now)
        asked = Asked(STRANGER, here, asking.device, None)
        decisions = []
        for key in wanted(asking, site) if site is not None else wanted(asking, None):
            spot = site.spots.get(key) if site is not None else None
            content = presenting.default_content(site, spot, asked) if site is not None and spot is not None else None
            decision = Decision(
                placement=key, id=new_id(), content=content, reason=reasons.nothing(code), where=presenting.where(spot)
            )
            decisions.append(decision)
            if code != "bot" and not is_junk(asking.device):
                told = msgspec.structs.replace(STRANGER, identity=f"anon:{asking.device}")
                self._log(decision, [], [], Asked(told, here, asking.device, None), asking)
        return Answer(decisions=decisions, ttl=0)


def identities(asking: Asking, *, verified: bool) -> list[str]:
    """Under which identities who asks may be known: a proven user id, then the device."""
    names = [f"user:{asking.user}"] if verified and not is_junk(asking.user) else []
    return names if is_junk(asking.device) else [*names, f"anon:{asking.device}"]


def named(asking: Asking) -> Person:
    """Who asks, where nothing needs to be known of them: by name."""
    names = identities(asking, verified=asking.proven)
    return msgspec.structs.replace(STRANGER, identity=names[0], verified=asking.proven) if names else STRANGER


def wanted(asking: Asking, site: Site | None) -> list[str]:
    """The placements asked for, each once; all of the web where it says just `true`."""
    if asking.placements is True:
        return [key for key, spot in site.spots.items() if spot.body.channel == "web"][:MOST_PLACEMENTS] if site else []
    return list(dict.fromkeys(asking.placements)) if isinstance(asking.placements, list) else []


def returning(person: Person, now: int) -> bool | None:
    """Whether they were here before this visit; None where nothing is known of them yet."""
    if person.profile is None:
        return False
    return person.first_time is not None and person.first_time < now - 30 * 60_000
