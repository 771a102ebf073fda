"""What background work remembers: how far it has come, and how its runs went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from leal.storage.db import Runner

_T = TypeVar("_T")

ROUND: Final = "leal_round"
"""The schedule by which every round of work starts."""


async def find_cursor(on: Runner, program_id: int, kind: str, *, shape: type[_T]) -> _T | None:
    """How far a kind of work has come in a program; None at the beginning."""
    sql = "SELECT position FROM job_cursors WHERE program_id = $1 AND kind = $2"
    found: str | None = await on.value(sql, program_id, kind)
    return None if found is None else msgspec.json.decode(found, type=shape)


_SAVE_CURSOR = """
INSERT INTO job_cursors (program_id, kind, position) VALUES ($1, $2, $3)
ON CONFLICT (program_id, kind) DO UPDATE SET position = excluded.position
"""


async def save_cursor(on: Runner, program_id: int, kind: str, *, position: object) -> None:
    """Remembers how far a kind of work has come; `position` is anything that JSON can hold."""
    await on.execute(_SAVE_CURSOR, program_id, kind, msgspec.json.encode(position).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How one run went: `failure` None when all of it was done."""

    started_at: datetime
    duration: timedelta
    done: int
    failure: str | None = None


# The last run replaces the one before it; only counts are kept of those.
_RECORD = """
INSERT INTO job_runs AS r (program_id, kind, part, started_at, duration_ms, done, done_in_all,
    failures, last_failure, failed_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, CASE WHEN $7::text IS NULL THEN 0 ELSE 1 END, $7,
    CASE WHEN $7 IS NULL THEN NULL ELSE $4::timestamptz END)
ON CONFLICT (program_id, kind, part) DO UPDATE SET
    started_at = excluded.started_at, duration_ms = excluded.duration_ms, done = excluded.done,
    runs = r.runs + 1, done_in_all = r.done_in_all + excluded.done,
    failures = r.failures + excluded.failures,
    last_failure = coalesce(excluded.last_failure, r.last_failure),
    failed_at = coalesce(excluded.failed_at, r.failed_at)
"""


async def record(on: Runner, program_id: int, *, kind: str, part: int, run: Run) -> None:
    """Notes how a run of one part of a program's work went."""
    milliseconds = run.duration // timedelta(milliseconds=1)
    await on.execute(
        _RECORD, program_id, kind, part, run.started_at, milliseconds, run.done, run.failure
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last run of a part of a program's work, and sums over all its runs."""

    program_id: int
    kind: str
    part: int
    started_at: datetime
    duration_ms: int
    done: int
    runs: int
    done_in_all: int
    failures: int
    last_failure: str | None
    failed_at: datetime | None


async def list_runs(on: Runner, program_id: int | None) -> tuple[LastRun, ...]:
    """The last run of every kind of work and part of it, of one program or of all."""
    rows = await on.rows(
        "SELECT program_id, kind, part, started_at, duration_ms, done, runs, done_in_all, failures,"
        " last_failure, failed_at FROM job_runs WHERE $1::bigint IS NULL OR program_id = $1"
        " ORDER BY program_id, kind, part",
        program_id,
    )
    return tuple(LastRun(**dict(row)) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits in the queue and what is being worked on.

    `next_round_at` is when the next round starts; None when no worker ever ran.
    """

    next_round_at: datetime | None
    waiting: int
    working: int


_QUEUE = """
SELECT (SELECT min(next_run) FROM pgqueuer_schedules WHERE entrypoint = $1) AS next_round_at,
    count(*) FILTER (WHERE status = 'queued') AS waiting,
    count(*) FILTER (WHERE status = 'picked') AS working
FROM pgqueuer
"""


async def load_queue(on: Runner) -> Queue:
    """The state of the queue."""
    row = await on.row(_QUEUE, ROUND)
    return Queue(**dict(row or {"next_round_at": None, "waiting": 0, "working": 0}))


# pgqueuer logs each step of each job and never forgets; what counts is kept in job_runs.
_TIDY = """
DELETE FROM pgqueuer_log WHERE id IN (
    SELECT id FROM pgqueuer_log WHERE created < now() - $1::interval ORDER BY created LIMIT $2)
"""


async def tidy_log(on: Runner, *, older_than: timedelta, limit: int) -> int:
    """Removes at most `limit` old lines of the queue's log; returns how many."""
    return int((await on.execute(_TIDY, older_than, limit)).removeprefix("DELETE "))
