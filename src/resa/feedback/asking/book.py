"""The askings of a workspace, in its state store. Everything happens in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import sqlalchemy as sa

from resa.feedback.asking.tables import ANSWERED, ASKED, DROPPED, OPEN, WAITING, Ask, asks, rounds
from resa.kernel import profiles
from resa.kernel.state import State

DAY: Final = 86_400_000
KEPT_MS: Final = 400 * DAY
"""How long askings are kept: as long as the contact ledger keeps contacts."""

_COLUMNS: Final = [asks.c[name] for name in Ask._fields]


class Tally(NamedTuple):
    """How many askings of a survey are in a state, on a channel, and why they are where they are."""

    state: str
    channel: str | None
    why: str | None
    askings: int


class Book:
    """Reads and writes `survey_asks`."""

    def __init__(self, state: State) -> None:
        """Over the tables of `state`."""
        self._state = state

    def begin(self, tx: sa.Connection, ask: Ask, members: Sequence[str]) -> bool:
        """Write down an asking; False where this cause made one before, or one of this survey is open for the person.

        `members` are the identities of the person, as they are now.
        """
        if self._open(tx, ask.survey, members or (ask.identity,), ask.due):
            return False
        if self.get(tx, ask.id) is not None:
            return False
        self._state.upsert(tx, asks, [ask._asdict()], key=["id"], update=[])
        return True

    def _open(self, tx: sa.Connection, survey: str, members: Sequence[str], now: int) -> bool:
        among = self._state.among(asks.c.identity, members)
        query = sa.select(asks.c.id).where(among, asks.c.survey == survey, asks.c.state.in_(OPEN), asks.c.until >= now)
        return tx.execute(query.limit(1)).first() is not None

    def get(self, tx: sa.Connection, key: str) -> Ask | None:
        """One asking."""
        found = tx.execute(sa.select(*_COLUMNS).where(asks.c.id == key)).first()
        return None if found is None else Ask(*found)

    def due(self, tx: sa.Connection, now: int, most: int) -> list[Ask]:
        """Askings to look at, the longest due first."""
        query = sa.select(*_COLUMNS).where(asks.c.next <= now).order_by(asks.c.next, asks.c.due, asks.c.id).limit(most)
        return [Ask(*row) for row in tx.execute(query)]

    def next(self, tx: sa.Connection) -> int | None:
        """When the first of them is to be looked at."""
        return tx.execute(sa.select(sa.func.min(asks.c.next))).scalar()

    def of(self, tx: sa.Connection, members: Sequence[str], since: int = 0) -> list[Ask]:
        """The askings of a person, in the order in which they became due."""
        among = self._state.among(asks.c.identity, members)
        query = sa.select(*_COLUMNS).where(among, asks.c.due >= since).order_by(asks.c.due, asks.c.id)
        return [Ask(*row) for row in tx.execute(query)]

    def change(self, tx: sa.Connection, ask: Ask, states: Iterable[str], **values: Any) -> Ask | None:
        """Change an asking that is in one of these states; as it is now, None where it is in another."""
        changed = sa.update(asks).where(asks.c.id == ask.id, asks.c.state.in_(list(states))).values(**values)
        if tx.execute(changed).rowcount != 1:
            return None
        return ask._replace(**values)

    def drop(self, tx: sa.Connection, ask: Ask, now: int, why: str) -> None:
        """Nobody is asked after all."""
        self.change(tx, ask, (WAITING, ASKED), state=DROPPED, next=None, at=now, why=why)

    def remove(self, tx: sa.Connection, ask: Ask) -> None:
        """Forget an asking that came to nothing."""
        tx.execute(sa.delete(asks).where(asks.c.id == ask.id))

    def ready(self, tx: sa.Connection, surveys: Sequence[str], most: int) -> list[Ask]:
        """Askings that wait for a sender of somebody else's to fetch them."""
        query = (
            sa.select(*_COLUMNS)
            .where(asks.c.state == WAITING, asks.c.channel == "api", self._state.among(asks.c.survey, surveys))
            .order_by(asks.c.due, asks.c.id)
            .limit(most)
        )
        return [Ask(*row) for row in tx.execute(query)]

    def listed(self, tx: sa.Connection, survey: str, state: str | None, most: int) -> list[Ask]:
        """The askings of a survey, the newest first."""
        query = sa.select(*_COLUMNS).where(asks.c.survey == survey)
        query = query if state is None else query.where(asks.c.state == state)
        return [Ask(*row) for row in tx.execute(query.order_by(asks.c.at.desc(), asks.c.id).limit(most))]

    def untold(self, tx: sa.Connection, most: int = 500) -> list[Ask]:
        """Askings that happened and that the log does not know of."""
        query = sa.select(*_COLUMNS).where(asks.c.told.is_(False)).order_by(asks.c.asked_at).limit(most)
        return [Ask(*row) for row in tx.execute(query)]

    def tell(self, tx: sa.Connection, keys: Sequence[str]) -> None:
        """The log knows of these."""
        tx.execute(sa.update(asks).where(self._state.among(asks.c.id, keys)).values(told=True))

    def last_channel(self, tx: sa.Connection, members: Sequence[str]) -> str | None:
        """Where this person answered last."""
        among = self._state.among(asks.c.identity, members)
        query = sa.select(asks.c.channel).where(among, asks.c.state == ANSWERED).order_by(asks.c.at.desc()).limit(1)
        found: str | None = tx.execute(query).scalar()
        return found

    def tallies(self, tx: sa.Connection, survey: str, since: int) -> list[Tally]:
        """What became of a survey's askings since a time."""
        c = asks.c
        query = (
            sa.select(c.state, c.channel, c.why, sa.func.count())
            .where(c.survey == survey, c.at >= since)
            .group_by(c.state, c.channel, c.why)
        )
        return sorted((Tally(*row) for row in tx.execute(query)), key=lambda each: (each.state, -each.askings))

    def swept(self, tx: sa.Connection) -> dict[str, int]:
        """How far the turns of each relational survey have been swept."""
        return {survey: int(swept) for survey, swept in tx.execute(sa.select(rounds.c.survey, rounds.c.swept))}

    def launched(self, tx: sa.Connection) -> dict[str, int]:
        """Since when each relational survey is asked."""
        return {survey: int(since) for survey, since in tx.execute(sa.select(rounds.c.survey, rounds.c.since))}

    def launch(self, tx: sa.Connection, survey: str, now: int) -> None:
        """A relational survey is asked from now on."""
        self._state.upsert(tx, rounds, [{"survey": survey, "since": now, "swept": now}], key=["survey"], update=[])

    def addressed(self, tx: sa.Connection, names: Iterable[str]) -> np.ndarray:
        """The identities of which one of these traits is known: an address on some channel."""
        t = profiles.traits.c
        found = tx.execute(sa.select(t.identity).where(t.name.in_(list(names)), t.value != "null")).scalars()
        return np.unique(np.fromiter(found, np.uint32))

    def sweep(self, tx: sa.Connection, survey: str, upto: int) -> None:
        """Turns up to here have been taken."""
        tx.execute(sa.update(rounds).where(rounds.c.survey == survey).values(swept=upto))

    def forget_old(self, tx: sa.Connection, now: int) -> None:
        """Forget what no rhythm looks back to."""
        tx.execute(sa.delete(asks).where(asks.c.at < now - KEPT_MS, asks.c.state.not_in((WAITING, ASKED))))

    def forget(self, tx: sa.Connection, identities: Iterable[str]) -> None:
        """Erase all that is kept of these identities."""
        tx.execute(sa.delete(asks).where(self._state.among(asks.c.identity, list(identities))))
