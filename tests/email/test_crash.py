"""The process dies while it sends: what was queued arrives, what may have arrived is not sent again by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resa import brand
from resa.channels.email import Email
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.email.conftest import Post, Server

PROGRAM = """
import sys
from pathlib import Path
from resa import brand
from resa.channels.email import Email, Mail
from resa.kernel.workspace import Workspace
from resa.settings import Settings
workspace = Workspace.open(Settings.of({"RESA_SMTP_HOSTS": "127.0.0.1"}, data=Path(sys.argv[1])))
brand.register(workspace)
email = Email(workspace)
workspace.start()
sender = {"host": "127.0.0.1", "port": int(sys.argv[2]), "security": "none", "from_address": "a@shop.example", "connections": 1}
workspace.definitions.save("email-sender", "default", sender, expected=None, author="x")
with workspace.state.write() as tx:
    for number in range(3):
        mail = Mail(to_identity=None, address=f"user{number}@example.com", what="x", template="message", values={"subject": "S"})
        email.outbox.queue(tx, mail)
email.sending.send_due()
"""


@pytest.mark.parametrize(
    ("point", "before", "unclear"),
    [
        pytest.param("email.answered:2", 2, 1, id="after the answer"),
        pytest.param("email.sending:2", 1, 1, id="before the content", marks=pytest.mark.full),
        pytest.param("email.offered:2", 1, 0, id="before it is sending", marks=pytest.mark.full),
    ],
)
def test_a_process_that_dies_while_sending_sends_nothing_twice_and_loses_nothing(
    smtp: Server, tmp_path: Path, point: str, before: int, unclear: int
) -> None:
    data = tmp_path / "data"
    environment = {**os.environ, "RESA_CRASH_AT": point}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(data), str(smtp.port)],
        env=environment,
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    assert len(smtp.got) == before

    workspace = Workspace.open(Settings.of({"RESA_SMTP_HOSTS": "127.0.0.1"}, data=data))
    brand.register(workspace)
    post = Post(workspace, Email(workspace), smtp)
    workspace.start()
    with workspace.state.write() as tx:
        assert post.email.outbox.recover(tx) == unclear
    post.send()
    sent = [envelope.rcpt_tos[0] for envelope in smtp.got]
    assert len(sent) == len(set(sent)) == 3 - unclear + (unclear if point.startswith("email.answered") else 0)
    with workspace.state.read() as tx:
        states = post.email.outbox.counts(tx, 0)
    assert states == {"sent": 3 - unclear, **({"unclear": unclear} if unclear else {})}
    workspace.close()
