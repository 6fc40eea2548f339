"""What an event's context tells besides: device, system, browser, bot, campaign, origin, channel; the address cut short.

A batch repeats its contexts, and so do a visitor's pages: everything is worked out once per distinct context and
kept as a half-filled `Draft` that later events copy.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from resa.collect import channels, referrers, tolerant
from resa.collect.wire import DEEPEST
from resa.kernel import foreign
from resa.kernel.errors import Refused
from resa.kernel.events import Draft

_BOT: Final = re.compile(
    r"bot\b|bot[/_;-]|crawl|spider|slurp|archiver|facebookexternalhit|mediapartners|lighthouse|pingdom|uptime|"
    r"preview|validator|monitor|scrap[ey]|feedfetcher|bingpreview|embedly|ia_archiver",
    re.IGNORECASE,
)
"""Crawlers and checkers by their own word. HeadlessChrome is not among them: with a write key at hand it is
most often somebody's own browser test, and crawlers that run scripts say who they are."""

_TABLET: Final = re.compile(r"ipad|tablet|kindle|silk/|playbook|android(?!.*mobile)", re.IGNORECASE)
_PHONE: Final = re.compile(r"mobi|iphone|ipod|android|windows phone|blackberry", re.IGNORECASE)
_TV: Final = re.compile(r"smart-?tv|appletv|googletv|hbbtv|roku|tizen.*tv|web0s|crkey|aftt|bravia", re.IGNORECASE)
_DESKTOP: Final = re.compile(r"windows nt|macintosh|x11|linux x86_64|cros ", re.IGNORECASE)

LONGEST_AGENT: Final = 400
_MOST_PARSING: Final = 0.2
"""Seconds of each second that may go into reading user agents never seen before (about 1 ms each)."""


class Agent(msgspec.Struct, frozen=True):
    """What a user agent tells."""

    device: str | None
    os: str | None
    browser: str | None
    bot: bool


NO_AGENT: Final = Agent(None, None, None, False)


class Agents:
    """Reads user agents with ua-parser, which is loaded when first needed (or by `warm`); remembers the last ones."""

    def __init__(self, most: int = 8192) -> None:
        """Remember up to twice `most` user agents."""
        self._read = Remembered(most)
        self._second = 0
        self._spent = 0.0

    def warm(self) -> None:
        """Load the parser's patterns now, not with the first event."""
        self.read(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
        )

    def read(self, text: str) -> Agent | None:
        """What `text` tells; None while too many new ones arrive (ask again later)."""
        text = text[:LONGEST_AGENT]
        agent: Agent | None = self._read.get(text)
        if agent is None and self._may_parse():
            start = time.perf_counter()
            agent = _parse(text)
            self._spent += time.perf_counter() - start
            self._read.put(text, agent)
        return agent

    def _may_parse(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._spent = second, 0.0
        return self._spent < _MOST_PARSING


def _parse(text: str) -> Agent:
    browser, system = _parser()(text)
    bot = _BOT.search(text) is not None
    return Agent("bot" if bot else device_kind(text), system, browser, bot)


@lru_cache(maxsize=1)
def _parser() -> Any:
    import ua_parser  # noqa: PLC0415  # 0.2 s to load; the door warms it in the background

    resolver = ua_parser.BestAvailableResolver(ua_parser.load_lazy_builtins())
    wanted = ua_parser.Domain.USER_AGENT | ua_parser.Domain.OS

    def read(text: str) -> tuple[str | None, str | None]:
        found = resolver(text, wanted)
        browser, system = found.user_agent, found.os
        return browser.family if browser else None, system.family if system else None

    return read


def device_kind(agent: str) -> str | None:
    """desktop, mobile, tablet or tv, by the marks every browser of the kind carries."""
    for kind, mark in (("tv", _TV), ("tablet", _TABLET), ("mobile", _PHONE), ("desktop", _DESKTOP)):
        if mark.search(agent):
            return kind
    return None


@lru_cache(maxsize=16_384)
def cut_address(text: str) -> str | None:
    """An IP address without its last octet (IPv4) or last 80 bits (IPv6); None for what is no address."""
    address = _address(text)
    if isinstance(address, IPv4Address):
        return str(IPv4Address(int(address) & 0xFFFFFF00))
    return str(IPv6Address(int(address) >> 80 << 80)) if address else None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0].strip())
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


class Remembered:
    """The last `most` to twice `most` values by key: two generations, the older dropped when the newer is full."""

    __slots__ = ("_aged", "_fresh", "_most")

    def __init__(self, most: int) -> None:
        """Nothing is remembered yet."""
        self._most = most
        self._fresh: dict[Any, Any] = {}
        self._aged: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """The value, or None."""
        value = self._fresh.get(key)
        if value is None and (value := self._aged.get(key)) is not None:
            self.put(key, value)
        return value

    def put(self, key: Any, value: Any) -> None:
        """Remember a value."""
        if len(self._fresh) >= self._most:
            self._aged, self._fresh = self._fresh, {}
        self._fresh[key] = value


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from, as far as its events' contexts may lack it."""

    source: str
    browser: bool
    """Whether the write key is a browser's: then connection and headers are the customer's own."""
    address: str | None = None
    agent: str | None = None


class Half(msgspec.Struct):
    """A draft with everything its context and origin decide; `channel_said` if the context named the channel."""

    draft: Draft
    channel_said: bool
    traits: bytes | None
    identity_token: str | None = None
    """What the context held as `identityToken`: a proof that is never kept."""


class Contexts:
    """From the bytes of a context to a half-filled draft."""

    def __init__(self, agents: Agents, *, keep_ip: bool, most: int = 4096, largest: int = 8192) -> None:
        """Remember up to twice `most` contexts, none above `largest` bytes."""
        self.agents = agents
        self._keep_ip = keep_ip
        self._largest = largest
        self._halves = Remembered(most)

    def half(self, context: bytes, origin: Origin) -> Half:
        """The half-filled draft of a context. Copy it; it is shared."""
        key = (context, origin)
        half: Half | None = self._halves.get(key)
        if half is None:
            half, lasting = self._enrich(context, origin)
            if lasting and len(context) <= self._largest:
                self._halves.put(key, half)
        return half

    def _enrich(self, raw: bytes, origin: Origin) -> tuple[Half, bool]:
        context = _object(raw)
        token = context.pop("identityToken", None)
        draft = Draft(
            message_id="", type="", name="", time=0, received_at=0, source=origin.source, verified=not origin.browser
        )
        text = _text(context, "userAgent") or (origin.agent if origin.browser else None)
        agent = self.agents.read(text) if text else NO_AGENT
        self._add_device(draft, context, agent or NO_AGENT)
        _add_page(draft, context)
        draft.ip = self._add_address(context, origin)
        draft.locale = _text(context, "locale")
        draft.session_hint = _scalar(context.get("sessionId"))
        draft.simulated = context.get("simulated") is True
        said = channels.SAID.get(_text(context, "channel") or "")
        draft.channel = said or _channel(context, origin)
        traits = context.get("traits")
        draft.context = msgspec.json.encode(context).decode() if context else "{}"
        half = Half(draft, said is not None, msgspec.json.encode(traits) if isinstance(traits, dict) else None)
        half.identity_token = token if isinstance(token, str) else None
        return half, agent is not None

    def _add_device(self, draft: Draft, context: dict[str, Any], agent: Agent) -> None:
        draft.bot = agent.bot
        draft.browser = agent.browser
        draft.os = _text(_inner(context, "os"), "name") or agent.os
        kind = (_text(_inner(context, "device"), "type") or "").lower()
        draft.device = {"ios": "mobile", "android": "mobile"}.get(kind, kind) or agent.device

    def _add_address(self, context: dict[str, Any], origin: Origin) -> str | None:
        """The customer's address; the one inside the context is cut as well."""
        said = _text(context, "ip")
        if said and not self._keep_ip:
            context["ip"] = cut_address(said)
        address = said or (origin.address if origin.browser else None)
        if not address:
            return None
        return address[:64] if self._keep_ip and _address(address) else cut_address(address)


def _object(raw: bytes) -> dict[str, Any]:
    """A context as a dict. Refuses what is no object, or too deep to keep."""
    if not raw or raw in (b"null", b"[]", b"{}"):
        return {}
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and tolerant.depth(raw) > DEEPEST:
        raise tolerant.too_deep(raw, "context")
    value = foreign.value(raw)
    if not isinstance(value, dict):
        raise Refused(
            "context",
            raw[:120].decode(errors="replace"),
            "is no object.",
            "Send an object, or leave it out.",
            code="wrong_type",
        )
    return value


def _add_page(draft: Draft, context: dict[str, Any]) -> None:
    page = _inner(context, "page")
    draft.page_url = _text(page, "url")
    draft.page_path = _text(page, "path")
    draft.page_title = _text(page, "title")
    draft.referrer = _text(page, "referrer") or _text(_inner(context, "referrer"), "url")
    add_origin(draft, _inner(context, "campaign"), _text(page, "search"), seen=bool(page))


def add_origin(draft: Draft, campaign: dict[str, Any], search: str | None, *, seen: bool) -> None:
    """Fill in path, campaign and kind of referrer from the page's address and the referrer; `seen`: a page is known."""
    address = _split(draft.page_url)
    if address is not None:
        draft.page_path = draft.page_path or address.path or "/"
    query = _query(address.query if address and address.query else (search or "").removeprefix("?"))
    draft.campaign_source = _text(campaign, "source") or query.get("utm_source")
    draft.campaign_medium = _text(campaign, "medium") or query.get("utm_medium")
    draft.campaign_name = _text(campaign, "name") or query.get("utm_campaign")
    if seen or draft.referrer or draft.campaign_medium:
        came = _split(draft.referrer)
        hosts = (came and _host(came), address and _host(address))
        draft.referrer_kind = referrers.kind(*hosts, draft.campaign_medium, query)


def _split(url: str | None) -> Any:
    try:
        return urlsplit(url) if url else None
    except ValueError:
        return None


def _host(address: Any) -> str | None:
    try:
        host: str | None = address.hostname
    except ValueError:
        return None
    return host


def _query(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        return {name: values[0] for name, values in parse_qs(text[:4096], max_num_fields=100).items()}
    except ValueError:
        return {}


def _channel(context: dict[str, Any], origin: Origin) -> str:
    library = _text(_inner(context, "library"), "name")
    found = channels.by_library(library) if library else None
    if found:
        return found
    if _text(_inner(context, "device"), "type") in ("ios", "android"):
        return "app"
    return "web" if origin.browser or "page" in context else "server"


def _inner(context: dict[str, Any], name: str) -> dict[str, Any]:
    value = context.get(name)
    return value if isinstance(value, dict) else {}


def _text(context: dict[str, Any], name: str, most: int = 4096) -> str | None:
    value = context.get(name)
    return value[:most] or None if isinstance(value, str) else None


def _scalar(value: object) -> str | None:
    return str(value)[:128] if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
