"""Memberships in real time: how many events a second one core keeps up with, and how soon entering and leaving show."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path

import msgspec
import sqlalchemy as sa

from resa.kernel.audiences import tables
from resa.kernel.audiences.rolls import Roll
from resa.kernel.audiences.rules import Audience, Consent, Did, Moment, Ordered, Rule, Step, Total, Without
from resa.kernel.events import Draft
from resa.kernel.matching import Condition, Match
from resa.kernel.workspace import Workspace
from resa.settings import Settings

AUDIENCES = 200
EVENTS = 200_000
CUSTOMERS = 50_000
NAMES = ["Product Viewed", "Product List Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed"]
PERIODS = ["1 hour", "1 day", "7 days", "14 days", "30 days", "60 days", "90 days", "365 days"]


def audience(chance: random.Random, number: int) -> Audience:
    """One of many that a team may have: something done lately, and one to three conditions more."""

    def matches() -> list[Match]:
        where = [Condition(property="price", op="greater", value=chance.choice([20, 50, 100]))]
        return [Match(name=chance.choice(NAMES), where=where if chance.random() < 0.2 else [])]

    def condition() -> Rule:
        kind, period = chance.random(), chance.choice(PERIODS)
        if kind < 0.4:
            return Rule(did=Did(any=matches(), at_least=chance.choice([1, 1, 2, 3, 5]), within=period))
        if kind < 0.55:
            return Rule(did=Did(any=matches(), at_most=0, within=period))
        if kind < 0.65:
            total = Total(
                any=[Match(name="Order Completed")], property="revenue", currency="EUR", at_least=100, within=period
            )
            return Rule(sum=total)
        if kind < 0.75:
            return Rule(time=Moment(which="last", any=matches(), longer_ago=period))
        if kind < 0.8:
            steps = [Step(any=[Match(name="Product Added")]), Step(any=[Match(name="Order Completed")])]
            return Rule(ordered=Ordered(steps=steps, apart="1 hour", within="30 days"))
        if kind < 0.85:
            done = [Match(name="Product Added")]
            return Rule(
                without=Without(any=done, without=[Match(name="Order Completed")], after="1 hour", within="7 days")
            )
        if kind < 0.95:
            return Rule(trait=Condition(property="plan", op="is", value=chance.choice(["free", "pro"])))
        return Rule(consent=Consent(purpose="marketing", state="granted"))

    done = Rule(did=Did(any=matches(), at_least=chance.choice([1, 2, 3, 5]), within=chance.choice(PERIODS)))
    parts = [condition() for _ in range(chance.choice([1, 1, 2, 3]))]
    rest = Rule(all=parts) if chance.random() < 0.7 else Rule(any=parts)
    return Audience(name=f"Audience {number}", rule=Rule(all=[done, rest]))


def event(chance: random.Random, number: int, at: int) -> Draft:
    """By customers of realistic skew: a few do much."""
    skewed = chance.random() < 0.5
    who = int(chance.paretovariate(0.8)) * 7919 % CUSTOMERS if skewed else chance.randrange(CUSTOMERS)
    name = NAMES[min(len(NAMES) - 1, int(chance.expovariate(0.9)))]
    said: dict[str, object] = {"product_id": f"sku-{number % 5000}", "price": round(chance.uniform(1, 200), 2)}
    draft = Draft(
        message_id=f"m-{number}",
        type="track",
        name=name,
        time=at,
        received_at=at,
        anonymous_id=f"visitor-{who}",
        channel="web",
        source="bench",
    )
    if name == "Order Completed":
        draft.revenue, draft.currency = f"{chance.uniform(5, 300):.2f}", "EUR"
    if chance.random() < 0.01:
        draft.type, draft.name, said = "identify", "", {"plan": chance.choice(["free", "pro"])}
    draft.properties = msgspec.json.encode(said).decode()
    return draft


def _keep_up(workspace: Workspace, chance: random.Random, clock: list[int], count: int) -> tuple[float, float]:
    """(events a second of processor time, of wall time) that the projection manages, batch by batch as they would come."""
    processor = wall = 0.0
    for _ in range(0, count, 4_000):
        clock[0] += 400
        workspace.committer.submit_sync([event(chance, clock[0] * 10 + n, clock[0]) for n in range(4_000)])
        for follower in workspace.followers[:2]:
            follower.catch_up()
        kept = workspace.memberships
        began, spent = time.perf_counter(), time.process_time()
        kept.look(workspace.tail.read(kept.position(), 20_000))
        kept.look(None)
        wall += time.perf_counter() - began
        processor += time.process_time() - spent
        while kept.tell(workspace.committer):
            pass
    return count / processor, count / wall


def _room(workspace: Workspace) -> None:
    """What is kept: on disk of each customer, in memory of all of a million."""
    kept = 0
    with workspace.state.read() as tx:
        customers = tx.execute(sa.select(sa.func.count()).select_from(tables.profiles)).scalar_one()
        for table, column in ((tables.kept_facts, "facts"), (tables.profiles, "standing")):
            kept += tx.execute(sa.select(sa.func.sum(sa.func.length(table.c[column])))).scalar_one()
    roll = Roll()
    roll.put(999_999, inside=True)
    print(f"{'kept of each':28} {kept / customers:,.0f} bytes on disk, {customers:,} customers")
    print(f"{'of a million in memory':28} {AUDIENCES * roll.bits.nbytes / 1e6:,.0f} MB, {AUDIENCES} audiences")


def _latency(folder: Path, rounds: int = 12) -> None:
    """From the acknowledged event, and from the moment a window runs out, to the membership and to its event in the log."""
    workspace = Workspace.open(Settings(data=folder / "latency")).start()
    lately = Did(any=[Match(name="Ping")], within="1 minute")
    workspace.definitions.save("audience", "x", Audience(name="x", rule=Rule(did=lately)), expected=0, author="bench")
    while workspace.memberships.count("x") is None:
        time.sleep(0.05)
    now = workspace.clock()
    warm = Draft(message_id="warm", type="track", name="Warm", time=now, received_at=now, anonymous_id="warm")
    workspace.committer.submit_sync([warm])  # the first commit of a process loads what later ones have
    entered, told, left, begun = [], [], [], []
    for number in range(rounds):
        now = workspace.clock()
        workspace.committer.submit_sync(
            [
                Draft(
                    message_id=f"l-{number}",
                    type="track",
                    name="Ping",
                    time=now - 55_000,
                    received_at=now,
                    anonymous_id=f"p{number}",
                )
            ]
        )
        begun.append((time.perf_counter(), now + 5_000))
        while workspace.memberships.count("x") != 1:
            time.sleep(0.002)
        entered.append(time.perf_counter() - begun[-1][0])
        while workspace.tail.next_row < 3 * number + 3:
            time.sleep(0.002)
        told.append(time.perf_counter() - begun[-1][0])
        while workspace.memberships.count("x"):
            time.sleep(0.002)
        left.append((workspace.clock() - begun[-1][1]) / 1000)
        while workspace.tail.next_row < 3 * number + 4:
            time.sleep(0.002)
    workspace.close()
    for what, found in (
        ("entered after the event", entered),
        ("written to the log", told),
        ("left after its window", left),
    ):
        print(f"{what:28} p50 {statistics.median(found) * 1000:.0f} ms, at most {max(found) * 1000:.0f} ms")


def main(events: int = EVENTS) -> None:
    """Print the figures."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        clock = [1_790_000_000_000]
        workspace = Workspace.open(Settings(data=Path(folder) / "data"), clock=lambda: clock[0])
        workspace.committer.start()
        for number in range(AUDIENCES):
            body = audience(chance, number)
            workspace.definitions.save("audience", f"a{number}", body, expected=0, author="bench")
        workspace.followers[2].catch_up()
        made = workspace.memberships
        print(f"{AUDIENCES} audiences, {CUSTOMERS:,} customers, groups of 4,000 events, the projection's own time")
        for label, count in (("everybody is new", events // 2), ("known customers", events // 2)):
            processor, wall = _keep_up(workspace, chance, clock, count)
            print(f"{label:28} {processor:10,.0f} events/s of one core, {wall:,.0f} events/s by the clock")
        _room(workspace)
        began = time.perf_counter()
        body = audience(random.Random(99), AUDIENCES)
        workspace.definitions.save("audience", "one-more", body, expected=0, author="bench")
        for follower in workspace.followers[:2]:
            follower.catch_up()
        workspace.followers[2].catch_up()
        assert made.count("one-more") is not None
        print(f"{'one more, from history':28} live after {time.perf_counter() - began:.1f} s, {events:,} events")
        workspace.committer.stop()
        workspace.close()
        _latency(Path(folder))


if __name__ == "__main__":
    main()
