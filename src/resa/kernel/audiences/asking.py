"""What can be asked of audiences: who belongs, how many can be reached, why, since when. Live where it is kept, else counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from resa.kernel.audiences import bulk, explaining
from resa.kernel.audiences.bulk import Mask
from resa.kernel.audiences.explaining import Reason
from resa.kernel.audiences.keeping import Memberships
from resa.kernel.audiences.rules import Audience, Consent, Rule, check_together
from resa.kernel.body import Body
from resa.kernel.definitions import Definitions
from resa.kernel.identities import Identities
from resa.kernel.matching import Condition
from resa.kernel.populations import Population
from resa.kernel.recent import Recent

ADDRESSES: Final = {
    "email": ("email",),
    "sms": ("phone",),
    "push": ("push_token", "pushToken", "device_token", "deviceToken"),
}
"""By channel, the traits of which one must be known to reach somebody there."""

_MINUTE: Final = 60_000


class Reach(NamedTuple):
    """Of some members: who consented to marketing, and who of those has an address on the channel."""

    channel: str
    consented: int
    contactable: int


class Size(NamedTuple):
    """How many a rule holds for, of how many there are."""

    members: int
    of: int
    simulated: int
    reachable: list[Reach]
    some: list[int]


class Audiences:
    """The audiences of one workspace."""

    def __init__(
        self,
        definitions: Definitions,
        memberships: Memberships,
        identities: Identities,
        body: Body,
        clock: Callable[[], int],
    ) -> None:
        """Over the parts of a workspace."""
        self._definitions, self._memberships = definitions, memberships
        self._identities, self._body, self._clock = identities, body, clock
        self._recent = Recent(64)

    def all(self) -> dict[str, Audience]:
        """All audiences by key, as they are now."""
        return {item.key: item.body for item in self._definitions.all("audience")}

    def population(self, key: str) -> Population:
        """The members now, for questions. Raises NotFound."""
        version = self._definitions.get("audience", key).version
        live = self._memberships.roll(key)
        if live is not None:
            return Population(live[0], ("audience", key, version, live[1]))
        token = self._token()
        found = self._recent.get(("members", key, token), lambda: self._counted(key))
        return Population(found, ("audience", key, version, token))

    def live(self, key: str) -> bool:
        """Whether the members are kept in real time already; else they are counted when asked for."""
        return self._memberships.count(key) is not None

    def count(self, key: str) -> int:
        """How many members."""
        live = self._memberships.count(key)
        return len(self.population(key).profiles) if live is None else live

    def of(self, profile: int) -> list[str]:
        """The keys of the audiences that a profile belongs to."""
        found = self._memberships.of(profile)
        return [
            key
            for key, inside in found.items()
            if (profile in self.population(key).profiles if inside is None else inside)
        ]

    def check(self, body: Audience) -> None:
        """Refuse an unsaved audience that refers to what is not there. Raises Refused."""
        check_together({**self.all(), "": body})

    def size(self, body: Audience, some: int = 5) -> Size:
        """How many a rule holds for, saved or not, and how many of them can be reached."""
        audiences = {**self.all(), "": body}
        everybody = self._everybody()
        members = bulk.members(
            self._body, audiences, "", self._memberships.stages, self._clock(), self._identities.count
        )
        members = members[: everybody["all"].size]  # somebody may have come in between
        return Size(
            members=int(members.sum()),
            of=int(everybody["all"].sum()),
            simulated=int((members & everybody["simulated"]).sum()),
            reachable=[
                Reach(channel, int((members & everybody["marketing"]).sum()), int((members & everybody[channel]).sum()))
                for channel in ADDRESSES
            ],
            some=np.flatnonzero(members)[:some].tolist(),
        )

    def reasons(self, key: str, profile: int) -> Reason:
        """Why a profile is in an audience or not."""
        now = self._clock()
        story = self._stories(key, [profile], now)[profile]
        return story.reason(self._definitions.get("audience", key).body.rule, now)

    def since(self, key: str, profiles: Sequence[int]) -> dict[int, int | None]:
        """Since when these members belong to an audience; None for as long as they are known."""
        now = self._clock()
        rule = self._definitions.get("audience", key).body.rule
        return {profile: story.since(rule, now) for profile, story in self._stories(key, profiles, now).items()}

    # -- inside ------------------------------------------------------------------------------------------------------

    def _stories(self, key: str, profiles: Sequence[int], now: int) -> dict[int, explaining.Story]:
        chosen = self._identities.map()
        people = {profile: chosen.members(profile).tolist() for profile in profiles}
        return explaining.stories(self._body, self.all(), key, self._memberships.stages, people, now)

    def _token(self) -> tuple[object, ...]:
        versions = tuple((item.key, item.version) for item in self._definitions.all("audience"))
        return versions, self._body.landed(), self._identities.map(), self._clock() // _MINUTE

    def _counted(self, key: str) -> np.ndarray:
        found = bulk.members(
            self._body, self.all(), key, self._memberships.stages, self._clock(), self._identities.count
        )
        return np.flatnonzero(found).astype(np.uint32)

    def _everybody(self) -> Mapping[str, Mask]:
        """Masks of everybody, of who is simulated, of who may be written to, and of who can be reached by channel."""
        key = ("everybody", self._body.landed(), self._identities.map(), self._clock() // _MINUTE)
        return self._recent.get(key, self._count_everybody)

    def _count_everybody(self) -> dict[str, Mask]:
        asking = bulk.Asking(self._body, self._memberships.stages, self._clock(), self._identities.count)
        found: dict[str, Mask] = {
            "all": asking.everybody,
            "simulated": asking.profiles("SELECT DISTINCT profile FROM log WHERE simulated AND NOT bot"),
            "marketing": asking.rule(Rule(consent=Consent(purpose="marketing", state="granted")), {}),
        }
        for channel, traits in ADDRESSES.items():
            known = [Rule(trait=Condition(property=name, op="exists")) for name in traits]
            found[channel] = asking.rule(Rule(any=known), {}) & found["marketing"]
        return found
