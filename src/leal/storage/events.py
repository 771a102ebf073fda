"""Events as they were saved, in an order that no later commit changes."""

from dataclasses import dataclass
from datetime import datetime

from leal.storage.account_statement import STANDS_FOR
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """What happened; `payload` is JSON."""

    event_id: int
    customer_id: int | None
    claimed_reward_id: int | None
    history_id: int | None
    topic: str
    payload: str
    created_at: datetime


_SETTLED = """
SELECT event_id, customer_id, claimed_reward_id, history_id, topic, payload::text AS payload,
    created_at,
    settles <= (SELECT leal_horizon())
        OR recorded_at < clock_timestamp() - interval '10 minutes' AS settled
FROM events WHERE program_id = $1 AND event_id > $2 ORDER BY event_id LIMIT $3
"""


async def list_settled_events(
    on: Runner, program_id: int, *, after: int, limit: int
) -> tuple[StoredEvent, ...]:
    """The next events behind an id; stops before one that a smaller id may still join."""
    found: list[StoredEvent] = []
    for row in await on.rows(_SETTLED, program_id, after, limit):
        values = dict(row)
        if not values.pop("settled"):
            break
        found.append(StoredEvent(**values))
    return tuple(found)


_ONE = """
SELECT event_id, customer_id, claimed_reward_id, history_id, topic, payload::text AS payload,
    created_at
FROM events WHERE program_id = $1 AND event_id = $2
"""


async def find_event(on: Runner, program_id: int, event_id: int) -> StoredEvent | None:
    """An event by its id."""
    row = await on.row(_ONE, program_id, event_id)
    return None if row is None else StoredEvent(**dict(row))


# The entry of the ledger that made points of a row of history spendable at a moment.
_FIND_EARNING = """
SELECT transaction_id FROM transactions
WHERE program_id = $1 AND history_id = $2 AND created_at <= $3 AND points_approved > 0
    AND merge_id IS NULL
ORDER BY transaction_id DESC LIMIT 1
"""


async def find_earning(on: Runner, program_id: int, history_id: int, *, at: datetime) -> int | None:
    """The id of the ledger transaction by which an award was approved last, up to a moment."""
    found: int | None = await on.value(_FIND_EARNING, program_id, history_id, at)
    return found


async def find_history_id(on: Runner, program_id: int, source: str) -> int | None:
    """The row of history that has this outside cause."""
    sql = "SELECT history_id FROM history WHERE program_id = $1 AND source = $2"
    found: int | None = await on.value(sql, program_id, source)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What somebody bought in all: orders that stand, and minor units spent on them."""

    orders: int
    spent_minor: int
    last_order_at: datetime | None


_BOUGHT = f"""
SELECT count(*) AS orders, coalesce(sum(total_minor - refunded_minor), 0)::bigint AS spent_minor,
    max(ordered_at) AS last_order_at
FROM orders
WHERE program_id = $1 AND cancellation_status = 'not_cancelled'
    AND customer_id = {STANDS_FOR}
"""  # noqa: S608 - made of a constant


async def load_bought(on: Runner, program_id: int, customer_id: int) -> Bought:
    """What a customer bought, by the orders that count for segments."""
    row = await on.row(_BOUGHT, program_id, customer_id)
    return Bought(**dict(row)) if row else Bought(orders=0, spent_minor=0, last_order_at=None)
