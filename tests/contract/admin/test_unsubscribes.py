"""GET and POST /v2/loyalty_emails/unsubscribes."""

import pytest

from tests.contract.admin.lobby import UNSUBSCRIBE, UNSUBSCRIBES, ask
from tests.contract.admin.office import Office
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards
from tests.worlds import World

EVENTS = """
SELECT topic, payload::text AS payload, customer_id, created_at,
    settles::text::bigint > 0 AS settles
FROM events WHERE topic LIKE 'loyalty%' ORDER BY event_id
"""


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """The lion's program with member 1001."""
    made = new_world(lion_rewards())
    Office(made).signup("1001")
    return made


def test_the_list_is_a_bare_array_the_latest_first(world: World) -> None:
    assert ask(world, UNSUBSCRIBES).json == []
    for email in ("kim@example.com", "1001@Example.com", "lee@example.com"):
        answer = ask(world, UNSUBSCRIBE, json={"email": email, "$more": 1})
        assert (answer.status, answer.body) == (201, b"")
    everybody = [
        {"email": "lee@example.com", "id": None},
        {"email": "1001@Example.com", "id": "1001"},
        {"email": "kim@example.com", "id": None},
    ]
    assert ask(world, UNSUBSCRIBES).json == everybody
    assert ask(world, UNSUBSCRIBES, query="limit=2").json == everybody[:2]
    assert ask(world, UNSUBSCRIBES, query="limit=2&page=2&since_id=9").json == everybody[2:]
    assert ask(world, UNSUBSCRIBES, query="page=3").json == []


def test_an_address_is_told_of_once(world: World) -> None:
    for email, status in (
        ("1001@example.com", 201),
        ("1001@EXAMPLE.com", 200),
        ("kim@example.com", 201),
        ("kim@example.com", 200),
    ):
        answer = ask(world, UNSUBSCRIBE, json={"email": email})
        assert (answer.status, answer.body) == (status, b"")
    rows = world.run(world.database.rows(EVENTS))
    assert [tuple(row) for row in rows] == [
        (
            "loyalty_emails/unsubscribe",
            '{"email" : "1001@example.com"}',
            1,
            world.now,
            True,
        ),
        ("loyalty_emails/unsubscribe", '{"email" : "kim@example.com"}', None, world.now, True),
    ]


@pytest.mark.parametrize("email", [None, "", "nobody", 5, True, "a@b", "x" * 300 + "@example.com"])
def test_a_bad_address_changes_nothing(world: World, email: object) -> None:
    answer = ask(world, UNSUBSCRIBE, json={"email": email})
    assert (answer.status, set(answer.json["error"]["details"])) == (400, {"email"})
    assert ask(world, UNSUBSCRIBES).json == []


@pytest.mark.parametrize(
    "query", ["page=0", "limit=501", "page=x", "page=1000001", "limit=1&limit=2"]
)
def test_bad_queries(world: World, query: str) -> None:
    assert ask(world, UNSUBSCRIBES, query=query).status == 400


def test_another_program_s_list_is_its_own(world: World) -> None:
    stranger = world.add_program(lion_rewards())
    assert ask(world, UNSUBSCRIBE).status == 201
    assert ask(world, UNSUBSCRIBES, key=stranger.key).json == []
    assert ask(world, UNSUBSCRIBE, key=stranger.key).status == 201
