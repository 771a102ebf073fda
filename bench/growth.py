"""What more data costs: more customers around, or a longer past of the one who is asked for.

One client, medians over short turns. Customers are taken at random from all there are, so their
rows are as cold as such a number makes them. Those with a past take turns with one another.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, TypeAlias

import msgspec

from bench import crowd, load, servers, tape
from bench.world import World

SIZES: Final = (1_000, 100_000, 1_000_000)

_PASTS: Final = {"10 awards": ("7000001", 10, 1_000), "10,000 awards": ("7000002", 10_000, 1)}
_ASKED_FOR: Final = 5_000
_OK: Final = 200
_CREATED: Final = 201

Requests: TypeAlias = tuple[tuple[str, ...], ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A median in milliseconds, and how many times that of the first step it is."""

    what: str
    size: str
    p50_ms: float
    times: float


def customers(
    world: World,
    *,
    sizes: Sequence[int],
    rounds: int,
    seconds: float,
    done: Callable[[str], None],
) -> list[Step]:
    """GET customer and an award as customers become more."""
    found: dict[str, list[tuple[str, float]]] = {"GET customer": [], "award points": []}
    for size in sizes:
        asyncio.run(crowd.grow(world, until=size))
        ids = _anybody(world, size)
        awards = servers.award_each(world, ids, points=tape.POINTS, reason=tape.REASON)
        with servers.leal_server(world) as port:
            turns = {
                "GET customer": (servers.get_each(world, ids), _OK),
                "award points": (awards, _CREATED),
            }
            for what, took in _medians(port, turns, rounds=rounds, seconds=seconds).items():
                found[what].append((f"{size:,} customers", took))
        done(f"{size:,} customers")
    return [step for what, sizes_of in found.items() for step in _steps(what, sizes_of)]


def pasts(world: World, *, rounds: int, seconds: float, done: Callable[[str], None]) -> list[Step]:
    """GET customer and an award for a member with a short past, and one with a long one."""
    for merchant_id, awards, points in _PASTS.values():
        asyncio.run(crowd.add_member(world, merchant_id, awards=awards, points=points))
    steps = []
    with servers.leal_server(world) as port:
        ids = {size: (merchant_id,) for size, (merchant_id, _, _) in _PASTS.items()}
        asked = {size: (servers.get_each(world, each), _OK) for size, each in ids.items()}
        took = _medians(port, asked, rounds=rounds, seconds=seconds)
        steps += _steps("GET customer", list(took.items()))
        given = {
            size: (servers.award_each(world, each, points=1, reason=tape.REASON), _CREATED)
            for size, each in ids.items()
        }
        took = _medians(port, given, rounds=rounds, seconds=seconds)
        steps += _steps("award points", list(took.items()))
    done("long pasts")
    return steps


def _anybody(world: World, size: int) -> tuple[str, ...]:
    chance = random.Random(size)  # noqa: S311 - anybody, repeatably
    first = crowd.FIRST_OF_CROWD + world.customers
    everybody = range(first, crowd.FIRST_OF_CROWD + size)
    asked_for = min(_ASKED_FOR, len(everybody))
    return tuple(map(str, chance.sample(everybody, asked_for)))


def _medians(
    port: int, turns: dict[str, tuple[Requests, int]], *, rounds: int, seconds: float
) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(rounds):
        for name in turns if number % 2 == 0 else reversed(turns):
            requests, status = turns[name]
            plan = load.Plan(
                port=port,
                seconds=seconds,
                warm_seconds=seconds / 4,
                status=status,
                clients=requests,
            )
            took[name].append(load.run(plan).p50_ms)
    return {name: median(each) for name, each in took.items()}


def _steps(what: str, sizes: list[tuple[str, float]]) -> list[Step]:
    first = sizes[0][1]
    return [Step(what=what, size=size, p50_ms=took, times=took / first) for size, took in sizes]
