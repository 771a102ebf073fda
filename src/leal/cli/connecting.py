"""What commands stand on: settings, a server that runs, a schema that fits, an open database."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from leal.cli.showing import Mistake, say, warn
from leal.settings import Settings, load_secret_key, read_settings
from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import check_schema, migrate
from leal.storage.programs import list_programs
from leal.storage.sealing import Sealer

_T = TypeVar("_T")

_LOOKS_EVERY_SECONDS = 1.0
_AGAIN_AFTER_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """An open database whose schema is this leal's, and the key to its sealed secrets."""

    database: Database
    sealer: Sealer

    async def choose_program(self, program_id: int | None) -> int:
        """Return the program asked for, or the only one there is. Raises Mistake."""
        ids = [each.program_id for each in await list_programs(self.database)]
        if program_id is not None:
            if program_id not in ids:
                raise Mistake(f"there is no program {program_id}: see `leal program list`")
            return program_id
        if not ids:
            raise Mistake("there is no program yet: make one with `leal program apply FILE`")
        if len(ids) > 1:
            known = ", ".join(map(str, ids))
            raise Mistake(f"there are several programs: choose one with --program ({known})")
        return ids[0]


@contextmanager
def running_server(settings: Settings) -> Iterator[str]:
    """Give the URL of the database; the embedded server runs as long as the block does."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = embedded.start(settings.data)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def kept_server(settings: Settings) -> Iterator[str]:
    """As `running_server`; an embedded server that dies meanwhile is started again, its log cut.

    Whoever keeps a PostgreSQL of their own sees to that themselves.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = embedded.start(settings.data)
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep_running, args=(server, stopping), name="server keeper")
    keeper.start()
    try:
        yield server.url
    finally:
        stopping.set()
        keeper.join()
        server.stop()


def _keep_running(server: embedded.EmbeddedServer, stopping: threading.Event) -> None:
    """Looks after the server every second; where it cannot start, every five."""
    wait_seconds, said = _LOOKS_EVERY_SECONDS, ""
    while not stopping.wait(wait_seconds):
        wait_seconds = _LOOKS_EVERY_SECONDS
        try:
            if server.revive():
                warn("the embedded PostgreSQL had ended: it was started again")
                said = ""
            server.cut_log()
        except (embedded.EmbeddedUnavailable, OSError) as error:
            wait_seconds = _AGAIN_AFTER_SECONDS
            if str(error) != said:
                said = str(error)
                warn(said)


async def ensure_schema(settings: Settings, database: Database) -> None:
    """Migrate an embedded database; only check one of the operator's own. Raises SchemaMismatch."""
    if settings.database_url is None:
        await migrate(database, report=lambda name: say(f"migrating the database: {name}"))
    else:
        await check_schema(database)


def connected(work: Callable[[Connected], Awaitable[_T]]) -> _T:
    """Do a command's work on an open database; returns what it returned."""
    settings = read_settings(os.environ)
    sealer = Sealer(load_secret_key(settings))

    async def opened(url: str) -> _T:
        database = await Database.open(url, size=2)
        try:
            await ensure_schema(settings, database)
            return await work(Connected(database=database, sealer=sealer))
        finally:
            await database.close()

    with running_server(settings) as url:
        return asyncio.run(opened(url))
