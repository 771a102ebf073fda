"""Customers by the million, made by the database itself; `leal verify` finds their books right.

Everybody joined a year ago and was given 100 points once, on a day of their own. Two more kinds are
for what a long past costs: members with so many awards, spread evenly over the days of a year.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bench.world import World, settle
from leal.storage.db import Database, Runner

FIRST_OF_CROWD: Final = 10_000_000
"""Shops' ids from here on are the crowd's."""

_AT_ONCE: Final = 100_000

# $1 program, $2 site, $3 the first number, $4 how many.
_CROWD: Final = """
INSERT INTO customers (program_id, site_id, merchant_id, email, email_key, enrolled_at,
    points_approved, lifetime_points, tier_id, tier_started_at, referral_id, created_at, updated_at)
SELECT $1::bigint, $2::bigint, n::text, 'c' || n || '@shop.example', 'c' || n || '@shop.example',
    date_trunc('day', now()) - interval '350 days', 100, 100, 1,
    date_trunc('day', now()) - interval '350 days', 'crowd' || n,
    date_trunc('day', now()) - interval '350 days',
    date_trunc('day', now()) - (n * 7919 % 340) * interval '1 day' - interval '12 hours'
FROM generate_series($3::bigint, $3::bigint + $4::bigint - 1) n
"""
# $2 here and below is the id from which on they are.
_CROWD_HISTORY: Final = """
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, tier_id, site_id,
    title, updated_at, settles, program_version)
SELECT program_id, customer_id, row.kind, row.state, row.at, row.points, row.tier_id, site_id,
    row.title, row.at, pg_snapshot_xmax(pg_current_snapshot()), 1
FROM customers CROSS JOIN LATERAL (VALUES
    ('entered_tier', NULL, created_at, NULL::bigint, 1, 'Bronze'),
    ('points_added', 'approved', updated_at, 100, NULL, NULL)
) AS row (kind, state, at, points, tier_id, title)
WHERE program_id = $1 AND customer_id >= $2
"""
# $1 program, $2 site, $3 the shop's id, $4 awards of $5 points each.
_MEMBER: Final = """
INSERT INTO customers (program_id, site_id, merchant_id, email, email_key, enrolled_at,
    points_approved, lifetime_points, tier_id, tier_started_at, tier_expires_at, referral_id,
    created_at, updated_at)
SELECT $1::bigint, $2::bigint, $3::text, $3::text || '@past.example', $3::text || '@past.example',
    date_trunc('day', now()) - interval '367 days', $4::bigint * $5::bigint,
    $4::bigint * $5::bigint, 3, date_trunc('day', now()) - interval '30 days',
    date_trunc('day', now()) - interval '30 days' + interval '1 year', 'past' || $3::text,
    date_trunc('day', now()) - interval '367 days', date_trunc('day', now())
"""
_MEMBER_HISTORY: Final = """
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, tier_id, site_id,
    title, updated_at, settles, program_version)
SELECT program_id, customer_id, row.kind, row.state, row.at, row.points, row.tier_id, site_id,
    row.title, row.at, pg_snapshot_xmax(pg_current_snapshot()), 1
FROM customers CROSS JOIN LATERAL (
    SELECT 'points_added' AS kind, 'approved' AS state, created_at + interval '12 hours'
        + n * interval '366 days' / $3::bigint AS at, $4::bigint AS points, NULL::bigint AS tier_id,
        NULL AS title
    FROM generate_series(0, $3::bigint - 1) n
    UNION ALL SELECT 'entered_tier', NULL, tier_started_at, NULL, 3, 'Gold'
) AS row
WHERE program_id = $1 AND customer_id >= $2
"""
# What follows from the rows above, of customers from id $2 on.
_FOLLOWS: Final = (
    """
INSERT INTO customer_ids (program_id, merchant_id, site_id, customer_id)
SELECT program_id, merchant_id, site_id, customer_id FROM customers
WHERE program_id = $1 AND customer_id >= $2
""",
    """
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles)
SELECT program_id, customer_id, history_id, 'adjustment', 'awarded', points, 0, 0,
    json_build_array(json_build_array('infinity', points)), happened_at, settles
FROM history WHERE program_id = $1 AND customer_id >= $2 AND kind = 'points_added'
""",
    """
INSERT INTO lots (program_id, customer_id, expires_at, remaining)
SELECT program_id, customer_id, 'infinity', points_approved FROM customers
WHERE program_id = $1 AND customer_id >= $2
""",
    """
INSERT INTO progress (program_id, customer_id, earned_on, points)
SELECT program_id, customer_id, (happened_at AT TIME ZONE 'America/New_York')::date, sum(points)
FROM history WHERE program_id = $1 AND customer_id >= $2 AND kind = 'points_added'
GROUP BY 1, 2, 3
""",
)
_NEXT: Final = "SELECT coalesce(max(customer_id), 0) + 1 FROM customers"
_COUNT: Final = "SELECT count(*) FROM customers WHERE program_id = $1"


async def grow(world: World, *, until: int) -> None:
    """Adds customers until the program has so many."""
    database = await Database.open(world.url, size=1)
    try:
        has: int = await database.value(_COUNT, world.program_id)
        while has < until:
            count = min(_AT_ONCE, until - has)
            async with _adding(database, world.program_id) as (on, first):
                start = FIRST_OF_CROWD + has
                await on.execute(_CROWD, world.program_id, world.site_id, start, count)
                await on.execute(_CROWD_HISTORY, world.program_id, first)
            has += count
    finally:
        await database.close()
    await settle(world.url)


async def add_member(world: World, merchant_id: str, *, awards: int, points: int) -> None:
    """Adds a member of the upper tier with so many awards of so many points."""
    database = await Database.open(world.url, size=1)
    try:
        async with _adding(database, world.program_id) as (on, first):
            who = (world.program_id, world.site_id, merchant_id)
            await on.execute(_MEMBER, *who, awards, points)
            await on.execute(_MEMBER_HISTORY, world.program_id, first, awards, points)
    finally:
        await database.close()
    await settle(world.url)


@asynccontextmanager
async def _adding(database: Database, program_id: int) -> AsyncIterator[tuple[Runner, int]]:
    """Customers and history are added within; the rest follows. Gives the first id they get."""
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = 0")
        first: int = await on.value(_NEXT)
        yield on, first
        for statement in _FOLLOWS:
            await on.execute(statement, program_id, first)
