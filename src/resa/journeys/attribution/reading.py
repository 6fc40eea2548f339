"""What each model's numbers say and what they do not, in plain words; shown beside them everywhere."""

from __future__ import annotations

from typing import Final

READINGS: Final = {
    "first": (
        "The whole conversion goes to the first touch of its path: what begins journeys that end well. "
        "Blind to all that follows."
    ),
    "last": (
        "The whole conversion goes to the last touch before it: what stands at the end. "
        "Favours touches that meet people who have already decided."
    ),
    "linear": (
        "Each touch of the path gets the same part, one that is there twice gets two: who takes part. "
        "Favours frequent touches."
    ),
    "time_decay": (
        "A touch gets half as much as one that is a half-life younger: nearer to the conversion counts more. "
        "The half-life is a choice, not a finding."
    ),
    "markov": (
        "In a chain fitted to all paths, lost ones too: by how much would conversions fall if whoever comes to this touch "
        "were lost, as a share of all such falls. Favours touches that paths can't go around."
    ),
    "shapley": (
        "What a touch adds on average over all orders in which touches could join, where a set of touches earns the "
        "conversions that had no others. That divides a conversion equally among its different touches: "
        "lost paths, order and repeats don't matter."
    ),
}

LIMITS: Final = {
    "causal": "None of these models measures a causal effect: a touch shown to people who would have bought anyway earns credit in "
    "every one of them. An experiment with a hold-out measures what a touch adds.",
    "recorded": "Only touches that were recorded and joined to the customer count: word of mouth, other devices and views without an "
    "event are missing.",
    "few": "Only {conversions} conversions: the shares of small touches may be chance.",
    "untouched": "{untouched} of {conversions} conversions have no touch in the {days} days before.",
    "short": "The period is short for this window: many paths counted as lost may still lead to a conversion.",
    "rest": "Touches beyond the {most} most frequent ones are taken as one.",
}
"""By a stable code, for whoever says it in another language."""
