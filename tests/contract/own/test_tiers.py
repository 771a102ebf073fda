"""Moving customers between tiers by hand: how long it lasts, and who may be moved.

A planted bug these have caught: a hidden tier that ended like any other.
"""

from typing import Any

import pytest

from leal.usecases.due import Kind, run
from tests.contract.own.asker import MOVE_TIER, Asker
from tests.programs import lion_rewards, put
from tests.worlds import Answer, World


def program() -> dict[str, object]:
    document = lion_rewards()
    put("rules", [])(document)
    put(
        "tiers.tiers.2", {"id": 9, "key": "vip", "name": "VIP", "hidden": True, "lower_bound": 9999}
    )(document)
    return document


@pytest.fixture
def world(asker: Asker) -> World:
    asker.world.publish(program())
    path = "/headless/2025-06/1/customers/ann/sessions?channel=web"
    asker.world.post(path, {"customer": {"email": "ann@lion.example"}})
    return asker.world


def tier_ids(world: World) -> list[int]:
    tiers = world.published.program.tiers
    assert tiers is not None
    return [tier.id for tier in tiers.tiers]


def moves(asker: Asker, tier_id: object, who: str = "ann") -> Answer:
    return asker.call(MOVE_TIER, who, json={"tier_id": tier_id})


def membership(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return answer.json["tier_membership"]


def test_a_customer_is_moved_for_as_long_as_a_membership_lasts(asker: Asker, world: World) -> None:
    low, high, _ = tier_ids(world)
    moved = membership(moves(asker, high))
    assert (moved["tier_id"], moved["manual"]) == (high, True)
    assert moved["started_at"] == "2025-06-10T12:00:00.000Z"
    assert moved["expires_at"] == "2026-06-10T12:00:00.000Z"
    assert membership(moves(asker, high)) == moved, "twice is once"
    world.later(days=365)
    assert world.run(run(world.desk, Kind.TIERS, world.tenant.program_id)) == 1
    assert membership(moves(asker, None))["tier_id"] == low


def test_a_hidden_tier_has_no_end(asker: Asker, world: World) -> None:
    low, _, hidden = tier_ids(world)
    moved = membership(moves(asker, hidden))
    assert (moved["tier_id"], moved["expires_at"]) == (hidden, None)
    world.later(days=4000)
    assert world.run(run(world.desk, Kind.TIERS, world.tenant.program_id)) == 0
    assert membership(moves(asker, None))["tier_id"] == low


@pytest.mark.parametrize("wrong", [0, 77, "2", True, 2**31, 1.5])
def test_an_unknown_tier_is_a_bad_request(asker: Asker, world: World, wrong: object) -> None:
    answer = moves(asker, wrong)
    assert answer.status == 400
    assert "tier_id" in answer.json["error"]["details"]
    assert asker.call(MOVE_TIER, json={}).status == 400
    assert tier_ids(world)


def test_who_is_unknown_or_no_member_is_not_moved(asker: Asker, world: World) -> None:
    _, high, _ = tier_ids(world)
    assert moves(asker, high, "nobody").status == 404
    seen = {"name": "$review", "customer_id": "guest", "customer_email": "guest@lion.example"}
    assert world.post("/v2/activities", seen).status < 300
    answer = moves(asker, high, "guest")
    assert (answer.status, answer.code) == (422, "customer_not_enrolled")
