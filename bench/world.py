"""The database everything is measured on: the demo program and customers with a past.

The past is made through the engine itself, and all customers have the same one, so it does not
matter which of them a side happens to take.
"""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import asyncpg
import yaml

from bench.samples import BenchFailed
from leal.app import open_desk, utc_now
from leal.domain.enrolment import Visit
from leal.settings import Settings, load_secret_key, read_settings
from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings, migrate
from leal.storage.sealing import Sealer
from leal.usecases import customers, points
from leal.usecases.access import Scope, create_key
from leal.usecases.desk import Ask, Desk
from leal.usecases.programs import Publisher

CUSTOMERS = 240
POOL_SIZE = 10
FIRST_MERCHANT_ID = 1001

# from the first day on: no award is one that changes tier, and no redemption finds too few
_HIGHEST_TIER_POINTS = 100_000_000
_PAST_AWARDS = 18  # with joining, a visit and the newsletter: more than the 20 rows that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where everything is. `customers` are numbered upwards from FIRST_MERCHANT_ID."""

    folder: str
    url: str
    program_id: int
    site_id: int
    api_key: str
    customers: int

    @property
    def ask(self) -> Ask:
        """What the API key asks as."""
        return Ask(program_id=self.program_id, site_id=self.site_id)

    @property
    def settings(self) -> Settings:
        """The settings of a leal on this database, without a rate limit."""
        return read_settings(self.environ)

    @property
    def environ(self) -> dict[str, str]:
        """The same, as variables."""
        return {
            "LEAL_DATABASE_URL": self.url,
            "LEAL_DATA": self.folder,
            "LEAL_RATE_LIMIT": "0",
            "LEAL_POOL_SIZE": str(POOL_SIZE),
        }

    def slices(self, clients: int) -> tuple[tuple[str, ...], ...]:
        """The customers shared out, so that no two clients ever change the same one."""
        each = self.customers // clients
        first = range(FIRST_MERCHANT_ID, FIRST_MERCHANT_ID + each * clients, each)
        return tuple(tuple(str(start + i) for i in range(each)) for start in first)


@contextmanager
def new_world(build: Path, *, customers: int = CUSTOMERS) -> Iterator[World]:
    """Make a world on an embedded server of its own below `build`, and remove it afterwards.

    Raises BenchFailed when the server's commits are not durable.
    """
    build.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build)).resolve()
    server = embedded.start(folder)
    try:
        yield asyncio.run(_filled(str(folder), server.url, customers))
    finally:
        server.stop()
        shutil.rmtree(folder)


@asynccontextmanager
async def desk_on(
    world: World,
    *,
    clock: Callable[[], datetime] = utc_now,
    on_connection: Callable[[asyncpg.Connection], None] | None = None,
) -> AsyncIterator[Desk]:
    """A desk in this process, as the server has one; `on_connection` sees each new connection."""

    async def prepare(connection: asyncpg.Connection) -> None:
        if on_connection is not None:
            on_connection(connection)

    database = await Database.open(world.url, size=POOL_SIZE, on_connection=prepare)
    try:
        yield open_desk(database, world.settings, clock=clock)
    finally:
        await database.close()


async def _filled(folder: str, url: str, count: int) -> World:
    empty = World(folder=folder, url=url, program_id=0, site_id=0, api_key="", customers=count)
    database = await Database.open(url, size=1)
    try:
        await migrate(database)
        risks = await durability_warnings(database)
        if risks:
            raise BenchFailed(" ".join(risks))
        world = await _with_program(empty, database)
    finally:
        await database.close()
    await _make_customers(world)
    await settle(url)
    return world


async def _with_program(world: World, database: Database) -> World:
    document = files("leal.cli").joinpath("demo_program.yaml").read_text(encoding="utf-8")
    sealer = Sealer(load_secret_key(world.settings))
    publisher = Publisher(database, sealer, fresh=secrets.token_hex)
    now = utc_now()
    made = await publisher.create(yaml.safe_load(document), author="bench", now=now)
    key = await create_key(
        database,
        made.published.id,
        name="bench",
        scopes=tuple(Scope),
        fresh=secrets.token_hex,
        now=now,
    )
    site = made.published.program.primary_site
    return replace(world, program_id=made.published.id, site_id=site.id, api_key=key.secret)


async def _make_customers(world: World) -> None:
    started_at = utc_now() - timedelta(days=_PAST_AWARDS)  # so the last one is of today
    now = started_at
    async with desk_on(world, clock=lambda: now) as desk:
        ids = [merchant_id for part in world.slices(1) for merchant_id in part]
        await _all(ids, lambda merchant_id: _join(desk, world.ask, merchant_id))
        for day in range(_PAST_AWARDS):
            now = started_at + timedelta(days=day + 1)
            await _all(ids, lambda merchant_id: _award(desk, world.ask, merchant_id))


async def _join(desk: Desk, ask: Ask, merchant_id: str) -> None:
    visit = Visit(
        email=f"shopper.{merchant_id}@example.com",
        page_url="https://thistle.example/collections/soap",
    )
    await customers.initialize_session(desk, ask, merchant_id=merchant_id, visit=visit)
    await customers.set_birthday(desk, ask, merchant_id, month=3, day=4, year=1990)
    await customers.subscribe_to_email(desk, ask, merchant_id)
    await points.add(desk, ask, merchant_id, points=_HIGHEST_TIER_POINTS, reason=None)


async def _award(desk: Desk, ask: Ask, merchant_id: str) -> None:
    await points.add(desk, ask, merchant_id, points=5, reason="Thank you for your patience")


async def _all(ids: list[str], work: Callable[[str], Awaitable[None]]) -> None:
    for start in range(0, len(ids), POOL_SIZE):
        await asyncio.gather(*map(work, ids[start : start + POOL_SIZE]))


async def settle(url: str) -> None:
    """Leave nothing for the server to catch up on while it is measured."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
