"""`leal demo`: the same year for everyone who starts it, served, and kept between starts."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from leal.domain.sites import ConsentProvider
from leal.integrations.consent import LocalConsent
from leal.integrations.fulfilment import UnreachableFulfilment
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases import demo, demo_year
from leal.usecases.demo_people import Persona, people
from leal.usecases.desk import Desk
from leal.usecases.programs import Programs, Publisher
from leal.usecases.verification import Report, verify
from tests.cli.command import Leal
from tests.databases import DatabaseServer, with_database

_CUSTOMERS = """
SELECT c.merchant_id, c.customer_id, c.site_id, c.email, c.first_name, c.last_name, c.blocked,
    c.enrolled_at IS NOT NULL AS member, c.tier_id, c.points_approved, c.points_pending,
    c.points_spent, c.lifetime_points, c.email_consent, c.birth_month, c.birth_day,
    c.referral_id, c.created_at - $1 AS created, c.updated_at - $1 AS updated,
    ARRAY(SELECT code FROM claimed_rewards r WHERE r.customer_id = c.customer_id
        ORDER BY r.claimed_reward_id) AS codes
FROM customers c ORDER BY c.customer_id
"""
_HISTORY = """
SELECT c.merchant_id, h.happened_at - $1 AS happened, h.kind, h.state, h.points, h.rule_id,
    h.reward_id, h.tier_id, h.site_id, h.title, h.reason
FROM history h JOIN customers c USING (program_id, customer_id)
ORDER BY c.customer_id, h.happened_at, h.history_id
"""
_CREATED = "SELECT created_at FROM customers ORDER BY customer_id"

_ONE_DAY = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
_ANOTHER_DAY = datetime(2024, 2, 29, 0, 0, tzinfo=UTC)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Year:
    """What a year left in the database; times count from its opening."""

    customers: tuple[Row, ...]
    history: tuple[Row, ...]
    joined_at: tuple[datetime, ...]
    books: Report

    def customer(self, merchant_id: str) -> Row:
        return next(row for row in self.customers if row["merchant_id"] == merchant_id)


def _stage(database: Database, now: datetime) -> demo.Stage:
    text = files("leal.cli").joinpath("demo_program.yaml").read_text(encoding="utf-8")
    return demo.Stage(
        desk=Desk(
            database=database,
            programs=Programs(database),
            clock=lambda: now,
            entropy=lambda: secrets.token_bytes(32),
            consent={ConsentProvider.LOCAL: LocalConsent()},
            subscriptions={},
            voucher_stores={},
            fulfilment=UnreachableFulfilment(),
            public_url="http://demo.test",
        ),
        publisher=Publisher(database, Sealer(b"k" * 32), fresh=secrets.token_hex),
        document=yaml.safe_load(text),
        now=now,
    )


def _year(url: str, now: datetime, *, customers: int) -> Year:
    async def live(database: Database) -> Year:
        await demo.play(_stage(database, now), people=customers)
        midnight = now.replace(hour=0, minute=0)
        opening = midnight - timedelta(days=demo_year.DAYS)
        return Year(
            customers=tuple(dict(row) for row in await database.rows(_CUSTOMERS, opening)),
            history=tuple(dict(row) for row in await database.rows(_HISTORY, opening)),
            joined_at=tuple(row[0] for row in await database.rows(_CREATED)),
            books=await verify(database),
        )

    return with_database(url, live)


@pytest.fixture(scope="module")
def year(database_server: DatabaseServer) -> Iterator[Year]:
    """A year of the two hundred."""
    with database_server.fresh() as url:
        yield _year(url, _ONE_DAY, customers=200)


def test_the_year_is_the_same_whenever_it_is_lived(year: Year, database_url: str) -> None:
    again = _year(database_url, _ANOTHER_DAY, customers=200)
    assert again.customers == year.customers
    assert again.history == year.history
    assert again.joined_at != year.joined_at


def test_a_smaller_demo_has_the_first_of_the_same_customers(year: Year, database_url: str) -> None:
    def without_ids(row: Row) -> Row:
        return {name: value for name, value in row.items() if name != "customer_id"}

    few = _year(database_url, _ONE_DAY, customers=20)
    for row in few.customers:
        assert without_ids(row) == without_ids(year.customer(row["merchant_id"]))


def test_everyone_is_as_they_were_cast(year: Year) -> None:
    assert len(year.customers) == 200
    for person in people(200):
        row = year.customer(person.merchant_id)
        assert (row["first_name"], row["last_name"]) == (person.first_name, person.last_name)
        assert (row["email"], row["site_id"]) == (person.email, person.site_id)
        assert row["member"] == (person.persona is not Persona.GUEST)
        assert row["blocked"] == (person.persona is Persona.BLOCKED)
        assert (row["points_approved"] > 0) == row["member"]
    tiers = Counter(row["tier_id"] for row in year.customers)
    assert min(tiers[tier] for tier in (None, 1, 2, 3)) >= 10
    assert Counter(row["site_id"] for row in year.customers)[2] > 25


def test_the_year_holds_something_of_everything(year: Year) -> None:
    kinds = Counter(row["kind"] for row in year.history)
    assert kinds.keys() == {
        *("earned_points_from_rule", "received_reward", "points_added", "points_removed"),
        "entered_tier",
        "redeemed_points_for_reward",
    }
    assert {row["rule_id"] for row in year.history} == {None, 1, 3, 4}
    assert demo_year.GIFT in {row["reason"] for row in year.history}
    assert 8 * 200 < len(year.history) < 16 * 200


def test_the_first_customer_is_worth_a_look(year: Year) -> None:
    first = year.customer("1001")
    assert (first["points_approved"], first["lifetime_points"], first["tier_id"]) == (1745, 2180, 3)
    assert (first["birth_month"], first["birth_day"]) == (3, 14)
    assert first["email_consent"] == "subscribed"
    assert len(first["codes"]) == 2


def test_the_books_add_up_and_the_year_is_over(year: Year) -> None:
    assert year.books.is_clean
    assert year.books.customers == 200
    whole = timedelta(days=demo_year.DAYS)
    assert max(row["happened"] for row in year.history) < whole
    assert max(row["updated"] for row in year.customers) < whole
    assert min(row["created"] for row in year.customers) > -demo_year.LEAD
    # Ids are given in the order of joining, as in a shop that has been open for a year.
    assert list(year.joined_at) == sorted(year.joined_at)


def test_a_year_that_was_cut_short_is_not_taken_for_the_demo(database_url: str) -> None:
    async def start_twice(database: Database) -> None:
        await demo.play(_stage(database, _ONE_DAY), people=1)
        assert await demo.find(database) is None
        program_id = await demo.play(_stage(database, _ONE_DAY), people=1)
        for expected in (0, 1, 1):
            _, revoked = await demo.renew_key(
                database, program_id, fresh=secrets.token_hex, now=_ONE_DAY
            )
            assert (revoked, await demo.find(database)) == (expected, program_id)

    with_database(database_url, start_twice)


@contextmanager
def _started(data: Path, *words: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = (sys.executable, "-m", "leal.cli.main", "demo", "--json", "--port", port)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LEAL_")}
    # What belongs to a real installation must not be touched.
    environ |= {"LEAL_DATA": str(data), "LEAL_DATABASE_URL": "postgresql://127.0.0.1:1/real"}
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own program
        (*command, *words), env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        # A demo that never gets ready is ended by this, and its line is empty.
        fuse = threading.Timer(120, process.kill)
        fuse.start()
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline()), process
        finally:
            fuse.cancel()
            if process.poll() is None:
                process.terminate()


_CUSTOMER_PATH = "/headless/2025-06/1/customers/1001?channel=web"


def _points(told: dict[str, Any], *, key: str | None = None) -> int:
    """The balance of the first customer, as the API tells it."""
    answer = _ask(told, _CUSTOMER_PATH, None, key=key or told["api_key"])
    points: int = answer["customer"]["points_approved"]
    return points


def _ask(told: dict[str, Any], path: str, body: object, *, key: str) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address the demo told
        told["url"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return json.loads(answer.read() or b"null")


def _stopped(process: subprocess.Popen[str], how: signal.Signals) -> str:
    """Stop it; returns what it said, apart from its one line of JSON."""
    process.send_signal(how)
    out, said = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in said
    return said


def test_scripts_get_one_line_when_it_serves_and_a_second_start_goes_on(tmp_path: Path) -> None:
    running = tmp_path / "demo" / "postgres" / "postmaster.pid"
    with _started(tmp_path, "--customers", "20") as (told, process):
        assert told.keys() == {
            *("url", "api_key", "site_id", "site_token", "site_secret", "program_id"),
            *("sdk_key_id", "sdk_secret", "database_url"),
        }
        assert _points(told) == 1745
        _ask(told, "/v2/customers/1001/points", {"points": 50}, key=told["api_key"])
        assert running.exists()
        said = _stopped(process, signal.SIGTERM)
        assert "does not use LEAL_DATABASE_URL" in said
        assert "making 20 customers" in said
    assert not running.exists()

    with _started(tmp_path) as (again, process):
        changing = {"api_key", "url"}
        assert {name for name in told if again[name] != told[name]} == changing
        assert _points(again) == 1795
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            _points(again, key=told["api_key"])
        refused.value.close()
        said = _stopped(process, signal.SIGINT)
        assert "as it was left" in said
        assert "the demo's last is revoked" in said
    assert not running.exists()


def test_a_taken_port_is_said_before_a_year_is_spent(leal: Leal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = leal.fail("demo", "--port", str(taken.getsockname()[1]))
    assert "choose another port with --port" in said
    assert not (leal.folder / "demo").exists()
