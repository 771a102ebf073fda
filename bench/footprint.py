"""What a server takes: memory after many requests, and time until it answers."""

import os
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import msgspec

from bench import load, servers
from bench.samples import BenchFailed
from bench.servers import free_port
from bench.world import World

REQUESTS: Final = 100_000

_OK: Final = 200
_TURN_SECONDS: Final = 5.0
_KILOBYTE: Final = 1024
_PATIENCE_SECONDS: Final = 60
_STARTS: Final = 3


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Of a web process, in MB: before, after `requests`, and the most it ever was."""

    requests: int
    before_mb: float
    after_mb: float
    most_mb: float


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the command to the first answer, each time it was tried."""

    what: str
    seconds: tuple[float, ...]


def memory(world: World, *, requests: int = REQUESTS) -> Memory:
    """GET customer by 8 clients, until as many as wanted were answered."""
    with servers.serving(world, processes=1) as served:
        before, _ = _resident(served.pid)
        answered = 0
        while answered < requests:
            plan = load.Plan(
                port=served.port,
                seconds=_TURN_SECONDS,
                warm_seconds=0,
                status=_OK,
                clients=servers.get_requests(world, 8),
            )
            answered += round(load.run(plan).per_second * _TURN_SECONDS)
        after, most = _resident(served.pid)
    return Memory(requests=answered, before_mb=before, after_mb=after, most_mb=most)


def starts(world: World, *, times: int = _STARTS) -> list[Start]:
    """`leal serve` on an existing database, and `leal demo` from nothing."""
    compiled = {"PYTHONPYCACHEPREFIX": str(Path(world.folder, "compiled"))}
    environ = {**world.environ, **compiled, "LEAL_WORKER": "off"}
    _until_answered("serve", environ)  # installing compiles leal; here the first start does
    again = tuple(_until_answered("serve", environ) for _ in range(times))
    anew = []
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="leal-demo-") as folder:
            anew.append(_until_answered("demo", {"LEAL_DATA": folder, **compiled}))
    return [
        Start(what="leal serve on an existing database", seconds=again),
        Start(what="leal demo, the first time", seconds=tuple(anew)),
    ]


def _resident(pid: int) -> tuple[float, float]:
    """What a process holds in memory now, and the most it ever held, in MB."""
    found = {}
    for line in Path("/proc", str(pid), "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found[name] = int(value.split()[0]) / _KILOBYTE
    return found["VmRSS"], found["VmHWM"]


def _until_answered(command: str, environ: dict[str, str]) -> float:
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "leal.cli.main", command, "--port", str(port)],
        env={**_without_compiling_anew(), **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.monotonic() - began < _PATIENCE_SECONDS and process.poll() is None:
            if _answers(port):
                return time.monotonic() - began
            time.sleep(0.01)
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE_SECONDS)
    raise BenchFailed(f"`leal {command}` did not answer within {_PATIENCE_SECONDS} s")


def _without_compiling_anew() -> dict[str, str]:
    """The environment, but that Python keeps what it compiled, as it does where it is installed."""
    return {n: value for n, value in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == _OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
