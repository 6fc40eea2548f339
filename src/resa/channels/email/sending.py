"""The sender: one thread that takes what is due, and a few lines to the mail server that it is sent over.

Before a mail's content goes out its state is `sending`, for good; what the server answers is written down in the transaction that
tells the log of it. So a mail is sent once, or not known (`unclear`) if this process dies in between, and never twice by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from resa.channels.email import events
from resa.channels.email.composing import Composed
from resa.channels.email.definition import Sender
from resa.channels.email.lines import Answer, Line, Opener, Trouble
from resa.channels.email.message import Envelope
from resa.channels.email.outbox import Outbox, Waiting
from resa.kernel import crash
from resa.kernel.errors import Overloaded, ResaError
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger("resa.email")

PAUSE: Final = 1.0
BATCH: Final = 100
SETTLED_MS: Final = 3_600_000
"""So long after a server took a mail it counts as delivered, where no bounce came: most come within minutes."""
TROUBLED: Final = (5.0, 15.0, 60.0, 300.0)
"""Seconds of waiting after the server could not be used at all, the first time, the second ..."""
DAY_MS: Final = 86_400_000

Build = Callable[[Waiting, Sender], tuple[Composed, list[str], Envelope, bytes]]
"""Makes the mail that waits: what it says, where its links lead, to whom, and its bytes. Raises ResaError."""


class Sending:
    """Sends what the outbox holds. Thread-safe."""

    def __init__(
        self, workspace: Workspace, outbox: Outbox, sender: Callable[[], Sender | None], build: Build, open_line: Opener
    ) -> None:
        """`sender` says how mail goes out now; None: not at all yet."""
        self._workspace, self._outbox = workspace, outbox
        self._sender, self._build, self._open = sender, build, open_line
        self._stopping = threading.Event()
        self._wakened = threading.Event()
        self._thread: threading.Thread | None = None
        self._troubles = 0
        self._met: Trouble | None = None
        self._forgot = 0
        self.trouble: Trouble | None = None
        """Why nothing can be sent now, if that is so."""

    def start(self) -> None:
        """Take up what an earlier process left, and send from now on."""
        with self._workspace.state.write() as tx:
            if unclear := self._outbox.recover(tx):
                log.warning(
                    "%d mails may or may not have gone out before the server stopped; see Settings, E-mail.", unclear
                )
        self._thread = threading.Thread(target=self._run, name="resa-email", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the mails that are on their way, then end."""
        self._stopping.set()
        self._wakened.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def wake(self) -> None:
        """Look at once: something was queued, or the sender changed."""
        self._troubles = 0
        self._wakened.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                sent = self.send_due()
                self.settle()
            except Exception:  # a process boundary: said in the log, tried again
                log.exception("Sending mail failed; it tries again.")
                sent = 0
            if not sent:
                self._wakened.wait(PAUSE if self.trouble is None else TROUBLED[min(self._troubles, len(TROUBLED)) - 1])
                self._wakened.clear()

    # -- one round ---------------------------------------------------------------------------------------------------

    def send_due(self) -> int:
        """Send what is due now, over the sender's lines at once; how many mails were taken up."""
        sender = self._sender()
        if sender is None or sender.paused:
            return 0
        most = BATCH if sender.per_minute is None else min(BATCH, sender.per_minute)
        with self._workspace.state.read() as tx:
            waiting = deque(self._outbox.due(tx, self._workspace.clock(), most))
        taken = len(waiting)
        if not taken:
            return 0
        begun, before = time.monotonic(), self.trouble
        self._met = None
        workers = [
            threading.Thread(target=self._work, args=(sender, waiting), name=f"resa-email-{n}", daemon=True)
            for n in range(min(sender.connections, taken))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        now = self.trouble = self._trouble()
        self._troubles = 0 if now is None else self._troubles + 1
        if now is not None and before is None:
            log.warning("Mail can't be sent: %s", now)
        if sender.per_minute is not None:
            self._stopping.wait(max(0.0, 60 * taken / sender.per_minute - (time.monotonic() - begun)))
        return taken if now is None else 0

    def _trouble(self) -> Trouble | None:
        """What the lines met in this round."""
        return self._met

    def _work(self, sender: Sender, waiting: deque[Waiting]) -> None:
        line = self._open(sender)
        try:
            while not self._stopping.is_set() and self._met is None:
                try:
                    mail = waiting.popleft()
                except IndexError:
                    return
                self._send(line, sender, mail)
        except Trouble as trouble:
            self._met = trouble
        except Overloaded:
            self._met = Trouble("busy", "The log takes nothing more for the moment.")
        except Exception as error:  # a thread's boundary: said, and tried again later
            log.exception("A line for mail ended.")
            self._met = Trouble("refused", type(error).__name__)
        finally:
            line.close()

    def _send(self, line: Line, sender: Sender, mail: Waiting) -> None:
        try:
            composed, links, envelope, written = self._build(mail, sender)
        except ResaError as error:
            self._failed(mail, "template", error.message)
            return
        line.open()
        offered = line.offer(envelope.bounces, envelope.to)
        if not offered.taken:
            self._refused(mail, offered, composed.subject)
            return
        crash.reached("email.offered")
        with self._workspace.state.write() as tx:
            why_not = self._outbox.begin(tx, mail, composed.subject, links)
        if why_not is not None:
            line.withdraw()
            return
        crash.reached("email.sending")
        answer = line.content(written)
        crash.reached("email.answered")
        self._answered(mail, answer)

    # -- what became of it -------------------------------------------------------------------------------------------

    def _answered(self, mail: Waiting, answer: Answer) -> None:
        if answer.taken:
            self._sent(mail, answer)
        elif answer.lost:
            with self._workspace.state.write() as tx:
                self._outbox.settle(
                    tx, mail.id, "unclear", code="lost", reason="The line broke before the answer came."
                )
        else:
            self._refused(mail, answer, None)

    def _sent(self, mail: Waiting, answer: Answer) -> None:
        now = self._workspace.clock()

        def change(tx: Any) -> None:
            self._outbox.settle(tx, mail.id, "sent", sent_at=now, code=str(answer.code), reason=answer.text)

        self._tell(mail.id, "Email Sent", change)

    def _refused(self, mail: Waiting, answer: Answer, subject: str | None) -> None:
        """Later, where the server may take it then; else it bounced at once."""
        if answer.later or answer.lost:
            with self._workspace.state.write() as tx:
                again = self._outbox.put_off(tx, mail, self._workspace.clock(), str(answer.code), str(answer))
                if not again and mail.contact is not None:
                    self._workspace.contacts.release(tx, mail.contact)
            return
        said = {"reason": str(answer), "bounce_type": "hard" if hard(answer) else "blocked"}

        def change(tx: Any) -> None:
            if subject is not None:
                self._outbox.name(tx, mail.id, subject)
            self._outbox.fail(tx, mail, str(answer.code), str(answer))
            if hard(answer):
                self._outbox.suppress(tx, mail.address, str(answer))
            if mail.contact is not None:
                self._workspace.contacts.release(tx, mail.contact)

        self._tell(mail.id, "Email Bounced", change, **said)

    def _failed(self, mail: Waiting, code: str, reason: str) -> None:
        with self._workspace.state.write() as tx:
            self._outbox.fail(tx, mail, code, reason)
            if mail.contact is not None:
                self._workspace.contacts.release(tx, mail.contact)

    def _tell(self, mail: str, name: str, change: Callable[[Any], None], **more: Any) -> None:
        with self._workspace.state.read() as tx:
            entry = self._outbox.get(tx, mail)
        told = [] if entry is None else events.about(entry, name, self._workspace.clock(), **more)
        self._workspace.committer.submit_sync(told, change)

    def settle(self) -> int:
        """What came back by no bounce for so long counts as delivered; and once a day, what is very old is forgotten."""
        now = self._workspace.clock()
        with self._workspace.state.read() as tx:
            arrived = self._outbox.arrived(tx, now - SETTLED_MS, BATCH)
        if arrived:
            told = [draft for entry in arrived for draft in events.about(entry, "Email Delivered", now)]
            self._workspace.committer.submit_sync(told, lambda tx: self._delivered(tx, [entry.id for entry in arrived]))
        if now // DAY_MS != self._forgot:
            with self._workspace.state.write() as tx:
                self._outbox.forget_old(tx, now)
            self._forgot = now // DAY_MS
        return len(arrived)

    def _delivered(self, tx: Any, mails: Sequence[str]) -> None:
        for mail in mails:
            self._outbox.move(tx, mail, ("sent",), "delivered")


def hard(answer: Answer) -> bool:
    """Whether a refusal says that the address is none: by its enhanced code (RFC 3463), else by 550, 551 or 553."""
    return permanent(enhanced(answer.text) or "", answer.code)


def enhanced(text: str) -> str | None:
    """The enhanced status code that a text begins with: `5.1.1`."""
    head = text.strip().split(" ", 1)[0]
    parts = head.split(".")
    return head if len(parts) == 3 and all(part.isdigit() for part in parts) and parts[0] in "245" else None


def permanent(status: str, code: int = 0) -> bool:
    """Whether a status is about the address, and for good: 5.1.x (there is none), 5.2.1 (closed); not a full mailbox or a policy."""
    if status:
        return status.startswith("5.1.") or status == "5.2.1"
    return code in (550, 551, 553)
