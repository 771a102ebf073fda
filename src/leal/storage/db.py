"""The only way to the database: a pool of asyncpg connections with three promises.

A statement costs one round trip (nothing is reset afterwards, so nothing session-wide is ever
SET); an outage is always ``DatabaseAway``; a statement the server gave up for another's sake
(deadlock, serialization) runs once more.

``Bound`` is the same for whoever wants several steps to happen together or not at all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import asyncpg

from leal.domain.problems import DatabaseAway
from leal.storage.on_connection import GaveWay, OnConnection, outages, undone
from leal.storage.pool import Held, Pool, PoolUse
from leal.storage.silence import notice_silence

PrepareConnection = Callable[[asyncpg.Connection], Awaitable[None]]

_T = TypeVar("_T")

_CONNECT_SECONDS = 5
_CLOSE_SECONDS = 10
_GIVE_WAY_SECONDS = 0.1
_SERVER_SETTINGS = {
    "application_name": "leal",
    "statement_timeout": "30s",
    "jit": "off",
    "timezone": "UTC",
}
# Whatever a server says instead of letting us in: that the password changed, that the database is
# closed or being restored. No statement of ours is to blame.
_NOT_LET_IN = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class CannotConnect(Exception):  # noqa: N818 - a fact of the installation, told to its operator
    """The first connection failed; the message says where to and what to check."""


class Runner(Protocol):
    """What storage functions are given: the pool, or one open transaction.

    ``in_transaction`` tells whether a statement that fails takes others with it.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether other statements succeed and fail together with the next."""
        ...

    async def row(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Return the first row, or None."""
        ...

    async def rows(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Return every row."""
        ...

    async def value(self, sql: str, *args: object) -> Any:
        """Return the first column of the first row, or None."""
        ...

    async def execute(self, sql: str, *args: object) -> str:
        """Run for effect and return the command tag, such as ``UPDATE 1``."""
        ...


class Database:
    """A pool of connections. Every method raises DatabaseAway when the server is not there."""

    def __init__(self, pool: Pool, *, acquire_seconds: float) -> None:
        self._pool = pool
        self._acquire_seconds = acquire_seconds

    @property
    def in_transaction(self) -> bool:
        """False: each statement is committed by itself."""
        return False

    @property
    def use(self) -> PoolUse:
        """How its pool of connections is used."""
        return self._pool.use

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        size: int = 10,
        on_connection: PrepareConnection | None = None,
        acquire_seconds: float = 5,
        answer_seconds: float | None = None,
        commits_wait: bool = True,
    ) -> "Database":
        """Connect; ``on_connection`` prepares each new connection (codecs and the like).

        Whoever waits longer than ``acquire_seconds`` for one of ``size`` connections gets
        DatabaseAway; so does who waits longer than ``answer_seconds`` for an answer, which those
        who have a deadline of their own leave out. Unless ``commits_wait``, a commit is answered
        before the disk has it: for what is worth nothing until a later commit that does wait, and
        that takes the earlier ones along.

        Raises CannotConnect when the first connection fails.
        """
        session = _SERVER_SETTINGS | ({} if commits_wait else {"synchronous_commit": "off"})

        async def connect() -> asyncpg.Connection:
            made = await asyncpg.connect(
                url,
                timeout=_CONNECT_SECONDS,
                command_timeout=answer_seconds,
                server_settings=session,
            )
            notice_silence(made)
            if on_connection is not None:
                await on_connection(made)
            return made

        pool = Pool(connect, size=size)
        try:
            pool.give_back(await pool.take(patience_seconds=acquire_seconds))
        except (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            ValueError,
            OverflowError,
        ) as error:
            raise CannotConnect(
                f"cannot connect to {_shown(url)}: {str(error) or 'no answer'}; "
                "check that PostgreSQL runs there and that LEAL_DATABASE_URL is right"
            ) from error
        return cls(pool, acquire_seconds=acquire_seconds)

    async def close(self) -> None:
        """Wait for running statements, at most 10 seconds, and close every connection."""
        await self._pool.close(patience_seconds=_CLOSE_SECONDS)

    async def row(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Return the first row, or None."""
        return await self._ask(lambda on: on.row(sql, *args))

    async def rows(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Return every row."""
        return await self._ask(lambda on: on.rows(sql, *args))

    async def value(self, sql: str, *args: object) -> Any:
        """Return the first column of the first row, or None."""
        return await self._ask(lambda on: on.value(sql, *args))

    async def execute(self, sql: str, *args: object) -> str:
        """Run for effect and return the command tag, such as ``UPDATE 1``."""
        return await self._ask(lambda on: on.execute(sql, *args))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Runner]:
        """Run all within the block on one connection, committed at its end or not at all."""
        held = await self._take()
        try:
            transaction = held.connection.transaction()
            with outages(held):
                await transaction.start()
            try:
                yield OnConnection(held)
            except BaseException:
                if not held.is_lost:
                    await undone(held, transaction.rollback())
                raise
            with outages(held):
                await transaction.commit()
        finally:
            self._pool.give_back(held)

    @asynccontextmanager
    async def bound(self) -> AsyncIterator["Bound"]:
        """A database whose statements happen together, once its ``commit`` is called.

        What was not committed by the end of the block is undone.
        """
        bound = Bound(self._pool, acquire_seconds=self._acquire_seconds)
        await bound.begin()
        try:
            yield bound
        finally:
            await bound.undo()

    async def _ask(self, ask: Callable[[OnConnection], Awaitable[_T]]) -> _T:
        held = await self._take()
        try:
            runner = OnConnection(held)
            try:
                return await ask(runner)
            except GaveWay:
                # let the other go first: it still has to wake up and take what was given up
                await asyncio.sleep(_GIVE_WAY_SECONDS)
                return await ask(runner)
        finally:
            self._pool.give_back(held)

    async def _take(self) -> Held:
        try:
            return await self._pool.take(patience_seconds=self._acquire_seconds)
        except _NOT_LET_IN as error:
            raise DatabaseAway from error


class Bound(Database):
    """A database bound to one connection: all that is asked of it is one open transaction.

    Whoever holds it needs no second connection, and must not use it from two tasks at once.
    ``transaction`` is a part of the open one that can fail by itself. Between ``commit`` and the
    next ``begin`` no connection is held, and nothing can be asked.
    """

    def __init__(self, pool: Pool, *, acquire_seconds: float) -> None:
        super().__init__(pool, acquire_seconds=acquire_seconds)
        self._held: Held | None = None

    @property
    def in_transaction(self) -> bool:
        """True, always."""
        return True

    async def begin(self) -> None:
        """Take a connection and open a transaction on it."""
        held = await self._take()
        try:
            with outages(held):
                await held.connection.execute("BEGIN")
        except BaseException:
            self._pool.give_back(held)
            raise
        self._held = held

    async def commit(self) -> None:
        """Make what was done last, and give the connection back."""
        await self._end("COMMIT")

    async def undo(self) -> None:
        """Forget what was done since ``begin``, if anything; never fails."""
        if self._held is None:
            return
        if self._held.is_lost:
            self._pool.give_back(self._held)
            self._held = None
            return
        with suppress(DatabaseAway):
            await self._end("ROLLBACK")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Runner]:
        """Run all within the block, which remains as a whole or not at all."""
        held = self._open
        with outages(held):
            await held.connection.execute("SAVEPOINT part")
        try:
            yield OnConnection(held)
        except BaseException:
            if not held.is_lost:
                await undone(held, held.connection.execute("ROLLBACK TO part; RELEASE part"))
            raise
        with outages(held):
            await held.connection.execute("RELEASE part")

    @property
    def _open(self) -> Held:
        if self._held is None:
            raise RuntimeError("asked of a transaction that has ended")
        return self._held

    async def _ask(self, ask: Callable[[OnConnection], Awaitable[_T]]) -> _T:
        return await ask(OnConnection(self._open))

    async def _end(self, how: str) -> None:
        held = self._open
        ending = held.connection.execute(how)
        try:
            if how == "ROLLBACK":
                ended = await undone(held, ending)
            else:
                with outages(held):
                    ended = await ending
        finally:
            # one that is still within its transaction is not given to anybody else
            self._held = None
            self._pool.give_back(held)
        if ended != how:
            # a statement failed, and somebody went on nevertheless
            raise DatabaseAway


def _shown(url: str) -> str:
    """Where a URL leads, without user and password."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the database"
    return f"database {parts.path.lstrip('/')!r} on {parts.hostname or 'a local socket'}{port}"
