"""The doors of foreign protocols for flags: GrowthBook's and OpenFeature's clients run against Resa as they are.

Raw ASGI in front of the router, like the doors of `collect`: any page may ask with its write key, cookies are never looked at.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import msgspec

from resa.collect import cors, requests
from resa.collect.doors import Doors
from resa.collect.limits import LOCAL, Buckets, Rate
from resa.collect.sources import Source
from resa.experiments.delivery import Delivery
from resa.experiments.programme import Compiled
from resa.kernel.errors import Refused, ResaError

log: Final = logging.getLogger(__name__)

JSON: Final = (b"content-type", b"application/json")
MOST_ASKED: Final = 100_000
"""Bytes of one question: attributes are small."""
MOST_STREAMS: Final = 1_000
MOST_STREAMS_OF_A_KEY: Final = 500
MOST_STREAMS_OF_AN_ADDRESS: Final = 100
"""With a browser's key, which everybody has: one visitor must not take the streams of all. A whole office may share an address."""
STREAM_SECONDS: Final = 3_600.0
TICK: Final = 0.25
BEATS: Final = 60
"""Ticks between two signs of life on a stream."""
ANSWERS: Final = Rate(200, 4_000)
"""Questions of one address with a browser's key."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Unknown(ResaError):
    """No key, or none that is in force."""

    status = 401
    code = "unauthenticated"


class Busy(ResaError):
    """Too many questions, or too many open streams."""

    status = 429
    code = "too_many_requests"


class TooLarge(ResaError):
    """The question is larger than any needs to be."""

    status = 413
    code = "too_large"


class Call(msgspec.Struct):
    """One request: who calls, from where, with what."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: requests.Headers
    more: Mapping[bytes, bytes]
    address: str
    source: Source
    body: bytes = b""

    @property
    def verified(self) -> bool:
        """Whether a server's key asks."""
        return not self.source.browser

    def match(self) -> str:
        """The ETag the caller has."""
        return self.more.get(b"if-none-match", b"").decode("latin-1").strip()


class Answer(msgspec.Struct):
    """What is sent back; a stream instead of a body where there is one."""

    body: bytes = b""
    status: int = 200
    headers: Sequence[cors.Header] = ()
    stream: AsyncGenerator[bytes, None] | None = None


Handler = Callable[[Call], Awaitable[Answer]]
Mark = Callable[[Compiled], str]
Event = Callable[[Compiled], bytes]
"""What a stream tells of the programme, and by what it knows that there is something to tell."""


class Place(msgspec.Struct, frozen=True):
    """A path (or, ending in `/`, what stands below it), how it is asked, and where its key stands: in the path or beside it."""

    method: str
    prefix: str
    handler: Handler
    key_in_path: bool = False

    def fits(self, path: str) -> bool:
        """Whether a path belongs here."""
        return path == self.prefix or (
            self.prefix.endswith("/") and path.startswith(self.prefix) and len(path) > len(self.prefix)
        )


def json(body: object, status: int = 200, *headers: cors.Header) -> Answer:
    """An answer in JSON."""
    return Answer(msgspec.json.encode(body), status, [JSON, *headers])


class Gate:
    """Leads requests of foreign protocols to their handlers, and everything else on."""

    def __init__(self, delivery: Delivery, doors: Doors) -> None:
        """With the sources and the committing door of `doors`."""
        self.delivery = delivery
        self.doors = doors
        self._places: list[Place] = []
        self._prefixes: tuple[str, ...] = ()
        self._asked = Buckets(ANSWERS)
        self._compiling: asyncio.Task[Compiled] | None = None
        self._open = 0
        self._streams: Counter[str] = Counter()
        """Open streams by key, and by address where the key is a browser's."""

    def add(self, *places: Place) -> None:
        """Answer these paths."""
        self._places.extend(places)
        self._prefixes = tuple(place.prefix for place in self._places)

    def around(self, application: Application) -> Application:
        """An ASGI application that answers the foreign paths itself and leaves the rest to `application`."""

        async def routed(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"].startswith(self._prefixes):
                path = requests.path(scope)
                places = [place for place in self._places if place.fits(path)]
                if places:
                    await self._answer(places, path, scope, receive, send)
                    return
            await application(scope, receive, send)

        return routed

    async def _answer(self, places: list[Place], path: str, scope: Any, receive: Any, send: Any) -> None:
        found = requests.headers(scope)
        place = next((each for each in places if each.method == scope["method"]), None)
        if scope["method"] == "OPTIONS":
            await _send(send, Answer(b"", 204, cors.preflight(found.origin, found.asked_headers)), receive)
            return
        if place is None:
            allowed = b", ".join([*(each.method.encode() for each in places), b"OPTIONS"])
            said = {"code": "method_not_allowed", "message": f"{scope['method']} is not possible here."}
            answer = json(said, 405, (b"allow", allowed))
        else:
            answer = await self._handled(place, path, scope, found, receive)
        await _send(
            send, msgspec.structs.replace(answer, headers=[*answer.headers, *cors.headers(found.origin)]), receive
        )

    async def _handled(self, place: Place, path: str, scope: Any, found: requests.Headers, receive: Any) -> Answer:
        try:
            call = self._call(place, path, scope, found)
            if place.method == "POST":
                if requests.declared_size(found) > MOST_ASKED and found.content_length is not None:
                    raise TooLarge(f"A question has at most {MOST_ASKED} bytes.")
                call.body = await requests.body(receive)
                if len(call.body) > MOST_ASKED:
                    raise TooLarge(f"A question has at most {MOST_ASKED} bytes.")
            return await place.handler(call)
        except ResaError as error:
            retry = error.details.get("retry_after")
            headers = [(b"retry-after", str(retry).encode())] if retry else []
            return json({"success": False, **error.body()}, error.status, *headers)
        except Exception:  # the process's edge: the log learns what happened, the caller that it did
            log.exception("%s %s failed", place.method, place.prefix)
            said = {"code": "internal", "message": "Something went wrong on the server."}
            return json({"success": False, "errorDetails": said["message"], **said}, 500)

    def _call(self, place: Place, path: str, scope: Any, found: requests.Headers) -> Call:
        query = parse_qs(
            scope.get("query_string", b"").decode("latin-1")[:4096], keep_blank_values=True, max_num_fields=50
        )
        more = {name: value for name, value in scope["headers"] if name in (b"x-api-key", b"if-none-match")}
        address = requests.address(scope, found)
        if place.key_in_path:
            key: str | None = unquote(path[len(place.prefix) :])
        else:
            key = (
                more.get(b"x-api-key", b"").decode("latin-1")
                or next((query[name][0] for name in ("client_key", "key") if name in query), None)
                or requests.write_key(scope, found)
            )
        source = self.doors.sources.find(key) if key else None
        if source is None:
            raise Unknown("There is no source with this key. Use the write key of a source as the client key.")
        if source.browser and address not in LOCAL:
            if wait := self._asked.wait(address):
                raise Busy("This address asks more than its share.", retry_after=max(1, round(wait)))
            self._asked.take(address, 1)
        return Call(scope["method"], path, query, found, more, address, source)

    async def programme(self) -> Compiled:
        """The programme in force. After a change one thread compiles it, for all who wait; nobody else's request is held up."""
        programme = self.delivery.programme
        while (now := programme.fresh()) is None:  # again, should it have been changed meanwhile
            if self._compiling is None or self._compiling.done():
                self._compiling = asyncio.ensure_future(asyncio.to_thread(programme.current))
            await asyncio.shield(self._compiling)
        return now

    async def take(self, call: Call, items: list[dict[str, Any]]) -> bytes:
        """Let events that a protocol brings into the log, as if they came through the collecting door."""
        return await self.doors.segment.take(
            msgspec.json.encode({"batch": items}), call.source, call.address, call.headers
        )

    def streamed(self, call: Call, mark: Mark, event: Event, *, at_once: bool) -> Answer:
        """A stream of server-sent events: `event` whenever `mark` changes. Capped for each key, each address and in all."""
        key = call.source.key
        near = f"at {call.address}" if call.source.browser and call.address not in LOCAL else None
        crowded = near is not None and self._streams.get(near, 0) >= MOST_STREAMS_OF_AN_ADDRESS
        if crowded or self._open >= MOST_STREAMS or self._streams.get(key, 0) >= MOST_STREAMS_OF_A_KEY:
            raise Busy("Too many streams are open.", retry_after=30)
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        return Answer(headers=headers, stream=self._events((key, near), mark, event, at_once))

    async def _events(
        self, whose: tuple[str, str | None], mark: Mark, event: Event, at_once: bool
    ) -> AsyncGenerator[bytes, None]:
        self._open += 1
        self._streams.update(name for name in whose if name is not None)
        try:
            seen = "" if at_once else mark(await self.programme())
            yield b": open\nretry: 2000\n\n"
            for tick in range(int(STREAM_SECONDS / TICK)):
                if not self.doors.open:
                    return
                now = await self.programme()
                if mark(now) != seen:
                    seen = mark(now)
                    yield event(now)
                elif tick % BEATS == BEATS - 1:
                    yield b": still here\n\n"
                await asyncio.sleep(TICK)
        finally:
            self._open -= 1
            self._streams.subtract(name for name in whose if name is not None)
            self._streams += Counter()  # forgets who has none left


def read(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Refused."""
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Refused("body", None, "this is no JSON.", "Send one JSON object.") from None
    if not isinstance(found, dict):
        raise Refused("body", None, "this is no object.", "Send one JSON object.")
    return found


def member(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within an object; empty where there is none. Raises Refused for something else."""
    found = body.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refused(name, None, "is no object.", "Send an object, or leave it out.")
    return found


async def _send(send: Any, answer: Answer, receive: Any) -> None:
    headers = list(answer.headers)
    if answer.stream is None:
        if answer.status not in (204, 304):
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    gone = asyncio.ensure_future(_gone(receive))
    try:
        while (part := await _next(answer.stream, gone)) is not None:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        await answer.stream.aclose()


async def _next(stream: AsyncGenerator[bytes, None], gone: asyncio.Future[None]) -> bytes | None:
    """The next part of a stream; None at its end, or once the client is gone."""
    part = asyncio.ensure_future(anext(stream, None))
    either: set[asyncio.Future[Any]] = {part, gone}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if part.done():
        return part.result()
    part.cancel()
    await asyncio.wait({part})
    return None


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
