"""What time brings to claimed rewards: refunds of what was not used, ends, codes that came late."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from leal.domain.change import Change, begin, with_changed_claim
from leal.domain.claims import ClaimedReward, ClaimState, find_claim
from leal.domain.rewards.ending import expire, made, refund_if_due
from leal.domain.scene import Scene
from leal.storage import claims
from leal.storage.claims import ClaimDue, Owned
from leal.storage.customers import ClaimKeys, Loaded, OrderKey, Wanted
from leal.usecases.batches import BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, change, known, scene_now
from leal.usecases.usage import settle_order

Step = Callable[[Change, Scene, ClaimedReward], Change]


async def move_on_all(desk: Desk, program_id: int) -> int:
    """Does all that is due for a program's claims; returns how much. Raises WorkFailed."""
    tally = Tally()
    await _settle_orders(desk, program_id, tally)
    scene = await scene_now(desk, Ask(program_id=program_id))
    after = BEGINNING
    while batch := await claims.list_to_refund(
        desk.database, program_id, until=scene.now, after=after, limit=BATCH
    ):
        await tally.each(batch, _moving(desk, program_id, refund_if_due))
        after = batch[-1].key
    after = BEGINNING
    while batch := await claims.list_to_expire(
        desk.database, program_id, until=scene.now, after=after, limit=BATCH
    ):
        await tally.each(batch, _moving(desk, program_id, expire))
        after = batch[-1].key
    await _hand_out(desk, program_id, tally)
    return tally.outcome()


async def _settle_orders(desk: Desk, program_id: int, tally: Tally) -> None:
    after = 0
    while batch := await claims.list_orders_due(
        desk.database, program_id, after=after, limit=BATCH
    ):
        await tally.each(
            batch,
            lambda due: settle_order(
                desk, program_id, OrderKey(merchant_id=due.merchant_id, site_id=due.site_id)
            ),
        )
        after = batch[-1].order_id


def _moving(desk: Desk, program_id: int, step: Step) -> Callable[[ClaimDue], Awaitable[int]]:
    async def move(due: ClaimDue) -> int:
        return await _move(desk, program_id, due.customer_id, claim_id=due.key.id, step=step)

    return move


async def _hand_out(desk: Desk, program_id: int, tally: Tally) -> None:
    """Gives their codes to those who wait, while the pools last."""
    for reward_id in await claims.list_rewards_without_code(desk.database, program_id):
        waiting = await claims.list_without_code(desk.database, program_id, reward_id, limit=BATCH)
        await tally.each(waiting, _handing_out(desk, program_id))


def _handing_out(desk: Desk, program_id: int) -> Callable[[Owned], Awaitable[int]]:
    async def move(owned: Owned) -> int:
        return await _move(
            desk, program_id, owned.customer_id, claim_id=owned.claim_id, step=_with_code
        )

    return move


def _with_code(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    waits = claim.state is ClaimState.PENDING and claim.code is None
    if not waits or claim.reward_id not in scene.shelf.pools:
        return change
    change = made(change, scene, claim)
    approved = find_claim(change.account.held, claim.id) or claim
    return with_changed_claim(change, replace(approved, from_pool=True))


async def _move(desk: Desk, program_id: int, customer_id: int, *, claim_id: int, step: Step) -> int:
    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        claim = find_claim(account.held, claim_id)
        return begin(account) if claim is None else step(begin(account), scene, claim)

    wanted = Wanted(customer_id=customer_id, lots=True, claims=ClaimKeys(ids=(claim_id,)))
    outcome = await change(desk, Ask(program_id=program_id), wanted, decide=decide)
    return 0 if outcome.change is None or outcome.change.is_empty else 1
