"""`kill -9` while memberships are written: everybody enters once, and whoever is in is known to be in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.client import Died, Server

PEOPLE = 6


def _send(server: Server, life: int) -> None:
    """Each of these people buys something; in every life of the server there are some more."""
    for who in range(life * PEOPLE, (life + 1) * PEOPLE):
        event = {"type": "track", "event": "Bought", "messageId": f"m-{who}", "anonymousId": f"a-{who}"}
        server.call("POST", "/v1/batch", {"batch": [event]}, key=WRITE)


WRITE = "crash-write-key"


def _lived(data: Path, crash_at: str | None, life: int) -> None:
    """One life: as far as it gets."""
    try:
        server = Server(data, crash_at)
    except Died:
        return
    try:
        _send(server, life)
        server.settled()
        server.settled()
    except (Died, AssertionError):
        pass
    finally:
        server.kill()


def survives(data: Path, points: list[str]) -> None:
    """Die at each of these points, then look what is known."""
    server = Server(data)
    rule = {"did": {"any": [{"name": "Bought"}], "within": "30 days"}}
    server.call("POST", "/api/audiences", {"key": "buyers", "body": {"name": "Buyers", "rule": rule}})
    server.stop()
    for life, point in enumerate(points):
        _lived(data, point, life)
    server = Server(data)
    try:
        for life in range(len(points)):
            _send(server, life)  # what was lost before it was acknowledged; the rest is recognised
        everybody = len(points) * PEOPLE
        for _ in range(100):
            server.settled()
            told = server.sql("SELECT profile, properties FROM events WHERE name = 'Segment Entered'")
            if len(told) >= everybody:
                break
        entries = Counter(profile for profile, properties in told if "buyers" in json.dumps(properties))
        assert (len(entries), set(entries.values())) == (everybody, {1})
        page = server.call("GET", "/api/audiences/buyers/members?limit=200")
        assert {item["profile"] for item in page["items"]} == set(entries)
        assert server.sql("SELECT count(*) FROM events WHERE name = 'Segment Left'") == [[0]]
    finally:
        server.stop()


def test_everybody_enters_once_although_the_server_dies_as_it_writes(tmp_path: Path) -> None:
    survives(tmp_path / "data", ["audiences.before-cursor:1"])


@pytest.mark.full
@pytest.mark.timeout(900)
def test_everybody_enters_once_through_many_deaths(tmp_path: Path) -> None:
    points = [f"{point}:{times}" for point in ("audiences.before-cursor", "audiences.after") for times in (1, 2, 3)]
    survives(tmp_path / "data", [*points, "commit.after:8", "commit.before:7", "land.after:2"])
