"""Real databases for tests: one embedded server, a migrated template, a fresh copy for a test.

The server is shared by all processes of a test run (and by runs at the same time) through a
folder in the temporary directory; it is the one place where durability is switched off.
"""

import asyncio
import hashlib
import os
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from leal.storage import embedded
from leal.storage.db import Database
from leal.storage.migrate import migrate, read_migrations

_T = TypeVar("_T")

_FOLDER = Path(tempfile.gettempdir()) / f"leal-tests-{os.getuid()}"
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")
_TEMPLATE_LOCK = 77_001


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end on an event loop of its own."""
    return asyncio.run(coroutine)


def with_database(url: str, work: Callable[[Database], Awaitable[_T]]) -> _T:
    """Open the database, let ``work`` use it, close it; returns what ``work`` returned."""

    async def opened() -> _T:
        database = await Database.open(url, size=4)
        try:
            return await work(database)
        finally:
            await database.close()

    return run(opened())


class DatabaseServer:
    """The server of the test run, with the template made."""

    def __init__(self, server: embedded.EmbeddedServer) -> None:
        self._server = server
        migrations = "".join(m.checksum for m in read_migrations())
        self._template = "template_" + hashlib.sha256(migrations.encode()).hexdigest()[:16]
        run(self._make_template())

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Give the URL of a database nobody else uses, gone afterwards."""
        name = f"test_{uuid.uuid4().hex}"
        template = self._template if migrated else "template0"
        run(self._admin(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log"))
        try:
            yield self._server.url_of(name)
        finally:
            run(self._admin(f"DROP DATABASE {name} WITH (FORCE)"))

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.url_of("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _make_template(self) -> None:
        connection = await asyncpg.connect(self._server.url_of("postgres"))
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
            exists = "SELECT 1 FROM pg_database WHERE datname = $1"
            if await connection.fetchval(exists, self._template):
                return
            # Renamed when complete, so a run cut short leaves no half-made template behind.
            await connection.execute("DROP DATABASE IF EXISTS template_new")
            await connection.execute("CREATE DATABASE template_new")
            database = await Database.open(self._server.url_of("template_new"), size=1)
            await migrate(database)
            await database.close()
            await connection.execute(f"ALTER DATABASE template_new RENAME TO {self._template}")
        finally:
            await connection.close()


@contextmanager
def shared_server() -> Iterator[DatabaseServer]:
    """Join or start the shared server; the last process of all leaves it stopped."""
    server = embedded.start(_FOLDER, options=_FAST)
    try:
        yield DatabaseServer(server)
    finally:
        server.stop()
