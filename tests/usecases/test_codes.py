"""Pools are filled, told of when they run low, and emptied; every code stays accounted for."""

import asyncio
import json
from collections.abc import Iterator, Sequence

import pytest

from leal.domain.problems import Missing
from leal.storage import codes as stored
from leal.storage.codes import Pool
from leal.usecases import codes
from leal.usecases.codes import Added, Duplicate, ImportTally, NotFromPool, Why
from leal.usecases.due import Kind, run
from tests.programs import Change, Document, drop, lion_rewards, put
from tests.worlds import World, world_on

FIVE_OFF, AT_CHECKOUT, SHIPPING = 1, 2, 3
TAKE = "SELECT leal_take_code($1, $2)"
CLAIM = """
INSERT INTO claimed_rewards (program_id, customer_id, reward_id, kind, title, state, source,
    points_cost, code, terms, claimed_at, settles)
VALUES ($1, 1, $2, 'custom', 'Thing', 'approved', 'points_redemption', 1, $3, '{}', now(), '1')
"""


def document(*changes: Change) -> Document:
    """The lion's program, whose first and third rewards take codes from pools."""
    made = lion_rewards()
    for change in (put("rewards.0.codes", "pool"), put("rewards.2.codes", "pool"), *changes):
        change(made)
    return made


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_on(database_url, document()) as made:
        yield made


def add(world: World, *given: str, reward_id: int = FIVE_OFF) -> Added:
    added, pool = world.run(
        codes.add_codes(world.desk, world.tenant.program_id, reward_id, codes=given)
    )
    assert pool == pool_of(world, reward_id)
    return added


def import_all(world: World, *batches: Sequence[str]) -> ImportTally:
    world.later(seconds=1)  # no two imports begin at the same microsecond
    return world.run(
        codes.import_codes(world.desk, world.tenant.program_id, FIVE_OFF, batches=batches)
    )


def hand_out(world: World, count: int = 1) -> list[str]:
    """What saves of claims do."""
    program_id, given = world.tenant.program_id, []
    for _ in range(count):
        given.append(world.run(world.database.value(TAKE, program_id, FIVE_OFF)))
        world.run(world.database.execute(CLAIM, program_id, FIVE_OFF, given[-1]))
    return given


def pool_of(world: World, reward_id: int = FIVE_OFF) -> Pool:
    return world.run(codes.load_pool(world.desk, world.tenant.program_id, reward_id))


def warn(world: World) -> int:
    return world.run(run(world.desk, Kind.POOLS, world.tenant.program_id))


def told(world: World) -> list[dict[str, int]]:
    sql = (
        "SELECT payload::text FROM events WHERE topic = 'rewards/low_stock'"
        " AND customer_id IS NULL ORDER BY event_id"
    )
    return [json.loads(row["payload"]) for row in world.run(world.database.rows(sql))]


def test_a_duplicate_is_told_by_where_the_code_is(world: World) -> None:
    add(world, "ELSEWHERE", reward_id=SHIPPING)
    add(world, "OUT")
    assert hand_out(world) == ["OUT"]
    add(world, "HERE")
    added = add(world, "NEW", "HERE", "ELSEWHERE", "OUT", "NEW", "new", "NEW")
    assert added.imported == 1, "codes that differ by case are one"
    assert sorted(added.duplicates, key=lambda each: each.code) == [
        Duplicate(code="ELSEWHERE", why=Why.IN_POOL, reward_id=SHIPPING),
        Duplicate(code="HERE", why=Why.IN_POOL, reward_id=FIVE_OFF),
        Duplicate(code="NEW", why=Why.IN_REQUEST),
        Duplicate(code="NEW", why=Why.IN_REQUEST),
        Duplicate(code="OUT", why=Why.HANDED_OUT),
        Duplicate(code="new", why=Why.IN_POOL, reward_id=FIVE_OFF),
    ]
    expected = Pool(reward_id=FIVE_OFF, imported=3, left=2)
    assert (pool_of(world), expected.handed_out) == (expected, 1)


def test_the_pool_of_friends_is_told_of_too(world: World) -> None:
    incentive = {"kind": "free_shipping_voucher", "incentive_text": "Come in", "codes": "pool"}
    add_to = codes.add_codes(world.desk, world.tenant.program_id, 0, codes=["A"])
    with pytest.raises(NotFromPool, match=r"referrals\.incentive"):
        world.run(add_to)
    world.publish(document(put("referrals.incentive", incentive)))
    add(world, "A", reward_id=0)
    assert warn(world) == 1
    assert told(world) == [{"reward_id": 0, "left": 1, "low_at": 100}]
    world.publish(document())
    add(world, "HERE")
    assert warn(world) == 1, "that of a pool that is used"


def test_an_import_tells_its_own_codes_from_those_before_it(world: World) -> None:
    add(world, "OLD")
    tally = import_all(world, ["A", "B"], ["B", "OLD", "C", "A", "A"])
    assert tally.imported == 3
    assert tally.duplicates == {(Why.IN_REQUEST, None): 3, (Why.IN_POOL, FIVE_OFF): 1}
    assert sorted(tally.examples[Why.IN_REQUEST, None]) == ["A", "A", "B"]


def test_an_import_that_was_cut_short_is_run_again(world: World) -> None:
    batches: list[list[str]] = [["A", "B"], ["C"]]

    async def first_batch_only() -> None:
        def until_killed() -> Iterator[list[str]]:
            yield batches[0]
            raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            await codes.import_codes(
                world.desk, world.tenant.program_id, FIVE_OFF, batches=until_killed()
            )

    world.run(first_batch_only())
    assert pool_of(world).left == 2
    tally = import_all(world, *batches)
    assert (tally.imported, dict(tally.duplicates)) == (1, {(Why.IN_POOL, FIVE_OFF): 2})
    assert pool_of(world) == Pool(reward_id=FIVE_OFF, imported=3, left=3)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("", "empty"),
        ("x" * 256, "256 characters"),
        ("A\x00B", "control character"),
        ("A\nB", "control character"),
        ("A\x85B", "control character"),
        ("A\ud800", "control character"),
        (" A", "a space"),
        ("A\u00a0", "a space"),
    ],
)
def test_what_is_no_code_is_explained(code: str, wrong: str) -> None:
    assert wrong in (codes.code_problem(code) or "")


@pytest.mark.parametrize("code", ["A", "x" * 255, "ä-1", "A B", "50%", "a,b", "🎁1"])
def test_anything_else_is_a_code(world: World, code: str) -> None:
    assert codes.code_problem(code) is None
    assert add(world, code).imported == 1
    assert hand_out(world) == [code]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([drop("rewards.0.codes")], "Set `codes: pool` on it in the program document"),
        (
            [put("rewards.0", {"id": 1, "kind": "custom", "title": "Lesson", "cost": 5})],
            "Set `fulfillment: {kind: voucher}` and `codes: pool`",
        ),
    ],
)
def test_a_reward_without_a_pool_is_told_how_to_get_one(
    world: World, changes: list[Change], said: str
) -> None:
    world.publish(document(*changes))
    with pytest.raises(NotFromPool, match="leal program apply") as caught:
        add(world, "A")
    assert said in str(caught.value)
    with pytest.raises(NotFromPool):
        pool_of(world)
    with pytest.raises(Missing, match="no reward"):
        add(world, "A", reward_id=99)


def test_custom_rewards_with_vouchers_have_pools(world: World) -> None:
    voucher = {"kind": "voucher"}
    lesson = {"id": 1, "kind": "custom", "title": "Lesson", "cost": 5, "fulfillment": voucher}
    world.publish(document(put("rewards.0", {**lesson, "codes": "pool"})))
    assert add(world, "A").imported == 1


def test_a_reward_is_found_by_id_or_by_title_in_any_language(world: World) -> None:
    program = world.published.program
    for words, expected in {
        "1": 1,
        "$5 Discount": 1,
        "versand FREI": 3,
        "free shipping": 3,
    }.items():
        assert codes.find_reward(program, words).id == expected
    with pytest.raises(Missing, match=r"1 \(\$5 discount\), 2"):
        codes.find_reward(program, "9")
    world.publish(document(put("rewards.1.title", "$5 discount")))
    with pytest.raises(Missing, match="choose one of 1, 2"):
        codes.find_reward(world.published.program, "$5 discount")


def test_a_pool_that_runs_low_is_told_of_once_until_it_is_filled_up(world: World) -> None:
    program_id = world.tenant.program_id
    add(world, "A", "B", "C")
    world.run(codes.set_low_at(world.desk, program_id, FIVE_OFF, low_at=3))
    assert warn(world) == 0
    hand_out(world, 2)
    assert (warn(world), warn(world)) == (1, 0)
    low = {"reward_id": FIVE_OFF, "left": 1, "low_at": 3}
    assert told(world) == [low]
    add(world, "D")
    assert warn(world) == 0
    add(world, "E")
    hand_out(world)
    assert warn(world) == 1
    assert told(world) == [low, {**low, "left": 2}]
    import_all(world, ["F"])
    hand_out(world, 3)
    assert warn(world) == 1
    world.run(codes.set_low_at(world.desk, program_id, FIVE_OFF, low_at=0))
    assert warn(world) == 0
    world.run(codes.set_low_at(world.desk, program_id, FIVE_OFF, low_at=1))
    assert warn(world) == 1
    assert told(world)[-1] == {**low, "left": 0, "low_at": 1}


def test_an_event_settles_like_those_of_saves(world: World) -> None:
    """Readers by id never miss it: it carries a bound above every transaction before it."""
    add(world, "A")
    before = world.run(world.database.value("SELECT pg_current_xact_id()::text::bigint"))
    assert warn(world) == 1
    settles = "SELECT settles::text::bigint FROM events WHERE topic = 'rewards/low_stock'"
    assert world.run(world.database.value(settles)) > before


def test_only_rewards_that_take_from_their_pool_are_told_of(world: World) -> None:
    add(world, "A")
    add(world, "B", reward_id=SHIPPING)
    world.publish(document(drop("rewards.0.codes")))
    assert warn(world) == 1
    assert [each["reward_id"] for each in told(world)] == [SHIPPING]
    other = world.add_program(document())
    assert world.run(codes.warn_low(world.desk, other.program_id)) == 0


def test_two_workers_tell_of_a_pool_once(world: World) -> None:
    add(world, "A")
    program_id = world.tenant.program_id

    async def both() -> int:
        async with world.database.transaction() as first:
            told = await stored.warn_low(first, program_id, FIVE_OFF, now=world.now)
            second = asyncio.create_task(codes.warn_low(world.desk, program_id))
            await asyncio.sleep(0.2)
        return told + await second

    assert world.run(both()) == 1


def test_codes_are_withdrawn_even_when_the_reward_takes_none_any_more(world: World) -> None:
    program_id = world.tenant.program_id
    add(world, *(f"A{number}" for number in range(5)))
    (given,) = hand_out(world)
    world.publish(document(drop("rewards.0.codes")))
    kept = [f"A{number}" for number in range(5) if f"A{number}" != given]
    some = codes.remove_codes(
        world.desk, program_id, FIVE_OFF, batches=[[kept[0], given, "STRANGE"], [kept[0]]]
    )
    assert world.run(some) == 1
    assert world.run(codes.remove_all(world.desk, program_id, FIVE_OFF)) == 3
    pool = pool_of(world)
    assert pool == Pool(reward_id=FIVE_OFF, imported=5, removed=4, left=0)
    assert pool.handed_out == 1


def test_a_code_that_was_withdrawn_can_be_imported_again(world: World) -> None:
    add(world, "A")
    world.run(codes.remove_all(world.desk, world.tenant.program_id, FIVE_OFF))
    assert add(world, "A").imported == 1
