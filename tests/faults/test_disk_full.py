"""The disk is full: writes are refused until there is room again, and what was promised is there.

At first tables cannot grow; then PostgreSQL cannot write its log of changes, and dies of it, and
cannot start. leal's own log is on the same disk. Shops hear 503 with Retry-After, never 500, and
readers are served as long as PostgreSQL lives. Once there is room, all goes on by itself.

Planted, and seen to fail: a full disk not counted among the outages (nothing was told 503), and a
log whose failures reach whoever is served (no request was answered any more) or whoever starts
PostgreSQL again.
"""

import http.client
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg

from leal.storage import embedded
from leal.storage.embedded import EmbeddedServer
from leal.storage.migrate import migrate
from tests.databases import run, with_database
from tests.faults.books import PEOPLE, Record, Shop, open_shop, prove, writing
from tests.faults.load import Load
from tests.faults.postgres import fill, is_alive, small_disk, throw_out
from tests.faults.servers import Installation, installed_with, serving
from tests.soak import examples

ROUNDS = examples(1, soak=5)
REPEATED = examples(50, soak=300)
WRITES = 20
SIZE_BYTES = 256 * 2**20
IN_VAIN_SECONDS = 3
"""Within this, leal tries to start PostgreSQL again, and cannot."""

_PATIENCE_SECONDS = 60


def test_a_full_disk_loses_nothing_and_heals_by_itself(record_property: Record) -> None:
    seed = secrets.randbits(32)
    with small_disk(SIZE_BYTES) as folder:
        server = embedded.start(folder)
        try:
            with_database(server.url, migrate)
            installation = installed_with(server, folder)
            shop = open_shop(installation)
            with serving(installation), writing(shop, seed=seed) as load:
                for _ in range(ROUNDS):
                    load.until(WRITES)
                    ballast = fill(folder)
                    _refused(load)
                    assert _read(shop) == 200
                    _let_the_log_end(server)
                    _until(lambda: not is_alive(folder), "PostgreSQL lives on a full disk")
                    _refused(load)
                    time.sleep(IN_VAIN_SECONDS)
                    ballast.unlink()
                    load.until(WRITES, seconds=_PATIENCE_SECONDS)
                load.finish()
                repeated, same = load.repeat(REPEATED)
                log = installation.log.read_text(errors="replace")
            prove(
                shop,
                load,
                record_property,
                full=ROUNDS,
                repeated=repeated,
                same=same,
            )
        finally:
            server.stop()
    assert "request_failed" not in log
    assert log.count("it was started again") == ROUNDS
    assert same == repeated > 0


def test_a_log_that_cannot_be_written_stops_nobody(
    installation: Installation, record_property: Record
) -> None:
    installation.log.symlink_to("/dev/full")
    shop = open_shop(installation)
    with serving(installation), writing(shop, seed=1) as load:
        load.until(WRITES)
        # what fails is logged before it is answered
        _until(lambda: _thrown_out(shop, load), "nothing fails")
        load.until(WRITES)
        load.finish()
    prove(shop, load, record_property)


def test_a_warning_that_cannot_be_shown_ends_nothing() -> None:
    """It is said by the thread that starts PostgreSQL again, while its disk is full."""
    warning = "from leal.cli.showing import warn; warn('it did not start'); print('it goes on')"
    with Path("/dev/full").open("wb") as full:
        command = (sys.executable, "-c", warning)
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=full)  # noqa: S603 - this interpreter, our own words
    assert done.stdout == b"it goes on\n"


def _thrown_out(shop: Shop, load: Load) -> bool:
    """Ends leal's connections; whether a write has failed of it yet."""
    with_database(shop.database_url, throw_out)
    return load.told["503"] > 0


def _refused(load: Load) -> None:
    """Waits until so many more writes were refused."""
    wanted = load.told["503"] + WRITES
    _until(lambda: load.told["503"] >= wanted, f"nothing is refused: {dict(load.told)}")


def _read(shop: Shop) -> int:
    """How a customer who is asked for is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=_PATIENCE_SECONDS)
    authorized = {"Authorization": f"Bearer {shop.key}"}
    path = f"/headless/2025-06/1/customers/{PEOPLE[0]}?channel=web"
    connection.request("GET", path, headers=authorized)
    response = connection.getresponse()
    json.loads(response.read())
    connection.close()
    return response.status


def _let_the_log_end(server: EmbeddedServer) -> None:
    """Has PostgreSQL begin a new file of its log, for which there is no room."""

    async def switch() -> None:
        connection = await asyncpg.connect(server.url)
        try:
            for _ in range(100):
                await connection.execute("SELECT pg_logical_emit_message(false, 'x', 'x')")
                await connection.execute("SELECT pg_switch_wal()")
        finally:
            connection.terminate()

    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        run(switch())


def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, otherwise
        time.sleep(0.02)
