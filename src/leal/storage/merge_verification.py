"""Looking for points that a merge lost or made, and for what merged customers still have."""

from typing import Final

from leal.storage.db import Runner
from leal.storage.order_verification import Found, finding
from leal.storage.verification import Invariant

# What the entries of a merge take from one customer they give to the other.
_BALANCED: Final = """
SELECT min(t.customer_id) AS customer_id, NULL AS merchant_id,
    format('entries of merge %s between customers %s and %s that cancel out', t.merge_id,
        m.survivor_id, m.merged_id) AS expected,
    format('approved %s, pending %s, spent %s', sum(t.points_approved), sum(t.points_pending),
        sum(t.points_spent)) AS found
FROM transactions t
LEFT JOIN merges m ON m.program_id = $1 AND m.merge_id = t.merge_id
WHERE t.program_id = $1 AND t.merge_id IS NOT NULL
GROUP BY t.merge_id, m.survivor_id, m.merged_id
HAVING sum(t.points_approved) <> 0 OR sum(t.points_pending) <> 0 OR sum(t.points_spent) <> 0
    OR m.survivor_id IS NULL OR bool_or(t.customer_id NOT IN (m.survivor_id, m.merged_id))
ORDER BY t.merge_id
"""

# Who was merged has nothing of their own any more but how they moved between tiers, and who answers
# for them answers for themselves.
_EMPTIED: Final = """
SELECT c.customer_id, c.merchant_id,
    format('nothing of their own: customer %s answers for them', c.merged_into) AS expected,
    concat_ws(', ', 'something in ' || nullif(concat_ws(', ',
        CASE WHEN num_nonnulls(c.email_key, c.first_name, c.last_name, c.birth_month, c.tier_id,
            c.enrolled_at) > 0 OR c.points_approved <> 0 OR c.points_pending <> 0
            OR c.points_spent <> 0 THEN 'customers' END,
        CASE WHEN EXISTS (SELECT FROM history h WHERE h.program_id = $1
            AND h.customer_id = c.customer_id AND h.kind <> 'entered_tier') THEN 'history' END,
        CASE WHEN EXISTS (SELECT FROM claimed_rewards r WHERE r.program_id = $1
            AND r.customer_id = c.customer_id) THEN 'claimed_rewards' END,
        CASE WHEN EXISTS (SELECT FROM orders o WHERE o.program_id = $1
            AND o.customer_id = c.customer_id) THEN 'orders' END,
        CASE WHEN EXISTS (SELECT FROM lots l WHERE l.program_id = $1
            AND l.customer_id = c.customer_id AND l.remaining <> 0) THEN 'lots' END,
        CASE WHEN EXISTS (SELECT FROM progress p WHERE p.program_id = $1
            AND p.customer_id = c.customer_id) THEN 'progress' END,
        CASE WHEN EXISTS (SELECT FROM counters n WHERE n.program_id = $1
            AND n.customer_id = c.customer_id) THEN 'counters' END,
        CASE WHEN EXISTS (SELECT FROM customer_ids i WHERE i.program_id = $1
            AND i.customer_id = c.customer_id) THEN 'customer_ids' END), ''),
        CASE WHEN s.customer_id IS NULL THEN 'nobody answers'
            WHEN s.merged_into IS NOT NULL THEN format('customer %s answers for that one',
                s.merged_into) END) AS found
FROM customers c
LEFT JOIN customers s ON s.program_id = $1 AND s.customer_id = c.merged_into
WHERE c.program_id = $1 AND c.merged_into IS NOT NULL
"""
_WRONG: Final = f"SELECT * FROM ({_EMPTIED}) AS merged WHERE found <> '' ORDER BY customer_id"  # noqa: S608 - made of the constant above


async def find_in_program(on: Runner, program_id: int) -> Found:
    """What is wrong with a program's merges."""
    rows = [*await on.rows(_BALANCED, program_id), *await on.rows(_WRONG, program_id)]
    return tuple((Invariant.MERGES, finding(row)) for row in rows)
