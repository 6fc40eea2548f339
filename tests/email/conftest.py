"""A mail server of the test's own, and a workspace that sends by it."""

from __future__ import annotations

import asyncio
import email
import socket
import threading
from collections.abc import Callable, Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from resa import brand
from resa.channels.email import Email, Mail, Queued
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import identify


class Server:
    """Takes mail, as real servers do; an address may have answers of its own, one after the other."""

    def __init__(self, **options: Any) -> None:
        """On any free port of this machine."""
        self.got: list[Envelope] = []
        self.answers: dict[str, list[str]] = {}
        self.before_content: Callable[[], None] = lambda: None
        self.content_answers: list[str] = []
        self.at_once, self.most_at_once = 0, 0
        self.lock = threading.Lock()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        """The next answer for this address; yes where there is none."""
        waiting = self.answers.get(address)
        if waiting:
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Keep it."""
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.before_content()
        await asyncio.sleep(0.01)
        with self.lock:
            self.at_once -= 1
        if self.content_answers:
            return self.content_answers.pop(0)
        self.got.append(envelope)
        return "250 2.0.0 Queued"

    def messages(self) -> list[EmailMessage]:
        """What it took, read by the library."""
        found = []
        for envelope in self.got:
            content = envelope.content
            assert isinstance(content, bytes)
            found.append(email.message_from_bytes(content, policy=policy.default))
        return found


@pytest.fixture
def smtp() -> Iterator[Server]:
    """A mail server."""
    server = Server()
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.fixture
def settings(tmp_path: Path, state_setting: str | None) -> Settings:
    """Mail may be handed to this machine; the server is known under an address of its own."""
    told = {"RESA_SMTP_HOSTS": "127.0.0.1,localhost", "RESA_PUBLIC_URL": "https://cx.shop.example"}
    return Settings.of(told, data=tmp_path / "data", state=state_setting)


class Post:
    """A workspace with a sender, and customers who agreed to mail."""

    def __init__(self, workspace: Workspace, channel: Email, smtp: Server) -> None:
        """Sends only when `send` is called."""
        self.workspace, self.email, self.smtp = workspace, channel, smtp

    def sender(self, **more: Any) -> None:
        """How mail goes out."""
        told = {
            "host": "127.0.0.1",
            "port": self.smtp.port,
            "security": "none",
            "from_address": "hello@shop.example",
            "from_name": "Hill & Harbour",
            "return_path": "bounces+{token}@shop.example",
        }
        self.save("email-sender", "default", **{**told, **more})

    def save(self, kind: str, key: str, **body: Any) -> None:
        """Save a definition, whatever was there."""
        self.workspace.definitions.save(kind, key, body, expected=None, author="a test")

    def agreed(self, *users: str, purpose: str = "marketing") -> None:
        """These customers agreed to a purpose."""
        drafts = [identify(user=user, email=f"{user}@example.com") for user in users]
        drafts += [consent(user, purpose, number) for number, user in enumerate(users)]
        self.workspace.committer.submit_sync(drafts)
        self.workspace.settle()

    def queue(self, user: str | None = "ada", **more: Any) -> str:
        """Queue a mail; its id."""
        found = self.try_queue(user, **more)
        assert isinstance(found, Queued), found
        return found.id

    def try_queue(self, user: str | None = "ada", **more: Any) -> Any:
        """Queue a mail, or hear why not."""
        told: dict[str, Any] = {
            "to_identity": None if user is None else f"user:{user}",
            "address": f"{user or 'colleague'}@example.com",
            "what": "campaign:spring",
            "template": "message",
            "values": {"subject": "Spring", "paragraphs": ["Hello"]},
            "priority": 100,
        }
        with self.workspace.state.write() as tx:
            return self.email.outbox.queue(tx, Mail(**{**told, **more}))

    def send(self) -> int:
        """One round."""
        return self.email.sending.send_due()

    def state(self, mail: str) -> tuple[str, str]:
        """State and code of a mail."""
        with self.workspace.state.read() as tx:
            found = self.email.outbox.get(tx, mail)
        assert found is not None
        return found.state, found.code

    def events(self, *names: str) -> list[tuple[str, str, dict[str, Any]]]:
        """(name, source, properties) of what the log holds of those names."""
        self.workspace.settle()
        sql = "SELECT name, source, properties FROM log ORDER BY row"
        rows = self.workspace.body.query(sql).to_pylist()
        return [(r["name"], r["source"], msgspec.json.decode(r["properties"])) for r in rows if r["name"] in names]


def consent(user: str, purpose: str, number: int, state: str = "granted") -> Draft:
    """Somebody agreed, or took it back."""
    said = msgspec.json.encode({"purpose": purpose, "state": state}).decode()
    now = 1_700_000_000_000
    return Draft(
        message_id=f"consent-{user}-{purpose}-{number}-{state}",
        type="track",
        name="Consent Changed",
        time=now,
        received_at=now,
        user_id=user,
        source="resa",
        properties=said,
    )


@pytest.fixture
def post(workspace: Workspace, smtp: Server) -> Post:
    """A workspace that takes events, and sends when told to."""
    brand.register(workspace)
    channel = Email(workspace)
    workspace.start()
    made = Post(workspace, channel, smtp)
    made.sender()
    return made
