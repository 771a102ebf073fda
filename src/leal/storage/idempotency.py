"""What was answered to requests with an idempotency key, and which of them still run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from leal.storage.db import Runner

HELD_FOR: Final = timedelta(seconds=60)
"""So long a run that went outside is left alone; no request takes longer than half of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A request and its key: SHA-256 digests, the first of them unique within the program.

    `key_hash` is of whose key it is, of the method, the path and the key; `request_hash` of the
    query and the body.
    """

    program_id: int
    key_hash: bytes
    request_hash: bytes

    @property
    def lock(self) -> int:
        """What runs with the same key agree on, as the 64-bit number of an advisory lock."""
        return int.from_bytes(self.key_hash[:8], signed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer: its status, the headers that belong to it, and the bytes of its body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Found(StrEnum):
    """What became of a key so far: nothing; or a run was cut short, goes on, or has an answer.

    `OTHER`: the key was used for another request.
    """

    NEW = "new"
    RESUMED = "resumed"
    BUSY = "busy"
    OTHER = "other"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was found; `reserved` is what a run that was cut short had set aside."""

    found: Found
    answer: Answer | None = None
    reserved: int | None = None


_BEGIN = "SELECT * FROM leal_begin_once($1, $2, $3, $4, $5, $6, $7)"


async def begin(on: Runner, asked: RequestKey, *, run_id: UUID, now: datetime) -> Begun:
    """Looks a key up and lets nobody else run the same until the open transaction ends."""
    row = await on.row(
        _BEGIN,
        asked.program_id,
        asked.key_hash,
        asked.lock,
        asked.request_hash,
        run_id,
        now,
        now + HELD_FOR,
    )
    if row is None:
        return Begun(found=Found.BUSY)
    found, answer = Found(row["outcome"]), None
    if found is Found.KEPT:
        headers = _headers.decode(row["headers"])
        answer = Answer(status=row["status"], headers=headers, body=row["body"])
    return Begun(found=found, answer=answer, reserved=row["reserved"])


# Keeps the answer of this run; nothing when somebody else's run came first.
_KEEP = """
INSERT INTO idempotency_keys AS k (
    program_id, key_hash, request_hash, run_id, status, headers, body, customer_ids, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (program_id, key_hash) DO UPDATE SET
    status = excluded.status, headers = excluded.headers, body = excluded.body,
    customer_ids = excluded.customer_ids, held_until = NULL, created_at = excluded.created_at
    WHERE k.run_id = excluded.run_id AND k.status IS NULL
"""


async def keep(
    on: Runner,
    asked: RequestKey,
    answer: Answer,
    *,
    run_id: UUID,
    customer_ids: tuple[int, ...],
    now: datetime,
) -> bool:
    """Keeps an answer, which may tell of these customers; False when another run came first."""
    done = await on.execute(
        _KEEP,
        asked.program_id,
        asked.key_hash,
        asked.request_hash,
        run_id,
        answer.status,
        msgspec.json.encode(answer.headers).decode(),
        answer.body,
        customer_ids,
        now,
    )
    return done.endswith(" 1")


# Notes that a run goes outside, and what it has set aside; what was set aside before stays.
_LET_GO = """
INSERT INTO idempotency_keys AS k (
    program_id, key_hash, request_hash, run_id, held_until, reserved, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (program_id, key_hash) DO UPDATE SET
    held_until = excluded.held_until, reserved = coalesce(excluded.reserved, k.reserved)
    WHERE k.run_id = excluded.run_id AND k.status IS NULL
"""


async def let_go(
    on: Runner, asked: RequestKey, *, run_id: UUID, reserved: int | None, now: datetime
) -> bool:
    """Leaves word of a run before its transaction ends; False when another run came first."""
    done = await on.execute(
        _LET_GO,
        asked.program_id,
        asked.key_hash,
        asked.request_hash,
        run_id,
        now + HELD_FOR,
        reserved,
        now,
    )
    return done.endswith(" 1")


# Goes on with a run, keeping others away as its beginning did.
_GO_ON = """
SELECT pg_advisory_xact_lock($1), EXISTS (
    SELECT FROM idempotency_keys
    WHERE program_id = $2 AND key_hash = $3 AND run_id = $4 AND status IS NULL) AS is_mine
"""


async def go_on(on: Runner, asked: RequestKey, *, run_id: UUID) -> bool:
    """Goes on after `let_go` in a new transaction; False when others took the run over."""
    row = await on.row(_GO_ON, asked.lock, asked.program_id, asked.key_hash, run_id)
    return bool(row and row["is_mine"])


# A run that failed is nobody's any more: the same request may come again at once.
_GIVE_UP = """
UPDATE idempotency_keys SET held_until = $4
WHERE program_id = $1 AND key_hash = $2 AND run_id = $3 AND status IS NULL
"""


async def give_up(on: Runner, asked: RequestKey, *, run_id: UUID, now: datetime) -> None:
    """Lets others take a run over without waiting."""
    await on.execute(_GIVE_UP, asked.program_id, asked.key_hash, run_id, now)


# Forgets the oldest answers, and runs that nobody ever asked about again.
_FORGET = """
DELETE FROM idempotency_keys WHERE program_id = $1 AND key_hash = ANY (ARRAY(
    SELECT key_hash FROM idempotency_keys WHERE program_id = $1 AND created_at < $2
    ORDER BY created_at LIMIT $3))
"""


async def forget(on: Runner, program_id: int, *, before: datetime, limit: int) -> int:
    """Forgets at most `limit` requests from before a moment; returns how many."""
    done = await on.execute(_FORGET, program_id, before, limit)
    return int(done.rsplit(" ", 1)[1])


_headers = msgspec.json.Decoder(tuple[tuple[str, str], ...])
