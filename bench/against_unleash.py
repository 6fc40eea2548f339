"""A hundred flags for one visitor over HTTP: `POST /v1/decide` beside Unleash's `/api/frontend` on PostgreSQL, one after the other.

Half of the flags are on for everybody, half for a share of 50 %. Sixteen connections ask as fast as answers come. Unleash comes
from npm by name and version when it is first asked for. As it is shipped it answers 20,000 calls a minute and refuses the rest; that
limit is lifted here, and both ratios are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop

from bench import decide, load
from tests import npm
from tests.servers.postgres import Postgres

VERSION = "8.2.0"
TOKEN = "*:development.a-token-of-the-bench"
SHIPPED = 20_000 / 60
"""Calls a second that Unleash answers for long with its own settings (SDK_API_RATE_LIMIT_PER_MINUTE)."""
CONNECTIONS = 16
PROFILES = 1_000
CACHE = Path(__file__).parent.parent / ".stamps" / f"unleash-{VERSION}"
START = """
import { start } from 'unleash-server'
const [host, secret] = process.argv.slice(2)
const tokens = [{ environment: 'development', projects: ['*'], secret, type: 'frontend', tokenName: 'bench' }]
const { server } = await start({
  db: { host, port: 5432, user: 'resa', password: '', database: 'unleash', ssl: false, pool: { min: 0, max: 8 } },
  server: { host: '127.0.0.1', port: 0, enableRequestLogger: false },
  authentication: { type: 'none', initApiTokens: tokens },
  versionCheck: { enable: false },
  telemetry: false,
  rateLimiting: { sdkApiMaxPerMinute: 1e9, tokenAuthenticationMaxPerMinute: 1e9 },
  getLogger: () => ({ debug() {}, info() {}, warn() {}, error: console.error, fatal: console.error }),
})
console.log('port', server.address().port)
"""


class Asking(load.Connection):
    """A connection that asks for an address, one at a time."""

    async def post(self, body: bytes) -> tuple[int, float]:
        """The same with GET; `body` is the address."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %b\r\n\r\n" % (body, TOKEN.encode())
        )
        return await self._answer


@contextlib.contextmanager
def unleash(database: Postgres) -> Iterator[int]:
    """A running server with the flags; its port."""
    if not (CACHE / "node_modules").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        done = npm.npm("install", f"unleash-server@{VERSION}", "--no-audit", "--no-fund", "--ignore-scripts", cwd=CACHE)
        if done.returncode:
            raise SystemExit(f"Unleash can't be installed: {done.stderr[-500:]}")
    (CACHE / "start.mjs").write_text(START)
    database.database("unleash")
    child = subprocess.Popen(
        [npm.node(), "start.mjs", str(database.folder), TOKEN], cwd=CACHE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        port = next((int(line.split()[1]) for line in child.stdout if line.startswith("port ")), None)
        if port is None:
            raise SystemExit("Unleash did not start (see above).")
        _define(port)
        yield port
    finally:
        child.terminate()
        child.wait(timeout=60)


def _define(port: int) -> None:
    for number in range(decide.FLAGS):
        name = f"flag-{number}"
        _tell(port, "/api/admin/projects/default/features", {"name": name, "type": "release"})
        share = {"rollout": "50" if number % 2 else "100", "stickiness": "default", "groupId": name}
        at = f"/api/admin/projects/default/features/{name}/environments/development"
        _tell(port, f"{at}/strategies", {"name": "flexibleRollout", "parameters": share})
        _tell(port, f"{at}/on", {})
    time.sleep(15)  # until its own copy for front ends is fresh


def _tell(port: int, path: str, body: object) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", msgspec.json.encode(body), {"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"Unleash refused {path}: {error.read()[:300]!r}") from None


async def _ask(port: int, addresses: list[bytes], seconds: float) -> load.Outcome:
    outcome, started = load.Outcome(), time.perf_counter()

    async def worker(at: int) -> None:
        connection = Asking(port, "", "")
        await connection.open()
        for turn in range(at, 10**9, CONNECTIONS):
            if (sent := time.perf_counter()) - started >= seconds:
                break
            status, _ = await connection.post(addresses[turn % len(addresses)])
            if status != 200:
                raise RuntimeError(f"Unleash answered {status}.")
            outcome.events += 1
            outcome.latencies.append(time.perf_counter() - sent)
        connection.close()

    await asyncio.gather(*(worker(at) for at in range(CONNECTIONS)))
    outcome.seconds = time.perf_counter() - started
    return outcome


def _told(port: int, address: bytes) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{address.decode()}", headers={"Authorization": TOKEN})
    with urllib.request.urlopen(request) as answer:
        return len(json.loads(answer.read())["toggles"])


def main(seconds: float = 10.0) -> None:
    """Print both rates and their ratio."""
    postgres = Postgres()
    try:
        with unleash(postgres) as port:
            addresses = [b"/api/frontend?userId=visitor-%d" % number for number in range(PROFILES)]
            told = _told(port, addresses[0])
            uvloop.run(_ask(port, addresses, seconds / 2))
            theirs = uvloop.run(_ask(port, addresses, seconds))
    finally:
        postgres.stop()
    with tempfile.TemporaryDirectory() as folder:
        decide.seed(Path(folder), PROFILES)
        asked = decide.questions(PROFILES, placements=[], flags=True, count=2_000)
        with decide.serving(Path(folder)) as server:
            uvloop.run(decide.ask(server, asked, seconds / 2, None))
            ours = uvloop.run(decide.ask(server, asked, seconds, None))
    for name, outcome in (("ours", ours), (f"Unleash {VERSION}", theirs)):
        print(
            f"{name:16} {outcome.rate:8,.0f}/s  p50 {outcome.quantile(0.5):6.2f} ms  p99 {outcome.quantile(0.99):6.2f} ms"
        )
    print(
        f"{ours.rate / theirs.rate:.1f} times as many, {ours.rate / SHIPPED:.1f} times what it answers as shipped; "
        f"{decide.FLAGS} flags, of which Unleash tells the {told} that are on, and we tell all"
    )


if __name__ == "__main__":
    main()
