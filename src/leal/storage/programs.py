"""Programs and their versions. A document is JSON text; a published version never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leal.domain.problems import Missing
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSummary:
    """A program as listed: its name and version are those of the current document."""

    program_id: int
    name: str
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSummary:
    """A published version as listed, without its document."""

    version: int
    author: str
    created_at: datetime


# A chosen number moves the sequence past it, so that the next program gets a free one.
_CREATE = """
WITH made AS (
    INSERT INTO programs (program_id, name, version, created_at)
    VALUES (
        coalesce($1::bigint, nextval(pg_get_serial_sequence('programs', 'program_id'))), $2, 1, $3
    )
    RETURNING program_id
)
SELECT program_id,
       CASE WHEN $1::bigint IS NOT NULL
           THEN setval(
               pg_get_serial_sequence('programs', 'program_id'),
               greatest($1, nextval(pg_get_serial_sequence('programs', 'program_id')))
           )
       END
FROM made
"""

_ADD_VERSION = """
INSERT INTO program_versions (program_id, version, document, author, created_at)
VALUES ($1, $2, $3, $4, $5)
"""


async def create(
    runner: Runner,
    *,
    program_id: int | None,
    name: str,
    document: str,
    author: str,
    now: datetime,
) -> tuple[int, int]:
    """Make a program with its first version; returns its id and 1. Needs a transaction."""
    made = await runner.value(_CREATE, program_id, name, now)
    await runner.execute(_ADD_VERSION, made, 1, document, author, now)
    return made, 1


# The row's lock makes concurrent publications take their numbers one after the other.
_NEXT_VERSION = """
UPDATE programs SET version = version + 1, name = $2 WHERE program_id = $1 RETURNING version
"""


async def publish(
    runner: Runner, program_id: int, *, name: str, document: str, author: str, now: datetime
) -> int:
    """Add a version and make it the current one; returns its number. Needs a transaction.

    Raises Missing.
    """
    version: int | None = await runner.value(_NEXT_VERSION, program_id, name)
    if version is None:
        raise _missing_program(program_id)
    await runner.execute(_ADD_VERSION, program_id, version, document, author, now)
    return version


async def load_current_version(runner: Runner, program_id: int) -> int:
    """Return the number of the current version. Raises Missing."""
    sql = "SELECT version FROM programs WHERE program_id = $1"
    version: int | None = await runner.value(sql, program_id)
    if version is None:
        raise _missing_program(program_id)
    return version


async def load_version(runner: Runner, program_id: int, version: int) -> str:
    """Return the document of a version. Raises Missing."""
    sql = "SELECT document FROM program_versions WHERE program_id = $1 AND version = $2"
    document: str | None = await runner.value(sql, program_id, version)
    if document is None:
        raise Missing("version", f"program {program_id} has no version {version}")
    return document


_CURRENT = """
SELECT p.version, v.document
FROM programs p JOIN program_versions v ON v.program_id = p.program_id AND v.version = p.version
WHERE p.program_id = $1
"""


async def load_current(runner: Runner, program_id: int) -> tuple[int, str]:
    """Return number and document of the current version. Raises Missing."""
    row = await runner.row(_CURRENT, program_id)
    if row is None:
        raise _missing_program(program_id)
    return row["version"], row["document"]


async def lock_current(runner: Runner, program_id: int) -> str:
    """Return the current document, and make other publications wait. Needs a transaction.

    Raises Missing.
    """
    sql = "SELECT version FROM programs WHERE program_id = $1 FOR UPDATE"
    version: int | None = await runner.value(sql, program_id)
    if version is None:
        raise _missing_program(program_id)
    return await load_version(runner, program_id, version)


async def list_versions(runner: Runner, program_id: int) -> tuple[VersionSummary, ...]:
    """List what was published, newest first."""
    rows = await runner.rows(
        "SELECT version, author, created_at FROM program_versions"
        " WHERE program_id = $1 ORDER BY version DESC",
        program_id,
    )
    return tuple(VersionSummary(**dict(row)) for row in rows)


async def list_programs(runner: Runner) -> tuple[ProgramSummary, ...]:
    """List every program of this installation, oldest first."""
    rows = await runner.rows(
        "SELECT program_id, name, version, created_at FROM programs ORDER BY program_id"
    )
    return tuple(ProgramSummary(**dict(row)) for row in rows)


def _missing_program(program_id: int) -> Missing:
    return Missing("program", f"there is no program {program_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDates:
    """When a version was published, and when each site was first seen, by its id."""

    published_at: datetime
    sites: Mapping[int, datetime]


# When a version was published, beside when each site of the program came.
_SITE_DATES = """
SELECT s.site_id, s.created_at, v.created_at AS published_at
FROM program_versions v JOIN sites s ON s.program_id = v.program_id
WHERE v.program_id = $1 AND v.version = $2
"""


async def list_site_dates(runner: Runner, program_id: int, version: int) -> SiteDates:
    """The dates of a program's sites. Raises Missing for an unknown version."""
    rows = await runner.rows(_SITE_DATES, program_id, version)
    if not rows:
        raise Missing("version", f"program {program_id} has no version {version}")
    return SiteDates(
        published_at=rows[0]["published_at"],
        sites={row["site_id"]: row["created_at"] for row in rows},
    )
