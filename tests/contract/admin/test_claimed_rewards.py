"""What a transaction tells of the reward that points were spent on, for rewards of every kind."""

from typing import Any

import pytest

from leal.domain.claims import ClaimState
from tests.contract.admin.ledger import spend
from tests.contract.admin.office import TRANSACTIONS, Office
from tests.contract.conftest import NewWorld
from tests.programs import Document, lion_rewards, put

Json = dict[str, Any]

MUG: Document = {"id": "500", "handle": "mug", "title": "Mug", "variant_id": "501"}
VOUCHER = {"redeemable_type": "voucher", "code": "LL-ABC", "usage_count": 0, "usage_limit": 1}
EXPIRES = {"expires_on": "2025-07-10"}

KINDS: dict[str, tuple[Document, Json, Json]] = {
    "cart_discount_voucher": (
        {"discount": {"amount": 5}, "minimum_spend": 10, "recurring_cycle_limit": 1},
        {**VOUCHER, **EXPIRES, "discount_amount": 5},
        {
            "method": "voucher",
            "discount_type": "flat",
            "discount_amount": 5,
            "minimum_spend": 10,
            "target_type": "all",
            "recurring_cycle_limit": 1,
        },
    ),
    "cart_variable_discount_voucher": (
        {"points_per_unit": 100, "minimum_discount": 1, "maximum_discount": "12.50"},
        {**VOUCHER, **EXPIRES, "discount_amount": None},
        {
            "point_cost": 100,
            "discount_type": "flat",
            "discount_amount": None,
            "min_redemption_amount": 1,
            "max_redemption_amount": 12.5,
            "auto_refund_seconds": 86_400,
        },
    ),
    "free_shipping_voucher": (
        {"max_shipping": "9.90"},
        {**VOUCHER, **EXPIRES, "discount_amount": None},
        {"discount_type": "custom", "max_free_shipping": 9.9, "target_type": "shipping"},
    ),
    "product_discount_voucher": (
        {"product": MUG, "discount": {"percentage": 20}},
        {**VOUCHER, **EXPIRES, "discount_amount": None},
        {
            "discount_type": "percentage",
            "discount_amount": 20,
            "target_type": "product",
            "target_products": [
                {
                    "id": "500",
                    "variant_id": "501",
                    "sku": None,
                    "url": None,
                    "image_url": None,
                    "title": "Mug",
                    "handle": "mug",
                    "sort_key": 0,
                    "inventory_count": None,
                }
            ],
        },
    ),
    "collection_discount_voucher": (
        {"collection": {"id": "77"}, "discount": {"amount": "2.50"}, "minimum_spend": 0},
        {**VOUCHER, **EXPIRES, "discount_amount": 2.5},
        {
            "discount_amount": 2.5,
            "minimum_spend": 0,
            "target_type": "collection",
            "target_collections": [{"id": "77", "url": None, "restriction_text": None}],
        },
    ),
    "active_subscription_discount_voucher": (
        {"discount": {"percentage": 10}, "recurring_cycle_limit": 3},
        {**VOUCHER, **EXPIRES, "discount_amount": None},
        {"discount_type": "percentage", "recurring_cycle_limit": 3},
    ),
    "gift_card": (
        {"initial_balance": "9.90"},
        {
            "redeemable_type": "gift_card",
            "last_characters": "-ABC",
            "initial_value": 9.9,
            "balance": 9.9,
            "currency": "usd",
            **EXPIRES,
        },
        {"method": "gift_card", "discount_type": "custom"},
    ),
    "product_cart": (
        {"product": {"id": "500", "variants": [{"id": "501"}]}},
        {
            "redeemable_type": "product",
            "product": {"id": "500", "variant_id": None},
            "used_at": None,
            "shopify_cart_line_item_context": "",
            **EXPIRES,
        },
        {"target_type": "product", "auto_refund_seconds": 3600},
    ),
    "active_subscription_product": (
        {"product": MUG, "expires_after_days": 2},
        {"redeemable_type": "product"},
        {"expiry_options": {"kind": "expires_after_claim", "seconds": 172_800}},
    ),
    "custom": (
        {"fulfilment_explanation": "We will call you", "channels": ["pos"]},
        {
            "redeemable_type": "fulfilment",
            "fulfilled": False,
            "fulfilled_at": None,
            "expires_on": None,
        },
        {
            "method": "store_fulfilment",
            "target_type": "custom",
            "content": {"fulfilment_instructions": "We will call you"},
            "supported_channels": ["pos"],
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_of_every_kind(new_world: NewWorld, kind: str) -> None:
    terms, redeemable, reward = KINDS[kind]
    price = {} if "points_per_unit" in terms else {"cost": 40}
    document = lion_rewards()
    written = {"id": 9, "kind": kind, "title": "A treat", "description": "Yum", **price, **terms}
    put("rewards.3", written)(document)
    office = Office(new_world(document))
    office.signup("1001")
    spend(
        office,
        office.world.published.program.rewards[3],
        code=None if kind == "custom" else "LL-ABC",
    )
    office.settle()
    entry = office.call(TRANSACTIONS).json["transactions"][0]
    claim = entry["claimed_reward"]
    assert (entry["resource"], entry["points_approved"]) == ("claimed_reward", -10)
    assert claim["redeemable"].items() >= redeemable.items()
    assert claim["reward"].items() >= {"id": 9, "kind": kind, "title": "A treat"}.items()
    assert claim["reward"].items() >= {"description": "Yum", "sort_key": 4, **reward}.items()
    assert claim["reward"]["target_site"] == {
        "id": 1,
        "name": "Lion Shop",
        "url": "https://lion.example",
    }
    assert {name: claim[name] for name in claim if name not in ("reward", "redeemable")} == {
        "id": 1,
        "claimed_at": "2025-06-10T12:00:00.000Z",
        "point_cost": 10,
        "state": "approved",
        "session": None,
        "auto_refund_at": "2025-06-11T12:00:00.000Z",
        "expires_at": "2025-06-11T12:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (ClaimState.PENDING, "approved"),
        (ClaimState.APPROVED, "approved"),
        (ClaimState.EXPIRED, "approved"),
        (ClaimState.DECLINED, "void"),
        (ClaimState.VOID, "void"),
    ],
)
def test_states_are_those_the_contract_knows(office: Office, state: ClaimState, shown: str) -> None:
    office.signup("1001")
    spend(office, office.world.published.program.rewards[0], state=state, code=None)
    office.settle()
    claim = office.call(TRANSACTIONS).json["transactions"][0]["claimed_reward"]
    assert (claim["state"], claim["redeemable"]["code"]) == (shown, None)


def test_a_reward_that_left_the_program_is_told_from_the_claim(office: Office) -> None:
    office.signup("1001")
    spend(office, office.world.published.program.rewards[0])
    document = lion_rewards()
    put("rewards", lion_rewards()["rewards"][2:])(document)  # type: ignore[index]  # a list
    office.world.publish(document)
    office.settle()
    claim = office.call(TRANSACTIONS).json["transactions"][0]["claimed_reward"]
    assert claim["reward"]["title"] == "As it was called then"
    assert claim["reward"]["kind"] == "cart_discount_voucher"
    assert claim["reward"]["sort_key"] == 0
    assert claim["redeemable"]["discount_amount"] == 5
