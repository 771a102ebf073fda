"""The log of events: from any point on, in an order that never changes, with nothing skipped."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import asyncpg
import pytest
from jsonschema import Draft202012Validator

from leal.api.own.shapes import ERROR, RESPONSES
from leal.domain.topics import ENROLLED, POINTS_EARNED, UPDATED
from leal.storage import event_horizons
from tests.jobs.shops import give, join, shop, take
from tests.worlds import Answer, World, world_on

LIST: Final = "events.list"
EVENT_ROUTES: Final = {LIST: ("GET", "/leal/v1/events")}
EVENT_SCOPES: Final = {LIST: "read_customers"}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A shop with two members, of whom one was given points and one lost some."""
    with world_on(database_url, shop()) as made:
        join(made, "ann")
        join(made, "bob")
        give(made, "ann", 5)
        take(made, "bob", 3)
        yield made


def read(world: World, query: str = "", **how: Any) -> Answer:
    settle = "UPDATE events SET recorded_at = now() - interval '1 day'"
    world.run(world.database.execute(settle))
    answer = world.get(f"/leal/v1/events?{query}", **how)
    schema = RESPONSES[LIST].get(answer.status, ERROR)
    assert schema is not None
    Draft202012Validator(schema).validate(answer.json)
    return answer


def test_all_that_happened_is_told_in_order(world: World) -> None:
    log = read(world).json
    assert [(each["topic"], each["customer"]["merchant_id"]) for each in log["events"]] == [
        (ENROLLED, "ann"),
        (ENROLLED, "bob"),
        (POINTS_EARNED, "ann"),
        (UPDATED, "bob"),
    ]
    earned = log["events"][2]
    assert earned["facts"] == {"points": 5}
    assert isinstance(earned["activity_id"], int)
    assert log["cursor"]["next"] == log["events"][-1]["id"]
    assert log["more"] is False


def test_a_reader_goes_on_where_it_was(world: World) -> None:
    seen, after, more = [], 0, True
    while more:
        page = read(world, f"after={after}&limit=1").json
        seen += [each["id"] for each in page["events"]]
        after, more = page["cursor"]["next"], page["more"]
    assert seen == [each["id"] for each in read(world).json["events"]]
    nothing = read(world, f"after={after}").json
    assert nothing == {"events": [], "cursor": {"next": after}, "more": False}
    give(world, "bob", 1)
    assert [each["topic"] for each in read(world, f"after={after}").json["events"]] == [
        POINTS_EARNED
    ]


def test_one_topic_and_every_change_of_a_customer(world: World) -> None:
    found = read(world, f"topic={POINTS_EARNED}&limit=1").json
    assert [each["customer"]["merchant_id"] for each in found["events"]] == ["ann"]
    assert found["cursor"]["next"] >= found["events"][0]["id"]
    assert len(read(world, f"topic={UPDATED}").json["events"]) == 4
    assert read(world, "topic=customer.enrolled").status == 400
    for query in ("after=-1", "after=x", "limit=0", "limit=1001", "after=9007199254740992"):
        assert read(world, query).status == 400


def test_another_program_sees_its_own_only(world: World) -> None:
    other = world.add_program(shop())
    assert read(world, key=other.key).json["events"] == []


def test_nothing_is_told_before_all_that_came_first_can_be(world: World, database_url: str) -> None:
    """Whoever remembers the last id would never see an event that is saved late."""
    after = read(world).json["cursor"]["next"]

    async def draw_an_id_and_wait() -> asyncpg.Connection:
        connection = await asyncpg.connect(database_url)
        await connection.execute("BEGIN")
        await connection.execute("SELECT nextval('events_event_id_seq'), pg_current_xact_id()")
        return connection

    connection = world.run(draw_an_id_and_wait())
    try:
        give(world, "ann", 7)
        early = world.get(f"/leal/v1/events?after={after}").json
        assert (early["events"], early["cursor"]["next"]) == ([], after)
    finally:
        world.run(connection.close())
    told = read(world, f"after={after}").json["events"]
    assert [each["facts"] for each in told] == [{"points": 7}]


def test_who_missed_events_is_told_so_and_where_to_go_on(world: World) -> None:
    ids = [each["id"] for each in read(world).json["events"]]
    before = world.now + timedelta(seconds=1)
    cleared = event_horizons.clear(
        world.database, world.tenant.program_id, until=ids[1], before=before
    )
    assert world.run(cleared) == 2
    gone = read(world, f"after={ids[0]}&topic={POINTS_EARNED}")
    assert (gone.status, gone.json) == (
        410,
        {
            "error": {
                "code": "events_gone",
                "message": "Events behind this cursor are not kept any more, so some were missed."
                f" Read anew what you keep of customers, and go on with after={ids[1]}",
                "after": ids[1],
            }
        },
    )
    for after in (0, gone.json["error"]["after"]):
        kept = read(world, f"after={after}").json
        assert [each["id"] for each in kept["events"]] == ids[2:]
    other = world.add_program(shop())
    assert read(world, f"after={ids[0]}", key=other.key).status == 200
