"""`kill -9` under load, at random moments and at named points: nothing acknowledged is lost, nothing is twice."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.crash.client import Died, Ledger, Server, check

POINTS = [
    "commit.before",
    "commit.after",
    "profiles.before-cursor",
    "land.before-cursor",
    "land.after",
    "seal.before-write",
    "seal.after-write",
    "seal.after-rename",
    "seal.before-manifest",
    "seal.after-manifest",
    "seal.before-swap",
    "seal.after-swap",
    "compact.before-write",
    "compact.after-write",
    "compact.before-manifest",
    "compact.after-manifest",
    "compact.after-swap",
]


def _survive(data: Path, ledger: Ledger, crash_at: str | None, seconds: float) -> bool:
    """One life of a server under load; says whether it died by itself at the named point."""
    try:
        server = Server(data, crash_at)
    except Died:
        return True
    silent = ledger.send_until_death(server, seconds)
    if silent:
        server.process.wait(timeout=30)  # its sockets are gone a moment before the process is
    died = server.process.poll() == -signal.SIGKILL
    server.kill()
    return died


def _checked(data: Path, ledger: Ledger) -> None:
    server = Server(data)
    try:
        check(server, ledger)
    finally:
        server.stop()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    ledger = Ledger(seed=1)
    for crash_at in ("land.before-cursor:3", "seal.after-rename:1", None):
        _survive(tmp_path / "data", ledger, crash_at, 4 if crash_at else 1)
    _checked(tmp_path / "data", ledger)
    assert len(ledger.acknowledged) > 100


@pytest.mark.full
@pytest.mark.timeout(1500)
def test_nothing_acknowledged_is_lost_in_thirty_lives(tmp_path: Path) -> None:
    """Every named point and as many random moments, on one data directory, checked every few lives."""
    ledger, chance = Ledger(seed=2), random.Random(3)
    reached = set()
    lives = [f"{point}:{chance.randint(1, 3)}" for point in POINTS] + [None] * 13
    chance.shuffle(lives)
    for life, crash_at in enumerate(lives, 1):
        if _survive(tmp_path / "data", ledger, crash_at, 12 if crash_at else chance.uniform(0.2, 2.5)) and crash_at:
            reached.add(crash_at.partition(":")[0])
        if life % 6 == 0:
            _checked(tmp_path / "data", ledger)
    _checked(tmp_path / "data", ledger)
    assert len(lives) >= 20
    assert reached >= {p for p in POINTS if not p.startswith("compact")}, (
        f"never died at {sorted(set(POINTS) - reached)}"
    )
