"""Purchases from before joining: what a new member bought as a guest can still earn.

The program says how many days back. The purchase rule of today and the member's tier decide;
refunds that were recorded meanwhile count, and rules for certain goods do not.
"""

from datetime import timedelta

from leal.domain.change import Change
from leal.domain.customers import Customer, CustomerState
from leal.domain.ordering import work_off
from leal.domain.orders import Order
from leal.domain.program import Program
from leal.domain.purchases import net_minor
from leal.domain.scene import Scene


def credit_past(change: Change, scene: Scene, order: Order, *, linked: bool) -> Change:
    """Credits an order paid before joining; one that is too old, or was promised, stays as it is.

    `account.rows` must hold the order's history rows and `account.lots` the lots. An order that was
    nobody's becomes the customer's even when nothing of it is left to earn from; one that is
    `linked` already then stays as it is.
    """
    if not is_creditable(order, change.customer, scene.program):
        return change
    if linked and net_minor(order) == 0:
        return change
    return work_off(change, scene, order, past=True)


def is_creditable(order: Order, customer: Customer, program: Program) -> bool:
    """Whether a guest paid the order, no earlier than the program credits before joining."""
    days, joined_at = program.points.historic_purchases_days, customer.enrolled_at
    if days is None or joined_at is None or customer.state is not CustomerState.ENROLLED:
        return False
    if order.paid_at is None or order.terms is not None:
        return False
    if order.paid_by is not CustomerState.GUEST:
        return False
    return joined_at - timedelta(days=days) <= order.paid_at
