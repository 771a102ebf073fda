"""What is promised when an order is paid: by tier, goods, limit, site and standing.

Bugs these have caught: an order rated in the tier it leads to, a limit used up by an order that
was cancelled, a rule's site taken from who reports, a duplicate that credits what a guest bought.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from math import floor

import pytest
from hypothesis import given, settings

from leal.domain.customers import Subject
from leal.domain.orders import CancellationStatus, NotFired, OrderItem, OrderReport
from leal.domain.rules.completion import WhyNot
from tests.domain.order_events import Told, deliver, deliveries
from tests.domain.orders import (
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
from tests.domain.scenes import member
from tests.programs import program_with, put, second_site
from tests.soak import examples

TIERED = shop(points=5, tiers={"gold": {"points": 10}})


def test_the_rate_of_the_tier_stays_when_the_tier_changes() -> None:
    book = Book(TIERED)
    book.create(paid("50"), "small")
    book.create(paid("80"), "large")
    assert book.customer.tier
    assert book.customer.tier.tier_id == 2
    book.update(refunded("10"), "small")
    assert book.points_by_rule("small") == {1: 200}
    book.create(paid("10"), "in gold")
    assert book.points_by_rule("in gold") == {1: 100}


def test_the_order_that_raises_the_tier_is_bought_in_the_tier_before() -> None:
    book = Book(TIERED)
    order = book.create(paid("100"))
    assert book.points_by_rule() == {1: 500}
    assert order.tier_id == 1


def test_splitting_a_refund_off_does_not_change_the_rate() -> None:
    split, at_once = Book(TIERED), Book(TIERED)
    split.create(paid("100"))
    split.update(refunded("50"))
    at_once.create(replace(paid("100", total_refunded=Decimal(50))))
    assert split.points_by_rule() == at_once.points_by_rule() == {1: 250}


@settings(max_examples=examples(200, soak=2_000), deadline=None)
@given(deliveries())
def test_however_it_is_told_a_first_order_is_rated_in_the_first_tier(told: Told) -> None:
    book, (_, final) = Book(TIERED), told[-1]
    for each in told:
        deliver(book, *each)
    order = book.find("1") or book.create(final)
    worth = floor(net_of(order) * 5 / 100)
    assert book.points_by_rule() == ({1: worth} if worth else {})


def test_the_tier_is_that_of_the_payment_not_of_the_order() -> None:
    book = Book(TIERED)
    book.create(replace(UNPAID, total=Decimal(10)), "early")
    book.create(paid("100"), "large")
    book.update(PAID_NOW, "early")
    assert book.points_by_rule("early") == {1: 100}


def test_another_version_of_the_program_changes_no_promise() -> None:
    book = Book(shop(points=5))
    first = book.create(paid("20"))
    book.publish(shop(put("points", {"rounding": "ceil"}), points=7, approval_days=0))
    book.update(replace(REINSTATED, number="A-1"))
    book.update(refunded("9.99"))
    assert book.points_by_rule() == {1: 50}
    assert book.balances() == (0, 50)
    second = book.create(paid("20.01"), "2")
    assert book.points_by_rule("2") == {1: 141}
    assert (first.program_version, second.program_version) == (1, 2)


def test_a_rule_that_is_gone_still_follows_its_orders() -> None:
    book = Book(shop(points=5))
    book.create(paid("20"))
    book.publish(program_with(put("rules", [])))
    book.update(refunded("10"))
    assert book.balances() == (0, 50)


def tea(quantity: int = 1) -> tuple[OrderItem, ...]:
    return (OrderItem(product_id="tea", quantity=quantity, price=Decimal(5)),)


GOODS = program_with(
    put(
        "rules",
        [
            purchase(1, approval_days=0),
            {
                "id": 2,
                "kind": "product_purchase",
                "title": "Tea",
                "points": 50,
                "products": ["tea", "pot"],
                "approval_days": 0,
            },
            {
                "id": 3,
                "kind": "collection_purchase",
                "title": "Sale",
                "points": 7,
                "collections": ["sale"],
                "approval_days": 0,
            },
        ],
    )
)


def test_a_product_earns_once_an_order_however_many() -> None:
    book = Book(GOODS)
    book.create(replace(paid("20"), line_items=(*tea(3), OrderItem(product_id="pot"))))
    assert book.points_by_rule() == {1: 20, 2: 50}


def test_a_collection_earns_once_an_order() -> None:
    book = Book(GOODS)
    item = OrderItem(product_id="hat", collection_ids=("sale", "new"), price=Decimal(10))
    order = book.create(replace(paid("20"), line_items=(item, item)))
    assert book.points_by_rule() == {1: 20, 3: 7}
    assert order.not_fired == (NotFired(rule_id=2, why=WhyNot.NOT_IN_ORDER),)


def test_they_stay_with_a_partial_refund_and_go_with_a_full_one() -> None:
    book = Book(GOODS)
    book.create(replace(paid("20"), line_items=tea()))
    book.update(refunded("10"))
    assert book.points_by_rule() == {1: 10, 2: 50}
    book.update(refunded("20"))
    assert book.points_by_rule() == {}
    assert book.states() == {1: "void", 2: "void"}


def test_goods_named_after_the_payment_earn_like_those_named_with_it() -> None:
    late, at_once = Book(GOODS), Book(GOODS)
    late.create(paid("20"))
    late.update(OrderReport(line_items=tea()))
    at_once.create(replace(paid("20"), line_items=tea()))
    assert late.points_by_rule() == at_once.points_by_rule() == {1: 20, 2: 50}


def test_a_limit_holds_across_orders_and_opens_with_the_next_interval() -> None:
    book = Book(shop(limit={"count": 2, "interval": "day"}))
    for name in "abc":
        book.create(paid("10"), name)
    assert [book.points_by_rule(name) for name in "abc"] == [{1: 10}, {1: 10}, {}]
    refused = book.find("c")
    assert refused
    assert refused.not_fired == (NotFired(rule_id=1, why=WhyNot.LIMIT_REACHED),)
    book.later(1)
    book.create(paid("10"), "d")
    assert book.points_by_rule("d") == {1: 10}


def test_telling_again_the_next_day_does_not_open_a_limit_for_an_old_order() -> None:
    book = Book(shop(limit={"count": 1, "interval": "day"}))
    book.create(paid("10"), "a")
    book.create(paid("10"), "b")
    book.later(1)
    book.create(paid("10"), "b")
    assert book.points_by_rule("b") == {}


def test_neither_does_it_for_goods() -> None:
    rule = {"id": 2, "kind": "product_purchase", "title": "Tea", "points": 50, "products": ["tea"]}
    once = {"count": 1, "interval": "day"}
    book = Book(shop(put("rules", [purchase(), rule | {"limit": once}])))
    report = replace(paid("10"), line_items=tea())
    book.create(report, "a")
    book.create(report, "b")
    book.later(1)
    book.create(report, "b")
    assert book.points_by_rule("b") == {1: 10}


def test_telling_again_does_not_use_the_limit_up() -> None:
    book = Book(shop(limit={"count": 2, "interval": "day"}))
    for name in ("a", "a", "a", "b"):
        book.create(paid("10"), name)
    counter = book.counters[Subject.RULE, 1]
    assert (counter.total, counter.day) == (2, 2)
    assert book.balances() == (0, 20)


def test_an_order_cancelled_from_the_start_uses_nothing_up() -> None:
    book = Book(shop(limit={"count": 1, "interval": "day"}))
    book.create(replace(paid("10"), cancellation_status=CancellationStatus.CANCELLED), "a")
    book.create(paid("10"), "b")
    assert book.points_by_rule("b") == {1: 10}


def test_a_guests_order_is_kept_and_counted_and_earns_nothing() -> None:
    guest = replace(member(tier=None).customer, enrolled_at=None)
    book = Book(TIERED, guest)
    order = book.create(paid("120"))
    assert (book.history, book.ledger, order.terms) == ({}, [], None)
    assert (book.customer.lifetime_spend, book.customer.lifetime_orders) == (12_000, 1)
    assert book.customer.tier is None
    book.update(refunded("20"))
    assert book.customer.lifetime_spend == 10_000


def test_a_blocked_customers_order_counts_and_earns_nothing() -> None:
    book = Book(TIERED, replace(member().customer, blocked=True))
    book.create(paid("50"))
    assert (book.ledger, book.customer.lifetime_spend) == ([], 5_000)


def test_what_was_paid_while_blocked_is_not_credited_afterwards() -> None:
    book = Book(shop(), replace(member().customer, blocked=True))
    book.create(paid("50"))
    book.customer = replace(book.customer, blocked=False)
    book.create(paid("50"))
    assert book.balances() == (0, 0)


def test_a_duplicate_after_joining_credits_nothing_that_joining_did_not() -> None:
    """Past purchases are credited on joining or not at all, as the program is set."""
    guest = replace(member(tier=None).customer, enrolled_at=None)
    book = Book(shop(), guest)
    book.create(paid("50"))
    book.later(300)
    joined = member().customer
    book.customer = replace(book.customer, enrolled_at=book.now, tier=joined.tier)
    book.create(paid("50"))
    assert book.balances() == (0, 0)


def test_blocking_does_not_stop_a_refund() -> None:
    book = Book(shop())
    book.create(paid("50"))
    book.customer = replace(book.customer, blocked=True)
    book.update(refunded("25"))
    assert book.balances() == (0, 25)


def test_yen_have_no_digits_and_count_at_par() -> None:
    yen = {"id": 2, "currency": "jpy", "languages": ["en"], "primary": False}
    book = Book(shop(put("sites.0.primary", value=True), second_site(yen)))
    book.create(paid("1500", total_shipping=Decimal(500)), at_site=2)
    assert book.points_by_rule() == {1: 1000}
    assert book.customer.lifetime_spend == 100_000


def test_the_same_number_in_two_shops_is_two_orders() -> None:
    book = Book(shop(second_site()))
    book.create(paid("10"), at_site=1)
    book.create(paid("20"), at_site=2)
    assert (len(book.orders), book.balances()) == (2, (0, 30))


@pytest.mark.parametrize(("rule_site", "expected"), [(1, {1: 10}), (2, {})])
def test_a_rule_of_one_site_follows_the_order_not_who_reports_it(
    rule_site: int, expected: dict[int, int]
) -> None:
    """An update need not say which site the order is of; the primary site is the second."""
    book = Book(shop(second_site(), sites=[rule_site]))
    book.create(replace(UNPAID, total=Decimal(10)), at_site=1)
    book.update(PAID_NOW)
    assert book.points_by_rule() == expected


def test_goods_that_give_a_reward_give_it_once_and_no_points() -> None:
    rule = {"id": 2, "kind": "product_purchase", "title": "Tea", "reward": 3, "products": ["tea"]}
    book = Book(program_with(put("rules", [rule])))
    report = replace(paid("20"), line_items=tea())
    book.create(report)
    book.create(report)
    book.update(refunded("20"))
    assert (len(book.claims), book.ledger) == (1, [])


@pytest.mark.parametrize("days", [0, 14])
def test_points_that_become_spendable_are_told_of_once(days: int) -> None:
    book = Book(shop(approval_days=days))
    book.create(paid("20"))
    book.later(14)
    earned = [e.payload for e in book.events if e.topic.endswith("customer.points_earned")]
    assert earned == [{"points": 20}]


def test_an_order_of_the_far_future_is_no_trouble() -> None:
    """A shop may send any date; the end of the calendar must not break the sums."""
    book = Book(shop())
    book.create(replace(paid("20"), ordered_at=datetime(9999, 12, 31, tzinfo=UTC)))
    assert sum(book.balances()) == 20
