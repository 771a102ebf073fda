"""Claimed rewards as the customer document shows them."""

from leal.api.headless.views.redemptions import active_cart_redemption, claimed_product
from leal.api.headless.views.showing import Showing
from leal.api.headless.views.values import (
    Idiom,
    Json,
    instant,
    money,
    optional_instant,
    optional_money,
    percentage,
)
from leal.domain.claims import ClaimedProduct, ClaimedReward, ClaimSource, Terms
from leal.domain.rewards.terms import RewardKind

_GIFT_CARD_SHOWN = 4


def claimed_reward(claim: ClaimedReward, showing: Showing) -> Json:
    """One claim; `redeemable` is left out while there is nothing to redeem yet."""
    scene = showing.scene
    reward = scene.program.reward(claim.reward_id)
    shape: Json = {
        "id": claim.id,
        "claimed_at": instant(claim.claimed_at),
        "reward_id": claim.reward_id,
        "title": reward.title.in_(scene.language) if reward else claim.title,
        "state": claim.state,
        "source": _source(claim),
        "auto_refund_at": optional_instant(claim.auto_refund_at),
    }
    redeemable = _redeemable(claim, showing)
    if redeemable is not None:
        shape["redeemable"] = redeemable
    return shape


def _source(claim: ClaimedReward) -> Json:
    match claim.source:
        case ClaimSource.POINTS:
            return {"kind": claim.source, "points_cost": claim.points_cost}
        case ClaimSource.RULE:
            return {"kind": claim.source, "rule_id": claim.source_id}
        case ClaimSource.TIER:
            return {"kind": claim.source, "tier_id": claim.source_id}


def _redeemable(claim: ClaimedReward, showing: Showing) -> Json | None:
    language = showing.scene.language
    match claim.kind:
        case RewardKind.CUSTOM:
            return _custom(claim)
        case RewardKind.PRODUCT_CART:
            return _free_product(claim, showing)
        case RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT:
            return _added_product(claim, showing)
        case _:
            return None if claim.code is None else _coded(claim, claim.code, language)


def _coded(claim: ClaimedReward, code: str, language: str) -> Json:
    kind = claim.kind
    if kind == RewardKind.GIFT_CARD:
        shape = _gift_card(claim, code, language)
    else:
        shape = _voucher(kind, claim.terms, language)
        shape["code"] = code
        if kind != RewardKind.ACTIVE_SUBSCRIPTION_DISCOUNT_VOUCHER:
            shape["expires_at"] = optional_instant(claim.expires_at)
            shape["used_at"] = optional_instant(claim.used_at)
    shape["kind"] = kind
    shape["usage_status"] = claim.usage_status
    return shape


def _voucher(kind: str, terms: Terms, language: str) -> Json:
    idiom = Idiom(terms.currency, language)
    minimum = optional_money(terms.minimum_spend_minor, idiom)
    match kind:
        case RewardKind.CART_DISCOUNT_VOUCHER:
            return {
                **_discount(terms, language),
                "minimum_spend": minimum,
                "applies_to_order_type": terms.applies_to_order_type,
                "recurring_cycle_limit": terms.recurring_cycle_limit,
                "supports_active_subscriptions": terms.supports_active_subscriptions,
            }
        case RewardKind.CART_VARIABLE_DISCOUNT_VOUCHER:
            return {
                "discount": money(terms.discount_minor or 0, idiom),
                "applies_to_order_type": terms.applies_to_order_type,
            }
        case RewardKind.FREE_SHIPPING_VOUCHER:
            return {"max_shipping": optional_money(terms.max_shipping_minor, idiom)}
        case RewardKind.PRODUCT_DISCOUNT_VOUCHER:
            return {
                "discount": percentage(terms.discount_percentage or 0, language),
                "product": terms.product and _product(terms.product),
            }
        case RewardKind.COLLECTION_DISCOUNT_VOUCHER:
            return {
                **_discount(terms, language),
                "minimum_spend": minimum,
                "collection": terms.collection,
            }
        case _:
            return {
                **_discount(terms, language),
                "recurring_cycle_limit": terms.recurring_cycle_limit,
            }


def _discount(terms: Terms, language: str) -> Json:
    if terms.discount_percentage is not None:
        return {
            "discount_type": "percentage",
            "discount": percentage(terms.discount_percentage, language),
        }
    return {
        "discount_type": "fixed",
        "discount": money(terms.discount_minor or 0, Idiom(terms.currency, language)),
    }


def _gift_card(claim: ClaimedReward, code: str, language: str) -> Json:
    """Only the end of the code: the whole one is shown once, when it is claimed."""
    terms = claim.terms
    idiom = Idiom(terms.currency, language)
    return {
        "code_last_characters": code[-_GIFT_CARD_SHOWN:],
        "initial_balance": money(terms.initial_balance_minor or 0, idiom),
        "current_balance": money(claim.balance_minor or 0, idiom),
        "expires_at": optional_instant(claim.expires_at),
    }


def _custom(claim: ClaimedReward) -> Json:
    shape: Json = {
        "kind": claim.kind,
        "usage_status": claim.usage_status,
        "fulfilled_at": optional_instant(claim.fulfilled_at),
        "fulfilment_explanation": claim.terms.fulfilment_explanation,
    }
    return shape if claim.code is None else {**shape, "code": claim.code}


def _free_product(claim: ClaimedReward, showing: Showing) -> Json | None:
    """A free product that was put into a cart; one that was granted waits for its variant."""
    product = claim.terms.product
    if product is None or claim.redemption_id is None:
        return None
    return {
        "kind": claim.kind,
        "usage_status": claim.usage_status,
        "used_at": optional_instant(claim.used_at),
        "cart_line_identifier": claim.redemption_id,
        "quantity": claim.terms.quantity,
        "product": claimed_product(claim, product, showing),
        "active_cart_redemption": active_cart_redemption(claim, showing),
    }


def _added_product(claim: ClaimedReward, showing: Showing) -> Json | None:
    product, delivery = claim.terms.product, claim.subscription
    if product is None or delivery is None:
        return None
    return {
        "kind": claim.kind,
        "usage_status": claim.usage_status,
        "quantity": claim.terms.quantity,
        "product": claimed_product(claim, product, showing),
        "subscription_details": {
            "kind": "recharge",
            "address_id": delivery.address_id,
            "onetime_id": delivery.onetime_id,
            "next_subscription_scheduled_at": instant(delivery.next_subscription_scheduled_at),
        },
    }


def _product(product: ClaimedProduct) -> Json:
    return {
        "id": product.id,
        "variant_id": product.variant_id,
        "image_url": product.image_url,
    }
