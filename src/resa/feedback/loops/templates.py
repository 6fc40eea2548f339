"""The kind `reply-template`: words to begin a reply with, filled with what is known of who answered and of the survey.

FilledReply by Liquid, as mails are. What is filled is what a person then reads, changes and sends: nothing goes out by itself.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.channels.email import filling
from resa.feedback import surveys
from resa.feedback.loops import acting, following, tables
from resa.feedback.loops.writing import Writing
from resa.feedback.scores.scales import SCALES
from resa.kernel import profiles, sensitive
from resa.kernel.calendar import DAY
from resa.kernel.definitions import Kind, printable
from resa.kernel.errors import NotFound, Refused
from resa.kernel.workspace import Workspace

RECENT_DAYS: Final = 90
"""Days of answers that a survey's figures in a reply are of."""
FEWEST: Final = 5
"""Answers below which a figure would say what single people said."""
MOST_LANGUAGES: Final = 50
FIRST_NAMES: Final = ("firstName", "first_name", "name")


class ReplyVersion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A template in one language: Liquid in both, over `customer`, `answer` and `survey`."""

    language: Annotated[str, msgspec.Meta(min_length=1, max_length=35)]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]


class ReplyTemplate(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Words for a kind of answer, in their languages; the first one is for whose language is not there."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    versions: Annotated[list[ReplyVersion], msgspec.Meta(min_length=1, max_length=MOST_LANGUAGES)]

    def in_language(self, spoken: str | None) -> ReplyVersion:
        """The version in that language, in the same language of another country, or the first."""
        by = {version.language.lower(): version for version in reversed(self.versions)}
        wanted = (spoken or "").replace("_", "-").lower()
        return by.get(wanted) or by.get(wanted.partition("-")[0]) or self.versions[0]


class ReplyDraftWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A template to fill for an answer: a saved one by its key, or a body that is being written. No language: the customer's."""

    template: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    body: ReplyTemplate | None = None
    language: Annotated[str, msgspec.Meta(max_length=35)] | None = None


class FilledReply(msgspec.Struct, frozen=True, kw_only=True):
    """A template filled for one answer. `languages` are those it is there in, `language` the one that was taken."""

    subject: str
    text: str
    language: str
    languages: list[str]


def check(template: ReplyTemplate) -> None:
    """Refuse what is no Liquid, and two versions of one language."""
    printable(template)
    seen: set[str] = set()
    for number, version in enumerate(template.versions):
        at = f"versions[{number}]"
        if version.language.lower() in seen:
            raise Refused(f"{at}.language", version.language, "it stands here twice.", "Keep one of them.")
        seen.add(version.language.lower())
        filling.check(f"{at}.subject", version.subject)
        filling.check(f"{at}.text", version.text)


KIND: Final = Kind("reply-template", ReplyTemplate, check)


def fill(workspace: Workspace, writing: Writing, number: int, wish: ReplyDraftWish) -> FilledReply:
    """The template with what is known of who gave this answer. Raises NotFound for an answer or template that is none, Refused."""
    template = _wished(workspace, wish)
    with workspace.state.read() as tx:
        row = tx.execute(tables.kept_answers().where(tables.answers.c.number == number)).first()
        if row is None:
            raise NotFound("answer", number)
        to = writing.reach(tx, row.identity_number)
        values = filling.plain(_values(workspace, tx, row))
    version = template.in_language(wish.language or (to.language if to is not None else None) or row.language)
    return FilledReply(
        subject=" ".join(filling.fill("subject", version.subject, values, escaped=False).split()),
        text=filling.fill("text", version.text, values, escaped=False).strip(),
        language=version.language,
        languages=[each.language for each in template.versions],
    )


def _wished(workspace: Workspace, wish: ReplyDraftWish) -> ReplyTemplate:
    if (wish.template is None) == (wish.body is None):
        rule = "it is one of two, a saved template or a body."
        raise Refused("template", wish.template, rule, "Send template or body.")
    if wish.body is not None:
        check(wish.body)
        return wish.body
    found: ReplyTemplate = workspace.definitions.get(KIND.name, wish.template or "").body
    return found


def _values(workspace: Workspace, tx: sa.Connection, row: Any) -> dict[str, Any]:
    score = row.score
    whole = score is not None and score.is_integer()
    answer = {**acting.spoken(following.answer_of(row)), "score": int(score) if whole else score}
    survey = {"key": row.survey, "name": _name(workspace, row.survey), **_figures(workspace, tx, row)}
    return {"customer": _customer(workspace, tx, row), "answer": answer, "survey": survey}


def _customer(workspace: Workspace, tx: sa.Connection, row: Any) -> dict[str, Any]:
    """Their name; other traits only of those who agreed to personalisation, and none that is nobody's business."""
    number = workspace.identities.profile(row.identity_number)
    if number < 0 or row.identity.startswith("anon:survey-"):
        return {}
    found = profiles.read(workspace.state, tx, {number: workspace.identities.members(tx, number)})[number]
    agreed = {each.purpose: each.state for each in found.consent}.get("personalisation") == "granted"
    traits = sensitive.insertable({trait.name: trait.value for trait in found.traits}) if agreed else {}
    first = next((found.trait(name) for name in FIRST_NAMES if found.trait(name)), None)
    return {**traits, "name": found.display_name, "first_name": str(first).split()[0] if first else None}


def _name(workspace: Workspace, survey: str | None) -> str | None:
    found = None if survey is None else surveys.current(workspace.definitions, survey)
    return survey if found is None else found.body.name


def _figures(workspace: Workspace, tx: sa.Connection, row: Any) -> dict[str, Any]:
    """How many answered this survey lately, and its score; nothing where they are too few."""
    a = tables.answers.c
    since = workspace.clock() - RECENT_DAYS * DAY
    query = sa.select(a.score).where(
        a.survey == row.survey, a.metric == row.metric, a.at >= since, a.simulated.is_(False), a.score.is_not(None)
    )
    scores = np.array(tx.execute(query).scalars().all(), float)
    scale = SCALES.get(row.metric or "")
    if scale is None or len(scores) < FEWEST:
        return {}
    score = float(np.mean(scale.points(scores)))
    return {"answers": len(scores), "score": round(score) if scale.metric == "nps" else round(score, 2)}
