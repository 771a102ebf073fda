"""A page of a list costs a page: one statement, and no walk through a table.

Seen to fail with the place compared as `a > x OR a = x AND id > y`, and with joins in place of the
look-ups: both read whole tables.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg

from leal.storage.customer_ids import IdKey
from leal.storage.db import Database
from leal.storage.listings import (
    Filters,
    Part,
    Place,
    Sort,
    find_transactions_of,
    list_customers,
    list_transactions,
)
from tests.databases import with_database

MANY = 50_000
ALL = Filters()

PROGRAM = "INSERT INTO programs VALUES (1, 'test', 1, now());"
FILL = f"""
{PROGRAM}
INSERT INTO customers (program_id, site_id, merchant_id, email, email_key, referral_id,
    created_at, updated_at, recorded_at)
SELECT 1, 1, 'm' || n, n || '@example.com', n || '@example.com', 'r' || n,
    timestamptz '2025-01-01' + n * interval '1 minute',
    timestamptz '2025-01-01' + n * 7919 % {MANY} * interval '1 minute', '2025-01-01'
FROM generate_series(1, {MANY}) AS n;
INSERT INTO customer_ids SELECT program_id, merchant_id, site_id, customer_id FROM customers;
INSERT INTO history (program_id, customer_id, kind, happened_at, updated_at, settles)
SELECT 1, customer_id, 'points_added', created_at, updated_at, settles FROM customers;
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles, recorded_at)
SELECT 1, customer_id, history_id, 'adjustment', 'awarded', 5, 0, 0, '[]', happened_at, '1',
    '2025-01-01'
FROM history;
ANALYZE customers; ANALYZE customer_ids; ANALYZE history; ANALYZE transactions;
"""  # noqa: S608 - made of the number above


class Overheard:
    """A database that remembers what it was asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    @property
    def in_transaction(self) -> bool:
        return self._database.in_transaction

    async def row(self, sql: str, *args: object) -> asyncpg.Record | None:
        self.asked.append((sql, args))
        return await self._database.row(sql, *args)

    async def rows(self, sql: str, *args: object) -> list[asyncpg.Record]:
        self.asked.append((sql, args))
        return await self._database.rows(sql, *args)

    async def value(self, sql: str, *args: object) -> Any:
        self.asked.append((sql, args))
        return await self._database.value(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        self.asked.append((sql, args))
        return await self._database.execute(sql, *args)


async def explained(database: Database, overheard: Overheard) -> dict[str, float]:
    """The most rows that a scan of each table went through."""
    (sql, args), *more = overheard.asked
    assert not more, "a page is one statement"
    plan = await database.value(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *args)
    read: dict[str, float] = {}

    def visit(node: dict[str, Any]) -> None:
        if "Relation Name" in node:
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index", 0)
            rows = (node["Actual Rows"] + removed) * node["Actual Loops"]
            table = node["Relation Name"]
            read[table] = max(read.get(table, 0), rows)
        for inner in node.get("Plans", []):
            visit(inner)

    visit(json.loads(plan)[0]["Plan"])
    return read


def test_a_page_costs_a_page_however_deep(database_url: str) -> None:
    middle = Place(id=5, updated_at=datetime(2025, 1, 18, tzinfo=UTC))
    by_change = Part(limit=100, sort=Sort.UPDATED_AT, settled=False)

    async def work(database: Database) -> dict[str, dict[str, float]]:
        await database.execute(FILL)
        found = {}
        parts: dict[str, tuple[Filters, Part]] = {
            "newest": (ALL, Part(limit=100)),
            "cursor": (ALL, Part(limit=100, place=Place(id=25_000))),
            "backwards": (ALL, Part(limit=100, place=Place(id=25_000), backwards=True)),
            "since": (Filters(since_id=25_000), Part(limit=100, ascending=True)),
            "changed": (ALL, by_change),
            "changed, cursor": (ALL, replace(by_change, place=middle)),
            "changed, upwards": (ALL, replace(by_change, place=middle, ascending=True)),
        }
        for name, (filters, part) in parts.items():
            people = Overheard(database)
            await list_customers(people, 1, filters=filters, part=part)
            found[name] = await explained(database, people)
            if part.sort is Sort.ID:
                ledger = Overheard(database)
                await list_transactions(ledger, 1, filters=filters, part=part)
                found[f"ledger: {name}"] = await explained(database, ledger)
        own = Overheard(database)
        theirs = IdKey(merchant_id="m25000")
        await find_transactions_of(own, 1, theirs, filters=ALL, part=Part(limit=100))
        found["one customer's"] = await explained(database, own)
        return found

    found = with_database(database_url, work)
    assert {name: read for name, read in found.items() if max(read.values()) > 102} == {}
    assert set(found["ledger: newest"]) >= {"transactions", "history", "customers"}
