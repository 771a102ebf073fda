"""Receivers of webhooks: merchants' and apps' servers that are told of events, signed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from leal.domain.sites import Site
from leal.integrations.outgoing import Delivery, Failed, Outgoing
from leal.integrations.outgoing_addresses import Unsendable, parse_target
from leal.integrations.signing import lion_headers, standard_headers
from leal.integrations.voucher_stores import domain_of


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOf:
    """Whose key signs: an app's client secret for what an app made, else a site's secret."""

    program_id: int
    site_id: int
    app_id: int | None


SigningKey = Callable[[KeyOf], Awaitable[str]]
"""Finds the key; LookupError when it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One call: the very bytes to be sent, and what its headers say of them.

    Receivers of different webhooks do not wait for one another, even on one host.
    """

    program_id: int
    webhook_id: int
    site: Site
    owner_app_id: int | None
    url: str
    topic: str
    message_id: str
    body: bytes = field(repr=False)


class WebhookCaller(Protocol):
    """Tells receivers of events."""

    async def call(self, call: WebhookCall) -> Delivery:
        """Makes the call once; never raises for what the other side does."""
        ...

    async def why_not(self, url: str) -> str | None:
        """Why an address can never be called, None when it might be; without calling it."""
        ...


class SignedWebhooks:
    """Calls through the guarded client, with both kinds of signature."""

    def __init__(
        self, outgoing: Outgoing, *, signing_key: SigningKey, clock: Callable[[], datetime]
    ) -> None:
        """`clock` is the wall clock: receivers compare it with theirs."""
        self._outgoing = outgoing
        self._signing_key = signing_key
        self._clock = clock

    async def call(self, call: WebhookCall) -> Delivery:
        """Posts the body."""
        try:
            secret = await self._signing_key(
                KeyOf(program_id=call.program_id, site_id=call.site.id, app_id=call.owner_app_id)
            )
        except LookupError as error:
            return Failed(reason=f"There is no key to sign with: {error}")
        domain = domain_of(call.site)
        headers = (
            ("content-type", "application/json"),
            *lion_headers(call.body, secret=secret, topic=call.topic, site_domain=domain),
            *standard_headers(
                call.body, secret=secret, message_id=call.message_id, sent_at=self._clock()
            ),
        )
        lane = f"{call.program_id}/{call.webhook_id}"
        return await self._outgoing.post(call.url, call.body, headers=headers, lane=lane)

    async def why_not(self, url: str) -> str | None:
        """As the client says."""
        return await self._outgoing.why_not(url)


class UnreachableWebhooks:
    """Nobody is there, to see how a shop copes."""

    async def call(self, call: WebhookCall) -> Delivery:
        """Fails."""
        return Failed(reason=f"Nobody is called at {call.url} here")

    async def why_not(self, url: str) -> str | None:
        """Any secure address might be one, if it is written plainly."""
        try:
            target = parse_target(url)
        except Unsendable as error:
            return str(error)
        return None if target.scheme == "https" else "The address must begin with https://"
