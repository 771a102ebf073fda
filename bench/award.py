"""Awards or redeems by calling the use case, without HTTP: what of it is not the web server's.

A process of its own: `python -m bench.award` reads a plan on standard input and writes a sample.
"""

import asyncio
import subprocess
import sys
import time

import msgspec
import uvloop

from bench.samples import BenchFailed, Sample, sample_of
from bench.tape import award, redeem
from bench.world import World, desk_on
from leal.usecases.desk import Desk


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks at work at the same time; with `times`, each so many and then an end."""

    world: World
    tasks: int
    seconds: float = 0
    warm_seconds: float = 0
    times: int | None = None
    redeems: bool = False


def run(plan: Plan) -> Sample:
    """Carry out the plan in a process of its own. Raises BenchFailed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.award"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchFailed(f"the working process failed: {done.stderr.decode()[-500:]}")
    return msgspec.json.decode(done.stdout, type=Sample)


async def _measure(plan: Plan) -> Sample:
    async with desk_on(plan.world) as desk:
        warm_until = time.perf_counter() + plan.warm_seconds
        until = warm_until + plan.seconds
        took = await asyncio.gather(
            *(
                _work(desk, plan, ids, counted_from=warm_until, until=until)
                for ids in plan.world.slices(plan.tasks)
            )
        )
    return sample_of([each for part in took for each in part], plan.seconds or 1)


async def _work(
    desk: Desk, plan: Plan, ids: tuple[str, ...], *, counted_from: float, until: float
) -> list[int]:
    work = redeem if plan.redeems else award
    took: list[int] = []
    done = 0
    while True:
        begun = time.perf_counter()
        await work(desk, plan.world, ids[done % len(ids)])
        now = time.perf_counter()
        done += 1
        if plan.times is None and now >= until:
            return took
        if now >= counted_from:
            took.append(int((now - begun) * 1e9))
        if done == plan.times:
            return took


def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sample = runner.run(_measure(plan))
    sys.stdout.buffer.write(msgspec.json.encode(sample))


if __name__ == "__main__":
    _main()
