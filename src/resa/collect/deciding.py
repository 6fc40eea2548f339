"""What the doors know of deciding: the call's shape, and who is asked. Who decides is another slice's business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from msgspec import Raw

from resa.collect import drafting
from resa.collect.enrichment import Contexts, Half, Origin
from resa.collect.limits import LOCAL
from resa.collect.sources import OFF, Source
from resa.collect.wire import Id, Unreadable
from resa.kernel import foreign, identity_tokens

PATH: Final = "/v1/decide"
MOST_PLACEMENTS: Final = 50


class Decide(msgspec.Struct, gc=False, rename="camel"):
    """The body of `/v1/decide`, and the `decide` of a call that sends events."""

    anonymous_id: Id = None
    user_id: Id = None
    group_id: Id = None
    identity_token: str | None = None
    placements: list[str] | bool = False
    flags: list[str] | bool = False
    context: Raw = Raw()
    attributes: dict[str, Any] | None = None
    write_key: str | None = None
    api_key: str | None = msgspec.field(default=None, name="api_key")
    token: str | None = None

    @property
    def key(self) -> str | None:
        """The write key, if it stands in the body."""
        return self.write_key or self.api_key or self.token


class Asking(msgspec.Struct, kw_only=True):
    """A question to whoever decides. `half` is the visit as the context tells it; `context` the context itself."""

    source: Source
    device: str | None
    user: str | None
    group: str | None
    proven: bool
    """Whether who asks is known to be the user they say: by a server's key, or by an identity token."""
    placements: list[str] | bool
    flags: list[str] | bool
    attributes: Mapping[str, Any]
    context: Mapping[str, Any]
    half: Half
    address: str | None = None
    """Where a browser's key asks from: what an address may send is limited. None of this machine itself, and of servers."""


class Decider(Protocol):
    """Who decides. It always answers, in time, whatever happens."""

    async def __call__(self, asking: Asking) -> bytes:
        """The members of the answer's object, as JSON without its braces: `"decisions":[...],"flags":{...},"ttl":60`."""
        ...


class _Carried(msgspec.Struct, gc=False, rename="camel"):
    """Of a call that sends events, what its question is asked about."""

    decide: Raw = Raw()
    anonymous_id: Id = None
    user_id: Id = None
    group_id: Id = None
    context: Raw = Raw()
    batch: list[_Carried] = []


_DECODER: Final = msgspec.json.Decoder(Decide)
_CARRIED: Final = msgspec.json.Decoder(_Carried)
_MARK: Final = b'"decide"'


def read(body: bytes | Raw) -> Decide:
    """What is asked. Raises Unreadable."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(f"This is no question to decide on: {error}.") from None


def carried(body: bytes) -> Decide | None:
    """The question that a call with events carries, about the last of them unless it says more. Raises Unreadable."""
    if _MARK not in body:
        return None
    try:
        found = _CARRIED.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None  # some event of it has another shape: `decide` is no question then
    if not bytes(found.decide):
        return None
    decide = read(found.decide)
    for each in (*reversed(found.batch), found):
        for field in ("anonymous_id", "user_id", "group_id"):
            if getattr(decide, field) is None:
                setattr(decide, field, getattr(each, field))
        if not bytes(decide.context):
            decide.context = each.context
    return decide


def asking(decide: Decide, source: Source, origin: Origin, contexts: Contexts, now: int) -> Asking:
    """The question, asked `now` (ms UTC), with its visit worked out. Raises Refused for identifiers that are none."""
    raw = bytes(decide.context)
    if isinstance(decide.placements, list) and len(decide.placements) > MOST_PLACEMENTS:
        raise Unreadable(f"At most {MOST_PLACEMENTS} placements are decided at once.")
    half = contexts.half(raw, origin)
    context = foreign.value(raw) if raw else {}
    user = drafting.identifier(decide.user_id, "userId")
    return Asking(
        source=source,
        device=drafting.identifier(decide.anonymous_id, "anonymousId"),
        user=user,
        group=drafting.identifier(decide.group_id, "groupId"),
        proven=not source.browser or _proven(decide.identity_token or half.identity_token, user, source, now),
        placements=decide.placements,
        flags=decide.flags,
        attributes=decide.attributes or {},
        context=context if isinstance(context, dict) else {},
        half=half,
        address=origin.address if source.browser and origin.address not in LOCAL else None,
    )


def _proven(token: str | None, user: str | None, source: Source, now: int) -> bool:
    """Whether an identity token that this source heeds says so."""
    if token is None or user is None or source.identity == OFF or source.identity_secret is None:
        return False
    return identity_tokens.proves(token, user, source.identity_secret, now)
