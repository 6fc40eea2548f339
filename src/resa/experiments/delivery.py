"""What delivers a workspace's flags and experiments: the compiled programme, kept assignments, ramps, and their upkeep."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from resa.experiments import engine, exposures, kinds
from resa.experiments.attributes import Knowledge
from resa.experiments.engine import Asking, FeatureResult
from resa.experiments.engine.results import Exposure
from resa.experiments.keeping import Looking, OfDevice, Stickies
from resa.experiments.lifecycle import Lifecycle
from resa.experiments.programme import Compiled, Programme
from resa.experiments.rollout import Ramps
from resa.kernel.errors import Conflict
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

FLUSHED: Final = 0.5
"""Seconds between two writes of kept assignments."""
LOOKED: Final = 30.0
"""Seconds between two looks at guardrails and at schedules that ended."""


class Delivery:
    """Made with the application, started with its server, stopped before the workspace closes."""

    def __init__(self, workspace: Workspace) -> None:
        """Make the kinds known, and check exposures from now on."""
        kinds.register(workspace)
        self.programme = Programme(workspace)
        self.ramps = Ramps(workspace, self.programme.forget)
        self.programme.ramps = self.ramps.all
        self.stickies = Stickies(workspace.state)
        self.lifecycle = Lifecycle(workspace)
        self.besides: list[Callable[[], object]] = []
        """What others do as often as this looks: bandits learn."""
        self.knowledge = Knowledge(workspace, self.programme)
        workspace.decisions.register(
            exposures.NAME, exposures.Checker(self.programme, lambda: workspace.decisions.signer, self.stickies)
        )
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def asking(
        self,
        attributes: Mapping[str, Any],
        *,
        verified: bool,
        url: str = "",
        exposed: Exposure | None = None,
        forced_variations: Mapping[str, int] | None = None,
        forced_features: Mapping[str, Any] | None = None,
        keep: bool = True,
        now: Compiled | None = None,
    ) -> Asking:
        """A customer's question, with what the server knows of them and the assignments it keeps (or, without `keep`, only reads).

        It is asked of the programme as it is, or of `now`.
        """
        return Asking(
            self.knowledge.complete(attributes, verified=verified, now=now),
            url=url,
            exposed=exposed,
            stickies=self._kept(verified=verified, keep=keep),
            forced_variations=forced_variations or {},
            forced_features=forced_features or {},
        )

    def _kept(self, *, verified: bool, keep: bool) -> engine.Stickies:
        if not keep:
            return Looking(self.stickies)
        return self.stickies if verified else OfDevice(self.stickies)

    def flag(self, key: str, asking: Asking) -> FeatureResult:
        """The value of a flag, public or not."""
        return self.programme.current().full.engine.ask(key, asking)

    def start(self) -> None:
        """Begin the upkeep."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._keep_up, name="resa-experiments", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, and write what waits."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None
            self.stickies.flush()

    def look(self) -> None:
        """What is done now and then: roll back what hurts, stop what has ended."""
        self.ramps.look()
        for beside in self.besides:
            beside()
        try:
            self.lifecycle.end_due()
        except Conflict:  # somebody saved it meanwhile: next time
            log.info("An experiment that ended was saved by somebody; it is stopped with the next look.")

    def _keep_up(self) -> None:
        self.programme.current()  # so that nobody's first question waits for it
        looked = time.monotonic()
        while not self._closing.wait(FLUSHED):
            try:
                self.stickies.flush()
                if time.monotonic() - looked > LOOKED:
                    looked = time.monotonic()
                    self.look()
            except Exception:  # a process boundary: said in the log, tried again
                log.exception("The upkeep of experiments failed; it tries again.")
