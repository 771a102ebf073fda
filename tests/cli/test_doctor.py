"""`leal doctor`: a healthy installation is said to be, and what is wrong comes with its remedy."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leal.cli.main import app
from leal.domain.diagnosis import (
    Finding,
    Level,
    judge_absence,
    judge_host,
    judge_schema,
    judge_server,
    judge_webhooks,
    judge_work,
    judge_zones,
    worst,
)
from leal.domain.installation import (
    Host,
    KeyFile,
    Lag,
    LongTransaction,
    Schema,
    Server,
    Webhooks,
    Work,
)
from leal.storage.db import Database
from leal.storage.diagnosis import list_long_transactions, read_clock
from leal.storage.jobs import ROUND, Run, record
from tests.cli.command import Leal
from tests.databases import with_database

_OK, _WARN, _FAIL = Level.OK, Level.WARN, Level.FAIL
_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_KEY = KeyFile(path="/d/secret.key", mode=0o600)
_HOST = Host(
    data="/d",
    free_bytes=1 << 40,
    key=_KEY,
    zones=frozenset({"UTC", "Europe/Berlin"}),
    pool_size=10,
    pools=2,
)
_SERVER = Server(
    version=15,
    version_text="15.1",
    durability=(),
    skew=timedelta(seconds=-2),
    connections_usable=97,
    connections_free=20,
    hidden=0,
    long_transactions=(),
    invalid_indexes=(),
    zones_missing=(),
)
_WORK = Work(
    now=_NOW,
    programs=1,
    round_due_at=_NOW - timedelta(minutes=5),
    lags=(
        Lag(name="jobs", due_at=_NOW - timedelta(minutes=5), now=_NOW),
        Lag(name="approvals of program 1", due_at=None, now=_NOW),
    ),
    last_runs=(("tiers", _NOW - timedelta(minutes=10)),),
    failing=(),
)
_WEBHOOKS = Webhooks(active=2, paused=0, waiting=1_000, dead=0, lags=())
_WRITER = LongTransaction(who="session 7", open_seconds=400, writes=True, end="SELECT end(7)")


def _level(findings: tuple[Finding, ...], name: str) -> Level:
    (found,) = [each for each in findings if each.name == name]
    assert (found.remedy is None) or found.remedy
    assert found.level is _OK or found.remedy
    return found.level


@pytest.mark.parametrize(
    ("change", "programs", "name", "level"),
    [
        ({}, 1, "secret key", _OK),
        ({"key": KeyFile(path=None)}, 1, "secret key", _OK),
        ({"key": KeyFile(path="/k")}, 1, "secret key", _FAIL),
        ({"key": KeyFile(path="/k")}, 0, "secret key", _WARN),
        ({"key": KeyFile(path="/k")}, None, "secret key", _WARN),
        ({"key": KeyFile(path="/k", trouble="broken")}, 1, "secret key", _FAIL),
        ({"key": KeyFile(path="/k", mode=0o640)}, 1, "secret key", _WARN),
        ({"key": KeyFile(path="/k", mode=0o604)}, 1, "secret key", _FAIL),
        ({}, 1, "disk", _OK),
        ({"free_bytes": None}, 1, "disk", _WARN),
        ({"free_bytes": 2 << 30}, 1, "disk", _OK),
        ({"free_bytes": (2 << 30) - 1}, 1, "disk", _WARN),
        ({"free_bytes": (256 << 20) - 1}, 1, "disk", _FAIL),
    ],
)
def test_the_machine_is_judged(
    change: dict[str, object], programs: int | None, name: str, level: Level
) -> None:
    host = replace(_HOST, **change)  # type: ignore[arg-type] # a table of fields
    assert _level(tuple(judge_host(host, programs=programs)), name) is level


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({}, "database", _OK),
        ({"version": 14}, "database", _FAIL),
        ({}, "durability", _OK),
        ({"durability": ("PostgreSQL runs with fsync = off.",)}, "durability", _WARN),
        ({}, "clock", _OK),
        ({"skew": timedelta(seconds=2.1)}, "clock", _WARN),
        ({"skew": timedelta(seconds=-2.1)}, "clock", _WARN),
        ({}, "connections", _OK),
        ({"connections_free": 19}, "connections", _WARN),
        ({"connections_usable": 19, "connections_free": 19}, "connections", _FAIL),
        ({}, "transactions", _OK),
        ({"hidden": 3}, "transactions", _OK),
        ({"long_transactions": (_WRITER,)}, "transactions", _WARN),
        ({}, "indexes", _OK),
        ({"invalid_indexes": ("customers_pkey",)}, "indexes", _FAIL),
    ],
)
def test_the_server_is_judged(change: dict[str, object], name: str, level: Level) -> None:
    server = replace(_SERVER, **change)  # type: ignore[arg-type] # a table of fields
    assert _level(tuple(judge_server(server, _HOST)), name) is level


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({}, "worker", _OK),
        ({"round_due_at": None}, "worker", _FAIL),
        ({"round_due_at": None, "programs": 0}, "worker", _OK),
        ({"round_due_at": _NOW - timedelta(minutes=5, seconds=1)}, "worker", _FAIL),
        ({"last_runs": (("tiers", _NOW - timedelta(minutes=11)),)}, "worker", _WARN),
        ({}, "work lag", _OK),
        (
            {"lags": (Lag(name="jobs", due_at=_NOW - timedelta(minutes=6), now=_NOW),)},
            "work lag",
            _WARN,
        ),
        ({}, "jobs", _OK),
        ({"failing": ("tiers of program 1 failed",)}, "jobs", _WARN),
    ],
)
def test_background_work_is_judged(change: dict[str, object], name: str, level: Level) -> None:
    work = replace(_WORK, **change)  # type: ignore[arg-type] # a table of fields
    assert _level(tuple(judge_work(work)), name) is level


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({}, "webhooks", _OK),
        ({"paused": 1}, "webhooks", _WARN),
        ({}, "deliveries", _OK),
        ({"waiting": 1_001}, "deliveries", _WARN),
        ({"dead": 1}, "deliveries", _WARN),
        (
            {"lags": (Lag(name="m", due_at=_NOW - timedelta(minutes=6), now=_NOW),)},
            "deliveries",
            _WARN,
        ),
    ],
)
def test_webhooks_are_judged(change: dict[str, object], name: str, level: Level) -> None:
    webhooks = replace(_WEBHOOKS, **change)  # type: ignore[arg-type] # a table of fields
    assert _level(tuple(judge_webhooks(webhooks)), name) is level


def test_zones_schema_and_absence_are_judged() -> None:
    berlin = frozenset({"Europe/Berlin"})
    assert judge_zones(_SERVER, _HOST, berlin).level is _OK
    assert judge_zones(_SERVER, _HOST, frozenset({"Asia/Tokyo"})).level is _FAIL
    server = replace(_SERVER, zones_missing=("Europe/Berlin",))
    assert judge_zones(server, _HOST, berlin).level is _FAIL
    assert judge_schema(Schema()).level is _OK
    newer = judge_schema(Schema(wrong="the database is newer", remedy="upgrade leal"))
    assert (newer.level, newer.remedy) == (_FAIL, "upgrade leal")
    absent = judge_absence("cannot connect: a; b; check it")
    assert (absent.level, absent.remedy) == (_FAIL, "check it")
    assert absent.message.startswith("cannot connect: a; b; ")
    assert "LEAL_DATABASE_URL" in str(judge_absence("gone").remedy)
    assert worst((newer, judge_schema(Schema()))) is _FAIL
    assert worst(()) is _OK


def _told(leal: Leal, *, code: int) -> dict[str, dict[str, str | None]]:
    """What `leal doctor --json` says, by check; few connections, as others use the server too."""
    env = leal.environ() | {"LEAL_POOL_SIZE": "2"}
    result = CliRunner().invoke(app, ["doctor", "--json"], env=env)
    assert result.exit_code == code, result.output
    told = json.loads(result.stdout)
    assert set(told) == {"level", "findings"}
    names = [each["name"] for each in told["findings"]]
    assert len(names) == len(set(names))
    return {each.pop("name"): each for each in told["findings"]}


async def _worker_ran(database: Database) -> None:
    sql = "INSERT INTO pgqueuer_schedules (expression, entrypoint) VALUES ('* * * * *', $1)"
    await database.execute(sql, ROUND)
    run = Run(started_at=await read_clock(database), duration=timedelta(seconds=1), done=3)
    await record(database, 1, kind="tiers", part=0, run=run)


async def _all_goes_wrong(database: Database) -> None:
    await database.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'customers_pkey'::regclass"
    )
    await database.execute("UPDATE pgqueuer_schedules SET next_run = now() - interval '1 hour'")
    at = await read_clock(database)
    run = Run(started_at=at, duration=timedelta(0), done=0, failure="ValueError")
    await record(database, 1, kind="tiers", part=0, run=run)


def test_a_healthy_installation_is_told_so_and_a_sick_one_is_not(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    with_database(leal.database_url, _worker_ran)
    told = _told(leal, code=0)
    # the server of the tests is the one place where durability is switched off
    assert {name for name, each in told.items() if each["level"] != "ok"} == {"durability"}
    assert set(told["durability"]) == {"level", "message", "remedy"}
    assert "fsync = off" in str(told["durability"]["message"])
    assert len(told) == 16

    lines = [line.split("\t") for line in leal.run("doctor").splitlines()]
    assert [line[1] for line in lines] == list(told)
    assert {len(line) for line in lines} == {4}

    with_database(leal.database_url, _all_goes_wrong)
    (leal.folder / "secret.key").chmod(0o604)
    told = _told(leal, code=1)
    wrong = {name: each["level"] for name, each in told.items() if each["level"] != "ok"}
    expected = {"indexes": "fail", "worker": "fail", "secret key": "fail", "jobs": "warn"}
    assert wrong == expected | {"durability": "warn"}
    assert told["indexes"]["remedy"] == (
        "run `REINDEX INDEX CONCURRENTLY customers_pkey`, for each of them; drop those that end in"
        " _ccnew or _ccold"
    )


def test_another_key_than_the_secrets_were_sealed_with_is_found(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    (leal.folder / "secret.key").rename(leal.folder / "right.key")
    # makes a new key, as a start on the wrong folder would
    assert "`leal doctor`" in leal.fail("site", "list")
    assert _told(leal, code=1)["stored secrets"] == {
        "level": "fail",
        "message": (
            "they were sealed with another secret key: site 1 of program 1, of 1; their webhooks"
            " are not sent and session tokens of their shoppers are refused"
        ),
        "remedy": (
            "restore the LEAL_SECRET_KEY or the file secret.key that this database was used with;"
            " if it is lost, make new ones with `leal site rotate SITE WHAT`, `leal oauth-app"
            " rotate-secret CLIENT_ID`"
        ),
    }
    # either remedy works
    leal.run("site", "rotate", "1", "secret")
    assert _told(leal, code=1)["stored secrets"]["level"] == "fail"
    leal.run("site", "rotate", "1", "sdk")
    assert _told(leal, code=1)["stored secrets"]["level"] == "ok"
    (leal.folder / "right.key").rename(leal.folder / "secret.key")
    assert _told(leal, code=1)["stored secrets"]["level"] == "fail"
    # without any key there is nothing to try
    (leal.folder / "secret.key").unlink()
    told = _told(leal, code=1)
    assert (told["secret key"]["level"], "stored secrets" in told) == ("fail", False)


def test_a_database_without_schema_needs_migrations(
    empty_database_url: str, tmp_path: Path
) -> None:
    told = _told(Leal(database_url=empty_database_url, folder=tmp_path), code=1)
    assert {name for name, each in told.items() if each["level"] == "fail"} == {"schema"}
    assert told["schema"]["remedy"] == "run `leal migrate`"
    assert "worker" not in told
    assert told["secret key"]["level"] == "warn"
    # looking makes nothing: neither a key nor a table
    assert list(tmp_path.iterdir()) == []
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    assert with_database(empty_database_url, lambda database: database.value(tables)) == 0


def test_a_database_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    url = f"postgresql://leal:hidden@/leal?host={tmp_path}"
    told = _told(Leal(database_url=url, folder=tmp_path), code=1)
    assert {name: each["level"] for name, each in told.items()} == {
        "database": "fail",
        "secret key": "warn",
        "disk": "ok",
    }
    assert "hidden" not in str(told)
    assert "LEAL_DATABASE_URL" in str(told["database"]["remedy"])


def test_transactions_that_are_open_for_long_are_found(database_url: str) -> None:
    async def look(database: Database) -> tuple[tuple[LongTransaction, ...], int]:
        async with database.transaction() as on:
            await on.value("SELECT pg_current_xact_id()::text")
            pid: int = await on.value("SELECT pg_backend_pid()")
            return await list_long_transactions(database, longer_than=timedelta(0)), pid

    (found,), pid = with_database(database_url, look)
    assert found.writes
    assert found.end == f"SELECT pg_terminate_backend({pid})"
    assert found.who.startswith(f"session {pid} of ")
    assert found.who.endswith(" (leal)")
