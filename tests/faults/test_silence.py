"""Connections to PostgreSQL fall silent without being closed: nothing waits forever.

Whoever waits for an answer is told that the database is away when their time is up, and then no
other connection that may be silent as well is tried: the next request works. A transaction that can
be neither ended nor undone is left to the server, which undoes it when the connection goes.

Planted, one after another, and how the tests failed: answers that were not waited for left their
connections in the pool (the next statement waited for the silent one, until the test's own
patience ended); the idle ones were kept (the same, one statement later); undoing without a deadline
(the transaction never ended); no options on the wire (they read 0).
"""

import asyncio
import random
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import asyncpg
import pytest

from leal.domain.problems import DatabaseAway
from leal.storage.db import Database
from leal.storage.silence import GONE_AFTER_SECONDS
from tests.databases import run
from tests.faults.books import Record, open_shop, prove, writing
from tests.faults.postgres import socket_of, through
from tests.faults.proxy import Proxy, proxying, to_socket
from tests.faults.servers import Installation, serving
from tests.soak import ONLY_SOAKED, examples

ROUNDS = examples(1, soak=3)
WRITES = 20
SIZE = 4
DEADLINE_SECONDS = 0.5
_REQUEST_SECONDS = 30
_LATE_SECONDS = 5
"""A busy machine may wake a request that late."""

_PATIENCE_SECONDS = 20

_T = TypeVar("_T")

_MAKE = "CREATE TABLE things (number integer)"
_ADD = "INSERT INTO things VALUES (1)"
_COUNT = "SELECT count(*) FROM things"

Work = Callable[[Database, Proxy], Awaitable[_T]]


def test_after_one_that_waited_too_long_the_next_is_answered(empty_database_url: str) -> None:
    async def work(database: Database, proxy: Proxy) -> tuple[int, int]:
        await _warm(database)
        proxy.silence()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(DEADLINE_SECONDS):
                await database.value("SELECT 1")
        answers = [await database.value("SELECT 1") for _ in range(SIZE)]
        return sum(answers), database.use.idle

    assert _between(empty_database_url, work) == (SIZE, 1)


def test_a_transaction_that_waits_too_long_is_undone(empty_database_url: str) -> None:
    async def add_twice(database: Database, proxy: Proxy) -> None:
        async with database.transaction() as adding:
            await adding.execute(_ADD)
            proxy.silence()
            await adding.execute(_ADD)

    async def work(database: Database, proxy: Proxy) -> int:
        await database.execute(_MAKE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(DEADLINE_SECONDS):
                await add_twice(database, proxy)
        count: int = await database.value(_COUNT)
        return count

    assert _between(empty_database_url, work) == 0


@pytest.mark.parametrize("bound", [False, True])
def test_what_cannot_be_undone_is_left_to_the_server(
    empty_database_url: str, *, bound: bool
) -> None:
    async def add_and_fail(database: Database, proxy: Proxy) -> None:
        async with database.bound() if bound else database.transaction() as adding:
            await adding.execute(_ADD)
            proxy.silence()
            raise ZeroDivisionError

    async def work(database: Database, proxy: Proxy) -> int:
        await database.execute(_MAKE)
        with pytest.raises((ZeroDivisionError, DatabaseAway)):
            await add_and_fail(database, proxy)
        count: int = await database.value(_COUNT)
        return count

    assert _between(empty_database_url, work) == 0


def test_workers_have_a_deadline_for_each_answer(empty_database_url: str) -> None:
    async def work(database: Database, proxy: Proxy) -> int:
        await _warm(database)
        proxy.silence()
        with pytest.raises(DatabaseAway):
            await database.value("SELECT 1")
        one: int = await database.value("SELECT 1")
        return one

    assert _between(empty_database_url, work, answer_seconds=DEADLINE_SECONDS) == 1


def test_the_kernel_is_told_to_notice_that_a_machine_is_gone(empty_database_url: str) -> None:
    found: list[tuple[int, int]] = []

    async def look(connection: asyncpg.Connection) -> None:
        wire = connection._transport.get_extra_info("socket")  # noqa: SLF001 - as leal finds it
        asks = wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        found.append((asks, wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)))

    async def work() -> None:
        with proxying(to_socket(socket_of(empty_database_url))) as proxy:
            url = through(empty_database_url, proxy.port)
            database = await Database.open(url, size=1, on_connection=look)
            await database.close()

    run(work())
    assert found == [(1, GONE_AFTER_SECONDS * 1_000)]


@ONLY_SOAKED
def test_shops_are_told_in_time_and_served_again(
    installation: Installation, record_property: Record
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    shop = open_shop(installation)
    with (
        proxying(to_socket(socket_of(installation.database_url))) as proxy,
        serving(replace(installation, database_url=through(installation.database_url, proxy.port))),
        writing(shop, seed=seed) as load,
    ):
        for _ in range(ROUNDS):
            load.until(WRITES)
            time.sleep(chance.uniform(0, 0.2))
            proxy.silence()
            load.until(WRITES, seconds=2 * _REQUEST_SECONDS + _LATE_SECONDS)
        load.finish()
        repeated, same = load.repeat(WRITES)
    prove(
        shop,
        load,
        record_property,
        silences=ROUNDS,
        slowest_seconds=round(load.slowest_seconds, 1),
        repeated=repeated,
        same=same,
    )
    assert same == repeated > 0
    assert _REQUEST_SECONDS - 1 < load.slowest_seconds < _REQUEST_SECONDS + _LATE_SECONDS


async def _warm(database: Database) -> None:
    """Fills the pool with connections that work."""
    await asyncio.gather(*(database.value("SELECT pg_sleep(0.05)") for _ in range(SIZE)))


def _between(url: str, work: Work[_T], *, answer_seconds: float | None = None) -> _T:
    """Works on a database behind a proxy, and says so when it hangs."""

    async def worked() -> _T:
        with proxying(to_socket(socket_of(url))) as proxy:
            behind = through(url, proxy.port)
            database = await Database.open(behind, size=SIZE, answer_seconds=answer_seconds)
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return await work(database, proxy)
            finally:
                await database.close()

    return run(worked())
