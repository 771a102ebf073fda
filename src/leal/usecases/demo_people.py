"""The customers of the demo: who they are, the same every time.

A customer follows from their number alone, so a demo of twenty has the first twenty of a demo of
two hundred.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FIRST_MERCHANT_ID: Final = 1001
_SEED: Final = "Thistle & Co"
_GERMAN_CUSTOMERS_PERCENT: Final = 25


class Persona(StrEnum):
    """How someone is with the shop."""

    SHOWCASE = "showcase"
    REGULAR = "regular"
    OCCASIONAL = "occasional"
    LAPSED = "lapsed"
    NEWCOMER = "newcomer"
    GUEST = "guest"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer; `number` counts from 0."""

    number: int
    persona: Persona
    first_name: str
    last_name: str
    email: str
    site_id: int

    @property
    def merchant_id(self) -> str:
        """The shop's id for them."""
        return str(FIRST_MERCHANT_ID + self.number)


def people(count: int) -> tuple[Person, ...]:
    """The first `count` customers. The very first is the one to look at."""
    pairs = [(first, last) for first in _FIRST_NAMES for last in _LAST_NAMES]
    chance("names").shuffle(pairs)
    return tuple(_person(number, pairs) for number in range(count))


def chance(about: str) -> random.Random:
    """Chance that falls the same way every time for the same thing."""
    return random.Random(f"{_SEED}/{about}")  # noqa: S311 - a story's turns, nobody's secrets


def _person(number: int, pairs: list[tuple[str, str]]) -> Person:
    first, last = pairs[number % len(pairs)]
    namesakes = number // len(pairs)
    address = f"{first}.{last}{namesakes + 1 if namesakes else ''}@example.com"
    german = chance(f"site/{number}").randrange(100) < _GERMAN_CUSTOMERS_PERCENT
    return Person(
        number=number,
        persona=_persona(number),
        first_name=first,
        last_name=last,
        email=address.lower(),
        site_id=2 if german and number else 1,
    )


def _persona(number: int) -> Persona:
    """Every twenty customers are cast alike, apart from the two there is one of."""
    match number:
        case 0:
            return Persona.SHOWCASE
        case 13:
            return Persona.BLOCKED
        case _:
            return _CAST[number % len(_CAST)]


_CAST: Final = (
    *(Persona.REGULAR, Persona.OCCASIONAL, Persona.REGULAR, Persona.LAPSED, Persona.NEWCOMER),
    *(Persona.REGULAR, Persona.OCCASIONAL, Persona.LAPSED, Persona.REGULAR, Persona.GUEST),
    *(Persona.REGULAR, Persona.NEWCOMER, Persona.LAPSED, Persona.OCCASIONAL, Persona.REGULAR),
    *(Persona.REGULAR, Persona.NEWCOMER, Persona.LAPSED, Persona.OCCASIONAL, Persona.NEWCOMER),
)

_FIRST_NAMES: Final = (
    *("Ailsa", "Alasdair", "Angus", "Blair", "Callum", "Catriona", "Duncan", "Eilidh", "Ewan"),
    *("Fergus", "Finlay", "Fiona", "Greer", "Hamish", "Iona", "Isla", "Kirsty", "Lachlan"),
    *("Lorna", "Mairi", "Morag", "Rory", "Senga", "Struan"),
)
_LAST_NAMES: Final = (
    *("Abernethy", "Baird", "Buchanan", "Cameron", "Dalgleish", "Drummond", "Farquhar", "Forsyth"),
    *("Galbraith", "Gillespie", "Haldane", "Innes", "Kinnear", "Lamont", "Maclean", "McAllister"),
    *(
        "McGregor",
        "Menzies",
        "Moncrieff",
        "Ogilvie",
        "Ramsay",
        "Rutherford",
        "Sinclair",
        "Urquhart",
    ),
)
