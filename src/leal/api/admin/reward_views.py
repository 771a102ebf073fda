"""Rewards as the Admin API shows them: of the program for one customer, and beside a claim."""

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from leal.api.admin.values import Json, Showing
from leal.domain.claims import ClaimedReward, Terms
from leal.domain.program import Program
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import (
    ActiveSubscriptionDiscountVoucherReward,
    ActiveSubscriptionProductReward,
    ProductCartReward,
)
from leal.domain.rewards.goods import FixedDiscount, PercentageDiscount, Product
from leal.domain.rewards.promises import terms_of
from leal.domain.rewards.redeemability import items_left
from leal.domain.rewards.terms import FixedCost, RewardKind, RewardVariant
from leal.domain.rewards.vouchers import (
    CartDiscountVoucherReward,
    CartVariableDiscountVoucherReward,
    CollectionDiscountVoucherReward,
    FreeShippingVoucherReward,
    ProductDiscountVoucherReward,
)
from leal.domain.scene import Shelf
from leal.domain.sites import Channel, Site
from leal.domain.texts import Text
from leal.usecases.merchant_rewards import MAX_MULTIPLIER, can_be_multiplied


def reward(found: Reward, variant: RewardVariant, showing: Showing) -> Json:
    """A reward as the program has it, with what is special to the customers of one tier."""
    site = site_of(found, showing.program)
    return _shape(
        _Described(
            id=found.id,
            kind=found.KIND,
            reward=found,
            title=variant.title.in_(showing.language),
            description=_words(variant.description, showing),
            point_cost=_points(variant),
            terms=terms_of(found, currency=site.currency, language=showing.language),
        ),
        showing,
    )


def reward_of_claim(claim: ClaimedReward, showing: Showing) -> Json:
    """The reward as it is now; of one that has left the program, what the claim still knows."""
    found = showing.program.reward(claim.reward_id)
    return _shape(
        _Described(
            id=claim.reward_id,
            kind=RewardKind(claim.kind),
            reward=found,
            title=title_of(claim, showing),
            description=_words(found.description, showing) if found else None,
            point_cost=_points(found.variant_for(None)) if found else claim.points_cost,
            terms=claim.terms,
        ),
        showing,
    )


def title_of(claim: ClaimedReward, showing: Showing) -> str:
    """The reward's title of now, or the one it was claimed under when it has left the program."""
    found = showing.program.reward(claim.reward_id)
    return found.title.in_(showing.language) if found else claim.title


def site_of(found: Reward | None, program: Program) -> Site:
    """The site a reward belongs to: the first it is limited to, else the primary one."""
    first = program.site(found.sites[0]) if found and found.sites else None
    return first or program.primary_site


def number(amount: Decimal) -> int | float:
    """An amount of main units as a JSON number, whole where it is."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """What the shape is made of; `reward` is None for one that has left the program."""

    id: int
    kind: RewardKind
    reward: Reward | None
    title: str
    description: str | None
    point_cost: int
    terms: Terms


def _shape(of: _Described, showing: Showing) -> Json:
    found, program = of.reward, showing.program
    site = site_of(found, program)
    seconds = found and found.expires_after_days and found.expires_after_days * 86_400
    minutes = found and found.auto_refund_minutes
    return {
        "id": of.id,
        "kind": of.kind,
        "title": of.title,
        "description": of.description,
        "sort_key": program.rewards.index(found) + 1 if found else 0,
        "content": {"fulfilment_instructions": of.terms.fulfilment_explanation},
        "point_cost": of.point_cost,
        "method": _METHODS.get(of.kind, "voucher"),
        **_discount(found),
        "usage_limit": 1,
        **_range(found),
        "site_id": site.id,
        "target_site": {"id": site.id, "name": site.name, "url": site.url},
        "order_type": of.terms.applies_to_order_type,
        "target_type": _TARGETS.get(of.kind, "all"),
        "target_collections": _collections(found),
        "target_products": _products(found, showing.shelf),
        "session_options": None,
        "auto_refund_seconds": minutes and minutes * 60,
        "expiry_options": {
            "kind": "expires_after_claim" if seconds else "does_not_expire",
            "seconds": seconds,
        },
        "redeemable_expiry_options": None,
        "supported_channels": list(found.channels or Channel) if found else [],
        "recurring_cycle_limit": of.terms.recurring_cycle_limit,
    }


def _words(text: Text | None, showing: Showing) -> str | None:
    return None if text is None else text.in_(showing.language)


def _points(variant: RewardVariant) -> int:
    cost = variant.cost
    return cost.points if isinstance(cost, FixedCost) else cost.points_per_unit


def _discount(found: Reward | None) -> Json:
    kind, amount = _discount_of(found)
    spend = found.minimum_spend if isinstance(found, _WithMinimum) else None
    shipping = found.max_shipping if isinstance(found, FreeShippingVoucherReward) else None
    return {
        "discount_type": kind,
        "discount_amount": amount,
        "minimum_spend": None if spend is None else number(spend),
        "max_free_shipping": None if shipping is None else number(shipping),
    }


def _discount_of(found: Reward | None) -> tuple[str, int | float | None]:
    """Flat with an amount, a percentage, or custom; chosen by the customer, it has no amount."""
    if isinstance(found, CartVariableDiscountVoucherReward):
        return "flat", None
    if not isinstance(found, _WithDiscount):
        return "custom", None
    match found.discount:
        case FixedDiscount(amount=amount):
            return "flat", number(amount)
        case PercentageDiscount(percentage=percentage):
            return "percentage", percentage
        case _:
            assert_never(found.discount)


def _range(found: Reward | None) -> Json:
    least, most = Decimal(1), Decimal(1)
    if isinstance(found, CartVariableDiscountVoucherReward):
        least, most = found.minimum_discount, found.maximum_discount
    elif found is not None and can_be_multiplied(found):
        most = Decimal(MAX_MULTIPLIER)
    return {"min_redemption_amount": number(least), "max_redemption_amount": number(most)}


def _collections(found: Reward | None) -> list[Json]:
    if not isinstance(found, CollectionDiscountVoucherReward):
        return []
    goods = found.collection
    return [{"id": goods.id, "url": goods.url, "restriction_text": None}]


def _products(found: Reward | None, shelf: Shelf | None) -> list[Json]:
    """The product, or each of its variants where the customer picks one."""
    match found:
        case ProductCartReward() | ActiveSubscriptionProductReward() if found.product.variants:
            product = found.product
            return [
                {
                    **_product(product, variant.id),
                    "sort_key": variant.sort_key,
                    "inventory_count": shelf and items_left(variant, found, shelf),
                }
                for variant in product.variants
            ]
        case (
            ProductDiscountVoucherReward() | ProductCartReward() | ActiveSubscriptionProductReward()
        ):
            return [_product(found.product, found.product.variant_id)]
        case _:
            return []


def _product(product: Product, variant_id: str | None) -> Json:
    return {
        "id": product.id,
        "variant_id": variant_id,
        "sku": None,
        "url": product.url,
        "image_url": product.image_url,
        "title": product.title,
        "handle": product.handle,
        "sort_key": 0,
        "inventory_count": None,
    }


_WithMinimum = CartDiscountVoucherReward | CollectionDiscountVoucherReward
_WithDiscount = (
    CartDiscountVoucherReward
    | CollectionDiscountVoucherReward
    | ProductDiscountVoucherReward
    | ActiveSubscriptionDiscountVoucherReward
)
_METHODS = {RewardKind.CUSTOM: "store_fulfilment", RewardKind.GIFT_CARD: "gift_card"}
_TARGETS = {
    RewardKind.CUSTOM: "custom",
    RewardKind.FREE_SHIPPING_VOUCHER: "shipping",
    RewardKind.PRODUCT_DISCOUNT_VOUCHER: "product",
    RewardKind.PRODUCT_CART: "product",
    RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT: "product",
    RewardKind.COLLECTION_DISCOUNT_VOUCHER: "collection",
}
