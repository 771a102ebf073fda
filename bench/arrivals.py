"""Requests that arrive at a constant rate, whether or not the ones before were answered.

A process of its own: `python -m bench.arrivals` reads a plan on its first line of input, sends
until its input ends, and writes when each request was due and how long its answer took from then.
A server that stalls is thus charged for everybody who came meanwhile.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

import msgspec

from bench.samples import BenchFailed

_HEADERS_END = b"\r\n\r\n"
_PATIENCE_SECONDS = 30
_IDLE_SECONDS = 2

_Connection: TypeAlias = tuple[float, asyncio.StreamReader, asyncio.StreamWriter]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send which requests, in a circle; each must be answered 200, or refused as 503."""

    port: int
    per_second: int
    requests: tuple[str, ...]


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """A request: when it was due, by the machine's monotonic clock, and how long it took.

    `refused`: the server had too much to do, and said so.
    """

    due_at: float
    took_ms: float
    refused: bool


@dataclass(slots=True)
class Arrivals:
    """What arrived; filled when the block of `arriving` ends."""

    answered: tuple[Answered, ...] = ()

    def between(self, start: float, end: float) -> tuple[float, ...]:
        """How long those took, in milliseconds, that were due in between, sorted."""
        due = self._due(start, end)
        return tuple(sorted(each.took_ms for each in due if not each.refused))

    def refused(self, start: float, end: float) -> int:
        """How many of those that were due in between were refused."""
        return sum(each.refused for each in self._due(start, end))

    def _due(self, start: float, end: float) -> Iterator[Answered]:
        return (each for each in self.answered if start <= each.due_at < end)


@contextmanager
def arriving(plan: Plan) -> Iterator[Arrivals]:
    """Requests arrive while the block runs. Raises BenchFailed for any other answer than wanted."""
    arrivals = Arrivals()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.arrivals"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        if process.stdin is None:
            raise BenchFailed("the load generator has no input")
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.flush()
        yield arrivals
        written, said = process.communicate(timeout=_PATIENCE_SECONDS)
        if process.returncode:
            raise BenchFailed(f"the load generator failed: {said.decode()[-500:]}")
        arrivals.answered = msgspec.json.decode(written, type=tuple[Answered, ...])
    finally:
        process.kill()
        process.wait()


@dataclass(slots=True)
class _Caller:
    """Keep-alive connections, as many as are in use at the same moment."""

    port: int
    idle: list[_Connection] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)

    async def call(self, request: bytes, due_at: float) -> None:
        reader, writer = await self._connection()
        writer.write(request)
        head = (await reader.readuntil(_HEADERS_END)).decode("latin-1")
        lines = (line.partition(": ") for line in head.lower().split("\r\n"))
        length = next(value for name, _, value in lines if name == "content-length")
        body = await reader.readexactly(int(length))
        status = head.split(" ", 2)[1]
        if status not in ("200", "503"):
            raise BenchFailed(f"not answered 200: {head} {body[:300].decode()}")
        took_ms = (time.monotonic() - due_at) * 1000
        self.answered.append(Answered(due_at, took_ms, status == "503"))
        self.idle.append((time.monotonic(), reader, writer))

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One that was used just now, or else a new one: servers close those long idle."""
        if self.idle:
            used_at, reader, writer = self.idle.pop()
            if time.monotonic() - used_at < _IDLE_SECONDS:
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)


async def _send(plan: Plan) -> tuple[Answered, ...]:
    caller, ended = _Caller(plan.port), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    requests = [text.encode("ascii") for text in plan.requests]
    began = time.monotonic()
    async with asyncio.TaskGroup() as calls:
        for number in count():
            due_at = began + number / plan.per_second
            await asyncio.sleep(max(0.0, due_at - time.monotonic()))
            if ended.is_set():
                break
            calls.create_task(caller.call(requests[number % len(requests)], due_at))
    return tuple(caller.answered)


def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_send(plan))))


if __name__ == "__main__":
    _main()
