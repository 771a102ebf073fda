"""The JSON Schemas of orders, by the name of the operation."""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.order_requests import (
    MAX_CODES,
    MAX_COLLECTIONS,
    MAX_LINE_ITEMS,
    MAX_QUANTITY,
    UNPAID,
)
from leal.api.admin.shape_parts import (
    ANYTHING,
    ERROR,
    ID,
    OPTIONAL_STRING,
    STRING,
    SUMMARY,
    TIME,
    enum,
    nullable,
    page,
    whole,
)
from leal.api.fields import DECIMAL_PATTERN
from leal.api.samples import Schema
from leal.domain.carts import FREE_PRODUCT_KEY
from leal.domain.orders import CancellationStatus, PaymentStatus, RefundStatus

_MONEY: Final[Schema] = {"type": "string", "pattern": r"^\d+\.\d{2,3}$", "example": "48.00"}
_STATUSES: Final[dict[str, Schema]] = {
    "payment_status": enum(*PaymentStatus),
    "refund_status": enum(*RefundStatus),
    "cancellation_status": enum(*CancellationStatus),
}
LISTED: Final = whole(
    {
        "id": ID,
        "merchant_id": STRING,
        "merchant_number": OPTIONAL_STRING,
        "total": _MONEY,
        "total_tax": _MONEY,
        "total_shipping": _MONEY,
        "total_discounts": _MONEY,
        "total_paid": _MONEY,
        "total_refunded": _MONEY,
        **_STATUSES,
        "fulfillment_status": enum("not_fulfilled"),
        "metadata": ANYTHING,
        "created_at": TIME,
        "updated_at": TIME,
        "customer": nullable(SUMMARY),
    }
)
_REFUND: Final[dict[str, Schema]] = {"amount": _MONEY, "created_at": TIME}
_SINGLE: Final = whole(
    {
        "merchant_id": STRING,
        "total": _MONEY,
        "total_shipping": _MONEY,
        "total_paid": _MONEY,
        **_STATUSES,
        "merchant_created_at": TIME,
        "merchant_updated_at": TIME,
        "payments": {"type": "array", "items": whole({**_REFUND, "gateway": STRING})},
        "refunds": {"type": "array", "items": whole(_REFUND)},
    }
)

_AMOUNT: Final[Schema] = {
    "type": ["string", "number", "null"],
    "pattern": DECIMAL_PATTERN,
    "minimum": 0,
    "description": 'In main units, as "59.95" or 59.95; "1,234.56" is understood',
    "example": "48.00",
}
_NEEDED_AMOUNT: Final[Schema] = {**_AMOUNT, "type": ["string", "number"]}
_SHOP_ID: Final[Schema] = {"type": ["string", "integer"], "example": "929385923"}
_SHOP_IDS: Final[Schema] = {
    "type": ["array", "null"],
    "items": _SHOP_ID,
    "maxItems": MAX_COLLECTIONS,
}
_TEXT: Final[Schema] = {"type": ["string", "number", "null"]}
_CODE: Final[Schema] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "minLength": 1},
        "amount": {"type": ["string", "number", "null"], "description": "What it took off"},
    },
    "required": ["code"],
}
_PAYMENT: Final[Schema] = {"enum": [*PaymentStatus, UNPAID]}
_TRACES: Final[dict[str, Schema]] = {
    "ip_address": _TEXT,
    "user_agent": _TEXT,
    "referral_id": _TEXT,
    "tracking_id": _TEXT,
}
_MARKED: Final = (
    f"What the cart's line carried, as a list or a plain object; `{FREE_PRODUCT_KEY}` tells which "
    "claimed free product it is"
)


def _pairs(name: str) -> Schema:
    return {
        "type": ["array", "object", "null"],
        "example": [{name: FREE_PRODUCT_KEY, "value": "19fdf4cb"}],
    }


_ADDED: Final[dict[str, Schema]] = {
    "total_tax": {**_AMOUNT, "description": "Tax within the total"},
    "total_discounts": {**_AMOUNT, "description": "What discounts took off; shown only"},
    "gift_card_amount": {**_AMOUNT, "description": "What a gift card paid; earns no points"},
    "line_items": {
        "type": ["array", "null"],
        "maxItems": MAX_LINE_ITEMS,
        "description": "The goods, for rules and rates that look at products and collections",
        "items": {
            "type": "object",
            "properties": {
                "product_id": _SHOP_ID,
                "collection_ids": _SHOP_IDS,
                "quantity": {
                    "type": ["integer", "null"],
                    "minimum": 0,
                    "maximum": MAX_QUANTITY,
                    "description": "1 when left out",
                },
                "price": {**_AMOUNT, "description": "Of one, after discounts"},
                "properties": {**_pairs("name"), "description": _MARKED},
                "attributes": {**_pairs("key"), "description": "As properties"},
            },
            "required": ["product_id"],
        },
    },
}
_NEW_ORDER: Final[Schema] = {
    "type": "object",
    "properties": {
        "merchant_id": _SHOP_ID,
        "customer_id": {"type": ["string", "integer", "null"], "description": "Null for a guest"},
        "customer_email": {"type": ["string", "null"], "example": "kim@example.com"},
        "guest": {"enum": [True, False, 0, 1, "0", "1", "true", "false", None]},
        "total": {**_NEEDED_AMOUNT, "description": "After shipping, tax and discounts"},
        "total_shipping": _NEEDED_AMOUNT,
        "payment_status": _PAYMENT,
        "total_paid": _AMOUNT,
        "total_refunded": _AMOUNT,
        "refund_status": nullable(_STATUSES["refund_status"]),
        "cancellation_status": nullable(_STATUSES["cancellation_status"]),
        "merchant_number": {**_TEXT, "description": "The number people know it by"},
        "number": {**_TEXT, "description": "As merchant_number"},
        "discount_codes": {
            "anyOf": [
                {"type": "array", "items": _CODE, "maxItems": MAX_CODES},
                _CODE,
                {"type": "object", "maxProperties": 0},
                {"type": "null"},
            ]
        },
        "claimed_reward_ids": {"type": ["array", "null"], "items": ID, "maxItems": MAX_CODES},
        "date": {"type": ["string", "null"], "minLength": 1, "format": "date-time"},
        **_TRACES,
        **_ADDED,
    },
    "required": ["merchant_id", "total", "total_shipping", "payment_status"],
    "anyOf": [
        {"required": [who], "properties": {who: {"not": {"type": "null"}}}}
        for who in ("customer_id", "customer_email")
    ],
}
_UPDATE: Final[Schema] = {
    "type": "object",
    "properties": {
        **_STATUSES,
        "payment_status": _PAYMENT,
        "total_paid": _AMOUNT,
        "total_refunded": _AMOUNT,
        "number": _TEXT,
        **_TRACES,
        **_ADDED,
    },
    "required": list(_STATUSES),
}
_ONE_AMOUNT: Final[Schema] = {
    "type": "object",
    "properties": {"amount": _NEEDED_AMOUNT},
    "required": ["amount"],
}

REQUESTS: Final[Mapping[str, Schema]] = {
    "orders.createOrder": _NEW_ORDER,
    "orders.updateOrder": _UPDATE,
    "orders.addPayment": _ONE_AMOUNT,
    "orders.addRefund": _ONE_AMOUNT,
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "orders.createOrder": {201: None, 422: ERROR},
    "orders.updateOrder": {204: None, 422: ERROR},
    "orders.listOrders": {200: page("orders", LISTED)},
    "orders.getOrderByMerchantId": {200: _SINGLE},
    "orders.setCancelled": {204: None, 422: ERROR},
    "orders.setPaid": {204: None, 422: ERROR},
    "orders.setRefunded": {204: None, 422: ERROR},
    "orders.addPayment": {201: None, 422: ERROR},
    "orders.addRefund": {201: None, 422: ERROR},
}
