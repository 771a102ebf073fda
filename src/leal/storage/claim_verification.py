"""Looking for claimed rewards that are not what was paid, given back, used and counted for them.

All is proven from rows. While the program does not have a reward, the end of a claim of it is not
noticed by its counter; so where that may have happened, only what is left certain is held against
the counter.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leal.domain.claims import ClaimSource, ClaimState
from leal.domain.explaining import interval_start
from leal.domain.program import Program
from leal.storage.db import Database
from leal.storage.order_verification import PLAN, Found, finding
from leal.storage.verification import Finding, IdRange, Invariant

# What was bought has one entry that spent its price; what was given back of it has entries of that
# size; what was not bought has none. A void one gave back all. Entries of merges cancel out.
_PAID: Final = """
SELECT r.customer_id, c.merchant_id,
    CASE WHEN r.bought THEN format(
        'claim %s: %s spent by one entry and taken from lots, %s given back', r.claimed_reward_id,
        r.points_cost,
        CASE WHEN r.state = 'void' THEN r.points_cost ELSE r.points_refunded END)
    ELSE format('claim %s: free of points, without an entry', r.claimed_reward_id) END AS expected,
    format('cost %s, given back %s, lots of %s; %s entries spend %s, others give back %s',
        r.points_cost, r.points_refunded, r.lots, coalesce(t.spends, 0), coalesce(t.spent, 0),
        coalesce(t.back, 0)) AS found
FROM (
    SELECT claimed_reward_id, customer_id, source = 'points_redemption' AS bought, state,
        points_cost, points_refunded,
        (SELECT coalesce(sum((lot ->> 1)::bigint), 0) FROM json_array_elements(paid_lots) AS l (lot)
        ) AS lots
    FROM claimed_rewards WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
) AS r
JOIN customers c ON c.customer_id = r.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
LEFT JOIN (
    SELECT customer_id, claimed_reward_id,
        count(*) FILTER (WHERE cause = 'redeemed' AND merge_id IS NULL)
            + coalesce(sum(sign(points_spent)) FILTER (
                WHERE cause = 'redeemed' AND merge_id IS NOT NULL), 0) AS spends,
        sum(points_spent) FILTER (WHERE cause = 'redeemed') AS spent,
        coalesce(sum(points_approved) FILTER (WHERE cause <> 'redeemed'), 0) AS back,
        bool_or(points_approved <> -points_spent OR points_pending <> 0
            OR (cause <> 'redeemed' AND points_approved <= 0 AND merge_id IS NULL)) AS odd
    FROM transactions WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND claimed_reward_id IS NOT NULL
    GROUP BY 1, 2
) AS t ON t.customer_id = r.customer_id AND t.claimed_reward_id = r.claimed_reward_id
WHERE (r.bought AND (t.spends IS DISTINCT FROM 1 OR t.spent IS DISTINCT FROM r.points_cost
        OR t.back IS DISTINCT FROM r.points_refunded OR t.odd OR r.lots <> r.points_cost
        OR (r.state = 'void' AND r.points_refunded <> r.points_cost)))
    OR (NOT r.bought AND (t.claimed_reward_id IS NOT NULL OR r.points_cost <> 0 OR r.lots <> 0))
ORDER BY r.customer_id, r.claimed_reward_id
"""

# An entry about a claim is about one of the same customer; where a merge took the claim, entries
# balance whatever there is of it.
_ENTRY_OF_CLAIM: Final = """
SELECT t.customer_id, c.merchant_id,
    format('a claim of this customer behind transaction %s', t.transaction_id) AS expected,
    coalesce('claim ' || t.claimed_reward_id || ', not theirs', 'no claim') AS found
FROM (
    SELECT customer_id, transaction_id, claimed_reward_id, bool_or(merge_id IS NOT NULL) OVER here
        AND sum(points_approved) OVER here = 0 AND sum(points_spent) OVER here = 0 AS is_balanced
    FROM transactions WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND (claimed_reward_id IS NOT NULL OR resource = 'claimed_reward')
    WINDOW here AS (PARTITION BY customer_id, claimed_reward_id)
) AS t
JOIN customers c ON c.customer_id = t.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
LEFT JOIN claimed_rewards r ON r.claimed_reward_id = t.claimed_reward_id
    AND r.customer_id = t.customer_id
    AND r.program_id = $1 AND r.customer_id BETWEEN $2 AND $3
WHERE r.claimed_reward_id IS NULL AND NOT (t.is_balanced AND EXISTS (
    SELECT FROM claimed_rewards o
    WHERE o.program_id = $1 AND o.claimed_reward_id = t.claimed_reward_id))
ORDER BY t.customer_id, t.transaction_id
"""

# A claim is one row of history, and both are in the same state.
_HISTORY: Final = """
SELECT x.customer_id, c.merchant_id,
    CASE WHEN x.state IS NULL THEN
        format('a claim of this customer behind history row %s', x.history_id)
    ELSE format('one row of history for claim %s, %s, %s points', x.claim_id, x.state, x.points)
    END AS expected,
    CASE WHEN x.state IS NULL THEN coalesce('claim ' || x.claim_id || ', not theirs', 'no claim')
    ELSE format('%s rows, %s, %s points', coalesce(x.rows, 0), coalesce(x.row_state, 'none'),
        coalesce(x.row_points, 0)) END AS found
FROM (
    SELECT customer_id, r.claim_id, r.state, r.points, h.rows, h.history_id, h.row_state,
        h.row_points
    FROM (
        SELECT customer_id, claimed_reward_id AS claim_id, state, -points_cost AS points,
            CASE source WHEN 'points_redemption' THEN 'redeemed_points_for_reward'
                ELSE 'received_reward' END AS kind
        FROM claimed_rewards WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    ) AS r
    FULL JOIN (
        SELECT customer_id, claimed_reward_id AS claim_id, count(*) AS rows,
            min(history_id) AS history_id, min(kind) AS row_kind, min(state) AS row_state,
            min(points) AS row_points
        FROM history WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
            AND kind IN ('redeemed_points_for_reward', 'received_reward')
        GROUP BY 1, 2
    ) AS h USING (customer_id, claim_id)
    WHERE r.state IS NULL OR h.rows IS DISTINCT FROM 1 OR h.row_kind <> r.kind
        OR h.row_state IS DISTINCT FROM r.state OR coalesce(h.row_points, 0) <> r.points
) AS x
JOIN customers c ON c.customer_id = x.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
ORDER BY x.customer_id, x.claim_id, x.history_id
"""

# A voucher is used once at most, a gift card until it is empty; both say so.
_USED: Final = """
SELECT r.customer_id, c.merchant_id,
    format('claim %s: %s since %s%s', r.claim_id, r.status, coalesce(r.first_at::text, 'never'),
        CASE WHEN r.initial IS NULL THEN ', by one use at most'
            ELSE format(', %s (not below 0) left', r.initial - r.taken) END) AS expected,
    format('%s since %s, %s uses%s', r.usage_status, coalesce(r.used_at::text, 'never'), r.uses,
        coalesce(format(', %s left', r.balance_minor), '')) AS found
FROM (
    SELECT a.customer_id, a.claimed_reward_id AS claim_id, a.initial, a.balance_minor,
        a.usage_status, a.used_at, u.uses, u.taken, u.first_at,
        CASE WHEN u.uses = 0 THEN 'not_used' WHEN a.initial > u.taken THEN 'partially_used'
            ELSE 'used' END AS status
    FROM (
        SELECT customer_id, claimed_reward_id, usage_status, used_at, balance_minor,
            CASE WHEN kind = 'gift_card' THEN
                coalesce((terms ->> 'initial_balance_minor')::bigint, 0) END AS initial
        FROM claimed_rewards WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
    ) AS a
    CROSS JOIN LATERAL (
        SELECT count(*) AS uses, coalesce(sum(amount_minor), 0) AS taken, min(used_at) AS first_at
        FROM claim_uses
        WHERE program_id = $1 AND claimed_reward_id = a.claimed_reward_id AND NOT ignored
    ) AS u
) AS r
JOIN customers c ON c.customer_id = r.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE r.usage_status <> r.status OR r.used_at IS DISTINCT FROM r.first_at
    OR r.balance_minor IS DISTINCT FROM r.initial - r.taken OR r.balance_minor < 0
    OR (r.initial IS NULL AND r.uses > 1)
ORDER BY r.customer_id, r.claim_id
"""

# What customers were told to have claimed and used.
_COUNTED: Final = """
SELECT c.customer_id, c.merchant_id,
    format('%s rewards claimed, %s used', coalesce(r.claimed, 0), coalesce(r.used, 0)) AS expected,
    format('%s claimed, %s used', c.rewards_claimed, c.rewards_used) AS found
FROM customers c
LEFT JOIN (
    SELECT customer_id, count(*) AS claimed, count(*) FILTER (WHERE usage_status = 'used') AS used
    FROM claimed_rewards WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 GROUP BY 1
) AS r USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND (c.rewards_claimed <> coalesce(r.claimed, 0) OR c.rewards_used <> coalesce(r.used, 0))
ORDER BY c.customer_id
"""

# A good claim of what is a code has one.
_WITHOUT_CODE: Final = """
SELECT r.customer_id, c.merchant_id,
    format('a code for claim %s, a %s', r.claimed_reward_id, r.kind) AS expected, 'none' AS found
FROM claimed_rewards r
JOIN customers c ON c.customer_id = r.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE r.program_id = $1 AND r.customer_id BETWEEN $2 AND $3
    AND r.state = 'approved' AND r.code IS NULL AND r.fulfilment IS NULL
    AND r.kind NOT IN ('product_cart', 'active_subscription_product')
ORDER BY r.customer_id, r.claimed_reward_id
"""

# Counters of rewards: one for each claim that is not void. $4: rewards that the program has had
# ever since it first did; a claim of any other may have ended unnoticed by its counter.
_TALLIED: Final = """
SELECT x.customer_id, c.merchant_id,
    CASE WHEN x.reward_id = ANY($4::bigint[]) THEN
        format('%s claims of reward %s counted', x.standing, x.reward_id)
    ELSE format('%s to %s claims of reward %s counted', x.standing, x.claims, x.reward_id)
    END AS expected,
    coalesce(x.total::text, 'no counter') AS found
FROM (
    SELECT customer_id, reward_id, n.total, coalesce(r.claims, 0) AS claims,
        coalesce(r.standing, 0) AS standing
    FROM (
        SELECT customer_id, subject_id AS reward_id, total FROM counters
        WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 AND subject = 'reward'
    ) AS n
    FULL JOIN (
        SELECT customer_id, reward_id, count(*) AS claims,
            count(*) FILTER (WHERE state <> 'void') AS standing
        FROM claimed_rewards WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 GROUP BY 1, 2
    ) AS r USING (customer_id, reward_id)
) AS x
JOIN customers c ON c.customer_id = x.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE coalesce(x.total, 0) < x.standing OR coalesce(x.total, 0) > CASE
    WHEN x.reward_id = ANY($4::bigint[]) THEN x.standing ELSE x.claims END
ORDER BY x.customer_id, x.reward_id
"""

_OF_CUSTOMERS: Final = (
    (Invariant.CLAIMS_PAID, _PAID),
    (Invariant.CLAIMS_PAID, _ENTRY_OF_CLAIM),
    (Invariant.CLAIM_HISTORY, _HISTORY),
    (Invariant.CLAIMS_USED, _USED),
    (Invariant.CLAIMS_COUNTED, _COUNTED),
    (Invariant.CLAIM_CODES, _WITHOUT_CODE),
)

# Claims, in their order, of rewards that have, or had, a limit: of customers who hold more of them
# than the lowest limit there was. Void ones tell how late it was by then.
_LIMITED: Final = """
SELECT r.customer_id, r.made_by, c.merchant_id, r.reward_id, r.claimed_reward_id AS claim_id,
    r.source, r.state, r.claimed_at, h.program_version
FROM (
    SELECT customer_id, reward_id, claimed_reward_id, source, state, claimed_at,
        coalesce(came_from, customer_id) AS made_by,
        count(*) FILTER (WHERE state <> 'void') OVER (PARTITION BY customer_id, reward_id)
            AS standing
    FROM claimed_rewards WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND reward_id = ANY($4::bigint[])
) AS r
JOIN unnest($4::bigint[], $5::bigint[]) AS l (reward_id, least) ON l.reward_id = r.reward_id
JOIN customers c ON c.customer_id = r.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
JOIN history h ON h.claimed_reward_id = r.claimed_reward_id
    AND h.program_id = $1 AND h.customer_id BETWEEN $2 AND $3
    AND h.kind IN ('redeemed_points_for_reward', 'received_reward')
WHERE r.standing > l.least
ORDER BY r.customer_id, r.reward_id, r.claimed_reward_id
"""


async def find_in_claims(
    database: Database, program_id: int, *, ids: IdRange, versions: Mapping[int, Program]
) -> Found:
    """Everything wrong with the claims of a range of customers.

    `versions` are all versions of the program.
    """
    ranged = (program_id, ids.first, ids.last)
    least = _least_limits(versions.values())
    found: list[tuple[Invariant, Finding]] = []
    async with database.transaction() as on:
        await on.execute(PLAN)
        for invariant, sql in _OF_CUSTOMERS:
            found.extend((invariant, finding(row)) for row in await on.rows(sql, *ranged))
        rows = await on.rows(_TALLIED, *ranged, _always_there(versions))
        found.extend((Invariant.COUNTERS, finding(row)) for row in rows)
        rows = await on.rows(_LIMITED, *ranged, list(least), list(least.values()))
    beyond = _beyond([_Limited(**dict(row)) for row in rows], versions)
    return (*found, *((Invariant.LIMITS, each) for each in beyond))


def _always_there(versions: Mapping[int, Program]) -> list[int]:
    """Rewards that are in every version since the first that has them."""
    missed: set[int] = set()
    known: set[int] = set()
    for _, program in sorted(versions.items()):
        here = {reward.id for reward in program.rewards}
        missed |= known - here
        known |= here
    return sorted(known - missed)


def _least_limits(programs: Iterable[Program]) -> dict[int, int]:
    least: dict[int, int] = {}
    for program in programs:
        for reward in program.rewards:
            if reward.limit is not None:
                count = reward.limit.count
                least[reward.id] = min(count, least.get(reward.id, count))
    return least


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limited:
    customer_id: int
    made_by: int
    merchant_id: str
    reward_id: int
    claim_id: int
    source: str
    state: str
    claimed_at: datetime
    program_version: int | None


def _beyond(claims: Collection[_Limited], versions: Mapping[int, Program]) -> Iterator[Finding]:
    """Bought claims that were one too many among those that still stand; they come in their order.

    One made while the clock stood back was counted in the interval that had begun already, so
    nothing is said of it.
    """
    before: dict[tuple[int, int], list[datetime]] = {}
    latest: dict[tuple[int, int], datetime] = {}
    for each in claims:
        key = each.made_by, each.reward_id  # who was merged kept the limit by themselves
        on_time = latest.get(key, each.claimed_at) <= each.claimed_at
        latest[key] = max(each.claimed_at, latest.get(key, each.claimed_at))
        if each.state == ClaimState.VOID:
            continue
        earlier = before.setdefault(key, [])
        insort(earlier, each.claimed_at)
        program = versions.get(each.program_version or 0)
        reward = program.reward(each.reward_id) if program else None
        if program is None or reward is None or reward.limit is None:
            continue
        if not on_time or each.source != ClaimSource.POINTS:
            continue
        limit = reward.limit
        since = interval_start(limit.interval, at=each.claimed_at, zone=reward.zone(program))
        number = bisect_right(earlier, each.claimed_at)
        number -= bisect_left(earlier, since) if since else 0
        if number > limit.count:
            every = f"a {limit.interval}" if limit.interval else "ever"
            yield Finding(
                customer_id=each.customer_id,
                merchant_id=each.merchant_id,
                expected=f"at most {limit.count} claims of reward {each.reward_id} {every}",
                found=f"claim {each.claim_id} is number {number}",
            )
