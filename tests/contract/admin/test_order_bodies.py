"""What orders must say, and that whatever else is sent changes nothing; who may send it."""

from dataclasses import replace

import pytest

from tests.contract.admin.till import (
    CREATE,
    GET,
    ORDER_ROUTES,
    PAYMENT,
    REFUND,
    STANDING,
    TILL_SCOPES,
    UPDATE,
    Till,
    basic,
    fits,
    order,
)
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, put, second_site

TEA = {"product_id": 1}
MARKED = {"properties": [{"name": "__lion_sfp_id", "value": "19fdf4cb"}]}
BAD = [
    ("", "body"),
    ("[]", "body"),
    ('{"merchant_id": 1', "body"),
    ('{"merchant_id": 1, "merchant_id": 2}', "body"),
    ('{"number": "\\u0000"}', "body"),
    ({"merchant_id": None}, "merchant_id"),
    ({"merchant_id": ""}, "merchant_id"),
    ({"merchant_id": True}, "merchant_id"),
    ({"merchant_id": "x" * 256}, "merchant_id"),
    ({"merchant_id": "gid://shopify/Product/1"}, "merchant_id"),
    ({"customer_id": True}, "customer_id"),
    ({"customer_id": ["1"]}, "customer_id"),
    ({"customer_email": "no address"}, "customer_email"),
    ({"total": None}, "total"),
    ({"total": "-1"}, "total"),
    ({"total": -1}, "total"),
    ({"total": True}, "total"),
    ({"total": "12,34.5"}, "total"),
    ({"total": "1e5"}, "total"),
    ({"total": "NaN"}, "total"),
    ({"total": 100_000_000_000.01}, "total"),
    ({"total": "9" * 24}, "total"),
    ({"total_shipping": None}, "total_shipping"),
    ({"total_shipping": {}}, "total_shipping"),
    ({"payment_status": None}, "payment_status"),
    ({"payment_status": "settled"}, "payment_status"),
    ({"payment_status": 1}, "payment_status"),
    ({"refund_status": "some"}, "refund_status"),
    ({"total_paid": "much"}, "total_paid"),
    ({"guest": "maybe"}, "guest"),
    ({"guest": 2}, "guest"),
    ({"date": "yesterday"}, "date"),
    ({"date": "1990-W19-4"}, "date"),
    ({"date": 1718000000}, "date"),
    ({"number": {}}, "number"),
    ({"merchant_number": "1", "number": {}}, "number"),
    ({"line_items": [TEA | MARKED | {"attributes": "x"}]}, "line_items.0.attributes"),
    ({"discount_codes": "SAVE5"}, "discount_codes"),
    ({"discount_codes": ["SAVE5"]}, "discount_codes.0"),
    ({"discount_codes": [{"amount": 5}]}, "discount_codes.0.code"),
    ({"discount_codes": {"code": "X", "amount": "five"}}, "discount_codes.amount"),
    ({"discount_codes": [{"code": "X"}] * 101}, "discount_codes"),
    ({"claimed_reward_ids": 1}, "claimed_reward_ids"),
    ({"claimed_reward_ids": [0]}, "claimed_reward_ids.0"),
    ({"line_items": {}}, "line_items"),
    ({"line_items": [{}]}, "line_items.0.product_id"),
    ({"line_items": [{"product_id": 1, "quantity": -1}]}, "line_items.0.quantity"),
    ({"line_items": [{"product_id": 1, "price": "-1"}]}, "line_items.0.price"),
    ({"line_items": [TEA | {"collection_ids": [None]}]}, "line_items.0.collection_ids.0"),
    ({"line_items": [TEA | {"collection_ids": "a"}]}, "line_items.0.collection_ids"),
    ({"line_items": [{"product_id": 1}] * 1001}, "line_items"),
    ({"ip_address": []}, "ip_address"),
]  # fmt: skip


@pytest.fixture(scope="module")
def kept(shared_world: NewWorld) -> Till:
    """A shop with order 1, which refused requests leave alone."""
    opened = Till(shared_world(lion_rewards()))
    opened.signup("1001")
    opened.order(total="20.00")
    return opened


@pytest.mark.parametrize(("body", "field"), BAD, ids=str)
def test_a_bad_body_changes_nothing(kept: Till, body: object, field: str) -> None:
    before = kept.shown(), kept.customer()
    if isinstance(body, dict):
        answer = kept.call(CREATE, json={**order(), **body})
    else:
        answer = kept.call(CREATE, body=str(body).encode())
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {field}
    assert (kept.shown(), kept.customer()) == before


@pytest.mark.parametrize("missing", ["merchant_id", "total", "total_shipping", "payment_status"])
def test_what_an_order_must_say(kept: Till, missing: str) -> None:
    body = {name: each for name, each in order().items() if name != missing}
    assert not fits(CREATE, body)
    assert set(kept.call(CREATE, json=body).json["error"]["details"]) == {missing}


def test_an_order_must_say_whose_it_is(kept: Till) -> None:
    body = order(customer_id=None, customer_email=None)
    assert not fits(CREATE, body)
    assert set(kept.call(CREATE, json=body).json["error"]["details"]) == {"customer_id"}


@pytest.mark.parametrize("missing", sorted(STANDING))
def test_an_update_says_all_three_statuses(kept: Till, missing: str) -> None:
    body = {name: each for name, each in STANDING.items() if name != missing}
    assert not fits(UPDATE, body)
    answer = kept.call(UPDATE, json=body)
    assert (answer.status, set(answer.json["error"]["details"])) == (400, {missing})


@pytest.mark.parametrize("body", [b"", b"[]", b"{}"])
def test_an_update_without_a_body_is_told_what_to_say(kept: Till, body: bytes) -> None:
    answer = kept.call(UPDATE, body=body)
    assert (answer.status, set(answer.json["error"]["details"])) == (400, set(STANDING))


@pytest.mark.parametrize("body", [b"{}", b'{"amount": null}', b'{"amount": "-1"}', b"[]", b"5"])
@pytest.mark.parametrize("step", [PAYMENT, REFUND])
def test_a_payment_says_how_much(kept: Till, step: str, body: bytes) -> None:
    assert kept.call(step, body=body).status == 400
    assert kept.shown()["total_paid"] == "20.00"


@pytest.mark.parametrize("operation", [CREATE, GET, UPDATE])
@pytest.mark.parametrize(
    ("site", "status"), [("0", 400), ("x", 400), ("1&site_id=1", 400), ("99", 404)]
)
def test_a_site_must_be_one_of_the_program(
    kept: Till, operation: str, site: str, status: int
) -> None:
    body = {CREATE: order(), UPDATE: STANDING}.get(operation)
    assert kept.call(operation, json=body, query=f"site_id={site}").status == status


def test_the_currency_is_that_of_the_site(new_world: NewWorld) -> None:
    document = lion_rewards()
    second_site({"currency": "jpy", "primary": False})(document)
    put("sites.0.primary", value=True)(document)
    put("rewards.2.max_shipping", 9)(document)
    till = Till(new_world(document))
    till.signup("1001")
    assert (
        till.call(CREATE, json=order(total=990, total_shipping=0), query="site_id=2").status == 201
    )
    assert till.call(GET, query="site_id=2").json["total"] == "990.00"
    assert till.call(GET, query="site_id=1").status == 404
    site = till.world.tenant.sites[1]
    update = STANDING | {"refund_status": "refunded"}
    assert till.call(UPDATE, json=update, headers=basic(site.token, site.secret)).status == 204
    assert till.points() == (100, 0)


@pytest.mark.parametrize("operation", ORDER_ROUTES)
def test_scopes_and_strangers(kept: Till, operation: str) -> None:
    world = kept.world
    body = {CREATE: order(3), UPDATE: STANDING}.get(operation, {"amount": 0})
    scope = TILL_SCOPES[operation]
    reads = scope == "read_orders"
    poor = world.new_key(
        world.tenant.program_id, "write_customers", *([] if reads else ["read_orders"])
    )
    answer = kept.call(operation, key=poor, body=b"{")
    assert answer.status == 403
    assert scope in answer.json["error"]["message"]
    assert kept.call(operation, key="pat_" + "0" * 32).status == 401
    stranger = replace(world.tenant, key=world.add_program(lion_rewards()).key)
    answer = kept.call(operation, json=body, key=stranger.key)
    if "{merchant_id}" in ORDER_ROUTES[operation][1]:
        assert answer.status == 404
        assert answer.body == kept.call(operation, "nothing", json=body, key=stranger.key).body
    elif reads:
        assert answer.json["orders"] == []
