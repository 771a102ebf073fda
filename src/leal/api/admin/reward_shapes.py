"""The JSON Schemas of rewards and claimed rewards, by the name of the operation."""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.reward_requests import (
    ATTRIBUTIONS,
    MAX_TOKEN_CHARACTERS,
    SESSION_KINDS,
)
from leal.api.admin.shape_parts import (
    BOOLEAN,
    COUNT,
    DAY,
    ERROR,
    ID,
    NULL,
    OPTIONAL_COUNT,
    OPTIONAL_NUMBER,
    OPTIONAL_STRING,
    STRING,
    TIME,
    enum,
    nullable,
    of,
    whole,
)
from leal.api.fields import DECIMAL_PATTERN
from leal.api.samples import Schema
from leal.domain.carts import FREE_PRODUCT_KEY
from leal.usecases.merchant_rewards import MAX_MULTIPLIER

_EXPIRES_ON: Final = of(DAY, "null")
_REDEEMABLE: Final[Schema] = {
    "oneOf": [
        whole(
            {
                "redeemable_type": {"const": "voucher"},
                "code": OPTIONAL_STRING,
                "discount_amount": OPTIONAL_NUMBER,
                "usage_count": COUNT,
                "usage_limit": COUNT,
                "expires_on": _EXPIRES_ON,
            }
        ),
        whole(
            {
                "redeemable_type": {"const": "fulfilment"},
                "fulfilled": BOOLEAN,
                "fulfilled_at": of(TIME, "null"),
                "expires_on": NULL,
            }
        ),
        whole(
            {
                "redeemable_type": {"const": "product"},
                "product": nullable(whole({"id": STRING, "variant_id": OPTIONAL_STRING})),
                "used_at": of(TIME, "null"),
                "shopify_cart_line_item_context": {
                    **STRING,
                    "description": f"The cart's line must carry it as its attribute "
                    f"`{FREE_PRODUCT_KEY}`",
                },
                "expires_on": _EXPIRES_ON,
            }
        ),
        whole(
            {
                "redeemable_type": {"const": "gift_card"},
                "last_characters": OPTIONAL_STRING,
                "initial_value": OPTIONAL_NUMBER,
                "balance": OPTIONAL_NUMBER,
                "currency": STRING,
                "expires_on": _EXPIRES_ON,
                "code": {
                    **STRING,
                    "description": "The whole code, in the answer to the claim and never again",
                },
            },
            "code",
        ),
    ]
}
_TARGET_PRODUCT: Final = whole(
    {
        "id": STRING,
        "variant_id": OPTIONAL_STRING,
        "sku": NULL,
        "url": OPTIONAL_STRING,
        "image_url": OPTIONAL_STRING,
        "title": OPTIONAL_STRING,
        "handle": OPTIONAL_STRING,
        "sort_key": COUNT,
        "inventory_count": {
            **OPTIONAL_COUNT,
            "description": "How many are left to give away, in lists of rewards; null when nobody "
            "counts",
        },
    }
)
_REWARD: Final = whole(
    {
        "id": ID,
        "kind": STRING,
        "title": STRING,
        "description": OPTIONAL_STRING,
        "sort_key": COUNT,
        "content": whole({"fulfilment_instructions": OPTIONAL_STRING}),
        "point_cost": COUNT,
        "method": enum("voucher", "store_fulfilment", "gift_card"),
        "discount_type": enum("flat", "percentage", "custom"),
        "discount_amount": OPTIONAL_NUMBER,
        "minimum_spend": OPTIONAL_NUMBER,
        "max_free_shipping": OPTIONAL_NUMBER,
        "usage_limit": COUNT,
        "min_redemption_amount": {"type": "number"},
        "max_redemption_amount": {"type": "number"},
        "site_id": ID,
        "target_site": whole({"id": ID, "name": STRING, "url": STRING}),
        "order_type": enum("all", "one_time", "subscription"),
        "target_type": enum("all", "collection", "custom", "product", "shipping"),
        "target_collections": {
            "type": "array",
            "items": whole({"id": STRING, "url": OPTIONAL_STRING, "restriction_text": NULL}),
        },
        "target_products": {"type": "array", "items": _TARGET_PRODUCT},
        "session_options": NULL,
        "auto_refund_seconds": OPTIONAL_COUNT,
        "expiry_options": whole(
            {
                "kind": enum("does_not_expire", "expires_after_claim"),
                "seconds": OPTIONAL_COUNT,
            }
        ),
        "redeemable_expiry_options": NULL,
        "supported_channels": {"type": "array", "items": enum("web", "pos", "mobile")},
        "recurring_cycle_limit": OPTIONAL_COUNT,
    }
)
CLAIMED_REWARD: Final = whole(
    {
        "id": ID,
        "claimed_at": TIME,
        "point_cost": COUNT,
        "redeemable": _REDEEMABLE,
        "reward": _REWARD,
        "state": enum("approved", "void"),
        "session": nullable(whole({"kind": enum(*SESSION_KINDS), "token": STRING})),
        "auto_refund_at": of(TIME, "null"),
        "expires_at": of(TIME, "null"),
    }
)

_SWITCHED: Final = whole({"updated": BOOLEAN, "reward": whole({"id": ID})})
_CLAIM: Final[Schema] = {
    "type": "object",
    "properties": {
        "reward_id": ID,
        "multiplier": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": MAX_MULTIPLIER,
            "description": "How many at once; only custom rewards that are no codes know more "
            "than 1",
            "example": 1,
        },
        "variant_id": {
            "type": ["string", "integer", "null"],
            "description": "Which variant of the product; needed where the reward is a product",
        },
        "session": nullable(
            {
                "type": "object",
                "properties": {
                    "kind": enum(*SESSION_KINDS),
                    "token": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": MAX_TOKEN_CHARACTERS,
                        "example": "gid://shopify/Cart/c1-4c2f",
                    },
                },
                "required": ["kind", "token"],
                "description": "Where the customer is; a free product needs the id of its cart",
            }
        ),
        "discount_amount": {
            "type": ["string", "number", "null"],
            "pattern": DECIMAL_PATTERN,
            "minimum": 0,
            "description": "An addition of leal: how much to take off, where that is for the "
            "customer to say",
            "example": None,
        },
        "attribution": {"enum": [*ATTRIBUTIONS, None], "description": "Read and passed over"},
        "shopify_action_id": {
            "type": ["string", "null"],
            "maxLength": MAX_TOKEN_CHARACTERS,
            "description": "Read and passed over",
        },
    },
    "required": ["reward_id"],
}

REQUESTS: Final[Mapping[str, Schema]] = {"customers.claimRewardForCustomer": _CLAIM}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "customers.listAvailableRewardsForCustomer": {
        200: whole({"rewards": {"type": "array", "items": _REWARD}})
    },
    "customers.claimRewardForCustomer": {
        201: whole({"claimed_reward": CLAIMED_REWARD}),
        422: ERROR,
    },
    "customers.refundClaimedRewardForCustomer": {
        200: whole({"claimed_reward": CLAIMED_REWARD, "remote_resource_deleted": BOOLEAN}),
        422: ERROR,
    },
    "rewards.enableReward": {200: _SWITCHED},
    "rewards.disableReward": {200: _SWITCHED},
}
