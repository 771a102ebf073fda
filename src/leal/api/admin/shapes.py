"""The Admin API's JSON Schemas, by the name of the operation.

They describe what leal reads and answers: every member of an object is always there, unless its
name is missing from `required`. The tests check every answer against them.
"""

from collections.abc import Mapping
from typing import Final

from leal.api.admin import (
    activity_shapes,
    order_shapes,
    review_shapes,
    reward_shapes,
    site_shapes,
    webhook_shapes,
)
from leal.api.admin.requests import MAX_ADDED, MAX_REASON_CHARACTERS
from leal.api.admin.shape_parts import (
    ANYTHING,
    BALANCES,
    BOOLEAN,
    COUNT,
    DAY,
    ERROR,
    ID,
    INTEGER,
    NULL,
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

_BOUND: Final[Schema] = {"type": "string", "pattern": r"^\d+\.\d{2,3}$", "example": "50.00"}


_IDENTITY: Final = whole(
    {
        "kind": enum("api_key", "oauth", "site"),
        "account_id": ID,
        "program_id": ID,
        "scopes": {"type": "array", "items": STRING, "uniqueItems": True},
        "integration": nullable(whole({"id": ID, "name": STRING})),
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
        "birthday": of(DAY, "null"),
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
        _transaction("claimed_reward", reward_shapes.CLAIMED_REWARD),
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
    **reward_shapes.REQUESTS,
    **webhook_shapes.REQUESTS,
    **site_shapes.REQUESTS,
    **review_shapes.REQUESTS,
    "customers.updateCustomer": {
        "type": "object",
        "properties": {
            "customer": {
                "type": "object",
                "minProperties": 1,
                "properties": {"birthday": DAY, "blocked": BOOLEAN},
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
    **reward_shapes.RESPONSES,
    **webhook_shapes.RESPONSES,
    **site_shapes.RESPONSES,
    **review_shapes.RESPONSES,
    "identity.whoami": {200: whole({"identity": _IDENTITY})},
    "customers.listCustomers": {200: page("customers", _CUSTOMER)},
    "customers.updateCustomer": {200: whole({"customer": _CUSTOMER}), 422: ERROR},
    "customers.addPointsToCustomer": {201: None, 422: ERROR},
    "customers.removePointsFromCustomer": {204: None, 422: ERROR},
    "customers.listTransactionsForCustomer": {200: page("transactions", _TRANSACTION)},
    "transactions.listTransactions": {200: page("transactions", _TRANSACTION)},
}
