"""Merchants' servers that bring custom rewards: told until they accept, and tried when published.

Planted bugs these have caught: a message id that changed with every repetition, a call for a claim
that had been given back, an address tried again by every publication.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from leal.cli.main import app
from leal.domain.claims import ClaimedReward, ClaimState
from leal.domain.enrolment import Visit
from leal.domain.rewards.redeeming import Redemption
from leal.integrations.fulfilment import FulfilmentCall, SignedFulfilment
from leal.integrations.outgoing import Delivery
from leal.storage import fulfilment_calls as stored
from leal.storage.fulfilment_calls import AddressTest
from leal.usecases import customers, fulfilment_calls, points, rewards
from leal.usecases.desk import Ask
from leal.usecases.fulfilment_calls import TESTS_OF_AN_ADDRESS, pause
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify
from tests.cli.command import Leal
from tests.merchants import Heard, Merchant, make_certificate, open_merchant, outgoing_to
from tests.programs import Document, lion_rewards, put
from tests.worlds import World, world_on


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def _reward(reward_id: int, url: str) -> Document:
    how: Document = {"kind": "webhook", "url": url}
    shown: Document = {"id": reward_id, "kind": "custom", "title": "A plush lion", "cost": 10}
    return {**shown, "fulfillment": how}


def _document(*found: Document) -> Document:
    document = lion_rewards()
    put("rules", [])(document)
    put("rewards", list(found))(document)
    return document


@dataclass(slots=True)
class Stage:
    """A program with one reward that the merchant brings, and Ann with points."""

    world: World
    merchant: Merchant

    @property
    def program_id(self) -> int:
        return self.world.tenant.program_id

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.program_id)

    @property
    def told(self) -> list[Heard]:
        """The calls about claims."""
        return [heard for heard in self.merchant.heard if not heard.json["test"]]

    @property
    def tried(self) -> list[Heard]:
        """The test calls."""
        return [heard for heard in self.merchant.heard if heard.json["test"]]

    def answers(self, *statuses: int) -> None:
        """From now on these, one a request, and 200 after them."""
        left = iter(statuses)
        self.merchant.answer = lambda _heard: next(left, 200)

    def claims(self, reward_id: int = 1) -> ClaimedReward:
        wanted = Redemption(reward_id=reward_id)
        return self.world.run(rewards.claim(self.world.desk, self.ask, "ann", wanted=wanted))[1]

    def refunds(self, claim: ClaimedReward) -> None:
        owned = self.world.run(rewards.find_owner(self.world.desk, self.program_id, claim.id))
        self.world.run(rewards.refund(self.world.desk, self.ask, owned))

    def works(self) -> int:
        return self.world.run(fulfilment_calls.call_all(self.world.desk, self.program_id))

    def shown(self) -> ClaimedReward:
        """Ann's newest claim."""
        return self.world.run(customers.get(self.world.desk, self.ask, "ann")).account.claims[0]

    def waiting(self) -> list[Any]:
        """Attempts, last answer, and the pause until the next call."""
        sql = "SELECT attempts, last_answer, call_at FROM fulfilment_calls WHERE program_id = $1"
        rows = self.world.run(self.world.database.rows(sql, self.program_id))
        return [(row["attempts"], row["last_answer"], row["call_at"]) for row in rows]

    def tests(self) -> tuple[AddressTest, ...]:
        return self.world.run(stored.list_tests(self.world.database, self.program_id))

    def is_sound(self) -> bool:
        return not self.world.run(verify(self.world.database)).violations


@pytest.fixture
def stage(database_url: str, certificate: Path) -> Iterator[Stage]:
    with (
        open_merchant(lambda _heard: 200, certificate) as merchant,
        world_on(database_url, _document(_reward(1, merchant.url()))) as world,
        closing(outgoing_to(certificate, limit_seconds=1)) as outgoing,
    ):

        async def secret(_program_id: int, _site_id: int) -> str:
            return world.tenant.sites[0].secret

        caller = SignedFulfilment(outgoing, site_secret=secret, clock=lambda: world.now)
        world.desk = replace(world.desk, fulfilment=caller)
        opened = Stage(world, merchant)
        visit = Visit(email="ann@lion.example")
        world.run(
            customers.initialize_session(world.desk, opened.ask, merchant_id="ann", visit=visit)
        )
        world.run(points.add(world.desk, opened.ask, "ann", points=1000, reason=None))
        opened.works()
        yield opened
        merchant.until_idle()


def test_a_claim_is_fulfilled_when_the_merchant_accepts_it(stage: Stage) -> None:
    claim = stage.claims()
    assert claim.fulfilled_at is None
    assert stage.works() == 1
    assert stage.shown().fulfilled_at == stage.world.now
    assert stage.waiting() == []
    assert [heard.json["customer_merchant_id"] for heard in stage.told] == ["ann"]
    assert stage.told[0].headers["x-loyaltylion-topic"] == "rewards/store_fulfilment"
    stage.world.later(days=1)
    assert stage.works() == 0
    assert len(stage.told) == 1
    assert stage.is_sound()


def test_a_claim_is_told_until_it_is_accepted_always_under_the_same_id(stage: Stage) -> None:
    stage.answers(500, 301, 410, 429)
    claim = stage.claims()
    other = stage.claims()
    for attempt, least in ((1, 48), (2, 96)):
        assert stage.works() == 0
        waits = stage.waiting()
        assert {attempts for attempts, *_ in waits} == {attempt}
        for _, answer, call_at in waits:
            assert answer.startswith("Answered ")
            assert least <= (call_at - stage.world.now).total_seconds() <= least * 1.5
        assert stage.works() == 0
        assert len(stage.told) == 2 * attempt
        stage.world.now += timedelta(seconds=least * 1.5)
    assert stage.works() == 2
    ids = [heard.headers["webhook-id"] for heard in stage.told]
    assert {each: ids.count(each) for each in ids} == {
        f"fulfilment-{stage.program_id}-{claim.id}": 3,
        f"fulfilment-{stage.program_id}-{other.id}": 3,
    }
    assert stage.waiting() == []
    assert stage.is_sound()


def test_nobody_hears_of_a_claim_that_was_given_back(stage: Stage) -> None:
    stage.refunds(stage.claims())
    assert stage.works() == 1
    assert stage.told == []
    assert stage.waiting() == []


def test_a_claim_given_back_while_the_merchant_hears_of_it_stays_so(stage: Stage) -> None:
    claim = stage.claims()
    good = stage.world.desk.fulfilment

    @dataclass
    class Meanwhile:
        async def call(self, call: FulfilmentCall) -> Delivery:
            owned = await rewards.find_owner(stage.world.desk, stage.program_id, claim.id)
            await rewards.refund(stage.world.desk, stage.ask, owned)
            return await good.call(call)

    stage.world.desk = replace(stage.world.desk, fulfilment=Meanwhile())
    assert stage.works() == 1
    assert (stage.shown().state, stage.shown().fulfilled_at) == (ClaimState.VOID, None)
    assert stage.waiting() == []
    assert stage.is_sound()


def test_a_process_that_dies_after_the_call_calls_once_more_with_the_same_id(stage: Stage) -> None:
    claim = stage.claims()
    good = stage.world.desk.fulfilment

    class _Died(BaseException):
        pass

    @dataclass
    class Dying:
        async def call(self, call: FulfilmentCall) -> Delivery:
            await good.call(call)
            raise _Died

    dying = replace(stage.world.desk, fulfilment=Dying())
    with pytest.raises(_Died):
        stage.world.run(fulfilment_calls.call_all(dying, stage.program_id))
    assert stage.works() == 0, "whoever died may still be calling"
    stage.world.later(minutes=1)
    assert stage.works() == 1
    assert stage.shown().fulfilled_at == stage.world.now
    ids = [heard.headers["webhook-id"] for heard in stage.told]
    assert ids == [f"fulfilment-{stage.program_id}-{claim.id}"] * 2


@pytest.mark.parametrize("gone", [True, False])
def test_a_claim_whose_reward_has_no_address_stays_listed(stage: Stage, *, gone: bool) -> None:
    stage.claims()
    by_hand = _reward(1, stage.merchant.url()) | {"fulfillment": {"kind": "manual"}}
    document = _document() if gone else _document(by_hand)
    stage.world.publish(document)
    for _ in range(3):
        assert stage.works() == 0
        [(attempts, answer, call_at)] = stage.waiting()
        assert attempts == 0
        assert answer.startswith("The reward has no address any more")
        assert call_at == stage.world.now + timedelta(days=1)
        stage.world.later(days=1)
    assert stage.told == []
    stage.world.publish(_document(_reward(1, stage.merchant.url("/new"))))
    stage.works()
    assert [heard.path for heard in stage.told] == ["/new"]
    assert stage.waiting() == []


def test_a_merchant_who_hangs_holds_up_the_others_only_briefly(
    stage: Stage, certificate: Path
) -> None:
    """Thirty claims wait for one who hangs longer than a call may last, ten for another."""

    def hang(heard: Heard) -> int:
        time.sleep(0 if heard.json["test"] else 1.2)
        return 200

    with open_merchant(hang, certificate) as hanging:
        stage.world.publish(_document(_reward(1, stage.merchant.url()), _reward(2, hanging.url())))
        for _ in range(30):
            stage.claims(2)
        for _ in range(10):
            stage.claims(1)
        began = time.monotonic()
        assert stage.works() == 10 + 1  # and the test of the new address
        assert time.monotonic() - began < 8
        assert len(hanging.heard) <= 1 + 8
        hanging.until_idle()


def test_an_address_is_tried_when_it_is_new_and_only_then(stage: Stage) -> None:
    assert len(stage.tried) == 1
    assert stage.tried[0].json["customer_id"] is None
    [test] = stage.tests()
    assert (test.passed, test.attempts, test.call_at) == (True, 1, None)
    assert (test.last_answer or "").startswith("Answered 200")
    stage.world.publish(_document(_reward(1, stage.merchant.url())))
    stage.works()
    assert len(stage.tried) == 1
    stage.world.publish(
        _document(_reward(1, stage.merchant.url("/new")), _reward(2, stage.merchant.url("/two")))
    )
    assert [(each.reward_id, each.passed) for each in stage.tests()] == [(1, False), (2, False)]
    assert stage.works() == 2
    assert [heard.path for heard in stage.tried] == ["/hook", "/new", "/two"]
    assert len({heard.headers["webhook-id"] for heard in stage.tried}) == 3
    stage.world.publish(_document())
    assert stage.tests() == ()


def test_an_address_that_never_accepts_is_tried_ten_times_more(stage: Stage) -> None:
    stage.merchant.answer = lambda _heard: 404
    stage.world.publish(_document(_reward(1, stage.merchant.url("/wrong"))))
    for _ in range(20):
        assert stage.works() == 0
        stage.world.later(hours=8)
    [test] = stage.tests()
    assert (test.attempts, test.passed, test.call_at) == (TESTS_OF_AN_ADDRESS, False, None)
    assert (test.last_answer or "").startswith("Answered 404")
    assert len(stage.tried) == 1 + TESTS_OF_AN_ADDRESS


def test_an_answer_to_an_old_address_is_not_held_for_one_to_the_new(stage: Stage) -> None:
    stage.world.publish(_document(_reward(1, stage.merchant.url("/old"))))
    publisher = Publisher(stage.world.database, stage.world.sealer, fresh=lambda n: "0" * 2 * n)
    good = stage.world.desk.fulfilment

    @dataclass
    class Meanwhile:
        async def call(self, call: FulfilmentCall) -> Delivery:
            document = _document(_reward(1, stage.merchant.url("/new")))
            now = stage.world.now
            await publisher.publish(stage.program_id, document, author="test", now=now)
            return await good.call(call)

    meanwhile = replace(stage.world.desk, fulfilment=Meanwhile())
    stage.world.run(fulfilment_calls.call_all(meanwhile, stage.program_id))
    [test] = stage.tests()
    assert (test.url, test.attempts, test.passed) == (stage.merchant.url("/new"), 0, False)
    assert stage.works() == 1
    assert stage.tests()[0].passed


def test_the_command_line_says_that_an_address_will_be_tried(
    database_url: str, tmp_path: Path
) -> None:
    leal = Leal(database_url, tmp_path)
    words = ("program", "apply", leal.write(rewards=[_reward(1, "https://shop.example/hook")]))
    first, second = (CliRunner().invoke(app, words, env=leal.environ()) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    told = " ".join(first.stderr.split())
    assert "a worker calls the address of reward 1" in told
    assert "GET /leal/v1/fulfilments" in told
    assert "calls the address" not in second.stderr


@given(attempts=st.integers(1, 10_000), entropy=st.binary(min_size=32, max_size=32))
def test_pauses_double_from_a_minute_to_six_hours(attempts: int, entropy: bytes) -> None:
    wanted = min(60 * 2 ** (attempts - 1), 6 * 3600)
    assert 0.8 * wanted <= pause(attempts, entropy).total_seconds() < 1.2 * wanted
