"""Operators: their accounts, their sessions, and how often somebody tried to sign in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An account; `program_ids` is empty for one that may look after every program."""

    id: int
    login: str
    name: str
    password_hash: str = field(repr=False)
    every_program: bool
    program_ids: tuple[int, ...]
    created_at: datetime
    disabled_at: datetime | None


_SELECT = """
SELECT o.operator_id, o.login, o.name, o.password_hash, o.every_program, o.created_at,
    o.disabled_at, ARRAY(SELECT p.program_id FROM operator_programs p
        WHERE p.operator_id = o.operator_id ORDER BY 1) AS program_ids
FROM operators o
"""
_ADD = """
INSERT INTO operators (login, name, password_hash, every_program, created_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING operator_id
"""
_ADD_PROGRAMS = """
INSERT INTO operator_programs (program_id, operator_id)
SELECT program_id, $1 FROM unnest($2::bigint[]) AS program_id
"""


async def add(
    on: Runner,
    who: tuple[str, str],
    *,
    password_hash: str,
    program_ids: Sequence[int] | None,
    now: datetime,
) -> int | None:
    """Store an account of a login and a name; `program_ids` None is every program.

    None when the login is taken.
    """
    every = program_ids is None
    operator_id: int | None = await on.value(_ADD, *who, password_hash, every, now)
    if operator_id is not None:
        await on.execute(_ADD_PROGRAMS, operator_id, list(dict.fromkeys(program_ids or ())))
    return operator_id


async def find(on: Runner, login: str) -> Operator | None:
    """The account of this login, disabled or not."""
    row = await on.row(f"{_SELECT} WHERE o.login = $1", login)
    return _operator(row) if row else None


async def list_all(on: Runner) -> tuple[Operator, ...]:
    """Every account, the oldest first."""
    return tuple(_operator(row) for row in await on.rows(f"{_SELECT} ORDER BY o.operator_id"))


async def set_password(on: Runner, operator_id: int, *, password_hash: str) -> None:
    """Replace the password, and end every session that the old one opened."""
    await on.execute(
        "UPDATE operators SET password_hash = $2 WHERE operator_id = $1", operator_id, password_hash
    )
    await end_sessions(on, operator_id)


async def disable(on: Runner, operator_id: int, *, now: datetime) -> None:
    """Let the account sign in no more, and end its sessions."""
    await on.execute(
        "UPDATE operators SET disabled_at = coalesce(disabled_at, $2) WHERE operator_id = $1",
        operator_id,
        now,
    )
    await end_sessions(on, operator_id)


async def enable(on: Runner, operator_id: int) -> None:
    """Let the account sign in again."""
    await on.execute("UPDATE operators SET disabled_at = NULL WHERE operator_id = $1", operator_id)


async def end_sessions(on: Runner, operator_id: int) -> None:
    """End every session of an account."""
    await on.execute("DELETE FROM operator_sessions WHERE operator_id = $1", operator_id)


_OPEN = """
INSERT INTO operator_sessions (token_hash, operator_id, created_at, expires_at)
SELECT $1, operator_id, $3, $4 FROM operators WHERE operator_id = $2 AND disabled_at IS NULL
"""


async def open_session(
    on: Runner, operator_id: int, token_hash: bytes, *, now: datetime, expires_at: datetime
) -> bool:
    """Store a session; False when the account was disabled meanwhile. Old sessions go."""
    await on.execute("DELETE FROM operator_sessions WHERE expires_at <= $1", now)
    return await on.execute(_OPEN, token_hash, operator_id, now, expires_at) == "INSERT 0 1"


async def find_session(on: Runner, token_hash: bytes, *, now: datetime) -> Operator | None:
    """Whose session this is, unless it has ended."""
    row = await on.row(
        f"{_SELECT} JOIN operator_sessions s USING (operator_id)"
        " WHERE s.token_hash = $1 AND s.expires_at > $2 AND o.disabled_at IS NULL",
        token_hash,
        now,
    )
    return _operator(row) if row else None


async def close_session(on: Runner, token_hash: bytes) -> bool:
    """End a session; False when there is none."""
    tag = await on.execute("DELETE FROM operator_sessions WHERE token_hash = $1", token_hash)
    return tag != "DELETE 0"


_COUNT = """
INSERT INTO sign_in_attempts AS a (bucket, attempts, started_at) VALUES ($1, 1, $2)
ON CONFLICT (bucket) DO UPDATE SET
    attempts = CASE WHEN a.started_at <= $3 THEN 1 ELSE least(a.attempts + 1, 1000000) END,
    started_at = CASE WHEN a.started_at <= $3 THEN $2 ELSE a.started_at END
RETURNING attempts, started_at
"""


async def count_attempt(
    on: Runner, bucket: int, *, now: datetime, within: timedelta
) -> tuple[int, datetime]:
    """Count one more attempt; how many there were in this while, and when it began."""
    row = await on.row(_COUNT, bucket, now, now - within)
    if row is None:
        raise LookupError(bucket)
    return row["attempts"], row["started_at"]


async def forget_attempts(on: Runner, bucket: int) -> None:
    """Start counting anew."""
    await on.execute("DELETE FROM sign_in_attempts WHERE bucket = $1", bucket)


def _operator(row: asyncpg.Record) -> Operator:
    return Operator(
        id=row["operator_id"],
        login=row["login"],
        name=row["name"],
        password_hash=row["password_hash"],
        every_program=row["every_program"],
        program_ids=tuple(row["program_ids"]),
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
    )
