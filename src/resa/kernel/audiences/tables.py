"""Where memberships and what they rest on are kept in the state store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from resa.kernel.audiences import facts
from resa.kernel.audiences.facts import Facts
from resa.kernel.state import PreparedRows, State, metadata

Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
DONE: Final = 2**62
"""Filled to the end."""

numbers: Final = sa.Table(
    "audience_numbers",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    # Terms are filled for identities below, audiences judged for profiles below.
    sa.Column("upto", sa.BigInteger, nullable=False),
)

kept_facts: Final = sa.Table(
    "audience_facts",
    metadata,
    sa.Column("identity", Number, primary_key=True, autoincrement=False),
    sa.Column("facts", sa.LargeBinary, nullable=False),
)

profiles: Final = sa.Table(
    "audience_profiles",
    metadata,
    sa.Column("profile", Number, primary_key=True, autoincrement=False),
    sa.Column("standing", sa.LargeBinary, nullable=False),
    sa.Column("due_at", sa.BigInteger),
)
_DUE: Final = sa.text("due_at IS NOT NULL")
sa.Index("audience_due", profiles.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)

moved: Final = sa.Table(
    "audience_moved",  # the identity map as memberships know it
    metadata,
    sa.Column("identity", Number, primary_key=True, autoincrement=False),
    sa.Column("profile", sa.BigInteger, nullable=False),
)

outbox: Final = sa.Table(
    "audience_outbox",
    metadata,
    sa.Column("message_id", sa.String(64), primary_key=True),
    sa.Column("profile", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("properties", sa.Text, nullable=False),
)


class Standing:
    """Where one profile stands: the conditions it meets, the audiences it belongs to, what time will change by itself."""

    __slots__ = ("due", "members", "truths")

    def __init__(self, truths: int = 0, members: int = 0, due: dict[int, int] | None = None) -> None:
        """Bits by the numbers of conditions and audiences; condition -> the time at which to look again."""
        self.truths = truths
        self.members = members
        self.due = due if due is not None else {}

    def packed(self) -> bytes:
        """As it is kept."""
        return _encoder.encode((_bytes(self.truths), _bytes(self.members), self.due))

    @classmethod
    def unpacked(cls, blob: bytes) -> Standing:
        """As it was kept."""
        truths, members, due = _decoder.decode(blob)
        return cls(int.from_bytes(truths, "little"), int.from_bytes(members, "little"), due)


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes, dict[int, int]])


def _bytes(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def read_facts(state: State, tx: sa.Connection, identities: Iterable[int]) -> dict[int, Facts]:
    """What is kept of these identities."""
    query = sa.select(kept_facts.c.identity, kept_facts.c.facts).where(
        state.among(kept_facts.c.identity, list(identities))
    )
    return {identity: facts.decode(blob) for identity, blob in tx.execute(query)}


def read_standings(state: State, tx: sa.Connection, wanted: Iterable[int]) -> dict[int, Standing]:
    """Where these profiles stand."""
    query = sa.select(profiles.c.profile, profiles.c.standing).where(state.among(profiles.c.profile, list(wanted)))
    return {profile: Standing.unpacked(blob) for profile, blob in tx.execute(query)}


def facts_to_write(found: Mapping[int, Facts]) -> list[tuple[int, bytes]]:
    """As `WRITE_FACTS` takes them."""
    return [(identity, facts.encode(each)) for identity, each in found.items()]


def standings_to_write(found: Mapping[int, Standing]) -> list[tuple[int, bytes, int | None]]:
    """As `WRITE_STANDINGS` takes them."""
    return [(profile, each.packed(), min(each.due.values(), default=None)) for profile, each in found.items()]


def forget(state: State, tx: sa.Connection, gone: Sequence[int], *, erased: Sequence[int]) -> None:
    """Profiles that are no more, and identities that were erased."""
    if gone:
        tx.execute(sa.delete(profiles).where(state.among(profiles.c.profile, gone)))
    if erased:
        tx.execute(sa.delete(kept_facts).where(state.among(kept_facts.c.identity, erased)))
        tx.execute(sa.delete(outbox).where(state.among(outbox.c.profile, erased)))


WRITE_FACTS: Final = PreparedRows(
    "audience_facts", ["identity", "facts"], "ON CONFLICT (identity) DO UPDATE SET facts = excluded.facts"
)
WRITE_STANDINGS: Final = PreparedRows(
    "audience_profiles",
    ["profile", "standing", "due_at"],
    "ON CONFLICT (profile) DO UPDATE SET standing = excluded.standing, due_at = excluded.due_at",
)
