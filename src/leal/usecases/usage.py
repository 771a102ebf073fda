"""What orders mean for others: for claimed rewards of anybody, and for who sent the buyer.

An order changes its own customer; the claims it names may be anybody's. So it is saved with a note
that something follows, and each customer concerned is changed after it. What a crash leaves undone
is found by that note and done by background work; doing it twice changes nothing.
"""

from leal.domain.change import Change, begin
from leal.domain.rewards import usage
from leal.domain.scene import Scene
from leal.storage import claims, orders
from leal.storage.customers import ClaimKeys, Loaded, OrderKey, Wanted
from leal.usecases.desk import Desk, ask_at, change, known
from leal.usecases.referrals import follow_order


async def settle_order(desk: Desk, program_id: int, key: OrderKey) -> int:
    """Brings claims to what the order's latest state makes of them; returns for how many customers.

    An order nobody has told of yet changes nothing.
    """
    found = await orders.find(desk.database, program_id, key)
    if found is None:
        return 0
    order = found.order
    owners: dict[int, list[int]] = {}
    for each in await claims.list_concerned(desk.database, program_id, order):
        owners.setdefault(each.customer_id, []).append(each.claim_id)
    ask = await ask_at(desk, program_id, order.site_id)
    for customer_id, claim_ids in owners.items():
        wanted = Wanted(
            customer_id=customer_id,
            lots=True,
            order=OrderKey(merchant_id=order.merchant_id, site_id=order.site_id),
            claims=ClaimKeys(ids=tuple(claim_ids)),
        )
        await change(desk, ask, wanted, decide=_settle)
    await follow_order(desk, ask, found)
    if order.follow_up_due:
        await claims.note_settled(desk.database, program_id, order)
    return len(owners)


def _settle(loaded: Loaded, scene: Scene) -> Change:
    account = known(loaded)
    if loaded.order is None:
        return begin(account)
    return usage.settle_order(begin(account), scene, loaded.order)
