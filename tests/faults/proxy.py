"""A TCP proxy that cuts connections at the worst of moments, between any two that talk over it.

It runs on a thread and an event loop of its own, beside the test. What is cut, and when, is said by
its `Cutter`; whoever is cut hears nothing more and finds the connection closed. It can also fall
silent: connections stay open and nothing goes through any more, as when a machine vanishes.
"""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

_CHUNK_BYTES = 65_536
_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""How a client of PostgreSQL asks for the end of a transaction."""

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Cut(StrEnum):
    """What was done to a connection."""

    UNSENT = "before it was sent"
    UNHEARD = "the answer was lost"
    HALF = "half of the answer was lost"
    IN_DOUBT = "the answer to COMMIT was lost"


Cutter = Callable[[bytes], Cut | None]
"""Decides what becomes of each piece that a client sends: how to cut now, None to let it live."""


def never(_sent: bytes) -> Cut | None:
    """Lets everything through."""
    return None


@dataclass(slots=True, kw_only=True)
class RandomCutter:
    """Cuts by chance: so often in general, and so often when a COMMIT goes by."""

    chance: random.Random
    often: float
    at_commit: float = 0.0

    def __call__(self, sent: bytes) -> Cut | None:
        if sent.endswith(_COMMIT):
            if self.chance.random() < self.at_commit:
                return self.chance.choice((Cut.IN_DOUBT, Cut.IN_DOUBT, Cut.UNSENT))
            return None
        if self.chance.random() < self.often:
            return self.chance.choice((Cut.UNSENT, Cut.UNHEARD, Cut.UNHEARD, Cut.HALF))
        return None


@dataclass(slots=True)
class Proxy:
    """The running proxy; `cutter` can be replaced while it runs."""

    connect: Connect
    cutter: Cutter = never
    port: int = 0
    cuts: Counter[Cut] = field(default_factory=Counter)
    connections: int = 0
    _silenced: set[int] = field(default_factory=set)
    _open: dict[int, tuple[asyncio.StreamWriter, ...]] = field(default_factory=dict)

    def silence(self) -> None:
        """Nothing goes through the connections of now any more; new ones work."""
        self._silenced |= set(self._open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side or the cutter ends it."""
        self.connections += 1
        number = self.connections
        try:
            upstream, onward = await self.connect()
        except OSError:
            writer.transport.abort()
            return
        self._open[number] = (writer, onward)
        cut = asyncio.Event()
        line = _Line(proxy=self, number=number, cut=cut)
        pumps = [
            asyncio.create_task(line.forward(reader, onward)),
            asyncio.create_task(line.back(upstream, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if cut.is_set() and line.how is not Cut.UNSENT:
                await asyncio.wait(pumps, timeout=5)
        finally:
            for pump in pumps:
                pump.cancel()
            self._open.pop(number, None)
            for each in (writer, onward):
                each.transport.abort()

    def is_silent(self, number: int) -> bool:
        """Whether a connection was silenced."""
        return number in self._silenced


@dataclass(slots=True)
class _Line:
    """One connection: what goes there, and what comes back."""

    proxy: Proxy
    number: int
    cut: asyncio.Event
    how: Cut | None = None

    async def forward(self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter) -> None:
        while piece := await _read(reader):
            if self.proxy.is_silent(self.number):
                continue
            self.how = self.proxy.cutter(piece)
            if self.how is not None:
                self.proxy.cuts[self.how] += 1
                self.cut.set()
            if self.how is Cut.UNSENT:
                return
            onward.write(piece)
            if self.how is not None:
                return  # what comes back is waited for, so that it was done, and then dropped

    async def back(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await _read(upstream):
            if self.proxy.is_silent(self.number):
                continue
            if self.how is Cut.HALF:
                writer.write(piece[: len(piece) // 2])
                with suppress(OSError):
                    await writer.drain()
                return
            if self.how is not None:
                return
            writer.write(piece)


async def _read(reader: asyncio.StreamReader) -> bytes:
    with suppress(OSError):
        return await reader.read(_CHUNK_BYTES)
    return b""


@contextmanager
def proxying(connect: Connect, *, cutter: Cutter = never) -> Iterator[Proxy]:
    """Runs a proxy on a port of the loopback for as long as the block does."""
    proxy, listening = Proxy(connect, cutter), Future[tuple[asyncio.AbstractEventLoop, object]]()

    async def run() -> None:
        stop = asyncio.Event()
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        listening.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="proxy")
    thread.start()
    loop, stop = listening.result(timeout=10)
    assert isinstance(stop, asyncio.Event)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def to_port(port: int) -> Connect:
    """To a server on the loopback."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_socket(path: str) -> Connect:
    """To a server on a socket of the file system."""
    return lambda: asyncio.open_unix_connection(path)
