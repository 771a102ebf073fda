"""Who follows the event log and remembers the last id never misses an event.

Writers draw ids and commit in any order, some long after; the reader goes on from what it saw. Seen
to fail: with the reader's wait for what is still running taken out, hundreds of events are missed.
"""

import asyncio
from random import Random

from leal.domain.points import add_by_hand
from leal.storage import customers
from leal.storage.customers import Wanted
from leal.storage.db import Runner
from leal.storage.events import list_settled_events
from leal.usecases import points
from leal.usecases.desk import Ask, scene_now
from tests.programs import lion_rewards
from tests.worlds import World, world_on

_WRITERS, _SAVES = 8, 30
_ASK = Ask(program_id=1)
_PATIENCE_SECONDS = 20


def test_a_reader_that_remembers_its_place_misses_nothing(database_url: str) -> None:
    with world_on(database_url, lion_rewards(), pool_size=_WRITERS + 2) as world:
        names = [f"c{number}" for number in range(_WRITERS)]
        for name in names:
            visit = {"customer": {"email": f"{name}@lion.example"}}
            path = f"/headless/2025-06/1/customers/{name}/sessions?channel=pos"
            assert world.post(path, visit).status == 200
        seen = world.run(_read_while_they_write(world, names))
        ids = world.run(world.database.rows("SELECT event_id FROM events ORDER BY event_id"))
    assert len(seen) > _WRITERS * _SAVES
    assert seen == [row["event_id"] for row in ids]


async def _read_while_they_write(world: World, names: list[str]) -> list[int]:
    writing = [asyncio.create_task(_writes(world, name)) for name in names]
    seen: list[int] = []
    while not all(task.done() for task in writing):
        seen += await _next(world.database, seen)
        await asyncio.sleep(0.001)
    await asyncio.gather(*writing)
    newest = await world.database.value("SELECT max(event_id) FROM events")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        # other tests on this server may have transactions open
        while not seen or seen[-1] < newest:
            seen += await _next(world.database, seen)
            await asyncio.sleep(0.01)
    return seen


async def _next(on: Runner, seen: list[int]) -> list[int]:
    after = seen[-1] if seen else 0
    return [each.event_id for each in await list_settled_events(on, 1, after=after, limit=50)]


async def _writes(world: World, name: str) -> None:
    """Every other save is part of a transaction that goes on for a while."""
    chance = Random(name)  # noqa: S311 - no secret: how long transactions take
    for number in range(_SAVES):
        if number % 2:
            await points.add(world.desk, _ASK, name, points=1, reason=None)
            continue
        async with world.database.transaction() as on:
            await _save(world, on, name)
            await asyncio.sleep(chance.uniform(0, 0.02))


async def _save(world: World, on: Runner, name: str) -> None:
    loaded = await customers.load(on, 1, Wanted(merchant_id=name))
    assert loaded.account is not None
    change = add_by_hand(loaded.account, await scene_now(world.desk, _ASK), points=1, reason=None)
    assert await customers.save(on, 1, change) is not None
