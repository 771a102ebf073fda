"""Looking for what must never be: each statement finds the customers that break one invariant.

All statements read the whole of a range of customer ids at once, so each of them sees one moment
of the database: a change is saved by one statement, and is either seen whole or not at all. They
can run beside live traffic. Every row found says who, what was expected and what is there.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import asyncpg

from leal.storage.db import Database, Runner

FIRST_ID: Final = -(2**63)
LAST_ID: Final = 2**63 - 1


class Invariant(StrEnum):
    """What is checked."""

    BALANCES = "balances"
    LOTS = "lots"
    LOT_MOVES = "lot_moves"
    OVERDRAWN = "overdrawn"
    COUNTERS = "counters"
    HISTORY_POSTED = "history_posted"
    ENTRY_OF_HISTORY = "entry_of_history"
    CUSTOMER_EXISTS = "customer_exists"
    CUSTOMER_IDS = "customer_ids"
    EVENT_OF_CUSTOMER = "event_of_customer"
    APPEND_ONLY = "append_only"
    ONCE = "once"
    ORDER_POINTS = "order_points"
    ORDER_COUNTED = "order_counted"
    PROGRESS = "progress"
    LIMITS = "limits"
    TIERS = "tiers"
    DAILY_SUMS = "daily_sums"
    CLAIMS_PAID = "claims_paid"
    CLAIM_HISTORY = "claim_history"
    CLAIMS_USED = "claims_used"
    CLAIMS_COUNTED = "claims_counted"
    CLAIM_CODES = "claim_codes"
    STOCK = "stock"
    EVENT_OF_CHANGE = "event_of_change"
    DELIVERIES = "deliveries"
    ANSWERS = "answers"
    ERASED = "erased"
    MERGES = "merges"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be; `merchant_id` is None when nobody has the id."""

    customer_id: int | None
    merchant_id: str | None
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRange:
    """Ids from `first` to `last`, both included; `size` is how many rows have one of them.

    Ranges follow each other without gaps over all ids there can be, so that rows are found which
    belong to nobody.
    """

    first: int
    last: int
    size: int


async def count_customers(on: Runner, program_id: int) -> int:
    """How many customers a program has."""
    sql = "SELECT count(*) FROM customers WHERE program_id = $1"
    counted: int = await on.value(sql, program_id)
    return counted


# The end of the next `$3` customers from `$2` on.
_NEXT_CUSTOMERS = """
SELECT count(*) AS size, max(customer_id) AS last FROM (
    SELECT customer_id FROM customers WHERE program_id = $1 AND customer_id >= $2
    ORDER BY customer_id LIMIT $3
) AS batch
"""

# The same for events, which are not kept by customer.
_NEXT_EVENTS = """
SELECT count(*) AS size, max(event_id) AS last FROM (
    SELECT event_id FROM events WHERE program_id = $1 AND event_id >= $2
    ORDER BY event_id LIMIT $3
) AS batch
"""


async def next_customers(on: Runner, program_id: int, *, first: int, limit: int) -> IdRange:
    """The range that starts at `first` and holds at most `limit` customers."""
    return await _next(on, _NEXT_CUSTOMERS, program_id, first=first, limit=limit)


async def next_events(on: Runner, program_id: int, *, first: int, limit: int) -> IdRange:
    """The range that starts at `first` and holds at most `limit` events."""
    return await _next(on, _NEXT_EVENTS, program_id, first=first, limit=limit)


# The three balances of a customer are the sums over the ledger.
_BALANCES = """
SELECT c.customer_id, c.merchant_id,
    format('approved %s, pending %s, spent %s', coalesce(t.approved, 0), coalesce(t.pending, 0),
        coalesce(t.spent, 0)) AS expected,
    format('approved %s, pending %s, spent %s', c.points_approved, c.points_pending,
        c.points_spent) AS found
FROM customers c
LEFT JOIN (
    SELECT customer_id, sum(points_approved) AS approved, sum(points_pending) AS pending,
        sum(points_spent) AS spent
    FROM transactions WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    GROUP BY customer_id
) AS t USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND (c.points_approved <> coalesce(t.approved, 0)
        OR c.points_pending <> coalesce(t.pending, 0)
        OR c.points_spent <> coalesce(t.spent, 0))
ORDER BY c.customer_id
"""

# The lots hold the approved balance, and nothing while it is a debt.
_LOTS = """
SELECT c.customer_id, c.merchant_id,
    format('lots of %s', greatest(0, c.points_approved)) AS expected,
    format('lots of %s', coalesce(l.remaining, 0)) AS found
FROM customers c
LEFT JOIN (
    SELECT customer_id, sum(remaining) AS remaining
    FROM lots WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    GROUP BY customer_id
) AS l USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND coalesce(l.remaining, 0) <> greatest(0, c.points_approved)
ORDER BY c.customer_id
"""

# A lot holds what the ledger's entries put in, less what they took out.
_LOT_MOVES = """
SELECT x.customer_id, c.merchant_id,
    format('%s in the lot of %s', coalesce(x.points, 0), x.expires_at) AS expected,
    coalesce(x.remaining::text, 'no lot') AS found
FROM (
    SELECT customer_id, expires_at, m.points, l.remaining
    FROM (
        SELECT t.customer_id, (move ->> 0)::timestamptz AS expires_at,
            sum((move ->> 1)::bigint) AS points
        FROM transactions t CROSS JOIN json_array_elements(t.lots) AS moves (move)
        WHERE t.program_id = $1 AND t.customer_id BETWEEN $2 AND $3
        GROUP BY 1, 2
    ) AS m
    FULL JOIN (
        SELECT customer_id, expires_at, remaining
        FROM lots WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    ) AS l USING (customer_id, expires_at)
    WHERE coalesce(m.points, 0) <> coalesce(l.remaining, 0)
) AS x
LEFT JOIN customers c ON c.customer_id = x.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
ORDER BY x.customer_id, x.expires_at
"""

# Replayed in order, points that were spent or had expired were there. Only what is taken back
# (a removal, a void) may leave a debt.
_OVERDRAWN = """
SELECT t.customer_id, c.merchant_id,
    format('at least 0 approved after transaction %s', t.transaction_id) AS expected,
    format('%s (it took %s)', t.balance, -t.points_approved) AS found
FROM (
    SELECT customer_id, transaction_id, resource, points_approved, points_spent, merge_id,
        sum(points_approved) OVER (PARTITION BY customer_id ORDER BY transaction_id) AS balance
    FROM transactions WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
) AS t
LEFT JOIN customers c ON c.customer_id = t.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE t.balance < 0 AND t.points_approved < 0 AND t.merge_id IS NULL
    AND (t.points_spent > 0 OR t.resource IN ('claimed_reward', 'expiry'))
ORDER BY t.customer_id, t.transaction_id
"""

# A day lies within its week and its month, a month within its year.
_COUNTERS = """
SELECT n.customer_id, c.merchant_id,
    format('counts of %s %s from 0 up and none above the one that contains it', n.subject,
        n.subject_id) AS expected,
    format('total %s, year %s, month %s, week %s, day %s', n.total, n.year, n.month, n.week,
        n.day) AS found
FROM counters n
LEFT JOIN customers c ON c.customer_id = n.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE n.program_id = $1 AND n.customer_id BETWEEN $2 AND $3
    AND (least(n.total, n.year, n.month, n.week, n.day) < 0
        OR n.day > least(n.week, n.month) OR n.month > n.year
        OR greatest(n.year, n.week) > n.total)
ORDER BY n.customer_id, n.subject, n.subject_id
"""

# What history shows as earned, given or taken is what its entries in the ledger add up to.
_HISTORY_POSTED = """
SELECT h.customer_id, c.merchant_id,
    format('entries of history row %s (%s, %s) adding up to approved %s, pending %s',
        h.history_id, h.kind, h.state, h.approved, h.pending) AS expected,
    CASE WHEN t.history_id IS NULL THEN 'no entry'
        ELSE format('approved %s, pending %s', t.approved, t.pending) END AS found
FROM (
    SELECT history_id, customer_id, kind, state,
        CASE WHEN state = 'pending' THEN 0 ELSE coalesce(points, 0) END AS approved,
        CASE WHEN state = 'pending' THEN coalesce(points, 0) ELSE 0 END AS pending
    FROM history WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND ((kind = 'earned_points_from_rule' AND state IN ('approved', 'pending'))
            OR (kind = 'points_added' AND state = 'approved')
            OR (kind = 'points_removed' AND state = 'applied'))
) AS h
LEFT JOIN (
    SELECT history_id, sum(points_approved) AS approved, sum(points_pending) AS pending
    FROM transactions WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    GROUP BY history_id
) AS t USING (history_id)
LEFT JOIN customers c ON c.customer_id = h.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE t.history_id IS NULL OR t.approved <> h.approved OR t.pending <> h.pending
ORDER BY h.customer_id, h.history_id
"""

# An entry tells of a row of the same customer's history, or of one that a merge gave or took: then
# entries of that merge balance whatever there is of it.
_ENTRY_OF_HISTORY = """
SELECT t.customer_id, c.merchant_id,
    format('history row %s of this customer behind transaction %s', t.history_id,
        t.transaction_id) AS expected,
    coalesce((
        SELECT format('a row of customer %s', o.customer_id) FROM history o
        WHERE o.program_id = $1 AND o.history_id = t.history_id
    ), 'no such row') AS found
FROM (
    SELECT customer_id, transaction_id, history_id, bool_or(merge_id IS NOT NULL) OVER here
        AND sum(points_approved) OVER here = 0 AND sum(points_pending) OVER here = 0
        AND sum(points_spent) OVER here = 0 AS is_balanced
    FROM transactions WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    WINDOW here AS (PARTITION BY customer_id, history_id)
) AS t
LEFT JOIN history h ON h.customer_id = t.customer_id AND h.history_id = t.history_id
    AND h.program_id = $1 AND h.customer_id BETWEEN $2 AND $3
LEFT JOIN customers c ON c.customer_id = t.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE h.history_id IS NULL AND NOT (t.is_balanced AND EXISTS (
    SELECT FROM history o WHERE o.program_id = $1 AND o.history_id = t.history_id))
ORDER BY t.customer_id, t.transaction_id
"""

# No row belongs to a customer who does not exist.
_CUSTOMER_EXISTS = """
SELECT o.customer_id, NULL AS merchant_id, 'a customer with this id' AS expected,
    format('nobody, but %s row(s) in %s', count(*), o.place) AS found
FROM (
    SELECT customer_id, 'history' AS place FROM history
    WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    UNION ALL SELECT customer_id, 'transactions' FROM transactions
    WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    UNION ALL SELECT customer_id, 'lots' FROM lots
    WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    UNION ALL SELECT customer_id, 'counters' FROM counters
    WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    UNION ALL SELECT customer_id, 'progress' FROM progress
    WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    UNION ALL SELECT customer_id, 'claimed_rewards' FROM claimed_rewards
    WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
) AS o
LEFT JOIN customers c ON c.customer_id = o.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE c.customer_id IS NULL
GROUP BY o.customer_id, o.place
ORDER BY o.customer_id, o.place
"""

# A customer has the id they came with and those that are listed beside it, and no others; one who
# was merged has none.
_CUSTOMER_IDS = """
SELECT customer_id, c.merchant_id,
    format('the ids %s', coalesce(c.ids::text, 'of nobody')) AS expected,
    format('the ids %s', coalesce(i.ids::text, 'of nobody')) AS found
FROM (
    SELECT customer_id, merchant_id,
        ARRAY(SELECT DISTINCT unnest(merchant_id || linked_merchant_ids) ORDER BY 1) AS ids
    FROM customers WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND merged_into IS NULL
) AS c
FULL JOIN (
    SELECT customer_id, array_agg(DISTINCT merchant_id ORDER BY merchant_id) AS ids
    FROM customer_ids WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    GROUP BY customer_id
) AS i USING (customer_id)
WHERE c.ids IS DISTINCT FROM i.ids
ORDER BY customer_id
"""

_BY_CUSTOMER: Final = (
    (Invariant.BALANCES, _BALANCES),
    (Invariant.LOTS, _LOTS),
    (Invariant.LOT_MOVES, _LOT_MOVES),
    (Invariant.OVERDRAWN, _OVERDRAWN),
    (Invariant.COUNTERS, _COUNTERS),
    (Invariant.HISTORY_POSTED, _HISTORY_POSTED),
    (Invariant.ENTRY_OF_HISTORY, _ENTRY_OF_HISTORY),
    (Invariant.CUSTOMER_EXISTS, _CUSTOMER_EXISTS),
    (Invariant.CUSTOMER_IDS, _CUSTOMER_IDS),
)


# Both sides of every join above are cut to the range, so a hash join is always right; on tables
# that were never analysed the planner would rather walk one side again for each row of the other.
_PLAN = "SET LOCAL enable_nestloop = off; SET LOCAL statement_timeout = '10min'"


async def find_by_customer(
    database: Database, program_id: int, ids: IdRange
) -> tuple[tuple[Invariant, Finding], ...]:
    """Everything wrong with the customers of a range, one statement an invariant."""
    found: list[tuple[Invariant, Finding]] = []
    async with database.transaction() as on:
        await on.execute(_PLAN)
        for invariant, sql in _BY_CUSTOMER:
            rows = await on.rows(sql, program_id, ids.first, ids.last)
            found.extend((invariant, _finding(row)) for row in rows)
    return tuple(found)


# No event tells of a customer who does not exist.
_EVENT_OF_CUSTOMER = """
SELECT e.customer_id, NULL AS merchant_id,
    format('a customer with this id behind event %s', e.event_id) AS expected, 'nobody' AS found
FROM events e
LEFT JOIN customers c ON c.program_id = $1 AND c.customer_id = e.customer_id
WHERE e.program_id = $1 AND e.event_id BETWEEN $2 AND $3
    AND e.customer_id IS NOT NULL AND c.customer_id IS NULL
ORDER BY e.event_id
"""


async def find_by_event(
    on: Runner, program_id: int, ids: IdRange
) -> tuple[tuple[Invariant, Finding], ...]:
    """Everything wrong with the events of a range."""
    rows = await on.rows(_EVENT_OF_CUSTOMER, program_id, ids.first, ids.last)
    return tuple((Invariant.EVENT_OF_CUSTOMER, _finding(row)) for row in rows)


async def _next(on: Runner, sql: str, program_id: int, *, first: int, limit: int) -> IdRange:
    row = await on.row(sql, program_id, first, limit)
    size = row["size"] if row else 0
    last = row["last"] if row and size == limit else LAST_ID
    return IdRange(first=first, last=last, size=size)


def _finding(row: asyncpg.Record) -> Finding:
    return Finding(
        customer_id=row["customer_id"],
        merchant_id=row["merchant_id"],
        expected=row["expected"],
        found=row["found"],
    )
