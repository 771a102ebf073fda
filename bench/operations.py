"""Every busy operation over HTTP: so many clients, one and two server processes.

Beside each stands the bare app's GET customer with as many clients, on the same database in the
same run: what a row is worth shows only against it. The bare app is one process.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

import msgspec

from bench import load, servers, tape
from bench.samples import Sample
from bench.world import World

CLIENTS: Final = (1, 8, 32)
PROCESSES: Final = (1, 2)

_OK: Final = 200
_CREATED: Final = 201
_FRESH_ORDERS_PER_SECOND: Final = 1_500
_BARE: Final = "bare app, GET customer"

Requests: TypeAlias = tuple[tuple[str, ...], ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An operation with so many clients; `processes` is 0 for the bare app."""

    name: str
    clients: int
    processes: int
    sample: Sample


def measure(world: World, *, seconds: float, done: Callable[[str], None]) -> list[Row]:
    """All rows, the bare app's first."""
    rows = []
    with servers.leal_server(world) as port, _bare(world, port) as bare:
        for clients in CLIENTS:
            requests = servers.get_requests(world, clients)
            sample = _run(bare, requests, seconds=seconds, status=_OK)
            rows.append(Row(name=_BARE, clients=clients, processes=0, sample=sample))
            done(_BARE)
    # redemptions last: their claims make every document and load larger
    for table in (_operations, _redemptions):
        for processes in PROCESSES:
            with servers.serving(world, processes=processes) as served:
                for clients in CLIENTS:
                    for name, requests, status in table(world, clients, seconds):
                        sample = _run(served.port, requests, seconds=seconds, status=status)
                        rows.append(
                            Row(name=name, clients=clients, processes=processes, sample=sample)
                        )
                        done(f"{name}, {clients} clients, {processes} processes")
    return rows


def capacity(world: World, port: int, *, seconds: float) -> float:
    """So many customers a second a server gives at most to 8 clients."""
    requests = servers.get_requests(world, 8)
    return _run(port, requests, seconds=seconds, status=_OK).per_second


def share(row: Row, rows: list[Row]) -> float | None:
    """What a row does a second, as a share of the bare app with as many clients."""
    for each in rows:
        if each.name == _BARE and each.clients == row.clients and row.name != _BARE:
            return row.sample.per_second / each.sample.per_second
    return None


@contextmanager
def _bare(world: World, leal: int) -> Iterator[int]:
    statement = asyncio.run(tape.record_get(world))
    documents = servers.documents_of(world, leal)
    with servers.bare_server(world, statement, documents) as port:
        yield port


def _operations(world: World, clients: int, seconds: float) -> Iterator[tuple[str, Requests, int]]:
    yield "GET configuration", servers.configuration_requests(world, clients), _OK
    yield "GET customer", servers.get_requests(world, clients), _OK
    yield "list customers", servers.list_requests(world, clients, "customers"), _OK
    yield "list transactions", servers.list_requests(world, clients, "transactions"), _OK
    yield "initialize session", servers.session_requests(world, clients), _OK
    awards = servers.award_requests(world, clients, points=tape.POINTS, reason=tape.REASON)
    yield "award points", awards, _CREATED
    fresh = round(seconds * 2 * _FRESH_ORDERS_PER_SECOND / clients)
    yield "order paid", servers.order_requests(world, clients, each=fresh), _CREATED


def _redemptions(
    world: World, clients: int, _seconds: float
) -> Iterator[tuple[str, Requests, int]]:
    redemptions = servers.redeem_requests(
        world, clients, reward_id=tape.REWARD_ID, kind=tape.REWARD_KIND
    )
    yield "redeem", redemptions, _CREATED


def _run(port: int, requests: Requests, *, seconds: float, status: int) -> Sample:
    warm = min(0.5, seconds / 2)
    plan = load.Plan(port=port, seconds=seconds, warm_seconds=warm, status=status, clients=requests)
    return load.run(plan)
