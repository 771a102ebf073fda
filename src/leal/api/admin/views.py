"""The objects of the Admin API: callers and customers."""

from dataclasses import dataclass
from decimal import Decimal

from leal.api.admin.values import Json, Showing, instant, optional_instant
from leal.api.links import referral_link
from leal.domain.customers import Birthday, Customer, HistoryRow, TierMembership
from leal.domain.money import minor_digits
from leal.domain.program import Program
from leal.domain.rules.membership import CustomRule
from leal.domain.tier_settings import BoundaryMode, Tier, Tiers
from leal.storage.listings import Summary
from leal.usecases.access import Caller, CallerKind, Scope

YEAR_UNKNOWN = 4
"""Written for the year of a birthday whose year is not kept; a leap year, so every day exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """The rule that an activity completed; what is not known any more is None."""

    id: int | None
    name: str | None
    title: str | None


def identity(caller: Caller) -> Json:
    """Who the credentials belong to. An account has one program here, so their ids are one."""
    app = {"id": caller.app_id, "name": caller.name} if caller.kind is CallerKind.OAUTH else None
    return {
        "kind": caller.kind,
        "account_id": caller.program_id,
        "program_id": caller.program_id,
        "scopes": [scope for scope in Scope if scope in caller.scopes],
        "integration": app,
    }


def customer(person: Customer, showing: Showing) -> Json:
    """A customer, whole."""
    referrer = person.referred_by
    return {
        "id": person.id,
        "merchant_id": person.merchant_id,
        "email": person.email,
        "points_approved": person.points_approved,
        "points_pending": person.points_pending,
        "points_spent": person.points_spent,
        "rewards_claimed": person.rewards_claimed,
        "rewards_used": person.rewards_used,
        "properties": _properties(person),
        "metadata": person.metadata,
        "blocked": person.blocked,
        "guest": person.enrolled_at is None,
        "enrolled": person.enrolled_at is not None,
        "enrolled_at": optional_instant(person.enrolled_at),
        "referral_id": person.referral_id,
        "referred_by": referrer and {"id": referrer.id, "merchant_id": referrer.merchant_id},
        "loyalty_tier_membership": _membership(person.tier, showing),
        "tier_eligibility": None,
        "insights_segment": person.insights_segment,
        "birthday": person.birthday and _birthday(person.birthday),
        "referral_url": _referral_url(person, showing),
        "loyalty_pass_url": None,
        "linked_merchant_ids": person.linked_merchant_ids,
        "created_at": instant(person.created_at),
        "updated_at": instant(person.updated_at),
    }


def rule_of(entry: HistoryRow, showing: Showing) -> RuleShown:
    """The rule of a history row: built-in ones are named after their kind, your own by you."""
    rule = None if entry.rule_id is None else showing.program.rule(entry.rule_id)
    built_in = None if entry.rule_kind in (None, CustomRule.KIND) else f"${entry.rule_kind}"
    return RuleShown(
        id=entry.rule_id,
        name=rule.name if isinstance(rule, CustomRule) else built_in,
        title=rule.title.in_(showing.language) if rule else entry.title,
    )


def state_of_activity(entry: HistoryRow) -> str:
    """One of the contract's four states; points that expired later had been approved."""
    return entry.state if entry.state in ("pending", "declined", "void") else "approved"


def _properties(person: Customer) -> Json:
    names = {"first_name": person.first_name, "last_name": person.last_name}
    return {**{key: name for key, name in names.items() if name is not None}, **person.properties}


def _birthday(born: Birthday) -> str:
    return f"{born.year or YEAR_UNKNOWN:04}-{born.month:02}-{born.day:02}"


def _referral_url(person: Customer, showing: Showing) -> str | None:
    if not showing.program.referrals_enabled:
        return None
    return referral_link(showing.program, showing.public_url, person.referral_id)


def _membership(stay: TierMembership | None, showing: Showing) -> Json | None:
    tiers = showing.program.tiers
    if stay is None or tiers is None:
        return None
    tier = showing.program.tier(stay.tier_id) or tiers.default
    return {
        "started_at": instant(stay.started_at),
        "expires_at": optional_instant(stay.expires_at),
        "manual": stay.manual,
        "loyalty_tier": tier_shown(tier, tiers, showing),
    }


def tier_shown(tier: Tier, tiers: Tiers, showing: Showing) -> Json:
    """A tier, with where it stands among the others."""
    number = tiers.position(tier)
    above = None if tier.lower_bound is None else tiers.next_bound(tier)
    return {
        "id": tier.id,
        "name": tier.name.in_(showing.language),
        "number": number,
        "position": number - 1,
        "default": tier is tiers.default,
        "hidden": tier.hidden,
        "lower_bound": _bound(tier, tiers, showing.program),
        "upper_bound": above and _bound(above, tiers, showing.program),
    }


def _bound(tier: Tier, tiers: Tiers, program: Program) -> str:
    """A bound as a decimal string. The contract writes points as if they were minor units."""
    lower = Decimal(tier.lower_bound or 0)
    if tiers.boundary_mode is BoundaryMode.POINTS:
        return f"{lower / 100:.2f}"
    if tiers.boundary_mode is BoundaryMode.ORDERS:
        return f"{lower:.2f}"
    return f"{lower:.{max(2, minor_digits(program.primary_site.currency))}f}"


def summary(person: Summary) -> Json:
    """A customer beside something of theirs."""
    return {
        "id": person.id,
        "merchant_id": person.merchant_id,
        "email": person.email,
        "points_pending": person.points_pending,
        "points_approved": person.points_approved,
        "points_spent": person.points_spent,
    }
