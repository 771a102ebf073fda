"""Fifty at once for the last of something, through two servers: one gets it, all others hear why.

The last points, the last code of a pool, the last item on the shelf, the only claim a customer may
make, a voucher that can be used once, and a refund against a use. `make soak` holds 100 rounds of
each.

Seen to fail: against servers that read, decide and write without a condition (the first test), with
the condition on the customer's version taken out of the save, and with that on what was given away
taken out of the shelf's.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from leal.storage.db import Database
from tests.concurrency import naive
from tests.concurrency.fleet import Answer, Call, Fleet, Rush, Shop, running
from tests.databases import DatabaseServer
from tests.programs import Document, lion_rewards, put
from tests.soak import examples

AT_ONCE = 50
ROUNDS = examples(2, soak=100)
PRICE = naive.PRICE
PLENTY = 1_000_000
VOUCHER, POOLED, MUG, ONCE = 1, 2, 3, 4

pytestmark = pytest.mark.parametrize("rush", [Rush.THREADS, Rush.LAST_BYTE])


def document() -> Document:
    """Joining gives enough for one reward."""
    made = lion_rewards()
    put("rules", [{"id": 1, "kind": "join_program", "title": "Join", "points": PRICE}])(made)
    voucher = {"kind": "cart_discount_voucher", "discount": {"amount": 5}, "cost": PRICE}
    mugs = [{"id": f"mug-{number}", "inventory_count": 1} for number in range(ROUNDS)]
    put(
        "rewards",
        [
            {**voucher, "id": VOUCHER, "title": "$5 off"},
            {**voucher, "id": POOLED, "title": "A code", "codes": "pool"},
            {
                "id": MUG,
                "kind": "product_cart",
                "title": "A free mug",
                "cost": PRICE,
                "product": {
                    "id": "mug",
                    "variants": [*mugs, {"id": "few", "inventory_count": 5}],
                },
            },
            {**voucher, "id": ONCE, "title": "Once", "limit": {"count": 1}},
        ],
    )(made)
    return made


@pytest.fixture
def shop(fleet: Fleet) -> Shop:
    return fleet.new_shop(document())


def test_servers_that_do_not_take_care_are_caught(
    database_server: DatabaseServer, tmp_path: Path, rush: Rush
) -> None:
    """Otherwise all that follows would prove nothing. Now and then even they are lucky."""
    names = [f"ann-{number}" for number in range(10)]

    def command(port: int) -> Sequence[str]:
        return (sys.executable, "-m", "tests.concurrency.naive", str(port))

    async def prepare(database: Database) -> None:
        for statement in naive.TABLES:
            await database.execute(statement)

    async def join(database: Database) -> None:
        for name in names:
            await database.execute("INSERT INTO naive_customers VALUES ($1, $2)", name, PRICE)

    def paid_twice(name: str) -> bool:
        calls = [Call(path=f"/{name}/redeem", body={})] * AT_ONCE
        return _told(careless.at_once(calls, key="none", rush=rush))["201"] > 1

    with (
        database_server.fresh() as url,
        running(url, tmp_path, command) as careless,
    ):
        careless.on_database(prepare)
        careless.on_database(join)
        assert any(map(paid_twice, names))


def test_the_last_points_are_spent_once(shop: Shop, rush: Rush) -> None:
    for number in range(ROUNDS):
        name = f"ann-{number}"
        _joined(shop, name)
        answers = shop.at_once(*[_redeem(name, VOUCHER)] * AT_ONCE, rush=rush)
        assert _told(answers) == {"201": 1, "422 insufficient_points": AT_ONCE - 1}
        assert shop.balances()[name] == (0, 2)
    assert shop.verified().is_clean


def test_the_last_code_of_a_pool_goes_to_one_of_fifty(shop: Shop, rush: Rush) -> None:
    crowd = _crowd(shop)
    for number in range(ROUNDS):
        _fill(shop, f"code-{number}")
        answers = shop.at_once(*(_redeem(name, POOLED) for name in crowd), rush=rush)
        assert _told(answers) == {"201": 1, "422 reward_out_of_stock": AT_ONCE - 1}
        assert _codes(answers) == [f"code-{number}"]
    assert shop.verified().is_clean


@pytest.mark.parametrize("count", [5, AT_ONCE])
def test_a_few_codes_go_to_as_many_customers_and_nobody_is_put_off(
    shop: Shop, rush: Rush, count: int
) -> None:
    """Whoever finds the pool empty tries again from the start, and must not run out of tries."""
    crowd = _crowd(shop)
    for number in range(ROUNDS):
        codes = [f"code-{number}-{each}" for each in range(count)]
        _fill(shop, *codes)
        answers = shop.at_once(*(_redeem(name, POOLED) for name in crowd), rush=rush)
        told = _told(answers)
        assert told.pop("201") == count
        assert told in ({}, {"422 reward_out_of_stock": AT_ONCE - count})
        assert _codes(answers) == sorted(codes)
    assert shop.verified().is_clean


def test_the_last_item_goes_to_one_of_fifty(shop: Shop, rush: Rush) -> None:
    crowd = _crowd(shop)
    for number in range(ROUNDS):
        calls = (_free_mug(name, f"mug-{number}") for name in crowd)
        answers = shop.at_once(*calls, rush=rush)
        assert _told(answers) == {"201": 1, "422 reward_out_of_stock": AT_ONCE - 1}
    answers = shop.at_once(*(_free_mug(name, "few") for name in crowd), rush=rush)
    assert _told(answers) == {"201": 5, "422 reward_out_of_stock": AT_ONCE - 5}
    assert shop.verified().is_clean


def test_what_may_be_claimed_once_is_claimed_once(shop: Shop, rush: Rush) -> None:
    for number in range(ROUNDS):
        name = f"ann-{number}"
        _joined(shop, name)
        shop.at_once(shop.add(name, PLENTY))
        answers = shop.at_once(*[_redeem(name, ONCE)] * AT_ONCE, rush=rush)
        assert _told(answers) == {"201": 1, "422 reward_limit_reached": AT_ONCE - 1}
    assert shop.verified().is_clean


def test_a_voucher_is_used_by_one_of_fifty_tills(shop: Shop, rush: Rush) -> None:
    for number in range(ROUNDS):
        code = _voucher(shop, f"ann-{number}")["code"]
        calls = (_use(code, f"till-{number}-{each}") for each in range(AT_ONCE))
        answers = shop.at_once(*calls, rush=rush)
        assert _told(answers) == {"200": 1, "422 reward_already_used": AT_ONCE - 1}
        assert _uses(shop, code) == 1
    assert shop.verified().is_clean


def test_a_voucher_is_used_once_by_a_till_that_repeats_itself(shop: Shop, rush: Rush) -> None:
    for number in range(ROUNDS):
        code = _voucher(shop, f"ann-{number}")["code"]
        answers = shop.at_once(*[_use(code, f"till-{number}")] * AT_ONCE, rush=rush)
        assert _told(answers) == {"200": AT_ONCE}
        assert _uses(shop, code) == 1
    assert shop.verified().is_clean


def test_a_voucher_is_used_by_one_of_many_orders(shop: Shop, rush: Rush) -> None:
    """The shop took the code twice; both orders are told of, and one of them used it."""
    crowd = _crowd(shop)[:20]
    for number in range(ROUNDS):
        code = _voucher(shop, f"ann-{number}")["code"]
        calls = (_order(f"{number}-{name}", name, code) for name in crowd)
        assert _told(shop.at_once(*calls, rush=rush)) == {"201": len(crowd)}
        assert _uses(shop, code) == 1
    assert shop.verified().is_clean


def test_a_voucher_is_refunded_or_used_and_never_both(shop: Shop, rush: Rush) -> None:
    for number in range(ROUNDS):
        name = f"ann-{number}"
        voucher = _voucher(shop, name)
        calls = [
            _refund(name, voucher["id"]) if each % 4 < 2 else _use(voucher["code"], f"till-{each}")
            for each in range(AT_ONCE)
        ]
        told = Counter(answer.status for answer in shop.at_once(*calls, rush=rush))
        assert told == {200: 1, 422: AT_ONCE - 1}
        refunded = shop.balances()[name][0] == PRICE
        assert refunded is not (_uses(shop, voucher["code"]) == 1)
    assert shop.verified().is_clean


def test_a_voucher_is_refunded_or_used_by_an_order_and_never_both(shop: Shop, rush: Rush) -> None:
    crowd = _crowd(shop)[:10]
    for number in range(ROUNDS):
        name = f"ann-{number}"
        voucher = _voucher(shop, name)
        orders = [_order(f"{number}-{each}", each, voucher["code"]) for each in crowd]
        refunds = [_refund(name, voucher["id"])] * len(orders)
        paired = [call for pair in zip(orders, refunds, strict=True) for call in pair]
        answers = shop.at_once(*paired, rush=rush)
        assert _told(answers[::2]) == {"201": len(orders)}
        refunded = [answer.status for answer in answers[1::2]].count(200)
        assert set(_told(answers[1::2])) <= {
            "200",
            "422 reward_already_refunded",
            "422 reward_already_used",
        }
        assert (refunded, _uses(shop, voucher["code"])) in ((1, 0), (0, 1))
    assert shop.verified().is_clean


def _told(answers: Sequence[Answer]) -> dict[str, int]:
    return dict(Counter(answer.told for answer in answers))


def _joined(shop: Shop, *names: str) -> None:
    assert _told(shop.at_once(*map(shop.session, names))) == {"200": len(names)}


def _crowd(shop: Shop) -> list[str]:
    """Fifty customers with plenty of points."""
    names = [f"shopper-{number}" for number in range(AT_ONCE)]
    _joined(shop, *names)
    assert _told(shop.at_once(*(shop.add(name, PLENTY) for name in names))) == {"201": AT_ONCE}
    return names


def _fill(shop: Shop, *codes: str) -> None:
    path = f"/leal/v1/rewards/{POOLED}/codes"
    (answer,) = shop.at_once(Call(path=path, body={"codes": list(codes)}))
    assert answer.status < 300, answer.body


def _redeem(name: str, reward_id: int) -> Call:
    return _headless(
        "cart_discount_voucher", {"reward_id": reward_id, "customer_merchant_id": name}
    )


def _free_mug(name: str, variant_id: str) -> Call:
    body = {
        "reward_id": MUG,
        "customer_merchant_id": name,
        "variant_id": variant_id,
        "cart_id": f"cart-of-{name}",
    }
    return _headless("product_cart", body)


def _headless(kind: str, body: object) -> Call:
    return Call(path=f"/headless/2025-06/1/rewards/{kind}/redeem?channel=web", body=body)


def _refund(name: str, claim_id: object) -> Call:
    return Call(path=f"/v2/customers/{name}/claimed_rewards/{claim_id}/refund", body={})


def _use(code: str, reference: str) -> Call:
    return Call(path=f"/leal/v1/vouchers/{code}/use", body={"reference": reference})


def _order(number: str, buyer: str, code: str) -> Call:
    body = {
        "merchant_id": f"order-{number}",
        "customer_id": buyer,
        "total": "20.00",
        "total_shipping": "0.00",
        "payment_status": "paid",
        "discount_codes": [{"code": code, "amount": "5.00"}],
    }
    return Call(path="/v2/orders", body=body)


def _voucher(shop: Shop, name: str) -> dict[str, str]:
    """The id and the code of a voucher that somebody new has just bought."""
    _joined(shop, name)
    (answer,) = shop.at_once(_redeem(name, VOUCHER))
    assert answer.status == 201, answer.body
    return {"id": answer.json["claimed_reward"]["id"], "code": answer.json["voucher_code"]}


def _codes(answers: Sequence[Answer]) -> list[str]:
    return sorted(answer.json["voucher_code"] for answer in answers if answer.status == 201)


def _uses(shop: Shop, code: str) -> int:
    async def read(database: Database) -> int:
        used: int = await database.value(
            "SELECT count(*) FROM claim_uses JOIN claimed_rewards"
            " USING (program_id, claimed_reward_id)"
            " WHERE program_id = $1 AND code = $2 AND NOT ignored",
            shop.program_id,
            code,
        )
        return used

    return shop.fleet.on_database(read)
