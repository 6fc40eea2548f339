"""How the text model reads comments: language and sentiment, with the model learned from the business's own scores.

The model that a workspace learned is kept in state, every version of it with its quality; the newest one reads.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import sqlalchemy as sa

from resa.feedback.themes.store import NOT_YET, Reading, comments
from resa.kernel.errors import Conflict
from resa.kernel.state import State, metadata

models: Final = sa.Table(
    "text_models",
    metadata,
    sa.Column("version", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("scored", sa.BigInteger, nullable=False),  # comments with a score it learned from
    sa.Column("quality", sa.Text, nullable=False),  # JSON
    sa.Column("model", sa.LargeBinary, nullable=False),
)

FEWEST: Final = 50
"""Comments with a score from which something is learned of them."""
GROWN: Final = 1.25
"""Times as many as the last time, from which it is learned anew."""
MOST: Final = 50_000
"""The newest comments with a score: what is learned from."""


class Read(Protocol):
    """What a reader says of one comment."""

    @property
    def language(self) -> str | None:
        """Its code (`sv`), if it is known."""
        ...

    @property
    def sentiment(self) -> str | None:
        """`positive`, `neutral`, `negative`; None where nothing can be said honestly."""
        ...

    @property
    def score(self) -> float:
        """From -1 to 1."""
        ...

    @property
    def probability(self) -> float:
        """That the sentiment is right."""
        ...


class Reader(Protocol):
    """Reads comments."""

    @property
    def version(self) -> str:
        """Names what it reads with."""
        ...

    def read(self, texts: Sequence[str], declared: Sequence[str | None] | None = None) -> Sequence[Read]:
        """One reading for each text, in order; `declared`: the languages they are said to be in, where that is known."""
        ...


class Faculty(Protocol):
    """A text model: opens readers, and learns from what was scored."""

    def open(self, model: bytes | None, version: int) -> Reader:
        """A reader with a model that was learned, or with what is shipped alone."""
        ...

    def learn(self, scored: Sequence[Scored]) -> tuple[bytes, dict[str, Any]]:
        """A model learned from scored comments, and its quality."""
        ...


class Scored(NamedTuple):
    """A comment that came with a score on the scale of a metric."""

    text: str
    metric: str
    score: float
    language: str | None


class Learned(msgspec.Struct, frozen=True):
    """A model that was learned from scores: when, from how many, and how good it is by cross-validation."""

    version: int
    made_at: int
    scored: int
    quality: dict[str, Any]


class _Nothing(msgspec.Struct, frozen=True):
    language: str | None = None
    sentiment: str | None = None
    score: float = 0.0
    probability: float = 0.0


class Unread:
    """A reader that can read nothing yet."""

    version = "none"

    def read(self, texts: Sequence[str], declared: Sequence[str | None] | None = None) -> Sequence[Read]:
        """Nothing of each."""
        del declared
        return [_Nothing()] * len(texts)


class Understanding:
    """Reads comments with the newest model of a workspace. Thread-safe."""

    def __init__(self, state: State, faculty: Faculty | None = None) -> None:
        """`faculty` reads and learns; without it every comment is kept and none is read. Nothing is loaded yet."""
        self._state = state
        self._faculty = faculty
        self._reader: Reader | None = None
        self._lock = threading.Lock()

    def reader(self) -> Reader:
        """The newest reader; loaded once somebody reads."""
        with self._lock:
            if self._reader is None:
                self._reader = Unread() if self._faculty is None else self._faculty.open(*self._newest())
            return self._reader

    def renew(self) -> None:
        """A newer model was learned: read with it from now on."""
        with self._lock:
            self._reader = None

    def read(self, texts: Sequence[str], languages: Sequence[str | None]) -> list[Reading]:
        """How each comment is read. `languages`: what its event says, for those that nothing was detected in."""
        reader, spoken = self.reader(), [_plain(said) for said in languages]
        return [
            Reading(
                language=found.language or said,
                sentiment=found.sentiment or NOT_YET,
                sentiment_score=round(found.score, 4) if found.sentiment else 0.0,
                probability=round(found.probability, 4) if found.sentiment else 0.0,
                model=reader.version,
            )
            for found, said in zip(reader.read(texts, spoken), spoken, strict=True)
        ]

    def _newest(self) -> tuple[bytes | None, int]:
        query = sa.select(models.c.model, models.c.version).order_by(models.c.version.desc()).limit(1)
        with self._state.read() as tx:
            row = tx.execute(query).first()
        return (None, 0) if row is None else (row.model, row.version)

    # -- what was learned ------------------------------------------------------------------------------------------

    def learned(self) -> Learned | None:
        """The newest model that was learned, without its bytes."""
        c = models.c
        query = sa.select(c.version, c.made_at, c.scored, c.quality).order_by(c.version.desc()).limit(1)
        with self._state.read() as tx:
            row = tx.execute(query).first()
        if row is None:
            return None
        return Learned(row.version, row.made_at, row.scored, msgspec.json.decode(row.quality))

    def scored(self) -> int:
        """How many comments have a score."""
        query = sa.select(sa.func.count()).where(comments.c.score.is_not(None))
        with self._state.read() as tx:
            return min(int(tx.execute(query).scalar_one()), MOST)

    def due(self) -> bool:
        """Whether there is enough, or enough more, to learn from."""
        if self._faculty is None:
            return False
        before, now = self.learned(), self.scored()
        return now >= FEWEST and (before is None or now >= max(GROWN * before.scored, before.scored + FEWEST))

    def learn(self, scored: Sequence[Scored], made_at: int) -> tuple[int, dict[str, Any]]:
        """Learn from these, keep the model and read with it from now on; its version and quality."""
        if self._faculty is None:
            raise Conflict("There is no text model to learn with.")
        model, quality = self._faculty.learn(scored)
        return self.keep(made_at, len(scored), quality, model), quality

    def keep(self, made_at: int, scored: int, quality: dict[str, Any], model: bytes) -> int:
        """Keep a learned model as the newest version, and read with it from now on."""
        values = {
            "made_at": made_at,
            "scored": scored,
            "quality": msgspec.json.encode(quality).decode(),
            "model": model,
        }
        with self._state.write() as tx:
            version = int(tx.execute(sa.insert(models).values(values).returning(models.c.version)).scalar_one())
        self.renew()
        return version


def _plain(said: str | None) -> str | None:
    """`sv` for `sv-SE`."""
    code = (said or "").replace("_", "-").split("-")[0].strip().lower()
    return code if 2 <= len(code) <= 3 and code.isascii() and code.isalpha() else None
