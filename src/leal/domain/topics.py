"""Topics that webhooks can be made for, what they need, and when they are told."""

from datetime import timedelta
from typing import Final

_CUSTOMERS: Final = ("read_customers",)
_BOTH: Final = ("read_customers", "read_orders")
_DELAYED: Final = timedelta(minutes=5)

SCOPES_OF_TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "customers/update": _CUSTOMERS,
    "loyalty_emails/unsubscribe": ("read_unsubscribes",),
    "program_events/customer.enrolled": _CUSTOMERS,
    "program_events/customer.points_earned": _CUSTOMERS,
    "program_events/customer.rule_completed": _BOTH,
    "program_events/customer.referral_complete": _BOTH,
}


def delay_of(topic: str) -> timedelta:
    """How long after the event it is told."""
    return _DELAYED if topic == "program_events/customer.points_earned" else timedelta(0)
