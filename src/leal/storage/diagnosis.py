"""What a database server tells of itself: its limits, clock, sessions, indexes and time zones.

Nothing here needs a table of leal's, `list_zones` apart.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from leal.domain.installation import LongTransaction
from leal.storage.db import Runner


async def read_version(on: Runner) -> tuple[int, str]:
    """The server's major version, and the whole of it as it writes it."""
    number = int(await on.value("SHOW server_version_num"))
    text: str = await on.value("SHOW server_version")
    return number // 10_000, text


async def read_clock(on: Runner) -> datetime:
    """The server's time."""
    now: datetime = await on.value("SELECT clock_timestamp()")
    return now


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Connections that there are for leal's role with everybody, and those of them left to leal.

    What leal has open itself counts as left. `hidden` sessions show only that they are there.
    """

    usable: int
    free: int
    hidden: int


# What roles and databases may have open is -1 without a limit; superusers heed neither.
_ROOM: Final = """
WITH mine AS (SELECT rolname, rolconnlimit, rolsuper FROM pg_roles WHERE rolname = current_user),
ours AS (SELECT datname, datconnlimit FROM pg_database WHERE datname = current_database()),
others AS (
    SELECT datname, usename, backend_type IS NULL AS is_hidden FROM pg_stat_activity
    WHERE datname IS NOT NULL AND application_name <> 'leal'
), limits AS (
    SELECT current_setting('max_connections')::int AS most, (SELECT count(*) FROM others) AS used
    UNION ALL
    SELECT datconnlimit, (SELECT count(*) FROM others o WHERE o.datname = ours.datname)
    FROM ours, mine WHERE datconnlimit >= 0 AND NOT rolsuper
    UNION ALL
    SELECT rolconnlimit, (SELECT count(*) FROM others o WHERE o.usename = mine.rolname)
    FROM mine WHERE rolconnlimit >= 0 AND NOT rolsuper
), reserved AS (
    SELECT CASE WHEN rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true)::int, 0) END AS count FROM mine
)
SELECT (SELECT least(min(most), current_setting('max_connections')::int - reserved.count)
        FROM limits) AS usable,
    (SELECT greatest(0, least(min(most - used),
        current_setting('max_connections')::int - reserved.count
        - (SELECT count(*) FROM others))) FROM limits) AS free,
    (SELECT count(*) FROM others WHERE is_hidden) AS hidden
FROM reserved
"""


async def read_room(on: Runner) -> Room:
    """How many connections there may be."""
    row = await on.row(_ROOM)
    return Room(**dict(row or {"usable": 0, "free": 0, "hidden": 0}))


# Those of this database, and prepared ones of any, which no session has: what lists wait for.
_LONG: Final = """
SELECT 'session ' || pid || concat(' of ' || usename, ' (' || nullif(application_name, '') || ')')
        AS who,
    extract(epoch FROM clock_timestamp() - xact_start)::bigint AS open_seconds,
    backend_xid IS NOT NULL AS writes,
    'SELECT pg_terminate_backend(' || pid || ')' AS end
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND xact_start < clock_timestamp() - $1::interval
UNION ALL
SELECT 'prepared transaction of ' || owner || ' in database ' || database,
    extract(epoch FROM clock_timestamp() - prepared)::bigint, true,
    'ROLLBACK PREPARED ' || quote_literal(gid)
FROM pg_prepared_xacts
WHERE prepared < clock_timestamp() - $1::interval
ORDER BY open_seconds DESC, who
"""


async def list_long_transactions(
    on: Runner, *, longer_than: timedelta
) -> tuple[LongTransaction, ...]:
    """What is open in this database for long, the longest first."""
    return tuple(LongTransaction(**dict(row)) for row in await on.rows(_LONG, longer_than))


# One that is being built is not valid yet, and there is nothing wrong with it.
_INVALID: Final = """
SELECT i.indexrelid::regclass::text AS name
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname NOT LIKE 'pg\\_%'
    AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
ORDER BY name
"""


async def list_invalid_indexes(on: Runner) -> tuple[str, ...]:
    """Indexes that could not be built to the end, by name."""
    return tuple(row["name"] for row in await on.rows(_INVALID))


async def list_unknown_zones(on: Runner, names: Collection[str]) -> tuple[str, ...]:
    """Which time zones the server does not know."""
    rows = await on.rows(
        "SELECT name FROM unnest($1::text[]) AS t (name)"
        " WHERE lower(name) NOT IN (SELECT lower(name) FROM pg_timezone_names) ORDER BY name",
        list(names),
    )
    return tuple(row["name"] for row in rows)


_ZONES: Final = """
SELECT DISTINCT coalesce(s ->> 'timezone', 'UTC') AS zone
FROM programs p
    JOIN program_versions v ON v.program_id = p.program_id AND v.version = p.version,
    json_array_elements(v.document -> 'sites') AS x (s)
"""


async def list_zones(on: Runner) -> frozenset[str]:
    """The time zones that the sites of all programs are in."""
    return frozenset(row["zone"] for row in await on.rows(_ZONES))
