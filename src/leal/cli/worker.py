"""`leal worker`: work off what time brings, beside or instead of the worker of `leal serve`.

A worker is a process of its own, so that its work never makes a shopper wait, and so that what it
needs is not imported by commands that have no use for it. Whoever starts one keeps it running.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from leal.cli.connecting import ensure_schema, kept_server
from leal.cli.showing import say
from leal.settings import Settings, read_settings
from leal.storage.db import Database

_STOP_SECONDS = 15
_AGAIN_AFTER_SECONDS = 5.0
_LOOKS_EVERY_SECONDS = 1.0


def worker() -> None:
    """Approve, expire, warn and credit, minute by minute, until told to stop.

    Any number of workers can run at the same time.
    """
    settings = read_settings(os.environ)
    signal.signal(signal.SIGTERM, _leave)
    with kept_server(settings) as url:
        asyncio.run(_prepare(settings, url))
        say("working; `leal jobs` shows what was done")
        with (
            suppress(KeyboardInterrupt),
            worker_beside({**os.environ, "LEAL_DATABASE_URL": url}, wait_seconds=0),
        ):
            threading.Event().wait()


@contextmanager
def worker_beside(environ: Mapping[str, str], *, wait_seconds: float) -> Iterator[None]:
    """Keeps a worker process running as long as the block does; the first starts after a wait."""
    stopping = threading.Event()
    keeper = threading.Thread(
        target=_keep_running, args=(dict(environ), stopping, wait_seconds), name="worker keeper"
    )
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


async def _prepare(settings: Settings, url: str) -> None:
    database = await Database.open(url, size=2)
    try:
        await ensure_schema(settings, database)
    finally:
        await database.close()


def _keep_running(environ: dict[str, str], stopping: threading.Event, wait_seconds: float) -> None:
    # Its standard input ends with this process, however that ends; a session of its own keeps
    # the terminal's interrupts from it, so that it is stopped in order.
    command = (sys.executable, "-m", "leal.cli.working")
    while not stopping.wait(wait_seconds):
        with subprocess.Popen(  # noqa: S603 - this interpreter, our own program
            command, env=environ, stdin=subprocess.PIPE, start_new_session=True
        ) as process:
            while process.poll() is None and not stopping.wait(_LOOKS_EVERY_SECONDS):
                pass
            _stop(process)
        wait_seconds = _AGAIN_AFTER_SECONDS


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
