"""Looking for rules completed too often, and for members in a tier below the one they reached.

A limit is held against each completion under the version of the program it happened under. What
cannot be proven from rows is left out: completions whose version is not noted, those by orders
within an interval (an award can be written later than its order completed the rule), birthdays
(a row may be of the year after; their cause names the year, and each cause is there once), those
that gave nothing and left no row, and the limits of rewards.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from leal.domain.customers import Account, Customer, ProgressDays, TierMembership
from leal.domain.explaining import interval_start
from leal.domain.program import Program, Tiers
from leal.domain.rules import Rule
from leal.domain.rules.terms import RuleKind
from leal.domain.tiers import standing
from leal.storage.db import Database
from leal.storage.order_verification import PLAN, Constants, Found, finding
from leal.storage.verification import Finding, IdRange, Invariant

_OF_ORDERS: Final = (RuleKind.PURCHASE, RuleKind.PRODUCT_PURCHASE, RuleKind.COLLECTION_PURCHASE)

# Counters are at least what history shows as completed and not taken back.
_COUNTED: Final = """
SELECT h.customer_id, c.merchant_id,
    format('at least %s completions of rule %s counted', h.completions, h.rule_id) AS expected,
    coalesce(n.total::text, 'no counter') AS found
FROM (
    SELECT customer_id, rule_id, count(*) AS completions
    FROM history WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND rule_id IS NOT NULL AND kind IN ('earned_points_from_rule', 'received_reward')
        AND (state IS NULL OR state NOT IN ('declined', 'void'))
    GROUP BY 1, 2
) AS h
JOIN customers c ON c.customer_id = h.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
LEFT JOIN counters n ON n.customer_id = h.customer_id AND n.subject_id = h.rule_id
    AND n.program_id = $1 AND n.customer_id BETWEEN $2 AND $3 AND n.subject = 'rule'
WHERE h.completions > coalesce(n.total, 0)
ORDER BY h.customer_id, h.rule_id
"""

# Completions that stand of rules that have, or had, a limit: of customers with more of them than
# the lowest limit there was.
_COMPLETIONS: Final = """
SELECT h.customer_id, h.made_by, c.merchant_id, h.rule_id, h.history_id, h.happened_at,
    h.program_version
FROM (
    SELECT customer_id, rule_id, history_id, happened_at, program_version,
        coalesce(came_from, customer_id) AS made_by,
        count(*) OVER (PARTITION BY customer_id, rule_id) AS completions
    FROM history WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND rule_id = ANY($4::bigint[])
        AND kind IN ('earned_points_from_rule', 'received_reward')
        AND (state IS NULL OR state NOT IN ('declined', 'void'))
) AS h
JOIN unnest($4::bigint[], $5::bigint[]) AS l (rule_id, least) ON l.rule_id = h.rule_id
JOIN customers c ON c.customer_id = h.customer_id
    AND c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
WHERE h.completions > l.least
ORDER BY h.customer_id, h.rule_id, h.history_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Completion:
    customer_id: int
    made_by: int
    merchant_id: str
    rule_id: int
    history_id: int
    happened_at: datetime
    program_version: int | None


async def find_beyond_limits(
    database: Database, program_id: int, *, ids: IdRange, versions: Mapping[int, Program]
) -> Found:
    """Rules completed more often than they might be, and counters that are too low.

    `versions` are all versions of the program.
    """
    least = _least_limits(versions.values())
    ranged = (program_id, ids.first, ids.last)
    async with database.transaction() as on:
        await on.execute(PLAN)
        low = await on.rows(_COUNTED, *ranged)
        rows = await on.rows(_COMPLETIONS, *ranged, list(least), list(least.values()))
    completions = [_Completion(**dict(row)) for row in rows]
    return (
        *((Invariant.COUNTERS, finding(row)) for row in low),
        *((Invariant.LIMITS, each) for each in _beyond(completions, versions)),
    )


# Members with what is counted of them; the days in the unit of the ladder.
_MEMBERS: Final = """
SELECT c.customer_id, c.merchant_id, c.site_id, c.referral_id, c.enrolled_at, c.created_at,
    c.updated_at, c.lifetime_points, c.lifetime_spend, c.lifetime_orders, c.tier_id,
    c.tier_started_at, c.tier_expires_at, c.tier_manual, coalesce(p.days, '{}') AS days
FROM customers c
LEFT JOIN (
    SELECT customer_id, json_build_object(
        'days', array_agg(earned_on - date '0001-01-01' + 1 ORDER BY earned_on),
        'amounts', array_agg(
            CASE $4::text WHEN 'points' THEN points WHEN 'spend' THEN spend ELSE orders END
            ORDER BY earned_on)) AS days
    FROM progress WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3 GROUP BY 1
) AS p USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND c.tier_id IS NOT NULL AND c.enrolled_at IS NOT NULL
ORDER BY c.customer_id
"""

# A member is in the tier that their history says they entered last. Who was merged is in none.
_ENTERED: Final = """
SELECT c.customer_id, c.merchant_id,
    format('tier %s, entered last', h.tier_id) AS expected,
    coalesce('tier ' || c.tier_id, 'no tier') AS found
FROM customers c
LEFT JOIN (
    SELECT DISTINCT ON (customer_id) customer_id, tier_id
    FROM history WHERE program_id = $1 AND customer_id BETWEEN $2 AND $3
        AND kind = 'entered_tier'
    ORDER BY customer_id, history_id DESC
) AS h USING (customer_id)
WHERE c.program_id = $1 AND c.customer_id BETWEEN $2 AND $3
    AND c.tier_id IS DISTINCT FROM h.tier_id AND c.merged_into IS NULL
ORDER BY c.customer_id
"""


async def find_below_tier(
    database: Database, program_id: int, *, ids: IdRange, program: Program, constants: Constants
) -> Found:
    """Members whose tier is not the one entered last, or is below what they reached.

    The latter is told for the moment of their last change, when it was looked at, and only while
    the tiers of the program are as they always were, as are its primary zone and currency.
    """
    tiers, ranged = program.tiers, (program_id, ids.first, ids.last)
    async with database.transaction() as on:
        await on.execute(PLAN)
        found = [finding(row) for row in await on.rows(_ENTERED, *ranged)]
        members = []
        if tiers is not None and constants.tiers:
            members = await on.rows(_MEMBERS, *ranged, tiers.boundary_mode)
    for row in members:
        account = _account(dict(row))
        wrong = _below(account, program, tiers) if tiers else None
        if wrong is not None:
            found.append(wrong)
    return tuple((Invariant.TIERS, each) for each in found)


def _least_limits(programs: Iterable[Program]) -> dict[int, int]:
    least: dict[int, int] = {}
    for program in programs:
        for rule in program.rules:
            if rule.limit is not None:
                count = rule.limit.count
                least[rule.id] = min(count, least.get(rule.id, count))
    return least


def _beyond(
    completions: Iterable[_Completion], versions: Mapping[int, Program]
) -> Iterator[Finding]:
    """The completions that were one too many in their interval; they come in their order."""
    before: dict[tuple[int, int], list[datetime]] = {}
    for each in completions:
        # who was merged into somebody kept the limit by themselves
        earlier = before.setdefault((each.made_by, each.rule_id), [])
        insort(earlier, each.happened_at)  # a clock may have been set back
        program = versions.get(each.program_version or 0)
        rule = program.rule(each.rule_id) if program else None
        if program is None or rule is None or rule.limit is None or not _is_provable(rule):
            continue
        limit = rule.limit
        since = interval_start(limit.interval, at=each.happened_at, zone=rule.zone(program))
        number = len(earlier) - (bisect_left(earlier, since) if since else 0)
        if number > limit.count:
            every = f"a {limit.interval}" if limit.interval else "ever"
            yield Finding(
                customer_id=each.customer_id,
                merchant_id=each.merchant_id,
                expected=f"at most {limit.count} completions of rule {rule.id} {every}",
                found=f"history row {each.history_id} is number {number}",
            )


def _is_provable(rule: Rule) -> bool:
    ever = rule.limit is not None and rule.limit.interval is None
    return ever or rule.KIND not in (*_OF_ORDERS, RuleKind.BIRTHDAY)


def _below(account: Account, program: Program, tiers: Tiers) -> Finding | None:
    customer = account.customer
    reached = standing(account, program, tiers, now=customer.updated_at)
    above = reached.upgrade_tier
    if above is None or reached.needed_for_upgrade != 0 or customer.tier is None:
        return None
    if customer.tier.manual:  # a merchant may move somebody down; the next they earn raises them
        return None
    return Finding(
        customer_id=customer.id,
        merchant_id=customer.merchant_id,
        expected=f"at least tier {above.id}, reached with {reached.now} {reached.mode}",
        found=f"tier {customer.tier.tier_id}",
    )


class _Member(msgspec.Struct, kw_only=True):
    """A row of `_MEMBERS`."""

    customer_id: int
    merchant_id: str
    site_id: int
    referral_id: str
    enrolled_at: datetime
    created_at: datetime
    updated_at: datetime
    lifetime_points: int
    lifetime_spend: int
    lifetime_orders: int
    tier_id: int
    tier_started_at: datetime
    tier_expires_at: datetime | None
    tier_manual: bool
    days: str


def _account(values: dict[str, object]) -> Account:
    row = msgspec.convert(values, _Member)
    membership = TierMembership(
        tier_id=row.tier_id,
        started_at=row.tier_started_at,
        expires_at=row.tier_expires_at,
        manual=row.tier_manual,
    )
    customer = Customer(
        id=row.customer_id,
        site_id=row.site_id,
        merchant_id=row.merchant_id,
        email=None,
        referral_id=row.referral_id,
        enrolled_at=row.enrolled_at,
        lifetime_points=row.lifetime_points,
        lifetime_spend=row.lifetime_spend,
        lifetime_orders=row.lifetime_orders,
        tier=membership,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
    return Account(customer=customer, progress=_days.decode(row.days))


_days = msgspec.json.Decoder(ProgressDays)
