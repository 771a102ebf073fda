"""Events are kept as long as wanted, and longer where somebody still has to be told of them.

Planted bugs these have caught: clearing without asking for the cursors, or for what waits to be
worded; a reader that was told the events in one statement and the horizon in another.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from leal.domain.problems import Missing
from leal.domain.webhooks import DeliveryState
from leal.storage import event_horizons
from leal.storage.event_log import list_events
from leal.storage.jobs import save_cursor
from leal.usecases import due, webhooks
from leal.usecases.batches import WorkFailed
from leal.usecases.due import Kind
from leal.usecases.verification import verify
from tests.jobs.receivers import OTHER_TOPIC, Stage, open_stage
from tests.jobs.shops import give, until_settled
from tests.merchants import Merchant, make_certificate, open_merchant
from tests.storage.claim_shop import claim, shelf
from tests.worlds import World, world_on

KEPT = timedelta(days=7)
FOLLOWING = (Kind.PURCHASES, Kind.ANNOUNCEMENTS, Kind.WEBHOOKS)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def stage(database_url: str, certificate: Path) -> Iterator[Stage]:
    """Where events are kept for seven days; its one member's joining is the first event."""
    with open_stage(database_url, certificate) as opened:
        keep_for(opened.world, KEPT)
        opened.joins("ann")
        yield opened


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Merchant]:
    with open_merchant(lambda _heard: 200, certificate) as merchant:
        yield merchant
        merchant.until_idle()


def keep_for(world: World, how_long: timedelta | None) -> None:
    world.desk = replace(world.desk, events_kept=how_long)


def follow(world: World, *kinds: Kind) -> None:
    """Some minutes later, when what is within reach is looked at."""
    world.later(minutes=6)
    until_settled(world)
    for kind in kinds or FOLLOWING:
        world.run(due.run(world.desk, kind, world.tenant.program_id))


def clear(world: World) -> int:
    return world.run(due.run(world.desk, Kind.RETENTION, world.tenant.program_id))


def kept(world: World) -> list[int]:
    """The numbers of what happened, as far as it is kept."""
    sql = """SELECT (payload->>'number')::int AS number FROM events
        WHERE payload->>'number' IS NOT NULL ORDER BY event_id"""
    return [row["number"] for row in world.run(world.database.rows(sql))]


def is_clean(world: World) -> bool:
    return world.run(verify(world.database)).is_clean


def test_events_are_kept_for_good_by_default(stage: Stage) -> None:
    keep_for(stage.world, None)
    stage.happens("ann", 1)
    stage.world.later(days=5_000)
    follow(stage.world)
    assert clear(stage.world) == 0
    assert kept(stage.world) == [1]


def test_what_is_older_is_cleared_when_everybody_has_passed_it(
    stage: Stage, receiver: Merchant
) -> None:
    stage.subscribes(receiver.url())
    follow(stage.world)
    stage.world.later(days=8)
    assert clear(stage.world) > 0
    stage.happens("ann", 1)
    stage.world.later(days=6)
    stage.happens("ann", 2)
    follow(stage.world)
    stage.world.later(hours=23, minutes=54)
    assert clear(stage.world) == 0, "kept for seven days to the moment"
    stage.world.later(seconds=1)
    assert clear(stage.world) == 1
    assert kept(stage.world) == [2]
    assert clear(stage.world) == 0
    assert stage.told(receiver.heard) == {"ann": [1, 2]}
    assert is_clean(stage.world)


def test_a_webhook_made_when_nothing_is_left_hears_what_comes(
    stage: Stage, receiver: Merchant
) -> None:
    follow(stage.world)
    stage.world.later(days=8)
    assert clear(stage.world) > 0
    assert stage.world.run(stage.world.database.value("SELECT count(*) FROM events")) == 0
    stage.subscribes(receiver.url())
    assert is_clean(stage.world)
    stage.happens("ann", 1)
    follow(stage.world)
    assert stage.told(receiver.heard) == {"ann": [1]}
    assert is_clean(stage.world)


@pytest.mark.parametrize("behind", FOLLOWING)
def test_nothing_is_cleared_that_somebody_behind_has_not_seen(
    stage: Stage, receiver: Merchant, behind: Kind
) -> None:
    stage.subscribes(receiver.url())
    follow(stage.world)
    stage.happens("ann", 1)
    stage.world.later(days=30)
    follow(stage.world, *(each for each in FOLLOWING if each is not behind))
    assert clear(stage.world) > 0, "what came before"
    assert kept(stage.world) == [1]
    follow(stage.world, behind)
    clear(stage.world)
    assert kept(stage.world) == []
    follow(stage.world)
    assert stage.told(receiver.heard) == {"ann": [1]}
    assert is_clean(stage.world)


def test_announcements_that_fail_hold_the_log(stage: Stage) -> None:
    """Whoever could not be told what is within reach still can be, once the fault is mended."""
    stage.happens("ann", 1, "program_events/customer.points_earned")
    give(stage.world, "ann", 10_000)
    database = stage.world.database
    refuse = "ALTER TABLE announcements ADD CONSTRAINT broken CHECK (topic NOT LIKE '%available%')"
    stage.world.run(database.execute(refuse))
    stage.world.later(days=8)
    follow(stage.world, Kind.PURCHASES, Kind.WEBHOOKS)
    with pytest.raises(WorkFailed):
        follow(stage.world, Kind.ANNOUNCEMENTS)
    assert clear(stage.world) == 0
    stage.world.run(database.execute("ALTER TABLE announcements DROP CONSTRAINT broken"))
    follow(stage.world)
    clear(stage.world)
    assert kept(stage.world) == []
    told = "SELECT count(*) FROM events WHERE topic LIKE '%reward_available%'"
    assert stage.world.run(database.value(told)) == 1


def test_a_paused_webhook_holds_what_it_was_not_told_however_long(
    stage: Stage, receiver: Merchant
) -> None:
    made = stage.subscribes(receiver.url())
    stage.subscribes(receiver.url("/other"), OTHER_TOPIC)
    desk, program_id = stage.world.desk, stage.program_id
    stage.happens("ann", 1, OTHER_TOPIC)
    follow(stage.world)
    stage.world.run(webhooks.pause(desk, program_id, made.webhook_id, owner=None))
    for number in (2, 3, 4):
        stage.happens("ann", number)
        stage.happens("ann", -number, OTHER_TOPIC)
        follow(stage.world)
        stage.world.later(days=100)
    assert clear(stage.world) > 0
    assert kept(stage.world) == [2, -2, 3, -3, 4, -4]
    assert is_clean(stage.world)
    stage.world.run(webhooks.resume(desk, program_id, made.webhook_id, owner=None))
    follow(stage.world)
    hooked = [each for each in receiver.heard if each.path == "/hook"]
    assert stage.told(hooked) == {"ann": [2, 3, 4]}
    clear(stage.world)
    assert kept(stage.world) == []
    assert is_clean(stage.world)


def test_a_message_that_was_worded_needs_its_event_no_more(
    stage: Stage, receiver: Merchant
) -> None:
    receiver.answer = lambda _heard: 500
    stage.subscribes(receiver.url())
    stage.happens("ann", 1)
    follow(stage.world)
    stage.world.later(days=8)
    follow(stage.world)
    clear(stage.world)
    assert kept(stage.world) == []
    assert is_clean(stage.world)
    receiver.answer = lambda _heard: 200
    stage.world.later(days=1)
    follow(stage.world)
    assert stage.told(receiver.heard)["ann"] == [1, 1, 1]
    assert is_clean(stage.world)


def test_a_deleted_webhook_holds_nothing(stage: Stage, receiver: Merchant) -> None:
    made = stage.subscribes(receiver.url())
    desk, program_id = stage.world.desk, stage.program_id
    stage.world.run(webhooks.pause(desk, program_id, made.webhook_id, owner=None))
    stage.happens("ann", 1)
    stage.world.later(days=8)
    follow(stage.world)
    clear(stage.world)
    assert kept(stage.world) == [1]
    assert stage.world.call("DELETE", f"/v2/webhooks/{made.webhook_id}").status == 204
    clear(stage.world)
    assert kept(stage.world) == []
    assert is_clean(stage.world)


def test_what_was_never_worded_cannot_be_told_again_without_its_event(
    stage: Stage, receiver: Merchant
) -> None:
    made = stage.subscribes(receiver.url())
    stage.happens("ann", 1, silent=True)
    stage.happens("ann", 2)
    follow(stage.world)
    stage.world.later(days=8)
    follow(stage.world)
    clear(stage.world)
    assert kept(stage.world) == []
    [dead] = stage.log(state=DeliveryState.DEAD)
    desk, program_id = stage.world.desk, stage.program_id
    with pytest.raises(Missing, match="not kept any more"):
        stage.world.run(webhooks.replay(desk, program_id, dead.delivery_id, owner=None))
    since = stage.world.now - timedelta(days=20)
    again = webhooks.replay_since(desk, program_id, made.webhook_id, since=since, owner=None)
    assert stage.world.run(again) == 1
    assert is_clean(stage.world)
    follow(stage.world)
    assert stage.told(receiver.heard) == {"ann": [2, 2]}


_MANY = """
INSERT INTO events (program_id, customer_id, topic, payload, created_at, settles, recorded_at)
SELECT $1, NULL, 'rewards/low_stock', '{}', $2, leal_settles(), now() - interval '1 day'
FROM generate_series(1, $3::int)
"""


def _count(world: World, program_id: int) -> int:
    sql = "SELECT count(*) FROM events WHERE program_id = $1"
    found: int = world.run(world.database.value(sql, program_id))
    return found


def test_a_run_is_bounded_and_the_next_goes_on(stage: Stage) -> None:
    world, program_id = stage.world, stage.program_id
    world.run(world.database.execute(_MANY, program_id, world.now, 41_000))
    for kind in (Kind.PURCHASES, Kind.ANNOUNCEMENTS):
        # following so many takes longer than clearing them, and is not what is looked at here
        world.run(save_cursor(world.database, program_id, kind, position=50_000))
    world.later(days=8)

    async def three_at_once() -> list[int]:
        return await asyncio.gather(
            *(due.run(world.desk, Kind.RETENTION, program_id) for _ in range(3))
        )

    assert clear(world) == 40_000
    rest = _count(world, program_id)
    assert rest > 1_000
    assert sum(world.run(three_at_once())) == rest
    assert _count(world, program_id) == 0


def test_another_programs_events_stay(stage: Stage) -> None:
    other = stage.world.add_program(shelf())
    stage.world.run(stage.world.database.execute(_MANY, other.program_id, stage.world.now, 3))
    follow(stage.world)
    stage.world.later(days=8)
    assert clear(stage.world) > 0
    assert _count(stage.world, stage.program_id) == 0
    assert _count(stage.world, other.program_id) == 3


def test_a_reader_sees_all_events_behind_its_cursor_or_that_it_does_not(stage: Stage) -> None:
    """One event after the other is cleared while readers read."""
    world, program_id = stage.world, stage.program_id
    world.run(world.database.execute(_MANY, program_id, world.now, 400))
    until_settled(world)

    async def clear_one_by_one() -> None:
        for until in range(1, 401):
            await event_horizons.clear(
                world.database, program_id, until=until, before=world.now + KEPT
            )

    async def read() -> int:
        told, after = 0, 1
        while after < 399:
            page = await list_events(world.database, program_id, after=after, topic=None, limit=2)
            if page.cleared_id > after:
                told, after = told + 1, page.cleared_id
                continue
            assert [each.event_id for each in page.events] == [after + 1, after + 2]
            after += 1
        return told

    async def both() -> int:
        clearing = asyncio.create_task(clear_one_by_one())
        told = await asyncio.gather(*(read() for _ in range(3)))
        await clearing
        return sum(told)

    assert world.run(both()) > 0, "no reader was ever overtaken"


def test_books_stay_right_when_some_claims_have_events_and_others_none_any_more(
    database_url: str,
) -> None:
    with world_on(database_url, shelf()) as world:
        keep_for(world, KEPT)
        path = "/headless/2025-06/1/customers/ann/sessions?channel=pos"
        assert world.post(path, {"customer": {"email": "ann@lion.example"}}).status == 200
        give(world, "ann", 5_000)
        claim(world, 4)
        world.later(days=5)
        claim(world, 4)
        follow(world)
        world.later(days=3)
        assert clear(world) > 0
        told = "SELECT count(*) FROM events WHERE claimed_reward_id IS NOT NULL"
        assert world.run(world.database.value(told)) == 1, "of two claims"
        assert is_clean(world)
        lose = "DELETE FROM events WHERE claimed_reward_id IS NOT NULL"
        world.run(world.database.execute(lose))
        assert not is_clean(world)
