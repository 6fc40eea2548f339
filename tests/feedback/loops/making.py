"""Answers, and a server that hears webhooks, for tests of the loops."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import sqlalchemy as sa

from resa.feedback.themes import store
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from tests.kernel.making import draft

DETRACTORS = {"metric": "nps", "score_to": 6}
_numbers = itertools.count(1)


def answered(
    workspace: Workspace, who: str, score: float, comment: str = "", *, at: int | None = None, **more: Any
) -> Draft:
    """A survey answered; an identity is `user:<id>` or `anon:<id>`."""
    kind, _, value = who.partition(":")
    now = workspace.clock()
    said = {"survey": "nps", "metric": "nps", "score": score, "comment": comment, "channel": "email", **more}
    key = f"survey-answered-{next(_numbers)}"
    fields: dict[str, Any] = {
        "message_id": key,
        "time": now if at is None else at,
        "received_at": now,
        "properties": said,
    }
    return draft(
        "Survey Answered", user=value if kind == "user" else None, anon=value if kind == "anon" else None, **fields
    )


def understood(workspace: Workspace, about: Draft, sentiment: str, *themes: str) -> Draft:
    """What was read in its comment."""
    now = workspace.clock()
    said = {"about": about.message_id, "sentiment": sentiment, "themes": list(themes), "language": "en"}
    fields: dict[str, Any] = {"source": "resa", "time": now, "received_at": now, "properties": said}
    return draft("Comment Understood", user=about.user_id, anon=about.anonymous_id, **fields)


def happen(workspace: Workspace, *drafts: Draft) -> None:
    """These come in, and every follower has seen them."""
    workspace.committer.submit_sync(list(drafts))
    workspace.settle()


def read_by_itself(workspace: Workspace, *abouts: Draft) -> None:
    """Wait until the application itself has read these comments and said so in the log."""
    ids = [each.message_id for each in abouts]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with workspace.state.read() as tx:
            c = store.comments.c
            kept = tx.execute(sa.select(sa.func.count()).where(c.message_id.in_(ids))).scalar_one()
            untold = tx.execute(sa.select(sa.func.count()).select_from(store.untold)).scalar_one()
        if kept == len(ids) and not untold:
            workspace.settle()
            return
        time.sleep(0.02)
    raise AssertionError("The comments were not read.")


@dataclass
class Heard:
    """What a receiver got: (path, headers, body), and what it answers: statuses one after the other, then 200."""

    address: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def receiver() -> Iterator[Heard]:
    """A server on this machine that keeps what it is sent."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(heard.answers.pop(0) if heard.answers else 200)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class calls it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    heard.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
