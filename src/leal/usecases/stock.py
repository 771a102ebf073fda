"""What is left of the goods that rewards give away."""

from dataclasses import replace

from leal.domain.rewards.redeemability import counts_stock
from leal.domain.scene import Scene
from leal.storage import stock
from leal.usecases.desk import Ask, Desk, scene_now


async def scene_with_stock(desk: Desk, ask: Ask) -> Scene:
    """The scene without anybody in it, with what was given away where the program counts it."""
    scene = await scene_now(desk, ask)
    if not any(map(counts_stock, scene.program.rewards)):
        return scene
    return replace(scene, shelf=await stock.load(desk.database, ask.program_id))
