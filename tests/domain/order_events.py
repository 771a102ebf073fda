"""What shops may say of one order, in any order: strategies for properties about deliveries."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from leal.domain.orders import (
    CancellationStatus,
    OrderItem,
    OrderReport,
    PaymentStatus,
    RefundStatus,
)
from leal.domain.problems import Missing
from tests.domain.orders import ALL_BACK, CANCELLED, PAID_NOW, REINSTATED, UNPAID, Book, refunded

Told = list[tuple[str, OrderReport]]
"""How each report comes, and what it says."""

AMOUNTS = (
    "total",
    "total_shipping",
    "total_tax",
    "gift_card",
    "total_paid",
    "total_refunded",
)
STATES = tuple(
    OrderReport(payment_status=payment, refund_status=refund, cancellation_status=cancellation)
    for payment in (*[PaymentStatus.PAID] * 5, *PaymentStatus)
    for refund in (*[RefundStatus.NOT_REFUNDED] * 4, *RefundStatus)
    for cancellation in (*[CancellationStatus.NOT_CANCELLED] * 4, *CancellationStatus)
)
"""Mostly orders that stand, or most properties would be about nothing."""

cents = st.integers(20, 400).map(lambda number: Decimal(number * 97) / 100)
mostly_none = st.sampled_from([Decimal(0)] * 6 + [Decimal(n) for n in ("0.01", "4.99", "15", "60")])
full_reports = st.builds(
    lambda state, *amounts: replace(state, **dict(zip(AMOUNTS, amounts, strict=True))),
    st.sampled_from(STATES),
    cents,
    *[mostly_none] * 5,
)
parts = st.one_of(
    st.sampled_from(
        [
            UNPAID,
            PAID_NOW,
            ALL_BACK,
            CANCELLED,
            REINSTATED,
            OrderReport(payment_status=PaymentStatus.PARTIALLY_PAID),
        ]
    ),
    cents.map(lambda amount: refunded(str(amount))),
    cents.map(lambda amount: OrderReport(payment=amount)),
    cents.map(lambda amount: OrderReport(refund=amount)),
)
events_of_an_order = st.lists(
    st.one_of(
        st.tuples(st.just("create"), full_reports),
        st.tuples(st.just("update"), full_reports),
        st.tuples(st.just("update"), parts),
    ),
    max_size=5,
)
goods = st.lists(
    st.builds(
        OrderItem,
        product_id=st.sampled_from(["tea", "hat"]),
        collection_ids=st.sampled_from([(), ("sale",)]),
    ),
    max_size=2,
).map(tuple)


@st.composite
def deliveries(draw: st.DrawFn) -> Told:
    """Up to seven events in any order, some of them twice, then one that says everything."""
    events = draw(events_of_an_order)
    if events:
        again = draw(st.lists(st.integers(0, len(events) - 1), max_size=2))
        events = events + [events[number] for number in again]
    final = draw(full_reports)
    # what the goods are is not up for change
    whole = {"line_items": draw(goods)}
    return [
        (how, replace(said, **whole) if said.total is not None else said)
        for how, said in (*events, (draw(st.sampled_from(["create", "update"])), final))
    ]


def deliver(book: Book, how: str, report: OrderReport) -> None:
    """As a client does, which tolerates hearing that an order is not known yet."""
    act = {"create": book.create, "update": book.update}[how]
    with suppress(Missing):
        act(report)
