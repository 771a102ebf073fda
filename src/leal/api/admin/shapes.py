"""The Admin API's JSON Schemas, by the name of the operation.

They describe what leal reads and answers: every member of an object is always there, unless its
name is missing from `required`. The tests check every answer against them.
"""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.requests import MAX_ADDED, MAX_REASON_CHARACTERS
from leal.api.ids import MAX_JSON_INTEGER
from leal.api.samples import Schema


def _object(properties: dict[str, Schema], *optional: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _of(schema: Schema, *kinds: str) -> Schema:
    """The schema, with other types allowed beside its own."""
    return {**schema, "type": [schema["type"], *kinds]}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _enum(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


_INTEGER: Final[Schema] = {"type": "integer"}
_ID: Final[Schema] = {"type": "integer", "minimum": 1}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_STRING: Final[Schema] = {"type": "string"}
_BOOLEAN: Final[Schema] = {"type": "boolean"}
_NULL: Final[Schema] = {"type": "null"}
_ANYTHING: Final[Schema] = {"type": "object", "additionalProperties": True}
_OPTIONAL_STRING: Final = _of(_STRING, "null")
_OPTIONAL_ID: Final = _of(_ID, "null")
_OPTIONAL_COUNT: Final = _of(_COUNT, "null")
_OPTIONAL_NUMBER: Final[Schema] = {"type": ["number", "null"], "minimum": 0}
_TIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
    "example": "2025-06-01T15:00:00.000Z",
}
_DAY: Final[Schema] = {
    "type": "string",
    "format": "date",
    "pattern": r"^\d{4}-\d\d-\d\d$",
    "example": "1990-05-17",
}
_BOUND: Final[Schema] = {"type": "string", "pattern": r"^\d+\.\d{2,3}$", "example": "50.00"}

_CURSOR: Final = _object({"prev": _OPTIONAL_STRING, "next": _OPTIONAL_STRING})

_IDENTITY: Final = _object(
    {
        "kind": _enum("api_key", "site"),
        "account_id": _ID,
        "program_id": _ID,
        "scopes": {"type": "array", "items": _STRING, "uniqueItems": True},
        "integration": _NULL,
    }
)

_BALANCES: Final[dict[str, Schema]] = {
    "points_pending": _COUNT,
    "points_approved": _INTEGER,
    "points_spent": _COUNT,
}
_SUMMARY: Final = _object(
    {"id": _ID, "merchant_id": _STRING, "email": _OPTIONAL_STRING, **_BALANCES}
)
_MEMBERSHIP: Final = _object(
    {
        "started_at": _TIME,
        "expires_at": _of(_TIME, "null"),
        "manual": _BOOLEAN,
        "loyalty_tier": _object(
            {
                "id": _ID,
                "name": _STRING,
                "number": _ID,
                "position": _COUNT,
                "default": _BOOLEAN,
                "hidden": _BOOLEAN,
                "lower_bound": _BOUND,
                "upper_bound": _of(_BOUND, "null"),
            }
        ),
    }
)
_CUSTOMER: Final = _object(
    {
        "id": _ID,
        "merchant_id": _STRING,
        "email": _OPTIONAL_STRING,
        **_BALANCES,
        "rewards_claimed": _COUNT,
        "rewards_used": _COUNT,
        "properties": _ANYTHING,
        "metadata": _ANYTHING,
        "blocked": _BOOLEAN,
        "guest": _BOOLEAN,
        "enrolled": _BOOLEAN,
        "enrolled_at": _of(_TIME, "null"),
        "referral_id": _OPTIONAL_STRING,
        "referred_by": _nullable(_object({"id": _ID, "merchant_id": _STRING})),
        "loyalty_tier_membership": _nullable(_MEMBERSHIP),
        "tier_eligibility": _NULL,
        "insights_segment": {"enum": ["At Risk", "Win Back", "Loyal", None]},
        "birthday": _of(_DAY, "null"),
        "referral_url": _of({"type": "string", "format": "uri"}, "null"),
        "loyalty_pass_url": _NULL,
        "linked_merchant_ids": {"type": "array", "items": _STRING},
        "created_at": _TIME,
        "updated_at": _TIME,
    }
)

_ACTIVITY: Final = _object(
    {
        "id": _ID,
        "merchant_id": _OPTIONAL_STRING,
        "value": _INTEGER,
        "state": _enum("pending", "approved", "declined", "void"),
        "customer": _SUMMARY,
        "created_at": _TIME,
        "rule": _object({"id": _OPTIONAL_ID, "name": _OPTIONAL_STRING, "title": _OPTIONAL_STRING}),
        "resource": _NULL,
    }
)
_EXPIRES_ON: Final = _of(_DAY, "null")
_REDEEMABLE: Final[Schema] = {
    "oneOf": [
        _object(
            {
                "redeemable_type": {"const": "voucher"},
                "code": _OPTIONAL_STRING,
                "discount_amount": _OPTIONAL_NUMBER,
                "usage_count": _COUNT,
                "usage_limit": _COUNT,
                "expires_on": _EXPIRES_ON,
            }
        ),
        _object(
            {
                "redeemable_type": {"const": "fulfilment"},
                "fulfilled": _BOOLEAN,
                "fulfilled_at": _of(_TIME, "null"),
                "expires_on": _NULL,
            }
        ),
        _object(
            {
                "redeemable_type": {"const": "product"},
                "product": _nullable(_object({"id": _STRING, "variant_id": _OPTIONAL_STRING})),
                "used_at": _of(_TIME, "null"),
                "shopify_cart_line_item_context": _STRING,
                "expires_on": _EXPIRES_ON,
            }
        ),
        _object(
            {
                "redeemable_type": {"const": "gift_card"},
                "last_characters": _OPTIONAL_STRING,
                "initial_value": _OPTIONAL_NUMBER,
                "balance": _OPTIONAL_NUMBER,
                "currency": _STRING,
                "expires_on": _EXPIRES_ON,
            }
        ),
    ]
}
_TARGET_PRODUCT: Final = _object(
    {
        "id": _STRING,
        "variant_id": _OPTIONAL_STRING,
        "sku": _NULL,
        "url": _OPTIONAL_STRING,
        "image_url": _OPTIONAL_STRING,
        "title": _OPTIONAL_STRING,
        "handle": _OPTIONAL_STRING,
        "sort_key": _COUNT,
    }
)
_REWARD: Final = _object(
    {
        "id": _ID,
        "kind": _STRING,
        "title": _STRING,
        "description": _OPTIONAL_STRING,
        "sort_key": _COUNT,
        "content": _object({"fulfilment_instructions": _OPTIONAL_STRING}),
        "point_cost": _COUNT,
        "method": _enum("voucher", "store_fulfilment", "gift_card"),
        "discount_type": _enum("flat", "percentage", "custom"),
        "discount_amount": _OPTIONAL_NUMBER,
        "minimum_spend": _OPTIONAL_NUMBER,
        "max_free_shipping": _OPTIONAL_NUMBER,
        "usage_limit": _COUNT,
        "min_redemption_amount": {"type": "number"},
        "max_redemption_amount": {"type": "number"},
        "site_id": _ID,
        "target_site": _object({"id": _ID, "name": _STRING, "url": _STRING}),
        "order_type": _enum("all", "one_time", "subscription"),
        "target_type": _enum("all", "collection", "custom", "product", "shipping"),
        "target_collections": {
            "type": "array",
            "items": _object({"id": _STRING, "url": _OPTIONAL_STRING, "restriction_text": _NULL}),
        },
        "target_products": {"type": "array", "items": _TARGET_PRODUCT},
        "session_options": _NULL,
        "auto_refund_seconds": _OPTIONAL_COUNT,
        "expiry_options": _object(
            {
                "kind": _enum("does_not_expire", "expires_after_claim"),
                "seconds": _OPTIONAL_COUNT,
            }
        ),
        "redeemable_expiry_options": _NULL,
        "supported_channels": {"type": "array", "items": _enum("web", "pos", "mobile")},
        "recurring_cycle_limit": _OPTIONAL_COUNT,
    }
)
_CLAIMED_REWARD: Final = _object(
    {
        "id": _ID,
        "claimed_at": _TIME,
        "point_cost": _COUNT,
        "redeemable": _REDEEMABLE,
        "reward": _REWARD,
        "state": _enum("approved", "void"),
        "session": _NULL,
        "auto_refund_at": _of(_TIME, "null"),
        "expires_at": _of(_TIME, "null"),
    }
)


def _transaction(resource: str, shape: Schema) -> Schema:
    return _object(
        {
            "id": _ID,
            "customer": _SUMMARY,
            "points_approved": _INTEGER,
            "points_pending": _INTEGER,
            "created_at": _TIME,
            "resource": {"const": resource},
            resource: shape,
        }
    )


_TRANSACTION: Final[Schema] = {
    "oneOf": [
        _transaction("activity", _ACTIVITY),
        _transaction("adjustment", _object({"note": _OPTIONAL_STRING})),
        _transaction("claimed_reward", _CLAIMED_REWARD),
        _transaction("expiry", _object({})),
    ]
}

ERROR: Final = _object(
    {
        "error": _object(
            {
                "code": {"type": "string", "description": "For programs to tell errors apart"},
                "message": {"type": "string", "description": "For people; may change"},
                "details": {
                    "type": "object",
                    "description": "What is wrong, by the dotted name of the field",
                    "additionalProperties": {"type": "string"},
                },
            },
            "code",
            "details",
        )
    }
)


def _page(name: str, item: Schema) -> Schema:
    return _object({name: {"type": "array", "items": item}, "cursor": _CURSOR})


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
    "customers.updateCustomer": {
        "type": "object",
        "properties": {
            "customer": {
                "type": "object",
                "minProperties": 1,
                "properties": {"birthday": _DAY, "blocked": _BOOLEAN},
            }
        },
        "required": ["customer"],
    },
    "customers.addPointsToCustomer": _points(MAX_ADDED),
    "customers.removePointsFromCustomer": _points(MAX_JSON_INTEGER),
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "identity.whoami": {200: _object({"identity": _IDENTITY})},
    "customers.listCustomers": {200: _page("customers", _CUSTOMER)},
    "customers.updateCustomer": {200: _object({"customer": _CUSTOMER}), 422: ERROR},
    "customers.addPointsToCustomer": {201: None, 422: ERROR},
    "customers.removePointsFromCustomer": {204: None, 422: ERROR},
    "customers.listTransactionsForCustomer": {200: _page("transactions", _TRANSACTION)},
    "transactions.listTransactions": {200: _page("transactions", _TRANSACTION)},
}
