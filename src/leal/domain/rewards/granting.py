"""Turning a reward of the program into a claim that belongs to a customer."""

from dataclasses import replace
from datetime import timedelta

from leal.domain.change import Change, with_claim, with_counter, with_customer, with_history
from leal.domain.claims import (
    ClaimedReward,
    ClaimSource,
    ClaimState,
)
from leal.domain.codes import code
from leal.domain.customers import HistoryKind, HistoryRow, Subject
from leal.domain.limits import tally
from leal.domain.program import Program
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import (
    ActiveSubscriptionProductReward,
    ProductCartReward,
)
from leal.domain.rewards.custom import CustomReward, VoucherFulfillment
from leal.domain.rewards.promises import terms_of
from leal.domain.rewards.terms import CodeSource
from leal.domain.rewards.vouchers import (
    GiftCardReward,
)
from leal.domain.scene import Scene

GIFT_CARD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Lower-case letters and digits that are not mistaken for one another."""

_GIFT_CARD_LENGTH = 16


def grant(
    change: Change,
    scene: Scene,
    reward: Reward,
    *,
    source: ClaimSource,
    source_id: int,
    cause: str | None = None,
) -> Change:
    """Gives a reward free of points because a rule was completed or a tier entered.

    A reward whose codes come from a pool waits in state pending until a code is handed out.
    `cause` names the outside cause, unique in the program.
    """
    program = scene.program
    title = reward.title.in_(program.primary_site.default_language)
    waits = _has_code(reward) and reward.codes is CodeSource.POOL
    state = ClaimState.PENDING if waits else ClaimState.APPROVED
    claim = ClaimedReward(
        id=0,
        reward_id=reward.id,
        kind=reward.KIND,
        title=title,
        state=state,
        source=source,
        source_id=source_id,
        code=None if waits or not _has_code(reward) else _new_code(change, scene, reward),
        terms=terms_of(reward, currency=scene.site.currency, language=scene.language),
        claimed_at=scene.now,
        expires_at=(
            scene.now + timedelta(days=reward.expires_after_days)
            if reward.expires_after_days
            else None
        ),
    )
    change, claim = with_claim(change, claim)
    change, _ = with_history(change, _received(claim, scene, cause=cause))
    return _counted(change, scene, reward)


def _received(claim: ClaimedReward, scene: Scene, *, cause: str | None) -> HistoryRow:
    by_rule = claim.source is ClaimSource.RULE and claim.source_id is not None
    rule = scene.program.rule(claim.source_id or 0) if by_rule else None
    return HistoryRow(
        id=0,
        kind=HistoryKind.RECEIVED,
        state=claim.state,
        happened_at=claim.claimed_at,
        rule_id=rule.id if rule else None,
        rule_kind=rule.KIND if rule else None,
        reward_id=claim.reward_id,
        reward_kind=claim.kind,
        claimed_reward_id=claim.id,
        site_id=scene.site.id,
        title=claim.title,
        source=cause,
    )


def _counted(change: Change, scene: Scene, reward: Reward) -> Change:
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
    return with_counter(with_customer(change, customer), counter)


def _has_code(reward: Reward) -> bool:
    match reward:
        case ProductCartReward() | ActiveSubscriptionProductReward():
            return False
        case CustomReward():
            return isinstance(reward.fulfillment, VoucherFulfillment)
        case _:
            return True


def _new_code(change: Change, scene: Scene, reward: Reward) -> str:
    label = f"claim {len(change.claims) + 1}"
    if isinstance(reward, GiftCardReward):
        return code(
            scene.entropy, label=label, alphabet=GIFT_CARD_ALPHABET, length=_GIFT_CARD_LENGTH
        )
    return _voucher_code(scene.program, scene.entropy, label)


def _voucher_code(program: Program, entropy: bytes, label: str) -> str:
    look = program.codes
    return look.prefix + code(entropy, label=label, alphabet=look.alphabet, length=look.length)
