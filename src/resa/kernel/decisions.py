"""Decisions as signed tokens, and who checks what a browser says it showed.

A token says what was chosen for whom and with which probability. Whoever shows it sends it back with the exposure; so an
exposure can be believed although a browser's key is public.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import random
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel.events import Draft
from resa.kernel.state import State, metadata

secret: Final = sa.Table(
    "decision_secret",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # one row, 1
    sa.Column("secret", sa.LargeBinary, nullable=False),
)

_DIGEST: Final = 16  # bytes of the signature that a token carries
_LONGEST: Final = 2000


_chance: Final = random.Random(secrets.randbits(256))  # noqa: S311  # an id is no secret: its token is the proof


def new_id() -> str:
    """A new decision's id."""
    return f"d_{_chance.getrandbits(80):020x}"


class Decided(msgspec.Struct, frozen=True, array_like=True):
    """What was decided: `what` is `experience:<key>`, `experiment:<key>` or `flag:<key>`; `at` milliseconds UTC."""

    id: str
    what: str
    variation: str
    probability: float | None
    unit_kind: str
    unit: str
    at: int
    placement: str | None = None
    content: str | None = None
    phase: int | None = None
    """The experiment's phase when it was decided."""
    leaf: int | None = None
    """The context, by its number, that the experiment's variation was drawn in."""

    def of(self, device: str | None, user: str | None) -> bool:
        """Whether it was decided for this device or user: each by its kind, for one may be called as the other."""
        return self.unit == (user if self.unit_kind == "customer" else device)


class Signer:
    """Signs decisions with a secret of this workspace, and reads them back."""

    def __init__(self, key: bytes) -> None:
        """`key` is the secret."""
        self._key = key
        self._keyed = hmac.new(key, digestmod="sha256")
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Decided).decode

    @classmethod
    def of(cls, state: State) -> Signer:
        """The signer of a workspace; the first one makes the secret, of several at once one."""
        with state.write() as tx:
            found = tx.execute(sa.select(secret.c.secret)).scalar()
            if found is None:
                state.upsert(tx, secret, [{"id": 1, "secret": secrets.token_bytes(32)}], key=["id"], update=[])
                found = tx.execute(sa.select(secret.c.secret)).scalar_one()
        return cls(bytes(found))

    def sign(self, decided: Decided) -> str:
        """A compact token, fit for URLs."""
        body = self._encode(decided)
        return base64.urlsafe_b64encode(self._digest(body) + body).rstrip(b"=").decode()

    def read(self, token: object) -> Decided | None:
        """What was signed; None for anything that this workspace did not sign."""
        if not isinstance(token, str) or len(token) > _LONGEST:
            return None
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
            if not hmac.compare_digest(raw[:_DIGEST], self._digest(raw[_DIGEST:])):
                return None
            return self._decode(raw[_DIGEST:])
        except (ValueError, binascii.Error, msgspec.DecodeError):
            return None

    def opaque(self, name: str) -> str:
        """A short name for `name` that tells nothing about it and stays the same in this workspace."""
        return hmac.new(self._key, b"name:" + name.encode(), hashlib.sha256).hexdigest()[:12]

    def mac(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that only this workspace can make of `data`, under a key that belongs to one purpose alone."""
        return hmac.digest(hmac.digest(self._key, b"purpose:" + purpose.encode(), "sha256"), data, "sha256")

    def _digest(self, body: bytes) -> bytes:
        signing = (
            self._keyed.copy()
        )  # unlike `hmac.digest` it never lets another thread in: several are signed for each page
        signing.update(body)
        return signing.digest()[:_DIGEST]


class Said(msgspec.Struct, frozen=True):
    """An exposure as it came: its properties, and whose it says to be."""

    properties: Mapping[str, Any]
    device: str | None
    user: str | None
    verified: bool
    """Whether a server's key sent it."""
    seen: Mapping[str, Any] = {}
    """What the event's own context tells, in the names that conditions use."""
    group: str | None = None


TOLD: Final = frozenset(
    {
        "path", "referrer", "referrerKind", "channel", "deviceType", "browser", "os", "locale", "utmSource", "utmMedium",
        "utmCampaign",
    }
)  # fmt: skip
"""What an event can tell at all: conditions on anything else can't be looked up again."""


def seen(draft: Draft) -> dict[str, Any]:
    """What an event tells of the moment it came from, in the names that conditions use; the log keeps all of it."""
    known = {
        "path": draft.page_path,
        "referrer": draft.referrer,
        "referrerKind": draft.referrer_kind,
        "channel": draft.channel,
        "deviceType": draft.device,
        "browser": draft.browser,
        "os": draft.os,
        "locale": draft.locale,
        "utmSource": draft.campaign_source,
        "utmMedium": draft.campaign_medium,
        "utmCampaign": draft.campaign_name,
    }
    return {name: value for name, value in known.items() if value is not None}


Check = Callable[[Said], dict[str, Any]]
"""The canonical properties of an exposure; raises Refused for one that can't be believed."""


class Decisions:
    """Signing, and the checks of exposures by the name of their event. Thread-safe."""

    def __init__(self, state: State) -> None:
        """The secret is read at once: it may be needed within a transaction, which none that reads it may be opened in."""
        self.signer: Final = Signer.of(state)
        """What signs decisions and reads them."""
        self._checks: dict[str, Check] = {}

    def register(self, event: str, check: Check) -> None:
        """Let `check` look at every event of that name before it becomes one of Resa's own."""
        self._checks[event] = check

    def check(self, event: str) -> Check | None:
        """The check of an event's name; None if no door may take such an event."""
        return self._checks.get(event)
