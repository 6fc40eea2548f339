"""How many of those a survey is for can be asked, and what stands in the way of the others: counted for everybody at once.

What `attending` finds out of one person is here a mask over the numbers of profiles. Who is in the sample is not worked
out person by person: the counts are of all, and the share says how many of them to expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from resa.channels.email import is_address
from resa.feedback.asking import places, whom
from resa.feedback.asking.attending import KINDS
from resa.feedback.asking.plans import Plan
from resa.kernel import profiles
from resa.kernel.contacts import Cap, Policy
from resa.kernel.identities import Identities
from resa.kernel.workspace import Workspace

Mask = npt.NDArray[np.bool_]

Pushed = Literal["site", "email", "api"]
PUSHED: Final[Mapping[str, Pushed]] = {"site": "site", "email": "email", "api": "api"}
"""Channels on which Resa asks somebody; a link is given away by people."""


class Way(NamedTuple):
    """One channel: of the target, who agreed to be asked there, of those who can be reached there, of those who may be asked now.

    `reached` and `now` are None where nobody can know: an address for a sender of one's own, and its kind of contact.
    """

    channel: Pushed
    agreed: int
    reached: int | None
    now: int | None


class Reach(NamedTuple):
    """Customers a survey is for, without the simulated ones, who are never asked; and by which ways."""

    target: int
    simulated: int
    ways: list[Way]


class Counting:
    """Masks of a workspace's profiles, looked up once for all channels. Within one transaction that reads."""

    def __init__(self, workspace: Workspace, tx: sa.Connection) -> None:
        """As things are now."""
        self._workspace, self._tx = workspace, tx
        self._identities: Identities = workspace.identities
        self._size = self._identities.count

    def of(self, plan: Plan, policy: Policy, suppressed: Sequence[str]) -> Reach:
        """How far a survey reaches. `suppressed`: addresses that get no mail."""
        meant = self._meant(plan)
        simulated = meant & self._simulated()
        target = meant & ~simulated
        asked = [PUSHED[channel] for channel in plan.body.channels if channel in PUSHED]
        ways = [self._way(plan, channel, target, policy, suppressed) for channel in asked]
        return Reach(int(target.sum()), int(simulated.sum()), ways)

    def _way(self, plan: Plan, channel: Pushed, target: Mask, policy: Policy, suppressed: Sequence[str]) -> Way:
        agreed = target & self._agreed(plan, channel)
        if channel not in KINDS:
            return Way(channel, int(agreed.sum()), None, None)
        reached = agreed & self._addressed(suppressed) if channel == "email" else agreed
        free = reached & ~self._spent(plan, KINDS[channel], policy)
        return Way(channel, int(agreed.sum()), int(reached.sum()), int(free.sum()))

    # -- who -----------------------------------------------------------------------------------------------------------

    def _meant(self, plan: Plan) -> Mask:
        """Members of the survey's audience and persona; everybody where it names none."""
        numbers = np.arange(self._size)
        found: Mask = self._identities.profiles(numbers) == numbers
        for kind, key in (("audience", plan.body.audience), ("persona", plan.body.persona)):
            if key is not None:
                found &= self._workspace.populations.get(f"{kind}:{key}").mask(self._size)
        return found

    def _simulated(self) -> Mask:
        f = profiles.folds.c
        return self._profiles(self._tx.execute(sa.select(f.identity).where(f.simulated > 0)).scalars())

    def _agreed(self, plan: Plan, channel: str) -> Mask:
        """As `whom.agreed` has it for one: a denial counts from any identity, a grant where nobody denied."""
        purpose, c = plan.body.purpose or whom.PURPOSES[channel], profiles.consents.c
        said: dict[str, list[int]] = {"granted": [], "denied": []}
        for identity, state in self._tx.execute(sa.select(c.identity, c.state).where(c.purpose == purpose)):
            said[state].append(identity)
        free = purpose in whom.ASSUMED or plan.body.about == "employees"
        granted = np.ones(self._size, np.bool_) if free else self._profiles(said["granted"])
        return granted & ~self._profiles(said["denied"])

    def _addressed(self, suppressed: Sequence[str]) -> Mask:
        """Of whom an address is known, the newest of each trait, to which mail is sent."""
        t, blocked = profiles.traits.c, frozenset(suppressed)
        newest: dict[tuple[int, str], tuple[tuple[int, int, int], str]] = {}
        rows = self._tx.execute(
            sa.select(t.identity, t.name, t.value, t.rank, t.time, t.row).where(t.name.in_(whom.EMAIL))
        ).all()
        owners = self._identities.profiles(np.fromiter((row[0] for row in rows), np.int64, len(rows)))
        for owner, (_, name, value, *age) in zip(owners.tolist(), rows, strict=True):
            known = newest.get((owner, name))
            if known is None or known[0] < tuple(age):
                newest[owner, name] = (tuple(age), value)
        found = np.zeros(self._size, np.bool_)
        for (owner, _), (_, value) in newest.items():
            if 0 <= owner < self._size and _mailable(value, blocked):
                found[owner] = True
        return found

    def _spent(self, plan: Plan, kind: str, policy: Policy) -> Mask:
        """Whose budget has no room for this contact now; who gives way to whom is not looked at."""
        found = np.zeros(self._size, np.bool_)
        own = (Cap(most=1, per=plan.body.rest),)
        now, ledger = self._workspace.clock(), self._workspace.contacts
        counted = ledger.counted(self._tx, kind, places.what(plan.key), now, plan.body.priority, own, policy)
        for most, identities, contacts in counted:
            owners = self._identities.profiles(identities)
            inside = (owners >= 0) & (owners < self._size)
            found |= np.bincount(owners[inside], contacts[inside], self._size) >= most
        return found

    def _profiles(self, identities: sa.ScalarResult[int] | list[int]) -> Mask:
        owners = self._identities.profiles(np.fromiter(identities, np.int64))
        found = np.zeros(self._size, np.bool_)
        found[owners[(owners >= 0) & (owners < self._size)]] = True
        return found


def _mailable(value: str, blocked: frozenset[str]) -> bool:
    text = msgspec.json.decode(value)
    return isinstance(text, str) and is_address(text.strip()) and text.strip().lower() not in blocked
