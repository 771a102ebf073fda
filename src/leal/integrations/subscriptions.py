"""Who runs subscriptions: an interface, and a pretended one to try things with."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from leal.domain.claims import SubscriptionDetails

_NEXT_DELIVERY = timedelta(days=30)


class SubscriptionKeeper(Protocol):
    """A service that knows who has subscribed to what, and delivers it."""

    async def find(
        self, *, program_id: int, merchant_id: str, address_id: int | None, now: datetime
    ) -> SubscriptionDetails | None:
        """The next delivery of a customer's running subscription, and the place for an extra in it.

        `address_id` picks one of several; None takes the next of all. None when nothing runs.
        """
        ...


class PracticeSubscriptions:
    """Everybody has one subscription running, delivered in 30 days; nothing is ever sent."""

    async def find(
        self, *, program_id: int, merchant_id: str, address_id: int | None, now: datetime
    ) -> SubscriptionDetails | None:
        """A delivery whose numbers follow from the customer, so that tests can repeat it."""
        return SubscriptionDetails(
            address_id=address_id or _number("address", program_id, merchant_id),
            onetime_id=_number(now.isoformat(), program_id, merchant_id),
            next_subscription_scheduled_at=now + _NEXT_DELIVERY,
        )


def _number(what: str, program_id: int, merchant_id: str) -> int:
    digest = sha256(f"{what}:{program_id}:{merchant_id}".encode()).digest()
    return int.from_bytes(digest[:6])
