"""One decision about redeeming: what GETs show as a state is what POSTs refuse with.

All that stands in the way is found in one place. A GET shows the first of it in the order stock,
limit, points, cart; a POST refuses with the first in the order limit, stock, variant or cart,
points (contract: states of `can_redeem`, order of checks). Both say yes exactly when there is none.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import assert_never

from leal.domain import refusals
from leal.domain.carts import Cart
from leal.domain.customers import Account, CustomerState, Subject
from leal.domain.limits import LimitStatus, is_reached, limit_status
from leal.domain.money import from_minor, to_minor
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled, Refusal
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import (
    ActiveSubscriptionDiscountVoucherReward,
    ActiveSubscriptionProductReward,
    CartRequirements,
    ProductCartReward,
)
from leal.domain.rewards.goods import Product, ProductVariant
from leal.domain.rewards.terms import CodeSource, Cost, FixedCost, RewardVariant
from leal.domain.rewards.vouchers import CartVariableDiscountVoucherReward
from leal.domain.scene import Scene, Shelf
from leal.domain.sites import SiteKind


@dataclass(frozen=True, slots=True)
class Redeemable:
    """Nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class OutOfStock:
    """No product or code is left."""


@dataclass(frozen=True, slots=True)
class ClaimLimitReached:
    """The customer claimed it as often as they may for now."""


@dataclass(frozen=True, slots=True)
class WrongVariant:
    """The product has no such variant."""


@dataclass(frozen=True, slots=True)
class NoIntegration:
    """Nobody runs subscriptions for the site."""


@dataclass(frozen=True, slots=True)
class NoSubscription:
    """The customer has no subscription running."""


@dataclass(frozen=True, slots=True)
class CartFull:
    """The cart holds as many free products of this reward as it may: `limit`."""

    limit: int


@dataclass(frozen=True, slots=True)
class InsufficientPoints:
    """So many approved points are missing."""

    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRequirementsNotMet:
    """What the cart lacks; None where nothing is asked, 0 where enough is there."""

    missing_total_minor: int | None
    missing_quantity: int | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It depends on the cart, and no cart was sent."""


Refusable = (
    OutOfStock
    | ClaimLimitReached
    | WrongVariant
    | NoIntegration
    | NoSubscription
    | CartFull
    | InsufficientPoints
)
"""What refuses a redemption. A cart's contents do not: they are looked at when a session starts."""

Redeemability = Redeemable | Refusable | CartRequirementsNotMet | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a reward besides the reward itself; a GET asks for nothing in particular.

    `subscribed` tells whether the customer was found to have a subscription running, None when
    nobody looked. `times` is how often its price is paid.
    """

    variant_id: str | None = None
    cart_id: str | None = None
    discount_minor: int | None = None
    times: int = 1
    subscribed: bool | None = None


ANYTHING = Wish()


def redeemability(
    reward: Reward, variant: RewardVariant, *, account: Account, scene: Scene, cart: Cart | None
) -> Redeemability:
    """Whether this customer could claim the reward now, and if not, why; as GETs show it."""
    wish = Wish(cart_id=cart.id) if cart else ANYTHING
    found = _obstacles(reward, variant, account=account, scene=scene, wish=wish)
    if found:
        return min(found, key=_shown_before)
    if isinstance(reward, ProductCartReward):
        return _in_cart(reward.cart_requirements, cart, scene.site.currency)
    return Redeemable()


def refuse_unless_redeemable(
    reward: Reward, variant: RewardVariant, *, account: Account, scene: Scene, wish: Wish
) -> None:
    """Raises the first refusal that stands in the way of a POST; nothing when nothing does."""
    found = _obstacles(reward, variant, account=account, scene=scene, wish=wish)
    if found:
        raise _refusal(min(found, key=_refused_before))


def refuse_unless_member(account: Account) -> None:
    """Raises CustomerBlocked or CustomerNotEnrolled for who is no member in good standing."""
    match account.customer.state:
        case CustomerState.BLOCKED:
            raise CustomerBlocked
        case CustomerState.GUEST:
            raise CustomerNotEnrolled
        case CustomerState.ENROLLED:
            return


def is_offered(reward: Reward, variant: RewardVariant, scene: Scene) -> bool:
    """Whether it can be bought here, now, in the customer's tier.

    On content sites shoppers earn, and redeem elsewhere.
    """
    site = scene.site
    return (
        variant.enabled
        and site.kind is not SiteKind.CONTENT
        and reward.offered(site.id, scene.channel, scene.country)
    )


def claim_limit(reward: Reward, account: Account, scene: Scene) -> LimitStatus:
    """Where the customer stands against the reward's limit."""
    counter = account.counter(Subject.REWARD, reward.id)
    return limit_status(reward.limit, counter, now=scene.now, zone=reward.zone(scene.program))


def price(reward: Reward, cost: Cost, *, wish: Wish, currency: str) -> int:
    """The points it takes; for a discount of one's choice that was not made, the least."""
    if isinstance(cost, FixedCost):
        return cost.points * wish.times
    if wish.discount_minor is not None:
        return _rounded_up(from_minor(wish.discount_minor, currency) * cost.points_per_unit)
    if isinstance(reward, CartVariableDiscountVoucherReward):
        return _rounded_up(reward.minimum_discount * cost.points_per_unit)
    return cost.points_per_unit


def cart_shortfall(asked: CartRequirements, cart: Cart, currency: str) -> CartRequirementsNotMet:
    """How much the cart falls short of what the reward asks for."""
    total, quantity = asked.minimum_cart_total, asked.minimum_line_item_count
    return CartRequirementsNotMet(
        missing_total_minor=(
            None if total is None else max(0, to_minor(total, currency) - cart.paid_total_minor)
        ),
        missing_quantity=None if quantity is None else max(0, quantity - cart.paid_quantity),
    )


def falls_short(short: CartRequirementsNotMet) -> bool:
    """Whether anything is missing."""
    return bool(short.missing_total_minor or short.missing_quantity)


def stocked_product(reward: Reward) -> Product | None:
    """The product of which a variant is given away, for the kinds that give one."""
    match reward:
        case ProductCartReward() | ActiveSubscriptionProductReward():
            return reward.product
        case _:
            return None


def counts_stock(reward: Reward) -> bool:
    """Whether any variant of its product is counted."""
    product = stocked_product(reward)
    return product is not None and any(
        each.inventory_count is not None for each in product.variants
    )


def items_left(variant: ProductVariant, reward: Reward, shelf: Shelf) -> int | None:
    """How many of a variant are left to give away; None when nobody counts."""
    if variant.inventory_count is None:
        return None
    given = shelf.given.get((reward.id, variant.id), 0)
    return max(0, variant.inventory_count - given)


def _obstacles(
    reward: Reward, variant: RewardVariant, *, account: Account, scene: Scene, wish: Wish
) -> tuple[Refusable, ...]:
    cost = price(reward, variant.cost, wish=wish, currency=scene.site.currency)
    missing = cost - account.customer.points_approved
    limited = reward.limit is not None and is_reached(claim_limit(reward, account, scene))
    obstacles = (
        ClaimLimitReached() if limited else None,
        _stock(reward, scene, wish),
        _subscription(reward, scene, wish),
        _cart(reward, account, scene, wish=wish),
        InsufficientPoints(missing) if missing > 0 else None,
    )
    return tuple(filter(None, obstacles))


def _stock(reward: Reward, scene: Scene, wish: Wish) -> OutOfStock | WrongVariant | None:
    product = stocked_product(reward)
    if product is None:
        sold_out = reward.codes is CodeSource.POOL and reward.id not in scene.shelf.pools
        return OutOfStock() if sold_out else None
    variants = product.variants
    if wish.variant_id is not None:
        known = {each.id for each in variants} or {product.variant_id or wish.variant_id}
        if wish.variant_id not in known:
            return WrongVariant()
        variants = tuple(each for each in variants if each.id == wish.variant_id)
    sold_out = all(items_left(each, reward, scene.shelf) == 0 for each in variants)
    return OutOfStock() if variants and sold_out else None


def _subscription(
    reward: Reward, scene: Scene, wish: Wish
) -> NoIntegration | NoSubscription | None:
    match reward:
        case ActiveSubscriptionDiscountVoucherReward() | ActiveSubscriptionProductReward():
            if scene.site.subscription_provider is None:
                return NoIntegration()
            # a discount may wait for a subscription, a product goes into the next delivery of one
            needs_one = isinstance(reward, ActiveSubscriptionProductReward)
            return NoSubscription() if needs_one and wish.subscribed is False else None
        case _:
            return None


def _cart(reward: Reward, account: Account, scene: Scene, *, wish: Wish) -> CartFull | None:
    if not isinstance(reward, ProductCartReward):
        return None
    limit = reward.max_redemptions_per_cart
    if limit is None or wish.cart_id is None:
        return None
    inside = sum(
        claim.reward_id == reward.id
        and claim.cart_id == wish.cart_id
        and claim.waits_in_cart(scene.now)
        for claim in account.held
    )
    return CartFull(limit) if inside >= limit else None


def _in_cart(asked: CartRequirements, cart: Cart | None, currency: str) -> Redeemability:
    if cart is None:
        return Unknown()
    short = cart_shortfall(asked, cart, currency)
    return short if falls_short(short) else Redeemable()


_SHOWN = (
    OutOfStock,
    ClaimLimitReached,
    InsufficientPoints,
    NoIntegration,
    NoSubscription,
    CartFull,
    WrongVariant,
)
_REFUSED = (
    ClaimLimitReached,
    OutOfStock,
    WrongVariant,
    CartFull,
    NoIntegration,
    NoSubscription,
    InsufficientPoints,
)


def _shown_before(obstacle: Refusable) -> int:
    return _SHOWN.index(type(obstacle))


def _refused_before(obstacle: Refusable) -> int:
    return _REFUSED.index(type(obstacle))


def _refusal(obstacle: Refusable) -> Refusal:
    match obstacle:
        case ClaimLimitReached():
            return refusals.RewardLimitReached()
        case OutOfStock():
            return refusals.RewardOutOfStock()
        case WrongVariant():
            return refusals.InvalidVariant()
        case NoIntegration():
            return refusals.NoSubscriptions()
        case NoSubscription():
            return refusals.NoActiveSubscription()
        case CartFull(limit=limit):
            return refusals.CartFull(limit)
        case InsufficientPoints(missing=missing):
            return refusals.InsufficientPoints(missing)
        case _:
            assert_never(obstacle)


def _rounded_up(points: Decimal) -> int:
    return int(points.to_integral_value(rounding=ROUND_CEILING))
