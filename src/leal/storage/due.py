"""What of a program is due: awards to approve, lots to lapse, customers to warn or to credit.

Every list is a bounded part that continues behind a key, so that no statement grows with a
backlog, and a part that was worked off can be asked for again without harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import msgspec

from leal.domain.customers import HistoryRow
from leal.domain.lapsing import Standing
from leal.storage.account_statement import HISTORY_COLUMNS
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Where a list continues: behind this moment and id."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody for whom something is due, and the key of it."""

    key: Key
    customer_id: int


# Awards whose day has come, by a share of the customers.
_AWARDS = """
SELECT approve_at AS at, history_id AS id, customer_id FROM history
WHERE program_id = $1 AND state = 'pending' AND approve_at <= $2
    AND (approve_at, history_id) > ($3, $4) AND customer_id % $5 = $6
ORDER BY approve_at, history_id LIMIT $7
"""


async def list_awards(
    on: Runner,
    program_id: int,
    *,
    until: datetime,
    after: Key,
    part: tuple[int, int],
    limit: int,
) -> tuple[Due, ...]:
    """Pending awards due by `until`, of the customers of one `part` (number, of how many)."""
    number, of = part
    rows = await on.rows(_AWARDS, program_id, until, after.at, after.id, of, number, limit)
    return tuple(_due(row) for row in rows)


# Whether more awards are due than one round of work takes.
_MANY_AWARDS = """
SELECT count(*) > $3::bigint FROM (
    SELECT FROM history WHERE program_id = $1 AND state = 'pending' AND approve_at <= $2
    LIMIT $3::bigint + 1
) AS first_ones
"""


async def are_awards_many(on: Runner, program_id: int, *, until: datetime, many: int) -> bool:
    """Whether more than `many` awards are due."""
    found: bool = await on.value(_MANY_AWARDS, program_id, until, many)
    return found


# Lots whose day has come, with something in them.
_LOTS = """
SELECT expires_at AS at, customer_id AS id, customer_id FROM lots
WHERE program_id = $1 AND expires_at <= $2 AND (expires_at, customer_id) > ($3, $4)
    AND remaining > 0
ORDER BY expires_at, customer_id LIMIT $5
"""


async def list_lots(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[Due, ...]:
    """Customers with a lot that expires by `until`."""
    rows = await on.rows(_LOTS, program_id, until, after.at, after.id, limit)
    return tuple(_due(row) for row in rows)


# Customers with points that carry no day.
_UNDATED = """
SELECT customer_id FROM lots
WHERE program_id = $1 AND expires_at = 'infinity' AND customer_id > $2 AND remaining > 0
ORDER BY customer_id LIMIT $3
"""


async def list_undated(on: Runner, program_id: int, *, after: int, limit: int) -> tuple[int, ...]:
    """Ids of customers with points from before expiry was switched on."""
    rows = await on.rows(_UNDATED, program_id, after, limit)
    return tuple(row["customer_id"] for row in rows)


# An empty lot whose day is over says nothing that the ledger does not.
_REMOVE_EMPTY = """
DELETE FROM lots WHERE program_id = $1 AND remaining = 0 AND (customer_id, expires_at) IN (
    SELECT customer_id, expires_at FROM lots
    WHERE program_id = $1 AND expires_at <= $2 AND remaining = 0 LIMIT $3)
"""


async def remove_empty_lots(on: Runner, program_id: int, *, until: datetime, limit: int) -> None:
    """Removes some of the empty lots that are over."""
    await on.execute(_REMOVE_EMPTY, program_id, until, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Points of a customer that end together, at `key.at`."""

    key: Key
    customer_id: int
    points: int


# What ends in a window, of customers who were not warned yet: lots by their own day, and at the
# first day on which anything ends all that would have ended before or carries no day.
_ENDINGS = """
SELECT at, customer_id AS id, customer_id, points FROM (
    SELECT expires_at AS at, customer_id, remaining AS points FROM lots
    WHERE program_id = $1 AND remaining > 0
        AND expires_at > greatest($2::timestamptz, $3::timestamptz)
        AND expires_at <= $4::timestamptz
    UNION ALL
    SELECT $2::timestamptz, customer_id, sum(remaining)::bigint FROM lots
    WHERE $2::timestamptz > $3::timestamptz AND $2::timestamptz <= $4::timestamptz
        AND program_id = $1 AND remaining > 0
        AND (expires_at <= $2 OR expires_at = 'infinity')
    GROUP BY customer_id
) AS ending
WHERE NOT EXISTS (
    SELECT FROM expiry_notices n
    WHERE n.program_id = $1 AND n.customer_id = ending.customer_id AND n.expires_at = at)
ORDER BY at, customer_id LIMIT $5
"""


async def list_endings(
    on: Runner,
    program_id: int,
    *,
    first: datetime,
    since: datetime,
    until: datetime,
    limit: int,
) -> tuple[Ending, ...]:
    """What ends after `since` and by `until`, never before `first`; not yet warned of."""
    rows = await on.rows(_ENDINGS, program_id, first, since, until, limit)
    return tuple(
        Ending(key=_due(row).key, customer_id=row["customer_id"], points=row["points"])
        for row in rows
    )


async def notice(
    on: Runner,
    program_id: int,
    ending: Ending,
    *,
    topic: str,
    payload: Mapping[str, object],
    now: datetime,
) -> bool:
    """Warns a customer of an ending with an event; False when they were warned before."""
    encoded = msgspec.json.encode(payload).decode()
    told: bool = await on.value(
        "SELECT leal_notice($1, $2, $3, $4, $5, $6)",
        program_id,
        ending.customer_id,
        ending.key.at,
        topic,
        encoded,
        now,
    )
    return told


_STANDING = """c.customer_id, c.version, coalesce(c.enrolled_at, c.created_at) AS since,
    (SELECT max(o.paid_at) FROM orders o
        WHERE o.program_id = $1 AND o.customer_id = c.customer_id) AS last_purchase_at,
    (SELECT max(latest.created_at) FROM (
            SELECT c.customer_id AS id
            UNION ALL
            SELECT m.customer_id FROM customers m
            WHERE m.program_id = $1 AND m.merged_into = c.customer_id
        ) AS who CROSS JOIN LATERAL (
            SELECT t.created_at FROM transactions t
            WHERE t.program_id = $1 AND t.customer_id = who.id AND t.merge_id IS NULL
            ORDER BY t.transaction_id DESC LIMIT 1) AS latest) AS last_changed_at,
    c.points_approved"""

# The next customers who have points, with what their inactivity is told by.
_HOLDERS = f"""
SELECT {_STANDING} FROM customers c
WHERE c.program_id = $1 AND c.customer_id > $2 AND c.points_approved > 0
ORDER BY c.customer_id LIMIT $3
"""  # noqa: S608 - constants of this module


async def list_holders(
    on: Runner, program_id: int, *, after: int, limit: int
) -> tuple[Standing, ...]:
    """Customers with points, by id, without their awards."""
    rows = await on.rows(_HOLDERS, program_id, after, limit)
    return tuple(Standing(**dict(row)) for row in rows)


# One customer's standing, with the newest awards that may be what lapses.
_ONE = f"""
SELECT {_STANDING},
    coalesce((SELECT json_agg(row_to_json(h)) FROM (
        SELECT {HISTORY_COLUMNS} FROM history
        WHERE program_id = $1 AND customer_id = c.customer_id AND state = 'approved'
            AND kind IN ('earned_points_from_rule', 'points_added') AND points > 0
            AND (expires_at IS NULL OR expires_at <= $3)
        ORDER BY happened_at DESC, history_id DESC LIMIT 200
    ) AS h), '[]') AS rows
FROM customers c WHERE c.program_id = $1 AND c.customer_id = $2
"""  # noqa: S608 - constants of this module


async def find_standing(
    on: Runner, program_id: int, customer_id: int, *, rows_until: datetime
) -> Standing | None:
    """A customer's standing with at most 200 approved awards that end by `rows_until` or never."""
    row = await on.row(_ONE, program_id, customer_id, rows_until)
    if row is None:
        return None
    return Standing(**{**dict(row), "rows": _rows.decode(row["rows"])})


# Events behind an id, and whether each can still be overtaken by a smaller id.
_JOINED = """
SELECT event_id, customer_id, topic = 'program_events/customer.enrolled' AS joined,
    settles <= (SELECT leal_horizon())
        OR recorded_at < clock_timestamp() - interval '10 minutes' AS settled
FROM events WHERE program_id = $1 AND event_id > $2 ORDER BY event_id LIMIT $3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Customers who joined, as told by the events up to `last_event_id`."""

    last_event_id: int
    customer_ids: tuple[int, ...]


async def list_joined(
    on: Runner, program_id: int, *, after_event_id: int, limit: int
) -> Joined | None:
    """Who joined behind an event, in the next `limit` events; None when there are none.

    Stops before the first event that a smaller id may still join.
    """
    last, joined = after_event_id, []
    for row in await on.rows(_JOINED, program_id, after_event_id, limit):
        if not row["settled"]:
            break
        last = row["event_id"]
        if row["joined"]:
            joined.append(row["customer_id"])
    if last == after_event_id:
        return None
    return Joined(last_event_id=last, customer_ids=tuple(joined))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """An order that nothing was promised for, by the shop's own id of it."""

    site_id: int
    merchant_id: str


# Orders paid in the days before joining by a customer, or under their address by nobody known;
# the latter also since then, for who joined at the very moment of ordering.
_PAST_ORDERS = """
SELECT past.site_id, past.merchant_id FROM customers c CROSS JOIN LATERAL (
    SELECT site_id, merchant_id, paid_at, order_id FROM orders
    WHERE program_id = $1 AND customer_id = $2 AND terms IS NULL
        AND paid_at >= c.enrolled_at - $3::interval AND paid_at < c.enrolled_at
    UNION ALL
    SELECT site_id, merchant_id, paid_at, order_id FROM orders
    WHERE program_id = $1 AND customer_id IS NULL AND email_key = c.email_key
        AND paid_at >= c.enrolled_at - $3::interval
) AS past
WHERE c.program_id = $1 AND c.customer_id = $2
ORDER BY past.paid_at, past.order_id LIMIT $4
"""


async def list_past_orders(
    on: Runner, program_id: int, customer_id: int, *, days: int, limit: int
) -> tuple[PastOrder, ...]:
    """Orders a member paid within so many days before joining, the oldest first."""
    rows = await on.rows(_PAST_ORDERS, program_id, customer_id, timedelta(days=days), limit)
    return tuple(PastOrder(**dict(row)) for row in rows)


_rows = msgspec.json.Decoder(tuple[HistoryRow, ...])


def _due(row: asyncpg.Record) -> Due:
    return Due(key=Key(at=row["at"], id=row["id"]), customer_id=row["customer_id"])
