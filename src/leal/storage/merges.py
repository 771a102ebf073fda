"""Merges of customers: saved as a whole in one statement, listed, and taken back likewise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import asyncpg
import msgspec

from leal.domain.change import Change, Progress
from leal.domain.customers import Customer, Lot, Subject, email_key
from leal.domain.lots import Moves
from leal.domain.merging import Kept, Merge
from leal.domain.unmerging import Remains, Standing, Undo
from leal.storage.customers import rows_of
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: by leal's id, and by the first id that a shop gave them."""

    id: int
    merchant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMerge:
    """A merge, with what it brought the survivor, in points and rows.

    `answers` is who answers for the survivor today: another one when they were merged in turn.
    """

    merge_id: int
    survivor: Side
    merged: Side
    answers: int
    points_approved: int
    points_pending: int
    points_spent: int
    orders: int
    claims: int
    merged_at: datetime
    undone_at: datetime | None
    is_kept: bool


async def new_merge_id(on: Runner) -> int:
    """A number for a merge that is about to be."""
    drawn: int = await on.value("SELECT nextval('merges_merge_id_seq')")
    return drawn


# Makes others wait for both; everybody locks customers in the order of their ids.
_LOCK: Final = """
SELECT customer_id FROM customers WHERE program_id = $1 AND customer_id = ANY($2::bigint[])
ORDER BY customer_id FOR UPDATE
"""


async def lock(on: Runner, program_id: int, customer_ids: Sequence[int]) -> None:
    """Keeps customers as they are until the open transaction ends."""
    await on.rows(_LOCK, program_id, list(customer_ids))


async def save(on: Runner, program_id: int, merge: Merge, *, now: datetime) -> bool:
    """Merges two customers; False when one of them was changed since they were loaded."""
    written = {
        "merge_id": merge.merge_id,
        "survivor": _side(merge.change),
        "merged": {"id": merge.merged.id, "version": merge.merged.version},
        "survivor_lots": _moves(merge.survivor_lots),
        "merged_lots": _moves(merge.merged_lots),
        "kept": merge.kept,
        "merged_at": now,
    }
    encoded = msgspec.json.encode(written).decode()
    return await on.value("SELECT leal_merge($1, $2)", program_id, encoded) is not None


_MERGE: Final = """
SELECT m.merge_id, m.survivor_id, s.merchant_id AS survivor_merchant_id,
    coalesce(s.merged_into, s.customer_id) AS answers, m.merged_id,
    o.merchant_id AS merged_merchant_id, m.points_approved, m.points_pending, m.points_spent,
    json_array_length(m.moved -> 'orders') AS orders,
    json_array_length(m.moved -> 'claims') AS claims, m.merged_at, m.undone_at,
    m.kept <> '{}' AS is_kept
FROM merges m
JOIN customers s ON s.program_id = $1 AND s.customer_id = m.survivor_id
JOIN customers o ON o.program_id = $1 AND o.customer_id = m.merged_id
"""

# The merges of a customer and of those who were merged into them, the newest first.
_LIST: Final = f"""
{_MERGE} WHERE m.program_id = $1 AND ($3::bigint IS NULL OR m.merge_id < $3)
    AND m.survivor_id IN (
        SELECT $2::bigint
        UNION
        SELECT customer_id FROM customers WHERE program_id = $1 AND merged_into = $2)
ORDER BY m.merge_id DESC LIMIT $4
"""  # noqa: S608 - made of the constant above


async def list_merges(
    on: Runner, program_id: int, customer_id: int, *, before: int | None, limit: int
) -> tuple[StoredMerge, ...]:
    """The merges into a customer, or into who was merged into them; the newest first."""
    rows = await on.rows(_LIST, program_id, customer_id, before, limit)
    return tuple(_merge(row) for row in rows)


_FIND: Final = f"{_MERGE} WHERE m.program_id = $1 AND m.merge_id = $2"


async def find_merge(on: Runner, program_id: int, merge_id: int) -> StoredMerge | None:
    """A merge by its number."""
    row = await on.row(_FIND, program_id, merge_id)
    return None if row is None else _merge(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """The rows that go back when a merge is taken back: what it moved, and what hangs on that."""

    history: tuple[int, ...]
    claims: tuple[int, ...]
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """All that an undo has to know: what was kept, which rows go back, and what they stand for."""

    kept: Kept
    hanging: Hanging
    remains: Remains


# Whatever tells of an order or a claim that was moved goes where it goes.
_HANGING: Final = """
WITH moved AS (
    SELECT survivor_id, kept::text AS kept, moved FROM merges
    WHERE program_id = $1 AND merge_id = $2
), orders AS MATERIALIZED (
    SELECT x::bigint AS id FROM moved, json_array_elements_text(moved -> 'orders') AS y (x)
), claims AS MATERIALIZED (
    SELECT x::bigint AS id FROM moved, json_array_elements_text(moved -> 'claims') AS y (x)
), rows AS MATERIALIZED (
    SELECT x::bigint AS id FROM moved, json_array_elements_text(moved -> 'history') AS y (x)
    UNION
    SELECT h.history_id FROM history h JOIN orders o ON h.order_id = o.id
    WHERE h.program_id = $1
    UNION
    SELECT h.history_id FROM history h JOIN claims c ON h.claimed_reward_id = c.id
    WHERE h.program_id = $1
)
SELECT moved.kept,
    ARRAY(SELECT id FROM rows ORDER BY id DESC) AS history,
    ARRAY(SELECT id FROM orders) AS orders,
    ARRAY(SELECT id FROM claims UNION
        SELECT h.claimed_reward_id FROM history h JOIN rows ON h.history_id = rows.id
        WHERE h.program_id = $1 AND h.claimed_reward_id IS NOT NULL) AS claims
FROM moved
"""

# What those rows stand for now. $6: the zone of the primary site, $7: pending points count towards
# tiers as well. Lots and points of before the merge are kept with it; entries since are added.
_REMAINS: Final = """
WITH moved AS (
    SELECT survivor_id, merged_id, moved, last_transaction_id AS last, kept FROM merges
    WHERE program_id = $1 AND merge_id = $2
), entries AS MATERIALIZED (
    SELECT t.* FROM transactions t, moved
    WHERE t.program_id = $1 AND t.customer_id = moved.survivor_id
        AND t.history_id = ANY ($3::bigint[])
), since AS MATERIALIZED (
    SELECT e.* FROM entries e, moved WHERE e.merge_id IS NULL AND e.transaction_id > moved.last
), lots_since AS (
    SELECT (l ->> 0)::timestamptz AS expires_at, sum((l ->> 1)::bigint)::bigint AS points
    FROM since, json_array_elements(since.lots) AS y (l) GROUP BY 1
), lots_of_theirs AS (
    SELECT nullif(x ->> 'expires_at', '')::timestamptz AS expires_at,
        (x ->> 'remaining')::bigint AS points
    FROM moved, jsonb_array_elements(moved.kept -> 'merged_lots') AS y (x)
), days AS (
    SELECT day, sum(points)::bigint AS points, sum(spend)::bigint AS spend,
        sum(orders)::bigint AS orders
    FROM (
        SELECT (x ->> 0)::date AS day, (x ->> 1)::bigint AS points, 0 AS spend, 0 AS orders
        FROM moved, json_array_elements(moved.moved -> 'points') AS y (x)
        UNION ALL
        SELECT (h.happened_at AT TIME ZONE $6)::date, s.points_approved
            + CASE WHEN $7 THEN s.points_pending ELSE 0 END, 0, 0
        FROM since s JOIN history h ON h.program_id = $1 AND h.history_id = s.history_id
        WHERE s.resource IN ('activity', 'adjustment')
            AND h.kind IN ('earned_points_from_rule', 'points_added')
        UNION ALL
        SELECT (counted ->> 'counted_on')::date, 0, (counted ->> 'spend_minor')::bigint,
            (counted ->> 'orders')::bigint
        FROM orders WHERE program_id = $1 AND order_id = ANY ($5::bigint[])
            AND counted IS NOT NULL
    ) AS each GROUP BY day
)
SELECT
    (SELECT version FROM customers WHERE program_id = $1 AND customer_id = (
        SELECT merged_id FROM moved)) AS version,
    (SELECT json_build_array(coalesce(sum(points_approved), 0), coalesce(sum(points_pending), 0),
        coalesce(sum(points_spent), 0)) FROM entries) AS sums,
    (SELECT coalesce(json_agg(json_build_object(
        'expires_at', nullif(expires_at, 'infinity'), 'remaining', points)), '[]')
        FROM lots_since WHERE points <> 0) AS lots_since,
    (SELECT coalesce(json_agg(json_build_object('earned_on', day, 'points', points,
        'spend', spend, 'orders', orders)), '[]')
        FROM days WHERE points <> 0 OR spend <> 0 OR orders <> 0) AS progress,
    (SELECT json_build_array(count(*), count(*) FILTER (WHERE usage_status = 'used'))
        FROM claimed_rewards WHERE program_id = $1 AND claimed_reward_id = ANY ($4::bigint[])
    ) AS rewards,
    (SELECT moved -> 'standing' FROM moved) AS stood,
    (SELECT coalesce(json_agg(json_build_array(subject, id, number)), '[]')
        FROM leal_standing($1, $3, $4)) AS stands,
    ARRAY(SELECT DISTINCT i.merchant_id FROM customer_ids i, moved
        WHERE i.program_id = $1 AND i.customer_id = moved.survivor_id AND NOT moved.kept -> 'ids'
            @> jsonb_build_array(jsonb_build_array(i.merchant_id, i.site_id))) AS ids,
    EXISTS (SELECT FROM customers c, moved WHERE c.program_id = $1
        AND c.email_key = $8 AND c.customer_id <> moved.survivor_id) AS email_taken,
    EXISTS (SELECT FROM transactions t, moved, json_array_elements(t.lots) AS y (l)
        WHERE t.program_id = $1 AND t.customer_id = moved.survivor_id
            AND t.transaction_id > moved.last AND t.resource = 'expiry' AND t.merge_id IS NULL
            AND coalesce(nullif((l ->> 0)::timestamptz, 'infinity'), 'infinity') IN (
                SELECT coalesce(expires_at, 'infinity') FROM lots_of_theirs
                UNION ALL SELECT expires_at FROM lots_since WHERE points > 0)) AS lapsed
"""


async def trace(
    on: Runner, program_id: int, merge_id: int, *, zone: str, total: bool
) -> Traced | None:
    """What became of a merge; None when nothing is kept of it any more.

    Days are those of the `zone`; `total`: pending points count towards tiers.
    """
    found = await on.row(_HANGING, program_id, merge_id)
    if found is None or found["kept"] == "{}":
        return None
    kept = _kept.decode(found["kept"])
    hanging = Hanging(
        history=tuple(found["history"]),
        claims=tuple(found["claims"]),
        orders=tuple(found["orders"]),
    )
    row = await on.row(
        _REMAINS,
        program_id,
        merge_id,
        hanging.history,
        hanging.claims,
        hanging.orders,
        zone,
        total,
        email_key(kept.merged.email),
    )
    if row is None:
        return None
    return Traced(kept=kept, hanging=hanging, remains=_remains(row))


async def save_undo(
    on: Runner, program_id: int, traced: Traced, *, merge_id: int, undo: Undo, now: datetime
) -> bool:
    """Takes a merge back; False when one of the two was changed since they were loaded."""
    days = [(day.earned_on, day.points, day.spend, day.orders) for day in undo.progress]
    written = {
        "merge_id": merge_id,
        "survivor": _side(undo.survivor),
        "merged": _side(undo.merged),
        "history": traced.hanging.history,
        "claims": traced.hanging.claims,
        "orders": traced.hanging.orders,
        "survivor_lots": _moves(undo.survivor_lots),
        "merged_lots": _moves(undo.merged_lots),
        "progress": days,
        "gone_counters": undo.gone_counters,
        "drops_tier_rows": undo.drops_tier_rows,
        "undone_at": now,
    }
    encoded = msgspec.json.encode(written).decode()
    return await on.value("SELECT leal_undo_merge($1, $2)", program_id, encoded) is not None


_FORGET: Final = """
UPDATE merges SET kept = '{}' WHERE program_id = $1 AND merged_at <= $2 AND kept <> '{}'
"""


async def forget(on: Runner, program_id: int, *, until: datetime) -> int:
    """Empties what was kept of persons for undos of merges up to then; returns how many."""
    done = await on.execute(_FORGET, program_id, until)
    return int(done.rsplit(" ", 1)[1])


def _side(change: Change) -> dict[str, object]:
    before: Customer = change.before.customer
    return {"id": before.id, "version": before.version, "change": rows_of(change)}


def _moves(moves: Moves) -> list[tuple[datetime | str, int]]:
    return [(end or "infinity", points) for end, points in moves]


def _merge(row: asyncpg.Record) -> StoredMerge:
    values = dict(row)
    return StoredMerge(
        survivor=Side(id=values.pop("survivor_id"), merchant_id=values.pop("survivor_merchant_id")),
        merged=Side(id=values.pop("merged_id"), merchant_id=values.pop("merged_merchant_id")),
        **values,
    )


def _remains(row: asyncpg.Record) -> Remains:
    approved, pending, spent = _numbers.decode(row["sums"])
    claimed, used = _numbers.decode(row["rewards"])
    return Remains(
        version=row["version"],
        points_approved=approved,
        points_pending=pending,
        points_spent=spent,
        lots_since=_lots.decode(row["lots_since"]),
        progress=_progress.decode(row["progress"]),
        rewards_claimed=claimed,
        rewards_used=used,
        stood=_standing_of(row["stood"]),
        stands=_standing_of(row["stands"]),
        ids=frozenset(row["ids"]),
        email_taken=bool(row["email_taken"]),
        lapsed=bool(row["lapsed"]),
    )


def _standing_of(written: str) -> Standing:
    counted = _standing.decode(written)
    return MappingProxyType({(subject, number): count for subject, number, count in counted})


_kept = msgspec.json.Decoder(Kept)
_numbers = msgspec.json.Decoder(tuple[int, ...])
_lots = msgspec.json.Decoder(tuple[Lot, ...])
_progress = msgspec.json.Decoder(tuple[Progress, ...])
_standing = msgspec.json.Decoder(tuple[tuple[Subject, int, int], ...])
