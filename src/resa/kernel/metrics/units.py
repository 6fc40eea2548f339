"""One row per customer: what the sufficient statistics of metrics are taken from.

Whatever a metric's unit, customers are what is independent of one another, so everything is totalled per customer
first (the delta method's grouping; Deng, Knoblich and Lu 2018).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

Array = np.ndarray

ROOM: Final = 1 << 12
"""Groups and stretches of time are fewer than this each."""


Split = Literal["bucket", "group"]


class Begun(NamedTuple):
    """Customers of whom each is looked at from a moment of their own on (the first exposure to an experiment, say).

    `sql` answers `profile` and `since` (ms) over `log`; the same stands in the columns, ascending by profile. What came up to
    `before` ms earlier is totalled too, in stretch 0; the stretches after that moment count from 1.
    """

    sql: str
    profile: Array
    since: Array
    before: int = 0

    def since_of(self, profile: Array) -> Array:
        """The moment of each of these profiles; beyond all times where it is none of them."""
        at = np.minimum(np.searchsorted(self.profile, profile), max(0, self.profile.size - 1))
        known = self.profile.size > 0
        hit = self.profile[at] == profile if known else np.zeros(profile.size, np.bool_)
        return np.where(hit, self.since[at] if known else 0, np.iinfo(np.int64).max)


class Sample(NamedTuple):
    """Customers, ascending, with two totals each: of what is measured and of the units it is measured by."""

    profile: Array
    x: Array
    y: Array


@dataclass(frozen=True)
class Units:
    """Totals per customer, stretch of time and group, in that order."""

    profile: Array
    bucket: Array
    group: Array
    columns: Mapping[str, Array]

    @classmethod
    def ordered(cls, profile: Array, bucket: Array, group: Array, columns: Mapping[str, Array]) -> Units:
        """Rows as an engine gives them; rows of the same customer, stretch and group are added up.

        In one order always, so that floating-point sums are the same wherever they were asked.
        """
        key = (np.asarray(profile, np.int64) * ROOM + bucket) * ROOM + group
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if key.size else np.zeros(0, np.int64)
        totals = {
            name: np.add.reduceat(np.asarray(values, np.float64)[order], first) if first.size else np.zeros(0)
            for name, values in columns.items()
        }
        kept = key[first]
        return cls(kept // (ROOM * ROOM), kept // ROOM % ROOM, kept % ROOM, totals)

    @property
    def key(self) -> Array:
        """One number per row, ascending."""
        keys: Array = (self.profile * ROOM + self.bucket) * ROOM + self.group
        return keys

    @property
    def sample(self) -> Sample:
        """The columns `x` and `y`, where there is one row per customer."""
        return Sample(self.profile, self.columns["x"], self.columns["y"])

    def parts(self, by: Split, count: int) -> list[Units]:
        """The rows of each of `count` groups or stretches of time."""
        return [self.only(rows) for rows in _parts(getattr(self, by), count)]

    def only(self, rows: Array) -> Units:
        """Some of the rows (a mask or places)."""
        return Units(
            self.profile[rows],
            self.bucket[rows],
            self.group[rows],
            {name: values[rows] for name, values in self.columns.items()},
        )

    def within(self, members: Array | None) -> Units:
        """Only customers of a population (ascending numbers of profiles)."""
        if members is None:
            return self
        at = np.searchsorted(members, self.profile)
        found = at < members.size
        found[found] = members[at[found]] == self.profile[found]
        return self.only(found)

    def with_columns(self, **more: Array) -> Units:
        """The same rows with further columns."""
        return Units(self.profile, self.bucket, self.group, {**self.columns, **more})

    def column(self, name: str, as_name: str) -> Units:
        """The same rows with one of the columns, under a name."""
        return Units(self.profile, self.bucket, self.group, {as_name: self.columns[name]})

    def joined(self, other: Units) -> Units:
        """The rows of both, with 0 where one of them has none."""
        if self.profile.size == other.profile.size and np.array_equal(self.key, other.key):
            return self.with_columns(**other.columns)
        keys = np.union1d(self.key, other.key)
        columns = {}
        for side in (self, other):
            at = np.searchsorted(keys, side.key)
            for name, values in side.columns.items():
                columns[name] = np.zeros(keys.size)
                columns[name][at] = values
        return Units(keys // (ROOM * ROOM), keys // ROOM % ROOM, keys % ROOM, columns)


class Values(NamedTuple):
    """Single values of units (orders, events, sessions) with how often each occurs, by customer, stretch and group."""

    profile: Array
    bucket: Array
    group: Array
    value: Array
    times: Array

    def within(self, members: Array | None) -> Values:
        """Only customers of a population (ascending numbers of profiles)."""
        return self if members is None else self.only(np.isin(self.profile, members))

    def parts(self, by: Split, count: int) -> list[Values]:
        """The rows of each of `count` groups or stretches of time."""
        return [self.only(rows) for rows in _parts(getattr(self, by), count)]

    def only(self, rows: Array) -> Values:
        """Some of the rows (a mask or places)."""
        return Values(*(column[rows] for column in self))

    def capped(self, cap: float) -> Units:
        """Totals per customer (`x`, and `y`: how many units), no value counting as more than `cap`."""
        return Units.ordered(
            self.profile, self.bucket, self.group, {"x": np.minimum(self.value, cap) * self.times, "y": self.times}
        )


def bucket_of(time: Array, edges: tuple[int, ...]) -> Array:
    """The number of the stretch of time that each of these times is in; 0 where there is only one."""
    if len(edges) < 2:
        return np.zeros(time.size, np.int64)
    return np.maximum(np.searchsorted(np.asarray(edges, np.int64), time, side="right") - 1, 0)


def _parts(number: Array, count: int) -> list[Array]:
    """The places of each number below `count`, in their order."""
    order = np.argsort(number, kind="stable")
    bounds = np.searchsorted(number[order], np.arange(count + 1))
    return [order[low:high] for low, high in itertools.pairwise(bounds.tolist())]
