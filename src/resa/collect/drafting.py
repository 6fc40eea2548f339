"""From an event as it was sent to a `Draft` the log takes: checked, its clock corrected, enriched.

What can't be kept raises `Refused` with field, value, rule and remedy; the door keeps it as a failed event.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

import msgspec
import xxhash

from resa.collect import channels, enrichment, moments, money, tolerant
from resa.collect.enrichment import Contexts, Origin
from resa.collect.wire import DEEPEST, MOST_EVENT, Id, Item
from resa.kernel import identity_tokens
from resa.kernel.decisions import Decisions, Said, seen
from resa.kernel.errors import Refused, shorten
from resa.kernel.events import EMPTY, OWN_NAMES, TYPES, Draft

LONGEST_ID: Final = 512
LONGEST_NAME: Final = 512

_TYPES: Final = frozenset(TYPES)
_NOTHING: Final = (b"", b"{}", b"null", b"[]")
"""What SDKs send for no properties; PHP writes an empty object as an empty list."""


class Page(msgspec.Struct, gc=False):
    """The properties of a page call that have columns of their own."""

    url: str | None = None
    path: str | None = None
    title: str | None = None
    referrer: str | None = None
    name: str | None = None


_ORDER: Final = msgspec.json.Decoder(money.Order)
_PAGE: Final = msgspec.json.Decoder(Page)


class Proof(msgspec.Struct, frozen=True):
    """What a page must show to be believed whose user id it has."""

    secret: str
    required: bool


class Arrival(msgspec.Struct):
    """What is the same for every event of one request."""

    origin: Origin
    received_at: int
    sent_at: str | int | float | None = None
    context: bytes = b""
    back_dating: bool = False
    """Whether events may be older than 7 days (server keys)."""
    measured: bool = False
    """Whether the size of each event is to be looked at (the whole body is larger than one event may be)."""
    behind: int | None = None
    proof: Proof | None = None
    """None where nothing is to be proved: a server's key, or a source that heeds no identity tokens."""
    proven: set[tuple[str, str]] = msgspec.field(default_factory=set)
    """(anonymous id, user id) of devices that showed a token before; those of this request are added."""


class Drafter:
    """Turns items into drafts; holds the memory of contexts and user agents. Used by one event loop or thread at a time."""

    def __init__(self, *, keep_ip: bool = False, decisions: Decisions | None = None) -> None:
        """`keep_ip` keeps whole IP addresses; `decisions` know which exposures can be believed."""
        self._decisions = decisions
        self.agents = enrichment.Agents()
        self.contexts = Contexts(self.agents, keep_ip=keep_ip)

    def draft(self, item: Item, arrival: Arrival) -> Draft:
        """One event, ready to be committed. Raises Refused."""
        kind = item.type
        if kind is None or kind not in _TYPES:
            raise _bad_type(kind)
        half = self.contexts.half(bytes(item.context) or arrival.context, arrival.origin)
        draft: Draft = half.draft.__copy__()  # type: ignore[attr-defined]  # every msgspec Struct has it
        draft.type = kind
        draft.received_at = arrival.received_at
        draft.time = _time(item, arrival)
        if item.user_id is not None:
            draft.user_id = identifier(item.user_id, "userId")
        if item.anonymous_id is not None:
            draft.anonymous_id = identifier(item.anonymous_id, "anonymousId")
        if draft.user_id is None and draft.anonymous_id is None:
            raise Refused(
                "userId", None, "has neither userId nor anonymousId.", "Send at least one of them.", code="no_identity"
            )
        if item.group_id is not None:
            draft.group_id = identifier(item.group_id, "groupId")
        _SHAPES[kind](item, draft, half.traits)
        if draft.name in OWN_NAMES and kind == "track":
            self._own(draft)
        if arrival.proof is not None and draft.user_id is not None:  # only now: no token lets a page say what Resa says
            _prove(item.identity_token or half.identity_token, draft, arrival, arrival.proof)
        if arrival.measured:
            _measure(draft)
        if not half.channel_said:
            draft.channel = _channel(item, draft)
        draft.message_id = _message_id(item, draft)
        return draft

    def _own(self, draft: Draft) -> None:
        """An event that Resa writes itself: an exposure is checked and put into its form; else only servers may send it."""
        check = self._decisions.check(draft.name) if self._decisions is not None else None
        if check is not None:
            properties = msgspec.json.decode(draft.properties)
            said = Said(properties, draft.anonymous_id, draft.user_id, draft.verified, seen(draft), draft.group_id)
            draft.properties = msgspec.json.encode(check(said)).decode()
            draft.revenue = draft.currency = draft.order_id = None
            draft.source = "resa"  # its word now: on the timeline, and nobody's activity
        elif not draft.verified:
            raise Refused(
                "event",
                draft.name,
                "is an event that Resa writes itself; a browser's key can't send it.",
                "Choose another name, or send it from a server.",
                code="own_event",
            )


def identifier(value: Id, field: str) -> str | None:
    """An identifier as text; None if it is absent or empty. Numbers count as their text."""
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else _number(value, field)
    if len(text) > LONGEST_ID:
        raise Refused(
            field, text, f"is longer than {LONGEST_ID} characters.", "Send a shorter identifier.", code="too_long"
        )
    if not text.isprintable():
        raise Refused(
            field, ascii(shorten(text)), "holds control or invisible characters.", "Send plain text.", code="bad_text"
        )
    return text or None


def _number(value: int | float, field: str) -> str:
    try:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    except ValueError:
        raise Refused(
            field, None, f"is longer than {LONGEST_ID} digits.", "Send a shorter identifier.", code="too_long"
        ) from None


def _prove(token: str | None, draft: Draft, arrival: Arrival, proof: Proof) -> None:
    """Believe whose user id it is where a token says so; without, only the device that showed one before may have it."""
    device, user = draft.anonymous_id or "", draft.user_id or ""
    if identity_tokens.proves(token, user, proof.secret, arrival.received_at):
        arrival.proven.add((device, user))
        draft.verified = draft.type != "alias"  # who one is, one can prove; that two users are one, only a server says
    elif proof.required and (device, user) not in arrival.proven:
        rule = "is not proved: this source takes user ids with an identity token that is in force."
        remedy = "Let your server sign one for the user, and send it as context.identityToken with identify."
        raise Refused("userId", user, rule, remedy, code="identity_unproven")


def _bad_type(kind: str | None) -> Refused:
    rule = "is missing." if kind is None else "is no type of event."
    return Refused("type", kind, rule, f"Send one of {', '.join(TYPES)}.", code="bad_type")


def _measure(draft: Draft) -> None:
    """Hold an event to its limit by what of it is kept: properties and context."""
    if 4 * (len(draft.properties) + len(draft.context)) <= MOST_EVENT:  # a character has at most 4 bytes
        return
    size = len(draft.properties.encode()) + len(draft.context.encode()) + len(draft.name.encode())
    if size > MOST_EVENT:
        rule = f"has {size} bytes; an event may have {MOST_EVENT}."
        raise Refused("event", size, rule, "Send less with it, or import it as a file.", code="too_large")


def _time(item: Item, arrival: Arrival) -> int:
    behind = arrival.behind
    if item.sent_at is not None and item.sent_at != arrival.sent_at:
        behind = moments.skew(item.sent_at, arrival.received_at)
    value = item.timestamp if item.timestamp is not None else item.original_timestamp
    return moments.of_event(value, arrival.received_at, behind, back_dating=arrival.back_dating)


def _message_id(item: Item, draft: Draft) -> str:
    """The client's id; without one, of what was sent if it carries a time (so that a retry is recognised)."""
    if item.message_id is not None and (said := identifier(item.message_id, "messageId")):
        return said
    if item.timestamp is None and item.original_timestamp is None:
        return f"resa-{uuid4()}"
    parts = (
        draft.source,
        draft.type,
        draft.name,
        draft.identity,
        draft.group_id,
        *draft.links,
        item.timestamp,
        item.original_timestamp,
    )
    digest = xxhash.xxh3_128_hexdigest("\x00".join(map(str, (*parts, draft.properties, draft.context))).encode())
    return f"resa-{digest}"


def _channel(item: Item, draft: Draft) -> str:
    said = item.channel
    if said is not None and (special := channels.SAID.get(said)):
        return special
    if draft.type == "track" and (known := _CHANNEL_OF.get(draft.name)):
        return known
    return channels.GENERIC.get(said, draft.channel) if said is not None else draft.channel


_CHANNEL_OF: Final = channels.by_name()


def _track(item: Item, draft: Draft, _traits: bytes | None) -> None:
    draft.name = _event_name(item.event)
    raw = bytes(item.properties)
    draft.properties = text = json_object(raw, "properties")
    if text is EMPTY:
        return
    try:
        order = _ORDER.decode(text)
    except msgspec.ValidationError as error:
        raise tolerant.wrong_type(error, raw, "properties") from None
    draft.revenue = money.revenue(draft.name, order)
    if order.currency:
        draft.currency = money.currency(order.currency)
    order_id = order.order_id if order.order_id is not None else order.orderId
    if order_id is not None:
        draft.order_id = identifier(order_id, "properties.order_id")


def _event_name(event: str | None) -> str:
    name = event.strip() if event else ""
    if not name:
        raise Refused(
            "event",
            event,
            "is missing or empty.",
            "Send the name of what happened, such as Order Completed.",
            code="no_name",
        )
    if len(name) > LONGEST_NAME:
        raise Refused(
            "event", name, f"is longer than {LONGEST_NAME} characters.", "Send a shorter name.", code="too_long"
        )
    return name


def _page(item: Item, draft: Draft, _traits: bytes | None) -> None:
    raw = bytes(item.properties)
    draft.properties = json_object(raw, "properties")
    try:
        page = _PAGE.decode(draft.properties) if draft.properties is not EMPTY else Page()
    except msgspec.ValidationError as error:
        raise tolerant.wrong_type(error, raw, "properties") from None
    draft.name = (item.name or page.name or "")[:LONGEST_NAME]
    if draft.page_url is None and item.type == "page":
        draft.page_url = page.url
        draft.page_path = draft.page_path or page.path
        draft.referrer = draft.referrer or page.referrer or None
        if page.url or page.path:
            said = {"source": draft.campaign_source, "medium": draft.campaign_medium, "name": draft.campaign_name}
            enrichment.add_origin(draft, said, None, seen=True)
    draft.page_title = draft.page_title or page.title


def _traits(item: Item, draft: Draft, traits: bytes | None) -> None:
    """identify and group: the traits are the properties; RudderStack keeps those of a person in the context."""
    raw = bytes(item.traits)
    if raw in _NOTHING and traits is not None and item.type == "identify":
        raw = traits
    draft.properties = json_object(raw, "traits")


def _group(item: Item, draft: Draft, traits: bytes | None) -> None:
    if draft.group_id is None:
        raise Refused("groupId", None, "is missing or empty.", "Send the id of the group.", code="no_identity")
    _traits(item, draft, traits)


def _alias(item: Item, draft: Draft, _traits: bytes | None) -> None:
    previous = identifier(item.previous_id, "previousId") or draft.anonymous_id
    if previous is None:
        raise Refused(
            "previousId", None, "is missing or empty.", "Send the id the customer had before.", code="no_identity"
        )
    if draft.user_id is None:
        raise Refused(
            "userId", None, "is missing or empty.", "Send the id the customer has from now on.", code="no_identity"
        )
    draft.links = (f"previous:{previous}",)
    draft.properties = json_object(bytes(item.properties), "properties")


_SHAPES: Final = {
    "track": _track,
    "page": _page,
    "screen": _page,
    "identify": _traits,
    "group": _group,
    "alias": _alias,
}


def json_object(raw: bytes, field: str) -> str:
    """A JSON object as text; refuses other values and what nests too deep."""
    if len(raw) <= 4 and raw in _NOTHING:
        return EMPTY
    if raw[0] != 0x7B:
        raise Refused(
            field,
            raw[:120].decode(errors="replace"),
            "is no object.",
            "Send an object, or leave it out.",
            code="wrong_type",
        )
    if len(raw) > 2 * DEEPEST and raw.count(b"[") + raw.count(b"{") > DEEPEST and tolerant.depth(raw) > DEEPEST:
        raise tolerant.too_deep(raw, field)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")
