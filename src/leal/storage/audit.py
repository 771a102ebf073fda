"""The audit log: rows that are only ever added; the database refuses to change them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from leal.domain.deeds import Actor, ActorKind, Deed, Fact
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the log; what a later leal wrote may be unknown here, so texts stay texts."""

    id: int
    program_id: int
    actor: Actor
    action: str
    about: str | None
    about_id: str | None
    facts: Mapping[str, Fact]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which rows are wanted; None does not choose. `before` is the id behind which to go on."""

    program_id: int | None = None
    before: int | None = None
    action: str | None = None
    actor_kind: str | None = None
    about: str | None = None
    about_id: str | None = None


_ADD = """
INSERT INTO audit (
    program_id, actor_kind, actor_id, actor_name, request_id, action, about, about_id, facts,
    created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


async def add(on: Runner, program_id: int, deed: Deed, *, now: datetime) -> None:
    """Append a row."""
    row = _row_of(deed, now)
    await on.execute(
        _ADD,
        program_id,
        *(row[name] for name in ("actor_kind", "actor_id", "actor_name", "request_id")),
        *(row[name] for name in ("action", "about", "about_id")),
        msgspec.json.encode(row["facts"]).decode(),
        now,
    )


def encoded_row(deed: Deed, now: datetime) -> str:
    """The columns of a deed, as JSON."""
    return msgspec.json.encode(_row_of(deed, now)).decode()


def _row_of(deed: Deed, now: datetime) -> dict[str, object]:
    return {
        "actor_kind": deed.by.kind,
        "actor_id": deed.by.id,
        "actor_name": deed.by.name,
        "request_id": deed.by.request_id,
        "action": deed.action,
        "about": deed.about,
        "about_id": None if deed.about_id is None else str(deed.about_id),
        "facts": dict(deed.facts),
        "created_at": now,
    }


_LIST = """
SELECT program_id, audit_id, actor_kind, actor_id, actor_name, request_id, action, about, about_id,
    facts, created_at
FROM audit
WHERE ($1::bigint IS NULL OR program_id = $1) AND ($2::bigint IS NULL OR audit_id < $2)
    AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR actor_kind = $4)
    AND ($5::text IS NULL OR about = $5) AND ($6::text IS NULL OR about_id = $6)
ORDER BY audit_id DESC LIMIT $7
"""


async def list_entries(on: Runner, filters: Filters, *, limit: int) -> tuple[Entry, ...]:
    """Rows that pass, the newest first. Only an operator of the whole server leaves out program."""
    rows = await on.rows(
        _LIST,
        filters.program_id,
        filters.before,
        filters.action,
        filters.actor_kind,
        filters.about,
        filters.about_id,
        limit,
    )
    return tuple(_entry(row) for row in rows)


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        id=row["audit_id"],
        program_id=row["program_id"],
        actor=Actor(
            kind=ActorKind(row["actor_kind"]),
            id=row["actor_id"],
            name=row["actor_name"],
            request_id=row["request_id"],
        ),
        action=row["action"],
        about=row["about"],
        about_id=row["about_id"],
        facts=msgspec.json.decode(row["facts"]),
        created_at=row["created_at"],
    )
