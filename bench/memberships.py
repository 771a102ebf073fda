"""Shoppers who look at their account while everybody's membership ends in the same second.

`python -m bench.memberships [members] [rounds]` on an embedded server with its normal, durable
settings: one process of `leal serve`, one worker, and GET customer arriving 50 times a second, of
members taken at random. Half of the members have earned their tier again and are renewed, the
others fall. Each round has a program of its own.
"""

import asyncio
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from bench import servers
from bench.arrivals import Plan, arriving
from bench.samples import BenchFailed
from bench.world import FIRST_MERCHANT_ID, World, desk_on
from leal.jobs.queue import queries_on
from leal.jobs.schedule import make_round
from leal.settings import load_secret_key
from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings, migrate
from leal.storage.sealing import Sealer
from leal.usecases.access import Scope, create_key
from leal.usecases.due import run_until_nothing_is_due
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify

MEMBERS = 10_000
ROUNDS = 3
PER_SECOND = 50
CALM_SECONDS = 15

_FILLING_SECONDS_EACH = 0.002
_WORKER_STARTS_SECONDS = 3
_LOOKS_EVERY_SECONDS = 0.1
_GIVES_UP_SECONDS = 600
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
    "tiers": {
        "boundary_mode": "points",
        "membership": {"mode": "rolling", "duration_months": 12},
        "tiers": [
            {"id": 1, "key": "silver", "name": "Silver", "lower_bound": 0},
            {"id": 2, "key": "gold", "name": "Gold", "lower_bound": 100},
        ],
    },
}
# Members who came into the upper tier a year before $3 with 100 points; every other of them got as
# many again since.
_FILL = (
    """
INSERT INTO customers (program_id, site_id, merchant_id, email, email_key, enrolled_at,
    points_approved, lifetime_points, tier_id, tier_started_at, tier_expires_at, referral_id,
    created_at, updated_at)
SELECT $1::bigint, 1, ($4::bigint + n)::text, 'c' || n || '@shop.example',
    'c' || n || '@shop.example',
    $3::timestamptz - interval '1 year', 100 + n % 2 * 100, 100 + n % 2 * 100, 2,
    $3::timestamptz - interval '1 year', $3::timestamptz, 'r' || $1::bigint || 'x' || n,
    $3::timestamptz - interval '1 year', $3::timestamptz - interval '30 days'
FROM generate_series(0, $2::int - 1) n
""",
    """
INSERT INTO customer_ids (program_id, merchant_id, site_id, customer_id)
SELECT program_id, merchant_id, site_id, customer_id FROM customers WHERE program_id = $1
""",
    """
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, tier_id, site_id,
    title, updated_at, settles, program_version)
SELECT program_id, customer_id, row.kind, row.state, row.at, row.points, row.tier_id, 1, row.title,
    row.at, pg_snapshot_xmax(pg_current_snapshot()), 1
FROM customers CROSS JOIN LATERAL (VALUES
    ('points_added', 'approved', created_at, 100, NULL, NULL),
    ('entered_tier', NULL, created_at, NULL, 2, 'Gold'),
    ('points_added', 'approved', updated_at, 100, NULL, NULL)
) AS row (kind, state, at, points, tier_id, title)
WHERE program_id = $1 AND (points_approved > 100 OR row.at = created_at)
ORDER BY customer_id, row.at
""",
    """
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles)
SELECT program_id, customer_id, history_id, 'adjustment', 'awarded', points, 0, 0,
    json_build_array(json_build_array('infinity', points)), happened_at, settles
FROM history WHERE program_id = $1 AND kind = 'points_added' ORDER BY history_id
""",
    """
INSERT INTO lots (program_id, customer_id, expires_at, remaining)
SELECT program_id, customer_id, 'infinity', points_approved FROM customers WHERE program_id = $1
""",
    """
INSERT INTO progress (program_id, customer_id, earned_on, points)
SELECT program_id, customer_id, (happened_at AT TIME ZONE 'UTC')::date, points
FROM history WHERE program_id = $1 AND kind = 'points_added'
""",
)
_LEFT = "SELECT count(*) FROM customers WHERE program_id = $1 AND tier_expires_at = $2"
_IN_GOLD = "SELECT count(*) FROM customers WHERE program_id = $1 AND tier_id = 2"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What one round came to: latencies in milliseconds, and how long the sweep took."""

    calm: tuple[float, ...]
    meanwhile: tuple[float, ...]
    picked_up_seconds: float
    sweep_seconds: float


def main() -> None:
    """Prints the table."""
    members = int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS  # noqa: PLR2004 - the second word
    done: list[_Round] = []
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="leal-bench-") as folder:
        server = embedded.start(Path(folder))
        world = World(
            folder=folder, url=server.url, program_id=0, site_id=1, api_key="", customers=members
        )
        try:
            asyncio.run(_prepare(world))
            with _working(world):
                for number in range(1, rounds + 1):
                    done.append(_round(world))
                    _show(f"round {number}", [done[-1]])
        finally:
            server.stop()
    _show("median", done)
    print(f"load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


async def _prepare(world: World) -> None:
    database = await Database.open(world.url, size=1)
    try:
        await migrate(database)
        for line in await durability_warnings(database):
            print(f"NOT DURABLE: {line}")
    finally:
        await database.close()


def _round(world: World) -> _Round:
    patience = CALM_SECONDS + 2 + world.customers * _FILLING_SECONDS_EACH
    ends_at = (datetime.now(UTC) + timedelta(seconds=patience)).replace(microsecond=0)
    world = asyncio.run(_filled(world, ends_at))
    with servers.leal_server(world) as port:
        requests = list(servers.get_requests(world, 1)[0])
        random.Random(world.program_id).shuffle(requests)  # noqa: S311 - anybody, repeatably
        plan = Plan(port=port, per_second=PER_SECOND, requests=tuple(requests))
        with arriving(plan) as arrivals:
            time.sleep(2)  # connections and caches are warm
            calm_from = time.monotonic()
            time.sleep(max(0.0, (ends_at - datetime.now(UTC)).total_seconds()))
            ended = time.monotonic()
            picked_up, swept = asyncio.run(_swept(world, ends_at))
    return _Round(
        calm=arrivals.between(calm_from, ended),
        meanwhile=arrivals.between(picked_up, swept),
        picked_up_seconds=picked_up - ended,
        sweep_seconds=swept - picked_up,
    )


async def _filled(world: World, ends_at: datetime) -> World:
    """A program whose members' stays end then; nothing else of it is due."""
    database = await Database.open(world.url, size=2)
    try:
        now = datetime.now(UTC)
        sealer = Sealer(load_secret_key(world.settings))
        publisher = Publisher(database, sealer, fresh=secrets.token_hex)
        program_id = (await publisher.create(_DOCUMENT, author="bench", now=now)).published.id
        key = await create_key(
            database,
            program_id,
            name="bench",
            scopes=tuple(Scope),
            fresh=secrets.token_hex,
            now=now,
        )
        async with database.transaction() as runner:
            await runner.execute(_FILL[0], program_id, world.customers, ends_at, FIRST_MERCHANT_ID)
            for statement in _FILL[1:]:
                await runner.execute(statement, program_id)
        await database.execute("VACUUM ANALYZE")
        await database.execute("CHECKPOINT")
    finally:
        await database.close()
    world = replace(world, program_id=program_id, api_key=key.secret)
    async with desk_on(world) as desk:
        await run_until_nothing_is_due(desk, program_id)
    if datetime.now(UTC) + timedelta(seconds=CALM_SECONDS / 2) > ends_at:
        raise BenchFailed("filling took too long: give it more _FILLING_SECONDS_EACH")
    return world


async def _swept(world: World, ends_at: datetime) -> tuple[float, float]:
    """Starts a round of work; when the first member was worked off, and when the last."""
    async with desk_on(world) as desk:
        picked_up, give_up_at = None, time.monotonic() + _GIVES_UP_SECONDS
        await make_round(desk, queries_on(desk.database))
        while left := await desk.database.value(_LEFT, world.program_id, ends_at):
            if picked_up is None and left < world.customers:
                picked_up = time.monotonic()
            if time.monotonic() > give_up_at:
                raise BenchFailed(f"{left} members were not worked off")
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)
        swept = time.monotonic()
        golden = await desk.database.value(_IN_GOLD, world.program_id)
        if golden != world.customers // 2:
            raise BenchFailed(f"{golden} members are in the upper tier, not half of them")
        if not (await verify(desk.database, program_id=world.program_id)).is_clean:
            raise BenchFailed("the books are wrong")
    return picked_up or swept, swept


@contextmanager
def _working(world: World) -> Iterator[None]:
    environ = {**os.environ, **world.environ}
    process = subprocess.Popen(
        (sys.executable, "-m", "leal.cli.working"), env=environ, stdin=subprocess.PIPE
    )
    try:
        time.sleep(_WORKER_STARTS_SECONDS)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _show(name: str, rounds: list[_Round]) -> None:
    def at(share: float, took: tuple[float, ...]) -> float:
        return took[min(int(len(took) * share), len(took) - 1)]

    calm = [(at(0.5, each.calm), at(0.99, each.calm), each.calm[-1]) for each in rounds]
    busy = [
        (at(0.5, each.meanwhile), at(0.99, each.meanwhile), each.meanwhile[-1]) for each in rounds
    ]
    print(f"{name:>8}  GET customer, ms        p50     p99     max")
    for what, figures in (("before", calm), ("during", busy)):
        middle = [median(column) for column in zip(*figures, strict=True)]
        print(f"{'':>8}  {what:<20}" + "".join(f"{each:>8.1f}" for each in middle))
    seconds = median(each.sweep_seconds for each in rounds)
    picked_up = median(each.picked_up_seconds for each in rounds)
    print(f"{'':>8}  sweep: {seconds:.1f} s, begun {picked_up:.1f} s after the moment")


if __name__ == "__main__":
    main()
