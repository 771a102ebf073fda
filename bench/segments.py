"""The weekly insights segments of one large program: how long they take, and what for.

`python -m bench.segments [customers] [orders] [rounds]` on an embedded server with its normal,
durable settings. Orders are spread at random over customers and two years. Each round is another
week: some have ordered since, and whoever moved to another segment is saved and told of.
"""

import asyncio
import os
import re
import resource
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leal.storage import embedded
from leal.storage.calendar import GRID, place_in_segments
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings, migrate
from leal.storage.sealing import Sealer
from leal.usecases.days import LEAST_BUYERS
from leal.usecases.programs import Publisher

CUSTOMERS = 1_000_000
ORDERS = 2_000_000
ROUNDS = 3
ORDERS_A_WEEK = 0.02
"""So many of all orders come in a week."""

_DOCUMENT = {
    "name": "Bench",
    "sites": [
        {
            "id": 1,
            "name": "Shop",
            "url": "https://shop.example",
            "currency": "usd",
            "languages": ["en"],
        }
    ],
}
_CUSTOMERS = """
INSERT INTO customers (program_id, site_id, merchant_id, email, email_key, enrolled_at, referral_id,
    created_at, updated_at)
SELECT $1, 1, 'c' || n, 'c' || n || '@shop.example', 'c' || n || '@shop.example', now(), 'r' || n,
    now(), now()
FROM generate_series(1, $2::int) n
"""
# So many orders ($2) of customers at random, between so many days ago ($3) and now; their names
# begin with $4.
_ORDERS = """
INSERT INTO orders (program_id, customer_id, site_id, merchant_id, total_minor, payment_status,
    refund_status, cancellation_status, ordered_at, paid_at, created_at, updated_at, settles)
SELECT $1, c.least + floor(random() * c.many)::bigint, 1, $4 || n, 5000, 'paid', 'not_refunded',
    CASE WHEN random() < 0.03 THEN 'cancelled' ELSE 'not_cancelled' END, at, at, at, at,
    pg_snapshot_xmax(pg_current_snapshot())
FROM (SELECT min(customer_id) AS least, count(*) AS many FROM customers WHERE program_id = $1) c
CROSS JOIN LATERAL (
    SELECT n, now() - random() * make_interval(days => $3) AS at FROM generate_series(1, $2::int) n
) AS o
"""
_TEMPORARY = "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"
_WRITTEN = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
_SIZES = """
SELECT pg_size_pretty(pg_total_relation_size('customers')) AS customers,
    pg_size_pretty(pg_total_relation_size('orders')) AS orders,
    current_setting('work_mem') AS work_mem
"""
_TOLD = re.compile(r"(?:Sort Method|Batches|Disk|Memory Usage|Execution Time|Scan)")
_MEGABYTE = 1_000_000


def main() -> None:
    """Prints the table."""
    given = [int(word) for word in sys.argv[1:]]
    customers, orders, rounds = [*given, *(CUSTOMERS, ORDERS, ROUNDS)[len(given) :]]
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="leal-bench-") as folder:
        server = embedded.start(Path(folder))
        try:
            asyncio.run(_measure(server.url, (customers, orders), rounds=rounds))
        finally:
            server.stop()
    print(f"load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


async def _measure(url: str, size: tuple[int, int], *, rounds: int) -> None:
    customers, orders = size
    database = await Database.open(url, size=2)
    try:
        await migrate(database)
        for line in await durability_warnings(database):
            print(f"NOT DURABLE: {line}")
        began = time.monotonic()
        program_id = await _filled(database, customers, orders)
        sizes = await database.row(_SIZES)
        print(f"filled in {time.monotonic() - began:.0f} s: {dict(sizes or {})}")
        print(f"{'week':>8} {'grid, s':>8} {'all, s':>8} {'moved':>9} {'temporary':>10} {'WAL':>8}")
        for week in range(1, rounds + 1):
            await _round(database, program_id, week)
            await _add_orders(database, program_id, int(orders * ORDERS_A_WEEK), days=7)
        await _explain(database, program_id)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"memory of this process, at most: {used:.0f} MB")
    finally:
        await database.close()


async def _filled(database: Database, customers: int, orders: int) -> int:
    """A program with customers and orders; returns its id."""
    publisher = Publisher(database, Sealer(secrets.token_bytes(32)), fresh=secrets.token_hex)
    made = await publisher.create(_DOCUMENT, author="bench", now=datetime.now(UTC))
    program_id = made.published.id
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = 0")
        await on.execute(_CUSTOMERS, program_id, customers)
    await _add_orders(database, program_id, orders, days=730)
    return program_id


async def _add_orders(database: Database, program_id: int, count: int, *, days: int) -> None:
    name = secrets.token_hex(4) + "-"
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = 0")
        await on.execute(_ORDERS, program_id, count, days, name)
        await on.execute("ANALYZE customers, orders")
    await database.execute("CHECKPOINT")


async def _round(database: Database, program_id: int, week: int) -> None:
    """Works the grid out once for itself, then everything as the job does."""
    began = time.monotonic()
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = 0")
        await on.rows(GRID, program_id, LEAST_BUYERS)
    grid_seconds = time.monotonic() - began
    temporary, written = await database.value(_TEMPORARY), await database.value(_WRITTEN)
    began, now = time.monotonic(), datetime.now(UTC) + timedelta(days=7 * week)
    done = await place_in_segments(database, program_id, least_buyers=LEAST_BUYERS, now=now)
    seconds = time.monotonic() - began
    await asyncio.sleep(1)  # a session tells of its temporary files a moment later
    temporary = (await database.value(_TEMPORARY) - temporary) / _MEGABYTE
    written = int(await database.value(_WRITTEN) - written) / _MEGABYTE
    print(
        f"{week:>8} {grid_seconds:>8.1f} {seconds:>8.1f} {done.moved:>9}"
        f" {temporary:>7.0f} MB {written:>5.0f} MB"
    )


async def _explain(database: Database, program_id: int) -> None:
    """Prints the nodes of the grid's plan, with what they took."""
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = 0")
        rows = await on.rows(
            f"EXPLAIN (ANALYZE, BUFFERS, COSTS off) {GRID}", program_id, LEAST_BUYERS
        )
    for (line,) in rows:
        if "->" in line or _TOLD.search(line):
            print(line)


if __name__ == "__main__":
    main()
