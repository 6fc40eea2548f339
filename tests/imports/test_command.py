"""`resa import` as people call it: on its own, and through the server that has the data directory open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .files import ORDERS, orders

RESA = [sys.executable, "-c", "from resa.cli import main; main()"]


def resa(*told: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESA_")}
    return subprocess.run(
        [*RESA, *map(str, told)], capture_output=True, text=True, env=environment, timeout=120, check=False
    )


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Path]:
    """A data directory that a server has open."""
    data = tmp_path / "data"
    with subprocess.Popen(
        [*RESA, "serve", "--data", str(data), "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()
        yield data
        server.send_signal(signal.SIGINT)


def test_a_dry_run_then_an_import_then_nothing_more(tmp_path: Path) -> None:
    path, data = orders(tmp_path / "orders.csv", 40), tmp_path / "data"
    mapping = tmp_path / "orders.toml"
    mapping.write_text(ORDERS)
    dry = resa("import", "--data", data, "--mapping", mapping, "--dry-run", path)
    assert "40 records would become 40 events" in dry.stdout, dry.stderr
    assert not data.exists()
    first = resa("import", "--data", data, "--mapping", mapping, path)
    assert "40 events from 40 records" in first.stdout, first.stderr
    second = resa("import", "--data", data, "--mapping", mapping, path)
    assert "imported before, nothing to do" in second.stdout, second.stderr


def test_flags_describe_events_without_a_file(tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 5)
    told = (
        "--name",
        "Order Completed",
        "--time",
        "at",
        "--user-id",
        "customer",
        "--revenue",
        "amount",
        "--property",
        "city",
        "--only",
        "{order} > 2",
    )
    dry = resa("import", "--data", tmp_path / "data", "--dry-run", *told, path)
    assert "5 records would become 3 events; 0 would fail, 2 are skipped" in dry.stdout, dry.stderr
    assert '"properties":{"city":"Lund","revenue":3.25}' in dry.stdout


def test_a_server_that_runs_does_the_work(serving: Path, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 60)
    mapping = tmp_path / "orders.toml"
    mapping.write_text(ORDERS)
    until = time.monotonic() + 60
    while not (serving / "resa.sock").exists():
        assert time.monotonic() < until
    assert (serving / "resa.sock").stat().st_mode & 0o777 == 0o600
    done = resa("import", "--data", serving, "--mapping", mapping, path)
    assert "60 events from 60 records" in done.stdout, done.stderr
    refused = resa("import", "--data", serving, "--mapping", mapping, "--timezone", "Asia/Tokyo", path)
    assert refused.returncode == 1
    assert "--again" in refused.stderr


def test_mistakes_are_said_in_a_line(tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 1)
    for told, words in (
        (("--mapping", "nonsense"), "mapping"),
        (("--time", "at", "--name", "x"), "user_id"),
        (("--mapping", "otto_sample", "--name", "x"), "mixed"),
    ):
        answer = resa("import", "--data", tmp_path / "data", *told, path)
        assert answer.returncode == 1
        assert words in answer.stderr
        assert "Traceback" not in answer.stderr
