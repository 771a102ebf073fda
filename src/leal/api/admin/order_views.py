"""Orders as the Admin API shows them: short in lists, and with payments and refunds by themselves.

Amounts are strings of the main unit of the currency of the order's site, with its decimal digits
and never fewer than two.
"""

from leal.api.admin.values import Json, Showing, instant
from leal.api.admin.views import summary
from leal.domain.money import from_minor, minor_digits
from leal.domain.orders import Order, Payment, PaymentStatus, RefundStatus
from leal.storage.listings import Summary
from leal.storage.order_listings import ListedOrder

UNKNOWN_GATEWAY = ""
"""Shops do not say how they were paid."""


def listed_order(listed: ListedOrder, showing: Showing) -> Json:
    """An order in a list; `customer` is null while nobody is known for it."""
    return order_of(listed.order, listed.customer, showing)


def order_of(order: Order, customer: Summary | None, showing: Showing) -> Json:
    """An order with whose it is."""
    site = showing.program.site(order.site_id) or showing.program.primary_site

    def money(minor: int) -> str:
        return amount(minor, site.currency)

    return {
        "id": order.id,
        "merchant_id": order.merchant_id,
        "merchant_number": order.number,
        "total": money(order.total_minor),
        "total_tax": money(order.tax_minor),
        "total_shipping": money(order.shipping_minor),
        "total_discounts": money(order.discounts_minor),
        "total_paid": money(_paid_minor(order)),
        "total_refunded": money(_refunded_minor(order)),
        "payment_status": order.payment_status,
        "fulfillment_status": "not_fulfilled",
        "refund_status": order.refund_status,
        "cancellation_status": order.cancellation_status,
        "metadata": {},
        "created_at": instant(order.created_at),
        "updated_at": instant(order.updated_at),
        "customer": customer and summary(customer),
    }


def single_order(order: Order, currency: str) -> Json:
    """An order by itself; `payments` and `refunds` are those that were told one by one."""

    def steps(found: tuple[Payment, ...]) -> list[Json]:
        return [
            {
                "amount": amount(each.amount_minor, currency),
                "created_at": instant(each.created_at),
            }
            for each in found
        ]

    return {
        "merchant_id": order.merchant_id,
        "total": amount(order.total_minor, currency),
        "total_shipping": amount(order.shipping_minor, currency),
        "total_paid": amount(_paid_minor(order), currency),
        "payment_status": order.payment_status,
        "refund_status": order.refund_status,
        "cancellation_status": order.cancellation_status,
        "merchant_created_at": instant(order.ordered_at),
        "merchant_updated_at": instant(order.updated_at),
        "payments": [{**step, "gateway": UNKNOWN_GATEWAY} for step in steps(order.payments)],
        "refunds": steps(order.refunds),
    }


def amount(minor: int, currency: str) -> str:
    """Money as a decimal string: 990 usd is "9.90", 990 jpy "990.00"."""
    return f"{from_minor(minor, currency):.{max(2, minor_digits(currency))}f}"


def _paid_minor(order: Order) -> int:
    if order.payment_status is PaymentStatus.PAID:
        return order.paid_minor or order.total_minor
    return order.paid_minor or 0


def _refunded_minor(order: Order) -> int:
    """A shop that says all is refunded need not say how much that is."""
    if order.refund_status is RefundStatus.REFUNDED:
        return order.refunded_minor or _paid_minor(order)
    return order.refunded_minor
