"""A server that is told to stop while clients are at it, and one that many keep waiting.

What was done was answered: the clients' own count is the ledger's. A request that got no answer was
not read, so sending it again is safe.

Planted, and seen to fail: a stop that hangs up at once (writes were done that nobody was told of).
"""

import base64
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import pytest

from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.access import Scope, create_key
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify
from tests.concurrency.fleet import NOW
from tests.databases import with_database
from tests.faults.books import Record
from tests.faults.servers import free_port
from tests.programs import lion_rewards
from tests.soak import examples

STOPS = examples(1, soak=5)
_CLIENTS = 8
_SLOW = 200
_ENOUGH = 100
_CALL_SECONDS = 20


@dataclass(slots=True)
class Served:
    """A running `leal serve`, and what its clients have seen."""

    port: int
    process: subprocess.Popen[bytes]
    key: str
    log: Path
    told: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        with self.lock:
            self.told[what] += 1

    def stop(self) -> float:
        """How long the server took to end after it was asked to."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0, self.log.read_text()
        return time.monotonic() - began

    def head(self, line: str, length: int = 0) -> bytes:
        fields = ("Host: x", f"Authorization: Bearer {self.key}", f"Content-Length: {length}")
        return "\r\n".join((f"{line} HTTP/1.1", *fields, "", "")).encode()


@contextmanager
def serving(database_url: str, folder: Path, *words: str) -> Iterator[Served]:
    port, sealing = free_port(), secrets.token_bytes(32)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LEAL_")} | {
        "LEAL_DATABASE_URL": database_url,
        "LEAL_DATA": str(folder),
        "LEAL_RATE_LIMIT": "0",
        "LEAL_WORKER": "off",
        "LEAL_SECRET_KEY": base64.b64encode(sealing).decode(),
    }
    log = folder / "server.log"
    key = open_shop(database_url, sealing)
    command = (sys.executable, "-m", "leal.cli.main", "serve", "--port", str(port), *words)
    with (
        log.open("wb") as written,
        subprocess.Popen(command, env=environ, stdout=written, stderr=written) as process,  # noqa: S603 - this interpreter, our own program
    ):
        try:
            served = Served(port, process, key, log)
            join(served)
            yield served
        finally:
            process.kill()


def open_shop(database_url: str, sealing: bytes) -> str:
    async def publish(database: Database) -> str:
        publisher = Publisher(database, Sealer(sealing), fresh=secrets.token_hex)
        made = await publisher.create(lion_rewards(), author="test", now=NOW)
        new = await create_key(
            database, made.published.id, name="test", scopes=Scope, fresh=secrets.token_hex, now=NOW
        )
        return new.secret

    return with_database(database_url, publish)


def join(served: Served) -> None:
    """Waits until the server answers, and makes a customer for each client."""
    give_up_at = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", served.port), timeout=1).close()
            break
        except OSError:
            assert served.process.poll() is None, served.log.read_text()
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
    for number in range(_CLIENTS):
        body = json.dumps(
            {
                "customer": {"email": f"c{number}@lion.example"},
                "session": {"page_url": "https://lion.example/"},
            }
        ).encode()
        path = f"/headless/2025-06/1/customers/c{number}/sessions?channel=web"
        with connected(served.port) as connection:
            connection.sendall(served.head(f"POST {path}", len(body)) + body)
            assert read_answer(connection)[0] == 200


def keep_adding(served: Served, number: int) -> None:
    """Adds a point again and again on one connection, then on the next, until nobody is there."""
    body = b'{"points": 1}'
    sent = served.head(f"POST /v2/customers/c{number}/points", len(body)) + body
    while True:
        try:
            connection = connected(served.port)
        except OSError:
            return
        with connection:
            closes = False
            while not closes:
                try:
                    connection.sendall(sent)
                    status, closes = read_answer(connection)
                except OSError:
                    served.note("not read")
                    break
                served.note(str(status))


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stop_under_load_drops_nothing(
    database_url: str, tmp_path: Path, processes: int, record_property: Record
) -> None:
    told = Counter[str]()
    for _ in range(STOPS):
        with serving(database_url, tmp_path, "--workers", str(processes)) as served:
            threads = [
                threading.Thread(target=keep_adding, args=(served, number))
                for number in range(_CLIENTS)
            ]
            for thread in threads:
                thread.start()
            give_up_at = time.monotonic() + 30
            while served.told["201"] < _ENOUGH and time.monotonic() < give_up_at:
                time.sleep(0.01)
            served.stop()
            for thread in threads:
                thread.join()
            told += served.told
    record_property("stops", STOPS)
    record_property("told", dict(sorted(told.items())))
    assert set(told) <= {"201", "not read"}
    assert told["201"] >= _ENOUGH
    # a connection may only be lost in the moment the port is closed
    assert told["not read"] <= 5 * _CLIENTS * STOPS
    done = "SELECT count(*) FROM transactions WHERE points_approved = 1"
    assert with_database(database_url, lambda on: on.value(done)) == told["201"]
    assert with_database(database_url, verify).violations == ()


def test_two_hundred_slow_senders_delay_nobody(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as served, ExitStack() as stack:
        quiet = times_of_a_client(served)
        slow = [stack.enter_context(connected(served.port)) for _ in range(_SLOW)]
        for number, each in enumerate(slow):
            in_body = served.head("POST /v2/customers/c0/points", 100)
            each.sendall(in_body if number % 2 else b"GET / HTTP/1.1\r\nHost: x\r\nA: ")
        stop = threading.Event()
        dripping = threading.Thread(target=drip, args=(slow, stop))
        dripping.start()
        crowded = times_of_a_client(served)
        took = served.stop()
        stop.set()
        dripping.join()
        # nor do they keep the server from ending
        assert took < 12
        heard = Counter(each.recv(12) for each in slow)
    assert heard == {b"HTTP/1.1 408": _SLOW}
    figures = f"{quantiles(quiet, n=100)[-1]:.4f} s, then {quantiles(crowded, n=100)[-1]:.4f} s"
    assert median(crowded) < 3 * median(quiet) + 0.02, figures
    assert quantiles(crowded, n=100)[-1] < 5 * quantiles(quiet, n=100)[-1] + 0.1, figures


def times_of_a_client(served: Served) -> list[float]:
    """How long each of 150 requests takes a client that does nothing wrong, in seconds."""
    found = []
    with connected(served.port) as connection:
        for _ in range(150):
            began = time.perf_counter()
            connection.sendall(served.head("GET /headless/2025-06/1/customers/c1?channel=web"))
            assert read_answer(connection)[0] == 200
            found.append(time.perf_counter() - began)
            time.sleep(0.005)
    return found


def drip(slow: list[socket.socket], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for each in slow:
            try:
                each.send(b" ")
            except OSError:
                continue


def connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=_CALL_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def read_answer(connection: socket.socket) -> tuple[int, bool]:
    """The status of one answer, and whether the server hangs up; OSError when none comes."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        response.read()
    except http.client.RemoteDisconnected as nothing:
        raise ConnectionResetError from nothing
    return response.status, response.will_close
