"""What becomes of a claim whose voucher lives in a shop, as the shop answers.

Whoever asks the shop holds the claim for a while: `settle_by` is when others may take it up. The
value it had when the shop was asked, `lease` below, tells afterwards whether the claim was taken up
by somebody else meanwhile; then only what the shop surely has is noted. So a shop is never asked
twice at the same moment, and a voucher made too late is taken back again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from leal.domain.change import Change, with_changed_claim
from leal.domain.claims import ClaimedReward, ClaimState, find_claim
from leal.domain.rewards.ending import made, void
from leal.domain.rewards.issuing import STORE_ANSWERS_WITHIN
from leal.domain.scene import Scene

GIVES_UP_AFTER = timedelta(hours=24)
"""A claim is undone when its shop has not said for so long whether it made the voucher."""

_SOONEST = timedelta(seconds=60)
_LATEST = timedelta(hours=1)
_TAKES_BACK_AGAIN_AFTER = timedelta(minutes=5)


def taken_up(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """Whoever saves this may ask the shop now; a claim that is not due stays as it is."""
    if claim.settle_by is None or claim.settle_by > scene.now:
        return change
    return _due_at(change, claim, scene.now + STORE_ANSWERS_WITHIN)


def after_making(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """The shop has the voucher. If the claim ended meanwhile, it has to be taken back."""
    if claim.is_over:
        return _due_at(change, claim, scene.now + STORE_ANSWERS_WITHIN)
    return made(change, scene, claim)


def after_refusal(
    change: Change, scene: Scene, claim: ClaimedReward, *, lease: datetime | None
) -> Change:
    """The shop will not make the voucher: the points go back.

    A shop that was asked before, without a clear answer, may have made it then: such a voucher is
    taken back. One that an order has used exists, whatever the shop says.
    """
    if not _waits(claim, lease):
        return change
    if not claim.is_unused:
        return made(change, scene, claim)
    change = void(change, scene, claim)
    ended = find_claim(change.account.held, claim.id)
    asked_once = lease == claim.claimed_at + STORE_ANSWERS_WITHIN
    return change if ended is None or not asked_once else _due_at(change, ended, None)


def after_silence(
    change: Change, scene: Scene, claim: ClaimedReward, *, lease: datetime | None
) -> Change:
    """Nobody knows whether the voucher was made: the shop is asked again, for a day.

    The pause grows with the claim's age, from a minute to an hour. After GIVES_UP_AFTER the points
    go back, and what the shop may have made is taken back.
    """
    if not _waits(claim, lease):
        return change
    age = scene.now - claim.claimed_at
    if age < GIVES_UP_AFTER:
        return _due_at(change, claim, scene.now + min(max(_SOONEST, age), _LATEST))
    return void(change, scene, claim) if claim.is_unused else made(change, scene, claim)


def after_taking_back(change: Change, claim: ClaimedReward, *, lease: datetime | None) -> Change:
    """The shop does not have the voucher any more, or never had it: nothing is left to do."""
    return _due_at(change, claim, None) if claim.settle_by == lease else change


def after_silence_at_taking_back(
    change: Change, scene: Scene, claim: ClaimedReward, *, lease: datetime | None
) -> Change:
    """Nobody knows whether the shop still has the voucher: it is asked again, for ever."""
    if claim.settle_by != lease:
        return change
    return _due_at(change, claim, scene.now + _TAKES_BACK_AGAIN_AFTER)


def _waits(claim: ClaimedReward, lease: datetime | None) -> bool:
    return claim.state is ClaimState.PENDING and claim.settle_by == lease


def _due_at(change: Change, claim: ClaimedReward, at: datetime | None) -> Change:
    return with_changed_claim(change, replace(claim, settle_by=at))
