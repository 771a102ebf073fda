"""Webhooks in PostgreSQL: who wants to be told of which events, and how their receivers do."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from leal.domain.webhooks import WebhookState
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose webhooks are meant: an OAuth app's, or with None those made with keys and pairs."""

    app_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """A webhook to be made; `site_id` None means the program's primary site."""

    topic: str
    address: str
    owner: Owner
    site_id: int | None = None
    service_integration_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook: `failures` is counted in a row; `retry_at` is in the program's time."""

    webhook_id: int
    topic: str
    address: str
    owner_app_id: int | None
    site_id: int | None
    service_integration_id: int | None
    state: WebhookState
    pause_reason: str | None
    paused_at: datetime | None
    failures: int
    retry_at: datetime | None
    delivered: int
    last_delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = """webhook_id, topic, address, owner_app_id, site_id, service_integration_id, state,
    pause_reason, paused_at, failures, retry_at, delivered, last_delivered_at, created_at,
    updated_at"""

# Makers of deliveries and of webhooks wait for one another, so that no event falls in between.
_ENSURE_CURSOR = """
INSERT INTO webhook_cursors (program_id, event_id) VALUES ($1, 0) ON CONFLICT DO NOTHING
"""
_LOCK_CURSOR = "SELECT event_id FROM webhook_cursors WHERE program_id = $1 FOR UPDATE"

_NEWEST_EVENT = """
SELECT greatest(0, (SELECT max(event_id) FROM events WHERE program_id = $1),
    (SELECT event_id FROM event_horizons WHERE program_id = $1))
"""

# Nobody was told of what lies before the first webhook: it is not gone over.
_SKIP = """
UPDATE webhook_cursors SET event_id = greatest(event_id, $2)
WHERE program_id = $1 AND NOT EXISTS (
    SELECT FROM webhooks WHERE program_id = $1 AND state <> 'deleted')
"""

_CREATE = f"""
INSERT INTO webhooks (program_id, topic, address, owner_app_id, site_id, service_integration_id,
    after_event_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING {_COLUMNS}
"""  # noqa: S608 - constants of this module


async def create(on: Runner, program_id: int, wanted: NewWebhook, *, now: datetime) -> Webhook:
    """Adds a webhook; it is told of every event from now on. Runs in a transaction."""
    await on.execute(_ENSURE_CURSOR, program_id)
    await on.value(_LOCK_CURSOR, program_id)
    newest = await on.value(_NEWEST_EVENT, program_id)
    await on.execute(_SKIP, program_id, newest)
    row = await on.row(
        _CREATE,
        program_id,
        wanted.topic,
        wanted.address,
        wanted.owner.app_id,
        wanted.site_id,
        wanted.service_integration_id,
        newest,
        now,
    )
    return _webhook(row)


async def lock_cursor(on: Runner, program_id: int) -> int | None:
    """Up to which event deliveries were made, held until the transaction ends; None before any."""
    found: int | None = await on.value(f"{_LOCK_CURSOR} SKIP LOCKED", program_id)
    return found


async def save_cursor(on: Runner, program_id: int, event_id: int) -> None:
    """Deliveries were made up to this event."""
    await on.execute(
        "UPDATE webhook_cursors SET event_id = $2 WHERE program_id = $1", program_id, event_id
    )


_LIST = f"""
SELECT {_COLUMNS} FROM webhooks
WHERE program_id = $1 AND state <> 'deleted' AND ($2 OR owner_app_id IS NOT DISTINCT FROM $3)
ORDER BY webhook_id
"""  # noqa: S608 - constants of this module


async def list_webhooks(
    on: Runner, program_id: int, owner: Owner | None = None
) -> tuple[Webhook, ...]:
    """Webhooks that were not deleted: an owner's, or with None everybody's."""
    rows = await on.rows(_LIST, program_id, owner is None, owner and owner.app_id)
    return tuple(_webhook(row) for row in rows)


async def find_webhook(on: Runner, program_id: int, webhook_id: int) -> Webhook | None:
    """A webhook that was not deleted."""
    row = await on.row(
        f"SELECT {_COLUMNS} FROM webhooks"  # noqa: S608 - constants of this module
        " WHERE program_id = $1 AND webhook_id = $2 AND state <> 'deleted'",
        program_id,
        webhook_id,
    )
    return None if row is None else _webhook(row)


async def list_programs_with_webhooks(on: Runner) -> tuple[int, ...]:
    """Programs that somebody wants to hear of."""
    rows = await on.rows("SELECT DISTINCT program_id FROM webhooks WHERE state <> 'deleted'")
    return tuple(row["program_id"] for row in rows)


# What a deleted webhook was not told yet, it is not told any more.
_DELETE = """
UPDATE webhooks SET state = 'deleted', updated_at = $3
WHERE program_id = $1 AND webhook_id = $2 AND state <> 'deleted'
"""
_BURY = """
UPDATE deliveries SET state = 'dead', reason = 'The webhook was deleted', ended_at = $3
WHERE program_id = $1 AND webhook_id = $2 AND state = 'waiting'
"""


async def delete(on: Runner, program_id: int, webhook_id: int, *, now: datetime) -> bool:
    """Deletes a webhook, with what it was still to be told; False when there is none.

    Runs in a transaction.
    """
    await on.value(_LOCK_CURSOR, program_id)
    if await on.execute(_DELETE, program_id, webhook_id, now) == "UPDATE 0":
        return False
    await on.execute(_BURY, program_id, webhook_id, now)
    return True


_PAUSE = """
UPDATE webhooks SET state = 'paused', pause_reason = $3, paused_at = $4, updated_at = $4
WHERE program_id = $1 AND webhook_id = $2 AND state = 'active'
"""


async def pause(
    on: Runner, program_id: int, webhook_id: int, *, reason: str, now: datetime
) -> bool:
    """Tells a webhook nothing more for now; what comes meanwhile is kept. False: it was paused."""
    return await on.execute(_PAUSE, program_id, webhook_id, reason, now) == "UPDATE 1"


_RESUME = """
UPDATE webhooks SET state = 'active', pause_reason = NULL, paused_at = NULL, failures = 0,
    retry_at = NULL, updated_at = $3
WHERE program_id = $1 AND webhook_id = $2 AND state <> 'deleted'
"""
# What waited for its next try need not wait any longer.
RELEASE = """
UPDATE deliveries SET due_at = ready_at, failures = 0
WHERE program_id = $1 AND webhook_id = $2 AND state = 'waiting' AND failures > 0
"""


async def resume(on: Runner, program_id: int, webhook_id: int, *, now: datetime) -> None:
    """Tells a webhook again, at once, also of what it missed."""
    await on.execute(_RESUME, program_id, webhook_id, now)
    await on.execute(RELEASE, program_id, webhook_id)


_TELL = """
INSERT INTO events (program_id, customer_id, topic, payload, created_at, settles)
VALUES ($1, NULL, $2, $3, $4, leal_settles())
"""


async def tell(
    on: Runner, program_id: int, webhook: Webhook, *, topic: str, reason: str, now: datetime
) -> None:
    """Writes an event about a webhook, for whoever looks after the program."""
    payload = {
        "webhook_id": webhook.webhook_id,
        "topic": webhook.topic,
        "failures": webhook.failures,
        "reason": reason,
    }
    await on.execute(_TELL, program_id, topic, msgspec.json.encode(payload).decode(), now)


def _webhook(row: asyncpg.Record | None) -> Webhook:
    if row is None:
        raise LookupError("a statement that returns a webhook returned none")
    return Webhook(**{**dict(row), "state": WebhookState(row["state"])})
