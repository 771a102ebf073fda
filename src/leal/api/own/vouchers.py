"""Vouchers over HTTP, for tills and custom shops: asking about a code, using it, undoing that."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from leal.api.fields import Fields
from leal.api.http import Reply, json_response
from leal.api.ids import decode_id
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.api.own.requests import Call, Serve
from leal.api.own.views import Json, instant, money
from leal.domain.claims import ClaimedReward, ClaimUse
from leal.usecases import till_vouchers
from leal.usecases.access import Scope
from leal.usecases.desk import Ask, Desk
from leal.usecases.till_vouchers import Presented

MAX_AMOUNT: Final = 100_000_000_000
_VOUCHER: Final = "/leal/v1/vouchers/{code}"

VALIDATE: Final = Operation(
    name="vouchers.validate",
    method="POST",
    path=f"{_VOUCHER}/validate",
    summary="What a code is good for, and whether it is good at this moment; changes nothing",
    scope=Scope.READ_ORDERS,
)
USE: Final = Operation(
    name="vouchers.use",
    method="POST",
    path=f"{_VOUCHER}/use",
    summary="Uses a voucher up, or takes money off a gift card; once for each reference",
    scope=Scope.WRITE_ORDERS,
)
RELEASE: Final = Operation(
    name="vouchers.release",
    method="POST",
    path=f"{_VOUCHER}/release",
    summary="Undoes a use, when the sale came to nothing",
    scope=Scope.WRITE_ORDERS,
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on vouchers with what serves it."""
    serves = _Serves(desk)
    return ((VALIDATE, serves.validate), (USE, serves.use), (RELEASE, serves.release))


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def validate(self, call: Call) -> Reply:
        found = await till_vouchers.validate(self.desk, _ask(call), _code(call))
        return _reply({"voucher": voucher(found)})

    async def use(self, call: Call) -> Reply:
        code, (reference, amount) = _code(call), await _use_body(call)
        used = await till_vouchers.use(
            self.desk, _ask(call), code, reference=reference, amount=amount
        )
        return _reply({"voucher": voucher(used), "used": True})

    async def release(self, call: Call) -> Reply:
        code, reference = _code(call), await _release_body(call)
        found = await till_vouchers.release(self.desk, _ask(call), code, reference=reference)
        return _reply({"voucher": voucher(found), "used": False})


def voucher(found: Presented) -> Json:
    """A voucher with what a till must know to apply it; what its kind has not is null."""
    claim, terms = found.claim, found.claim.terms
    why, product = found.why_not, terms.product
    return {
        "code": claim.code,
        "claimed_reward_id": claim.id,
        "reward_id": claim.reward_id,
        "kind": claim.kind,
        "title": claim.title,
        "state": claim.state,
        "usage_status": claim.usage_status,
        "usable": why is None,
        "why_not": why and {"code": why.name.lower(), "message": why.value},
        "currency": terms.currency,
        **_amounts(claim),
        "applies_to_order_type": terms.applies_to_order_type,
        "recurring_cycle_limit": terms.recurring_cycle_limit,
        "quantity": terms.quantity,
        "product": product
        and {"id": product.id, "variant_id": product.variant_id, "title": product.title},
        "collection": terms.collection,
        "expires_at": instant(claim.expires_at),
        "auto_refund_at": instant(claim.auto_refund_at),
        "used_at": instant(claim.used_at),
        "uses": [_use(each, claim) for each in claim.uses if not each.ignored],
        "customer": {"merchant_id": found.merchant_id},
    }


def _amounts(claim: ClaimedReward) -> Json:
    terms = claim.terms

    def amount(minor: int | None) -> str | None:
        return None if minor is None else money(minor, terms.currency)

    kind = None if terms.discount_minor is None else "fixed"
    return {
        "discount_type": kind if terms.discount_percentage is None else "percentage",
        "discount_amount": amount(terms.discount_minor),
        "discount_percentage": terms.discount_percentage,
        "minimum_spend": amount(terms.minimum_spend_minor),
        "minimum_spend_after_discount": amount(terms.minimum_spend_after_minor),
        "max_shipping": amount(terms.max_shipping_minor),
        "initial_balance": amount(terms.initial_balance_minor),
        "balance": amount(claim.balance_minor),
    }


def _use(use: ClaimUse, claim: ClaimedReward) -> Json:
    amount = None if claim.balance_minor is None else money(use.amount_minor, claim.terms.currency)
    return {
        "reference": use.reference,
        "amount": amount,
        "used_at": instant(use.used_at),
        "by_order": use.order_id is not None,
    }


def _ask(call: Call) -> Ask:
    return Ask(program_id=call.caller.program_id, site_id=call.caller.site_id)


def _code(call: Call) -> str:
    return decode_id(call.request.path_params["code"], field="code", noun=None)


async def _use_body(call: Call) -> tuple[str, Decimal | None]:
    fields = Fields(parse_object(await read_body(call.request)))
    reference = fields.identifier("reference", noun="Order")
    amount = fields.optional_decimal("amount")
    if amount is not None and not 0 < amount <= MAX_AMOUNT:
        fields.problem("amount", f"Expected more than 0 and at most {MAX_AMOUNT}")
    fields.done()
    return reference, amount


async def _release_body(call: Call) -> str:
    fields = Fields(parse_object(await read_body(call.request)))
    reference = fields.identifier("reference", noun="Order")
    fields.done()
    return reference


def _reply(document: Json) -> Reply:
    return json_response(msgspec.json.encode(document))
