"""The operations on rewards: of one customer, and on the rewards of the program."""

from dataclasses import dataclass, replace
from typing import Final

from leal.api.admin.claims import claimed_reward, just_claimed
from leal.api.admin.lists import SITE_OF_ID, reply
from leal.api.admin.order_requests import nothing_to_say
from leal.api.admin.requests import Call, Serve, at_site, by_hand
from leal.api.admin.reward_requests import (
    claim_body,
    claim_in_path,
    country_of,
    require_key,
    reward_in_path,
)
from leal.api.admin.reward_views import reward
from leal.api.admin.values import Showing
from leal.api.http import Reply, request_id
from leal.api.operations import Operation, Parameter
from leal.domain.claims import ClaimState
from leal.domain.deeds import Action
from leal.usecases import audit, merchant_rewards
from leal.usecases.access import Scope
from leal.usecases.desk import Desk, Outcome


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on rewards with what serves it."""
    serves = _Serves(desk)
    return (
        (LIST_AVAILABLE, serves.list_available),
        (CLAIM, serves.claim),
        (REFUND, serves.refund),
        (ENABLE, serves.enable),
        (DISABLE, serves.disable),
    )


_CUSTOMER: Final = "/v2/customers/{merchant_id}"
_REWARD: Final = "/v2/rewards/{reward_id}"

LIST_AVAILABLE: Final = Operation(
    name="customers.listAvailableRewardsForCustomer",
    method="GET",
    path=f"{_CUSTOMER}/available_rewards",
    summary="The rewards that a customer's tier may have, whether they can pay for them or not",
    scope=Scope.READ_CUSTOMERS,
    query=(
        Parameter(
            name="site_id",
            meaning="Only what is on offer on this site; of all sites when left out",
            schema={"type": "integer", "minimum": 1},
        ),
        Parameter(
            name="country",
            meaning="Only what is on offer in this country",
            schema={"type": "string", "pattern": "^[A-Za-z]{2}$", "example": "GB"},
        ),
    ),
)
CLAIM: Final = Operation(
    name="customers.claimRewardForCustomer",
    method="POST",
    path=f"{_CUSTOMER}/claimed_rewards",
    summary="Spends a customer's points on a reward",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)
REFUND: Final = Operation(
    name="customers.refundClaimedRewardForCustomer",
    method="POST",
    path=f"{_CUSTOMER}/claimed_rewards/{{claimed_reward_id}}/refund",
    summary="Makes an unused claimed reward void and gives its points back",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)
ENABLE: Final = Operation(
    name="rewards.enableReward",
    method="POST",
    path=f"{_REWARD}/enable",
    summary="Puts a reward on offer again, in a new version of the program; not for a site's pair",
    scope=Scope.WRITE_CONFIGURATION,
)
DISABLE: Final = Operation(
    name="rewards.disableReward",
    method="POST",
    path=f"{_REWARD}/disable",
    summary="Takes a reward off offer at once, in a new version of the program; claims of it stay "
    "good; not with the pair of a site",
    scope=Scope.WRITE_CONFIGURATION,
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def list_available(self, call: Call) -> Reply:
        # without a word about sites, those of all are meant, whoever asks
        ask = at_site(replace(call, ask=replace(call.ask, site_id=None)))
        outcome, found = await merchant_rewards.available(
            self.desk, ask, call.merchant_id, country=country_of(call)
        )
        showing = replace(self._showing(outcome), shelf=outcome.scene.shelf)
        return reply({"rewards": [reward(each.reward, each.variant, showing) for each in found]})

    async def claim(self, call: Call) -> Reply:
        ask, wanted = at_site(call), await claim_body(call)
        noted = by_hand(call, Action.REWARD_CLAIMED, {"reward_id": wanted.reward_id})
        outcome, claim = await merchant_rewards.claim(
            self.desk, replace(ask, deed=noted.deed), call.merchant_id, wanted=wanted
        )
        shown = just_claimed(claim, self._showing(outcome))
        return reply({"claimed_reward": shown}, status=201)

    async def refund(self, call: Call) -> Reply:
        claim_id = claim_in_path(call)
        await nothing_to_say(call)
        outcome, claim = await merchant_rewards.refund(
            self.desk,
            by_hand(call, Action.CLAIM_REFUNDED, {"claimed_reward_id": claim_id}),
            call.merchant_id,
            claim_id=claim_id,
        )
        gone = claim.state is ClaimState.VOID and claim.store is not None
        return reply(
            {
                "claimed_reward": claimed_reward(claim, self._showing(outcome)),
                "remote_resource_deleted": gone and claim.settle_by is None,
            }
        )

    async def enable(self, call: Call) -> Reply:
        return await self._switch(call, enabled=True)

    async def disable(self, call: Call) -> Reply:
        return await self._switch(call, enabled=False)

    async def _switch(self, call: Call, *, enabled: bool) -> Reply:
        require_key(call)
        reward_id = reward_in_path(call)
        await nothing_to_say(call)
        updated = await merchant_rewards.switch(
            self.desk,
            call.ask.program_id,
            reward_id,
            enabled=enabled,
            by=audit.actor(call.caller, request_id=request_id(call.request)),
        )
        return reply({"updated": updated, "reward": {"id": reward_id}})

    def _showing(self, outcome: Outcome) -> Showing:
        return Showing(program=outcome.scene.program, public_url=self.desk.public_url)
