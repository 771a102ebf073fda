"""Activities in PostgreSQL: rows of history that earned or moved points, in pages and by cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from leal.domain.customers import HistoryRow
from leal.storage.account_statement import HISTORY_COLUMNS
from leal.storage.db import Runner
from leal.storage.listings import Filters, Page, Part, Sort, Statement, Summary, found, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedActivity:
    """A row of history, and whose it is."""

    entry: HistoryRow
    customer: Summary


# Whose the rows of outside causes are.
_FIND_CUSTOMER_IDS = """
SELECT source, customer_id FROM history WHERE program_id = $1 AND source = ANY($2::text[])
"""


async def find_customer_ids(
    on: Runner, program_id: int, sources: tuple[str, ...]
) -> dict[str, int]:
    """Finds whose the rows of history are that have one of these outside causes."""
    rows = await on.rows(_FIND_CUSTOMER_IDS, program_id, sources)
    return {row["source"]: row["customer_id"] for row in rows}


# One page of what rules gave and hands or time did to points; spending and tiers are no activities.
_ACTIVITIES = """
SELECT p.version AS program_version, {ends},
    coalesce((SELECT json_agg(row_to_json(listed)) FROM (SELECT
        (SELECT row_to_json(entry) FROM (SELECT /*columns*/) AS entry) AS entry,
        (SELECT row_to_json(customer) FROM (
            SELECT customer_id AS id, merchant_id, email, points_approved, points_pending,
                points_spent
            FROM customers WHERE program_id = $1 AND customer_id = h.customer_id
        ) AS customer) AS customer
        FROM history h
        WHERE h.program_id = $1 AND (h.kind IN (
                'earned_points_from_rule', 'points_added', 'points_removed', 'points_expired')
            OR (h.kind = 'received_reward' AND h.rule_id IS NOT NULL)) {wanted}
        ORDER BY {order}
        LIMIT {limit}
    ) AS listed), '[]') AS rows
FROM programs p WHERE p.program_id = $1
""".replace("/*columns*/", HISTORY_COLUMNS)


async def list_activities(
    on: Runner, program_id: int, *, filters: Filters, part: Part
) -> Page[ListedActivity]:
    """A page of the program's activities, sorted by id."""
    statement = Statement(_KEYS, _TESTS, program_id)
    sql = statement.write(_ACTIVITIES, filters=filters, part=part)
    row = found(await on.row(sql, *statement.arguments), program_id)
    return page_of(row, _activities.decode(row["rows"]), part)


_KEYS: Final[Mapping[Sort, tuple[str, ...]]] = {Sort.ID: ("h.history_id",)}
_TESTS: Final[Mapping[str, str]] = {
    "since_id": "h.history_id > {}",
    "created_from": "h.happened_at >= {}",
    "created_before": "h.happened_at < {}",
}

_activities = msgspec.json.Decoder(tuple[ListedActivity, ...])
