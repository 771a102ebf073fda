"""A worker: takes jobs from the queue, one use case each, until it is told to stop.

Any number of workers may run, in any number of processes. A worker that dies leaves its jobs to
the others after half a minute; what a job had done stays done, and the rest is found due again.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.models import Schedule
from structlog.typing import FilteringBoundLogger

from leal.domain.problems import DatabaseAway, Missing
from leal.jobs.queue import queries_on
from leal.jobs.schedule import (
    EVERY_HOUR,
    EVERY_MINUTE,
    TIDYING,
    WORK,
    Job,
    make_round,
    put,
    tidy,
)
from leal.storage import jobs
from leal.storage.jobs import ROUND, Run
from leal.usecases import due
from leal.usecases.batches import WorkFailed, described
from leal.usecases.desk import Desk

JOBS_AT_ONCE: Final = 2
"""So many jobs a worker has in hand at the same moment."""

_ASKS_EVERY = timedelta(seconds=2)
_DEAD_AFTER = timedelta(seconds=30)
_LAST_STEPS_SECONDS = 5.0
_AGAIN_AFTER_SECONDS = 5.0

_log: FilteringBoundLogger = structlog.get_logger("leal.worker")


async def work(desk: Desk, stop: asyncio.Event) -> None:
    """Works until `stop` is set, through outages of the database."""
    while not stop.is_set():
        try:
            await _until(stop, desk)
        except DatabaseAway:
            _log.warning("worker_waits", reason="the database is away")
        except Exception:  # noqa: BLE001 - a worker outlives whatever it is, and says so
            _log.exception("worker_failed")
        if not stop.is_set():
            await _wait(stop, _AGAIN_AFTER_SECONDS)


async def do(desk: Desk, job: Job) -> Run | None:
    """Does one job and notes how it went; None when its program is gone."""
    started_at, began = datetime.now(UTC), time.monotonic()
    done, failure = 0, None
    try:
        done = await due.run(desk, job.kind, job.program_id, part=job.part)
    except Missing:
        return None
    except WorkFailed as error:
        done, failure = error.done, str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is noted and comes again
        failure = described(error)
    duration = timedelta(seconds=time.monotonic() - began)
    run = Run(started_at=started_at, duration=duration, done=done, failure=failure)
    if failure is not None:
        _log.error(
            "job_failed", kind=job.kind, program_id=job.program_id, done=done, failure=failure
        )
    else:
        say = _log.info if done else _log.debug
        say(
            "job_done",
            kind=job.kind,
            program_id=job.program_id,
            done=done,
            ms=duration // timedelta(milliseconds=1),
        )
    await jobs.record(desk.database, job.program_id, kind=job.kind, part=job.part[0], run=run)
    return run


async def _until(stop: asyncio.Event, desk: Desk) -> None:
    """One life of pgqueuer's two managers: they end together."""
    queries = queries_on(desk.database)
    queue, scheduler = QueueManager(queries), SchedulerManager(queries)
    shutdown = asyncio.Event()
    queue.shutdown = scheduler.shutdown = shutdown

    async def do_job(queued: QueuedJob) -> None:
        job = msgspec.json.decode(queued.payload or b"", type=Job)
        run = await do(desk, job)
        following = job.after(run.done) if run is not None else None
        if following is not None:
            await put(queries, [following])

    async def start_round(_schedule: Schedule) -> None:
        await make_round(desk, queries)

    async def start_tidying(_schedule: Schedule) -> None:
        await tidy(desk)

    queue.entrypoint(WORK, accepts_context=False)(do_job)
    scheduler.schedule(ROUND, EVERY_MINUTE, accepts_context=False)(start_round)
    scheduler.schedule(TIDYING, EVERY_HOUR, accepts_context=False)(start_tidying)
    managers = [
        asyncio.create_task(
            queue.run(
                dequeue_timeout=_ASKS_EVERY,
                batch_size=1,
                max_concurrent_tasks=JOBS_AT_ONCE,
                heartbeat_timeout=_DEAD_AFTER,
                log_aggregation_interval=timedelta(0),
            )
        ),
        asyncio.create_task(scheduler.run()),
    ]
    await _ended(managers, stop, shutdown)


async def _ended(
    managers: list[asyncio.Task[None]], stop: asyncio.Event, shutdown: asyncio.Event
) -> None:
    """Waits for a stop or a failure, lets running steps end, and raises what went wrong."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((*managers, stopping), return_when=asyncio.FIRST_COMPLETED)
        shutdown.set()
        await asyncio.wait(managers, timeout=_LAST_STEPS_SECONDS)
    finally:
        for task in (*managers, stopping):
            task.cancel()
        ended = await asyncio.gather(*managers, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
