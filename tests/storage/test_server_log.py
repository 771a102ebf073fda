"""The embedded server's log stays short while the server runs, and quotes no customers.

Seen to fail with a log that is moved away instead of emptied, and without terse errors.
"""

import time
from pathlib import Path

import asyncpg
import pytest

from leal.cli.connecting import kept_server
from leal.settings import read_settings
from leal.storage.db import Database
from leal.storage.server_log import MOST_BYTES
from tests.databases import with_database

_OLD = b"what was said before\n"


async def _go_wrong(database: Database) -> None:
    await database.execute("CREATE TABLE IF NOT EXISTS people (email text PRIMARY KEY)")
    await database.execute("INSERT INTO people VALUES ($1) ON CONFLICT DO NOTHING", "ann@x.example")
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute("INSERT INTO people VALUES ($1)", "ann@x.example")


def test_a_long_log_is_cut_while_the_server_appends_to_it(tmp_path: Path) -> None:
    log, older = (tmp_path / "postgres" / name for name in ("server.log", "server.log.1"))
    with kept_server(read_settings({"LEAL_DATA": str(tmp_path)})) as url:
        for _ in range(2):
            with log.open("ab") as appended:
                appended.write(_OLD * (MOST_BYTES // len(_OLD) + 1))
            give_up_at = time.monotonic() + 60
            while log.stat().st_size > MOST_BYTES:
                assert time.monotonic() < give_up_at
                time.sleep(0.05)
            with_database(url, _go_wrong)
            said = log.read_text()
            assert 'violates unique constraint "people_pkey"' in said
            assert not said.startswith("\0")  # the server goes on at the beginning
            assert "ann@x.example" not in said
            assert older.stat().st_size == MOST_BYTES
            assert older.read_bytes().endswith(_OLD)
            assert older.stat().st_mode & 0o077 == 0
