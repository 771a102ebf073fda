"""Two programs whose customers did everything that moves points, to be looked at or damaged."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from leal.domain.enrolment import Visit
from leal.integrations.fulfilment import UnreachableFulfilment
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases import customers, points
from leal.usecases.desk import Ask, Desk
from leal.usecases.programs import Programs, Publisher
from tests.databases import with_database
from tests.programs import Document, lion_rewards, put

_T = TypeVar("_T")

START = datetime(2025, 6, 10, 12, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class Books:
    """Made through leal itself; `now` is the time there."""

    database: Database
    now: datetime = START

    @classmethod
    async def made(cls, database: Database) -> "Books":
        books = cls(database)
        for _ in range(2):
            program_id = await books.new_program()
            for name in ("ann", "bob", "cem"):
                await books.live(program_id, name)
        return books

    async def new_program(self) -> int:
        publisher = Publisher(self.database, Sealer(b"k" * 32), fresh=secrets.token_hex)
        made = await publisher.create(_document(), author="test", now=self.now)
        return made.published.id

    async def live(self, program_id: int, name: str) -> None:
        """Joins and visits (100 approved, 100 pending), is given 50; gets into debt and out."""
        desk, ask = self.desk(), Ask(program_id=program_id)
        page, email = "https://lion.example/", f"{name}@lion.example"
        await customers.initialize_session(
            desk, ask, merchant_id=name, visit=Visit(email=email, page_url=page)
        )
        self.now += timedelta(days=40)
        await points.add(desk, ask, name, points=50, reason=None)
        await points.remove(desk, ask, name, points=500, reason="mistake")
        await points.add(desk, ask, name, points=400, reason=None)

    def desk(self) -> Desk:
        return Desk(
            database=self.database,
            programs=Programs(self.database),
            clock=lambda: self.now,
            entropy=lambda: secrets.token_bytes(32),
            consent={},
            subscriptions={},
            voucher_stores={},
            fulfilment=UnreachableFulfilment(),
            public_url="http://leal.test",
        )


def _document() -> Document:
    document = lion_rewards()
    put("expiry", {"mode": "date_earned", "months": 12, "enabled_on": "2020-01-01"})(document)
    put("rules.1.approval_days", 14)(document)
    return document


def with_books(url: str, work: Callable[[Books], Awaitable[_T]]) -> _T:
    async def opened(database: Database) -> _T:
        return await work(await Books.made(database))

    return with_database(url, opened)
