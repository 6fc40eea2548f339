"""The Segment HTTP door: raw ASGI from bytes to the committed log. It answers once the events are durable.

200 says what was accepted and what failed, event by event (a 400 would make SDKs drop the good neighbours); only a
body that can't be read, has no key or is too large is refused as a whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
import sqlalchemy as sa

from resa.collect import cors, deciding, decode, documents, failed, moments, requests
from resa.collect.deciding import Decide, Decider
from resa.collect.drafting import Arrival, Drafter, Proof
from resa.collect.enrichment import Origin, Remembered
from resa.collect.failed import Failure
from resa.collect.limits import LOCAL, Buckets, Limits
from resa.collect.sources import OFF, REQUIRED, Source, Sources
from resa.collect.wire import MOST_EVENT, Envelope, Item
from resa.kernel.decisions import Decisions
from resa.kernel.errors import Overloaded, Refused, ResaError
from resa.kernel.events import Draft
from resa.settings import Settings

log: Final = logging.getLogger(__name__)

BATCH: Final = None
KINDS: Final[dict[str, str | None]] = {
    **{f"/v1/{kind}": kind for kind in ("track", "identify", "page", "screen", "group", "alias")},
    **{f"/v1/{kind[0]}": kind for kind in ("track", "identify", "page", "screen", "group", "alias")},
    "/v1/batch": BATCH,
    "/v1/b": BATCH,
    "/v1/import": BATCH,
    "/beacon/v1/batch": BATCH,
}
"""The paths that take events, and which type a single one has."""

_BATCH: Final = "/v1/batch"
IMPORT: Final = "/v1/import"
METRICS: Final = "/v1/m"
PREFIXES: Final = ("/v1/", "/beacon/v1/", "/sourceConfig")
ELSEWHERE: Final = ("/v1/email/",)
"""What begins like a path of a door and is answered by another slice."""
"""What this door answers."""

JSON: Final = (b"content-type", b"application/json")
_PATIENCE: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Waits, in seconds, before a full committer is called full: a burst passes in less."""
_THREADED: Final = 64 * 1024
"""Bytes from which a flawed body is taken apart beside the event loop."""


class Unknown(ResaError):
    """No write key, or none that is in force."""

    status = 401
    code = "unauthenticated"


class NotAllowed(ResaError):
    """A known key may not do this."""

    status = 403
    code = "forbidden"


class Busy(ResaError):
    """More than can be taken: wait, then send again."""

    code = "overloaded"

    def __init__(self, message: str, browser: bool, seconds: float) -> None:
        """Browser SDKs obey 503, those of servers 429 (PROTOCOLS: a 429 loses events in some browsers)."""
        super().__init__(message)
        self.status = 503 if browser else 429
        self.code = "overloaded" if browser else "too_many_requests"
        self.retry_after = max(1, round(seconds))


class Receipt(Protocol):
    """What the door needs of a receipt."""

    rows: list[int | None]


class Committer(Protocol):
    """What the door needs of `kernel.tail.Committer`."""

    async def submit(self, drafts: list[Draft], alongside: Callable[[sa.Connection], None] | None = None) -> Receipt:
        """Commit; returns once durable, raises Overloaded when full."""
        ...


@dataclass(slots=True)
class Sifted:
    """One request's events: those that can be kept, and those that failed."""

    drafts: list[Draft] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """What came since the start, for the metrics page."""

    requests: int = 0
    events: int = 0
    failed: int = 0
    refused: int = 0
    shed: int = 0


Pairs = Collection[tuple[str, str]]
Proven = Callable[[Pairs], set[tuple[str, str]]]


def _nobody(_pairs: Pairs) -> set[tuple[str, str]]:
    return set()


class Door:
    """The ASGI application of `/v1/*`. One per process, used by one event loop."""

    def __init__(
        self,
        committer: Committer,
        sources: Sources,
        settings: Settings,
        clock: Callable[[], int],
        *,
        limits: Limits | None = None,
        decisions: Decisions | None = None,
        proven: Proven = _nobody,
    ) -> None:
        """The door writes through `committer`; `clock` gives milliseconds UTC; `proven` looks up who showed a token before."""
        self._committer = committer
        self._sources = sources
        self._settings = settings
        self._clock = clock
        self._limits = limits or Limits()
        self._keys = Buckets(self._limits.key)
        self._addresses = Buckets(self._limits.address)
        self._in_flight = 0
        self._look_up = proven
        self._proven = Remembered(100_000)
        self.drafter = Drafter(keep_ip=settings.keep_ip, decisions=decisions)
        self.counts = Counts()
        self.decider: Decider | None = None
        """Who answers `/v1/decide`; the slice that does puts itself here."""

    async def __call__(self, scope: requests.Scope, receive: requests.Receive, send: requests.Send) -> None:
        """Answer one request."""
        found = requests.headers(scope)
        path = requests.path(scope)
        method = scope["method"]
        if method == "POST":
            await self._post(path.rstrip("/") or "/", scope, found, receive, send)
        elif method == "OPTIONS":
            await _send(send, 204, b"", cors.preflight(found.origin, found.asked_headers))
        elif method == "GET":
            await self._get(path, scope, found, send)
        else:
            await _refuse(
                send,
                405,
                "method_not_allowed",
                f"Not {method} but POST is possible here.",
                found,
                (b"allow", cors.METHODS),
            )

    async def _post(
        self, path: str, scope: requests.Scope, found: requests.Headers, receive: requests.Receive, send: requests.Send
    ) -> None:
        self.counts.requests += 1
        if path == METRICS:
            await _send(send, 200, b'{"success":true}', [JSON, *cors.headers(found.origin)])
            return
        if path not in KINDS and not (path == deciding.PATH and self.decider is not None):
            if documents.is_document(path):
                await _refuse(
                    send,
                    405,
                    "method_not_allowed",
                    "Not POST but GET is possible here.",
                    found,
                    (b"allow", b"GET, OPTIONS"),
                )
            else:
                await _refuse(send, 404, "not_found", f"There is nothing at {path[:120]}.", found)
            return
        try:
            answer = await self._take(path, scope, found, receive)
        except Busy as busy:
            self.counts.shed += 1
            await _refuse(
                send, busy.status, busy.code, busy.message, found, (b"retry-after", str(busy.retry_after).encode())
            )
        except ResaError as error:
            self.counts.refused += 1
            await _refuse(send, error.status, error.code, error.message, found)
        except Exception:  # the process's edge: the log learns what happened, the caller that it did; SDKs try again
            log.exception("POST %s failed", path)
            await _refuse(send, 500, "internal", "Something went wrong on the server.", found)
        else:
            await _send(send, 200, answer, [JSON, *cors.headers(found.origin)])

    async def _take(
        self, path: str, scope: requests.Scope, found: requests.Headers, receive: requests.Receive
    ) -> bytes:
        """Read, check, commit; the answer's body."""
        address = requests.address(scope, found)
        size = requests.declared_size(found)
        key = requests.write_key(scope, found)
        source = self._sources.find(key) if key else None
        self._admit(source, address, size)
        self._in_flight += size
        try:
            body = await requests.body(receive)
            if path == deciding.PATH:
                return await self._decide(body, source, key, address, found)
            return await self._keep(path, body, source, key, address, found)
        finally:
            self._in_flight -= size

    async def _keep(
        self, path: str, body: bytes, source: Source | None, key: str | None, address: str, found: requests.Headers
    ) -> bytes:
        kind = KINDS[path]
        envelope = decode.fast(body, kind)
        if envelope is None:
            envelope = (
                decode.patient(body, kind)
                if len(body) < _THREADED
                else await asyncio.to_thread(decode.patient, body, kind)
            )
        if source is None:
            source = self._source(envelope.key or key)
            self._admit(source, address, 0)
        if path == IMPORT and source.browser:
            raise NotAllowed("A browser key may not import. Use the write key of a server source.")
        arrival = self._arrival(source, address, found, envelope, len(body))
        if source.identity == REQUIRED:
            await self._recall(envelope, arrival)
        sifted = self._sift(envelope, body, kind, arrival)
        for pair in arrival.proven:
            self._proven.put(pair, True)
        count = len(envelope.items)
        self.counts.events += len(sifted.drafts)
        self.counts.failed += len(sifted.failures)
        self._keys.take(source.key, count)
        if source.browser and address not in LOCAL:
            self._addresses.take(address, count)
        await self._commit(sifted, source, arrival)
        if self.decider is None or not (answered := await self._carried(body, arrival.origin, source)):
            return _accepted(sifted)
        return _accepted(sifted)[:-1] + b"," + answered + b"}"

    async def _carried(self, body: bytes, origin: Origin, source: Source) -> bytes:
        """The answer to a question that came with events; what is wrong with it spoils none of them."""
        try:
            decide = deciding.carried(body)
            return b"" if decide is None else await self._answer(decide, source, origin)
        except ResaError as error:
            told = msgspec.json.encode({"code": error.code, "message": error.message})
            return b'"decisions":[],"flags":{},"ttl":0,"error":' + told

    async def _decide(
        self, body: bytes, source: Source | None, key: str | None, address: str, found: requests.Headers
    ) -> bytes:
        """Answer a question by itself."""
        decide = deciding.read(body)
        if source is None:
            source = self._source(decide.key or key)
            self._admit(source, address, 0)
        self._keys.take(source.key, 1)
        if source.browser and address not in LOCAL:
            self._addresses.take(address, 1)
        return b'{"success":true,' + await self._answer(decide, source, self._origin(source, address, found)) + b"}"

    async def _answer(self, decide: Decide, source: Source, origin: Origin) -> bytes:
        assert self.decider is not None
        return await self.decider(deciding.asking(decide, source, origin, self.drafter.contexts, self._clock()))

    async def take(self, batch: bytes, source: Source, address: str, found: requests.Headers) -> bytes:
        """Take what another door has put into the form of a batch, as if it came here; the answer's body. Raises ResaError."""
        self._admit(source, address, len(batch))
        return await self._keep(_BATCH, batch, source, None, address, found)

    async def _recall(self, envelope: Envelope, arrival: Arrival) -> None:
        """Which devices of this request proved their user id before: SDKs say it once, then only use it."""
        pairs = {pair for item in envelope.items if isinstance(item, Item) and (pair := _pair(item))}
        arrival.proven |= {pair for pair in pairs if self._proven.get(pair)}
        if unknown := pairs - arrival.proven:
            arrival.proven |= await asyncio.to_thread(self._look_up, unknown)

    def _source(self, key: str | None) -> Source:
        source = self._sources.find(key) if key else None
        if source is None:
            said = "The write key is not known." if key else "There is no write key."
            raise Unknown(f"{said} Send one as the user name of Basic authorization, or as writeKey in the body.")
        return source

    def _admit(self, source: Source | None, address: str, size: int) -> None:
        """Turn away, before reading, what there is no room for or what sends too much."""
        browser = source is None or source.browser
        if self._in_flight + size > self._limits.body_bytes:
            raise Busy("More arrives than can be written down now.", browser, 1)
        wait = self._keys.wait(source.key) if source is not None else 0.0
        if browser and address not in LOCAL:
            wait = max(wait, self._addresses.wait(address))
        if wait:
            raise Busy("This key or address sends more than its share.", browser, wait)

    def _arrival(self, source: Source, address: str, found: requests.Headers, envelope: Envelope, size: int) -> Arrival:
        received_at = self._clock()
        sent_at = envelope.sent_at
        if sent_at is None and found.sent_at is not None:
            sent_at = found.sent_at.decode("latin-1")
        return Arrival(
            origin=self._origin(source, address, found),
            received_at=received_at,
            sent_at=sent_at,
            context=envelope.context,
            back_dating=not source.browser,
            measured=size > MOST_EVENT,
            behind=moments.skew(sent_at, received_at),
            proof=_proof(source),
        )

    @staticmethod
    def _origin(source: Source, address: str, found: requests.Headers) -> Origin:
        agent = found.user_agent.decode("latin-1") if source.browser and found.user_agent else None
        return Origin(source.key, source.browser, address if source.browser else None, agent)

    def _sift(self, envelope: Envelope, body: bytes, kind: str | None, arrival: Arrival) -> Sifted:
        sifted = Sifted()
        draft, keep = self.drafter.draft, sifted.drafts.append
        for index, item in enumerate(envelope.items):
            if isinstance(item, Refused):
                sifted.failures.append(_failure(index, item, item, envelope, body, kind))
                continue
            try:
                keep(draft(item, arrival))
            except Refused as refused:
                sifted.failures.append(_failure(index, item, refused, envelope, body, kind))
        return sifted

    async def _commit(self, sifted: Sifted, source: Source, arrival: Arrival) -> Receipt | None:
        if not sifted.drafts and not sifted.failures:
            return None
        alongside: Callable[[sa.Connection], None] | None = None
        if sifted.failures:

            def alongside(tx: sa.Connection) -> None:
                failed.keep(tx, sifted.failures, source.key, arrival.received_at, arrival.behind)

        for pause in _PATIENCE:
            try:
                return await self._committer.submit(sifted.drafts, alongside)
            except Overloaded:
                await asyncio.sleep(pause)
        try:
            return await self._committer.submit(sifted.drafts, alongside)
        except Overloaded as error:
            raise Busy(error.message, source.browser, error.retry_after) from None

    async def redrive(
        self, event: failed.FailedEvent, payload: str, behind: int | None, alongside: Callable[[sa.Connection], None]
    ) -> int | None:
        """Drive a failed event again, as of when it came; its row, or None if it landed before. Raises Refused."""
        source = next((each for each in self._sources.listed() if each.key == event.source), None)
        browser = source is None or source.browser
        received_at = moments.milliseconds(event.at, "at")
        envelope = decode.patient(payload.encode(), event.type or "track")
        (item,) = envelope.items
        if isinstance(item, Refused):
            raise item
        if event.type is None:
            item.type = _said_type(payload)
        if item.message_id is None:
            item.message_id = f"failed-{event.id}"
        arrival = Arrival(Origin(event.source, browser), received_at, back_dating=True, measured=True, behind=behind)
        receipt = await self._committer.submit([self.drafter.draft(item, arrival)], alongside)
        return receipt.rows[0]

    async def _get(self, path: str, scope: requests.Scope, found: requests.Headers, send: requests.Send) -> None:
        """The settings documents that browser SDKs fetch before they send anything."""
        key = documents.settings_key(path)
        make: Callable[[Source, str], Any] = documents.segment
        if key is None and path.rstrip("/") == documents.RUDDER:
            key, make = requests.write_key(scope, found), documents.rudder
        if key is None:
            taken = path.rstrip("/") in KINDS or (path.rstrip("/") == deciding.PATH and self.decider is not None)
            status, code = (405, "method_not_allowed") if taken else (404, "not_found")
            allowed = [(b"allow", b"POST, OPTIONS")] if taken else []
            await _refuse(send, status, code, f"There is nothing to get at {path[:120]}.", found, *allowed)
            return
        source = self._sources.find(key)
        if source is None:
            await _refuse(send, 404, "not_found", "There is no source with this write key.", found)
            return
        body = msgspec.json.encode(make(source, documents.public_host(self._settings, scope, found)))
        await _send(send, 200, body, [JSON, (b"cache-control", b"private, max-age=60"), *cors.headers(found.origin)])


def _proof(source: Source) -> Proof | None:
    if source.identity == OFF or source.identity_secret is None:
        return None
    return Proof(source.identity_secret, source.identity == REQUIRED)


def _pair(item: Item) -> tuple[str, str] | None:
    """The device and the user an event is of, as far as both are said in plain text."""
    device, user = item.anonymous_id, item.user_id
    return (device.strip(), user.strip()) if isinstance(device, str) and isinstance(user, str) else None


def _said_type(payload: str) -> str | None:
    try:
        said = msgspec.json.decode(payload).get("type")
    except (msgspec.DecodeError, AttributeError):
        return None
    return said if isinstance(said, str) else None


def _failure(
    index: int, item: Item | Refused, reason: Refused, envelope: Envelope, body: bytes, kind: str | None
) -> Failure:
    payload = decode.payload(envelope, body, index, kind)[: failed.MOST_PAYLOAD].decode("utf-8", "replace")
    message_id = item.message_id if isinstance(item, Item) else None
    return Failure(
        index=index,
        reason=reason,
        payload=payload,
        kind=kind,
        message_id=message_id[:512] if isinstance(message_id, str) else None,
    )


def _accepted(sifted: Sifted) -> bytes:
    if not sifted.failures:
        return b'{"success":true,"accepted":%d,"failed":[]}' % len(sifted.drafts)
    answer = {"success": True, "accepted": len(sifted.drafts), "failed": [each.answer() for each in sifted.failures]}
    return msgspec.json.encode(answer)


async def _refuse(
    send: requests.Send, status: int, code: str, message: str, found: requests.Headers, *more: cors.Header
) -> None:
    body = msgspec.json.encode({"success": False, "code": code, "message": message})
    await _send(send, status, body, [JSON, *cors.headers(found.origin), *more])


async def _send(send: requests.Send, status: int, body: bytes, headers: list[cors.Header]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send(
        {"type": "http.response.start", "status": status, "headers": headers if status == 204 else [length, *headers]}
    )
    await send({"type": "http.response.body", "body": body})
