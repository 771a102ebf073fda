"""Real databases for tests: one embedded server, a migrated template, copies of it.

The server is shared by all processes of a test run (and by runs at the same time) through a
folder in the temporary directory; it is the one place where durability is switched off.
"""

import asyncio
import hashlib
import os
import tempfile
import uuid
from collections import Counter
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
        migrations = "".join(m.name + m.checksum for m in read_migrations())
        self._template = "template_" + hashlib.sha256(migrations.encode()).hexdigest()[:16]
        self._as_made = ""
        self._cleaned: list[str] = []
        self._rows = Counter[str]()
        run(self._make_template())

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Give the URL of a database nobody else uses.

        A migrated one is cleaned afterwards for the next who asks, which takes a hundredth of the
        time of a new one; if its schema was touched or it grew, it goes.
        """
        if migrated and self._cleaned:
            name = self._cleaned.pop()
        else:
            name = f"test_{uuid.uuid4().hex}"
            template = self._template if migrated else "template0"
            run(self._admin(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log"))
        if migrated and not self._as_made:
            self._as_made = run(_look(self._server.url_of(name)))
        try:
            yield self._server.url_of(name)
        finally:
            rows = run(_clean(self._server.url_of(name), self._as_made)) if migrated else None
            self._rows[name] += rows or 0
            # what was deleted still takes room
            if rows is None or self._rows[name] > _MOST_ROWS:
                run(self._drop(name))
            else:
                self._cleaned.append(name)

    def close(self) -> None:
        """Drop what was kept for the next."""
        while self._cleaned:
            run(self._drop(self._cleaned.pop()))

    async def _drop(self, name: str) -> None:
        await self._admin(f"DROP DATABASE {name} WITH (FORCE)")

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
        databases = DatabaseServer(server)
        try:
            yield databases
        finally:
            databases.close()
    finally:
        server.stop()


# All of a schema that a test might change, and what ANALYZE left.
_LOOK = """
SELECT md5(string_agg(thing, '|' ORDER BY thing)) FROM (
    SELECT concat('c', oid, relname, relkind, reloptions, relpersistence,
        CASE WHEN relkind = 'r' THEN reltuples END) AS thing
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat('t', tgrelid, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat('f', oid, md5(prosrc), proconfig)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT concat('a', attrelid, attname, atttypid, attnotnull, atthasdef)
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
    UNION ALL SELECT concat('k', oid, conname, convalidated)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat('i', indexrelid, indisvalid) FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT concat('s', setconfig) FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT concat('n', nspname) FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'
    UNION ALL SELECT concat('m', m::text) FROM schema_migrations m
) AS things
"""
_BACKENDS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Answers how many rows there were, by way of a setting.
_EMPTY = """
DO $$
DECLARE
    v_table regclass;
    v_rows  bigint;
    v_all   bigint := 0;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR v_table IN SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname <> 'schema_migrations'
    LOOP
        EXECUTE format('DELETE FROM %s', v_table);
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        v_all := v_all + v_rows;
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
    PERFORM set_config('leal.rows', v_all::text, false);
END $$
"""
_MOST_ROWS = 20_000


async def _look(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        found: str = await connection.fetchval(_LOOK)
        return found
    finally:
        await connection.close()


async def _clean(url: str, as_made: str) -> int | None:
    """Make a database as if new; how many rows it had, or None when it cannot be."""
    connection = await asyncpg.connect(url, server_settings={"statement_timeout": "20s"})
    try:
        await connection.execute(_BACKENDS)
        if await connection.fetchval(_LOOK) != as_made:
            return None
        await connection.execute(_EMPTY)
        return int(await connection.fetchval("SELECT current_setting('leal.rows')"))
    except asyncpg.PostgresError:
        return None
    finally:
        await connection.close()
