"""Vouchers at a till: validated without a trace, used exactly once, given back when a sale fails.

Planted bugs these have caught: a use that an order had made before and that a till made again, a
gift card partly used that was still good after its last day.
"""

import asyncio
from typing import Any

import pytest

from leal.usecases import claims
from leal.usecases.access import Scope
from tests.contract.conftest import NewWorld
from tests.contract.own.asker import basic
from tests.contract.own.till import (
    CARD,
    CHOICE,
    MASSAGE,
    RELEASE,
    SOAP,
    TENTH,
    TILL_SCOPES,
    USE,
    VALIDATE,
    VOUCHER,
    Till,
    fits,
    till_shop,
)

NOW = "2025-06-10T12:00:00.000Z"
PLAIN: dict[str, Any] = {
    "state": "approved",
    "usage_status": "not_used",
    "usable": True,
    "why_not": None,
    "currency": "usd",
    "discount_type": None,
    "discount_amount": None,
    "discount_percentage": None,
    "minimum_spend": None,
    "minimum_spend_after_discount": None,
    "max_shipping": None,
    "initial_balance": None,
    "balance": None,
    "applies_to_order_type": "all",
    "recurring_cycle_limit": None,
    "quantity": 1,
    "product": None,
    "collection": None,
    "expires_at": None,
    "auto_refund_at": None,
    "used_at": None,
    "uses": [],
    "customer": {"merchant_id": "ann"},
}
BATH = {"id": "77", "title": "Bath", "url": "https://lion.example/bath"}
KINDS: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {
    VOUCHER: (
        {},
        {
            "kind": "cart_discount_voucher",
            "title": "$5 off",
            "discount_type": "fixed",
            "discount_amount": "5.00",
            "minimum_spend": "10.00",
            "expires_at": "2025-07-10T12:00:00.000Z",
        },
    ),
    CARD: (
        {},
        {
            "kind": "gift_card",
            "title": "$10 card",
            "initial_balance": "10.00",
            "balance": "10.00",
            "expires_at": "2025-09-08T12:00:00.000Z",
        },
    ),
    TENTH: (
        {},
        {
            "kind": "collection_discount_voucher",
            "title": "A tenth off",
            "discount_type": "percentage",
            "discount_percentage": 10,
            "collection": BATH,
        },
    ),
    SOAP: (
        {},
        {
            "kind": "product_discount_voucher",
            "title": "Free soap",
            "discount_type": "percentage",
            "discount_percentage": 100,
            "product": {"id": "soap", "variant_id": "rose", "title": "Soap"},
        },
    ),
    CHOICE: (
        {"discount_amount": "7.50"},
        {
            "kind": "cart_variable_discount_voucher",
            "title": "As you like",
            "discount_type": "fixed",
            "discount_amount": "7.50",
            "auto_refund_at": "2025-06-11T12:00:00.000Z",
        },
    ),
}


@pytest.fixture
def till(new_world: NewWorld) -> Till:
    """Ann has 2000 points."""
    opened = Till(new_world(till_shop()))
    opened.joins()
    return opened


def refused(till: Till, operation: str, code: str, reference: object = "R1", **body: Any) -> str:
    """The code of a refusal."""
    answer = till.call(operation, code, json={"reference": reference, **body})
    assert answer.status == 422, answer.body
    return answer.code


@pytest.mark.parametrize("reward_id", KINDS)
def test_what_a_code_is_good_for(till: Till, reward_id: int) -> None:
    body, special = KINDS[reward_id]
    claim = till.claims(reward_id, **body)
    code = claim["redeemable"]["code"]
    known = {"code": code, "claimed_reward_id": claim["id"], "reward_id": reward_id}
    assert till.shows(code) == {**PLAIN, **known, **special}


def test_validating_leaves_no_trace(till: Till) -> None:
    code = till.code_of(VOUCHER)
    before = till.rows()
    for spelling in (code, code.lower(), code.replace("-", "%2D")):
        assert till.shows(spelling)["code"] == code
    assert till.rows() == before


def test_the_case_of_a_gift_card_does_not_matter_either(till: Till) -> None:
    code = till.code_of(CARD)
    assert till.uses(code.upper(), "R1", amount=1)["code"] == code


def test_a_voucher_is_used_once(till: Till) -> None:
    code = till.code_of(VOUCHER)
    used = till.uses(code, "R1")
    assert used == {
        **till.shows(code),
        "usage_status": "used",
        "usable": False,
        "why_not": {"code": "used", "message": "The voucher was used up"},
        "used_at": NOW,
        "uses": [{"reference": "R1", "amount": None, "used_at": NOW, "by_order": False}],
    }
    before = till.rows()
    till.world.later(minutes=1)
    assert till.uses(code, "R1") == used
    assert refused(till, USE, code, "R2") == "reward_already_used"
    assert till.rows() == before
    assert till.refunds(used["claimed_reward_id"]) == 422
    assert till.is_sound()


def test_a_use_is_undone_when_the_sale_fails(till: Till) -> None:
    code = till.code_of(VOUCHER)
    fresh = till.shows(code)
    till.uses(code, 1001)
    assert till.call(RELEASE, code, json={"reference": "1002"}).code == "use_not_found"
    assert till.releases(code, "1001") == fresh
    answer = till.call(RELEASE, code, json={"reference": "1001"})
    assert (answer.status, answer.code) == (404, "use_not_found")
    till.uses(code, "1002")
    assert till.is_sound()


def test_a_gift_card_is_used_in_parts(till: Till) -> None:
    code = till.code_of(CARD)
    part = till.uses(code, "R1", amount="4.50")
    assert (part["balance"], part["usage_status"], part["usable"]) == (
        "5.50",
        "partially_used",
        True,
    )
    assert till.uses(code, "R1", amount="4.50") == part
    answer = till.call(USE, code, json={"reference": "R2", "amount": 5.51})
    assert (answer.status, answer.json["error"]) == (
        422,
        {
            "code": "balance_too_low",
            "message": "The gift card holds less than that. Take its balance at most",
            "balance": "5.50",
            "currency": "usd",
        },
    )
    rest = till.uses(code, "R2")
    assert (rest["balance"], rest["usage_status"], rest["usable"]) == ("0.00", "used", False)
    assert [use["amount"] for use in rest["uses"]] == ["4.50", "5.50"]
    assert refused(till, USE, code, "R3", amount=1) == "reward_already_used"
    back = till.releases(code, "R1")
    assert (back["balance"], back["usage_status"]) == ("4.50", "partially_used")
    assert till.is_sound()


def test_an_order_of_that_number_is_the_same_use(till: Till) -> None:
    voucher, card = till.code_of(VOUCHER), till.code_of(CARD)
    till.uses(voucher, "1001")
    till.uses(card, "1001", amount=4)
    till.orders(1001, discount_codes=[{"code": voucher}, {"code": card, "amount": "4.00"}])
    for code in (voucher, card):
        (use,) = till.shows(code)["uses"]
        assert use["by_order"] is True
        assert refused(till, RELEASE, code, "1001") == "used_by_order"
        till.uses(code, "1001")
    assert till.shows(card)["balance"] == "6.00"
    till.orders(1001, refund_status="refunded")
    shown = till.shows(voucher)
    assert (shown["state"], shown["why_not"]["code"]) == ("void", "refunded")
    assert till.shows(card)["balance"] == "6.00"
    assert till.is_sound()


def test_an_order_that_came_first_is_the_same_use(till: Till) -> None:
    voucher, card = till.code_of(VOUCHER), till.code_of(CARD)
    till.orders(1001, discount_codes=[{"code": voucher}, {"code": card, "amount": "4.00"}])
    before = till.rows()
    assert till.uses(voucher, "gid://shopify/Order/1001")["usage_status"] == "used"
    assert till.uses(card, "1001", amount=4)["balance"] == "6.00"
    assert till.rows() == before
    assert refused(till, RELEASE, card, "1001") == "used_by_order"


def test_an_order_without_the_code_gives_the_use_back_to_nobody(till: Till) -> None:
    """The till's word stands until the till takes it back, whatever other orders say."""
    code = till.code_of(VOUCHER)
    till.uses(code, "R1")
    till.orders("R2", discount_codes=[{"code": code}])
    assert [use["reference"] for use in till.shows(code)["uses"]] == ["R1"]


def test_a_voucher_is_no_good_after_its_day(till: Till) -> None:
    voucher, card, choice = (
        till.code_of(VOUCHER),
        till.code_of(CARD),
        till.code_of(CHOICE, discount_amount=1),
    )
    till.uses(card, "R1", amount=1)
    till.world.later(days=1)
    assert till.shows(choice)["why_not"]["code"] == "overdue"
    till.world.later(days=29)
    assert till.shows(voucher)["why_not"]["code"] == "expired"
    till.world.later(days=60)
    for _ in range(2):
        for code in (voucher, card, choice):
            assert refused(till, USE, code, "R2") == "voucher_not_usable"
        assert till.shows(card)["why_not"]["code"] == "expired"
        till.world.run(claims.move_on_all(till.world.desk, till.world.tenant.program_id))
    assert till.shows(choice)["why_not"]["code"] == "refunded"
    assert till.uses(card, "R1")["balance"] == "9.00"
    assert till.is_sound()


def test_a_voucher_given_back_is_no_good(till: Till) -> None:
    claim = till.claims(VOUCHER)
    code = claim["redeemable"]["code"]
    assert till.refunds(claim["id"]) == 200
    assert till.shows(code)["why_not"]["code"] == "refunded"
    assert refused(till, USE, code) == "voucher_not_usable"


def test_two_tills_use_a_voucher_at_once(till: Till) -> None:
    code = till.code_of(VOUCHER)
    world = till.world
    headers = {"authorization": f"Bearer {world.tenant.key}"}

    async def rush() -> list[int]:
        bodies = [b'{"reference": "R%d"}' % number for number in range(12)]
        path = f"/leal/v1/vouchers/{code}/use"
        answers = await asyncio.gather(
            *(world.answer("POST", path, headers=headers, body=body) for body in bodies)
        )
        return sorted(answer.status for answer in answers)

    assert world.run(rush()) == [200, *[422] * 11]
    assert len(till.shows(code)["uses"]) == 1
    assert till.is_sound()


def test_a_voucher_used_and_given_back_at_once_is_one_of_both(till: Till) -> None:
    claim = till.claims(VOUCHER)
    code, world = claim["redeemable"]["code"], till.world
    headers = {"authorization": f"Bearer {world.tenant.key}"}
    paths = (
        f"/leal/v1/vouchers/{code}/use",
        f"/v2/customers/ann/claimed_rewards/{claim['id']}/refund",
    )

    async def rush() -> list[int]:
        answers = await asyncio.gather(
            *(
                world.answer("POST", path, headers=headers, body=b'{"reference": "R1"}')
                for path in paths
            )
        )
        return sorted(answer.status for answer in answers)

    assert world.run(rush()) == [200, 422]
    assert till.is_sound()


@pytest.mark.parametrize("operation", [VALIDATE, USE, RELEASE])
@pytest.mark.parametrize("code", ["LL-NOBODY", "%20", "a%2Fb", "%F0%9F%8E%81"])
def test_codes_that_do_not_exist(till: Till, operation: str, code: str) -> None:
    answer = till.call(operation, code, json={"reference": "R1"})
    assert (answer.status, answer.json["error"]) == (
        404,
        {"code": "voucher_not_found", "message": "There is no voucher with this code"},
    )


@pytest.mark.parametrize("code", ["%00", "%FF", "x" * 256])
def test_codes_that_cannot_be(till: Till, code: str) -> None:
    answer = till.call(VALIDATE, code)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, ["code"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reference"),
        ({"reference": ""}, "reference"),
        ({"reference": None}, "reference"),
        ({"reference": "x" * 256}, "reference"),
        ({"reference": True}, "reference"),
        ({"reference": "R1", "amount": 0}, "amount"),
        ({"reference": "R1", "amount": -1}, "amount"),
        ({"reference": "R1", "amount": "ten"}, "amount"),
        ({"reference": "R1", "amount": 10**12}, "amount"),
    ],
)
def test_traps_of_uses(till: Till, body: Any, field: str) -> None:
    code = till.code_of(CARD)
    answer = till.call(USE, code, json=body)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])
    if field == "reference":
        assert till.call(RELEASE, code, json=body).status == 400
    assert till.shows(code)["uses"] == []


def test_amounts_must_fit_the_voucher(till: Till) -> None:
    for reward_id, amount in ((VOUCHER, 1), (CARD, "1.005")):
        code = till.code_of(reward_id)
        body = {"reference": "R1", "amount": amount}
        assert fits(USE, body)
        answer = till.call(USE, code, json=body)
        assert (answer.status, list(answer.json["error"]["details"])) == (400, ["amount"])


def test_what_is_no_voucher_has_no_code(till: Till) -> None:
    till.claims(MASSAGE)
    assert till.call(VALIDATE, "None").status == 404


def test_another_program_s_vouchers_are_missing(till: Till) -> None:
    code = till.code_of(VOUCHER)
    stranger = till.world.add_program(till_shop())
    for operation in (VALIDATE, USE, RELEASE):
        answer = till.call(operation, code, json={"reference": "R1"}, key=stranger.key)
        assert (answer.status, answer.code) == (404, "voucher_not_found")
    assert till.shows(code)["usable"] is True


def test_who_may_use_vouchers(till: Till) -> None:
    world = till.world
    site = world.tenant.sites[0]
    for operation in (VALIDATE, USE, RELEASE):
        scope = TILL_SCOPES[operation]
        code = till.code_of(TENTH)
        if operation == RELEASE:
            till.uses(code, "R1")
        others = [each for each in Scope if each not in (scope, "write_orders")]
        body = {"reference": "R1"}
        for key, status in (
            (world.new_key(world.tenant.program_id, *others), 403),
            (world.session_token("ann"), 401),
            ("pat_" + "0" * 32, 401),
            (world.new_key(world.tenant.program_id, scope), 200),
        ):
            assert till.call(operation, code, json=body, key=key).status == status
    code = till.code_of(TENTH)
    pair = basic(site.token, site.secret)
    assert till.call(USE, code, json={"reference": "R1"}, headers=pair).status == 200
