"""Looking for events that were lost: not saved with their change, or not told and nobody knows why.

A webhook has one delivery of each event of its topic, from its beginning up to the cursor; what was
forgotten after its time is behind it. A delivery that ended says how: by a try that was accepted,
or by a reason.
"""

from typing import Final

from leal.domain.topics import UPDATED
from leal.storage.db import Database
from leal.storage.order_verification import Found, finding
from leal.storage.verification import Finding, Invariant

# Claims are changes that can be told from rows: each was saved with an event. Events that are not
# kept any more prove nothing: they are older than all that is, and than the log was cleared to. Nor
# do claims made before migration 8: it was then that events began to tell of them.
_EVENT_OF_CLAIM: Final = """
SELECT r.customer_id, NULL AS merchant_id,
    format('an event that tells of claim %s', r.claimed_reward_id) AS expected, 'none' AS found
FROM claimed_rewards r
WHERE r.program_id = $1
    AND r.claimed_at >= coalesce(
        (SELECT cleared_before FROM event_horizons WHERE program_id = $1),
        (SELECT created_at + interval '1 microsecond' FROM events
            WHERE program_id = $1 ORDER BY event_id LIMIT 1))
    AND r.recorded_at > (SELECT applied_at FROM schema_migrations WHERE number = 8)
    AND NOT EXISTS (
        SELECT FROM events e
        WHERE e.program_id = $1 AND e.claimed_reward_id = r.claimed_reward_id)
ORDER BY r.claimed_reward_id
"""

# Events that a webhook had to hear of.
_TO_BE_TOLD: Final = """
FROM webhooks w
JOIN webhook_cursors c ON c.program_id = $1
JOIN events e ON e.program_id = $1 AND e.event_id <= c.event_id
    AND e.event_id > greatest(w.after_event_id, w.forgotten_event_id)
WHERE w.program_id = $1 AND w.state <> 'deleted'
"""

# No event lies between a webhook's beginning and the cursor without a delivery. EXCEPT is hashed or
# sorted; looking for each event's delivery takes for ever where nobody has counted the rows yet.
_EVENT_DELIVERED: Final = f"""
WITH missing AS (
    SELECT w.webhook_id, e.event_id, e.customer_id
    {_TO_BE_TOLD} AND e.topic = w.topic AND w.topic <> '{UPDATED}'
    EXCEPT
    SELECT webhook_id, event_id, customer_id FROM deliveries WHERE program_id = $1
)
SELECT customer_id, NULL AS merchant_id,
    format('a delivery of event %s to webhook %s', event_id, webhook_id) AS expected,
    'none' AS found
FROM missing ORDER BY event_id, webhook_id
"""  # noqa: S608 - made of constants

# A change of a customer is told of once as such, whatever events it brought.
_CHANGE_DELIVERED: Final = f"""
WITH missing AS (
    SELECT w.webhook_id, e.customer_id, e.created_at
    {_TO_BE_TOLD} AND e.customer_id IS NOT NULL AND w.topic = '{UPDATED}'
    EXCEPT
    SELECT d.webhook_id, e.customer_id, e.created_at
    FROM deliveries d JOIN events e ON e.program_id = $1 AND e.event_id = d.event_id
    WHERE d.program_id = $1
)
SELECT customer_id, NULL AS merchant_id,
    format('a delivery of what changed at %s to webhook %s', created_at, webhook_id) AS expected,
    'none' AS found
FROM missing ORDER BY created_at, customer_id, webhook_id
"""  # noqa: S608 - made of constants

# A delivery waits for somebody, or it says how it ended.
_DELIVERY_ENDED: Final = """
SELECT d.customer_id, NULL AS merchant_id,
    CASE d.state
        WHEN 'waiting' THEN format('a webhook %s that is told of delivery %s', d.webhook_id,
            d.delivery_id)
        WHEN 'dead' THEN format('a reason why delivery %s was given up', d.delivery_id)
        ELSE format('a try of delivery %s that was accepted', d.delivery_id) END AS expected,
    'none' AS found
FROM deliveries d
LEFT JOIN webhooks w ON w.program_id = $1 AND w.webhook_id = d.webhook_id
WHERE d.program_id = $1 AND CASE d.state
    WHEN 'waiting' THEN w.webhook_id IS NULL OR w.state = 'deleted'
    WHEN 'dead' THEN d.reason IS NULL
    ELSE NOT EXISTS (
        SELECT FROM delivery_attempts a
        WHERE a.program_id = $1 AND a.delivery_id = d.delivery_id AND a.status BETWEEN 200 AND 299)
    END
ORDER BY d.delivery_id
"""

# What waits to be worded has its event.
_EVENT_KEPT: Final = """
SELECT d.customer_id, NULL AS merchant_id,
    format('event %s, which delivery %s is to tell of', d.event_id, d.delivery_id) AS expected,
    'none' AS found
FROM deliveries d
WHERE d.program_id = $1 AND d.state = 'waiting' AND d.body IS NULL AND d.event_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM events e WHERE e.program_id = $1 AND e.event_id = d.event_id)
ORDER BY d.delivery_id
"""

# The log was cleared only as far as deliveries were made of it, and nothing older is left.
_CLEARED_CLEANLY: Final = """
SELECT NULL::bigint AS customer_id, NULL AS merchant_id,
    CASE WHEN c.event_id < h.event_id THEN format('deliveries of all events up to %s', h.event_id)
        ELSE format('no event up to %s', h.event_id) END AS expected,
    CASE WHEN c.event_id < h.event_id THEN format('made up to %s', c.event_id)
        ELSE 'some' END AS found
FROM event_horizons h
LEFT JOIN webhook_cursors c ON c.program_id = $1
WHERE h.program_id = $1 AND (c.event_id < h.event_id
    OR EXISTS (SELECT FROM events e WHERE e.program_id = $1 AND e.event_id <= h.event_id))
"""

_CHECKS: Final = (
    (Invariant.EVENT_OF_CHANGE, _EVENT_OF_CLAIM),
    (Invariant.DELIVERIES, _EVENT_DELIVERED),
    (Invariant.DELIVERIES, _CHANGE_DELIVERED),
    (Invariant.DELIVERIES, _DELIVERY_ENDED),
    (Invariant.DELIVERIES, _EVENT_KEPT),
    (Invariant.DELIVERIES, _CLEARED_CLEANLY),
)


async def find_lost(database: Database, program_id: int) -> Found:
    """What of a program's events was lost."""
    found: list[tuple[Invariant, Finding]] = []
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = '10min'")
        for invariant, sql in _CHECKS:
            found.extend((invariant, finding(row)) for row in await on.rows(sql, program_id))
    return tuple(found)
