"""One decision about redeeming: what GETs show as a state is what POSTs refuse with.

Order of checks: stock, limit, points, then the cart (contract: states of `can_redeem`).
"""

from dataclasses import dataclass

from leal.domain.carts import Cart
from leal.domain.customers import Account, Subject
from leal.domain.limits import LimitStatus, is_reached, limit_status
from leal.domain.money import to_minor
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import CartRequirements, ProductCartReward
from leal.domain.rewards.goods import Product
from leal.domain.rewards.terms import CodeSource, Cost, FixedCost, RewardVariant
from leal.domain.rewards.vouchers import CartVariableDiscountVoucherReward
from leal.domain.scene import Scene


@dataclass(frozen=True, slots=True)
class Redeemable:
    """Nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class InsufficientPoints:
    """So many approved points are missing."""

    missing: int


@dataclass(frozen=True, slots=True)
class ClaimLimitReached:
    """The customer claimed it as often as they may for now."""


@dataclass(frozen=True, slots=True)
class OutOfStock:
    """No product or code is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRequirementsNotMet:
    """What the cart lacks; None where nothing is asked, 0 where enough is there."""

    missing_total_minor: int | None
    missing_quantity: int | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It depends on the cart, and no cart was sent."""


Redeemability = (
    Redeemable
    | InsufficientPoints
    | ClaimLimitReached
    | OutOfStock
    | CartRequirementsNotMet
    | Unknown
)


def redeemability(
    reward: Reward, variant: RewardVariant, *, account: Account, scene: Scene, cart: Cart | None
) -> Redeemability:
    """Whether this customer could claim the reward now, and if not, why."""
    if _out_of_stock(reward):
        return OutOfStock()
    if is_reached(claim_limit(reward, account, scene)):
        return ClaimLimitReached()
    missing = cheapest(reward, variant.cost) - account.customer.points_approved
    if missing > 0:
        return InsufficientPoints(missing)
    if isinstance(reward, ProductCartReward):
        return _in_cart(reward.cart_requirements, cart, scene.site.currency)
    return Redeemable()


def claim_limit(reward: Reward, account: Account, scene: Scene) -> LimitStatus:
    """Where the customer stands against the reward's limit."""
    counter = account.counter(Subject.REWARD, reward.id)
    return limit_status(reward.limit, counter, now=scene.now, zone=reward.zone(scene.program))


def cheapest(reward: Reward, cost: Cost) -> int:
    """The points it takes at least; for a discount of one's choice, those of the smallest."""
    if isinstance(cost, FixedCost):
        return cost.points
    if isinstance(reward, CartVariableDiscountVoucherReward):
        return -int(-reward.minimum_discount * cost.points_per_unit // 1)
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


def _in_cart(asked: CartRequirements, cart: Cart | None, currency: str) -> Redeemability:
    if cart is None:
        return Unknown()
    short = cart_shortfall(asked, cart, currency)
    if short.missing_total_minor or short.missing_quantity:
        return short
    return Redeemable()


def _out_of_stock(reward: Reward) -> bool:
    if isinstance(reward, ProductCartReward):
        return _sold_out(reward.product)
    return reward.codes is CodeSource.POOL


def _sold_out(product: Product) -> bool:
    counts = [variant.inventory_count for variant in product.variants]
    return bool(counts) and all(count == 0 for count in counts)
