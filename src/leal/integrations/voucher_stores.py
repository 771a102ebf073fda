"""Where vouchers live outside leal: an interface, and the merchant's own server as such a store."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

import msgspec

from leal.domain.claims import Terms
from leal.domain.sites import Site, WebhookVoucherStore
from leal.integrations.outgoing import Answered, Delivery, Outgoing
from leal.integrations.signing import lion_headers, standard_headers

CREATE = "vouchers/create"
TAKE_BACK = "vouchers/take_back"

SiteSecret: TypeAlias = Callable[[int, int], Awaitable[str]]
"""Gives the secret of a program's site."""

_UNCLEAR_STATUSES = frozenset({408, 425, 429})
"""Refused for now: too slow, too early, too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """All that a store needs to know of a voucher. Money is in minor units of `terms.currency`.

    `code` is unique in the program and is never used again once it was taken back. `site` is where
    it was claimed, as the program describes that site today. What a friend gets for coming is no
    reward and no claim, and the friend no customer yet; it alone may cap a percentage.
    """

    program_id: int
    site: Site
    reward_id: int | None = None
    claim_id: int | None = None
    kind: str
    title: str
    code: str
    terms: Terms
    maximum_discount_minor: int | None = None
    claimed_at: datetime
    expires_at: datetime | None
    customer_merchant_id: str | None
    customer_email: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """It is done: the store has the voucher, or has it no more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The store will not do it, now or later; `reason` is for the merchant."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may be done or not; `reason` is for the merchant. The same is to be asked again."""

    reason: str


Answer: TypeAlias = Made | Refused | Unclear


class VoucherStore(Protocol):
    """A shop that keeps vouchers.

    Both calls are idempotent by the voucher's code: whoever gets no clear answer, or dies before
    noting it, asks the same again. Neither raises for what the shop does.

    A shop platform fits as it is. Shopify, say, creates a discount code with the voucher's code,
    worth, least spend, products, days and customer, all of which are in `Voucher` (for gift cards
    the balance), and takes "this code is taken" for Made once it has looked that the code is this
    claim's. It finds the discount to delete by its code, so no id of the shop's has to be kept, and
    takes "there is none" for Made. Where the shop is and its access token are the implementation's
    to look up by program and site, as the secret is here; a platform that limits calls is Unclear.
    """

    async def create(self, voucher: Voucher) -> Answer:
        """Makes the voucher; one that is there already is Made."""
        ...

    async def take_back(self, voucher: Voucher) -> Answer:
        """Makes the code worthless; one that is not there is Made, or Refused."""
        ...


class SignedVoucherStore:
    """The server whose address stands in the site's `voucher_store`; told of each voucher.

    Any 2xx is Made. Other 4xx than 408, 425 and 429 are Refused; all else is Unclear.
    """

    def __init__(
        self, outgoing: Outgoing, *, site_secret: SiteSecret, clock: Callable[[], datetime]
    ) -> None:
        """`clock` is the wall clock: receivers compare it with theirs."""
        self._outgoing = outgoing
        self._site_secret = site_secret
        self._clock = clock

    async def create(self, voucher: Voucher) -> Answer:
        """Asks the server to make the voucher."""
        return await self._ask("create", voucher, topic=CREATE)

    async def take_back(self, voucher: Voucher) -> Answer:
        """Asks the server to make the code worthless."""
        return await self._ask("take_back", voucher, topic=TAKE_BACK)

    async def _ask(self, action: str, voucher: Voucher, *, topic: str) -> Answer:
        store = voucher.site.voucher_store
        if not isinstance(store, WebhookVoucherStore):
            return Unclear(f"Site {voucher.site.id} has no store of vouchers any more")
        body = msgspec.json.encode(_document(action, voucher))
        secret = await self._site_secret(voucher.program_id, voucher.site.id)
        headers = (
            ("content-type", "application/json"),
            *lion_headers(body, secret=secret, topic=topic, site_domain=domain_of(voucher.site)),
            *standard_headers(
                body,
                secret=secret,
                message_id=f"voucher-{voucher.program_id}-{_number(voucher)}-{action}",
                sent_at=self._clock(),
            ),
        )
        return _meaning(await self._outgoing.post(store.url, body, headers=headers))


class RefusingVoucherStore:
    """A store that makes no voucher and has none, to see how a shop copes."""

    async def create(self, voucher: Voucher) -> Answer:
        """Refuses."""
        return Refused(f"no voucher {voucher.code} is made")

    async def take_back(self, voucher: Voucher) -> Answer:
        """Refuses."""
        return Refused(f"there is no voucher {voucher.code}")


def domain_of(site: Site) -> str:
    """The host of a site's address."""
    return urlsplit(site.url).hostname or site.url


def _number(voucher: Voucher) -> str:
    """What tells a voucher of a program from all others; codes hold no signs but - and _."""
    return f"friend-{voucher.code}" if voucher.claim_id is None else str(voucher.claim_id)


def _document(action: str, voucher: Voucher) -> dict[str, object]:
    return {
        "action": action,
        "program_id": voucher.program_id,
        "site_id": voucher.site.id,
        "voucher": {
            "code": voucher.code,
            "kind": voucher.kind,
            "title": voucher.title,
            "reward_id": voucher.reward_id,
            "claimed_reward_id": voucher.claim_id,
            "claimed_at": voucher.claimed_at,
            "expires_at": voucher.expires_at,
            **_terms(voucher.terms),
            "maximum_discount_minor": voucher.maximum_discount_minor,
        },
        "customer": {
            "merchant_id": voucher.customer_merchant_id,
            "email": voucher.customer_email,
        },
    }


def _meaning(delivery: Delivery) -> Answer:
    if not isinstance(delivery, Answered):
        return Unclear(delivery.reason)
    status = delivery.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of statuses that mean success
        return Made()
    reason = f"The store answered {status}"
    if 400 <= status < 500 and status not in _UNCLEAR_STATUSES:  # noqa: PLR2004 - our mistake
        return Refused(reason)
    return Unclear(reason)


def _terms(terms: Terms) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(terms)
    return document
