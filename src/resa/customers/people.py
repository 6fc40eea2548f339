"""Find customers and read what is known of one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from resa.customers import views
from resa.kernel import profiles, times
from resa.kernel.errors import NotFound
from resa.kernel.identities import profile_id, profile_number
from resa.kernel.profiles import PURPOSES, Profile
from resa.kernel.sequences import journey
from resa.kernel.workspace import Workspace

SHOWN_TRAITS: Final = 4
RECENT_ROWS: Final = 500_000


def find(workspace: Workspace, text: str, limit: int, cursor: int) -> views.Page:
    """Customers matching `text` (an id, or the beginning of a name, e-mail, phone), or the latest seen if it is empty."""
    identities = workspace.identities
    with workspace.state.read() as tx:
        numbers = (
            _matching(workspace, tx, text, cursor + limit + 1)
            if text.strip()
            else _latest(workspace, cursor + limit + 1)
        )
        wanted = numbers[cursor : cursor + limit]
        read = profiles.read(workspace.state, tx, {number: identities.members(tx, number) for number in wanted})
        keys = identities.keys(tx, wanted)
    cards = [card(read[number], keys.get(number)) for number in wanted]
    return views.Page(items=cards, next=str(cursor + limit) if len(numbers) > cursor + limit else None)


def card(profile: Profile, key: str | None = None) -> views.Card:
    """A customer as shown in lists."""
    shown = {
        t.name: t.value
        for t in profile.traits
        if isinstance(t.value, str | int | float | bool) and t.name not in ("email", "name")
    }
    return views.Card(
        profile=profile_id(profile.number),
        name=profile.display_name or (key.partition(":")[2] if key and key.startswith("user:") else None),
        email=profile.trait("email"),
        identities=len(profile.identities),
        events=profile.events,
        first_seen=times.iso_or_none(profile.first_time),
        last_seen=times.iso_or_none(profile.last_time),
        simulated=profile.simulated,
        traits=dict(list(shown.items())[:SHOWN_TRAITS]),
    )


def cards(workspace: Workspace, numbers: list[int]) -> dict[int, views.Card]:
    """Cards of profiles by number: what other rooms show of people."""
    with workspace.state.read() as tx:
        read = profiles.read(workspace.state, tx, {n: workspace.identities.members(tx, n) for n in numbers})
        keys = workspace.identities.keys(tx, numbers)
    return {number: card(profile, keys.get(number)) for number, profile in read.items()}


def _matching(workspace: Workspace, tx: sa.Connection, text: str, most: int) -> list[int]:
    identities = workspace.identities
    text = text.strip()
    found: list[int] = []
    if text.startswith("p_") and text[2:].isdecimal() and len(text) < 16 and int(text[2:]) < identities.count:
        found.append(int(text[2:]))
    found += identities.find(tx, (text, f"user:{text}", f"anon:{text}")).values()
    found += profiles.search(tx, text, 4 * most)
    return list(dict.fromkeys(p for p in map(identities.profile, found) if p >= 0))


def _latest(workspace: Workspace, most: int) -> list[int]:
    since = workspace.body.landed() - RECENT_ROWS
    found = workspace.body.query(
        f'SELECT profile FROM log WHERE "row" >= ? AND {profiles.ACTIVITY} '
        "GROUP BY profile ORDER BY max(time) DESC, profile LIMIT ?",
        [since, most],
    )
    return list(found.column("profile").to_pylist())


def resolve(workspace: Workspace, text: str) -> int:
    """The number of the profile that `p_...` belongs to now; NotFound if there never was one or it was erased."""
    number = profile_number(text)
    if number >= workspace.identities.count or (profile := workspace.identities.profile(number)) < 0:
        raise NotFound("customer", text, "It may have been erased, or never was.")
    return profile


def read(workspace: Workspace, text: str) -> views.Customer:
    """All of one customer but the timeline."""
    number = resolve(workspace, text)
    identities = workspace.identities
    with workspace.state.read() as tx:
        members = identities.members(tx, number)
        profile = profiles.read(workspace.state, tx, {number: members})[number]
        links = identities.links_of(tx, members)
        numbers = {*members, *(int(str(link[side])) for link in links for side in ("a", "b"))}
        keys = identities.keys(tx, sorted(numbers))
        counters = {
            row.identity: row
            for row in tx.execute(
                sa.select(profiles.folds).where(workspace.state.among(profiles.folds.c.identity, members))
            )
        }
    events = events_of(workspace, number)
    head = card(profile, keys.get(number))
    return views.Customer(
        profile=profile_id(number),
        canonical=profile_id(number) if profile_id(number) != text else None,
        name=head.name,
        email=head.email,
        events=profile.events,
        first_seen=head.first_seen,
        last_seen=head.last_seen,
        simulated=profile.simulated,
        traits=[_trait(trait, keys) for trait in profile.traits],
        consent=consent(profile),
        identities=[_identity(member, keys, counters.get(member)) for member in members],
        links=[_link(link, keys) for link in links],
        revenue=_revenue(events),
        channels=_channels(events),
    )


def consent(profile: Profile) -> list[views.ConsentView]:
    """Every purpose with what was decided."""
    known = {c.purpose: c for c in profile.consent}
    return [
        views.ConsentView(purpose=p, state=c.state, time=times.iso(c.time), source=c.source)
        if (c := known.get(p))
        else views.ConsentView(purpose=p, state="unknown", time=None, source=None)
        for p in PURPOSES
    ]


def events_of(workspace: Workspace, number: int) -> pa.Table:
    """Every event of a profile (bots never have one), in order of time."""
    rows = journey(workspace.index.snapshot(), workspace.identities.map(), number)[2]
    return workspace.body.rows(np.asarray(rows))


def _trait(trait: profiles.Trait, keys: dict[int, str]) -> views.TraitView:
    return views.TraitView(
        name=trait.name,
        value=trait.value,
        time=times.iso(trait.time),
        source=trait.source,
        identity=keys.get(trait.identity, ""),
        verified=trait.verified,
    )


def _identity(number: int, keys: dict[int, str], counter: Any) -> views.IdentityView:
    return views.IdentityView(
        identity=keys[number],
        number=number,
        first_seen=times.iso(counter.first_time) if counter else None,
        last_seen=times.iso(counter.last_time) if counter else None,
        events=counter.events if counter else 0,
    )


def _link(link: Any, keys: dict[int, str]) -> views.LinkView:
    return views.LinkView(
        id=link["id"],
        a=keys[link["a"]],
        b=keys[link["b"]],
        kind=link["kind"],
        state=link["state"],
        verified=link["verified"],
        at=times.iso(link["at"]),
        by=link["by"],
        message_id=link["message_id"],
        reason=link["reason"],
    )


def _revenue(events: pa.Table) -> list[views.Money]:
    paid = events.filter(events.column("revenue").is_valid())
    sums = paid.group_by("currency").aggregate([("revenue", "sum"), ("order_id", "count_distinct")]).to_pylist()
    return [
        views.Money(currency=s["currency"], total=str(s["revenue_sum"]), orders=s["order_id_count_distinct"])
        for s in sorted(sums, key=lambda s: -s["revenue_sum"])
    ]


def _channels(events: pa.Table) -> list[views.ChannelCount]:
    """Every channel of the timeline; where only Resa spoke, the customer has no events yet."""
    own = events.select(["channel"]).append_column("own", pc.cast(profiles.activity(events), pa.int64()))
    counts = own.group_by("channel").aggregate([("own", "sum")]).to_pylist()
    return [
        views.ChannelCount(channel=c["channel"] or "other", events=c["own_sum"])
        for c in sorted(counts, key=lambda c: -c["own_sum"])
    ]
