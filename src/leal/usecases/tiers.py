"""Tiers that a merchant moves customers into, or out of."""

from leal.domain.change import Change
from leal.domain.problems import BadRequest
from leal.domain.scene import Scene
from leal.domain.tier_moves import move_by_hand
from leal.storage.customers import Loaded, Wanted
from leal.usecases.desk import Ask, Desk, Outcome, change, known


async def move(desk: Desk, ask: Ask, merchant_id: str, *, tier_id: int | None) -> Outcome:
    """Moves a member into a tier, or with None to the one they have earned.

    Raises Missing for an unknown customer, BadRequest for an unknown tier, CustomerBlocked,
    CustomerNotEnrolled.
    """

    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        tier = None if tier_id is None else scene.program.tier(tier_id)
        if tier is None and (tier_id is not None or scene.program.tiers is None):
            tiers = scene.program.tiers
            ids = ", ".join(str(each.id) for each in tiers.tiers) if tiers else ""
            known_ones = f"expected one of {ids}" if ids else "the program has no tiers"
            raise BadRequest({"tier_id": f"Unknown tier: {known_ones}"})
        return move_by_hand(account, scene, tier=tier)

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)
