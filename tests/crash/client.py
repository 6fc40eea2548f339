"""A client that keeps its own books: what it sent, and what the server acknowledged before it died."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITE_KEY = "crash-write-key"
API_KEY = "resa_crash_0123456789abcdef0123456789abcdef"


PATIENCE = 90
"""Seconds for one answer: a machine may be busy, and both processes may be held for a while."""
_PROGRAM = """
import faulthandler, signal
faulthandler.register(signal.SIGUSR1)
from resa.cli import main
main()
"""
_READY = re.compile(r"Resa is ready: http://[^\n]*:(\d+)/app/")


class Died(Exception):
    """The server did not answer (any more)."""


@dataclass
class Server:
    """`resa serve` in a process of its own, to be killed."""

    data: Path
    crash_at: str | None = None
    seal_events: int = 400
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] = field(init=False)
    printed: Path = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        """Start it and read its address from what it prints."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RESA_")}
        environment |= {"RESA_WRITE_KEY": WRITE_KEY, "RESA_API_KEY": API_KEY, "RESA_SEAL_EVENTS": str(self.seal_events)}
        environment |= self.settings
        if self.crash_at:
            environment["RESA_CRASH_AT"] = self.crash_at
        command = [sys.executable, "-c", _PROGRAM, "serve", "--data", str(self.data), "--port", "0"]
        self.printed = self.data.parent / f"{self.data.name}.log"
        with self.printed.open(
            "wb"
        ) as log:  # no pipe: nobody reads it, and once it is full who writes to it stands still
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        while (ready := _READY.search(self.printed.read_text())) is None:
            if self.process.poll() == -signal.SIGKILL:
                raise Died("killed while starting")
            assert self.process.poll() is None, self.printed.read_text()
            time.sleep(0.02)
        self.port = int(ready[1])

    def kill(self) -> None:
        """`kill -9`, by its own process id."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it as an operator would."""
        self.process.terminate()
        self.process.wait(timeout=60)

    def call(self, method: str, path: str, body: Any = None, *, key: str = API_KEY) -> Any:
        """One request; what its JSON says."""
        return json.loads(self.text(path, method, body, key=key))

    def text(self, path: str, method: str = "GET", body: Any = None, *, key: str = API_KEY) -> str:
        """One request on a connection of its own; Died if there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except TimeoutError:
            raise AssertionError(f"{method} {path} is not answered: {self._stacks()}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Died(str(error)) from None
        finally:
            connection.close()
        assert answer.status < 300, (answer.status, text)
        return text.decode()

    def _stacks(self) -> str:
        """Where its threads stand: who does not answer and is not dead either has a fault."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(1)
        return self.printed.read_text()[-20_000:]

    def sql(self, question: str) -> list[list[Any]]:
        """Rows of a question in SQL."""
        rows: list[list[Any]] = self.call("POST", "/api/sql", {"sql": question})["rows"]
        return rows

    def settled(self) -> None:
        """Wait until everything committed is landed."""
        for _ in range(600):
            health = self.call("GET", "/health")
            if health["row"] == health["landed"]:
                return
            time.sleep(0.02)
        raise AssertionError(health)


@dataclass
class Ledger:
    """The client's own books, with a seeded stream of batches to send."""

    seed: int
    sent: int = 0
    acknowledged: set[str] = field(default_factory=set)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Start the stream."""
        self.random = random.Random(self.seed)

    def batch(self) -> list[dict[str, Any]]:
        """The next 1 to 60 events of 40 visitors; some log in, some times lie months back."""
        return [self._event() for _ in range(self.random.randint(1, 60))]

    def _event(self) -> dict[str, Any]:
        self.sent += 1
        who = self.random.randint(0, 39)
        at = time.time() - self.random.choice([0, 0, 0, 3_600, 86_400, 6 * 86_400])
        event: dict[str, Any] = {
            "messageId": f"m-{self.seed}-{self.sent}",
            "anonymousId": f"a{who}",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at)),
        }
        if self.random.random() < 0.05:
            event |= {"type": "identify", "userId": f"u{who}", "traits": {"visits": self.sent}}
        else:
            event |= {"type": "track", "event": f"Event {self.random.randint(0, 9)}", "properties": {"n": self.sent}}
        self.told[event["messageId"]] = event
        return event

    def send_until_death(self, server: Server, seconds: float) -> bool:
        """Send batches, sometimes one again, until the server dies (True) or time is up (False)."""
        until = time.monotonic() + seconds
        before: list[dict[str, Any]] = []
        while time.monotonic() < until:
            batch = before if before and self.random.random() < 0.1 else self.batch()
            try:
                answer = server.call("POST", "/v1/batch", {"batch": batch, "writeKey": WRITE_KEY}, key="")
            except Died:
                return True
            assert answer["failed"] == [], answer
            self.acknowledged.update(event["messageId"] for event in batch)
            before = batch
        return False


def check(server: Server, ledger: Ledger) -> None:
    """Every acknowledged event is there once, nothing is there twice; profiles, journeys and views agree."""
    server.settled()
    events: dict[str, int] = {}
    for start in range(0, ledger.sent + 1, 5_000):
        low, high = start, start + 5_000
        rows = server.sql(
            f'SELECT message_id, "row" FROM events WHERE source <> \'resa\' AND "row" >= {low} AND "row" < {high}'
        )
        for message_id, row in rows:
            assert message_id not in events, f"{message_id} is there twice"
            events[message_id] = row
    missing = ledger.acknowledged - events.keys()
    assert not missing, f"{len(missing)} acknowledged events are missing, such as {sorted(missing)[:3]}"
    assert events.keys() <= ledger.told.keys()
    assert sorted(events.values()) == list(range(len(events))), "rows are not dense"
    _check_profiles(server, ledger, set(events))


def _check_profiles(server: Server, ledger: Ledger, landed: set[str]) -> None:
    """Counters (state), timelines (index) and the view (body) of each visitor against the books."""
    expected: dict[str, int] = {}
    for message_id in landed:
        who = ledger.told[message_id]["anonymousId"][1:]
        expected[who] = expected.get(who, 0) + 1
    views = {
        email: count
        for email, count in server.sql(
            "SELECT any_value(coalesce(anonymous_id, user_id))[2:], count(*) FROM events GROUP BY profile"
        )
    }
    assert views == expected
    for _ in range(200):
        cards = server.call("GET", "/api/customers?limit=200")["items"]
        if sum(card["events"] for card in cards) == len(landed):
            break
        time.sleep(0.02)
    assert sum(card["events"] for card in cards) == len(landed)
    for card in cards[:5]:
        timeline = server.call("GET", f"/api/customers/{card['profile']}/timeline?limit=500")["items"]
        assert len(timeline) == min(500, card["events"])
