"""The JSON Schemas of leal's own API, by the name of the operation.

Every member of an object is always there. Amounts of money and rates are texts, exact to the last
digit: decimal, or a fraction such as `20/3` where decimals would not come to an end.
"""

from collections.abc import Mapping
from typing import Final

from leal.api.fields import DECIMAL_PATTERN
from leal.api.ids import ID_SCHEMA
from leal.api.own import merges
from leal.api.own.audit import ENTRIES
from leal.api.own.event_shapes import EVENTS, EVENTS_GONE
from leal.api.own.shape_parts import (
    COUNT,
    DAY,
    ID,
    INTEGER,
    MONEY,
    STRING,
    TIME,
    enum,
    listed,
    nullable,
    or_null,
    whole,
)
from leal.api.own.till_shapes import ADDRESS_TEST, FULFILMENT, REFERENCE, VOUCHER
from leal.api.own.vouchers import MAX_AMOUNT
from leal.api.own.webhook_shapes import DELIVERY, SINCE, WEBHOOK
from leal.api.samples import MERCHANT_ID, Schema
from leal.domain.customers import CustomerState, HistoryKind, Resource
from leal.domain.offers import Interval
from leal.domain.orders import CancellationStatus, PaymentStatus, RefundStatus
from leal.domain.program import Rounding
from leal.usecases.codes import AT_ONCE, MAX_CODE_CHARACTERS, Why
from leal.usecases.reports import COLUMNS

_EXACT: Final[Schema] = {
    "type": "string",
    "pattern": r"^-?\d+((\.|/)\d+)?$",
    "example": "99.95",
    "description": "Exact: a decimal, or a fraction such as 20/3",
}
_WHY: Final = whole({"code": STRING, "message": STRING})
_RULE: Final = whole({"id": ID, "kind": or_null(STRING), "title": or_null(STRING)})

_MOVED: Final[Schema] = {
    **whole({"approved": INTEGER, "pending": INTEGER, "spent": INTEGER}),
    "description": "What the entry added to the three balances",
}
_HISTORY: Final = whole(
    {
        "id": ID,
        "kind": enum(*HistoryKind),
        "state": or_null(STRING),
        "happened_at": TIME,
        "points": or_null(INTEGER),
        "title": or_null(STRING),
        "reason": or_null(STRING),
        "source": or_null(STRING),
        "approve_at": or_null(TIME),
        "expires_at": or_null(TIME),
        "program_version": or_null(ID),
    }
)
_LIMIT: Final[Schema] = {
    **whole({"allowed": ID, "interval": enum(*Interval, None), "number": ID}),
    "description": "The rule's limit then, and the how-manieth completion within it this was",
}
_CLAIM: Final = whole(
    {"id": ID, "reward_id": ID, "title": STRING, "state": STRING, "points_cost": COUNT}
)
_ENTRY: Final = whole(
    {
        "id": ID,
        "created_at": TIME,
        "resource": enum(*Resource),
        "cause": STRING,
        "moved": _MOVED,
        "lots": listed(whole({"expires_at": or_null(TIME), "points": INTEGER})),
        "history": _HISTORY,
        "rule": nullable(_RULE),
        "limit": nullable(_LIMIT),
        "order": nullable(whole({"id": ID, "merchant_id": STRING})),
        "claimed_reward": nullable(_CLAIM),
    }
)
_GOODS: Final = whole(
    {
        "product_id": STRING,
        "quantity": INTEGER,
        "price": MONEY,
        "modifier": or_null(ID),
        "rate": _EXACT,
    }
)
_AWARD: Final[Schema] = {
    **whole(
        {
            "rule": _RULE,
            "gross": MONEY,
            "shipping": MONEY,
            "tax": MONEY,
            "gift_card": MONEY,
            "base": MONEY,
            "refunded": MONEY,
            "refund_share": _EXACT,
            "net": _EXACT,
            "nothing": nullable(_WHY),
            "points_per": enum("currency_unit", "order"),
            "rate": _EXACT,
            "goods": listed(_GOODS),
            "exact": _EXACT,
            "rounding": enum(*Rounding),
            "points": COUNT,
            "approve_at": or_null(TIME),
            "expires_at": or_null(TIME),
        }
    ),
    "description": "From what was paid to points, by the order's latest state",
}
_ORDER: Final = whole(
    {
        "id": ID,
        "merchant_id": STRING,
        "site_id": ID,
        "currency": STRING,
        "payment_status": enum(*PaymentStatus),
        "refund_status": enum(*RefundStatus),
        "cancellation_status": enum(*CancellationStatus),
        "paid_at": or_null(TIME),
        "paid_by": enum(*CustomerState, None),
        "program_version": or_null(ID),
        "tier_id": or_null(ID),
        "unpromised": nullable(_WHY),
        "awards": listed(_AWARD),
        "not_fired": listed(whole({"rule": _RULE, "why": _WHY})),
    }
)
_EXPLAINED: Final = whole(
    {
        "customer": whole(
            {
                "id": ID,
                "merchant_id": STRING,
                "points_approved": INTEGER,
                "points_pending": COUNT,
                "points_spent": COUNT,
            }
        ),
        "program_version": ID,
        "entries": listed(_ENTRY),
        "orders": listed(_ORDER),
        "cursor": whole({"next": or_null(STRING)}),
    }
)

_COLUMNS: Final[dict[str, Schema]] = dict.fromkeys(COLUMNS, INTEGER)
_REPORT: Final = whole(
    {
        "from": DAY,
        "to": DAY,
        "timezone": STRING,
        "totals": whole(_COLUMNS),
        "days": listed(whole({"day": DAY, **_COLUMNS})),
    }
)

ERROR: Final[Schema] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": STRING,
                "message": STRING,
                "details": {"type": "object", "additionalProperties": STRING},
                "balance": {**MONEY, "description": "What is left on the gift card"},
                "currency": STRING,
            },
            "required": ["message"],
            "additionalProperties": False,
        }
    },
    "required": ["error"],
    "additionalProperties": False,
}

_CLOCK: Final[dict[str, Schema]] = {
    "now": STRING,
    "sandbox": {"type": "boolean"},
    "ahead_seconds": INTEGER,
}
_WORKED_OFF: Final[Schema] = {"type": "object", "additionalProperties": INTEGER}

_POOL: Final[Schema] = {
    **whole(
        {
            "reward_id": ID,
            "imported": COUNT,
            "handed_out": COUNT,
            "removed": COUNT,
            "left": COUNT,
            "low_at": COUNT,
            "low": {"type": "boolean"},
        }
    ),
    "description": "What was imported was handed out, removed unused, or is left; `low` when fewer "
    "than `low_at` are left",
}
_CODE: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_CODE_CHARACTERS,
    "pattern": r"^[^\s\x00-\x1f\x7f-\x9f]+( +[^\s\x00-\x1f\x7f-\x9f]+)*$",
}

REQUESTS: Final[Mapping[str, Schema]] = {
    "webhooks.replay": SINCE,
    "customers.merge": merges.REQUEST,
    "customers.erase": {
        "type": "object",
        "properties": {
            "confirm": {
                **ID_SCHEMA,
                "description": "The merchant id in the path once more: nothing brings it back",
                "example": MERCHANT_ID,
            }
        },
        "required": ["confirm"],
    },
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
            "reference": REFERENCE,
            "amount": {
                "type": ["string", "number", "null"],
                "pattern": DECIMAL_PATTERN,
                "exclusiveMinimum": 0,
                "maximum": MAX_AMOUNT,
                "description": "What to take off a gift card, in main units; all that is left "
                "when left out",
                "example": "4.50",
            },
        },
        "required": ["reference"],
    },
    "vouchers.release": {
        "type": "object",
        "properties": {"reference": REFERENCE},
        "required": ["reference"],
    },
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "events.list": {200: EVENTS, 410: EVENTS_GONE},
    "webhooks.list": {200: whole({"webhooks": listed(WEBHOOK)})},
    "webhooks.listDeliveries": {
        200: whole({"deliveries": listed(DELIVERY), "cursor": whole({"next": or_null(STRING)})})
    },
    "webhooks.replay": {200: whole({"replayed": COUNT})},
    "webhooks.replayDelivery": {200: whole({"delivery": DELIVERY})},
    "webhooks.test": {201: whole({"delivery": DELIVERY})},
    "webhooks.pause": {200: whole({"webhook": WEBHOOK})},
    "webhooks.resume": {200: whole({"webhook": WEBHOOK})},
    "customers.erase": {
        200: whole(
            {
                "erased": whole(
                    {
                        "customer_id": ID,
                        "erased_at": TIME,
                        "rows": {
                            "type": "object",
                            "description": "How many rows of each table were changed",
                            "additionalProperties": COUNT,
                        },
                    }
                )
            }
        ),
    },
    "customers.export": {
        200: {
            "type": "object",
            "description": "The rows about the customer, by the table that has them",
            "additionalProperties": listed({"type": "object"}),
        },
    },
    "audit.list": {200: ENTRIES},
    **merges.RESPONSES,
    "customers.moveTier": {
        200: whole(
            {
                "tier_membership": nullable(
                    whole(
                        {
                            "tier_id": ID,
                            "name": or_null(STRING),
                            "started_at": TIME,
                            "expires_at": nullable(TIME),
                            "manual": {"type": "boolean"},
                        }
                    )
                )
            }
        ),
        422: ERROR,
    },
    "customers.explain": {200: _EXPLAINED},
    "programs.showClock": {200: whole({"clock": whole(_CLOCK)})},
    "programs.advanceClock": {
        200: whole({"clock": whole({**_CLOCK, "worked_off": _WORKED_OFF})}),
        422: ERROR,
    },
    "reports.points": {200: whole({"points": _REPORT})},
    "rewards.showCodes": {200: whole({"pool": _POOL}), 422: ERROR},
    "rewards.addCodes": {
        201: whole(
            {
                "imported": COUNT,
                "duplicates": listed(whole({"code": _CODE, "reason": enum(*Why)})),
                "pool": _POOL,
            }
        ),
        422: ERROR,
    },
    "vouchers.validate": {200: whole({"voucher": VOUCHER})},
    "vouchers.use": {
        200: whole({"voucher": VOUCHER, "used": {"const": True}}),
        422: ERROR,
    },
    "vouchers.release": {
        200: whole({"voucher": VOUCHER, "used": {"const": False}}),
        422: ERROR,
    },
    "fulfilments.list": {
        200: whole(
            {
                "fulfilments": listed(FULFILMENT),
                "address_tests": {
                    **listed(ADDRESS_TEST),
                    "description": "How the addresses of webhook rewards were tried when the "
                    "program was published",
                },
                "cursor": whole({"next": or_null(STRING)}),
            }
        )
    },
    "fulfilments.complete": {200: whole({"fulfilment": FULFILMENT}), 422: ERROR},
}
