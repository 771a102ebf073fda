"""Switching rewards on and off: new versions of the program, and who may do it."""

import asyncio
from typing import Any

import msgspec
import pytest

from leal.storage import programs as stored
from leal.usecases.access import Scope
from tests.contract.admin.counter import (
    CARD,
    CLAIM,
    DISABLE,
    ENABLE,
    MASSAGE,
    REFUND,
    REWARD_ROUTES,
    REWARD_SCOPES,
    VOUCHER,
    Counter,
    rewards_shop,
)
from tests.contract.admin.office import basic
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards


@pytest.fixture
def counter(new_world: NewWorld) -> Counter:
    """Member 1001 has 1000 points."""
    opened = Counter(new_world(rewards_shop()))
    opened.joins(points=1000)
    return opened


def versions(counter: Counter) -> list[tuple[int, str]]:
    world = counter.world
    found = world.run(stored.list_versions(world.database, world.tenant.program_id))
    return [(each.version, each.author) for each in found]


def document(counter: Counter) -> Any:
    world = counter.world
    _, text = world.run(stored.load_current(world.database, world.tenant.program_id))
    return msgspec.json.decode(text)


def switch(counter: Counter, operation: str, reward_id: object = VOUCHER, **how: Any) -> Any:
    answer = counter.call(operation, reward_id=reward_id, **how)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_reward_goes_off_at_once_and_on_again(counter: Counter) -> None:
    claim = counter.claims(VOUCHER)
    before = document(counter)
    assert switch(counter, DISABLE) == {"updated": True, "reward": {"id": VOUCHER}}
    assert VOUCHER not in counter.available()
    answer = counter.call(CLAIM, json={"reward_id": VOUCHER})
    assert (answer.status, answer.code) == (422, "reward_not_enabled_for_customer")
    shopper = counter.world.get("/headless/2025-06/1/customers/1001?channel=web").json["customer"]
    assert VOUCHER not in [each["id"] for each in shopper["available_rewards"]]
    assert document(counter) == {
        **before,
        "rewards": [{**before["rewards"][0], "enabled": False}, *before["rewards"][1:]],
    }
    assert switch(counter, ENABLE) == {"updated": True, "reward": {"id": VOUCHER}}
    assert VOUCHER in counter.available()
    assert versions(counter) == [(3, "test (API key)"), (2, "test (API key)"), (1, "test")]
    counter.refunds(claim)


def test_what_is_so_already_makes_no_new_version(counter: Counter) -> None:
    for operation, updated in ((ENABLE, False), (DISABLE, True), (DISABLE, False)):
        assert switch(counter, operation) == {"updated": updated, "reward": {"id": VOUCHER}}
    assert [number for number, _ in versions(counter)] == [2, 1]


def test_a_claim_of_a_reward_that_is_off_stays_good(counter: Counter) -> None:
    claim = counter.claims(VOUCHER)
    switch(counter, DISABLE)
    counter.orders(discount_codes=[{"code": claim["redeemable"]["code"]}])
    answer = counter.call(REFUND, claimed_reward_id=claim["id"])
    assert (answer.status, answer.code) == (422, "reward_already_used")


def test_switches_pressed_at_once_are_all_heard(counter: Counter) -> None:
    world = counter.world
    headers = {"authorization": f"Bearer {world.tenant.key}"}

    async def press() -> list[int]:
        paths = [f"/v2/rewards/{each}/disable" for each in (VOUCHER, CARD, MASSAGE)] * 3
        answers = await asyncio.gather(
            *(world.answer("POST", path, headers=headers, body=b"") for path in paths)
        )
        return [answer.status for answer in answers]

    assert set(world.run(press())) == {200}
    off = [each["id"] for each in document(counter)["rewards"] if each.get("enabled") is False]
    assert off == [VOUCHER, CARD, MASSAGE]
    assert [number for number, _ in versions(counter)] == [4, 3, 2, 1]


def test_rewards_there_are_none_of(counter: Counter) -> None:
    for reward_id, status in ((99, 404), (0, 404), (10**16, 404), ("abc", 400), ("-1", 400)):
        assert counter.call(DISABLE, reward_id=reward_id).status == status
    assert len(versions(counter)) == 1


def test_another_program_s_rewards_stay_as_they_are(counter: Counter) -> None:
    stranger = counter.world.add_program(lion_rewards())
    assert counter.call(DISABLE, reward_id=MASSAGE, key=stranger.key).status == 404
    assert switch(counter, DISABLE, key=stranger.key)["updated"] is True
    assert VOUCHER in counter.available()


def test_keys_need_the_scope_of_the_operation(counter: Counter) -> None:
    world = counter.world
    claim = counter.claims(MASSAGE)
    for operation, scope in REWARD_SCOPES.items():
        others = [each for each in Scope if each not in (scope, "write_customers")]
        poor = world.new_key(world.tenant.program_id, *others)
        how: Any = {"claimed_reward_id": claim["id"]}
        if operation == CLAIM:
            how["json"] = {"reward_id": MASSAGE}
        answer = counter.call(operation, key=poor, **how)
        assert answer.status == 403
        assert scope in answer.json["error"]["message"]
        fit = world.new_key(world.tenant.program_id, scope)
        assert counter.call(operation, key=fit, **how).status < 300


def test_nobody_comes_in_without_credentials(counter: Counter) -> None:
    for operation in REWARD_ROUTES:
        for header in ("", "Bearer pat_" + "0" * 32, *basic("nobody", "nothing").values()):
            answer = counter.call(operation, headers={"authorization": header})
            assert answer.status == 401
    token = counter.world.session_token("1001")
    assert {counter.call(each, key=token).status for each in REWARD_ROUTES} == {401}


def test_a_site_s_pair_claims_but_does_not_configure(counter: Counter) -> None:
    site = counter.world.tenant.sites[0]
    pair = basic(site.token, site.secret)
    claim = counter.call(CLAIM, json={"reward_id": MASSAGE}, headers=pair).json["claimed_reward"]
    assert counter.call(REFUND, claimed_reward_id=claim["id"], headers=pair).status == 200
    for operation in (ENABLE, DISABLE):
        answer = counter.call(operation, headers=pair)
        assert answer.status == 403
        assert "API key" in answer.json["error"]["message"]
    assert len(versions(counter)) == 1
