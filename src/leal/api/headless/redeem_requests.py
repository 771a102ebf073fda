"""Reading the bodies of redemptions and refunds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from leal.api.fields import Fields
from leal.api.headless.requests import Call, cart_id_of, customer_in, text_id
from leal.api.ids import MAX_JSON_INTEGER
from leal.api.json_body import parse_object, read_body
from leal.domain.money import minor_digits, to_minor
from leal.domain.problems import BadRequest
from leal.domain.rewards.redeeming import Redemption
from leal.domain.rewards.terms import RewardKind
from leal.domain.sites import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who wants what.

    `address_id` is the delivery of a subscription that a product is to be added to, `discount` an
    amount of the customer's choice in main units.
    """

    merchant_id: str
    wanted: Redemption
    address_id: int | None = None
    discount: Decimal | None = None


async def redeem_body(call: Call, kind: RewardKind) -> Asked:
    """The body of a redemption. Raises Forbidden for a session token of somebody else."""
    fields = Fields(parse_object(await read_body(call.request)))
    merchant_id = customer_in(call, fields)
    wanted = Redemption(reward_id=fields.integer("reward_id"), kind=kind)
    asked = Asked(merchant_id=merchant_id, wanted=wanted)
    reader = _READERS.get(kind)
    if reader is not None:
        asked = reader(fields, asked)
    fields.done()
    return asked


async def refund_body(call: Call) -> int:
    """The claim that is to be given back."""
    fields = Fields(parse_object(await read_body(call.request)))
    claim_id = fields.integer("claimed_reward_id")
    fields.done()
    return claim_id


def in_minor_units(asked: Asked, site: Site) -> Redemption:
    """What is wanted, with the discount in the smallest units of the site's currency.

    Raises BadRequest for an amount that cannot be paid in it.
    """
    if asked.discount is None:
        return asked.wanted
    try:
        return replace(asked.wanted, discount_minor=to_minor(asked.discount, site.currency))
    except ValueError:
        digits = minor_digits(site.currency)
        why = f"Too fine: {site.currency} has {digits} decimal digits"
        raise BadRequest({"discount_amount": why}) from None


def _added_product(fields: Fields, asked: Asked) -> Asked:
    variant_id = text_id(fields, "variant_id")
    address = fields.optional_part("shipping_address")
    address_id = None
    if address is not None:
        address.choice("kind", ("recharge",))
        address_id = address.integer("id", maximum=MAX_JSON_INTEGER)
    return replace(
        asked, wanted=replace(asked.wanted, variant_id=variant_id), address_id=address_id
    )


def _free_product(fields: Fields, asked: Asked) -> Asked:
    wanted = replace(
        asked.wanted,
        variant_id=text_id(fields, "variant_id"),
        cart_id=cart_id_of(fields, "cart_id"),
    )
    return replace(asked, wanted=wanted)


def _custom(fields: Fields, asked: Asked) -> Asked:
    at_once = fields.optional_boolean("fulfill_immediately") or False
    usage = fields.optional_part("usage")
    usage_order = None
    if usage is not None:
        usage.choice("kind", ("order",))
        usage_order = text_id(usage, "merchant_id", noun="Order")
    return replace(asked, wanted=replace(asked.wanted, fulfilled=at_once, usage_order=usage_order))


def _chosen_discount(fields: Fields, asked: Asked) -> Asked:
    if isinstance(fields.raw("discount_amount"), str):
        fields.problem("discount_amount", "Invalid input: expected number, received string")
    return replace(asked, discount=fields.decimal("discount_amount"))


_READERS: Final[Mapping[RewardKind, Callable[[Fields, Asked], Asked]]] = MappingProxyType(
    {
        RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT: _added_product,
        RewardKind.PRODUCT_CART: _free_product,
        RewardKind.CUSTOM: _custom,
        RewardKind.CART_VARIABLE_DISCOUNT_VOUCHER: _chosen_discount,
    }
)
"""What is asked besides the reward and the customer, for the kinds where anything is."""
