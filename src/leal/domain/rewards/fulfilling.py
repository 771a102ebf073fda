"""Bringing the customer what no code can: done by hand, or by the merchant's own server."""

from dataclasses import replace

from leal.domain.change import Change, with_changed_claim, with_event
from leal.domain.claims import ClaimedReward
from leal.domain.points import touched
from leal.domain.refusals import NothingToFulfil, RewardAlreadyRefunded
from leal.domain.rewards import Reward
from leal.domain.rewards.custom import CustomReward, WebhookFulfillment
from leal.domain.scene import Scene
from leal.domain.topics import REWARD_FULFILLED


def fulfil(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """Notes that a claim was brought to the customer; noting it again changes nothing.

    Raises NothingToFulfil for a claim nobody has to bring, RewardAlreadyRefunded for a void one.
    """
    if claim.fulfilment is None:
        raise NothingToFulfil
    if claim.fulfilled_at is not None:
        return change
    if claim.is_over:
        raise RewardAlreadyRefunded
    change = with_changed_claim(change, replace(claim, fulfilled_at=scene.now))
    told = {"reward_id": claim.reward_id, "kind": claim.kind}
    return touched(
        with_event(change, REWARD_FULFILLED, told, now=scene.now, claim=claim), scene.now
    )


def address_of(reward: Reward) -> str | None:
    """The address to be called for each claim of a reward; None when nobody is called."""
    if not isinstance(reward, CustomReward):
        return None
    how = reward.fulfillment
    return how.url if isinstance(how, WebhookFulfillment) else None
