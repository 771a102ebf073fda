"""Addresses that are to get no loyalty e-mails."""

from dataclasses import dataclass
from datetime import datetime

from leal.domain.customers import email_key
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """An address, and the shop's own id of the customer who has it, if there is one."""

    email: str
    merchant_id: str | None


# Puts an address on the list and tells of it, once. The event's id is drawn before it "settles".
_ADD = """
WITH added AS (
    INSERT INTO unsubscribes (program_id, email_key, email, created_at)
    VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
    RETURNING program_id
), numbered AS MATERIALIZED (
    SELECT nextval('events_event_id_seq') AS event_id FROM added
), settled AS MATERIALIZED (
    SELECT leal_settles() AS settles FROM (SELECT max(event_id) FROM numbered) AS all_of_them
), told AS (
    INSERT INTO events (program_id, event_id, customer_id, topic, payload, created_at, settles)
    SELECT $1, event_id,
        (SELECT customer_id FROM customers WHERE program_id = $1 AND email_key = $2 LIMIT 1),
        'loyalty_emails/unsubscribe', json_build_object('email', $3::text), $4, settles
    FROM numbered CROSS JOIN settled
)
SELECT count(*) FROM added
"""


async def add(on: Runner, program_id: int, email: str, *, now: datetime) -> bool:
    """Puts an address on the list; False when it was there, in upper or lower case."""
    added: int = await on.value(_ADD, program_id, email_key(email), email, now)
    return added == 1


# A page of the list, whoever came last first.
_LIST = """
SELECT u.email, c.merchant_id
FROM (
    SELECT program_id, email_key, email, unsubscribe_id FROM unsubscribes
    WHERE program_id = $1 ORDER BY unsubscribe_id DESC LIMIT $2 OFFSET $3
) u
LEFT JOIN customers c ON c.program_id = u.program_id AND c.email_key = u.email_key
ORDER BY u.unsubscribe_id DESC
"""


async def list_page(
    on: Runner, program_id: int, *, limit: int, skip: int
) -> tuple[Unsubscribed, ...]:
    """A page of the list, the latest first."""
    rows = await on.rows(_LIST, program_id, limit, skip)
    return tuple(Unsubscribed(email=row["email"], merchant_id=row["merchant_id"]) for row in rows)
