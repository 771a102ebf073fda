"""One rule and one reward of every kind: how merchants write them, and what shoppers are shown."""

from typing import Any

from tests.programs import Document

Json = dict[str, Any]

PICTURE = "https://lion.example/mug.png"
MUG: Document = {
    "id": "500",
    "handle": "mug",
    "title": "Mug",
    "url": "https://lion.example/mug",
    "image_url": PICTURE,
    "variants": [
        {"id": "501", "title": "Red", "sort_key": 1, "inventory_count": 3},
        {"id": "502"},
    ],
}
SHOWN_MUG: Json = {
    "id": "500",
    "handle": "mug",
    "title": "Mug",
    "url": "https://lion.example/mug",
    "image_url": PICTURE,
    "variants": [
        {"id": "501", "title": "Red", "sort_key": 1, "inventory_count": 3},
        {"id": "502", "title": None, "sort_key": 0, "inventory_count": None},
    ],
}
ONCE = {"count": 1, "interval": None}

RULES: dict[str, tuple[Document, Json]] = {
    "birthday": ({}, {"limit": {"count": 1, "interval": "year"}}),
    "loyalty_pass_install": ({}, {"limit": ONCE}),
    "collection_purchase": ({"collections": ["77"]}, {}),
    "newsletter_signup": ({}, {"limit": ONCE}),
    "pageview": ({"page_patterns": ["/sale"]}, {}),
    "product_purchase": ({"products": ["500"]}, {}),
    "purchase": ({}, {}),
    "join_program": ({}, {"limit": ONCE}),
    "review": ({}, {}),
    "custom": ({"name": "quiz"}, {"properties": {"name": "quiz"}}),
    "facebook_like": (
        {"facebook_like_url": "https://facebook.example/lion"},
        {"limit": ONCE, "properties": {"facebook_like_url": "https://facebook.example/lion"}},
    ),
    "twitter_follow": (
        {"twitter_handle": "lion"},
        {"limit": ONCE, "properties": {"twitter_handle": "lion"}},
    ),
    "instagram_follow": (
        {"instagram_handle": "lion.co"},
        {"limit": ONCE, "properties": {"instagram_handle": "lion.co"}},
    ),
    "instagram_mention": (
        {"instagram_handle": "lion.co"},
        {"properties": {"instagram_handle": "lion.co"}},
    ),
    "instagram_post_hashtag": (
        {"instagram_handle": "lion.co", "hashtag": "roar"},
        {"properties": {"instagram_handle": "lion.co", "hashtag": "roar"}},
    ),
    "tiktok_follow": (
        {"tiktok_handle": "lion"},
        {"limit": ONCE, "properties": {"tiktok_handle": "lion"}},
    ),
    "tiktok_post_hashtag": ({"hashtag": "roar"}, {"properties": {"hashtag": "roar"}}),
    "referral": (
        {"trigger": "qualifying_purchase", "minimum_spend": 50},
        {"properties": {"trigger": "qualifying_purchase"}},
    ),
    "clickthrough": (
        {"destination_url": "https://lion.example/blog"},
        {"properties": {"destination_url": "https://lion.example/blog"}},
    ),
    "retail_purchase": ({}, {}),
}
"""Kind -> what the merchant writes besides id, title and points; what shows besides those."""

FIVE = {"amount": 5, "formatted": "$5"}
TEN_PERCENT = {"percentage": 10, "formatted": "10%"}

REWARDS: dict[str, tuple[Document, Json]] = {
    "gift_card": (
        {"initial_balance": "9.90"},
        {"initial_balance": {"amount": 9.9, "formatted": "$9.90"}},
    ),
    "cart_discount_voucher": (
        {"discount": {"amount": 5}, "supports_active_subscriptions": True},
        {
            "discount_type": "fixed",
            "discount": FIVE,
            "applies_to_order_type": "all",
            "recurring_cycle_limit": None,
            "minimum_spend": None,
            "supports_active_subscriptions": True,
        },
    ),
    "cart_variable_discount_voucher": (
        {"minimum_discount": 1, "maximum_discount": 5, "minimum_spend_before_discount": 5},
        {
            "minimum_discount": {"amount": 1, "formatted": "$1"},
            "maximum_discount": FIVE,
            "applies_to_order_type": "all",
            "minimum_spend_before_discount": FIVE,
            "minimum_spend_after_discount": None,
        },
    ),
    "free_shipping_voucher": ({}, {"max_shipping": None}),
    "product_discount_voucher": (
        {
            "product": {"id": "500", "variant_id": "501", "image_url": PICTURE},
            "discount": {"percentage": 10},
        },
        {
            "product": {"id": "500", "variant_id": "501", "image_url": PICTURE},
            "discount": TEN_PERCENT,
        },
    ),
    "collection_discount_voucher": (
        {"collection": {"id": "77", "title": "Mugs"}, "discount": {"percentage": 10}},
        {
            "collection": {"id": "77", "title": "Mugs", "url": None},
            "discount_type": "percentage",
            "discount": TEN_PERCENT,
            "minimum_spend": None,
        },
    ),
    "product_cart": (
        {
            "product": MUG,
            "max_redemptions_per_cart": 2,
            "cart_requirements": {"minimum_cart_total": 5, "minimum_line_item_count": 2},
        },
        {
            "product": SHOWN_MUG,
            "max_redemptions_per_cart": 2,
            "cart_requirements": {"minimum_cart_total": FIVE, "minimum_line_item_count": 2},
        },
    ),
    "active_subscription_discount_voucher": (
        {"discount": {"amount": 5}, "recurring_cycle_limit": 3},
        {"discount_type": "fixed", "discount": FIVE, "recurring_cycle_limit": 3},
    ),
    "active_subscription_product": ({"product": MUG}, {"product": SHOWN_MUG}),
    "custom": (
        {"fulfillment": {"kind": "webhook", "url": "https://lion.example/hook"}},
        {
            "fulfillment_type": "store_fulfillment",
            "fulfillment_method": "webhook",
            "fulfillment_webhook_url": "https://lion.example/hook",
        },
    ),
}
"""Kind -> what the merchant writes besides id, title and cost; the properties that show."""


def every_rule() -> list[Document]:
    """A rule of each kind for 5 points, numbered from 1 in the order above."""
    return [
        {"id": number, "kind": kind, "title": kind, "points": 5, **written}
        for number, (kind, (written, _)) in enumerate(RULES.items(), start=1)
    ]


def every_reward() -> list[Document]:
    """A reward of each kind for 100 points, numbered from 1 in the order above."""
    rewards = []
    for number, (kind, (written, _)) in enumerate(REWARDS.items(), start=1):
        price = "points_per_unit" if kind == "cart_variable_discount_voucher" else "cost"
        rewards.append({"id": number, "kind": kind, "title": kind, price: 100, **written})
    return rewards


def shown_rule(kind: str) -> Json:
    """What a rule of `every_rule` looks like in the configuration of a program without tiers."""
    number = list(RULES).index(kind) + 1
    per_unit = kind == "purchase"
    variant = {
        "tier_id": None,
        "enabled": True,
        "title": kind,
        "description": None,
        "result": {"kind": "points", "points": 5, "per_currency_unit": 1 if per_unit else None},
        "result_short_text": "5 points per $1" if per_unit else "5 points",
    }
    return {"id": number, "kind": kind, "limit": None, "variants": [variant], **RULES[kind][1]}


def shown_reward(kind: str) -> Json:
    """What a reward of `every_reward` looks like in the configuration, likewise."""
    number = list(REWARDS).index(kind) + 1
    varies = kind == "cart_variable_discount_voucher"
    variant = {
        "tier_id": None,
        "enabled": True,
        "title": kind,
        "description": None,
        "cost": {"kind": "variable", "unit": "discount_amount", "points_per_unit": 100}
        if varies
        else {"kind": "fixed", "points": 100},
        "cost_text": "100 points per $1" if varies else "100 points",
    }
    return {
        "id": number,
        "kind": kind,
        "limit": None,
        "properties": REWARDS[kind][1],
        "variants": [variant],
    }
