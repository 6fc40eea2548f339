"""`decide` over HTTP: 5 placements, 50 experiences, a million profiles on disk, at 500 questions a second; and 100 flags at once."""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import psutil
import uvloop

from bench import load
from bench.ingest import BATCH, Running
from bench.ingest_server import KEY
from resa import app
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from resa.settings import Settings

API_KEY = "resa_" + "b" * 43
PLACEMENTS = 5
EXPERIENCES = 50
FLAGS = 100
TIMED_OUT = b'"code":"timeout"'
WARM_MS = 20.0
WARM_SECONDS = 0.5
"""Processor time of a second in which the server only answers a hundred questions: less, once everything is loaded."""
SEEDED_AT_ONCE = 10_000
NAMES = ("Product Viewed", "Product Added", "Order Completed")
AUDIENCES = [f"audience-{number}" for number in range(10)]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.decide")
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    told = parser.parse_args([each for each in sys.argv[1:] if each.startswith("-") or each.replace(".", "").isdigit()])
    measure(told.profiles, told.rate, told.seconds)


def measure(profiles: int, rate: float, seconds: float) -> None:
    """Seed a directory, then ask."""
    with tempfile.TemporaryDirectory() as folder:
        seed(Path(folder), profiles)
        asked = questions(profiles)
        flags = questions(profiles, placements=[], flags=True, count=2_000)
        with serving(Path(folder)) as server:
            _warm(server, asked)
            _report(
                f"ingest idle, {rate:.0f}/s", *_timed(server, lambda: uvloop.run(ask(server, asked, seconds, rate)))
            )
            _report(
                f"beside 5,000 events/s and a running question, {rate:.0f}/s",
                *_timed(server, lambda: uvloop.run(_beside(server, asked, seconds, rate))),
                shared=True,
            )
            _report(
                "as fast as they come, 16 connections",
                *_timed(server, lambda: uvloop.run(ask(server, asked, seconds / 2, None))),
            )
            _report(
                f"{FLAGS} flags, as fast as they come, 16 connections",
                *_timed(server, lambda: uvloop.run(ask(server, flags, seconds / 2, None))),
            )


def _warm(server: Running, asked: list[bytes]) -> None:
    """Ask slowly until an answer takes no longer than one: memberships are in memory then, kernels and definitions compiled."""
    for _ in range(60):
        before = server.cpu
        outcome = uvloop.run(ask(server, asked, 1.0, 100.0))
        if outcome.quantile(0.99) < WARM_MS and server.cpu - before < WARM_SECONDS:
            return


def _report(label: str, outcome: load.Outcome, cpu: float, *, shared: bool = False) -> None:
    each = "" if shared else f", {cpu / max(1, outcome.events) * 1e6:.0f} us of processor time each"
    print(
        f"{label:58} {outcome.rate:8,.0f}/s  p50 {outcome.quantile(0.5):6.2f} ms  p99 {outcome.quantile(0.99):6.2f} ms{each}"
        f"; {outcome.marked} of {outcome.events} answers were time-out defaults"
    )


def _timed(server: Running, work: Any) -> tuple[load.Outcome, float]:
    before = server.cpu
    outcome: load.Outcome = work()
    return outcome, server.cpu - before


async def ask(server: Running, bodies: list[bytes], seconds: float, rate: float | None) -> load.Outcome:
    return await load.run(
        server.port,
        bodies,
        key=KEY,
        events=1,
        seconds=seconds,
        connections=16,
        path="/v1/decide",
        rate=rate,
        retry=False,
        telltale=TIMED_OUT,
    )


async def _beside(server: Running, bodies: list[bytes], seconds: float, rate: float) -> load.Outcome:
    """Ask while events come and an analyst's question runs over and over."""
    batches = load.bodies(200, BATCH, customers=100_000)
    events = asyncio.create_task(
        load.run(server.port, batches, key=KEY, events=BATCH, seconds=seconds, connections=4, rate=5_000)
    )
    questions = asyncio.create_task(asyncio.to_thread(_question, server.port, seconds))
    outcome = await ask(server, bodies, seconds, rate)
    taken = await events
    asked = await questions
    print(f"  meanwhile {taken.rate:,.0f} events/s were taken and {asked} questions answered")
    return outcome


def _question(port: int, seconds: float) -> int:
    sql = "SELECT name, count(*), count(DISTINCT profile) FROM events GROUP BY name ORDER BY 2 DESC"
    asked = 0
    loop = asyncio.new_event_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/sql",
            data=msgspec.json.encode({"sql": sql}),
            headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            answer.read()
        asked += 1
    loop.close()
    return asked


# -- what is there -------------------------------------------------------------------------------------------------


def questions(
    profiles: int, *, placements: list[str] | None = None, flags: bool = False, count: int = 20_000
) -> list[bytes]:
    """Visitors at random, a fifth of them never seen, on the pages and campaigns that experiences are for."""
    chance = random.Random(7)
    asked = [f"place-{n}" for n in range(PLACEMENTS)] if placements is None else placements
    made = []
    for number in range(count):
        who = chance.randrange(profiles * 5 // 4)
        url = f"https://shop.example/p/{chance.randrange(20)}?utm_source=s{chance.randrange(20)}"
        context = {
            "page": {"url": url, "path": "/p"},
            "locale": chance.choice(["en", "sv-SE", "de"]),
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "consent": {"categoryPreferences": {"personalization": number % 3 > 0}},
        }
        body = {"anonymousId": f"visitor-{who}", "placements": asked, "flags": flags, "context": context}
        made.append(msgspec.json.encode(body))
    return made


def seed(folder: Path, profiles: int) -> None:
    """Customers first, then audiences over them, which are filled from history: nobody is told of a million entries."""
    workspace = Workspace.open(Settings(data=folder, write_key=KEY))
    app.create(workspace)  # registers the kinds
    workspace.start()
    started, now = time.monotonic(), workspace.clock()
    for first in range(0, profiles, SEEDED_AT_ONCE):
        drafts = [_visited(number, now) for number in range(first, min(first + SEEDED_AT_ONCE, profiles))]
        workspace.committer.submit_sync(drafts)
    workspace.settle(600)
    _define(workspace)
    while any(workspace.memberships.count(key) is None for key in AUDIENCES):
        time.sleep(0.05)
    workspace.settle(600)
    workspace.close()
    print(
        f"{profiles:,} profiles, {PLACEMENTS} placements, {EXPERIENCES} experiences, made in "
        f"{time.monotonic() - started:.0f} s; generator aboard, {psutil.cpu_count()} cores"
    )


def _visited(number: int, now: int) -> Draft:
    known = number % 10 == 0
    return Draft(
        message_id=f"seed-{number}",
        type="identify" if known else "track",
        name="" if known else NAMES[number % 3],
        time=now - number % (30 * 86_400_000),
        received_at=now,
        anonymous_id=f"visitor-{number}",
        channel="web",
        source="seed",
        properties='{"firstName":"Ada","plan":"pro"}' if known else "{}",
    )


def _define(workspace: Workspace) -> None:
    def save(kind: str, key: str, **body: Any) -> None:
        workspace.definitions.save(kind, key, {"name": key, **body}, expected=None, author="bench")

    for number, key in enumerate(AUDIENCES):
        deed = {"any": [{"name": NAMES[number % 3]}]}
        save("audience", key, rule={"did": {**deed, "within": f"{number + 1} weeks"}})
    for number in range(FLAGS):
        rule = {"id": "r", "then": {"type": "force", "value": True, "coverage": 0.5}}
        save("flag", f"flag-{number}", type="boolean", default=False, rules=[rule] if number % 2 else [])
    for number in range(PLACEMENTS):
        save("placement", f"place-{number}")
    for number in range(EXPERIENCES):
        popup = number % 25 == 4
        text = 'Hello {{ trait.firstName | default: "you" }}' if number % 5 == 0 else "Hello"
        body = {"title": "Join"} if popup else {"text": text}
        save(
            "content", f"content-{number}", type="popup" if popup else "text", approval="approved",
            versions=[{"language": language, "body": body} for language in ("en", "sv")],
        )  # fmt: skip
        context: dict[str, Any] = {}
        if number % 3 == 0:
            context["pages"] = [{"pattern": f"/p/{number % 20}*"}]
        if number % 3 == 1:
            context["campaign"] = {"source": [f"s{number % 20}"]}
        arms = [{"key": "a", "content": f"content-{number}"}, {"key": "b", "content": f"content-{number}"}]
        save(
            "experience", f"experience-{number}", placement=f"place-{number % PLACEMENTS}", status="live",
            priority=number * 10, context=context, variations=arms,
            audience=f"audience-{number % 10}" if number % 3 == 2 else None,
        )  # fmt: skip


class serving:  # noqa: N801  # used as a function
    """A server on a directory that is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Running:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "bench.decide_server", str(self._folder), API_KEY], stdout=subprocess.PIPE, text=True
        )
        assert self._child.stdout is not None
        return Running(int(self._child.stdout.readline()), psutil.Process(self._child.pid))

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait(timeout=120)


if __name__ == "__main__":
    main()
