"""After the undo of a merge everything is equal to a twin history in which it never happened.

Both histories get the same events at the same times, also between the merge and its undo; then everything Resa
says about its customers is compared: profiles, traits, consent, timelines, counts, and one count asked five ways.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from resa.customers import merging
from resa.kernel import profiles
from resa.kernel.audit import SYSTEM
from resa.kernel.body.questions import log
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.sequences import journey, timeline
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import BEGINNING, DAY, draft, identify


@contextmanager
def opened() -> Iterator[Workspace]:
    """A workspace without threads of its own but the commit's; `bring_up` moves everything."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings(data=Path(folder)))
        workspace.committer.start()
        try:
            yield workspace
        finally:
            workspace.committer.stop()
            workspace.close()


def bring_up(workspace: Workspace) -> None:
    """Let every projection catch up, in this thread."""
    for follower in workspace.followers:
        follower.catch_up()
    workspace.lander.refresh()


def everything_known(workspace: Workspace) -> dict[str, Any]:
    """What Resa says of every customer; identities by their text, since numbers depend on who came when."""
    bring_up(workspace)
    known: dict[str, Any] = {}
    identities, snapshot, chosen = workspace.identities, workspace.index.snapshot(), workspace.identities.map()
    with workspace.state.read() as tx:
        groups = {n: identities.members(tx, n) for n in range(identities.count) if identities.profile(n) == n}
        for number, profile in profiles.read(workspace.state, tx, groups).items():
            keys = identities.keys(tx, profile.identities)
            rows = timeline(snapshot, chosen, number, limit=10_000)[1]
            moments = workspace.body.rows(np.asarray(rows)).to_pylist()
            known[",".join(sorted(keys.values()))] = {
                "events": profile.events,
                "seen": (profile.first_time, profile.last_time),
                "traits": {t.name: (t.value, t.time, keys[t.identity], t.source) for t in profile.traits},
                "consent": {c.purpose: c.state for c in profile.consent},
                "timeline": [(m["time"], m["message_id"]) for m in moments if m["source"] != "resa"],
            }
    return known


def customers_five_ways(workspace: Workspace) -> set[int]:
    """How many customers have a `Product Viewed`: SQL view, Ibis, kernel, state, and a plain count."""
    bring_up(workspace)
    view = workspace.body.query(
        "SELECT count(DISTINCT profile) AS n FROM events WHERE name = 'Product Viewed'"
    ).to_pylist()[0]["n"]
    events = log()
    seen = events.filter(events.name == "Product Viewed")
    ibis = workspace.body.ask(seen.aggregate(n=seen.profile.nunique())).to_pylist()[0]["n"]
    chosen, snapshot = workspace.identities.map(), workspace.index.snapshot()
    roots = [n for n in range(workspace.identities.count) if workspace.identities.profile(n) == n]
    code = workspace.committer.codes().get(("track", "Product Viewed"), -1)
    kernel = 0
    for number in roots:
        _, codes, _ = journey(snapshot, chosen, number)
        kernel += bool((np.asarray(codes) == code).any())
    raw = (
        workspace.body.query("SELECT DISTINCT identity FROM log WHERE name = 'Product Viewed'")
        .column("identity")
        .to_pylist()
    )
    state = len({workspace.identities.profile(identity) for identity in raw})
    journeys = workspace.body.query(
        "SELECT count(DISTINCT profile) AS n FROM journeys WHERE name = 'Product Viewed'"
    ).to_pylist()[0]["n"]
    return {view, ibis, kernel, state, journeys}


people = st.sampled_from(["a1", "a2", "a3", "a4"])
users = st.sampled_from(["u1", "u2", None, None])
moments = st.integers(0, 20).map(lambda n: BEGINNING + n * DAY // 4)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """What one event says, without its message id."""
    user = draw(users)
    base = {"anon": draw(people), "user": user, "time": draw(moments)}
    kind = draw(st.sampled_from(["view", "view", "identify", "consent"]))
    if kind == "identify":
        return base | {"traits": {draw(st.sampled_from(["plan", "city"])): draw(st.integers(0, 3))}}
    if kind == "consent":
        choice = draw(st.booleans())
        return base | {
            "name": "Consent Updated",
            "context": {"consent": {"categoryPreferences": {"Marketing": choice}}},
        }
    return base | {"name": "Product Viewed"}


def made(said: dict[str, Any], number: int) -> Draft:
    """The draft of one generated event."""
    said = dict(said)
    if "traits" in said:
        event = identify(user=said["user"], anon=said["anon"], **said["traits"])
    else:
        event = draft(said["name"], user=said["user"], anon=said["anon"], context=said.get("context", {}))
    event.time, event.message_id = said["time"], f"m{number}"
    return event


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(
    before=st.lists(events(), min_size=4, max_size=12),
    between=st.lists(events(), max_size=8),
    after=st.lists(events(), max_size=4),
)
def test_an_undone_merge_leaves_everything_equal_to_a_twin_that_never_merged(
    before: list[dict[str, Any]], between: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    first = [made(e, i) for i, e in enumerate(before)]
    then = [made(e, 100 + i) for i, e in enumerate(between)]
    last = [made(e, 200 + i) for i, e in enumerate(after)]
    with opened() as merged, opened() as twin:
        merged.committer.submit_sync(first)
        twin.committer.submit_sync(first)
        bring_up(merged)
        roots = sorted({merged.identities.profile(n) for n in range(merged.identities.count)})
        two = [profile_id(number) for number in roots[:2]]
        link = merging.merge(merged, two, SYSTEM, "test")[0] if len(two) == 2 else None
        for batch in (then, last):
            if batch:
                merged.committer.submit_sync(batch)
                twin.committer.submit_sync(batch)
            if link is not None and batch is then:
                assert len(customers_five_ways(merged)) == 1
                merging.undo(merged, link, SYSTEM, "test")
        assert everything_known(merged) == everything_known(twin)
        assert customers_five_ways(merged) == customers_five_ways(twin)


def test_an_undone_link_stays_undone_when_the_same_event_comes_again() -> None:
    with opened() as workspace:
        workspace.committer.submit_sync([identify(user="u", anon="a"), draft(anon="a")])
        bring_up(workspace)
        assert workspace.identities.profile(0) == workspace.identities.profile(1)
        with workspace.state.read() as tx:
            link = int(str(workspace.identities.links_of(tx, [0])[0]["id"]))
        assert len(merging.undo(workspace, link, SYSTEM, "two people")) == 2
        workspace.committer.submit_sync([identify(user="u", anon="a")])
        assert workspace.identities.profile(0) != workspace.identities.profile(1)
        merging.redo(workspace, link, SYSTEM)
        assert workspace.identities.profile(0) == workspace.identities.profile(1)


def test_a_device_of_two_users_does_not_join_them() -> None:
    with opened() as workspace:
        workspace.committer.submit_sync(
            [identify(user="u1", anon="shared"), identify(user="u2", anon="shared"), draft(user="u2", anon="shared")]
        )
        known = everything_known(workspace)
        assert sorted(known) == ["anon:shared,user:u1", "user:u2"]
        assert known["user:u2"]["events"] == 2


@pytest.mark.parametrize(("verified", "joined"), [(True, True), (False, False)])
def test_only_a_server_may_alias_two_users(verified: bool, joined: bool) -> None:
    with opened() as workspace:
        workspace.committer.submit_sync([identify(user="old"), identify(user="new")])
        workspace.committer.submit_sync(
            [draft("", type="alias", user="new", links=("previous:old",), verified=verified)]
        )
        assert (workspace.identities.profile(0) == workspace.identities.profile(1)) is joined


def test_an_unverified_claim_overwrites_no_verified_address() -> None:
    with opened() as workspace:
        workspace.committer.submit_sync([identify(user="u", email="right@shop.test")])
        late = identify(user="u", email="wrong@evil.test", plan="pro")
        late.verified, late.time = False, BEGINNING + DAY
        workspace.committer.submit_sync([late])
        traits = everything_known(workspace)["user:u"]["traits"]
        assert (traits["email"][0], traits["plan"][0]) == ("right@shop.test", "pro")


def test_a_merge_takes_the_strictest_consent_and_its_undo_gives_each_their_own_back() -> None:
    with opened() as workspace:
        said = [
            draft("Consent Updated", anon=a, context={"consent": {"categoryPreferences": {"Marketing": m}}})
            for a, m in (("a", True), ("b", False))
        ]
        workspace.committer.submit_sync(said)
        bring_up(workspace)
        link, into = merging.merge(workspace, ["p_0", "p_1"], SYSTEM, "test")
        assert into == "p_0"
        assert everything_known(workspace)["anon:a,anon:b"]["consent"] == {"marketing": "denied"}
        merging.undo(workspace, link, SYSTEM, "test")
        known = everything_known(workspace)
        assert (known["anon:a"]["consent"], known["anon:b"]["consent"]) == (
            {"marketing": "granted"},
            {"marketing": "denied"},
        )
