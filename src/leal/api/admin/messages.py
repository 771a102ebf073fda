"""Events in the words of the Admin API: the messages that webhooks are sent.

Each topic of the contract has its own layout around the same objects that the API lists.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from leal.api.admin.activity_views import activity
from leal.api.admin.claims import GIFT_CARD_CHARACTERS, title_of
from leal.api.admin.order_views import single_order
from leal.api.admin.reward_views import number, reward
from leal.api.admin.transaction_views import transaction
from leal.api.admin.values import Json, Showing, instant, optional_instant
from leal.api.admin.views import customer, tier_shown
from leal.domain import topics
from leal.domain.claims import ClaimedReward, ClaimSource
from leal.domain.money import from_minor
from leal.domain.rewards.terms import RewardKind
from leal.domain.rules.social import FacebookLikeRule
from leal.domain.topics import TOPICS, Envelope
from leal.storage.events import StoredEvent
from leal.usecases.desk import Desk
from leal.usecases.messages import Told, gather

SOURCES: Final = {
    ClaimSource.RULE: "rule_completion",
    ClaimSource.TIER: "tier_benefit",
}
"""How the contract calls where a claim came from; it is `customer_redemption` otherwise."""

_WITHOUT_VOUCHERS: Final = (
    RewardKind.CUSTOM,
    RewardKind.PRODUCT_CART,
    RewardKind.ACTIVE_SUBSCRIPTION_PRODUCT,
)


class AdminComposer:
    """Words events for receivers of webhooks as the Admin API's documentation shows them."""

    async def compose(
        self,
        desk: Desk,
        program_id: int,
        event: StoredEvent,
        *,
        message_id: str,
        now: datetime,
    ) -> bytes | None:
        """The body of a message; None when there is nothing to tell any more."""
        told = await gather(desk, program_id, event)
        said = None if told is None else _said(told, desk.public_url)
        if said is None:
            return None
        head: Json = {"id": message_id, "topic": event.topic, "created_at": instant(now)}
        return msgspec.json.encode(enveloped(head, said, event=event))


def enveloped(head: Json, said: Json, *, event: StoredEvent) -> Json:
    """What is said, in the layout of the event's topic."""
    topic = TOPICS.get(event.topic)
    match topic.envelope if topic else Envelope.PAYLOAD:
        case Envelope.PROPERTIES:
            return {**head, "payload": {"properties": said}}
        case Envelope.KIND:
            beside = {
                "id": head["id"],
                "created_at": instant(event.created_at),
                "kind": event.topic.partition("/")[2],
                "unique_until": None,
            }
            return {**head, "payload": {**beside, "properties": said}}
        case Envelope.PAYLOAD:
            return {**head, "payload": said}
        case Envelope.BOTH:
            return {**head, **said, "payload": said}


def _said(told: Told, public_url: str) -> Json | None:
    program, shelf = told.scene.program, told.scene.shelf
    showing = Showing(program=program, public_url=public_url, shelf=shelf)
    if told.event.topic == topics.UNSUBSCRIBED:
        return _unsubscribed(told)
    if told.account is None:
        return dict(told.facts)
    person = customer(told.account.customer, showing)
    say = _SAYS.get(told.event.topic, _as_saved)
    return say(told, person, showing)


def _unsubscribed(told: Told) -> Json:
    found = told.account and told.account.customer
    known = {"id": found.id if found else None, "email": told.facts.get("email")}
    return {"unsubscribe": {"customer": known}}


def _as_saved(told: Told, person: Json, _showing: Showing) -> Json:
    return {"customer": person, **told.facts}


def _updated(_told: Told, person: Json, _showing: Showing) -> Json:
    return {"customer": person}


def _enrolled(told: Told, person: Json, _showing: Showing) -> Json:
    return {"customer": person, "enrollment": _enrolment(told)}


def _moved(told: Told, person: Json, showing: Showing) -> Json:
    names = {"previous_tier": "previous_tier_id", "new_tier": "new_tier_id"}
    return {"customer": person, **_tiers(told, showing, names)}


def _approaches_tier(told: Told, person: Json, showing: Showing) -> Json:
    names = {"current_tier": "current_tier_id", "next_tier": "next_tier_id"}
    missing = _facts(told, "points_required", "spend_required")
    return {"customer": person, **_tiers(told, showing, names), **missing}


def _points_expire(told: Told, person: Json, _showing: Showing) -> Json:
    ends = _facts(told, "expire_points_at", "points_to_expire")
    return {"customer": person, **ends, "earned_on": None}


def _facts(told: Told, *names: str) -> Json:
    return {name: told.facts.get(name) for name in names}


def _enrolment(told: Told) -> Json:
    found = told.facts.get("enrollment")
    trigger = found.get("trigger") if isinstance(found, dict) else None
    return {"date": instant(told.event.created_at), "trigger": trigger}


def _points_earned(told: Told, person: Json, showing: Showing) -> Json | None:
    if told.posting is None:
        return None
    return {
        "customer": person,
        "transaction": transaction(told.posting, showing, orders=False),
        "available_rewards": _available(told, showing),
    }


def _completed(told: Told, person: Json, showing: Showing) -> Json:
    """What was done, with the order it was done by."""
    shown = told.activity and activity(told.activity, showing)
    order = None
    if told.order is not None:
        site = showing.program.site(told.order.site_id) or showing.program.primary_site
        order = single_order(told.order, site.currency)
    if told.event.topic == topics.REFERRAL_COMPLETE:
        friend = told.friend and customer(told.friend.customer, showing)
        return {
            "referring_customer": person,
            "referred_customer": friend,
            "activity": shown,
            "order": order,
        }
    return {
        "customer": person,
        "activity": shown,
        "order": order,
        "social_link": _social_link(told),
        "review": None,
    }


def _social_link(told: Told) -> str | None:
    rule_id = told.facts.get("rule_id")
    rule = told.scene.program.rule(rule_id) if isinstance(rule_id, int) else None
    return rule.facebook_like_url if isinstance(rule, FacebookLikeRule) else None


def _claim(told: Told, person: Json, showing: Showing) -> Json | None:
    """A voucher or a gift card; other claims are not told of, nor what is over by now."""
    claim = told.claim
    if claim is None or RewardKind(claim.kind) in _WITHOUT_VOUCHERS:
        return None
    shown = {"customer": person, "title": title_of(claim, showing), **_voucher(claim)}
    if told.event.topic == topics.CLAIMED_REWARD:
        return shown
    if claim.is_over or not claim.is_unused:
        return None
    source = SOURCES.get(claim.source, "customer_redemption")
    return {**shown, "source": source, "expires_at": optional_instant(claim.expires_at)}


def _voucher(claim: ClaimedReward) -> Json:
    terms = claim.terms
    is_card = RewardKind(claim.kind) is RewardKind.GIFT_CARD
    percentage = terms.discount_percentage
    flat = (
        None
        if terms.discount_minor is None
        else number(from_minor(terms.discount_minor, terms.currency))
    )
    return {
        "reward_type": "gift_card" if is_card else "voucher",
        "discount_type": "flat" if percentage is None else "percentage",
        "voucher_code": None if is_card else claim.code,
        "discount_amount": flat if percentage is None else percentage,
        "gift_card_last_characters": (
            claim.code[-GIFT_CARD_CHARACTERS:] if is_card and claim.code else None
        ),
        "currency": terms.currency,
        "initial_value": _units(terms.initial_balance_minor, terms.currency),
        "balance": _units(claim.balance_minor, terms.currency),
    }


def _units(minor: int | None, currency: str) -> int | float | None:
    return None if minor is None else number(from_minor(minor, currency))


def _tiers(told: Told, showing: Showing, names: Mapping[str, str]) -> Json:
    """Tiers by the facts that name them; one that has left the program is null."""
    tiers = showing.program.tiers
    shown: Json = {}
    for name, fact in names.items():
        tier_id = told.facts.get(fact)
        tier = showing.program.tier(tier_id) if isinstance(tier_id, int) else None
        shown[name] = tier_shown(tier, tiers, showing) if tier and tiers else None
    return shown


def _rewards(told: Told, person: Json, showing: Showing) -> Json | None:
    """Nothing is told when nothing is within reach any more."""
    if not told.rewards:
        return None
    shown: Json = {"customer": person, "available_rewards": _available(told, showing)}
    if told.event.topic == topics.REWARD_AVAILABLE:
        return shown
    return {**shown, **_facts(told, "points_approved_in_interval", "points_interval_start_date")}


def _available(told: Told, showing: Showing) -> list[Json]:
    return [reward(each.reward, each.variant, showing) for each in told.rewards]


def _segment(told: Told, person: Json, _showing: Showing) -> Json:
    bought = told.bought
    names = ("new_insight_segment", "previous_insight_segment")
    shown = {"customer": person, **_facts(told, *names)}
    if bought is None or not bought.orders:
        return {
            **shown,
            "frequency": None,
            "total_spend": None,
            "last_order_date": None,
            "average_basket_size": None,
        }
    return {
        **shown,
        "frequency": bought.orders,
        "total_spend": bought.spent_minor,
        "last_order_date": optional_instant(bought.last_order_at),
        "average_basket_size": bought.spent_minor // bought.orders,
    }


_SAYS: Final[Mapping[str, Callable[[Told, Json, Showing], Json | None]]] = MappingProxyType(
    {
        topics.UPDATED: _updated,
        topics.ENROLLED: _enrolled,
        topics.POINTS_EARNED: _points_earned,
        topics.RULE_COMPLETED: _completed,
        topics.REFERRAL_COMPLETE: _completed,
        topics.CLAIMED_REWARD: _claim,
        topics.REWARD_EXPIRES: _claim,
        topics.TIER_UPGRADED: _moved,
        topics.TIER_DOWNGRADED: _moved,
        topics.APPROACHING_TIER: _approaches_tier,
        topics.REWARD_AVAILABLE: _rewards,
        topics.REWARD_REMINDER: _rewards,
        topics.POINTS_EXPIRE: _points_expire,
        topics.TO_LOYAL: _segment,
        topics.TO_AT_RISK: _segment,
        topics.TO_DEFECTED: _segment,
    }
)
