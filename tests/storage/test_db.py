"""The pool: outages are told apart from mistakes, transactions are all or nothing."""

import asyncio

import asyncpg
import pytest

from leal.domain.problems import DatabaseAway
from leal.storage.db import CannotConnect, Database, Runner
from leal.storage.migrate import (
    Migration,
    SchemaMismatch,
    check_schema,
    durability_warnings,
    migrate,
    pending,
    read_migrations,
)
from tests.databases import run, with_database

_MAKE = "CREATE TABLE things (number integer PRIMARY KEY)"
_ADD = "INSERT INTO things VALUES ($1)"
# What the session asked for; none, if the setting is the server's own.
_ASKED_FOR = (
    "SELECT setting FROM pg_settings WHERE name = 'synchronous_commit' AND source = 'client'"
)


def test_the_pool_and_a_transaction_answer_alike(empty_database_url: str) -> None:
    async def ask(runner: Runner) -> tuple[object, ...]:
        row = await runner.row("SELECT 1 AS one, 'a' AS letter")
        return (
            dict(row or {}),
            [record[0] for record in await runner.rows("SELECT generate_series(1, 3)")],
            await runner.value("SELECT $1::int + 1", 41),
            await runner.row("SELECT 1 WHERE false"),
            await runner.execute("DO $$ BEGIN END $$"),
        )

    async def both(database: Database) -> tuple[object, object]:
        async with database.transaction() as transaction:
            return await ask(database), await ask(transaction)

    pooled, inside = with_database(empty_database_url, both)
    assert pooled == inside == ({"one": 1, "letter": "a"}, [1, 2, 3], 42, None, "DO")


def test_every_connection_speaks_utc_and_gives_up_after_thirty_seconds(
    empty_database_url: str,
) -> None:
    async def read(database: Database) -> list[str]:
        names = ("TimeZone", "statement_timeout", "jit", "application_name")
        return [await database.value("SELECT current_setting($1)", name) for name in names]

    assert with_database(empty_database_url, read) == ["UTC", "30s", "off", "leal"]


def test_a_transaction_is_kept_whole_or_not_at_all(empty_database_url: str) -> None:
    async def work(database: Database) -> int:
        await database.execute(_MAKE)
        async with database.transaction() as kept:
            await kept.execute(_ADD, 1)
        with pytest.raises(ZeroDivisionError):
            await _add_and_fail(database)
        count: int = await database.value("SELECT count(*) FROM things")
        return count

    assert with_database(empty_database_url, work) == 1


async def _add_and_fail(database: Database) -> None:
    async with database.transaction() as lost:
        await lost.execute(_ADD, 2)
        raise ZeroDivisionError


def test_a_cancelled_transaction_leaves_nothing_and_a_usable_pool(empty_database_url: str) -> None:
    async def slow(database: Database) -> None:
        async with database.transaction() as transaction:
            await transaction.execute(_ADD, 1)
            await transaction.execute("SELECT pg_sleep(20)")

    async def work(database: Database) -> tuple[int, int]:
        await database.execute(_MAKE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await slow(database)
        answers = await asyncio.gather(*(database.value("SELECT 1") for _ in range(20)))
        return await database.value("SELECT count(*) FROM things"), sum(answers)

    assert with_database(empty_database_url, work) == (0, 20)


def test_a_cancelled_statement_ends_and_leaves_a_usable_pool(empty_database_url: str) -> None:
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1"
    sleep = "SELECT pg_sleep(20)"

    async def work(database: Database) -> int:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.execute(sleep)
        answers = await asyncio.gather(*(database.value("SELECT 1") for _ in range(20)))
        async with asyncio.timeout(10):
            while await database.value(asleep, sleep):  # noqa: ASYNC110 - another process is looked at
                await asyncio.sleep(0.01)
        return sum(answers)

    assert with_database(empty_database_url, work) == 20


def test_connections_are_made_when_needed_and_used_again(empty_database_url: str) -> None:
    made: list[asyncpg.Connection] = []

    async def note(connection: asyncpg.Connection) -> None:
        made.append(connection)

    async def work() -> tuple[int, int, int]:
        database = await Database.open(empty_database_url, size=3, on_connection=note)
        at_first = len(made)
        for _ in range(10):
            await database.value("SELECT 1")
        one_by_one = len(made)
        await asyncio.gather(*(database.value("SELECT pg_sleep(0.01)") for _ in range(12)))
        await database.close()
        return at_first, one_by_one, len(made)

    assert run(work()) == (1, 1, 3)
    assert all(connection.is_closed() for connection in made)


def test_closing_waits_for_a_running_statement(empty_database_url: str) -> None:
    async def work() -> int:
        database = await Database.open(empty_database_url, size=2)
        running = asyncio.create_task(database.value("SELECT 7 FROM pg_sleep(0.2)"))
        await asyncio.sleep(0.05)
        await database.close()
        assert running.done()
        answer: int = await running
        return answer

    assert run(work()) == 7


@pytest.mark.parametrize(("commits_wait", "expected"), [(True, None), (False, "off")])
def test_commits_wait_for_the_disk_unless_told_otherwise(
    empty_database_url: str, *, commits_wait: bool, expected: str | None
) -> None:
    async def work() -> str | None:
        database = await Database.open(empty_database_url, size=1, commits_wait=commits_wait)
        try:
            setting: str | None = await database.value(_ASKED_FOR)
        finally:
            await database.close()
        return setting

    assert run(work()) == expected


def test_a_lost_connection_is_an_outage_and_the_next_statement_works(
    empty_database_url: str,
) -> None:
    kill = "SELECT pg_terminate_backend(pg_backend_pid())"

    async def work(database: Database) -> int:
        with pytest.raises(DatabaseAway):
            await database.execute(kill)
        with pytest.raises(DatabaseAway):
            await _run_in_transaction(database, kill)
        answer: int = await database.value("SELECT 7")
        return answer

    assert with_database(empty_database_url, work) == 7


async def _run_in_transaction(database: Database, sql: str) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(sql)


def test_connections_lost_while_idle_are_replaced(empty_database_url: str) -> None:
    others = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def work(database: Database) -> list[int]:
        await asyncio.gather(*(database.execute("SELECT pg_sleep(0.05)") for _ in range(4)))
        await database.execute(others)
        await asyncio.sleep(0.1)
        return list(await asyncio.gather(*(database.value("SELECT 1") for _ in range(4))))

    assert with_database(empty_database_url, work) == [1, 1, 1, 1]


def test_waiting_for_a_connection_ends_in_an_outage(empty_database_url: str) -> None:
    async def work() -> None:
        database = await Database.open(empty_database_url, size=1, acquire_seconds=0.1)
        try:
            async with database.transaction():
                with pytest.raises(DatabaseAway):
                    await database.value("SELECT 1")
        finally:
            await database.close()
        with pytest.raises(DatabaseAway):
            await database.value("SELECT 1")

    run(work())


@pytest.mark.parametrize(
    ("sql", "args", "kind"),
    [
        ("SELECT nothing", (), asyncpg.UndefinedColumnError),
        ("SELECT $1::int", (), asyncpg.InterfaceError),
        ("SELECT $1::int", ("x",), asyncpg.DataError),
        ("SELECT 1 / 0", (), asyncpg.DivisionByZeroError),
    ],
)
def test_our_own_mistakes_are_not_called_outages(
    empty_database_url: str, sql: str, args: tuple[object, ...], kind: type[Exception]
) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(kind):
            await database.value(sql, *args)

    with_database(empty_database_url, work)


_CROSSING = """
CREATE SEQUENCE tries;
CREATE FUNCTION take_both() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE try bigint; BEGIN
    try := nextval('tries');
    UPDATE things SET number = 20 WHERE number = 2;
    PERFORM pg_sleep(0.2);
    UPDATE things SET number = 10 WHERE number = 1;
    RETURN try;
END $$
"""


def test_a_statement_that_lost_a_deadlock_runs_again(empty_database_url: str) -> None:
    async def take_the_other_way_round(database: Database) -> None:
        async with database.transaction() as transaction:
            # So patient that the statement is the one the server gives up.
            await transaction.execute("SET LOCAL deadlock_timeout = '20s'")
            await transaction.execute("SELECT 1 FROM things WHERE number = 1 FOR UPDATE")
            await asyncio.sleep(0.5)
            await transaction.execute("SELECT 1 FROM things WHERE number = 2 FOR UPDATE")

    async def work(database: Database) -> int:
        await database.execute(_MAKE)
        await database.execute("INSERT INTO things VALUES (1), (2)")
        await database.execute(_CROSSING)
        other = asyncio.create_task(take_the_other_way_round(database))
        await asyncio.sleep(0.2)
        tries: int = await database.value("SELECT take_both()")
        await other
        return tries

    assert with_database(empty_database_url, work) == 2


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hidden@127.0.0.1:1/leal",
        "postgresql://u:hidden@127.0.0.1:99999/leal",
        "postgresql:///leal?host=/nowhere",
    ],
)
def test_a_server_that_is_not_there_is_said_without_the_password(url: str) -> None:
    with pytest.raises(CannotConnect, match="LEAL_DATABASE_URL") as caught:
        run(Database.open(url))
    assert "hidden" not in str(caught.value)


_ONE = Migration(number=1, slug="one", sql=_MAKE, checksum="a")
_TWO = Migration(number=2, slug="two", sql="INSERT INTO things VALUES (2)", checksum="b")
_BROKEN = Migration(
    number=2, slug="broken", sql="INSERT INTO things VALUES (2); SELECT nothing", checksum="c"
)


def test_migrations_apply_once_in_order_whoever_runs_them(empty_database_url: str) -> None:
    async def work(database: Database) -> tuple[object, ...]:
        heard: list[str] = []
        before = await pending(database, migrations=(_ONE, _TWO))
        together = await asyncio.gather(
            *(migrate(database, report=heard.append, migrations=(_ONE, _TWO)) for _ in range(3))
        )
        await check_schema(database, migrations=(_ONE, _TWO))
        applied = sorted(name for names in together for name in names)
        return before, applied, heard, await database.value("SELECT count(*) FROM things")

    names = ["0001_one", "0002_two"]
    assert with_database(empty_database_url, work) == (tuple(names), names, names, 1)


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    async def work(database: Database) -> tuple[object, ...]:
        with pytest.raises(asyncpg.UndefinedColumnError):
            await migrate(database, migrations=(_ONE, _BROKEN))
        left = await pending(database, migrations=(_ONE, _BROKEN))
        return left, await database.value("SELECT count(*) FROM things")

    assert with_database(empty_database_url, work) == (("0002_broken",), 0)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ((_ONE,), "newer than this leal .*: upgrade leal"),
        ((_ONE, _BROKEN), "0002_broken differs"),
        (
            (_ONE, _TWO, Migration(number=3, slug="more", sql="SELECT 1", checksum="d")),
            "lacks 1 migration.*`leal migrate`",
        ),
    ],
)
def test_a_schema_that_does_not_fit_is_refused_with_what_to_do(
    empty_database_url: str, known: tuple[Migration, ...], message: str
) -> None:
    async def work(database: Database) -> None:
        await migrate(database, migrations=(_ONE, _TWO))
        with pytest.raises(SchemaMismatch, match=message):
            await check_schema(database, migrations=known)

    with_database(empty_database_url, work)


def test_an_empty_database_is_sent_to_leal_migrate(empty_database_url: str) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(SchemaMismatch, match="`leal migrate`"):
            await check_schema(database)

    with_database(empty_database_url, work)


def test_the_files_that_come_with_leal_number_on_from_one(database_url: str) -> None:
    numbers = [migration.number for migration in read_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    with_database(database_url, check_schema)


def test_switched_off_durability_is_named(empty_database_url: str) -> None:
    # The server of the tests is the one place where all three are off.
    warnings = with_database(empty_database_url, durability_warnings)
    names = ("fsync", "full_page_writes", "synchronous_commit")
    assert [name for name, line in zip(names, warnings, strict=True) if name in line] == [*names]
