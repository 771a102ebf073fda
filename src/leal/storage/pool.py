"""A pool of connections that costs a statement next to nothing.

asyncpg's own pool starts a task and arms two timers for every statement, which takes longer than
all else that Python does for it. This one is a list: what was given back last is taken first, so
the connections in use stay warm, and nothing is awaited unless all of them are taken.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg

from leal.domain.problems import DatabaseAway
from leal.storage.timing import SPENT

_IDLE_SECONDS = 300
"""What was unused for longer may have been cut off on the way, without a word to either side."""

_LIFE_SECONDS = 6 * 3600
"""A long life keeps prepared statements; an end to it keeps a backend from growing."""

_FAREWELL_SECONDS = 2
"""So long the server may take to hear that an answer is not waited for any more."""


@dataclass(slots=True)
class Held:
    """A connection in somebody's hands, or waiting for them.

    `is_left`: an answer was not waited for to the end, and nobody knows whether it will ever come.
    """

    connection: asyncpg.Connection
    made_at: float = field(default_factory=time.monotonic)
    given_back_at: float = 0.0
    is_left: bool = False

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be asked of it any more."""
        return self.is_left or bool(self.connection.is_closed())

    def is_usable(self) -> bool:
        """Whether whoever takes it may rely on it."""
        now = time.monotonic()
        is_young = now - self.made_at < _LIFE_SECONDS
        was_used_lately = now - self.given_back_at < _IDLE_SECONDS
        return is_young and was_used_lately and not self.connection.is_closed()


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """How a pool is used at this moment, and how often and long anybody waited for it in all."""

    size: int
    in_use: int
    idle: int
    waiting: int
    waits: int
    waited_seconds: float


class Pool:
    """At most `size` connections, made by `connect` when one is needed and none is idle."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], *, size: int) -> None:
        self._connect = connect
        self._size = size
        self._turns = asyncio.Semaphore(size)
        self._idle: list[Held] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False
        self._in_use = 0
        self._waiting = 0
        self._waits = 0
        self._waited_seconds = 0.0

    @property
    def use(self) -> PoolUse:
        """How it is used."""
        return PoolUse(
            size=self._size,
            in_use=self._in_use,
            idle=len(self._idle),
            waiting=self._waiting,
            waits=self._waits,
            waited_seconds=self._waited_seconds,
        )

    async def take(self, *, patience_seconds: float) -> Held:
        """Take a connection, to be given back.

        Raises TimeoutError when all are taken for so long, DatabaseAway once the pool is closed,
        and what `connect` raises.
        """
        if self._closed:
            raise DatabaseAway
        if self._turns.locked():
            await self._wait_for_turn(patience_seconds)
        else:
            await self._turns.acquire()
        self._in_use += 1
        try:
            return self._warm() or Held(await self._connect())
        except BaseException:
            self._in_use -= 1
            self._turns.release()
            raise

    def give_back(self, held: Held) -> None:
        """Let the next one have it, unless it was left within a transaction or without an answer.

        One that was lost casts doubt on those that were idle meanwhile: they may have fallen silent
        as well, and would make as many requests wait for nothing, one after another.
        """
        connection = held.connection
        if held.is_left:
            farewell = asyncio.create_task(_farewell(connection))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)
        if held.is_lost:
            while self._idle:
                self._idle.pop().connection.terminate()
        elif self._closed or connection.is_in_transaction():
            connection.terminate()
        else:
            held.given_back_at = time.monotonic()
            self._idle.append(held)
        self._in_use -= 1
        self._turns.release()

    async def close(self, *, patience_seconds: float) -> None:
        """Close every connection; waits so long for those in use, which end when they come back."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                while self._idle:
                    await self._idle.pop().connection.close()
                for _ in range(self._size):
                    await self._turns.acquire()
                await asyncio.gather(*self._farewells)

    async def _wait_for_turn(self, patience_seconds: float) -> None:
        began = time.monotonic()
        self._waiting += 1
        try:
            async with asyncio.timeout(patience_seconds):
                await self._turns.acquire()
        finally:
            self._waiting -= 1
            self._waits += 1
            waited = time.monotonic() - began
            self._waited_seconds += waited
            if (spent := SPENT.get()) is not None:
                spent.seconds += waited

    def _warm(self) -> Held | None:
        if self._closed:
            raise DatabaseAway
        while self._idle:
            held = self._idle.pop()
            if held.is_usable():
                return held
            held.connection.terminate()
        return None


async def _farewell(connection: asyncpg.Connection) -> None:
    """Tells the server to give the statement up, then closes; in the end without its consent."""
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=_FAREWELL_SECONDS)
