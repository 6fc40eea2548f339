"""What every question shares: the lens in a body, labels, populations, splits, and answers kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from resa.analytics import bits
from resa.kernel import lens as lenses
from resa.kernel import periods, preferences, sequences, times
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.matching.sql import ENGINES, predicate, text_of
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.periods import Period
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

if TYPE_CHECKING:
    from resa.kernel.sequences.valuing import Values

T = TypeVar("T")

MOST_GROUPS: Final = 12
"""Groups of a split, those with most customers; the rest are one."""
MOST_POPULATIONS: Final = 12
NONE, OTHER = "", "Other"
"""The groups of those who say nothing, and of those who are in none of the largest."""


class Span(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """A period: from `from` up to, not including, `to`."""

    start: str
    end: str

    @classmethod
    def of(cls, period: Period) -> Span:
        """A period as the API writes it."""
        return cls(times.iso(period.start), times.iso(period.end))


class LensBody(
    msgspec.Struct, rename={"start": "from", "end": "to"}, forbid_unknown_fields=True, kw_only=True, frozen=True
):
    """The lens of a question: as in the query of a GET."""

    start: str | None = None
    end: str | None = None
    compare: str | None = None
    channel: str | None = None
    simulated: bool = True
    population: str | None = None
    by: str | None = None


class Question(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What every question's body may say: through which lens, and split by what."""

    lens: LensBody = msgspec.field(default_factory=LensBody)
    by: str | None = None

    @property
    def split(self) -> str | None:
        """What the answer is split by."""
        return self.by or self.lens.by or None


class Seen(NamedTuple):
    """A lens as read: the period compared with and the zone of its days."""

    lens: Lens
    compare: Period | None
    zone: ZoneInfo
    now: int


class Group(NamedTuple):
    """A group of a split by who somebody is: its name and its members as a mask."""

    name: str
    members: np.ndarray


class Asking:
    """The questions of one workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is computed yet."""
        self.workspace = workspace
        self.labels = sequences.LabelStore(workspace.body, most=4)
        self.values = sequences.ValueStore(workspace.body, most=3)
        self.metrics = Metrics(workspace)
        self._answers = Recent(64)
        self._found = Recent(4)

    # -- the lens ------------------------------------------------------------------------------------------------

    def seen(self, body: LensBody) -> Seen:
        """The lens of a body. Raises Refused."""
        zone, now = preferences.zone(self.workspace.state), self.workspace.clock()
        lens = lenses.read(
            *(body.start, body.end, zone, now),
            channel=body.channel,
            simulated=body.simulated,
            population=body.population or None,
        )
        return Seen(lens, periods.compared(body.compare, lens.period, zone, since=self.since()), zone, now)

    def since(self) -> int | None:
        """Time of the earliest event."""
        return min((part.min_time for part in self.workspace.index.snapshot().parts if part.events), default=None)

    def population(self, name: str | None) -> np.ndarray | None:
        """The mask of a population; None for everybody."""
        if name is None:
            return None
        return self.workspace.populations.get(name).mask(self.workspace.identities.count)

    # -- labels --------------------------------------------------------------------------------------------------

    def labelled(self, roles: bits.Roles, lens: Lens) -> tuple[Any, Any]:
        """Snapshot and labels in which an event's label is its bits, through the lens."""
        workspace = self.workspace
        snapshot = workspace.index.snapshot()
        if lens.channel is None and lens.simulated:
            table = bits.by_code(roles, workspace.committer.codes())
            if table is not None:
                return snapshot, sequences.Labels(table)
        engine = workspace.body.dialect
        if len(roles) <= bits.MOST_WITH_VARIANT:
            snapshot = self.labels.labelled(bits.with_variant(roles, engine), snapshot)
            return snapshot, sequences.Labels(bits.of_variants(len(roles), lens))
        snapshot = self.labels.labelled(bits.lensed(roles, lens, engine), snapshot)
        return snapshot, sequences.Labels(np.arange(1 << len(roles)))

    def read(self, lens: Lens) -> dict[str, Any]:
        """Period and population as the questions of the index take them."""
        return {**lens.period._asdict(), "population": self.population(lens.population)}

    # -- splits --------------------------------------------------------------------------------------------------

    def valued(self, by: str, matches: Sequence[Match], size: int) -> Values:
        """What the events of these matches say of what the split is by."""
        engine = self.workspace.body.dialect
        where = " OR ".join(f"({predicate(match, engine)})" for match in matches)
        value = by if by in ("channel", "device") else text_of(by.removeprefix("property:"), engine)
        return self.values.valued(where, value, size)

    def groups(self, by: str) -> list[Group] | None:
        """The groups of a split by who somebody is; None where it is by what an event says. Raises Refused."""
        names = self._populations(by)
        if names is None:
            return None
        masks = [self.population(name) for name in names]
        return [Group(name, mask) for name, mask in zip(names, masks, strict=True) if mask is not None]

    def token(self, by: str | None) -> Hashable:
        """What the groups of a split depend on. Raises Refused for what no answer can be split by."""
        names = None if by is None else self._populations(by)
        return tuple((name, self.workspace.populations.get(name).token) for name in names or ())

    def _populations(self, by: str) -> list[str] | None:
        if by in ("channel", "device") or (by.startswith("property:") and len(by) > len("property:")):
            return None
        names = self.workspace.populations.names(by) if by == "persona" else list(dict.fromkeys(by.split(",")))
        if not all(name.startswith(("audience:", "persona:")) for name in names):
            raise Refused(
                "by",
                by,
                "an answer can't be split by this.",
                "Use channel, device, persona, audience:<key>,audience:<key> or property:<name>.",
            )
        if len(names) > MOST_POPULATIONS:
            raise Refused("by", by, f"at most {MOST_POPULATIONS} groups.", "Choose fewer.")
        return names

    # -- answers -------------------------------------------------------------------------------------------------

    def answer(self, key: Hashable, seen: Lens, compute: Callable[[], T]) -> T:
        """The kept answer to a question if nothing it depends on has changed, else a new one."""
        return self._answers.get((key, *self._depends(seen)), compute)

    def found(self, key: Hashable, seen: Lens, compute: Callable[[], T]) -> T:
        """As `answer`, for the large ones: everybody behind a figure."""
        return self._found.get((key, *self._depends(seen)), compute)

    def lasting(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The kept answer to what need not be of this moment: all it depends on is in the key."""
        return self._answers.get(key, compute)

    def _depends(self, lens: Lens) -> tuple[Hashable, ...]:
        """All that an answer depends on beside its question. The identity map is immutable: a merge makes another one."""
        workspace = self.workspace
        token = workspace.populations.get(lens.population).token if lens.population else None
        return lens, token, workspace.body.landed(), workspace.index.next_row, workspace.identities.map()


def quoted(text: str, engine: str) -> str:
    """A text constant in an engine's SQL."""
    return ENGINES[engine].literal(text)


def largest(customers: np.ndarray, values: Values) -> tuple[np.ndarray, list[str]]:
    """From customers by value number to the group of each number, and the groups' names: the largest first."""
    numbers = np.flatnonzero(customers)
    ordered = numbers[np.argsort(-customers[numbers], kind="stable")].tolist()
    texts = {number: values.text(number) for number in ordered if number}
    names = [text for text in texts.values() if text not in (None, NONE, OTHER)][:MOST_GROUPS]
    if any(text not in names and text != NONE for text in texts.values()):
        names.append(OTHER)
    if customers[0] or NONE in texts.values():
        names.append(NONE)
    return grouped(values, [name for name in names if name is not None]), [name for name in names if name is not None]


def grouped(values: Values, names: Sequence[str]) -> np.ndarray:
    """The group of each value number: the place of its text in `names`, else of OTHER; -1 where there is none."""
    place = {name: at for at, name in enumerate(names)}
    rest = place.get(OTHER, -1)
    group_of = np.full(bits.CODES, rest, np.int64)
    group_of[0] = place.get(NONE, -1)
    group_of[1 : len(values.texts) + 1] = [place.get(text, rest) for text in values.texts]
    return group_of


Walk = tuple[Any, Any, Any]
"""Snapshot, identity map and labels."""


def splits(
    asked: Asking,
    by: str | None,
    walk: Walk,
    role: int,
    matches: Sequence[Match],
    lens: Lens,
    names: Sequence[str | None] | None = None,
) -> Iterator[tuple[Any, np.ndarray | None, list[str | None]]]:
    """What to walk for a split: a split by values, a population, and the names of the groups that come of it.

    By what events of the bits `role` (those of `matches`) say it is one walk, into the groups `names` or the largest
    there are; by who somebody is, one walk for each group.
    """
    everybody = asked.population(lens.population)
    if by is None:
        yield sequences.Split.whole(), everybody, [None]
        return
    groups = asked.groups(by)
    if groups is None:
        snapshot, identities, labels = walk
        values = asked.valued(by, matches, snapshot.next_row)
        if names is None:
            counted = sequences.value_counts(snapshot, identities, labels, values.rows, role, **asked.read(lens))
            group_of, found = largest(counted.customers, values)
        else:
            found = [name for name in names if name is not None]
            group_of = grouped(values, found)
        yield sequences.Split(values.rows, group_of, len(found)), everybody, list(found)
        return
    for group in groups:
        both = group.members if everybody is None else group.members[: everybody.size] & everybody[: group.members.size]
        yield sequences.Split.whole(), both, [group.name]
