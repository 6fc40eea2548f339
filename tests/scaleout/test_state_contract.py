"""Every state operation behaves the same on SQLite and on a real PostgreSQL: `state` runs each test on both."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from resa.kernel.errors import Conflict
from resa.kernel.identities import Identities
from resa.kernel.state import PreparedRows, State, metadata

tables = sa.MetaData()
things = sa.Table(
    "contract_things",
    tables,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary),
)


@pytest.fixture(autouse=True)
def _tables(state: State) -> None:
    with state.write() as tx:
        tables.create_all(tx)


def put(state: State, **values: object) -> None:
    """Insert one thing in a transaction of its own."""
    with state.write() as tx:
        tx.execute(things.insert().values(**{"kind": "a", "key": "1", "count": 1} | values))


def counts(state: State) -> dict[str, int]:
    """What a reader sees now."""
    with state.read() as tx:
        return {row.key: row._mapping["count"] for row in tx.execute(sa.select(things))}


def test_what_was_written_is_read_back_to_the_bit(state: State) -> None:
    body = bytes(range(256))
    put(state, key="ключ 🔑", count=2**63 - 1, body=body)
    with state.read() as tx:
        assert tx.execute(sa.select(things)).one() == ("a", "ключ 🔑", 2**63 - 1, body)


def test_an_error_rolls_the_whole_transaction_back(state: State) -> None:
    def fail_halfway() -> None:
        with state.write() as tx:
            tx.execute(things.insert().values(kind="a", key="1", count=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert counts(state) == {}


def test_a_refused_statement_takes_its_transaction_with_it(state: State) -> None:
    put(state, key="old")

    def add_both() -> None:
        with state.write() as tx:
            tx.execute(things.insert().values(kind="a", key="new", count=1))
            tx.execute(things.insert().values(kind="a", key="old", count=1))

    with pytest.raises(sa.exc.IntegrityError):
        add_both()
    assert counts(state) == {"old": 1}


def test_nobody_sees_what_is_not_committed(state: State) -> None:
    with state.write() as tx:
        tx.execute(things.insert().values(kind="a", key="1", count=1))
        assert counts(state) == {}
    assert counts(state) == {"1": 1}


def test_a_reader_keeps_one_snapshot_while_others_write(state: State) -> None:
    put(state, key="1")
    with state.read() as tx:
        before = tx.execute(sa.select(sa.func.count()).select_from(things)).scalar_one()
        put(state, key="2")
        after = tx.execute(sa.select(sa.func.count()).select_from(things)).scalar_one()
    assert (before, after) == (1, 1)
    assert counts(state) == {"1": 1, "2": 1}


def test_upsert_inserts_and_replaces_all_but_the_key(state: State) -> None:
    rows = [{"kind": "a", "key": str(number), "count": number, "body": b"x"} for number in range(3)]
    with state.write() as tx:
        state.upsert(tx, things, rows, key=["kind", "key"])
        state.upsert(tx, things, [rows[1] | {"count": 9}], key=["kind", "key"])
    assert counts(state) == {"0": 0, "1": 9, "2": 2}


def test_upsert_replaces_only_what_it_is_told_to(state: State) -> None:
    put(state, key="1", count=1, body=b"kept")
    with state.write() as tx:
        row = {"kind": "a", "key": "1", "count": 2, "body": b"dropped"}
        state.upsert(tx, things, [row], key=["kind", "key"], update=["count"])
    with state.read() as tx:
        assert tx.execute(sa.select(things.c.count, things.c.body)).one() == (2, b"kept")


def test_upsert_told_to_replace_nothing_keeps_the_old_row(state: State) -> None:
    put(state, key="1", count=1)
    with state.write() as tx:
        rows = [{"kind": "a", "key": key, "count": 5, "body": None} for key in ("1", "2")]
        state.upsert(tx, things, rows, key=["kind", "key"], update=[])
    assert counts(state) == {"1": 1, "2": 5}


@pytest.mark.parametrize("many", [0, 1, 3, 64, 343, 700])
def test_rows_written_a_few_statements_at_a_time_are_all_there(state: State, many: int) -> None:
    later = PreparedRows(
        "contract_things AS t",
        ["kind", "key", "count", "body"],
        "ON CONFLICT (kind, key) DO UPDATE SET count = excluded.count, body = excluded.body WHERE excluded.count > t.count",
    )
    put(state, kind="a", key="0", count=5, body=b"kept")
    rows = [("a", str(number), number, None if number % 2 else bytes([number % 256])) for number in range(many)]
    with state.write() as tx:
        later.run(tx, rows)
    with state.read() as tx:
        kept = set(tx.execute(sa.select(things)))
    assert kept == {("a", "0", 5, b"kept"), *rows[1:]}


def test_upsert_of_nothing_is_nothing(state: State) -> None:
    with state.write() as tx:
        state.upsert(tx, things, [], key=["kind", "key"])
    assert counts(state) == {}


def test_writers_in_many_threads_lose_no_update(state: State) -> None:
    put(state, key="1", count=0)

    def add() -> None:
        for _ in range(10):
            with state.write() as tx:
                tx.execute(things.update().values(count=things.c.count + 1))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(state) == {"1": 60}


def test_what_is_written_without_waiting_for_the_disk_is_there_for_all_or_not_at_all(state: State) -> None:
    with state.write_unsynced() as tx:
        tx.execute(things.insert().values(kind="a", key="1", count=1))
    assert counts(state) == {"1": 1}
    with pytest.raises(ZeroDivisionError), state.write_unsynced() as tx:
        tx.execute(things.update().values(count=1 // 0))
    with state.write() as tx:
        tx.execute(things.update().values(count=things.c.count + 1))
    assert counts(state) == {"1": 2}


def test_a_claim_by_conditional_update_is_won_once(state: State) -> None:
    put(state, key="1", count=0)
    won: list[int] = []

    def claim() -> None:
        with state.write() as tx:
            won.append(tx.execute(things.update().where(things.c.count == 0).values(count=1)).rowcount)

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [0] * 7 + [1]


def test_a_second_opening_finds_what_the_first_left(state: State, state_url: str) -> None:
    put(state, key="1")
    again = State.open(state_url)
    try:
        assert counts(again) == {"1": 1}
    finally:
        again.close()


# -- what only PostgreSQL needs ------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_second_server_on_the_same_database_is_refused_until_the_first_is_gone(postgres_url: str) -> None:
    with closing(State.open(postgres_url)) as first, closing(State.open(postgres_url)) as second:
        first.own()
        first.own()
        with pytest.raises(Conflict, match="Another server has this PostgreSQL database open"):
            second.own()
        first.close()
        second.own()


@pytest.mark.postgres
def test_a_server_takes_its_lock_again_after_its_connection_broke(postgres_url: str) -> None:
    with closing(State.open(postgres_url)) as state, closing(State.open(postgres_url)) as other:
        state.own()
        with other.write() as tx:
            tx.execute(sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        state.own()
        with pytest.raises(Conflict):
            other.own()


NARROW = {"id", "rank", "version", "code", "place", "size", "simulated", "events", "phase", "priority"}
FEW = {"bandit_updates.number", "experiment_looks.number"}
"""Counted anew for every experiment."""


def test_what_grows_or_holds_a_time_has_eight_bytes(state: State) -> None:
    """SQLite takes any number in an INTEGER; PostgreSQL refuses what needs more than four bytes."""
    narrow = [
        column
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.Integer) and not isinstance(column.type, sa.BigInteger)
    ]
    assert {str(column) for column in narrow if column.name not in NARROW} - FEW == set()


def test_a_key_as_long_as_the_doors_let_through_is_found_again(state: State) -> None:
    """A PostgreSQL index takes at most a third of a page, and does not shorten what compresses badly."""
    key = "user:" + "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(500))
    identities = Identities(state)
    with state.write() as tx:
        identities.resolve(tx, [key], 0)
    with state.read() as tx:
        assert Identities(state).find(tx, [key]) == {key: 0}
