"""Messages of webhooks: each topic of the contract in its own layout, around what the API lists."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from leal.api.admin.messages import AdminComposer
from leal.domain import topics
from leal.storage.events import StoredEvent, list_settled_events
from leal.usecases import due
from leal.usecases.due import Kind
from tests.contract.admin.office import Office
from tests.contract.admin.till import Till

MESSAGE_ID = "0f2c7e1e-9a53-4c39-8f5e-3a1df9ac2f10"
HEAD = {"id": MESSAGE_ID, "created_at": "2025-06-10T12:00:00.000Z"}


def composed(office: Office, topic: str, event: StoredEvent | None = None) -> Any:
    """The newest event of a topic, worded; None when it is not told any more."""
    world = office.world
    Till(office.world).settle("events")
    database, program_id = world.database, world.tenant.program_id
    if event is None:
        found = world.run(list_settled_events(database, program_id, after=0, limit=1_000))
        event = [each for each in found if each.topic == topic][-1]
    message = AdminComposer().compose(
        world.desk, program_id, event, message_id=MESSAGE_ID, now=world.now
    )
    body = world.run(message)
    return None if body is None else msgspec.json.decode(body)


def told_of(office: Office, topic: str, **facts: object) -> StoredEvent:
    """An event of member 1001 as it is saved."""
    return StoredEvent(
        event_id=1,
        customer_id=office.customer()["id"],
        claimed_reward_id=None,
        history_id=None,
        topic=topic,
        payload=msgspec.json.encode(facts).decode(),
        created_at=office.world.now,
    )


@pytest.fixture
def member(office: Office) -> Office:
    """The back office of the lion's program with member 1001, who has 100 points for joining."""
    office.signup("1001")
    return office


def test_somebody_joined(member: Office) -> None:
    assert composed(member, topics.ENROLLED) == {
        **HEAD,
        "topic": "program_events/customer.enrolled",
        "payload": {
            "properties": {
                "customer": member.customer(),
                "enrollment": {
                    "date": "2025-06-10T12:00:00.000Z",
                    "trigger": "account_creation",
                },
            }
        },
    }


def test_points_were_earned_is_told_with_their_transaction_and_rewards(member: Office) -> None:
    for points in (300, 7, 300):
        member.call("customers.addPointsToCustomer", json={"points": points})
    member.settle()
    newest, *_ = member.world.get("/v2/transactions").json["transactions"]
    rewards = member.world.get("/v2/customers/1001/available_rewards").json["rewards"]
    body = composed(member, topics.POINTS_EARNED)
    affordable = [each for each in rewards if each["point_cost"] <= 707]
    assert len(affordable) == 2
    assert body["payload"]["properties"] == {
        "customer": member.customer(),
        "transaction": newest,
        "available_rewards": affordable,
    }
    assert topics.delay_of(topics.POINTS_EARNED).total_seconds() == 300


def test_a_rule_completed_by_an_order_is_told_with_both(member: Office) -> None:
    till = Till(member.world)
    till.order("A:1", total="55.00")
    till.settle("history")
    activity, *_ = member.world.get("/v2/activities").json["activities"]
    properties = composed(member, topics.RULE_COMPLETED)["payload"]["properties"]
    assert properties == {
        "customer": member.customer(),
        "activity": activity,
        "order": till.shown("A:1"),
        "social_link": None,
        "review": None,
    }
    assert activity["rule"]["name"] == "$purchase"


def test_a_rule_completed_otherwise_has_no_order(member: Office) -> None:
    properties = composed(member, topics.RULE_COMPLETED)["payload"]["properties"]
    assert (properties["order"], properties["activity"]["rule"]["id"]) == (None, 3)


def test_a_tier_was_reached(member: Office) -> None:
    Till(member.world).order("1", total="205.00")
    body = composed(member, topics.TIER_UPGRADED)
    payload = body["payload"]
    now = member.customer()
    properties = payload.pop("properties")
    assert payload == {
        "id": MESSAGE_ID,
        "created_at": "2025-06-10T12:00:00.000Z",
        "kind": "customer.tier_upgraded",
        "unique_until": None,
    }
    assert properties["customer"] == now
    assert properties["new_tier"] == now["loyalty_tier_membership"]["loyalty_tier"]
    assert properties["previous_tier"]["name"] == "Silver"


def test_a_claim_is_told_with_its_code(member: Office) -> None:
    member.call("customers.addPointsToCustomer", json={"points": 900})
    claimed = member.world.post("/v2/customers/1001/claimed_rewards", {"reward_id": 1}).json
    properties = composed(member, topics.CLAIMED_REWARD)["payload"]["properties"]
    assert properties == {
        "customer": member.customer(),
        "title": "$5 discount",
        "reward_type": "voucher",
        "discount_type": "flat",
        "voucher_code": claimed["claimed_reward"]["redeemable"]["code"],
        "discount_amount": 5,
        "gift_card_last_characters": None,
        "currency": "usd",
        "initial_value": None,
        "balance": None,
    }


def test_every_change_of_a_customer_is_told_at_the_top_and_in_the_payload(member: Office) -> None:
    """Even one that nothing else is told of."""
    member.call("customers.updateCustomer", json={"customer": {"birthday": "1990-02-03"}})
    assert composed(member, topics.UPDATED) == {
        **HEAD,
        "topic": "customers/update",
        "customer": member.customer(),
        "payload": {"customer": member.customer()},
    }


def test_an_end_of_points_is_told(member: Office) -> None:
    event = told_of(
        member, topics.POINTS_EXPIRE, expire_points_at="2025-07-01T00:00:00Z", points_to_expire=9
    )
    payload = composed(member, "", event)["payload"]
    assert payload["kind"] == "customer.approaching_points_expiration"
    assert payload["properties"] == {
        "customer": member.customer(),
        "expire_points_at": "2025-07-01T00:00:00Z",
        "points_to_expire": 9,
        "earned_on": None,
    }


@pytest.mark.parametrize("topic", [topics.TO_LOYAL, topics.TO_AT_RISK, topics.TO_DEFECTED])
def test_a_move_between_segments_is_told_with_what_was_bought(member: Office, topic: str) -> None:
    facts = {"new_insight_segment": "Loyal", "previous_insight_segment": None}
    nothing = {
        "frequency": None,
        "total_spend": None,
        "last_order_date": None,
        "average_basket_size": None,
    }
    event = told_of(member, topic, **facts)
    customer = {"customer": member.customer()}
    assert composed(member, topic, event)["payload"] == {**customer, **facts, **nothing}
    till = Till(member.world)
    for merchant_id, total in (("1", "10.00"), ("2", "20.50")):
        till.order(merchant_id, total=total, total_shipping="0.00")
    customer = {"customer": member.customer()}
    assert composed(member, topic, event)["payload"] == {
        **customer,
        **facts,
        "frequency": 2,
        "total_spend": 3050,
        "last_order_date": "2025-06-10T12:00:00.000Z",
        "average_basket_size": 1525,
    }


def test_who_unsubscribed_may_be_nobody_that_is_known(member: Office) -> None:
    event = told_of(member, topics.UNSUBSCRIBED, email="x@lion.example")
    known = {"id": member.customer()["id"], "email": "x@lion.example"}
    assert composed(member, "", event)["payload"] == {"unsubscribe": {"customer": known}}
    unknown = {"id": None, "email": "x@lion.example"}
    stranger = replace(event, customer_id=None)
    assert composed(member, "", stranger)["payload"] == {"unsubscribe": {"customer": unknown}}


def run_due(office: Office) -> int:
    Till(office.world).settle("events")
    world = office.world
    return world.run(due.run(world.desk, Kind.ANNOUNCEMENTS, world.tenant.program_id))


def test_a_reward_within_reach_is_told_after_five_minutes_and_once_a_week(member: Office) -> None:
    member.call("customers.addPointsToCustomer", json={"points": 300})
    assert run_due(member) == 0
    member.world.later(minutes=6)
    assert run_due(member) == 1
    assert run_due(member) == 0
    body = composed(member, topics.REWARD_AVAILABLE)
    titles = [each["title"] for each in body["payload"]["properties"]["available_rewards"]]
    assert titles == ["Free shipping"]
    member.call("customers.addPointsToCustomer", json={"points": 1})
    member.world.later(days=6)
    assert run_due(member) == 0, "told within a week"
    member.call("customers.addPointsToCustomer", json={"points": 1})
    member.world.later(days=2)
    assert run_due(member) == 1


def test_what_is_out_of_reach_again_is_not_told(member: Office) -> None:
    member.call("customers.addPointsToCustomer", json={"points": 300})
    member.world.later(minutes=6)
    assert run_due(member) == 1
    member.call("customers.removePointsFromCustomer", json={"points": 300})
    assert composed(member, topics.REWARD_AVAILABLE) is None


def test_a_tier_that_is_near_is_told(member: Office) -> None:
    till = Till(member.world)
    till.order("1", total="79.99", total_shipping="0.00")
    member.world.later(minutes=6)
    assert run_due(member) == 0, "more than a fifth of the way is left"
    till.order("2", total="0.01", total_shipping="0.00")
    till.order("3", total="6.00", total_shipping="0.00")
    member.world.later(minutes=6)
    assert run_due(member) == 1
    properties = composed(member, topics.APPROACHING_TIER)["payload"]["properties"]
    assert (properties["points_required"], properties["spend_required"]) == (None, 14.0)
    assert properties["current_tier"]["name"] == "Silver"
    assert properties["next_tier"]["name"] == "Gold"


def test_members_who_heard_nothing_for_a_month_are_reminded(member: Office) -> None:
    member.call("customers.addPointsToCustomer", json={"points": 300})
    member.world.later(minutes=6)
    assert run_due(member) == 1
    member.world.later(days=20)
    assert run_due(member) == 0
    member.world.later(days=11)
    assert run_due(member) == 1
    assert run_due(member) == 0
    properties = composed(member, topics.REWARD_REMINDER)["payload"]["properties"]
    assert properties["points_approved_in_interval"] == 0
    assert properties["available_rewards"]
    member.world.later(days=31)
    assert run_due(member) == 1
