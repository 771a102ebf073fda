"""What days bring to whole programs: memberships that end, birthdays, segments, members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from leal.storage.db import Runner
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
    """How many were placed in the grid, and how many moved to another segment."""

    placed: int
    moved: int


# Places everybody who ordered in a grid of five by five, by how lately and how often they did, and
# notes who moved. Buyers nobody is known for count for the places of the others. Orders that were
# cancelled do not count; who is exactly alike is told apart by id. It is one statement, so that no
# half of a program is placed by another grid than the other half. Event ids are all drawn before
# the one "settles" they share.
_SEGMENT = """
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
), moved AS (
    UPDATE customers c SET insights_segment = w.after, updated_at = $3
    FROM wanted w
    WHERE c.program_id = $1 AND c.customer_id = w.customer_id AND w.before IS DISTINCT FROM w.after
    RETURNING c.customer_id, w.before, w.after
), numbered AS MATERIALIZED (
    SELECT nextval('events_event_id_seq') AS event_id, customer_id, before, after
    FROM moved WHERE after IS NOT NULL
), settled AS MATERIALIZED (
    SELECT leal_settles() AS settles FROM (SELECT max(event_id) FROM numbered) AS all_of_them
), told AS (
    INSERT INTO events (program_id, event_id, customer_id, topic, payload, created_at, settles)
    SELECT $1, event_id, customer_id,
        'program_events/customer.moved_to_' || CASE after
            WHEN 'Loyal' THEN 'loyal' WHEN 'At Risk' THEN 'at_risk' ELSE 'defected'
        END || '_segment',
        json_build_object('new_insight_segment', after, 'previous_insight_segment', before),
        $3, settles
    FROM numbered CROSS JOIN settled
)
SELECT (SELECT count(*) FROM grid) AS placed, (SELECT count(*) FROM moved) AS moved
"""


async def place_in_segments(
    on: Runner, program_id: int, *, least_buyers: int, now: datetime
) -> Segmented:
    """Works out everybody's segment; with fewer buyers than `least_buyers` nobody has one."""
    row = await on.row(_SEGMENT, program_id, least_buyers, now)
    return Segmented(**dict(row or {"placed": 0, "moved": 0}))


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
