"""What an order does to its customer: points by the rules, and progress towards tiers.

The order's new state is compared with what was worked off before, and only the difference is
posted. Rules and rates are fixed the first time the order is seen paid by a member; from then on
its points are a function of its state alone.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import assert_never

from leal.domain.awards import AwardState, settle
from leal.domain.change import (
    Change,
    Progress,
    with_counter,
    with_event,
    with_history,
    with_progress,
)
from leal.domain.claims import ClaimSource
from leal.domain.customers import Account, CustomerState, HistoryKind, HistoryRow, Subject
from leal.domain.dates import local_day
from leal.domain.expiry import expires_at
from leal.domain.limits import tally
from leal.domain.money import minor_digits
from leal.domain.orders import Counted, NotFired, Order, OrderTerms
from leal.domain.points import touched
from leal.domain.purchases import holds_any, net_minor, points_of
from leal.domain.rewards.granting import grant
from leal.domain.rules.completion import WhyNot, variant_now, why_not
from leal.domain.rules.purchases import (
    CollectionPurchaseRule,
    ProductPurchaseRule,
    PurchaseRule,
)
from leal.domain.rules.terms import PointsResult
from leal.domain.scene import Scene
from leal.domain.tier_settings import BoundaryMode
from leal.domain.tiers import settle_upgrade

OrderRule = PurchaseRule | ProductPurchaseRule | CollectionPurchaseRule


class WhoseOrder(Exception):  # noqa: N818 - said to the use case, which then asks for its customer
    """The order is another customer's than the one who was loaded."""


def work_off(change: Change, scene: Scene, order: Order) -> Change:
    """Makes the customer's account agree with the order's latest state.

    `account.rows` must hold the order's history rows and `account.lots` the lots. A blocked
    customer's or a guest's order is kept and counted towards tiers, and earns nothing.
    """
    order = seen_paid(order, scene)
    change = _count(replace(change, order=order), scene, order)
    order = change.order or order
    if order.paid_at is not None and order.terms is None and _earns(change):
        change = promise(change, scene, order, approve_from=order.paid_at)
    return _settle_rows(change, scene)


def promise(change: Change, scene: Scene, order: Order, *, approve_from: datetime) -> Change:
    """Fixes which rules the paid order completes, and at which rate; rewards are given at once.

    Points wait for the rule's approval days counted from `approve_from`.
    """
    terms: list[OrderTerms] = []
    not_fired: list[NotFired] = []
    for rule in scene.program.rules:
        if not isinstance(rule, OrderRule):
            continue
        no = _why_not(rule, change.account, scene, order=order)
        if no is not None:
            not_fired.append(NotFired(rule_id=rule.id, why=no))
            continue
        change = _completed(change, scene, rule)
        result = variant_now(rule, change.account, scene).result
        if isinstance(result, PointsResult):
            terms.append(_terms(rule, result, scene, approve_from=approve_from))
        else:
            reward = scene.program.reward(result.reward_id)
            if reward is not None:
                change = grant(change, scene, reward, source=ClaimSource.RULE, source_id=rule.id)
    tier = change.customer.tier
    order = replace(
        order,
        terms=tuple(terms),
        not_fired=tuple(not_fired),
        program_version=scene.published.version,
        tier_id=tier.tier_id if tier else None,
    )
    return replace(change, order=order)


def source_of(order: Order, rule_id: int) -> str:
    """The outside cause of an order's award, unique in the program."""
    return f"order:{order.site_id}:{order.merchant_id}:{rule_id}"


def seen_paid(order: Order, scene: Scene) -> Order:
    """Notes the first time the order is paid in full, and whether its tax earns points."""
    if not order.is_paid or order.paid_at is not None:
        return order
    site = scene.program.site(order.site_id) or scene.site
    return replace(order, paid_at=max(order.ordered_at, scene.now), counts_tax=site.counts_tax)


def _earns(change: Change) -> bool:
    return change.customer.state is CustomerState.ENROLLED


def _why_not(rule: OrderRule, account: Account, scene: Scene, *, order: Order) -> str | None:
    if not _fits(rule, order):
        return WhyNot.NOT_IN_ORDER
    return why_not(rule, account, scene)


def _fits(rule: OrderRule, order: Order) -> bool:
    match rule:
        case PurchaseRule():
            return True
        case ProductPurchaseRule(products=products):
            return holds_any(order.line_items, products=products, collections=())
        case CollectionPurchaseRule(collections=collections):
            return holds_any(order.line_items, products=(), collections=collections)
        case _:
            assert_never(rule)


def _completed(change: Change, scene: Scene, rule: OrderRule) -> Change:
    counter = tally(
        change.account.counter(Subject.RULE, rule.id),
        subject=Subject.RULE,
        subject_id=rule.id,
        now=scene.now,
        zone=rule.zone(scene.program),
    )
    return with_event(
        with_counter(change, counter),
        "program_events/customer.rule_completed",
        {"rule_id": rule.id},
        now=scene.now,
    )


def _terms(
    rule: OrderRule, result: PointsResult, scene: Scene, *, approve_from: datetime
) -> OrderTerms:
    due = approve_from + timedelta(days=rule.approval_days)
    approve_at = due if due > scene.now else None
    settings = scene.program.points
    return OrderTerms(
        rule_id=rule.id,
        rule_kind=rule.KIND,
        title=rule.title.in_(scene.program.primary_site.default_language),
        points=result.points,
        per_unit=result.per_currency_unit,
        rounding=settings.rounding,
        approve_at=approve_at,
        expires_at=expires_at(scene.program, earned_at=scene.now, approve_at=approve_at),
        modifiers=settings.modifiers if result.per_currency_unit else (),
    )


def _settle_rows(change: Change, scene: Scene) -> Change:
    """Brings every award of the order to what the order is worth now."""
    order = change.order
    if order is None or order.terms is None:
        return change
    site = scene.program.site(order.site_id) or scene.site
    for terms in order.terms:
        points = points_of(order, terms, currency=site.currency)
        row = _row_of(change, order, terms)
        if row is None and points > 0:
            change, row = with_history(change, _new_row(order, terms, scene))
        if row is not None:
            cause = f"order state {order.version + 1}"
            change = settle(change, scene, row, points=points, cause=cause)
    return change


def _row_of(change: Change, order: Order, terms: OrderTerms) -> HistoryRow | None:
    source = source_of(order, terms.rule_id)
    return next((row for row in change.account.rows if row.source == source), None)


def _new_row(order: Order, terms: OrderTerms, scene: Scene) -> HistoryRow:
    """An award that stands for nothing yet; it begins its life by coming back, as it were."""
    return HistoryRow(
        id=0,
        kind=HistoryKind.EARNED,
        state=AwardState.DECLINED,
        happened_at=scene.now,
        points=0,
        rule_id=terms.rule_id,
        rule_kind=terms.rule_kind,
        order_id=order.id or -1,
        site_id=order.site_id,
        title=terms.title,
        source=source_of(order, terms.rule_id),
        approve_at=terms.approve_at,
        expires_at=terms.expires_at,
    )


def _count(change: Change, scene: Scene, order: Order) -> Change:
    """Counts net spend and the order itself towards tiers, on the day it was paid."""
    if order.paid_at is None:
        return change
    primary = scene.program.primary_site
    net = net_minor(order)
    before = order.counted or Counted(counted_on=local_day(order.paid_at, primary.zone))
    now = replace(
        before,
        spend_minor=_at_par(net, order, scene),
        orders=1 if net > 0 else 0,
    )
    if now == before:
        return replace(change, order=replace(order, counted=before))
    progress = Progress(
        earned_on=now.counted_on,
        spend=now.spend_minor - before.spend_minor,
        orders=now.orders - before.orders,
    )
    change = replace(change, order=replace(order, counted=now))
    change = with_progress(change, progress, amount=_amount(progress, scene))
    return touched(settle_upgrade(change, scene), scene.now)


def _at_par(net: Fraction, order: Order, scene: Scene) -> int:
    """Net spend in minor units of the primary site's currency, counted at par, rounded down."""
    site = scene.program.site(order.site_id) or scene.site
    apart = minor_digits(scene.program.primary_site.currency) - minor_digits(site.currency)
    return floor(net * Fraction(10) ** apart)


def _amount(progress: Progress, scene: Scene) -> int:
    tiers = scene.program.tiers
    if tiers is None or tiers.boundary_mode is BoundaryMode.POINTS:
        return 0
    return progress.spend if tiers.boundary_mode is BoundaryMode.SPEND else progress.orders
