"""The log of deliveries: what webhooks were told, how each try went, and telling it again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from leal.domain.webhooks import DeliveryState
from leal.storage.db import Runner
from leal.storage.deliveries import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDelivery:
    """A delivery and its newest tries, the newest first; `due_at` when it is tried next."""

    delivery_id: int
    webhook_id: int
    event_id: int | None
    customer_id: int | None
    topic: str
    message_id: UUID
    state: DeliveryState
    reason: str | None
    attempts: int
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None
    tries: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilters:
    """Which deliveries are wanted; None for whatever."""

    webhook_id: int | None = None
    state: DeliveryState | None = None
    customer_id: int | None = None


TRIES_SHOWN = 30

_LIST = """
SELECT d.delivery_id, d.webhook_id, d.event_id, d.customer_id, d.topic, d.message_id, d.state,
    d.reason, d.attempts, d.due_at, d.created_at, d.ended_at,
    coalesce((SELECT json_agg(row_to_json(a)) FROM (
        SELECT started_at, status, duration_ms, snippet, error FROM delivery_attempts
        WHERE program_id = $1 AND delivery_id = d.delivery_id
        ORDER BY attempt_id DESC LIMIT $2
    ) AS a), '[]') AS tries
FROM deliveries d
WHERE d.program_id = $1
"""
_PART = """
    AND ($3::bigint IS NULL OR d.delivery_id < $3) AND ($4::bigint IS NULL OR d.webhook_id = $4)
    AND ($5::text IS NULL OR d.state = $5) AND ($6::bigint IS NULL OR d.customer_id = $6)
ORDER BY d.delivery_id DESC LIMIT $7
"""


async def list_deliveries(
    on: Runner, program_id: int, filters: LogFilters, *, before: int | None, limit: int
) -> tuple[LoggedDelivery, ...]:
    """Deliveries with an id smaller than `before`, the newest first."""
    rows = await on.rows(
        _LIST + _PART,
        program_id,
        TRIES_SHOWN,
        before,
        filters.webhook_id,
        filters.state,
        filters.customer_id,
        limit,
    )
    return tuple(_logged(row) for row in rows)


async def find_delivery(on: Runner, program_id: int, delivery_id: int) -> LoggedDelivery | None:
    """One delivery."""
    row = await on.row(f"{_LIST} AND d.delivery_id = $3", program_id, TRIES_SHOWN, delivery_id)
    return None if row is None else _logged(row)


# What was told is told again, under the same id; what still waits need not wait any longer.
_REPLAYED = """state = 'waiting', reason = NULL, ended_at = NULL, failures = 0,
    due_at = greatest(ready_at, $3),
    leased_until = CASE WHEN state = 'waiting' THEN leased_until END,
    lease = CASE WHEN state = 'waiting' THEN lease END"""
# What was never worded needs its event.
_CAN_BE_TOLD = """(body IS NOT NULL OR event_id IS NULL OR EXISTS (
    SELECT FROM events e WHERE e.program_id = $1 AND e.event_id = deliveries.event_id))"""
_REPLAY = f"""
UPDATE deliveries SET {_REPLAYED} WHERE program_id = $1 AND delivery_id = $2 AND EXISTS (
    SELECT FROM webhooks w WHERE w.program_id = $1 AND w.webhook_id = deliveries.webhook_id
        AND w.state <> 'deleted') AND {_CAN_BE_TOLD}
"""  # noqa: S608 - constants of this module
_NOW = """
UPDATE webhooks SET retry_at = NULL
WHERE program_id = $1 AND webhook_id = $2 AND retry_at IS NOT NULL
"""


async def replay(
    on: Runner, program_id: int, delivery_id: int, *, webhook_id: int, now: datetime
) -> bool:
    """Tells one again, at once; False when its webhook was deleted, or its event is not kept.

    Runs in a transaction.
    """
    await on.execute(_NOW, program_id, webhook_id)
    return await on.execute(_REPLAY, program_id, delivery_id, now) == "UPDATE 1"


_COUNT_SINCE = """
SELECT count(*) FROM deliveries WHERE program_id = $1 AND webhook_id = $2 AND created_at >= $3
"""


async def count_since(on: Runner, program_id: int, webhook_id: int, *, since: datetime) -> int:
    """How many deliveries of a webhook were made since a moment."""
    counted: int = await on.value(_COUNT_SINCE, program_id, webhook_id, since)
    return counted


_REPLAY_SINCE = f"""
WITH batch AS (
    SELECT delivery_id FROM deliveries
    WHERE program_id = $1 AND webhook_id = $2 AND created_at >= $4 AND delivery_id > $5
        AND {_CAN_BE_TOLD}
    ORDER BY delivery_id LIMIT $6
), told AS (
    UPDATE deliveries SET {_REPLAYED}
    WHERE program_id = $1 AND delivery_id IN (SELECT delivery_id FROM batch)
    RETURNING delivery_id
)
SELECT max(delivery_id) AS last, count(*) AS size FROM told
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many are told again, up to which id."""

    last: int | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Deliveries from a moment on, behind an id, so many at a time."""

    moment: datetime
    after: int
    limit: int


async def replay_since(
    on: Runner, program_id: int, webhook_id: int, *, part: Since, now: datetime
) -> Replayed:
    """Tells a batch of them again. Runs in a transaction."""
    await on.execute(_NOW, program_id, webhook_id)
    row = await on.row(
        _REPLAY_SINCE, program_id, webhook_id, now, part.moment, part.after, part.limit
    )
    return Replayed(**dict(row or {"last": None, "size": 0}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many deliveries of a webhook wait, and how many were given up."""

    waiting: int
    dead: int


_COUNTS = """
SELECT webhook_id, count(*) FILTER (WHERE state = 'waiting') AS waiting,
    count(*) FILTER (WHERE state = 'dead') AS dead
FROM deliveries WHERE program_id = $1 AND webhook_id = ANY($2) AND state IN ('waiting', 'dead')
GROUP BY webhook_id
"""


async def count_by_webhook(
    on: Runner, program_id: int, webhook_ids: tuple[int, ...]
) -> dict[int, Counts]:
    """Counts for each of these webhooks."""
    found = {
        row["webhook_id"]: Counts(waiting=row["waiting"], dead=row["dead"])
        for row in await on.rows(_COUNTS, program_id, webhook_ids)
    }
    return {each: found.get(each, Counts(waiting=0, dead=0)) for each in webhook_ids}


# What ended long ago, and its tries.
_FORGET = """
WITH old AS (
    DELETE FROM deliveries WHERE program_id = $1 AND delivery_id IN (
        SELECT delivery_id FROM deliveries
        WHERE program_id = $1 AND ended_at < $2 ORDER BY ended_at LIMIT $3)
    RETURNING delivery_id, webhook_id, event_id
), noted AS (
    UPDATE webhooks w SET forgotten_event_id = greatest(w.forgotten_event_id, o.event_id)
    FROM (SELECT webhook_id, max(event_id) AS event_id FROM old GROUP BY webhook_id) AS o
    WHERE w.program_id = $1 AND w.webhook_id = o.webhook_id
), tries AS (
    DELETE FROM delivery_attempts
    WHERE program_id = $1 AND delivery_id IN (SELECT delivery_id FROM old)
)
SELECT count(*) FROM old
"""


async def forget_ended(on: Runner, program_id: int, *, until: datetime, limit: int) -> int:
    """Removes at most `limit` deliveries that ended before a moment; returns how many."""
    count: int = await on.value(_FORGET, program_id, until, limit)
    return count


class _Try(msgspec.Struct):
    started_at: datetime
    status: int | None
    duration_ms: int
    snippet: str | None
    error: str | None


_tries = msgspec.json.Decoder(list[_Try])


def _logged(row: asyncpg.Record) -> LoggedDelivery:
    values = dict(row)
    tries = tuple(Attempt(**msgspec.structs.asdict(each)) for each in _tries.decode(row["tries"]))
    return LoggedDelivery(**{**values, "state": DeliveryState(row["state"]), "tries": tries})
