"""What rules ask of the customer who answered, as the workspace knows them now."""

from __future__ import annotations

import hashlib

import numpy as np
import sqlalchemy as sa

from resa.feedback.loops.definition import Worth
from resa.feedback.loops.sources import Answer
from resa.feedback.loops.tables import firings
from resa.kernel.audiences.rules import milliseconds
from resa.kernel.errors import NotFound
from resa.kernel.workspace import Workspace

_SPENT = "SELECT sum(revenue) FROM log WHERE profile = ? AND currency = ? AND time > ? AND time <= ? AND NOT bot"


class Customers:
    """The customers of a workspace, asked by rules."""

    def __init__(self, workspace: Workspace) -> None:
        """Of this workspace."""
        self._workspace = workspace

    def belongs(self, answer: Answer, audience: str) -> bool:
        """Whether they are in the audience now; nobody is in one that is gone."""
        try:
            members = self._workspace.audiences.population(audience).profiles
        except NotFound:
            return False
        profile = self._workspace.identities.profile(answer.number)
        at = int(np.searchsorted(members, profile))
        return at < len(members) and int(members[at]) == profile

    def spent(self, answer: Answer, worth: Worth) -> float:
        """What they paid in that currency within the period before the answer."""
        profile = self._workspace.identities.profile(answer.number)
        since = answer.at - milliseconds(worth.within)
        found = self._workspace.body.query(_SPENT, [profile, worth.currency, since, answer.at]).column(0)[0].as_py()
        return float(found or 0)

    def arm(self, tx: sa.Connection, rule: str, share: float, answer: Answer) -> str:
        """`held_out` for that share of the customers, else `acted`: by chance, and the same for a customer for good."""
        identities, state = self._workspace.identities, self._workspace.state
        profile = identities.profile(answer.number)
        members = identities.members(tx, profile)
        before = tx.execute(
            sa.select(firings.c.arm)
            .where(firings.c.rule == rule, state.among(firings.c.identity_number, members))
            .order_by(firings.c.at)
            .limit(1)
        ).scalar()
        if before is not None:
            return str(before)
        key = identities.keys(tx, [profile]).get(profile, answer.identity)
        return "held_out" if chance(rule, key) < share else "acted"


def chance(rule: str, key: str) -> float:
    """A number from 0 to 1 that is a customer's own for a rule: the same whenever it is asked for."""
    digest = hashlib.sha256(f"feedback-rule/{rule}/{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
