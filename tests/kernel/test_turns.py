"""Whose turn it is to write: nobody at the same time, pages before the background, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from resa.kernel.state import State, sqlite_url
from resa.kernel.turns import Turns


def later(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


async def test_a_page_goes_before_threads_that_wait_longer() -> None:
    turns, order = Turns(), []

    def writer(name: str) -> None:
        with turns:
            order.append(name)

    with turns:
        threads = [later(lambda name=name: writer(name)) for name in ("first", "second")]  # type: ignore[misc]
        while sum(thread.is_alive() for thread in threads) < 2:
            await asyncio.sleep(0.001)
        page = asyncio.ensure_future(turns.first(lambda: order.append("page")))
        await asyncio.sleep(0.01)
        assert not order
    await page
    for thread in threads:
        thread.join()
    assert order[0] == "page"
    assert sorted(order) == ["first", "page", "second"]


async def test_who_stops_waiting_holds_up_nobody_and_an_error_is_theirs_alone() -> None:
    turns, done = Turns(), []
    with turns:
        gone = asyncio.ensure_future(turns.first(lambda: done.append("gone")))
        wrong = asyncio.ensure_future(turns.first(lambda: done.append(str(1 // 0))))
        fine = asyncio.ensure_future(turns.first(lambda: done.append("fine")))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
    with pytest.raises(ZeroDivisionError):
        await wrong
    await fine
    assert done == ["fine"]
    with turns:
        alone = asyncio.ensure_future(turns.first(lambda: done.append("gone")))
        await asyncio.sleep(0)
        alone.cancel()
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    with turns:  # it is free again
        assert done == ["fine"]


async def test_an_event_loop_that_writes_itself_does_not_wait_for_what_only_it_can_do() -> None:
    turns, done = Turns(), []
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with turns:
            held.set()
            let_go.wait()

    holder = later(hold)
    while not held.is_set():
        await asyncio.sleep(0.001)
    page = asyncio.ensure_future(turns.first(lambda: done.append("page")))
    await asyncio.sleep(0)
    let_go.set()
    holder.join()
    with turns:  # in the event loop's own thread, while the page's turn is due
        done.append("loop")
    await page
    assert done == ["loop", "page"]


async def test_an_event_loop_that_stands_still_until_it_is_free_gets_it_before_what_it_has_to_serve() -> None:
    turns, done = Turns(), []
    held = threading.Event()

    def hold() -> None:
        with turns:
            held.set()
            time.sleep(0.05)

    holders = [later(hold)]
    while not held.is_set():
        await asyncio.sleep(0.001)
    page = asyncio.ensure_future(turns.first(lambda: done.append("page")))
    await asyncio.sleep(0)
    holders += [later(hold) for _ in range(3)]
    with turns:
        done.append("loop")
    await page
    for holder in holders:
        await asyncio.to_thread(holder.join)
    assert done == ["loop", "page"]


def test_who_writes_within_a_transaction_is_told_instead_of_waiting_for_itself(tmp_path: Path) -> None:
    state = State.open(sqlite_url(tmp_path))
    with state.write(), pytest.raises(RuntimeError, match="already"), state.write():
        pass
    with state.write() as tx:
        tx.exec_driver_sql("CREATE TABLE counted (number INTEGER)")
    state.close()


def test_many_threads_and_loops_lose_no_update(tmp_path: Path) -> None:
    state = State.open(sqlite_url(tmp_path))
    with state.write() as tx:
        tx.exec_driver_sql("CREATE TABLE counted (number INTEGER)")
        tx.exec_driver_sql("INSERT INTO counted VALUES (0)")

    def add(tx: sa.Connection) -> None:
        found = tx.exec_driver_sql("SELECT number FROM counted").scalar_one()
        time.sleep(0.0002)
        tx.exec_driver_sql("UPDATE counted SET number = ?", (found + 1,))

    def in_a_thread(unsynced: bool) -> None:
        for _ in range(40):
            with state.write_unsynced() if unsynced else state.write() as tx:
                add(tx)

    async def in_a_loop() -> None:
        await asyncio.gather(*(state.write_first(add) for _ in range(40)))

    threads = [later(lambda: in_a_thread(True)), later(lambda: in_a_thread(False))]
    threads += [later(lambda: asyncio.run(in_a_loop())) for _ in range(2)]
    for thread in threads:
        thread.join(30)
    with state.read() as tx:
        assert tx.exec_driver_sql("SELECT number FROM counted").scalar_one() == 160
    state.close()
