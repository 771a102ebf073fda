"""POST and PUT /v2/orders, and the single steps of older clients: what they do to an order."""

import pytest

from leal.usecases.verification import verify
from tests.contract.admin.till import (
    CANCELLED,
    CREATE,
    GET,
    LIST,
    PAID,
    PAYMENT,
    REFUND,
    REFUNDED,
    STANDING,
    UPDATE,
    Till,
    fits,
    order,
)
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, put

LONG_ID = "gid%253A%252F%252Fshopify%252FOrder%252F1"


@pytest.fixture
def till(new_world: NewWorld) -> Till:
    """A shop at 5 points a dollar, without tiers; member 1001 has 100 points."""
    document = lion_rewards()
    del document["tiers"]
    put("rules", [{"id": 1, "kind": "purchase", "title": "Buy", "points": 5}, _JOINING])(document)
    put("rewards", [])(document)
    opened = Till(new_world(document))
    opened.signup("1001")
    return opened


_JOINING = {"id": 3, "kind": "join_program", "title": "Join", "points": 100}


def test_a_paid_order_is_awarded_in_two_round_trips(till: Till) -> None:
    till.order("warm up", total="5.00")
    before = len(till.world.statements)
    answer = till.order()
    assert (answer.status, answer.body) == (201, b"")
    assert len(till.world.statements) == before + 2
    assert till.points() == (100, 500)


def test_an_update_too_is_two_round_trips(till: Till) -> None:
    till.order()
    before = len(till.world.statements)
    assert till.call(UPDATE, json=STANDING | {"refund_status": "refunded"}).status == 204
    assert len(till.world.statements) == before + 2
    assert till.points() == (100, 0)


def test_the_order_by_itself(till: Till) -> None:
    till.order(929385923, total="1,234.56", date="2025-06-01T10:00:00+02:00")
    till.world.later(hours=1)
    till.call(UPDATE, "929385923", json=STANDING)
    assert till.shown("929385923") == {
        "merchant_id": "929385923",
        "total": "1234.56",
        "total_shipping": "5.00",
        "total_paid": "1234.56",
        **STANDING,
        "merchant_created_at": "2025-06-01T08:00:00.000Z",
        "merchant_updated_at": "2025-06-10T13:00:00.000Z",
        "payments": [],
        "refunds": [],
    }


def test_the_same_order_again_brings_it_up_to_date_and_awards_nothing_twice(till: Till) -> None:
    till.order()
    assert till.order().status == 201
    assert till.points() == (100, 500)
    assert till.order(total="55.00").status == 201
    assert till.points() == (100, 250)


def test_part_refund_full_refund_and_back(till: Till) -> None:
    till.order()
    part = STANDING | {"refund_status": "partially_refunded", "total_refunded": 40}
    assert till.call(UPDATE, json=part).status == 204
    assert till.points() == (100, 300)
    assert till.call(UPDATE, json=STANDING | {"refund_status": "refunded"}).status == 204
    assert till.points() == (100, 0)
    assert till.call(UPDATE, json=STANDING | {"total_refunded": "0"}).status == 204
    assert till.points() == (100, 500)


def test_a_status_speaks_for_the_amount_left_unsaid(till: Till) -> None:
    till.order(payment_status="partially_paid", total_paid="50.00")
    assert till.points() == (100, 0)
    till.call(UPDATE, json=STANDING)
    assert till.shown()["total_paid"] == "105.00"
    assert till.points() == (100, 500)
    part = {"refund_status": "partially_refunded", "total_refunded": "40.00"}
    till.call(UPDATE, json=STANDING | part)
    till.call(UPDATE, json=STANDING)
    assert till.points() == (100, 500)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"$magento_version": "2.4"}'])
def test_the_single_steps_of_old_plugins(till: Till, body: bytes) -> None:
    till.order(payment_status="unpaid", total_paid=0)
    assert till.shown()["payment_status"] == "not_paid"
    assert till.call(PAID, body=body).status == 204
    assert till.points() == (100, 500)
    assert till.call(CANCELLED, body=body).status == 204
    assert till.points() == (100, 0)
    till.order("2")
    assert till.call(REFUNDED, "2", body=body).status == 204
    assert till.points() == (100, 0)
    assert till.shown("2")["refund_status"] == "refunded"


def test_payments_and_refunds_one_by_one(till: Till) -> None:
    till.order(payment_status="not_paid")
    assert till.call(PAYMENT, json={"amount": "100.00"}).status == 201
    assert till.shown()["payment_status"] == "partially_paid"
    assert till.points() == (100, 0)
    till.world.later(minutes=5)
    assert till.call(PAYMENT, json={"amount": 5}).status == 201
    assert till.points() == (100, 500)
    assert till.call(REFUND, json={"amount": "50.0000"}).status == 201
    assert till.points() == (100, 250)
    found = till.shown()
    assert found["payments"] == [
        {"amount": "100.00", "created_at": "2025-06-10T12:00:00.000Z", "gateway": ""},
        {"amount": "5.00", "created_at": "2025-06-10T12:05:00.000Z", "gateway": ""},
    ]
    assert found["refunds"] == [{"amount": "50.00", "created_at": "2025-06-10T12:05:00.000Z"}]
    assert (found["total_paid"], found["refund_status"]) == ("105.00", "partially_refunded")
    assert till.call(REFUND, json={"amount": "55.00"}).status == 201
    assert till.shown()["refund_status"] == "refunded"
    assert till.points() == (100, 0)


def test_payments_can_be_too_many_but_never_too_much_for_the_server(till: Till) -> None:
    till.order(payment_status="not_paid")
    answers = {till.call(PAYMENT, json={"amount": 100_000_000_000}).status for _ in range(200)}
    assert answers == {201}
    answer = till.call(PAYMENT, json={"amount": 1})
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {"amount"}


@pytest.mark.parametrize("step", [UPDATE, CANCELLED, PAID, REFUNDED, PAYMENT, REFUND, GET])
def test_an_order_never_told_of_is_missing(till: Till, step: str) -> None:
    body = {PAYMENT: {"amount": 1}, REFUND: {"amount": 1}, UPDATE: STANDING}.get(step)
    answer = till.call(step, "nothing", json=body)
    assert answer.status == 404
    assert answer.json == {"error": {"message": "No order with this merchant id"}}


@pytest.mark.parametrize("spelled", ["1", "gid%3A%2F%2Fshopify%2FOrder%2F1", LONG_ID])
def test_one_order_by_all_spellings_of_its_id(till: Till, spelled: str) -> None:
    till.order("gid://shopify/Order/1")
    assert till.call(UPDATE, spelled, json=STANDING | {"refund_status": "refunded"}).status == 204
    assert till.shown()["refund_status"] == "refunded"
    assert till.call(GET, "gid%3A%2F%2Fshopify%2FCustomer%2F1").status == 400


@pytest.mark.parametrize(
    "differing",
    [
        {"total": 105, "total_shipping": 5.0},
        {"total": "105.0000", "total_shipping": "5"},
        {"customer_id": 1001, "guest": False},
        {"guest": "0", "number": "100001", "total_paid": 0, "total_refunded": 0},
        {"guest": 0, "total_paid": "105.00", "total_refunded": "0.00"},
        {"discount_codes": []},
        {"discount_codes": {"code": "SAVE5", "amount": -5}},
        {"discount_codes": [{"code": "SAVE5", "amount": "5.00"}, {"code": "TWO"}]},
        {"discount_codes": {}},
        {"claimed_reward_ids": [1, 2], "date": "2025-06-10T12:00:00Z"},
        {"ip_address": "203.0.113.9", "user_agent": "x" * 5_000, "referral_id": "abc"},
        {"tracking_id": "1718000000:::42", "merchant_number": 100_001},
        {"$magento_payload": {"order_items": [{"sku": "a" * 500}] * 100}, "$module_version": 1.5},
        {"refund_status": "not_refunded", "cancellation_status": "not_cancelled"},
        {"order_comments": ["whatever"], "email_opt_in": {"deep": [None]}},
        {"customer_email": None},
    ],
    ids=str,
)
def test_every_spelling_is_the_same_order(till: Till, differing: dict[str, object]) -> None:
    body = {name: each for name, each in order(7, **differing).items() if each is not None}
    assert fits(CREATE, body)
    assert till.call(CREATE, json=body).status == 201
    assert till.points() == (100, 500)
    body = {**STANDING, **differing, "refund_status": "refunded", "total_refunded": "105.00"}
    assert till.call(UPDATE, "7", json=body).status == 204
    assert till.points() == (100, 0)


@pytest.mark.parametrize("nobody", [{"customer_id": ""}, {"customer_id": 0}, {"guest": "1"}])
def test_a_guest_s_order_is_kept_and_earns_nothing(till: Till, nobody: dict[str, object]) -> None:
    body = {**order(8, customer_id=None, customer_email="guest@example.com"), **nobody}
    assert till.call(CREATE, json=body).status == 201
    assert till.shown("8")["payment_status"] == "paid"
    body["customer_id"] = None
    assert till.call(CREATE, json=body).status == 201
    assert till.call(UPDATE, "8", json=STANDING).status == 204
    assert till.customer("guest") is None


def test_an_order_by_address_alone_is_the_member_s(till: Till) -> None:
    body = {**order(), "customer_id": None, "customer_email": "1001@EXAMPLE.com"}
    assert till.call(CREATE, json=body).status == 201
    assert till.points() == (100, 500)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (UPDATE, STANDING),
        (PAID, None),
        (PAYMENT, {"amount": "105.00"}),
    ],
)
def test_a_guest_s_order_paid_after_its_buyer_joined_earns(
    till: Till, operation: str, body: object
) -> None:
    till.order(8, customer_id=None, customer_email="2001@EXAMPLE.com", payment_status="not_paid")
    till.signup("2001")
    assert till.call(operation, "8", json=body).status in {201, 204}
    assert till.points("2001") == (100, 500)
    till.call(UPDATE, "8", json=STANDING)
    assert till.points("2001") == (100, 500)
    till.call(REFUND, "8", json={"amount": "50.00"})
    assert till.points("2001") == (100, 250)
    assert till.call(LIST, query="page=1").json["orders"][0]["customer"]["merchant_id"] == "2001"
    assert till.world.run(verify(till.world.database)).is_clean


def test_what_a_guest_paid_before_joining_still_earns_nothing_by_an_update(till: Till) -> None:
    till.order(8, customer_id=None, customer_email="2001@example.com")
    till.signup("2001")
    till.call(UPDATE, "8", json=STANDING)
    assert till.points("2001") == (100, 0)
    assert till.world.run(verify(till.world.database)).is_clean


def test_an_unknown_customer_is_created_as_a_guest_unless_the_shop_says_otherwise(
    till: Till,
) -> None:
    till.order(1, customer_id="2001", customer_email="2001@example.com")
    assert (till.customer("2001")["guest"], till.points("2001")) == (True, (0, 0))
    till.order(2, customer_id="2002", customer_email="2002@example.com", guest=False)
    assert (till.customer("2002")["guest"], till.points("2002")) == (False, (100, 500))


def test_a_blocked_customer_s_order_is_stored_and_earns_nothing(till: Till) -> None:
    blocking = {"customer": {"blocked": True}}
    assert till.world.call("PATCH", "/v2/customers/1001", json=blocking).status == 200
    assert till.order().status == 201
    assert till.points() == (100, 0)
    assert till.shown()["total"] == "105.00"


def test_our_additions_decide_over_points(till: Till) -> None:
    document = lion_rewards()
    del document["tiers"]
    tea = {"products": ["gid://shopify/Product/7"], "points": 50}
    put("rules", [
        {"id": 1, "kind": "purchase", "title": "Buy", "points": 1},
        {"id": 2, "kind": "product_purchase", "title": "Tea", **tea},
        _JOINING,
    ])(document)  # fmt: skip
    put("rewards", [])(document)
    put("points", {"modifiers": [{"collections": ["sale"], "multiplier": 0}]})(document)
    till.world.publish(document)
    items = [
        {"product_id": 7, "collection_ids": [1, "2"], "quantity": 2, "price": "25.00"},
        {"product_id": "8", "collection_ids": ["sale"], "price": 50},
    ]
    body = order(line_items=items, total_tax="7.00", total_discounts=3, gift_card_amount="10.00")
    assert fits(CREATE, body)
    assert till.call(CREATE, json=body).status == 201
    # (105 - 5 shipping - 7 tax in dollars - 10 gift card) at half the rate, and the tea
    assert till.points() == (100, 41 + 50)


def test_a_date_in_the_future_counts_as_now(till: Till) -> None:
    till.order(date="9998-12-31T23:59:59Z")
    assert till.shown()["merchant_created_at"] == "2025-06-10T12:00:00.000Z"
    assert till.points() == (100, 500)


def test_more_points_than_can_be_counted_are_refused(till: Till) -> None:
    document = lion_rewards()
    del document["tiers"]
    put("rules", [{"id": 1, "kind": "purchase", "title": "Buy", "points": 1_000_000}])(document)
    put("rewards", [])(document)
    till.world.publish(document)
    answer = till.order(total="100000000000")
    assert (answer.status, answer.code) == (422, "balance_out_of_range")
    assert till.call(GET).status == 404
