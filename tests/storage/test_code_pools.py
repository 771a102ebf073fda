"""A code is handed out once, nobody waits for somebody else's code while there is another, and a
code that comes back goes to whoever waited for it.

Planted bugs these catch: a code that is looked up and then deleted without its row being locked
(`test_the_race_catches_a_code_that_is_not_locked` plants it, and codes come out twice); only
skipping what is locked, so that the pool seems empty beside a taker that rolls back (the last
code is lost to the customer who waits); waiting for the first code in line (takers queue up); not
looking whether a code was handed out while its import waited (it is handed out twice).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg
import pytest

from leal.storage import codes
from leal.storage.db import Database
from tests.databases import run

T = TypeVar("T")

PROGRAM, REWARD, OTHER = 1, 7, 8
NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
TAKE = "SELECT leal_take_code($1, $2)"
CLAIM = """
INSERT INTO claimed_rewards (program_id, customer_id, reward_id, kind, title, state, source,
    points_cost, code, terms, claimed_at, settles)
VALUES ($1, 1, $2, 'custom', 'Thing', 'approved', 'points_redemption', 1, $3, '{}', now(), '1')
"""
UNLOCKED = """
CREATE OR REPLACE FUNCTION leal_take_code(p_program_id bigint, p_reward_id bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_code text;
BEGIN
    SELECT code INTO v_code FROM pool_codes
    WHERE program_id = p_program_id AND reward_id = p_reward_id ORDER BY random() LIMIT 1;
    DELETE FROM pool_codes WHERE program_id = p_program_id AND code = v_code;
    RETURN v_code;
END $$
"""
Work = Callable[[Database], Awaitable[T]]


def on(url: str, work: Work[T], *, size: int = 60) -> T:
    async def opened() -> T:
        database = await Database.open(url, size=size)
        try:
            return await work(database)
        finally:
            await database.close()

    return run(opened())


def some(count: int, *, prefix: str = "C") -> list[str]:
    return [f"{prefix}-{number:05}" for number in range(count)]


async def fill(
    database: Database, wanted: Sequence[str], reward_id: int = REWARD
) -> frozenset[str]:
    return await codes.add(database, PROGRAM, reward_id, codes=sorted(wanted), now=NOW)


async def take(database: Database, reward_id: int = REWARD) -> str | None:
    code: str | None = await database.value(TAKE, PROGRAM, reward_id)
    return code


async def claim(database: Database) -> str | None:
    """Takes a code as a save does: the claim that keeps it is written with it."""
    async with database.transaction() as taker:
        code: str | None = await taker.value(TAKE, PROGRAM, REWARD)
        if code is not None:
            await taker.execute(CLAIM, PROGRAM, REWARD, code)
        return code


@asynccontextmanager
async def holding(url: str) -> AsyncIterator[tuple[str | None, asyncpg.Connection]]:
    """Somebody who took a code and has not ended yet."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("BEGIN")
        yield await connection.fetchval(TAKE, PROGRAM, REWARD), connection
    finally:
        await connection.close()


async def fifty_at_once(url: str) -> list[str | None]:
    """All have begun before any takes, and each holds its code for a moment."""
    connections = [await asyncpg.connect(url) for _ in range(50)]
    try:
        for each in connections:
            await each.execute("BEGIN")

        async def one(connection: asyncpg.Connection) -> str | None:
            code: str | None = await connection.fetchval(TAKE, PROGRAM, REWARD)
            await asyncio.sleep(0.05)
            await connection.execute("COMMIT")
            return code

        return list(await asyncio.gather(*map(one, connections)))
    finally:
        for each in connections:
            await each.close()


@pytest.mark.parametrize("left", [1, 30, 50])
def test_fifty_take_the_last_codes_each_once(database_url: str, left: int) -> None:
    async def race(database: Database) -> None:
        for number in range(5):
            wanted = some(left, prefix=f"R{number}")
            await fill(database, wanted)
            taken = await fifty_at_once(database_url)
            assert sorted(code for code in taken if code) == wanted
            assert taken.count(None) == 50 - left

    on(database_url, race, size=2)


def test_the_race_catches_a_code_that_is_not_locked(database_url: str) -> None:
    async def race(database: Database) -> None:
        await database.execute(UNLOCKED)
        await fill(database, some(30))
        taken = [code for code in await fifty_at_once(database_url) if code]
        assert len(set(taken)) < len(taken)

    on(database_url, race, size=2)


@pytest.mark.parametrize("comes_back", [True, False])
def test_the_last_code_of_one_who_gives_up_goes_to_one_who_waits(
    database_url: str, *, comes_back: bool
) -> None:
    async def wait(database: Database) -> None:
        await fill(database, ["LAST"])
        async with holding(database_url) as (held, holder):
            waiting = [asyncio.create_task(take(database)) for _ in range(3)]
            await asyncio.sleep(0.3)
            assert held == "LAST"
            assert not any(each.done() for each in waiting)
            await holder.execute("ROLLBACK" if comes_back else "COMMIT")
            taken = await asyncio.gather(*waiting)
        assert [code for code in taken if code] == (["LAST"] if comes_back else [])

    on(database_url, wait)


def test_nobody_waits_while_there_is_another_code(database_url: str) -> None:
    async def pass_by(database: Database) -> set[str | None]:
        await fill(database, some(20))
        async with holding(database_url) as (held, _holder), asyncio.timeout(5):
            return {held, *[await take(database) for _ in range(19)]}

    assert on(database_url, pass_by) == set(some(20))


def test_one_taker_may_hold_several_codes(database_url: str) -> None:
    async def take_all(database: Database) -> list[str | None]:
        await fill(database, some(3))
        async with database.transaction() as taker:
            return [await taker.value(TAKE, PROGRAM, REWARD) for _ in range(4)]

    *taken, after = on(database_url, take_all)
    assert (set(taken), after) == (set(some(3)), None)


def test_pools_and_programs_are_apart(database_url: str) -> None:
    async def apart(database: Database) -> None:
        await fill(database, some(2))
        await codes.add(database, 2, REWARD, codes=some(2), now=NOW)
        assert await take(database, OTHER) is None
        assert await fill(database, some(3), OTHER) == set(some(2))
        assert await take(database, OTHER) == some(3)[2]
        assert len({await take(database), await take(database)}) == 2
        assert await take(database) is None
        assert await database.value(TAKE, 2, REWARD) in some(2)

    on(database_url, apart)


def test_imports_beside_customers_lose_nothing_and_double_nothing(database_url: str) -> None:
    """The same codes are imported again and again while twenty customers empty the pool."""
    wanted = some(400)

    async def beside(database: Database) -> None:
        await fill(database, wanted[:50])

        async def imports() -> None:
            for start in [*range(0, 400, 50), *range(0, 400, 25)]:
                await fill(database, wanted[start : start + 100])

        async def customer() -> list[str]:
            return [code for _ in range(15) if (code := await claim(database))]

        *got, _ = await asyncio.gather(*(customer() for _ in range(20)), imports())
        taken = [code for each in got if each for code in each]
        while code := await claim(database):
            taken.append(code)
        assert sorted(taken) == wanted
        left = await database.value("SELECT count(*) FROM pool_codes")
        assert left == 0

    on(database_url, beside)


def test_a_code_imported_while_it_is_handed_out_is_not_handed_out_again(database_url: str) -> None:
    """The import waits for the taker, and looked for handed-out codes before that."""

    async def slip_in(database: Database) -> None:
        await fill(database, ["X"])
        async with holding(database_url) as (held, holder):
            await holder.execute(CLAIM, PROGRAM, REWARD, held)
            again = asyncio.create_task(fill(database, ["X", "Y"]))
            await asyncio.sleep(0.3)
            assert not again.done()
            await holder.execute("COMMIT")
        await again
        pool = await codes.find_pool(database, PROGRAM, REWARD)
        assert pool is not None
        assert (pool.imported, pool.handed_out, pool.left) == (2, 1, 1)
        assert {await claim(database), await claim(database)} == {"Y", None}

    on(database_url, slip_in)


def test_two_imports_of_the_same_codes_do_not_block_one_another(database_url: str) -> None:
    async def both(database: Database) -> None:
        wanted = some(3_000)
        left_out = await asyncio.gather(*(fill(database, wanted) for _ in range(4)))
        assert sum(len(wanted) - len(each) for each in left_out) == len(wanted)
        pool = await codes.find_pool(database, PROGRAM, REWARD)
        assert pool is not None
        assert (pool.imported, pool.left, pool.handed_out) == (3_000, 3_000, 0)

    on(database_url, both)


def test_removing_waits_for_takers_and_leaves_customers_what_they_have(database_url: str) -> None:
    async def both(database: Database) -> None:
        await fill(database, some(5))
        async with holding(database_url) as (held, holder):
            removing = asyncio.create_task(codes.remove_some(database, PROGRAM, REWARD, limit=100))
            await asyncio.sleep(0.2)
            assert held is not None
            assert not removing.done()
            await holder.execute("COMMIT")
        assert await removing == 4
        pool = await codes.find_pool(database, PROGRAM, REWARD)
        assert pool is not None
        assert (pool.imported, pool.handed_out, pool.removed, pool.left) == (5, 1, 4, 0)

    on(database_url, both)


def test_whether_a_pool_holds_codes_is_one_look_into_its_index(database_url: str) -> None:
    """With most codes in one pool, the server would rather read the table for any of its rows."""

    async def look(database: Database) -> None:
        await fill(database, some(5_000))
        await fill(database, ["A"], OTHER)
        await database.execute("ANALYZE pool_codes")
        await take(database, OTHER)
        assert [row["reward_id"] for row in await database.rows(codes.STOCKED, PROGRAM)] == [REWARD]
        explained = await database.rows("EXPLAIN " + codes.STOCKED.replace("$1", "1"))
        plan = "\n".join(row[0] for row in explained)
        assert "Index Only Scan using pool_codes_by_place" in plan
        assert "on pool_codes c" not in plan.replace(
            "Index Only Scan using pool_codes_by_place on pool_codes c", ""
        )

    on(database_url, look)


@pytest.mark.parametrize(("most", "counted"), [(0, 0), (3, 3), (5, 5), (9, 5)])
def test_counting_what_is_left_goes_no_further_than_asked(
    database_url: str, most: int, counted: int
) -> None:
    async def count(database: Database) -> int:
        await fill(database, some(5))
        sql = "SELECT leal_codes_left($1, $2, $3)"
        return int(await database.value(sql, PROGRAM, REWARD, most))

    assert on(database_url, count) == counted
