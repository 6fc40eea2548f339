"""Assumptions that data can test: each claims something of a map's numbers and is confirmed, contradicted or undecided."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from resa.journeys.definition import Journey
from resa.journeys.handovers import Channels
from resa.journeys.numbers import Maps
from resa.kernel import proportions
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS
from resa.kernel.lens import Lens
from resa.kernel.matching import check_channel
from resa.kernel.recent import Recent

Says = Literal["goes_on", "uses", "comes_by", "takes"]
Verdict = Literal["confirmed", "contradicted", "undecided", "no data", "gone"]

Key = Annotated[str, msgspec.Meta(max_length=64)]

_NEEDS: Final[dict[Says, tuple[str, ...]]] = {
    "goes_on": ("stage", "to", "share"),
    "uses": ("touchpoint", "share"),
    "comes_by": ("channel", "share"),
    "takes": ("touchpoint", "seconds"),
}
_MAY: Final[dict[Says, tuple[str, ...]]] = {"goes_on": (), "uses": (), "comes_by": ("stage",), "takes": ()}


class Claim(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, omit_defaults=True):
    """What an assumption says that can be counted (docs/journeys.md).

    `goes_on`: of the customers of `stage`, more (or fewer) than `share` come to the stage `to` after that.
    `uses`: of the customers on the map, more (fewer) than `share` use `touchpoint`.
    `comes_by`: of those who come to `stage` (none: to the map), more (fewer) than `share` come by `channel` first.
    `takes`: in more (fewer) than half of the cases the next touchpoint comes more than `seconds` after `touchpoint`.
    """

    says: Says
    than: Literal["more", "fewer"]
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0, le=10**10)] | None = None
    stage: Key | None = None
    to: Key | None = None
    touchpoint: Key | None = None
    channel: Key | None = None


class Tested(msgspec.Struct, frozen=True):
    """A claim held against the data of a lens; `low` to `high` is the 95 % interval of `value`."""

    verdict: Verdict
    value: float | None
    low: float | None
    high: float | None
    n: int
    """Customers it rests on."""


_GONE: Final = Tested("gone", None, None, None, 0)


def check(at: str, claim: Claim, journey: Journey) -> None:
    """Refuse a claim that lacks something, has too much, or speaks of what is not on the map."""
    needs = _NEEDS[claim.says]
    for name in dict.fromkeys((*needs, "share", "seconds", "stage", "to", "touchpoint", "channel")):
        given = getattr(claim, name)
        if name in needs and given is None:
            raise Refused(f"{at}.{name}", None, f"'{claim.says}' needs it.", f"It takes {', '.join(needs)}.")
        if given is not None and name not in needs and name not in _MAY[claim.says]:
            raise Refused(f"{at}.{name}", given, f"'{claim.says}' does not take it.", "Leave it out.")
    check_channel(f"{at}.channel", claim.channel)
    places = _places(journey)
    for name in ("stage", "to"):
        key = getattr(claim, name)
        if key is not None and key not in places.stages:
            raise Refused(f"{at}.{name}", key, "there is no such stage on this map.", "Use the key of one.")
    if claim.touchpoint is not None and claim.touchpoint not in places.touchpoints:
        raise Refused(
            f"{at}.touchpoint", claim.touchpoint, "there is no such touchpoint on this map.", "Use the key of one."
        )
    if claim.says == "goes_on" and claim.stage == claim.to:
        raise Refused(f"{at}.to", claim.to, "people go on to another stage.", "Name another one.")


class _Places(NamedTuple):
    stages: dict[str, int]
    touchpoints: dict[str, int]


def _places(journey: Journey) -> _Places:
    return _Places(
        {stage.key: place for place, stage in enumerate(journey.stages)},
        {touchpoint.key: number for number, (_, _, touchpoint) in enumerate(journey.touchpoints())},
    )


class Claims:
    """Holds claims against data. Thread-safe."""

    def __init__(self, maps: Maps, channels: Channels) -> None:
        """Nothing is computed yet."""
        self._maps, self._channels = maps, channels
        self._delays = Recent(16)

    def test(self, claim: Claim, journey: Journey, lens: Lens) -> Tested:
        """What the data seen through the lens say of it."""
        places = _places(journey)
        named = [places.stages.get(key, -1) for key in (claim.stage, claim.to) if key is not None]
        if -1 in named or (claim.touchpoint is not None and claim.touchpoint not in places.touchpoints):
            return _GONE  # the map has changed since
        match claim.says:
            case "goes_on":
                walked = self._maps.walk(journey, lens)
                return _share(claim, *walked.went(places.stages[claim.stage or ""], places.stages[claim.to or ""]))
            case "uses":
                walked = self._maps.walk(journey, lens)
                used = walked.touchpoint(places.touchpoints[claim.touchpoint or ""]).customers
                return _share(claim, used, walked.customers)
            case "comes_by":
                arrived = self._channels.crossings(journey, lens).arrived
                first = arrived[-1 if claim.stage is None else places.stages[claim.stage]]
                return _share(claim, int(first[CHANNELS.index(claim.channel or "other")]), int(first.sum()))
            case "takes":
                return self._takes(claim, journey, lens, places.touchpoints[claim.touchpoint or ""])

    def _takes(self, claim: Claim, journey: Journey, lens: Lens, touchpoint: int) -> Tested:
        from resa.journeys.crossings import Delays  # noqa: PLC0415  # loads numba; starting up must not wait for it
        from resa.kernel.sequences import walk  # noqa: PLC0415

        def compute() -> tuple[int, float, float, float | None] | None:
            snapshot, identities, labels, _ = self._maps.read(journey, lens)
            reading = walk.Reading.of(snapshot, identities, labels, **self._maps.during(lens))
            return _median(walk.ask(lambda: Delays(touchpoint), reading).times())

        found = self._delays.get((*self._maps.key(journey, lens), touchpoint), compute)
        if found is None:
            return Tested("no data", None, None, None, 0)
        size, middle, low, high = found
        return Tested(_verdict(claim.than, claim.seconds or 0.0, low, high), middle, low, high, size)


def _median(times: Any) -> tuple[int, float, float, float | None] | None:
    """(how many, median, and between which of the ascending times it lies with 95 %, in seconds); None of none."""
    size = len(times)
    if size == 0:
        return None
    middle = (float(times[(size - 1) // 2]) + float(times[size // 2])) / 2000
    bounds = proportions.median_bounds(size, proportions.quantile())
    if bounds is None:
        return size, middle, 0.0, None
    return size, middle, float(times[bounds[0]]) / 1000, float(times[bounds[1]]) / 1000


def _share(claim: Claim, part: int, whole: int) -> Tested:
    if whole == 0:
        return Tested("no data", None, None, None, 0)
    low, high = proportions.wilson(part, whole, proportions.quantile())
    return Tested(_verdict(claim.than, claim.share or 0.0, low, high), part / whole, low, high, whole)


def _verdict(than: Literal["more", "fewer"], border: float, low: float, high: float | None) -> Verdict:
    if low > border:
        return "confirmed" if than == "more" else "contradicted"
    if high is not None and high < border:
        return "confirmed" if than == "fewer" else "contradicted"
    return "undecided"
