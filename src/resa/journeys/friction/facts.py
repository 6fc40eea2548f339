"""What each row of the log is to friction: the parts it plays, its channel and device, its page and its item.

Asked of the body once per row, kept in memory by row (12 bytes an event) and grown as rows arrive. The item is what an
event is about: an element, a form, a product, a term, an error, a topic.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.journeys.friction.definition import Friction
from resa.journeys.friction.kernels import (
    ACTIVE,
    CART_ADD,
    CART_END,
    CHANNEL_SHIFT,
    CLICK,
    CONTACT,
    CONVERSION,
    DEAD,
    DEVICE_SHIFT,
    EMPTY,
    ERROR,
    FORM_END,
    FORM_START,
    HANDED,
    INTENT,
    MEASURED,
    PAGE,
    RAGE,
    SEARCH,
    SIMULATED,
    SLOW,
    STEP,
    WATCHED,
)
from resa.kernel import work
from resa.kernel.body import Body
from resa.kernel.events import CHANNELS
from resa.kernel.matching import Match
from resa.kernel.matching.sql import ENGINES, Engine, meets, number_of, text_of

CHUNK: Final = 1_000_000

DEVICES: Final = ("desktop", "mobile", "tablet")

# -- SQL -----------------------------------------------------------------------------------------------------------


def question(friction: Friction, engine: str) -> str:
    """The SQL of the facts of every row: row, roles, rest, page, item; a caller adds which rows (` AND row >= ...`)."""
    sql = ENGINES[engine]
    rules = list(_rules(friction, engine))
    roles = _by_event(rules, sql, lambda found: _sum(found, sql))
    items = _by_event([rule for rule in rules if rule[3]], sql, lambda found: _item(found, sql), otherwise="NULL")
    passive = [(match, 1, None, None) for match in friction.passive]
    active = f"1 - ({_by_event(passive, sql, lambda found: _sum(found, sql))})"
    channels = " ".join(f"WHEN {sql.literal(name)} THEN {place}" for place, name in enumerate(CHANNELS))
    devices = " ".join(f"WHEN {sql.literal(name)} THEN {place + 1}" for place, name in enumerate(DEVICES))
    return f"""
SELECT {sql.row} AS number, roles, item,
       CASE WHEN roles <> 0 THEN page_path END AS page,
       CASE WHEN roles <> 0 THEN {ACTIVE} ELSE ({active}) * {ACTIVE} END
         + CASE WHEN simulated THEN {SIMULATED} ELSE 0 END
         + (CASE channel {channels} ELSE {CHANNELS.index("other")} END) * {1 << CHANNEL_SHIFT}
         + (CASE device {devices} ELSE 0 END) * {1 << DEVICE_SHIFT} AS rest
  FROM (SELECT log.*, {roles} AS roles, {items} AS item FROM log) facts
 WHERE code <> 0 AND coalesce(source, '') <> 'resa'"""


Rule = tuple[Match, int, str | None, Sequence[str] | None]
"""A match, the role it gives, what else must hold (SQL), and the properties that say what it is about."""


def _rules(friction: Friction, engine: str) -> Iterator[Rule]:
    """All rules of the definition, those whose item counts most first."""
    clicks, forms, searches = friction.clicks, friction.forms, friction.searches
    for found, role, names in (
        (forms.started, FORM_START, forms.form),
        (forms.submitted, FORM_END, forms.form),
        (clicks.any, CLICK, clicks.element),
        (clicks.rage, RAGE, clicks.element),
        (clicks.dead, DEAD, clicks.element),
        (clicks.watched, WATCHED, None),
        (searches.any, SEARCH, searches.term),
        (searches.empty, SEARCH | EMPTY, searches.term),
        (friction.errors.any, ERROR, friction.errors.message),
        (friction.carts.added, CART_ADD, friction.carts.product),
        (friction.contacts.any, CONTACT, friction.contacts.topic),
        (friction.carts.ordered, CART_END, None),
        (friction.loops.pages, PAGE, None),
        (friction.outcome.any, CONVERSION, None),
        (friction.intent, INTENT, None),
        (friction.handovers.steps, STEP, None),
        (friction.handovers.handed, HANDED, None),
    ):
        for match in found:
            yield from ((match, bit, None, names) for bit in _bits(role))
    if searches.results:
        found_nothing = f"COALESCE({', '.join(number_of(name, engine) for name in searches.results)}, -1) = 0"
        yield from ((match, EMPTY, found_nothing, None) for match in searches.any)
    for measure in friction.slow.measures:
        number = number_of(measure.property, engine)
        yield measure.match, MEASURED, f"{number} IS NOT NULL", None
        yield measure.match, SLOW, f"COALESCE({number} > CAST('{float(measure.above)!r}' AS DOUBLE), FALSE)", None


def _bits(role: int) -> Iterator[int]:
    yield from (1 << n for n in range(role.bit_length()) if role >> n & 1)


def _by_event(rules: Sequence[Rule], sql: Engine, arm: Callable[[Sequence[Rule]], str], *, otherwise: str = "0") -> str:
    """A CASE by type, then by name: what is asked of an event is only what its name may meet."""
    types: dict[str, list[Rule]] = {}
    for rule in rules:
        types.setdefault(rule[0].type, []).append(rule)
    arms = " ".join(f"WHEN '{kind}' THEN {_by_name(found, sql, arm, otherwise)}" for kind, found in types.items())
    return f"CASE type {arms} ELSE {otherwise} END" if arms else otherwise


def _by_name(rules: Sequence[Rule], sql: Engine, arm: Callable[[Sequence[Rule]], str], otherwise: str) -> str:
    nameless = [rule for rule in rules if rule[0].name is None]
    names = list(dict.fromkeys(rule[0].name for rule in rules if rule[0].name is not None))
    rest = arm(nameless) if nameless else otherwise
    if not names:
        return rest
    # Grouped by what they come to: names that mean the same are one arm.
    told: dict[str, list[str]] = {}
    for name in names:
        found = arm([rule for rule in rules if rule[0].name in (None, name)])
        told.setdefault(found, []).append(sql.literal(name))
    arms = " ".join(f"WHEN name IN ({', '.join(known)}) THEN {found}" for found, known in told.items())
    every = ", ".join(sql.literal(name) for name in names)
    return f"CASE WHEN name NOT IN ({every}) THEN {rest} {arms} ELSE {rest} END"


def _condition(rule: Rule, sql: Engine) -> str | None:
    asked = [part for part in (meets(rule[0], sql, named=False), rule[2]) if part]
    return " AND ".join(f"COALESCE({part}, FALSE)" for part in asked) or None


def _sum(rules: Sequence[Rule], sql: Engine) -> str:
    """The roles an event of this name plays, added up: each bit once, whichever rule gives it."""
    always, asked = 0, dict[int, list[str]]()
    for rule in rules:
        condition = _condition(rule, sql)
        if condition is None:
            always |= rule[1]
        else:
            asked.setdefault(rule[1], []).append(condition)
    terms = [str(always)]
    for bit, conditions in asked.items():
        if not always & bit:
            terms.append(f"CASE WHEN {' OR '.join(dict.fromkeys(conditions))} THEN {bit} ELSE 0 END")
    return f"({' + '.join(terms)})"


def _item(rules: Sequence[Rule], sql: Engine) -> str:
    """The first property that is there, of the first rule that is met."""
    engine = next(name for name, known in ENGINES.items() if known is sql)
    arms: list[str] = []
    for rule in rules:
        said = f"COALESCE({', '.join(text_of(name, engine) for name in rule[3] or ())}, NULL)"
        condition = _condition(rule, sql)
        if condition is None:
            return f"CASE {' '.join(arms)} ELSE {said} END" if arms else said
        if (arm := f"WHEN {condition} THEN {said}") not in arms:
            arms.append(arm)
    return f"CASE {' '.join(arms)} ELSE NULL END"


# -- kept ----------------------------------------------------------------------------------------------------------


class Facts:
    """The facts of one definition so far. `rows` may be read up to `size` while others let it grow."""

    def __init__(self, body: Body, friction: Friction) -> None:
        """Nothing is asked yet."""
        self._body = body
        self._sql = question(friction, body.dialect)
        self._lock = threading.Lock()
        self.size = 0
        self.rows = np.zeros(0, np.uint32)
        self.page = np.zeros(0, np.uint32)
        self.item = np.zeros(0, np.uint32)
        self.pages = Words(folded)
        self.items = Words(shortened)

    def grown(self, size: int) -> Facts:
        """The same, with every row below `size`."""
        with self._lock:
            if size > self.rows.size:
                room = max(size, self.rows.size + self.rows.size // 2)
                self.rows, self.page, self.item = (_larger(kept, room) for kept in (self.rows, self.page, self.item))
            work.expect(max(0, size - self.size))
            while self.size < size:
                last = min(size, self.size + CHUNK)
                self._read(self.size, last)
                read, self.size = last - self.size, last
                work.advance(read)
        return self

    def _read(self, first: int, last: int) -> None:
        row = ENGINES[self._body.dialect].row
        found = self._body.native(f"{self._sql} AND {row} >= {first} AND {row} < {last}")
        at = found.column("number").to_numpy()
        self.rows[at] = found.column("roles").to_numpy().astype(np.uint32) + found.column("rest").to_numpy().astype(
            np.uint32
        )
        self.page[at] = self.pages.numbers(found.column("page"))
        self.item[at] = self.items.numbers(found.column("item"))


def _larger(kept: np.ndarray, room: int) -> np.ndarray:
    out = np.zeros(room, kept.dtype)
    out[: kept.size] = kept
    return out


class Words:
    """Texts as numbers from 1 (0: none), and what each reads as in an answer: `shown`, whose number is `group`."""

    def __init__(self, shown: Callable[[str], str]) -> None:
        """No text yet."""
        self._show = shown
        self._number: dict[str, int] = {}
        self._group_of: dict[str, int] = {"": 0}
        self._groups: list[int] = [0]
        self.shown: list[str] = [""]

    def numbers(self, column: pa.ChunkedArray) -> np.ndarray:
        """The number of each text of a column."""
        encoded = pc.dictionary_encode(column).combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
        known = np.array([self._of(text) for text in encoded.dictionary.to_pylist()] + [0], np.uint32)
        place = encoded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)
        found: np.ndarray = known[place]
        return found

    def _of(self, text: str | None) -> int:
        if not text:
            return 0
        number = self._number.get(text)
        if number is None:
            number = self._number[text] = len(self._groups)
            said = self._show(text)
            group = self._group_of.setdefault(said, len(self.shown))
            if group == len(self.shown):
                self.shown.append(said)
            self._groups.append(group)
        return number

    def groups(self) -> np.ndarray:
        """For each number the number of what it is shown as."""
        return np.array(self._groups, np.uint32)


_ID: Final = re.compile(
    r"\d+|[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\w*\d\w*\d\w*\d\w*\d\w*"
)
SHOWN: Final = 120


def folded(path: str) -> str:
    """A page's path without what names one thing of many: `/product/4711/` is `/product/:id`."""
    bare = path.partition("?")[0].partition("#")[0].rstrip("/")
    parts = [":id" if _ID.fullmatch(part) else part for part in bare.split("/")]
    return shortened("/".join(parts) or "/")


def shortened(text: str) -> str:
    """A text as it stands in a list: one line, upper and lower case aside, not endless."""
    line = " ".join(text.split()).lower()
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
