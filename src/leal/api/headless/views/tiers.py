"""A customer's tier membership and their progress in it."""

import msgspec

from leal.api.headless.views.values import Idiom, Json, amount, instant, optional_instant
from leal.domain.customers import Account
from leal.domain.money import from_minor
from leal.domain.scene import Scene
from leal.domain.tier_settings import BoundaryMode, Tiers
from leal.domain.tiers import membership_of, standing


def tier_membership(account: Account, scene: Scene) -> Json | None:
    """The membership with its progress; null when the program has no tiers."""
    membership, tiers = membership_of(account.customer, scene.program), scene.program.tiers
    if membership is None or tiers is None:
        return None
    return {
        "tier_id": membership.tier_id,
        "started_at": instant(membership.started_at),
        "expires_at": optional_instant(membership.expires_at),
        "progress": _progress(account, scene, tiers),
    }


def _progress(account: Account, scene: Scene, tiers: Tiers) -> Json:
    stands = standing(account, scene.program, tiers, now=scene.now)
    mode = stands.mode.value

    def shown(value: int | None) -> int | msgspec.Raw | None:
        """Spend is counted in the primary site's currency and shown at par in the asker's."""
        if value is None or stands.mode is not BoundaryMode.SPEND:
            return value
        units = from_minor(value, scene.program.primary_site.currency)
        return amount(units, Idiom(scene.site.currency, scene.language))

    return {
        "kind": mode,
        "valid_until": optional_instant(stands.valid_until),
        f"{mode}_needed_for_renewal": shown(stands.needed_for_renewal),
        "upgrade_tier_id": stands.upgrade_tier and stands.upgrade_tier.id,
        f"{mode}_needed_for_upgrade": shown(stands.needed_for_upgrade),
        f"tier_{mode}": {
            "now": shown(stands.now),
            "at_expiration": shown(stands.at_expiration),
        },
        "forecasted_tier_id": stands.forecasted_tier and stands.forecasted_tier.id,
    }
