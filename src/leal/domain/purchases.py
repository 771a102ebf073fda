"""What an order is worth: net spend and points as pure functions of its latest state.

The base is what was paid without shipping, without tax where tax earns nothing, and without what a
gift card paid. A refund lowers it in proportion: money given back for goods takes their tax along.
Fractions are exact until the one rounding at the end, so adding up parts never drifts.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor
from typing import assert_never

from leal.domain.modifiers import is_among
from leal.domain.money import minor_digits
from leal.domain.orders import LineItem, Order, OrderTerms
from leal.domain.program import Rounding

_HALF = Fraction(1, 2)


def net_minor(order: Order) -> Fraction:
    """What of the order counts, in minor units; 0 unless it is paid in full and stands."""
    if not order.is_paid or order.is_undone:
        return Fraction(0)
    # some shops always send an amount paid, and send 0 when it is simply all of it
    gross = order.paid_minor or order.total_minor
    goods = gross - order.shipping_minor
    untaxed = goods - (0 if order.counts_tax else order.tax_minor)
    base = max(0, untaxed - order.gift_card_minor)
    if goods <= 0:
        return Fraction(0)
    refunded = Fraction(order.refunded_minor * base, goods)
    return max(Fraction(0), base - refunded)


def points_of(order: Order, terms: OrderTerms, *, currency: str) -> int:
    """The points an order is worth under the terms fixed when it was paid; never negative."""
    net = net_minor(order)
    if terms.products or terms.collections:
        goods = holds_any(order.line_items, products=terms.products, collections=terms.collections)
        net = net if goods else Fraction(0)
    if not terms.per_unit:
        return terms.points if net > 0 else 0
    units = net / 10 ** minor_digits(currency)
    return _rounded(units * _rate(order, terms), Rounding(terms.rounding))


def holds_any(
    items: Iterable[LineItem], *, products: tuple[str, ...], collections: tuple[str, ...]
) -> bool:
    """Whether any of the goods is one of the products or in one of the collections."""
    return any(
        is_among(item.product_id, products)
        or any(is_among(collection, collections) for collection in item.collection_ids)
        for item in items
    )


def _rate(order: Order, terms: OrderTerms) -> Fraction:
    """Points per main unit: the terms' own, or the mean of the goods' weighted by their price.

    Orders that came without line items cannot be told apart and earn the plain rate.
    """
    plain = Fraction(terms.points)
    worth = sum(item.price_minor * item.quantity for item in order.line_items)
    if not terms.modifiers or worth <= 0:
        return plain
    weighted = sum(
        (
            _rate_of(item, terms, plain) * item.price_minor * item.quantity
            for item in order.line_items
        ),
        Fraction(0),
    )
    return weighted / worth


def _rate_of(item: LineItem, terms: OrderTerms, plain: Fraction) -> Fraction:
    for modifier in terms.modifiers:
        if modifier.fits(item.product_id, item.collection_ids):
            if modifier.rate is not None:
                return Fraction(modifier.rate)
            return plain * Fraction(modifier.multiplier or 0)
    return plain


def _rounded(points: Fraction, how: Rounding) -> int:
    match how:
        case Rounding.FLOOR:
            return floor(points)
        case Rounding.CEIL:
            return ceil(points)
        case Rounding.ROUND:
            return floor(points + _HALF)
        case _:
            assert_never(how)
