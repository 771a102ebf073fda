"""Topics of events: what they are called, who may hear of them, and when they are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from leal.domain.webhooks import FAILING, PAUSED

UPDATED: Final = "customers/update"
UNSUBSCRIBED: Final = "loyalty_emails/unsubscribe"
ENROLLED: Final = "program_events/customer.enrolled"
POINTS_EARNED: Final = "program_events/customer.points_earned"
RULE_COMPLETED: Final = "program_events/customer.rule_completed"
REFERRAL_COMPLETE: Final = "program_events/customer.referral_complete"
CLAIMED_REWARD: Final = "program_events/customer.claimed_reward"
TIER_UPGRADED: Final = "program_events/customer.tier_upgraded"
TIER_DOWNGRADED: Final = "program_events/customer.tier_downgraded"
APPROACHING_TIER: Final = "program_events/customer.approaching_tier_upgrade"
REWARD_AVAILABLE: Final = "program_events/customer.reward_available_notification"
REWARD_REMINDER: Final = "program_events/customer.recurring_reward_available_reminder"
POINTS_EXPIRE: Final = "program_events/customer.approaching_points_expiration"
REWARD_EXPIRES: Final = "program_events/customer.approaching_reward_expiration"
TO_LOYAL: Final = "program_events/customer.moved_to_loyal_segment"
TO_AT_RISK: Final = "program_events/customer.moved_to_at_risk_segment"
TO_DEFECTED: Final = "program_events/customer.moved_to_defected_segment"
RECEIPT_APPROVED: Final = "program_events/customer.receipt_approved"
RECEIPT_DECLINED: Final = "program_events/customer.receipt_declined"
RECEIPT_TO_CHECK: Final = "receipts/manual_approval_required"
TIER_RENEWED: Final = "tiers/renewed"
REWARD_USED: Final = "rewards/used"
REWARD_REFUNDED: Final = "rewards/refunded"
REWARD_EXPIRED: Final = "rewards/expired"
REWARD_FULFILLED: Final = "rewards/fulfilled"
LOW_STOCK: Final = "rewards/low_stock"
MERGED: Final = "customers/merged"
UNMERGED: Final = "customers/unmerged"


class Envelope(StrEnum):
    """How a message of a topic is laid out; the topics of the contract differ."""

    PROPERTIES = "properties"
    """Under `payload.properties`."""
    KIND = "kind"
    """The same, with the id, kind and time beside them in `payload`."""
    PAYLOAD = "payload"
    """Straight under `payload`."""
    BOTH = "both"
    """Under `payload`, and once more at the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Who may hear of it (all these scopes), after how long, and in what layout."""

    scopes: tuple[str, ...] = ("read_customers",)
    delay: timedelta = timedelta(0)
    envelope: Envelope = Envelope.PROPERTIES


_AND_ORDERS: Final = ("read_customers", "read_orders")

TOPICS: Final[Mapping[str, Topic]] = MappingProxyType(
    {
        UPDATED: Topic(envelope=Envelope.BOTH),
        UNSUBSCRIBED: Topic(scopes=("read_unsubscribes",), envelope=Envelope.PAYLOAD),
        ENROLLED: Topic(),
        POINTS_EARNED: Topic(delay=timedelta(minutes=5)),
        RULE_COMPLETED: Topic(scopes=_AND_ORDERS),
        REFERRAL_COMPLETE: Topic(scopes=_AND_ORDERS),
        CLAIMED_REWARD: Topic(),
        TIER_UPGRADED: Topic(envelope=Envelope.KIND),
        TIER_DOWNGRADED: Topic(envelope=Envelope.KIND),
        APPROACHING_TIER: Topic(),
        REWARD_AVAILABLE: Topic(),
        REWARD_REMINDER: Topic(),
        POINTS_EXPIRE: Topic(envelope=Envelope.KIND),
        REWARD_EXPIRES: Topic(envelope=Envelope.KIND),
        TO_LOYAL: Topic(envelope=Envelope.PAYLOAD),
        TO_AT_RISK: Topic(envelope=Envelope.PAYLOAD),
        TO_DEFECTED: Topic(envelope=Envelope.PAYLOAD),
        RECEIPT_APPROVED: Topic(envelope=Envelope.KIND),
        RECEIPT_DECLINED: Topic(envelope=Envelope.KIND),
        RECEIPT_TO_CHECK: Topic(envelope=Envelope.PAYLOAD),
    }
)
"""What webhooks can be made for. There are no receipts in leal, so theirs never come."""

SCOPES_OF_TOPICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {name: topic.scopes for name, topic in TOPICS.items()}
)


def delay_of(topic: str) -> timedelta:
    """How long after the event it is told; topics without webhooks are told at once."""
    known = TOPICS.get(topic)
    return known.delay if known else timedelta(0)


LOGGED: Final = (
    *TOPICS,
    TIER_RENEWED,
    REWARD_USED,
    REWARD_REFUNDED,
    REWARD_EXPIRED,
    REWARD_FULFILLED,
    LOW_STOCK,
    MERGED,
    UNMERGED,
    FAILING,
    PAUSED,
)
"""All that the log of events holds; webhooks are for the topics of the contract only."""
