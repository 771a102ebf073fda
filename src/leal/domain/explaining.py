"""Why there are so many points: every step from an order to its points, and why rules gave none.

The steps are worked out here a second time, beside `purchases.py`, with every value on the way
kept; a property test holds the two to the same points. Values are exact: fractions until the one
rounding at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import assert_never

from leal.domain.customers import CustomerState
from leal.domain.dates import local_day, start_of_day
from leal.domain.money import minor_digits
from leal.domain.offers import Interval
from leal.domain.orders import LineItem, Order, OrderTerms, RefundStatus
from leal.domain.program import Program, Rounding
from leal.domain.purchases import holds_any
from leal.domain.rules.purchases import CollectionPurchaseRule, ProductPurchaseRule, PurchaseRule

_ORDER_RULES = PurchaseRule | ProductPurchaseRule | CollectionPurchaseRule
_HALF = Fraction(1, 2)


class Nothing(StrEnum):
    """Why an order is worth nothing, or was promised nothing."""

    NOT_PAID = "the order is not paid in full"
    CANCELLED = "the order is cancelled"
    REFUNDED = "the order is refunded in full"
    NOT_IN_ORDER = "the order holds none of the rule's products"
    NOTHING_LEFT = "nothing of what was paid counts"
    PAID_BY_GUEST = "the customer was not a member when it was paid"
    PAID_WHILE_BLOCKED = "the customer was blocked when it was paid"
    NOT_FOR_PAST = "purchases from before joining are credited by the purchase rule alone"
    NOT_ASKED = "the rule was not asked when the order was promised its points"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsRate:
    """What a line of goods earns for each main unit; `modifier` counts the one that fits from 1."""

    item: LineItem
    modifier: int | None
    rate: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsExplained:
    """From what was paid to points, for one rule; amounts in minor units of the order's site.

    `gross` less `shipping` is what was paid for goods; less `tax` (0 where tax earns points) and
    `gift_card` it is `base`, never below 0. Of a refund, `refund_share` is the part that goes off
    the base. `net` is left of it: 0 for the reason `nothing`. `exact` is `units` (main units of
    `net`) times `rate`, or the points for the whole order; `goods` are what a mean rate is made of.
    """

    terms: OrderTerms
    gross_minor: int
    shipping_minor: int
    tax_minor: int
    gift_card_minor: int
    base_minor: int
    refunded_minor: int
    refund_share_minor: Fraction
    net_minor: Fraction
    nothing: Nothing | None
    units: Fraction
    goods: tuple[GoodsRate, ...]
    rate: Fraction
    exact: Fraction
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfired:
    """A rule that gave nothing for an order; `why` is a sentence."""

    rule_id: int
    rule_kind: str | None
    title: str | None
    why: str


def explain_points(order: Order, terms: OrderTerms, *, currency: str) -> PointsExplained:
    """Every value on the way from the order's latest state to the points of one promise."""
    gross = order.paid_minor or order.total_minor
    paid_goods = gross - order.shipping_minor
    tax = 0 if order.counts_tax else order.tax_minor
    base = max(0, paid_goods - tax - order.gift_card_minor)
    share = Fraction(order.refunded_minor * base, paid_goods) if paid_goods > 0 else Fraction(0)
    left = max(Fraction(0), base - share) if paid_goods > 0 else Fraction(0)
    nothing = _nothing(order, terms, left)
    net = left if nothing is None else Fraction(0)
    units = net / 10 ** minor_digits(currency)
    goods, rate = _rate(order, terms)
    whole = Fraction(terms.points) if net > 0 else Fraction(0)
    exact = units * rate if terms.per_unit else whole
    return PointsExplained(
        terms=terms,
        gross_minor=gross,
        shipping_minor=order.shipping_minor,
        tax_minor=tax,
        gift_card_minor=order.gift_card_minor,
        base_minor=base,
        refunded_minor=order.refunded_minor,
        refund_share_minor=share,
        net_minor=net,
        nothing=nothing,
        units=units,
        goods=goods,
        rate=rate,
        exact=exact,
        points=_rounded(exact, Rounding(terms.rounding)),
    )


def why_unpromised(order: Order) -> Nothing | None:
    """Why no rule promised anything for the order so far; None when some were asked."""
    if order.terms is not None:
        return None
    if order.paid_at is None:
        return Nothing.NOT_PAID
    if order.paid_by is CustomerState.GUEST:
        return Nothing.PAID_BY_GUEST
    if order.paid_by is CustomerState.BLOCKED:
        return Nothing.PAID_WHILE_BLOCKED
    return _undone(order) or Nothing.NOTHING_LEFT


def unfired(order: Order, program: Program) -> tuple[Unfired, ...]:
    """Each rule for orders that gave nothing for this one, and why.

    `program` is the version under which the order was promised its points, or that in force.
    """
    known = {rule.id: rule for rule in program.rules if isinstance(rule, _ORDER_RULES)}
    fired = {terms.rule_id for terms in order.terms or ()}
    why = {each.rule_id: each.why for each in order.not_fired}
    unpromised = why_unpromised(order)
    past = order.paid_by is CustomerState.GUEST
    for rule_id in known:
        if rule_id not in fired and rule_id not in why:
            rest = Nothing.NOT_FOR_PAST if past else Nothing.NOT_ASKED
            why[rule_id] = unpromised or rest
    language = program.primary_site.default_language
    return tuple(
        Unfired(
            rule_id=rule_id,
            rule_kind=known[rule_id].KIND if rule_id in known else None,
            title=known[rule_id].title.in_(language) if rule_id in known else None,
            why=sentence,
        )
        for rule_id, sentence in sorted(why.items())
    )


def interval_start(interval: Interval | None, *, at: datetime, zone: tzinfo) -> datetime | None:
    """The first instant (UTC) of the calendar interval that contains `at`; None for ever."""
    if interval is None:
        return None
    day = local_day(at, zone)
    match interval:
        case Interval.DAY:
            first = day
        case Interval.WEEK:
            first = day - timedelta(days=day.weekday())
        case Interval.MONTH:
            first = day.replace(day=1)
        case Interval.YEAR:
            first = day.replace(month=1, day=1)
        case _:
            assert_never(interval)
    return start_of_day(first, zone)


def _nothing(order: Order, terms: OrderTerms, left: Fraction) -> Nothing | None:
    if not order.is_paid:
        return Nothing.NOT_PAID
    bound_to = terms.products or terms.collections
    items = order.line_items
    if bound_to and not holds_any(items, products=terms.products, collections=terms.collections):
        return _undone(order) or Nothing.NOT_IN_ORDER
    return _undone(order) or (Nothing.NOTHING_LEFT if left == 0 else None)


def _undone(order: Order) -> Nothing | None:
    if not order.is_undone:
        return None
    refunded = order.refund_status is RefundStatus.REFUNDED
    return Nothing.REFUNDED if refunded else Nothing.CANCELLED


def _rate(order: Order, terms: OrderTerms) -> tuple[tuple[GoodsRate, ...], Fraction]:
    """The plain rate, or what each line earns and the mean of the lines by their price."""
    worth = sum(_price(item) for item in order.line_items)
    if not terms.per_unit or not terms.modifiers or worth <= 0:
        return (), Fraction(terms.points)
    goods = tuple(_goods_rates(order.line_items, terms))
    return goods, sum((each.rate * _price(each.item) for each in goods), Fraction(0)) / worth


def _goods_rates(items: Iterable[LineItem], terms: OrderTerms) -> Iterable[GoodsRate]:
    plain = Fraction(terms.points)
    for item in items:
        number, rate = None, plain
        for position, modifier in enumerate(terms.modifiers, start=1):
            if modifier.fits(item.product_id, item.collection_ids):
                own = modifier.rate
                rate = plain * Fraction(modifier.multiplier or 0) if own is None else Fraction(own)
                number = position
                break
        yield GoodsRate(item=item, modifier=number, rate=rate)


def _price(item: LineItem) -> int:
    return item.price_minor * item.quantity


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
