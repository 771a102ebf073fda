"""Claimed rewards as the customer document shows them."""

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
from leal.domain.scene import Scene

_GIFT_CARD_SHOWN = 4


def claimed_reward(claim: ClaimedReward, scene: Scene) -> Json:
    """One claim; `redeemable` is left out while there is nothing to redeem yet."""
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
    redeemable = _redeemable(claim, scene.language)
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


def _redeemable(claim: ClaimedReward, language: str) -> Json | None:
    kind = RewardKind(claim.kind)
    if kind is RewardKind.CUSTOM:
        return _custom(claim)
    if claim.code is None:
        return None
    shape: Json = {"kind": kind, "usage_status": claim.usage_status}
    if kind is RewardKind.GIFT_CARD:
        return {**shape, **_gift_card(claim, claim.code, language)}
    if kind is not RewardKind.ACTIVE_SUBSCRIPTION_DISCOUNT_VOUCHER:
        shape["expires_at"] = optional_instant(claim.expires_at)
        shape["used_at"] = optional_instant(claim.used_at)
    return {**shape, "code": claim.code, **_voucher(kind, claim.terms, language)}


def _voucher(kind: RewardKind, terms: Terms, language: str) -> Json:
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
        "current_balance": money(terms.current_balance_minor or 0, idiom),
        "expires_at": optional_instant(claim.expires_at),
    }


def _custom(claim: ClaimedReward) -> Json:
    shape: Json = {
        "kind": claim.kind,
        "usage_status": claim.usage_status,
        "fulfilled_at": optional_instant(claim.terms.fulfilled_at),
        "fulfilment_explanation": claim.terms.fulfilment_explanation,
    }
    return shape if claim.code is None else {**shape, "code": claim.code}


def _product(product: ClaimedProduct) -> Json:
    return {
        "id": product.id,
        "variant_id": product.variant_id,
        "image_url": product.image_url,
    }
