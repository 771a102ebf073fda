"""Friends that customers send: what a friend gets, sharing links, and links for non-members.

The rows of the route table. None of them asks on which channel the shopper is: who follows a link
is on none yet.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from leal.api.headless.prefix import PREFIX
from leal.api.headless.referral_requests import guest_body, invited_body, share_body
from leal.api.headless.replies import reply
from leal.api.headless.requests import Call
from leal.api.headless.views.referrals import referral_urls
from leal.api.http import Reply, empty_response
from leal.api.operations import Operation
from leal.usecases import incentives, referrals
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

Serve = Callable[[Call], Awaitable[Reply]]

CLAIM_INCENTIVE: Final = Operation(
    name="referrals.claimRefereeIncentive",
    method="POST",
    path=f"{PREFIX}/{{site_id}}/referrals/referee_incentive",
    summary="A friend who followed a link gets their code, the same one whenever they ask",
    scope=Scope.WRITE_CUSTOMERS,
    anywhere=True,
)
TRACK_SHARE: Final = Operation(
    name="referrals.trackShare",
    method="POST",
    path=f"{PREFIX}/{{site_id}}/referrals/shares",
    summary="A member shared their link",
    scope=Scope.WRITE_CUSTOMERS,
    sessions=True,
    anywhere=True,
)
REGISTER_GUEST: Final = Operation(
    name="referrals.registerGuest",
    method="POST",
    path=f"{PREFIX}/{{site_id}}/referrals/guest_registrations",
    summary="Links for somebody who is no member and wants to send friends",
    scope=Scope.WRITE_CUSTOMERS,
    anywhere=True,
)


def rows(desk: Desk) -> Sequence[tuple[Operation, Serve]]:
    """Every operation of this file with what serves it."""
    serves = _Serves(desk)
    return (
        (CLAIM_INCENTIVE, serves.claim_incentive),
        (TRACK_SHARE, serves.track_share),
        (REGISTER_GUEST, serves.register_guest),
    )


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def claim_incentive(self, call: Call) -> Reply:
        code = await incentives.claim(self.desk, call.ask, await invited_body(call))
        return reply({"kind": "incentive", "incentive": {"code": code}})

    async def track_share(self, call: Call) -> Reply:
        shared = await share_body(call)
        await referrals.share(self.desk, call.ask, shared.merchant_id, channel=shared.channel)
        return empty_response()

    async def register_guest(self, call: Call) -> Reply:
        guest = await guest_body(call)
        scene, referral_id = await referrals.register_guest(
            self.desk,
            call.ask,
            email=guest.email,
            first_name=guest.first_name,
            ip_address=guest.ip_address,
        )
        urls = referral_urls(scene.program, self.desk.public_url, referral_id)
        return reply({"referral_urls": urls})
