"""The Admin API's JSON Schemas, by the name of the operation.

They describe what leal reads and answers: every member of an object is always there, unless its
name is missing from `required`. The tests check every answer against them.
"""

from collections.abc import Mapping
from typing import Final

from leal.api.admin import activity_shapes, order_shapes
from leal.api.admin.requests import MAX_ADDED, MAX_REASON_CHARACTERS
from leal.api.admin.shape_parts import (
    ANYTHING,
    BALANCES,
    BOOLEAN,
    COUNT,
    ERROR,
    ID,
    INTEGER,
    NULL,
    OPTIONAL_COUNT,
    OPTIONAL_NUMBER,
    OPTIONAL_STRING,
    STRING,
    SUMMARY,
    TIME,
    enum,
    nullable,
    of,
    page,
    whole,
)
from leal.api.ids import MAX_JSON_INTEGER
from leal.api.samples import Schema

__all__ = ("ERROR", "REQUESTS", "RESPONSES")

_DAY: Final[Schema] = {
    "type": "string",
    "format": "date",
    "pattern": r"^\d{4}-\d\d-\d\d$",
    "example": "1990-05-17",
}
_BOUND: Final[Schema] = {"type": "string", "pattern": r"^\d+\.\d{2,3}$", "example": "50.00"}


_IDENTITY: Final = whole(
    {
        "kind": enum("api_key", "site"),
        "account_id": ID,
        "program_id": ID,
        "scopes": {"type": "array", "items": STRING, "uniqueItems": True},
        "integration": NULL,
    }
)

_MEMBERSHIP: Final = whole(
    {
        "started_at": TIME,
        "expires_at": of(TIME, "null"),
        "manual": BOOLEAN,
        "loyalty_tier": whole(
            {
                "id": ID,
                "name": STRING,
                "number": ID,
                "position": COUNT,
                "default": BOOLEAN,
                "hidden": BOOLEAN,
                "lower_bound": _BOUND,
                "upper_bound": of(_BOUND, "null"),
            }
        ),
    }
)
_CUSTOMER: Final = whole(
    {
        "id": ID,
        "merchant_id": STRING,
        "email": OPTIONAL_STRING,
        **BALANCES,
        "rewards_claimed": COUNT,
        "rewards_used": COUNT,
        "properties": ANYTHING,
        "metadata": ANYTHING,
        "blocked": BOOLEAN,
        "guest": BOOLEAN,
        "enrolled": BOOLEAN,
        "enrolled_at": of(TIME, "null"),
        "referral_id": OPTIONAL_STRING,
        "referred_by": nullable(whole({"id": ID, "merchant_id": STRING})),
        "loyalty_tier_membership": nullable(_MEMBERSHIP),
        "tier_eligibility": NULL,
        "insights_segment": {"enum": ["At Risk", "Win Back", "Loyal", None]},
        "birthday": of(_DAY, "null"),
        "referral_url": of({"type": "string", "format": "uri"}, "null"),
        "loyalty_pass_url": NULL,
        "linked_merchant_ids": {"type": "array", "items": STRING},
        "created_at": TIME,
        "updated_at": TIME,
    }
)

_ACTIVITY: Final[Schema] = {
    "oneOf": [
        whole({**activity_shapes.ACTIVITY, "resource": NULL}),
        whole(
            {
                **activity_shapes.ACTIVITY,
                "resource": {"const": "order"},
                "order": {
                    **order_shapes.LISTED,
                    "description": "Only for keys that may read orders",
                },
            },
            "order",
        ),
    ]
}
_EXPIRES_ON: Final = of(_DAY, "null")
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
                "shopify_cart_line_item_context": STRING,
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
            }
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
_CLAIMED_REWARD: Final = whole(
    {
        "id": ID,
        "claimed_at": TIME,
        "point_cost": COUNT,
        "redeemable": _REDEEMABLE,
        "reward": _REWARD,
        "state": enum("approved", "void"),
        "session": NULL,
        "auto_refund_at": of(TIME, "null"),
        "expires_at": of(TIME, "null"),
    }
)


def _transaction(resource: str, shape: Schema) -> Schema:
    return whole(
        {
            "id": ID,
            "customer": SUMMARY,
            "points_approved": INTEGER,
            "points_pending": INTEGER,
            "created_at": TIME,
            "resource": {"const": resource},
            resource: shape,
        }
    )


_TRANSACTION: Final[Schema] = {
    "oneOf": [
        _transaction("activity", _ACTIVITY),
        _transaction("adjustment", whole({"note": OPTIONAL_STRING})),
        _transaction("claimed_reward", _CLAIMED_REWARD),
        _transaction("expiry", whole({})),
    ]
}


def _points(most: int) -> Schema:
    return {
        "type": "object",
        "properties": {
            "points": {"type": "integer", "minimum": 1, "maximum": most, "example": 100},
            "reason": {
                "type": ["string", "null"],
                "maxLength": MAX_REASON_CHARACTERS,
                "description": "Shown to the customer",
            },
        },
        "required": ["points"],
    }


REQUESTS: Final[Mapping[str, Schema]] = {
    **order_shapes.REQUESTS,
    **activity_shapes.REQUESTS,
    "customers.updateCustomer": {
        "type": "object",
        "properties": {
            "customer": {
                "type": "object",
                "minProperties": 1,
                "properties": {"birthday": _DAY, "blocked": BOOLEAN},
            }
        },
        "required": ["customer"],
    },
    "customers.addPointsToCustomer": _points(MAX_ADDED),
    "customers.removePointsFromCustomer": _points(MAX_JSON_INTEGER),
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    **order_shapes.RESPONSES,
    **activity_shapes.RESPONSES,
    "identity.whoami": {200: whole({"identity": _IDENTITY})},
    "customers.listCustomers": {200: page("customers", _CUSTOMER)},
    "customers.updateCustomer": {200: whole({"customer": _CUSTOMER}), 422: ERROR},
    "customers.addPointsToCustomer": {201: None, 422: ERROR},
    "customers.removePointsFromCustomer": {204: None, 422: ERROR},
    "customers.listTransactionsForCustomer": {200: page("transactions", _TRANSACTION)},
    "transactions.listTransactions": {200: page("transactions", _TRANSACTION)},
}
