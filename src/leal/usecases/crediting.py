"""Crediting new members with what they bought as guests."""

from typing import Final

from leal.domain.change import Change, begin
from leal.domain.crediting import credit_past
from leal.domain.scene import Scene
from leal.storage import due, jobs
from leal.storage.customers import Loaded, OrderKey, Wanted
from leal.storage.due import PastOrder
from leal.usecases.batches import Tally
from leal.usecases.desk import Ask, Desk, change, known, scene_now

CURSOR: Final = "purchases"
"""Its cursor holds the id of the last event that was followed."""

_EVENTS = 2_000
_ORDERS = 1_000


async def credit_all(desk: Desk, program_id: int) -> int:
    """Credits everybody who joined since the last time; returns how many orders.

    Follows the events of joining, and remembers its place only when nobody before it failed.
    Raises WorkFailed.
    """
    tally = Tally()
    last = await jobs.find_cursor(desk.database, program_id, CURSOR, shape=int) or 0
    while joined := await due.list_joined(
        desk.database, program_id, after_event_id=last, limit=_EVENTS
    ):
        await tally.each(joined.customer_ids, lambda found: credit(desk, program_id, found))
        last = joined.last_event_id
        if not tally.failures:
            await jobs.save_cursor(desk.database, program_id, CURSOR, position=last)
    return tally.outcome()


async def credit(desk: Desk, program_id: int, customer_id: int) -> int:
    """Credits a member's purchases from before joining; returns how many orders.

    Orders under the member's address that were nobody's become theirs.
    """
    scene = await scene_now(desk, Ask(program_id=program_id))
    days = scene.program.points.historic_purchases_days
    if days is None:
        return 0
    found = await due.list_past_orders(
        desk.database, program_id, customer_id, days=days, limit=_ORDERS
    )
    credited = 0
    for order in found:
        if scene.program.site(order.site_id) is not None:
            credited += await _credit_order(desk, program_id, customer_id, order=order)
    return credited


async def _credit_order(desk: Desk, program_id: int, customer_id: int, *, order: PastOrder) -> int:
    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        owner = loaded.order_customer_id
        if loaded.order is None or owner not in {None, account.customer.id}:
            return begin(account)
        return credit_past(begin(account), scene, loaded.order, linked=owner is not None)

    key = OrderKey(merchant_id=order.merchant_id, site_id=order.site_id)
    outcome = await change(
        desk,
        Ask(program_id=program_id, site_id=order.site_id),
        Wanted(customer_id=customer_id, lots=True, order=key),
        decide=decide,
    )
    return 0 if outcome.change is None or outcome.change.is_empty else 1
