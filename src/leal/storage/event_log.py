"""The log of events for whoever reads along: in an order that no later commit changes."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from leal.domain.topics import UPDATED
from leal.storage.db import Runner

SCANNED: Final = 5_000
"""So many events are gone over for one page, whether they are of the wanted topic or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """An event and whose it is; `facts` is JSON."""

    event_id: int
    topic: str
    created_at: datetime
    customer_id: int | None
    merchant_id: str | None
    claimed_reward_id: int | None
    history_id: int | None
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Events in their order; whoever goes on after `last_id` misses none, now or later.

    `more`: there are further ones already. Up to `cleared_id` events are not kept any more.
    """

    events: tuple[LoggedEvent, ...]
    last_id: int
    more: bool
    cleared_id: int


# How far the log was cleared, and the next events, with whether a smaller id may still join those
# before each; both as of one moment.
_NEXT = """
SELECT coalesce(h.event_id, 0) AS cleared_id, e.event_id, e.topic, e.created_at, e.customer_id,
    c.merchant_id, e.claimed_reward_id, e.history_id, e.payload::text AS facts,
    e.settles <= (SELECT leal_horizon())
        OR e.recorded_at < clock_timestamp() - interval '10 minutes' AS settled
FROM (VALUES (1)) AS one(row)
LEFT JOIN event_horizons h ON h.program_id = $1
LEFT JOIN (
    SELECT * FROM events WHERE program_id = $1 AND event_id > $2 ORDER BY event_id LIMIT $3
) AS e ON true
LEFT JOIN customers c ON c.program_id = $1 AND c.customer_id = e.customer_id
ORDER BY e.event_id
"""


async def list_events(
    on: Runner, program_id: int, *, after: int, topic: str | None, limit: int
) -> LogPage:
    """At most `limit` events behind an id, of one topic or of all.

    Every event of a customer tells of a change of theirs, and so is one of that topic too.
    """
    scanned = limit if topic is None else max(limit, SCANNED)
    told = await on.rows(_NEXT, program_id, after, scanned + 1)
    rows = [row for row in told if row["event_id"] is not None]
    found: list[LoggedEvent] = []
    last_id = after
    for row in rows[:scanned]:
        if not row["settled"] or len(found) == limit:
            break
        last_id = row["event_id"]
        if topic in (None, row["topic"]) or (topic == UPDATED and row["customer_id"]):
            found.append(LoggedEvent(**{each: row[each] for each in _FIELDS}))
    more = any(row["settled"] and row["event_id"] > last_id for row in rows)
    cleared_id = told[0]["cleared_id"]
    return LogPage(events=tuple(found), last_id=last_id, more=more, cleared_id=cleared_id)


_FIELDS: Final = tuple(each.name for each in fields(LoggedEvent))
