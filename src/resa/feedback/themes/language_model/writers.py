"""What is known of who wrote a comment, and must not leave with it: names and addresses of their profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from resa.kernel import profiles
from resa.kernel.workspace import Workspace

NAMES: Final = ("name", "first_name", "firstName", "last_name", "lastName")
OTHERS: Final = ("username", "email", "phone", "company", "street", "city")


def known(workspace: Workspace, tx: sa.Connection, identities: Sequence[int]) -> list[set[str]]:
    """Of each identity the names and addresses of the profile it belongs to now; of a name of several words also each word."""
    numbers = [workspace.identities.profile(identity) for identity in identities]
    groups = {number: workspace.identities.members(tx, number) for number in sorted(set(numbers)) if number >= 0}
    found = {number: _said(profile) for number, profile in profiles.read(workspace.state, tx, groups).items()}
    return [found.get(number, set()) for number in numbers]


def _said(profile: profiles.Profile) -> set[str]:
    names, others = (
        {value.strip() for trait in traits if isinstance(value := profile.trait(trait), str)}
        for traits in (NAMES, OTHERS)
    )
    return names | others | {word for name in names for word in name.split()}
