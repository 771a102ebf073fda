"""What customers are told of that nobody did: a tier or rewards that are within reach."""

from datetime import timedelta
from typing import Final

from leal.domain.customers import Account
from leal.domain.money import from_minor
from leal.domain.scene import Scene
from leal.domain.tier_settings import BoundaryMode
from leal.domain.tiers import bound, standing, tier_of

TOLD_AGAIN_AFTER: Final = timedelta(days=7)
"""A customer hears of the same topic at most so often."""

WAITS: Final = timedelta(minutes=5)
"""So long after points were earned it is looked what they are enough for."""

ENDS_SOON: Final = timedelta(days=7)
"""So long before a claim ends its customer is told."""

NEAR: Final = 5
"""A tier is near when at most one in so many parts of the way to it is left."""


def near_tier(account: Account, scene: Scene) -> dict[str, object] | None:
    """The facts of a tier that the customer is near; None when they are near none.

    A fifth of the way is the default of this server: the contract names no threshold. Points are
    missing where points count, money (in main units) where spending does, and else neither.
    """
    tiers = scene.program.tiers
    if tiers is None or account.customer.enrolled_at is None or account.customer.blocked:
        return None
    stands = standing(account, scene.program, tiers, now=scene.now)
    above, missing = stands.upgrade_tier, stands.needed_for_upgrade
    if above is None or not missing:
        return None
    current = tier_of(account.customer, scene.program) or tiers.default
    way = bound(scene.program, above) - bound(scene.program, current)
    if missing * NEAR > way:
        return None
    spend = tiers.boundary_mode is BoundaryMode.SPEND
    currency = scene.program.primary_site.currency
    return {
        "current_tier_id": current.id,
        "next_tier_id": above.id,
        "points_required": missing if tiers.boundary_mode is BoundaryMode.POINTS else None,
        "spend_required": float(from_minor(missing, currency)) if spend else None,
    }
