"""Workers on a real queue: every job once, rounds by the minute, failures noted and outlived."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager

from leal.jobs.queue import queries_on
from leal.jobs.schedule import WORK, Job, make_round, put, tidy
from leal.jobs.worker import do, work
from leal.storage.jobs import LastRun, list_runs, load_queue
from leal.usecases.approvals import PARTS, TURN
from leal.usecases.batches import BATCH
from leal.usecases.due import Kind
from tests.jobs.conftest import NewWorld
from tests.jobs.shops import balance, buy, is_clean, join, shop
from tests.worlds import World

_SECONDS = 30


def test_the_queue_has_the_tables_its_library_asks_for(new_world: NewWorld) -> None:
    """The library's own plan for this database: nothing to add but the trigger that is left out."""
    world = new_world(shop())
    queries = queries_on(world.database)
    world.run(QueueManager(queries).verify_structure())
    plan = world.run(queries.plan_upgrade())
    left_out = [
        each for each in plan.statements if "TRIGGER" not in each and "FUNCTION" not in each
    ]
    assert left_out == []


def test_workers_started_together_do_the_first_round_once(new_world: NewWorld) -> None:
    world = new_world(shop())
    for number in range(12):
        join(world, f"c{number}")
        buy(world, str(number), total=10, who=f"c{number}")
    world.later(days=15)
    world.run(put(queries_on(world.database), _all_kinds(world)))
    world.run(_worked(world, workers=2, until=lambda: _all_ran(world)))
    assert {balance(world, f"c{number}") for number in range(12)} == {(50, 0)}
    (approvals,) = [run for run in _runs(world) if run.kind == "approvals"]
    assert (approvals.done_in_all, approvals.failures) == (12, 0)
    assert is_clean(world)


def test_a_round_has_a_job_for_each_program_and_kind_and_none_twice(new_world: NewWorld) -> None:
    world = new_world(shop())
    world.add_program(shop())
    queries = queries_on(world.database)
    assert world.run(make_round(world.desk, queries)) == 2 * len(Kind)
    assert world.run(make_round(world.desk, queries)) == 0
    queue = world.run(load_queue(world.database))
    assert (queue.waiting, queue.working, queue.next_round_at) == (2 * len(Kind), 0, None)


def test_a_backlog_is_divided(new_world: NewWorld) -> None:
    world = new_world(shop())
    join(world, "ann")
    for number in range(BATCH + 1):
        buy(world, str(number), total=10, who="ann")
    world.later(days=15)
    queries = queries_on(world.database)
    assert world.run(make_round(world.desk, queries)) == len(Kind) - 1 + PARTS
    keys = {job.key for job in _all_kinds(world)}
    queued = "SELECT dedupe_key FROM pgqueuer"
    found = {row["dedupe_key"] for row in world.run(world.database.rows(queued))}
    assert keys <= found
    assert len(found) == len(Kind) - 1 + PARTS


def test_a_backlog_lets_others_have_their_turn_and_goes_on() -> None:
    job = Job(program_id=1, kind=Kind.APPROVALS, part=(2, PARTS))
    again = job.after(TURN)
    assert again is not None
    assert (again.part, again.key) == (job.part, f"{job.key}:again")
    assert again.after(TURN) == job
    assert job.after(TURN - 1) is None
    assert Job(program_id=1, kind=Kind.EXPIRY).after(TURN) is None


def test_a_failure_is_noted_and_the_next_run_makes_up_for_it(new_world: NewWorld) -> None:
    world = new_world(shop())
    join(world, "ann")
    buy(world, "1", total=10, who="ann")
    world.later(days=15)
    job = Job(program_id=world.tenant.program_id, kind=Kind.APPROVALS)
    for spoilt in (9007199254740991, 0):
        sql = "UPDATE customers SET points_approved = $1"
        world.run(world.database.execute(sql, spoilt))
        world.run(do(world.desk, job))
    (run,) = _runs(world)
    assert (run.runs, run.done_in_all, run.failures, run.done) == (2, 1, 1, 1)
    assert "BalanceOutOfRange" in (run.last_failure or "")
    assert run.failed_at is not None
    assert balance(world, "ann") == (50, 0)


def test_a_job_of_a_program_that_is_gone_is_dropped(new_world: NewWorld) -> None:
    world = new_world(shop())
    assert world.run(do(world.desk, Job(program_id=99, kind=Kind.EXPIRY))) is None
    assert _runs(world) == ()


def test_a_dead_workers_job_is_taken_over(new_world: NewWorld) -> None:
    world = new_world(shop())
    queries = queries_on(world.database)
    job = Job(program_id=world.tenant.program_id, kind=Kind.APPROVALS)
    world.run(put(queries, [job]))
    world.run(_picked_by_a_worker_that_died(queries))
    world.run(_worked(world, workers=1, until=lambda: _all_ran(world, kinds=1)))
    assert [run.kind for run in _runs(world)] == ["approvals"]


def test_a_worker_outlives_an_outage_of_the_database(new_world: NewWorld) -> None:
    world = new_world(shop())
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    job = Job(program_id=world.tenant.program_id, kind=Kind.APPROVALS)

    async def cut_then_queue() -> None:
        await asyncio.sleep(0.5)
        await world.database.rows(cut)
        await asyncio.sleep(0.2)
        for _ in range(20):
            try:
                await put(queries_on(world.database), [job])
            except Exception:  # noqa: BLE001 - connections that were cut answer once with that
                await asyncio.sleep(0.05)
            else:
                return

    world.run(
        _worked(world, workers=1, meanwhile=cut_then_queue, until=lambda: _all_ran(world, kinds=1))
    )
    assert [run.kind for run in _runs(world)] == ["approvals"]


def test_the_log_of_the_queue_is_kept_for_a_day(new_world: NewWorld) -> None:
    world = new_world(shop())
    line = (
        "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)"
        " VALUES (now() - $1::interval, 1, 'successful', 0, $2)"
    )
    for hours in (1, 23, 25, 300):
        world.run(world.database.execute(line, timedelta(hours=hours), WORK))
    world.run(tidy(world.desk))
    assert world.run(world.database.value("SELECT count(*) FROM pgqueuer_log")) == 2


@pytest.mark.parametrize("workers", [1, 3])
def test_a_stop_is_prompt(new_world: NewWorld, workers: int) -> None:
    world = new_world(shop())

    async def at_once() -> bool:
        return True

    async def stopped() -> None:
        async with asyncio.timeout(5):
            await _worked(world, workers=workers, until=at_once)

    world.run(stopped())


def _all_kinds(world: World) -> list[Job]:
    return [Job(program_id=world.tenant.program_id, kind=kind) for kind in Kind]


def _runs(world: World) -> tuple[LastRun, ...]:
    return world.run(list_runs(world.database, world.tenant.program_id))


async def _all_ran(world: World, kinds: int = len(Kind)) -> bool:
    runs = await list_runs(world.database, world.tenant.program_id)
    return len(Counter(run.kind for run in runs)) >= kinds


async def _picked_by_a_worker_that_died(queries: Queries) -> None:
    await queries.driver.execute(
        "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
        " heartbeat = now() - interval '1 minute'"
    )


async def _nothing() -> None:
    pass


async def _worked(
    world: World,
    *,
    workers: int,
    until: Callable[[], Awaitable[bool]],
    meanwhile: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Lets workers work until something is so."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(work(world.desk, stop)) for _ in range(workers)]
    try:
        await meanwhile()
        async with asyncio.timeout(_SECONDS):
            while not await until():  # noqa: ASYNC110 - other processes' work is looked for
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
