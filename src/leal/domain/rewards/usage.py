"""Using what was claimed: by an order that carries its code, or at a till that asks leal.

A use by an order is a function of the order's latest state: an order that names a voucher has used
it, one that was given back returns what the voucher cost and ends it, and whatever is told twice or
late comes out the same. Only the first use of a voucher counts; gift cards are used until empty.
"""

from dataclasses import replace
from fractions import Fraction
from math import floor

from leal.domain.change import (
    Change,
    UseRow,
    with_changed_claim,
    with_customer,
    with_event,
    with_use,
)
from leal.domain.claims import ClaimedReward, ClaimState, ClaimUse, UsageStatus
from leal.domain.orders import Order
from leal.domain.points import touched
from leal.domain.refusals import BalanceTooLow, RewardAlreadyUsed, VoucherNotUsable
from leal.domain.rewards.ending import refund_part, void
from leal.domain.rewards.terms import RewardKind
from leal.domain.scene import Scene

USED = "rewards/used"
CODE_CASES = (str, str.upper, str.lower)
"""How a code may have been written down: shops fold their case."""


def codes_of(order: Order) -> tuple[str, ...]:
    """Every code that may be meant by those on an order."""
    return tuple(
        dict.fromkeys(fold(each.code) for each in order.discount_codes for fold in CODE_CASES)
    )


def redemptions_of(order: Order) -> tuple[str, ...]:
    """The redemptions whose free products are on an order."""
    return tuple(item.redemption_id for item in order.line_items if item.redemption_id)


def names(order: Order, claim: ClaimedReward) -> bool:
    """Whether the order uses the claim: by its code, its id, its line, or as was announced."""
    return (
        claim.id in order.claimed_reward_ids
        or (claim.code is not None and claim.code in codes_of(order))
        or (claim.redemption_id is not None and claim.redemption_id in redemptions_of(order))
        or claim.usage_order == order.merchant_id
    )


def settle_order(change: Change, scene: Scene, order: Order) -> Change:
    """Brings each claim that the order names, or used, to what the order's state makes of it.

    `account.held` must hold them with their uses, `account.rows` their rows of history.
    """
    for claim in change.account.held:
        named = names(order, claim)
        noted = _use_by(claim, order)
        if named and noted is None:
            change = _used_by_order(change, scene, order, claim=claim)
        elif named and noted is not None and noted.order_id is None:
            change = _noted(change, scene, claim, use=replace(noted, order_id=order.id))
        elif not named and noted is not None and noted.order_id == order.id:
            change = strike(change, scene, claim, use=noted)
        change = _given_back(change, scene, order, claim_id=claim.id)
    return change


def use(change: Change, scene: Scene, claim: ClaimedReward, *, wanted: ClaimUse) -> Change:
    """Notes a use at a till, once; the same use again changes nothing.

    `wanted.amount_minor` 0 takes all that is left on a gift card. Raises VoucherNotUsable,
    RewardAlreadyUsed for another use of a voucher, BalanceTooLow.
    """
    if any(each.key == wanted.key for each in claim.uses):
        return change
    if claim.state is not ClaimState.APPROVED or _is_past(claim, scene):
        raise VoucherNotUsable
    if claim.usage_status is UsageStatus.USED:
        raise RewardAlreadyUsed
    if claim.balance_minor is not None:
        if wanted.amount_minor > claim.balance_minor:
            raise BalanceTooLow(claim.balance_minor)
        wanted = replace(wanted, amount_minor=wanted.amount_minor or claim.balance_minor)
    return _noted(change, scene, claim, use=wanted)


def strike(change: Change, scene: Scene, claim: ClaimedReward, *, use: ClaimUse) -> Change:
    """Undoes a use: the voucher is good again, or the money is back on the gift card."""
    row = UseRow(claimed_reward_id=claim.id, use=use, struck=True)
    left = tuple(each for each in claim.uses if each.key != use.key)
    return _with_uses(with_use(change, row), scene, claim, uses=left)


def is_usable(claim: ClaimedReward, scene: Scene) -> bool:
    """Whether the voucher would be taken at this moment."""
    return (
        claim.state is ClaimState.APPROVED
        and claim.usage_status is not UsageStatus.USED
        and not _is_past(claim, scene)
    )


def key_at_till(reference: str) -> str:
    """What a use under a shop's own reference is known by."""
    return f"reference:{reference}"


def find_use(claim: ClaimedReward, *, reference: str, site_id: int) -> ClaimUse | None:
    """The use under a reference, whether a till noted it or the order of that name on the site."""
    keys = (key_at_till(reference), _key_of_order(reference, site_id))
    return next((each for each in claim.uses if each.key in keys), None)


def _use_by(claim: ClaimedReward, order: Order) -> ClaimUse | None:
    """The use by this order, also when a till noted it under the order's number before."""
    return find_use(claim, reference=order.merchant_id, site_id=order.site_id)


def _key_of_order(merchant_id: str, site_id: int) -> str:
    return f"order:{site_id}:{merchant_id}"


def _used_by_order(change: Change, scene: Scene, order: Order, *, claim: ClaimedReward) -> Change:
    taken = 0
    if claim.is_over or claim.usage_status is UsageStatus.USED:
        return change
    if claim.balance_minor is not None:
        taken = min(claim.balance_minor, _amount_of(order, claim))
    noted = ClaimUse(
        key=_key_of_order(order.merchant_id, order.site_id),
        reference=order.merchant_id,
        order_id=order.id,
        amount_minor=taken,
        used_at=min(max(order.ordered_at, claim.claimed_at), scene.now),
    )
    return _noted(change, scene, claim, use=noted)


def _amount_of(order: Order, claim: ClaimedReward) -> int:
    """What the order took from a gift card; all that gift cards paid when it does not say."""
    for each in order.discount_codes:
        if claim.code in {fold(each.code) for fold in CODE_CASES} and each.amount_minor is not None:
            return each.amount_minor
    return order.gift_card_minor or order.total_minor


def _noted(change: Change, scene: Scene, claim: ClaimedReward, *, use: ClaimUse) -> Change:
    uses = (*(each for each in claim.uses if each.key != use.key), use)
    change = with_use(change, UseRow(claimed_reward_id=claim.id, use=use))
    change = _with_uses(change, scene, claim, uses=uses)
    told = {"reward_id": claim.reward_id, "kind": claim.kind, "reference": use.reference}
    return with_event(change, USED, told, now=scene.now, claim=claim)


def _with_uses(
    change: Change, scene: Scene, claim: ClaimedReward, *, uses: tuple[ClaimUse, ...]
) -> Change:
    balance, status = claim.balance_minor, UsageStatus.USED if uses else UsageStatus.NOT_USED
    if balance is not None:
        balance = (claim.terms.initial_balance_minor or 0) - sum(use.amount_minor for use in uses)
        if uses and balance > 0:
            status = UsageStatus.PARTIALLY_USED
    counted = claim.usage_status is UsageStatus.USED
    counts = status is UsageStatus.USED
    changed = replace(
        claim,
        uses=uses,
        balance_minor=balance,
        usage_status=status,
        used_at=min((use.used_at for use in uses), default=None),
    )
    customer = replace(
        change.customer, rewards_used=change.customer.rewards_used + counts - counted
    )
    return touched(with_customer(with_changed_claim(change, changed), customer), scene.now)


def _given_back(change: Change, scene: Scene, order: Order, *, claim_id: int) -> Change:
    """What refunds of the order give back of a reward it used up; gift cards give nothing back."""
    claim = next(each for each in change.account.held if each.id == claim_id)
    mine = any(each.order_id == order.id for each in claim.uses)
    if not mine or claim.is_over or claim.kind == RewardKind.GIFT_CARD:
        return change
    if order.is_undone:
        return void(change, scene, claim)
    if not scene.program.points.partial_refund_reimburses_rewards or order.total_minor <= 0:
        return change
    share = min(Fraction(order.refunded_minor, order.total_minor), Fraction(1))
    return refund_part(change, scene, claim, points=floor(claim.points_cost * share))


def _is_past(claim: ClaimedReward, scene: Scene) -> bool:
    """Whether its day has come before it was used up, or its time to be used at all is over."""
    expired = claim.expires_at is not None and claim.expires_at <= scene.now
    overdue = claim.auto_refund_at is not None and claim.auto_refund_at <= scene.now
    return (expired and claim.usage_status is not UsageStatus.USED) or (overdue and claim.is_unused)
