"""Sums over the ledger by day: kept ones, and what was posted since they were added up.

An entry is in exactly one of the two: kept sums hold every entry up to a transaction id, and the
ledger itself is asked for those after it. The id only moves up to where no smaller one can still
appear, so nothing is left out or counted twice, whatever commits late and whatever time it bears.
No index on the time of entries is needed, which every save would have to pay for.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What a day's entries moved, each at least 0 unless the ledger is odd; whole points."""

    earned: int = 0
    earned_reversed: int = 0
    redeemed: int = 0
    redeemed_reimbursed: int = 0
    expired: int = 0

    @property
    def difference(self) -> int:
        """By how much the points outstanding grew."""
        gained = self.earned + self.redeemed_reimbursed
        return gained - self.earned_reversed - self.redeemed - self.expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days that follow each other, with where each starts, and where the day after the last does.

    The days are `first` and those after it; there is one more of `starts` than of days.
    """

    first: date
    starts: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Entries that can be added up: up to the id `last`, from the times `earliest` to `latest`."""

    last: int
    entries: int
    earliest: datetime
    latest: datetime


_MOVED: Final = "t.points_approved + t.points_pending"

# Entries of merges move points from one customer to another, and are left out everywhere here.
# Every other is in one column, by what moved the points and which way: so the columns always add up
# to what became of the balances.
LEDGER_SUMS: Final = f"""
    coalesce(sum({_MOVED}) FILTER (
        WHERE t.resource IN ('activity', 'adjustment') AND {_MOVED} > 0), 0) AS earned,
    coalesce(-sum({_MOVED}) FILTER (
        WHERE t.resource IN ('activity', 'adjustment') AND {_MOVED} < 0), 0) AS earned_reversed,
    coalesce(-sum({_MOVED}) FILTER (
        WHERE t.resource = 'claimed_reward' AND {_MOVED} < 0), 0) AS redeemed,
    coalesce(sum({_MOVED}) FILTER (
        WHERE t.resource = 'claimed_reward' AND {_MOVED} > 0), 0) AS redeemed_reimbursed,
    coalesce(-sum({_MOVED}) FILTER (WHERE t.resource = 'expiry'), 0) AS expired"""

# Sums by the number of the day: 0 for all before the first. Kept ones and those of the ledger's
# end are read in one statement, so they are of one moment.
_LOAD: Final = f"""
SELECT number, sum(earned) AS earned, sum(earned_reversed) AS earned_reversed,
    sum(redeemed) AS redeemed, sum(redeemed_reimbursed) AS redeemed_reimbursed,
    sum(expired) AS expired
FROM (
    SELECT greatest(0, day - $2::date + 1) AS number, earned, earned_reversed, redeemed,
        redeemed_reimbursed, expired
    FROM points_daily WHERE program_id = $1 AND day - $2::date + 1 < cardinality($3::timestamptz[])
    UNION ALL
    SELECT width_bucket(t.created_at, $3::timestamptz[]) AS number, {LEDGER_SUMS}
    FROM transactions t
    WHERE t.program_id = $1 AND t.created_at < ($3::timestamptz[])[cardinality($3::timestamptz[])]
        AND t.merge_id IS NULL AND t.transaction_id > coalesce(
            (SELECT e.transaction_id FROM points_daily_ends e WHERE e.program_id = $1), 0)
    GROUP BY 1
) AS days
GROUP BY number
"""  # noqa: S608 - made of this module's constants


async def load_sums(on: Runner, program_id: int, *, days: Days) -> dict[int, Sums]:
    """Sums by the number of the day, 1 for the first; 0 is all that was before it."""
    rows = await on.rows(_LOAD, program_id, days.first, list(days.starts))
    return {row["number"]: _sums(row) for row in rows}


# Where adding up goes on. Whoever holds the row's lock is the only one who adds up.
_BEGIN: Final = """
INSERT INTO points_daily_ends (program_id, transaction_id) VALUES ($1, 0) ON CONFLICT DO NOTHING
"""
_LOCK: Final = "SELECT transaction_id FROM points_daily_ends WHERE program_id = $1 FOR UPDATE"


async def lock_end(on: Runner, program_id: int) -> int:
    """The last transaction that is added up, 0 before the first; needs a transaction."""
    await on.execute(_BEGIN, program_id)
    last: int = await on.value(_LOCK, program_id)
    return last


# The next entries that are old enough. Whoever draws a smaller id writes it within moments, or runs
# for longer than any statement may: as long as somebody does, nothing is added up.
_NEXT: Final = """
SELECT max(transaction_id) AS last, count(*) AS entries, min(created_at) AS earliest,
    max(created_at) AS latest
FROM (
    SELECT transaction_id, created_at FROM transactions
    WHERE program_id = $1 AND transaction_id > $2 AND transaction_id <= (
        SELECT max(s.transaction_id) FROM (
            SELECT transaction_id, recorded_at FROM transactions
            WHERE program_id = $1 AND transaction_id > $2
            ORDER BY transaction_id LIMIT $3
        ) AS s
        WHERE s.recorded_at < clock_timestamp() - interval '10 minutes')
) AS stretch
WHERE NOT EXISTS (
    SELECT FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.backend_xid IS NOT NULL
        AND a.xact_start < clock_timestamp() - interval '9 minutes')
"""


async def find_stretch(on: Runner, program_id: int, *, after: int, limit: int) -> Stretch | None:
    """The entries after an id that can be added up now, at most `limit`; None when there is none.

    Entries of the last ten minutes have to wait for the next time.
    """
    row = await on.row(_NEXT, program_id, after, limit)
    if row is None or row["last"] is None:
        return None
    return Stretch(**dict(row))


# Sums of a stretch of entries, by the number of the day.
_STRETCH: Final = f"""
SELECT width_bucket(t.created_at, $4::timestamptz[]) AS number, {LEDGER_SUMS}
FROM transactions t
WHERE t.program_id = $1 AND t.transaction_id > $2 AND t.transaction_id <= $3
    AND t.merge_id IS NULL
GROUP BY 1
"""  # noqa: S608 - made of this module's constants

_ADD: Final = """
INSERT INTO points_daily AS d (
    program_id, day, earned, earned_reversed, redeemed, redeemed_reimbursed, expired)
VALUES ($1, $2::date + $3::integer - 1, $4, $5, $6, $7, $8)
ON CONFLICT (program_id, day) DO UPDATE SET
    earned = d.earned + excluded.earned,
    earned_reversed = d.earned_reversed + excluded.earned_reversed,
    redeemed = d.redeemed + excluded.redeemed,
    redeemed_reimbursed = d.redeemed_reimbursed + excluded.redeemed_reimbursed,
    expired = d.expired + excluded.expired
"""
_END: Final = "UPDATE points_daily_ends SET transaction_id = $2 WHERE program_id = $1"


async def save_stretch(
    on: Runner, program_id: int, *, after: int, stretch: Stretch, days: Days
) -> None:
    """Adds the entries to the sums of their days, all of which are among `days`.

    Needs the transaction in which the end was locked.
    """
    rows = await on.rows(_STRETCH, program_id, after, stretch.last, list(days.starts))
    for row in rows:
        await on.execute(
            _ADD,
            program_id,
            days.first,
            row["number"],
            row["earned"],
            row["earned_reversed"],
            row["redeemed"],
            row["redeemed_reimbursed"],
            row["expired"],
        )
    await on.execute(_END, program_id, stretch.last)


def _sums(row: asyncpg.Record) -> Sums:
    return Sums(
        earned=int(row["earned"]),
        earned_reversed=int(row["earned_reversed"]),
        redeemed=int(row["redeemed"]),
        redeemed_reimbursed=int(row["redeemed_reimbursed"]),
        expired=int(row["expired"]),
    )
