"""Turning what a shop says of an order into the order's state.

Shops repeat themselves, leave things out, and use more digits than their currency has; amounts are
rounded half up to its smallest unit.
"""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import assert_never

from leal.domain.money import minor_digits
from leal.domain.orders import (
    DiscountCode,
    LineItem,
    Order,
    OrderReport,
    Payment,
    PaymentStatus,
    RefundStatus,
)
from leal.domain.sites import Site


def new_order(
    report: OrderReport, site: Site, *, merchant_id: str, email: str | None, now: datetime
) -> Order:
    """An order nobody has heard of before, not saved yet."""
    # a shop whose clock is ahead must not have its customers wait for their points
    ordered_at = min(report.ordered_at or now, now)
    bare = Order(
        site_id=site.id,
        merchant_id=merchant_id,
        customer_email=email,
        total_minor=0,
        counts_tax=site.counts_tax,
        ordered_at=ordered_at,
        created_at=now,
        updated_at=now,
    )
    return updated(bare, report, site, now=now)


def updated(order: Order, report: OrderReport, site: Site, *, now: datetime) -> Order:
    """The order after the report: what it says replaces what was known, the rest stays.

    A status speaks for the amount that is left unsaid beside it: what becomes paid is paid in
    full, of what is not paid or not refunded nothing is.
    """
    currency = site.currency

    def minor(said: Decimal | None, known: int) -> int:
        return known if said is None else in_minor(said, currency)

    order = replace(
        order,
        total_minor=minor(report.total, order.total_minor),
        shipping_minor=minor(report.total_shipping, order.shipping_minor),
        tax_minor=minor(report.total_tax, order.tax_minor),
        discounts_minor=minor(report.total_discounts, order.discounts_minor),
        gift_card_minor=minor(report.gift_card, order.gift_card_minor),
        refunded_minor=minor(report.total_refunded, _refunded(order, report)),
        paid_minor=(
            _paid(order, report) if report.total_paid is None else minor(report.total_paid, 0)
        ),
        payment_status=report.payment_status or order.payment_status,
        refund_status=report.refund_status or order.refund_status,
        cancellation_status=report.cancellation_status or order.cancellation_status,
        number=report.number or order.number,
        updated_at=now,
    )
    if report.refund_status is RefundStatus.NOT_REFUNDED:
        order = replace(order, refunds=())
    if report.payment_status is PaymentStatus.NOT_PAID:
        order = replace(order, payments=())
    order = _moneys(order, report, currency, now=now)
    concerned = order.follow_up_due or order.concerns_others
    order = _goods(_traces(order, report), report, currency)
    return replace(order, follow_up_due=concerned or order.concerns_others)


def in_minor(amount: Decimal, currency: str) -> int:
    """An amount of main units in smallest units, rounded half up."""
    return int(amount.scaleb(minor_digits(currency)).to_integral_value(ROUND_HALF_UP))


def _paid(order: Order, report: OrderReport) -> int | None:
    """What is known to be paid when the report does not say; None is all or nothing."""
    match report.payment_status:
        case None | PaymentStatus.PARTIALLY_PAID:
            return order.paid_minor
        case PaymentStatus.PAID:
            return order.paid_minor if order.is_paid else None
        case PaymentStatus.NOT_PAID:
            return None
        case status:
            assert_never(status)


def _refunded(order: Order, report: OrderReport) -> int:
    """What is known to be refunded when the report does not say."""
    none = report.refund_status is RefundStatus.NOT_REFUNDED
    return 0 if none else order.refunded_minor


def _moneys(order: Order, report: OrderReport, currency: str, *, now: datetime) -> Order:
    """Single payments and refunds, as old plugins report them, add up to the state."""
    if report.payment is not None:
        came = Payment(amount_minor=in_minor(report.payment, currency), created_at=now)
        paid = sum(each.amount_minor for each in (*order.payments, came))
        full = paid >= order.total_minor
        order = replace(
            order,
            payments=(*order.payments, came),
            paid_minor=paid,
            payment_status=PaymentStatus.PAID if full else PaymentStatus.PARTIALLY_PAID,
        )
    if report.refund is not None:
        went = Payment(amount_minor=in_minor(report.refund, currency), created_at=now)
        refunded = sum(each.amount_minor for each in (*order.refunds, went))
        full = refunded >= (order.paid_minor or order.total_minor)
        order = replace(
            order,
            refunds=(*order.refunds, went),
            refunded_minor=refunded,
            refund_status=RefundStatus.REFUNDED if full else RefundStatus.PARTIALLY_REFUNDED,
        )
    return order


def _traces(order: Order, report: OrderReport) -> Order:
    """Where the order came from: the first word counts, later ones do not overwrite it.

    Of an order whose buyer was erased it is empty, and stays so.
    """

    def first(known: str | None, said: str | None) -> str | None:
        return (said or None) if known is None else known

    return replace(
        order,
        ip_address=first(order.ip_address, report.ip_address),
        user_agent=first(order.user_agent, report.user_agent),
        referral_id=order.referral_id or report.referral_id,
        tracking_id=first(order.tracking_id, report.tracking_id),
    )


def _goods(order: Order, report: OrderReport, currency: str) -> Order:
    if report.discount_codes is not None:
        codes = tuple(
            DiscountCode(
                code=code, amount_minor=None if amount is None else in_minor(amount, currency)
            )
            for code, amount in report.discount_codes
        )
        order = replace(order, discount_codes=codes)
    if report.claimed_reward_ids is not None:
        order = replace(order, claimed_reward_ids=report.claimed_reward_ids)
    if report.line_items is not None:
        items = tuple(
            LineItem(
                product_id=item.product_id,
                collection_ids=item.collection_ids,
                quantity=item.quantity,
                price_minor=in_minor(item.price, currency),
                redemption_id=item.redemption_id,
            )
            for item in report.line_items
        )
        order = replace(order, line_items=items)
    return order
