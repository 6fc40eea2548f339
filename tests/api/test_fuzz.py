"""The whole API against its own document: schemathesis makes calls that fit it, nearly fit it and do not fit at all.

Nothing may end in a 5xx, in a status or a content the document does not name, or be open to a stranger; and what
all those calls wrote must not stop a projection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import schemathesis
from litestar import Litestar
from schemathesis import BaseSchema
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from resa import openapi
from resa.access import keys, team
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from tests.cast import hashed_password

LEFT_OUT = (
    ("GET", "/api/live/stream"),  # never ends
    ("DELETE", "/api/keys/{key_id}"),  # would end the fuzz itself: its key, its owner, its source
    ("PATCH", "/api/team/{member}"),
    ("DELETE", "/api/team/{member}"),
    ("DELETE", "/api/sources/{key}"),
    ("POST", "/api/sources/{key}/rotate"),
)

UNSUITABLE = (
    "positive_data_acceptance",  # the document can't name every rule: that a profile must exist, that SQL must be SQL
    "negative_data_rejection",  # parameters nobody asked for are ignored, and that is how it should be
    "missing_required_header",
    "allow_header_conformance",  # OPTIONS of a path with several methods names the first one's only, in the framework
)

LENGTHS = [
    pytest.param(4, id="short"),
    pytest.param(40, id="long", marks=[pytest.mark.full, pytest.mark.timeout(1500)]),
]
EDGES_FROM = 10
"""Examples from which on the edges of every schema are tried too: they are most of the time."""


@dataclass
class Found:
    """What a run met: how many answers of which status, by operation, and each failure once."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, label: str, recorder: ScenarioRecorder) -> None:
        """Take in the calls of one scenario."""
        answers = self.statuses.setdefault(label, Counter())
        for number, call in recorder.interactions.items():
            answers[call.response.status_code if call.response else 0] += 1
            for check in recorder.checks.get(number, []):
                if check.failure_info is not None:
                    said = check.failure_info.failure
                    told = f"{said.message} {call.request.method} {call.request.uri} {call.request.body!r}"
                    self.failures.setdefault((label, said.title), told[:2000])

    @property
    def calls(self) -> int:
        """All calls together."""
        return sum(sum(answers.values()) for answers in self.statuses.values())


@dataclass
class Known:
    """Who the fuzz is: an API key with every scope, a write key."""

    api_key: str
    write_key: str

    @property
    def schemes(self) -> dict[str, Any]:
        """As schemathesis wants to know it, by security scheme of the document."""
        return {"key": {"bearer": self.api_key}, "writeKey": {"username": self.write_key, "password": ""}}


@pytest.fixture
def document(app: Litestar) -> dict[str, Any]:
    """The document of the application."""
    return openapi.document(app)


@pytest.fixture
def known(server: str, workspace: Workspace) -> Known:
    """A workspace with an owner, a key, a source and some customers."""
    now = workspace.clock()
    with workspace.state.write() as tx:
        team.add(tx, audit.SYSTEM, "owner@example.com", "Owner", "owner", hashed_password(), now)
        key = keys.create(tx, audit.SYSTEM, "fuzz", ("*",), now).key
    with httpx.Client(base_url=server, timeout=60) as client:
        wish = {"name": "Backend", "kind": "server"}
        made = client.post("/api/sources", json=wish, headers={"Authorization": f"Bearer {key}"})
        write_key: str = made.json()["write_key"]
        batch = [
            {"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {"email": "ada@example.com"}},
            {"type": "track", "event": "Order Completed", "userId": "u1", "properties": {"revenue": 3}},
            {"type": "page", "anonymousId": "a2", "context": {"page": {"url": "https://shop.example/?utm_source=x"}}},
            {"type": "alias", "userId": "u2", "previousId": "a2"},
            {"type": "track", "userId": "u3"},  # fails, and is kept
        ]
        assert client.post("/v1/batch", json={"batch": batch}, auth=(write_key, "")).is_success
    workspace.settle()
    return Known(key, write_key)


def fuzz(document: dict[str, Any], address: str, examples: int, schemes: dict[str, Any], *, edges: bool) -> Found:
    """Every operation but those left out: the edges of its schema, then `examples` random calls."""
    settings = {
        "base-url": address,
        "continue-on-failure": True,
        "request-timeout": 60,
        "cache": {"enabled": False},
        "auth": {"openapi": schemes} if schemes else {},
        "checks": {name: {"enabled": False} for name in UNSUITABLE},
        "phases": {"examples": {"enabled": False}, "coverage": {"enabled": edges}, "stateful": {"enabled": False}},
        "generation": {
            "mode": "all",
            "max-examples": examples,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
        },
    }
    schema: BaseSchema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(settings))
    for method, path in LEFT_OUT:
        schema = schema.exclude(method=method, path=path)
    found = Found()
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.FatalError), event.exception
        if isinstance(event, events.NonFatalError):
            found.failures[event.label, "error"] = str(event.value)
        if isinstance(event, events.ScenarioFinished):
            found.add(event.label or "", event.recorder)
    return found


def healthy(workspace: Workspace, address: str) -> bool:
    """Whether everything the fuzz wrote is in every projection."""
    workspace.settle()
    return httpx.get(f"{address}/health", timeout=60).is_success


@pytest.mark.parametrize("examples", LENGTHS)
def test_no_call_with_a_key_breaks_the_api_or_its_document(
    examples: int, document: dict[str, Any], server: str, known: Known, workspace: Workspace
) -> None:
    edges = examples > EDGES_FROM
    found = fuzz(document, server, examples, known.schemes, edges=edges)
    assert found.failures == {}
    assert healthy(workspace, server)
    assert found.calls > 1000
    if edges:
        assert {label for label, answers in found.statuses.items() if 405 in answers}  # TRACE and QUERY were tried


@pytest.mark.parametrize("examples", LENGTHS)
def test_no_call_of_a_stranger_breaks_or_opens_anything(
    examples: int, document: dict[str, Any], server: str, known: Known, workspace: Workspace
) -> None:
    found = fuzz(document, server, examples, {}, edges=examples > EDGES_FROM)
    assert found.failures == {}
    assert healthy(workspace, server)
    closed = set(closed_operations(document))
    opened = {label: answers for label, answers in found.statuses.items() if label in closed and 200 in answers}
    assert opened == {}
    assert len(closed & found.statuses.keys()) > 50


def closed_operations(document: dict[str, Any]) -> Iterator[str]:
    """The operations that need somebody, as schemathesis labels them."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation.get("security"):
                yield f"{method.upper()} {path}"
