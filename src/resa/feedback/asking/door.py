"""The door of surveys on the site, `/v1/surveys/*`: raw ASGI like the other doors; any page may ask with its public key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from resa.collect import deciding as questions
from resa.collect.enrichment import Half, Origin
from resa.experiences import Deciding
from resa.experiments.foreign import Answer, Call, Gate, Place, json, read
from resa.feedback.asking import telling
from resa.feedback.asking.plans import Current
from resa.feedback.asking.showing import Reader, Showing, refused
from resa.feedback.asking.site import OnSite, Visit
from resa.feedback.surveys.answering import Unfit
from resa.kernel import sensitive
from resa.kernel.errors import Conflict, ResaError
from resa.kernel.profiles import consent_preferences

PREFIX: Final = "/v1/surveys/"
TTL: Final = 60
LONGEST_LANGUAGE: Final = 40

NOTHING: Final[Mapping[str, Any]] = {"success": True, "survey": None}


class Door:
    """The handlers of one workspace."""

    def __init__(
        self,
        gate: Gate,
        deciding: Deciding,
        current: Current,
        site: OnSite,
        showing: Showing,
        wake: Callable[[], None],
    ) -> None:
        """Answering through `gate`; `wake` is called when the log has to learn something."""
        self._gate, self._deciding, self._current = gate, deciding, current
        self._site, self._showing, self._wake = site, showing, wake
        self._workspace = deciding.workspace
        gate.add(
            Place("POST", f"{PREFIX}due", self.due),
            Place("POST", f"{PREFIX}answers", self.answers),
            Place("POST", f"{PREFIX}shown", self.shown),
            Place("POST", f"{PREFIX}dismissed", self.dismissed),
        )

    async def due(self, call: Call) -> Answer:
        """The survey that this page shows now, if any, and after which events it does well to ask again."""
        plans = self._current.fresh()
        if plans is None:
            plans = await asyncio.to_thread(self._current)
        if not plans.on_site:
            return json({**NOTHING, "events": [], "places": {}, "ttl": TTL})
        decide = questions.read(call.body)
        asked = questions.asking(decide, call.source, origin(call), self._contexts, self._workspace.clock())
        nothing = {**NOTHING, "events": self._site.events(), "places": self._site.places(), "ttl": TTL}
        if asked.half.draft.bot:
            return json(nothing)
        person = await self._deciding.known(asked)
        if person.identity is None:
            return json(nothing)
        told = dict(consent_preferences(asked.context))
        page = asked.half.draft.page_url or asked.half.draft.page_path or ""
        has = frozenset(asked.placements if isinstance(asked.placements, list) else ())
        visit = Visit(person.identity, person, page, told, has)
        found = await asyncio.to_thread(self._show, visit, asked.half.draft.locale)
        return json(nothing if found is None else {**nothing, "survey": found})

    async def answers(self, call: Call) -> Answer:
        """Answers as they come (`final`: those were all; `closed`: the customer goes no further)."""
        body = read(call.body)
        try:
            await asyncio.to_thread(self._showing.take, body, verified=call.verified)
        except Unfit as error:
            said = body.get("language")
            language = said[:LONGEST_LANGUAGE] if isinstance(said, str) else "en"
            return json({"success": False, **error.body(), "refused": refused(error, language)}, error.status)
        except Conflict as error:  # answered before: nothing is to be sent again
            return json({"success": True, "closed": error.code})
        except ResaError as error:
            if error.status == 409:
                return json({"success": True, "closed": error.code})
            raise
        return json({"success": True})

    async def shown(self, call: Call) -> Answer:
        """The customer really saw it."""
        return await self._see(call, telling.SHOWN)

    async def dismissed(self, call: Call) -> Answer:
        """The customer sent it away."""
        return await self._see(call, telling.DISMISSED)

    # -- inside ------------------------------------------------------------------------------------------------------

    @property
    def _contexts(self) -> Any:
        return self._gate.doors.segment.drafter.contexts

    def _show(self, visit: Visit, locale: str | None) -> dict[str, Any] | None:
        found = self._site.due(visit)
        if found is None:
            return None
        if not found.again:
            self._wake()
        consent = visit.person.consent
        personal = "denied" not in (
            consent.get("personalisation"),
            visit.told.get("personalisation"),
        ) and "granted" in (
            consent.get("personalisation"),
            visit.told.get("personalisation"),
        )
        reader = Reader(
            locale=locale,
            member=lambda key: bool(self._deciding.world.in_audience(key, visit.person)),
            traits=sensitive.insertable(visit.person.traits) if personal else {},
            verified=visit.person.verified,
        )
        return self._showing.payload(found.ask, found.plan, reader)

    async def _see(self, call: Call, name: str) -> Answer:
        body = read(call.body)
        context = body.get("context")
        half = self._contexts.half(msgspec.json.encode(context) if isinstance(context, dict) else b"", origin(call))
        changed = await asyncio.to_thread(self._seen, body.get("ask"), name, half, call.source.key)
        return json({"success": True, "changed": changed})

    def _seen(self, token: object, name: str, half: Half, source: str) -> bool:
        invitation, identity = self._showing.asking(token)
        ask = self._site.see(invitation.request or "", frozenset((identity,)), dismissed=name == telling.DISMISSED)
        plan = self._current().get(invitation.survey)
        if ask is None:
            return False
        if plan is None or not plan.body.anonymous:
            draft = telling.seen(ask, name, half.draft, source, self._workspace.clock())
            self._workspace.committer.submit_sync([draft])
        return True


def origin(call: Call) -> Origin:
    """Where a call comes from, as events say it."""
    source, agent = call.source, call.headers.user_agent
    told = agent.decode("latin-1") if source.browser and agent else None
    return Origin(source.key, source.browser, call.address if source.browser else None, told)
