"""Birthdays: set once by the customer, changed by the merchant, and rewarded when they come."""

from dataclasses import replace
from datetime import UTC, date, tzinfo

from leal.domain.change import Change, begin, with_customer
from leal.domain.customers import Account, Birthday, CustomerState
from leal.domain.dates import local_day, on_day_of, start_of_day
from leal.domain.program import BirthdayClock, Program
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled, InvalidDate
from leal.domain.rules.completion import complete_if_allowed
from leal.domain.rules.membership import BirthdayRule
from leal.domain.scene import Scene

_LEAP_YEAR = 2000
_LEAP_DAY = (2, 29)


def set_birthday(account: Account, scene: Scene, *, month: int, day: int, year: int) -> Change:
    """A member tells their birthday; the first answer stands and later ones change nothing.

    Raises CustomerBlocked, CustomerNotEnrolled, or InvalidDate for a day that does not exist or,
    where the year is kept, has not come yet.
    """
    match account.customer.state:
        case CustomerState.BLOCKED:
            raise CustomerBlocked
        case CustomerState.GUEST:
            raise CustomerNotEnrolled
        case CustomerState.ENROLLED:
            pass
    birthday = _checked(scene, month=month, day=day, year=year)
    if account.customer.birthday is not None:
        return begin(account)
    return correct_birthday(account, scene, birthday)


def correct_birthday(account: Account, scene: Scene, birthday: Birthday) -> Change:
    """The merchant sets or corrects a birthday, whatever it was before."""
    if not scene.program.birthdays.store_year:
        birthday = replace(birthday, year=None)
    if account.customer.birthday == birthday:
        return begin(account)
    customer = replace(
        account.customer, birthday=birthday, birthday_set_at=scene.now, updated_at=scene.now
    )
    return with_customer(begin(account), customer)


def next_birthday(birthday: Birthday, today: date) -> date:
    """The first birthday after `today`; one on 29 February is kept on the 28th in other years."""
    this_year = on_day_of(today.year, month=birthday.month, day=birthday.day)
    if this_year > today:
        return this_year
    return on_day_of(today.year + 1, month=birthday.month, day=birthday.day)


def birthday_zone(program: Program) -> tzinfo:
    """Whose midnight begins a birthday."""
    at_site = program.birthdays.run_at is BirthdayClock.SITE
    return program.primary_site.zone if at_site else UTC


def days_of(day: date) -> tuple[tuple[int, int], ...]:
    """The birthdays, as month and day, that are kept on a day."""
    kept = ((day.month, day.day),)
    shifted = on_day_of(day.year, month=_LEAP_DAY[0], day=_LEAP_DAY[1])
    return (*kept, _LEAP_DAY) if day == shifted and kept[0] != _LEAP_DAY else kept


def celebrate(account: Account, scene: Scene, day: date) -> Change:
    """Completes the rules for birthdays of a member whose birthday is on `day`, once for each year.

    A birthday that was told on the day itself, or later, is rewarded the next time; so is one of
    who joined on it.
    """
    change, customer, zone = begin(account), account.customer, birthday_zone(scene.program)
    if customer.birthday is None or customer.enrolled_at is None:
        return change
    known_at = max(customer.birthday_set_at or customer.enrolled_at, customer.enrolled_at)
    kept = (customer.birthday.month, customer.birthday.day) in days_of(day)
    if not kept or local_day(known_at, zone) >= day:
        return change
    for rule in scene.program.rules:
        if isinstance(rule, BirthdayRule):
            source = f"birthday:{rule.id}:{customer.id}:{day.year}"
            began_at = start_of_day(day, zone)
            change = complete_if_allowed(change, scene, rule, source=source, done_at=began_at)
    return change


def _checked(scene: Scene, *, month: int, day: int, year: int) -> Birthday:
    keeps_year = scene.program.birthdays.store_year
    try:
        born = date(year if keeps_year else _LEAP_YEAR, month, day)
    except ValueError as error:
        raise InvalidDate(month=month, day=day, year=year) from error
    if keeps_year and born > local_day(scene.now, scene.program.primary_site.zone):
        raise InvalidDate(month=month, day=day, year=year)
    return Birthday(month=month, day=day, year=year)
