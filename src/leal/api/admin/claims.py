"""Claimed rewards as the Admin API shows them, each with the reward it is of."""

from decimal import Decimal
from typing import assert_never

from leal.api.admin.values import Json, Showing, instant, optional_instant
from leal.domain.claims import ClaimedReward, ClaimState, UsageStatus
from leal.domain.dates import local_day
from leal.domain.money import from_minor
from leal.domain.program import Program
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import (
    ActiveSubscriptionDiscountVoucherReward,
    ActiveSubscriptionProductReward,
    ProductCartReward,
)
from leal.domain.rewards.goods import FixedDiscount, PercentageDiscount
from leal.domain.rewards.terms import FixedCost, RewardKind
from leal.domain.rewards.vouchers import (
    CartDiscountVoucherReward,
    CartVariableDiscountVoucherReward,
    CollectionDiscountVoucherReward,
    FreeShippingVoucherReward,
    ProductDiscountVoucherReward,
)
from leal.domain.sites import Channel, Site


def claimed_reward(claim: ClaimedReward, showing: Showing) -> Json:
    """One claim with its reward, and with what the customer got of it."""
    refunds = optional_instant(claim.auto_refund_at)
    return {
        "id": claim.id,
        "claimed_at": instant(claim.claimed_at),
        "point_cost": claim.points_cost,
        "redeemable": _redeemable(claim, showing),
        "reward": _reward(claim, showing),
        "state": state_of_claim(claim),
        "session": None,
        "auto_refund_at": refunds,
        "expires_at": refunds,
    }


def title_of(claim: ClaimedReward, showing: Showing) -> str:
    """The reward's title of now, or the one it was claimed under when it has left the program."""
    found = showing.program.reward(claim.reward_id)
    return found.title.in_(showing.language) if found else claim.title


def state_of_claim(claim: ClaimedReward) -> str:
    """One of the contract's two states: void when it gives the customer nothing any more."""
    return "void" if claim.state in (ClaimState.VOID, ClaimState.DECLINED) else "approved"


def _redeemable(claim: ClaimedReward, showing: Showing) -> Json:
    terms, zone = claim.terms, showing.program.primary_site.zone
    expires_on = claim.expires_at and local_day(claim.expires_at, zone).isoformat()
    match RewardKind(claim.kind):
        case RewardKind.GIFT_CARD:
            return {
                "redeemable_type": "gift_card",
                "last_characters": claim.code and claim.code[-4:],
                "initial_value": _units(terms.initial_balance_minor, terms.currency),
                "balance": _units(terms.current_balance_minor, terms.currency),
                "currency": terms.currency,
                "expires_on": expires_on,
            }
        case RewardKind.PRODUCT_CART | RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT:
            product = terms.product
            return {
                "redeemable_type": "product",
                "product": product and {"id": product.id, "variant_id": product.variant_id},
                "used_at": optional_instant(claim.used_at),
                "shopify_cart_line_item_context": "",
                "expires_on": expires_on,
            }
        case RewardKind.CUSTOM if claim.code is None:
            return {
                "redeemable_type": "fulfilment",
                "fulfilled": terms.fulfilled_at is not None,
                "fulfilled_at": optional_instant(terms.fulfilled_at),
                "expires_on": None,
            }
        case _:
            return {
                "redeemable_type": "voucher",
                "code": claim.code,
                "discount_amount": _units(terms.discount_minor, terms.currency),
                "usage_count": 0 if claim.usage_status is UsageStatus.NOT_USED else 1,
                "usage_limit": 1,
                "expires_on": expires_on,
            }


def _units(minor: int | None, currency: str) -> int | float | None:
    return None if minor is None else _number(from_minor(minor, currency))


def _number(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _reward(claim: ClaimedReward, showing: Showing) -> Json:
    """The reward as it is now; of one that has left the program, what the claim still knows."""
    program = showing.program
    found = program.reward(claim.reward_id)
    site = _site_of(found, program)
    seconds = found and found.expires_after_days and found.expires_after_days * 86_400
    minutes = found and found.auto_refund_minutes
    return {
        "id": claim.reward_id,
        "kind": claim.kind,
        "title": title_of(claim, showing),
        "description": (
            found.description.in_(showing.language) if found and found.description else None
        ),
        "sort_key": program.rewards.index(found) + 1 if found else 0,
        "content": {"fulfilment_instructions": claim.terms.fulfilment_explanation},
        "point_cost": _cost(found) if found else claim.points_cost,
        "method": _METHODS.get(RewardKind(claim.kind), "voucher"),
        **_discount(found),
        "usage_limit": 1,
        **_range(found),
        "site_id": site.id,
        "target_site": {"id": site.id, "name": site.name, "url": site.url},
        "order_type": claim.terms.applies_to_order_type,
        **_targets(found, claim),
        "session_options": None,
        "auto_refund_seconds": minutes and minutes * 60,
        "expiry_options": {
            "kind": "expires_after_claim" if seconds else "does_not_expire",
            "seconds": seconds,
        },
        "redeemable_expiry_options": None,
        "supported_channels": list(found.channels or Channel) if found else [],
        "recurring_cycle_limit": claim.terms.recurring_cycle_limit,
    }


def _site_of(reward: Reward | None, program: Program) -> Site:
    first = program.site(reward.sites[0]) if reward and reward.sites else None
    return first or program.primary_site


def _cost(reward: Reward) -> int:
    cost = reward.variant_for(None).cost
    return cost.points if isinstance(cost, FixedCost) else cost.points_per_unit


def _discount(reward: Reward | None) -> Json:
    kind, amount = _discount_of(reward)
    spend = reward.minimum_spend if isinstance(reward, _WithMinimum) else None
    shipping = reward.max_shipping if isinstance(reward, FreeShippingVoucherReward) else None
    return {
        "discount_type": kind,
        "discount_amount": amount,
        "minimum_spend": _number(spend),
        "max_free_shipping": _number(shipping),
    }


def _discount_of(reward: Reward | None) -> tuple[str, int | float | None]:
    """Flat with an amount, a percentage, or custom; chosen by the customer, it has no amount."""
    if isinstance(reward, CartVariableDiscountVoucherReward):
        return "flat", None
    if not isinstance(reward, _WithDiscount):
        return "custom", None
    match reward.discount:
        case FixedDiscount(amount=amount):
            return "flat", _number(amount)
        case PercentageDiscount(percentage=percentage):
            return "percentage", percentage
        case _:
            assert_never(reward.discount)


def _range(reward: Reward | None) -> Json:
    least, most = Decimal(1), Decimal(1)
    if isinstance(reward, CartVariableDiscountVoucherReward):
        least, most = reward.minimum_discount, reward.maximum_discount
    return {"min_redemption_amount": _number(least), "max_redemption_amount": _number(most)}


def _targets(reward: Reward | None, claim: ClaimedReward) -> Json:
    products, collections = [], []
    kind = _TARGETS.get(RewardKind(claim.kind), "all")
    if isinstance(
        reward, ProductDiscountVoucherReward | ProductCartReward | ActiveSubscriptionProductReward
    ):
        product = reward.product
        products.append(
            {
                "id": product.id,
                "variant_id": product.variant_id,
                "sku": None,
                "url": product.url,
                "image_url": product.image_url,
                "title": product.title,
                "handle": product.handle,
                "sort_key": 0,
            }
        )
    elif isinstance(reward, CollectionDiscountVoucherReward):
        goods = reward.collection
        collections.append({"id": goods.id, "url": goods.url, "restriction_text": None})
    return {"target_type": kind, "target_collections": collections, "target_products": products}


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
