"""Requests with an idempotency key that are cut short between reserving and hearing of a shop.

Seen to fail: with the pointer left out of what is committed before the shop is asked, the same
request claims a second time.
"""

from collections.abc import Iterator

import pytest

from leal.domain.sites import VoucherStoreKind
from leal.integrations.voucher_stores import Answer as Said
from leal.integrations.voucher_stores import Made, Refused, Voucher
from leal.usecases import vouchers
from leal.usecases.verification import verify
from tests.programs import Document, lion_rewards, put
from tests.voucher_shops import Died, InterruptedStore, dies
from tests.worlds import Answer, World, world_on

_KEY = {"idempotency-key": "this one"}
_REDEEM = "/headless/2025-06/1/rewards/cart_discount_voucher/redeem?channel=web"


def _document() -> Document:
    document = lion_rewards()
    store = {"kind": "webhook", "url": "https://lion.example/vouchers"}
    put("sites.0.voucher_store", store)(document)
    return document


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """With one connection: a request that needed a second one would never end."""
    with world_on(database_url, _document(), pool_size=1) as made:
        path = "/headless/2025-06/1/customers/ann/sessions?channel=web"
        assert made.post(path, {"customer": {"email": "ann@lion.example"}}).status == 200
        assert made.post("/v2/customers/ann/points", {"points": 10_000}).status == 201
        yield made
        assert made.run(verify(made.database)).violations == ()


async def _makes(_voucher: Voucher) -> Said:
    return Made()


async def _refuses(_voucher: Voucher) -> Said:
    return Refused("no")


def _asks(world: World) -> Answer:
    return world.post(_REDEEM, {"reward_id": 1, "customer_merchant_id": "ann"}, headers=_KEY)


def _shop(world: World, store: InterruptedStore) -> None:
    world.voucher_stores[VoucherStoreKind.WEBHOOK] = store


def _dies_at(world: World) -> None:
    _shop(world, InterruptedStore(dies))
    with pytest.raises(Died):
        _asks(world)


def _claims(world: World) -> list[tuple[int, str]]:
    sql = "SELECT claimed_reward_id, state FROM claimed_rewards ORDER BY 1"
    rows = world.run(world.database.rows(sql))
    return [(row["claimed_reward_id"], row["state"]) for row in rows]


def test_no_transaction_is_open_while_the_shop_is_asked(world: World) -> None:
    asked: list[int] = []

    async def looks(_voucher: Voucher) -> Said:
        # the only connection is free, and what was reserved is there for others to see
        asked.append(await world.database.value("SELECT count(*) FROM claimed_rewards"))
        return Made()

    _shop(world, InterruptedStore(looks))
    first, again = _asks(world), _asks(world)
    assert (first.status, first.body) == (again.status, again.body)
    assert first.json["claimed_reward"]["state"] == "approved"
    assert asked == [1]


def test_a_second_request_waits_for_one_that_is_outside(world: World) -> None:
    answers: list[Answer] = []

    async def meanwhile(_voucher: Voucher) -> Said:
        body = b'{"reward_id": 1, "customer_merchant_id": "ann"}'
        headers = {"authorization": f"Bearer {world.tenant.key}", **_KEY}
        answers.append(await world.answer("POST", _REDEEM, headers=headers, body=body))
        return Made()

    _shop(world, InterruptedStore(meanwhile))
    body = b'{"reward_id": 1, "customer_merchant_id": "ann"}'
    first = world.call("POST", _REDEEM, body=body, headers=_KEY)
    assert first.status == 201
    assert [(each.status, each.code) for each in answers] == [(409, "idempotency_key_in_use")]
    assert answers[0].headers["retry-after"] == "1"


def test_the_same_request_finishes_what_a_crash_left(world: World) -> None:
    _dies_at(world)
    _shop(world, InterruptedStore(_makes))
    assert (_asks(world).status, _asks(world).code) == (409, "idempotency_key_in_use")
    world.later(seconds=61)
    first, again = _asks(world), _asks(world)
    [(claim_id, state)] = _claims(world)
    assert (first.status, state) == (201, "approved")
    assert first.json["claimed_reward"]["id"] == claim_id
    assert (again.status, again.body) == (first.status, first.body)
    assert "idempotency-hit" in again.headers


def test_background_work_that_came_first_is_what_is_answered(world: World) -> None:
    _dies_at(world)
    _shop(world, InterruptedStore(_makes))
    world.later(seconds=61)
    assert world.run(vouchers.settle_all(world.desk, world.tenant.program_id)) == 1
    _shop(world, InterruptedStore(dies))
    first = _asks(world)
    [(claim_id, state)] = _claims(world)
    assert (first.status, state) == (201, "approved")
    assert first.json["claimed_reward"]["id"] == claim_id


def test_a_shop_that_refuses_after_the_crash_is_heard(world: World) -> None:
    _dies_at(world)
    _shop(world, InterruptedStore(_refuses))
    world.later(seconds=61)
    first, again = _asks(world), _asks(world)
    assert first.status == 422
    assert (again.status, again.body) == (first.status, first.body)
    [(_, state)] = _claims(world)
    assert state in ("declined", "void")


def test_a_crash_while_a_voucher_is_taken_back_refunds_once(world: World) -> None:
    _shop(world, InterruptedStore(_makes))
    claim_id = _asks(world).json["claimed_reward"]["id"]
    path = f"/v2/customers/ann/claimed_rewards/{claim_id}/refund"
    key = {"idempotency-key": "back"}
    _shop(world, InterruptedStore(dies))
    with pytest.raises(Died):
        world.post(path, headers=key)
    _shop(world, InterruptedStore(_makes))
    world.later(seconds=61)
    first, again = (world.post(path, headers=key) for _ in range(2))
    assert first.status in (200, 201), first.body
    assert (again.status, again.body) == (first.status, first.body)


def test_a_failure_keeps_nothing_and_the_next_try_works(world: World) -> None:
    async def fails(_voucher: Voucher) -> Said:
        msg = "a bug"
        raise RuntimeError(msg)

    _shop(world, InterruptedStore(fails))
    assert _asks(world).status == 500
    _shop(world, InterruptedStore(_makes))
    # at once: nobody waits for a run that has said that it failed; the shop's own minute remains
    assert _asks(world).status == 409
    world.later(seconds=61)
    assert _asks(world).status == 201
    assert len(_claims(world)) == 1
