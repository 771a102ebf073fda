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
from leal.domain.topics import REWARD_USED


def folded(code: str) -> str:
    """The form in which codes are compared: shops fold their case, in either direction."""
    return code.upper()


def codes_of(order: Order) -> tuple[str, ...]:
    """The codes on an order, folded."""
    return tuple(dict.fromkeys(folded(each.code) for each in order.discount_codes))


def redemptions_of(order: Order) -> tuple[str, ...]:
    """The redemptions whose free products are on an order."""
    return tuple(item.redemption_id for item in order.line_items if item.redemption_id)


def names(order: Order, claim: ClaimedReward) -> bool:
    """Whether the order uses the claim: by its code, its id, its line, or as was announced."""
    return (
        claim.id in order.claimed_reward_ids
        or (claim.code is not None and folded(claim.code) in codes_of(order))
        or (claim.redemption_id is not None and claim.redemption_id in redemptions_of(order))
        or (claim.usage_order == order.merchant_id and claim.site_id in (None, order.site_id))
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
        elif named and noted is not None:
            change = _used_anew(change, scene, order, claim=claim)
        elif noted is not None and noted.order_id == order.id:
            change = strike(change, scene, claim, use=noted)
        change = _given_back(change, scene, order, claim_id=claim.id)
    return change


def use(change: Change, scene: Scene, claim: ClaimedReward, *, wanted: ClaimUse) -> Change:
    """Notes a use at a till, once; the same use again changes nothing.

    `wanted.amount_minor` 0 takes all that is left on a gift card. Raises VoucherNotUsable,
    RewardAlreadyUsed for another use of a voucher, BalanceTooLow.
    """
    if any(each.key == wanted.key and not each.ignored for each in claim.uses):
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
    """Undoes a use: the voucher is good again, or the money is back on the gift card.

    An order that named it meanwhile, in vain, then has used it.
    """
    row = UseRow(claimed_reward_id=claim.id, use=use, struck=True)
    left = tuple(each for each in claim.uses if each.key != use.key)
    change = _with_uses(with_use(change, row), scene, claim, uses=left)
    claim = _held(change, claim)
    waiting = next((each for each in left if each.ignored), None)
    if waiting is None or claim.is_over or claim.usage_status is UsageStatus.USED:
        return change
    return _noted(change, scene, claim, use=_counted(waiting, claim))


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
    return next((each for each in claim.uses if each.key in keys and not each.ignored), None)


def _use_by(claim: ClaimedReward, order: Order) -> ClaimUse | None:
    """The use by this order, also when a till noted it under the order's number before."""
    found = find_use(claim, reference=order.merchant_id, site_id=order.site_id)
    key = _key_of_order(order.merchant_id, order.site_id)
    return found or next((each for each in claim.uses if each.key == key), None)


def _key_of_order(merchant_id: str, site_id: int) -> str:
    return f"order:{site_id}:{merchant_id}"


def _used_by_order(change: Change, scene: Scene, order: Order, *, claim: ClaimedReward) -> Change:
    if claim.is_over or not _pays_in(claim, scene.site.currency):
        return change
    named = ClaimUse(
        key=_key_of_order(order.merchant_id, order.site_id),
        reference=order.merchant_id,
        order_id=order.id,
        amount_minor=0 if claim.balance_minor is None else _amount_of(order, claim),
        used_at=min(max(order.ordered_at, claim.claimed_at), scene.now),
        ignored=True,
    )
    if claim.usage_status is not UsageStatus.USED:
        return _noted(change, scene, claim, use=_counted(named, claim))
    row = UseRow(claimed_reward_id=claim.id, use=named)
    return with_changed_claim(with_use(change, row), replace(claim, uses=(*claim.uses, named)))


def _used_anew(change: Change, scene: Scene, order: Order, *, claim: ClaimedReward) -> Change:
    """The order confirms what a till noted, or takes another amount off a gift card than before."""
    noted = _use_by(claim, order)
    if noted is None or noted.ignored or claim.is_over:
        return change
    now = replace(noted, order_id=order.id)
    if claim.balance_minor is not None and noted.order_id == order.id:
        left = claim.balance_minor + noted.amount_minor
        now = replace(now, amount_minor=min(left, _amount_of(order, claim)))
    return change if now == noted else _noted(change, scene, claim, use=now)


def _counted(use: ClaimUse, claim: ClaimedReward) -> ClaimUse:
    """The use as one that counts; off a gift card it takes no more than there is."""
    taken = 0 if claim.balance_minor is None else min(claim.balance_minor, use.amount_minor)
    return replace(use, amount_minor=taken, ignored=False)


def _pays_in(claim: ClaimedReward, currency: str) -> bool:
    """Whether it can pay where this currency is; vouchers are not money."""
    return claim.balance_minor is None or claim.terms.currency == currency


def _amount_of(order: Order, claim: ClaimedReward) -> int:
    """What the order took from a gift card; all that gift cards paid when it does not say."""
    for each in order.discount_codes:
        same = folded(each.code) == folded(claim.code or "")
        if same and each.amount_minor is not None:
            return each.amount_minor
    return order.gift_card_minor or order.total_minor


def _noted(change: Change, scene: Scene, claim: ClaimedReward, *, use: ClaimUse) -> Change:
    uses = (*(each for each in claim.uses if each.key != use.key), use)
    change = with_use(change, UseRow(claimed_reward_id=claim.id, use=use))
    change = _with_uses(change, scene, claim, uses=uses)
    told = {"reward_id": claim.reward_id, "kind": claim.kind, "reference": use.reference}
    return with_event(change, REWARD_USED, told, now=scene.now, claim=claim)


def _with_uses(
    change: Change, scene: Scene, claim: ClaimedReward, *, uses: tuple[ClaimUse, ...]
) -> Change:
    counting = [use for use in uses if not use.ignored]
    balance, status = claim.balance_minor, UsageStatus.USED if counting else UsageStatus.NOT_USED
    if balance is not None:
        taken = sum(use.amount_minor for use in counting)
        balance = (claim.terms.initial_balance_minor or 0) - taken
        if counting and balance > 0:
            status = UsageStatus.PARTIALLY_USED
    counted = claim.usage_status is UsageStatus.USED
    counts = status is UsageStatus.USED
    changed = replace(
        claim,
        uses=uses,
        balance_minor=balance,
        usage_status=status,
        used_at=min((use.used_at for use in counting), default=None),
    )
    customer = replace(
        change.customer, rewards_used=change.customer.rewards_used + counts - counted
    )
    return touched(with_customer(with_changed_claim(change, changed), customer), scene.now)


def _given_back(change: Change, scene: Scene, order: Order, *, claim_id: int) -> Change:
    """What refunds of the order give back of a reward it used up; gift cards give nothing back."""
    claim = next(each for each in change.account.held if each.id == claim_id)
    mine = next((each for each in claim.uses if each.order_id == order.id), None)
    if mine is None or claim.is_over or claim.kind == RewardKind.GIFT_CARD:
        return change
    if order.is_undone:
        others = any(each.ignored for each in claim.uses if each.key != mine.key)
        alone = not mine.ignored and not others
        return void(change, scene, claim) if alone else strike(change, scene, claim, use=mine)
    if mine.ignored:
        return change
    if not scene.program.points.partial_refund_reimburses_rewards or order.total_minor <= 0:
        return change
    share = min(Fraction(order.refunded_minor, order.total_minor), Fraction(1))
    return refund_part(change, scene, claim, points=floor(claim.points_cost * share))


def _held(change: Change, claim: ClaimedReward) -> ClaimedReward:
    return next((each for each in change.account.held if each.id == claim.id), claim)


def _is_past(claim: ClaimedReward, scene: Scene) -> bool:
    """Whether its day has come before it was used up, or its time to be used at all is over."""
    expired = claim.expires_at is not None and claim.expires_at <= scene.now
    overdue = claim.auto_refund_at is not None and claim.auto_refund_at <= scene.now
    return (expired and claim.usage_status is not UsageStatus.USED) or (overdue and claim.is_unused)
