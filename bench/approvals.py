"""How long a backlog of approvals takes, by workers and by how many customers each has in hand.

`python -m bench.approvals [awards]` on an embedded server with its normal, durable settings. The
backlog is one award of 50 points each for as many customers, written straight into the tables; all
of it is due. Workers are real processes, as `leal worker` starts them.
"""

import asyncio
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from leal.app import open_desk
from leal.jobs.queue import queries_on
from leal.jobs.schedule import make_round
from leal.settings import read_settings
from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings, migrate
from leal.storage.sealing import Sealer
from leal.usecases.approvals import approve_all
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify

AWARDS = 100_000
SMALL = 5_000
AT_ONCE = (1, 2, 4, 8, 16)
WORKERS = (1, 2)

_DOCUMENT = {
    "name": "Bench",
    "sites": [
        {
            "id": 1,
            "name": "Shop",
            "url": "https://shop.example",
            "currency": "usd",
            "languages": ["en"],
        }
    ],
    "rules": [{"id": 1, "kind": "purchase", "title": "Buy", "points": 5}],
}
# A customer, an award that waits since yesterday, the entry that made it wait, and its completion.
_FILL = (
    """
INSERT INTO customers (program_id, site_id, merchant_id, enrolled_at, points_pending, referral_id,
    created_at, updated_at)
SELECT $1, 1, 'c' || n, now(), 50, 'r' || n, now(), now() FROM generate_series(1, $2::int) n
""",
    """
INSERT INTO customer_ids (program_id, merchant_id, site_id, customer_id)
SELECT program_id, merchant_id, site_id, customer_id FROM customers WHERE program_id = $1
""",
    """
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, rule_id, rule_kind,
    site_id, title, source, approve_at, updated_at, settles)
SELECT $1, customer_id, 'earned_points_from_rule', 'pending', now() - interval '15 days', 50, 1,
    'purchase', 1, 'Buy', 'bench:' || customer_id, now() - interval '1 day', now(),
    pg_snapshot_xmax(pg_current_snapshot())
FROM customers WHERE program_id = $1
""",
    """
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles)
SELECT $1, customer_id, history_id, 'activity', 'awarded', 0, 50, 0, '[]', now(),
    pg_snapshot_xmax(pg_current_snapshot())
FROM history WHERE program_id = $1
""",
    """
INSERT INTO counters (program_id, customer_id, subject, subject_id, total, day, week, month, year,
    last_at)
SELECT $1, customer_id, 'rule', 1, 1, 1, 1, 1, 1, now() - interval '15 days'
FROM customers WHERE program_id = $1
""",
)
_PENDING = "SELECT EXISTS (SELECT FROM history WHERE program_id = $1 AND state = 'pending')"


def main() -> None:
    """Prints the tables."""
    awards = int(sys.argv[1]) if len(sys.argv) > 1 else AWARDS
    with tempfile.TemporaryDirectory(prefix="leal-bench-") as folder:
        server = embedded.start(Path(folder))
        try:
            asyncio.run(_measure(server.url, Path(folder), awards))
        finally:
            server.stop()


async def _measure(url: str, folder: Path, awards: int) -> None:
    database = await Database.open(url, size=20)
    try:
        await migrate(database)
        for line in await durability_warnings(database):
            print(f"NOT DURABLE: {line}")
        print(f"{'in hand':>10} {'awards':>8} {'seconds':>8} {'a second':>9}")
        for at_once in AT_ONCE:
            seconds = await _in_this_process(database, url, folder, at_once=at_once)
            print(f"{at_once:>10} {SMALL:>8} {seconds:>8.1f} {SMALL / seconds:>9.0f}")
        print(f"\n{'workers':>10} {'awards':>8} {'seconds':>8} {'a second':>9} {'their CPU':>10}")
        for workers in WORKERS:
            before = _cpu_of_children()
            seconds = await _by_workers(database, url, folder, workers=workers, awards=awards)
            cpu = _cpu_of_children() - before
            rate = awards / seconds
            print(f"{workers:>10} {awards:>8} {seconds:>8.1f} {rate:>9.0f} {cpu:>8.1f} s")
        print(f"\nload average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    finally:
        await database.close()


async def _in_this_process(database: Database, url: str, folder: Path, *, at_once: int) -> float:
    program_id = await _filled(database, SMALL)
    desk = open_desk(database, read_settings(_environ(url, folder)))
    began = time.monotonic()
    done = await approve_all(desk, program_id, at_once=at_once)
    seconds = time.monotonic() - began
    if done != SMALL:
        raise SystemExit(f"{done} of {SMALL} were approved")
    return seconds


async def _by_workers(
    database: Database, url: str, folder: Path, *, workers: int, awards: int
) -> float:
    program_id = await _filled(database, awards)
    desk = open_desk(database, read_settings(_environ(url, folder)))
    with _working(url, folder, workers):
        await asyncio.sleep(4)
        began = time.monotonic()
        await make_round(desk, queries_on(database))
        while await database.value(_PENDING, program_id):  # noqa: ASYNC110 - others approve
            await asyncio.sleep(0.2)
        seconds = time.monotonic() - began
    if not (await verify(database, program_id=program_id)).is_clean:
        raise SystemExit("the books are wrong")
    return seconds


async def _filled(database: Database, awards: int) -> int:
    """A program with a backlog; returns its id."""
    publisher = Publisher(database, Sealer(secrets.token_bytes(32)), fresh=secrets.token_hex)
    made = await publisher.create(_DOCUMENT, author="bench", now=datetime.now(UTC))
    program_id = made.published.id
    async with database.transaction() as runner:
        await runner.execute(_FILL[0], program_id, awards)
        for statement in _FILL[1:]:
            await runner.execute(statement, program_id)
    await database.execute("VACUUM ANALYZE")
    await database.execute("CHECKPOINT")
    return program_id


@contextmanager
def _working(url: str, folder: Path, workers: int) -> Iterator[None]:
    command = (sys.executable, "-m", "leal.cli.working")
    with ExitStack() as stack:
        environ = {**os.environ, **_environ(url, folder)}
        processes = [
            stack.enter_context(subprocess.Popen(command, env=environ, stdin=subprocess.PIPE))
            for _ in range(workers)
        ]
        try:
            yield
        finally:
            for process in processes:
                process.terminate()


def _cpu_of_children() -> float:
    """Seconds of processor time of the processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environ(url: str, folder: Path) -> dict[str, str]:
    return {"LEAL_DATABASE_URL": url, "LEAL_DATA": str(folder)}


if __name__ == "__main__":
    main()
