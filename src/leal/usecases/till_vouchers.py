"""Vouchers at tills and in custom shops: is this code good, use it up, undo that.

leal is the store where these vouchers live. What is used is the claim of a customer, so it changes
as every customer does: of two tills that use one voucher at once, one is too late.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from leal.domain.change import Change, begin
from leal.domain.claims import ClaimedReward, ClaimState, ClaimUse, UsageStatus
from leal.domain.money import minor_digits, to_minor
from leal.domain.problems import BadRequest, Missing
from leal.domain.refusals import BalanceTooLow
from leal.domain.rewards import usage
from leal.domain.scene import Scene
from leal.storage import claims
from leal.storage.claims import Owned
from leal.storage.customers import ClaimKeys, Loaded, Wanted
from leal.usecases.desk import Ask, Desk, change, known
from leal.usecases.rewards import held, held_by


class UsedByOrder(Exception):  # noqa: N818 - an answer, not an error
    """The use is that of an order the shop has told of: only the order gives the voucher back."""


@dataclass(eq=False)
class CardTooLow(Exception):  # noqa: N818 - an answer, not an error
    """The gift card holds less than what is to be taken: `balance_minor` of `currency`."""

    balance_minor: int
    currency: str


class WhyNot(StrEnum):
    """Why a voucher would not be taken; each is the sentence that tells it."""

    NOT_READY = "The voucher is still being made: try again in a moment"
    REFUNDED = "The voucher was given back: its points are the customer's again"
    EXPIRED = "The voucher has expired"
    OVERDUE = "The time to use the voucher is over: its points are on their way back"
    USED = "The voucher was used up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A voucher as it is now, whose it is, and why it would not be taken, if it would not."""

    claim: ClaimedReward
    merchant_id: str
    why_not: WhyNot | None


async def validate(desk: Desk, ask: Ask, code: str) -> Presented:
    """Looks a voucher up by its code, in any case it may have been written in; changes nothing.

    Raises Missing.
    """

    def decide(loaded: Loaded, _scene: Scene) -> Change:
        return begin(known(loaded))

    return await _decided(desk, ask, await _owner(desk, ask, code), decide=decide)


async def use(
    desk: Desk, ask: Ask, code: str, *, reference: str, amount: Decimal | None
) -> Presented:
    """Uses a voucher under the shop's own `reference`, once: saying so again changes nothing.

    `amount` is what is taken off a gift card, in main units; None takes all that is left. Raises
    Missing, BadRequest for an amount that cannot be, CardTooLow, RewardAlreadyUsed for a voucher
    that was used under another reference, VoucherNotUsable.
    """
    owned = await _owner(desk, ask, code)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        claim = held(loaded, owned.claim_id)
        taken = _taken(claim, amount)
        started = begin(known(loaded))
        if usage.find_use(claim, reference=reference, site_id=scene.site.id) is not None:
            return started
        wanted = ClaimUse(
            key=usage.key_at_till(reference),
            reference=reference,
            amount_minor=taken,
            used_at=scene.now,
        )
        try:
            return usage.use(started, scene, claim, wanted=wanted)
        except BalanceTooLow as low:
            raise CardTooLow(low.balance_minor, claim.terms.currency) from low

    return await _decided(desk, ask, owned, decide=decide)


async def release(desk: Desk, ask: Ask, code: str, *, reference: str) -> Presented:
    """Undoes the use under a reference: the voucher is good again, the money back on the card.

    Raises Missing for a code or a use there is none of, UsedByOrder for the use of an order.
    """
    owned = await _owner(desk, ask, code)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        claim = held(loaded, owned.claim_id)
        found = usage.find_use(claim, reference=reference, site_id=scene.site.id)
        if found is None:
            raise Missing("use", "The voucher was not used under this reference")
        if found.order_id is not None:
            raise UsedByOrder
        return usage.strike(begin(known(loaded)), scene, claim, use=found)

    return await _decided(desk, ask, owned, decide=decide)


def why_not(claim: ClaimedReward, scene: Scene) -> WhyNot | None:
    """Why a till would not take the voucher at this moment; None when it would."""
    if usage.is_usable(claim, scene):
        return None
    match claim.state:
        case ClaimState.PENDING:
            return WhyNot.NOT_READY
        case ClaimState.VOID | ClaimState.DECLINED:
            return WhyNot.REFUNDED
        case ClaimState.EXPIRED:
            return WhyNot.EXPIRED
        case ClaimState.APPROVED:
            pass
        case _:
            assert_never(claim.state)
    if claim.usage_status is UsageStatus.USED:
        return WhyNot.USED
    expired = claim.expires_at is not None and claim.expires_at <= scene.now
    return WhyNot.EXPIRED if expired else WhyNot.OVERDUE


async def _owner(desk: Desk, ask: Ask, code: str) -> Owned:
    """Whose the voucher is, whatever the case its code is written in."""
    keys = ClaimKeys(codes=(usage.folded(code),))
    for owned in await claims.list_owned(desk.database, ask.program_id, keys):
        return owned
    raise Missing("voucher", "There is no voucher with this code")


async def _decided(
    desk: Desk, ask: Ask, owned: Owned, *, decide: Callable[[Loaded, Scene], Change]
) -> Presented:
    # without the lots: no points move here
    wanted = Wanted(customer_id=owned.customer_id, claims=ClaimKeys(ids=(owned.claim_id,)))
    outcome = await change(desk, ask, wanted, decide=decide)
    claim = held_by(outcome, owned.claim_id)
    return Presented(
        claim=claim, merchant_id=owned.merchant_id, why_not=why_not(claim, outcome.scene)
    )


def _taken(claim: ClaimedReward, amount: Decimal | None) -> int:
    """The amount in smallest units; 0 when none is said."""
    if amount is None:
        return 0
    if claim.balance_minor is None:
        raise BadRequest({"amount": "Must be left out: only gift cards are used in parts"})
    currency = claim.terms.currency
    try:
        return to_minor(amount, currency)
    except ValueError:
        why = f"Too fine: {currency} has {minor_digits(currency)} decimal digits"
        raise BadRequest({"amount": why}) from None
