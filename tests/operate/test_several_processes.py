"""What an operator's tools see of several processes: figures of all of them, and a stop in time.

Seen to fail with figures kept in each process's own memory, and without the delay of a stop.
"""

import http.client
import os
import re
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.servers import Installation, Serving, free_port, serving
from tests.operate.test_readiness import READY, ask
from tests.soak import examples

_TOKEN = "t0ken-of-metrics-reader"
_ROUTE = "/v2/identity/whoami"
_COUNTED = re.compile(rf'leal_http_requests_total{{.*route="{_ROUTE}",status="401"}} (\S+)')
_PROCESSES = re.compile(r"^leal_web_processes (\S+)", re.MULTILINE)
_STOPPING = (503, {"status": "not_ready", "reason": "leal is stopping"})
_DELAY_SECONDS = 1
_PATIENCE_SECONDS = 30


def _installation(database_url: str, folder: Path, **more: str) -> Installation:
    folder.mkdir(exist_ok=True)
    return Installation(
        database_url=database_url,
        folder=folder,
        port=free_port(),
        secret_key=secrets.token_bytes(32),
        environ={"LEAL_METRICS_TOKEN": _TOKEN, **more},
    )


def _get(port: int, path: str) -> tuple[int, str]:
    """On a connection of its own, so that any of the processes may take it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path, headers={"authorization": f"Bearer {_TOKEN}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _figures(port: int) -> tuple[float, float]:
    """How often the route was asked, and how many processes there are."""
    told = _get(port, "/metrics")[1]
    counted = _COUNTED.search(told)
    processes = _PROCESSES.search(told)
    assert processes is not None
    return float(counted[1]) if counted else 0.0, float(processes[1])


def _until(what: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


@contextmanager
def _held(pid: int) -> Iterator[None]:
    """Keeps a process from doing anything: the others answer."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@dataclass(slots=True)
class _Balancer:
    """Sends each request to a server that said lately that it is ready."""

    ports: tuple[int, ...]
    ready: tuple[int, ...] = ()
    told: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(0.1):
            self.ready = tuple(port for port in self.ports if self._is_ready(port))

    def _is_ready(self, port: int) -> bool:
        try:
            return ask(port) == READY
        except (OSError, http.client.HTTPException):
            return False

    def send(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            ports = self.ready
            try:
                told = str(_get(ports[number % len(ports)], _ROUTE)[0])
            except (OSError, http.client.HTTPException) as error:
                told = type(error).__name__
            with self.lock:
                self.told[told] += 1
            time.sleep(0.03)


@contextmanager
def _balanced(ports: tuple[int, ...]) -> Iterator[_Balancer]:
    balancer = _Balancer(ports)
    threads = [threading.Thread(target=balancer.watch)]
    threads[0].start()
    try:
        _until(lambda: balancer.ready == ports)
        threads += [threading.Thread(target=balancer.send) for _ in range(2)]
        for thread in threads[1:]:
            thread.start()
        yield balancer
    finally:
        balancer.over.set()
        for thread in threads:
            thread.join()


def test_figures_are_of_all_processes_and_a_stop_is_told_in_time(
    database_url: str, tmp_path: Path
) -> None:
    delay = {"LEAL_STOP_DELAY_SECONDS": str(_DELAY_SECONDS)}
    ends = _installation(database_url, tmp_path / "ends", **delay)
    stays = _installation(database_url, tmp_path / "stays")
    with ExitStack() as stack:
        ending = stack.enter_context(serving(ends, workers=2))
        stack.enter_context(serving(stays))
        _until(lambda: _figures(ends.port)[1] == 2)
        _whichever_is_asked_tells_of_all(ending, ends.port)
        if examples(0, soak=1):
            _the_dead_stay_counted(ending, ends.port)
        balancer = stack.enter_context(_balanced((ends.port, stays.port)))
        began = time.monotonic()
        ending.process.send_signal(signal.SIGTERM)
        _until(lambda: ask(ends.port) == _STOPPING)
        _both_say_so(ending, ends.port)
        assert ending.process.wait(timeout=_PATIENCE_SECONDS) == 0
        assert time.monotonic() - began >= _DELAY_SECONDS
        assert balancer.ready == (stays.port,)
    assert set(balancer.told) == {"401"}
    assert "Traceback" not in ends.log.read_text()


def _whichever_is_asked_tells_of_all(served: Serving, port: int) -> None:
    first, second = served.web_processes()
    for held, asked in ((first, 3), (second, 4)):
        with _held(held):
            assert [_get(port, _ROUTE)[0] for _ in range(asked)] == [401] * asked
    _until(lambda: _figures(port) == (7, 2))  # it is counted a moment after it is answered
    for held in (first, second):
        with _held(held):
            assert _figures(port) == (7, 2)


def _the_dead_stay_counted(served: Serving, port: int) -> None:
    """The one in the place of a process that died is counted, and what that had counted stays."""
    killed = served.web_processes()[0]
    os.kill(killed, signal.SIGKILL)
    _until(lambda: len(set(served.web_processes()) - {killed}) == 2)
    _until(lambda: _figures(port) == (7, 2))


def _both_say_so(served: Serving, port: int) -> None:
    for held in served.web_processes():
        with _held(held):
            assert ask(port) == _STOPPING
            # who was sent here before the balancer heard of it is served
            assert _get(port, _ROUTE)[0] == 401
