"""The merchant's server that brings customers what no code can: told of each claim."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from leal.domain.sites import Site
from leal.integrations.outgoing import Delivery, Failed, Outgoing
from leal.integrations.signing import lion_headers, standard_headers
from leal.integrations.voucher_stores import SiteSecret, domain_of

TOPIC = "rewards/store_fulfilment"


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentCall:
    """One call to `url`; the customer is None when it is only a test of the address.

    `message_id` is the same for every repetition: the body does not tell which claim it is about.
    """

    program_id: int
    site: Site
    url: str
    message_id: str
    reward_id: int
    customer_id: int | None = None
    customer_merchant_id: str | None = None
    customer_email: str | None = None

    @property
    def is_test(self) -> bool:
        """Whether nobody has claimed anything."""
        return self.customer_id is None


class FulfilmentCaller(Protocol):
    """Tells merchants of claims."""

    async def call(self, call: FulfilmentCall) -> Delivery:
        """Makes the call once; never raises for what the other side does."""
        ...


class SignedFulfilment:
    """Calls with the body that receivers of the wire expect: its fields stand at the top."""

    def __init__(
        self, outgoing: Outgoing, *, site_secret: SiteSecret, clock: Callable[[], datetime]
    ) -> None:
        """`clock` is the wall clock: receivers compare it with theirs."""
        self._outgoing = outgoing
        self._site_secret = site_secret
        self._clock = clock

    async def call(self, call: FulfilmentCall) -> Delivery:
        """Posts the claim, signed with the site's secret."""
        body = msgspec.json.encode(_document(call))
        secret = await self._site_secret(call.program_id, call.site.id)
        headers = (
            ("content-type", "application/json"),
            *lion_headers(body, secret=secret, topic=TOPIC, site_domain=domain_of(call.site)),
            *standard_headers(
                body, secret=secret, message_id=call.message_id, sent_at=self._clock()
            ),
        )
        return await self._outgoing.post(call.url, body, headers=headers)


class UnreachableFulfilment:
    """Nobody is there, to see how a shop copes."""

    async def call(self, call: FulfilmentCall) -> Delivery:
        """Fails."""
        return Failed(reason=f"Nobody is called at {call.url} here")


def _document(call: FulfilmentCall) -> dict[str, object]:
    return {
        "test": call.is_test,
        "reward_id": call.reward_id,
        "reward_identifier": str(call.reward_id),
        "customer_id": call.customer_id,
        "customer_merchant_id": call.customer_merchant_id,
        "customer_email": call.customer_email,
    }
