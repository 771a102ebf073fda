"""The sender of webhooks is killed while it tells receivers, as often as it takes.

Events go on while workers live and die, two at a time. One receiver is well, one fails or hangs by
chance, one is another webhook on the well one's host. In the end each of them heard of every event,
a customer's in order, and always the same bytes under an id; `leal verify` finds nothing missing.

Seen to fail: with deliveries marked before the receiver answered, and with later events of a
customer that do not wait for earlier ones.
"""

import base64
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leal.app import open_desk
from leal.domain.enrolment import Visit
from leal.domain.webhooks import DeliveryState
from leal.settings import Settings, read_settings
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.storage.webhooks import NewWebhook, Owner, create
from leal.usecases import customers, deliveries
from leal.usecases.desk import Ask
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify
from tests.databases import with_database
from tests.merchants import Heard, Merchant, make_certificate, open_merchant, outgoing_to
from tests.programs import lion_rewards
from tests.soak import examples

TOPIC = "customers/update"
KILLS = examples(3, soak=100)
PEOPLE = 6
PATHS = ("/well", "/flaky", "/beside")
MOST_CALLS_IN_A_LIFE = 15
LONGEST_LIFE_SECONDS = 25
MOST_ROUNDS = 300

_HAPPEN = """
INSERT INTO events (program_id, customer_id, topic, payload, created_at, settles)
SELECT program_id, customer_id, $1, '{}', $2, leal_settles() FROM customers
ORDER BY random() LIMIT 3
"""


@dataclass(slots=True)
class Moods:
    """How the receivers feel."""

    chance: random.Random
    always_well: bool = False
    accepted: list[Heard] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, heard: Heard) -> int:
        with self.lock:
            roll = self.chance.random()
        if heard.path == "/flaky" and not self.always_well:
            if roll < 0.1:
                time.sleep(0.5)
            if roll < 0.3:
                return 503
        time.sleep(0.02)
        with self.lock:
            self.accepted.append(heard)
        return 200


def test_a_killed_sender_loses_nothing(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("LEAL_SEED", "0")) or secrets.randbits(32)
    certificate = make_certificate(tmp_path)
    moods = Moods(chance=random.Random(seed))  # noqa: S311 - to be repeatable
    environ = {
        "LEAL_DATABASE_URL": database_url,
        "LEAL_DATA": str(tmp_path),
        "LEAL_OUTGOING_ALLOW": "127.0.0.0/8",
        "LEAL_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "SSL_CERT_FILE": str(certificate),
    }
    with open_merchant(moods, certificate) as merchant:
        with_database(database_url, lambda database: _open_shop(database, merchant))
        with _things_happen(database_url):
            for number in range(KILLS):
                _live_and_die(environ, merchant, tmp_path, chance=random.Random(seed + number))  # noqa: S311 - to be repeatable
        moods.always_well = True
        merchant.until_idle()
        left = _count(database_url, DeliveryState.WAITING)
        settings = read_settings(environ)
        rounds = with_database(database_url, lambda found: _work_off(found, settings, certificate))
        merchant.until_idle()
    figures = {"seed": seed, "kills": KILLS, "left": left, "rounds": rounds}
    for name, value in (*figures.items(), ("calls", len(merchant.heard))):
        record_property(name, value)
    _assert_all_was_told(database_url, moods, merchant, note=str(figures))


async def _open_shop(database: Database, merchant: Merchant) -> None:
    publisher = Publisher(database, Sealer(b"k" * 32), fresh=secrets.token_hex)
    await publisher.create(lion_rewards(), author="test", now=_now(), program_id=1)
    desk = open_desk(database, read_settings({"LEAL_SECRET_KEY": _KEY}))
    for number in range(PEOPLE):
        visit = Visit(email=f"lion-{number}@lion.example")
        ask = Ask(program_id=1)
        await customers.initialize_session(desk, ask, merchant_id=f"lion-{number}", visit=visit)
    for path in PATHS:
        wanted = NewWebhook(topic=TOPIC, address=merchant.url(path), owner=Owner(app_id=None))
        async with database.transaction() as on:
            await create(on, 1, wanted, now=_now())


@contextmanager
def _things_happen(database_url: str) -> Iterator[None]:
    """Events, some of the same customers, for as long as the block does."""
    stop = threading.Event()

    async def happen(database: Database) -> None:
        while not stop.is_set():
            await database.execute(_HAPPEN, TOPIC, _now())
            stop.wait(0.25)

    thread = threading.Thread(target=lambda: with_database(database_url, happen))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _live_and_die(
    environ: dict[str, str], merchant: Merchant, folder: Path, *, chance: random.Random
) -> None:
    """Two workers live until some calls were made, and die without a word."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEAL_")}
    command = (sys.executable, "-m", "leal.cli.working")
    with (folder / "workers.log").open("ab") as log:
        workers = [
            subprocess.Popen(command, env=kept | environ, stdin=subprocess.PIPE, stderr=log)  # noqa: S603 - this interpreter, our own program
            for _ in range(2)
        ]
        try:
            enough = len(merchant.heard) + chance.randint(1, MOST_CALLS_IN_A_LIFE)
            give_up_at = time.monotonic() + LONGEST_LIFE_SECONDS
            while len(merchant.heard) < enough and time.monotonic() < give_up_at:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
        finally:
            for each in workers:
                each.kill()
            for each in workers:
                with each:
                    pass


async def _work_off(database: Database, settings: Settings, certificate: Path) -> int:
    """Lets time pass, for leases to end, until nothing waits; returns the rounds."""
    ahead = timedelta(minutes=1)
    for number in range(MOST_ROUNDS):
        moment = _now() + ahead
        with closing(outgoing_to(certificate)) as outgoing:
            desk = open_desk(database, settings, outgoing=outgoing, clock=lambda at=moment: at)  # type: ignore[misc] # bound while it is this round's
            await deliveries.work_off(desk, 1)
        waiting = await database.value("SELECT count(*) FROM deliveries WHERE state = 'waiting'")
        behind = await database.value(
            "SELECT count(*) FROM events e JOIN webhook_cursors c USING (program_id)"
            " WHERE e.event_id > c.event_id"
        )
        if not waiting and not behind:
            return number
        ahead += timedelta(minutes=20)
    raise AssertionError("it never ends")


def _assert_all_was_told(database_url: str, moods: Moods, merchant: Merchant, *, note: str) -> None:
    async def rows(database: Database) -> list[tuple[str, str, int, int, str]]:
        found = await database.rows(
            "SELECT d.message_id::text, w.address, d.customer_id, d.event_id, d.state"
            " FROM deliveries d JOIN webhooks w USING (program_id, webhook_id)"
            " ORDER BY d.delivery_id"
        )
        assert (await verify(database)).violations == ()
        events = await database.value("SELECT count(*) FROM events WHERE topic = $1", TOPIC)
        assert len(found) == events * len(PATHS), note
        return [tuple(row) for row in found]

    made = with_database(database_url, rows)
    about = {message: (address, person, event) for message, address, person, event, _ in made}
    assert {state for *_, state in made} == {DeliveryState.DELIVERED}, note
    first: dict[str, None] = {each.headers["webhook-id"]: None for each in moods.accepted}
    assert first.keys() == about.keys(), f"lost or made up: {note}"
    last: dict[tuple[str, int], int] = {}
    for message in first:
        address, person, event = about[message]
        assert last.get((address, person), 0) < event, f"out of order: {note}"
        last[address, person] = event
    bodies: dict[str, bytes] = {}
    for each in merchant.heard:
        assert bodies.setdefault(each.headers["webhook-id"], each.body) == each.body, note


def _count(database_url: str, state: DeliveryState) -> int:
    async def counted(database: Database) -> int:
        found: int = await database.value("SELECT count(*) FROM deliveries WHERE state = $1", state)
        return found

    return with_database(database_url, counted)


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


_KEY = base64.b64encode(b"k" * 32).decode()
