"""A customer's ledger with all that explains it: rows of history, claims, and the orders."""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from leal.domain.claims import ClaimedReward
from leal.domain.customers import HistoryRow, Resource
from leal.domain.orders import Order
from leal.storage.account_statement import (
    CLAIM_COLUMNS,
    HISTORY_COLUMNS,
    ORDER_COLUMNS,
    WHOSE,
)
from leal.storage.customer_ids import IdKey
from leal.storage.db import Runner
from leal.storage.listings import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which entries: `limit` at most, the newest first, with ids below `before`.

    `order` asks for those of one order, by the shop's id for it.
    """

    limit: int
    before: int | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger entry with its history row and claim as they are now.

    `lots` are what went into (+) or came out of (-) which lots, as (expires_at, points).
    """

    id: int
    resource: Resource
    cause: str
    points_approved: int
    points_pending: int
    points_spent: int
    lots: tuple[tuple[datetime | None, int], ...]
    created_at: datetime
    row: HistoryRow
    claim: ClaimedReward | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Part of a customer's ledger, with the orders that its entries are about.

    An order that was asked for is there as well when it moved nothing. `more` tells of further
    entries; `program_version` is the version in force.
    """

    program_version: int
    customer: Summary
    entries: tuple[Entry, ...]
    orders: tuple[Order, ...]
    more: bool


# A page of one customer's ledger. Parameters: program, the customer's id in the shop and the site
# whose ids are meant (or NULL), the order's merchant id (or NULL), the id to go on from (or NULL),
# and how many rows.
_LOAD = (
    """
WITH who AS (
    SELECT customer_id AS id, merchant_id, email, points_approved, points_pending, points_spent
    FROM customers WHERE program_id = $1 AND customer_id = /*whose*/
), wanted AS (
    SELECT o.order_id FROM orders o
    WHERE o.program_id = $1 AND o.merchant_id = $4 AND o.customer_id = (SELECT id FROM who)
), page AS (
    SELECT t.* FROM transactions t
    WHERE t.program_id = $1 AND t.customer_id = (SELECT id FROM who)
        AND ($5::bigint IS NULL OR t.transaction_id < $5)
        AND ($4::text IS NULL OR t.history_id IN (
            SELECT h.history_id FROM history h
            WHERE h.program_id = $1 AND h.order_id IN (SELECT order_id FROM wanted)))
    ORDER BY t.transaction_id DESC LIMIT $6
)
SELECT p.version AS program_version, (SELECT row_to_json(who) FROM who) AS customer,
    coalesce((SELECT json_agg(row_to_json(e)) FROM (SELECT
        t.transaction_id AS id, t.resource,
        CASE WHEN t.merge_id IS NULL THEN t.cause
            ELSE format('%s, by merge %s', t.cause, t.merge_id) END AS cause,
        t.points_approved, t.points_pending, t.points_spent, t.lots, t.created_at,
        (SELECT row_to_json(r) FROM (
            SELECT /*row*/, program_version FROM history
            WHERE program_id = $1 AND history_id = t.history_id
        ) AS r) AS row,
        CASE WHEN t.claimed_reward_id IS NOT NULL THEN (
            SELECT json_strip_nulls(row_to_json(c)) FROM (
            SELECT /*claim*/ FROM claimed_rewards r
            WHERE r.program_id = $1 AND r.claimed_reward_id = t.claimed_reward_id
        ) AS c) END AS claim
        FROM page t ORDER BY t.transaction_id DESC
    ) AS e), '[]') AS entries,
    coalesce((SELECT json_agg(row_to_json(x)) FROM (
        SELECT /*columns*/ FROM orders o
        WHERE o.program_id = $1 AND o.order_id IN (
            SELECT order_id FROM wanted
            UNION
            SELECT h.order_id FROM page t
            JOIN history h ON h.program_id = $1 AND h.history_id = t.history_id
            WHERE h.order_id IS NOT NULL)
        ORDER BY o.order_id DESC
    ) AS x), '[]') AS orders
FROM programs p WHERE p.program_id = $1
""".replace("/*row*/", HISTORY_COLUMNS)
    .replace("/*columns*/", ORDER_COLUMNS)
    .replace("/*claim*/", CLAIM_COLUMNS)
    .replace("/*whose*/", WHOSE)
)


async def find_ledger(on: Runner, program_id: int, key: IdKey, *, part: Part) -> Ledger | None:
    """Part of a customer's ledger; None when nobody, or not one, has the id."""
    wanted = key.merchant_id, key.site_id, part.order, part.before, part.limit + 1
    row = await on.row(_LOAD, program_id, *wanted)
    if row is None:
        msg = f"program {program_id} is gone from the database"
        raise LookupError(msg)
    if row["customer"] is None:
        return None
    entries = _entries.decode(row["entries"])
    return Ledger(
        program_version=row["program_version"],
        customer=_customer.decode(row["customer"]),
        entries=tuple(_entry(each) for each in entries[: part.limit]),
        orders=_orders.decode(row["orders"]),
        more=len(entries) > part.limit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A completion of a rule, and since when those before it are counted; None for ever."""

    history_id: int
    rule_id: int
    since: datetime | None


# How many completions of the same rule history shows from a moment up to each of some rows; those
# that were taken back count no longer.
_COUNT = """
SELECT n.history_id, count(*) AS number
FROM unnest($3::bigint[], $4::bigint[], $5::timestamptz[]) AS n (history_id, rule_id, since)
JOIN history h ON h.program_id = $1 AND h.customer_id = $2 AND h.rule_id = n.rule_id
    AND h.happened_at >= n.since AND h.history_id <= n.history_id
    AND h.kind IN ('earned_points_from_rule', 'received_reward')
    AND (h.history_id = n.history_id OR h.state IS NULL OR h.state NOT IN ('declined', 'void'))
GROUP BY n.history_id
"""


async def count_completions(
    on: Runner, program_id: int, customer_id: int, *, of: tuple[Completion, ...]
) -> dict[int, int]:
    """For each completion, by its history row: the how-manieth it was, as history shows."""
    if not of:
        return {}
    rows = await on.rows(
        _COUNT,
        program_id,
        customer_id,
        [each.history_id for each in of],
        [each.rule_id for each in of],
        [each.since or _LONG_AGO for each in of],
    )
    return {row["history_id"]: row["number"] for row in rows}


_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """An entry as the statement gives it: the end of lots that never expire is a word."""

    id: int
    resource: Resource
    cause: str
    points_approved: int
    points_pending: int
    points_spent: int
    lots: tuple[tuple[str, int], ...]
    created_at: datetime
    row: HistoryRow
    claim: ClaimedReward | None


def _entry(stored: _Stored) -> Entry:
    return Entry(
        id=stored.id,
        resource=stored.resource,
        cause=stored.cause,
        points_approved=stored.points_approved,
        points_pending=stored.points_pending,
        points_spent=stored.points_spent,
        lots=tuple((_end(expires), points) for expires, points in stored.lots),
        created_at=stored.created_at,
        row=stored.row,
        claim=stored.claim,
    )


def _end(written: str) -> datetime | None:
    return None if written == "infinity" else datetime.fromisoformat(written)


_customer = msgspec.json.Decoder(Summary)
_entries = msgspec.json.Decoder(tuple[_Stored, ...])
_orders = msgspec.json.Decoder(tuple[Order, ...])
