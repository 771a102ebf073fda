"""Databases as older releases left them, and a world on one after it was brought up to date.

`old_data/NNNN.sql` holds every row of a small shop that was looked after by the leal of migration
NNNN, through its own HTTP for three months; `NNNN.json` what that leal answered in the end, with
its clock and the key that was used. They were made once, from a checkout of that time, and stay as
they are: new columns and tables are for migrations to fill.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from leal.storage.credentials import list_sites
from leal.storage.db import Database
from leal.storage.migrate import migrate, read_migrations
from tests.databases import with_database
from tests.programs import Document, lion_rewards
from tests.worlds import Tenant, World

_FOLDER = Path(__file__).parent / "old_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRelease:
    """What a leal of the past knew and answered."""

    number: int
    now: datetime
    program_id: int
    key: str
    documents: dict[str, Any]

    def fill(self, url: str) -> None:
        """Makes an empty database the one that the old leal left."""
        rows = (_FOLDER / f"{self.number:04}.sql").read_text()

        async def filled(database: Database) -> None:
            known = tuple(each for each in read_migrations() if each.number <= self.number)
            await migrate(database, migrations=known)
            await database.execute(rows)

        with_database(url, filled)


def old_release(number: int) -> OldRelease:
    """The release whose newest migration had this number."""
    told = json.loads((_FOLDER / f"{number:04}.json").read_text())
    return OldRelease(
        number=number,
        now=datetime.fromisoformat(told["now"]),
        program_id=told["program_id"],
        key=told["key"],
        documents=told["documents"],
    )


class _Reopened(World):
    """A world whose first program is there already."""

    def __init__(self, runner: asyncio.Runner, database: Database, old: OldRelease) -> None:
        self.old = old
        super().__init__(runner, database, lion_rewards())
        self.now = old.now

    def add_program(self, document: Document) -> Tenant:
        del document
        number = self.old.program_id
        sites = self.run(list_sites(self.database, self.sealer, number))
        return Tenant(program_id=number, key=self.old.key, sites=sites)


@contextmanager
def reopened(url: str, old: OldRelease) -> Iterator[World]:
    """Today's leal on the database, at the moment at which the old one stopped."""
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(url, size=4))
        try:
            yield _Reopened(runner, database, old)
        finally:
            runner.run(database.close())
