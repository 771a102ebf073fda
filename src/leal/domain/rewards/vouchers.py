"""Rewards that are codes for the checkout: discounts, free shipping, gift cards."""

from dataclasses import dataclass
from typing import ClassVar

from leal.domain.fields import Amount, Points, PositiveAmount
from leal.domain.rewards.goods import (
    Collection,
    Cycles,
    Discount,
    OrderType,
    PercentageDiscount,
    Product,
)
from leal.domain.rewards.terms import (
    Minutes,
    PricedReward,
    RewardKind,
    RewardOverride,
    RewardTerms,
    VariableCost,
)

CHECKOUT_REFUND_MINUTES = 24 * 60
"""A discount chosen at checkout and not used within a day is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardReward(PricedReward):
    """A gift card with money on it."""

    KIND: ClassVar[RewardKind] = RewardKind.GIFT_CARD

    initial_balance: PositiveAmount


@dataclass(frozen=True, slots=True, kw_only=True)
class CartDiscountVoucherReward(PricedReward):
    """A discount on the whole cart."""

    KIND: ClassVar[RewardKind] = RewardKind.CART_DISCOUNT_VOUCHER

    discount: Discount
    minimum_spend: Amount | None = None
    applies_to_order_type: OrderType = OrderType.ALL
    recurring_cycle_limit: Cycles | None = None
    supports_active_subscriptions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CartVariableDiscountVoucherReward(RewardTerms):
    """A discount on the cart as large as the customer cares to pay points for."""

    KIND: ClassVar[RewardKind] = RewardKind.CART_VARIABLE_DISCOUNT_VOUCHER

    points_per_unit: Points
    minimum_discount: PositiveAmount
    maximum_discount: PositiveAmount
    minimum_spend_before_discount: Amount | None = None
    minimum_spend_after_discount: Amount | None = None
    applies_to_order_type: OrderType = OrderType.ALL
    auto_refund_minutes: Minutes | None = CHECKOUT_REFUND_MINUTES

    def cost_with(self, override: RewardOverride) -> VariableCost:
        """Give the rate of the tier, else the general one."""
        return VariableCost(override.points_per_unit or self.points_per_unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeShippingVoucherReward(PricedReward):
    """Shipping for nothing, where it costs no more than `max_shipping`."""

    KIND: ClassVar[RewardKind] = RewardKind.FREE_SHIPPING_VOUCHER

    max_shipping: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDiscountVoucherReward(PricedReward):
    """A share off one product; 100 % makes it free."""

    KIND: ClassVar[RewardKind] = RewardKind.PRODUCT_DISCOUNT_VOUCHER

    product: Product
    discount: PercentageDiscount


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionDiscountVoucherReward(PricedReward):
    """A discount on the products of one collection."""

    KIND: ClassVar[RewardKind] = RewardKind.COLLECTION_DISCOUNT_VOUCHER

    collection: Collection
    discount: Discount
    minimum_spend: Amount | None = None
