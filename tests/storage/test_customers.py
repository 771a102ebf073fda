"""One statement loads a customer, one saves a change, and neither reads more than it must.

Planted bugs these catch: a load that scans a table, the version check taken out of the save, a
change applied in part.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import asyncpg
import pytest

from leal.domain.change import begin, with_customer
from leal.domain.points import add_by_hand
from leal.storage import customers
from leal.storage.account_statement import LOAD
from leal.storage.customers import Wanted
from leal.storage.db import Database
from leal.usecases import points
from leal.usecases.desk import Ask, scene_now
from tests.programs import lion_rewards
from tests.worlds import START, World, world_on

CUSTOMER = "/headless/2025-06/1/customers/1001"

# Enough rows for the planner to see that an index is worth it; made in the database itself.
CROWD = """
INSERT INTO customers (program_id, site_id, merchant_id, email, email_key, referral_id,
    enrolled_at, tier_id, tier_started_at, created_at, updated_at)
SELECT 1, 1, 'crowd-' || n, n || '@crowd.example', n || '@crowd.example', 'crowd-' || n,
    now(), 1, now(), now(), now()
FROM generate_series(1, 3000) n;
INSERT INTO customer_ids (program_id, merchant_id, site_id, customer_id)
SELECT program_id, merchant_id, site_id, customer_id FROM customers ON CONFLICT DO NOTHING;
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, updated_at, settles)
SELECT 1, customer_id, 'points_added', 'approved', now() - n * interval '1 hour', 5, now(), '1'
FROM customers, generate_series(1, 20) n WHERE merchant_id LIKE 'crowd-%';
INSERT INTO progress (program_id, customer_id, earned_on, points)
SELECT 1, customer_id, current_date - n, 5
FROM customers, generate_series(1, 20) n WHERE merchant_id LIKE 'crowd-%';
INSERT INTO counters (program_id, customer_id, subject, subject_id, total, day, week, month, year,
    last_at)
SELECT 1, customer_id, 'rule', n, 1, 1, 1, 1, 1, now()
FROM customers, generate_series(1, 4) n WHERE merchant_id LIKE 'crowd-%';
INSERT INTO claimed_rewards (program_id, customer_id, reward_id, kind, title, state, source,
    points_cost, terms, claimed_at, settles)
SELECT 1, customer_id, 1, 'custom', 'x', 'approved', 'tier_entry', 0, '{"currency": "usd"}',
    now(), '1'
FROM customers, generate_series(1, 3) n WHERE merchant_id LIKE 'crowd-%';
INSERT INTO lots (program_id, customer_id, expires_at, remaining)
SELECT 1, customer_id, 'infinity', 100 FROM customers WHERE merchant_id LIKE 'crowd-%';
INSERT INTO reward_stock (program_id, reward_id, variant_id, given)
SELECT p, n, 'red', n FROM generate_series(1, 100) p, generate_series(1, 20) n;
INSERT INTO code_pools (program_id, reward_id)
SELECT p, n FROM generate_series(1, 100) p, generate_series(1, 20) n;
INSERT INTO referral_guests (program_id, email_key, email, first_name, ip_address, referral_id,
    site_id, created_at)
SELECT 1, n || '@x.y', n || '@x.y', 'x', '192.0.2.1', 'g' || n, 1, now()
FROM generate_series(1, 3000) n;
INSERT INTO pool_codes (program_id, reward_id, code, imported_at)
SELECT p, n % 20, p || '-' || n, now() FROM generate_series(1, 20) p, generate_series(1, 1000) n;
"""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_on(database_url, lion_rewards()) as made:
        made.post(f"{CUSTOMER}/sessions?channel=web", {"customer": {"email": "a@example.com"}})
        yield made


async def crowded(database: Database) -> str:
    async with database.transaction() as on:
        for statement in CROWD.split(";\n"):
            if statement.strip():
                await on.execute(statement)
    await database.execute("ANALYZE")
    since = date(2024, 1, 1)
    rows = await database.rows(
        f"EXPLAIN (COSTS OFF) {LOAD}", *(1, "crowd-1500", "else@x.y", START, since, "points")
    )
    return "\n".join(row[0] for row in rows)


def test_the_load_finds_everything_through_indexes(world: World) -> None:
    plan = world.run(crowded(world.database))
    scanned = set(re.findall(r"Seq Scan on (\w+)", plan))
    # the one-row tables of programs may be read whole; nothing that grows with customers may
    assert scanned <= {"programs"}
    assert "customer_ids_pkey" in plan
    assert "history_of_customer" in plan


def test_a_customer_is_read_in_one_statement(world: World) -> None:
    world.get(f"{CUSTOMER}?channel=web")
    world.statements.clear()
    assert world.get(f"{CUSTOMER}?channel=web").status == 200
    assert len(world.statements) == 1


def test_an_award_is_two_statements(world: World) -> None:
    ask = Ask(program_id=world.tenant.program_id)
    world.statements.clear()
    world.run(points.add(world.desk, ask, "1001", points=5, reason=None))
    assert [statement.split()[0:2] for statement in world.statements] == [
        ["SELECT", "p.version"],
        ["SELECT", "leal_save($1,"],
    ]


def test_a_change_of_what_was_loaded_before_is_refused_whole(world: World) -> None:
    async def stale() -> tuple[int, bool]:
        ask = Ask(program_id=1)
        scene = await scene_now(world.desk, ask)
        loaded = await customers.load(world.database, 1, Wanted(merchant_id="1001"))
        assert loaded.account is not None
        first = add_by_hand(loaded.account, scene, points=10, reason=None)
        again = add_by_hand(loaded.account, scene, points=10, reason=None)
        assert await customers.save(world.database, 1, first) is not None
        refused = await customers.save(world.database, 1, again) is None
        return await world.database.value("SELECT count(*) FROM history WHERE points = 10"), refused

    assert world.run(stale()) == (1, True)


def test_two_who_come_at_once_with_the_same_new_id_make_one_customer(world: World) -> None:
    async def both() -> list[int]:
        headers = {"authorization": f"Bearer {world.tenant.key}"}
        body = b'{"customer": {"email": "new@example.com"}}'
        path = "/headless/2025-06/1/customers/2002/sessions?channel=web"
        answers = await asyncio.gather(
            *(world.answer("POST", path, headers=headers, body=body) for _ in range(4))
        )
        return sorted({answer.json["customer"]["id"] for answer in answers})

    assert len(world.run(both())) == 1


def test_an_address_can_be_held_by_one_customer_only(world: World) -> None:
    world.post(
        "/headless/2025-06/1/customers/2/sessions?channel=web", {"customer": {"email": "b@x.y"}}
    )

    async def taken() -> object:
        loaded = await customers.load(world.database, 1, Wanted(merchant_id="2"))
        assert loaded.account is not None
        change = begin(loaded.account)
        change = with_customer(change, replace(change.customer, email=" A@EXAMPLE.com"))
        return await customers.save(world.database, 1, change)

    assert world.run(taken()) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transactions SET points_approved = 1",
        "DELETE FROM transactions",
        "TRUNCATE transactions",
    ],
)
def test_the_ledger_refuses_rewriting(world: World, statement: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        world.run(world.database.execute(statement))
