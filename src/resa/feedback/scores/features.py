"""What may go with a score, one number for each customer's answer: chosen by how common it is, before any score is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa.feedback.scores import questions
from resa.feedback.scores.definitions import NUMBERS, PREFIX, guessed
from resa.feedback.scores.history import DAY, Done, History
from resa.feedback.scores.reading import Answers
from resa.feedback.scores.scales import Array
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace

LEAST: Final = 20
"""So many must have it, and so many not."""
KNOWN: Final = 0.5
"""The share of answers that must be left where all numbers are known; a number that would leave fewer is none of the drivers."""
ALIKE: Final = 0.98
ORDERED: Final = "Order Completed"
DELIVERED: Final = ("Order Delivered", "Shipment Delivered", "Order Fulfilled")
UNDERSTOOD: Final = "Comment Understood"
MOST_UNDERSTOOD: Final = 400_000

Kind = Literal["event", "signal", "delivery", "answer", "channel", "theme"]


class Feature(NamedTuple):
    """A driver: `share` is how many have it, None of a number."""

    key: str
    kind: Kind
    name: str
    values: Array
    share: float | None
    touchpoint: str | None = None


def features(
    workspace: Workspace, answers: Answers, history: History, deeds: Sequence[Done], lens: Lens, least: int
) -> tuple[Array, list[Feature]]:
    """Which of these answers speak (a mask), and their drivers, none twice under different names.

    Numbers come first, then what is nearest to half of the customers. Only answers of which all numbers are known speak, at
    least `least`: with a mean in a number's place, whatever goes along with the number would be taken for what moves the score.
    """
    rows, numeric = whole([*_answers(answers), *_delivery(answers, history)], len(answers), least)
    flags = [
        *(
            Feature(deed.key, deed.kind, deed.what.name, deed.did.astype(float), None, deed.touchpoint)
            for deed in deeds
        ),
        *_flags("channel", answers.text("channel")),
        *_themes(workspace, answers, lens),
    ]
    spoken = [flag._replace(values=flag.values[rows]) for flag in flags]
    common = [flag._replace(share=float(flag.values.mean())) for flag in spoken if _common(flag.values)]
    common.sort(key=lambda flag: (abs((flag.share or 0) - 0.5), flag.key))
    return rows, _different([*numeric, *common])


def whole(numbers: Sequence[Feature], count: int, least: int) -> tuple[Array, list[Feature]]:
    """The answers of which all these numbers are known (NaN: it is not), without the numbers that would leave too few."""
    rows, kept = np.ones(count, np.bool_), []
    for each in sorted(numbers, key=lambda each: int(np.isnan(each.values).sum())):
        both = rows & ~np.isnan(each.values)
        if both.sum() >= max(least, KNOWN * count):
            rows = both
            kept.append(each)
    return rows, [each._replace(values=each.values[rows]) for each in kept]


def _common(values: Array) -> bool:
    have = float(values.sum())
    return have >= LEAST and values.size - have >= LEAST


def _different(found: list[Feature]) -> list[Feature]:
    """Those that do not merely repeat one before."""
    kept: list[Feature] = []
    for feature in found:
        if feature.values.std() > 0 and all(
            abs(np.corrcoef(feature.values, other.values)[0, 1]) < ALIKE for other in kept
        ):
            kept.append(feature)
    return kept


def _answers(answers: Answers) -> list[Feature]:
    """Numbers given to other questions. The question whose answer the score is has the same numbers and is left out."""
    found = []
    for question in guessed(answers.said):
        if question.kind not in NUMBERS:
            continue
        values = questions.numbers(answers, question.key)
        known = ~np.isnan(values)
        if np.array_equal(values[known], answers.score[known]):
            continue
        found.append(Feature(PREFIX + question.key, "answer", question.text, values, None))
    return found


def _delivery(answers: Answers, history: History) -> list[Feature]:
    """Days from the last order to its delivery, where the log has both before the answer."""
    at = np.searchsorted(history.anchors, answers.row)
    ordered = history.since(ORDERED)[at]
    found = []
    for name in DELIVERED:
        days = (ordered - history.since(name)[at]) / DAY
        days[~(days > 0)] = np.nan
        if (~np.isnan(days)).mean() >= KNOWN:
            found.append(Feature("delivery", "delivery", name, days, None))
    return found[:1]


def _flags(kind: Kind, values: Sequence[str]) -> list[Feature]:
    array = np.array(values, object)
    names = [name for name, _ in Counter(values).most_common() if name][1:]
    return [Feature(f"{kind}:{name}", kind, name, (array == name).astype(float), None) for name in names]


def _themes(workspace: Workspace, answers: Answers, lens: Lens) -> list[Feature]:
    """The themes that were read in the comments of these answers."""
    table = workspace.body.native(
        f"SELECT properties FROM log WHERE code <> 0 AND type = 'track' AND name = '{UNDERSTOOD}' AND time >= {lens.period.start}"
        f" ORDER BY log.row DESC LIMIT {MOST_UNDERSTOOD}"
    )
    themes: dict[str, list[str]] = {}
    for text in table.column("properties").to_pylist():
        said = _read(text)
        about, named = said.get("about"), said.get("themes")
        if isinstance(about, str) and isinstance(named, list):
            themes.setdefault(about, [name for name in named if isinstance(name, str)])
    mine = [themes.get(message, []) for message in answers.message]
    known = Counter(name for each in mine for name in set(each))
    return [
        Feature(f"theme:{name}", "theme", name, np.array([name in each for each in mine], float), None)
        for name in known
    ]


def _read(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
