"""Events as they were saved, in an order that no later commit changes."""

from dataclasses import dataclass
from datetime import datetime

from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """What happened; `payload` is JSON."""

    event_id: int
    customer_id: int | None
    claimed_reward_id: int | None
    topic: str
    payload: str
    created_at: datetime


_SETTLED = """
SELECT event_id, customer_id, claimed_reward_id, topic, payload::text AS payload, created_at,
    settles <= pg_snapshot_xmin(pg_current_snapshot())
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
SELECT event_id, customer_id, claimed_reward_id, topic, payload::text AS payload, created_at
FROM events WHERE program_id = $1 AND event_id = $2
"""


async def find_event(on: Runner, program_id: int, event_id: int) -> StoredEvent | None:
    """An event by its id."""
    row = await on.row(_ONE, program_id, event_id)
    return None if row is None else StoredEvent(**dict(row))
