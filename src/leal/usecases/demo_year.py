"""What the customers of the demo do in their year, planned to the second before any of it happens.

Everything lies between two weeks before the program opens and the end of its 365th day. Times of
day are chosen so that a step falls on the same day in the zone of every site, in summer and in
winter: the year comes out alike whenever it starts.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from leal.domain.sites import Channel
from leal.usecases.demo_people import Person, Persona, chance, people

DAYS: Final = 365
"""From the opening of the program to the morning of the demo."""

LEAD: Final = timedelta(days=15)
"""So long before the opening the program is there, and only who asks may join."""

GIFT: Final = "Sorry for the late parcel"

_FIRST_SECONDS: Final = (8 * 3600, 15 * 3600)
_PAUSE_SECONDS: Final = 40 * 60
_PAGES: Final = ("/", "/products/heather-soap", "/products/thistle-candle", "/collections/gifts")
_GOODS: Final = ("heather soap", "thistle candle", "bath salts", "a gift box", "soap dish")


@dataclass(frozen=True, slots=True)
class Visit:
    """They open the shop; `page` is a path, None at a till."""

    channel: Channel
    page: str | None


@dataclass(frozen=True, slots=True)
class Introduce:
    """The shop learns their name."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """They sign up for the newsletter."""


@dataclass(frozen=True, slots=True)
class TellBirthday:
    """They say when their birthday is."""

    month: int
    day: int
    year: int


@dataclass(frozen=True, slots=True)
class Receive:
    """Staff give them points."""

    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Lose:
    """Staff take points from them."""

    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Spend:
    """They claim a reward, if they have the points for it."""

    reward_id: int


@dataclass(frozen=True, slots=True)
class Block:
    """Staff exclude them from the program."""


Deed: TypeAlias = Visit | Introduce | Subscribe | TellBirthday | Receive | Lose | Spend | Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something one person does, so long after the opening (before it, if negative)."""

    person: Person
    after: timedelta
    deed: Deed


def plan(customers: int) -> tuple[Step, ...]:
    """The year of so many customers, in the order of time."""
    steps = [step for person in people(customers) for step in _year_of(person)]
    return tuple(sorted(steps, key=lambda step: (step.after, step.person.number)))


def _year_of(person: Person) -> tuple[Step, ...]:
    diary = _Diary(person)
    match person.persona:
        case Persona.SHOWCASE:
            _showcase(diary)
        case Persona.GUEST:
            diary.come(-1 - diary.chance.randrange(LEAD.days - 1), Channel.WEB)
        case Persona.BLOCKED:
            _live(diary, _HABITS[Persona.LAPSED])
            diary.note(diary.last_day + 1, Block())
        case _:
            _live(diary, _HABITS[person.persona])
    return tuple(diary.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Habit:
    """Ranges, both ends included: of days, and of points for what they buy."""

    joins: tuple[int, int]
    stays: tuple[int, int] = (DAYS, DAYS)
    returns: tuple[int, int]
    spends: tuple[int, int]
    buys_percent: int


_HABITS: Final = {
    Persona.REGULAR: _Habit(joins=(0, 150), returns=(28, 56), spends=(100, 340), buys_percent=75),
    Persona.OCCASIONAL: _Habit(joins=(5, 230), returns=(36, 90), spends=(50, 200), buys_percent=65),
    Persona.LAPSED: _Habit(
        joins=(0, 120), stays=(25, 100), returns=(10, 30), spends=(40, 160), buys_percent=50
    ),
    Persona.NEWCOMER: _Habit(
        joins=(DAYS - 35, DAYS - 3), returns=(4, 12), spends=(40, 120), buys_percent=35
    ),
}
_SUBSCRIBES_PERCENT: Final = 65
_HAS_BIRTHDAY_PERCENT: Final = 60
_RETURNS_GOODS_PERCENT: Final = 10
_GETS_GIFT_PERCENT: Final = 12
_SPENDS_PERCENT: Final = 20
_FREE_SHIPPING: Final = 3
_LATE_PARCEL_PERCENT: Final = 10


def _live(diary: "_Diary", habit: _Habit) -> None:
    chance = diary.chance
    day = chance.randint(*habit.joins)
    until = min(DAYS, day + chance.randint(*habit.stays))
    diary.come(day, _some_channel(chance))
    if _happens(chance, _SUBSCRIBES_PERCENT):
        diary.note(day + chance.randrange(4), Subscribe())
    if _happens(chance, _HAS_BIRTHDAY_PERCENT):
        diary.note(day + chance.randrange(20), _some_birthday(chance))
    if _happens(chance, _GETS_GIFT_PERCENT):
        diary.note(day + chance.randint(20, 120), Receive(50 * chance.randint(1, 3), _THANKS))
    while (day := day + chance.randint(*habit.returns)) < until:
        diary.come(day, _some_channel(chance))
        if _happens(chance, habit.buys_percent):
            _buy(diary, day, chance.randint(*habit.spends))
        elif _happens(chance, _SPENDS_PERCENT):
            diary.note(day, Spend(_FREE_SHIPPING))


_THANKS: Final = "Thank you for your kind letter"


def _buy(diary: "_Diary", day: int, points: int) -> None:
    chance = diary.chance
    goods = chance.choice(_GOODS)
    diary.note(day, Receive(points, f"In-shop purchase: {goods}"))
    if _happens(chance, _RETURNS_GOODS_PERCENT):
        diary.note(day + chance.randint(2, 9), Lose(points, f"Returned: {goods}"))
    elif _happens(chance, _LATE_PARCEL_PERCENT):
        diary.note(day + chance.randint(4, 12), Receive(50, GIFT))


def _showcase(diary: "_Diary") -> None:
    """A good customer, written by hand: Silver in spring, Gold in autumn, something of all."""
    diary.come(0, Channel.WEB)
    diary.note(1, Subscribe())
    diary.note(2, TellBirthday(3, 14, 1988))
    channels = (Channel.WEB, Channel.MOBILE, Channel.WEB, Channel.POS)
    for number, day in enumerate(range(12, DAYS, 16)):
        diary.come(day, channels[number % len(channels)])
    for number, day in enumerate(range(20, DAYS, 32)):
        points = 110 + 25 * (number % 4)
        diary.note(day, Receive(points, f"In-shop purchase: {_GOODS[number % len(_GOODS)]}"))
    diary.note(118, Lose(135, "Returned: thistle candle"))
    diary.note(203, Receive(100, GIFT))
    diary.note(260, Spend(_FREE_SHIPPING))
    diary.note(300, Receive(150, "Thank you for helping at our open day"))
    diary.come(DAYS - 1, Channel.WEB)


class _Diary:
    """The steps of one person, put down in any order."""

    def __init__(self, person: Person) -> None:
        self.chance = chance(f"year/{person.number}")
        self.steps: list[Step] = []
        self._person = person
        self._taken: dict[int, int] = {}

    @property
    def last_day(self) -> int:
        return max(step.after.days for step in self.steps)

    def come(self, day: int, channel: Channel) -> None:
        """A visit; the first one of all introduces them too, later ones at a till count nothing."""
        first = not self.steps
        if channel is Channel.POS and not first:
            return
        page = self.chance.choice(_PAGES) if channel is Channel.WEB else None
        self.note(day, Visit(channel, page))
        if first:
            self.note(day, Introduce())

    def note(self, day: int, deed: Deed) -> None:
        """One more deed of a day, after those noted for it before; none once the year is over."""
        if day >= DAYS:
            return
        previous = self._taken.get(day)
        if previous is None:
            second = self.chance.randrange(*_FIRST_SECONDS)
        else:
            second = previous + self.chance.randint(1, _PAUSE_SECONDS)
        self._taken[day] = second
        after = timedelta(days=day, seconds=second)
        self.steps.append(Step(person=self._person, after=after, deed=deed))


def _happens(chance: random.Random, percent: int) -> bool:
    return chance.randrange(100) < percent


def _some_channel(chance: random.Random) -> Channel:
    return chance.choice((Channel.WEB, Channel.WEB, Channel.WEB, Channel.MOBILE, Channel.POS))


def _some_birthday(chance: random.Random) -> TellBirthday:
    return TellBirthday(chance.randint(1, 12), chance.randint(1, 28), chance.randint(1950, 2006))
