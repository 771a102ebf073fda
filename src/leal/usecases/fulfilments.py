"""What somebody has to bring to customers: what waits, and that it was done."""

from dataclasses import dataclass

from leal.domain.change import Change, begin
from leal.domain.rewards.fulfilling import fulfil
from leal.domain.scene import Scene
from leal.storage import fulfilments as stored
from leal.storage.customers import Loaded
from leal.storage.fulfilment_calls import AddressTest, list_tests
from leal.storage.fulfilments import ClaimToFulfil, PendingFilters
from leal.usecases.desk import Ask, Desk, known
from leal.usecases.rewards import change_claim, find_owner, held, missing_claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Some of what waits, the oldest first; `more` tells whether anything follows.

    `tests` are how the addresses of the program's webhook rewards were tried.
    """

    claims: tuple[ClaimToFulfil, ...]
    more: bool
    tests: tuple[AddressTest, ...]


async def list_pending(
    desk: Desk, program_id: int, filters: PendingFilters, *, after: int, limit: int
) -> Pending:
    """What waits behind the claim `after`; 0 begins at the beginning."""
    found = await stored.list_pending(
        desk.database, program_id, filters, after=after, limit=limit + 1
    )
    tests = await list_tests(desk.database, program_id)
    return Pending(claims=found[:limit], more=len(found) > limit, tests=tests)


async def complete(desk: Desk, ask: Ask, claim_id: int) -> ClaimToFulfil:
    """Notes that a claim was brought to the customer; saying so again changes nothing.

    Raises Missing, NothingToFulfil, and RewardAlreadyRefunded for a claim that is over.
    """
    owned = await find_owner(desk, ask.program_id, claim_id)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return fulfil(begin(known(loaded)), scene, held(loaded, claim_id))

    await change_claim(desk, ask, owned, decide=decide)
    found = await stored.find(desk.database, ask.program_id, claim_id)
    if found is None:
        raise missing_claim()
    return found
