"""The embedded PostgreSQL dies while shops write: leal says so, starts it again, and loses nothing.

A kill hits one backend, whose death makes PostgreSQL throw all others out and recover, or the
postmaster, which nobody but leal starts again. Shops hear 503 with Retry-After meanwhile, never a
500.

Planted, and seen to fail: commits that do not wait for the disk (acknowledged writes were lost).
"""

import os
import random
import secrets
import signal
import time

from leal.storage import embedded
from leal.storage.migrate import migrate
from tests.databases import with_database
from tests.faults.books import Record, open_shop, prove, writing
from tests.faults.postgres import kill_a_backend, own_folder, postmaster_of
from tests.faults.servers import installed_with, serving
from tests.soak import examples

ROUNDS = examples(1, soak=8)
REPEATED = examples(50, soak=300)
WRITES = 20


def test_a_database_that_is_killed_comes_back_by_itself(record_property: Record) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    backends = 0
    with own_folder() as folder:
        server = embedded.start(folder)
        try:
            with_database(server.url, migrate)
            installation = installed_with(server, folder)
            shop = open_shop(installation)
            with serving(installation), writing(shop, seed=seed) as load:
                for _ in range(ROUNDS):
                    load.until(WRITES)
                    time.sleep(chance.uniform(0, 0.1))
                    backends += kill_a_backend(server.url, chance)
                    load.until(WRITES)
                    time.sleep(chance.uniform(0, 0.1))
                    os.kill(postmaster_of(folder), signal.SIGKILL)
                    load.until(WRITES)
                load.finish()
                repeated, same = load.repeat(REPEATED)
                log = installation.log.read_text().splitlines()
                assert not [line for line in log if "request_failed" in line]
                prove(
                    shop,
                    load,
                    record_property,
                    kills={"of a backend": ROUNDS, "of the postmaster": ROUNDS},
                    connections=backends,
                    repeated=repeated,
                    same=same,
                )
        finally:
            server.stop()
    assert backends > 0
    assert same == repeated > 0
