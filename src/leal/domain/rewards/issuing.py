"""The claim that a reward becomes, however it was come by: its terms, its code, its dates."""

from dataclasses import replace
from datetime import datetime, timedelta

from leal.domain.change import Change, with_claim, with_counter, with_customer, with_event
from leal.domain.claims import (
    ClaimedReward,
    ClaimSource,
    ClaimState,
    Fulfilment,
)
from leal.domain.codes import code
from leal.domain.customers import Subject
from leal.domain.limits import tally
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import ActiveSubscriptionProductReward, ProductCartReward
from leal.domain.rewards.custom import (
    CustomReward,
    ManualFulfillment,
    VoucherFulfillment,
    WebhookFulfillment,
)
from leal.domain.rewards.promises import terms_of
from leal.domain.rewards.terms import CodeSource
from leal.domain.rewards.vouchers import GiftCardReward
from leal.domain.scene import Scene
from leal.domain.sites import VoucherStoreKind
from leal.domain.topics import CLAIMED_REWARD

GIFT_CARD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Lower-case letters and digits that are not mistaken for one another."""

STORE_ANSWERS_WITHIN = timedelta(seconds=60)
"""After so long, background work finishes what was begun with a voucher store."""

_GIFT_CARD_LENGTH = 16


def new_claim(
    change: Change, scene: Scene, reward: Reward, *, source: ClaimSource
) -> ClaimedReward:
    """A claim of the reward as it is today, not part of the change yet.

    One whose codes come from a pool takes the next of it, or waits in state pending while the pool
    is empty. One whose voucher lives in a shop is pending until the shop has made it.
    """
    has_code = has_code_of_its_own(reward)
    pooled = has_code and reward.codes is CodeSource.POOL
    waits = pooled and reward.id not in scene.shelf.pools
    abroad = has_code and not pooled and scene.site.voucher_store.KIND is not VoucherStoreKind.LEAL
    terms = terms_of(reward, currency=scene.site.currency, language=scene.language)
    return ClaimedReward(
        id=0,
        reward_id=reward.id,
        kind=reward.KIND,
        title=reward.title.in_(scene.program.primary_site.default_language),
        state=ClaimState.PENDING if waits or abroad else ClaimState.APPROVED,
        source=source,
        site_id=scene.site.id,
        code=_new_code(change, scene, reward) if has_code and not pooled else None,
        from_pool=pooled and not waits,
        terms=terms,
        claimed_at=scene.now,
        expires_at=_expires_at(reward, scene),
        balance_minor=terms.initial_balance_minor,
        fulfilment=_fulfilment(reward),
        store=scene.site.voucher_store.KIND if abroad else None,
        settle_by=scene.now + STORE_ANSWERS_WITHIN if abroad else None,
    )


def issued(
    change: Change, scene: Scene, reward: Reward, *, claim: ClaimedReward
) -> tuple[Change, ClaimedReward]:
    """The claim becomes part of the change: counted, and told of."""
    change, claim = with_claim(change, claim)
    counter = tally(
        change.account.counter(Subject.REWARD, reward.id),
        subject=Subject.REWARD,
        subject_id=reward.id,
        now=scene.now,
        zone=reward.zone(scene.program),
    )
    customer = replace(
        change.customer,
        rewards_claimed=change.customer.rewards_claimed + 1,
        updated_at=scene.now,
    )
    change = with_counter(with_customer(change, customer), counter)
    told = {"reward_id": reward.id, "kind": claim.kind, "source": claim.source}
    return with_event(change, CLAIMED_REWARD, told, now=scene.now, claim=claim), claim


def has_code_of_its_own(reward: Reward) -> bool:
    """Whether a claim of the reward is a code."""
    match reward:
        case ProductCartReward() | ActiveSubscriptionProductReward():
            return False
        case CustomReward():
            return isinstance(reward.fulfillment, VoucherFulfillment)
        case _:
            return True


def _expires_at(reward: Reward, scene: Scene) -> datetime | None:
    days = reward.expires_after_days
    return scene.now + timedelta(days=days) if days else None


def _fulfilment(reward: Reward) -> Fulfilment | None:
    if not isinstance(reward, CustomReward):
        return None
    match reward.fulfillment:
        case ManualFulfillment():
            return Fulfilment.MANUAL
        case WebhookFulfillment():
            return Fulfilment.WEBHOOK
        case VoucherFulfillment():
            return None


def _new_code(change: Change, scene: Scene, reward: Reward) -> str:
    label = f"claim {len(change.claims) + 1}"
    if isinstance(reward, GiftCardReward):
        return code(
            scene.entropy, label=label, alphabet=GIFT_CARD_ALPHABET, length=_GIFT_CARD_LENGTH
        )
    look = scene.program.codes
    return look.prefix + code(
        scene.entropy, label=label, alphabet=look.alphabet, length=look.length
    )
