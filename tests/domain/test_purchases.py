"""What an order is worth: the documented numbers, and properties of the arithmetic.

Planted bugs these catch: tax kept where it earns nothing, a refund taken from the total instead of
the goods, rounding each part.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.modifiers import Modifier
from leal.domain.orders import (
    CancellationStatus,
    LineItem,
    Order,
    OrderTerms,
    PaymentStatus,
    RefundStatus,
)
from leal.domain.purchases import net_minor, points_of

PAID = Order(
    site_id=1,
    merchant_id="1",
    total_minor=0,
    payment_status=PaymentStatus.PAID,
    ordered_at=datetime(2025, 6, 1, tzinfo=UTC),
    created_at=datetime(2025, 6, 1, tzinfo=UTC),
    updated_at=datetime(2025, 6, 1, tzinfo=UTC),
)


def terms(
    points: int, *, rounding: str = "floor", modifiers: tuple[Modifier, ...] = ()
) -> OrderTerms:
    return OrderTerms(
        rule_id=1,
        rule_kind="purchase",
        title="Make a purchase",
        points=points,
        per_unit=True,
        rounding=rounding,
        approve_at=None,
        expires_at=None,
        modifiers=modifiers,
    )


@pytest.mark.parametrize(
    ("order", "rate", "expected"),
    [
        # two items of $10: 20 points, 10 after one came back, none after both
        (replace(PAID, total_minor=2000), 1, 20),
        (replace(PAID, total_minor=2000, refunded_minor=1000), 1, 10),
        (replace(PAID, total_minor=2000, refunded_minor=2000), 1, 0),
        # with a $5 voucher the same order is worth 15; $10 back leaves 5
        (replace(PAID, total_minor=1500), 1, 15),
        (replace(PAID, total_minor=1500, refunded_minor=1000), 1, 5),
        # $100 of goods and $20 sales tax: 120 where tax counts, 100 where it does not
        (replace(PAID, total_minor=12000, tax_minor=2000), 1, 120),
        (replace(PAID, total_minor=12000, tax_minor=2000, counts_tax=False), 1, 100),
        # half of it back, tax included
        (
            replace(PAID, total_minor=12000, tax_minor=2000, counts_tax=False, refunded_minor=6000),
            1,
            50,
        ),
        # a $105 order of which a gift card paid $100
        (replace(PAID, total_minor=10500, gift_card_minor=10000), 1, 5),
        # 5 points a dollar: $100 make 500, $19.99 make 99
        (replace(PAID, total_minor=10000), 5, 500),
        (replace(PAID, total_minor=1999), 5, 99),
        # shipping earns nothing
        (replace(PAID, total_minor=11000, shipping_minor=1000), 1, 100),
        (replace(PAID, total_minor=1000, shipping_minor=1000), 1, 0),
        # instalments earn nothing before the last
        (
            replace(
                PAID,
                total_minor=10000,
                paid_minor=5000,
                payment_status=PaymentStatus.PARTIALLY_PAID,
            ),
            1,
            0,
        ),
        (replace(PAID, total_minor=10000, paid_minor=0), 1, 100),
        (replace(PAID, total_minor=10000, paid_minor=9000), 1, 90),
        (
            replace(PAID, total_minor=10000, cancellation_status=CancellationStatus.CANCELLED),
            1,
            0,
        ),
        (replace(PAID, total_minor=10000, refund_status=RefundStatus.REFUNDED), 1, 0),
    ],
)
def test_documented_numbers(order: Order, rate: int, expected: int) -> None:
    assert points_of(order, terms(rate), currency="usd") == expected


@pytest.mark.parametrize(("rounding", "expected"), [("floor", 9), ("round", 10), ("ceil", 10)])
def test_the_one_rounding_is_a_setting(rounding: str, expected: int) -> None:
    order = replace(PAID, total_minor=199)
    assert points_of(order, terms(5, rounding=rounding), currency="usd") == expected


def test_currencies_have_their_own_digits() -> None:
    order = replace(PAID, total_minor=1999)
    assert points_of(order, terms(1), currency="jpy") == 1999
    assert points_of(order, terms(1), currency="kwd") == 1


def test_goods_may_earn_more_less_or_nothing() -> None:
    order = replace(
        PAID,
        total_minor=10000,
        line_items=(
            LineItem(product_id="tea", price_minor=5000),
            LineItem(product_id="book", collection_ids=("sale",), price_minor=2500, quantity=2),
        ),
    )
    twice = Modifier(products=("tea",), multiplier=Decimal(2))
    nothing = Modifier(collections=("sale",), multiplier=Decimal(0))
    flat = Modifier(collections=("sale",), rate=Decimal("0.5"))
    assert points_of(order, terms(5, modifiers=(twice,)), currency="usd") == 750
    assert points_of(order, terms(5, modifiers=(nothing,)), currency="usd") == 250
    assert points_of(order, terms(5, modifiers=(twice, flat)), currency="usd") == 525


money = st.integers(0, 10_000_00)


@given(
    total=money,
    shipping=money,
    tax=money,
    refunded=money,
    counts_tax=st.booleans(),
    rate=st.integers(1, 50),
)
def test_never_negative_never_more_than_what_was_paid(
    total: int, shipping: int, tax: int, refunded: int, *, counts_tax: bool, rate: int
) -> None:
    order = replace(
        PAID,
        total_minor=total,
        shipping_minor=shipping,
        tax_minor=tax,
        refunded_minor=refunded,
        counts_tax=counts_tax,
    )
    assert 0 <= net_minor(order) <= max(0, total - shipping)
    assert 0 <= points_of(order, terms(rate), currency="usd") <= Fraction(total * rate, 100)


@given(money, st.lists(st.integers(0, 3000), min_size=1, max_size=8), st.integers(1, 20))
def test_refunding_in_parts_ends_like_refunding_at_once(
    total: int, parts: list[int], rate: int
) -> None:
    order = replace(PAID, total_minor=total)
    at_once = points_of(replace(order, refunded_minor=sum(parts)), terms(rate), currency="usd")
    points = 0
    refunded = 0
    for part in parts:
        refunded += part
        now = points_of(replace(order, refunded_minor=refunded), terms(rate), currency="usd")
        points += now - points
    assert points == at_once
