"""Visitors who never were: each day of the shop's web traffic follows from a seed and the day alone.

Every event made here carries `simulated = true`; no door can set that flag, and no real event comes from here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from resa.demo import voices
from resa.demo.catalogue import Product
from resa.demo.visit import Showings, Visit, who
from resa.kernel.events import Draft

VISITS_A_DAY: Final = 260


_BY_HOUR: Final = (1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 9, 10, 12, 10, 8, 8, 9, 12, 15, 17, 17, 13, 7, 3)
_BY_WEEKDAY: Final = (1.0, 0.95, 0.95, 1.05, 1.15, 1.1, 1.25)


class Simulation:
    """Makes the events of a day, or of one visit, from a seed."""

    def __init__(
        self,
        products: Sequence[Product],
        zone: ZoneInfo,
        *,
        source: str,
        seed: str = "resa",
        showings: Showings | None = None,
    ) -> None:
        """`source` is the shop's; `zone` its clocks; `showings` what it shows to whom."""
        self.showings = showings
        self._products = list(products)
        self._heavy = list(accumulate(product.weight**0.5 for product in products))
        self._zone = zone
        self._source = source
        self._seed = seed
        self._regulars: dict[date, dict[int, int]] = {}

    def day(self, day: date) -> list[Draft]:
        """All events of the visits that begin on `day`, in the order of time."""
        chance, visits = self._begun(day)
        midnight = datetime(day.year, day.month, day.day)
        events: list[Draft] = []
        for number in range(visits):
            hour = chance.choices(range(24), _BY_HOUR)[0]
            begin = midnight + timedelta(hours=hour, seconds=chance.uniform(0, 3600))
            at = round(begin.replace(tzinfo=self._zone).timestamp() * 1000)
            events += self.visit(f"{day:%Y%m%d}-{number}", at, self._is_due(day, number))
        return sorted(events, key=lambda draft: (draft.time, draft.message_id))

    def visit(self, name: str, at: int, due: bool = False) -> list[Draft]:
        """The events of one visit that begins at `at` (milliseconds UTC); `name` makes its message ids and its chance.

        `due`: the visitor is to be asked whether they would recommend the shop.
        """
        chance = self._chance_of(name)
        number = who(chance)
        person = f"visitor-{number}" if number is not None else f"passer-{name}"
        return list(Visit(self, name, person, number, at, chance, due).events())

    def _begun(self, day: date) -> tuple[random.Random, int]:
        """The chance of a day, and how many visits it has."""
        chance = random.Random(f"{self._seed}:{day}")  # noqa: S311  # a simulation
        return chance, round(VISITS_A_DAY * _BY_WEEKDAY[day.weekday()] * chance.uniform(0.85, 1.15))

    def _chance_of(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}:visit:{name}")  # noqa: S311  # a simulation

    def _visited(self, day: date) -> dict[int, int]:
        """Who of the regulars came on a day, each with the number of a visit of theirs."""
        if day not in self._regulars:
            found: dict[int, int] = {}
            for number in range(self._begun(day)[1]):
                regular = who(self._chance_of(f"{day:%Y%m%d}-{number}"))
                if regular is not None:
                    found.setdefault(regular, number)
            self._regulars[day] = found
        return self._regulars[day]

    def _is_due(self, day: date, number: int) -> bool:
        """Whether a visit is its regular's first in their cycle of so many days, which begin on different days."""
        regular = who(self._chance_of(f"{day:%Y%m%d}-{number}"))
        if regular is None or self._visited(day)[regular] != number:
            return False
        into = (day.toordinal() + self.home_of(f"cycle:{regular}").randrange(voices.CYCLE_DAYS)) % voices.CYCLE_DAYS
        return not any(regular in self._visited(day - timedelta(days=before)) for before in range(1, into + 1))

    def pick(self, chance: random.Random, count: int) -> list[Product]:
        """Products, what households buy often more often."""
        return chance.choices(self._products, cum_weights=self._heavy, k=count)

    @property
    def source(self) -> str:
        """The source the events are said to come from."""
        return self._source

    def home_of(self, person: str) -> random.Random:
        """Chance that is the same at every visit of a person: device, habits."""
        return random.Random(f"{self._seed}:person:{person}")  # noqa: S311  # a simulation
