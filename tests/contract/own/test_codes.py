"""Voucher codes over HTTP: whole answers, and every way in which a body is no list of codes."""

from typing import Any

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.own.asker import ADD_CODES, SHOW_CODES, Asker
from tests.programs import Document, drop, lion_rewards, put

EMPTY = {
    "reward_id": 1,
    "imported": 0,
    "handed_out": 0,
    "removed": 0,
    "left": 0,
    "low_at": 100,
    "low": True,
}


def document() -> Document:
    made = lion_rewards()
    put("rewards.0.codes", "pool")(made)
    put("rewards.2.codes", "pool")(made)
    return made


@pytest.fixture
def asker(new_world: NewWorld) -> Asker:
    """Somebody whose rewards 1 and 3 take codes from pools, and reward 2 does not."""
    return Asker(new_world(document()))


def add(asker: Asker, *codes: object, reward: str = "1") -> Any:
    answer = asker.call(ADD_CODES, reward_id=reward, json={"codes": codes})
    assert answer.status == 201, answer.body
    return answer.json


def test_codes_are_added_and_counted(asker: Asker) -> None:
    assert asker.call(SHOW_CODES).json == {"pool": EMPTY}
    assert add(asker, "A1", "B2") == {
        "imported": 2,
        "duplicates": [],
        "pool": {**EMPTY, "imported": 2, "left": 2},
    }
    world = asker.world
    taken = world.run(world.database.value("SELECT leal_take_code($1, 1)", world.tenant.program_id))
    assert taken in ("A1", "B2")
    assert asker.call(SHOW_CODES).json == {
        "pool": {**EMPTY, "imported": 2, "handed_out": 1, "left": 1}
    }


def test_what_is_known_already_is_left_out_and_listed(asker: Asker) -> None:
    add(asker, "HERE")
    add(asker, "THERE", reward="3")
    found = add(asker, "HERE", "THERE", "NEW", "NEW")
    assert (found["imported"], found["pool"]["left"]) == (1, 2)
    assert found["duplicates"] == [
        {"code": "HERE", "reason": "in_pool"},
        {"code": "THERE", "reason": "in_pool"},
        {"code": "NEW", "reason": "in_request"},
    ]
    again = add(asker, "HERE")
    assert (again["imported"], len(again["duplicates"])) == (0, 1)


def test_codes_in_customers_hands_are_told_apart(asker: Asker) -> None:
    world = asker.world
    handed = (
        "INSERT INTO claimed_rewards (program_id, customer_id, reward_id, kind, title, state,"
        " source, points_cost, code, terms, claimed_at, settles) VALUES ($1, 1, 1, 'custom', 'x',"
        " 'approved', 'points_redemption', 1, 'OUT', '{}', now(), '1')"
    )
    world.run(world.database.execute(handed, world.tenant.program_id))
    assert add(asker, "OUT")["duplicates"] == [{"code": "OUT", "reason": "handed_out"}]


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"codes": "Invalid input: expected array, received undefined"}),
        ({"codes": None}, {"codes": "Invalid input: expected array, received null"}),
        ({"codes": "A"}, {"codes": "Invalid input: expected array, received string"}),
        ({"codes": []}, {"codes": "Expected 1 to 10000 codes, received 0"}),
        ({"codes": ["a"] * 10_001}, {"codes": "Expected 1 to 10000 codes, received 10001"}),
        (
            {"codes": ["A", "", 5, "B", "x" * 256, "a\tb", " a"]},
            {
                "codes.1": "Invalid code: it is empty: give at least 1 character",
                "codes.2": "Invalid input: expected string, received number",
                "codes.4": "Invalid code: it has 256 characters: give at most 255",
                "codes.5": "Invalid code: it holds a control character: "
                "give letters, digits and signs only",
                "codes.6": "Invalid code: it begins or ends with a space: leave that out",
            },
        ),
    ],
)
def test_a_body_that_is_no_list_of_codes_adds_nothing(
    asker: Asker, body: object, details: object
) -> None:
    answer = asker.call(ADD_CODES, json=body)
    assert (answer.status, answer.json["error"]["details"]) == (400, details)
    assert asker.call(SHOW_CODES).json == {"pool": EMPTY}


def test_at_most_a_hundred_bad_codes_are_listed(asker: Asker) -> None:
    answer = asker.call(ADD_CODES, json={"codes": [""] * 500})
    assert (answer.status, len(answer.json["error"]["details"])) == (400, 100)


def test_ten_thousand_codes_fit_into_a_call(asker: Asker) -> None:
    codes = [f"SUMMER-{number:08}" for number in range(10_000)]
    assert add(asker, *codes)["pool"] == {**EMPTY, "imported": 10_000, "left": 10_000, "low": False}


def test_more_than_a_megabyte_is_too_much(asker: Asker) -> None:
    answer = asker.call(ADD_CODES, json={"codes": ["x" * 250] * 4_000})
    assert answer.status == 413


@pytest.mark.parametrize("operation", [SHOW_CODES, ADD_CODES])
@pytest.mark.parametrize(
    ("reward", "status", "code"),
    [
        ("2", 422, "codes_not_from_pool"),
        ("99", 404, "reward_not_found"),
        ("99999999999999999999", 404, "reward_not_found"),
        ("one", 400, None),
    ],
)
def test_rewards_without_a_pool(
    asker: Asker, operation: str, reward: str, *, status: int, code: str | None
) -> None:
    json = {"codes": ["A"]} if operation == ADD_CODES else None
    answer = asker.call(operation, reward_id=reward, json=json)
    assert (answer.status, answer.json["error"].get("code")) == (status, code)


def test_a_reward_that_takes_none_any_more_still_shows_its_pool(asker: Asker) -> None:
    add(asker, "A")
    changed = document()
    drop("rewards.0.codes")(changed)
    asker.world.publish(changed)
    assert asker.call(SHOW_CODES).json["pool"]["left"] == 1
    assert asker.call(ADD_CODES, json={"codes": ["B"]}).code == "codes_not_from_pool"


def test_another_program_has_pools_of_its_own(asker: Asker) -> None:
    other = asker.world.add_program(document())
    add(asker, "A")
    answer = asker.call(SHOW_CODES, key=other.key)
    assert answer.json == {"pool": EMPTY}
    answer = asker.call(ADD_CODES, key=other.key, json={"codes": ["A"]})
    assert (answer.status, answer.json["imported"]) == (201, 1)


def test_adding_needs_the_scope_and_looking_does_not(asker: Asker) -> None:
    world = asker.world
    poor = world.new_key(world.tenant.program_id, "read_customers")
    fit = world.new_key(world.tenant.program_id, "write_configuration")
    assert asker.call(SHOW_CODES, key=poor).status == 200
    assert asker.call(ADD_CODES, key=poor, json={"codes": ["A"]}).status == 403
    assert asker.call(ADD_CODES, key=fit, json={"codes": ["A"]}).status == 201
