"""The parts of asking, put together for one workspace."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from resa import brand
from resa.experiences import Deciding
from resa.experiments.foreign import Gate
from resa.feedback.asking.attending import Attending, Sender
from resa.feedback.asking.book import Book
from resa.feedback.asking.door import Door
from resa.feedback.asking.fetching import Fetching
from resa.feedback.asking.plans import Current, Plan, compiled
from resa.feedback.asking.reach import Counting, Reach
from resa.feedback.asking.room import Room
from resa.feedback.asking.showing import Showing, Styles
from resa.feedback.asking.site import OnSite
from resa.feedback.asking.sweeper import Sweeper
from resa.feedback.asking.triggers import Triggers
from resa.feedback.responses.answers import Responses
from resa.feedback.surveys import Live
from resa.feedback.surveys.definition import Survey
from resa.kernel import preferences
from resa.kernel.workspace import Workspace

_MINUTE: Final = 60.0


def branded(workspace: Workspace) -> Styles:
    """The brand's custom properties for a survey; none where nobody made a brand: then the page's own colours hold."""

    def styles(survey: Survey) -> Mapping[str, str]:
        if not workspace.definitions.all("brand"):
            return {}
        found = brand.properties(brand.current(workspace.definitions, survey.brand))
        return {f"--brand-{name}": value for name, value in found.items()}

    return styles


class Asking:
    """Who is asked, when and where. `start` with the server, `stop` before the workspace closes."""

    def __init__(
        self,
        workspace: Workspace,
        deciding: Deciding,
        responses: Responses,
        mail: Sender | None,
    ) -> None:
        """Follows the log from now on, or from where it stopped."""
        self._workspace, self._deciding, self._mail = workspace, deciding, mail
        self._zone: tuple[float, ZoneInfo] = (-_MINUTE, ZoneInfo("UTC"))
        self.current = Current(workspace.definitions)
        self.book = Book(workspace.state)
        self.room = Room(responses)
        self.attending = Attending(workspace, deciding, self.book, self.current, self.zone, mail, self.room)
        self.sweeper = Sweeper(workspace, self.book, self.attending, self.current, self.room)
        self.site = OnSite(workspace, self.book, deciding.world, self.current, self.zone, self.room)
        self.showing = Showing(responses, self.book, branded(workspace))
        self.fetching = Fetching(workspace, self.book, self.attending, self.current, self.zone, self.room)
        self.triggers = Triggers(
            workspace.state,
            workspace.identities,
            workspace.contacts,
            self.book,
            self.current,
            workspace.clock,
            first_row=workspace.tail.next_row,
            woken=self.sweeper.wake,
        )
        workspace.follow(self.triggers)

    def mails(self) -> bool:
        """Whether mail goes out at all."""
        return self._mail is not None and self._mail.ready()

    def reach(self, key: str) -> tuple[Plan, Reach]:
        """Whom a survey would reach if it asked now, live or not. Raises NotFound."""
        workspace = self._workspace
        found = workspace.definitions.get("survey", key)
        plan = compiled(Live(key, found.version, found.body), workspace.definitions)
        with workspace.state.read() as tx:
            suppressed = self._mail.suppressed(tx) if self._mail is not None else []
            return plan, Counting(workspace, tx).of(plan, self.current().policy, suppressed)

    def answer_pages(self, gate: Gate) -> None:
        """Take part in what `gate` leads to."""
        Door(gate, self._deciding, self.current, self.site, self.showing, self.sweeper.wake)

    def zone(self) -> ZoneInfo:
        """The workspace's time zone, looked up once a minute."""
        now = time.monotonic()
        if now - self._zone[0] > _MINUTE:
            self._zone = (now, preferences.zone(self._workspace.state))
        return self._zone[1]

    def start(self) -> None:
        """Look after askings."""
        self.sweeper.start()

    def stop(self) -> None:
        """What is due waits for the next start."""
        self.sweeper.stop()
