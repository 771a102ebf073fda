"""Initialize Session: many at once, and programs that change under their members."""

import asyncio
import json

import pytest

from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import GET, SESSION, Shop, email_of, program
from tests.programs import Document, lion_rewards, second_site
from tests.worlds import Answer

HOME = "https://lion.example/"


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world(lion_rewards()))


def test_a_visit_without_news_is_one_statement_and_an_award_two(shop: Shop) -> None:
    shop.visit("counted")
    shop.world.statements.clear()
    shop.visit("counted")
    assert len(shop.world.statements) == 1
    shop.world.statements.clear()
    shop.visit("counted", HOME)
    assert len(shop.world.statements) == 2


def together(shop: Shop, *calls: tuple[str, Document]) -> list[Answer]:
    """Sessions opened at the same moment: (merchant id, body) each."""
    headers = {"authorization": f"Bearer {shop.world.tenant.key}"}

    async def all_of_them() -> list[Answer]:
        return await asyncio.gather(
            *(
                shop.world.answer(
                    "POST",
                    f"/headless/2025-06/1/customers/{merchant_id}/sessions?channel=web",
                    headers=headers,
                    body=json.dumps(body).encode(),
                )
                for merchant_id, body in calls
            )
        )

    answers = shop.world.run(all_of_them())
    for answer in answers:
        schema.check(SESSION, answer.status, answer.json)
    return answers


def body_of(email: str) -> Document:
    return {"customer": {"email": email}, "session": {"page_url": HOME}}


def test_one_newcomer_in_many_windows_at_once(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    answers = together(shop, *[("1", body_of(email_of("1")))] * 12)
    assert {answer.status for answer in answers} == {200}
    assert len(shop.rows("customers")) == 1
    assert {answer.json["customer"]["points_approved"] for answer in answers} == {200}
    assert shop.customer("1")["points_approved"] == 200


def test_many_newcomers_with_one_address_at_once(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    answers = together(shop, *[(str(number), body_of("a@b.co")) for number in range(8)])
    assert sorted(answer.status for answer in answers) == [200] + [422] * 7
    assert len(shop.rows("customers")) == 1


def test_history_outlives_the_rules_and_tiers_it_tells_of(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1", HOME)
    before = shop.customer("1")["history"]
    shop.world.publish(program())
    assert shop.customer("1")["history"] == before
    assert shop.visit("1", HOME)["customer"]["history"] == before


def test_members_get_a_tier_once_the_program_has_tiers(new_world: NewWorld) -> None:
    shop = Shop(new_world(program()))
    assert shop.visit("1")["customer"]["tier_membership"] is None
    shop.world.publish(lion_rewards())
    customer = shop.visit("1", HOME)["customer"]
    assert customer["available_rules"][0]["variant"]["tier_id"] == 1
    assert customer["tier_membership"]["tier_id"] == 1


def test_a_tier_that_is_gone_is_not_shown_as_the_customers(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1")
    shop.sql("UPDATE customers SET tier_id = 2 WHERE merchant_id = '1'")
    document = lion_rewards()
    document["tiers"] = {
        "boundary_mode": "spend",
        "membership": {"mode": "lifetime"},
        "tiers": [{"id": 1, "key": "silver", "name": "Silver", "lower_bound": 0}],
    }
    document["rules"] = document["rewards"] = []
    shop.world.publish(document)
    whole = shop.call(GET, "1").json
    listed = {tier["id"] for tier in whole["configuration"]["tier_configuration"]["tiers"]}
    assert whole["customer"]["tier_membership"]["tier_id"] in listed


def test_a_full_balance_does_not_keep_a_shopper_out(new_world: NewWorld) -> None:
    shop = Shop(new_world(lion_rewards()))
    shop.visit("1")
    shop.sql("UPDATE customers SET points_approved = 9007199254740991")
    assert shop.visit("1", HOME)["customer"]["points_approved"] == 9007199254740991


def test_another_site_of_the_program_knows_the_customer_by_address(new_world: NewWorld) -> None:
    document = lion_rewards()
    second_site()(document)
    shop = Shop(new_world(document))
    first = shop.visit("1", email="kim@example.com")["customer"]
    second = shop.visit("b-77", email="kim@example.com", site=2)["customer"]
    assert second["id"] == first["id"]
    assert second["points_approved"] == first["points_approved"], "joining is rewarded once"
