"""Merge two customers, undo it, and see first what either would do.

What a person decides is written to the log as an event of Resa's own, in the transaction that changes the link.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from resa.customers import people, views
from resa.kernel import audit, profiles
from resa.kernel.audit import Actor
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.profiles import Profile
from resa.kernel.workspace import Workspace

Change = Callable[[sa.Connection], None]


def _two(workspace: Workspace, texts: list[str]) -> tuple[int, int]:
    if len(texts) != 2:
        raise Refused("profiles", len(texts), "a merge takes two customers.", "Send two profile ids.")
    one, other = (people.resolve(workspace, text) for text in texts)
    if one == other:
        raise Refused("profiles", texts[1], "both are the same customer already.", "Choose two different ones.")
    return min(one, other), max(one, other)


def preview(workspace: Workspace, texts: list[str]) -> views.Blast:
    """What a merge would touch; changes nothing."""
    keep, give = _two(workspace, texts)
    with workspace.state.read() as tx:
        members = {number: workspace.identities.members(tx, number) for number in (keep, give)}
        read = profiles.read(workspace.state, tx, members)
        both = profiles.read(workspace.state, tx, {keep: members[keep] + members[give]})[keep]
        keys = workspace.identities.keys(tx, both.identities)
    return views.Blast(
        into=profile_id(keep),
        identities=len(both.identities),
        events=both.events,
        traits=_choices(both, read[keep], read[give]),
        consent=people.consent(both),
        warnings=_warnings(read[keep], read[give], list(keys.values())),
    )


def _choices(both: Profile, one: Profile, other: Profile) -> list[views.TraitChoice]:
    values: list[Mapping[str, Any]] = [{t.name: t.value for t in p.traits} for p in (both, one, other)]
    merged, first, second = values
    differing = [name for name in sorted(first.keys() & second.keys()) if first[name] != second[name]]
    return [
        views.TraitChoice(name=n, keeps=merged[n], gives_way=second[n] if merged[n] == first[n] else first[n])
        for n in differing
    ]


def _warnings(one: Profile, other: Profile, keys: list[str]) -> list[str]:
    warnings = []
    if sum(key.startswith("user:") for key in keys) > 1:
        warnings.append("Both have a user id of their own: they may be two people.")
    if one.simulated != other.simulated:
        warnings.append("One is simulated, the other real.")
    denied = [c.purpose for c in (*one.consent, *other.consent) if c.state == "denied"]
    if denied:
        warnings.append(f"Denied consent wins while they are merged: {', '.join(sorted(set(denied)))}.")
    return warnings


def merge(workspace: Workspace, texts: list[str], actor: Actor, reason: str) -> tuple[int, str]:
    """Join two customers; returns the link (to undo it) and the profile that stays."""
    keep, give = _two(workspace, texts)
    made: list[int] = []

    def change(tx: sa.Connection) -> None:
        link = workspace.identities.link(tx, keep, give, at=workspace.clock(), by=actor.name, reason=reason)
        made.append(link)
        audit.record(
            tx, actor, "profile.merged", profile_id(keep), {"with": profile_id(give), "link": link, "reason": reason}
        )

    _write(workspace, "Profiles Merged", keep, {"with": profile_id(give), "reason": reason, "by": actor.name}, change)
    return made[-1], profile_id(keep)


def preview_undo(workspace: Workspace, link: int) -> views.Apart:
    """The profiles that undoing a link would leave; changes nothing."""
    with workspace.state.read() as tx:
        parts = workspace.identities.parts_without(tx, link)
        read = profiles.read(workspace.state, tx, {part[0]: part for part in parts})
        keys = workspace.identities.keys(tx, [number for part in parts for number in part])
    shown = [
        views.Part(profile=profile_id(part[0]), identities=[keys[n] for n in part], events=read[part[0]].events)
        for part in parts
    ]
    held = ["Other links hold these identifiers together: nothing would come apart."] if len(parts) == 1 else []
    return views.Apart(parts=shown, warnings=held)


def undo(workspace: Workspace, link: int, actor: Actor, reason: str) -> list[str]:
    """Take a link out of force; returns the profiles there are then. The next event won't join them again."""
    with workspace.state.read() as tx:
        found = workspace.identities.get_link(tx, link)
    a, b = int(str(found["a"])), int(str(found["b"]))

    def change(tx: sa.Connection) -> None:
        audit.record(tx, actor, "profile.unmerged", f"link:{link}", {"reason": reason})
        workspace.identities.unlink(tx, link, by=actor.name, reason=reason)

    _write(workspace, "Merge Undone", a, {"link": link, "reason": reason, "by": actor.name}, change)
    return sorted({profile_id(workspace.identities.profile(number)) for number in (a, b)})


def redo(workspace: Workspace, link: int, actor: Actor) -> str:
    """Put a link that was undone or refused into force after all."""
    with workspace.state.read() as tx:
        found = workspace.identities.get_link(tx, link)
    a = int(str(found["a"]))

    def change(tx: sa.Connection) -> None:
        audit.record(tx, actor, "profile.merged", f"link:{link}", {"again": True})
        workspace.identities.relink(tx, link, by=actor.name, reason="linked again")

    _write(workspace, "Profiles Merged", a, {"link": link, "by": actor.name}, change)
    return profile_id(workspace.identities.profile(a))


def _write(workspace: Workspace, name: str, identity: int, properties: dict[str, Any], change: Change) -> None:
    """Append an event of Resa's own about an identity, with the change it tells of, in one transaction."""
    workspace.committer.submit_sync([own_event(workspace, identity, "track", name, properties)], change)
    workspace.lander.refresh()


def own_event(workspace: Workspace, identity: int, kind: str, name: str, properties: dict[str, Any]) -> Draft:
    """An event with source `resa` about a customer, by one of their identities."""
    with workspace.state.read() as tx:
        key = workspace.identities.keys(tx, [identity]).get(identity)
    if key is None:
        raise NotFound("identity", identity)
    sort, _, value = key.partition(":")
    now = workspace.clock()
    return Draft(
        message_id=f"resa-{secrets.token_hex(12)}",
        type=kind,
        name=name,
        time=now,
        received_at=now,
        user_id=value if sort == "user" else None,
        anonymous_id=value if sort == "anon" else None,
        channel="server",
        source="resa",
        properties=msgspec.json.encode(properties).decode(),
    )
