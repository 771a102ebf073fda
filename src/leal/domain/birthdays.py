"""Birthdays: set once by the customer, changed by the merchant, and when the next one is."""

from dataclasses import replace
from datetime import date

from leal.domain.change import Change, begin, with_customer
from leal.domain.customers import Account, Birthday, CustomerState
from leal.domain.dates import local_day, on_day_of
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled, InvalidDate
from leal.domain.scene import Scene

_LEAP_YEAR = 2000


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
    customer = replace(account.customer, birthday=birthday, updated_at=scene.now)
    return with_customer(begin(account), customer)


def next_birthday(birthday: Birthday, today: date) -> date:
    """The first birthday after `today`; one on 29 February is kept on the 28th in other years."""
    this_year = on_day_of(today.year, month=birthday.month, day=birthday.day)
    if this_year > today:
        return this_year
    return on_day_of(today.year + 1, month=birthday.month, day=birthday.day)


def _checked(scene: Scene, *, month: int, day: int, year: int) -> Birthday:
    keeps_year = scene.program.birthdays.store_year
    try:
        born = date(year if keeps_year else _LEAP_YEAR, month, day)
    except ValueError as error:
        raise InvalidDate(month=month, day=day, year=year) from error
    if keeps_year and born > local_day(scene.now, scene.program.primary_site.zone):
        raise InvalidDate(month=month, day=day, year=year)
    return Birthday(month=month, day=day, year=year)
