"""Rules and rewards as the configuration shows them, and a customer's own part of them."""

from typing import assert_never

from leal.api import wording
from leal.api.headless.views.values import (
    Idiom,
    Json,
    amount,
    discount,
    optional_amount,
    optional_text,
)
from leal.domain.money import minor_digits
from leal.domain.offers import Limit
from leal.domain.program import Program
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import (
    ActiveSubscriptionDiscountVoucherReward,
    ActiveSubscriptionProductReward,
    ProductCartReward,
)
from leal.domain.rewards.custom import (
    CustomReward,
    Fulfillment,
    ManualFulfillment,
    VoucherFulfillment,
    WebhookFulfillment,
)
from leal.domain.rewards.goods import Collection, Product
from leal.domain.rewards.redeemability import items_left
from leal.domain.rewards.terms import Cost, FixedCost, RewardVariant, VariableCost
from leal.domain.rewards.vouchers import (
    CartDiscountVoucherReward,
    CartVariableDiscountVoucherReward,
    CollectionDiscountVoucherReward,
    FreeShippingVoucherReward,
    GiftCardReward,
    ProductDiscountVoucherReward,
)
from leal.domain.rules import Rule
from leal.domain.rules.terms import PointsResult, RewardResult, RuleKind, RuleVariant
from leal.domain.scene import EMPTY_SHELF, Shelf

_RULE_PROPERTIES = {
    RuleKind.CUSTOM: ("name",),
    RuleKind.FACEBOOK_LIKE: ("facebook_like_url",),
    RuleKind.TWITTER_FOLLOW: ("twitter_handle",),
    RuleKind.INSTAGRAM_FOLLOW: ("instagram_handle",),
    RuleKind.INSTAGRAM_MENTION: ("instagram_handle",),
    RuleKind.INSTAGRAM_POST_HASHTAG: ("instagram_handle", "hashtag"),
    RuleKind.TIKTOK_FOLLOW: ("tiktok_handle",),
    RuleKind.TIKTOK_POST_HASHTAG: ("hashtag",),
    RuleKind.REFERRAL: ("trigger",),
    RuleKind.CLICKTHROUGH: ("destination_url",),
}
"""The fields that the contract shows as a kind's properties; other kinds show none."""


def rule_head(rule: Rule) -> Json:
    """What a rule shows to everyone: id, kind, limit, and properties where its kind has any."""
    head: Json = {"id": rule.id, "kind": rule.KIND, "limit": limit(rule.limit)}
    names = _RULE_PROPERTIES.get(rule.KIND)
    if names is not None:
        head["properties"] = {name: getattr(rule, name) for name in names}
    return head


def reward_head(reward: Reward, idiom: Idiom, shelf: Shelf = EMPTY_SHELF) -> Json:
    """What a reward shows to everyone: id, kind, limit and properties."""
    return {
        "id": reward.id,
        "kind": reward.KIND,
        "limit": limit(reward.limit),
        "properties": reward_properties(reward, idiom, shelf),
    }


def reward_properties(reward: Reward, idiom: Idiom, shelf: Shelf) -> Json:
    """What is special to a reward of its kind; of counted goods, how many are left."""
    match reward:
        case ProductCartReward():
            asked = reward.cart_requirements
            return {
                "product": _stocked(reward.product, reward, shelf),
                "max_redemptions_per_cart": reward.max_redemptions_per_cart,
                "cart_requirements": {
                    "minimum_cart_total": optional_amount(asked.minimum_cart_total, idiom),
                    "minimum_line_item_count": asked.minimum_line_item_count,
                },
            }
        case ActiveSubscriptionProductReward(product=product):
            return {"product": _stocked(product, reward, shelf)}
        case ActiveSubscriptionDiscountVoucherReward():
            return {
                "discount_type": reward.discount.KIND,
                "discount": discount(reward.discount, idiom),
                "recurring_cycle_limit": reward.recurring_cycle_limit,
            }
        case CustomReward(fulfillment=fulfillment):
            return _fulfillment(fulfillment)
        case _:
            return _voucher_properties(reward, idiom)


def limit(terms: Limit | None) -> Json | None:
    """`{"count", "interval"}` or null."""
    return None if terms is None else {"count": terms.count, "interval": terms.interval}


def rule_variant(variant: RuleVariant, program: Program, idiom: Idiom) -> Json:
    """A rule as it is for one tier."""
    result, short = _rule_result(variant, program, idiom)
    return {
        "tier_id": variant.tier_id,
        "enabled": variant.enabled,
        "title": variant.title.in_(idiom.language),
        "description": optional_text(variant.description, idiom.language),
        "result": result,
        "result_short_text": short,
    }


def reward_variant(variant: RewardVariant, idiom: Idiom) -> Json:
    """A reward as it is for one tier."""
    cost, text = _cost(variant.cost, idiom)
    return {
        "tier_id": variant.tier_id,
        "enabled": variant.enabled,
        "title": variant.title.in_(idiom.language),
        "description": optional_text(variant.description, idiom.language),
        "cost": cost,
        "cost_text": text,
    }


def _rule_result(variant: RuleVariant, program: Program, idiom: Idiom) -> tuple[Json, str]:
    match variant.result:
        case PointsResult(points=points, per_currency_unit=per_unit):
            result: Json = {
                "kind": "points",
                "points": points,
                "per_currency_unit": 1 if per_unit else None,
            }
            unit = _one_unit(idiom)
            return result, (
                wording.points_per(points, unit, idiom.language)
                if per_unit
                else wording.points(points, idiom.language)
            )
        case RewardResult(reward_id=reward_id):
            reward = program.reward(reward_id)
            title = reward.title.in_(idiom.language) if reward else ""
            kind = reward.KIND if reward else None
            return {"kind": "reward", "reward": {"kind": kind, "title": title}}, title
        case _:
            assert_never(variant.result)


def _one_unit(idiom: Idiom) -> str:
    return wording.money(10 ** minor_digits(idiom.currency), *idiom)


def _cost(cost: Cost, idiom: Idiom) -> tuple[Json, str]:
    match cost:
        case FixedCost(points=points):
            return {"kind": "fixed", "points": points}, wording.points(points, idiom.language)
        case VariableCost(points_per_unit=points):
            shape: Json = {
                "kind": "variable",
                "unit": "discount_amount",
                "points_per_unit": points,
            }
            return shape, wording.points_per(points, _one_unit(idiom), idiom.language)
        case _:
            assert_never(cost)


Voucher = (
    GiftCardReward
    | CartDiscountVoucherReward
    | CartVariableDiscountVoucherReward
    | FreeShippingVoucherReward
    | ProductDiscountVoucherReward
    | CollectionDiscountVoucherReward
)


def _voucher_properties(reward: Voucher, idiom: Idiom) -> Json:
    match reward:
        case GiftCardReward(initial_balance=balance):
            return {"initial_balance": amount(balance, idiom)}
        case CartDiscountVoucherReward():
            return _cart_discount(reward, idiom)
        case CartVariableDiscountVoucherReward():
            return _variable_discount(reward, idiom)
        case FreeShippingVoucherReward(max_shipping=most):
            return {"max_shipping": optional_amount(most, idiom)}
        case ProductDiscountVoucherReward():
            return {
                "product": _plain_product(reward.product),
                "discount": discount(reward.discount, idiom),
            }
        case CollectionDiscountVoucherReward():
            return {
                "collection": _collection(reward.collection),
                "discount_type": reward.discount.KIND,
                "discount": discount(reward.discount, idiom),
                "minimum_spend": optional_amount(reward.minimum_spend, idiom),
            }
        case _:
            assert_never(reward)


def _cart_discount(reward: CartDiscountVoucherReward, idiom: Idiom) -> Json:
    return {
        "discount_type": reward.discount.KIND,
        "discount": discount(reward.discount, idiom),
        "applies_to_order_type": reward.applies_to_order_type,
        "recurring_cycle_limit": reward.recurring_cycle_limit,
        "minimum_spend": optional_amount(reward.minimum_spend, idiom),
        "supports_active_subscriptions": reward.supports_active_subscriptions,
    }


def _variable_discount(reward: CartVariableDiscountVoucherReward, idiom: Idiom) -> Json:
    return {
        "minimum_discount": amount(reward.minimum_discount, idiom),
        "maximum_discount": amount(reward.maximum_discount, idiom),
        "applies_to_order_type": reward.applies_to_order_type,
        "minimum_spend_before_discount": optional_amount(
            reward.minimum_spend_before_discount, idiom
        ),
        "minimum_spend_after_discount": optional_amount(reward.minimum_spend_after_discount, idiom),
    }


def _fulfillment(fulfillment: Fulfillment) -> Json:
    match fulfillment:
        case VoucherFulfillment():
            return {"fulfillment_type": "voucher"}
        case ManualFulfillment():
            url = None
        case WebhookFulfillment(url=address):
            url = address
        case _:
            assert_never(fulfillment)
    return {
        "fulfillment_type": "store_fulfillment",
        "fulfillment_method": fulfillment.KIND,
        "fulfillment_webhook_url": url,
    }


def _plain_product(product: Product) -> Json:
    return {
        "id": product.id,
        "variant_id": product.variant_id,
        "image_url": product.image_url,
    }


def _collection(collection: Collection) -> Json:
    return {"id": collection.id, "title": collection.title, "url": collection.url}


def _stocked(product: Product, reward: Reward, shelf: Shelf) -> Json:
    return {
        "id": product.id,
        "handle": product.handle,
        "title": product.title,
        "url": product.url,
        "image_url": product.image_url,
        "variants": [
            {
                "id": variant.id,
                "title": variant.title,
                "sort_key": variant.sort_key,
                "inventory_count": items_left(variant, reward, shelf),
            }
            for variant in product.variants
        ],
    }
