"""Vouchers that live in a shop: made there after the claim is saved, taken back after it ended.

reserve (the save) → ask the shop → settle or release (another save). The shop is never asked within
a save. Whatever is cut short anywhere is found by `settle_by` and finished by background work.
"""

from dataclasses import dataclass
from typing import assert_never

from leal.domain.change import Change, begin
from leal.domain.claims import ClaimedReward, find_claim
from leal.domain.customers import Customer
from leal.domain.problems import KeyInUse, Missing
from leal.domain.rewards.settling import (
    after_making,
    after_refusal,
    after_silence,
    after_silence_at_taking_back,
    after_taking_back,
    taken_up,
)
from leal.domain.scene import Scene
from leal.domain.sites import VoucherStoreKind
from leal.integrations.voucher_stores import Answer, Made, Refused, Unclear, Voucher
from leal.storage import claims
from leal.storage.claims import ClaimDue
from leal.storage.customers import ClaimKeys, Loaded, Wanted
from leal.storage.due import Key
from leal.usecases.batches import BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, Outcome, change, known, scene_now
from leal.usecases.patience import CALLS_AT_ONCE, CALLS_IN_A_RUN, Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What the shop said, and the claim after it: still pending when that was unclear."""

    outcome: Outcome
    claim: ClaimedReward
    answer: Answer

    @property
    def was_refused(self) -> bool:
        """Whether the claim came to nothing because the shop would not make the voucher."""
        return self.claim.is_over and isinstance(self.answer, Refused)


async def settle(desk: Desk, ask: Ask, outcome: Outcome, *, claim: ClaimedReward) -> Settlement:
    """Asks the shop for what `claim`, just saved in `outcome`, still needs: to make or take back.

    The claim must be ours for the moment: saved so a moment ago, or taken up.
    """
    async with desk.outside(reserved=claim.id):
        answer = await _asked(desk, ask.program_id, outcome, claim=claim)
    return await _noted(desk, ask, outcome, claim=claim, answer=answer)


async def finish(desk: Desk, ask: Ask, *, customer_id: int, claim_id: int) -> Settlement:
    """Finishes what was begun for a claim by a request that was cut short.

    Background work may have done so already. Raises KeyInUse while somebody else is asking the
    shop: the same request has its answer afterwards.
    """
    due = ClaimDue(key=Key(at=desk.now(ask.program_id), id=claim_id), customer_id=customer_id)
    outcome = await _take_up(desk, ask, due)
    claim = find_claim(outcome.account.held, claim_id)
    if claim is None:
        raise Missing("claimed_reward", "No claimed reward with this id")
    if outcome.change is not None and not outcome.change.is_empty:
        return await settle(desk, ask, outcome, claim=claim)
    if claim.settle_by is not None:
        raise KeyInUse
    return Settlement(outcome=outcome, claim=claim, answer=Made())


async def settle_all(desk: Desk, program_id: int) -> int:
    """Settles what is due of a program's claims; returns for how many. Raises WorkFailed."""
    tally, patience, after, seen = Tally(at_once=CALLS_AT_ONCE), Patience(), BEGINNING, 0
    until = (await scene_now(desk, Ask(program_id=program_id))).now
    while seen < CALLS_IN_A_RUN:
        batch = await claims.list_to_settle(
            desk.database, program_id, until=until, after=after, limit=BATCH
        )
        if not batch:
            break
        await tally.each(batch, lambda due: _settle_due(desk, program_id, due, patience=patience))
        after, seen = batch[-1].key, seen + len(batch)
    return tally.outcome()


async def _settle_due(desk: Desk, program_id: int, due: ClaimDue, *, patience: Patience) -> int:
    ask = Ask(program_id=program_id)
    outcome = await _take_up(desk, ask, due)
    claim = find_claim(outcome.account.held, due.key.id)
    if claim is None or outcome.change is None or outcome.change.is_empty:
        return 0
    shop = claim.site_id or 0
    if patience.has(shop):
        answer = await _asked(desk, program_id, outcome, claim=claim)
        patience.note(shop, answered=not isinstance(answer, Unclear))
    else:
        answer = Unclear("The store did not answer for others")
    await _noted(desk, ask, outcome, claim=claim, answer=answer)
    return 0 if isinstance(answer, Unclear) else 1


async def _take_up(desk: Desk, ask: Ask, due: ClaimDue) -> Outcome:
    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        claim = find_claim(account.held, due.key.id)
        return begin(account) if claim is None else taken_up(begin(account), scene, claim)

    wanted = _wanted(due.customer_id, due.key.id)
    return await change(desk, ask, wanted, decide=decide)


async def _asked(desk: Desk, program_id: int, outcome: Outcome, *, claim: ClaimedReward) -> Answer:
    program = outcome.scene.program
    site = program.site(claim.site_id) if claim.site_id else program.primary_site
    if site is None or claim.store is None or claim.code is None:
        return Unclear("The site whose store has the voucher is not the program's any more")
    store = desk.voucher_stores.get(VoucherStoreKind(claim.store))
    if store is None:
        return Unclear(f"There are no {claim.store} stores here")
    customer: Customer = outcome.account.customer
    voucher = Voucher(
        program_id=program_id,
        site=site,
        reward_id=claim.reward_id,
        claim_id=claim.id,
        kind=claim.kind,
        title=claim.title,
        code=claim.code,
        terms=claim.terms,
        claimed_at=claim.claimed_at,
        expires_at=claim.expires_at,
        customer_merchant_id=customer.merchant_id,
        customer_email=customer.email,
    )
    return await (store.take_back(voucher) if claim.is_over else store.create(voucher))


async def _noted(
    desk: Desk, ask: Ask, outcome: Outcome, *, claim: ClaimedReward, answer: Answer
) -> Settlement:
    """Saves what the answer makes of the claim, whatever became of the claim meanwhile."""

    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        found = find_claim(account.held, claim.id)
        if found is None:
            return begin(account)
        step = _after_taking_back if claim.is_over else _after_creating
        return step(begin(account), scene, found, asked=claim, answer=answer)

    wanted = _wanted(outcome.account.customer.id, claim.id)
    after = await change(desk, ask, wanted, decide=decide)
    found = find_claim(after.account.held, claim.id)
    if found is None:
        raise Missing("claimed_reward", "No claimed reward with this id")
    return Settlement(outcome=after, claim=found, answer=answer)


def _after_creating(
    change: Change, scene: Scene, claim: ClaimedReward, *, asked: ClaimedReward, answer: Answer
) -> Change:
    match answer:
        case Made():
            return after_making(change, scene, claim)
        case Refused():
            return after_refusal(change, scene, claim, lease=asked.settle_by)
        case Unclear():
            return after_silence(change, scene, claim, lease=asked.settle_by)
        case _:
            assert_never(answer)


def _after_taking_back(
    change: Change, scene: Scene, claim: ClaimedReward, *, asked: ClaimedReward, answer: Answer
) -> Change:
    match answer:
        case Made() | Refused():
            return after_taking_back(change, claim, lease=asked.settle_by)
        case Unclear():
            return after_silence_at_taking_back(change, scene, claim, lease=asked.settle_by)
        case _:
            assert_never(answer)


def _wanted(customer_id: int, claim_id: int) -> Wanted:
    return Wanted(customer_id=customer_id, lots=True, claims=ClaimKeys(ids=(claim_id,)))
