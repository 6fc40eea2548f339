"""What of a person decides whether they may be written to: consent by purpose, the strictest over all their identities."""

from __future__ import annotations

from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from resa.channels.email.definition import Template
from resa.kernel import preferences
from resa.kernel.definitions import Definition
from resa.kernel.profiles import consents
from resa.kernel.state import Prepared
from resa.kernel.workspace import Workspace

_PERSON: Final = Prepared("SELECT profile FROM identities WHERE key = :key AND profile >= 0")


class Templates(Protocol):
    """Finds a template by its key and version (None: the current one). Raises NotFound."""

    def __call__(self, key: str, version: int | None, /) -> Definition[Template]:
        """The template."""
        ...


def members(workspace: Workspace, tx: sa.Connection, identity: str) -> list[int]:
    """The identities of the person whose one this is; none where it is not known yet."""
    found: Any = _PERSON.run(tx, key=identity).fetchone()
    return [] if found is None else workspace.identities.members(tx, int(found[0]))


def consent(workspace: Workspace, tx: sa.Connection, identity: str, purpose: str) -> str | None:
    """`granted` or `denied` for a purpose; None where nobody said anything."""
    known = members(workspace, tx, identity)
    c = consents.c
    query = sa.select(c.state).where(c.purpose == purpose, workspace.state.among(c.identity, known))
    said = set(tx.execute(query).scalars()) if known else set()
    return "denied" if "denied" in said else "granted" if "granted" in said else None


def zone(tx: sa.Connection) -> ZoneInfo:
    """The workspace's time zone."""
    return ZoneInfo(preferences.load(tx).timezone)
