"""Telling merchants' servers of claims that they bring, and trying their addresses.

A claim's call is repeated until the server accepts it, and then the claim is fulfilled. Who makes a
call takes its row up first, so that no two make it at the same moment; after a crash it is made
again, with the same message id.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leal.domain.change import Change, begin
from leal.domain.problems import Missing
from leal.domain.refusals import RewardAlreadyRefunded
from leal.domain.rewards.fulfilling import address_of, fulfil
from leal.domain.scene import Scene
from leal.integrations.fulfilment import FulfilmentCall
from leal.integrations.outgoing import Answered, Delivery
from leal.storage import fulfilment_calls as stored
from leal.storage.claims import Owned
from leal.storage.customers import Loaded
from leal.storage.due import Key
from leal.storage.fulfilment_calls import AddressTest, DueCall
from leal.usecases.batches import BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, known, scene_now
from leal.usecases.patience import CALLS_AT_ONCE, CALLS_IN_A_RUN, Patience
from leal.usecases.rewards import change_claim, held

TESTS_OF_AN_ADDRESS = 11
"""An address that does not accept its first test call is tried ten times more."""

_OURS_FOR = timedelta(seconds=60)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
_WITHOUT_ADDRESS_AGAIN_AFTER = timedelta(days=1)
_NO_ADDRESS = "The reward has no address any more: publish one, or mark the claim as fulfilled"
_LONGEST_ANSWER_CHARACTERS = 500


async def call_all(desk: Desk, program_id: int) -> int:
    """Makes the calls that are due; returns how many were accepted. Raises WorkFailed."""
    scene = await scene_now(desk, Ask(program_id=program_id))
    calls = _Calls(desk=desk, scene=scene, patience=Patience())
    tally, after, seen = Tally(at_once=CALLS_AT_ONCE), BEGINNING, 0
    tests = await stored.list_tests_due(desk.database, program_id, until=scene.now, limit=BATCH)
    await tally.each(tests, calls.try_address)
    while seen < CALLS_IN_A_RUN:
        batch = await stored.list_due(
            desk.database, program_id, until=scene.now, after=after, limit=BATCH
        )
        if not batch:
            break
        await tally.each(batch, calls.tell)
        after, seen = batch[-1].key, seen + len(batch)
    return tally.outcome()


def pause(attempts: int, entropy: bytes) -> timedelta:
    """How long to wait after so many failed attempts: a minute, doubled each time, to six hours.

    A fifth more or less, by chance, so that calls that failed together do not come together again.
    """
    doubled = _FIRST_PAUSE * (1 << min(attempts - 1, 10))
    chance = int.from_bytes(entropy[:4]) / 2**32
    return min(doubled, _LONGEST_PAUSE) * (0.8 + 0.4 * chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calls:
    """One run over a program's calls."""

    desk: Desk
    scene: Scene
    patience: Patience

    @property
    def program_id(self) -> int:
        return self.scene.published.id

    async def tell(self, due: DueCall) -> int:
        """Tells of one claim; 1 when that is done for good."""
        if due.is_over:
            await stored.remove(self.desk.database, self.program_id, due.key.id)
            return 1
        if not self.patience.has(due.reward_id):
            return 0
        url = self._address(due.reward_id)
        if url is None:
            await self._put_off(due, by=_WITHOUT_ADDRESS_AGAIN_AFTER, answer=_NO_ADDRESS)
            return 0
        mine = await self._put_off(due, by=_OURS_FOR)
        if mine is None:
            return 0
        delivery = await self._call(due, url)
        accepted = _is_accepted(delivery)
        self.patience.note(due.reward_id, answered=accepted)
        if accepted:
            await self._fulfilled(due)
            return 1
        tried = replace(mine, attempts=due.attempts + 1)
        wait = pause(tried.attempts, self.desk.entropy())
        await self._put_off(tried, by=wait, answer=_told(delivery))
        return 0

    async def try_address(self, test: AddressTest) -> int:
        """Makes one test call; 1 when the address needs no more."""
        database, program_id = self.desk.database, self.program_id
        mine = replace(test, call_at=self._now() + _OURS_FOR)
        if not await stored.save_test(database, program_id, before=test, after=mine):
            return 0
        delivery = await self.desk.fulfilment.call(
            FulfilmentCall(
                program_id=program_id,
                site=self.scene.program.primary_site,
                url=test.url,
                message_id=f"fulfilment-test-{program_id}-{test.reward_id}-{test.version}",
                reward_id=test.reward_id,
            )
        )
        attempts, passed = test.attempts + 1, _is_accepted(delivery)
        is_last = passed or attempts >= TESTS_OF_AN_ADDRESS
        wait = pause(attempts, self.desk.entropy())
        after = replace(
            mine,
            call_at=None if is_last else self._now() + wait,
            attempts=attempts,
            passed=passed,
            last_answer=_told(delivery),
        )
        await stored.save_test(database, program_id, before=mine, after=after)
        return int(passed)

    async def _call(self, due: DueCall, url: str) -> Delivery:
        program = self.scene.program
        site = program.site(due.site_id) if due.site_id is not None else None
        return await self.desk.fulfilment.call(
            FulfilmentCall(
                program_id=self.program_id,
                site=site or program.primary_site,
                url=url,
                message_id=f"fulfilment-{self.program_id}-{due.key.id}",
                reward_id=due.reward_id,
                customer_id=due.customer_id,
                customer_merchant_id=due.merchant_id,
                customer_email=due.email,
            )
        )

    async def _fulfilled(self, due: DueCall) -> None:
        def decide(loaded: Loaded, scene: Scene) -> Change:
            return fulfil(begin(known(loaded)), scene, held(loaded, due.key.id))

        owned = Owned(claim_id=due.key.id, customer_id=due.customer_id, merchant_id=due.merchant_id)
        with suppress(Missing, RewardAlreadyRefunded):  # given back while the merchant was told
            await change_claim(self.desk, Ask(program_id=self.program_id), owned, decide=decide)
        await stored.remove(self.desk.database, self.program_id, due.key.id)

    async def _put_off(
        self, due: DueCall, *, by: timedelta, answer: str | None = None
    ) -> DueCall | None:
        until = self._now() + by
        call = await stored.put_off(
            self.desk.database, self.program_id, due, until=until, answer=answer
        )
        return replace(due, key=Key(at=until, id=due.key.id)) if call else None

    def _address(self, reward_id: int) -> str | None:
        reward = self.scene.program.reward(reward_id)
        return None if reward is None else address_of(reward)

    def _now(self) -> datetime:
        return self.desk.now(self.program_id)


def _is_accepted(delivery: Delivery) -> bool:
    return isinstance(delivery, Answered) and 200 <= delivery.status < 300  # noqa: PLR2004 - 2xx


def _told(delivery: Delivery) -> str:
    """What came of a call, without what the server said: that may be nobody else's business."""
    if isinstance(delivery, Answered):
        return f"Answered {delivery.status} after {delivery.duration_ms} ms"
    return delivery.reason[:_LONGEST_ANSWER_CHARACTERS]
