"""What must hold between the fields of the tiers, for the ladder to be climbable."""

from calendar import monthrange
from collections.abc import Iterator
from decimal import Decimal

from leal.domain.document_problems import Problem
from leal.domain.money import to_minor
from leal.domain.offer_checks import check_gift
from leal.domain.program import Program
from leal.domain.tier_settings import (
    BoundaryMode,
    CalendarMembership,
    MonthDay,
    Tier,
    TierKind,
    Tiers,
)

LEAP_YEAR = 2024
MONTHS_IN_YEAR = 12


def check_tiers(program: Program) -> Iterator[Problem]:
    """List what is wrong with the tiers; nothing when they are off."""
    tiers = program.tiers
    if tiers is None:
        return
    yield from _check_first(tiers)
    yield from _check_keys(tiers)
    yield from _check_bounds(tiers, program.primary_site.currency)
    yield from _check_references(tiers, program)
    if isinstance(tiers.membership, CalendarMembership):
        yield from _check_calendar(tiers.membership)


def check_month_day(path: str, on: MonthDay) -> Iterator[Problem]:
    """Refuse days that no year has."""
    last = monthrange(LEAP_YEAR, on.month)[1]
    if on.day > last:
        yield Problem(f"{path}.day", f"month {on.month} has no day {on.day}", f"at most {last}")


def _check_first(tiers: Tiers) -> Iterator[Problem]:
    """Everyone starts in the first tier, so it can be neither closed nor secret among open ones."""
    first = tiers.default
    if first.kind is TierKind.CONDITIONAL:
        yield Problem("tiers.tiers[0].kind", "everyone starts in the first tier", "boundary")
    if first.hidden and not all(tier.hidden for tier in tiers.tiers):
        yield Problem("tiers.tiers[0].hidden", "everyone starts in the first tier", "false")


def _check_keys(tiers: Tiers) -> Iterator[Problem]:
    keys = [tier.key for tier in tiers.tiers]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            wrong = f"{key} is already the key of tiers.tiers[{keys.index(key)}]"
            yield Problem(f"tiers.tiers[{number}].key", wrong, "a key of its own")


def _check_bounds(tiers: Tiers, currency: str) -> Iterator[Problem]:
    """Bounds begin at 0 and rise, so that every amount belongs to exactly one tier."""
    below: Decimal | None = None
    for number, tier in enumerate(tiers.tiers):
        path = f"tiers.tiers[{number}].lower_bound"
        yield from _check_bound(path, tier, tiers.boundary_mode, currency=currency)
        if tier.lower_bound is None or tier.kind is TierKind.CONDITIONAL:
            continue
        if below is None and tier.lower_bound != 0:
            yield Problem(path, f"the ladder begins at {tier.lower_bound}", "0 for the first tier")
        if below is not None and tier.lower_bound <= below:
            wrong = f"{tier.lower_bound} is not above the tier before"
            yield Problem(path, wrong, f"more than {below}")
        below = tier.lower_bound


def _check_bound(path: str, tier: Tier, mode: BoundaryMode, *, currency: str) -> Iterator[Problem]:
    if tier.kind is TierKind.CONDITIONAL:
        if tier.lower_bound is not None:
            yield Problem(path, "a conditional tier is not entered by a bound", "nothing")
        return
    if tier.lower_bound is None:
        yield Problem(path, "this key is missing", f"how many {mode} the tier begins with")
    elif mode is not BoundaryMode.SPEND:
        if tier.lower_bound != int(tier.lower_bound):
            yield Problem(path, f"{mode} are counted in whole numbers", "a whole number")
    else:
        try:
            to_minor(tier.lower_bound, currency)
        except ValueError as finer:
            yield Problem(path, str(finer), f"an amount of {currency}")


def _check_references(tiers: Tiers, program: Program) -> Iterator[Problem]:
    benefits = [benefit.id for benefit in tiers.benefits]
    for number, tier in enumerate(tiers.tiers):
        path = f"tiers.tiers[{number}]"
        for place, benefit_id in enumerate(tier.benefits):
            if benefit_id not in benefits:
                wrong = f"there is no benefit {benefit_id}"
                yield Problem(f"{path}.benefits[{place}]", wrong, "an id from tiers.benefits")
            elif benefit_id in tier.benefits[:place]:
                wrong = f"benefit {benefit_id} is listed twice"
                yield Problem(f"{path}.benefits[{place}]", wrong, "each of them once")
        if tier.grants is not None:
            yield from check_gift(f"{path}.grants", tier.grants, program)


def _check_calendar(membership: CalendarMembership) -> Iterator[Problem]:
    yield from check_month_day("tiers.membership.starts_on", membership.starts_on)
    if MONTHS_IN_YEAR % membership.months:
        wrong = f"windows of {membership.months} months begin on other days every year"
        yield Problem("tiers.membership.months", wrong, "one of: 1, 2, 3, 4, 6, 12")
