"""Lists of a program's orders, a page and one statement at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from leal.domain.orders import Order
from leal.storage.account_statement import ORDER_COLUMNS
from leal.storage.db import Runner
from leal.storage.listings import Filters, Page, Part, Sort, Statement, Summary, found, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrder:
    """An order, and whose it is; None while nobody is known for it."""

    order: Order
    customer: Summary | None


# One page of orders with their customers, and the program's version in force. The customers are
# looked up by key once the page is known; a join could be planned as a scan of all of them.
_ORDERS = """
SELECT p.version AS program_version, {ends},
    coalesce((SELECT json_agg(row_to_json(listed)) FROM (SELECT
        (SELECT row_to_json(whole) FROM (SELECT /*columns*/) AS whole) AS "order",
        (SELECT row_to_json(customer) FROM (
            SELECT customer_id AS id, merchant_id, email, points_approved, points_pending,
                points_spent
            FROM customers WHERE program_id = $1 AND customer_id = o.customer_id
        ) AS customer) AS customer
        FROM orders o
        WHERE o.program_id = $1 {wanted}
        ORDER BY {order}
        LIMIT {limit}
    ) AS listed), '[]') AS rows
FROM programs p WHERE p.program_id = $1
""".replace("/*columns*/", ORDER_COLUMNS)


async def list_orders(
    on: Runner, program_id: int, *, filters: Filters, part: Part
) -> Page[ListedOrder]:
    """A page of the program's orders, sorted by id."""
    statement = Statement(_KEYS, _TESTS, program_id)
    sql = statement.write(_ORDERS, filters=filters, part=part)
    row = found(await on.row(sql, *statement.arguments), program_id)
    return page_of(row, _orders.decode(row["rows"]), part)


_KEYS: Final[Mapping[Sort, tuple[str, ...]]] = {Sort.ID: ("o.order_id",)}
_TESTS: Final[Mapping[str, str]] = {
    "since_id": "o.order_id > {}",
    "created_from": "o.created_at >= {}",
    "created_before": "o.created_at < {}",
    "updated_from": "o.updated_at >= {}",
    "updated_before": "o.updated_at < {}",
}

_orders = msgspec.json.Decoder(tuple[ListedOrder, ...])
