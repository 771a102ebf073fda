"""`leal verify` on orders, limits, progress, tiers and daily sums: clean shops are clean, and each
kind of damage, planted past leal with plain SQL, is found as exactly that.

A check that is left out, or that looks at other rows, fails its row here; one that finds too much
fails every row and the shops that did unusual things.
"""

from collections.abc import Iterator

import pytest

from leal.storage.verification import Invariant
from leal.usecases import verification
from leal.usecases.verification import Violation, verify
from tests.databases import DatabaseServer
from tests.jobs.shops import buy, give, join, refund
from tests.programs import Document, lion_rewards, put
from tests.worlds import World, world_on


def visit(world: World, name: str) -> None:
    path = f"/headless/2025-06/1/customers/{name}/sessions?channel=web"
    body = {
        "customer": {"email": f"{name}@lion.example"},
        "session": {"page_url": "https://lion.example/"},
    }
    assert world.post(path, body).status == 200


def populate(world: World) -> None:
    """Ann visits in two weeks, buys for 60 and 70 (which makes her Gold), and gets 10 back."""
    visit(world, "ann")
    buy(world, "A-1", total=60, who="ann")
    world.later(days=7)
    visit(world, "ann")
    buy(world, "A-2", total=70, who="ann")
    refund(world, "A-2", amount=10)
    give(world, "ann", 5)


@pytest.fixture
def world(database_server: DatabaseServer) -> Iterator[World]:
    with database_server.fresh() as url, world_on(url, lion_rewards()) as made:
        yield made


def violations(world: World, *damage: str) -> tuple[Violation, ...]:
    for statement in damage:
        world.run(world.database.execute(statement))
    return world.run(verify(world.database)).violations


def test_the_shop_is_clean_and_has_all_that_is_damaged_below(world: World) -> None:
    populate(world)
    assert violations(world) == ()
    row = world.run(
        world.database.row(
            "SELECT (SELECT count(*) FROM orders WHERE terms IS NOT NULL) AS orders,"
            " (SELECT count(*) FROM history WHERE rule_id = 2) AS visits,"
            " (SELECT count(*) FROM history WHERE kind = 'entered_tier') AS tiers,"
            " (SELECT tier_id FROM customers) AS tier"
        )
    )
    assert tuple(row or ()) == (2, 2, 2, 2)


_COPY_OF_AWARD = """
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, rule_id, order_id,
    updated_at, settles)
SELECT program_id, customer_id, kind, 'declined', happened_at, 3, rule_id, order_id, updated_at,
    settles
FROM history WHERE source = 'order:1:A-1:1'
"""
_SPEND_MORE = """
UPDATE orders SET counted = jsonb_set(counted::jsonb, '{spend_minor}', '6001')::json
WHERE merchant_id = 'A-1'
"""
_PAY_MORE = """
UPDATE orders SET terms = jsonb_set(terms::jsonb, '{0,points}', '6')::json WHERE merchant_id = 'A-1'
"""


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            (
                "DROP INDEX history_by_source",
                "UPDATE history SET source = 'activity:x:1' WHERE kind = 'entered_tier'",
            ),
            [(Invariant.ONCE, "one row of history for the cause activity:x:1", "rows ")],
        ),
        (
            (_COPY_OF_AWARD,),
            [
                (Invariant.ONCE, "one award of rule 1 for order 1", "rows "),
                (Invariant.ORDER_POINTS, "no award of rule 1 for order A-1", "of 3 points"),
            ],
        ),
        (
            (_PAY_MORE,),
            [(Invariant.ORDER_POINTS, "360 points for order A-1 by rule 1", "300")],
        ),
        (
            ("UPDATE orders SET refunded_minor = 0 WHERE merchant_id = 'A-2'",),
            [
                (Invariant.ORDER_POINTS, "350 points for order A-2 by rule 1", "300"),
                (Invariant.ORDER_COUNTED, "spend 7000, orders 1 for order A-2", "spend 6000"),
            ],
        ),
        (
            ("UPDATE history SET order_id = NULL WHERE source = 'order:1:A-1:1'",),
            [(Invariant.ORDER_POINTS, "300 points for order A-1 by rule 1", "0")],
        ),
        (
            (_SPEND_MORE,),
            [
                (Invariant.ORDER_COUNTED, "spend 6000, orders 1 for order A-1", "spend 6001"),
                (Invariant.PROGRESS, "spend 6001, orders 1 on 2025-06-10", "spend 6000"),
            ],
        ),
        (
            ("UPDATE progress SET orders = 2 WHERE earned_on = '2025-06-10'",),
            [
                (Invariant.PROGRESS, "spend 6000, orders 1 on 2025-06-10", "orders 2"),
                (Invariant.PROGRESS, "spend 12000, orders 3", "orders 2"),
            ],
        ),
        (
            (
                "UPDATE progress SET points = points + 1 WHERE earned_on = '2025-06-10'",
                "UPDATE customers SET lifetime_points = lifetime_points + 1",
            ),
            [(Invariant.PROGRESS, "305 points towards tiers", "306")],
        ),
        (
            ("UPDATE customers SET lifetime_spend = 1",),
            [(Invariant.PROGRESS, "spend 12000", "spend 1, orders 2")],
        ),
        (
            ("DELETE FROM counters WHERE subject_id = 1",),
            [(Invariant.COUNTERS, "at least 2 completions of rule 1 counted", "no counter")],
        ),
        (
            ("UPDATE counters SET total = 1, year = 1, month = 1 WHERE subject_id = 2",),
            [(Invariant.COUNTERS, "at least 2 completions of rule 2 counted", "1")],
        ),
        (
            ("UPDATE history SET happened_at = '2025-06-15 23:59:59+00' WHERE rule_id = 2",),
            [(Invariant.LIMITS, "at most 1 completions of rule 2 a week", "is number 2")],
        ),
        (
            ("DELETE FROM history WHERE kind = 'entered_tier' AND tier_id = 2",),
            [(Invariant.TIERS, "tier 1, entered last", "tier 2")],
        ),
        (
            (
                "DELETE FROM history WHERE kind = 'entered_tier' AND tier_id = 2",
                "UPDATE customers SET tier_id = 1, tier_expires_at = NULL",
            ),
            [(Invariant.TIERS, "at least tier 2, reached with 12000 spend", "tier 1")],
        ),
        (
            ("UPDATE customers SET tier_id = NULL",),
            [(Invariant.TIERS, "tier 2, entered last", "no tier")],
        ),
        (
            ("INSERT INTO points_daily_ends VALUES (1, 1000000)",),
            [(Invariant.DAILY_SUMS, "sums by day adding up to 905 points", "0")],
        ),
    ],
)
def test_damage_is_named(
    world: World, damage: tuple[str, ...], expected: list[tuple[Invariant, str, str]]
) -> None:
    populate(world)
    found = violations(world, *damage)
    assert [each.invariant for each in found] == [invariant for invariant, _, _ in expected]
    for each, (_, wanted, there) in zip(found, expected, strict=True):
        assert wanted in each.finding.expected
        assert there in each.finding.found
        assert each.what_next == verification.WHAT_NEXT[each.invariant]


def test_damage_to_one_program_is_not_another_s(world: World) -> None:
    populate(world)
    other = world.add_program(lion_rewards()).program_id
    world.run(world.database.execute("UPDATE customers SET lifetime_spend = 1"))
    assert world.run(verify(world.database, program_id=other)).is_clean
    assert not world.run(verify(world.database, program_id=1)).is_clean


def _changed(*changes: tuple[str, object]) -> Document:
    document = lion_rewards()
    for path, value in changes:
        put(path, value)(document)
    return document


@pytest.mark.parametrize(
    "changes",
    [
        (("sites.0.currency", "jpy"), ("rewards.2.max_shipping", 9)),
        (("points", {"tier_points_count": "total"}),),
        (("tiers.tiers.1.lower_bound", 50),),
        (("rules.1.limit", {"count": 1, "interval": None}),),
        (("rules.0.points", 7), ("rules.0.limit", {"count": 1})),
        (("sites.0.timezone", "Pacific/Kiritimati"),),
    ],
    ids=["currency", "what counts", "tiers", "limit", "rate", "zone"],
)
def test_what_an_older_version_did_is_not_held_against_the_newer(
    world: World, changes: tuple[tuple[str, object], ...]
) -> None:
    """Bob joins under the first version and reaches the second's Gold; Ann buys again later."""
    join(world, "bob")
    buy(world, "B-1", total=60, who="bob")
    populate(world)
    world.publish(_changed(*changes))
    assert violations(world) == ()
    refund(world, "A-1", amount=1)
    assert [each for each in violations(world) if each.invariant is not Invariant.PROGRESS] == []


def test_limits_are_held_by_the_version_of_the_time(world: World) -> None:
    """Once a week before and twice a day afterwards: only the second week's third is too many."""
    populate(world)
    world.publish(_changed(("rules.1.limit", {"count": 2, "interval": "day"})))
    world.later(days=7)
    for _ in range(3):
        visit(world, "ann")
    assert violations(world) == ()
    found = violations(
        world,
        "UPDATE history SET happened_at = '2025-06-24 01:00+00', program_version = 2"
        " WHERE rule_id = 2",
    )
    assert [(each.invariant, each.finding.expected) for each in found] == [
        (Invariant.LIMITS, "at most 2 completions of rule 2 a day")
    ] * 2


def test_declined_activities_leave_room_for_others(world: World) -> None:
    quiz = {"id": 9, "kind": "custom", "title": "Poll", "name": "poll", "points": 3}
    rule = {**quiz, "limit": {"count": 1}, "approval": "trigger"}
    world.publish(_changed(("rules.4", rule)))
    join(world, "ann")
    for number in range(3):
        told = {"name": "poll", "customer_id": "ann", "customer_email": "ann@lion.example"}
        assert world.post("/v2/activities", {**told, "merchant_id": f"q{number}"}).status < 300
        verdict = {"state": "declined"}
        answer = world.call("PUT", f"/v2/activities/poll/q{number}", json=verdict)
        assert answer.status < 300
    rows = world.run(world.database.value("SELECT count(*) FROM history WHERE rule_id = 9"))
    assert rows == 3
    assert violations(world) == ()
