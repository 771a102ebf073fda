"""The schemas of vouchers at tills, and of what has to be brought to customers."""

from typing import Final

from leal.api.own.shape_parts import (
    COUNT,
    ID,
    MONEY,
    STRING,
    TIME,
    enum,
    listed,
    nullable,
    or_null,
    whole,
)
from leal.api.samples import Schema
from leal.domain.claims import ClaimState, Fulfilment, UsageStatus
from leal.domain.rewards.goods import OrderType
from leal.domain.rewards.terms import RewardKind
from leal.usecases.till_vouchers import WhyNot

_OPTIONAL_MONEY: Final = or_null(MONEY)
VOUCHER: Final = whole(
    {
        "code": STRING,
        "claimed_reward_id": ID,
        "reward_id": ID,
        "kind": enum(*RewardKind),
        "title": STRING,
        "state": enum(*ClaimState),
        "usage_status": enum(*UsageStatus),
        "usable": {"type": "boolean", "description": "Whether it would be taken at this moment"},
        "why_not": nullable(
            whole({"code": enum(*(each.name.lower() for each in WhyNot)), "message": STRING})
        ),
        "currency": STRING,
        "discount_type": enum("fixed", "percentage", None),
        "discount_amount": _OPTIONAL_MONEY,
        "discount_percentage": or_null(ID),
        "minimum_spend": _OPTIONAL_MONEY,
        "minimum_spend_after_discount": _OPTIONAL_MONEY,
        "max_shipping": _OPTIONAL_MONEY,
        "initial_balance": _OPTIONAL_MONEY,
        "balance": _OPTIONAL_MONEY,
        "applies_to_order_type": enum(*OrderType),
        "recurring_cycle_limit": or_null(ID),
        "quantity": ID,
        "product": nullable(
            whole({"id": STRING, "variant_id": or_null(STRING), "title": or_null(STRING)})
        ),
        "collection": nullable(
            whole({"id": STRING, "title": or_null(STRING), "url": or_null(STRING)})
        ),
        "expires_at": or_null(TIME),
        "auto_refund_at": or_null(TIME),
        "used_at": or_null(TIME),
        "uses": listed(
            whole(
                {
                    "reference": STRING,
                    "amount": _OPTIONAL_MONEY,
                    "used_at": TIME,
                    "by_order": {"type": "boolean"},
                }
            )
        ),
        "customer": whole({"merchant_id": STRING}),
    }
)
REFERENCE: Final[Schema] = {
    "type": ["string", "integer"],
    "description": "The shop's number of the sale; an order of the same merchant id told of later "
    "is the same use",
    "maxLength": 255,
    "minLength": 1,
    "example": "R-1001",
}
FULFILMENT: Final = whole(
    {
        "claimed_reward_id": ID,
        "kind": enum(*Fulfilment, None),
        "reward": whole({"id": ID, "title": STRING}),
        "quantity": ID,
        "claimed_at": TIME,
        "fulfilled_at": or_null(TIME),
        "customer": whole({"id": ID, "merchant_id": STRING, "email": or_null(STRING)}),
        "calls": nullable(
            {
                **whole({"attempts": COUNT, "last_answer": or_null(STRING), "next_at": TIME}),
                "description": "How calling your server went; null when nobody calls it",
            }
        ),
    }
)
ADDRESS_TEST: Final = whole(
    {
        "reward": whole({"id": ID}),
        "url": STRING,
        "attempts": COUNT,
        "passed": {"type": "boolean"},
        "last_answer": or_null(STRING),
        "next_at": {**or_null(TIME), "description": "Null when it is not tried again"},
    }
)
