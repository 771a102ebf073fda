"""`leal verify`: clean books are said to be; wrong ones are listed, and fail the command."""

import json

from typer.testing import CliRunner

from leal.cli.main import app
from leal.storage.db import Database
from leal.storage.verification import Invariant
from leal.usecases.verification import WHAT_NEXT
from tests.cli.command import Leal
from tests.databases import with_database

_CUSTOMER = """
INSERT INTO customers (program_id, site_id, merchant_id, referral_id, points_spent, created_at,
    updated_at)
VALUES (1, 1, 'bob', 'r', $1, now(), now())
"""
_RIGHT = "approved 0, pending 0, spent 0"
_WRONG = "approved 0, pending 0, spent 7"


def _customer_who_spent(leal: Leal, points: int) -> None:
    async def insert(database: Database) -> None:
        await database.execute(_CUSTOMER, points)
        await database.execute("INSERT INTO customer_ids VALUES (1, 'bob', 1, 1)")

    leal.run("program", "apply", leal.write())
    with_database(leal.database_url, insert)


def test_clean_books_end_well(leal: Leal) -> None:
    assert leal.run("verify") == ""
    _customer_who_spent(leal, 0)
    assert leal.run("verify", "--program", "1") == ""
    clean = {"clean": True, "customers": 1, "counts": {}, "violations": []}
    assert json.loads(leal.run("verify", "--json")) == clean


def test_wrong_books_are_told_to_people(leal: Leal) -> None:
    _customer_who_spent(leal, 7)
    told = CliRunner().invoke(app, ["verify"], env=leal.environ())
    assert told.exit_code == 1
    assert told.stdout.splitlines() == [f"balances\t1\t1\tbob\t{_RIGHT}\t{_WRONG}"]
    assert "1 customer(s) checked, 1 violation(s)" in told.stderr
    assert WHAT_NEXT[Invariant.BALANCES] in told.stderr


def test_wrong_books_are_told_to_programs(leal: Leal) -> None:
    _customer_who_spent(leal, 7)
    told = CliRunner().invoke(app, ["verify", "--json"], env=leal.environ())
    assert told.exit_code == 1
    (line,) = told.stdout.splitlines()
    violation = {
        "invariant": "balances",
        "program_id": 1,
        "customer_id": 1,
        "merchant_id": "bob",
        "expected": _RIGHT,
        "found": _WRONG,
        "what_next": WHAT_NEXT[Invariant.BALANCES],
    }
    assert json.loads(line) == {
        "clean": False,
        "customers": 1,
        "counts": {"balances": 1},
        "violations": [violation],
    }


def test_an_unknown_program_is_said_to_be(leal: Leal) -> None:
    assert "leal program list" in leal.fail("verify", "--program", "9")
