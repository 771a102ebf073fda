"""The customer document: full for members, a few fields for guests and the blocked."""

from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

import msgspec

from leal.api import wording
from leal.api.headless.views.claims import claimed_reward
from leal.api.headless.views.configuration import (
    Audience,
    audience,
    idiom_of,
    offered_rewards,
    offered_rules,
)
from leal.api.headless.views.history import history_row
from leal.api.headless.views.offers import (
    reward_head,
    reward_properties,
    reward_variant,
    rule_head,
    rule_variant,
)
from leal.api.headless.views.redemptions import (
    active_cart_redemptions,
    cart_requirements_detail,
)
from leal.api.headless.views.referrals import referral_urls
from leal.api.headless.views.showing import Showing
from leal.api.headless.views.tiers import tier_membership
from leal.api.headless.views.values import Idiom, Json, instant, optional_instant
from leal.domain.birthdays import next_birthday
from leal.domain.customers import Account, Birthday, Counter, CustomerState, Subject
from leal.domain.dates import local_day
from leal.domain.limits import (
    LimitStatus,
    NoLimit,
    NotReached,
    ReachedForever,
    ReachedUntilReset,
)
from leal.domain.offers import Limit
from leal.domain.published import PublishedProgram
from leal.domain.rewards import Reward
from leal.domain.rewards.redeemability import (
    CartFull,
    CartRequirementsNotMet,
    ClaimLimitReached,
    InsufficientPoints,
    NoIntegration,
    NoSubscription,
    OutOfStock,
    Redeemability,
    Redeemable,
    Unknown,
    WrongVariant,
    claim_limit,
    counts_stock,
    redeemability,
)
from leal.domain.rewards.terms import RewardVariant
from leal.domain.rules import Rule
from leal.domain.rules.completion import completion_limit
from leal.domain.scene import Scene


def customer(account: Account, showing: Showing) -> Json:
    """The customer as one of the contract's three shapes."""
    person = account.customer
    state = person.state
    shape: Json = {
        "state": state,
        "id": person.id,
        "merchant_id": person.merchant_id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
    }
    if state is not CustomerState.ENROLLED or person.enrolled_at is None:
        return shape
    scene = showing.scene
    today = local_day(scene.now, scene.program.primary_site.zone)
    born = person.birthday
    shape.update(
        points_approved=person.points_approved,
        points_pending=person.points_pending,
        points_spent=person.points_spent,
        enrolled_at=instant(person.enrolled_at),
        tier_membership=tier_membership(account, scene),
        birthday=birthday(born) if born else None,
        next_birthday=next_birthday(born, today).isoformat() if born else None,
        claimed_rewards=[claimed_reward(claim, showing) for claim in account.claims],
        available_rules=_available_rules(account, scene),
        available_rewards=_available_rewards(account, showing),
        history=[history_row(row, scene) for row in account.history],
        active_cart_redemptions=active_cart_redemptions(account, showing),
        email_marketing_consent={"state": person.email_consent},
        sms_marketing_consent={"state": person.sms_consent},
        receipt_upload_url=None,
        referral_urls=referral_urls(scene.program, showing.public_url, person.referral_id),
    )
    return shape


def birthday(born: Birthday) -> Json:
    """Month and day, and the year where the program keeps it."""
    shape: Json = {"month": born.month, "day": born.day}
    if born.year is not None:
        shape["year"] = born.year
    return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownRule:
    """A rule on the shelf, with its parts that never vary encoded.

    `untouched` is the whole of it for who never completed it.
    """

    rule: Rule
    fixed: Json
    untouched: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownReward:
    """A reward on the shelf; `unclaimed` is its limit for who never claimed it.

    `counted` tells that its stock changes from one reply to the next.
    """

    reward: Reward
    variant: RewardVariant
    fixed: Json
    unclaimed: msgspec.Raw
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """What is on offer to one audience in one tier."""

    rules: tuple[_ShownRule, ...]
    rewards: tuple[_ShownReward, ...]


@lru_cache(maxsize=4096)
def _shelf(published: PublishedProgram, whom: Audience, tier_id: int | None) -> _Shelf:
    program = published.program
    tier = (program.tier(tier_id) if tier_id else None) or program.default_tier
    idiom = idiom_of(program, whom)
    rules = []
    for rule in offered_rules(program, whom.site_id):
        variant = rule.variant_for(tier)
        if variant.enabled:
            fixed = _fixed({**rule_head(rule), "variant": rule_variant(variant, program, idiom)})
            context = _completions(None, _unused(rule.limit))
            untouched = _encoded({**fixed, "context": context})
            rules.append(_ShownRule(rule=rule, fixed=fixed, untouched=untouched))
    rewards = []
    for reward in offered_rewards(program, whom):
        offer = reward.variant_for(tier)
        if offer.enabled:
            fixed = _fixed({**reward_head(reward, idiom), "variant": reward_variant(offer, idiom)})
            unclaimed = _encoded(_limit(_unused(reward.limit), _CLAIMS))
            rewards.append(
                _ShownReward(
                    reward=reward,
                    variant=offer,
                    fixed=fixed,
                    unclaimed=unclaimed,
                    counted=counts_stock(reward),
                )
            )
    return _Shelf(rules=tuple(rules), rewards=tuple(rewards))


def _unused(limit: Limit | None) -> LimitStatus:
    """Where everyone stands who did nothing yet."""
    if limit is None:
        return NoLimit()
    return NotReached(interval=limit.interval, allowed=limit.count, count=0)


def _encoded(shape: Json) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(shape))


def _fixed(shape: Json) -> Json:
    """The same object with every value encoded, to be copied into replies as it is."""
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in shape.items()}


def _shelf_of(account: Account, scene: Scene) -> _Shelf:
    membership = account.customer.tier
    return _shelf(scene.published, audience(scene), membership.tier_id if membership else None)


def _available_rules(account: Account, scene: Scene) -> list[Json | msgspec.Raw]:
    counters = _counters(account, Subject.RULE)
    shown: list[Json | msgspec.Raw] = []
    for each in _shelf_of(account, scene).rules:
        counter = counters.get(each.rule.id)
        if counter is None:
            shown.append(each.untouched)
            continue
        status = completion_limit(each.rule, account, scene)
        shown.append({**each.fixed, "context": _completions(counter, status, scene)})
    return shown


def _completions(counter: Counter | None, status: LimitStatus, scene: Scene | None = None) -> Json:
    return {
        "last_completed_at": optional_instant(counter.last_at if counter else None),
        "completion_count": counter.total if counter else 0,
        "completion_limit": _limit(status, _COMPLETIONS, scene),
    }


def _available_rewards(account: Account, showing: Showing) -> list[Json]:
    scene, shown = showing.scene, []
    counters = _counters(account, Subject.REWARD)
    for each in _shelf_of(account, scene).rewards:
        counter = counters.get(each.reward.id)
        can = redeemability(
            each.reward, each.variant, account=account, scene=scene, cart=showing.cart
        )
        limit: Json | msgspec.Raw = each.unclaimed
        if counter is not None:
            limit = _limit(claim_limit(each.reward, account, scene), _CLAIMS, scene)
        context: Json = {
            "can_redeem": _can_redeem(can, showing.idiom),
            "last_claimed_at": optional_instant(counter.last_at if counter else None),
            "claim_count": counter.total if counter else 0,
            "claim_limit": limit,
        }
        shape: Json = {**each.fixed, "context": context}
        if each.counted and scene.shelf.given:
            shape["properties"] = reward_properties(each.reward, showing.idiom, scene.shelf)
        shown.append(shape)
    return shown


def _counters(account: Account, subject: Subject) -> dict[int, Counter]:
    return {each.subject_id: each for each in account.counters if each.subject == subject}


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the contract calls the things that a limit counts."""

    one: str
    many: str


_COMPLETIONS = _Counted("completion", "completions")
_CLAIMS = _Counted("claim", "claims")
_NO_LIMIT: Json = {"state": "no_limit"}


def _limit(status: LimitStatus, counted: _Counted, scene: Scene | None = None) -> Json:
    """The state of a limit; only a reached one that resets needs to know when and in what words."""
    match status:
        case NoLimit():
            return _NO_LIMIT
        case NotReached(interval=interval, allowed=allowed, count=count):
            return {
                "state": "limit_not_reached",
                "interval": interval,
                f"allowed_{counted.many}_within_interval": allowed,
                f"{counted.one}_count_within_interval": count,
                f"remaining_{counted.many}_within_interval": status.remaining,
            }
        case ReachedForever():
            return {"state": "limit_reached_forever"}
        case ReachedUntilReset(interval=interval, resets_at=resets_at):
            relative = (
                wording.relative((resets_at - scene.now).total_seconds(), scene.language)
                if scene
                else ""
            )
            return {
                "state": "limit_reached_until_reset",
                "interval": interval,
                "resets_at": instant(resets_at),
                "resets_at_relative_to_now": relative,
            }
        case _:
            assert_never(status)


def _can_redeem(can: Redeemability, idiom: Idiom) -> Json:
    match can:
        case Redeemable():
            return {"state": "redeemable"}
        case InsufficientPoints(missing=missing):
            return {"state": "insufficient_points", "additional_points_required": missing}
        case ClaimLimitReached():
            return {"state": "claim_limit_reached"}
        case OutOfStock():
            return {"state": "out_of_stock"}
        case CartRequirementsNotMet():
            return {
                "state": "cart_requirements_not_met",
                "cart_requirements_detail": cart_requirements_detail(can, idiom),
            }
        case CartFull():
            return {"state": "max_redemptions_for_cart_reached"}
        case Unknown() | WrongVariant() | NoIntegration() | NoSubscription():
            return {"state": "unknown"}
        case _:
            assert_never(can)
