"""Simulated visitors as time passes: the weeks before the first start, what was missed since the last, and now."""

from __future__ import annotations

import heapq
import logging
import random
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from resa.demo import deliveries, grocer
from resa.demo.simulation import Simulation
from resa.kernel.errors import Overloaded
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

WEEKS: Final = 9
"""So long that many answers of surveys have been followed for a month: what a point of them is worth is known."""
NOTED: Final = "simulated_until"
WELCOME_VISITS: Final = 60
"""Extra visits in the first minutes after a start, so that who looks at the live events sees some."""
WELCOME_SECONDS: Final = 12.0
ANSWERS: Final = ("Survey Answered", deliveries.NAME)
_DAY_MS: Final = 86_400_000


class Traffic:
    """Commits the simulation's events when they are due. What is committed, and until when, is one transaction."""

    def __init__(self, workspace: Workspace, simulation: Simulation, zone: ZoneInfo) -> None:
        """Nothing runs yet."""
        self._workspace = workspace
        self._simulation = simulation
        self._zone = zone
        self._extra: list[tuple[int, str, Draft]] = []
        self._days: dict[date, list[Draft]] = {}
        self._edition = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resa-simulation", daemon=True)

    @property
    def until(self) -> int:
        """Until when visitors have been simulated; the beginning is some weeks before the first start."""
        found: int | None = grocer.recall(self._workspace.state, NOTED)
        earliest = self._workspace.clock() - WEEKS * 7 * _DAY_MS
        return earliest if found is None else max(found, earliest)

    def catch_up(self, on_progress: Callable[[int], None] | None = None) -> int:
        """Commit what lies between the last time and now; answers how many events that were.

        What was answered meanwhile comes in now, so that the old of it is in nobody's way in the inbox.
        """
        since, now = self.until, self._workspace.clock()
        steps = [*range(since, now, _DAY_MS), now]
        done = 0
        for begin, end in pairwise(steps):
            events = [draft for draft in self._planned(begin, end) if begin < draft.time <= end]
            for draft in events:
                draft.received_at = now if draft.name in ANSWERS else draft.time
            self._commit(events, end)
            done += len(events)
            if on_progress is not None:
                on_progress(done)
        return done

    def start(self) -> None:
        """Go on, event by event, as their times come."""
        self._welcome()
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _welcome(self) -> None:
        now = self._workspace.clock()
        chance = random.Random(f"welcome:{now}")  # noqa: S311  # a simulation
        at = now
        for number in range(WELCOME_VISITS):
            at += round(chance.expovariate(1 / WELCOME_SECONDS) * 1000)
            for draft in self._simulation.visit(f"w{now}-{number}", at):
                if draft.time > now:
                    heapq.heappush(self._extra, (draft.time, draft.message_id, draft))

    def _run(self) -> None:
        while not self._stopping.wait(1.0):
            try:
                self.tick()
            except Overloaded:
                continue  # the next second brings them
            except Exception:  # the demonstration's visitors must never stop the server
                log.exception("Simulated visitors had to stop.")
                return

    def tick(self) -> int:
        """Commit what is due now; answers how many events that were."""
        since, now = self.until, self._workspace.clock()
        due = [draft for draft in self._planned(since, now) if since < draft.time <= now]
        waiting = [item for item in self._extra if item[0] <= now]
        due += [draft for _, _, draft in waiting]
        if not due:
            return 0
        for draft in due:
            draft.received_at = now
        self._commit(due, now)
        for _ in waiting:
            heapq.heappop(self._extra)
        return len(due)

    def _commit(self, events: list[Draft], until: int) -> None:
        note = partial(grocer.note, self._workspace.state, NOTED, until)
        self._workspace.committer.submit_sync(events, note)

    def _planned(self, begin: int, end: int) -> Iterator[Draft]:
        """The events of all days whose visits may have events between two times: they begin the evening before."""
        first = datetime.fromtimestamp(begin / 1000, self._zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(end / 1000, self._zone).date() + timedelta(days=1)  # mails come before the visit
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        showings = self._simulation.showings
        if showings is not None and showings.edition != self._edition:
            self._edition, self._days = showings.edition, {}  # what they are shown may be something else now
        self._days = {day: self._days.get(day) or self._simulation.day(day) for day in days}
        for day in days:
            yield from self._days[day]
