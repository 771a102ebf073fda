"""How long answers take at shares of what a server can do, when requests do not wait for others.

Requests arrive at a constant rate (`bench/arrivals.py`), and each answer's time counts from when
its request was due: whoever came while the server was busy counts in full.
"""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from bench import servers
from bench.arrivals import Plan, arriving
from bench.operations import capacity
from bench.samples import BenchFailed
from bench.world import World

SHARES: Final = (0.2, 0.4, 0.6, 0.8, 0.9)
PERCENTILES: Final = (0.5, 0.9, 0.99, 0.999)

_WARM_SECONDS: Final = 1.0


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the capacity: the rate, and the percentiles in milliseconds.

    `refused` were told that the server has too much to do; the percentiles are of the others.
    """

    share: float
    per_second: int
    answers: int
    refused: int
    ms: tuple[float, ...]


def measure(world: World, *, seconds: float, done: Callable[[str], None]) -> list[Level]:
    """GET customer of one process at each share."""
    levels = []
    with servers.leal_server(world) as port:
        most = capacity(world, port, seconds=seconds)
        requests = servers.get_requests(world, 1)[0]
        for each in SHARES:
            plan = Plan(port=port, per_second=max(1, round(most * each)), requests=requests)
            with arriving(plan) as arrivals:
                time.sleep(_WARM_SECONDS)
                start = time.monotonic()
                time.sleep(seconds)
                end = time.monotonic()
            took = arrivals.between(start, end)
            if not took:
                raise BenchFailed("nothing arrived: give turns more --seconds")
            at = tuple(took[min(int(len(took) * part), len(took) - 1)] for part in PERCENTILES)
            levels.append(
                Level(
                    share=each,
                    per_second=plan.per_second,
                    answers=len(took),
                    refused=arrivals.refused(start, end),
                    ms=at,
                )
            )
            done(f"{each:.0%} of capacity")
    return levels
