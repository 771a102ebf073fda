"""Starts and stops the two HTTP servers that are measured."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

import msgspec

from bench import bare, load
from bench.samples import BenchFailed
from bench.tape import Statement
from bench.world import World

_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: its port, and its process or the one that looks after several."""

    port: int
    pid: int


@contextmanager
def leal_server(world: World) -> Iterator[int]:
    """`leal serve` in one process; gives its port."""
    with serving(world, processes=1) as served:
        yield served.port


@contextmanager
def serving(world: World, *, processes: int) -> Iterator[Served]:
    """`leal serve` in so many processes."""
    port = free_port()
    command = ("-m", "leal.cli.main", "serve", "--port", str(port), "--workers", str(processes))
    # what time brings would be worked off on the same two processors
    environ = {**world.environ, "LEAL_WORKER": "off"}
    with _running(command, environ, port=port, log=Path(world.folder, "leal.log")) as pid:
        yield Served(port, pid)


@contextmanager
def bare_server(world: World, statement: Statement, documents: Mapping[str, str]) -> Iterator[int]:
    """The bare app in one process; gives its port."""
    port = free_port()
    plan = bare.Plan(url=world.url, port=port, load=statement, documents=dict(documents))
    path = Path(world.folder, "bare.json")
    path.write_bytes(msgspec.json.encode(plan))
    environ = {bare.PLAN_VARIABLE: str(path)}
    with _running(("-m", "bench.bare"), environ, port=port, log=Path(world.folder, "bare.log")):
        yield port


def documents_of(world: World, port: int) -> dict[str, str]:
    """Every customer's document, as leal answers it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    documents = {}
    for merchant_id in world.slices(1)[0]:
        connection.request("GET", customer_path(world, merchant_id), headers=_caller(world))
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise BenchFailed(f"leal answers {answer.status} for a customer: {text[:300]}")
        documents[merchant_id] = text
    connection.close()
    return documents


def get_requests(world: World, clients: int) -> tuple[tuple[str, ...], ...]:
    """GET customer, for every client its own customers."""
    return tuple(
        tuple(
            load.request("GET", customer_path(world, each), headers=_caller(world)) for each in ids
        )
        for ids in world.slices(clients)
    )


def get_each(world: World, ids: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """GET customer, these one after the other."""
    caller = _caller(world)
    return (tuple(load.request("GET", customer_path(world, each), headers=caller) for each in ids),)


def award_each(
    world: World, ids: Sequence[str], *, points: int, reason: str
) -> tuple[tuple[str, ...], ...]:
    """POST points, for these one after the other."""
    body = msgspec.json.encode({"points": points, "reason": reason}).decode()

    def award(merchant_id: str) -> str:
        path = f"/v2/customers/{merchant_id}/points"
        return load.request("POST", path, headers=_caller(world), body=body)

    return (tuple(map(award, ids)),)


def award_requests(
    world: World, clients: int, *, points: int, reason: str
) -> tuple[tuple[str, ...], ...]:
    """POST points, for every client its own customers."""
    body = msgspec.json.encode({"points": points, "reason": reason}).decode()
    return tuple(
        tuple(
            load.request("POST", f"/v2/customers/{each}/points", headers=_caller(world), body=body)
            for each in ids
        )
        for ids in world.slices(clients)
    )


def redeem_requests(
    world: World, clients: int, *, reward_id: int, kind: str
) -> tuple[tuple[str, ...], ...]:
    """POST redeem, for every client its own customers."""
    path = f"/headless/2025-06/{world.site_id}/rewards/{kind}/redeem?channel=web"

    def redeem(merchant_id: str) -> str:
        wanted = {"reward_id": reward_id, "customer_merchant_id": merchant_id}
        body = msgspec.json.encode(wanted).decode()
        return load.request("POST", path, headers=_caller(world), body=body)

    return tuple(tuple(map(redeem, ids)) for ids in world.slices(clients))


def order_requests(world: World, clients: int, *, each: int) -> tuple[tuple[str, ...], ...]:
    """POST paid orders nobody told of before, for every client its own customers."""

    def order(merchant_id: str) -> str:
        told = {
            "merchant_id": uuid4().hex,
            "customer_id": merchant_id,
            "total": "60.00",
            "total_shipping": "10.00",
            "payment_status": "paid",
        }
        body = msgspec.json.encode(told).decode()
        return load.request("POST", "/v2/orders?site_id=1", headers=_caller(world), body=body)

    return tuple(
        tuple(order(merchant_id) for merchant_id in islice(cycle(ids), each))
        for ids in world.slices(clients)
    )


def configuration_requests(world: World, clients: int) -> tuple[tuple[str, ...], ...]:
    """GET configuration."""
    return _always(world, clients, f"/headless/2025-06/{world.site_id}/configuration?channel=web")


def list_requests(world: World, clients: int, what: str) -> tuple[tuple[str, ...], ...]:
    """The first page of a list of the Admin API, of 50."""
    return _always(world, clients, f"/v2/{what}?limit=50")


def session_requests(world: World, clients: int) -> tuple[tuple[str, ...], ...]:
    """POST sessions of members who come back, for every client its own customers."""

    def come(merchant_id: str) -> str:
        visitor = {"customer": {"email": f"shopper.{merchant_id}@example.com"}}
        path = customer_path(world, merchant_id).replace("?", "/sessions?")
        body = msgspec.json.encode(visitor).decode()
        return load.request("POST", path, headers=_caller(world), body=body)

    return tuple(tuple(map(come, ids)) for ids in world.slices(clients))


def _always(world: World, clients: int, path: str) -> tuple[tuple[str, ...], ...]:
    return ((load.request("GET", path, headers=_caller(world)),),) * clients


def customer_path(world: World, merchant_id: str) -> str:
    """Where a customer's document is, on both servers."""
    return f"/headless/2025-06/{world.site_id}/customers/{merchant_id}?channel=web"


def _caller(world: World) -> dict[str, str]:
    return {"authorization": f"Bearer {world.api_key}"}


@contextmanager
def _running(
    words: Sequence[str], environ: Mapping[str, str], *, port: int, log: Path
) -> Iterator[int]:
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, *words],
            env={**os.environ, **environ},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, port, log)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    said = log.read_text(errors="replace")[-1000:]
    raise BenchFailed(f"{log.stem} did not start: {said}")


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
