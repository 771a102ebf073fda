"""Figures of an installation for its operator, each from what an index or a kept sum gives at once.

Nothing here reads a customer or counts over history: the cost does not grow with customers. What
could grow with a backlog is looked at up to a limit only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leal.storage.db import Runner
from leal.storage.jobs import ROUND
from leal.storage.reports import LEDGER_SUMS

MOST_COUNTED: Final = 100_000
"""Backlogs are counted up to here; a longer one shows as this."""

MOST_ENTRIES: Final = 200_000
"""So many entries are added to the kept sums at most; more wait for `reports.add_up`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFigures:
    """One program: whole points in all so far; times are since when the oldest work is due.

    Times are None when nothing is due; `now` is the program's time.
    """

    program_id: int
    now: datetime
    earned: int
    earned_reversed: int
    redeemed: int
    redeemed_reimbursed: int
    expired: int
    approvals_due_since: datetime | None
    deliveries_due_since: datetime | None
    deliveries_waiting: int
    deliveries_dead: int
    webhooks_active: int
    webhooks_paused: int


# Sums up to the end of the kept ones, and of the ledger behind it; then what waits, and since when.
_PROGRAM: Final = f"""
WITH p AS (
    SELECT $2::timestamptz + clock_offset_seconds * interval '1 second' AS now
    FROM programs WHERE program_id = $1
), kept AS (
    SELECT coalesce(sum(earned), 0) AS earned, coalesce(sum(earned_reversed), 0) AS earned_reversed,
        coalesce(sum(redeemed), 0) AS redeemed,
        coalesce(sum(redeemed_reimbursed), 0) AS redeemed_reimbursed,
        coalesce(sum(expired), 0) AS expired
    FROM points_daily WHERE program_id = $1
), rest AS (
    SELECT {LEDGER_SUMS} FROM (
        SELECT resource, points_approved, points_pending FROM transactions
        WHERE program_id = $1 AND merge_id IS NULL AND transaction_id > coalesce(
            (SELECT e.transaction_id FROM points_daily_ends e WHERE e.program_id = $1), 0)
        ORDER BY transaction_id LIMIT $3
    ) AS t
), w AS (
    SELECT webhook_id, state, retry_at FROM webhooks WHERE program_id = $1 AND state <> 'deleted'
)
SELECT p.now, kept.earned + rest.earned AS earned,
    kept.earned_reversed + rest.earned_reversed AS earned_reversed,
    kept.redeemed + rest.redeemed AS redeemed,
    kept.redeemed_reimbursed + rest.redeemed_reimbursed AS redeemed_reimbursed,
    kept.expired + rest.expired AS expired,
    (SELECT h.approve_at FROM history h
        WHERE h.program_id = $1 AND h.state = 'pending' AND h.approve_at <= p.now
        ORDER BY h.approve_at, h.history_id LIMIT 1) AS approvals_due_since,
    (SELECT min(d.due_at) FROM w CROSS JOIN LATERAL (
        SELECT due_at FROM deliveries
        WHERE program_id = $1 AND webhook_id = w.webhook_id AND state = 'waiting'
            AND due_at <= p.now
        ORDER BY due_at, delivery_id LIMIT 1) AS d
        WHERE w.state = 'active' AND (w.retry_at IS NULL OR w.retry_at <= p.now)
    ) AS deliveries_due_since,
    (SELECT count(*) FROM (
        SELECT FROM w JOIN deliveries d ON d.program_id = $1 AND d.webhook_id = w.webhook_id
            AND d.state = 'waiting' LIMIT $4) AS waiting) AS deliveries_waiting,
    (SELECT count(*) FROM (
        SELECT FROM w JOIN deliveries d ON d.program_id = $1 AND d.webhook_id = w.webhook_id
            AND d.state = 'dead' LIMIT $4) AS dead) AS deliveries_dead,
    (SELECT count(*) FROM w WHERE state = 'active') AS webhooks_active,
    (SELECT count(*) FROM w WHERE state = 'paused') AS webhooks_paused
FROM p, kept, rest
"""  # noqa: S608 - made of constants


async def find_program(on: Runner, program_id: int, *, clock: datetime) -> ProgramFigures | None:
    """The figures of a program; `clock` is the wall clock's time. None for an unknown one."""
    row = await on.row(_PROGRAM, program_id, clock, MOST_ENTRIES, MOST_COUNTED)
    if row is None:
        return None
    whole = ("earned", "earned_reversed", "redeemed", "redeemed_reimbursed", "expired")
    sums = {name: int(row[name]) for name in whole}
    return ProgramFigures(program_id=program_id, **(dict(row) | sums))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFigures:
    """Background work of one kind in all programs; times are the wall clock's.

    `last_run_at` is when it last started where that is longest ago.
    """

    kind: str
    runs: int
    done: int
    failures: int
    last_run_at: datetime


# A kind's parts in a program count as one: they start only while there is a backlog.
_WORK: Final = """
SELECT kind, sum(runs)::bigint AS runs, sum(done)::bigint AS done,
    sum(failures)::bigint AS failures, min(last_run_at) AS last_run_at
FROM (
    SELECT program_id, kind, sum(runs) AS runs, sum(done_in_all) AS done,
        sum(failures) AS failures, max(started_at) AS last_run_at
    FROM job_runs GROUP BY program_id, kind
) AS each_program
GROUP BY kind ORDER BY kind
"""


async def list_work(on: Runner) -> tuple[WorkFigures, ...]:
    """Background work, kind by kind."""
    return tuple(WorkFigures(**dict(row)) for row in await on.rows(_WORK))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """The queue of background work: jobs, and since when the oldest and the next round are due.

    `round_due_at` may lie ahead; None when no worker ever ran.
    """

    waiting: int
    working: int
    waiting_since: datetime | None
    round_due_at: datetime | None


_QUEUE: Final = """
SELECT count(*) FILTER (WHERE status = 'queued') AS waiting,
    count(*) FILTER (WHERE status = 'picked') AS working,
    min(execute_after) FILTER (WHERE status = 'queued') AS waiting_since,
    (SELECT min(next_run) FROM pgqueuer_schedules WHERE entrypoint = $1) AS round_due_at
FROM pgqueuer
"""


async def load_queue(on: Runner) -> QueueFigures:
    """The queue at this moment."""
    row = await on.row(_QUEUE, ROUND)
    if row is None:
        return QueueFigures(waiting=0, working=0, waiting_since=None, round_due_at=None)
    return QueueFigures(**dict(row))
