"""What webhooks are to be told, one row for each webhook and event, and how each try went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from leal.domain.webhooks import DeliveryState, WebhookState
from leal.storage.db import Runner
from leal.storage.webhooks import RELEASE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """An event that webhooks of its topic are to be told of, from `ready_at` on."""

    event_id: int
    customer_id: int | None
    topic: str
    ready_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A delivery in our hands; its body is None before it was ever sent."""

    delivery_id: int
    event_id: int | None
    message_id: UUID
    lease: UUID
    attempts: int
    failures: int
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How a try went: `status` None when nobody answered, and `error` then tells why."""

    started_at: datetime
    status: int | None
    duration_ms: int
    snippet: str | None
    error: str | None


# A row for each event and each webhook that was there before it; there is never a second one.
_ADD = """
INSERT INTO deliveries (program_id, webhook_id, event_id, customer_id, topic, message_id, ready_at,
    due_at, created_at)
SELECT $1, w.webhook_id, e.event_id, e.customer_id, e.topic, gen_random_uuid(), e.ready_at,
    e.ready_at, $6
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
    AS e(event_id, customer_id, topic, ready_at)
JOIN webhooks w ON w.program_id = $1 AND w.topic = e.topic AND w.state <> 'deleted'
    AND w.after_event_id < e.event_id
ORDER BY e.event_id, w.webhook_id
ON CONFLICT (program_id, webhook_id, event_id) DO NOTHING
"""


async def add(on: Runner, program_id: int, events: Sequence[NewDelivery], *, now: datetime) -> int:
    """Makes deliveries of events to all who want to hear of them; returns how many are new."""
    if not events:
        return 0
    tag = await on.execute(
        _ADD,
        program_id,
        [each.event_id for each in events],
        [each.customer_id for each in events],
        [each.topic for each in events],
        [each.ready_at for each in events],
        now,
    )
    return int(tag.rpartition(" ")[2])


_ADD_TEST = """
INSERT INTO deliveries (program_id, webhook_id, topic, message_id, ready_at, due_at, created_at)
SELECT program_id, webhook_id, topic, gen_random_uuid(), $3, $3, $3 FROM webhooks
WHERE program_id = $1 AND webhook_id = $2 AND state <> 'deleted' RETURNING delivery_id
"""


async def add_test(on: Runner, program_id: int, webhook_id: int, *, now: datetime) -> int | None:
    """A message that tells of nothing; returns its id, None without such a webhook."""
    found: int | None = await on.value(_ADD_TEST, program_id, webhook_id, now)
    return found


# Active webhooks that something could be sent to at this moment.
_READY = """
SELECT w.webhook_id FROM webhooks w
WHERE w.program_id = $1 AND w.state = 'active' AND (w.retry_at IS NULL OR w.retry_at <= $2)
    AND EXISTS (
        SELECT FROM deliveries d
        WHERE d.program_id = $1 AND d.webhook_id = w.webhook_id AND d.state = 'waiting'
            AND d.due_at <= $2 AND (d.leased_until IS NULL OR d.leased_until <= $3))
ORDER BY w.last_delivered_at NULLS FIRST, w.webhook_id
"""


async def list_ready(
    on: Runner, program_id: int, *, now: datetime, clock: datetime
) -> tuple[int, ...]:
    """Ids of webhooks with something due; `now` is the program's time, `clock` ours."""
    rows = await on.rows(_READY, program_id, now, clock)
    return tuple(row["webhook_id"] for row in rows)


# Whoever takes deliveries up locks their webhook, so that no more are in hand than may be.
_LOCK_WEBHOOK = """
SELECT failures FROM webhooks
WHERE program_id = $1 AND webhook_id = $2 AND state = 'active'
    AND (retry_at IS NULL OR retry_at <= $3) FOR UPDATE
"""
_IN_HAND = """
SELECT count(*) FROM deliveries
WHERE program_id = $1 AND webhook_id = $2 AND state = 'waiting' AND leased_until > $3
"""
# The longest due that no earlier event of the same customer is still in front of.
_LEASE = """
UPDATE deliveries SET leased_until = $5, lease = gen_random_uuid()
WHERE program_id = $1 AND delivery_id IN (
    SELECT d.delivery_id FROM deliveries d
    WHERE d.program_id = $1 AND d.webhook_id = $2 AND d.state = 'waiting' AND d.due_at <= $3
        AND (d.leased_until IS NULL OR d.leased_until <= $4)
        AND NOT EXISTS (
            SELECT FROM deliveries e
            WHERE e.program_id = $1 AND e.webhook_id = $2 AND e.state = 'waiting'
                AND e.customer_id = d.customer_id AND e.event_id < d.event_id)
    ORDER BY d.due_at, d.delivery_id LIMIT $6)
RETURNING delivery_id, event_id, message_id, lease, attempts, failures, body
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How deliveries are taken up: at the program's `now` and our `clock`, until `until`.

    `most` are in hand at the same moment, one while the webhook fails.
    """

    now: datetime
    clock: datetime
    until: datetime
    most: int


async def lease(
    on: Runner, program_id: int, webhook_id: int, *, terms: Terms
) -> tuple[Leased, ...]:
    """Takes up what a webhook is to be told next. Runs in a transaction."""
    failures = await on.value(_LOCK_WEBHOOK, program_id, webhook_id, terms.now)
    if failures is None:
        return ()
    in_hand = await on.value(_IN_HAND, program_id, webhook_id, terms.clock)
    room = (1 if failures else terms.most) - in_hand
    if room <= 0:
        return ()
    rows = await on.rows(_LEASE, program_id, webhook_id, terms.now, terms.clock, terms.until, room)
    return tuple(sorted((Leased(**dict(row)) for row in rows), key=lambda each: each.delivery_id))


# The body that is sent from now on: the one that was there first.
_KEEP_BODY = """
UPDATE deliveries SET body = coalesce(body, $4)
WHERE program_id = $1 AND delivery_id = $2 AND lease = $3 AND state = 'waiting' RETURNING body
"""


async def keep_body(on: Runner, program_id: int, ours: Leased, *, body: bytes) -> bytes | None:
    """Returns the bytes to be sent; None when the delivery is not in our hands any more."""
    kept: bytes | None = await on.value(_KEEP_BODY, program_id, ours.delivery_id, ours.lease, body)
    return kept


_ATTEMPT = """
INSERT INTO delivery_attempts (program_id, delivery_id, started_at, status, duration_ms, snippet,
    error) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_END = """
UPDATE deliveries SET state = $4, reason = $5, ended_at = $6, leased_until = NULL, lease = NULL,
    attempts = attempts + $7
WHERE program_id = $1 AND delivery_id = $2 AND lease = $3 AND state = 'waiting'
"""
_PUT_OFF = """
UPDATE deliveries SET due_at = $4, attempts = attempts + 1, failures = failures + 1,
    leased_until = NULL, lease = NULL
WHERE program_id = $1 AND delivery_id = $2 AND lease = $3 AND state = 'waiting'
"""


async def note(on: Runner, program_id: int, delivery_id: int, *, attempt: Attempt) -> None:
    """Writes a try down."""
    await on.execute(
        _ATTEMPT,
        program_id,
        delivery_id,
        attempt.started_at,
        attempt.status,
        attempt.duration_ms,
        attempt.snippet,
        attempt.error,
    )


async def end(
    on: Runner,
    program_id: int,
    ours: Leased,
    *,
    reason: str | None,
    now: datetime,
) -> bool:
    """Ends a delivery: delivered, or with a reason given up; False when it is not ours any more."""
    state = DeliveryState.DELIVERED if reason is None else DeliveryState.DEAD
    tag = await on.execute(
        _END, program_id, ours.delivery_id, ours.lease, state, reason, now, int(reason is None)
    )
    return tag == "UPDATE 1"


async def put_off(on: Runner, program_id: int, ours: Leased, *, until: datetime) -> bool:
    """Tries again later; False when it is not ours any more."""
    tag = await on.execute(_PUT_OFF, program_id, ours.delivery_id, ours.lease, until)
    return tag == "UPDATE 1"


_ACCEPTED = """
UPDATE webhooks SET failures = 0, retry_at = NULL, delivered = delivered + 1,
    last_delivered_at = $3
WHERE program_id = $1 AND webhook_id = $2
"""


async def note_accepted(
    on: Runner, program_id: int, webhook_id: int, *, now: datetime, recovered: bool
) -> None:
    """The receiver accepts; when it has recovered, what waited for that is due at once."""
    await on.execute(_ACCEPTED, program_id, webhook_id, now)
    if recovered:
        await on.execute(RELEASE, program_id, webhook_id)


# Whoever writes down what came of a call locks the webhook first.
_LOCK_FAILING = """
SELECT failures, retry_at, state FROM webhooks WHERE program_id = $1 AND webhook_id = $2 FOR UPDATE
"""
_FAILED = """
UPDATE webhooks SET failures = $3, retry_at = $4 WHERE program_id = $1 AND webhook_id = $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """How many tries of a webhook failed in a row, and until when it is left alone."""

    failures: int
    retry_at: datetime | None
    state: WebhookState


async def lock_failing(on: Runner, program_id: int, webhook_id: int) -> Failing:
    """How a webhook fails, held until the transaction ends."""
    row = await on.row(_LOCK_FAILING, program_id, webhook_id)
    if row is None:
        msg = f"webhook {webhook_id} of program {program_id} is gone from the database"
        raise LookupError(msg)
    return _failing(row)


async def save_failing(
    on: Runner, program_id: int, webhook_id: int, *, failures: int, retry_at: datetime
) -> None:
    """Remembers one more failure and when the webhook is tried again."""
    await on.execute(_FAILED, program_id, webhook_id, failures, retry_at)


def _failing(row: asyncpg.Record) -> Failing:
    return Failing(
        failures=row["failures"], retry_at=row["retry_at"], state=WebhookState(row["state"])
    )
