"""The schema's history: numbered SQL files, applied forward only, each in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from leal.storage.db import Database, Runner

_OLDEST_SERVER = 15
# Any number will do as long as it never changes: it is what two migrating processes agree on.
_LOCK = 5_325_400_913
_NO_LIMIT = "SET LOCAL statement_timeout = 0"

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number     integer     PRIMARY KEY,
    slug       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


class SchemaMismatch(Exception):  # noqa: N818 - said of the database, not of the program
    """The database and this leal do not fit; the message says what to run."""


class DatabaseNewer(SchemaMismatch):
    """The database was migrated by a newer leal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file ``NNNN_slug.sql``; the checksum is the SHA-256 of its text, in hex."""

    number: int
    slug: str
    sql: str
    checksum: str

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return f"{self.number:04}_{self.slug}"


def read_migrations() -> tuple[Migration, ...]:
    """Read the files that come with this leal, in order."""
    found = []
    for file in files("leal.storage").joinpath("migrations").iterdir():
        if not file.name.endswith(".sql"):
            continue
        number, slug = file.name.removesuffix(".sql").split("_", 1)
        text = file.read_text(encoding="utf-8")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        found.append(Migration(number=int(number), slug=slug, sql=text, checksum=checksum))
    return tuple(sorted(found, key=lambda migration: migration.number))


async def migrate(
    database: Database,
    *,
    report: Callable[[str], None] = lambda _line: None,
    migrations: tuple[Migration, ...] | None = None,
) -> tuple[str, ...]:
    """Apply what is missing and return the names applied; ``report`` hears of each beforehand.

    Safe to run from several processes at once. Raises SchemaMismatch, before anything is changed,
    for a database of a newer leal, a changed file or a server that is too old.
    """
    known = read_migrations() if migrations is None else migrations
    await _check_server(database)
    applied: list[str] = []
    for migration in known:
        async with database.transaction() as runner:
            await runner.execute(_NO_LIMIT)
            await runner.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await runner.execute(_CREATE_TABLE)
            if migration not in _missing(known, await _applied(runner)):
                continue
            report(migration.name)
            await runner.execute(migration.sql)
            await runner.execute(
                "INSERT INTO schema_migrations (number, slug, checksum) VALUES ($1, $2, $3)",
                migration.number,
                migration.slug,
                migration.checksum,
            )
        applied.append(migration.name)
    return tuple(applied)


async def pending(
    database: Database, *, migrations: tuple[Migration, ...] | None = None
) -> tuple[str, ...]:
    """Name what ``migrate`` would apply. Raises SchemaMismatch as it does."""
    known = read_migrations() if migrations is None else migrations
    await _check_server(database)
    return tuple(migration.name for migration in _missing(known, await _applied(database)))


async def check_schema(
    database: Database, *, migrations: tuple[Migration, ...] | None = None
) -> None:
    """Raise SchemaMismatch unless the database has exactly the migrations of this leal."""
    missing = await pending(database, migrations=migrations)
    if missing:
        raise SchemaMismatch(
            f"the database lacks {len(missing)} migration(s), first {missing[0]}: "
            "run `leal migrate`"
        )


async def durability_warnings(database: Database) -> tuple[str, ...]:
    """Name the server's settings that can lose acknowledged points, one sentence each."""
    risks = {
        "fsync": "a crash of the machine can corrupt the whole database",
        "full_page_writes": "a crash of the machine can corrupt pages",
        "synchronous_commit": "a crash can lose the last saves that were already answered",
    }
    found = []
    for name, risk in risks.items():
        value = await database.value("SELECT current_setting($1)", name)
        if value == "off":
            found.append(f"PostgreSQL runs with {name} = off: {risk}. Set {name} = on.")
    return tuple(found)


async def _check_server(runner: Runner) -> None:
    version = int(await runner.value("SHOW server_version_num")) // 10_000
    if version < _OLDEST_SERVER:
        raise SchemaMismatch(
            f"the server is PostgreSQL {version}, and leal needs {_OLDEST_SERVER} or newer: "
            "upgrade it, or point LEAL_DATABASE_URL at another server"
        )


async def _applied(runner: Runner) -> dict[int, tuple[str, str]]:
    """Name and checksum of what the database has, by number."""
    if await runner.value("SELECT to_regclass('schema_migrations') IS NULL"):
        return {}
    rows = await runner.rows("SELECT number, slug, checksum FROM schema_migrations")
    return {row["number"]: (row["slug"], row["checksum"]) for row in rows}


def _missing(
    known: tuple[Migration, ...], applied: dict[int, tuple[str, str]]
) -> tuple[Migration, ...]:
    strange = sorted(set(applied) - {migration.number for migration in known})
    if strange:
        raise DatabaseNewer(
            f"this database is newer than this leal (it has migration {strange[-1]:04}): "
            "upgrade leal"
        )
    for migration in known:
        _slug, checksum = applied.get(migration.number, ("", migration.checksum))
        if checksum != migration.checksum:
            raise SchemaMismatch(
                f"migration {migration.name} differs from the one this database was made with: "
                "install a released leal, or restore the file; never edit an applied migration"
            )
    return tuple(migration for migration in known if migration.number not in applied)
