"""Completing a rule: whether it may be, why not, and what it gives."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from leal.domain.change import Change, with_counter, with_customer, with_event
from leal.domain.claims import ClaimSource
from leal.domain.customers import (
    Account,
    CustomerState,
    HistoryKind,
    HistoryRow,
    Resource,
    Subject,
)
from leal.domain.dates import local_day
from leal.domain.expiry import expires_at
from leal.domain.limits import LimitStatus, is_reached, limit_status, tally
from leal.domain.points import award
from leal.domain.refusals import BalanceOutOfRange
from leal.domain.rewards.granting import grant
from leal.domain.rules import Rule
from leal.domain.rules.membership import BirthdayRule
from leal.domain.rules.terms import Approval, PointsResult, RewardResult, RuleVariant
from leal.domain.scene import Scene
from leal.domain.tiers import tier_of
from leal.domain.topics import RULE_COMPLETED

BIRTHDAYS_APART: Final = timedelta(days=365)
"""So far two birthdays of one customer are apart, counted in days of the rule's zone."""


class WhyNot(StrEnum):
    """Why a rule gives nothing now; a value, so it can be shown and tested."""

    BLOCKED = "the customer is blocked from the program"
    NOT_ENROLLED = "the customer is not a member"
    NOT_ON_SITE = "the rule is not on this site"
    DISABLED = "the rule is off for the customer's tier"
    NOT_IN_ORDER = "the order holds none of the rule's products"
    LIMIT_REACHED = "the customer completed it as often as allowed for now"
    NO_RULE = "no rule of the program goes by this name"
    OTHER_PLACE = "the address is not one that the rule is about"
    BEFORE_JOINING = "it was done before the customer joined"
    MEMBER_ALREADY = "the customer is a member already"
    CLOSED = "the rule is open on other days only"
    TOO_SOON = "a birthday was rewarded within the last 365 days"
    NO_ACTIVITY = "purchases are reported as orders"


def why_not(rule: Rule, account: Account, scene: Scene) -> WhyNot | None:
    """What stands in the way of completing the rule at this moment; None when nothing does."""
    match account.customer.state:
        case CustomerState.BLOCKED:
            return WhyNot.BLOCKED
        case CustomerState.GUEST:
            return WhyNot.NOT_ENROLLED
        case CustomerState.ENROLLED:
            pass
    if not rule.on_site(scene.site.id):
        return WhyNot.NOT_ON_SITE
    if not variant_now(rule, account, scene).enabled:
        return WhyNot.DISABLED
    if is_reached(completion_limit(rule, account, scene)):
        return WhyNot.LIMIT_REACHED
    if not rule.is_open(local_day(scene.now, rule.zone(scene.program))):
        return WhyNot.CLOSED
    return WhyNot.TOO_SOON if _is_cooling_off(rule, account, scene) else None


def variant_now(rule: Rule, account: Account, scene: Scene) -> RuleVariant:
    """What the rule is for this customer: that of the tier they are in at the moment."""
    return rule.variant_for(tier_of(account.customer, scene.program))


def completion_limit(rule: Rule, account: Account, scene: Scene) -> LimitStatus:
    """Where the customer stands against the rule's limit."""
    counter = account.counter(Subject.RULE, rule.id)
    return limit_status(rule.limit, counter, now=scene.now, zone=rule.zone(scene.program))


def _is_cooling_off(rule: Rule, account: Account, scene: Scene) -> bool:
    """Whether a birthday lies so near that there was none in between, only another date given."""
    counter = account.counter(Subject.RULE, rule.id)
    if not isinstance(rule, BirthdayRule) or counter is None:
        return False
    zone = rule.zone(scene.program)
    since = local_day(scene.now, zone) - local_day(counter.last_at, zone)
    return since < BIRTHDAYS_APART


def complete_if_allowed(
    change: Change,
    scene: Scene,
    rule: Rule,
    *,
    source: str | None = None,
    done_at: datetime | None = None,
) -> Change:
    """Completes a rule on the side of something else, which must go on when the rule says no.

    A balance that is full says no as well: nobody is kept out of a shop for having many points.
    """
    if why_not(rule, change.account, scene) is not None:
        return change
    try:
        return complete(change, scene, rule, source=source, done_at=done_at)
    except BalanceOutOfRange:
        return change


def complete(
    change: Change,
    scene: Scene,
    rule: Rule,
    *,
    source: str | None,
    done_at: datetime | None = None,
) -> Change:
    """Completes the rule, which must be allowed: counts it and gives its result.

    `source` names the outside cause, unique in the program, so it can never be applied twice.
    Points wait for approval from `done_at` on, which is now unless it was done earlier. A birthday
    counts as of then too: a worker that comes late must not cost the one a year later.
    """
    variant = variant_now(rule, change.account, scene)
    late = done_at if isinstance(rule, BirthdayRule) else None
    counter = tally(
        change.account.counter(Subject.RULE, rule.id),
        subject=Subject.RULE,
        subject_id=rule.id,
        now=late or scene.now,
        zone=rule.zone(scene.program),
    )
    change = with_counter(change, counter)
    told = {"rule_id": rule.id}
    next_row = -(len(change.history) + 1)
    change = with_event(change, RULE_COMPLETED, told, now=scene.now, history_id=next_row)
    match variant.result:
        case PointsResult(points=points):
            row = _earned(rule, scene, points=points, done_at=done_at or scene.now)
            row = replace(row, source=source)
            return award(change, scene, row=row, resource=Resource.ACTIVITY)
        case RewardResult(reward_id=reward_id):
            reward = scene.program.reward(reward_id)
            if reward is None:
                return with_customer(change, replace(change.customer, updated_at=scene.now))
            return grant(
                change, scene, reward, source=ClaimSource.RULE, source_id=rule.id, cause=source
            )
        case _:
            assert_never(variant.result)


def _earned(rule: Rule, scene: Scene, *, points: int, done_at: datetime) -> HistoryRow:
    approve_at = _approve_at(rule, scene, done_at)
    waits = rule.approval is Approval.TRIGGER or approve_at is not None
    return HistoryRow(
        id=0,
        kind=HistoryKind.EARNED,
        state="pending" if waits else "approved",
        happened_at=scene.now,
        points=points,
        rule_id=rule.id,
        rule_kind=rule.KIND,
        site_id=scene.site.id,
        title=rule.title.in_(scene.program.primary_site.default_language),
        approve_at=approve_at,
        expires_at=expires_at(scene.program, earned_at=scene.now, approve_at=approve_at),
    )


def _approve_at(rule: Rule, scene: Scene, done_at: datetime) -> datetime | None:
    """When waiting points are approved by themselves; None when not, or when none wait."""
    due = done_at + timedelta(days=rule.approval_days)
    return due if rule.approval is Approval.IMMEDIATE and due > scene.now else None
