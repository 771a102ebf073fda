"""Activities: what a shop's own programs say that customers did, and what is decided about it.

An activity has a name: `$` and a kind of rule, or the name of a custom rule. Old plugins leave out
the `$`, and two kinds have a second name. One activity completes one rule, the first that it fits
and that says yes; a guest's earns nothing, now or later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from leal.domain.awards import approve, settle, standing_points
from leal.domain.change import Change, with_counter
from leal.domain.claims import ClaimState, find_claim
from leal.domain.customers import CustomerState, HistoryKind, HistoryRow, Subject
from leal.domain.enrolment import join, visits
from leal.domain.expiry import expires_at
from leal.domain.limits import untally
from leal.domain.program import EnrolmentMode, Program
from leal.domain.refusals import EmailAlreadyInUse
from leal.domain.rewards.ending import refuse_unless_refundable, void
from leal.domain.rules import Rule
from leal.domain.rules.completion import WhyNot, complete, why_not
from leal.domain.rules.membership import CustomRule
from leal.domain.rules.terms import RuleKind
from leal.domain.rules.visits import ClickthroughRule, PageviewRule
from leal.domain.scene import Scene
from leal.domain.sites import Channel, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What a customer did; `merchant_id` is the shop's own id of it, for updates and repeats.

    `done_at` None means now. `guest` is what the shop says of the customer, None when nothing.
    `referral_id` is whose link brought them, as the shop kept it.
    """

    name: str
    merchant_id: str | None = None
    url: str | None = None
    done_at: datetime | None = None
    guest: bool | None = None
    referral_id: str | None = None


class Verdict(StrEnum):
    """What is decided about an activity's points."""

    APPROVED = "approved"
    DECLINED = "declined"
    VOID = "void"


def official_name(program: Program, name: str) -> str:
    """The one name of an activity: with a `$` for built-in kinds, without for custom ones.

    A name without `$` is a custom rule's if there is one, and else a built-in kind's.
    """
    plain = name.removeprefix("$")
    if plain == name and _is_custom(program, name):
        return name
    kind = _ALIASES.get(plain) or _KINDS.get(plain)
    if kind is not None:
        return f"${kind}"
    return plain if _is_custom(program, plain) else name


def source_of(program: Program, name: str, merchant_id: str | None, *, site: Site) -> str | None:
    """The outside cause of what an activity earns; None for one that has no id.

    Each site counts its activities by itself; those of the primary one are told without a site.
    """
    if merchant_id is None:
        return None
    where = "" if site.id == program.primary_site.id else f"@{site.id}"
    return f"{_SOURCE}{where}:{official_name(program, name)}:{merchant_id}"


def merchant_id_of(row: HistoryRow) -> str | None:
    """The shop's own id of the activity that a row of history came from, if it has one."""
    what, _, rest = (row.source or "").partition(":")
    return rest.partition(":")[2] if what.partition("@")[0] == _SOURCE else None


def perform(
    change: Change, scene: Scene, activity: Activity, *, email_taken: bool = False
) -> tuple[Change, WhyNot | None]:
    """Completes the rule that the activity is about, or says why none is completed.

    Signing up makes a guest a member, unless the shop says that they stay a guest; whatever else
    is done by one who is no guest does so where joining is automatic. Raises EmailAlreadyInUse
    when another customer was welcomed under the address.
    """
    name = official_name(scene.program, activity.name)
    source = source_of(scene.program, name, activity.merchant_id, site=scene.site)
    if name == _SIGNUP:
        return _sign_up(change, scene, activity, source=source, email_taken=email_taken)
    automatic = scene.program.enrolment.mode is EnrolmentMode.AUTOMATIC
    guest = change.customer.state is CustomerState.GUEST
    # nobody is welcomed twice under one address
    welcome = guest and not (email_taken and change.customer.email is None)
    if welcome and automatic and activity.guest is False:
        change = join(change, scene, trigger="activity")
    if name in _ORDERS_ONLY:
        return change, WhyNot.NO_ACTIVITY
    first: WhyNot | None = None
    for rule in _rules_named(scene.program, name):
        no = _why_not(rule, change, scene, activity=activity)
        if no is None:
            done_at = min(activity.done_at or scene.now, scene.now)
            return complete(change, scene, rule, source=source, done_at=done_at), None
        first = first or no
    return change, first or WhyNot.NO_RULE


def moderate(change: Change, scene: Scene, row: HistoryRow, *, verdict: Verdict) -> Change:
    """Decides about an activity's points; deciding again, or about what has ended, does nothing.

    What is pending is approved or declined, what is approved becomes void, however the shop calls
    it. An activity that has ended no longer counts towards its rule's limit, except where a limit
    guards against doing things over and over. A reward that it gave is taken back unless it was
    used. `account.lots` must be loaded, and `account.held` hold the reward. Raises the refusals of
    `refuse_unless_refundable`.
    """
    if row.kind is HistoryKind.RECEIVED:
        claim = find_claim(change.account.held, row.claimed_reward_id or 0)
        if verdict is Verdict.APPROVED or claim is None or claim.state is ClaimState.VOID:
            return change
        refuse_unless_refundable(claim, scene.now)
        return _uncounted(void(change, scene, claim), scene, row)
    if verdict is Verdict.APPROVED:
        return approve(change, scene, _worth_approving(row, scene))
    if standing_points(row) == 0:
        return change
    ended = Verdict.DECLINED if row.state == "pending" else Verdict.VOID
    return _uncounted(settle(change, scene, row, points=0, cause=ended), scene, row)


_SOURCE: Final = "activity"
_SIGNUP: Final = f"${RuleKind.JOIN_PROGRAM}"
_KINDS: Final[Mapping[str, RuleKind]] = {
    kind.value: kind for kind in RuleKind if kind is not RuleKind.CUSTOM
}
_ALIASES: Final[Mapping[str, RuleKind]] = {
    "signup": RuleKind.JOIN_PROGRAM,
    "visit": RuleKind.PAGEVIEW,
}
_ORDERS_ONLY: Final = frozenset(
    f"${kind}"
    for kind in (
        RuleKind.PURCHASE,
        RuleKind.PRODUCT_PURCHASE,
        RuleKind.COLLECTION_PURCHASE,
        RuleKind.REFERRAL,
    )
)
_COUNTED_FOREVER: Final = frozenset(
    (RuleKind.JOIN_PROGRAM, RuleKind.NEWSLETTER_SIGNUP, RuleKind.BIRTHDAY)
)
_CLOCKS_APART: Final = timedelta(hours=1)
"""A shop's clock may be so much behind ours without its new members losing anything."""


def _is_custom(program: Program, name: str) -> bool:
    return any(isinstance(rule, CustomRule) and rule.name == name for rule in program.rules)


def _rules_named(program: Program, name: str) -> Iterator[Rule]:
    for rule in program.rules:
        own = rule.name if isinstance(rule, CustomRule) else f"${rule.KIND}"
        if own == name:
            yield rule


def _sign_up(
    change: Change, scene: Scene, activity: Activity, *, source: str | None, email_taken: bool
) -> tuple[Change, WhyNot | None]:
    match change.customer.state:
        case CustomerState.BLOCKED:
            return change, WhyNot.BLOCKED
        case CustomerState.ENROLLED:
            return change, WhyNot.MEMBER_ALREADY
        case CustomerState.GUEST:
            pass
    if activity.guest:
        return change, WhyNot.NOT_ENROLLED
    if email_taken and change.customer.email is None:
        raise EmailAlreadyInUse
    joined = join(change, scene, trigger="signup", source=source)
    welcomed = len(joined.counters) > len(change.counters)
    if welcomed:
        return joined, None
    rules = _rules_named(scene.program, _SIGNUP)
    why = next((why_not(rule, joined.account, scene) for rule in rules), WhyNot.NO_RULE)
    return joined, why


def _why_not(rule: Rule, change: Change, scene: Scene, *, activity: Activity) -> WhyNot | None:
    no = why_not(rule, change.account, scene)
    if no is not None:
        return no
    if not _fits(rule, activity):
        return WhyNot.OTHER_PLACE
    joined_at = change.customer.enrolled_at
    joined_before = change.before.customer.enrolled_at is not None
    if joined_before and joined_at and activity.done_at:
        early = activity.done_at < joined_at - _CLOCKS_APART
        return WhyNot.BEFORE_JOINING if early else None
    return None


def _fits(rule: Rule, activity: Activity) -> bool:
    match rule:
        case ClickthroughRule(destination_url=url):
            return activity.url == url
        case PageviewRule():
            return visits(rule, Channel.WEB, activity.url)
        case _:
            return True


def _worth_approving(row: HistoryRow, scene: Scene) -> HistoryRow:
    """Points that waited beyond their day expire as if they were earned now, not at once."""
    if row.expires_at is None or row.expires_at > scene.now:
        return row
    later = expires_at(scene.program, earned_at=scene.now, approve_at=None)
    return replace(row, expires_at=later)


def _uncounted(change: Change, scene: Scene, row: HistoryRow) -> Change:
    rule = None if row.rule_id is None else scene.program.rule(row.rule_id)
    counter = None if rule is None else change.account.counter(Subject.RULE, rule.id)
    if rule is None or counter is None or rule.KIND in _COUNTED_FOREVER:
        return change
    zone = rule.zone(scene.program)
    return with_counter(change, untally(counter, at=row.happened_at, zone=zone))
