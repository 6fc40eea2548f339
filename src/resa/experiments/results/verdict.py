"""The verdict of a whole experiment: what its variations' readings come to (`statistics.verdicts`), or that there is nothing to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from resa.experiments.statistics import verdicts
from resa.experiments.statistics.sample_ratio import SampleRatio
from resa.experiments.statistics.verdicts import Finding, Progress, Value, best, judge

Action = Literal["ship", "stop", "keep_going", "check"]

NOT_STARTED: Final = "It has not been started: there is nothing to read."
NO_EXPOSURES: Final = "Nobody has been shown it yet: there is nothing to read."
CONTEXTS: Final = "Its bandit gives contexts shares of their own, so its variations are shown to different people: judge them on the log instead."
NO_PRIMARY: Final = "It has no primary metric that can be read, so nothing decides."


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of one of several variations."""

    action: Action
    code: str
    text: str
    values: dict[str, Value] = {}
    until: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: `action`, the rule that held (`code`) with its `values`, and both in a sentence.

    `variation` is the one to ship or to stop, `until` the day on which about as much more is known. Where there are several,
    `each` has the verdict of each by its rule and values, `by_variation` the sentences.
    """

    action: Action
    code: str
    text: str
    values: dict[str, Value] = {}
    variation: str | None = None
    until: str | None = None
    by_variation: dict[str, str] = {}
    each: dict[str, Said] = {}


def nothing(code: str, text: str) -> Verdict:
    """There is nothing to read."""
    return Verdict(action="keep_going", code=code, text=text)


def verdict(findings: Mapping[str, Sequence[Finding]], ratio: SampleRatio | None, progress: Progress) -> Verdict:
    """The verdict over all variations, by what each metric of it says."""
    if not any(finding.role == "primary" for some in findings.values() for finding in some):
        return nothing("no_primary", NO_PRIMARY)
    each = {name: judge(name, some, ratio, progress) for name, some in findings.items()}
    name, found = best(each, findings)
    return Verdict(
        action=found.action,
        code=found.code,
        text=found.sentence,
        values=dict(found.values),
        variation=name,
        until=None if found.until is None else found.until.isoformat(),
        by_variation={key: one.sentence for key, one in each.items()} if len(each) > 1 else {},
        each={key: _said(one) for key, one in each.items()} if len(each) > 1 else {},
    )


def _said(one: verdicts.Verdict) -> Said:
    until = None if one.until is None else one.until.isoformat()
    return Said(action=one.action, code=one.code, text=one.sentence, values=dict(one.values), until=until)
