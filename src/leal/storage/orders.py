"""Orders in PostgreSQL that have no customer yet; those of customers are saved with them."""

from dataclasses import dataclass, replace

import msgspec

from leal.domain.customers import email_key
from leal.domain.orders import Order
from leal.storage.account_statement import ORDER_COLUMNS
from leal.storage.customers import OrderKey, order_row
from leal.storage.db import Runner

# Whose e-mail address it is, for orders that name no customer.
_FIND_CUSTOMER_ID = "SELECT customer_id FROM customers WHERE program_id = $1 AND email_key = $2"

# One order with the id of its customer.
_FIND = """
SELECT o.customer_id, (SELECT row_to_json(x) FROM (SELECT /*columns*/) AS x) AS "order"
FROM orders o
WHERE o.program_id = $1 AND o.merchant_id = $2 AND ($3::bigint IS NULL OR o.site_id = $3)
ORDER BY o.site_id LIMIT 1
""".replace("/*columns*/", ORDER_COLUMNS)


# Takes the row lock of an order that many report at once.
_LOCK = """
SELECT order_id FROM orders
WHERE program_id = $1 AND merchant_id = $2 AND ($3::bigint IS NULL OR site_id = $3) FOR UPDATE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An order, and whose it is."""

    order: Order
    customer_id: int | None


async def find(on: Runner, program_id: int, key: OrderKey) -> Found | None:
    """Finds an order by the shop's id of it."""
    row = await on.row(_FIND, program_id, key.merchant_id, key.site_id)
    if row is None:
        return None
    return Found(order=_order.decode(row["order"]), customer_id=row["customer_id"])


async def lock(on: Runner, program_id: int, key: OrderKey) -> None:
    """Makes others wait for the order until the open transaction ends."""
    await on.execute(_LOCK, program_id, key.merchant_id, key.site_id)


# On which sites an order has this id.
_SITES = """
SELECT site_id FROM orders WHERE program_id = $1 AND merchant_id = $2 ORDER BY site_id
"""


async def list_sites(on: Runner, program_id: int, merchant_id: str) -> tuple[int, ...]:
    """The sites that have an order with this id."""
    rows = await on.rows(_SITES, program_id, merchant_id)
    return tuple(row["site_id"] for row in rows)


async def find_customer_id(on: Runner, program_id: int, email: str) -> int | None:
    """Finds the customer with an e-mail address, on whichever site they are known."""
    found: int | None = await on.value(_FIND_CUSTOMER_ID, program_id, email_key(email))
    return found


# Who is known by the address under which a guest ordered.
_FIND_BUYER = """
SELECT c.customer_id FROM orders o
JOIN customers c ON c.program_id = o.program_id AND c.email_key = o.email_key
WHERE o.program_id = $1 AND o.merchant_id = $2 AND ($3::bigint IS NULL OR o.site_id = $3)
    AND o.customer_id IS NULL
ORDER BY o.site_id LIMIT 1
"""


async def find_buyer(on: Runner, program_id: int, key: OrderKey) -> int | None:
    """Finds the customer whose address an order that is nobody's carries."""
    found: int | None = await on.value(_FIND_BUYER, program_id, key.merchant_id, key.site_id)
    return found


async def save_unlinked(on: Runner, program_id: int, order: Order) -> Order | None:
    """Writes an order that nobody is known for; None when it is stale."""
    written = msgspec.json.encode(order_row(order)).decode()
    order_id = await on.value("SELECT leal_save_order($1, NULL, $2)", program_id, written)
    if order_id is None:
        return None
    return replace(order, id=order_id, version=order.version + 1)


_order = msgspec.json.Decoder(Order)
