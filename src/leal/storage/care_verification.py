"""Looking for what is left of erased persons, and for kept answers that could not be told again."""

from typing import Final

from leal.storage.db import Runner
from leal.storage.verification import Finding, Invariant

# An erased customer has no name, no address and no id of the shop's, and neither have their orders.
_ERASED: Final = """
SELECT c.customer_id, NULL AS merchant_id, 'nothing of the person' AS expected,
    'personal data in ' || concat_ws(', ',
        CASE WHEN num_nonnulls(c.email, c.email_key, c.first_name, c.last_name, c.birth_day) > 0
            OR c.properties::text <> '{}' OR c.metadata::text <> '{}' OR NOT c.blocked
            OR c.merchant_id NOT LIKE E'\\x7f%' THEN 'customers' END,
        CASE WHEN o.found THEN 'orders' END,
        CASE WHEN k.found THEN 'idempotency_keys' END) AS found
FROM customers c
CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT FROM orders o WHERE o.program_id = $1 AND o.customer_id = c.customer_id
        AND (o.email_key IS NOT NULL OR o.customer_email IS NOT NULL OR o.ip_address <> ''
            OR o.user_agent <> '')) AS found) AS o
CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT FROM idempotency_keys k WHERE k.program_id = $1 AND k.status <> 410
        AND k.customer_ids @> ARRAY[c.customer_id] AND k.created_at < c.erased_at) AS found) AS k
WHERE c.program_id = $1 AND c.erased_at IS NOT NULL
    AND (o.found OR k.found OR NOT c.blocked OR c.merchant_id NOT LIKE E'\\x7f%'
        OR num_nonnulls(c.email, c.email_key, c.first_name, c.last_name, c.birth_day) > 0
        OR c.properties::text <> '{}' OR c.metadata::text <> '{}')
ORDER BY c.customer_id
"""

# What a request reserved before it went outside is there for whoever goes on with it, and the key
# of the table keeps two runs from having both an effect.
_ANSWERS: Final = """
SELECT NULL::bigint AS customer_id, NULL AS merchant_id,
    'a unique key on idempotency_keys, and answers that can be told' AS expected,
    CASE WHEN k.key_hash IS NULL THEN 'no such key'
        ELSE format('key %s of %s', encode(k.key_hash, 'hex'), k.created_at) END AS found
FROM (SELECT EXISTS (
    SELECT FROM pg_index i WHERE i.indrelid = 'idempotency_keys'::regclass AND i.indisunique
        AND i.indisvalid) AS is_unique) AS u
LEFT JOIN idempotency_keys k ON k.program_id = $1 AND (length(k.key_hash) <> 32
    OR length(k.request_hash) <> 32 OR (k.status IS NULL) = (k.held_until IS NULL)
    OR (k.status IS NULL) <> (k.body IS NULL))
WHERE NOT u.is_unique OR k.key_hash IS NOT NULL
"""


async def find_in_program(on: Runner, program_id: int) -> tuple[tuple[Invariant, Finding], ...]:
    """What is wrong with kept answers and erased customers of a program."""
    found: list[tuple[Invariant, Finding]] = []
    for invariant, sql in ((Invariant.ANSWERS, _ANSWERS), (Invariant.ERASED, _ERASED)):
        rows = await on.rows(sql, program_id)
        found.extend((invariant, Finding(**dict(row))) for row in rows)
    return tuple(found)
