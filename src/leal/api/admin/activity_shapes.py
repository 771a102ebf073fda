"""The JSON Schemas of activities, by the name of the operation."""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.activity_requests import MAX_URL_CHARACTERS
from leal.api.admin.shape_parts import (
    ERROR,
    ID,
    INTEGER,
    OPTIONAL_ID,
    OPTIONAL_STRING,
    SUMMARY,
    TIME,
    enum,
    page,
    whole,
)
from leal.api.samples import Schema
from leal.domain.activities import Verdict

ACTIVITY: Final[dict[str, Schema]] = {
    "id": ID,
    "merchant_id": OPTIONAL_STRING,
    "value": INTEGER,
    "state": enum("pending", "approved", "declined", "void"),
    "customer": SUMMARY,
    "created_at": TIME,
    "rule": whole({"id": OPTIONAL_ID, "name": OPTIONAL_STRING, "title": OPTIONAL_STRING}),
}
_SHOP_ID: Final[Schema] = {"type": ["string", "integer"], "example": "6482117402"}
_IGNORED: Final[Schema] = {"description": "Read and passed over"}
_NEW: Final[Schema] = {
    "type": "object",
    "properties": {
        "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "`$` and a kind of rule, or the name of a custom rule",
            "example": "$review",
        },
        "customer_id": _SHOP_ID,
        "customer_email": {"type": "string", "format": "email", "example": "kim@example.com"},
        "merchant_id": {
            "type": ["string", "integer", "null"],
            "description": "The shop's own id of it: needed to update it, and told twice it counts "
            "once",
            "example": "1001",
        },
        "properties": {
            "type": ["object", "array", "null"],
            "maxItems": 0,
            "properties": {"url": {"type": ["string", "null"], "maxLength": MAX_URL_CHARACTERS}},
            "description": "`url`: where `$clickthrough` and `$visit` went",
            "example": {"url": "https://shop.example.com/sale"},
        },
        "date": {
            "type": ["string", "null"],
            "minLength": 1,
            "format": "date-time",
            "description": "When it was done; points wait for approval from then on",
        },
        "guest": {
            "enum": [True, False, 0, 1, "0", "1", "true", "false", None],
            "description": "False makes a guest a member where joining is automatic; true keeps "
            "one who signs up a guest",
        },
        "ip_address": _IGNORED,
        "user_agent": _IGNORED,
        "referral_id": {
            "type": ["string", "number", "null"],
            "description": "With `$signup`: the `ll_ref_id` of the link that brought the customer",
            "example": "k3Vd8QzLpm",
        },
        "tracking_id": _IGNORED,
    },
    "required": ["name", "customer_id", "customer_email"],
}

REQUESTS: Final[Mapping[str, Schema]] = {
    "activities.createActivity": _NEW,
    "activities.updateActivity": {
        "type": "object",
        "properties": {"state": enum(*Verdict)},
        "required": ["state"],
    },
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "activities.listActivities": {200: page("activities", whole(ACTIVITY))},
    "activities.createActivity": {201: None, 422: ERROR},
    "activities.updateActivity": {204: None, 422: ERROR},
}
