"""`/readyz` of a real server: each reason why it cannot serve, and that it can again afterwards.

Seen to fail with a database that lets nobody in taken for a bug (500), and with the answer kept
for an hour.
"""

import asyncio
import http.client
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from leal.usecases.readiness import PATIENCE_SECONDS
from tests.databases import run
from tests.faults.servers import Installation, free_port, serving

READY = (200, {"status": "ready"})
_SOON_SECONDS = 10


def _not(reason: str) -> tuple[int, dict[str, str]]:
    return 503, {"status": "not_ready", "reason": reason}


def ask(port: int, path: str = "/readyz") -> tuple[int, object]:
    """What a load balancer is told, on a connection of its own; nobody may keep it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.getheader("cache-control") == "no-store"
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _who_am_i(port: int) -> int:
    """The status of a request that has to look a key up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        headers = {"authorization": "Bearer pat_0123456789abcdef0123456789abcdef"}
        connection.request("GET", "/v2/identity/whoami", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def becomes(port: int, expected: tuple[int, object]) -> None:
    """Waits for an answer; it may be a second old."""
    give_up_at = time.monotonic() + _SOON_SECONDS
    while (found := ask(port)) != expected:
        assert time.monotonic() < give_up_at, found
        time.sleep(0.1)


async def _do(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _locked(url: str, statement: str) -> Iterator[None]:
    """Holds a lock that the question waits for."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        runner.run(connection.execute(f"BEGIN; {statement}"))
        try:
            yield
        finally:
            runner.run(connection.execute("ROLLBACK"))
            runner.run(connection.close())


@contextmanager
def _closed(beside: str, name: str) -> Iterator[None]:
    """Lets nobody into a database, and those out who are in it."""
    run(_do(beside, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", _PUT_OUT.format(name)))
    try:
        yield
    finally:
        run(_do(beside, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))


def test_each_reason_is_told_and_passes(database_url: str, tmp_path: Path) -> None:
    name = urlsplit(database_url).path.removeprefix("/")
    beside = database_url.replace(f"/{name}?", "/postgres?")
    port = free_port()
    installation = Installation(
        database_url=database_url, folder=tmp_path, port=port, secret_key=secrets.token_bytes(32)
    )
    with serving(installation):
        becomes(port, READY)
        with _closed(beside, name):
            becomes(port, _not("the database cannot be reached"))
            assert _who_am_i(port) == 503
            assert ask(port, "/healthz") == (200, {"status": "alive"})

        run(_do(database_url, "UPDATE schema_migrations SET number = -5 WHERE number = 5"))
        becomes(port, _not("the database was migrated by a newer leal: start that one"))
        run(_do(database_url, "UPDATE schema_migrations SET number = 5 WHERE number = -5"))
        run(_do(database_url, *_FORGET))
        becomes(port, _not(_LACKING))
        run(_do(database_url, *_REMEMBER))
        becomes(port, READY)

        with _locked(database_url, "LOCK TABLE schema_migrations"):
            becomes(port, _not(f"the database did not answer within {PATIENCE_SECONDS:g} s"))
            assert ask(port, "/healthz") == (200, {"status": "alive"})
        becomes(port, READY)
    log = installation.log.read_text()
    assert "Traceback" not in log


_PUT_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
_LACKING = "the database does not have the schema of this leal: run `leal migrate`"
_FORGET = (
    "CREATE TABLE kept AS SELECT * FROM schema_migrations WHERE number = 5",
    "DELETE FROM schema_migrations WHERE number = 5",
)
_REMEMBER = ("INSERT INTO schema_migrations SELECT * FROM kept", "DROP TABLE kept")
