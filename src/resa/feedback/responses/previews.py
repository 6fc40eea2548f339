"""Surveys that somebody edits, walked through as customers would: in memory, for an hour, nothing recorded."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from resa.feedback.responses import taking
from resa.feedback.responses.tables import Response
from resa.feedback.surveys import flow
from resa.feedback.surveys.definition import Survey

MARK: Final = "P"
LIVES_MS: Final = 3_600_000
MOST: Final = 200


class Entry(NamedTuple):
    """One that is looked at."""

    survey: Survey
    response: Response
    audiences: Collection[str]
    until: int


class Tried:
    """A visit to a preview."""

    preview = True
    dismissible = False
    key = ""

    def __init__(self, token: str, entry: Entry) -> None:
        """Changes nothing but the entry's own response."""
        self._token, self._entry = token, entry
        self.survey, self.response = entry.survey, entry.response

    @property
    def path(self) -> str:
        """Where it stays."""
        return f"/s/{self._token}"

    @property
    def ended(self) -> bool:
        """Whether all was answered."""
        return self.response.state != "open"

    def hidden(self) -> dict[str, str]:
        """Nothing."""
        return {}

    def pixel(self) -> str | None:
        """None: nobody was shown anything."""
        return None

    def traits(self) -> Mapping[str, Any]:
        """Of nobody: the fall-backs show."""
        return {}

    def way(self) -> flow.Route:
        """As if who answers belonged to the audiences chosen."""
        return taking.way(self.survey, self.response, self._entry.audiences.__contains__)

    def answer(self, given: Mapping[str, Any], language: str, *, again: bool) -> None:
        """In memory."""
        del again
        taking.take(self.survey, self.response, given)
        self.response.language = language

    def finish(self) -> None:
        """As a real one would be."""
        taking.complete(self.survey, self.response, self._entry.audiences.__contains__)
        self.response.state = "complete"

    def restart(self) -> None:
        """From the beginning."""
        self.response.answers, self.response.passed, self.response.state = {}, [], "open"


class Previews:
    """The previews of one process. Thread-safe."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """None yet."""
        self._clock = clock
        self._kept: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()

    def make(self, survey: Survey, audiences: Collection[str] = ()) -> tuple[str, int]:
        """A preview's token, and until when it is there (ms UTC)."""
        token, now = MARK + secrets.token_urlsafe(18), self._clock()
        response = Response(
            id=token,
            survey="preview",
            version=0,
            identity=None,
            request=None,
            channel="link",
            language=survey.languages[0],
            state="open",
            anonymous=survey.anonymous,
            answers={},
            passed=[],
            held=[],
            started=now,
            touched=now,
        )
        with self._lock:
            self._kept[token] = Entry(survey, response, frozenset(audiences), now + LIVES_MS)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return token, now + LIVES_MS

    def find(self, token: str) -> Tried | None:
        """The visit to a preview, while it is there."""
        with self._lock:
            entry = self._kept.get(token)
        return None if entry is None or entry.until < self._clock() else Tried(token, entry)
