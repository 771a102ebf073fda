"""The JSON Schemas of leal's own API, by the name of the operation.

Every member of an object is always there. Amounts of money and rates are texts, exact to the last
digit: decimal, or a fraction such as `20/3` where decimals would not come to an end.
"""

from collections.abc import Mapping
from typing import Final

from leal.api.samples import Schema
from leal.domain.claims import ClaimState, Fulfilment, UsageStatus
from leal.domain.customers import CustomerState, HistoryKind, Resource
from leal.domain.offers import Interval
from leal.domain.orders import CancellationStatus, PaymentStatus, RefundStatus
from leal.domain.program import Rounding
from leal.domain.rewards.goods import OrderType
from leal.domain.rewards.terms import RewardKind
from leal.usecases.codes import AT_ONCE, MAX_CODE_CHARACTERS, Why
from leal.usecases.reports import COLUMNS
from leal.usecases.till_vouchers import WhyNot


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _enum(*values: str | None) -> Schema:
    return {"enum": list(values)}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


_INTEGER: Final[Schema] = {"type": "integer"}
_ID: Final[Schema] = {"type": "integer", "minimum": 1}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_STRING: Final[Schema] = {"type": "string"}
_TIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
    "example": "2025-06-01T15:00:00.000Z",
}
_DAY: Final[Schema] = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
_MONEY: Final[Schema] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "example": "20.00"}
_EXACT: Final[Schema] = {
    "type": "string",
    "pattern": r"^-?\d+((\.|/)\d+)?$",
    "example": "99.95",
    "description": "Exact: a decimal, or a fraction such as 20/3",
}
_WHY: Final = _object({"code": _STRING, "message": _STRING})
_RULE: Final = _object({"id": _ID, "kind": _or_null(_STRING), "title": _or_null(_STRING)})

_MOVED: Final[Schema] = {
    **_object({"approved": _INTEGER, "pending": _INTEGER, "spent": _INTEGER}),
    "description": "What the entry added to the three balances",
}
_HISTORY: Final = _object(
    {
        "id": _ID,
        "kind": _enum(*HistoryKind),
        "state": _or_null(_STRING),
        "happened_at": _TIME,
        "points": _or_null(_INTEGER),
        "title": _or_null(_STRING),
        "reason": _or_null(_STRING),
        "source": _or_null(_STRING),
        "approve_at": _or_null(_TIME),
        "expires_at": _or_null(_TIME),
        "program_version": _or_null(_ID),
    }
)
_LIMIT: Final[Schema] = {
    **_object({"allowed": _ID, "interval": _enum(*Interval, None), "number": _ID}),
    "description": "The rule's limit then, and the how-manieth completion within it this was",
}
_CLAIM: Final = _object(
    {"id": _ID, "reward_id": _ID, "title": _STRING, "state": _STRING, "points_cost": _COUNT}
)
_ENTRY: Final = _object(
    {
        "id": _ID,
        "created_at": _TIME,
        "resource": _enum(*Resource),
        "cause": _STRING,
        "moved": _MOVED,
        "lots": _list(_object({"expires_at": _or_null(_TIME), "points": _INTEGER})),
        "history": _HISTORY,
        "rule": _nullable(_RULE),
        "limit": _nullable(_LIMIT),
        "order": _nullable(_object({"id": _ID, "merchant_id": _STRING})),
        "claimed_reward": _nullable(_CLAIM),
    }
)
_GOODS: Final = _object(
    {
        "product_id": _STRING,
        "quantity": _INTEGER,
        "price": _MONEY,
        "modifier": _or_null(_ID),
        "rate": _EXACT,
    }
)
_AWARD: Final[Schema] = {
    **_object(
        {
            "rule": _RULE,
            "gross": _MONEY,
            "shipping": _MONEY,
            "tax": _MONEY,
            "gift_card": _MONEY,
            "base": _MONEY,
            "refunded": _MONEY,
            "refund_share": _EXACT,
            "net": _EXACT,
            "nothing": _nullable(_WHY),
            "points_per": _enum("currency_unit", "order"),
            "rate": _EXACT,
            "goods": _list(_GOODS),
            "exact": _EXACT,
            "rounding": _enum(*Rounding),
            "points": _COUNT,
            "approve_at": _or_null(_TIME),
            "expires_at": _or_null(_TIME),
        }
    ),
    "description": "From what was paid to points, by the order's latest state",
}
_ORDER: Final = _object(
    {
        "id": _ID,
        "merchant_id": _STRING,
        "site_id": _ID,
        "currency": _STRING,
        "payment_status": _enum(*PaymentStatus),
        "refund_status": _enum(*RefundStatus),
        "cancellation_status": _enum(*CancellationStatus),
        "paid_at": _or_null(_TIME),
        "paid_by": _enum(*CustomerState, None),
        "program_version": _or_null(_ID),
        "tier_id": _or_null(_ID),
        "unpromised": _nullable(_WHY),
        "awards": _list(_AWARD),
        "not_fired": _list(_object({"rule": _RULE, "why": _WHY})),
    }
)
_EXPLAINED: Final = _object(
    {
        "customer": _object(
            {
                "id": _ID,
                "merchant_id": _STRING,
                "points_approved": _INTEGER,
                "points_pending": _COUNT,
                "points_spent": _COUNT,
            }
        ),
        "program_version": _ID,
        "entries": _list(_ENTRY),
        "orders": _list(_ORDER),
        "cursor": _object({"next": _or_null(_STRING)}),
    }
)

_COLUMNS: Final[dict[str, Schema]] = dict.fromkeys(COLUMNS, _INTEGER)
_REPORT: Final = _object(
    {
        "from": _DAY,
        "to": _DAY,
        "timezone": _STRING,
        "totals": _object(_COLUMNS),
        "days": _list(_object({"day": _DAY, **_COLUMNS})),
    }
)

ERROR: Final[Schema] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": _STRING,
                "message": _STRING,
                "details": {"type": "object", "additionalProperties": _STRING},
                "balance": {**_MONEY, "description": "What is left on the gift card"},
                "currency": _STRING,
            },
            "required": ["message"],
            "additionalProperties": False,
        }
    },
    "required": ["error"],
    "additionalProperties": False,
}

_CLOCK: Final[dict[str, Schema]] = {
    "now": _STRING,
    "sandbox": {"type": "boolean"},
    "ahead_seconds": _INTEGER,
}
_WORKED_OFF: Final[Schema] = {"type": "object", "additionalProperties": _INTEGER}

_POOL: Final[Schema] = {
    **_object(
        {
            "reward_id": _ID,
            "imported": _COUNT,
            "handed_out": _COUNT,
            "removed": _COUNT,
            "left": _COUNT,
            "low_at": _COUNT,
            "low": {"type": "boolean"},
        }
    ),
    "description": "What was imported was handed out, removed unused, or is left; `low` when fewer "
    "than `low_at` are left",
}
_CODE: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": MAX_CODE_CHARACTERS}

_OPTIONAL_MONEY: Final = _or_null(_MONEY)
_VOUCHER: Final = _object(
    {
        "code": _STRING,
        "claimed_reward_id": _ID,
        "reward_id": _ID,
        "kind": _enum(*RewardKind),
        "title": _STRING,
        "state": _enum(*ClaimState),
        "usage_status": _enum(*UsageStatus),
        "usable": {"type": "boolean", "description": "Whether it would be taken at this moment"},
        "why_not": _nullable(
            _object({"code": _enum(*(each.name.lower() for each in WhyNot)), "message": _STRING})
        ),
        "currency": _STRING,
        "discount_type": _enum("fixed", "percentage", None),
        "discount_amount": _OPTIONAL_MONEY,
        "discount_percentage": _or_null(_ID),
        "minimum_spend": _OPTIONAL_MONEY,
        "minimum_spend_after_discount": _OPTIONAL_MONEY,
        "max_shipping": _OPTIONAL_MONEY,
        "initial_balance": _OPTIONAL_MONEY,
        "balance": _OPTIONAL_MONEY,
        "applies_to_order_type": _enum(*OrderType),
        "recurring_cycle_limit": _or_null(_ID),
        "quantity": _ID,
        "product": _nullable(
            _object({"id": _STRING, "variant_id": _or_null(_STRING), "title": _or_null(_STRING)})
        ),
        "collection": _nullable(
            _object({"id": _STRING, "title": _or_null(_STRING), "url": _or_null(_STRING)})
        ),
        "expires_at": _or_null(_TIME),
        "auto_refund_at": _or_null(_TIME),
        "used_at": _or_null(_TIME),
        "uses": _list(
            _object(
                {
                    "reference": _STRING,
                    "amount": _OPTIONAL_MONEY,
                    "used_at": _TIME,
                    "by_order": {"type": "boolean"},
                }
            )
        ),
        "customer": _object({"merchant_id": _STRING}),
    }
)
_REFERENCE: Final[Schema] = {
    "type": ["string", "integer"],
    "description": "The shop's number of the sale; an order of the same merchant id told of later "
    "is the same use",
    "maxLength": 255,
    "minLength": 1,
    "example": "R-1001",
}
_FULFILMENT: Final = _object(
    {
        "claimed_reward_id": _ID,
        "kind": _enum(*Fulfilment, None),
        "reward": _object({"id": _ID, "title": _STRING}),
        "quantity": _ID,
        "claimed_at": _TIME,
        "fulfilled_at": _or_null(_TIME),
        "customer": _object({"id": _ID, "merchant_id": _STRING, "email": _or_null(_STRING)}),
        "calls": _nullable(
            {
                **_object({"attempts": _COUNT, "last_answer": _or_null(_STRING), "next_at": _TIME}),
                "description": "How calling your server went; null when nobody calls it",
            }
        ),
    }
)

REQUESTS: Final[Mapping[str, Schema]] = {
    "programs.advanceClock": {
        "type": "object",
        "properties": {
            "advance": {
                "type": "string",
                "pattern": "^[0-9]{1,9}[smhdw]$",
                "description": "A number and s, m, h, d or w",
                "example": "15d",
            }
        },
        "required": ["advance"],
    },
    "customers.moveTier": {
        "type": "object",
        "properties": {
            "tier_id": {
                "type": ["integer", "null"],
                "minimum": 1,
                "description": "The tier's id in the program document; null for the one earned",
            }
        },
        "required": ["tier_id"],
    },
    "rewards.addCodes": {
        "type": "object",
        "properties": {
            "codes": {
                "type": "array",
                "items": {**_CODE, "example": "SUMMER-7KQ2"},
                "minItems": 1,
                "maxItems": AT_ONCE,
            }
        },
        "required": ["codes"],
    },
    "vouchers.use": {
        "type": "object",
        "properties": {
            "reference": _REFERENCE,
            "amount": {
                "type": ["string", "number", "null"],
                "description": "What to take off a gift card, in main units; all that is left "
                "when left out",
                "example": "4.50",
            },
        },
        "required": ["reference"],
    },
    "vouchers.release": {
        "type": "object",
        "properties": {"reference": _REFERENCE},
        "required": ["reference"],
    },
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "customers.moveTier": {
        200: _object(
            {
                "tier_membership": _nullable(
                    _object(
                        {
                            "tier_id": _ID,
                            "name": _or_null(_STRING),
                            "started_at": _TIME,
                            "expires_at": _nullable(_TIME),
                            "manual": {"type": "boolean"},
                        }
                    )
                )
            }
        )
    },
    "customers.explain": {200: _EXPLAINED},
    "programs.showClock": {200: _object({"clock": _object(_CLOCK)})},
    "programs.advanceClock": {
        200: _object({"clock": _object({**_CLOCK, "worked_off": _WORKED_OFF})})
    },
    "reports.points": {200: _object({"points": _REPORT})},
    "rewards.showCodes": {200: _object({"pool": _POOL})},
    "rewards.addCodes": {
        201: _object(
            {
                "imported": _COUNT,
                "duplicates": _list(_object({"code": _CODE, "reason": _enum(*Why)})),
                "pool": _POOL,
            }
        )
    },
    "vouchers.validate": {200: _object({"voucher": _VOUCHER})},
    "vouchers.use": {
        200: _object({"voucher": _VOUCHER, "used": {"const": True}}),
        422: ERROR,
    },
    "vouchers.release": {
        200: _object({"voucher": _VOUCHER, "used": {"const": False}}),
        422: ERROR,
    },
    "fulfilments.list": {
        200: _object(
            {"fulfilments": _list(_FULFILMENT), "cursor": _object({"next": _or_null(_STRING)})}
        )
    },
    "fulfilments.complete": {200: _object({"fulfilment": _FULFILMENT}), 422: ERROR},
}
