"""Lists: every row once whatever the order, and never a row too early.

Seen to fail: with the condition on `settles` taken out (rows too early), with > instead of a
row-wise comparison of two keys (rows lost among those changed at the same moment).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, TypeVar

import asyncpg
import pytest

from leal.storage.customer_ids import IdKey
from leal.storage.db import Database
from leal.storage.listings import (
    Filters,
    Page,
    Part,
    Place,
    Sort,
    find_transactions_of,
    list_customers,
    list_transactions,
)
from tests.databases import with_database

T = TypeVar("T")

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)
ALL = Filters()

PROGRAM = "INSERT INTO programs VALUES ($1, 'test', 1, now())"
CUSTOMER = """
INSERT INTO customers (program_id, customer_id, site_id, merchant_id, email, email_key,
    referral_id, created_at, updated_at)
SELECT $1, n, 1, 'm' || n, 'C' || n || '@Example.com', 'c' || n || '@example.com', 'r' || n, $3, $4
FROM (SELECT $2::bigint AS n)
"""
IDS = """
INSERT INTO customer_ids SELECT program_id, merchant_id, site_id, customer_id FROM customers
"""
HISTORY = """
INSERT INTO history (program_id, history_id, customer_id, kind, happened_at, updated_at, settles)
VALUES ($1, $2, $3, 'points_added', $4, $4, pg_snapshot_xmax(pg_current_snapshot()))
"""
TRANSACTION = """
INSERT INTO transactions (program_id, transaction_id, customer_id, history_id, resource, cause,
    points_approved, points_pending, points_spent, lots, created_at, settles)
VALUES ($1, $2, $3, $2, 'adjustment', 'awarded', 5, 0, 0, '[]', $4, '1')
"""
# as for rows of long ago, whatever other tests on the same server are up to
AGE = "UPDATE customers SET recorded_at = now() - interval '1 hour'"


def on(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def prepared(database: Database) -> T:
        await database.execute(PROGRAM, 1)
        await database.execute(PROGRAM, 2)
        return await work(database)

    return with_database(url, prepared)


async def populate(database: Database, *, customers: int) -> None:
    """Customers 1 to n of program 1 by the minute, three of them changed at each moment."""
    for number in range(1, customers + 1):
        changed = NOON + timedelta(hours=number * 7 % customers // 3)
        await database.execute(CUSTOMER, 1, number, NOON + timedelta(minutes=number), changed)
    await database.execute(CUSTOMER, 2, 1000, NOON, NOON)
    await database.execute(AGE)


def ids(page: Page[Any]) -> list[int]:
    return [row.id for row in page.rows]


async def walk(
    database: Database, part: Part, *, place: Place | None = None
) -> tuple[list[int], list[int]]:
    """All ids from a place on, as a reader of pages gets them, and how long the pages were."""
    found: list[int] = []
    lengths: list[int] = []
    while True:
        page = await list_customers(database, 1, filters=ALL, part=replace(part, place=place))
        found = ids(page) + found if part.backwards else found + ids(page)
        lengths.append(len(page.rows))
        if not page.more:
            return found, lengths
        edge = page.rows[0] if part.backwards else page.rows[-1]
        place = Place(id=edge.id, updated_at=edge.updated_at)


def test_every_customer_comes_once_forwards_and_backwards(database_url: str) -> None:
    async def work(database: Database) -> None:
        await populate(database, customers=23)
        for sort, ascending, limit in product(Sort, (True, False), (1, 4, 22, 23, 500)):
            part = Part(limit=limit, sort=sort, ascending=ascending)
            expected = sorted(range(1, 24), key=keys[sort], reverse=not ascending)
            there, lengths = await walk(database, part)
            assert there == expected
            assert set(lengths[:-1]) <= {limit}
            sign = 1 if ascending else -1
            end = Place(id=12 + sign * 12, updated_at=NOON + sign * timedelta(days=9))
            back, _ = await walk(database, replace(part, backwards=True), place=end)
            assert back == expected

    keys: dict[Sort, Callable[[int], tuple[int, int]]] = {
        Sort.ID: lambda number: (0, number),
        Sort.UPDATED_AT: lambda number: (number * 7 % 23 // 3, number),
    }
    on(database_url, work)


FILTERED: tuple[tuple[Filters, list[int]], ...] = (
    (Filters(since_id=7), [9, 8]),
    (Filters(email="C7@ex"), [7]),
    (Filters(email="EXAMPLE.COM"), [9, 8, 7, 6, 5, 4, 3, 2, 1]),
    (Filters(email="%"), []),
    (Filters(created_from=NOON + timedelta(minutes=8)), [9, 8]),
    (Filters(created_before=NOON + timedelta(minutes=3)), [2, 1]),
    (Filters(updated_from=NOON + timedelta(hours=2)), [6, 5, 1]),
    (Filters(updated_before=NOON + timedelta(hours=1)), [9, 8, 4]),
    (Filters(since_id=3, email="c", updated_before=NOON + timedelta(hours=1)), [9, 8, 4]),
)


def test_filters_are_all_met(database_url: str) -> None:
    """Customers 1 to 9 were changed at hours 2 1 1 0 2 2 1 0 0."""

    async def work(database: Database) -> None:
        await populate(database, customers=9)
        for filters, expected in FILTERED:
            page = await list_customers(database, 1, filters=filters, part=Part(limit=100))
            assert ids(page) == expected, filters

    on(database_url, work)


def test_rows_can_be_skipped(database_url: str) -> None:
    async def work(database: Database) -> Page[Any]:
        await populate(database, customers=9)
        return await list_customers(database, 1, filters=ALL, part=Part(limit=3, skip=5))

    page = on(database_url, work)
    assert (ids(page), page.more) == ([4, 3, 2], True)


def test_an_unsettled_row_is_kept_back_until_no_smaller_id_can_come(database_url: str) -> None:
    """Customer 2 is there already while the transaction that will write customer 1 still runs."""

    async def work(database: Database) -> tuple[list[int], list[int], list[int]]:
        async with database.transaction() as slow:
            runs = int(await slow.value("SELECT pg_current_xact_id()::text"))
            await database.execute(CUSTOMER, 1, 2, NOON, NOON)
            await database.execute("UPDATE customers SET settles = $1::text::xid8", str(runs + 1))
            early = ids(await list_customers(database, 1, filters=ALL, part=since(0)))
            looked_up = Part(limit=100, settled=False)
            shown = ids(await list_customers(database, 1, filters=ALL, part=looked_up))
            await slow.execute(CUSTOMER, 1, 1, NOON, NOON)
        return early, shown, await settled(database, 2)

    assert on(database_url, work) == ([], [2], [1, 2])


def since(smallest: int) -> Part:
    return Part(limit=100, ascending=True, place=Place(id=smallest))


async def settled(database: Database, count: int) -> list[int]:
    """What is listed once `count` customers are; other tests' transactions may hold them back."""
    found: list[int] = []
    for _ in range(200):
        found = ids(await list_customers(database, 1, filters=ALL, part=since(0)))
        if len(found) >= count:
            break
        await asyncio.sleep(0.05)
    return found


SAVE = "SELECT leal_save(1, NULL, 0, $1::json)"


def new_customer(name: str) -> str:
    return json.dumps(
        {
            "customer": {
                "site_id": 1,
                "merchant_id": name,
                "properties": {},
                "metadata": {},
                "blocked": False,
                "points_approved": 0,
                "points_pending": 0,
                "points_spent": 0,
                "rewards_claimed": 0,
                "rewards_used": 0,
                "lifetime_points": 0,
                "lifetime_spend": 0,
                "lifetime_orders": 0,
                "tier_manual": False,
                "email_consent": "unknown",
                "sms_consent": "unknown",
                "referral_id": name,
                "created_at": NOON.isoformat(),
                "updated_at": NOON.isoformat(),
            },
            "history": [
                {"kind": "points_added", "points": 5, "happened_at": NOON.isoformat()},
            ],
            "transactions": [
                {
                    "history_id": -1,
                    "resource": "adjustment",
                    "cause": "awarded",
                    "points_approved": 5,
                    "points_pending": 0,
                    "points_spent": 0,
                    "lots": [],
                    "created_at": NOON.isoformat(),
                }
            ],
        }
    )


@pytest.mark.parametrize("bystander", [False, True], ids=["alone", "beside an idle transaction"])
def test_a_reader_that_remembers_its_last_id_misses_nobody(
    database_url: str, *, bystander: bool
) -> None:
    """Three real connections: a slow writer with the smaller ids, a quick one, and a reader.

    The bystander began before both, drew nothing and ends between them: an upper bound taken from
    the latest finished transaction is passed by then, although the slow writer still runs.
    """

    async def work(database: Database) -> tuple[list[str], list[str]]:
        customers: list[str] = []
        postings: list[str] = []
        newest = {"customer": 0, "posting": 0}

        async def read() -> None:
            people = await list_customers(database, 1, filters=ALL, part=since(newest["customer"]))
            for person in people.rows:
                customers.append(person.merchant_id)
                newest["customer"] = person.id
            ledger = await list_transactions(
                database, 1, filters=ALL, part=since(newest["posting"])
            )
            for posting in ledger.rows:
                postings.append(posting.customer.merchant_id)
                newest["posting"] = posting.id

        idle = await _begun(database_url)
        async with database.transaction() as slow:
            await slow.value(SAVE, new_customer("slow"))
            await database.value(SAVE, new_customer("quick"))
            if bystander:
                await idle.execute("COMMIT")
            await read()
        await idle.close()
        for _ in range(200):
            await read()
            if len(postings) == len(customers) == 2:
                break
            await asyncio.sleep(0.05)
        return customers, postings

    assert on(database_url, work) == (["slow", "quick"], ["slow", "quick"])


def test_another_database_s_transaction_holds_nothing_back(
    database_url: str, empty_database_url: str
) -> None:
    """Seen to fail with the horizon at the snapshot's xmin."""

    async def work(database: Database) -> list[int]:
        foreign = await _begun(empty_database_url)
        await database.value(SAVE, new_customer("one"))
        await database.value(SAVE, new_customer("two"))
        shown = await list_customers(database, 1, filters=ALL, part=since(0))
        await foreign.close()
        return ids(shown)

    assert len(on(database_url, work)) == 2


async def _begun(url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(url)
    await connection.execute("BEGIN; SELECT pg_current_xact_id()")
    return connection


def test_rows_restored_into_a_younger_cluster_are_shown(database_url: str) -> None:
    async def work(database: Database) -> tuple[list[int], list[int]]:
        await database.execute(CUSTOMER, 1, 1, NOON, NOON)
        await database.execute("UPDATE customers SET settles = '999999999999'::xid8")
        fresh = ids(await list_customers(database, 1, filters=ALL, part=since(0)))
        await database.execute(AGE)
        return fresh, ids(await list_customers(database, 1, filters=ALL, part=since(0)))

    assert on(database_url, work) == ([], [1])


def test_a_ledger_is_its_program_s_and_its_customer_s(database_url: str) -> None:
    async def work(database: Database) -> tuple[object, ...]:
        await populate(database, customers=3)
        for number, customer in enumerate((1, 2, 1, 3, 1), start=1):
            await database.execute(HISTORY, 1, number, customer, NOON)
            await database.execute(TRANSACTION, 1, number, customer, NOON)
        part = Part(limit=100)
        whole = await list_transactions(database, 1, filters=ALL, part=part)
        one = await list_transactions(database, 1, filters=Filters(customer_id=1), part=part)
        await database.execute(IDS)
        key = IdKey(merchant_id="m1")
        own = await find_transactions_of(database, 1, key, filters=Filters(since_id=1), part=part)
        assert own
        assert {posting.customer.merchant_id for posting in own.rows} == {"m1"}
        stranger = IdKey(merchant_id="m1000")
        none = await find_transactions_of(database, 1, stranger, filters=ALL, part=part)
        other = await list_transactions(database, 2, filters=ALL, part=part)
        return ids(whole), ids(one), ids(own), none, ids(other)

    assert on(database_url, work) == ([5, 4, 3, 2, 1], [5, 3, 1], [5, 3], None, [])
