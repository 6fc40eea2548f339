"""The whole scale-out configuration as a real server: PostgreSQL, a lake, a Spark cluster, events over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyarrow.dataset as ds
import pytest

from tests.servers import spark

pytestmark = [pytest.mark.spark, pytest.mark.postgres, pytest.mark.full, pytest.mark.timeout(1800)]

WRITE_KEY, API_KEY = "wk_scale_out_test", "ak_scale_out_test_0123456789"
STEPS = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed")
CUSTOMERS = 40


class Scaled:
    """How a scaled-out server is started: everything but the data directory is shared."""

    def __init__(self, folder: Path, state: str, cluster: spark.Cluster) -> None:
        """Settings by their environment variables, as a person would give them."""
        self.folder = folder
        self.lake = folder / "lake"
        self.environment = {
            **os.environ,
            **cluster.environment,
            "RESA_STATE": state,
            "RESA_LAKE": str(self.lake),
            "RESA_SPARK": cluster.master,
            "RESA_PORT": "0",
            "RESA_WRITE_KEY": WRITE_KEY,
            "RESA_API_KEY": API_KEY,
        }

    def start(self, data: str) -> tuple[subprocess.Popen[bytes], Path]:
        """A server on a data directory of that name; its process and its log."""
        log = self.folder / f"{data}.log"
        with log.open("wb") as out:
            environment = {**self.environment, "RESA_DATA": str(self.folder / data)}
            command = [str(Path(sys.executable).parent / "resa"), "serve"]
            return subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=self.folder), log

    @contextmanager
    def serving(self, data: str, *, end: signal.Signals) -> Iterator[httpx.Client]:
        """A client of a running server, which is ended by `end`."""
        process, log = self.start(data)
        try:
            url = eventually(lambda: re.search(r"Resa is ready: (http://\S+)/app/", log.read_text()), log.read_text)
            headers = {"Authorization": f"Bearer {API_KEY}"}
            with httpx.Client(base_url=url.group(1), headers=headers, timeout=600) as client:
                yield client
        finally:
            process.send_signal(end)
            process.wait(60)


def eventually(found: Callable[[], Any], otherwise: Callable[[], Any], seconds: float = 400) -> Any:
    """The first truthy result; after `seconds` the test fails and shows what is there otherwise."""
    until = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < until, otherwise()
        time.sleep(0.3)
    return result


@pytest.fixture
def scaled(tmp_path: Path, postgres_url: str, spark_cluster: spark.Cluster) -> Scaled:
    """The configuration, nothing of it used yet."""
    return Scaled(tmp_path, postgres_url, spark_cluster)


def send(client: httpx.Client, customers: range) -> None:
    """Each customer goes as far as the number says; sent as any Segment SDK would."""
    batch = [
        {"type": "track", "event": name, "userId": f"u{n}", "messageId": f"{n}-{place}", "properties": {"revenue": 5}}
        for n in customers
        for place, name in enumerate(STEPS[: n % 4 + 1])
    ]
    answer = client.post("/v1/batch", json={"batch": batch}, auth=(WRITE_KEY, ""))
    assert answer.status_code == 200, answer.text


def stages(client: httpx.Client) -> dict[str, int]:
    """Customers in each stage of the map that a new workspace has."""
    numbers = client.get("/api/journeys/customer-journey/numbers")
    assert numbers.status_code == 200, numbers.text
    return {stage["key"]: stage["customers"] for stage in numbers.json()["stages"]}


def events_in(client: httpx.Client) -> int:
    """Events of the last days as the home page counts them: a set question, answered by Spark."""
    home = client.get("/api/home")
    assert home.status_code == 200, home.text
    return int(home.json()["totals"]["events"])


def landed(client: httpx.Client) -> int:
    return int(client.get("/health").json()["landed"])


def test_events_sent_by_http_are_the_numbers_of_the_map_and_survive_the_loss_of_the_machine(scaled: Scaled) -> None:
    sent = sum(n % 4 + 1 for n in range(CUSTOMERS))
    with scaled.serving("first", end=signal.SIGKILL) as client:
        send(client, range(CUSTOMERS))
        send(client, range(CUSTOMERS))  # a client's retry: the same message ids
        eventually(lambda: landed(client) >= sent, lambda: client.get("/health").text)
        eventually(lambda: max(stages(client).values()) == CUSTOMERS, lambda: stages(client))
        first = stages(client)
        assert events_in(client) == sent
        people = client.get("/api/journeys/customer-journey/people", params={"cell": f"stage:{most(first)}"})
        assert people.json()["total"] == first[most(first)]
        rival, log = scaled.start("rival")
        assert rival.wait(60) != 0
        assert "Another server has this PostgreSQL database open" in log.read_text()

    files = list(scaled.lake.rglob("*.parquet"))
    assert ds.dataset([str(file) for file in files]).count_rows() >= sent

    # Another machine: nothing of the first one's data directory is there.
    with scaled.serving("second", end=signal.SIGTERM) as client:
        assert stages(client) == first
        assert client.get("/api/live?limit=1").json()["items"][0]["message_id"] == f"{CUSTOMERS - 1}-3"
        send(client, range(CUSTOMERS, CUSTOMERS + 4))
        eventually(lambda: landed(client) >= sent + 10, lambda: client.get("/health").text)
        assert events_in(client) == sent + 10
        eventually(lambda: max(stages(client).values()) == CUSTOMERS + 4, lambda: stages(client))


def most(stages: dict[str, int]) -> str:
    return max(stages, key=lambda key: stages[key])
