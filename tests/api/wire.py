"""A small app behind real sockets, and clients that write every byte themselves."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import anyio
import uvicorn
from starlette.requests import Request

from leal.api.allowance import Allowance
from leal.api.connections import Connections
from leal.api.crowd import Limits
from leal.api.http import Edge, PlainDialect, Reply, Surface, endpoint, json_response, router
from leal.api.json_body import read_body

HOST = b"Host: leal.test\r\n"
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client reads."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The words of a shaped error; fails on anything else."""
        assert self.headers["content-type"] == "application/json"
        found: str = json.loads(self.body)["error"]["message"]
        assert found
        return found


@dataclass
class Site:
    """The app. `served` holds what was done, `gate` lets the slow ones on."""

    served: list[bytes] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    seen_headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def edge(self, allowance: Allowance | None = None) -> Edge:
        routes = [
            endpoint("/add", self.add, methods=["POST"]),
            endpoint("/touch", self.touch, methods=["POST", "GET"]),
            endpoint("/slow", self.slow, methods=["POST", "GET"]),
            endpoint("/huge", self.huge),
        ]
        surface = Surface(prefix="/", app=router(routes), dialect=PlainDialect())
        return Edge([surface], new_request_id=lambda: "made-1", allowance=allowance)

    async def add(self, request: Request) -> Reply:
        raw = await read_body(request)
        self.seen_headers = list(request.scope["headers"])
        self.served.append(raw)
        return json_response(b'{"bytes":%d}' % len(raw), status=201)

    async def touch(self, request: Request) -> Reply:
        self.served.append(request.scope["query_string"])
        return json_response(b'{"touched":"%b"}' % request.scope["query_string"])

    async def slow(self, request: Request) -> Reply:
        while not self.gate.is_set():  # noqa: ASYNC110 - set by another thread
            await anyio.sleep(0.01)
        return await self.touch(request)

    async def huge(self, _request: Request) -> Reply:
        return json_response(b" " * 20_000_000)


@dataclass(frozen=True)
class Wire:
    """The server: `port` is open until `stop`."""

    port: int
    server: uvicorn.Server
    thread: threading.Thread

    def connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def ask(self, *parts: bytes, ends: bool = False) -> list[Answer]:
        """Everything that is answered until the server hangs up."""
        with self.connect() as client:
            for part in parts:
                client.sendall(part)
            if ends:
                client.shutdown(socket.SHUT_WR)
            return answers(until_end(client))

    def stop(self) -> None:
        self.server.should_exit = True

    def stopped(self) -> bool:
        self.thread.join(_PATIENCE_SECONDS)
        return not self.thread.is_alive()


@contextmanager
def wire(
    site: Site, limits: Limits | None = None, *, allowance: Allowance | None = None
) -> Iterator[Wire]:
    """Serves `site` on a port of its own."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            site.edge(allowance),
            loop="uvloop",
            http=cast("Any", Connections(limits or Limits(look=0.05))),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=20,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([held],))
        thread.start()
        try:
            _until(lambda: server.started)
            yield Wire(held.getsockname()[1], server, thread)
        finally:
            site.gate.set()
            server.should_exit = True
            thread.join()


def request(line: str, *headers: str, body: bytes | None = None) -> bytes:
    """A request of HTTP/1.1 with a Host."""
    told = [*headers, *(() if body is None else (f"Content-Length: {len(body)}",))]
    head = f"{line} HTTP/1.1\r\n".encode() + HOST + "".join(f"{h}\r\n" for h in told).encode()
    return head + b"\r\n" + (body or b"")


def until_end(client: socket.socket) -> bytes:
    """All that is sent until the other side hangs up."""
    received = b""
    while part := client.recv(65_536):
        received += part
    return received


def answers(received: bytes) -> list[Answer]:
    """Bytes, taken apart; fails when an answer is not whole."""
    found = []
    while received:
        head, ends, received = received.partition(b"\r\n\r\n")
        assert ends, head
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (each.partition(": ") for each in lines)
        }
        length = int(headers.get("content-length", "0"))
        assert len(received) >= length
        found.append(Answer(int(status.split()[1]), headers, received[:length]))
        received = received[length:]
    return found


def statuses(found: Sequence[Answer]) -> list[int]:
    return [each.status for each in found]


def _until(holds: Any) -> None:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
