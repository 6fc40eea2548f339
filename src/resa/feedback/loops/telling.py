"""You told us, we did: telling those who mentioned something what changed, each once, and what they did since."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Annotated, Any, Final, Literal

import msgspec
import sqlalchemy as sa

from resa.feedback.loops import mentioning
from resa.feedback.loops.inbox import Inbox
from resa.feedback.loops.mentioning import About, Hindrance, Mentioned, Words
from resa.feedback.loops.sending import Outcome
from resa.feedback.loops.writing import Writing
from resa.kernel import audit, crash, foreign, profiles, times
from resa.kernel.audit import Actor
from resa.kernel.errors import NotFound, Refused
from resa.kernel.identities import profile_id
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

AT_ONCE: Final = 50
SHOWN: Final = 100

tellings: Final = sa.Table(
    "loop_tellings",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),  # JSON: About
    sa.Column("texts", sa.Text, nullable=False),  # JSON: language -> Message
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

told: Final = sa.Table(
    "loop_told",
    metadata,
    sa.Column("telling", sa.String(40), primary_key=True),
    sa.Column("identity_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # waiting, sent, held_back, dead
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("loop_told_waiting", "state", "telling"),
)


class Message(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What changed, in one language."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]


class NewTelling(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Tell them. `texts` by language; the first one is for whose language is not there."""

    title: Words
    about: About
    texts: Annotated[dict[str, Message], msgspec.Meta(min_length=1, max_length=50)]


class Hearer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who mentioned it: by which channel they will hear, in which language; or what stands in the way."""

    profile: str
    name: str | None
    channel: Literal["email"] | None
    language: str | None
    hindrance: Hindrance | None


class TellingPreview(msgspec.Struct, frozen=True, kw_only=True):
    """Who will hear it: of the customers who mentioned it, those with an address and consent who were not told before.

    `people` are the first hundred, those who will hear first; `languages` how many of those who will hear speak which
    (`""`: not known). `ready`: somebody said how mail goes out.
    """

    ready: bool
    people: list[Hearer]
    languages: dict[str, int]
    mentioned: int
    anonymous: int
    simulated: int
    no_address: int
    no_consent: int
    told_before: int
    will_hear: int
    complete: bool


class ToldOne(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was told, or why not."""

    profile: str | None
    name: str | None
    state: str
    problem: str


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What was told, to how many, and what they did since: `came_back` had an event of their own after it was sent to them."""

    id: str
    title: str
    about: About
    texts: dict[str, Message]
    author: str
    at: str
    waiting: int
    sent: int
    held_back: int
    came_back: int
    people: list[ToldOne]


class TellingRows(msgspec.Struct, frozen=True):
    """The newest first."""

    items: list[Telling]
    next: None = None


class Tellings:
    """What a workspace told its customers. Thread-safe."""

    def __init__(self, workspace: Workspace, writing: Writing) -> None:
        """Through this mail."""
        self._workspace, self._writing = workspace, writing

    def preview(self, about: About) -> TellingPreview:
        """Who would hear it, sending nothing."""
        with self._workspace.state.read() as tx:
            return self._sorted(tx, about)[0]

    def tell(self, wanted: NewTelling, actor: Actor) -> Telling:
        """Queue it for everybody who will hear it; each gets it once, as their budget allows. Raises Refused without a sender."""
        if not self._writing.ready:
            raise Refused("sender", None, "nobody has said yet how mail goes out.", "Set up Settings, E-mail first.")
        key, now = f"y_{secrets.token_hex(8)}", self._workspace.clock()
        with self._workspace.state.write() as tx:
            found, people = self._sorted(tx, wanted.about)
            if not people:
                raise Refused("about", None, "nobody would hear this.", "Widen what it is about.")
            body: Any = {
                "id": key,
                "title": foreign.storable(wanted.title),
                "about": msgspec.json.encode(wanted.about).decode(),
                "texts": msgspec.json.encode(wanted.texts).decode(),
                "author": actor.name,
                "at": now,
            }
            tx.execute(tellings.insert().values(body))
            rows = [
                {"telling": key, "identity_number": each.identity_number, "identity": each.identity, "state": "waiting"}
                for each in people
            ]
            tx.execute(told.insert(), [{**row, "problem": "", "at": now} for row in rows])
            audit.record(tx, actor, "customers.told", f"telling:{key}", {"title": wanted.title, "to": found.will_hear})
        return self.one(key)

    def all(self) -> TellingRows:
        """The newest tellings."""
        with self._workspace.state.read() as tx:
            rows = tx.execute(sa.select(tellings).order_by(tellings.c.at.desc()).limit(SHOWN)).all()
            return TellingRows([self._shown(tx, row, people=False) for row in rows])

    def one(self, key: str) -> Telling:
        """One telling with its people. Raises NotFound."""
        with self._workspace.state.read() as tx:
            row = tx.execute(sa.select(tellings).where(tellings.c.id == foreign.storable(key)[:40])).first()
            if row is None:
                raise NotFound("telling", key)
            return self._shown(tx, row, people=True)

    def step(self) -> bool:
        """Send to some of those who wait; whether there may be more."""
        with self._workspace.state.read() as tx:
            waiting = tx.execute(sa.select(told).where(told.c.state == "waiting").limit(AT_ONCE)).all()
        for each in waiting:
            with self._workspace.state.write() as tx:
                claimed = sa.update(told).where(
                    told.c.telling == each.telling,
                    told.c.identity_number == each.identity_number,
                    told.c.state == "waiting",
                )
                outcome = self._send(tx, each)
                tx.execute(
                    claimed.values(state=outcome.state, problem=outcome.problem[:300], at=self._workspace.clock())
                )
                crash.reached("tellings.mailing")
            crash.reached("tellings.mailed")
        return len(waiting) == AT_ONCE

    # -- inside ------------------------------------------------------------------------------------------------------

    def _send(self, tx: sa.Connection, each: Any) -> Outcome:
        row = tx.execute(sa.select(tellings.c.texts).where(tellings.c.id == each.telling)).scalar_one()
        texts = msgspec.json.decode(row, type=dict[str, Message])
        to = self._writing.reach(tx, each.identity_number)
        if to is None:
            return Outcome("held_back", "No e-mail address is known of this customer.")
        chosen = _in_language(texts, to.language)
        return self._writing.news(tx, each.identity, to, f"telling:{each.telling}", chosen.subject, chosen.text)

    def _sorted(self, tx: sa.Connection, about: About) -> tuple[TellingPreview, list[Mentioned]]:
        people, anonymous, complete = mentioning.who(self._workspace, tx, about)
        before = self._told_before(tx, about)
        kept: list[Mentioned] = []
        counts = dict.fromkeys(mentioning.HINDRANCES, 0)
        languages: Counter[str] = Counter()
        hear: list[tuple[int, Hearer]] = []
        others: list[tuple[int, Hearer]] = []
        for number, profile in mentioning.profiles_of(self._workspace, tx, list(people)):
            why = mentioning.hindrance(profile, people[number], told=number in before)
            one = _hearer(number, profile, why)
            if why is None:
                kept.append(people[number])
                languages[one.language or ""] += 1
            else:
                counts[why] += 1
            shown = hear if why is None else others
            if len(shown) < SHOWN:
                shown.append((number, one))
        listed = [*hear, *others][:SHOWN]
        names = Inbox(self._workspace).names(tx, [number for number, _ in listed])
        preview = TellingPreview(
            ready=self._writing.ready,
            people=[msgspec.structs.replace(one, name=names.get(number)) for number, one in listed],
            languages=dict(languages),
            mentioned=len(people),
            anonymous=anonymous,
            will_hear=len(kept),
            complete=complete,
            **counts,
        )
        return preview, kept

    def _told_before(self, tx: sa.Connection, about: About) -> set[int]:
        """Profiles that heard of the same thing already: of the same theme, survey and words."""
        key = (about.theme, about.survey, about.text)
        same = [
            row.id
            for row in tx.execute(sa.select(tellings.c.id, tellings.c.about))
            if (known := msgspec.json.decode(row.about, type=About)) and (known.theme, known.survey, known.text) == key
        ]
        query = sa.select(told.c.identity_number).where(
            self._workspace.state.among(told.c.telling, same), told.c.state.in_(("waiting", "sent"))
        )
        return {self._workspace.identities.profile(number) for number in tx.execute(query).scalars()}

    def _shown(self, tx: sa.Connection, row: Any, *, people: bool) -> Telling:
        states = dict.fromkeys(("waiting", "sent", "held_back", "dead"), 0)
        for state, count in tx.execute(
            sa.select(told.c.state, sa.func.count()).where(told.c.telling == row.id).group_by(told.c.state)
        ):
            states[state] = count
        f = profiles.folds.c
        came = sa.select(sa.func.count()).select_from(told.join(profiles.folds, f.identity == told.c.identity_number))
        back = tx.execute(
            came.where(told.c.telling == row.id, told.c.state == "sent", f.last_time > told.c.at)
        ).scalar_one()
        return Telling(
            id=row.id,
            title=row.title,
            about=msgspec.json.decode(row.about, type=About),
            texts=msgspec.json.decode(row.texts, type=dict[str, Message]),
            author=row.author,
            at=times.iso(row.at),
            waiting=states["waiting"],
            sent=states["sent"],
            held_back=states["held_back"] + states["dead"],
            came_back=int(back),
            people=self._people(tx, row.id) if people else [],
        )

    def _people(self, tx: sa.Connection, key: str) -> list[ToldOne]:
        rows = tx.execute(sa.select(told).where(told.c.telling == key).limit(SHOWN)).all()
        numbers = {row.identity_number: self._workspace.identities.profile(row.identity_number) for row in rows}
        names = Inbox(self._workspace).names(tx, list(numbers.values()))
        return [
            ToldOne(
                profile=profile_id(numbers[row.identity_number]) if numbers[row.identity_number] >= 0 else None,
                name=names.get(numbers[row.identity_number]),
                state=row.state,
                problem=row.problem,
            )
            for row in rows
        ]


def _hearer(number: int, profile: profiles.Profile, why: Hindrance | None) -> Hearer:
    language = profile.trait("language", "locale")
    return Hearer(
        profile=profile_id(number),
        name=None,
        channel="email" if why is None else None,
        language=language.replace("_", "-").partition("-")[0].lower()[:16] if isinstance(language, str) else None,
        hindrance=why,
    )


def _in_language(texts: dict[str, Message], language: str | None) -> Message:
    wanted = (language or "").replace("_", "-").lower()
    by = {key.lower(): message for key, message in texts.items()}
    return by.get(wanted) or by.get(wanted.partition("-")[0]) or next(iter(texts.values()))
