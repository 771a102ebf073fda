"""Looking for codes given out twice, uses of nothing, and a shelf that is not what was taken.

These concern the claims of a whole program. Each claim that is bought takes its product off the
shelf and each void one brings it back, but only while the program counts that product: where it
once did not, only what is left certain is held against the number. Products given free of points
are not taken off the shelf.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from leal.domain.program import Program
from leal.domain.rewards.redeemability import stocked_product
from leal.storage.db import Database
from leal.storage.order_verification import Found, finding
from leal.storage.verification import Finding, Invariant

# A code is one claim's.
_CODE_ONCE: Final = """
SELECT min(customer_id) AS customer_id, NULL AS merchant_id, 'one claim for a code' AS expected,
    format('claims %s', string_agg(claimed_reward_id::text, ', ' ORDER BY claimed_reward_id))
        AS found
FROM claimed_rewards WHERE program_id = $1 AND code IS NOT NULL
GROUP BY code HAVING count(*) > 1
ORDER BY min(claimed_reward_id)
"""

# A use is one of a claim.
_USE_OF_CLAIM: Final = """
SELECT NULL::bigint AS customer_id, NULL AS merchant_id,
    format('a claim with the id %s, that was used', u.claimed_reward_id) AS expected,
    'none' AS found
FROM claim_uses u
WHERE u.program_id = $1 AND NOT EXISTS (
    SELECT FROM claimed_rewards r
    WHERE r.program_id = $1 AND r.claimed_reward_id = u.claimed_reward_id)
ORDER BY u.claimed_reward_id
"""

# What of a product was given away, beside its claims that were bought.
_STOCK: Final = """
SELECT reward_id, variant_id, s.given, coalesce(r.claims, 0) AS claims,
    coalesce(r.standing, 0) AS standing
FROM (
    SELECT reward_id, variant_id, given FROM reward_stock WHERE program_id = $1
) AS s
FULL JOIN (
    SELECT reward_id, terms -> 'product' ->> 'variant_id' AS variant_id, count(*) AS claims,
        count(*) FILTER (WHERE state <> 'void') AS standing
    FROM claimed_rewards
    WHERE program_id = $1 AND kind IN ('product_cart', 'active_subscription_product')
        AND source = 'points_redemption' AND terms -> 'product' ->> 'variant_id' IS NOT NULL
    GROUP BY 1, 2
) AS r USING (reward_id, variant_id)
ORDER BY reward_id, variant_id
"""


async def find_on_shelf(
    database: Database, program_id: int, *, versions: Mapping[int, Program]
) -> Found:
    """What is wrong with a program's claims taken together: codes, uses of none, the shelf.

    `versions` are all versions of the program.
    """
    found: list[tuple[Invariant, Finding]] = []
    checks = ((Invariant.CLAIM_CODES, _CODE_ONCE), (Invariant.CLAIMS_USED, _USE_OF_CLAIM))
    async with database.transaction() as on:
        await on.execute("SET LOCAL statement_timeout = '10min'")
        for invariant, sql in checks:
            found.extend((invariant, finding(row)) for row in await on.rows(sql, program_id))
        shelf = [_Given(**dict(row)) for row in await on.rows(_STOCK, program_id)]
    counted = _counted(versions)
    wrong = (_miscounted(each, counted.get(each.key, ())) for each in shelf)
    return (*found, *((Invariant.STOCK, each) for each in wrong if each))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What was given away of a variant; `given` is None while nothing was noted."""

    reward_id: int
    variant_id: str
    given: int | None
    claims: int
    standing: int

    @property
    def key(self) -> tuple[int, str]:
        return self.reward_id, self.variant_id


def _counted(versions: Mapping[int, Program]) -> dict[tuple[int, str], tuple[bool, ...]]:
    """Of each variant, whether it is counted by each version since the first with its reward."""
    in_order = [program for _, program in sorted(versions.items())]
    keys = dict.fromkeys(key for program in in_order for key in _variants(program))
    return {key: tuple(_of_variant(key, in_order)) for key in keys}


def _variants(program: Program) -> dict[tuple[int, str], bool]:
    found: dict[tuple[int, str], bool] = {}
    for reward in program.rewards:
        product = stocked_product(reward)
        for variant in product.variants if product else ():
            found[reward.id, variant.id] = variant.inventory_count is not None
    return found


def _of_variant(key: tuple[int, str], programs: Iterable[Program]) -> Iterator[bool]:
    begun = False
    for program in programs:
        begun = begun or program.reward(key[0]) is not None
        if begun:
            yield _variants(program).get(key, False)


def _miscounted(shelf: _Given, counted: tuple[bool, ...]) -> Finding | None:
    """What is noted as given away, if that cannot be."""
    always = bool(counted) and all(counted)
    # once counting has begun and never ends, what is void is back on the shelf
    kept_on = True in counted and all(counted[counted.index(True) :])
    most = shelf.standing if kept_on else shelf.claims
    least = shelf.standing if always else 0
    given = shelf.given or 0
    if least <= given <= most:
        return None
    expected = str(most) if least == most else f"{least} to {most}"
    return Finding(
        customer_id=None,
        merchant_id=None,
        expected=f"{expected} of variant {shelf.variant_id} of reward {shelf.reward_id} given away",
        found=str(given),
    )
