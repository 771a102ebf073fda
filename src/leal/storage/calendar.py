"""What days bring to whole programs: memberships that end, birthdays, segments, members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from leal.storage.db import Database, Runner
from leal.storage.due import Due, Key

# Members whose stay in a tier has ended, the longest ended first.
_ENDED = """
SELECT tier_expires_at AS at, customer_id AS id, customer_id FROM customers
WHERE program_id = $1 AND tier_expires_at <= $2 AND (tier_expires_at, customer_id) > ($3, $4)
ORDER BY tier_expires_at, customer_id LIMIT $5
"""


async def list_ended_memberships(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[Due, ...]:
    """Customers whose membership ended by then, behind a key."""
    rows = await on.rows(_ENDED, program_id, until, after.at, after.id, limit)
    return tuple(
        Due(key=Key(at=row["at"], id=row["id"]), customer_id=row["customer_id"]) for row in rows
    )


# Members with a birthday on one of some days of the year.
_BORN = """
SELECT customer_id FROM customers
WHERE program_id = $1 AND birth_month IS NOT NULL AND enrolled_at IS NOT NULL
    AND (birth_month, birth_day) IN (SELECT * FROM unnest($2::smallint[], $3::smallint[]))
    AND customer_id > $4
ORDER BY customer_id LIMIT $5
"""


async def list_born(
    on: Runner, program_id: int, days: Sequence[tuple[int, int]], *, after: int, limit: int
) -> tuple[int, ...]:
    """Members whose birthday, as month and day, is one of these, behind an id."""
    months, dates = [month for month, _ in days], [day for _, day in days]
    rows = await on.rows(_BORN, program_id, months, dates, after, limit)
    return tuple(row["customer_id"] for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmented:
    """How many moved to another segment, and of how many in the grid; 0 and 0 when nobody did."""

    placed: int
    moved: int


GRID: Final = """
WITH buyers AS (
    SELECT coalesce(customer_id::text, 'guest ' || email_key) AS who, customer_id,
        max(ordered_at) AS lately, count(*) AS often
    FROM orders
    WHERE program_id = $1 AND cancellation_status = 'not_cancelled'
        AND (customer_id IS NOT NULL OR email_key IS NOT NULL)
    GROUP BY 1, 2
), grid AS (
    SELECT customer_id, often,
        ntile(5) OVER (ORDER BY lately DESC, who) AS recency,
        ntile(5) OVER (ORDER BY often DESC, who) AS frequency
    FROM buyers
), enough AS (
    SELECT count(*) >= $2 AS is_so FROM buyers
), wanted AS (
    SELECT c.customer_id, c.insights_segment AS before, CASE
        WHEN NOT enough.is_so THEN NULL
        WHEN grid.often >= 2 AND grid.recency = 1 AND grid.frequency = 1 THEN 'Loyal'
        WHEN grid.recency = 5 THEN 'Win Back'
        WHEN grid.recency IN (3, 4) THEN 'At Risk' END AS after
    FROM customers c CROSS JOIN enough LEFT JOIN grid ON grid.customer_id = c.customer_id
    WHERE c.program_id = $1
)
SELECT after AS segment, array_agg(customer_id ORDER BY customer_id) AS customer_ids,
    (SELECT count(*) FROM grid) AS placed
FROM wanted WHERE before IS DISTINCT FROM after GROUP BY after ORDER BY after
"""
"""Who has to move to which segment, of a program ($1) with at least $2 buyers.

Places everybody who ordered in a grid of five by five, by how lately and how often they did. Buyers
nobody is known for count for the places of the others. Orders that were cancelled do not count; who
is exactly alike is told apart by id. It is one statement, so that no half of a program is placed by
another grid than the other half.
"""

# Moves some customers to one segment and tells of it. Rows are locked in the order of their ids, as
# everybody locks them; event ids are all drawn before the one "settles" they share. There is no
# topic for leaving all segments, but it is a change of the customer.
_MOVE = """
WITH wanted AS (
    SELECT customer_id, insights_segment AS before FROM customers
    WHERE program_id = $1 AND customer_id = ANY($2::bigint[])
        AND insights_segment IS DISTINCT FROM $3
    ORDER BY customer_id FOR UPDATE
), moved AS (
    UPDATE customers c SET insights_segment = $3, updated_at = greatest(c.updated_at, $4)
    FROM wanted w WHERE c.program_id = $1 AND c.customer_id = w.customer_id
    RETURNING c.customer_id, w.before
), numbered AS MATERIALIZED (
    SELECT nextval('events_event_id_seq') AS event_id, customer_id, before FROM moved
), settled AS MATERIALIZED (
    SELECT leal_settles() AS settles FROM (SELECT max(event_id) FROM numbered) AS all_of_them
), told AS (
    INSERT INTO events (program_id, event_id, customer_id, topic, payload, created_at, settles)
    SELECT $1, event_id, customer_id,
        CASE WHEN $3::text IS NULL THEN 'customers/update' ELSE
            'program_events/customer.moved_to_' || CASE $3
                WHEN 'Loyal' THEN 'loyal' WHEN 'At Risk' THEN 'at_risk' ELSE 'defected'
            END || '_segment' END,
        json_build_object('new_insight_segment', $3::text, 'previous_insight_segment', before),
        $4, settles
    FROM numbered CROSS JOIN settled
)
SELECT count(*) FROM moved
"""
_TAKES_ITS_TIME: Final = "SET LOCAL statement_timeout = '10min'"
_MOVED_TOGETHER: Final = 1_000


async def place_in_segments(
    database: Database, program_id: int, *, least_buyers: int, now: datetime
) -> Segmented:
    """Works out everybody's segment; with fewer buyers than `least_buyers` nobody has one.

    Who goes where is worked out at one moment; the moves are saved some at a time, so that nobody
    waits long for a customer who moves. After a crash in between, what was not moved is found again
    by the next grid.
    """
    async with database.transaction() as on:
        await on.execute(_TAKES_ITS_TIME)
        groups = await on.rows(GRID, program_id, least_buyers)
    moved = 0
    for group in groups:
        ids = group["customer_ids"]
        for start in range(0, len(ids), _MOVED_TOGETHER):
            some = ids[start : start + _MOVED_TOGETHER]
            moved += await database.value(_MOVE, program_id, some, group["segment"], now)
    return Segmented(placed=groups[0]["placed"] if groups else 0, moved=moved)


# How many members are in each tier at this moment, as the count of a day; counted once.
_COUNT_MEMBERS = """
INSERT INTO members_daily (program_id, day, tier_id, members)
SELECT program_id, $2, coalesce(tier_id, 0), count(*) FROM customers
WHERE program_id = $1 AND enrolled_at IS NOT NULL
GROUP BY program_id, coalesce(tier_id, 0)
ON CONFLICT DO NOTHING
"""


async def count_members(on: Runner, program_id: int, day: date) -> None:
    """Notes how many members are in each tier, as of the end of a day."""
    await on.execute(_COUNT_MEMBERS, program_id, day)
