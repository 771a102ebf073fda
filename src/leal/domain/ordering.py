"""What an order does to its customer: points by the rules, and progress towards tiers.

The order's new state is compared with what was worked off before, and only the difference is
posted. Rules and rates are fixed the first time the order is seen paid by a member; from then on
its points are a function of its state alone.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
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
from leal.domain.orders import UNSAVED_ORDER, Counted, NotFired, Order, OrderTerms
from leal.domain.points import touched, within_range
from leal.domain.purchases import holds_any, net_minor, points_of
from leal.domain.rewards.granting import grant
from leal.domain.rules.completion import WhyNot, variant_now, why_not
from leal.domain.rules.purchases import (
    CollectionPurchaseRule,
    ProductPurchaseRule,
    PurchaseRule,
)
from leal.domain.rules.terms import PointsResult, RewardResult, RuleResult
from leal.domain.scene import Scene
from leal.domain.tier_moves import settle_newcomer, settle_tier
from leal.domain.tier_settings import BoundaryMode
from leal.domain.tiers import tier_of
from leal.domain.topics import RULE_COMPLETED

GoodsRule = ProductPurchaseRule | CollectionPurchaseRule
OrderRule = PurchaseRule | GoodsRule


class WhoseOrder(Exception):  # noqa: N818 - said to the use case, which then asks for its customer
    """The order is another customer's than the one who was loaded."""


def work_off(change: Change, scene: Scene, order: Order, *, past: bool = False) -> Change:
    """Makes the customer's account agree with the order's latest state.

    `account.rows` must hold the order's history rows and `account.lots` the lots. A blocked
    customer's or a guest's order is kept and counted towards tiers, and earns nothing; what a guest
    paid earns only when it is credited as a `past` purchase, by the purchase rule.

    What is promised comes first, so an order that raises its customer is bought in the tier before.
    """
    scene = replace(scene, site=scene.program.site(order.site_id) or scene.site)
    order = seen_paid(order, scene, by=change.customer.state)
    change = replace(change, order=order)
    if _earns(order, change.customer.state, past=past):
        change = promise(change, scene, order, past=past)
    return _settle_rows(_count(change, scene), scene)


def promise(change: Change, scene: Scene, order: Order, *, past: bool = False) -> Change:
    """Fixes which rules the paid order completes, and at which rate; rewards are given at once.

    Points wait for the rule's approval days from the payment. Rules for certain goods may still
    come to hold when the shop names the goods later; the purchase rule is fixed the first time. A
    `past` purchase is credited by the purchase rule alone.
    """
    terms = {each.rule_id: each for each in order.terms or ()}
    not_fired = {each.rule_id: each for each in order.not_fired}
    kinds = PurchaseRule if past else OrderRule if order.terms is None else GoodsRule
    for rule in scene.program.rules:
        if not isinstance(rule, kinds) or rule.id in terms:
            continue
        if order.terms is not None and not _may_still_hold(rule.id, not_fired):
            continue
        no = _why_not(rule, change.account, scene, order=order)
        if no is not None:
            not_fired[rule.id] = NotFired(rule_id=rule.id, why=no)
            continue
        not_fired.pop(rule.id, None)
        result = variant_now(rule, change.account, scene).result
        terms[rule.id] = _terms(rule, result, scene, order=order)
        change = _completed(change, scene, rule, result=result, order=order)
        if isinstance(result, RewardResult):
            change = _given(change, scene, rule, result=result)
    tier = tier_of(change.customer, scene.program)
    promised = replace(
        order,
        terms=tuple(terms.values()),
        not_fired=tuple(not_fired.values()),
        program_version=order.program_version or scene.published.version,
        tier_id=order.tier_id or (tier.id if tier else None),
    )
    return replace(change, order=promised)


def _may_still_hold(rule_id: int, not_fired: Mapping[int, NotFired]) -> bool:
    """Whether only the goods were missing; any other no was final when the order was paid."""
    refused = not_fired.get(rule_id)
    return refused is not None and refused.why == WhyNot.NOT_IN_ORDER


def source_of(order: Order, rule_id: int) -> str:
    """The outside cause of an order's award, unique in the program."""
    return f"order:{order.site_id}:{order.merchant_id}:{rule_id}"


def seen_paid(order: Order, scene: Scene, *, by: CustomerState) -> Order:
    """Notes the first time the order is seen paid in full: when, by whom, and whether tax earns.

    An order that is told of when it is paid already was paid when it was placed.
    """
    if not order.is_paid or order.paid_at is not None:
        return order
    told_late = order.version == UNSAVED_ORDER
    return replace(
        order,
        paid_at=min(order.ordered_at, scene.now) if told_late else scene.now,
        paid_by=by,
        counts_tax=scene.site.counts_tax,
    )


def _earns(order: Order, state: CustomerState, *, past: bool) -> bool:
    """A member's own payment earns once it is worth something; a guest's only as a past one."""
    member = state is CustomerState.ENROLLED
    own = past or order.paid_by is CustomerState.ENROLLED
    return member and own and net_minor(order) > 0


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


def _completed(
    change: Change, scene: Scene, rule: OrderRule, *, result: RuleResult, order: Order
) -> Change:
    """Counts and tells of a completion, before its row of history is there.

    A reward's row is the very next; one of points comes with the order's worth, if it has any.
    """
    counter = tally(
        change.account.counter(Subject.RULE, rule.id),
        subject=Subject.RULE,
        subject_id=rule.id,
        now=scene.now,
        zone=rule.zone(scene.program),
    )
    return with_event(
        with_counter(change, counter),
        RULE_COMPLETED,
        {"rule_id": rule.id, "source": source_of(order, rule.id)},
        now=scene.now,
        history_id=-(len(change.history) + 1) if isinstance(result, RewardResult) else None,
    )


def _given(change: Change, scene: Scene, rule: OrderRule, *, result: RewardResult) -> Change:
    reward = scene.program.reward(result.reward_id)
    if reward is None:
        return change
    return grant(change, scene, reward, source=ClaimSource.RULE, source_id=rule.id)


def _terms(rule: OrderRule, result: RuleResult, scene: Scene, *, order: Order) -> OrderTerms:
    """What is promised in points; nothing when the rule gives a reward instead."""
    due = (order.paid_at or scene.now) + timedelta(days=rule.approval_days)
    approve_at = due if due > scene.now else None
    points = result if isinstance(result, PointsResult) else PointsResult(0)
    settings = scene.program.points
    return OrderTerms(
        rule_id=rule.id,
        rule_kind=rule.KIND,
        title=rule.title.in_(scene.program.primary_site.default_language),
        points=points.points,
        per_unit=points.per_currency_unit,
        rounding=settings.rounding,
        approve_at=approve_at,
        expires_at=expires_at(scene.program, earned_at=scene.now, approve_at=approve_at),
        modifiers=settings.modifiers if points.per_currency_unit else (),
        products=rule.products if isinstance(rule, ProductPurchaseRule) else (),
        collections=rule.collections if isinstance(rule, CollectionPurchaseRule) else (),
    )


def _settle_rows(change: Change, scene: Scene) -> Change:
    """Brings every award of the order to what the order is worth now."""
    order = change.order
    if order is None or order.terms is None:
        return change
    for terms in order.terms:
        points = points_of(order, terms, currency=scene.site.currency)
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
        program_version=order.program_version,
    )


def _count(change: Change, scene: Scene) -> Change:
    """Counts net spend and the order itself towards tiers, on the day it was paid."""
    order = change.order
    if order is None or order.paid_at is None:
        return change
    net = net_minor(order)
    zone = scene.program.primary_site.zone
    before = order.counted or Counted(counted_on=local_day(order.paid_at, zone))
    now = replace(before, spend_minor=_at_par(net, scene), orders=1 if net > 0 else 0)
    change = replace(change, order=replace(order, counted=now))
    if now == before:
        return change
    progress = Progress(
        earned_on=now.counted_on,
        spend=now.spend_minor - before.spend_minor,
        orders=now.orders - before.orders,
    )
    change = with_progress(change, progress, amount=_amount(progress, scene))
    joined_at = change.customer.enrolled_at
    as_guest = now.orders > before.orders and joined_at is not None and order.paid_at < joined_at
    settled = settle_newcomer(change, scene) if as_guest else settle_tier(change, scene)
    return within_range(touched(settled, scene.now))


def _at_par(net: Fraction, scene: Scene) -> int:
    """Net spend in minor units of the primary site's currency, counted at par, rounded down."""
    primary, site = scene.program.primary_site, scene.site
    apart = minor_digits(primary.currency) - minor_digits(site.currency)
    return floor(net * Fraction(10) ** apart)


def _amount(progress: Progress, scene: Scene) -> int:
    tiers = scene.program.tiers
    if tiers is None or tiers.boundary_mode is BoundaryMode.POINTS:
        return 0
    return progress.spend if tiers.boundary_mode is BoundaryMode.SPEND else progress.orders
