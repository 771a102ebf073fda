"""`leal verify` on claimed rewards: clean shops are clean, and each kind of damage is found.

Damage is planted past leal with plain SQL, one kind a row, and must be found as exactly that: a
check that is left out, or that looks at other rows, fails its row here; one that finds too much
fails every row, and the shops whose program changed under their claims.
"""

from collections.abc import Iterator

import pytest

from leal.storage.verification import Invariant
from tests.databases import DatabaseServer
from tests.storage.claim_shop import (
    CARD,
    MUG,
    OF_ANN_FOR_JOINING,
    OF_BOB_FOR_JOINING,
    RETURNED,
    UNUSED,
    USED,
    populate,
    shelf,
    violations,
)
from tests.worlds import World, world_on


@pytest.fixture
def world(database_server: DatabaseServer) -> Iterator[World]:
    with database_server.fresh() as url, world_on(url, shelf()) as made:
        yield made


def test_the_shop_is_clean_and_has_all_that_is_damaged_below(world: World) -> None:
    populate(world)
    assert violations(world) == ()
    rows = world.run(
        world.database.rows(
            "SELECT claimed_reward_id, state, points_cost, points_refunded, usage_status,"
            " balance_minor FROM claimed_rewards ORDER BY 1"
        )
    )
    assert [tuple(row) for row in rows] == [
        (OF_ANN_FOR_JOINING, "approved", 0, 0, "not_used", None),
        (OF_BOB_FOR_JOINING, "approved", 0, 0, "not_used", None),
        (USED, "approved", 500, 166, "used", None),
        (UNUSED, "approved", 500, 0, "not_used", None),
        (CARD, "approved", 300, 0, "partially_used", 600),
        (RETURNED, "void", 200, 200, "not_used", None),
        (MUG, "approved", 200, 0, "not_used", None),
    ]


UNGUARD = "ALTER TABLE transactions DISABLE TRIGGER transactions_append_only"
GUARD = "ALTER TABLE transactions ENABLE TRIGGER transactions_append_only"


def entry(claim_id: object, *, cause: str, who: str = "ann") -> str:
    """An entry that moves nothing, on the row of joining."""
    return f"""
    INSERT INTO transactions (program_id, customer_id, history_id, claimed_reward_id, resource,
        cause, points_approved, points_pending, points_spent, lots, created_at, settles)
    SELECT 1, customer_id, history_id, {claim_id}, 'claimed_reward', '{cause}', 0, 0, 0, '[]',
        now(), settles
    FROM history WHERE claimed_reward_id = {1 if who == "ann" else 2}
    """  # noqa: S608 - made of this file's own words


def of_claim(claim_id: int, values: str) -> str:
    return f"UPDATE claimed_rewards SET {values} WHERE claimed_reward_id = {claim_id}"  # noqa: S608 - made of this file's own words


def of_row(claim_id: int, values: str) -> str:
    return f"UPDATE history SET {values} WHERE claimed_reward_id = {claim_id}"  # noqa: S608 - made of this file's own words


_COPY_OF_ROW = """
INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, claimed_reward_id,
    updated_at, settles)
SELECT program_id, customer_id, kind, state, happened_at, points, claimed_reward_id, updated_at,
    settles
FROM history WHERE claimed_reward_id = 4
"""
_USE_AGAIN = "INSERT INTO claim_uses VALUES (1, {}, 'order:9', '9', 9, 0, '2030-01-01')"
_SAME_CODE = """
UPDATE claimed_rewards SET code = (SELECT code FROM claimed_rewards WHERE claimed_reward_id = 3)
WHERE claimed_reward_id = 4
"""
_LOWER_LIMIT = """
UPDATE program_versions
SET document = jsonb_set(document::jsonb, '{rewards,0,limit,count}', '1')::json
"""
Expected = list[tuple[Invariant, str, str]]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            (UNGUARD, "DELETE FROM transactions WHERE claimed_reward_id = 4", GUARD),
            [
                (Invariant.BALANCES, "spent 834", "spent 1334"),
                (Invariant.LOT_MOVES, "in the lot", ""),
                (
                    Invariant.CLAIMS_PAID,
                    "claim 4: 500 spent by one entry and taken from lots, 0 given back",
                    "0 entries spend 0",
                ),
            ],
        ),
        (
            (entry(UNUSED, cause="redeemed"),),
            [(Invariant.CLAIMS_PAID, "claim 4: 500 spent by one entry", "2 entries spend 500")],
        ),
        (
            (entry(UNUSED, cause="refunded from 7"),),
            [(Invariant.CLAIMS_PAID, "claim 4: 500 spent", "others give back 0")],
        ),
        (
            (of_claim(UNUSED, "points_cost = 400"),),
            [
                (Invariant.CLAIMS_PAID, "claim 4: 400 spent", "1 entries spend 500"),
                (Invariant.CLAIM_HISTORY, "claim 4, approved, -400 points", "-500 points"),
            ],
        ),
        (
            (of_claim(UNUSED, "paid_lots = '[]'"),),
            [(Invariant.CLAIMS_PAID, "claim 4: 500 spent", "lots of 0")],
        ),
        (
            (of_claim(USED, "points_refunded = 100"),),
            [(Invariant.CLAIMS_PAID, "claim 3: 500 spent", "others give back 166")],
        ),
        (
            (of_claim(RETURNED, "points_refunded = 0"),),
            [(Invariant.CLAIMS_PAID, "200 given back", "given back 0")],
        ),
        (
            (of_claim(UNUSED, "state = 'void'"), of_row(UNUSED, "state = 'void'")),
            [
                (Invariant.CLAIMS_PAID, "500 given back", "given back 0"),
                (Invariant.COUNTERS, "1 claims of reward 1 counted", "2"),
            ],
        ),
        (
            (entry(OF_ANN_FOR_JOINING, cause="redeemed"),),
            [(Invariant.CLAIMS_PAID, "claim 1: free of points, without an entry", "1 entries")],
        ),
        (
            (of_claim(OF_ANN_FOR_JOINING, "points_cost = 7"), of_row(1, "points = -7")),
            [(Invariant.CLAIMS_PAID, "claim 1: free of points", "cost 7")],
        ),
        (
            (entry(UNUSED, cause="redeemed", who="bob"),),
            [(Invariant.CLAIMS_PAID, "a claim of this customer behind", "claim 4, not theirs")],
        ),
        (
            (entry("NULL", cause="redeemed"),),
            [(Invariant.CLAIMS_PAID, "a claim of this customer behind", "no claim")],
        ),
        (
            (of_row(UNUSED, "state = 'expired'"),),
            [(Invariant.CLAIM_HISTORY, "claim 4, approved, -500", "1 rows, expired, -500")],
        ),
        (
            (of_row(UNUSED, "points = -501"),),
            [(Invariant.CLAIM_HISTORY, "claim 4, approved, -500", "-501 points")],
        ),
        (
            (of_row(OF_BOB_FOR_JOINING, "state = 'pending'"),),
            [(Invariant.CLAIM_HISTORY, "claim 2, approved, 0", "1 rows, pending, 0")],
        ),
        (
            (of_row(UNUSED, "kind = 'received_reward'"),),
            [(Invariant.CLAIM_HISTORY, "one row of history for claim 4", "1 rows, approved")],
        ),
        (
            (_COPY_OF_ROW,),
            [(Invariant.CLAIM_HISTORY, "one row of history for claim 4", "2 rows")],
        ),
        (
            (of_row(UNUSED, "claimed_reward_id = NULL"),),
            [
                (Invariant.CLAIM_HISTORY, "one row of history for claim 4", "0 rows"),
                (Invariant.CLAIM_HISTORY, "a claim of this customer behind history", "no claim"),
            ],
        ),
        (
            (of_claim(USED, "usage_status = 'not_used'"),),
            [
                (Invariant.CLAIMS_USED, "claim 3: used since", "not_used since"),
                (Invariant.CLAIMS_COUNTED, "6 rewards claimed, 0 used", "6 claimed, 1 used"),
            ],
        ),
        (
            (of_claim(USED, "used_at = NULL"),),
            [(Invariant.CLAIMS_USED, "claim 3: used since 2025-", "used since never")],
        ),
        (
            (_USE_AGAIN.format(USED),),
            [(Invariant.CLAIMS_USED, "claim 3: used since 2025-06", "2 uses")],
        ),
        (
            (_USE_AGAIN.format(99),),
            [(Invariant.CLAIMS_USED, "a claim with the id 99", "none")],
        ),
        (
            ("DELETE FROM claim_uses WHERE claimed_reward_id = 5",),
            [(Invariant.CLAIMS_USED, "claim 5: not_used since never, 1000", "600 left")],
        ),
        (
            (of_claim(CARD, "balance_minor = 601"),),
            [(Invariant.CLAIMS_USED, "600 (not below 0) left", "601 left")],
        ),
        (
            (
                "UPDATE claim_uses SET amount_minor = 1001 WHERE claimed_reward_id = 5",
                of_claim(CARD, "balance_minor = -1, usage_status = 'used'"),
                "UPDATE customers SET rewards_used = 2 WHERE customer_id = 1",
            ),
            [(Invariant.CLAIMS_USED, "-1 (not below 0) left", "-1 left")],
        ),
        (
            (of_claim(UNUSED, "balance_minor = 5"),),
            [(Invariant.CLAIMS_USED, "claim 4: not_used", "5 left")],
        ),
        (
            ("UPDATE customers SET rewards_claimed = 9 WHERE customer_id = 1",),
            [(Invariant.CLAIMS_COUNTED, "6 rewards claimed, 1 used", "9 claimed, 1 used")],
        ),
        (
            ("UPDATE counters SET total = 3 WHERE subject = 'reward' AND subject_id = 1",),
            [(Invariant.COUNTERS, "2 claims of reward 1 counted", "3")],
        ),
        (
            ("DELETE FROM counters WHERE subject = 'reward' AND subject_id = 2",),
            [(Invariant.COUNTERS, "1 claims of reward 2 counted", "no counter")],
        ),
        (
            ("DROP INDEX claimed_rewards_by_code", _SAME_CODE),
            [(Invariant.CLAIM_CODES, "one claim for a code", "claims 3, 4")],
        ),
        (
            (of_claim(UNUSED, "code = NULL"),),
            [(Invariant.CLAIM_CODES, "a code for claim 4, a cart_discount_voucher", "none")],
        ),
        (
            ("UPDATE reward_stock SET given = 2",),
            [(Invariant.STOCK, "1 of variant red of reward 3 given away", "2")],
        ),
        (
            ("UPDATE reward_stock SET given = 0",),
            [(Invariant.STOCK, "1 of variant red of reward 3 given away", "0")],
        ),
        (
            ("DELETE FROM reward_stock",),
            [(Invariant.STOCK, "1 of variant red of reward 3 given away", "0")],
        ),
        (
            (_LOWER_LIMIT,),
            [(Invariant.LIMITS, "at most 1 claims of reward 1 ever", "claim 4 is number 2")],
        ),
    ],
)
def test_damage_is_named(world: World, damage: tuple[str, ...], expected: Expected) -> None:
    populate(world)
    found = violations(world, *damage)
    assert [each.invariant for each in found] == [invariant for invariant, _, _ in expected]
    for each, (_, wanted, there) in zip(found, expected, strict=True):
        assert wanted in each.finding.expected
        assert there in each.finding.found
