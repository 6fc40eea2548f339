"""Hostile events through the real door, and then everything that reads them: views, lists, pages, maps, traces.

One poisonous event must never stop a projection (it would be tried again for ever), nor break a page for all.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from resa.access import keys
from resa.kernel import audit
from resa.kernel.events import TYPES
from resa.kernel.workspace import Workspace

QUESTIONS = (
    "SELECT * FROM events",
    "SELECT session, properties ->> 'a', properties ->> '', properties -> '$', json_keys(context), "
    "context -> 'page' ->> 'url', TRY_CAST(properties ->> 'revenue' AS DOUBLE) FROM events",
    "SELECT * FROM profiles",
    "SELECT email, name, json_keys(traits), traits ->> 'a', traits ->> '' FROM profiles",
    "SELECT * FROM journeys",
)

CONDITIONS = [
    {"property": "a", "op": "greater", "value": 1},
    {"property": "email", "op": "contains", "value": "@"},
    {"property": "'", "op": "exists"},
    {"property": "revenue", "op": "is", "value": 3},
]
NAMED = {"name": "Order Completed"}
MAP = {
    "name": "Odd",
    "stages": [
        {
            "key": f"stage-{number}",
            "name": f"Stage {number}",
            "touchpoints": [
                {
                    "key": f"t-{number}",
                    "name": "T",
                    "rule": {
                        "any": [
                            {"type": kind, "where": [where], **(NAMED if kind == "track" else {})} for kind in TYPES
                        ]
                    },
                }
            ],
        }
        for number, where in enumerate(CONDITIONS)
    ],
}

# -- what strangers write -----------------------------------------------------------------------------------------

NAMES = (
    b'""',
    b'"a"',
    b'"\\u0000"',
    b'"x\\u0000"',
    b'"\\ud800"',
    b'"\xff"',
    b'"' + b"n" * 300 + b'"',
    '"é"'.encode() * 1,
    b'"\'"',
    b'"a.b[0]"',
    b'"$"',
    b'"/~"',
    b'"%s"',
    b'"\\uD83D\\uDE00"',
    *(json.dumps(name).encode() for name in ("email", "name", "firstName", "phone", "company", "revenue", "total")),
    *(json.dumps(name).encode() for name in ("currency", "order_id", "url", "path", "title", "referrer", "page")),
    *(json.dumps(name).encode() for name in ("campaign", "source", "ip", "locale", "userAgent", "library", "device")),
    *(json.dumps(name).encode() for name in ("consent", "categoryPreferences", "purpose", "state", "simulated")),
    *(json.dumps(name).encode() for name in ("traits", "sessionId", "channel", "type", "os", "marketing")),
)
SCALARS = (
    *(b"null", b"true", b"0", b"-0", b"3", b"-1.5", b"1e3", b"1e-999", b"1e999", b"-1e999", b"NaN", b"Infinity"),
    *(b"9" * size for size in (16, 19, 20, 25, 310, 400, 4400, 5000)),
    *(b"-" + b"9" * size for size in (19, 400)),
    *(b"0." + b"1" * 400, b"12e-5000000", b"0e999999"),
    *(b'""', b'" "', b'"\\u0000"', b'"a\\u0000b"', b'"\x00"', b'"\x01"', b'"\\ud800"', b'"\\udc00\\ud800"'),
    *(b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', '"\ud7ff\U0010ffff"'.encode(), b'"\\u202e"'),
    *(b'"a@b.example"', b'"granted"', b'"denied"', b'"analytics"', b'"EUR"', b'"2026-11-21"', b'"p_1"', b'"user:"'),
    *(b'"' + b"x" * 300 + b'"', b'"' + "İ".encode() * 300 + b'"', b'"' + "𝟗".encode() * 30 + b'"'),
    *(b'"http://[::1/"', b'"http://x.example:99999/?utm_source=%00&utm_medium=%ff"', b'"//\\u0000"', b'"1.2.3.4"'),
    *(b'"Mozilla/5.0 (\\u0000"', b'"1e999"', b'"-"', b'"\\\\u0000"', b"[]", b"{}"),
)
DEEP = b"[" * 70 + b"]" * 70
ALMOST = b'{"a":' * 50 + b"1" + b"}" * 50


def written(members: list[tuple[bytes, bytes]]) -> bytes:
    """A JSON object, names twice and all."""
    return b"{" + b",".join(name + b":" + value for name, value in members) + b"}"


scalars = st.sampled_from(SCALARS) | st.text(max_size=12).map(lambda text: json.dumps(text).encode())
names = st.sampled_from(NAMES) | st.text(max_size=6).map(lambda text: json.dumps(text).encode())
values = st.recursive(
    scalars | st.just(ALMOST),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: b"[" + b",".join(parts) + b"]")
        | st.lists(st.tuples(names, inner), max_size=4).map(written)
    ),
    max_leaves=6,
)
objects = st.lists(st.tuples(names, values), max_size=6).map(written) | values
people = st.sampled_from((b'"u1"', b'"u2"', b'"null"', b"7", b'" u1 "', b'"' + b"u" * 512 + b'"', b'"a:b/c?d=%00#"'))
identifiers = people | scalars
EVENT_FIELDS = {
    "event": st.sampled_from((b'"Order Completed"', b'"Consent Changed"', b'"\\u0000"', b'"%"')) | scalars,
    "name": scalars,
    "userId": identifiers,
    "anonymousId": identifiers,
    "previousId": identifiers,
    "groupId": identifiers,
    "timestamp": st.sampled_from(
        (b'"2026-11-21T10:00:00Z"', b"0", b"-1", b'"9999-12-31"', b"1e999", b"1e400", b"253402300799")
    ),
    "channel": scalars,
    "properties": objects,
    "traits": objects,
    "context": objects,
}


def event(kind: str, fields: dict[str, bytes]) -> bytes:
    """An event as bytes."""
    members = [(json.dumps(name).encode(), value) for name, value in fields.items()]
    return written([(b'"type"', json.dumps(kind).encode()), *members])


hostile = st.builds(
    event,
    st.sampled_from(TYPES),
    st.fixed_dictionaries(
        {"userId": people},
        optional={name: found for name, found in EVENT_FIELDS.items() if name != "userId"},
    ),
)

KNOWN = [
    event(kind, {"event": b'"Order Completed"', "userId": b'"u1"', "previousId": b'"a9"', "groupId": b'"g"', **fields})
    for kind in TYPES
    for part in ("properties", "traits", "context")
    for fields in [
        *({part: written([(b'"a"', scalar)])} for scalar in SCALARS),
        *({part: written([(name, b'"value"')])} for name in NAMES),
        {part: DEEP},
        {part: ALMOST},
        {part: written([(json.dumps(f"key {n}").encode(), b"1") for n in range(600)])},
    ]
]
"""Each odd value and each odd name once in every place of every type."""

# -- who reads them -----------------------------------------------------------------------------------------------

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

numbers = itertools.count(1)


class Readers:
    """The doors, and everything that shows what came in through them."""

    def __init__(self, workspace: Workspace, client: httpx.Client, write_key: str) -> None:
        """`client` has an API key."""
        self.workspace = workspace
        self.client = client
        self.write_key = write_key

    def take(self, events: list[bytes]) -> None:
        """Send a batch with a good neighbour in its middle, which lands."""
        good = f"good-{next(numbers)}"
        neighbour = event("track", {"event": b'"Good"', "userId": b'"good"', "messageId": json.dumps(good).encode()})
        middle = len(events) // 2
        body = b'{"batch":[' + b",".join([*events[:middle], neighbour, *events[middle:]]) + b"]}"
        answer = self.client.post("/v1/batch", content=body, auth=(self.write_key, ""))
        assert answer.status_code == 200, answer.text
        told = strict(answer)
        assert told["accepted"] + len(told["failed"]) == len(events) + 1
        self.workspace.settle()
        assert {follower.failure for follower in self.workspace.followers} == {None}
        asked = {"sql": f"SELECT name FROM events WHERE message_id = '{good}'"}
        found = self.client.post("/api/sql", json=asked)
        assert found.json()["rows"] == [["Good"]]

    def show(self, most: int) -> None:
        """Ask for everything; for the single pages of the newest `most` events and customers."""
        for question in QUESTIONS:
            answer = self.client.post("/api/sql", json={"sql": question})
            assert answer.status_code == 200, (question, answer.text)
            strict(answer)
        live = self.get("/api/live?limit=1000")
        customers = self.get("/api/customers?limit=500")
        for path in (
            "/api/home",
            "/api/failed-events",
            "/api/event-names?q=x",
            "/api/sources",
            "/metrics",
            "/health",
        ):
            self.get(path)
        for journey in ("customer-journey", "odd"):
            self.get(f"/api/journeys/{journey}/numbers?from=1970-01-01&to=2026-12-31")
            for number in range(len(CONDITIONS)):
                self.get(f"/api/journeys/{journey}/people?cell=stage:stage-{number}", {200, 400, 404})
        for moment in live["items"][:most]:
            trace = self.get(f"/api/trace/{quote(moment['message_id'], safe='')}")
            assert trace["event"] is not None
            self.get(f"/api/live?customer={quote(moment['identity'], safe='')}", {200, 400})
        shown = {moment["profile"] for moment in live["items"]} | {each["profile"] for each in customers["items"]}
        for profile in sorted(shown)[:most]:
            customer = self.get(f"/api/customers/{profile}")
            self.get(f"/api/customers/{profile}/timeline?limit=500")
            self.get(f"/api/customers/{profile}/timeline?name=Good")
            for trait in customer["traits"][:most]:
                self.get(f"/api/customers?q={quote(str(trait['value']))[:2000]}", {200, 400})

    def get(self, path: str, statuses: frozenset[int] | set[int] = frozenset((200,))) -> Any:
        """A page, which must be there."""
        answer = self.client.get(path)
        assert answer.status_code in statuses, (path, answer.status_code, answer.text[:500])
        return None if path == "/metrics" else strict(answer)


def strict(answer: httpx.Response) -> Any:
    """An answer as JSON, as browsers read it: without NaN, in UTF-8."""

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    return json.loads(answer.content.decode("utf-8"), parse_constant=refuse, parse_int=float)


@pytest.fixture
def readers(server: str, workspace: Workspace) -> Iterator[Readers]:
    """A workspace that takes events, with a map whose rules look into them."""
    with workspace.state.write() as tx:
        key = keys.create(tx, audit.SYSTEM, "a test", ("*",), workspace.clock()).key
    with httpx.Client(base_url=server, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        made = client.post("/api/sources", json={"name": "Website", "kind": "browser"})
        odd = client.post("/api/journeys", json={"key": "odd", "name": "Odd", "body": MAP})
        assert odd.is_success, odd.text
        yield Readers(workspace, client, made.json()["write_key"])


@pytest.mark.both_states
def test_no_odd_name_or_value_in_any_place_stops_what_reads_it(readers: Readers) -> None:
    for start in range(0, len(KNOWN), 150):
        readers.take(KNOWN[start : start + 150])
    readers.show(most=40)


@pytest.mark.both_states
@pytest.mark.parametrize("examples", [5, pytest.param(100, marks=[pytest.mark.full, pytest.mark.timeout(900)])])
def test_whatever_strangers_send_every_page_answers(readers: Readers, examples: int) -> None:
    @given(st.lists(hostile, min_size=1, max_size=40))
    @hypothesis_settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=SLOW
    )
    def send(events: list[bytes]) -> None:
        readers.take(events)
        readers.show(most=5)

    send()
