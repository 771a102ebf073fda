"""Three `leal worker` at once on one database: all that is due is done once, whoever dies.

In several programs points are to be approved and to expire, and webhooks are to be told of both.
One worker is killed while it works, and the others finish what it had in hand. Another round then
finds nothing to do. Two worker processes that are killed run in every `make test`, in
`test_webhook_sender`; here three take a minute to start and to notice that one is dead.
"""

import base64
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from leal.app import open_desk
from leal.domain.enrolment import Visit
from leal.domain.orders import OrderReport, PaymentStatus
from leal.jobs.queue import queries_on
from leal.jobs.schedule import make_round
from leal.settings import read_settings
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.storage.webhooks import NewWebhook, Owner, create
from leal.usecases import customers, orders, points
from leal.usecases.desk import Ask, Desk
from leal.usecases.due import Kind
from leal.usecases.orders import Buyer
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify
from tests.databases import with_database
from tests.faults.books import Record
from tests.faults.servers import children
from tests.jobs.shops import TABLES, shop
from tests.merchants import Heard, make_certificate, open_merchant
from tests.soak import ONLY_SOAKED

ROUNDS = 2
PROGRAMS = 3
PEOPLE = 20
WORKERS = 3
TOPIC = "customers/update"
EXPIRING, EARNED = 70, 50
_NOW = datetime.fromtimestamp(time.time(), UTC)
_JOINED_AT = _NOW - timedelta(days=50)
_BOUGHT_AT = _NOW - timedelta(days=20)
_PATIENCE_SECONDS = 120
_KEY = base64.b64encode(b"k" * 32).decode()
_PLACES = (*TABLES, "deliveries")


@dataclass(slots=True)
class Receiver:
    """A merchant that takes a moment for each message."""

    told: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, heard: Heard) -> int:
        time.sleep(0.01)
        with self.lock:
            self.told[heard.headers["webhook-id"]] += 1
        return 200


@dataclass(slots=True)
class Found:
    """How far the work has come."""

    queued: int
    approved: int
    untold: int

    @property
    def is_done(self) -> bool:
        return not self.queued and not self.untold


@ONLY_SOAKED
def test_three_workers_do_all_once(
    database_url: str, tmp_path: Path, record_property: Record
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    certificate, receiver = make_certificate(tmp_path), Receiver()
    environ = {
        "LEAL_DATABASE_URL": database_url,
        "LEAL_DATA": str(tmp_path),
        "LEAL_OUTGOING_ALLOW": "127.0.0.0/8",
        "LEAL_SECRET_KEY": _KEY,
        "SSL_CERT_FILE": str(certificate),
    }
    programs = 0
    with open_merchant(receiver, certificate) as merchant:
        for number in range(ROUNDS):
            ids = range(number * PROGRAMS + 1, (number + 1) * PROGRAMS + 1)
            opened = partial(_open_shops, ids=ids, address=merchant.url("/hook"))
            with_database(database_url, opened)
            programs += PROGRAMS
            with _workers(environ, tmp_path) as workers:
                _kill_one(database_url, workers, chance=chance, before=programs - PROGRAMS)
                _until_done(database_url)
                merchant.until_idle()
                before = with_database(database_url, _everything)
                with_database(database_url, _one_round_more)
                _until_done(database_url)
            merchant.until_idle()
            assert with_database(database_url, _everything) == before
    messages = with_database(database_url, lambda on: _proven(on, programs))
    assert set(receiver.told) == messages, "lost or made up"
    told_again = receiver.told.total() - len(messages)
    counted = {
        "workers": WORKERS,
        "kills": ROUNDS,
        "approvals": programs * PEOPLE,
        "expiries": programs * PEOPLE,
        "messages": len(messages),
        "told again": told_again,
        "lost": 0,
        "doubled": 0,
        "seed": seed,
    }
    for name, value in counted.items():
        record_property(name, value)
    # what a worker had told when it died nobody else can know
    assert told_again <= ROUNDS * 10


async def _open_shops(database: Database, *, ids: range, address: str) -> None:
    publisher = Publisher(database, Sealer(b"k" * 32), fresh=secrets.token_hex)
    expiry = {"mode": "date_earned", "months": 1, "enabled_on": "2020-01-01"}
    for program_id in ids:
        document = shop(expiry=expiry)
        await publisher.create(document, author="test", now=_JOINED_AT, program_id=program_id)
        ask = Ask(program_id=program_id)
        for name in (f"lion-{number}" for number in range(PEOPLE)):
            desk = _desk(database, _JOINED_AT)
            visit = Visit(email=f"{name}@lion.example")
            await customers.initialize_session(desk, ask, merchant_id=name, visit=visit)
            await points.add(desk, ask, name, points=EXPIRING, reason=None)
            paid = OrderReport(total=Decimal(10), payment_status=PaymentStatus.PAID)
            buyer = Buyer(merchant_id=name, email=None)
            desk = _desk(database, _BOUGHT_AT)
            await orders.create(desk, ask, f"order of {name}", buyer=buyer, report=paid)
        wanted = NewWebhook(topic=TOPIC, address=address, owner=Owner(app_id=None))
        async with database.transaction() as on:
            await create(on, program_id, wanted, now=_NOW)
    await _one_round_more(database)


async def _one_round_more(database: Database) -> None:
    """What the minute brings, without waiting for it."""
    await make_round(_desk(database, _NOW), queries_on(database))


def _desk(database: Database, now: datetime) -> Desk:
    settings = read_settings({"LEAL_SECRET_KEY": _KEY})
    return open_desk(database, settings, clock=lambda: now)


@contextmanager
def _workers(environ: dict[str, str], folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEAL_")}
    command = (sys.executable, "-m", "leal.cli.main", "worker")
    with (folder / "workers.log").open("ab") as log, ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(command, env=kept | environ, stdout=log, stderr=log)  # noqa: S603 - this interpreter, our own program
            )
            for _ in range(WORKERS)
        ]
        try:
            yield started
        finally:
            for each in started:
                each.terminate()


def _kill_one(
    url: str, workers: list[subprocess.Popen[bytes]], *, chance: random.Random, before: int
) -> None:
    """Kills one of the workers and what keeps it running, after some of the work is done."""
    some = before * PEOPLE + chance.randint(1, PROGRAMS * PEOPLE * 2 // 3)
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while with_database(url, _found).approved < some:
        assert time.monotonic() < give_up_at, "nothing is approved"
    killed = chance.choice(workers)
    working = children(killed.pid, called="leal.cli.working")
    assert working, "it does not work yet"
    for each in (killed.pid, *working):
        os.kill(each, signal.SIGKILL)


def _until_done(url: str) -> None:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not (found := with_database(url, _found)).is_done:
        assert time.monotonic() < give_up_at, found
        time.sleep(0.05)


async def _found(database: Database) -> Found:
    untold = (
        "SELECT (SELECT count(*) FROM deliveries WHERE state = 'waiting')"
        " + (SELECT count(*) FROM events e JOIN webhook_cursors c USING (program_id)"
        " WHERE e.event_id > c.event_id)"
    )
    return Found(
        queued=await database.value("SELECT count(*) FROM pgqueuer"),
        approved=await database.value(
            "SELECT count(*) FROM customers WHERE points_pending = 0 AND points_approved > 0"
        ),
        untold=await database.value(untold),
    )


async def _everything(database: Database) -> dict[str, list[str]]:
    """Every row that could tell of work done twice."""
    found = {}
    for table in _PLACES:
        sql = f"SELECT t::text AS line FROM {table} t ORDER BY 1"  # noqa: S608 - our own names
        found[table] = [row["line"] for row in await database.rows(sql)]
    return found


async def _proven(database: Database, programs: int) -> set[str]:
    """Proves that each customer got and lost what was due, once; the messages there were."""
    balances = await database.rows("SELECT points_approved, points_pending FROM customers")
    assert [tuple(row) for row in balances] == [(EARNED, 0)] * (programs * PEOPLE)
    entries = await database.rows(
        "SELECT kind, state, count(*)::int, sum(points)::int FROM history"
        " GROUP BY kind, state ORDER BY kind"
    )
    everybody = programs * PEOPLE
    assert [tuple(row) for row in entries] == [
        ("earned_points_from_rule", "approved", everybody, EARNED * everybody),
        ("points_added", "expired", everybody, EXPIRING * everybody),
        ("points_expired", None, everybody, -EXPIRING * everybody),
    ]
    failures = await database.rows("SELECT kind, last_failure FROM job_runs WHERE failures > 0")
    assert [tuple(row) for row in failures] == []
    kinds = await database.value("SELECT count(DISTINCT kind) FROM job_runs")
    assert kinds == len(Kind)
    assert (await verify(database)).violations == ()
    made = await database.rows(
        "SELECT DISTINCT ON (program_id, webhook_id, event_id) message_id::text, state"
        " FROM deliveries"
    )
    assert len(made) == await database.value("SELECT count(*) FROM deliveries")
    assert {row["state"] for row in made} == {"delivered"}
    return {row["message_id"] for row in made}
