"""What the server knows of whoever asks: their audiences, as opaque ids in the attribute `$segments`.

A browser's key reads only what the device's own anonymous id earned: where that id is joined with others by a claim that nobody
verified, nothing is read through it, not by a server's key either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resa.experiments.members import SEGMENTS
from resa.experiments.programme import Compiled, Programme
from resa.kernel.workspace import Workspace


class Knowledge:
    """Completes attributes with what the workspace knows."""

    def __init__(self, workspace: Workspace, programme: Programme) -> None:
        """Of this workspace's customers."""
        self._workspace = workspace
        self._programme = programme

    def complete(self, said: Mapping[str, Any], *, verified: bool, now: Compiled | None = None) -> dict[str, Any]:
        """`said` with the audiences of its customer; what a caller says of audiences themselves counts nothing."""
        found = {name: value for name, value in said.items() if name != SEGMENTS}
        if (now or self._programme.current()).segmented:
            found[SEGMENTS] = self._segments(found, verified)
        return found

    def _segments(self, said: Mapping[str, Any], verified: bool) -> list[str]:
        profile = self._profile(said, verified)
        if profile is None:
            return []
        return [self._programme.segment(key) for key in self._workspace.audiences.of(profile)]

    def _profile(self, said: Mapping[str, Any], verified: bool) -> int | None:
        device, user = said.get("id"), said.get("userId")
        names = [f"user:{user}"] if verified and user else []
        if device:
            names.append(f"anon:{device}")
        identities = self._workspace.identities
        with self._workspace.state.read() as tx:
            known = identities.find(tx, [name for name in names if "\x00" not in name])
            identity = next((known[name] for name in names if name in known), None)
            if identity is None:
                return None
            profile = identities.profile(identity)
            if identity != known.get(f"user:{user}") or not verified:
                members = identities.members(tx, profile)
                if len(members) > 1 and not all(link["verified"] for link in identities.links_of(tx, members)):
                    return None
        return profile if profile >= 0 else None
