"""Where a person's data is: the one list of tables, read for an export and emptied at an erasure.

A table that holds anything about a person has a row in `HOLDINGS`; every other one is named in
`IMPERSONAL` with the reason. A test reads the database's own list of tables and fails when one is
in neither, and another looks for a person in all of them after an erasure.

Ids that leal or the shop counted up stay: of a customer, of an order. They tell nothing to anybody
who has not the shop's own books, and without them the ledger would prove nothing any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from leal.domain.referrals import folded
from leal.storage.db import Runner


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A table that holds data of persons.

    `export` says which rows `t` are about the person, listed in the order of `key`; `erase` is the
    statement that empties them, in which `/*own*/` stands for `export`. Both follow
    `WITH person AS (…)`, whose columns are those of `_PERSON`. `kept` are columns of text or JSON
    that stay at an erasure, with the reason why they may.
    """

    table: str
    key: str
    export: str
    erase: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict)


_PERSON: Final = """
WITH person AS (
    SELECT $1::bigint AS program_id, $2::bigint AS customer_id, $3::text[] AS merchant_ids,
        $4::text AS email, $5::text AS email_key, $6::text AS folded, $7::text AS referral_id,
        $8::text AS new_link, $9::timestamptz AS now, 'customer:' || $2::bigint AS friend_key
)
"""

_OWN_ROWS: Final = "t.program_id = person.program_id AND t.customer_id = person.customer_id"
_OWN_CLAIMS: Final = """t.program_id = person.program_id AND t.claimed_reward_id IN (
    SELECT r.claimed_reward_id FROM claimed_rewards r
    WHERE r.program_id = person.program_id AND r.customer_id = person.customer_id)"""
_OWN_ORDERS: Final = """t.program_id = person.program_id
    AND (t.customer_id = person.customer_id OR t.email_key = person.email_key)"""
_BY_LEAL: Final = "made by leal or the merchant, for everybody alike"
_NEVER_AGAIN: Final = "a code that was handed out is never given again"
_OF_ORDERS: Final = "what was bought and paid: the points of the order are worked out from it"

HOLDINGS: Final = (
    Holding(
        table="customers",
        key="customer_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE customers t SET version = version + 1,
                merchant_id = E'\\x7ferased-' || t.customer_id, linked_merchant_ids = '{}',
                email = NULL, email_key = NULL, first_name = NULL, last_name = NULL,
                properties = '{}', metadata = '{}', blocked = true, birth_year = NULL,
                birth_month = NULL, birth_day = NULL, birthday_set_at = NULL,
                email_consent = 'unknown', sms_consent = 'unknown', insights_segment = NULL,
                referral_id = person.new_link, erased_at = person.now, updated_at = person.now
            FROM person WHERE /*own*/""",
    ),
    Holding(
        table="orders",
        key="order_id",
        export=_OWN_ORDERS,
        # empty and not NULL: what the shop says of an old order later does not fill them again
        erase="""
            UPDATE orders t SET version = version + 1, customer_email = NULL, email_key = NULL,
                ip_address = '', user_agent = '', tracking_id = '',
                referral_id = CASE WHEN t.referral_id = person.referral_id
                    THEN person.new_link ELSE t.referral_id END,
                updated_at = person.now
            FROM person WHERE /*own*/""",
        kept={
            "merchant_id": "the shop's id of the order: later states of it must find it",
            "number": "the shop's number of the order",
            "payment_status": _OF_ORDERS,
            "refund_status": _OF_ORDERS,
            "cancellation_status": _OF_ORDERS,
            "discount_codes": _OF_ORDERS,
            "claimed_reward_ids": _OF_ORDERS,
            "line_items": _OF_ORDERS,
            "payments": _OF_ORDERS,
            "refunds": _OF_ORDERS,
            "paid_by": _OF_ORDERS,
            "terms": _OF_ORDERS,
            "not_fired": _OF_ORDERS,
            "counted": _OF_ORDERS,
        },
    ),
    Holding(
        table="history",
        key="history_id",
        export=_OWN_ROWS,
        # an activity's id is the shop's and may be the customer's own
        erase="""
            UPDATE history t SET
                reason = CASE WHEN t.customer_id = person.customer_id THEN NULL ELSE t.reason END,
                source = CASE
                    WHEN t.source = 'referral:' || person.folded AND EXISTS (
                        SELECT FROM history h WHERE h.program_id = person.program_id
                            AND h.source = 'referral:' || person.friend_key)
                    THEN 'erased:' || t.history_id
                    WHEN t.source = 'referral:' || person.folded
                    THEN 'referral:' || person.friend_key
                    WHEN t.customer_id = person.customer_id AND t.source LIKE 'activity:%'
                    THEN 'erased:' || t.history_id
                    ELSE t.source END
            FROM person WHERE t.program_id = person.program_id
                AND (t.customer_id = person.customer_id
                    OR t.source = 'referral:' || person.folded)""",
        kept=dict.fromkeys(
            ("kind", "state", "rule_kind", "reward_kind", "title"),
            _BY_LEAL,
        ),
    ),
    Holding(
        table="transactions",
        key="transaction_id",
        export=_OWN_ROWS,
        kept=dict.fromkeys(("resource", "cause", "lots"), "the ledger is never rewritten"),
    ),
    Holding(table="lots", key="expires_at", export=_OWN_ROWS),
    Holding(
        table="counters",
        key="subject, t.subject_id",
        export=_OWN_ROWS,
        kept={"subject": _BY_LEAL},
    ),
    Holding(table="progress", key="earned_on", export=_OWN_ROWS),
    Holding(
        table="claimed_rewards",
        key="claimed_reward_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE claimed_rewards t SET session = NULL, subscription = NULL, cart_id = NULL
            FROM person WHERE /*own*/""",
        kept={
            **dict.fromkeys(
                (
                    *("kind", "title", "state", "source", "terms", "usage_status", "fulfilment"),
                    *("store", "redemption_id", "paid_lots"),
                ),
                _BY_LEAL,
            ),
            **dict.fromkeys(
                ("code", "code_key"), "a code that was handed out is never given again"
            ),
            "usage_order": "the shop's id of an order",
        },
    ),
    Holding(
        table="claim_uses",
        key="claimed_reward_id, t.key",
        export=_OWN_CLAIMS,
        kept=dict.fromkeys(("key", "reference"), "the shop's id of an order or a sale"),
    ),
    Holding(
        table="fulfilment_calls",
        key="claimed_reward_id",
        export=_OWN_CLAIMS,
        kept={"last_answer": "tells how a call went, nothing of what was said in it"},
    ),
    Holding(table="expiry_notices", key="expires_at", export=_OWN_ROWS),
    Holding(
        table="events",
        key="event_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE events t SET payload = '{"erased": true}' FROM person
            WHERE t.program_id = person.program_id AND (t.customer_id = person.customer_id
                OR position(person.email_key IN lower(t.payload::text)) > 0)""",
        kept={"topic": _BY_LEAL},
    ),
    Holding(
        table="referrals",
        key="friend_key",
        export="""t.program_id = person.program_id
            AND (person.customer_id IN (t.friend_id, t.referrer_id)
                OR t.friend_key = person.folded)""",
        erase="""
            UPDATE referrals t SET friend_key = CASE WHEN EXISTS (
                SELECT FROM referrals r WHERE r.program_id = person.program_id
                    AND r.friend_key = person.friend_key)
                THEN 'erased:' || t.order_id ELSE person.friend_key END
            FROM person
            WHERE t.program_id = person.program_id AND t.friend_key = person.folded""",
    ),
    Holding(
        table="referral_incentives",
        key="referral_id, t.friend_key",
        export="""t.program_id = person.program_id
            AND (t.friend_key = person.folded OR t.referral_id = person.referral_id)""",
        erase="""
            UPDATE referral_incentives t SET
                referral_id = CASE WHEN t.referral_id = person.referral_id
                    THEN person.new_link ELSE t.referral_id END,
                friend_key = CASE WHEN t.friend_key = person.folded
                    THEN person.friend_key ELSE t.friend_key END,
                ip_address = ''
            FROM person WHERE t.program_id = person.program_id
                AND (t.friend_key = person.folded OR t.referral_id = person.referral_id)""",
        kept={"code": _NEVER_AGAIN},
    ),
    Holding(
        table="referral_guests",
        key="email_key",
        export="t.program_id = person.program_id AND t.email_key = person.email_key",
        erase="""
            DELETE FROM referral_guests t USING person
            WHERE t.program_id = person.program_id AND t.email_key = person.email_key""",
    ),
    Holding(
        table="referral_traffic",
        key="day, t.channel",
        export="t.program_id = person.program_id AND t.referral_id = person.referral_id",
        erase="""
            UPDATE referral_traffic t SET referral_id = person.new_link FROM person
            WHERE t.program_id = person.program_id AND t.referral_id = person.referral_id""",
        kept={"channel": _BY_LEAL},
    ),
    Holding(
        table="idempotency_keys",
        key="created_at, t.key_hash",
        export="""t.program_id = person.program_id
            AND t.customer_ids @> ARRAY[person.customer_id]""",
        # the key stays used: the same request again is not run a second time
        erase="""
            UPDATE idempotency_keys t SET request_hash = NULL, status = 410, customer_ids = '{}',
                headers = '[["content-type", "application/json"], ["content-length", "62"]]',
                body = '{"error":{"message":"The customer of this answer was erased"}}'
            FROM person WHERE t.program_id = person.program_id AND t.status IS NOT NULL
                AND (t.customer_ids @> ARRAY[person.customer_id]
                    OR position(convert_to(person.email, 'UTF8') IN t.body) > 0)""",
        kept={"key_hash": "a digest from which nothing can be read"},
    ),
)
"""In the order in which an export tells of them."""

_QUEUE: Final = "jobs of whole programs, by number"
IMPERSONAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "programs": "the merchant's",
        "program_versions": "the merchant's documents",
        "sites": "credentials of shops",
        "api_keys": "credentials of shops",
        "code_pools": "counts codes of a reward",
        "pool_codes": "codes that nobody has",
        "reward_stock": "counts goods of a reward",
        "fulfilment_tests": "tries addresses of the merchant, without a customer",
        "points_daily": "sums over all customers",
        "points_daily_ends": "how far the sums go",
        "members_daily": "counts members of a tier",
        "job_cursors": _QUEUE,
        "job_runs": _QUEUE,
        "pgqueuer": _QUEUE,
        "pgqueuer_log": _QUEUE,
        "pgqueuer_schedules": _QUEUE,
        "pgqueuer_statistics": _QUEUE,
        "schema_migrations": "what leal made the schema of",
    }
)
"""Tables that hold nothing of any person, and why not."""

# A customer, known by any id the shop has for them. An erased one is nobody's.
_FIND = """
SELECT customer_id, merchant_id, linked_merchant_ids, email, email_key, referral_id FROM customers
WHERE program_id = $1 AND (merchant_id = $2 OR linked_merchant_ids @> ARRAY[$2])
    AND erased_at IS NULL
ORDER BY merchant_id = $2 DESC LIMIT 1
"""


async def find_person(
    on: Runner, program_id: int, merchant_id: str, *, new_link: str, now: datetime
) -> Person | None:
    """Finds whom the shop knows by an id."""
    row = await on.row(_FIND, program_id, merchant_id)
    if row is None:
        return None
    return Person(
        program_id=program_id,
        customer_id=row["customer_id"],
        merchant_ids=(row["merchant_id"], *row["linked_merchant_ids"]),
        email=row["email"],
        email_key=row["email_key"],
        referral_id=row["referral_id"],
        new_link=new_link,
        now=now,
    )


async def export_rows(
    on: Runner, person: Person, holding: Holding, *, skip: int, limit: int
) -> tuple[str, ...]:
    """Some of a table's rows about a person, each as a JSON object."""
    sql = (
        f"{_PERSON} SELECT (to_jsonb(t) - '{{settles,recorded_at,key_hash,request_hash,run_id}}'"  # noqa: S608 - our own words
        f"::text[] {_READABLE if holding.table == 'idempotency_keys' else ''})::text AS line"
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
