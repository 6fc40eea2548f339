"""Ingest: how much of what HTTP and decoding alone allow is left when events are durable, resolved, folded and landed."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import psutil
import uvloop

from bench import load
from bench.ingest_server import KEY

BATCH = 100


@dataclass
class Running:
    """A server under load."""

    port: int
    process: psutil.Process

    def health(self) -> dict[str, int]:
        """Rows committed and landed."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health") as answer:
            found: dict[str, int] = msgspec.json.decode(answer.read())
            return found

    @property
    def cpu(self) -> float:
        """Seconds of processor time used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        return float(self.process.memory_info().rss) / 2**20


@contextlib.contextmanager
def serving(shape: str) -> Iterator[Running]:
    """A server of one of the three shapes, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.ingest_server", shape, folder], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        try:
            yield Running(int(child.stdout.readline()), psutil.Process(child.pid))
        finally:
            child.terminate()
            child.wait(timeout=120)


def _flood(
    server: Running, prepared: list[bytes], seconds: float, connections: int = 32, rate: float | None = None
) -> load.Outcome:
    return uvloop.run(
        load.run(server.port, prepared, key=KEY, events=BATCH, seconds=seconds, connections=connections, rate=rate)
    )


def _catch_up(server: Running) -> float:
    """Seconds until everything committed is landed."""
    started = time.perf_counter()
    while (now := server.health())["landed"] < now["row"]:
        time.sleep(0.01)
    return time.perf_counter() - started


def _visible(server: Running, seconds: float, rate: float, prepared: list[bytes]) -> list[float]:
    """At `rate`, how long after an ack the event is visible to questions: sampled."""

    async def sample() -> list[float]:
        background = asyncio.create_task(
            load.run(server.port, prepared, key=KEY, events=BATCH, seconds=seconds, connections=4, rate=rate)
        )
        waits: list[float] = []
        while not background.done():
            row = (await asyncio.to_thread(server.health))["row"]  # acknowledged before this answer
            started = time.perf_counter()
            while (await asyncio.to_thread(server.health))["landed"] < row:
                await asyncio.sleep(0.005)
            waits.append(time.perf_counter() - started)
        await background
        return waits

    return uvloop.run(sample())


def main(seconds: float = 20.0) -> None:
    """Print the figures."""
    prepared = load.bodies(1000, BATCH, customers=100_000)
    size = sum(map(len, prepared)) / len(prepared) / BATCH
    print(
        f"Batches of {BATCH} events of {size:.0f} bytes, 100,000 customers, the generator on the same {psutil.cpu_count()} cores\n"
    )
    rates: dict[str, float] = {}
    for shape, label in (
        ("nothing", "writes nothing"),
        ("acknowledge", "ack path (tail, identity)"),
        ("whole", "whole path"),
    ):
        with serving(shape) as server:
            _flood(server, prepared, 3.0)  # warm: new names, new identities, compiled paths
            _catch_up(server) if shape == "whole" else None
            before = server.cpu
            outcome = _flood(server, prepared, seconds)
            lag = _catch_up(server) if shape == "whole" else 0.0
            spent = (server.cpu - before) / outcome.events
            rates[shape] = outcome.events / (outcome.seconds + lag)
            ratio = rates[shape] / rates["nothing"]
            extra = f", all landed {lag:.2f} s after the last ack" if shape == "whole" else ""
            print(
                f"{label:28} {rates[shape]:10,.0f} events/s  {ratio:5.2f} of writing nothing, "
                f"{spent * 1e6:.1f} us of CPU an event, {server.memory:,.0f} MB{extra}"
            )
    with serving("whole") as server:
        _flood(server, prepared, 3.0)
        half = rates["whole"] / 2
        outcome = _flood(server, prepared, seconds / 2, rate=half)
        print(
            f"\nat half load ({half:,.0f}/s)   ack p50 {outcome.quantile(0.5):.1f} ms, p99 {outcome.quantile(0.99):.1f} ms"
        )
        waits = sorted(_visible(server, seconds / 2, half, prepared))
        print(
            f"visible to questions after   p50 {waits[len(waits) // 2] * 1000:.0f} ms, at most {waits[-1] * 1000:.0f} ms ({len(waits)} samples)"
        )
        singles = load.bodies(200_000, 1, customers=100_000)
        singles = [msgspec.json.encode(msgspec.json.decode(body)["batch"][0]) for body in singles]
        calls = uvloop.run(
            load.run(server.port, singles, key=KEY, events=1, seconds=seconds / 2, connections=64, path="/v1/track")
        )
        print(
            f"single-event calls           {calls.rate:,.0f} calls/s, p50 {calls.quantile(0.5):.1f} ms, p99 {calls.quantile(0.99):.1f} ms"
        )
        before = server.memory
        flood = _flood(server, prepared, seconds / 2, connections=64)
        lag = _catch_up(server)
        print(
            f"flood by 64 connections      {flood.rate:,.0f} events/s taken, {flood.refused:,} told to wait, "
            f"memory {before:,.0f} -> {server.memory:,.0f} MB, landed {lag:.2f} s after"
        )


if __name__ == "__main__":
    main()
