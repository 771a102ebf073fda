"""A subscription service that tests decide about."""

from dataclasses import dataclass
from datetime import datetime

from leal.domain.claims import SubscriptionDetails
from leal.domain.sites import SubscriptionProvider
from tests.contract.headless.worlds import Shop


@dataclass(slots=True)
class Nobody:
    """Nobody has a subscription running; it notes who was asked about."""

    asked: list[tuple[str, int | None]]

    @classmethod
    def subscribes(cls, shop: Shop) -> "Nobody":
        """Makes it the service of a shop."""
        service = cls([])
        shop.world.subscriptions[SubscriptionProvider.PRACTICE] = service
        return service

    async def find(
        self, *, program_id: int, merchant_id: str, address_id: int | None, now: datetime
    ) -> SubscriptionDetails | None:
        """Nothing runs."""
        assert program_id > 0
        assert now.tzinfo is not None
        self.asked.append((merchant_id, address_id))
        return None
