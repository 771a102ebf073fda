"""How pgqueuer reaches the database: through leal's own pool, asking instead of listening.

Saves never NOTIFY, and a connection kept for listening would be lost to connection poolers, so a
worker asks for work every few seconds. What pgqueuer tells itself is passed on within the process.
"""

import asyncio
from collections import defaultdict
from typing import Self

from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import NotifyCallback

from leal.storage.db import Database


class Driver:
    """pgqueuer's idea of a connection, on a pool."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: defaultdict[str, list[NotifyCallback]] = defaultdict(list)
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Every row, as a dict."""
        return [dict(row) for row in await self._database.rows(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        """Runs for effect; returns the command tag."""
        return await self._database.execute(query, *args)

    async def notify(self, channel: str, payload: str) -> None:
        """Tells the listeners of this process."""
        for listener in self._listeners[channel]:
            listener(payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Hears what is told in this process."""
        self._listeners[channel].append(callback)

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Hears no more."""
        self._listeners[channel].remove(callback)

    @property
    def shutdown(self) -> asyncio.Event:
        """Whether pgqueuer is to stop."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """The tasks pgqueuer runs for the driver: none."""
        return self._tasks

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """The pool is somebody else's to close."""


def queries_on(database: Database) -> Queries:
    """The statements of pgqueuer, on leal's pool."""
    return Queries(Driver(database))
