"""Ledger entries for tests that no use case writes yet, saved the way every change is."""

from dataclasses import replace
from datetime import timedelta

from leal.domain.change import begin, with_claim, with_history, with_transaction
from leal.domain.claims import (
    ClaimedReward,
    ClaimSource,
    ClaimState,
    Fulfilment,
    Terms,
)
from leal.domain.customers import HistoryKind, HistoryRow, Resource, Transaction
from leal.domain.rewards import Reward
from leal.domain.rewards.custom import CustomReward
from leal.domain.rewards.promises import terms_of
from leal.storage import customers
from leal.storage.customers import Wanted
from tests.contract.admin.office import Office


def spend(
    office: Office,
    reward: Reward,
    *,
    points: int = 10,
    state: ClaimState = ClaimState.APPROVED,
    code: str | None = "LL-ABC",
    terms: Terms | None = None,
) -> None:
    """Customer 1001 pays points for a reward."""
    world = office.world
    entry = HistoryRow(
        id=0,
        kind=HistoryKind.REDEEMED,
        state="approved",
        happened_at=world.now,
        points=-points,
        reward_id=reward.id,
        reward_kind=reward.KIND,
    )
    claim = ClaimedReward(
        id=0,
        reward_id=reward.id,
        kind=reward.KIND,
        title="As it was called then",
        state=state,
        source=ClaimSource.POINTS,
        points_cost=points,
        code=code,
        terms=terms or terms_of(reward, currency="usd", language="en"),
        claimed_at=world.now,
        auto_refund_at=world.now + timedelta(days=1),
        expires_at=world.now + timedelta(days=30),
        balance_minor=terms_of(reward, currency="usd", language="en").initial_balance_minor,
        fulfilment=Fulfilment.MANUAL if isinstance(reward, CustomReward) else None,
    )
    _post(office, entry, resource=Resource.CLAIMED_REWARD, points=-points, claim=claim)


def expire(office: Office, *, points: int) -> None:
    """Points of customer 1001 come to their end."""
    entry = HistoryRow(
        id=0,
        kind=HistoryKind.EXPIRED,
        state=None,
        happened_at=office.world.now,
        points=-points,
    )
    _post(office, entry, resource=Resource.EXPIRY, points=-points)


def earn(office: Office, *, state: str, rule_id: int, kind: str, points: int = 7) -> None:
    """Customer 1001 completed a rule, and what came of it is in this state."""
    entry = HistoryRow(
        id=0,
        kind=HistoryKind.EARNED,
        state=state,
        happened_at=office.world.now,
        points=points,
        rule_id=rule_id,
        rule_kind=kind,
        title="As it was called then",
    )
    _post(office, entry, resource=Resource.ACTIVITY, points=points)


def _post(
    office: Office,
    entry: HistoryRow,
    *,
    resource: Resource,
    points: int,
    claim: ClaimedReward | None = None,
) -> None:
    world = office.world
    program_id = world.tenant.program_id
    loaded = world.run(
        customers.load(world.database, program_id, Wanted(merchant_id="1001", lots=True))
    )
    assert loaded.account
    change, entry = with_history(begin(loaded.account), entry)
    posted = Transaction(
        history_id=entry.id,
        resource=resource,
        cause="test",
        points_approved=points,
        lots=((None, points),),
        created_at=world.now,
    )
    if claim is not None:
        change, claim = with_claim(change, claim)
        posted = replace(posted, claimed_reward_id=claim.id)
    saved = customers.save(world.database, program_id, with_transaction(change, posted))
    assert world.run(saved)
