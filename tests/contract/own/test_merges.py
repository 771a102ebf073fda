"""Merging customers over HTTP: whole answers, who may not be merged, and what everybody then shows.

A planted bug these have caught: an erasure that left what a merge keeps of persons for its undo.
"""

from typing import Any

import pytest

from leal.domain.merging import UNDO_WITHIN
from leal.storage.verification import Invariant
from leal.usecases.verification import verify
from tests.contract.conftest import NewWorld
from tests.contract.own.asker import ERASE, EXPLAIN, EXPORT, MERGE, MERGES, UNDO_MERGE, Asker
from tests.jobs.shops import give, join, shop
from tests.programs import lion_rewards, put, second_site
from tests.worlds import Answer


@pytest.fixture
def pair(asker: Asker) -> Asker:
    """Ann with 50 points and Bob with 30, to whom Ann's link led Cid."""
    world = asker.world
    join(world, "bob")
    give(world, "ann", 50)
    give(world, "bob", 30)
    return asker


def value(asker: Asker, sql: str, *arguments: object) -> Any:
    return asker.world.run(asker.world.database.value(sql, *arguments))


def merged(asker: Asker, **how: Any) -> Answer:
    answer = asker.call(MERGE, json={"merchant_id": "bob"}, **how)
    assert answer.status == 200, answer.body
    return answer


def shown(asker: Asker, name: str) -> Any:
    path = f"/headless/2025-06/1/customers/{name}?channel=web"
    return asker.world.get(path).json["customer"]


def test_a_merge_and_its_undo_as_they_are_told(pair: Asker) -> None:
    told = merged(pair).json
    merge = {
        "id": told["merge"]["id"],
        "survivor": {"id": 1, "merchant_id": "ann"},
        "merged": {"id": 2, "merchant_id": "bob"},
        "points": {"approved": 30, "pending": 0, "spent": 0},
        "orders": 0,
        "claimed_rewards": 0,
        "merged_at": "2025-06-10T12:00:00.000Z",
        "undo_until": "2025-07-10T12:00:00.000Z",
        "undone_at": None,
    }
    assert told == {"merge": merge}
    for name in ("ann", "bob"):
        listed = pair.call(MERGES, name).json
        assert listed == {"merges": [merge], "cursor": {"next": None}}
        assert (shown(pair, name)["id"], shown(pair, name)["points_approved"]) == (1, 80)
    assert [each["merchant_id"] for each in pair.world.get("/v2/customers").json["customers"]] == [
        "ann"
    ]
    pair.world.later(days=2)
    undone = pair.call(UNDO_MERGE, "bob", merge_id=merge["id"])
    ended = {**merge, "undo_until": None, "undone_at": "2025-06-12T12:00:00.000Z"}
    assert (undone.status, undone.json) == (200, {"merge": ended})
    assert [shown(pair, name)["points_approved"] for name in ("ann", "bob")] == [50, 30]
    assert pair.call(MERGES, "bob").json["merges"] == []
    assert pair.world.run(verify(pair.world.database)).is_clean


def test_events_and_the_audit_log_tell_of_both(pair: Asker) -> None:
    merge_id = merged(pair).json["merge"]["id"]
    pair.call(UNDO_MERGE, merge_id=merge_id)
    told = pair.world.get("/leal/v1/events?limit=100").json["events"]
    assert [
        (each["topic"], each["customer"]["id"], each["facts"])
        for each in told
        if each["topic"].startswith("customers/") and each["facts"]
    ] == [
        (
            "customers/merged",
            1,
            {"merge_id": merge_id, "merged_id": 2, "merged_merchant_id": "bob"},
        ),
        *(
            ("customers/unmerged", whose, {"merge_id": merge_id, "survivor_id": 1, "merged_id": 2})
            for whose in (1, 2)
        ),
    ]
    noted = pair.world.get("/leal/v1/audit").json["entries"]
    assert [(each["action"], each["about"], each["facts"]) for each in noted[:2]] == [
        (action, {"kind": "customer", "id": "1"}, {"merge_id": merge_id, "merged_id": 2})
        for action in ("customer.merge_undone", "customer.merged")
    ]


def test_the_ledger_explains_what_came(pair: Asker) -> None:
    merge_id = merged(pair).json["merge"]["id"]
    entries = pair.explained()["entries"]
    causes = [(each["cause"], each["moved"]["approved"]) for each in entries]
    assert causes == [
        (f"lots, by merge {merge_id}", 0),
        (f"awarded, by merge {merge_id}", 30),
        ("awarded", 50),
    ]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("ann", {"merchant_id": "ann"}, (422, "same_customer")),
        ("ann", {"merchant_id": "nobody"}, (404, "customer_not_found")),
        ("nobody", {"merchant_id": "ann"}, (404, "customer_not_found")),
        ("ann", {"merchant_id": "eve"}, (422, "customer_blocked")),
        ("eve", {"merchant_id": "ann"}, (422, "customer_blocked")),
        ("ann", {"merchant_id": "gone"}, (404, "customer_not_found")),
        ("ann", {"merchant_id": "foreign"}, (404, "customer_not_found")),
    ],
)
def test_who_cannot_be_merged(
    pair: Asker, name: str, body: object, expected: tuple[int, str]
) -> None:
    world = pair.world
    for other in ("eve", "gone"):
        join(world, other)
    world.call("PATCH", "/v2/customers/eve", json={"customer": {"blocked": True}})
    assert pair.call(ERASE, "gone", json={"confirm": "gone"}).status == 200
    stranger = world.add_program(shop())
    path = "/headless/2025-06/1/customers/foreign/sessions?channel=web"
    assert world.post(path, {"customer": {"email": "f@x.example"}}, key=stranger.key).status == 200
    answer = pair.call(MERGE, name, json=body)
    assert (answer.status, answer.code) == expected
    assert value(pair, "SELECT count(*) FROM merges") == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "merchant_id"),
        ({"merchant_id": True}, "merchant_id"),
        ({"merchant_id": "bob\x00"}, "body"),
        ({"merchant_id": "bob", "site_id": 0}, "site_id"),
        ({"merchant_id": "bob", "site_id": "1_0"}, "site_id"),
    ],
)
def test_a_body_that_names_nobody(pair: Asker, body: object, field: str) -> None:
    answer = pair.call(MERGE, json=body)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]


def test_merging_twice_and_undoing_what_is_not_there(pair: Asker) -> None:
    merge_id = merged(pair).json["merge"]["id"]
    again = pair.call(MERGE, json={"merchant_id": "bob"})
    assert (again.status, again.code) == (422, "same_customer")
    join(pair.world, "cid")
    for name, number in (("cid", merge_id), ("ann", merge_id + 1)):
        answer = pair.call(UNDO_MERGE, name, merge_id=number)
        assert (answer.status, answer.code) == (404, "merge_not_found")
    assert pair.call(UNDO_MERGE, merge_id="x1").status == 400
    pair.world.now += UNDO_WITHIN
    late = pair.call(UNDO_MERGE, merge_id=merge_id)
    assert (late.status, late.code) == (422, "too_late_to_undo")


def test_what_was_changed_since_stays_and_the_rest_goes_back(pair: Asker) -> None:
    world = pair.world
    born = "UPDATE customers SET first_name = 'Bo', birth_month = 2, birth_day = 3"
    world.run(world.database.execute(f"{born} WHERE customer_id = 2"))
    merge_id = merged(pair).json["merge"]["id"]
    assert shown(pair, "ann")["first_name"] == "Bo"
    world.call("PATCH", "/v2/customers/ann", json={"customer": {"birthday": "1990-05-06"}})
    assert pair.call(UNDO_MERGE, merge_id=merge_id).status == 200
    row = "SELECT (first_name, birth_month, email)::text FROM customers WHERE customer_id = $1"
    assert value(pair, row, 1) == "(,5,ann@lion.example)"
    assert value(pair, row, 2) == "(Bo,2,bob@lion.example)"


def test_links_and_friends_of_the_merged_customer_are_the_survivor_s(new_world: NewWorld) -> None:
    asker = Asker(new_world(lion_rewards()))
    world = asker.world
    for name in ("ann", "bob"):
        join(world, name)
    link = value(asker, "SELECT referral_id FROM customers WHERE merchant_id = 'bob'")
    merge_id = merged(asker).json["merge"]["id"]
    followed = world.get(f"/r/{link}")
    assert (followed.status, followed.headers["location"].split("?")[0]) == (
        301,
        "https://lion.example/",
    )
    join(world, "cid")
    body = {
        "merchant_id": "c-1",
        "customer_id": "cid",
        "customer_email": "cid@lion.example",
        "referral_id": link,
        "total": "20.00",
        "total_shipping": "0",
        "payment_status": "paid",
    }
    assert world.post("/v2/orders", body).status == 201
    assert value(asker, "SELECT referrer_id FROM referrals") == 1
    listed = world.get("/v2/customers").json["customers"]
    cid = next(each for each in listed if each["merchant_id"] == "cid")
    assert cid["referred_by"] == {"id": 1, "merchant_id": "ann"}
    assert asker.call(UNDO_MERGE, merge_id=merge_id).status == 200


def test_ids_of_two_sites(new_world: NewWorld) -> None:
    document = lion_rewards()
    second_site()(document)
    put("rules", [{"id": 1, "kind": "join_program", "title": "J", "points": 10}])(document)
    asker = Asker(new_world(document))
    for site, email in ((1, "a@x.example"), (2, "b@x.example")):
        path = f"/headless/2025-06/{site}/customers/7/sessions?channel=web"
        assert asker.world.post(path, {"customer": {"email": email}}).status == 200
    body = {"merchant_id": "7", "site_id": 2}
    assert asker.call(MERGE, "7", json=body).status == 400
    answer = asker.call(MERGE, "7", query="site_id=1", json=body)
    assert answer.status == 200, answer.body
    found = asker.world.get("/headless/2025-06/2/customers/7?channel=web").json["customer"]
    assert (found["id"], found["points_approved"]) == (1, 20)
    assert asker.world.run(verify(asker.world.database)).is_clean
    merge_id = answer.json["merge"]["id"]
    assert asker.call(UNDO_MERGE, "7", merge_id=merge_id).status == 200
    assert asker.call(UNDO_MERGE, "7", query="site_id=1", merge_id=merge_id).status == 422
    assert asker.world.run(verify(asker.world.database)).is_clean


def test_the_person_behind_both_is_told_and_forgotten(pair: Asker) -> None:
    world = pair.world
    world.run(
        world.database.execute("UPDATE customers SET last_name = 'Bobson' WHERE customer_id = 2")
    )
    merge_id = merged(pair, headers={"idempotency-key": "m"}).json["merge"]["id"]
    exported = pair.call(EXPORT, "bob").json
    assert [each["email"] for each in exported["customers"]] == [
        "ann@lion.example",
        "bob@lion.example",
    ]
    assert [each["merge_id"] for each in exported["merges"]] == [merge_id]
    assert "Bobson" in str(exported["merges"])
    assert pair.call(ERASE, "bob", json={"confirm": "bob"}).status == 200
    left = "SELECT json_agg(t)::text FROM {} t"
    for table in ("customers", "customer_ids", "merges", "events", "idempotency_keys"):
        text = value(pair, left.format(table))
        assert not any(trace in text for trace in ("Bobson", "bob", "ann@lion", '"ann"')), table
    assert pair.call(EXPLAIN, "bob").status == 404
    assert world.run(verify(world.database)).is_clean


def test_who_was_sent_by_the_merged_customer_shows_the_survivor(pair: Asker) -> None:
    world, by = pair.world, "SELECT referred_by FROM customers WHERE merchant_id = 'cid'"
    join(world, "cid")
    sent = "UPDATE customers SET referred_by = 2 WHERE merchant_id = 'cid'"
    world.run(world.database.execute(sent))
    merge_id = merged(pair).json["merge"]["id"]
    for _ in range(2):
        listed = world.get("/v2/customers").json["customers"]
        cid = next(each for each in listed if each["merchant_id"] == "cid")
        assert cid["referred_by"] == {"id": 1, "merchant_id": "ann"}
        give(world, "cid", 5)
        assert value(pair, by) == 2
    assert pair.call(UNDO_MERGE, merge_id=merge_id).status == 200
    listed = world.get("/v2/customers").json["customers"]
    cid = next(each for each in listed if each["merchant_id"] == "cid")
    assert cid["referred_by"] == {"id": 2, "merchant_id": "bob"}


_DOUBLED = """
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles, merge_id)
SELECT program_id, customer_id, history_id, resource, cause, 7, 0, 0, '[]', created_at, settles,
    merge_id
FROM transactions WHERE merge_id IS NOT NULL LIMIT 1
"""


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "UPDATE customers SET enrolled_at = now() WHERE customer_id = 2",
            "something in customers",
        ),
        ("UPDATE customers SET merged_into = 77 WHERE customer_id = 2", "nobody answers"),
        ("UPDATE merges SET merged_id = 3", "approved 0, pending 0, spent 0"),
        (_DOUBLED, "approved 7, pending 0, spent 0"),
    ],
)
def test_damage_to_a_merge_is_named(pair: Asker, damage: str, found: str) -> None:
    merged(pair)
    join(pair.world, "cid")
    pair.world.run(pair.world.database.execute(damage))
    told = pair.world.run(verify(pair.world.database)).violations
    of_merges = [each.finding.found for each in told if each.invariant is Invariant.MERGES]
    assert of_merges == [found]
