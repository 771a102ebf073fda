"""Pools of voucher codes that a merchant uploaded: filling them, emptying them, and what is left.

Codes are handed out by the SQL function leal_take_code, within the save of the claim. The pool of
codes for friends is one like those of rewards, with the number 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leal.storage.db import Runner

INCENTIVE_POOL: Final = 0
"""The pool of codes for friends; rewards have numbers from 1."""

DEFAULT_LOW_AT: Final = 100
"""A pool with fewer codes runs low, unless the merchant says otherwise."""

STOCKED: Final = """
SELECT p.reward_id FROM code_pools p
WHERE p.program_id = $1 AND (
    SELECT c.place FROM pool_codes c WHERE c.program_id = $1 AND c.reward_id = p.reward_id
    ORDER BY c.place LIMIT 1) IS NOT NULL
"""
"""The rewards of program $1 that have a code left: one look into an index for each pool.

The order is what keeps it to the index: asked whether any row exists, the server reads the table.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A reward's codes: those `imported` were handed out, removed unused, or are `left`."""

    reward_id: int
    imported: int = 0
    removed: int = 0
    left: int = 0
    low_at: int = DEFAULT_LOW_AT

    @property
    def handed_out(self) -> int:
        """How many customers were given."""
        return self.imported - self.removed - self.left

    @property
    def low(self) -> bool:
        """Whether it is to be filled up soon."""
        return self.left < self.low_at


# Pools with exact counts, all from one moment; counts as many index entries as there are codes.
_POOLS = """
SELECT p.reward_id, p.imported, p.removed, p.low_at, (
    SELECT count(*) FROM pool_codes c
    WHERE c.program_id = p.program_id AND c.reward_id = p.reward_id) AS left
FROM code_pools p WHERE p.program_id = $1 AND ($2::bigint IS NULL OR p.reward_id = $2)
ORDER BY p.reward_id
"""


async def list_pools(on: Runner, program_id: int) -> tuple[Pool, ...]:
    """Every pool of a program, by reward."""
    rows = await on.rows(_POOLS, program_id, None)
    return tuple(Pool(**dict(row)) for row in rows)


async def find_pool(on: Runner, program_id: int, reward_id: int) -> Pool | None:
    """A reward's pool; None when it never had one."""
    row = await on.row(_POOLS, program_id, reward_id)
    return None if row is None else Pool(**dict(row))


async def list_pool_rewards(on: Runner, program_id: int) -> tuple[int, ...]:
    """The ids of rewards that ever had a pool; counts nothing."""
    sql = "SELECT reward_id FROM code_pools WHERE program_id = $1 ORDER BY reward_id"
    return tuple(row["reward_id"] for row in await on.rows(sql, program_id))


async def add(
    on: Runner, program_id: int, reward_id: int, *, codes: Sequence[str], now: datetime
) -> frozenset[str]:
    """Puts codes into a reward's pool, all at once; returns those that could not be.

    The codes are different from one another and sorted: whoever adds some of the same at the same
    moment then waits, and never the two for one another.
    """
    sql = "SELECT leal_add_codes($1, $2, $3, $4) AS code"
    rows = await on.rows(sql, program_id, reward_id, codes, now)
    return frozenset(row["code"] for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where a code is: in the pool of `reward_id` since `imported_at`, or in none."""

    code: str
    reward_id: int | None
    imported_at: datetime | None


_KNOWN = """
SELECT w.code, p.reward_id, p.imported_at FROM unnest($2::text[]) AS w (code)
LEFT JOIN LATERAL (
    SELECT reward_id, imported_at FROM pool_codes
    WHERE program_id = $1 AND code_key = upper(w.code) LIMIT 1
) AS p ON true
"""


async def list_known(on: Runner, program_id: int, codes: Sequence[str]) -> tuple[Known, ...]:
    """Where codes that could not be added are; in no pool any more means handed out."""
    rows = await on.rows(_KNOWN, program_id, codes)
    return tuple(Known(**dict(row)) for row in rows)


# Removes codes that were not handed out, and counts them as removed.
_REMOVE = """
WITH gone AS (
    DELETE FROM pool_codes WHERE program_id = $1 AND reward_id = $2 AND code_key = ANY ({codes})
    RETURNING code
), counted AS (
    UPDATE code_pools SET removed = removed + (SELECT count(*) FROM gone)
    WHERE program_id = $1 AND reward_id = $2
)
SELECT count(*) FROM gone
"""
_REMOVE_THESE: Final = _REMOVE.format(codes="ARRAY(SELECT upper(unnest($3::text[])))")
_REMOVE_SOME: Final = _REMOVE.format(
    codes="""ARRAY(
        SELECT code_key FROM pool_codes WHERE program_id = $1 AND reward_id = $2
        ORDER BY place LIMIT $3 FOR UPDATE)"""
)


async def remove(on: Runner, program_id: int, reward_id: int, *, codes: Sequence[str]) -> int:
    """Takes these codes out of a reward's pool for good; returns how many were there."""
    return int(await on.value(_REMOVE_THESE, program_id, reward_id, codes))


async def remove_some(on: Runner, program_id: int, reward_id: int, *, limit: int) -> int:
    """Takes at most `limit` codes out of a reward's pool; returns how many, 0 when it is empty."""
    return int(await on.value(_REMOVE_SOME, program_id, reward_id, limit))


_SET_LOW_AT = """
INSERT INTO code_pools (program_id, reward_id, low_at) VALUES ($1, $2, $3)
ON CONFLICT (program_id, reward_id) DO UPDATE SET low_at = excluded.low_at
"""


async def set_low_at(on: Runner, program_id: int, reward_id: int, *, low_at: int) -> None:
    """From now on a pool with fewer codes left runs low; 0 for never."""
    await on.execute(_SET_LOW_AT, program_id, reward_id, low_at)


# A pool that was filled up is to be told of again when it runs low again.
_FILLED_UP = """
UPDATE code_pools SET warned_at = NULL
WHERE program_id = $1 AND reward_id = $2 AND warned_at IS NOT NULL
    AND leal_codes_left(program_id, reward_id, low_at) >= low_at
"""


async def note_filled_up(on: Runner, program_id: int, reward_id: int) -> None:
    """Forgets that a pool was told of when it does not run low any more."""
    await on.execute(_FILLED_UP, program_id, reward_id)


async def warn_low(on: Runner, program_id: int, reward_id: int, *, now: datetime) -> bool:
    """Writes an event when the pool runs low; False when it does not, or was told of before."""
    sql = "SELECT leal_warn_low($1, $2, $3)"
    return bool(await on.value(sql, program_id, reward_id, now))
