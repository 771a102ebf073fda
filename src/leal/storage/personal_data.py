"""Reading and emptying what is held of a person, table by table; which tables: `holdings`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leal.domain.customers import email_key
from leal.domain.referrals import folded
from leal.storage.db import Runner
from leal.storage.holdings import HOLDINGS, Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer to be told all about, or to be forgotten.

    `merchant_ids` are all the shop has, `new_link` the referral id that takes the place of theirs.
    """

    program_id: int
    customer_id: int
    merchant_ids: tuple[str, ...]
    email: str | None
    email_key: str | None
    referral_id: str
    new_link: str
    now: datetime


_PERSON: Final = """
WITH person AS (
    SELECT $1::bigint AS program_id, $2::bigint AS customer_id, $3::text[] AS merchant_ids,
        $4::text AS email, $5::text AS email_key, $6::text AS folded, $7::text AS referral_id,
        $8::text AS new_link, $9::timestamptz AS now, 'customer:' || $2::bigint AS friend_key
)
"""

# A customer with all the ids that shops have for them. An erased one is nobody's.
_FIND = """
SELECT c.customer_id, c.email, c.email_key, c.referral_id, ARRAY(
    SELECT i.merchant_id FROM customer_ids i
    WHERE i.program_id = $1 AND i.customer_id = $2) AS merchant_ids
FROM customers c WHERE c.program_id = $1 AND c.customer_id = $2 AND c.erased_at IS NULL
"""


async def find_person(
    on: Runner, program_id: int, customer_id: int, *, new_link: str, now: datetime
) -> Person | None:
    """Finds a customer by leal's id; None for one who was erased."""
    row = await on.row(_FIND, program_id, customer_id)
    if row is None:
        return None
    return Person(
        program_id=program_id,
        customer_id=row["customer_id"],
        merchant_ids=tuple(row["merchant_ids"]),
        email=row["email"],
        email_key=row["email_key"],
        referral_id=row["referral_id"],
        new_link=new_link,
        now=now,
    )


# Those who were merged into a customer are the same person.
_FIND_MERGED = """
SELECT customer_id, merchant_id, email, referral_id FROM customers
WHERE program_id = $1 AND merged_into = $2 AND erased_at IS NULL ORDER BY customer_id
"""


async def find_merged(on: Runner, person: Person, *, new_links: Iterator[str]) -> list[Person]:
    """Finds what a person was known as before they were merged into who they are now."""
    rows = await on.rows(_FIND_MERGED, person.program_id, person.customer_id)
    return [
        Person(
            program_id=person.program_id,
            customer_id=row["customer_id"],
            merchant_ids=(row["merchant_id"],),
            email=row["email"],
            email_key=email_key(row["email"]),
            referral_id=row["referral_id"],
            new_link=next(new_links),
            now=person.now,
        )
        for row in rows
    ]


async def export_rows(
    on: Runner, person: Person, holding: Holding, *, skip: int, limit: int
) -> tuple[str, ...]:
    """Some of a table's rows about a person, each as a JSON object."""
    sql = (
        f"{_PERSON} SELECT (to_jsonb(t) - '{{settles,recorded_at,key_hash,request_hash,run_id}}'"  # noqa: S608 - our own words
        f"::text[] {_READABLE if holding.table in _WITH_BODY else ''})::text AS line"
        f" FROM {holding.table} t, person WHERE {holding.export}"
        f" ORDER BY t.{holding.key} LIMIT {limit} OFFSET {skip}"
    )
    return tuple(row["line"] for row in await on.rows(sql, *_arguments(person)))


async def erase(on: Runner, person: Person) -> Mapping[str, int]:
    """Empties every table of a person's data; returns how many rows of each changed.

    To be done in one transaction. The customer's row comes first: who loaded it before is stale.
    """
    await on.execute("SET LOCAL statement_timeout = '10min'")
    changed = {}
    for holding in HOLDINGS:
        if holding.erase is not None:
            statement = _PERSON + holding.erase.replace("/*own*/", holding.export)
            done = await on.execute(statement, *_arguments(person))
            changed[holding.table] = int(done.rsplit(" ", 1)[1])
    return changed


_WITH_BODY: Final = ("idempotency_keys", "deliveries")
_READABLE: Final = "|| jsonb_build_object('body', convert_from(t.body, 'UTF8'))"


def _arguments(person: Person) -> tuple[object, ...]:
    return (
        person.program_id,
        person.customer_id,
        person.merchant_ids,
        person.email,
        person.email_key,
        None if person.email is None else folded(person.email),
        person.referral_id,
        person.new_link,
        person.now,
    )
