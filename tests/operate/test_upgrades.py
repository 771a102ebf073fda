"""A database of an older leal, brought up to date: the books add up, and everything goes on.

Seen to fail: claims of migration 6 had no event, which `leal verify` took for lost ones; and with
the ids of customers not copied in migration 16, every customer is gone.
"""

from pathlib import Path
from typing import Any

import pytest

from leal.usecases.due import run_until_nothing_is_due
from tests.cli.command import Leal
from tests.operate.old_releases import OldRelease, old_release, reopened
from tests.worlds import Answer, World

_SHOP = "/headless/2025-06/1"
_SALE = {"total_shipping": "5.00", "payment_status": "paid"}
_STANDING = {
    "payment_status": "paid",
    "refund_status": "not_refunded",
    "cancellation_status": "not_cancelled",
}
_ANN = f"{_SHOP}/customers/ann?channel=web&language=en"
_UNTOLD = ("resource", None)
"""Entries of the ledger did not say which order they are for."""


@pytest.mark.parametrize("number", [6, 12])
def test_an_old_database_goes_on(number: int, empty_database_url: str, tmp_path: Path) -> None:
    old = old_release(number)
    old.fill(empty_database_url)
    leal = Leal(database_url=empty_database_url, folder=tmp_path)

    assert leal.fail("verify").endswith("run `leal migrate`\n")
    leal.run("migrate")
    leal.run("migrate", "--check")
    leal.run("verify")
    with reopened(empty_database_url, old) as world:
        _answers_as_before(world, old)
        _spends_and_earns(world, old)
        _orders_change(world)
        if number == 12:
            _claims_and_friends_change(world)
        world.run(run_until_nothing_is_due(world.desk, old.program_id))
        _everything_was_told(world)
    leal.run("verify")


def _answers_as_before(world: World, old: OldRelease) -> None:
    for path, before in old.documents.items():
        answer = world.get(path)
        assert answer.status == 200, path
        assert _kept(before, answer.json) == before, path


def _kept(before: Any, now: Any) -> Any:
    """What of an answer was in it before: more may be told today."""
    if isinstance(before, dict):
        return {
            name: value if (name, value) == _UNTOLD else _kept(value, now[name])
            for name, value in before.items()
        }
    if isinstance(before, list) and len(before) == len(now):
        return [_kept(*pair) for pair in zip(before, now, strict=True)]
    return now


def _spends_and_earns(world: World, old: OldRelease) -> None:
    approved, pending, spent = _points(world, "ann")
    bought = _redeem(world, reward_id=1)
    assert _points(world, "ann") == (approved - 400, pending, spent + 400)
    _good(world.post(f"/v2/customers/ann/claimed_rewards/{bought}/refund"))
    assert _points(world, "ann") == (approved, pending, spent)
    _good(world.post("/v2/customers/ann/points", {"points": 25}))
    assert _points(world, "ann") == (approved + 25, pending, spent)
    # an old voucher is used up by a new order
    ((code, _),) = [
        (each["redeemable"]["code"], each["id"])
        for each in old.documents[_ANN]["customer"]["claimed_rewards"]
        if each["id"] == 1
    ]
    _order(world, "z1", "ann", "25.00", discount_codes=[{"code": code, "amount": "5.00"}])
    assert _claims(world, "ann")[1]["redeemable"]["usage_status"] == "used"


def _orders_change(world: World) -> None:
    _, pending, _ = _points(world, "bob")
    _good(world.call("PUT", "/v2/orders/u1", json=_STANDING))
    assert _points(world, "bob")[1] == pending + 200
    approved, pending, _ = _points(world, "ann")
    _good(world.call("PUT", "/v2/orders/a2", json=_STANDING | {"refund_status": "refunded"}))
    _good(world.call("PUT", "/v2/orders/a3", json=_STANDING | {"cancellation_status": "cancelled"}))
    assert _points(world, "ann")[:2] == (approved - 400, pending - 600)
    # who bought as a guest then joins now
    path = f"{_SHOP}/customers/cat/sessions?channel=web"
    joined = world.post(path, {"customer": {"email": "cat@lion.example"}, "session": {}})
    assert _good(joined)["customer"]["state"] == "enrolled"


def _claims_and_friends_change(world: World) -> None:
    approved, _, spent = _points(world, "ann")
    _good(world.post("/v2/customers/ann/claimed_rewards/5/refund"))
    assert _points(world, "ann")[::2] == (approved + 200, spent - 200)
    referrer = _points(world, "bob")[0]
    _good(world.call("PUT", "/v2/orders/f1", json=_STANDING | {"refund_status": "refunded"}))
    world.run(run_until_nothing_is_due(world.desk, world.tenant.program_id))
    assert _points(world, "bob")[0] == referrer - 500
    # a free product that never left its cart goes back, months late
    assert _claims(world, "ann")[6]["state"] == "void"
    assert _points(world, "ann")[::2] == (approved + 300, spent - 300)


def _everything_was_told(world: World) -> None:
    """The log of events has the old ones first, and the new ones after them, each once."""
    found = [0]
    while page := _good(world.get(f"/leal/v1/events?limit=100&after={found[-1]}"))["events"]:
        found += [each["id"] for each in page]
    count = "SELECT array_agg(event_id ORDER BY event_id) FROM events"
    assert found[1:] == world.run(world.database.value(count))


def _redeem(world: World, *, reward_id: int) -> int:
    body = {"reward_id": reward_id, "customer_merchant_id": "ann"}
    path = f"{_SHOP}/rewards/cart_discount_voucher/redeem?channel=web"
    found: int = _good(world.post(path, body))["claimed_reward"]["id"]
    return found


def _order(world: World, number: str, who: str, total: str, **of: object) -> None:
    buyer = {"customer_id": who, "customer_email": f"{who}@lion.example"}
    body = {"merchant_id": number, "total": total, **buyer, **_SALE, **of}
    _good(world.post("/v2/orders", body))


def _customer(world: World, who: str) -> Any:
    return _good(world.get(f"{_SHOP}/customers/{who}?channel=web"))["customer"]


def _points(world: World, who: str) -> tuple[int, int, int]:
    shown = _customer(world, who)
    return shown["points_approved"], shown["points_pending"], shown["points_spent"]


def _claims(world: World, who: str) -> dict[int, Any]:
    return {each["id"]: each for each in _customer(world, who)["claimed_rewards"]}


def _good(answer: Answer) -> Any:
    assert answer.status in {200, 201, 202, 204}, answer.body
    return answer.json if answer.body else None
