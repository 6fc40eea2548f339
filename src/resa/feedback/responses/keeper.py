"""A thread that closes responses nobody goes on with, and tells the log what it does not know yet."""

from __future__ import annotations

import logging
import threading
from typing import Final

from resa.feedback.responses.answers import Responses

log: Final = logging.getLogger("resa.feedback")

PAUSE: Final = 15.0


class Keeper:
    """Runs beside a server."""

    def __init__(self, responses: Responses) -> None:
        """Not yet running."""
        self._responses = responses
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resa-surveys", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what is being done is done."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._closing.wait(PAUSE):
            try:
                self._responses.close_idle()
                self._responses.tell_rest()
            except Exception:  # a process boundary: said in the log, tried again
                log.exception("Responses that rest could not be closed; it is tried again.")
