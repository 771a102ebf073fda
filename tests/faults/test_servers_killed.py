"""Servers that are killed or told to stop while shops write: all that was promised is there, once.

Of two processes that answer one is killed, and replaced; then all are told to stop, or the process
that started them is killed, and a new server starts. Shops repeat what they heard no answer to,
with the same key.

Planted, and seen to fail: an answer before the COMMIT it speaks of (acknowledged writes were lost,
and not told again), and the process that looks after the others keeping their end of the pipe open
(one that died before its sign of life was not replaced for a minute).
"""

import asyncio
import http.client
import os
import random
import secrets
import signal
import threading
import time

import asyncpg

from tests.faults.books import BESIDE, Record, open_shop, prove, writing
from tests.faults.load import Kind, Load, Write
from tests.faults.servers import Installation, Serving, serving, until_free
from tests.soak import examples

LIVES = examples(1, soak=6)
REPEATED = examples(50, soak=300)
WRITES = 20
HELD_SECONDS = 0.5
ASKED_SECONDS = 1.5
"""Within this, each process is asked whether it lives: that is done every half second."""

_PATIENCE_SECONDS = 30

_WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))"


def test_servers_that_are_killed_or_stopped_lose_nothing(
    installation: Installation, record_property: Record
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    shop = open_shop(installation)
    with writing(shop, seed=seed) as load, asyncio.Runner() as runner:
        for number in range(LIVES):
            with serving(installation, workers=2) as server:
                load.until(WRITES)
                _kill_a_process(server, chance)
                load.until(WRITES)
                if number % 2:
                    _stop(server, load, runner, url=shop.database_url)
            until_free(installation.port)
        with serving(installation, workers=2):
            load.finish()
            repeated, same = load.repeat(REPEATED)
    prove(
        shop,
        load,
        record_property,
        kills={"of one process": LIVES, "of the server": LIVES - LIVES // 2},
        stops=LIVES // 2,
        repeated=repeated,
        same=same,
    )
    assert same == repeated > 0


def test_a_process_that_dies_before_it_answers_is_replaced(installation: Installation) -> None:
    """The one that looks after the others waits for its sign of life at that moment."""
    with serving(installation, workers=2) as server:
        silent, other = _both(server)
        os.kill(silent, signal.SIGSTOP)
        _until_others_answer(installation.port)
        time.sleep(ASKED_SECONDS)
        os.kill(silent, signal.SIGKILL)
        assert other in _both(server, without=silent)


def _kill_a_process(server: Serving, chance: random.Random) -> None:
    """Kills one of those that answer, and waits for another in its place."""
    killed = chance.choice(_both(server))
    os.kill(killed, signal.SIGKILL)
    _both(server, without=killed)


def _both(server: Serving, *, without: int = 0) -> tuple[int, ...]:
    """The two processes that answer, as soon as there are two, not counting one that was killed."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while len(found := set(server.web_processes()) - {without}) != 2:
        assert time.monotonic() < give_up_at, f"processes {found}, one not replaced"
        time.sleep(0.05)
    return tuple(sorted(found))


def _stop(server: Serving, load: Load, runner: asyncio.Runner, *, url: str) -> None:
    """Tells it to stop while somebody waits, who is answered before it ends."""
    mark = f"held-{len(load.writes)}"
    write = Write(
        mark=mark,
        kind=Kind.AWARD,
        customer=BESIDE,
        path=f"/v2/customers/{BESIDE}/points",
        body={"points": 5, "reason": mark},
        points=5,
    )
    holder = runner.run(_hold(url))
    asking = threading.Thread(target=load.tell, args=(write,))
    asking.start()
    runner.run(_until_somebody_waits(holder))
    server.process.terminate()
    time.sleep(HELD_SECONDS)
    assert server.process.poll() is None, "it does not wait"
    runner.run(holder.close())
    assert server.process.wait(timeout=_PATIENCE_SECONDS) == 0
    asking.join()
    assert (write.status, write.tries) == (201, 1)


def _until_others_answer(port: int) -> None:
    """Waits until a request is answered, by a process that can."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
        except OSError:
            continue  # whoever was stopped may have taken it
        else:
            return
        finally:
            connection.close()
    raise AssertionError("nobody answers")


async def _hold(url: str) -> asyncpg.Connection:
    """Keeps whoever wants to change the customer waiting until the connection is closed."""
    holder = await asyncpg.connect(url)
    await holder.execute(f"BEGIN; SELECT FROM customers WHERE merchant_id = '{BESIDE}' FOR UPDATE")
    return holder


async def _until_somebody_waits(holder: asyncpg.Connection) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await holder.fetchval(_WAITS, holder.get_server_pid()):  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.02)
