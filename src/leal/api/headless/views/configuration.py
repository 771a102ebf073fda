"""The SiteConfiguration document, encoded once for each audience and version."""

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, assert_never

import msgspec

from leal.api import markdown
from leal.api.headless.views.offers import reward_head, reward_variant, rule_head, rule_variant
from leal.api.headless.views.values import (
    Idiom,
    Json,
    amount,
    discount,
    in_minor,
    money,
    optional_amount,
    optional_text,
)
from leal.domain.program import Program
from leal.domain.published import PublishedProgram
from leal.domain.referral_settings import DiscountIncentive, Incentive, ShippingIncentive
from leal.domain.rewards import Reward
from leal.domain.rewards.redeemability import counts_stock
from leal.domain.rules import Rule
from leal.domain.scene import EMPTY_SHELF, Scene, Shelf
from leal.domain.sites import Channel, SiteKind
from leal.domain.tier_settings import (
    AnniversaryMembership,
    Benefit,
    BoundaryMode,
    CalendarMembership,
    LifetimeMembership,
    Membership,
    RollingMembership,
    Tier,
    TierKind,
    Tiers,
)


class Audience(NamedTuple):
    """What a document depends on besides the program's version."""

    site_id: int
    channel: Channel
    language: str
    country: str | None


def audience(scene: Scene) -> Audience:
    """Who is asking."""
    return Audience(scene.site.id, scene.channel, scene.language, scene.country)


def idiom_of(program: Program, whom: Audience) -> Idiom:
    """The money of the audience's site, and their language."""
    site = program.site(whom.site_id) or program.primary_site
    return Idiom(site.currency, whom.language)


def configuration(scene: Scene) -> msgspec.Raw:
    """The configuration for whoever is asking, as encoded JSON.

    Where goods are counted, what is left of them is part of it and changes with every claim.
    """
    if scene.shelf.given and _counts(scene.published):
        given = tuple(sorted(scene.shelf.given.items()))
        return _encoded_with(scene.published, audience(scene), given)
    return _encoded(scene.published, audience(scene))


def offered_rules(program: Program, site_id: int) -> tuple[Rule, ...]:
    """The rules of a site that are on for at least one tier."""
    return tuple(
        rule
        for rule in program.rules
        if rule.on_site(site_id) and any(each.enabled for each in rule.variants(program.tiers))
    )


def offered_rewards(program: Program, whom: Audience) -> tuple[Reward, ...]:
    """The rewards on offer to an audience that are on for at least one tier.

    On content sites shoppers earn, and redeem elsewhere.
    """
    site = program.site(whom.site_id)
    if site is not None and site.kind is SiteKind.CONTENT:
        return ()
    return tuple(
        reward
        for reward in program.rewards
        if reward.offered(whom.site_id, whom.channel, whom.country)
        and any(each.enabled for each in reward.variants(program.tiers))
    )


Given = tuple[tuple[tuple[int, str], int], ...]
"""How many of which variant of which reward were given away."""


@lru_cache(maxsize=1024)
def _counts(published: PublishedProgram) -> bool:
    return any(map(counts_stock, published.program.rewards))


@lru_cache(maxsize=1024)
def _encoded(published: PublishedProgram, whom: Audience) -> msgspec.Raw:
    return _written(published, whom, EMPTY_SHELF)


@lru_cache(maxsize=64)
def _encoded_with(published: PublishedProgram, whom: Audience, given: Given) -> msgspec.Raw:
    """Few are kept, as stock changes and old ones are never asked for again."""
    return _written(published, whom, Shelf(given=dict(given)))


def _written(published: PublishedProgram, whom: Audience, shelf: Shelf) -> msgspec.Raw:
    program = published.program
    idiom = idiom_of(program, whom)
    document: Json = {
        "channel": whom.channel,
        "currency": idiom.currency,
        "language": idiom.language,
        "program": {"name": program.name},
        "tier_configuration": program.tiers and _tiers(program.tiers, idiom),
        "rules": [
            {
                **rule_head(rule),
                "variants": [
                    rule_variant(variant, program, idiom)
                    for variant in rule.variants(program.tiers)
                ],
            }
            for rule in offered_rules(program, whom.site_id)
        ],
        "rewards": [
            {
                **reward_head(reward, idiom, shelf),
                "variants": [
                    reward_variant(variant, idiom) for variant in reward.variants(program.tiers)
                ],
            }
            for reward in offered_rewards(program, whom)
        ],
    }
    incentive = program.referrals.incentive if program.referrals else None
    if incentive is not None and program.referrals_enabled:
        document["referee_incentive"] = _incentive(incentive, idiom)
    return msgspec.Raw(msgspec.json.encode(document))


def _tiers(tiers: Tiers, idiom: Idiom) -> Json:
    return {
        "boundary_mode": tiers.boundary_mode,
        "tiers": [_tier(tiers, tier, idiom) for tier in tiers.tiers],
        "tier_benefits": [_benefit(benefit, idiom.language) for benefit in tiers.benefits],
        "membership": _membership(tiers.membership),
    }


def _tier(tiers: Tiers, tier: Tier, idiom: Idiom) -> Json:
    shape: Json = {
        "id": tier.id,
        "name": tier.name.in_(idiom.language),
        "position": tiers.position(tier),
        "hidden": tier.hidden,
        "benefit_ids": list(tier.benefits),
    }
    if tier.kind is TierKind.CONDITIONAL:
        return {**shape, "kind": "conditional"}
    lower, above = tier.lower_bound or 0, tiers.next_bound(tier)
    upper = above and above.lower_bound
    bounds: Json
    if tiers.boundary_mode is BoundaryMode.SPEND:
        bounds = {
            "lower_bound": amount(Decimal(lower), idiom),
            # one smallest unit below the next tier's bound
            "upper_bound": upper and money(in_minor(upper, idiom.currency) - 1, idiom),
        }
    else:
        bounds = {"lower_bound": int(lower), "upper_bound": upper and int(upper) - 1}
    return {**shape, "kind": tiers.boundary_mode, **bounds}


def _benefit(benefit: Benefit, language: str) -> Json:
    source = optional_text(benefit.details, language)
    return {
        "id": benefit.id,
        "label": benefit.label.in_(language),
        "secret": benefit.secret,
        "details": source
        and {"plaintext": markdown.plaintext(source), "html": markdown.html(source)},
    }


def _membership(membership: Membership) -> Json:
    match membership:
        case RollingMembership(duration_months=months):
            return {"mode": "rolling", "duration_months": months}
        case LifetimeMembership():
            return {"mode": "lifetime"}
        case CalendarMembership(starts_on=start, months=months, windows=windows):
            return {
                "mode": "calendar",
                "evaluation_period": {
                    "starts_on": {"month": start.month, "day": start.day},
                    "duration": {"months": months},
                },
                "duration": {"windows": windows},
            }
        case AnniversaryMembership(windows=windows):
            return {"mode": "enrollment_anniversary", "duration": {"windows": windows}}
        case _:
            assert_never(membership)


def _incentive(incentive: Incentive, idiom: Idiom) -> Json:
    shape: Json = {
        "kind": incentive.KIND,
        "incentive_text": incentive.incentive_text.in_(idiom.language),
        "minimum_spend": optional_amount(incentive.minimum_spend, idiom),
    }
    match incentive:
        case ShippingIncentive():
            return shape
        case DiscountIncentive():
            shape["discount_kind"] = incentive.discount.KIND
            shape["discount"] = discount(incentive.discount, idiom)
            if incentive.maximum_discount is not None:
                shape["maximum_discount"] = amount(incentive.maximum_discount, idiom)
            if incentive.collection_restriction_text is not None:
                restriction = incentive.collection_restriction_text.in_(idiom.language)
                shape["collection_restriction_text"] = restriction
            return shape
        case _:
            assert_never(incentive)
