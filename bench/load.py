"""A load generator in a process of its own: prepared HTTP requests over a few kept-alive connections, loopback only."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import cast

import msgspec

MARK = b"@@@@@@@@"
"""In prepared bodies; replaced before each sending so that no message id comes twice."""


@dataclass
class Outcome:
    """What one run of the generator saw. Latencies in seconds."""

    events: int = 0
    refused: int = 0
    marked: int = 0
    """Answers that held the telltale."""
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Acknowledged events per second."""
        return self.events / self.seconds if self.seconds else 0.0

    def quantile(self, q: float) -> float:
        """A latency quantile in milliseconds."""
        if len(self.latencies) < 2:
            return float("nan")
        return 1000 * statistics.quantiles(self.latencies, n=1000, method="inclusive")[round(q * 1000) - 1]


def bodies(count: int, events: int, *, customers: int, seed: int = 1, size: int = 450) -> list[bytes]:
    """`count` batches of `events` events of about `size` bytes, by customers of realistic skew (a few do much)."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        batch = [_event(chance, number * events + i, customers, size) for i in range(events)]
        made.append(msgspec.json.encode({"batch": batch, "sentAt": None}))
    return made


NAMES = ["Product Viewed", "Product List Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed"]


def _event(chance: random.Random, number: int, customers: int, size: int) -> dict[str, object]:
    who = min(
        customers - 1,
        int(chance.paretovariate(0.8)) * 7919 % customers if chance.random() < 0.5 else chance.randrange(customers),
    )
    name = NAMES[min(len(NAMES) - 1, int(chance.expovariate(0.9)))]
    event: dict[str, object] = {
        "type": "track",
        "event": name,
        "messageId": f"{MARK.decode()}-{number}",
        "anonymousId": f"visitor-{who}",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "page": {"path": f"/p/{number % 50}"}},
        "properties": {"product_id": f"sku-{number % 5000}", "price": round(chance.uniform(1, 200), 2)},
    }
    if name == "Order Completed":
        event["properties"] = {
            "order_id": f"o-{number}",
            "revenue": round(chance.uniform(5, 300), 2),
            "currency": "EUR",
        }
    if chance.random() < 0.01:
        event |= {
            "type": "identify",
            "userId": f"user-{who}",
            "traits": {"plan": chance.choice(["free", "pro"]), "email": f"u{who}@shop.test"},
        }
    short = size - len(msgspec.json.encode(event))
    if short > 20:
        event["integrations"] = {"pad": "x" * (short - 30)}
    return event


class Connection(asyncio.Protocol):
    """One kept-alive HTTP connection that posts prepared bodies, one at a time; reads no more of an answer than it must.

    The generator shares the server's cores: what it spends is missing there.
    """

    def __init__(self, port: int, path: str, key: str, telltale: bytes | None = None) -> None:
        """To this machine only. `marked` counts answers that hold the telltale."""
        self._telltale = telltale
        self.marked = 0
        self._port = port
        auth = b64encode(f"{key}:".encode()).decode()
        self._head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {auth}\r\nContent-Type: application/json\r\n".encode()
        self._held = b""
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[tuple[int, float]]

    async def open(self) -> None:
        """Connect."""
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is none by its class

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer gets none."""
        if hasattr(self, "_answer") and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("The server hung up."))

    def data_received(self, data: bytes) -> None:
        """Part of an answer, most often all of it."""
        held = self._held + data
        end = held.find(b"\r\n\r\n")
        if end < 0:
            self._held = held
            return
        head = held[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(held) < end + 4 + length:
            self._held = held
            return
        self._held = b""
        if self._telltale is not None and self._telltale in held:
            self.marked += 1
        wait = float(head.split(b"retry-after:")[1].split(b"\r\n")[0]) if b"retry-after:" in head else 0.0
        self._answer.set_result((int(head[9:12]), wait))

    async def post(self, body: bytes) -> tuple[int, float]:
        """Status and the seconds to wait that the answer asks for (0 if none)."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body))
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def run(
    port: int,
    prepared: list[bytes],
    *,
    key: str,
    events: int,
    seconds: float,
    connections: int,
    path: str = "/v1/batch",
    rate: float | None = None,
    retry: bool = True,
    telltale: bytes | None = None,
) -> Outcome:
    """Post for `seconds`, as fast as answers come or at `rate` events/s; a refused body is sent again after the time asked for."""
    outcome = Outcome()
    started = time.perf_counter()
    number = 0

    def next_body() -> bytes:
        nonlocal number
        number += 1
        return prepared[number % len(prepared)].replace(
            MARK, b"%08x" % (number + int(started * 1000) % 2**24 * 256 & 0xFFFFFFFF)
        )

    async def worker(at: int) -> None:
        connection = Connection(port, path, key, telltale)
        await connection.open()
        turn = 0
        while (now := time.perf_counter()) - started < seconds:
            if rate is not None:
                due = started + (turn * connections + at) * events / rate
                turn += 1
                if due > now:
                    await asyncio.sleep(due - now)
            body = next_body()
            sent = time.perf_counter()
            status, wait = await connection.post(body)
            while status in (429, 503):
                outcome.refused += events
                if not retry or time.perf_counter() - started > seconds + 30:
                    break
                await asyncio.sleep(wait)
                status, wait = await connection.post(body)
            if status == 200:
                outcome.events += events
                outcome.latencies.append(time.perf_counter() - sent)
            elif status not in (429, 503):
                raise RuntimeError(f"The server answered {status}.")
        outcome.marked += connection.marked
        connection.close()

    await asyncio.gather(*(worker(at) for at in range(connections)))
    outcome.seconds = time.perf_counter() - started
    return outcome
