"""Reading what shops say of orders, in all the spellings that their plugins use.

Amounts come as numbers or strings, ids as numbers or strings, one code where a list is meant, flags
as 0 and 1. What is not known is passed over; what is known and wrong is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from leal.api.admin.paging import Asked, List, resumed
from leal.api.admin.requests import Call, limit_of, part_by_id, since_id_of
from leal.api.fields import Fields, plain_address
from leal.api.ids import MAX_ID_LENGTH, MAX_JSON_INTEGER, instant, one
from leal.api.json_body import kind, parse_object, parse_object_or_empty, read_body
from leal.domain.carts import FREE_PRODUCT_KEY
from leal.domain.orders import (
    CancellationStatus,
    OrderItem,
    OrderReport,
    PaymentStatus,
    RefundStatus,
)
from leal.storage.listings import Filters
from leal.usecases.orders import Buyer

MAX_AMOUNT: Final = Decimal(100_000_000_000)
MAX_CODES: Final = 100
MAX_LINE_ITEMS: Final = 1_000
MAX_COLLECTIONS: Final = 250
MAX_QUANTITY: Final = 1_000_000
MAX_TRACE_CHARACTERS: Final = 1_000
UNPAID: Final = "unpaid"
"""What some old clients call `not_paid`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as a shop tells of it."""

    merchant_id: str
    buyer: Buyer
    report: OrderReport


def order_list(call: Call) -> Asked:
    """Which orders are wanted; a cursor decides all but the limit by itself."""
    request, limit = call.request, limit_of(call.request)
    token = one(request, "cursor")
    if token is not None:
        return resumed(List.ORDERS, token, limit=limit)
    filters = Filters(
        since_id=since_id_of(request),
        created_from=instant(request, "created_at_min"),
        created_before=instant(request, "created_at_max"),
        updated_from=instant(request, "updated_at_min"),
        updated_before=instant(request, "updated_at_max"),
    )
    return Asked(of=List.ORDERS, filters=filters, part=part_by_id(request, filters, limit=limit))


async def new_order_body(call: Call) -> NewOrder:
    """The body that tells of an order, for the first time or again."""
    fields = Fields(parse_object(await read_body(call.request)))
    merchant_id = fields.identifier("merchant_id", noun="Order")
    buyer = _buyer(fields)
    report = OrderReport(
        payment_status=_payment_status(fields),
        refund_status=fields.optional_choice("refund_status", tuple(RefundStatus)),
        cancellation_status=fields.optional_choice(
            "cancellation_status", tuple(CancellationStatus)
        ),
        total=_needed_amount(fields, "total"),
        total_shipping=_needed_amount(fields, "total_shipping"),
        total_tax=_amount(fields, "total_tax"),
        total_discounts=_amount(fields, "total_discounts"),
        gift_card=_amount(fields, "gift_card_amount"),
        total_paid=_amount(fields, "total_paid"),
        total_refunded=_amount(fields, "total_refunded"),
        number=_number(fields),
        discount_codes=_discount_codes(fields),
        claimed_reward_ids=_claimed_reward_ids(fields),
        line_items=_line_items(fields),
        ordered_at=fields.optional_timestamp("date"),
        ip_address=_address(fields),
        user_agent=trace(fields, "user_agent"),
        referral_id=trace(fields, "referral_id"),
        tracking_id=trace(fields, "tracking_id"),
    )
    fields.done()
    return NewOrder(merchant_id=merchant_id, buyer=buyer, report=report)


async def update_order_body(call: Call) -> OrderReport:
    """The state of an order as a whole: all three statuses, and amounts where they matter.

    Totals and codes are not read: they are told with the order itself.
    """
    fields = Fields(parse_object_or_empty(await read_body(call.request)))
    report = OrderReport(
        payment_status=_payment_status(fields),
        refund_status=fields.choice("refund_status", tuple(RefundStatus)),
        cancellation_status=fields.choice("cancellation_status", tuple(CancellationStatus)),
        total_tax=_amount(fields, "total_tax"),
        total_discounts=_amount(fields, "total_discounts"),
        gift_card=_amount(fields, "gift_card_amount"),
        total_paid=_amount(fields, "total_paid"),
        total_refunded=_amount(fields, "total_refunded"),
        number=_number(fields),
        line_items=_line_items(fields),
        ip_address=_address(fields),
        user_agent=trace(fields, "user_agent"),
        referral_id=trace(fields, "referral_id"),
        tracking_id=trace(fields, "tracking_id"),
    )
    fields.done()
    return report


def trace(fields: Fields, name: str) -> str | None:
    """Where an order came from; what is longer than anybody needs is cut."""
    said = _words(fields, name, most=MAX_JSON_INTEGER)
    return said and said[:MAX_TRACE_CHARACTERS]


async def nothing_to_say(call: Call) -> None:
    """The body of a request whose path says it all: none, or any object."""
    parse_object_or_empty(await read_body(call.request))


async def amount_body(call: Call) -> Decimal:
    """How much came or went."""
    fields = Fields(parse_object(await read_body(call.request)))
    amount = _needed_amount(fields, "amount")
    fields.done()
    return amount


def _buyer(fields: Fields) -> Buyer:
    email = None if fields.raw("customer_email") == "" else fields.optional_email("customer_email")
    nobody = ("", "0", 0)  # what plugins send for a guest, besides null
    said = fields.raw("customer_id")
    unknown = not isinstance(said, bool) and said in nobody
    customer_id = None if unknown else fields.optional_identifier("customer_id")
    if not fields.has("customer_id") and email is None:
        fields.problem("customer_id", "Required: send customer_id, or customer_email for a guest")
    return Buyer(merchant_id=customer_id, email=email, guest=flag(fields, "guest"))


def flag(fields: Fields, name: str) -> bool | None:
    """True or false, also as 1 and 0 or "1" and "0"; None when absent or null."""
    said = fields.raw(name)
    if isinstance(said, str | int) and not isinstance(said, bool) and str(said) in _FLAGS:
        return _FLAGS[str(said)]
    return fields.optional_boolean(name)


_FLAGS: Final = {"0": False, "1": True, "false": False, "true": True}


def _payment_status(fields: Fields) -> PaymentStatus:
    if fields.raw("payment_status") == UNPAID:
        return PaymentStatus.NOT_PAID
    return fields.choice("payment_status", tuple(PaymentStatus))


def _needed_amount(fields: Fields, name: str) -> Decimal:
    amount = fields.decimal(name)
    if amount > MAX_AMOUNT:
        fields.problem(name, f"Too big: expected at most {MAX_AMOUNT}")
    return amount


def _amount(fields: Fields, name: str) -> Decimal | None:
    amount = fields.optional_decimal(name)
    if amount is not None and amount > MAX_AMOUNT:
        fields.problem(name, f"Too big: expected at most {MAX_AMOUNT}")
    return amount


def _number(fields: Fields) -> str | None:
    """The number people know the order by; `number` is what old plugins call it."""
    number, old = _words(fields, "merchant_number"), _words(fields, "number")
    return number or old


def _words(fields: Fields, name: str, *, most: int = 255) -> str | None:
    said = fields.raw(name)
    if isinstance(said, int | Decimal) and not isinstance(said, bool):
        return str(said)
    return fields.optional_text(name, max_length=most) or None


def _address(fields: Fields) -> str | None:
    """Where an order came from, written so that it can be compared; what is none stays as it is."""
    said = trace(fields, "ip_address")
    try:
        return said and plain_address(said.strip())
    except ValueError:
        return said


def _discount_codes(fields: Fields) -> tuple[tuple[str, Decimal | None], ...] | None:
    """Codes with what they took off, negative or not; one plugin sends a single bare object."""
    said = fields.raw("discount_codes")
    if said is None:
        return None
    if isinstance(said, dict):
        part = fields.optional_part("discount_codes") if said else None
        return () if part is None else (_discount_code(part),)
    return tuple(
        _discount_code(part) for part in fields.parts("discount_codes", max_length=MAX_CODES)
    )


def _discount_code(part: Fields) -> tuple[str, Decimal | None]:
    amount = part.optional_decimal("amount", minimum=-MAX_AMOUNT)
    if amount is not None and amount > MAX_AMOUNT:
        part.problem("amount", f"Too big: expected at most {MAX_AMOUNT}")
    return part.text("code"), None if amount is None else abs(amount)


def _claimed_reward_ids(fields: Fields) -> tuple[int, ...] | None:
    said = _entries(fields, "claimed_reward_ids", most=MAX_CODES)
    if said is None:
        return None
    inner = _Entries("claimed_reward_ids", said)
    found = tuple(inner.fields.integer(name, maximum=MAX_JSON_INTEGER) for name in inner.names)
    inner.tell(fields)
    return found


def _line_items(fields: Fields) -> tuple[OrderItem, ...] | None:
    if fields.raw("line_items") is None:
        return None
    return tuple(_line_item(part) for part in fields.parts("line_items", max_length=MAX_LINE_ITEMS))


def _line_item(part: Fields) -> OrderItem:
    collections = _Entries(
        "collection_ids", _entries(part, "collection_ids", most=MAX_COLLECTIONS) or []
    )
    item = OrderItem(
        product_id=part.identifier("product_id", noun=None),
        collection_ids=tuple(
            collections.fields.identifier(name, noun=None) for name in collections.names
        ),
        quantity=_or_one(part.optional_integer("quantity", minimum=0, maximum=MAX_QUANTITY)),
        price=_amount(part, "price") or Decimal(0),
        redemption_id=_redemption_id(part),
    )
    collections.tell(part)
    return item


def _redemption_id(part: Fields) -> str | None:
    """What marks the line as a claimed free product: one of its properties, or its attributes."""
    found: list[str] = []
    for name, key in _MARKS:
        said = part.raw(name)
        found += [
            str(each)[:MAX_ID_LENGTH]
            for each in _pairs(said, key)
            if isinstance(each, str | int) and not isinstance(each, bool)
        ]
        if not isinstance(said, list | dict | None):
            part.problem(name, f"Invalid input: expected array or object, received {kind(said)}")
    return (found or [""])[0] or None


def _pairs(said: object, key: str) -> Iterator[object]:
    """The values under the mark's name, in a list of pairs or in a plain object."""
    if isinstance(said, dict):
        yield said.get(FREE_PRODUCT_KEY)
    for each in said if isinstance(said, list) else ():
        if isinstance(each, dict) and each.get(key) == FREE_PRODUCT_KEY:
            yield each.get("value")


_MARKS: Final = (("properties", "name"), ("attributes", "key"))


def _or_one(quantity: int | None) -> int:
    return 1 if quantity is None else quantity


def _entries(fields: Fields, name: str, *, most: int) -> list[object] | None:
    """The values in a list; None when it is absent or null."""
    said = fields.raw(name)
    if said is None:
        return None
    if not isinstance(said, list):
        fields.problem(name, f"Invalid input: expected array, received {kind(said)}")
        return []
    if len(said) > most:
        fields.problem(name, f"Too long: expected at most {most} items")
        return []
    return said


class _Entries:
    """Reads the plain values of a list as if they were fields named 0, 1 and so on."""

    def __init__(self, name: str, values: Sequence[object]) -> None:
        self._name = name
        self._problems: dict[str, str] = {}
        self.names = [str(index) for index in range(len(values))]
        self.fields = Fields(dict(zip(self.names, values, strict=True)), problems=self._problems)

    def tell(self, fields: Fields) -> None:
        """Notes what was wrong where the list stands."""
        for entry, why in self._problems.items():
            fields.problem(f"{self._name}.{entry}", why)
