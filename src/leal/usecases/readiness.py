"""Whether this process can serve: its database answers, and has the schema that it knows."""

import asyncio
import time
from typing import Final

from leal.domain.problems import DatabaseAway
from leal.storage.db import Database
from leal.storage.migrate import DatabaseNewer, SchemaMismatch, check_schema, read_migrations

PATIENCE_SECONDS: Final = 2.0
_KEPT_SECONDS: Final = 1.0


class Readiness:
    """Asks the database at most once a second, however many want to know."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._migrations = read_migrations()
        self._asked_at = float("-inf")
        self._found: str | None = None
        self._asking = asyncio.Lock()
        self._stopping = False

    def stop(self) -> None:
        """From now on this process is not ready any more."""
        self._stopping = True

    async def reason(self) -> str | None:
        """Why this process cannot serve; None when it can."""
        if self._stopping:
            return "leal is stopping"
        async with self._asking:
            if time.monotonic() - self._asked_at > _KEPT_SECONDS:
                self._found = await self._asked()
                self._asked_at = time.monotonic()
        return self._found

    async def _asked(self) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await check_schema(self._database, migrations=self._migrations)
        except TimeoutError:
            return f"the database did not answer within {PATIENCE_SECONDS:g} s"
        except DatabaseAway:
            return "the database cannot be reached"
        except DatabaseNewer:
            return "the database was migrated by a newer leal: start that one"
        except SchemaMismatch:
            # what exactly is for the operator, whom `leal migrate --check` tells
            return "the database does not have the schema of this leal: run `leal migrate`"
        return None
