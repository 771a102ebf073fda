"""Explanations are true: every step leads to the points that are posted, and reasons are the real.

Planted bugs these catch: tax taken off where it earns, a refund's share of the total instead of
the goods, the second modifier that fits, an interval that starts at midnight of UTC.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leal.api.own.views import code_of, exact
from leal.domain.customers import CustomerState
from leal.domain.explaining import (
    Nothing,
    explain_points,
    interval_start,
    unfired,
    why_unpromised,
)
from leal.domain.limits import next_start
from leal.domain.modifiers import Modifier
from leal.domain.offers import Interval
from leal.domain.orders import (
    CancellationStatus,
    LineItem,
    NotFired,
    Order,
    OrderTerms,
    PaymentStatus,
    RefundStatus,
)
from leal.domain.program import Rounding
from leal.domain.purchases import net_minor, points_of
from leal.domain.rules.completion import WhyNot
from tests.programs import Document, program_with, put

MOMENT = datetime(2025, 6, 1, tzinfo=UTC)
IDS = ("7", "gid://shopify/Product/7", "8", "9")
amounts = st.integers(0, 1_000_00)
rates = st.decimals(0, 20, places=2)


def modifiers() -> st.SearchStrategy[Modifier]:
    goods = st.lists(st.sampled_from(IDS), max_size=2).map(tuple)
    by_factor = st.builds(Modifier, products=goods, collections=goods, multiplier=rates)
    by_rate = st.builds(Modifier, products=goods, collections=goods, rate=rates)
    return by_factor | by_rate


def orders() -> st.SearchStrategy[Order]:
    items = st.builds(
        LineItem,
        product_id=st.sampled_from(IDS),
        collection_ids=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
        quantity=st.integers(0, 3),
        price_minor=amounts,
    )
    return st.builds(
        Order,
        site_id=st.just(1),
        merchant_id=st.just("1"),
        total_minor=amounts,
        paid_minor=st.none() | amounts,
        shipping_minor=amounts,
        tax_minor=amounts,
        gift_card_minor=st.just(0) | amounts,
        refunded_minor=st.just(0) | amounts,
        counts_tax=st.booleans(),
        payment_status=st.sampled_from([*PaymentStatus, *[PaymentStatus.PAID] * 5]),
        refund_status=st.sampled_from([*RefundStatus, *[RefundStatus.NOT_REFUNDED] * 5]),
        cancellation_status=st.sampled_from(CancellationStatus),
        line_items=st.lists(items, max_size=4).map(tuple),
        ordered_at=st.just(MOMENT),
        created_at=st.just(MOMENT),
        updated_at=st.just(MOMENT),
    )


def promises() -> st.SearchStrategy[OrderTerms]:
    goods = st.just(()) | st.lists(st.sampled_from(IDS), max_size=2).map(tuple)
    return st.builds(
        OrderTerms,
        rule_id=st.just(1),
        rule_kind=st.just("purchase"),
        title=st.just("Buy"),
        points=st.integers(0, 50),
        per_unit=st.booleans(),
        rounding=st.sampled_from(Rounding),
        approve_at=st.none(),
        expires_at=st.none(),
        modifiers=st.lists(modifiers(), max_size=3).map(tuple),
        products=goods,
        collections=goods,
    )


@settings(max_examples=500)
@given(order=orders(), terms=promises(), currency=st.sampled_from(["usd", "jpy", "kwd"]))
def test_the_steps_lead_to_the_points_that_are_posted(
    order: Order, terms: OrderTerms, currency: str
) -> None:
    steps = explain_points(order, terms, currency=currency)
    assert steps.points == points_of(order, terms, currency=currency)
    assert (steps.net_minor == 0) == (steps.nothing is not None)
    if steps.nothing is not Nothing.NOT_IN_ORDER:
        assert steps.net_minor == net_minor(order)
    if steps.nothing is None:
        left = steps.gross_minor - steps.shipping_minor - steps.tax_minor - steps.gift_card_minor
        assert steps.base_minor == left
        assert steps.net_minor == steps.base_minor - steps.refund_share_minor
    worth = sum(each.item.price_minor * each.item.quantity for each in steps.goods)
    earned = sum(
        (each.rate * each.item.price_minor * each.item.quantity for each in steps.goods),
        Fraction(0),
    )
    assert not worth or steps.rate == earned / worth


@given(st.fractions())
def test_numbers_are_written_without_loss(number: Fraction) -> None:
    assert Fraction(exact(number)) == number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (Fraction(0), "0"),
        (Fraction(20, 3), "20/3"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(1999, 100), "19.99"),
        (Fraction(300), "300"),
    ],
)
def test_numbers_are_decimal_where_they_can_be(number: Fraction, written: str) -> None:
    assert exact(number) == written


def _zones() -> Iterator[tuple[str, Interval, datetime]]:
    for zone in ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"):
        for interval in Interval:
            yield zone, interval, datetime(2025, 3, 30, 0, 59, tzinfo=UTC)
            yield zone, interval, datetime(2025, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(("name", "interval", "at"), list(_zones()))
def test_an_interval_starts_where_the_one_before_it_ends(
    name: str, interval: Interval, at: datetime
) -> None:
    zone = ZoneInfo(name)
    start = interval_start(interval, at=at, zone=zone)
    assert start is not None
    assert start <= at < next_start(interval, now=at, zone=zone)
    just_before = datetime.fromtimestamp(start.timestamp() - 1, tz=UTC)
    assert next_start(interval, now=just_before, zone=zone) == start


def test_a_limit_for_ever_starts_nowhere() -> None:
    assert interval_start(None, at=MOMENT, zone=UTC) is None


BARE: Final = Order(
    site_id=1,
    merchant_id="1",
    total_minor=1000,
    ordered_at=MOMENT,
    created_at=MOMENT,
    updated_at=MOMENT,
)


@pytest.mark.parametrize(
    ("paid_at", "by", "refund", "why"),
    [
        (None, None, RefundStatus.NOT_REFUNDED, Nothing.NOT_PAID),
        (MOMENT, CustomerState.GUEST, RefundStatus.NOT_REFUNDED, Nothing.PAID_BY_GUEST),
        (MOMENT, CustomerState.BLOCKED, RefundStatus.NOT_REFUNDED, Nothing.PAID_WHILE_BLOCKED),
        (MOMENT, CustomerState.ENROLLED, RefundStatus.REFUNDED, Nothing.REFUNDED),
        (MOMENT, CustomerState.ENROLLED, RefundStatus.NOT_REFUNDED, Nothing.NOTHING_LEFT),
    ],
)
def test_why_nothing_was_promised(
    paid_at: datetime | None, by: CustomerState | None, refund: RefundStatus, why: Nothing
) -> None:
    order = _order(paid_at=paid_at, paid_by=by, refund_status=refund)
    assert why_unpromised(order) is why
    program = program_with()
    assert [(each.rule_id, each.why) for each in unfired(order, program)] == [(1, why)]


def test_rules_that_were_asked_say_why_they_gave_nothing() -> None:
    program = program_with(
        put("rules.4", _goods_rule(9, "Tea", "7")),
        put("rules.5", _goods_rule(10, "Jam", "8")),
    )
    asked = _order(
        paid_at=MOMENT,
        paid_by=CustomerState.ENROLLED,
        terms=(),
        not_fired=(
            NotFired(rule_id=9, why=WhyNot.NOT_IN_ORDER),
            NotFired(rule_id=77, why=WhyNot.DISABLED),
        ),
    )
    assert [(each.rule_id, each.title, each.why) for each in unfired(asked, program)] == [
        (1, "Make a purchase", Nothing.NOT_ASKED),
        (9, "Tea", WhyNot.NOT_IN_ORDER),
        (10, "Jam", Nothing.NOT_ASKED),
        (77, None, WhyNot.DISABLED),
    ]
    past = _order(paid_at=MOMENT, paid_by=CustomerState.GUEST, terms=())
    assert {each.why for each in unfired(past, program)} == {Nothing.NOT_FOR_PAST}


def test_every_reason_has_a_code() -> None:
    sentences = [*WhyNot, *Nothing]
    assert "other" not in {code_of(each) for each in sentences}
    assert code_of("a reason of tomorrow") == "other"
    assert code_of(WhyNot.LIMIT_REACHED) == "limit_reached"


def _order(**of: Any) -> Order:
    return replace(BARE, **of)


def _goods_rule(rule_id: int, title: str, product: str) -> Document:
    return {
        "id": rule_id,
        "kind": "product_purchase",
        "title": title,
        "products": [product],
        "points": 5,
    }
