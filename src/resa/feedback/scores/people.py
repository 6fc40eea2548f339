"""The people behind a figure of a survey's results, each with their latest answer."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np

from resa.feedback.scores.deeper import Deeper, sides
from resa.feedback.scores.reading import Answers
from resa.feedback.scores.scales import Array
from resa.feedback.scores.shown import People, Person
from resa.kernel import behind, times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.profiles import Profile
from resa.kernel.workspace import Workspace

Side = Literal["all", "bad", "neutral", "good"]
MOST_COMMENT: Final = 400


class Whose(NamedTuple):
    """Which of a survey's customers: by their latest answer, by a group they belong to, by what they did before it."""

    of: Side = "all"
    score: int | None = None
    by: str | None = None
    group: str | None = None
    did: str | None = None
    window: Literal["30m", "7d"] = "7d"


def people(deeper: Deeper, survey: str, lens: Lens, whose: Whose, *, limit: int, cursor: str | None) -> People:
    """A page of them. Raises NotFound for a group or a deed that is not there."""
    results = deeper.results
    known = results.find(survey)
    if known.anonymous:
        rule = "this survey promised to be anonymous."
        raise Refused(
            "key", survey, rule, "Read its figures; there is no list of people.", code="anonymous", status=409
        )
    answers = results.answers(survey, lens)
    if whose.did is None and whose.of == "all" and whose.score is None and answers.scale is None:
        last = _last(answers)
    elif whose.by is not None and whose.did is None:
        scored = answers.take(answers.scored)
        last = _last(scored.take(_of_group(deeper, scored, survey, lens, whose)))
    else:
        last = answers.last_of_each()
    chosen = _side(last, whose)
    if whose.did is not None:
        chosen &= _did(deeper, survey, lens, last, whose)
    return _page(results.workspace, last.take(chosen), limit, cursor)


def _last(answers: Answers) -> Answers:
    """Each customer's latest."""
    order = np.lexsort((answers.row, answers.time, answers.profile))
    who = answers.profile[order]
    ends = np.ones(who.size, np.bool_)
    ends[:-1] = who[1:] != who[:-1]
    kept = np.zeros(who.size, np.bool_)
    kept[order[ends]] = True
    return answers.take(kept)


def _side(last: Answers, whose: Whose) -> Array:
    bad, good = sides(last)
    chosen = {"all": np.ones(len(last), np.bool_), "bad": bad, "good": good, "neutral": ~bad & ~good & last.scored}[
        whose.of
    ]
    return chosen if whose.score is None else np.asarray(chosen & (last.score == whose.score))


def _of_group(deeper: Deeper, scored: Answers, survey: str, lens: Lens, whose: Whose) -> Array:
    grouping = deeper.results.grouping(scored, survey, lens, whose.by or "")
    for (key, _), mask in zip(grouping.names, grouping.masks, strict=True):
        if key == whose.group:
            return mask.astype(np.bool_)
    raise NotFound("group", whose.group, "Use the key of a group.")


def _did(deeper: Deeper, survey: str, lens: Lens, last: Answers, whose: Whose) -> Array:
    for deed in deeper.deeds(survey, lens, last):
        if (deed.key, deed.window) == (whose.did, whose.window):
            return deed.did.astype(np.bool_)
    raise NotFound("deed", whose.did, "Use the key and the window of something that was done before answers.")


def _page(workspace: Workspace, found: Answers, limit: int, cursor: str | None) -> People:
    order = np.lexsort((found.profile, -found.time))
    part = behind.window(found.profile[order], found.time[order], limit, cursor)
    page = order[part.begin : part.end]
    known = behind.read(workspace, found.profile[page])
    items = [_person(known[int(found.profile[at])], found, int(at)) for at in page]
    return People(int(order.size), items, part.next)


def _person(profile: Profile, found: Answers, at: int) -> Person:
    comment, score = found.said[at].get("comment"), float(found.score[at])
    return Person(
        **behind.card(profile),
        score=None if np.isnan(score) else score,
        comment=comment[:MOST_COMMENT] if isinstance(comment, str) else None,
        time=times.iso(int(found.time[at])),
        row=int(found.row[at]),
    )
