"""What somebody has to bring: the list of what waits, and that it was done."""

from typing import Any

import pytest

from leal.usecases.access import Scope
from tests.contract.conftest import NewWorld
from tests.contract.own.asker import basic
from tests.contract.own.till import (
    COMPLETE,
    LIST,
    MASSAGE,
    PARCEL,
    TILL_SCOPES,
    VOUCHER,
    Till,
    till_shop,
)

NOW = "2025-06-10T12:00:00.000Z"


@pytest.fixture
def till(new_world: NewWorld) -> Till:
    """Ann has 2000 points."""
    opened = Till(new_world(till_shop()))
    opened.joins()
    return opened


def pending(till: Till, query: str = "", **how: Any) -> list[int]:
    """The claims that wait, in the order of the list."""
    answer = till.call(LIST, query=query, **how)
    assert answer.status == 200, answer.body
    return [each["claimed_reward_id"] for each in answer.json["fulfilments"]]


def completed(till: Till, claim_id: int, **how: Any) -> Any:
    """A fulfilment that must succeed."""
    answer = till.call(COMPLETE, claim_id, **how)
    assert answer.status == 200, answer.body
    return answer.json["fulfilment"]


def test_what_waits_is_listed_until_it_is_done(till: Till) -> None:
    claim = till.claims(MASSAGE, multiplier=2)
    till.claims(VOUCHER)
    (found,) = till.call(LIST).json["fulfilments"]
    ann = till.world.get("/v2/customers?email=ann").json["customers"][0]
    assert found == {
        "claimed_reward_id": claim["id"],
        "kind": "manual",
        "reward": {"id": MASSAGE, "title": "A massage"},
        "quantity": 2,
        "claimed_at": NOW,
        "fulfilled_at": None,
        "customer": {"id": ann["id"], "merchant_id": "ann", "email": "ann@lion.example"},
        "calls": None,
    }
    till.world.later(hours=1)
    done = completed(till, claim["id"])
    assert done == {**found, "fulfilled_at": "2025-06-10T13:00:00.000Z"}
    before = till.rows()
    till.world.later(hours=1)
    assert completed(till, claim["id"]) == done
    assert till.rows() == before
    assert pending(till) == []
    shown = till.world.get("/headless/2025-06/1/customers/ann?channel=web").json["customer"]
    fulfilled = {
        each["id"]: each["redeemable"].get("fulfilled_at") for each in shown["claimed_rewards"]
    }
    assert fulfilled[claim["id"]] == "2025-06-10T13:00:00Z"
    assert till.is_sound()


def test_how_calling_a_server_went_is_told(till: Till) -> None:
    claim = till.claims(PARCEL)
    (found,) = till.call(LIST).json["fulfilments"]
    assert found["kind"] == "webhook"
    assert found["calls"] == {"attempts": 0, "last_answer": None, "next_at": NOW}
    sql = "UPDATE fulfilment_calls SET attempts = 3, last_answer = '503 Service Unavailable'"
    till.world.run(till.world.database.execute(sql))
    (found,) = till.call(LIST).json["fulfilments"]
    assert found["calls"] == {
        "attempts": 3,
        "last_answer": "503 Service Unavailable",
        "next_at": NOW,
    }
    assert completed(till, claim["id"])["fulfilled_at"] == NOW
    assert pending(till) == []


def test_filters(till: Till) -> None:
    till.joins("bob")
    massage, parcel = till.claims(MASSAGE)["id"], till.claims(PARCEL)["id"]
    bobs = till.claims(MASSAGE, "bob")["id"]
    for query, expected in (
        ("", [massage, parcel, bobs]),
        ("kind=manual", [massage, bobs]),
        ("kind=webhook", [parcel]),
        ("customer=ann", [massage, parcel]),
        ("customer=bob&kind=webhook", []),
        ("customer=nobody", []),
    ):
        assert pending(till, query) == expected


def test_pages_hold_still_while_things_are_done(till: Till) -> None:
    waiting = [till.claims(MASSAGE)["id"] for _ in range(5)]
    till.claims(PARCEL)
    query, seen = "limit=2&kind=manual", []
    while True:
        answer = till.call(LIST, query=query)
        page = [each["claimed_reward_id"] for each in answer.json["fulfilments"]]
        seen += page
        for claim_id in page:
            completed(till, claim_id)
        cursor = answer.json["cursor"]["next"]
        if cursor is None:
            break
        query = f"limit=2&cursor={cursor}"
    assert seen == waiting
    assert len(pending(till)) == 1


def test_what_is_void_or_over_waits_no_more(till: Till) -> None:
    claim = till.claims(MASSAGE)
    assert till.refunds(claim["id"]) == 200
    assert pending(till) == []
    answer = till.call(COMPLETE, claim["id"])
    assert (answer.status, answer.code) == (422, "reward_already_refunded")


def test_what_is_a_code_needs_nobody(till: Till) -> None:
    answer = till.call(COMPLETE, till.claims(VOUCHER)["id"])
    assert (answer.status, answer.code) == (422, "nothing_to_fulfil")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=voucher", "kind"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=%20", "cursor"),
        ("cursor=eyJhZnRlciI6LTF9", "cursor"),
        ("customer=", "customer"),
        ("customer=" + "x" * 256, "customer"),
    ],
)
def test_traps_of_the_list(till: Till, query: str, field: str) -> None:
    answer = till.call(LIST, query=query)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])


def test_claims_that_do_not_exist(till: Till) -> None:
    for claim_id, status in ((999, 404), (10**16, 404), ("abc", 400)):
        answer = till.call(COMPLETE, claim_id)
        assert answer.status == status
        if status == 404:
            assert answer.code == "claimed_reward_not_found"


def test_another_program_s_claims_are_missing(till: Till) -> None:
    claim = till.claims(MASSAGE)
    cursor_of_ours = till.call(LIST, query="limit=1").json["cursor"]["next"]
    assert cursor_of_ours is None
    stranger = till.world.add_program(till_shop())
    assert pending(till, key=stranger.key) == []
    answer = till.call(COMPLETE, claim["id"], key=stranger.key)
    assert (answer.status, answer.code) == (404, "claimed_reward_not_found")
    assert pending(till) == [claim["id"]]


def test_who_may_see_and_complete(till: Till) -> None:
    world = till.world
    site = world.tenant.sites[0]
    claim = till.claims(MASSAGE)
    for operation in (LIST, COMPLETE):
        scope = TILL_SCOPES[operation]
        others = [each for each in Scope if each not in (scope, "write_customers")]
        for key, status in (
            (world.new_key(world.tenant.program_id, *others), 403),
            (world.session_token("ann"), 401),
            (world.new_key(world.tenant.program_id, scope), 200),
        ):
            assert till.call(operation, claim["id"], key=key).status == status
    pair = basic(site.token, site.secret)
    assert till.call(LIST, headers=pair).status == 200
