"""Telling customers, now and then, of what is within their reach or about to end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from leal.domain.topics import REWARD_AVAILABLE, REWARD_EXPIRES, REWARD_REMINDER
from leal.storage.db import Runner
from leal.storage.due import Due, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a customer is told, unless they were told within `again`; None for once and for all.

    `claim_id` is the claim it is about, 0 when it is about none.
    """

    customer_id: int
    topic: str
    payload: Mapping[str, object]
    again: timedelta | None
    claim_id: int = 0


_ANNOUNCE: Final = "SELECT leal_announce($1, $2, $3, $4, $5, $6, $7)"


async def announce(on: Runner, program_id: int, told: Announcement, *, now: datetime) -> bool:
    """Writes the event; False when the customer was told before."""
    payload = msgspec.json.encode(told.payload).decode()
    done: bool = await on.value(
        _ANNOUNCE,
        program_id,
        told.customer_id,
        told.topic,
        told.claim_id,
        payload,
        told.again,
        now,
    )
    return done


# Claims that end soon, can still be used, and were not told of; the first to end first.
_ENDING = f"""
SELECT r.expires_at AS at, r.claimed_reward_id AS id, r.customer_id FROM claimed_rewards r
WHERE r.program_id = $1 AND r.expires_at IS NOT NULL AND r.state = 'approved'
    AND r.usage_status <> 'used' AND r.expires_at <= $2
    AND (r.expires_at, r.claimed_reward_id) > ($3, $4)
    AND NOT EXISTS (
        SELECT FROM announcements a
        WHERE a.program_id = $1 AND a.customer_id = r.customer_id
            AND a.topic = '{REWARD_EXPIRES}' AND a.subject = r.claimed_reward_id)
ORDER BY r.expires_at, r.claimed_reward_id LIMIT $5
"""  # noqa: S608 - the name of a topic, a constant of leal


async def list_ending_claims(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[Due, ...]:
    """Unused claims that end by a moment, behind a key; `key.id` of each is the claim's."""
    rows = await on.rows(_ENDING, program_id, until, after.at, after.id, limit)
    return tuple(
        Due(key=Key(at=row["at"], id=row["id"]), customer_id=row["customer_id"]) for row in rows
    )


# Members of a month and more who have points, and were not told of rewards within the last one;
# with what they earned since it began.
_UNREMINDED = f"""
SELECT c.customer_id, (
    SELECT coalesce(sum(t.points_approved), 0)::bigint FROM transactions t
    WHERE t.program_id = $1 AND t.customer_id = c.customer_id AND t.created_at >= $3
        AND t.points_approved > 0 AND t.resource = 'activity' AND t.merge_id IS NULL) AS points
FROM customers c
WHERE c.program_id = $1 AND c.customer_id > $2 AND c.enrolled_at <= $3 AND NOT c.blocked
    AND c.points_approved > 0
    AND NOT EXISTS (
        SELECT FROM announcements a
        WHERE a.program_id = $1 AND a.customer_id = c.customer_id
            AND a.topic IN ('{REWARD_AVAILABLE}', '{REWARD_REMINDER}') AND a.told_at > $3)
ORDER BY c.customer_id LIMIT $4
"""  # noqa: S608 - names of topics, constants of leal


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreminded:
    """A member who heard nothing of rewards for a month, and what they earned meanwhile."""

    customer_id: int
    points: int


async def list_unreminded(
    on: Runner, program_id: int, *, since: datetime, after: int, limit: int
) -> tuple[Unreminded, ...]:
    """Members since before `since` who were told of no reward from then on, by id."""
    rows = await on.rows(_UNREMINDED, program_id, after, since, limit)
    return tuple(Unreminded(**dict(row)) for row in rows)
