"""Rewards put straight into a cart or a subscription, without a code."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from leal.domain.constraints import Between
from leal.domain.fields import Amount
from leal.domain.rewards.goods import Cycles, Discount, Product
from leal.domain.rewards.terms import Minutes, PricedReward, RewardKind

CART_REFUND_MINUTES = 60
"""A free product not bought within an hour goes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRequirements:
    """What a cart must hold besides free products; None asks for nothing."""

    minimum_cart_total: Amount | None = None
    minimum_line_item_count: Annotated[int, Between(1, 1000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCartReward(PricedReward):
    """A free product added to the cart; the customer picks one of its variants."""

    KIND: ClassVar[RewardKind] = RewardKind.PRODUCT_CART

    product: Product
    cart_requirements: CartRequirements = CartRequirements()
    max_redemptions_per_cart: Annotated[int, Between(1, 1000)] | None = None
    auto_refund_minutes: Minutes | None = CART_REFUND_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSubscriptionDiscountVoucherReward(PricedReward):
    """A discount on a subscription that is already running."""

    KIND: ClassVar[RewardKind] = RewardKind.ACTIVE_SUBSCRIPTION_DISCOUNT_VOUCHER

    discount: Discount
    recurring_cycle_limit: Cycles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSubscriptionProductReward(PricedReward):
    """A product added once to the next delivery of a running subscription."""

    KIND: ClassVar[RewardKind] = RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT

    product: Product
