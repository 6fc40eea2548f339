"""Which buckets belong to which variation, and how that changes while only those move who must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resa.experiments.definition import Experiment, Piece
from resa.experiments.engine import hashing

_CRUMB = 1e-9  # what rounding leaves; a bucket is 1e-4 wide


def weights(experiment: Experiment) -> dict[str, float]:
    """The share of each variation among those who are in the experiment; they sum to 1."""
    total = sum(each.weight for each in experiment.arms)
    return {each.key: each.weight / total for each in experiment.arms}


def probability(experiment: Experiment, variation: str) -> float:
    """The probability of a variation for whoever is in the experiment."""
    found = pieces(experiment)
    everybody = sum(each.end - each.start for each in found)
    own = sum(each.end - each.start for each in found if each.variation == variation)
    return own / everybody if everybody > 0 else 0.0


def pieces(experiment: Experiment) -> list[Piece]:
    """The buckets of each variation: those kept with a running experiment, else as every SDK lays them out."""
    if experiment.allocation is not None and not experiment.contexts:
        return experiment.allocation
    shares = weights(experiment)
    laid = hashing.ranges(len(shares), experiment.coverage, list(shares.values()))
    return [Piece(variation=key, start=start, end=end) for key, (start, end) in zip(shares, laid, strict=True)]


def entries(experiment: Experiment) -> list[Piece]:
    """The pieces as a payload lists them: one for each variation in order, then what a variation has beyond its first."""
    found = pieces(experiment)
    first = {each.variation: each for each in reversed(found)}
    listed = [first.get(each.key) or Piece(variation=each.key, start=0.0, end=0.0) for each in experiment.arms]
    return [*listed, *(each for each in found if each is not first[each.variation])]


def moved(before: Sequence[Piece], wanted: Mapping[str, float]) -> list[Piece]:
    """`before` changed so that each variation has as much as `wanted` says, at the least number of moves.

    Who loses gives from its end; who gains takes first what others gave, then what belonged to nobody. So a unit moves from one
    variation to another only where the one shrinks and the other grows.
    """
    kept, given = _shrunk(before, wanted)
    free = [*given, *_gaps(before)]
    for key, share in wanted.items():
        missing = share - sum(each.end - each.start for each in kept if each.variation == key)
        while missing > _CRUMB and free:
            place = free.pop(0)
            end = min(place.end, place.start + missing)
            kept.append(Piece(variation=key, start=place.start, end=end))
            missing -= end - place.start
            if place.end - end > _CRUMB:
                free.insert(0, Piece(variation="", start=end, end=place.end))
    return _joined(kept)


def _shrunk(before: Sequence[Piece], wanted: Mapping[str, float]) -> tuple[list[Piece], list[Piece]]:
    kept: list[Piece] = []
    given: list[Piece] = []
    left = dict(wanted)
    for each in sorted(before, key=lambda piece: piece.start):
        room = max(0.0, left.get(each.variation, 0.0))
        end = min(each.end, each.start + room)
        left[each.variation] = room - (end - each.start)
        if each.end - end <= _CRUMB:
            end = each.end
        if end > each.start:
            kept.append(Piece(variation=each.variation, start=each.start, end=end))
        if each.end > end:
            given.append(Piece(variation="", start=end, end=each.end))
    return kept, given


def _gaps(before: Sequence[Piece]) -> list[Piece]:
    found, reached = [], 0.0
    for each in [*sorted(before, key=lambda piece: piece.start), Piece(variation="", start=1.0, end=1.0)]:
        if each.start - reached > _CRUMB:
            found.append(Piece(variation="", start=reached, end=each.start))
        reached = max(reached, each.end)
    return found


def _joined(found: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one variation as one piece, in order."""
    made: list[Piece] = []
    for each in sorted(found, key=lambda piece: piece.start):
        last = made[-1] if made else None
        if last is not None and last.variation == each.variation and each.start - last.end <= _CRUMB:
            made[-1] = Piece(variation=each.variation, start=last.start, end=each.end)
        else:
            made.append(each)
    return made
