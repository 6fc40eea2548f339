"""What hosted survey pages answer: which page, or where to go on. Looking (GET) records no answer: programs that check mail look at
every link. An answer that a click in a mail carries is shown chosen, and counts once somebody presses the button.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from resa.collect.limits import Buckets, Rate
from resa.feedback.responses import events, page, sittings, tokens
from resa.feedback.responses.answers import Answered, Closed, Full, Responses
from resa.feedback.responses.page import Asked, Look
from resa.feedback.responses.previews import MARK, Previews, Tried
from resa.feedback.responses.sittings import Kept, Sitting
from resa.feedback.surveys import answering, piping, texts
from resa.feedback.surveys.answering import Unfit
from resa.feedback.surveys.definition import Question, Survey
from resa.kernel.errors import NotFound, Refused

FASTEST_MS: Final = 700
"""Nobody reads a question and answers it in less: an open form that comes back sooner is asked to be sent once more."""
OPENED: Final = Rate(per_second=0.5, at_once=120)
"""New responses by open links from one network: an office may answer together, a flood may not."""
REMEMBERED_S: Final = 86_400
MOST_REMEMBERED: Final = 50_000

Form = Mapping[str, Sequence[str]]


class Visitor(NamedTuple):
    """Who asks, as far as the request tells."""

    network: str
    agent: str
    accept_language: str


class Reply(NamedTuple):
    """A page, or (`to`) where to go on."""

    html: str = ""
    status: int = 200
    to: str | None = None
    look: Look = Look()


class Desk:
    """The hosted pages of one workspace. Thread-safe."""

    def __init__(self, responses: Responses, looks: Callable[[Survey], Look]) -> None:
        """`looks` says what a survey's brand looks like."""
        self._responses, self._looks = responses, looks
        self.previews = Previews(responses.workspace.clock)
        self._limit = Buckets(OPENED)
        self._salt = secrets.token_bytes(16)
        self._answered: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    # -- looking -----------------------------------------------------------------------------------------------------

    def show(self, token: str, query: Form, visitor: Visitor) -> Reply:
        """The page of a link."""
        language = _first(query, "lang")
        sitting = self._sitting(token, None)
        if sitting is None:
            return self._lost(language, visitor)
        if isinstance(sitting, Tried) and not query.keys() & {"q", "lang", "thanks"}:
            sitting.restart()
        spoken = self._language(sitting, language, visitor)
        if (said := self._instead(sitting, spoken, thanked="thanks" in query)) is not None:
            return said
        if self._seems_answered(sitting, visitor) and "again" not in query:
            look = self._looks(sitting.survey)
            told = page.message(sitting.survey, spoken, "repeat", look, again={"again": "1", "lang": spoken})
            return Reply(told, look=look)
        asked = self._asked(sitting, _first(query, "q"))
        if asked is None:
            return Reply(to=sitting.path)
        given = _beforehand(asked, _first(query, "a")) if asked.key not in sitting.response.answers else None
        return self._ask(sitting, asked, spoken, value=given, again="again" in query)

    def seen(self, token: str) -> None:
        """The page of a personal link was seen by something that loads images."""
        sitting = self._sitting(token, None)
        if isinstance(sitting, Kept) and sitting.invitation is not None and not sitting.opened:
            self._responses.shown(sitting.invitation, sitting.survey, sitting.response.version)

    # -- answering ---------------------------------------------------------------------------------------------------

    def take(self, token: str, form: Form, visitor: Visitor) -> Reply:
        """What somebody sent."""
        language = _first(form, "lang")
        sitting = self._sitting(token, _first(form, "s"))
        if sitting is None:
            return self._lost(language, visitor)
        spoken, look = self._language(sitting, language, visitor), self._looks(sitting.survey)
        if _first(form, page.HONEYPOT):
            return Reply(page.message(sitting.survey, spoken, "thanks", look), look=look)
        if (said := self._instead(sitting, spoken)) is not None:
            return said
        again = "again" in form
        if "q" not in form and again:
            return Reply(to=_with(f"/s/{token}", again="1", lang=spoken))
        if "dismiss" in form and isinstance(sitting, Kept) and sitting.invitation is not None:
            version = sitting.response.version
            self._responses.shown(sitting.invitation, sitting.survey, version, "Survey Dismissed")
            return Reply(page.message(sitting.survey, spoken, "dismissed", look), look=look)
        asked = self._asked(sitting, _first(form, "q"))
        if asked is None or asked.key != _first(form, "q"):
            return Reply(to=sitting.path)
        if (said := self._suspect(sitting, asked, spoken, form, visitor)) is not None:
            return said
        return self._answer(sitting, asked, spoken, form, visitor, again=again)

    def _answer(
        self, sitting: Sitting, asked: Question, spoken: str, form: Form, visitor: Visitor, *, again: bool
    ) -> Reply:
        given = given_by(asked, form)
        look = self._looks(sitting.survey)
        try:
            sitting.answer(given, spoken, again=again or self._seems_answered(sitting, visitor))
            following = sitting.way().next
            if following is None:
                sitting.finish()
        except Unfit as error:
            found = sitting.survey.question(error.details["field"].removeprefix("answers."))
            if found is None or found.key == asked.key:
                words = given.get(asked.key + answering.WORDS, {})
                return self._ask(
                    sitting, asked, spoken, value=given[asked.key], words=words, error=error, status=422, again=again
                )
            return Reply(to=_with(sitting.path, q=found.key, lang=spoken))
        except Full:
            return Reply(page.message(sitting.survey, spoken, "full", look), 409, look=look)
        except Answered:
            return Reply(page.message(sitting.survey, spoken, "already", look), 409, look=look)
        except (Closed, NotFound):
            return Reply(page.message(sitting.survey, spoken, "closed", look), 409, look=look)
        except Refused:
            return Reply(page.trouble(spoken, "too_large"), 400)
        if following is None:
            self._remember(sitting, visitor)
            return Reply(to=_with(sitting.path, thanks="1", lang=spoken))
        return Reply(to=_with(sitting.path, q=following.key, lang=spoken))

    def _suspect(self, sitting: Sitting, asked: Question, spoken: str, form: Form, visitor: Visitor) -> Reply | None:
        """What is said to a form that comes too fast, from too busy a network, or was never shown."""
        if not isinstance(sitting, Kept) or sitting.opened or sitting.stamp is None:
            return None
        sent = sittings.stamped(self._responses, _first(form, "s"))
        if sent is None or sent.survey != sitting.key:
            return Reply(to=sitting.path)
        if sitting.invitation is not None:
            return None
        if self._responses.workspace.clock() - sent.at < FASTEST_MS:
            given = given_by(asked, form)
            error = Unfit(asked, "fast", None, "this came too fast.", "Send it again.")
            words = given.get(asked.key + answering.WORDS, {})
            return self._ask(sitting, asked, spoken, value=given[asked.key], words=words, error=error, status=422)
        if self._limit.wait(visitor.network) > 0:
            return Reply(page.trouble(spoken, "too_many"), 429)
        self._limit.take(visitor.network, 1)
        return None

    # -- inside ------------------------------------------------------------------------------------------------------

    def _sitting(self, token: str, stamp: str | None) -> Sitting | None:
        if token.startswith(MARK):
            return self.previews.find(token)
        found = sittings.stamped(self._responses, stamp)
        return (
            sittings.of_invitation(self._responses, token, found)
            or sittings.of_continuation(self._responses, token)
            or sittings.of_open_link(self._responses, token, found)
        )

    def _instead(self, sitting: Sitting, spoken: str, *, thanked: bool = False) -> Reply | None:
        """What is said instead of a question: it was answered, it is closed, it is full."""
        survey, look = sitting.survey, self._looks(sitting.survey)
        if sitting.ended:
            name = "thanks" if thanked or sitting.preview else "already"
            own = self._fill(texts.said(survey.thanks, survey, spoken), sitting, spoken) if name == "thanks" else ""
            return Reply(page.message(survey, spoken, name, look, text=own), look=look)
        if sitting.preview:
            if survey.questions:
                return None
            return Reply(page.message(survey, spoken, "thanks", look), look=look)
        assert isinstance(sitting, Kept)
        if self._closed(sitting):
            return Reply(page.message(survey, spoken, "closed", look), 410, look=look)
        if not sitting.opened and self._responses.is_full(sitting.key, survey):
            return Reply(page.message(survey, spoken, "full", look), look=look)
        return None

    def _closed(self, sitting: Kept) -> bool:
        """Who has begun may go on while a survey is only paused."""
        now = next(
            (item for item in self._responses.workspace.definitions.all("survey") if item.key == sitting.key), None
        )
        if now is None or not now.body.questions:
            return True
        return now.body.status not in (("live", "paused") if sitting.opened else ("live",))

    def _asked(self, sitting: Sitting, wanted: str | None) -> Question | None:
        """The question to ask: the one wanted if it was passed, else the next; the last one again where all were passed."""
        way = sitting.way()
        if wanted is not None:
            found = next((each for each in way.passed if each.key == wanted), None)
            if found is not None:
                return found
            if way.next is None or way.next.key != wanted:
                return way.next if wanted is None else None
        return way.next or (way.passed[-1] if way.passed else None)

    def _ask(
        self,
        sitting: Sitting,
        asked: Question,
        spoken: str,
        *,
        value: Any = None,
        words: Mapping[str, str] | None = None,
        error: Unfit | None = None,
        status: int = 200,
        again: bool = False,
    ) -> Reply:
        way, response, look = sitting.way(), sitting.response, self._looks(sitting.survey)
        passed = [each.key for each in way.passed]
        place = passed.index(asked.key) if asked.key in passed else len(passed)
        kept = response.answers.get(asked.key) if value is None and error is None else value
        whole = len(passed) + way.left
        extra = {"again": "1"} if again else {}
        html = page.question(
            Asked(
                survey=sitting.survey,
                question=asked,
                language=spoken,
                seed=response.id,
                value=kept,
                words=words if words is not None else response.answers.get(asked.key + answering.WORDS, {}),
                known=self._known(sitting, spoken),
                error=error,
                progress=(place, whole),
                first=place == 0,
                last=place >= whole - 1,
                back=_with(sitting.path, q=passed[place - 1], lang=spoken) if place else None,
                languages={
                    each: _with(sitting.path, lang=each, q=asked.key, **extra) for each in sitting.survey.languages
                },
                hidden={"q": asked.key, "lang": spoken, **extra, **sitting.hidden()},
                dismissible=sitting.dismissible and place == 0,
                preview=sitting.preview,
                pixel=sitting.pixel(),
            ),
            look,
        )
        return Reply(html, status, look=look)

    def _known(self, sitting: Sitting, spoken: str) -> Callable[[str, str], str | None]:
        """What placeholders stand for: answers as they were read, traits of who was asked."""
        traits: dict[str, Any] | None = None

        def value(source: str, name: str) -> str | None:
            nonlocal traits
            if source == "answer":
                question = sitting.survey.question(name)
                answer = sitting.response.answers.get(name)
                return None if question is None or answer is None else _read(sitting.survey, question, answer, spoken)
            traits = dict(sitting.traits()) if traits is None else traits
            found = traits.get(name)
            return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else None

        return value

    def _fill(self, text: str, sitting: Sitting, spoken: str) -> str:
        return piping.fill(text, self._known(sitting, spoken))

    def _language(self, sitting: Sitting, asked: str | None, visitor: Visitor) -> str:
        begun = [sitting.response.language] if sitting.response.passed else []
        return texts.spoken(
            sitting.survey, [*([asked] if asked else []), *begun, *texts.wished(visitor.accept_language)]
        )

    def frame_language(self, visitor: Visitor, asked: str | None = None) -> str:
        """The language for who asks for no survey that there is."""
        wishes = [*([asked] if asked else []), *texts.wished(visitor.accept_language)]
        known = texts.frame_languages()
        return next((wish for wish in wishes if wish.lower().partition("-")[0] in known), "en")

    def _lost(self, asked: str | None, visitor: Visitor) -> Reply:
        return Reply(page.message(None, self.frame_language(visitor, asked), "unknown", Look()), 404)

    def _seems_answered(self, sitting: Sitting, visitor: Visitor) -> bool:
        """Whether this browser, as far as one can tell without a cookie, answered the open survey within a day."""
        if not isinstance(sitting, Kept) or sitting.opened or sitting.invitation is not None:
            return False
        with self._lock:
            at = self._answered.get(tokens.browser(visitor.network, visitor.agent, sitting.key, self._salt))
        return at is not None and time.monotonic() - at < REMEMBERED_S

    def _remember(self, sitting: Sitting, visitor: Visitor) -> None:
        if sitting.preview:
            return
        with self._lock:
            self._answered[tokens.browser(visitor.network, visitor.agent, sitting.key, self._salt)] = time.monotonic()
            while len(self._answered) > MOST_REMEMBERED:
                self._answered.popitem(last=False)


def given_by(question: Question, form: Form) -> dict[str, Any]:
    """What a form says about a question, as `answer` takes it."""
    given: dict[str, Any] = {question.key: _value(question, form)}
    words = {option.key: _first(form, f"w.{option.key}") or "" for option in question.options if option.write_in}
    if words:
        given[question.key + answering.WORDS] = words
    return given


def _value(question: Question, form: Form) -> Any:
    if question.kind == "multiple":
        return list(form.get("v", ()))
    if question.kind == "ranking":
        return _by_place(question, form)
    if question.kind == "matrix":
        return {row.key: said for row in question.rows if (said := _first(form, f"r.{row.key}"))}
    if question.kind == "contact":
        return {field: said for field in question.fields if (said := _first(form, f"f.{field}"))}
    return _first(form, "v")


def _by_place(question: Question, form: Form) -> list[str]:
    """The options by the place they were given; the same place twice puts an option in twice, which is refused."""
    places: dict[str, list[str]] = {}
    for option in question.options:
        if said := _first(form, f"p.{option.key}"):
            places.setdefault(said, []).append(option.key)
    if any(len(keys) > 1 for keys in places.values()):
        keys = next(keys for keys in places.values() if len(keys) > 1)
        return [keys[0], keys[0]]
    numbered = [(int(said), keys[0]) for said, keys in places.items() if said.isdecimal() and len(said) < 4]
    return [key for _, key in sorted(numbered)]


def _beforehand(question: Question, said: str | None) -> Any:
    """The answer that a link carries, if the question takes it."""
    if said is None:
        return None
    try:
        return answering.clean(question, [said] if question.kind == "multiple" else said)
    except Refused:
        return None


def _read(survey: Survey, question: Question, answer: Any, spoken: str) -> str:
    """An answer as the customer read it: options by their text."""
    named = {option.key: texts.said(option.text, survey, spoken) or option.key for option in question.options}
    if isinstance(answer, str):
        return named.get(answer, answer)
    if isinstance(answer, list):
        return ", ".join(named.get(str(key), str(key)) for key in answer)
    return events.shown_value(answer)


def _first(form: Form, name: str) -> str | None:
    found = form.get(name)
    return found[0] if found else None


def _with(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}"
