"""`leal verify`: clean books are clean, and whatever is wrong with them is named.

Each kind of damage is planted past leal with plain SQL, one a test, and must be found as exactly
that; a check that is left out, or that looks at the wrong customers, fails its row here. A
statement that finds too much fails every row and the clean world.
"""

import pytest

from leal.domain.problems import Missing
from leal.storage.verification import Invariant
from leal.usecases import verification
from leal.usecases.verification import Report, verify
from tests.storage.books import Books, with_books

UNGUARD = "ALTER TABLE transactions DISABLE TRIGGER transactions_append_only"
GUARD = "ALTER TABLE transactions ENABLE TRIGGER transactions_append_only"


def _after(url: str, *damage: str) -> Report:
    """What is found once the damage is done to the second program's Bob, customer 5."""

    async def work(books: Books) -> Report:
        found = await books.database.value(
            "SELECT customer_id FROM customers WHERE program_id = 2 AND merchant_id = 'bob'"
        )
        assert found == 5
        for statement in damage:
            await books.database.execute(statement)
        return await verify(books.database, batch_customers=2)

    return with_books(url, work)


def test_books_kept_by_leal_alone_are_clean(database_url: str) -> None:
    seen: list[tuple[int, int]] = []

    async def work(books: Books) -> Report:
        return await verify(
            books.database, batch_customers=2, progress=lambda *how_far: seen.append(how_far)
        )

    report = with_books(database_url, work)
    assert report == Report(customers=6, violations=(), counts={})
    assert report.is_clean
    assert seen == [(0, 6), (2, 6), (3, 6), (5, 6), (6, 6)]


def test_the_clean_books_have_debts_lots_and_pending_points(database_url: str) -> None:
    """Otherwise the damage below would be looked for in empty tables."""

    async def work(books: Books) -> tuple[object, ...]:
        row = await books.database.row(
            "SELECT c.points_approved, c.points_pending, array_agg(l.remaining ORDER BY expires_at)"
            " FROM customers c JOIN lots l USING (program_id, customer_id)"
            " WHERE customer_id = 5 GROUP BY 1, 2"
        )
        return tuple(row or ())

    assert with_books(database_url, work) == (50, 100, [0, 50])


_ENTRY_OF_CEM_FOR_BOBS_ROW = """
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles)
SELECT 2, 6, history_id, 'activity', 'test', 0, 0, 0, '[]', now(), settles
FROM history WHERE customer_id = 5 AND state = 'pending'
"""
_BALANCES = "approved 50, pending 100, spent 0"


@pytest.mark.parametrize(
    ("damage", "invariant", "expected", "found"),
    [
        (
            "UPDATE customers SET points_pending = 101 WHERE customer_id = 5",
            Invariant.BALANCES,
            _BALANCES,
            "approved 50, pending 101, spent 0",
        ),
        (
            "UPDATE customers SET points_spent = 7 WHERE customer_id = 5",
            Invariant.BALANCES,
            _BALANCES,
            "approved 50, pending 100, spent 7",
        ),
        (
            "UPDATE counters SET day = 2 WHERE customer_id = 5 AND subject_id = 2",
            Invariant.COUNTERS,
            "counts of rule 2",
            "total 1, year 1, month 1, week 1, day 2",
        ),
        (
            "UPDATE history SET points = 99 WHERE customer_id = 5 AND state = 'pending'",
            Invariant.HISTORY_POSTED,
            "earned_points_from_rule, pending) adding up to approved 0, pending 99",
            "approved 0, pending 100",
        ),
        (
            "UPDATE history SET state = 'approved' WHERE customer_id = 5 AND state = 'pending'",
            Invariant.HISTORY_POSTED,
            "earned_points_from_rule, approved) adding up to approved 100, pending 0",
            "approved 0, pending 100",
        ),
        (
            "UPDATE history SET points = -5 WHERE customer_id = 5 AND state = 'applied'",
            Invariant.HISTORY_POSTED,
            "points_removed, applied) adding up to approved -5, pending 0",
            "approved -500, pending 0",
        ),
        (
            (
                "INSERT INTO history (program_id, customer_id, kind, state, happened_at, points,"
                " updated_at, settles)"
                " VALUES (2, 5, 'points_added', 'approved', now(), 5, now(), '1')"
            ),
            Invariant.HISTORY_POSTED,
            "points_added, approved) adding up to approved 5, pending 0",
            "no entry",
        ),
        (
            "DELETE FROM history WHERE customer_id = 5 AND state = 'pending'",
            Invariant.ENTRY_OF_HISTORY,
            "history row",
            "no such row",
        ),
        (
            _ENTRY_OF_CEM_FOR_BOBS_ROW,
            Invariant.ENTRY_OF_HISTORY,
            "history row",
            "a row of customer 5",
        ),
        (
            "INSERT INTO lots VALUES (2, 999, 'infinity', 0)",
            Invariant.CUSTOMER_EXISTS,
            "a customer with this id",
            "nobody, but 1 row(s) in lots",
        ),
        (
            "INSERT INTO progress VALUES (2, -4, '2025-06-10', 1, 1, 1)",
            Invariant.CUSTOMER_EXISTS,
            "a customer with this id",
            "nobody, but 1 row(s) in progress",
        ),
        (
            "INSERT INTO counters VALUES (2, 1, 'rule', 1, 0, 0, 0, 0, 0, now())",
            Invariant.CUSTOMER_EXISTS,
            "a customer with this id",
            "nobody, but 1 row(s) in counters",
        ),
        (
            "DELETE FROM customer_ids WHERE customer_id = 5",
            Invariant.CUSTOMER_IDS,
            "the ids {bob}",
            "the ids of nobody",
        ),
        (
            "INSERT INTO customer_ids VALUES (2, 'b-5', 2, 5)",
            Invariant.CUSTOMER_IDS,
            "the ids {bob}",
            "the ids {b-5,bob}",
        ),
        (
            (
                "UPDATE events SET customer_id = 999 WHERE event_id ="
                " (SELECT min(event_id) FROM events WHERE customer_id = 5)"
            ),
            Invariant.EVENT_OF_CUSTOMER,
            "behind event",
            "nobody",
        ),
    ],
)
def test_one_damage_is_one_violation(
    database_url: str, damage: str, invariant: Invariant, expected: str, found: str
) -> None:
    (violation,) = _after(database_url, damage).violations
    assert (violation.invariant, violation.program_id) == (invariant, 2)
    assert expected in violation.finding.expected
    assert found in violation.finding.found
    assert violation.what_next == verification.WHAT_NEXT[invariant]
    known = {"5": "bob", "6": "cem"}
    who = str(violation.finding.customer_id)
    assert violation.finding.merchant_id == known.get(who)
    assert who in ("5", "6", "999", "-4", "1")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            ("UPDATE customers SET points_approved = 60 WHERE customer_id = 5",),
            {
                Invariant.BALANCES: (_BALANCES, "approved 60, pending 100, spent 0"),
                Invariant.LOTS: ("lots of 60", "lots of 50"),
            },
        ),
        (
            ("UPDATE lots SET remaining = 49 WHERE customer_id = 5 AND remaining = 50",),
            {
                Invariant.LOTS: ("lots of 50", "lots of 49"),
                Invariant.LOT_MOVES: ("50 in the lot of 2026-", "49"),
            },
        ),
        (
            ("DELETE FROM lots WHERE customer_id = 5 AND remaining = 50",),
            {
                Invariant.LOTS: ("lots of 50", "lots of 0"),
                Invariant.LOT_MOVES: ("50 in the lot of 2026-", "no lot"),
            },
        ),
        (
            ("INSERT INTO lots VALUES (2, 5, 'infinity', 1)",),
            {
                Invariant.LOTS: ("lots of 50", "lots of 51"),
                Invariant.LOT_MOVES: ("0 in the lot of infinity", "1"),
            },
        ),
        (
            (
                UNGUARD,
                "DELETE FROM transactions WHERE customer_id = 5 AND points_pending > 0",
                GUARD,
            ),
            {
                Invariant.BALANCES: ("approved 50, pending 0, spent 0", _BALANCES),
                Invariant.HISTORY_POSTED: ("approved 0, pending 100", "no entry"),
            },
        ),
    ],
)
def test_damage_that_shows_twice_is_named_twice(
    database_url: str, damage: tuple[str, ...], expected: dict[Invariant, tuple[str, str]]
) -> None:
    found = _after(database_url, *damage).violations
    assert [each.invariant for each in found] == list(expected)
    for each in found:
        wanted, there = expected[each.invariant]
        assert (each.program_id, each.finding.merchant_id) == (2, "bob")
        assert wanted in each.finding.expected
        assert each.finding.found == there


def test_moving_points_between_lots_is_seen(database_url: str) -> None:
    """The sum stays right; only the movements in the ledger tell which lot holds what."""
    found = _after(
        database_url,
        "UPDATE lots SET remaining = 30 WHERE customer_id = 5 AND remaining = 50",
        "UPDATE lots SET remaining = 20 WHERE customer_id = 5 AND remaining = 0",
    ).violations
    assert [(each.invariant, each.finding.found) for each in found] == [
        (Invariant.LOT_MOVES, "20"),
        (Invariant.LOT_MOVES, "30"),
    ]


_TAKE_SIXTY = """
WITH row AS (
    INSERT INTO history (program_id, customer_id, kind, state, happened_at, points, updated_at,
        settles)
    VALUES (2, 5, 'other', 'approved', now(), -60, now(), '1') RETURNING *
), lot AS (
    SELECT json_build_array(json_build_array(expires_at, -50)) AS moves
    FROM lots WHERE customer_id = 5 AND remaining = 50
)
INSERT INTO transactions (program_id, customer_id, history_id, resource, cause, points_approved,
    points_pending, points_spent, lots, created_at, settles)
SELECT 2, 5, history_id, $1, 'test', -60, 0, $2, moves, now(), settles FROM row, lot
"""


@pytest.mark.parametrize(
    ("resource", "spent", "violations"),
    [
        ("claimed_reward", 60, [Invariant.OVERDRAWN, Invariant.CLAIMS_PAID]),
        ("expiry", 0, [Invariant.OVERDRAWN]),
        ("adjustment", 0, []),
    ],
)
def test_only_what_is_taken_back_may_leave_a_debt(
    database_url: str, resource: str, spent: int, violations: list[Invariant]
) -> None:
    """60 points leave a balance of 50 and the sums agree: only replaying in order can tell.

    What was spent on a reward is missed by its claim as well.
    """

    async def work(books: Books) -> Report:
        run = books.database.execute
        await run(_TAKE_SIXTY, resource, spent)
        await run("UPDATE lots SET remaining = 0 WHERE customer_id = 5")
        await run(
            "UPDATE customers SET points_approved = -10, points_spent = $1 WHERE customer_id = 5",
            spent,
        )
        return await verify(books.database)

    report = with_books(database_url, work)
    assert [each.invariant for each in report.violations] == violations
    for each in report.violations[:1]:
        assert each.finding.merchant_id == "bob"
        assert "at least 0 approved after transaction" in each.finding.expected
        assert each.finding.found == "-10 (it took 60)"


@pytest.mark.parametrize(
    ("unguard", "verbs"),
    [
        (UNGUARD, ["UPDATE", "DELETE", "TRUNCATE"]),
        ("DROP TRIGGER transactions_append_only ON transactions", ["UPDATE", "DELETE", "TRUNCATE"]),
        (
            (
                "DROP TRIGGER transactions_append_only ON transactions;"
                "CREATE TRIGGER half BEFORE UPDATE OR DELETE ON transactions"
                " FOR EACH ROW EXECUTE FUNCTION leal_refuse_rewriting()"
            ),
            ["TRUNCATE"],
        ),
    ],
)
def test_a_ledger_that_can_be_rewritten_is_named_and_left_whole(
    database_url: str, unguard: str, verbs: list[str]
) -> None:
    async def work(books: Books) -> tuple[Report, bool]:
        content = "SELECT json_agg(t ORDER BY transaction_id)::text FROM transactions t"
        before = await books.database.value(content)
        await books.database.execute(unguard)
        report = await verify(books.database)
        return report, await books.database.value(content) == before

    report, untouched = with_books(database_url, work)
    assert untouched
    assert [each.finding.expected for each in report.violations] == [
        f"the database refuses {verb} of transactions" for verb in verbs
    ]
    assert {each.invariant for each in report.violations} == {Invariant.APPEND_ONLY}
    assert {each.program_id for each in report.violations} == {None}


@pytest.mark.parametrize(("damage", "allowed"), [("SELECT 1", 0), (UNGUARD, 1)])
def test_a_busy_ledger_is_not_waited_for(database_url: str, damage: str, allowed: int) -> None:
    """A backup holds the table for hours: the guard against TRUNCATE is looked up then."""

    async def work(books: Books) -> Report:
        await books.database.execute(damage)
        async with books.database.transaction() as backup:
            await backup.execute("LOCK TABLE transactions IN ACCESS SHARE MODE")
            return await verify(books.database)

    found = [each.finding.expected for each in with_books(database_url, work).violations]
    assert found.count("the database refuses TRUNCATE of transactions") == allowed


def test_one_program_is_checked_alone_and_an_unknown_one_is_missing(database_url: str) -> None:
    async def work(books: Books) -> tuple[Report, Report]:
        await books.database.execute(
            "UPDATE customers SET points_pending = 1 WHERE customer_id = 5"
        )
        with pytest.raises(Missing, match="no program 3"):
            await verify(books.database, program_id=3)
        return (
            await verify(books.database, program_id=1),
            await verify(books.database, program_id=2),
        )

    first, second = with_books(database_url, work)
    assert (first.customers, first.is_clean) == (3, True)
    assert (second.customers, second.counts) == (3, {Invariant.BALANCES: 1})


def test_very_many_violations_are_counted_but_not_all_kept(database_url: str) -> None:
    async def work(books: Books) -> Report:
        await books.database.execute(
            "INSERT INTO lots SELECT 2, 100 + n, 'infinity', 0 FROM generate_series(1, 1200) n"
        )
        return await verify(books.database)

    report = with_books(database_url, work)
    assert report.counts == {Invariant.CUSTOMER_EXISTS: 1200}
    assert len(report.violations) == verification.LISTED_VIOLATIONS == 1000


def test_every_invariant_says_what_to_do_next() -> None:
    assert set(verification.WHAT_NEXT) == set(Invariant)
