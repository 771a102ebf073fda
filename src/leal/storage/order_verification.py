"""Looking for orders, progress and daily sums that are not what they follow from.

What can be proven is proven from rows alone: an order's points and progress from its stored state
and terms, the sums of progress from orders and ledger, the lifetime totals from progress. Where an
older version of the program counted otherwise and rows do not say which it was, nothing is claimed
(`Constants`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

import asyncpg
import msgspec

from leal.domain.awards import AwardState, standing_points
from leal.domain.customers import HistoryRow
from leal.domain.money import minor_digits
from leal.domain.ordering import source_of
from leal.domain.orders import Order
from leal.domain.program import Program, TierPointsCount
from leal.domain.purchases import net_minor, points_of
from leal.storage.account_statement import HISTORY_COLUMNS, ORDER_COLUMNS
from leal.storage.db import Database, Runner
from leal.storage.verification import Finding, IdRange, Invariant

Found = tuple[tuple[Invariant, Finding], ...]

# As for every check of a range: both sides of a join are cut to it, so a hash join is right.
PLAN: Final = "SET LOCAL enable_nestloop = off; SET LOCAL statement_timeout = '10min'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What has been the same in every version of the program, so that rows of any age can be told.

    `points`: which points count towards tiers; `tiers`: their whole setting, and the zone and
    currency of the primary site; `primary_currency`: that alone. `changed_sites` are those whose
    currency is not what it was.
    """

    points: bool
    tiers: bool
    primary_currency: bool
    changed_sites: frozenset[int]


# Compares all versions of a program where checks depend on it.
_CONSTANTS: Final = """
SELECT
    count(DISTINCT coalesce(v.document -> 'points' ->> 'tier_points_count', 'approved')) = 1
        AS points,
    count(DISTINCT concat_ws(' ', v.document -> 'tiers', p.site ->> 'currency',
        coalesce(p.site ->> 'timezone', 'UTC'))) = 1 AS tiers,
    count(DISTINCT p.site ->> 'currency') = 1 AS primary_currency,
    (SELECT coalesce(array_agg(changed.id), '{}') FROM (
        SELECT (s ->> 'id')::bigint AS id
        FROM program_versions w, json_array_elements(w.document -> 'sites') AS x (s)
        WHERE w.program_id = $1 GROUP BY 1 HAVING count(DISTINCT s ->> 'currency') > 1
    ) AS changed) AS changed_sites
FROM program_versions v
CROSS JOIN LATERAL (
    SELECT coalesce(
        (SELECT s FROM json_array_elements(v.document -> 'sites') AS x (s)
        WHERE (s ->> 'primary')::boolean LIMIT 1),
        v.document -> 'sites' -> 0) AS site
) AS p
WHERE v.program_id = $1
"""


async def load_constants(on: Runner, program_id: int) -> Constants:
    """What never changed in a program."""
    row = await on.row(_CONSTANTS, program_id)
    if row is None:
        msg = f"program {program_id} is gone from the database"
        raise LookupError(msg)
    return Constants(
        points=row["points"],
        tiers=row["tiers"],
        primary_currency=row["primary_currency"],
        changed_sites=frozenset(row["changed_sites"]),
    )


# An outside cause is in one row of history only.
_CAUSE_ONCE: Final = """
SELECT min(h.customer_id) AS customer_id, NULL AS merchant_id,
    format('one row of history for the cause %s', h.source) AS expected,
    format('rows %s', string_agg(h.history_id::text, ', ' ORDER BY h.history_id)) AS found
FROM history h WHERE h.program_id = $1 AND h.source IS NOT NULL
GROUP BY h.source HAVING count(*) > 1
ORDER BY h.source
"""

# An order has one award of each rule.
_AWARD_ONCE: Final = """
SELECT min(h.customer_id) AS customer_id, NULL AS merchant_id,
    format('one award of rule %s for order %s', h.rule_id, h.order_id) AS expected,
    format('rows %s', string_agg(h.history_id::text, ', ' ORDER BY h.history_id)) AS found
FROM history h
WHERE h.program_id = $1 AND h.order_id IS NOT NULL AND h.kind = 'earned_points_from_rule'
GROUP BY h.order_id, h.rule_id HAVING count(*) > 1
ORDER BY h.order_id, h.rule_id
"""

# The kept sums are those of the ledger, as far as it is added up.
_DAILY: Final = """
SELECT NULL::bigint AS customer_id, NULL AS merchant_id,
    format('sums by day adding up to %s points up to transaction %s', coalesce(l.points, 0),
        e.transaction_id) AS expected,
    coalesce(k.points, 0)::text AS found
FROM points_daily_ends e
CROSS JOIN LATERAL (
    SELECT sum(t.points_approved + t.points_pending) AS points FROM transactions t
    WHERE t.program_id = $1 AND t.transaction_id <= e.transaction_id AND t.merge_id IS NULL
) AS l
CROSS JOIN LATERAL (
    SELECT sum(d.earned - d.earned_reversed - d.redeemed + d.redeemed_reimbursed - d.expired)
        AS points
    FROM points_daily d WHERE d.program_id = $1
) AS k
WHERE e.program_id = $1 AND coalesce(l.points, 0) <> coalesce(k.points, 0)
"""


async def find_in_program(database: Database, program_id: int) -> Found:
    """What is wrong with a program as a whole: causes applied twice, sums by day that are off."""
    checks = (
        (Invariant.ONCE, _CAUSE_ONCE),
        (Invariant.ONCE, _AWARD_ONCE),
        (Invariant.DAILY_SUMS, _DAILY),
    )
    found: list[tuple[Invariant, Finding]] = []
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = '10min'")
        for invariant, sql in checks:
            found.extend((invariant, finding(row)) for row in await on.rows(sql, program_id))
    return tuple(found)


# What the orders of customers brought towards tiers is what the days hold.
_PROGRESS: Final = """
SELECT x.customer_id, c.merchant_id,
    format('spend %s, orders %s on %s', coalesce(x.spend, 0), coalesce(x.orders, 0), x.day)
        AS expected,
    format('spend %s, orders %s', coalesce(x.day_spend, 0), coalesce(x.day_orders, 0)) AS found
FROM (
    SELECT customer_id, day, o.spend, o.orders, p.spend AS day_spend, p.orders AS day_orders
    FROM (
        SELECT customer_id, (counted ->> 'counted_on')::date AS day,
            sum((counted ->> 'spend_minor')::bigint) AS spend,
            sum((counted ->> 'orders')::bigint) AS orders
        FROM orders WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
            AND counted IS NOT NULL
        GROUP BY 1, 2
    ) AS o
    FULL JOIN (
        SELECT customer_id, earned_on AS day, spend, orders
        FROM progress WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    ) AS p USING (customer_id, day)
    WHERE coalesce(o.spend, 0) <> coalesce(p.spend, 0)
        OR coalesce(o.orders, 0) <> coalesce(p.orders, 0)
) AS x
JOIN customers c ON c.customer_id = x.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
ORDER BY x.customer_id, x.day
"""

# What counts of the ledger towards tiers is what the days hold. $4: pending points count as well.
_PROGRESS_POINTS: Final = """
SELECT c.customer_id, c.merchant_id,
    format('%s points towards tiers', coalesce(l.points, 0)) AS expected,
    coalesce(p.points, 0)::text AS found
FROM customers c
LEFT JOIN (
    SELECT t.customer_id,
        sum(t.points_approved + CASE WHEN $4 THEN t.points_pending ELSE 0 END) AS points
    FROM transactions t
    JOIN history h ON h.customer_id = t.customer_id AND h.history_id = t.history_id
        AND h.program_id = $1 AND h.customer_id BETWEEN $2 AND $3
        AND h.kind IN ('earned_points_from_rule', 'points_added')
    WHERE t.program_id = $1 AND t.customer_id BETWEEN $2 AND $3
        AND t.resource IN ('activity', 'adjustment')
    GROUP BY 1
) AS l USING (customer_id)
LEFT JOIN (
    SELECT customer_id, sum(points) AS points
    FROM progress WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 GROUP BY 1
) AS p USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND coalesce(l.points, 0) <> coalesce(p.points, 0)
ORDER BY c.customer_id
"""

# The totals of a lifetime are the sums over the days.
_LIFETIME: Final = """
SELECT c.customer_id, c.merchant_id,
    format('lifetime points %s, spend %s, orders %s', coalesce(p.points, 0), coalesce(p.spend, 0),
        coalesce(p.orders, 0)) AS expected,
    format('points %s, spend %s, orders %s', c.lifetime_points, c.lifetime_spend,
        c.lifetime_orders) AS found
FROM customers c
LEFT JOIN (
    SELECT customer_id, sum(points) AS points, sum(spend) AS spend, sum(orders) AS orders
    FROM progress WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 GROUP BY 1
) AS p USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND (c.lifetime_points <> coalesce(p.points, 0) OR c.lifetime_spend <> coalesce(p.spend, 0)
        OR c.lifetime_orders <> coalesce(p.orders, 0))
ORDER BY c.customer_id
"""


async def find_in_progress(
    database: Database, program_id: int, *, ids: IdRange, program: Program, constants: Constants
) -> Found:
    """What is wrong with the progress of a range of customers."""
    total = program.points.tier_points_count is TierPointsCount.TOTAL
    ranged = (program_id, ids.first, ids.last)
    async with database.transaction() as on:
        await on.execute(PLAN)
        rows = [*await on.rows(_PROGRESS, *ranged), *await on.rows(_LIFETIME, *ranged)]
        if constants.points:
            rows += await on.rows(_PROGRESS_POINTS, *ranged, total)
    return tuple((Invariant.PROGRESS, finding(row)) for row in rows)


# The orders of customers, each with its awards.
_ORDERS: Final = """
SELECT c.customer_id, c.merchant_id, row_to_json(o) AS "order",
    coalesce(h.rows, '[]') AS rows
FROM (
    SELECT o.customer_id, /*columns*/ FROM orders o
    WHERE o.program_id = $1 AND o.customer_id BETWEEN $2 AND $3
        AND (o.paid_at IS NOT NULL OR o.terms IS NOT NULL)
) AS o
JOIN customers c ON c.customer_id = o.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
LEFT JOIN (
    SELECT w.order_id, json_agg(row_to_json(w)) AS rows
    FROM (
        SELECT /*row*/ FROM history
        WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 AND order_id IS NOT NULL
            AND kind = 'earned_points_from_rule'
    ) AS w GROUP BY w.order_id
) AS h ON h.order_id = o.id
ORDER BY c.customer_id, o.id
""".replace("/*columns*/", ORDER_COLUMNS).replace("/*row*/", HISTORY_COLUMNS)


async def find_in_orders(
    database: Database, program_id: int, *, ids: IdRange, program: Program, constants: Constants
) -> Found:
    """Orders whose points, or progress, are not what their state and terms are worth."""
    async with database.transaction() as on:
        await on.execute(PLAN)
        rows = await on.rows(_ORDERS, program_id, ids.first, ids.last)
    found: list[tuple[Invariant, Finding]] = []
    for row in rows:
        order, awards = _order.decode(row["order"]), _awards.decode(row["rows"])
        wrong = [
            *_wrong_points(order, awards, program=program, constants=constants),
            *_wrong_progress(order, program=program, constants=constants),
        ]
        found.extend(
            (
                invariant,
                Finding(
                    customer_id=row["customer_id"],
                    merchant_id=row["merchant_id"],
                    expected=expected,
                    found=there,
                ),
            )
            for invariant, expected, there in wrong
        )
    return tuple(found)


Wrong = tuple[Invariant, str, str]
"""What is broken, what was expected, and what is there."""


def _wrong_points(
    order: Order, awards: tuple[HistoryRow, ...], *, program: Program, constants: Constants
) -> Iterator[Wrong]:
    """Awards that do not stand for what the order is worth; expired ones stay as they are."""
    site = program.site(order.site_id)
    if site is None or site.id in constants.changed_sites:
        return
    left = {row.source: row for row in awards}
    for terms in order.terms or ():
        row = left.pop(source_of(order, terms.rule_id), None)
        points = points_of(order, terms, currency=site.currency)
        standing = standing_points(row) if row else 0
        expired = row is not None and row.state == AwardState.EXPIRED
        if points != standing and not expired:
            name = f"order {order.merchant_id} by rule {terms.rule_id}"
            yield Invariant.ORDER_POINTS, f"{points} points for {name}", str(standing)
    for row in left.values():
        expected = f"no award of rule {row.rule_id} for order {order.merchant_id}"
        yield Invariant.ORDER_POINTS, expected, f"row {row.id} of {row.points} points"


def _wrong_progress(order: Order, *, program: Program, constants: Constants) -> Iterator[Wrong]:
    """What an order counts towards tiers, in smallest units of the primary site's currency."""
    site, primary = program.site(order.site_id), program.primary_site
    known = site is not None and site.id not in constants.changed_sites
    if site is None or not known or not constants.primary_currency or order.paid_at is None:
        return
    net = net_minor(order)
    apart = minor_digits(primary.currency) - minor_digits(site.currency)
    expected = floor(net * Fraction(10) ** apart), 1 if net > 0 else 0
    counted = order.counted
    there = (counted.spend_minor, counted.orders) if counted else (0, 0)
    if expected != there:
        yield (
            Invariant.ORDER_COUNTED,
            f"spend {expected[0]}, orders {expected[1]} for order {order.merchant_id}",
            f"spend {there[0]}, orders {there[1]}",
        )


def finding(row: asyncpg.Record) -> Finding:
    """A finding from a row that says who, what was expected and what is there."""
    return Finding(
        customer_id=row["customer_id"],
        merchant_id=row["merchant_id"],
        expected=row["expected"],
        found=row["found"],
    )


_order = msgspec.json.Decoder(Order)
_awards = msgspec.json.Decoder(tuple[HistoryRow, ...])
