"""`kill -9` while customers are asked by mail and their answers are acted on: nobody is asked, told or sent anything twice.

Two things can't be known after a death. A mail whose content was on its way may have been taken: it is `unclear`, and not
sent again by itself. A webhook that was posted may have arrived: it is posted again under the same id, for the receiver to tell.
"""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.crash.client import WRITE_KEY, Died, Server
from tests.email.conftest import Server as MailServer
from tests.feedback.loops.making import Heard, receiver

TEAM = "team@shop.example"
BUDGET = 2
"""Mails a customer may get in this test: the survey, and what became of what they said."""
POINTS = [
    "asking.before-cursor",
    "asking.bringing",
    "asking.brought",
    "asking.telling",
    "asking.told",
    "email.offered",
    "email.sending",
    "email.answered:2",
    "loops.before-cursor",
    "loops.telling",
    "loops.told",
    "loops.mailing",
    "loops.mailed",
    "loops.posting",
    "loops.posted",
    "tellings.mailing",
    "tellings.mailed",
]
UNSURE = {"email.sending", "email.answered"}
"""Points at which a mail is neither known to be sent nor known not to be."""

Step = Callable[[Server], bool]


@dataclass
class Shop:
    """What goes out of the house, and what the business did: each of it until it was acknowledged."""

    mail: MailServer
    hooks: Heard
    customers: int = 0
    undone: list[Step] = field(default_factory=list)

    def settings(self) -> dict[str, str]:
        """The receivers are on this machine."""
        return {"RESA_SMTP_HOSTS": "127.0.0.1", "RESA_WEBHOOK_NETWORKS": "127.0.0.0/8"}

    def set_up(self, server: Server) -> None:
        """A survey by mail after each order, a rule about bad answers, a budget."""
        sender = {
            "host": "127.0.0.1",
            "port": self.mail.port,
            "security": "none",
            "from_address": "hello@shop.example",
            "connections": 1,
        }
        rule = {
            "name": "Unhappy",
            "when": {"metric": "nps", "score_to": 6},
            "then": {
                "alert": {"to": [TEAM], "mail": True},
                "task": {"title": "Call them", "due": "4 hours"},
                "webhook": {"url": f"{self.hooks.address}/unhappy"},
            },
        }
        survey = {
            "name": "After an order",
            "status": "live",
            "languages": ["en"],
            "questions": [
                {"key": "nps", "kind": "nps", "text": {"en": "Would you recommend us?"}, "required": True},
                {"key": "why", "kind": "text", "text": {"en": "Why?"}},
            ],
            "channels": ["email", "api"],
            "trigger": {"kind": "transactional", "events": [{"type": "track", "name": "Order Completed"}]},
        }
        policy = {"caps": [{"kinds": ["email"], "most": BUDGET, "per": "30 days"}]}
        server.call("POST", "/api/email-senders", {"key": "default", "body": sender})
        server.call("POST", "/api/contact-policies", {"key": "global", "body": policy})
        server.call("POST", "/api/feedback-rules", {"key": "unhappy", "body": rule})
        server.call("POST", "/api/survey-definitions", {"key": "after", "body": survey})

    def serve_two_more(self) -> None:
        """Two customers buy; of each two, one will be unhappy."""
        for _ in range(2):
            self.customers += 1
            self.undone.append(_ordering(self.customers))
            self.undone.append(_answering(self.customers))
        self.undone.append(_telling)


def _ordering(number: int) -> Step:
    who = {"userId": f"u{number}"}
    agreed = {"consent": {"categoryPreferences": {"marketing": True}}}
    traits = {"email": f"u{number}@example.com"}
    batch = [
        {**who, "type": "identify", "messageId": f"identify-{number}", "traits": traits, "context": agreed},
        {**who, "type": "track", "messageId": f"order-{number}", "event": "Order Completed", "properties": {}},
    ]

    def step(server: Server) -> bool:
        server.call("POST", "/v1/batch", {"batch": batch, "writeKey": WRITE_KEY}, key="")
        return True

    return step


def _answering(number: int) -> Step:
    """They answer what they were asked; repeated under the same id."""

    def step(server: Server) -> bool:
        asked = {each["identity"]: each for each in server.call("GET", "/api/survey-requests?survey=after")["items"]}
        ask = asked.get(f"user:u{number}")
        if ask is None or ask["state"] == "waiting":
            return False
        score = 2 if number % 2 else 9
        answers = {"nps": score, "why": f"The delivery was late, says number {number}."}
        said = {"answers": answers, "user_id": f"u{number}", "request": ask["id"], "response": f"response-{number:04}"}
        server.call("POST", "/api/surveys/after/responses", said)
        return True

    return step


def _telling(server: Server) -> bool:
    """Tell whoever is unhappy and was not told yet; nobody knows whether the one before came through."""
    if _waiting(server):
        return False
    about = {"survey": "after", "score_to": 6}
    if server.call("POST", "/api/tellings/preview", about)["will_hear"]:
        texts = {"en": {"subject": "You told us, we did", "text": "Parcels come on time now."}}
        server.call("POST", "/api/tellings", {"title": "Parcels", "about": about, "texts": texts})
    return True


def _waiting(server: Server) -> list[str]:
    """What is still to be done by the server itself."""
    lag = [line for line in server.text("/metrics").splitlines() if line.startswith("resa_projection_lag_rows{")]
    found = [line for line in lag if float(line.rsplit(" ", 1)[1])]
    told = Counter(dict(server.sql("SELECT name, count(*) FROM events WHERE source = 'resa' GROUP BY name")))
    asks = server.call("GET", "/api/survey-requests?survey=after")["items"]
    found += [f"ask {each['id']}" for each in asks if each["state"] == "waiting"]
    if len(asks) > told["Survey Requested"]:
        found.append(f"Survey Requested of {[(each['identity'], each['state'], each['why']) for each in asks]}")
    found += ["Task Opened"] * (len(server.call("GET", "/api/tasks")["items"]) > told["Task Opened"])
    for state in ("queued", "sending"):
        found += [f"mail {each['id']}" for each in server.call("GET", f"/api/email/outbox?state={state}")["items"]]
    found += [f"delivery {each['id']}" for each in server.call("GET", "/api/loop-deliveries?status=waiting")["items"]]
    found += [f"telling {each['id']}" for each in server.call("GET", "/api/tellings")["items"] if each["waiting"]]
    return found


def _live(shop: Shop, data: Path, crash_at: str | None) -> bool:
    """One life: what the business has to do and what the server then does; whether it died at the point."""
    server: Server | None = None
    try:
        server = Server(data, crash_at, settings=shop.settings())
        if not shop.customers:
            shop.set_up(server)
        shop.serve_two_more()
        until = time.monotonic() + 60
        while shop.undone or _waiting(server):
            assert time.monotonic() < until, (crash_at, len(shop.undone), _waiting(server), server._stacks())
            while shop.undone and shop.undone[0](server):
                del shop.undone[0]
            time.sleep(0.05)
    except Died:
        if server is not None:
            server.process.wait(timeout=30)  # its sockets are gone a moment before the process is
        return True
    finally:
        if server is not None:
            died = server.process.poll() == -signal.SIGKILL
            server.kill()
    return died


@contextmanager
def _shop() -> Iterator[Shop]:
    mail = MailServer()
    mail.controller.start()
    try:
        with receiver() as hooks:
            yield Shop(mail, hooks)
    finally:
        mail.controller.stop()


def _survive(data: Path, points: list[str]) -> None:
    with _shop() as shop:
        for point in points:
            assert _live(shop, data, point), f"never died at {point}"
        assert not _live(shop, data, None)
        server = Server(data, settings=shop.settings())
        try:
            unsure = sum(point.partition(":")[0] in UNSURE for point in points)
            _check(server, shop, deaths=len(points), unsure=unsure, posted="loops.posted" in points)
        finally:
            server.stop()


def _check(server: Server, shop: Shop, *, deaths: int, unsure: int, posted: bool) -> None:
    """Everything at once. A death at one point may find a mail, or a webhook, on its way elsewhere: one each at most."""
    everybody = {f"user:u{number}" for number in range(1, shop.customers + 1)}
    unhappy = {f"user:u{number}" for number in range(1, shop.customers + 1, 2)}
    outbox = server.call("GET", "/api/email/outbox?limit=500")["items"]
    assert unsure <= Counter(each["state"] for each in outbox)["unclear"] <= deaths
    _asked(server, shop, everybody, outbox)
    answers = _acted(server, shop, unhappy, outbox)
    once = len({headers["webhook-id"] for _, headers, _ in shop.hooks.got})
    assert once + posted <= len(shop.hooks.got) <= once + deaths
    _told(server, unhappy, outbox)
    _mailed(shop, outbox)
    _budgets(server, unhappy, everybody, answers, outbox)


def _asked(server: Server, shop: Shop, everybody: set[str], outbox: list[Any]) -> None:
    """Everybody was asked once, by one mail, and the log says so once."""
    asks = server.call("GET", "/api/survey-requests?survey=after&most=500")["items"]
    assert Counter(each["identity"] for each in asks) == Counter(everybody)
    assert {each["state"] for each in asks} == {"answered"}
    assert Counter(each["identity"] for each in outbox if each["what"] == "survey:after") == Counter(everybody)
    logged = server.sql("SELECT user_id, count(*) FROM events WHERE name = 'Survey Requested' GROUP BY user_id")
    assert {f"user:{user}": count for user, count in logged} == dict.fromkeys(everybody, 1)
    assert shop.customers == len(everybody)


def _acted(server: Server, shop: Shop, unhappy: set[str], outbox: list[Any]) -> dict[str, str]:
    """Each bad answer made one task, one alert, one mail to the team and one webhook, repeated only under its id."""
    answers = {
        row["message_id"]: f"user:u{row['comment'].split()[-1].rstrip('.')}"
        for row in server.call("GET", "/api/inbox?limit=200")["items"]
    }
    assert len(answers) == shop.customers, "an answer is in the inbox once"
    brought = [row for row in server.call("GET", "/api/inbox?limit=200")["items"] if row["rules"]]
    assert {answers[row["message_id"]] for row in brought} == unhappy
    tasks = server.call("GET", "/api/tasks?limit=200")["items"]
    assert Counter(task["answer"] for task in tasks) == Counter(row["id"] for row in brought)
    opened = server.sql("SELECT user_id, count(*) FROM events WHERE name = 'Task Opened' GROUP BY user_id")
    assert {f"user:{user}": count for user, count in opened} == dict.fromkeys(unhappy, 1)
    deliveries = server.call("GET", "/api/loop-deliveries")["items"]
    assert Counter((each["kind"], each["answer"], each["state"]) for each in deliveries) == Counter(
        (kind, row["id"], "sent") for row in brought for kind in ("alert_mail", "webhook")
    )
    assert sum(each["what"] == "alert:unhappy" for each in outbox) == len(unhappy)
    posts: dict[str, list[Any]] = {}
    for _, headers, body in shop.hooks.got:
        posts.setdefault(headers["webhook-id"], []).append(json.loads(body))
    assert posts.keys() == {each["id"] for each in deliveries if each["kind"] == "webhook"}
    assert all(body == bodies[0] and body["id"] == key for key, bodies in posts.items() for body in bodies)
    return answers


def _told(server: Server, unhappy: set[str], outbox: list[Any]) -> None:
    """Whoever was unhappy heard once what changed, whichever telling it was."""
    heard = [each["identity"] for each in outbox if each["what"].startswith("telling:")]
    assert Counter(heard) == Counter(unhappy)
    tellings = server.call("GET", "/api/tellings")["items"]
    assert sum(each["sent"] for each in tellings) == len(unhappy)


def _mailed(shop: Shop, outbox: list[Any]) -> None:
    """What is sent has arrived once; what is unclear once or not at all; nothing else did."""
    arrived = Counter(message["Message-ID"] for message in shop.mail.messages())
    assert set(arrived.values()) == {1}, "a mail came twice"
    states = Counter(each["state"] for each in outbox)
    assert states.keys() <= {"sent", "unclear"}
    assert states["sent"] <= len(arrived) <= len(outbox)
    got = Counter(
        (envelope.rcpt_tos[0], message["Subject"])
        for envelope, message in zip(shop.mail.got, shop.mail.messages(), strict=True)
    )
    sent = Counter((each["address"], each["subject"]) for each in outbox if each["state"] == "sent")
    possible = Counter((each["address"], each["subject"]) for each in outbox)
    assert sent <= got <= possible


def _budgets(
    server: Server, unhappy: set[str], everybody: set[str], answers: dict[str, str], outbox: list[Any]
) -> None:
    """What counts against each person is what went out: no place was lost, none is held for nothing."""
    mails = Counter(each["identity"] for each in outbox if each["identity"])
    profiles = {row["name"]: row["profile"] for row in server.call("GET", "/api/inbox?limit=200")["items"]}
    assert len(profiles) == len(everybody) == len(set(answers.values()))
    for row in server.call("GET", "/api/inbox?limit=200")["items"]:
        who = answers[row["message_id"]]
        contacts = server.call("GET", f"/api/contacts/{row['profile']}")["items"]
        assert Counter(each["state"] for each in contacts) == {"made": mails[who]}, who
    about = {"survey": "after", "text": "delivery was late"}
    texts = {"en": {"subject": "One more thing", "text": "Boxes are smaller now."}}
    server.call("POST", "/api/tellings", {"title": "Boxes", "about": about, "texts": texts})
    until = time.monotonic() + 60
    while (telling := server.call("GET", "/api/tellings")["items"][0])["waiting"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    room = {who for who in everybody if mails[who] < BUDGET}
    assert room == everybody - unhappy
    assert (telling["sent"], telling["held_back"]) == (len(room), len(unhappy))


def test_who_was_asked_and_what_was_done_outlives_a_death(tmp_path: Path) -> None:
    _survive(tmp_path / "data", ["asking.bringing", "loops.posted"])


@pytest.mark.full
@pytest.mark.timeout(900)
def test_nobody_is_asked_or_told_twice_wherever_the_server_dies(tmp_path: Path) -> None:
    """One death at every point, one after the other, on one data directory."""
    _survive(tmp_path / "data", POINTS)
