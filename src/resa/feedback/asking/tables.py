"""What is kept of askings: one row for each time somebody is to be asked, from the reason to ask until the answer or the end.

A row is its own idempotency: its id is made of the survey and of what caused it (an event, a round), so whatever is tried
again makes none a second time.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

import sqlalchemy as sa

from resa.kernel.state import metadata

asks: Final = sa.Table(
    "survey_asks",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("survey", sa.String(64), nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("next", sa.BigInteger),
    sa.Column("channel", sa.String(10)),
    sa.Column("contact", sa.String(80)),
    sa.Column("contact_at", sa.BigInteger),
    sa.Column("tries", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("asked_at", sa.BigInteger),
    sa.Column("told", sa.Boolean, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text),
    sa.Index("survey_asks_next", "next"),
    sa.Index("survey_asks_of_identity", "identity", "due"),
    sa.Index("survey_asks_of_survey", "survey", "at"),
    sa.Index("survey_asks_told", "told"),
)

rounds: Final = sa.Table(
    "survey_rounds",
    metadata,
    sa.Column("survey", sa.String(64), primary_key=True),
    sa.Column("since", sa.BigInteger, nullable=False),  # turns before (ms UTC) are nobody's: it was not asked yet
    sa.Column("swept", sa.BigInteger, nullable=False),  # turns up to here have been taken
)

WAITING: Final = "waiting"
ASKED: Final = "asked"
SHOWN: Final = "shown"
ANSWERED: Final = "answered"
DISMISSED: Final = "dismissed"
DROPPED: Final = "dropped"
STATES: Final = (WAITING, ASKED, SHOWN, ANSWERED, DISMISSED, DROPPED)
OPEN: Final = (WAITING, ASKED, SHOWN)
"""States in which a second asking of the same survey would be one too many."""


class Ask(NamedTuple):
    """A row of `survey_asks`. Times are milliseconds UTC.

    `due`: from when it may be asked; `until`: until when; `next`: when the sweeper looks at it again (None: it waits for
    the customer, or is over); `contact`: the place it has in the contact ledger, for `contact_at`; `told`: whether the log
    knows that it was asked.
    """

    id: str
    survey: str
    identity: str
    cause: str
    state: str
    due: int
    until: int
    next: int | None
    channel: str | None
    contact: str | None
    contact_at: int | None
    tries: int
    version: int
    probability: float
    asked_at: int | None
    told: bool
    at: int
    why: str | None


def ask_id(survey: str, identity: str, cause: str) -> str:
    """The id of the asking that this cause makes: the same whenever it is worked out."""
    said = "\x1f".join((survey, identity, cause)).encode("utf-8", "surrogatepass")
    return f"ask_{hashlib.blake2b(said, digest_size=12).hexdigest()}"


def new(survey: str, identity: str, cause: str, *, due: int, until: int, version: int, probability: float) -> Ask:
    """An asking that waits for its time."""
    return Ask(
        id=ask_id(survey, identity, cause),
        survey=survey,
        identity=identity,
        cause=cause,
        state=WAITING,
        due=due,
        until=until,
        next=due,
        channel=None,
        contact=None,
        contact_at=None,
        tries=0,
        version=version,
        probability=probability,
        asked_at=None,
        told=True,  # nothing was asked yet: nothing is to be told
        at=due,
        why=None,
    )
