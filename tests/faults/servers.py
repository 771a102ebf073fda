"""A leal server that is killed without a word, again and again, and shoppers who do not mind."""

import base64
import http.client
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from leal.storage.embedded import EmbeddedServer

_START_SECONDS = 60
_CALL_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What each life of the server is started with."""

    database_url: str
    folder: Path
    port: int
    secret_key: bytes = field(repr=False)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def installed_with(server: EmbeddedServer, folder: Path) -> Installation:
    """One whose PostgreSQL is leal's own to look after, in this folder."""
    return Installation(
        database_url=server.url,
        folder=folder,
        port=free_port(),
        secret_key=secrets.token_bytes(32),
        # it is not told of the address
        environ={"LEAL_DATABASE_URL": ""},
    )


@dataclass(frozen=True, slots=True)
class Serving:
    """One life of a server."""

    process: subprocess.Popen[bytes]

    def web_processes(self) -> tuple[int, ...]:
        """The processes that answer, when there are several."""
        return children(self.process.pid, called="spawn_main")


def children(parent: int, *, called: str) -> tuple[int, ...]:
    """The processes that a process has started with this word in their commands."""
    return tuple(
        child
        for child in (int(each.name) for each in Path("/proc").glob("[0-9]*"))
        if _parent(child) == parent and called in _command(child)
    )


def live_for(installation: Installation, live: Callable[[], None]) -> None:
    """One life: starts the server, does `live` once it answers, and kills it without warning."""
    with serving(installation):
        live()


@contextmanager
def serving(installation: Installation, *, workers: int = 1) -> Iterator[Serving]:
    """Starts a server and gives it once it answers; killed without warning at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEAL_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles everything again
    environ = kept | {
        "LEAL_DATABASE_URL": installation.database_url,
        "LEAL_DATA": str(installation.folder),
        "LEAL_RATE_LIMIT": "0",
        "LEAL_WORKER": "off",
        "LEAL_SECRET_KEY": base64.b64encode(installation.secret_key).decode(),
        **installation.environ,
    }
    words = ("serve", "--port", str(installation.port), "--workers", str(workers))
    command = (sys.executable, "-m", "leal.cli.main", *words)
    with (
        installation.log.open("ab") as log,
        subprocess.Popen(command, env=environ, stdout=log, stderr=log) as process,  # noqa: S603 - this interpreter, our own program
    ):
        try:
            _until_it_answers(installation, process)
            yield Serving(process)
        finally:
            process.kill()


def until_free(port: int, *, seconds: float = 20) -> None:
    """Waits until nobody listens on a port any more."""
    give_up_at = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                assert time.monotonic() < give_up_at, f"somebody keeps port {port}"
            else:
                return
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Shoppers:
    """Threads that keep doing something until they are stopped, whether anybody answers or not."""

    def __init__(self, port: int, key: str, *, shop: Callable[["Shopper"], None]) -> None:
        self._port = port
        self._key = key
        self._shop = shop
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.told = Counter[str]()

    def start(self, names: list[str], *, seed: int) -> None:
        """Sends one thread for each name."""
        for number, name in enumerate(names):
            thread = threading.Thread(target=self._keep_on, args=(name, seed + number))
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Calls them back and waits for all."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def post(self, path: str, body: object = None) -> tuple[int, bytes]:
        """One request; status 0 when no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_CALL_SECONDS)
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        try:
            content = None if body is None else json.dumps(body)
            connection.request("POST", path, body=content, headers=headers)
            response = connection.getresponse()
            status, answer = response.status, response.read()
        except (OSError, http.client.HTTPException):
            status, answer = 0, b""
        finally:
            connection.close()
        with self._lock:
            self.told[_shown(status, answer)] += 1
        return status, answer

    def _keep_on(self, name: str, seed: int) -> None:
        shopper = Shopper(shoppers=self, name=name, chance=random.Random(seed))  # noqa: S311 - to be repeatable
        while not self._stop.is_set():
            self._shop(shopper)


@dataclass(slots=True)
class Shopper:
    """One of the threads, and what it remembers."""

    shoppers: Shoppers
    name: str
    chance: random.Random
    claims: list[int] = field(default_factory=list)


def _shown(status: int, answer: bytes) -> str:
    if status == 0:
        return "no answer"
    return f"{status} {answer.decode()}" if status >= 500 else str(status)


def _until_it_answers(installation: Installation, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", installation.port), timeout=1).close()
        except OSError:
            assert process.poll() is None, installation.log.read_text()
            assert time.monotonic() < give_up_at, installation.log.read_text()
            time.sleep(0.02)
        else:
            return


def _parent(pid: int) -> int:
    with suppress(OSError):
        # the name stands in brackets and may hold anything
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""
