"""What years must make of a member, worked out from what was told of them, in another way.

Written without any code of leal, on plain numbers, for a shop in New York whose ladder has three
steps and a hidden one. It says in which tier a member is and until when, what counted on which
day, and how often a birthday was rewarded.
"""

from calendar import isleap, monthrange
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
SILVER, GOLD, PLATINUM, HIDDEN = 1, 2, 3, 4
JOIN_POINTS, BIRTHDAY_POINTS, GOLD_RATE = 10, 50, 2
APPROVAL_DAYS = 14
MADE_UP_FOR_DAYS = 7
BOUNDS = {"spend": (8_000, 20_000), "points": (60, 180), "orders": (1, 3)}


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How long stays last, what counts, and whose midnight begins a birthday.

    Windows are `months` long.
    """

    mode: str
    counts: str
    months: int
    windows: int = 1
    starts_on: tuple[int, int] = (1, 1)
    birthdays_in: tzinfo = UTC


@dataclass(kw_only=True)
class Sale:
    """An order as told: whole dollars, and the days it counts on."""

    total: int
    paid_at: datetime
    told_at: datetime
    rate: int
    refunded: int = 0
    gone: bool = False
    approved: bool = False

    @property
    def net(self) -> int:
        return 0 if self.gone else self.total - self.refunded


@dataclass(kw_only=True)
class Member:
    """A customer of the model; a guest until they join."""

    setup: Setup
    name: str
    joined_at: datetime | None = None
    tier: int | None = None
    since: datetime | None = None
    ends: datetime | None = None
    manual: bool = False
    blocked: bool = False
    entered: int = 0
    renewed: int = 0
    born: tuple[int, int] | None = None
    told_at: datetime | None = None
    birthdays: int = 0
    days: Counter[date] = field(default_factory=Counter)
    sales: dict[str, Sale] = field(default_factory=dict)

    def joins(self, now: datetime) -> None:
        self.goes_on_to(now)
        if self.blocked or self.joined_at is not None:
            return
        self.joined_at = now
        self._enters(SILVER, now)
        self._rises(now, as_guest=True)
        self._counts(now, JOIN_POINTS if self.setup.counts == "points" else 0, now=now)

    def gets(self, points: int, now: datetime) -> None:
        """Points by hand, or for a birthday."""
        self.goes_on_to(now)
        self._counts(now, points if self.setup.counts == "points" else 0, now=now)

    def buys(self, order: str, *, total: int, paid_at: datetime, now: datetime) -> None:
        self.goes_on_to(now)
        earns = self.joined_at is not None and not self.blocked
        rate = (GOLD_RATE if self.tier == GOLD else 1) if earns else 0
        sale = Sale(total=total, paid_at=paid_at, told_at=now, rate=rate)
        sale.approved = paid_at + timedelta(days=APPROVAL_DAYS) <= now
        self.sales[order] = sale
        as_guest = self.joined_at is not None and paid_at < self.joined_at
        self._worth(sale, 0, 0, now=now, as_guest=as_guest)

    def gives_back(self, order: str, *, refunded: int | None, now: datetime) -> None:
        """So many dollars of an order in all, or the whole of it."""
        self.goes_on_to(now)
        sale = self.sales[order]
        before, points = sale.net, sale.net * sale.rate if sale.approved else 0
        if refunded is None:
            sale.gone = True
        else:
            sale.refunded = refunded
        if sale.net != before:
            self._worth(sale, before, points, now=now)

    def is_moved(self, tier: int | None, now: datetime) -> None:
        self.goes_on_to(now)
        if self.blocked or self.joined_at is None:
            return
        target = tier or self._earned(now)
        if target == self.tier and self.manual == (tier is not None):
            return
        self._enters(target, now)
        self.manual = tier is not None
        if tier == HIDDEN:
            self.ends = None

    def is_worked_on(self, days: list[date], now: datetime) -> None:
        """What background work does when it comes round; `days` begin since it last did."""
        self.goes_on_to(now)
        due = [each for each in self.sales.values() if not each.approved]
        for sale in sorted(due, key=lambda each: (each.paid_at, each.told_at)):
            if sale.paid_at + timedelta(days=APPROVAL_DAYS) <= now:
                sale.approved = True
                if sale.net * sale.rate:
                    points = sale.net * sale.rate if self.setup.counts == "points" else 0
                    self._counts(sale.told_at, points, now=now)
        for day in days:
            if self._is_born_on(day) and not self.blocked:
                self.birthdays += 1
                self.gets(BIRTHDAY_POINTS, now)

    def goes_on_to(self, now: datetime) -> None:
        """Works off the stays that are over by then."""
        while self.ends is not None and self.ends <= now:
            ended = self.ends
            earned = self._step_for(self._amount_at_end(local(ended)))
            if earned == self.tier:
                self.since, self.ends, self.manual = ended, self._end(ended), False
                self.renewed += 1
            else:
                self._enters(earned, ended)

    def _worth(
        self, sale: Sale, before: int, points: int, *, now: datetime, as_guest: bool = False
    ) -> None:
        match self.setup.counts:
            case "points":
                worth = sale.net * sale.rate if sale.approved else 0
                self._counts(sale.told_at, worth - points, now=now, as_guest=as_guest)
            case "spend":
                self._counts(sale.paid_at, (sale.net - before) * 100, now=now, as_guest=as_guest)
            case _:
                self._counts(
                    sale.paid_at, (sale.net > 0) - (before > 0), now=now, as_guest=as_guest
                )

    def _counts(self, at: datetime, amount: int, *, now: datetime, as_guest: bool = False) -> None:
        self.days[local(at)] += amount
        self._rises(now, as_guest=as_guest)

    def _rises(self, now: datetime, *, as_guest: bool = False) -> None:
        """Whoever was moved below what they have reached rises by whatever they do next.

        What somebody did as a guest places them when they join, or when it is told of later.
        """
        if self.tier in (None, HIDDEN):
            return
        earned = max(self._earned(now), self._step_for(self._before_joining()) if as_guest else 0)
        if earned > (self.tier or SILVER):
            self._enters(earned, now)

    def _earned(self, now: datetime) -> int:
        today = local(now)
        match self.setup.mode:
            case "lifetime":
                return self._step_for(self.days.total())
            case "rolling":
                return self._step_for(self._rolled(today))
            case _:
                start, end = self._window(today)
                return self._step_for(self._between(start, end))

    def _before_joining(self) -> int:
        assert self.joined_at is not None
        joined, months = local(self.joined_at), self.setup.months
        everything = self.setup.mode == "lifetime"
        counted = self.days.items()
        return sum(n for day, n in counted if everything or later(day, months) > joined >= day)

    def _amount_at_end(self, last: date) -> int:
        if self.setup.mode == "rolling":
            return self._rolled(last)
        return self._between(later(last, -self.setup.months), last)

    def _rolled(self, today: date) -> int:
        months = self.setup.months
        return sum(n for day, n in self.days.items() if later(day, months) > today)

    def _between(self, start: date, end: date) -> int:
        return sum(n for day, n in self.days.items() if start <= day < end)

    def _step_for(self, amount: int) -> int:
        gold, platinum = BOUNDS[self.setup.counts]
        return PLATINUM if amount >= platinum else GOLD if amount >= gold else SILVER

    def _enters(self, tier: int, now: datetime) -> None:
        self.tier, self.since, self.manual = tier, now, False
        self.entered += 1
        self.ends = self._end(now)

    def _end(self, now: datetime) -> datetime | None:
        if self.tier == SILVER or self.setup.mode == "lifetime":
            return None
        if self.setup.mode == "rolling":
            there = now.astimezone(ZONE)
            day = later(there.date(), self.setup.months)
            return datetime.combine(day, there.time(), ZONE).astimezone(UTC)
        _, end = self._window(local(now))
        day = later(end, self.setup.months * self.setup.windows)
        return datetime.combine(day, time(), ZONE).astimezone(UTC)

    def _window(self, today: date) -> tuple[date, date]:
        """The window around a day, found by walking there from one long before."""
        assert self.joined_at is not None
        first = date(2020, *self.setup.starts_on)
        if self.setup.mode == "anniversary":
            first = local(self.joined_at)
        number = 0
        while later(first, (number + 1) * self.setup.months) <= today:
            number += 1
        months = number * self.setup.months
        return later(first, months), later(first, months + self.setup.months)

    def _is_born_on(self, day: date) -> bool:
        if self.born is None or self.joined_at is None or self.told_at is None:
            return False
        known_at = max(self.told_at, self.joined_at)
        kept = (2, 28) if self.born == (2, 29) and not isleap(day.year) else self.born
        return (
            kept == (day.month, day.day)
            and known_at.astimezone(self.setup.birthdays_in).date() < day
        )


def local(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
