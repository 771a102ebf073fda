"""Two leal servers on one database, and the means to call both at the same moment.

A race between processes cannot be seen inside one: each has its own event loop and its own pool,
and only the database is shared. The servers are real, started as an operator would. Whether the
calls meet well enough for a race to be lost is tried on servers that lose it (`naive.py`).
"""

import asyncio
import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, assert_never

from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.access import Scope, create_key
from leal.usecases.programs import Publisher
from leal.usecases.verification import Report, verify
from tests.databases import with_database
from tests.programs import Document

_T = TypeVar("_T")

PROCESSES = 2
NOW = datetime(2025, 6, 10, 12, 0, 0, tzinfo=UTC)
_START_SECONDS = 30
_STOP_SECONDS = 20
_CALL_SECONDS = 30
_READ_SECONDS = 0.05  # so long a server has for reading what was sent

Command = Callable[[int], Sequence[str]]
"""What to run for a server on a port."""


class Rush(StrEnum):
    """How calls are made at the same moment.

    By tasks of one thread; by a thread for each; or by sending all but the last byte of every call
    and then all last bytes, so that the servers can begin with nothing before they have everything.
    """

    TASKS = "tasks"
    THREADS = "threads"
    LAST_BYTE = "last_byte"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A POST of JSON, or of nothing; `once` is its idempotency key."""

    path: str
    body: object = None
    once: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def told(self) -> str:
        """The status, with the code of an error."""
        code = self.json["error"].get("code", "") if self.status >= 400 else ""
        return f"{self.status} {code}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The running servers."""

    database_url: str
    ports: tuple[int, ...]
    log: Path
    secret_key: bytes = field(repr=False)

    def new_shop(self, document: Document, *, sandbox: bool = False) -> "Shop":
        """Publishes one more program; the time of a sandbox can be moved on."""

        async def publish(database: Database) -> Shop:
            sealer = Sealer(self.secret_key)
            publisher = Publisher(database, sealer, fresh=secrets.token_hex)
            made = await publisher.create(document, author="test", now=NOW, sandbox=sandbox)
            program_id = made.published.id
            key = await create_key(
                database, program_id, name="test", scopes=Scope, fresh=secrets.token_hex, now=NOW
            )
            return Shop(fleet=self, program_id=program_id, key=key.secret)

        return self.on_database(publish)

    def on_database(self, work: Callable[[Database], Awaitable[_T]]) -> _T:
        """Looks at, or prepares, what the servers share."""
        return with_database(self.database_url, work)

    def at_once(self, calls: Sequence[Call], *, key: str, rush: Rush = Rush.TASKS) -> list[Answer]:
        """Makes all calls at the same moment, spread evenly over the servers, in order."""
        sent = [
            _Sent(self.ports[number % len(self.ports)], call.path, _request(call, key))
            for number, call in enumerate(calls)
        ]
        match rush:
            case Rush.TASKS:
                return asyncio.run(_by_tasks(sent))
            case Rush.THREADS:
                return _by_threads(sent)
            case Rush.LAST_BYTE:
                return _by_last_byte(sent)
            case _:
                assert_never(rush)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One program of the fleet, and a key that may do everything in it."""

    fleet: Fleet
    program_id: int
    key: str = field(repr=False)

    def at_once(self, *calls: Call, rush: Rush = Rush.TASKS) -> list[Answer]:
        """See `Fleet.at_once`."""
        return self.fleet.at_once(calls, key=self.key, rush=rush)

    def publish(self, document: Document) -> None:
        """Publishes a new version of the program."""

        async def publish(database: Database) -> None:
            sealer = Sealer(self.fleet.secret_key)
            publisher = Publisher(database, sealer, fresh=secrets.token_hex)
            await publisher.publish(self.program_id, document, author="test", now=NOW)

        self.fleet.on_database(publish)

    def session(self, merchant_id: str, *, email: str | None = None) -> Call:
        """A visit to the shop's page, which creates and enrols a customer nobody knows."""
        return Call(
            path=f"{_customer(merchant_id)}/sessions?channel=web",
            body={
                "customer": {"email": email or f"{merchant_id}@lion.example"},
                "session": {"page_url": "https://lion.example/"},
            },
        )

    def headless(self, merchant_id: str, operation: str, body: object = None) -> Call:
        """Another operation of the Headless API on a customer."""
        return Call(path=f"{_customer(merchant_id)}/{operation}?channel=web", body=body)

    def add(self, merchant_id: str, points: int) -> Call:
        """The merchant gives points."""
        return Call(path=f"/v2/customers/{merchant_id}/points", body={"points": points})

    def remove(self, merchant_id: str, points: int) -> Call:
        """The merchant takes points."""
        return Call(path=f"/v2/customers/{merchant_id}/remove_points", body={"points": points})

    def balances(self) -> dict[str, tuple[int, int]]:
        """Approved points and entries in the ledger of every customer, by merchant id."""

        async def read(database: Database) -> dict[str, tuple[int, int]]:
            rows = await database.rows(
                "SELECT merchant_id, points_approved, (SELECT count(*) FROM transactions t"
                " WHERE t.program_id = $1 AND t.customer_id = c.customer_id) AS entries"
                " FROM customers c WHERE program_id = $1",
                self.program_id,
            )
            return {row["merchant_id"]: (row["points_approved"], row["entries"]) for row in rows}

        return self.fleet.on_database(read)

    def verified(self) -> Report:
        """What `leal verify` finds."""
        return self.fleet.on_database(lambda database: verify(database, program_id=self.program_id))


def leal_serve(port: int) -> Sequence[str]:
    """The server itself."""
    return (sys.executable, "-m", "leal.cli.main", "serve", "--port", str(port))


@contextmanager
def running(database_url: str, folder: Path, command: Command = leal_serve) -> Iterator[Fleet]:
    """Starts the servers, gives them once all answer, and ends them."""
    fleet = Fleet(
        database_url=database_url,
        ports=tuple(_free_ports(PROCESSES)),
        log=folder / "servers.log",
        secret_key=secrets.token_bytes(32),
    )
    with ExitStack() as stack:
        environ = _environ(fleet, folder)
        processes = [
            stack.enter_context(_server(command(port), environ, log=fleet.log))
            for port in fleet.ports
        ]
        for port, process in zip(fleet.ports, processes, strict=True):
            _until_it_answers(port, process, fleet.log)
        yield fleet


def _environ(fleet: Fleet, folder: Path) -> Mapping[str, str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LEAL_")}
    return environ | {
        "LEAL_DATABASE_URL": fleet.database_url,
        "LEAL_DATA": str(folder),
        "LEAL_RATE_LIMIT": "0",
        "LEAL_SECRET_KEY": base64.b64encode(fleet.secret_key).decode(),
    }


@contextmanager
def _server(
    command: Sequence[str], environ: Mapping[str, str], *, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("ab") as written,
        subprocess.Popen(command, env=environ, stdout=written, stderr=written) as process,  # noqa: S603 - this interpreter, our own program
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=_STOP_SECONDS)
            finally:
                process.kill()


def _until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up_at, log.read_text()
            time.sleep(0.05)
        else:
            return


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A call as it goes to a server."""

    port: int
    path: str
    content: bytes

    def answered(self, received: bytes) -> Answer:
        head, _, body = received.partition(b"\r\n\r\n")
        assert head, f"no answer to {self.path}"
        return Answer(status=int(head.split(maxsplit=2)[1]), body=body)


async def _by_tasks(calls: Sequence[_Sent]) -> list[Answer]:
    gate = asyncio.Barrier(len(calls))

    async def made(call: _Sent) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", call.port)
        try:
            await gate.wait()
            writer.write(call.content)
            return call.answered(await reader.read())
        finally:
            writer.close()
            await writer.wait_closed()

    async with asyncio.timeout(_CALL_SECONDS):
        return await asyncio.gather(*map(made, calls))


def _by_threads(calls: Sequence[_Sent]) -> list[Answer]:
    gate = threading.Barrier(len(calls), timeout=_CALL_SECONDS)

    def made(call: _Sent) -> Answer:
        with _connected(call.port) as connection:
            gate.wait()
            connection.sendall(call.content)
            return call.answered(_read(connection))

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(made, calls))


def _by_last_byte(calls: Sequence[_Sent]) -> list[Answer]:
    with ExitStack() as stack:
        connections = [stack.enter_context(_connected(call.port)) for call in calls]
        for connection, call in zip(connections, calls, strict=True):
            connection.sendall(call.content[:-1])
        time.sleep(_READ_SECONDS)
        for connection, call in zip(connections, calls, strict=True):
            connection.sendall(call.content[-1:])
        return [
            call.answered(_read(connection))
            for connection, call in zip(connections, calls, strict=True)
        ]


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=_CALL_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _read(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def _request(call: Call, key: str) -> bytes:
    body = b"" if call.body is None else json.dumps(call.body).encode()
    head = (
        f"POST {call.path} HTTP/1.1",
        "Host: leal.test",
        f"Authorization: Bearer {key}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(() if call.once is None else (f"Idempotency-Key: {call.once}",)),
    )
    return "\r\n".join((*head, "", "")).encode() + body


def _customer(merchant_id: str) -> str:
    return f"/headless/2025-06/1/customers/{merchant_id}"
