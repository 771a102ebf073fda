"""Buying a reward with points."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leal.domain.change import Change, StockMove, begin, with_history, with_stock, with_transaction
from leal.domain.claims import (
    ClaimedProduct,
    ClaimedReward,
    ClaimSession,
    ClaimSource,
    Fulfilment,
    SubscriptionDetails,
)
from leal.domain.codes import code
from leal.domain.customers import Account, HistoryKind, HistoryRow, Resource, Transaction
from leal.domain.lots import take
from leal.domain.money import to_minor
from leal.domain.points import touched, within_range
from leal.domain.problems import Missing
from leal.domain.refusals import (
    InvalidDiscount,
    InvalidVariant,
    RewardKindMismatch,
    RewardNotEnabled,
)
from leal.domain.rewards import Reward
from leal.domain.rewards.goods import GLOBAL_VARIANT, Product
from leal.domain.rewards.issuing import issued, new_claim
from leal.domain.rewards.redeemability import (
    Wish,
    is_offered,
    price,
    refuse_unless_member,
    refuse_unless_redeemable,
    stocked_product,
)
from leal.domain.rewards.terms import RewardKind, RewardVariant
from leal.domain.rewards.vouchers import CartVariableDiscountVoucherReward
from leal.domain.scene import Scene
from leal.domain.tiers import tier_of

_HEX = "0123456789abcdef"
_REDEMPTION_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """What is asked for.

    `kind` None takes any. `variant_id` and `cart_id` are for products, `discount_minor` is the
    discount of one's choice, `times` how often a custom reward is taken at once. `fulfilled` says
    that a reward to be handed over by hand is handed over already; `usage_order` is the shop's id
    of the order that uses it up. `subscription` is the delivery that a product was added to.
    `by_merchant` leaves aside where and on which channel the reward is on offer.
    """

    reward_id: int
    kind: RewardKind | None = None
    variant_id: str | None = None
    cart_id: str | None = None
    discount_minor: int | None = None
    times: int = 1
    fulfilled: bool = False
    usage_order: str | None = None
    session: ClaimSession | None = None
    subscription: SubscriptionDetails | None = None
    subscribed: bool | None = None
    by_merchant: bool = False


def redeem(account: Account, scene: Scene, wanted: Redemption) -> Change:
    """Spends points on a reward; `account.lots` and `account.held` must be loaded.

    Raises Missing for a reward that is not the program's, else the first refusal in the order:
    blocked, not a member, kind, not enabled, limit, stock, variant or cart, points.
    """
    reward = scene.program.reward(wanted.reward_id)
    if reward is None:
        raise Missing("reward", "No reward with this id")
    refuse_unless_member(account)
    if wanted.kind is not None and reward.KIND is not wanted.kind:
        raise RewardKindMismatch
    variant = reward.variant_for(tier_of(account.customer, scene.program))
    if not _is_enabled(reward, variant, scene, by_merchant=wanted.by_merchant):
        raise RewardNotEnabled
    _check_discount(reward, wanted, scene.site.currency)
    if wanted.variant_id is None and stocked_product(reward) is not None:
        raise InvalidVariant
    wanted = _as_spelt(reward, wanted)
    wish = Wish(
        variant_id=wanted.variant_id,
        cart_id=wanted.cart_id,
        discount_minor=wanted.discount_minor,
        times=wanted.times,
        subscribed=wanted.subscribed,
    )
    refuse_unless_redeemable(reward, variant, account=account, scene=scene, wish=wish)
    cost = price(reward, variant.cost, wish=wish, currency=scene.site.currency)
    return _bought(begin(account), scene, reward, wanted=wanted, cost=cost)


def claim_of(change: Change) -> ClaimedReward:
    """The claim that a redemption made."""
    return change.claims[0]


def _is_enabled(reward: Reward, variant: RewardVariant, scene: Scene, *, by_merchant: bool) -> bool:
    if by_merchant:
        return variant.enabled and not reward.trigger_only
    return is_offered(reward, variant, scene)


def _as_spelt(reward: Reward, wanted: Redemption) -> Redemption:
    """The variant as the program spells its id: by number, or in Shopify's long form of it."""
    product = stocked_product(reward)
    if product is None or wanted.variant_id is None:
        return wanted
    bare = wanted.variant_id.removeprefix(GLOBAL_VARIANT)
    for known in (*(each.id for each in product.variants), product.variant_id):
        if known is not None and known.removeprefix(GLOBAL_VARIANT) == bare:
            return replace(wanted, variant_id=known)
    return wanted


def _check_discount(reward: Reward, wanted: Redemption, currency: str) -> None:
    if not isinstance(reward, CartVariableDiscountVoucherReward):
        return
    least = to_minor(reward.minimum_discount, currency)
    most = to_minor(reward.maximum_discount, currency)
    if not least <= (wanted.discount_minor or 0) <= most:
        raise InvalidDiscount(least, most, currency)


def _bought(
    change: Change, scene: Scene, reward: Reward, *, wanted: Redemption, cost: int
) -> Change:
    change, taken = take(change, cost)
    move = _taken_from_shelf(reward, wanted.variant_id)
    claim = new_claim(change, scene, reward, source=ClaimSource.POINTS)
    claim = replace(
        _as_wanted(claim, scene, reward, wanted=wanted),
        points_cost=cost,
        paid_lots=tuple((expires, -points) for expires, points in taken),
        auto_refund_at=_auto_refund_at(reward, scene),
        from_shelf=move is not None,
    )
    change, claim = issued(change, scene, reward, claim=claim)
    change, row = with_history(change, _redeemed(claim, scene))
    spent = Transaction(
        history_id=row.id,
        claimed_reward_id=claim.id,
        resource=Resource.CLAIMED_REWARD,
        cause="redeemed",
        points_approved=-cost,
        points_spent=cost,
        lots=taken,
        created_at=scene.now,
    )
    if move is not None:
        change = with_stock(change, move)
    return within_range(touched(with_transaction(change, spent), scene.now))


def _taken_from_shelf(reward: Reward, variant_id: str | None) -> StockMove | None:
    """One item given away; None where nobody counts them."""
    product = stocked_product(reward)
    for variant in product.variants if product else ():
        if variant.id == variant_id and variant.inventory_count is not None:
            return StockMove(
                reward_id=reward.id,
                variant_id=variant.id,
                given=1,
                limit=variant.inventory_count,
            )
    return None


def _as_wanted(
    claim: ClaimedReward, scene: Scene, reward: Reward, *, wanted: Redemption
) -> ClaimedReward:
    terms = claim.terms
    if wanted.times != terms.quantity:
        terms = replace(terms, quantity=wanted.times)
    if wanted.discount_minor is not None:
        terms = replace(terms, discount_minor=wanted.discount_minor)
    product = stocked_product(reward)
    if product is not None and terms.product is not None and wanted.variant_id is not None:
        terms = replace(terms, product=_chosen(terms.product, product, wanted.variant_id))
    by_hand = claim.fulfilment is Fulfilment.MANUAL
    return replace(
        claim,
        terms=terms,
        cart_id=wanted.cart_id,
        redemption_id=None if wanted.cart_id is None else _redemption_id(scene),
        fulfilled_at=scene.now if wanted.fulfilled and by_hand else None,
        usage_order=wanted.usage_order if claim.fulfilment is not None else None,
        session=wanted.session,
        subscription=wanted.subscription,
    )


def _chosen(claimed: ClaimedProduct, product: Product, variant_id: str) -> ClaimedProduct:
    titles = {variant.id: variant.title for variant in product.variants}
    return replace(claimed, variant_id=variant_id, variant_title=titles.get(variant_id))


def _redemption_id(scene: Scene) -> str:
    return code(scene.entropy, label="redemption", alphabet=_HEX, length=_REDEMPTION_LENGTH)


def _auto_refund_at(reward: Reward, scene: Scene) -> datetime | None:
    minutes = reward.auto_refund_minutes
    return scene.now + timedelta(minutes=minutes) if minutes else None


def _redeemed(claim: ClaimedReward, scene: Scene) -> HistoryRow:
    return HistoryRow(
        id=0,
        kind=HistoryKind.REDEEMED,
        state=claim.state,
        happened_at=claim.claimed_at,
        points=-claim.points_cost,
        reward_id=claim.reward_id,
        reward_kind=claim.kind,
        claimed_reward_id=claim.id,
        site_id=scene.site.id,
        title=claim.title,
    )
