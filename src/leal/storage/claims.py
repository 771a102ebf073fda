"""Claimed rewards: whose they are, and which of a program have something coming.

A claim changes only with its customer, through `storage.customers`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leal.domain.orders import Order
from leal.domain.rewards.usage import codes_of, redemptions_of
from leal.storage.codes import STOCKED
from leal.storage.customers import ClaimKeys
from leal.storage.db import Runner
from leal.storage.due import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A claim and whose it is."""

    claim_id: int
    customer_id: int
    merchant_id: str


# Claims by one of the things they are known by, with their customers.
_OWNED = """
SELECT r.claimed_reward_id AS claim_id, r.customer_id, c.merchant_id
FROM claimed_rewards r
JOIN customers c ON c.program_id = r.program_id AND c.customer_id = r.customer_id
WHERE r.program_id = $1 AND r.claimed_reward_id IN (
    SELECT unnest($2::bigint[])
    UNION SELECT claimed_reward_id FROM claimed_rewards
        WHERE program_id = $1 AND code_key = ANY($3::text[])
    UNION SELECT claimed_reward_id FROM claimed_rewards
        WHERE program_id = $1 AND redemption_id = ANY($4::text[])
    UNION SELECT claimed_reward_id FROM claimed_rewards
        WHERE program_id = $1 AND usage_order = $5
    UNION SELECT claimed_reward_id FROM claim_uses WHERE program_id = $1 AND order_id = $6
)
ORDER BY r.customer_id, r.claimed_reward_id
"""


async def list_owned(on: Runner, program_id: int, keys: ClaimKeys) -> tuple[Owned, ...]:
    """The claims with these ids, codes or redemptions."""
    rows = await on.rows(_OWNED, program_id, keys.ids, keys.codes, keys.redemptions, None, None)
    return tuple(Owned(**dict(row)) for row in rows)


async def list_concerned(on: Runner, program_id: int, order: Order) -> tuple[Owned, ...]:
    """The claims that an order names, that were announced to be used by it, or that it used."""
    rows = await on.rows(
        _OWNED,
        program_id,
        order.claimed_reward_ids,
        codes_of(order),
        redemptions_of(order),
        order.merchant_id,
        order.id,
    )
    return tuple(Owned(**dict(row)) for row in rows)


# What an order means for claims is worked out, unless it has changed since.
_SETTLED = """
UPDATE orders SET follow_up_due = false
WHERE program_id = $1 AND order_id = $2 AND version = $3 AND follow_up_due
"""


async def note_settled(on: Runner, program_id: int, order: Order) -> None:
    """Notes that this state of the order is worked off; a later state stays due."""
    await on.execute(_SETTLED, program_id, order.id, order.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDue:
    """An order that claims are waiting for."""

    order_id: int
    site_id: int
    merchant_id: str


# Orders that have still to be worked off for claims, and those that a claim waits for.
_ORDERS_DUE = """
SELECT order_id, site_id, merchant_id FROM orders
WHERE program_id = $1 AND follow_up_due AND order_id > $2
UNION
SELECT o.order_id, o.site_id, o.merchant_id
FROM claimed_rewards r
JOIN orders o ON o.program_id = r.program_id AND o.merchant_id = r.usage_order
    AND o.site_id = coalesce(r.site_id, o.site_id)
WHERE r.program_id = $1 AND r.usage_order IS NOT NULL AND r.usage_status = 'not_used'
    AND r.state = 'approved' AND o.order_id > $2
ORDER BY order_id LIMIT $3
"""


async def list_orders_due(
    on: Runner, program_id: int, *, after: int, limit: int
) -> tuple[OrderDue, ...]:
    """Orders behind an id that something is still to be done for."""
    rows = await on.rows(_ORDERS_DUE, program_id, after, limit)
    return tuple(OrderDue(**dict(row)) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDue:
    """A claim whose time has come, and the key of it."""

    key: Key
    customer_id: int


# Unused claims that are undone after a while; their indexes have the same conditions.
_TO_REFUND: Final = """
SELECT auto_refund_at AS at, claimed_reward_id AS id, customer_id FROM claimed_rewards
WHERE program_id = $1 AND auto_refund_at IS NOT NULL AND auto_refund_at <= $2
    AND state IN ('approved', 'pending') AND usage_status = 'not_used' AND fulfilled_at IS NULL
    AND (auto_refund_at, claimed_reward_id) > ($3, $4)
ORDER BY auto_refund_at, claimed_reward_id LIMIT $5
"""
_TO_EXPIRE: Final = """
SELECT expires_at AS at, claimed_reward_id AS id, customer_id FROM claimed_rewards
WHERE program_id = $1 AND expires_at IS NOT NULL AND expires_at <= $2
    AND state IN ('approved', 'pending') AND usage_status <> 'used'
    AND (expires_at, claimed_reward_id) > ($3, $4)
ORDER BY expires_at, claimed_reward_id LIMIT $5
"""
# Claims that a voucher store still has to do something for.
_TO_SETTLE: Final = """
SELECT settle_by AS at, claimed_reward_id AS id, customer_id FROM claimed_rewards
WHERE program_id = $1 AND settle_by IS NOT NULL AND settle_by <= $2
    AND (settle_by, claimed_reward_id) > ($3, $4)
ORDER BY settle_by, claimed_reward_id LIMIT $5
"""


async def list_to_refund(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[ClaimDue, ...]:
    """Unused claims whose time to be used is over, the longest overdue first."""
    return await _listed(on, _TO_REFUND, program_id, until=until, after=after, limit=limit)


async def list_to_expire(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[ClaimDue, ...]:
    """Claims that expire, the longest overdue first."""
    return await _listed(on, _TO_EXPIRE, program_id, until=until, after=after, limit=limit)


async def list_to_settle(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[ClaimDue, ...]:
    """Claims whose voucher store has not answered, the longest waiting first."""
    return await _listed(on, _TO_SETTLE, program_id, until=until, after=after, limit=limit)


# Rewards whose pool has codes again, of which claims wait for one.
_REWARDS_WITHOUT_CODE = f"""
SELECT s.reward_id FROM ({STOCKED}) AS s WHERE EXISTS (
    SELECT FROM claimed_rewards r WHERE r.program_id = $1 AND r.reward_id = s.reward_id
        AND r.state = 'pending' AND r.code IS NULL
)
"""  # noqa: S608 - made of the constant above


async def list_rewards_without_code(on: Runner, program_id: int) -> tuple[int, ...]:
    """Rewards of which claims wait for a code that the pool now has."""
    rows = await on.rows(_REWARDS_WITHOUT_CODE, program_id)
    return tuple(row["reward_id"] for row in rows)


# Claims that wait for a code, the longest waiting first.
_WITHOUT_CODE = """
SELECT claimed_reward_id AS claim_id, customer_id, '' AS merchant_id FROM claimed_rewards
WHERE program_id = $1 AND reward_id = $2 AND state = 'pending' AND code IS NULL
ORDER BY claimed_reward_id LIMIT $3
"""


async def list_without_code(
    on: Runner, program_id: int, reward_id: int, *, limit: int
) -> tuple[Owned, ...]:
    """Claims of a reward that still lack their code."""
    rows = await on.rows(_WITHOUT_CODE, program_id, reward_id, limit)
    return tuple(Owned(**dict(row)) for row in rows)


async def _listed(
    on: Runner, sql: str, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[ClaimDue, ...]:
    rows = await on.rows(sql, program_id, until, after.at, after.id, limit)
    return tuple(
        ClaimDue(key=Key(at=row["at"], id=row["id"]), customer_id=row["customer_id"])
        for row in rows
    )
