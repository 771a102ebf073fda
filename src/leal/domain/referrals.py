"""Friends that customers send: who may be one, what they get, and what it earns who sent them.

The friend's first order makes the referral, and what it earns is a function of that order's latest
state: it is reversed when the order is given back, and comes back with it. A first order that does
not qualify uses up the chance. Addresses are compared without case and without what follows a `+`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leal.domain.awards import AwardState, settle, standing_points
from leal.domain.change import Change, with_counter, with_event, with_history
from leal.domain.claims import ClaimSource, find_claim
from leal.domain.customers import Account, HistoryKind, HistoryRow, Subject, email_key
from leal.domain.expiry import expires_at
from leal.domain.limits import is_reached, tally
from leal.domain.money import to_minor
from leal.domain.orders import Order
from leal.domain.program import Program
from leal.domain.purchases import net_minor
from leal.domain.refusals import (
    FraudDetected,
    InvalidFriend,
    ReferralCapReached,
)
from leal.domain.rewards.ending import void
from leal.domain.rewards.granting import grant
from leal.domain.rules.completion import completion_limit, variant_now, why_not
from leal.domain.rules.purchases import ReferralRule
from leal.domain.rules.terms import PointsResult, RewardResult
from leal.domain.scene import Scene
from leal.domain.topics import REFERRAL_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Friend:
    """What is known of who was sent, and the address of who sent them.

    `ordered` tells whether they paid for an order before, `on_referrers_address` whether they come
    from an IP address that the referrer has ordered from.
    """

    email: str
    sent_by: str | None
    is_member: bool
    ordered: bool
    on_referrers_address: bool


def folded(email: str) -> str:
    """The form in which addresses of friends are compared."""
    name, at, domain = (email_key(email) or "").partition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


def same_person(one: str | None, other: str | None) -> bool:
    """Whether two addresses are the same person's, as far as addresses tell."""
    return bool(one and other) and folded(one or "") == folded(other or "")


def friend_key(*, email: str | None, customer_id: int | None) -> str:
    """What a friend is known by: their address, or their account where there is none."""
    return folded(email) if email else f"customer:{customer_id}"


def refuse_unless_welcome(friend: Friend, scene: Scene, *, referrer: Account | None) -> None:
    """Raises InvalidFriend, ReferralCapReached or FraudDetected, in this order.

    `referrer` is None for somebody who is no customer: they have earned nothing so far.
    """
    if friend.is_member or friend.ordered or same_person(friend.email, friend.sent_by):
        raise InvalidFriend
    referrals = scene.program.referrals
    if referrals and referrals.stop_at_cap and referrer and _is_capped(referrer, scene):
        raise ReferralCapReached
    if referrals and referrals.distinct_ips and friend.on_referrers_address:
        raise FraudDetected


def _is_capped(referrer: Account, scene: Scene) -> bool:
    rule = referral_rule(scene.program, scene.site.id)
    return rule is not None and is_reached(completion_limit(rule, referrer, scene))


def referral_rule(program: Program, site_id: int) -> ReferralRule | None:
    """The rule that rewards who sends friends to a site."""
    for rule in program.rules:
        if isinstance(rule, ReferralRule) and rule.on_site(site_id):
            return rule
    return None


def source_of(key: str) -> str:
    """The outside cause of what a referral earns, unique in the program."""
    return f"referral:{key}"


def settle_referral(change: Change, scene: Scene, order: Order, *, key: str) -> Change:
    """Brings what the referrer earned to what the friend's first order is worth now.

    `account.rows` must hold the row of the referral, if there is one, `account.held` the claim that
    it gave, `account.lots` the lots.
    """
    rule = referral_rule(scene.program, order.site_id)
    row = next((each for each in change.account.rows if each.source == source_of(key)), None)
    if row is not None:
        return _settled(change, scene, order, row=row)
    if rule is None or not qualifies(order, rule, scene) or why_not(rule, change.account, scene):
        return change
    return _completed(change, scene, order, rule=rule, key=key)


def qualifies(order: Order, rule: ReferralRule, scene: Scene) -> bool:
    """Whether the order is paid, stands, and is still worth what the rule asks for."""
    if net_minor(order) <= 0:
        return False
    least = 0
    if rule.minimum_spend is not None:
        least = to_minor(rule.minimum_spend, scene.site.currency)
    return order.total_minor - order.refunded_minor >= least


def _settled(change: Change, scene: Scene, order: Order, *, row: HistoryRow) -> Change:
    rule = scene.program.rule(row.rule_id or 0)
    stands = (
        qualifies(order, rule, scene) if isinstance(rule, ReferralRule) else net_minor(order) > 0
    )
    if row.kind is HistoryKind.RECEIVED:
        claim = find_claim(change.account.held, row.claimed_reward_id or 0)
        if claim is None or stands or claim.is_over or not claim.is_unused:
            return change
        return void(change, scene, claim)
    points = (row.points or 0) if stands else 0
    if points == standing_points(row):
        return change
    cause = _cause(change, order)
    return settle(change, scene, row, points=points, cause=cause)


def _completed(
    change: Change, scene: Scene, order: Order, *, rule: ReferralRule, key: str
) -> Change:
    counter = tally(
        change.account.counter(Subject.RULE, rule.id),
        subject=Subject.RULE,
        subject_id=rule.id,
        now=scene.now,
        zone=rule.zone(scene.program),
    )
    told = {
        "rule_id": rule.id,
        "order_merchant_id": order.merchant_id,
        "site_id": order.site_id,
    }
    next_row = -(len(change.history) + 1)
    change = with_counter(change, counter)
    change = with_event(change, REFERRAL_COMPLETE, told, now=scene.now, history_id=next_row)
    match variant_now(rule, change.account, scene).result:
        case RewardResult(reward_id=reward_id):
            reward = scene.program.reward(reward_id)
            if reward is None:
                return change
            return grant(
                change,
                scene,
                reward,
                source=ClaimSource.RULE,
                source_id=rule.id,
                cause=source_of(key),
            )
        case PointsResult(points=points):
            row = _new_row(rule, scene, order, key=key)
            change, row = with_history(change, row)
            cause = _cause(change, order)
            return settle(change, scene, row, points=points, cause=cause)


def _new_row(rule: ReferralRule, scene: Scene, order: Order, *, key: str) -> HistoryRow:
    """An award that stands for nothing yet; it begins its life by coming back, as it were."""
    approve_at = _approve_at(rule, scene, order)
    return HistoryRow(
        id=0,
        kind=HistoryKind.EARNED,
        state=AwardState.DECLINED,
        happened_at=scene.now,
        points=0,
        rule_id=rule.id,
        rule_kind=rule.KIND,
        site_id=order.site_id,
        title=rule.title.in_(scene.program.primary_site.default_language),
        source=source_of(key),
        approve_at=approve_at,
        expires_at=expires_at(scene.program, earned_at=scene.now, approve_at=approve_at),
    )


def _approve_at(rule: ReferralRule, scene: Scene, order: Order) -> datetime | None:
    due = (order.paid_at or scene.now) + timedelta(days=rule.approval_days)
    return due if due > scene.now else None


def _cause(change: Change, order: Order) -> str:
    """One order may settle twice at the same state, as the rule is today's: the version tells."""
    return f"order state {order.version} in version {change.before.customer.version + 1}"
