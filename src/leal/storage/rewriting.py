"""Trying whether the ledger can be rewritten: the database itself must refuse."""

from typing import Final, NoReturn

import asyncpg

from leal.storage.db import Database, Runner
from leal.storage.verification import Finding, Invariant

# A real row where there is one: a guard that only watches rows must not pass for one that is off.
_REWRITE = """
UPDATE transactions SET cause = cause WHERE (program_id, transaction_id) IN (
    SELECT program_id, transaction_id FROM transactions LIMIT 1)
"""
_ERASE = """
DELETE FROM transactions WHERE (program_id, transaction_id) IN (
    SELECT program_id, transaction_id FROM transactions LIMIT 1)
"""
_EMPTY = "TRUNCATE transactions"
_FORBIDDEN: Final = (("UPDATE", _REWRITE), ("DELETE", _ERASE), ("TRUNCATE", _EMPTY))


async def find_rewriting(database: Database) -> tuple[tuple[Invariant, Finding], ...]:
    """Tries to rewrite the ledger, in transactions that are undone; finds what is let through.

    A TRUNCATE first asks for the table alone, so it waits for running transactions; when they
    take longer than a moment, its guard is looked up instead, so that nobody waits for this.
    """
    allowed = [verb for verb, sql in _FORBIDDEN if not await _is_refused(database, verb, sql)]
    return tuple(
        (
            Invariant.APPEND_ONLY,
            Finding(
                customer_id=None,
                merchant_id=None,
                expected=f"the database refuses {verb} of transactions",
                found="it was allowed (and undone)",
            ),
        )
        for verb in allowed
    )


class _Undo(Exception):  # noqa: N818 - the way out of a transaction that must leave no trace
    pass


async def _is_refused(database: Database, verb: str, sql: str) -> bool:
    try:
        await _attempt(database, sql)
    except _Undo:
        return False
    except asyncpg.LockNotAvailableError:
        return await _is_guarded(database, verb)
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError):
        return True


async def _attempt(database: Database, sql: str) -> NoReturn:
    async with database.transaction() as doomed:
        await doomed.execute("SET LOCAL lock_timeout = '200ms'")
        await doomed.execute(sql)
        raise _Undo


# Whether the trigger that refuses is there and on; the bits say for which statements it fires.
_GUARD = """
SELECT EXISTS (
    SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = 'transactions'::regclass AND p.proname = 'leal_refuse_rewriting'
        AND t.tgenabled IN ('O', 'A') AND t.tgtype & $1::int <> 0)
"""
_FIRES_FOR: Final = {"DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


async def _is_guarded(on: Runner, verb: str) -> bool:
    guarded: bool = await on.value(_GUARD, _FIRES_FOR[verb])
    return guarded
