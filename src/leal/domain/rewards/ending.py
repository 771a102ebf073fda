"""How claims end: refunded, in whole or in part, or expired; and settled by a voucher store.

What a refund gives back goes into the lots it came from, those that last longest first, and is
good for at least the notice period of the program. A claim that has ended never comes back.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from leal.domain.change import (
    Change,
    StockMove,
    with_changed_claim,
    with_changed_row,
    with_counter,
    with_event,
    with_stock,
    with_transaction,
)
from leal.domain.claims import ClaimedReward, ClaimState, Lots
from leal.domain.customers import HistoryKind, HistoryRow, Resource, Subject, Transaction
from leal.domain.lapsing import by_date, first_lapse_at, notice_period
from leal.domain.limits import untally
from leal.domain.lots import Moves, put
from leal.domain.points import touched, within_range
from leal.domain.refusals import (
    RewardAlreadyRefunded,
    RewardAlreadyUsed,
    RewardExpired,
    VoucherNotUsable,
)
from leal.domain.rewards.issuing import STORE_ANSWERS_WITHIN
from leal.domain.scene import Scene
from leal.domain.topics import REWARD_EXPIRED, REWARD_REFUNDED

_KINDS = (HistoryKind.REDEEMED, HistoryKind.RECEIVED)


def refuse_unless_refundable(claim: ClaimedReward, now: datetime) -> None:
    """Raises RewardAlreadyRefunded, RewardExpired, RewardAlreadyUsed or VoucherNotUsable.

    What has come to its day has expired, whether background work has noted it yet or not. The last
    is for a voucher that a shop is still making: what is asked of it next could overtake.
    """
    match claim.state:
        case ClaimState.VOID | ClaimState.DECLINED:
            raise RewardAlreadyRefunded
        case ClaimState.EXPIRED:
            raise RewardExpired
        case ClaimState.PENDING | ClaimState.APPROVED:
            pass
    if not claim.is_unused:
        raise RewardAlreadyUsed
    if claim.expires_at is not None and claim.expires_at <= now:
        raise RewardExpired
    if _is_being_made(claim):
        raise VoucherNotUsable


def void(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """Ends a claim and gives back all points that are still spent on it.

    `account.rows` must hold the claim's row of history. What was given away goes back on the shelf,
    and the claim no longer counts towards the reward's limit; its code is never used again.
    """
    change = _given_back(change, scene, claim, points=claim.points_cost - claim.points_refunded)
    ended = replace(
        claim,
        state=ClaimState.VOID,
        points_refunded=claim.points_cost,
        settle_by=scene.now + STORE_ANSWERS_WITHIN if claim.store else None,
    )
    change = _moved(change, ended, row_state=ClaimState.VOID)
    change = _uncounted(_back_on_shelf(change, claim), scene, claim)
    change = with_event(change, REWARD_REFUNDED, _told(ended), now=scene.now, claim=ended)
    return within_range(touched(change, scene.now))


def refund_part(change: Change, scene: Scene, claim: ClaimedReward, *, points: int) -> Change:
    """Gives back so many points in all of a claim that stays what it is; never takes any again."""
    more = min(points, claim.points_cost) - claim.points_refunded
    if more <= 0 or claim.is_over:
        return change
    change = _given_back(change, scene, claim, points=more)
    change = with_changed_claim(
        change, replace(claim, points_refunded=claim.points_refunded + more)
    )
    return within_range(touched(change, scene.now))


def expire(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """Ends a claim whose day has come; its points stay spent. Others stay as they are."""
    if claim.is_over or claim.expires_at is None or claim.expires_at > scene.now:
        return change
    if _is_being_made(claim):
        return change
    if claim.used_at is not None and claim.balance_minor is None:
        return change
    ended = replace(
        claim,
        state=ClaimState.EXPIRED,
        settle_by=scene.now + STORE_ANSWERS_WITHIN if claim.store else None,
    )
    change = _moved(change, ended, row_state=ClaimState.EXPIRED)
    change = with_event(change, REWARD_EXPIRED, _told(ended), now=scene.now, claim=ended)
    return touched(change, scene.now)


def refund_if_due(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """Undoes an unused claim whose time to be used is over."""
    due = claim.auto_refund_at is not None and claim.auto_refund_at <= scene.now
    if claim.fulfilled_at is not None:
        return change
    if not due or claim.is_over or not claim.is_unused or _is_being_made(claim):
        return change
    return void(change, scene, claim)


def made(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    """A claim that waited is good now: its voucher was made, or its code has come."""
    if claim.state is not ClaimState.PENDING:
        return change
    approved = replace(claim, state=ClaimState.APPROVED, settle_by=None)
    return touched(_moved(change, approved, row_state=ClaimState.APPROVED), scene.now)


def _is_being_made(claim: ClaimedReward) -> bool:
    return claim.state is ClaimState.PENDING and claim.settle_by is not None


def _moved(change: Change, claim: ClaimedReward, *, row_state: ClaimState) -> Change:
    change = with_changed_claim(change, claim)
    return with_changed_row(change, replace(_row_of(change, claim), state=row_state))


def _row_of(change: Change, claim: ClaimedReward) -> HistoryRow:
    for row in change.account.rows:
        if row.claimed_reward_id == claim.id and row.kind in _KINDS:
            return row
    msg = f"the history of claim {claim.id} was not loaded"
    raise ValueError(msg)


def _given_back(change: Change, scene: Scene, claim: ClaimedReward, *, points: int) -> Change:
    """Posts the points back, each kind of lot by itself; the debts of the balance come first."""
    if points == 0:
        return change
    moves: Moves = ()
    balance = change.customer
    for expires, part in sorted(_lots_of(claim, points), key=_lasting):
        change, moved = put(change, part, expires_at=_good_until(expires, scene))
        moves += moved
        # `put` looks at the balance to see how much of a debt is left for the next lot
        approved = change.customer.points_approved + part
        change = _with_balance(change, approved)
    change = _with_balance(change, balance.points_approved)
    entry = Transaction(
        history_id=_row_of(change, claim).id,
        claimed_reward_id=claim.id,
        resource=Resource.CLAIMED_REWARD,
        cause=f"refunded from {claim.points_refunded}",
        points_approved=points,
        points_spent=-points,
        lots=_merged(moves),
        created_at=scene.now,
    )
    return with_transaction(change, entry)


def _with_balance(change: Change, approved: int) -> Change:
    customer = replace(change.customer, points_approved=approved)
    return replace(change, account=replace(change.account, customer=customer))


def _lots_of(claim: ClaimedReward, points: int) -> Iterator[tuple[datetime | None, int]]:
    """Where the next `points` go: the lots that last longest, of those that are not back yet."""
    skip = claim.points_refunded
    for expires, paid in sorted(claim.paid_lots, key=_lasting, reverse=True):
        passed = min(skip, paid)
        skip -= passed
        part = min(points, paid - passed)
        if part:
            points -= part
            yield expires, part
    if points:
        msg = f"claim {claim.id} was paid from {points} points less than it cost"
        raise ValueError(msg)


def _lasting(lot: tuple[datetime | None, int]) -> tuple[bool, float]:
    expires = lot[0]
    return expires is None, 0.0 if expires is None else expires.timestamp()


def _good_until(expires: datetime | None, scene: Scene) -> datetime | None:
    """The lot's own day, put off to the end of the notice period where that is later.

    Lots without a day are over as well once points from before expiry was switched on are.
    """
    first = first_lapse_at(scene.program)
    if not by_date(scene.program) or first is None:
        return expires
    least = scene.now + max(notice_period(scene.program), timedelta(days=1))
    return expires if (expires or first) > least else least


def _merged(moves: Moves) -> Lots:
    sums: dict[datetime | None, int] = {}
    for expires, points in moves:
        sums[expires] = sums.get(expires, 0) + points
    return tuple(sums.items())


def _back_on_shelf(change: Change, claim: ClaimedReward) -> Change:
    """What the claim took from the shelf goes back, whatever became of the reward meanwhile."""
    product = claim.terms.product
    if not claim.from_shelf or product is None or product.variant_id is None:
        return change
    back = StockMove(reward_id=claim.reward_id, variant_id=product.variant_id, given=-1, limit=0)
    return with_stock(change, back)


def _uncounted(change: Change, scene: Scene, claim: ClaimedReward) -> Change:
    reward = scene.program.reward(claim.reward_id)
    counter = change.account.counter(Subject.REWARD, claim.reward_id)
    if reward is None or counter is None:
        return change
    zone = reward.zone(scene.program)
    return with_counter(change, untally(counter, at=claim.claimed_at, zone=zone))


def _told(claim: ClaimedReward) -> dict[str, object]:
    return {"reward_id": claim.reward_id, "kind": claim.kind}
