"""A shop to write to, and the reckoning: is every acknowledged write in the books exactly once?"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from leal.app import open_desk
from leal.domain.enrolment import Visit
from leal.settings import read_settings
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases import customers, points
from leal.usecases.access import Scope, create_key
from leal.usecases.desk import Ask
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify
from tests.databases import with_database
from tests.faults.load import Kind, Load, Write
from tests.faults.servers import Installation
from tests.programs import Document, drop, lion_rewards, put

Record = Callable[[str, object], None]
"""How a test leaves a figure."""

COST, EARNED, AT_FIRST = 10, 100, 1_000_000
PEOPLE = tuple(f"lion-{number}" for number in range(5))
BESIDE = "beside"
"""A customer to whom no writer writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A program, a key for it, and where its server is called."""

    database_url: str
    program_id: int
    port: int
    key: str = field(repr=False)

    def load(self, *, port: int | None = None, seed: int = 0, name: str = "w") -> Load:
        """Writers that call the server, or something in front of it."""
        return Load(
            port=port or self.port,
            key=self.key,
            customers=PEOPLE,
            cost=COST,
            earned=EARNED,
            seed=seed,
            name=name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What was promised against what is there.

    `made_up`: in the books, but never written by anybody. `wrong`: customers whose balance is not
    the sum of what was acknowledged. `violations`: what `leal verify` found.
    """

    requests: int
    writes: int
    acknowledged: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    made_up: tuple[str, ...]
    wrong: tuple[str, ...]
    violations: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing doubled, nothing wrong."""
        return not (self.lost or self.doubled or self.made_up or self.wrong or self.violations)


def open_shop(installation: Installation) -> Shop:
    """Publishes the program and lets a few customers join, rich."""

    async def opened(database: Database) -> Shop:
        publisher = Publisher(database, Sealer(installation.secret_key), fresh=secrets.token_hex)
        now = datetime.fromtimestamp(time.time(), UTC)
        made = await publisher.create(document(), author="test", now=now)
        program_id = made.published.id
        desk = open_desk(database, read_settings({"LEAL_DATA": str(installation.folder)}))
        ask = Ask(program_id=program_id)
        for name in (*PEOPLE, BESIDE):
            visit = Visit(email=f"{name}@lion.example")
            await customers.initialize_session(desk, ask, merchant_id=name, visit=visit)
            await points.add(desk, ask, name, points=AT_FIRST, reason=None)
        key = await create_key(
            database, program_id, name="test", scopes=Scope, fresh=secrets.token_hex, now=now
        )
        return Shop(
            database_url=installation.database_url,
            program_id=program_id,
            port=installation.port,
            key=key.secret,
        )

    return with_database(installation.database_url, opened)


def document() -> Document:
    """Orders earn at once; one voucher to redeem."""
    made = lion_rewards()
    drop("tiers")(made)
    purchase = {"id": 1, "kind": "purchase", "title": "Buy", "points": 5, "approval_days": 0}
    put("rules", [purchase])(made)
    voucher = {"kind": "cart_discount_voucher", "discount": {"amount": 5}}
    put("rewards", [{"id": 1, "title": "$5 off", "cost": COST, **voucher}])(made)
    return made


@contextmanager
def writing(shop: Shop, *, port: int | None = None, seed: int, writers: int = 6) -> Iterator[Load]:
    """Writers at work for as long as the block does; it should let them `finish`."""
    load = shop.load(port=port, seed=seed)
    load.start(writers)
    try:
        yield load
    finally:
        load.give_up()


def prove(shop: Shop, load: Load, record: Record, **figures: object) -> None:
    """Writes the figures down, then insists that nothing was lost, doubled, wrong or a failure."""
    books = reckon(shop, [load])
    counted: dict[str, object] = {
        **figures,
        "requests": books.requests,
        "told": dict(sorted(load.told.items())),
        "writes": books.writes,
        "acknowledged": books.acknowledged,
        "lost": len(books.lost),
        "doubled": len(books.doubled),
        "seed": load.seed,
    }
    for name, value in counted.items():
        record(name, value)
    assert load.faults == [], load.faults[:5]
    assert books.is_clean, books
    assert books.acknowledged == books.writes, "what was refused should not have been"


def reckon(shop: Shop, loads: Iterable[Load]) -> Reckoning:
    """Compares the books with all that was written; every write must have been answered."""
    writes = [each for load in loads for each in load.writes]
    requests = sum(load.told.total() for load in loads)
    return with_database(
        shop.database_url, lambda database: _reckoned(database, shop, writes, requests)
    )


async def _reckoned(
    database: Database, shop: Shop, writes: list[Write], requests: int
) -> Reckoning:
    done = [each for each in writes if each.is_acknowledged]
    found = await _marks(database, shop.program_id)
    promised = Counter(_mark(each) for each in done)
    report = await verify(database, program_id=shop.program_id)
    return Reckoning(
        requests=requests,
        writes=len(writes),
        acknowledged=len(done),
        lost=tuple(sorted((promised - found).elements())),
        doubled=tuple(sorted(mark for mark, times in found.items() if times > 1)),
        made_up=tuple(sorted(set(found) - set(promised))),
        wrong=tuple(await _wrong_balances(database, shop.program_id, done)),
        violations=tuple(f"{each.invariant}: {each.finding}" for each in report.violations),
    )


def _mark(write: Write) -> str:
    return f"claim {write.claim_id}" if write.kind is Kind.REDEEM else write.mark


_MARKS = """
SELECT reason AS mark FROM history WHERE program_id = $1 AND reason IS NOT NULL
UNION ALL
SELECT split_part(source, ':', 3) FROM history WHERE program_id = $1 AND source LIKE 'order:%'
UNION ALL
SELECT 'claim ' || claimed_reward_id FROM claimed_rewards WHERE program_id = $1
"""


async def _marks(database: Database, program_id: int) -> Counter[str]:
    rows = await database.rows(_MARKS, program_id)
    return Counter(row["mark"] for row in rows)


async def _wrong_balances(database: Database, program_id: int, done: list[Write]) -> list[str]:
    sql = "SELECT merchant_id, points_approved FROM customers WHERE program_id = $1"
    found = {row["merchant_id"]: row[1] for row in await database.rows(sql, program_id)}
    expected = dict.fromkeys((*PEOPLE, BESIDE), AT_FIRST)
    for each in done:
        expected[each.customer] += each.points
    return [
        f"{name} has {found.get(name)}, not {number}"
        for name, number in expected.items()
        if found.get(name) != number
    ]
