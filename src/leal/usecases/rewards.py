"""Rewards that customers claim, and claims that are given back."""

import re
from collections.abc import Callable
from dataclasses import replace

from leal.domain.change import Change, begin
from leal.domain.claims import ClaimedReward, find_claim
from leal.domain.problems import Forbidden, Missing
from leal.domain.refusals import Refusal, RewardKindMismatch, VoucherNotMade
from leal.domain.rewards.ending import refuse_unless_refundable, void
from leal.domain.rewards.redeemability import refuse_unless_member
from leal.domain.rewards.redeeming import Redemption, redeem
from leal.domain.rewards.terms import RewardKind
from leal.domain.scene import Scene
from leal.storage import claims
from leal.storage.claims import Owned
from leal.storage.customers import ClaimKeys, Loaded, OrderKey, Wanted
from leal.usecases import usage, vouchers
from leal.usecases.desk import Ask, Desk, Outcome, change, known, look, scene_now
from leal.usecases.vouchers import Settlement
from leal.usecases.whose import whose

_SUBSCRIBED_KIND = RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT


async def claim(
    desk: Desk, ask: Ask, merchant_id: str, *, wanted: Redemption, address_id: int | None = None
) -> tuple[Outcome, ClaimedReward]:
    """Spends a customer's points on a reward; answers with the claim.

    `address_id` is the delivery of a subscription that a product is added to. A voucher that lives
    in a shop is asked for at once; the claim is pending when the shop gives no clear answer. Raises
    Missing, the refusals of `redeem`, and VoucherNotMade after the points are back.
    """
    try:
        outcome, made = await _claim(desk, ask, merchant_id, wanted=wanted, address_id=address_id)
    except Refusal as refusal:
        reward = (await desk.programs.lately(ask.program_id)).program.reward(wanted.reward_id)
        desk.meter.claim("unknown" if reward is None else reward.KIND, _named(refusal))
        raise
    desk.meter.claim(made.kind, "claimed" if made.settle_by is None else "pending")
    return outcome, made


async def find_owner(desk: Desk, program_id: int, claim_id: int) -> Owned:
    """Whose a claim is. Raises Missing."""
    owned = await claims.list_owned(desk.database, program_id, ClaimKeys(ids=(claim_id,)))
    if not owned:
        raise missing_claim()
    return owned[0]


async def find_own(desk: Desk, ask: Ask, claim_id: int, *, own: str) -> Owned:
    """A claim of the customer with the merchant id `own`.

    Raises Forbidden for everything else, whether somebody else's or nobody's: it tells neither.
    """
    try:
        mine = await whose(desk, ask, own)
    except Missing:
        mine = None
    for owned in await claims.list_owned(desk.database, ask.program_id, ClaimKeys(ids=(claim_id,))):
        if owned.customer_id == mine:
            return owned
    raise Forbidden("This session token belongs to another customer or site")


async def refund(
    desk: Desk, ask: Ask, owned: Owned, *, kind: RewardKind | None = None
) -> tuple[Outcome, ClaimedReward]:
    """Undoes an unused claim: its points come back, what was given away is on the shelf again.

    `kind` None takes any; a kind asks for one in the hands of a member in good standing, as
    shoppers do. A voucher that lives in a shop is taken back there at once: a claim that has a
    `store` and no `settle_by` is one whose shop has confirmed it. Raises RewardKindMismatch and the
    refusals of `refuse_unless_refundable`.
    """
    if desk.reserved is not None:
        settlement = await _finish(desk, ask, desk.reserved)
        return settlement.outcome, settlement.claim

    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        found = held(loaded, owned.claim_id)
        if kind is not None:
            refuse_unless_member(account)
            if found.kind != kind:
                raise RewardKindMismatch
        refuse_unless_refundable(found, scene.now)
        return void(begin(account), scene, found)

    outcome = await change_claim(desk, ask, owned, decide=decide)
    ended = held_by(outcome, owned.claim_id)
    if ended.settle_by is None:
        return outcome, ended
    settlement = await vouchers.settle(desk, ask, outcome, claim=ended)
    return settlement.outcome, settlement.claim


async def change_claim(
    desk: Desk, ask: Ask, owned: Owned, *, decide: Callable[[Loaded, Scene], Change]
) -> Outcome:
    """Changes a customer for the sake of one claim, which is loaded with all that belongs to it."""
    wanted = Wanted(
        customer_id=owned.customer_id, lots=True, claims=ClaimKeys(ids=(owned.claim_id,))
    )
    return await change(desk, ask, wanted, decide=decide)


def held(loaded: Loaded, claim_id: int) -> ClaimedReward:
    """The claim that was asked for. Raises Missing."""
    found = find_claim(known(loaded).held, claim_id)
    if found is None:
        raise missing_claim()
    return found


def held_by(outcome: Outcome, claim_id: int) -> ClaimedReward:
    """The claim as it is after a change for its sake. Raises Missing."""
    found = find_claim(outcome.account.held, claim_id)
    if found is None:
        raise missing_claim()
    return found


def missing_claim() -> Missing:
    """There is no such claim, or it is another customer's."""
    return Missing("claimed_reward", "No claimed reward with this id")


def _named(refusal: Refusal) -> str:
    """The kind of a refusal in small letters: `insufficient_points`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refusal).__name__).lower()


async def _claim(
    desk: Desk, ask: Ask, merchant_id: str, *, wanted: Redemption, address_id: int | None
) -> tuple[Outcome, ClaimedReward]:
    if desk.reserved is None:
        wanted = await _with_subscription(
            desk, ask, merchant_id, wanted=wanted, address_id=address_id
        )
        outcome, made = await _claimed(desk, ask, merchant_id, wanted=wanted)
    else:
        settlement = await _finish(desk, ask, desk.reserved)
        if settlement.claim.is_over:
            raise VoucherNotMade
        outcome, made = settlement.outcome, settlement.claim
    if made.usage_order is not None:
        key = OrderKey(merchant_id=made.usage_order, site_id=outcome.scene.site.id)
        if await usage.settle_order(desk, ask.program_id, key):
            outcome = await look(desk, ask, merchant_id)
            made = find_claim(outcome.account.claims, made.id) or made
    return outcome, made


async def _claimed(
    desk: Desk, ask: Ask, merchant_id: str, *, wanted: Redemption
) -> tuple[Outcome, ClaimedReward]:
    """Saves the claim and has its voucher made, where that lives in a shop."""

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return redeem(known(loaded), scene, wanted)

    outcome = await change(desk, ask, Wanted(merchant_id=merchant_id, lots=True), decide=decide)
    made = outcome.account.claims[0]
    if made.settle_by is None:
        return outcome, made
    settlement = await vouchers.settle(desk, ask, outcome, claim=made)
    if settlement.was_refused:
        raise VoucherNotMade
    return settlement.outcome, settlement.claim


async def _finish(desk: Desk, ask: Ask, claim_id: int) -> Settlement:
    """Goes on with the claim of a request that was cut short while the shop was asked."""
    owned = await find_owner(desk, ask.program_id, claim_id)
    return await vouchers.finish(desk, ask, customer_id=owned.customer_id, claim_id=owned.claim_id)


async def _with_subscription(
    desk: Desk, ask: Ask, merchant_id: str, *, wanted: Redemption, address_id: int | None
) -> Redemption:
    """Looks for the customer's subscription, for the kind that needs one, before anything changes.

    Where nobody runs subscriptions there is nothing to look for, and the decision says so.
    """
    if wanted.kind not in (None, _SUBSCRIBED_KIND):
        return wanted
    scene = await scene_now(desk, ask)
    reward = scene.program.reward(wanted.reward_id)
    provider = scene.site.subscription_provider
    if reward is None or reward.KIND is not _SUBSCRIBED_KIND or provider is None:
        return wanted
    async with desk.outside():
        found = await desk.subscriptions[provider].find(
            program_id=ask.program_id,
            merchant_id=merchant_id,
            address_id=address_id,
            now=scene.now,
        )
    return replace(wanted, subscribed=found is not None, subscription=found)
