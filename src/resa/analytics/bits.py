"""From matches to bits: what an event is to a question, as a table over event codes where that is enough, else in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS
from resa.kernel.lens import Lens
from resa.kernel.matching import Match, check_match
from resa.kernel.matching.sql import ENGINES, Engine, meets
from resa.kernel.tail import MOST_NAMES

MOST: Final = 15
"""Bits of a label: 65535 is taken."""
MOST_WITH_VARIANT: Final = 11
"""So many bits leave room for channel and simulated in the label, and the lens can change without a look at the body."""
MOST_MATCHES: Final = 50
VARIANTS: Final = 2 * len(CHANNELS)
CODES: Final = 1 << 16

Roles = Sequence[Sequence[Match]]
"""For each bit the matches of which one must hold."""


def check_any(at: str, matches: Sequence[Match]) -> None:
    """Refuse an empty or absurd list of matches."""
    if not matches:
        raise Refused(
            at, None, "there is no event to look for.", 'Add one such as {"type": "track", "name": "Order Completed"}.'
        )
    if len(matches) > MOST_MATCHES:
        raise Refused(at, len(matches), f"at most {MOST_MATCHES} in one list.", "Leave some out.")
    for number, match in enumerate(matches):
        check_match(f"{at}[{number}]", match)


def by_code(roles: Roles, codes: Mapping[tuple[str, str], int]) -> np.ndarray | None:
    """The bits of each event code; None where more than type and name is asked, or names share a code."""
    if len(codes) + 2 > MOST_NAMES:
        return None
    table = np.zeros(CODES - 1, np.uint16)
    for bit, matches in enumerate(roles):
        for match in matches:
            if match.where or match.channel is not None or (match.type != "track" and match.name is not None):
                return None
            code = codes.get((match.type, match.name or ""))
            if code is not None:
                table[code] |= 1 << bit
    return table


def expression(roles: Roles, engine: str) -> str:
    """The bits of an event as SQL over the columns of `log`: by type, then by name, then by what else is asked."""
    sql = ENGINES[engine]
    types = dict.fromkeys(match.type for matches in roles for match in matches)
    arms = " ".join(f"WHEN '{type_}' THEN {_of_type(roles, type_, sql)}" for type_ in types)
    return f"CASE type {arms} ELSE 0 END" if arms else "0"


def _of_type(roles: Roles, type_: str, sql: Engine) -> str:
    mine = [[match for match in matches if match.type == type_] for matches in roles]
    names = dict.fromkeys(match.name for matches in mine for match in matches if match.name is not None)
    anyone = _sum([[match for match in matches if match.name is None] for matches in mine], sql)
    if not names:
        return anyone
    arms = " ".join(
        f"WHEN {sql.literal(name)} THEN "
        + _sum([[match for match in matches if match.name in (None, name)] for matches in mine], sql)
        for name in names
    )
    return f"CASE name {arms} ELSE {anyone} END"


def _sum(mine: Roles, sql: Engine) -> str:
    """The bits of events whose type and name are right already."""
    terms = [f"{_held(matches, 1 << bit, sql)}" for bit, matches in enumerate(mine) if matches]
    return " + ".join(terms) or "0"


def _held(matches: Sequence[Match], bit: int, sql: Engine) -> str:
    rests = [meets(match, sql, named=False) for match in matches]
    if None in rests:
        return str(bit)
    arms = " ".join(f"WHEN {rest} THEN {bit}" for rest in rests)
    return f"(CASE {arms} ELSE 0 END)"


def seen_by(lens: Lens, engine: str) -> str:
    """Whether a lens shows an event, period and population aside, as a SQL condition that is never NULL."""
    parts = [f"COALESCE(channel, 'other') = {ENGINES[engine].literal(lens.channel)}"] if lens.channel else []
    if not lens.simulated:
        parts.append("NOT COALESCE(simulated, FALSE)")
    return " AND ".join(parts) or "TRUE"


def lensed(roles: Roles, lens: Lens, engine: str) -> str:
    """`expression` with nothing for what the lens does not show."""
    seen = seen_by(lens, engine)
    said = expression(roles, engine)
    return said if seen == "TRUE" else f"CASE WHEN {seen} THEN {said} ELSE 0 END"


def with_variant(roles: Roles, engine: str) -> str:
    """`expression` in one number with channel and simulated, from 1; 0 where there are no bits."""
    channels = " ".join(f"WHEN {ENGINES[engine].literal(name)} THEN {2 * at}" for at, name in enumerate(CHANNELS))
    variant = f"CASE channel {channels} ELSE {2 * CHANNELS.index('other')} END + CASE WHEN simulated THEN 1 ELSE 0 END"
    return f"COALESCE(NULLIF({expression(roles, engine)}, 0) * {VARIANTS} + {variant} + 1, 0)"


def of_variants(bits: int, lens: Lens) -> np.ndarray:
    """For each label of `with_variant` the bits that the lens leaves of it."""
    label = np.arange((1 << bits) * VARIANTS)
    variant = label % VARIANTS
    roles = label // VARIANTS
    if lens.channel is not None:
        roles[variant // 2 != CHANNELS.index(lens.channel)] = 0
    if not lens.simulated:
        roles[variant % 2 == 1] = 0
    return np.concatenate(([0], roles)).astype(np.uint16)
