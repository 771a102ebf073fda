"""What is asked of one connection, and what becomes of it when there is no answer."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

import asyncpg

from leal.domain.problems import DatabaseAway
from leal.storage.pool import Held
from leal.storage.timing import SPENT

_T = TypeVar("_T")

_UNDO_SECONDS = 2
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
)


class GaveWay(DatabaseAway):
    """The server cancelled the statement in favour of another; nothing of it remains.

    Within a transaction nothing remains of that either: all of it can be done once more.
    """


class OnConnection:
    """A Runner on one connection."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._connection = held.connection

    @property
    def in_transaction(self) -> bool:
        """Whether other statements succeed and fail together with the next."""
        return bool(self._connection.is_in_transaction())

    async def row(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Return the first row, or None."""
        with outages(self._held):
            return await self._connection.fetchrow(sql, *args)

    async def rows(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Return every row."""
        with outages(self._held):
            found: list[asyncpg.Record] = await self._connection.fetch(sql, *args)
            return found

    async def value(self, sql: str, *args: object) -> Any:
        """Return the first column of the first row, or None."""
        with outages(self._held):
            return await self._connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        """Run for effect and return the command tag, such as ``UPDATE 1``."""
        with outages(self._held):
            tag: str = await self._connection.execute(sql, *args)
            return tag


async def undone(held: Held, undoing: Awaitable[_T]) -> _T:
    """What undoing answers; it may come after the deadline of all else, so it has one of its own.

    Without it the server undoes the transaction when the connection ends.
    """
    with outages(held):
        async with asyncio.timeout(_UNDO_SECONDS):
            return await undoing


class outages:  # noqa: N801 - read as a verb phrase: `with outages(held)`
    """Tell outages from mistakes: the former become DatabaseAway, the latter stay as they are.

    A class and not a generator: every statement passes through it, so it takes the time as well.
    """

    __slots__ = ("_began", "_held")

    def __init__(self, held: Held) -> None:
        self._held = held

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        spent = SPENT.get()
        if spent is not None:
            spent.seconds += time.perf_counter() - self._began
        if error is None:
            return
        if isinstance(error, asyncpg.TransactionRollbackError):
            raise GaveWay from error
        if isinstance(error, (asyncio.CancelledError, TimeoutError)):
            self._held.is_left = True
        if isinstance(error, asyncpg.InternalClientError):
            # the server threw us out between two statements: the driver has lost its place
            self._held.connection.terminate()
            raise DatabaseAway from error
        lost = isinstance(error, asyncpg.InterfaceError) and self._held.connection.is_closed()
        if lost or isinstance(error, _AWAY):
            raise DatabaseAway from error
