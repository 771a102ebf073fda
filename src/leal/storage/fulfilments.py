"""Claims that somebody has to bring to the customer: those that wait, and each by itself."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from leal.domain.claims import ClaimedReward, Fulfilment
from leal.storage.account_statement import CLAIM_COLUMNS
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Whom it is brought to."""

    id: int
    merchant_id: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How calling the merchant's server went so far; `call_at` is when it is called next."""

    attempts: int
    last_answer: str | None = None
    call_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimToFulfil:
    """A claim that is to be brought, or was; `calls` only while a server is still to be called."""

    claim: ClaimedReward
    customer: Receiver
    calls: Calls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFilters:
    """Which of those that wait are wanted; `customer` is the shop's id of one."""

    kind: Fulfilment | None = None
    customer: str | None = None


# Claims to fulfil, each with whom it is for and how calling the merchant's server went.
_CLAIMS = f"""
SELECT json_build_object(
    'claim', (SELECT json_strip_nulls(row_to_json(claim)) FROM (SELECT {CLAIM_COLUMNS}) AS claim),
    'customer', json_build_object('id', c.customer_id, 'merchant_id', c.merchant_id,
        'email', c.email),
    'calls', (SELECT row_to_json(call) FROM (
        SELECT attempts, last_answer, call_at FROM fulfilment_calls
        WHERE program_id = $1 AND claimed_reward_id = r.claimed_reward_id) AS call)
) AS found
FROM claimed_rewards r
JOIN customers c ON c.program_id = r.program_id AND c.customer_id = r.customer_id
"""  # noqa: S608 - made of the constant above

# Those that wait, as their index has them.
_PENDING = f"""{_CLAIMS}
WHERE r.program_id = $1 AND r.fulfilment IS NOT NULL AND r.fulfilled_at IS NULL
    AND r.state = 'approved' AND r.claimed_reward_id > $2
    AND ($3::text IS NULL OR r.fulfilment = $3) AND ($4::text IS NULL OR r.customer_id IN (
        SELECT customer_id FROM customer_ids WHERE program_id = $1 AND merchant_id = $4))
ORDER BY r.claimed_reward_id LIMIT $5
"""  # noqa: S608 - made of the constant above


async def list_pending(
    on: Runner, program_id: int, filters: PendingFilters, *, after: int, limit: int
) -> tuple[ClaimToFulfil, ...]:
    """Claims behind an id that nobody has brought yet, the oldest first."""
    rows = await on.rows(_PENDING, program_id, after, filters.kind, filters.customer, limit)
    return tuple(_found.decode(row["found"]) for row in rows)


_ONE = f"""{_CLAIMS}
WHERE r.program_id = $1 AND r.claimed_reward_id = $2
"""


async def find(on: Runner, program_id: int, claim_id: int) -> ClaimToFulfil | None:
    """A claim, whether it waits or not."""
    found: str | None = await on.value(_ONE, program_id, claim_id)
    return None if found is None else _found.decode(found)


_found = msgspec.json.Decoder(ClaimToFulfil)
