"""What an order does to its customer: the worked numbers, and each event of its life by itself.

Planted bugs these catch: the whole worth posted instead of the difference, a gift card's part that
earns, net spend counted a second time.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leal.domain.orders import (
    OrderReport,
    PaymentStatus,
)
from leal.domain.problems import Missing
from leal.domain.program import Program
from tests.domain.order_events import Told, deliver, deliveries, full_reports
from tests.domain.orders import (
    ALL_BACK,
    CANCELLED,
    PAID_NOW,
    REINSTATED,
    UNPAID,
    Book,
    net_of,
    paid,
    purchase,
    refunded,
    shop,
)
from tests.domain.scenes import NOON
from tests.programs import put
from tests.soak import examples

DUE = NOON + timedelta(days=14)


@pytest.mark.parametrize(
    ("days", "earned", "half", "ended"),
    [(14, (0, 20), (0, 10), "declined"), (0, (20, 0), (10, 0), "void")],
)
def test_two_items_come_back_one_after_the_other(
    days: int, earned: tuple[int, int], half: tuple[int, int], ended: str
) -> None:
    book = Book(shop(approval_days=days))
    book.create(paid("20"))
    assert book.balances() == earned
    book.update(refunded("10"))
    assert book.balances() == half
    book.update(replace(ALL_BACK, total_refunded=Decimal(20)))
    assert book.balances() == (0, 0)
    assert book.states() == {1: ended}


def test_an_order_with_a_voucher_is_worth_what_was_paid() -> None:
    """The reward's own points are another matter: here only what the order moves."""
    book = Book(shop(approval_days=0))
    book.give(1000)
    book.give(-500)
    book.create(replace(paid("15"), discount_codes=(("LL-1", Decimal(5)),)))
    assert book.balances() == (515, 0)
    book.update(refunded("10"))
    assert book.balances() == (505, 0)
    book.update(replace(ALL_BACK, total_refunded=Decimal(15)))
    assert book.balances() == (500, 0)


@pytest.mark.parametrize(
    ("points", "report", "currency", "expected"),
    [
        # what a gift card paid earns nothing
        (1, paid("105", gift_card=Decimal(100)), "usd", 5),
        # sales tax of a $100 basket, tax within a £120 one
        (1, paid("120", total_tax=Decimal(20)), "usd", 100),
        (1, paid("120", total_tax=Decimal(20)), "gbp", 120),
        (5, paid("100"), "usd", 500),
        (5, paid("19.99"), "usd", 99),
        (1, paid("110", total_shipping=Decimal(10)), "usd", 100),
        (1, paid("100", total_paid=Decimal(0)), "usd", 100),
        (1, paid("100", total_paid=Decimal(90)), "usd", 90),
        (1, paid("1999"), "jpy", 1999),
        (1, paid("1.999"), "kwd", 1),
        (10, paid("1.999"), "kwd", 19),
    ],
)
@pytest.mark.parametrize("days", [0, 14])
def test_documented_amounts(
    points: int, report: OrderReport, currency: str, expected: int, days: int
) -> None:
    book = Book(shop(put("sites.0.currency", currency), points=points, approval_days=days))
    book.create(report)
    assert book.balances() == ((0, expected) if days else (expected, 0))


def test_tax_counts_where_the_site_says_so() -> None:
    report = paid("120", total_tax=Decimal(20))
    kept = Book(shop(put("sites.0.points_for_tax", value=True)))
    kept.create(report)
    assert kept.balances() == (0, 120)


def test_the_clock_of_approval_starts_when_the_order_is_paid() -> None:
    book = Book(shop())
    book.create(replace(UNPAID, total=Decimal(20)))
    assert book.history == {}
    book.later(10)
    book.update(PAID_NOW)
    book.later(13)
    assert book.balances() == (0, 20)
    (row,) = book.history.values()
    assert (row.state, row.approve_at) == ("pending", DUE + timedelta(days=10))
    book.later(1)
    assert book.balances() == (20, 0)


def test_instalments_earn_nothing_before_the_last() -> None:
    book = Book(shop())
    book.create(OrderReport(total=Decimal(30)))
    for amount, expected in (("10", 0), ("10.50", 0), ("9.50", 30)):
        book.update(OrderReport(payment=Decimal(amount)))
        assert book.balances() == (0, expected)


def test_single_refunds_add_up() -> None:
    book = Book(shop())
    book.create(paid("30"))
    for amount, expected in (("10", 20), ("5", 15), ("15", 0)):
        book.update(OrderReport(refund=Decimal(amount)))
        assert book.balances() == (0, expected)
    assert book.states() == {1: "declined"}


def test_telling_twice_awards_once() -> None:
    book = Book(shop(approval_days=0))
    for _ in range(3):
        book.create(paid("20"))
    assert (book.balances(), len(book.ledger)) == ((20, 0), 1)


def test_an_order_never_told_of_is_missing() -> None:
    book = Book(shop())
    with pytest.raises(Missing):
        book.update(PAID_NOW)
    assert book.orders == {}


@pytest.mark.parametrize("undo", [ALL_BACK, CANCELLED, UNPAID])
@pytest.mark.parametrize(("days", "ended"), [(14, "declined"), (0, "void")])
def test_what_is_undone_ends_and_comes_back(undo: OrderReport, days: int, ended: str) -> None:
    book = Book(shop(approval_days=days))
    book.create(paid("20"))
    earned = book.balances()
    for _ in range(3):
        book.update(undo)
        book.update(undo)
        assert book.balances() == (0, 0)
        assert book.states() == {1: ended}
        book.update(replace(REINSTATED, payment_status=PaymentStatus.PAID))
        assert book.balances() == earned
    assert len(book.history) == 1


def test_an_approved_award_that_was_spent_leaves_a_debt() -> None:
    book = Book(shop())
    book.create(paid("20"))
    book.later(14)
    book.give(-15)
    book.update(CANCELLED)
    assert book.balances() == (-15, 0)
    book.update(REINSTATED)
    assert book.balances() == (5, 0)


def test_a_pending_award_that_comes_back_after_its_day_is_approved_at_once() -> None:
    book = Book(shop())
    book.create(paid("20"))
    book.update(CANCELLED)
    book.later(14)
    book.update(REINSTATED)
    assert book.balances() == (20, 0)


def test_coming_back_keeps_the_day_it_was_to_be_approved() -> None:
    book = Book(shop())
    book.create(paid("20"))
    book.update(UNPAID)
    book.later(10)
    book.update(PAID_NOW)
    (row,) = book.history.values()
    assert (row.state, row.approve_at) == ("pending", DUE)


@pytest.mark.parametrize(
    ("days_ago", "expected"), [(0, (0, 20)), (13, (0, 20)), (14, (20, 0)), (400, (20, 0))]
)
def test_an_old_order_told_of_late_has_waited_since_it_was_placed(
    days_ago: int, expected: tuple[int, int]
) -> None:
    book = Book(shop())
    book.create(replace(paid("20"), ordered_at=NOON - timedelta(days=days_ago)))
    assert book.balances() == expected


def test_orders_do_not_touch_each_other() -> None:
    book = Book(shop())
    book.create(paid("20"), "1")
    book.create(paid("30"), "2")
    book.update(CANCELLED, "1")
    assert (book.points_by_rule("1"), book.points_by_rule("2")) == ({}, {1: 30})
    assert book.balances() == (0, 30)


def test_points_lapse_as_the_terms_said_when_it_was_paid() -> None:
    expiry = {"mode": "date_earned", "months": 12, "enabled_on": "2020-01-01"}
    book = Book(shop(put("expiry", expiry), approval_days=0))
    book.create(paid("20"))
    book.later(30)
    book.update(refunded("10"))
    lapses = datetime(2026, 6, 10, tzinfo=UTC)
    assert book.lots == {lapses: 10}
    book.publish(shop(put("expiry", {**expiry, "months": 1}), approval_days=0))
    book.update(REINSTATED)
    assert book.lots == {lapses: 20}


GOODS_RULES = [
    {"id": 2, "kind": "product_purchase", "title": "Tea", "points": 50, "products": ["tea", "pot"]},
    {
        "id": 3,
        "kind": "collection_purchase",
        "title": "Sale",
        "points": 7,
        "collections": ["sale"],
        "approval_days": 0,
    },
]
EXPIRY = {"mode": "date_earned", "months": 2, "enabled_on": "2020-01-01"}
EVERYTHING = tuple(
    shop(put("rules", [purchase(5, approval_days=days), *GOODS_RULES]), put("expiry", expiry))
    for days in (0, 14)
    for expiry in (None, EXPIRY)
)


@settings(max_examples=examples(2_000, soak=10_000), deadline=None)
@given(deliveries(), st.sampled_from(EVERYTHING))
def test_whatever_the_deliveries_the_last_full_report_decides(told: Told, program: Program) -> None:
    """The invariants are checked in `Book` after every single step."""
    book, at_once = Book(program), Book(program)
    for each in told:
        deliver(book, *each)
    _, final = told[-1]
    if not book.orders:
        book.create(final)
    at_once.create(final)
    assert book.points_by_rule() == at_once.points_by_rule() == expected_points(at_once)
    assert book.balances() == at_once.balances()
    assert book.customer.lifetime_spend == at_once.customer.lifetime_spend
    assert book.customer.lifetime_orders == at_once.customer.lifetime_orders
    assert len(book.sources()) <= len(program.rules)


@settings(max_examples=examples(300, soak=3_000), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3"]),
            full_reports,
            st.integers(0, 20),
            st.integers(-50, 50).filter(bool),
        ),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from(EVERYTHING),
)
def test_over_time_orders_keep_to_themselves_and_the_books_agree(
    steps: list[tuple[str, OrderReport, int, int]], program: Program
) -> None:
    """Days pass, points are approved, given and spent in between; orders come back after that."""
    book, by_hand = Book(program), 0
    for name, report, days, amount in steps:
        book.create(report, name)
        book.later(days)
        book.give(amount)
        by_hand += amount
        book.check()
    last = {name: report for name, report, _, _ in steps}
    worth = {}
    for name, report in last.items():
        alone = Book(program)
        alone.create(report)
        worth[name] = alone.points_by_rule()
        assert book.points_by_rule(name) == worth[name]
    assert sum(book.balances()) == by_hand + sum(sum(each.values()) for each in worth.values())


def expected_points(book: Book) -> dict[int, int]:
    """What the one order of a book is worth, from the rule in words."""
    order = book.find("1")
    assert order
    net = net_of(order)
    worth = {1: floor(net * 5 / 100)}
    if net > 0:
        names = {item.product_id for item in order.line_items}
        sale = any(item.collection_ids for item in order.line_items)
        worth |= {2: 50 if names & {"tea", "pot"} else 0, 3: 7 if sale else 0}
    return {rule: points for rule, points in worth.items() if points}
