"""The responses of one workspace: opened, answered, finished; each step one transaction, the log told exactly once.

A response keeps the survey's version it began with. Quotas are taken as it is opened (of the survey) and answered (of options)
and given back if it is never completed, so whoever may answer is not told at the end that it was in vain.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from resa.feedback.responses import events, tables, taking, tokens
from resa.feedback.responses.tables import Response, responses
from resa.feedback.surveys import flow, reading
from resa.feedback.surveys.answering import Unfit
from resa.feedback.surveys.definition import Survey
from resa.feedback.surveys.texts import spoken
from resa.kernel import sensitive
from resa.kernel.audiences.rules import milliseconds
from resa.kernel.errors import Conflict, NotFound, ResaError
from resa.kernel.events import Draft
from resa.kernel.identities import is_junk
from resa.kernel.profiles import read as read_profiles
from resa.kernel.workspace import Workspace

TOTAL: Final = ""
"""The quota of a whole survey, among those of its options."""


class Closed(ResaError):
    """The survey takes no answers: it is not live, or not any more."""

    status = 409
    code = "closed"


class Full(ResaError):
    """As many answered as are wanted."""

    status = 409
    code = "full"


class Answered(Conflict):
    """Who answers has answered already; once is all."""

    code = "answered"


class Responses:
    """What page, SDK, mail and API answer through. Thread-safe: what is kept lies in the state store."""

    def __init__(self, workspace: Workspace) -> None:
        """Over a workspace's stores."""
        self.workspace = workspace
        self.tokens = tokens.Tokens(workspace)
        self._state = workspace.state

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, response: str) -> Response:
        """A response. Raises NotFound."""
        with self._state.read() as tx:
            found = tables.find(tx, response)
        if found is None:
            raise NotFound("response", response)
        return found

    def find(self, response: str) -> Response | None:
        """A response, if there is one."""
        with self._state.read() as tx:
            return tables.find(tx, response)

    def survey(self, response: Response) -> Survey:
        """The survey as it was when the response began."""
        return reading.pinned(self.workspace.definitions, response.survey, response.version)

    def way(self, response: Response) -> flow.Route:
        """How far it is, and what it is asked next."""
        return taking.way(self.survey(response), response, self.member(response.identity))

    def is_full(self, key: str, survey: Survey) -> bool:
        """Whether a survey has all the answers it wants, those that are being given included.

        So it is when its own quota is full, or those of all options of a question that everybody must answer.
        """
        gates = taking.gates(survey)
        if survey.quota is None and not gates:
            return False
        taken = self.taken(key)
        if survey.quota is not None and taken.get(TOTAL, 0) >= survey.quota:
            return True
        return any(all(taken.get(what, 0) >= most for what, most in gate.items()) for gate in gates)

    def taken(self, key: str) -> dict[str, int]:
        """How many are taken of each quota of a survey: `TOTAL`, and `<question>/<option>`."""
        with self._state.read() as tx:
            return tables.taken(tx, key)

    def is_used(self, ticket: str) -> bool:
        """Whether the one anonymous answer of an invitation was given."""
        with self._state.read() as tx:
            return tables.is_used(tx, ticket)

    def member(self, identity: str | None) -> flow.Member:
        """Whether who answers belongs to an audience; nobody unknown does."""

        def inside(audience: str) -> bool:
            number = None if identity is None else self._number(identity)
            if number is None:
                return False
            profile = self.workspace.identities.profile(number)
            known = self.workspace.memberships.inside(audience, profile)
            return profile in self.workspace.audiences.population(audience).profiles if known is None else known

        return inside

    def traits(self, identity: str | None) -> dict[str, Any]:
        """What texts may say of somebody: their traits without the sensitive ones."""
        number = None if identity is None else self._number(identity)
        if number is None:
            return {}
        with self._state.read() as tx:
            profile = self.workspace.identities.profile(number)
            members = self.workspace.identities.members(tx, profile)
            found = read_profiles(self._state, tx, {profile: members})[profile]
        return sensitive.insertable({trait.name: trait.value for trait in found.traits})

    def identity(self, invitation: tokens.Invitation) -> str | None:
        """Whom an invitation is for; None if they are not there any more."""
        if isinstance(invitation.who, str):
            return invitation.who
        with self._state.read() as tx:
            return self.workspace.identities.keys(tx, [invitation.who]).get(invitation.who)

    # -- answering ---------------------------------------------------------------------------------------------------

    def open(
        self,
        survey: str,
        *,
        identity: str | None = None,
        request: str | None = None,
        channel: str = "link",
        language: str | None = None,
        response: str | None = None,
        verified: bool = True,
        simulated: bool = False,
        again: bool = False,
    ) -> Response:
        """Begin to answer, or go on with what was begun. Raises NotFound, Closed, Full; Conflict for a response of another's.

        A person has one response per asking (`request`; None: one for each survey), known by its id without looking.
        An anonymous survey keeps neither person nor asking; without a `response` each opening is a new one.
        """
        now = reading.current(self.workspace.definitions, survey)
        if now is None:
            raise NotFound("survey", survey)
        anonymous = now.body.anonymous
        known = None if anonymous else identity
        if known is not None and is_junk(known.partition(":")[2]):
            known = None
        key = response or (tokens.fresh_id() if known is None else self.tokens.response_id(survey, known, request))
        with self._state.write() as tx:
            found = tables.find(tx, key, changing=True)
            if found is not None:
                if found.survey != survey or found.identity != known:
                    raise Conflict("This response is another one's.", remedy="Leave its id out for a new one.")
                return found
            if now.body.status != "live":
                raise Closed(f"The survey {survey} is {now.body.status}.", remedy="It takes answers while it is live.")
            self._take(tx, survey, {TOTAL: now.body.quota} if now.body.quota is not None else {})
            at = self.workspace.clock()
            begun = Response(
                id=key,
                survey=survey,
                version=now.version,
                identity=known,
                request=None if anonymous else request,
                channel=channel,
                language=spoken(now.body, [language] if language else []),
                state="open",
                anonymous=anonymous,
                verified=verified,
                simulated=simulated,
                again=again,
                answers={},
                passed=[],
                held=[TOTAL] if now.body.quota is not None else [],
                started=at,
                touched=at,
            )
            tables.add(self._state, tx, begun)
        return begun

    def answer(self, response: str, given: Mapping[str, Any], *, language: str | None = None) -> Response:
        """Keep answers by question key (None skips a question). Raises Refused for what a question does not take, Full, Answered.

        What a question says of the customer (`trait`) is in the log when this returns.
        """
        with self._state.write() as tx:
            found = self._open(tx, response)
            survey = self.survey(found)
            changed = taking.take(survey, found, given)
            self._hold(tx, survey, found)
            found.touched = self.workspace.clock()
            if language is not None:
                found.language = spoken(survey, [language])
            tables.save(tx, found)
        told = events.traits(found, survey, changed, found.touched)
        if told is not None:
            self._submit([told])
        return found

    def finish(self, response: str, *, complete: bool = True, ticket: str | None = None) -> Response:
        """Close a response and tell the log; one that is closed stays as it is. Raises Refused where a needed answer is missing.

        An anonymous one uses up its `ticket` (Answered if it was used), and the log is told once the hour is over, in mixed order.
        """
        with self._state.write() as tx:
            found = tables.find(tx, response, changing=True)
            if found is None:
                raise NotFound("response", response)
            if found.state == "open":
                self._end(tx, found, complete=complete, ticket=ticket)
        if not found.anonymous:
            self.tell(found)
        return found

    def tell(self, response: Response) -> None:
        """Write a closed response to the log, unless it is there already."""
        if response.logged or response.state not in ("complete", "partial"):
            return
        self.tell_all([response])

    def tell_all(self, ended: list[Response]) -> None:
        """The same for several, in this order, in one transaction with the note that it was done."""
        drafts = [events.answered(each, self.survey(each)) for each in ended]
        ids = [each.id for each in ended]

        def note(tx: sa.Connection) -> None:
            c = responses.c
            done = tx.execute(
                responses.update().where(self._state.among(c.id, ids), c.logged.is_(False)).values(logged=True)
            )
            if done.rowcount != len(ids):
                raise _Told

        try:
            self.workspace.committer.submit_sync(drafts, note)
        except _Told:
            return
        for each in ended:
            each.logged = True

    def shown(self, invitation: tokens.Invitation, survey: Survey, version: int, name: str = "Survey Shown") -> None:
        """Note that somebody who was asked saw the survey, or dismissed it. Of anonymous ones nothing is noted."""
        identity = self.identity(invitation)
        if survey.anonymous or identity is None:
            return
        at = self.workspace.clock()
        seen = Response(
            id=self.tokens.response_id(invitation.survey, identity, invitation.request),
            survey=invitation.survey,
            version=version,
            identity=identity,
            request=invitation.request,
            channel=invitation.channel,
            language=survey.languages[0],
            state="open",
            anonymous=False,
            answers={},
            passed=[],
            held=[],
            started=at,
            touched=at,
        )
        self._submit([events.shown(seen, name, at)])

    # -- closing what rests ------------------------------------------------------------------------------------------

    def close_idle(self, most: int = 5_000) -> int:
        """Close responses that rested longer than their survey allows; how many."""
        now, c = self.workspace.clock(), responses.c
        with self._state.read() as tx:
            query = sa.select(c.id, c.survey, c.version, c.touched).where(c.logged.is_(False), c.state == "open")
            rows = tx.execute(query.order_by(c.touched).limit(most)).all()
        due = [row.id for row in rows if row.touched + self._patience(row.survey, row.version) <= now]
        for key in due:
            self.finish(key, complete=False)
        return len(due)

    def tell_rest(self, most: int = 2_000) -> int:
        """Write to the log what a crash left out, and the anonymous answers of hours that are over, mixed; how many."""
        c, now = responses.c, self.workspace.clock()
        over = sa.and_(c.anonymous, c.ended < events.hour(now))
        late = sa.and_(sa.not_(c.anonymous), c.ended < now - _LATE_MS)
        unsaid = sa.select(responses).where(c.logged.is_(False), c.state.in_(("complete", "partial")), over | late)
        with self._state.read() as tx:
            waiting = [tables.of_row(row) for row in tx.execute(unsaid.limit(most))]
        for each in waiting:
            if not each.anonymous:
                self.tell_all([each])
        hidden = [each for each in waiting if each.anonymous]
        secrets.SystemRandom().shuffle(hidden)
        if hidden:
            self.tell_all(hidden)
        return len(waiting)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _open(self, tx: sa.Connection, response: str) -> Response:
        found = tables.find(tx, response, changing=True)
        if found is None:
            raise NotFound("response", response)
        if found.state != "open":
            raise Answered("This response is closed.", remedy="Once is all.")
        now = reading.current(self.workspace.definitions, found.survey)
        if now is None or now.body.status in ("ended", "draft"):
            raise Closed(
                f"The survey {found.survey} takes no more answers.", remedy="It takes answers while it is live."
            )
        return found

    def _hold(self, tx: sa.Connection, survey: Survey, found: Response) -> None:
        """Take the quotas that the answers draw on now, give back those they don't any more."""
        wanted = taking.quotas(survey, found.answers)
        for what, (quota, question) in wanted.items():
            if what not in found.held and not tables.take(self._state, tx, found.survey, what, quota):
                rule = "as many chose it as are wanted."
                raise Unfit(question, "option_full", what.partition("/")[2], rule, "Choose another.")
        for what in [what for what in found.held if what != TOTAL and what not in wanted]:
            tables.give_back(tx, found.survey, what)
        found.held = [what for what in found.held if what == TOTAL] + list(wanted)

    def _end(self, tx: sa.Connection, found: Response, *, complete: bool, ticket: str | None) -> None:
        survey, member = self.survey(found), self.member(found.identity)
        if complete:
            taking.complete(survey, found, member)
            if ticket is not None and not tables.use(self._state, tx, ticket):
                raise Answered("You have answered already.", remedy="Once is all.")
        found.answers = taking.on_way(survey, found, member)
        found.ended = self.workspace.clock()
        found.state = "complete" if complete else "partial" if found.answers else "empty"
        found.logged = found.state == "empty"
        if complete:
            self._hold(tx, survey, found)
        else:
            for what in found.held:
                tables.give_back(tx, found.survey, what)
            found.held = []
        if found.anonymous:
            found.started = found.touched = found.ended = events.hour(found.ended)
        tables.save(tx, found)

    def _take(self, tx: sa.Connection, survey: str, wanted: Mapping[str, int]) -> None:
        for what, quota in wanted.items():
            if not tables.take(self._state, tx, survey, what, quota):
                raise Full(f"The survey {survey} has all the answers it wants.", remedy="Raise its quota for more.")

    def _patience(self, survey: str, version: int) -> int:
        return milliseconds(reading.pinned(self.workspace.definitions, survey, version).partial_after)

    def _number(self, identity: str) -> int | None:
        with self._state.read() as tx:
            return self.workspace.identities.find(tx, [identity]).get(identity)

    def _submit(self, drafts: list[Draft]) -> None:
        self.workspace.committer.submit_sync(drafts)


_LATE_MS: Final = 5_000
"""A response that ended so long ago and is not in the log was left out by a crash."""


class _Told(Exception):  # no error: somebody else was faster
    """It is in the log already."""
