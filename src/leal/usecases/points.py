"""Points that a merchant gives or takes by hand."""

from leal.domain import points as ledger
from leal.domain.change import Change
from leal.domain.scene import Scene
from leal.storage.customers import Loaded, Wanted
from leal.usecases.desk import Ask, Desk, Outcome, change, known


async def add(
    desk: Desk, ask: Ask, merchant_id: str, *, points: int, reason: str | None
) -> Outcome:
    """Adds approved points, 1 to 1,000,000; `reason` is shown to the shopper."""

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return ledger.add_by_hand(known(loaded), scene, points=points, reason=reason)

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)


async def remove(
    desk: Desk, ask: Ask, merchant_id: str, *, points: int, reason: str | None
) -> Outcome:
    """Removes approved points; the balance may fall below zero."""

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return ledger.remove_by_hand(known(loaded), scene, points=points, reason=reason)

    return await change(desk, ask, Wanted(merchant_id=merchant_id, lots=True), decide=decide)
