"""What a customer may have, claiming it for them, and undoing that: whole bodies and refusals."""

from typing import Any

import pytest

from leal.usecases import claims
from tests.contract.admin.counter import (
    AVAILABLE,
    CARD,
    CART,
    CHOICE,
    CLAIM,
    MASSAGE,
    MUG,
    PRIZE,
    REFUND,
    SECRET,
    VOUCHER,
    Counter,
    rewards_shop,
)
from tests.contract.admin.office import fits
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, put, second_site

NOW = "2025-06-10T12:00:00.000Z"
SITE = {"id": 1, "name": "Lion Shop", "url": "https://lion.example"}
VOUCHER_REWARD = {
    "id": VOUCHER,
    "kind": "cart_discount_voucher",
    "title": "$5 off",
    "description": "On anything",
    "sort_key": 1,
    "content": {"fulfilment_instructions": None},
    "point_cost": 500,
    "method": "voucher",
    "discount_type": "flat",
    "discount_amount": 5,
    "minimum_spend": 10,
    "max_free_shipping": None,
    "usage_limit": 1,
    "min_redemption_amount": 1,
    "max_redemption_amount": 1,
    "site_id": 1,
    "target_site": SITE,
    "order_type": "all",
    "target_type": "all",
    "target_collections": [],
    "target_products": [],
    "session_options": None,
    "auto_refund_seconds": None,
    "expiry_options": {"kind": "expires_after_claim", "seconds": 2_592_000},
    "redeemable_expiry_options": None,
    "supported_channels": ["web", "pos", "mobile"],
    "recurring_cycle_limit": None,
}


@pytest.fixture
def counter(new_world: NewWorld) -> Counter:
    """Member 1001 has 1000 points."""
    opened = Counter(new_world(rewards_shop()))
    opened.joins(points=1000)
    return opened


def test_available_rewards_are_those_of_the_tier_however_dear(counter: Counter) -> None:
    counter.joins("1002")
    found = counter.available(merchant_id="1002")
    assert set(found) == {VOUCHER, CARD, MUG, MASSAGE, CHOICE}
    assert found[VOUCHER] == VOUCHER_REWARD
    assert found[MASSAGE]["max_redemption_amount"] == 1000
    assert (found[CHOICE]["min_redemption_amount"], found[CHOICE]["max_redemption_amount"]) == (
        1,
        12.5,
    )


def test_a_member_of_a_higher_tier_sees_its_prices(counter: Counter) -> None:
    counter.orders(total="150.00")
    found = counter.available()
    assert (found[VOUCHER]["point_cost"], found[VOUCHER]["title"]) == (400, "$5 off for gold")
    assert SECRET in found
    assert PRIZE not in found
    assert SECRET in counter.available("country=gb")
    assert SECRET not in counter.available("country=US")


def test_each_variant_is_listed_with_what_is_left_of_it(counter: Counter) -> None:
    def left() -> list[tuple[str, int | None, int]]:
        return [
            (each["variant_id"], each["inventory_count"], each["sort_key"])
            for each in counter.available()[MUG]["target_products"]
        ]

    assert left() == [("red", 1, 0), ("blue", None, 2)]
    counter.claims(MUG, variant_id="red", session=CART)
    assert left() == [("red", 0, 0), ("blue", None, 2)]


def test_available_rewards_of_one_site(new_world: NewWorld) -> None:
    document = rewards_shop()
    second_site()(document)
    put("rewards.0.sites", [2])(document)
    put("rewards.1.sites", [1])(document)
    counter = Counter(new_world(document))
    counter.joins()
    assert {VOUCHER, CARD} <= set(counter.available())
    assert VOUCHER in counter.available("site_id=2")
    assert CARD not in counter.available("site_id=2")
    assert counter.call(AVAILABLE, query="site_id=3").status == 404


@pytest.mark.parametrize("query", ["site_id=x", "site_id=0", "country=XX", "country=Germany"])
def test_traps_of_the_list(counter: Counter, query: str) -> None:
    answer = counter.call(AVAILABLE, query=query)
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {query.partition("=")[0]}


def test_a_voucher_from_claim_to_refund(counter: Counter) -> None:
    claim = counter.claims(VOUCHER)
    code = claim["redeemable"]["code"]
    assert code.startswith("LL-")
    assert claim == {
        "id": claim["id"],
        "claimed_at": NOW,
        "point_cost": 500,
        "redeemable": {
            "redeemable_type": "voucher",
            "code": code,
            "discount_amount": 5,
            "usage_count": 0,
            "usage_limit": 1,
            "expires_on": "2025-07-10",
        },
        "reward": VOUCHER_REWARD,
        "state": "approved",
        "session": None,
        "auto_refund_at": None,
        "expires_at": None,
    }
    assert counter.balance() == (500, 500)
    assert counter.refunds(claim) == {**claim, "state": "void"}
    assert counter.balance() == (1000, 0)
    again = counter.call(REFUND, claimed_reward_id=claim["id"])
    assert (again.status, again.code) == (422, "reward_already_refunded")
    assert counter.balance() == (1000, 0)
    assert counter.is_sound()


def test_a_used_voucher_is_not_given_back(counter: Counter) -> None:
    claim = counter.claims(VOUCHER)
    counter.orders(discount_codes=[{"code": claim["redeemable"]["code"]}])
    answer = counter.call(REFUND, claimed_reward_id=claim["id"])
    assert (answer.status, answer.code) == (422, "reward_already_used")
    counter.settle()
    assert counter.shown(claim)["redeemable"]["usage_count"] == 1
    counter.orders(refund_status="refunded")
    counter.settle()
    assert counter.shown(claim)["state"] == "void"
    assert counter.balance() == (1000, 0)


def test_an_expired_voucher_is_not_given_back(counter: Counter) -> None:
    """Whether background work has come round or not."""
    claim = counter.claims(VOUCHER)
    counter.world.later(days=30)
    for _ in range(2):
        answer = counter.call(REFUND, claimed_reward_id=claim["id"])
        assert (answer.status, answer.code) == (422, "reward_expired")
        program_id = counter.world.tenant.program_id
        counter.world.run(claims.move_on_all(counter.world.desk, program_id))
    counter.settle()
    assert counter.shown(claim)["state"] == "approved"
    assert counter.balance() == (500, 500)


def test_the_whole_code_of_a_gift_card_is_told_once(counter: Counter) -> None:
    card = counter.claims(CARD)
    code = card["redeemable"]["code"]
    shown = {
        "redeemable_type": "gift_card",
        "last_characters": code[-4:],
        "initial_value": 10,
        "balance": 10,
        "currency": "usd",
        "expires_on": None,
    }
    assert card["redeemable"] == {**shown, "code": code}
    counter.orders(discount_codes=[{"code": code.upper(), "amount": "4.50"}])
    counter.settle()
    assert counter.shown(card)["redeemable"] == {**shown, "balance": 5.5}
    answer = counter.call(REFUND, claimed_reward_id=card["id"])
    assert (answer.status, answer.code) == (422, "reward_already_used")


def test_a_custom_reward_can_be_taken_several_times_at_once(counter: Counter) -> None:
    session = {"kind": "custom", "token": "till 4"}
    claim = counter.claims(
        MASSAGE,
        multiplier=3,
        session=session,
        attribution="redemption_notification",
        shopify_action_id="a1",
    )
    assert (claim["point_cost"], claim["session"]) == (300, session)
    assert claim["redeemable"] == {
        "redeemable_type": "fulfilment",
        "fulfilled": False,
        "fulfilled_at": None,
        "expires_on": None,
    }
    assert claim["reward"]["content"] == {"fulfilment_instructions": "We will call you"}
    assert counter.balance() == (700, 300)
    counter.refunds(claim)
    assert counter.balance() == (1000, 0)


def test_a_discount_of_one_s_choice(counter: Counter) -> None:
    claim = counter.claims(CHOICE, discount_amount="7.25")
    assert (claim["point_cost"], claim["redeemable"]["discount_amount"]) == (73, 7.25)
    for amount, status in (("13", 422), ("0.50", 422), ("7.255", 400)):
        answer = counter.call(CLAIM, json={"reward_id": CHOICE, "discount_amount": amount})
        assert answer.status == status
    assert counter.balance() == (927, 73)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reward_id"),
        ({"reward_id": "1"}, "reward_id"),
        ({"reward_id": 0}, "reward_id"),
        ({"reward_id": VOUCHER, "multiplier": 2}, "multiplier"),
        ({"reward_id": MASSAGE, "multiplier": 0}, "multiplier"),
        ({"reward_id": MASSAGE, "multiplier": 1001}, "multiplier"),
        ({"reward_id": MASSAGE, "attribution": "love"}, "attribution"),
        ({"reward_id": MASSAGE, "shopify_action_id": 5}, "shopify_action_id"),
        ({"reward_id": MASSAGE, "session": {"kind": "tent", "token": "x"}}, "session.kind"),
        ({"reward_id": MASSAGE, "session": {"kind": "cart"}}, "session.token"),
        ({"reward_id": MASSAGE, "session": "x"}, "session"),
        ({"reward_id": MUG, "variant_id": "red"}, "session"),
        ({"reward_id": MUG, "session": {"kind": "custom", "token": "x"}}, "session"),
        ({"reward_id": CHOICE}, "discount_amount"),
        ({"reward_id": VOUCHER, "discount_amount": 5}, "discount_amount"),
    ],
)
def test_traps_of_claims(counter: Counter, body: Any, field: str) -> None:
    answer = counter.call(CLAIM, json=body)
    assert answer.status == 400, answer.body
    assert list(answer.json["error"]["details"]) == [field]
    assert counter.balance() == (1000, 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reward_id": PRIZE}, "reward_not_enabled_for_customer"),
        ({"reward_id": SECRET}, "reward_not_enabled_for_customer"),
        ({"reward_id": MUG, "session": CART}, "invalid_variant_id"),
        ({"reward_id": MUG, "session": CART, "variant_id": "green"}, "invalid_variant_id"),
        ({"reward_id": MASSAGE, "multiplier": 11}, "insufficient_points"),
    ],
)
def test_what_is_refused(counter: Counter, body: Any, code: str) -> None:
    assert fits(CLAIM, body)
    answer = counter.call(CLAIM, json=body)
    assert (answer.status, answer.code) == (422, code)
    assert counter.balance() == (1000, 0)


def test_how_many_points_are_missing_is_told(counter: Counter) -> None:
    answer = counter.call(CLAIM, json={"reward_id": MASSAGE, "multiplier": 11})
    message = "The customer has too few approved points: 100 more are needed"
    assert answer.json["error"]["message"] == message


def test_limits_hold_here_too(counter: Counter) -> None:
    assert counter.world.post("/v2/customers/1001/points", {"points": 1000}).status == 201
    first, _, _ = (counter.claims(VOUCHER) for _ in range(3))
    answer = counter.call(CLAIM, json={"reward_id": VOUCHER})
    assert (answer.status, answer.code) == (422, "reward_limit_reached")
    counter.refunds(first)
    counter.claims(VOUCHER)


def test_guests_and_blocked_customers_get_nothing(counter: Counter) -> None:
    counter.world.call("PATCH", "/v2/customers/1001", json={"customer": {"blocked": True}})
    answer = counter.call(CLAIM, json={"reward_id": MASSAGE})
    assert (answer.status, answer.code) == (422, "customer_blocked")
    counter.orders("5", customer_id="guest", customer_email="guest@example.com", guest=True)
    answer = counter.call(CLAIM, "guest", json={"reward_id": MASSAGE})
    assert (answer.status, answer.code) == (422, "customer_not_enrolled")
    assert counter.call(AVAILABLE, "guest").status == 200


def test_what_does_not_exist(counter: Counter) -> None:
    claim = counter.claims(MASSAGE)
    counter.joins("1002", points=100)
    answers = {
        "No reward with this id": counter.call(CLAIM, json={"reward_id": 99}),
        "No customer with this merchant id": counter.call(AVAILABLE, "nobody"),
        "There is no claimed reward with this id": counter.call(REFUND, claimed_reward_id=10**16),
    }
    for message, answer in answers.items():
        assert (answer.status, answer.json["error"]["message"]) == (404, message)
    for merchant_id, claim_id in (("1002", claim["id"]), ("1001", 999), ("nobody", claim["id"])):
        answer = counter.call(REFUND, merchant_id, claimed_reward_id=claim_id)
        assert (answer.status, answer.json["error"]) == (
            404,
            {"message": "No claimed reward with this id"},
        )
    assert counter.call(CLAIM, "nobody", json={"reward_id": MASSAGE}).status == 404
    assert counter.call(REFUND, claimed_reward_id="abc").status == 400


def test_another_program_s_customers_claims_and_rewards_are_missing(counter: Counter) -> None:
    claim = counter.claims(MASSAGE)
    stranger = counter.world.add_program(lion_rewards())
    for answer in (
        counter.call(AVAILABLE, key=stranger.key),
        counter.call(CLAIM, json={"reward_id": 3}, key=stranger.key),
        counter.call(REFUND, claimed_reward_id=claim["id"], key=stranger.key),
    ):
        assert answer.status == 404
    assert counter.balance() == (900, 100)


def test_a_refund_takes_any_body_that_says_nothing(counter: Counter) -> None:
    for body in (b"", b"[]", b"{}"):
        claim = counter.claims(MASSAGE)
        assert counter.call(REFUND, claimed_reward_id=claim["id"], body=body).status == 200


def test_amounts_are_in_the_currency_of_the_reward_s_site(new_world: NewWorld) -> None:
    document = rewards_shop()
    second_site({"currency": "jpy"})(document)
    put("rewards.4.maximum_discount", 12)(document)
    put("rewards.1.sites", [2])(document)
    put("sites.1.primary", value=False)(document)
    put("sites.0.primary", value=True)(document)
    counter = Counter(new_world(document))
    counter.joins(points=1000)
    assert counter.claims(CARD)["redeemable"]["currency"] == "jpy"
    answer = counter.call(
        CLAIM, query="site_id=2", json={"reward_id": CHOICE, "discount_amount": "1.50"}
    )
    assert (answer.status, list(answer.json["error"]["details"])) == (400, ["discount_amount"])
