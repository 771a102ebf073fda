"""Lists of a program's customers and of its ledger, a page and one statement at a time.

Pages follow a key (the id, or the time of the last change and the id), so the cost of one does not
grow with how far into the list it lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, TypeVar

import asyncpg
import msgspec

from leal.domain.claims import ClaimedReward
from leal.domain.customers import Customer, HistoryRow, Resource, email_key
from leal.domain.orders import Order
from leal.storage.account_statement import CLAIM_COLUMNS, ORDER_COLUMNS, WHOSE
from leal.storage.customer_ids import IdKey
from leal.storage.db import Runner

_T = TypeVar("_T")


class Sort(StrEnum):
    """What a list is ordered by; rows changed at the same moment are told apart by their ids."""

    ID = "id"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row stands in a list; `updated_at` only in a list sorted by it."""

    id: int
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of a list to read: `limit` rows beyond `place`, or from the list's beginning.

    `backwards` reads towards the list's beginning. `skip` rows are passed over first. `settled`
    leaves out rows beside which one with a smaller id can still appear, so a reader that goes on
    from the largest id it saw never misses one.
    """

    limit: int
    sort: Sort = Sort.ID
    ascending: bool = False
    place: Place | None = None
    backwards: bool = False
    skip: int = 0
    settled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What rows must fit; None asks for nothing. The ends of times are exclusive.

    Ids are larger than `since_id`. `email` is part of an address, in any case, and a filter of
    customers only; the `updated_` ones are for customers and orders, `customer_id` for
    transactions.
    """

    since_id: int | None = None
    customer_id: int | None = None
    email: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    updated_from: datetime | None = None
    updated_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[_T]):
    """Rows in the list's order; `more` tells of further ones in the direction that was read.

    `program_version` is the version now in force. `newest_id` is the largest id there is and
    `settled_id` the largest that the list may show yet; both 0 where all rows may be shown.
    """

    program_version: int
    rows: tuple[_T, ...]
    more: bool
    newest_id: int
    settled_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A customer and their balances of now, as they stand beside something of theirs."""

    id: int
    merchant_id: str
    email: str | None
    points_approved: int
    points_pending: int
    points_spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One ledger transaction with what it belongs to as of now: history row, claim and order."""

    id: int
    resource: Resource
    points_approved: int
    points_pending: int
    created_at: datetime
    customer: Summary
    entry: HistoryRow
    claim: ClaimedReward | None
    order: Order | None


# One page of customers, as the domain knows them, with the program's version in force.
_CUSTOMERS = """
SELECT p.version AS program_version, {ends},
    coalesce((SELECT json_agg(row_to_json(customer)) FROM (SELECT
        c.customer_id AS id, c.version, c.site_id, c.merchant_id, c.email, c.first_name,
        c.last_name, c.linked_merchant_ids, c.properties, c.metadata, c.blocked,
        c.enrolled_at, c.points_approved, c.points_pending, c.points_spent,
        c.rewards_claimed, c.rewards_used, c.lifetime_points, c.lifetime_spend,
        c.lifetime_orders, c.email_consent, c.sms_consent, c.referral_id,
        c.insights_segment, c.created_at, c.updated_at,
        CASE WHEN c.tier_id IS NOT NULL THEN json_build_object(
            'tier_id', c.tier_id, 'started_at', c.tier_started_at,
            'expires_at', c.tier_expires_at, 'manual', c.tier_manual) END AS tier,
        CASE WHEN c.birth_month IS NOT NULL THEN json_build_object(
            'month', c.birth_month, 'day', c.birth_day, 'year', c.birth_year
        ) END AS birthday,
        CASE WHEN c.referred_by IS NOT NULL THEN (
            SELECT json_build_object('id', r.customer_id, 'merchant_id', r.merchant_id)
            FROM customers n JOIN customers r ON r.program_id = $1
                AND r.customer_id = coalesce(n.merged_into, n.customer_id)
            WHERE n.program_id = $1 AND n.customer_id = c.referred_by
        ) END AS referred_by
        FROM customers c
        WHERE c.program_id = $1 AND c.merged_into IS NULL {wanted}
        ORDER BY {order}
        LIMIT {limit}
    ) AS customer), '[]') AS rows
FROM programs p WHERE p.program_id = $1
"""


async def list_customers(
    on: Runner, program_id: int, *, filters: Filters, part: Part
) -> Page[Customer]:
    """A page of the program's customers."""
    statement = Statement(_CUSTOMER_KEYS, _CUSTOMER_TESTS, program_id)
    sql = statement.write(_CUSTOMERS, filters=filters, part=part)
    row = found(await on.row(sql, *statement.arguments), program_id)
    return page_of(row, _customers.decode(row["rows"]), part)


# One page of the ledger. What each row belongs to is looked up by its key, once the page is known;
# as joins these could be planned as scans of whole tables.
_TRANSACTIONS = """
SELECT p.version AS program_version, {ends},
    coalesce((SELECT json_agg(row_to_json(posting)) FROM (SELECT
        t.transaction_id AS id, t.resource, t.points_approved, t.points_pending, t.created_at,
        (SELECT row_to_json(customer) FROM (
            SELECT customer_id AS id, merchant_id, email, points_approved, points_pending,
                points_spent
            FROM customers WHERE program_id = $1 AND customer_id = t.customer_id
        ) AS customer) AS customer,
        (SELECT row_to_json(entry) FROM (
            SELECT history_id AS id, kind, state, happened_at, points, rule_id, rule_kind,
                reward_id, reward_kind, claimed_reward_id, tier_id, order_id, site_id, title,
                reason, source, approve_at, expires_at
            FROM history WHERE program_id = $1 AND history_id = t.history_id
        ) AS entry) AS entry,
        CASE WHEN t.resource = 'activity' THEN (SELECT row_to_json(whole) FROM (
            SELECT /*columns*/ FROM orders o WHERE o.program_id = $1 AND o.order_id = (
                SELECT order_id FROM history WHERE program_id = $1 AND history_id = t.history_id)
        ) AS whole) END AS "order",
        CASE WHEN t.claimed_reward_id IS NOT NULL THEN (
            SELECT json_strip_nulls(row_to_json(claim)) FROM (
            SELECT /*claim*/ FROM claimed_rewards r
            WHERE r.program_id = $1 AND r.claimed_reward_id = t.claimed_reward_id
        ) AS claim) END AS claim
        FROM transactions t
        WHERE t.program_id = $1 AND (t.merge_id IS NULL OR t.cause <> 'lots') {wanted}
        ORDER BY {order}
        LIMIT {limit}
    ) AS posting), '[]') AS rows
FROM programs p WHERE p.program_id = $1
""".replace("/*claim*/", CLAIM_COLUMNS).replace("/*columns*/", ORDER_COLUMNS)


async def list_transactions(
    on: Runner, program_id: int, *, filters: Filters, part: Part
) -> Page[Posting]:
    """A page of the program's ledger, sorted by id."""
    statement = Statement(_TRANSACTION_KEYS, _TRANSACTION_TESTS, program_id)
    sql = statement.write(_TRANSACTIONS, filters=filters, part=part)
    row = found(await on.row(sql, *statement.arguments), program_id)
    return page_of(row, _postings.decode(row["rows"]), part)


# The same of one customer, addressed by the shop's id for them.
_TRANSACTIONS_OF = f"""
SELECT ledger.*, {WHOSE} IS NOT NULL AS customer_known
FROM ({_TRANSACTIONS}) AS ledger
"""  # noqa: S608 - made of the constant above
_OF_CUSTOMER = f" AND t.customer_id = {WHOSE}"


async def find_transactions_of(
    on: Runner, program_id: int, key: IdKey, *, filters: Filters, part: Part
) -> Page[Posting] | None:
    """A page of one customer's ledger, sorted by id; None when nobody, or not one, has the id."""
    statement = Statement(
        _TRANSACTION_KEYS, _TRANSACTION_TESTS, program_id, key.merchant_id, key.site_id
    )
    sql = statement.write(_TRANSACTIONS_OF, filters=filters, part=part, wanted=_OF_CUSTOMER)
    row = found(await on.row(sql, *statement.arguments), program_id)
    if not row["customer_known"]:
        return None
    return page_of(row, _postings.decode(row["rows"]), part)


# Ends a list at the newest settled row: every transaction that was running when its id was drawn
# has ended, so all smaller ids there will ever be are there to be seen, settled themselves or not.
# A row that is older than any statement may run is settled too, so that rows restored into another
# cluster, whose transactions are counted anew, are shown.
_SETTLED = """(
        SELECT s.{id} FROM {table} s WHERE s.program_id = $1
            AND (s.settles <= (SELECT leal_horizon())
                OR s.recorded_at < clock_timestamp() - interval '10 minutes')
        ORDER BY s.{id} DESC LIMIT 1)"""
_ENDS = """coalesce((SELECT max(n.{id}) FROM {table} n WHERE n.program_id = $1), 0) AS newest_id,
    coalesce({settled}, 0) AS settled_id"""
_NO_ENDS = "0::bigint AS newest_id, 0::bigint AS settled_id"
_TABLES: Final[Mapping[str, str]] = {
    "customer_id": "customers",
    "transaction_id": "transactions",
    "order_id": "orders",
    "history_id": "history",
}

_CUSTOMER_KEYS: Final[Mapping[Sort, tuple[str, ...]]] = {
    Sort.ID: ("c.customer_id",),
    Sort.UPDATED_AT: ("c.updated_at", "c.customer_id"),
}
_CUSTOMER_TESTS: Final[Mapping[str, str]] = {
    "since_id": "c.customer_id > {}",
    "email": "strpos(c.email_key, {}) > 0",
    "created_from": "c.created_at >= {}",
    "created_before": "c.created_at < {}",
    "updated_from": "c.updated_at >= {}",
    "updated_before": "c.updated_at < {}",
}
_TRANSACTION_KEYS: Final[Mapping[Sort, tuple[str, ...]]] = {Sort.ID: ("t.transaction_id",)}
_TRANSACTION_TESTS: Final[Mapping[str, str]] = {
    "since_id": "t.transaction_id > {}",
    "customer_id": "t.customer_id = {}",
    "created_from": "t.created_at >= {}",
    "created_before": "t.created_at < {}",
}

_customers = msgspec.json.Decoder(tuple[Customer, ...])
_postings = msgspec.json.Decoder(tuple[Posting, ...])


class Statement:
    """Writes a list's SQL with only the conditions that are asked for, so that each has its plan.

    The text is made of this module's constants; whatever a caller gave is an argument.
    """

    def __init__(
        self, keys: Mapping[Sort, tuple[str, ...]], tests: Mapping[str, str], *arguments: object
    ) -> None:
        self._keys = keys
        self._tests = tests
        self.arguments: list[object] = list(arguments)

    def write(self, sql: str, *, filters: Filters, part: Part, wanted: str = "") -> str:
        """The statement; its `arguments` are complete afterwards."""
        keys = self._keys[part.sort]
        upwards = part.ascending != part.backwards
        direction = "ASC" if upwards else "DESC"
        wanted += self._fitting(filters)
        if part.place is not None:
            wanted += self._beyond(part.place, keys, upwards=upwards)
        ends = _NO_ENDS
        if part.settled:
            key, column = keys[-1], keys[-1].partition(".")[2]
            settled = _SETTLED.format(id=column, table=_TABLES[column])
            wanted += f" AND {key} <= {settled}"
            ends = _ENDS.format(id=column, table=_TABLES[column], settled=settled)
        limit = self._argument(part.limit + 1)
        if part.skip:
            limit += f" OFFSET {self._argument(part.skip)}"
        order = ", ".join(f"{key} {direction}" for key in keys)
        return sql.format(ends=ends, wanted=wanted, order=order, limit=limit)

    def _fitting(self, filters: Filters) -> str:
        text = ""
        for name in (each.name for each in fields(filters)):
            value = getattr(filters, name)
            if value is not None:
                argument = self._argument(email_key(value) if name == "email" else value)
                text += f" AND {self._tests[name].format(argument)}"
        return text

    def _beyond(self, place: Place, keys: tuple[str, ...], *, upwards: bool) -> str:
        values: list[object] = [place.id]
        if len(keys) > 1:
            values.insert(0, place.updated_at)
        here = ", ".join(self._argument(value) for value in values)
        return f" AND ({', '.join(keys)}) {'>' if upwards else '<'} ({here})"

    def _argument(self, value: object) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"


def found(row: asyncpg.Record | None, program_id: int) -> asyncpg.Record:
    """The one row that a list's statement answers with."""
    if row is None:
        msg = f"program {program_id} is gone from the database"
        raise LookupError(msg)
    return row


def page_of(row: asyncpg.Record, read: tuple[_T, ...], part: Part) -> Page[_T]:
    """The page in what was read, which is one row more than asked for when there are more."""
    rows = read[: part.limit]
    return Page(
        program_version=row["program_version"],
        rows=rows[::-1] if part.backwards else rows,
        more=len(read) > part.limit,
        newest_id=row["newest_id"],
        settled_id=row["settled_id"],
    )
