"""Clearing the log of events: how far it may go, how far it went, and the clearing itself.

The log is cleared from its beginning, never in the middle: up to the horizon everything is gone,
behind it everything is there. So whoever reads along can be told exactly whether they missed any.
"""

from collections.abc import Sequence
from datetime import datetime

from leal.storage.db import Runner

# The last event that nobody needs any more: deliveries were made of it, whoever follows the log by
# a cursor has passed it, and no delivery waits that its message is still to be worded for. A cursor
# that is not there yet stands at the beginning; without webhooks nobody is told anything.
_NEEDED_BEHIND = """
SELECT least(
    (SELECT event_id FROM webhook_cursors WHERE program_id = $1),
    (SELECT min(coalesce(c.position::text::bigint, 0)) FROM unnest($2::text[]) AS k(kind)
        LEFT JOIN job_cursors c ON c.program_id = $1 AND c.kind = k.kind),
    (SELECT event_id - 1 FROM deliveries
        WHERE program_id = $1 AND state = 'waiting' AND body IS NULL AND event_id IS NOT NULL
        ORDER BY event_id LIMIT 1))
"""

# The end of the next batch: as far as every event up to it is old. Most of the time the first one
# is not, and no more is read; what was cleared but not vacuumed yet is passed over.
_LOG = """
FROM events WHERE program_id = $1 AND event_id <= $2 AND event_id > coalesce(
    (SELECT event_id FROM event_horizons WHERE program_id = $1), 0)
ORDER BY event_id
"""
_END = f"""
SELECT CASE WHEN (SELECT created_at < $3 {_LOG} LIMIT 1) THEN (
    SELECT max(event_id) FILTER (WHERE is_old) FROM (
        SELECT event_id, bool_and(created_at < $3) OVER (ORDER BY event_id) AS is_old FROM (
            SELECT event_id, created_at {_LOG} LIMIT $4
        ) AS batch
    ) AS aged
) END
"""  # noqa: S608 - constants of this module


async def find_end(
    on: Runner, program_id: int, *, followers: Sequence[str], before: datetime, limit: int
) -> int | None:
    """Up to which event the log may be cleared next; None when nothing of it may.

    At most `limit` events from its beginning on, which happened before a moment and which neither
    webhooks nor `followers` need: kinds of work with a cursor that holds the id of an event.
    """
    needed_behind = await on.value(_NEEDED_BEHIND, program_id, list(followers))
    found: int | None = await on.value(_END, program_id, needed_behind, before, limit)
    return found


# One statement: whoever reads along sees either the events or the horizon behind them.
_CLEAR = """
WITH cleared AS (
    DELETE FROM events WHERE program_id = $1 AND event_id <= $2 RETURNING event_id
), noted AS (
    INSERT INTO event_horizons AS h (program_id, event_id, cleared_before) VALUES ($1, $2, $3)
    ON CONFLICT (program_id) DO UPDATE SET
        event_id = greatest(h.event_id, excluded.event_id),
        cleared_before = greatest(h.cleared_before, excluded.cleared_before)
)
SELECT count(*) FROM cleared
"""


async def clear(on: Runner, program_id: int, *, until: int, before: datetime) -> int:
    """Removes the events up to an id, all of which happened before a moment; returns how many."""
    count: int = await on.value(_CLEAR, program_id, until, before)
    return count
