"""Calls to merchants' servers that bring custom rewards: those due, and tests of addresses.

A claim's row is written with the claim and is gone when the reward was brought. Whoever makes a
call takes the row up first: `call_at` is when others may, and tells whose the row is meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leal.storage.db import Runner
from leal.storage.due import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCall:
    """A claim that a merchant has still to hear of; `is_over` when nothing is to be brought."""

    key: Key
    attempts: int
    reward_id: int
    site_id: int | None
    is_over: bool
    customer_id: int
    merchant_id: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTest:
    """How an address was tried: `call_at` None when that is over, and `passed` how it ended."""

    reward_id: int
    version: int
    url: str
    call_at: datetime | None
    attempts: int
    passed: bool
    last_answer: str | None


# Calls whose time has come, with whom they are about.
_DUE = """
SELECT f.call_at, f.claimed_reward_id, f.attempts, r.reward_id, r.site_id, r.customer_id,
    r.state IN ('void', 'declined', 'expired') OR r.fulfilled_at IS NOT NULL AS is_over,
    c.merchant_id, c.email
FROM fulfilment_calls f
JOIN claimed_rewards r ON r.program_id = $1 AND r.claimed_reward_id = f.claimed_reward_id
JOIN customers c ON c.program_id = $1 AND c.customer_id = r.customer_id
WHERE f.program_id = $1 AND f.call_at <= $2 AND (f.call_at, f.claimed_reward_id) > ($3, $4)
ORDER BY f.call_at, f.claimed_reward_id LIMIT $5
"""


async def list_due(
    on: Runner, program_id: int, *, until: datetime, after: Key, limit: int
) -> tuple[DueCall, ...]:
    """Calls due by `until`, the longest waiting first."""
    rows = await on.rows(_DUE, program_id, until, after.at, after.id, limit)
    return tuple(
        DueCall(
            key=Key(at=row["call_at"], id=row["claimed_reward_id"]),
            attempts=row["attempts"],
            reward_id=row["reward_id"],
            site_id=row["site_id"],
            is_over=row["is_over"],
            customer_id=row["customer_id"],
            merchant_id=row["merchant_id"],
            email=row["email"],
        )
        for row in rows
    )


# The next call of a row, if nobody took the row up since it was read.
_PUT_OFF = """
UPDATE fulfilment_calls SET call_at = $4, attempts = $5, last_answer = coalesce($6, last_answer)
WHERE program_id = $1 AND claimed_reward_id = $2 AND call_at = $3
"""


async def put_off(
    on: Runner, program_id: int, call: DueCall, *, until: datetime, answer: str | None = None
) -> bool:
    """Moves a call to a later moment with its `attempts`; False when somebody else has it."""
    tag = await on.execute(
        _PUT_OFF, program_id, call.key.id, call.key.at, until, call.attempts, answer
    )
    return tag == "UPDATE 1"


async def remove(on: Runner, program_id: int, claim_id: int) -> None:
    """Nobody has to be called for this claim any more."""
    await on.execute(
        "DELETE FROM fulfilment_calls WHERE program_id = $1 AND claimed_reward_id = $2",
        program_id,
        claim_id,
    )


# Tries an address anew, whatever came of the last one.
_ADD_TEST = """
INSERT INTO fulfilment_tests (program_id, reward_id, version, url, call_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (program_id, reward_id) DO UPDATE SET version = excluded.version, url = excluded.url,
    call_at = excluded.call_at, attempts = 0, passed = false, last_answer = NULL
"""


async def add_tests(
    on: Runner, program_id: int, version: int, *, urls: Mapping[int, str], now: datetime
) -> None:
    """Has addresses tried, by the ids of their rewards."""
    for reward_id, url in urls.items():
        await on.execute(_ADD_TEST, program_id, reward_id, version, url, now)


async def keep_tests(on: Runner, program_id: int, *, reward_ids: tuple[int, ...]) -> None:
    """Forgets the tests of all other rewards: they have no address any more."""
    await on.execute(
        "DELETE FROM fulfilment_tests WHERE program_id = $1 AND NOT reward_id = ANY($2::bigint[])",
        program_id,
        reward_ids,
    )


_TESTS = """
SELECT reward_id, version, url, call_at, attempts, passed, last_answer FROM fulfilment_tests
"""


async def list_tests(on: Runner, program_id: int) -> tuple[AddressTest, ...]:
    """What came of trying each address that rewards of the program have, by reward."""
    rows = await on.rows(f"{_TESTS} WHERE program_id = $1 ORDER BY reward_id", program_id)
    return tuple(AddressTest(**dict(row)) for row in rows)


async def list_tests_due(
    on: Runner, program_id: int, *, until: datetime, limit: int
) -> tuple[AddressTest, ...]:
    """Addresses to be tried by `until`, the longest waiting first."""
    rows = await on.rows(
        f"{_TESTS} WHERE program_id = $1 AND call_at <= $2 ORDER BY call_at, reward_id LIMIT $3",
        program_id,
        until,
        limit,
    )
    return tuple(AddressTest(**dict(row)) for row in rows)


# How a test went, or that somebody makes it now, unless it changed since it was read.
_SAVE_TEST = """
UPDATE fulfilment_tests SET call_at = $5, attempts = $6, passed = $7, last_answer = $8
WHERE program_id = $1 AND reward_id = $2 AND version = $3 AND call_at = $4
"""


async def save_test(
    on: Runner, program_id: int, *, before: AddressTest, after: AddressTest
) -> bool:
    """Writes down a test as it is now; False when somebody else has it, or the address changed."""
    tag = await on.execute(
        _SAVE_TEST,
        program_id,
        before.reward_id,
        before.version,
        before.call_at,
        after.call_at,
        after.attempts,
        after.passed,
        after.last_answer,
    )
    return tag == "UPDATE 1"
