"""Who mentioned something: by what was answered, and by the comments that are about a theme, also those from before it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from resa.feedback.loops import tables
from resa.feedback.loops.inbox import Asked, Inbox
from resa.feedback.themes import mentions
from resa.kernel import profiles
from resa.kernel.calendar import DAY
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

MOST: Final = 20_000
CHUNK: Final = 500

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Hindrance = Literal["simulated", "told_before", "no_address", "no_consent"]
HINDRANCES: Final[tuple[Hindrance, ...]] = ("simulated", "told_before", "no_address", "no_consent")


class About(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Whose answers are meant: at least a theme, a survey or what stands in the comment; of the last `days`."""

    theme: Words | None = None
    survey: Words | None = None
    text: Words | None = None
    sentiment: Words | None = None
    score_from: float | None = None
    score_to: float | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 365


class Mentioned(NamedTuple):
    """Somebody who mentioned it, by the identity they did so with last."""

    identity_number: int
    identity: str
    simulated: bool


def who(workspace: Workspace, tx: sa.Connection, about: About) -> tuple[dict[int, Mentioned], int, bool]:
    """The profiles that mentioned it, how many anonymous answers did, and whether those are all. Raises Refused."""
    if not (about.theme or about.survey or about.text):
        rule = "it is about a theme, a survey or words."
        raise Refused("about", None, rule, "Say theme, survey or text.")
    answered = _answered(workspace, tx, about)
    commented = _commented(workspace, tx, about) if about.theme else []
    people: dict[int, Mentioned] = {}
    anonymous: set[int] = set()
    for each in (*answered[:MOST], *commented[:MOST]):
        if each.identity.startswith("anon:survey-"):
            anonymous.add(each.identity_number)
        elif (number := workspace.identities.profile(each.identity_number)) >= 0:
            people.setdefault(number, each)
    return people, len(anonymous), max(len(answered), len(commented)) <= MOST


def _answered(workspace: Workspace, tx: sa.Connection, about: About) -> list[Mentioned]:
    a = tables.answers.c
    asked = Asked(
        survey=about.survey,
        theme=about.theme,
        text=about.text,
        sentiment=about.sentiment,
        score_from=about.score_from,
        score_to=about.score_to,
        aside=True,
    )
    since = workspace.clock() - about.days * DAY
    query = sa.select(a.identity_number, a.identity, a.simulated)
    query = query.where(*Inbox(workspace).tests(asked), a.at >= since).order_by(a.at.desc()).limit(MOST + 1)
    return [Mentioned(*row) for row in tx.execute(query)]


def _commented(workspace: Workspace, tx: sa.Connection, about: About) -> list[Mentioned]:
    c = mentions.comments.c
    tests = [c.time >= workspace.clock() - about.days * DAY, mentions.of_theme(workspace, about.theme or "")]
    if about.survey:
        tests.append(c.survey == about.survey)
    if about.text:
        tests.append(sa.func.lower(c.text).contains(about.text.lower(), autoescape=True))
    if about.sentiment:
        tests.append(c.sentiment == about.sentiment)
    if about.score_from is not None:
        tests.append(c.score >= about.score_from)
    if about.score_to is not None:
        tests.append(c.score <= about.score_to)
    query = sa.select(c.identity, c.simulated).where(*tests).order_by(c.time.desc()).limit(MOST + 1)
    rows = tx.execute(query).all()
    keys: dict[int, str] = {}
    numbers = sorted({row.identity for row in rows})
    for start in range(0, len(numbers), CHUNK):
        keys |= workspace.identities.keys(tx, numbers[start : start + CHUNK])
    return [Mentioned(row.identity, keys[row.identity], bool(row.simulated)) for row in rows if row.identity in keys]


def profiles_of(
    workspace: Workspace, tx: sa.Connection, numbers: Sequence[int]
) -> Iterator[tuple[int, profiles.Profile]]:
    """Each profile as it is now."""
    for start in range(0, len(numbers), CHUNK):
        groups = {number: workspace.identities.members(tx, number) for number in numbers[start : start + CHUNK]}
        yield from profiles.read(workspace.state, tx, groups).items()


def hindrance(profile: profiles.Profile, mentioned: Mentioned, *, told: bool) -> Hindrance | None:
    """Why somebody won't hear it."""
    if mentioned.simulated or profile.simulated:
        return "simulated"
    if told:
        return "told_before"
    if not isinstance(profile.trait("email"), str):
        return "no_address"
    agreed = any(each.purpose == "marketing" and each.state == "granted" for each in profile.consent)
    return None if agreed else "no_consent"
