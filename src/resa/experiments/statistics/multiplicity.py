"""Many questions at once: how their p-values are to be read together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from resa.experiments.statistics.distributions import Array


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Adjusted so that the chance of even one false alarm stays the stated one, however they depend (S. Holm 1979).

    For several variations against one control, and for several primary metrics. With p-values that may be read at every
    look the adjusted ones may be read at every look as well. What is None was not asked, and stays so.
    """
    return _adjusted(p, lambda ordered: np.maximum.accumulate(ordered * np.arange(ordered.size, 0, -1)))


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """Adjusted so that of those called at most the stated share is false on average (Benjamini and Hochberg 1995).

    For segments and secondary metrics, where some wrong among many right ones do little harm.
    """

    def adjusted(ordered: Array) -> Array:
        ranked = ordered * ordered.size / np.arange(1, ordered.size + 1)
        return np.asarray(np.minimum.accumulate(ranked[::-1])[::-1])

    return _adjusted(p, adjusted)


def level(alpha: float, comparisons: int) -> float:
    """The alpha of each of several intervals that are to hold together (Bonferroni).

    Which effects are real is told by `holm`, which finds at least as many; intervals by Holm are not of finite width.
    """
    return alpha / max(1, comparisons)


def _adjusted(p: Sequence[float | None], rule: Callable[[Array], Array]) -> list[float | None]:
    asked = [place for place, one in enumerate(p) if one is not None]
    values = np.array([p[place] for place in asked], float)
    order = np.argsort(values, kind="stable")
    found = np.empty_like(values)
    found[order] = np.minimum(rule(values[order]), 1)
    answer: list[float | None] = [None] * len(p)
    for place, value in zip(asked, found, strict=True):
        answer[place] = float(value)
    return answer
