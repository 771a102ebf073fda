"""The process of one worker; started by `leal worker` and `leal serve`, and ends with them.

It works on LEAL_DATABASE_URL, until it is told to stop or its standard input ends.
"""

import asyncio
import os
import signal
import sys
import threading

from leal.app import open_desk, open_outgoing
from leal.cli.logs import write_logs
from leal.jobs.webhooks import send_webhooks
from leal.jobs.worker import work
from leal.settings import Settings, read_settings
from leal.storage.db import CannotConnect, Database

_PATIENCE_SECONDS = 30
_AGAIN_AFTER_SECONDS = 5
_ANSWER_SECONDS = 11 * 60
"""Longer than the 10 minutes that the server gives the longest of statements."""


def main() -> None:
    """Work until told to stop."""
    settings = read_settings(os.environ)
    write_logs(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)

    def follow() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=follow, daemon=True).start()
    database = await _opened(settings, stop)
    if database is None:
        return
    try:
        async with open_outgoing(settings) as outgoing:
            desk = open_desk(database, settings, outgoing=outgoing)
            await asyncio.gather(work(desk, stop), send_webhooks(desk, stop))
    finally:
        await database.close()


async def _opened(settings: Settings, stop: asyncio.Event) -> Database | None:
    """The database, as soon as it is there; None when told to stop before."""
    url = settings.database_url
    if url is None:
        raise RuntimeError("start a worker with `leal worker`, which starts the embedded database")
    while not stop.is_set():
        try:
            return await Database.open(
                url,
                size=settings.pool_size,
                acquire_seconds=_PATIENCE_SECONDS,
                answer_seconds=_ANSWER_SECONDS,
            )
        except CannotConnect:
            try:
                async with asyncio.timeout(_AGAIN_AFTER_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
    return None


if __name__ == "__main__":
    main()
