"""Topics that webhooks can be made for, what they need, and when they are told."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

_CUSTOMERS: Final = ("read_customers",)
_WITH_ORDERS: Final = ("read_customers", "read_orders")
_PROGRAM_EVENTS: Final = "program_events/customer"

SCOPES_OF_TOPICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "customers/update": _CUSTOMERS,
        "loyalty_emails/unsubscribe": ("read_unsubscribes",),
        f"{_PROGRAM_EVENTS}.enrolled": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.tier_upgraded": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.tier_downgraded": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.points_earned": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.reward_available_notification": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.recurring_reward_available_reminder": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.claimed_reward": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.referral_complete": _WITH_ORDERS,
        f"{_PROGRAM_EVENTS}.rule_completed": _WITH_ORDERS,
        f"{_PROGRAM_EVENTS}.approaching_tier_upgrade": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.moved_to_at_risk_segment": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.moved_to_defected_segment": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.moved_to_loyal_segment": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.approaching_points_expiration": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.approaching_reward_expiration": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.receipt_approved": _CUSTOMERS,
        f"{_PROGRAM_EVENTS}.receipt_declined": _CUSTOMERS,
        "receipts/manual_approval_required": _CUSTOMERS,
    }
)
"""All the scopes that somebody needs who wants to be told of a topic."""

_DELAYS: Final = MappingProxyType(
    {
        f"{_PROGRAM_EVENTS}.points_earned": timedelta(minutes=5),
        f"{_PROGRAM_EVENTS}.reward_available_notification": timedelta(minutes=5),
    }
)


def delay_of(topic: str) -> timedelta:
    """How long after the event it is told."""
    return _DELAYS.get(topic, timedelta(0))
