"""What a field of a document may hold beyond its type, written as `Annotated[int, Between(1, 9)]`.

Every constraint can also say in words what would be right, so that a refused document tells its
writer what to put instead.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from leal.domain.texts import Text

MAX_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact."""


class Constraint(Protocol):
    """A condition on a value, and how to say it."""

    def allows(self, value: object) -> bool:
        """Tell whether a value of the field's type is acceptable."""

    def describe(self, noun: str) -> str:
        """Say what is right, given what the type alone would call it ("a whole number")."""


@dataclass(frozen=True, slots=True)
class Between:
    """A number within inclusive bounds."""

    low: int | Decimal
    high: int | Decimal

    def allows(self, value: object) -> bool:
        """Tell whether the number lies within the bounds."""
        return isinstance(value, int | Decimal) and self.low <= value <= self.high

    def describe(self, noun: str) -> str:
        """Say "a whole number from 1 to 9", or just "1" when nothing else is allowed."""
        return f"{self.low}" if self.low == self.high else f"{noun} from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Length:
    """A text of so many characters (blanks around do not count), or a list of so many entries."""

    low: int
    high: int
    unit: str = "characters"

    def allows(self, value: object) -> bool:
        """Tell whether the length fits; of a text in languages, every one must."""
        match value:
            case str():
                return self.low <= len(value.strip()) and len(value) <= self.high
            case Text():
                return all(self.allows(words) for words in value.words)
            case tuple():
                return self.low <= len(value) <= self.high
            case _:
                return False

    def describe(self, noun: str) -> str:
        """Say "text of 1 to 255 characters"."""
        return f"{noun} of {self.low} to {self.high} {self.unit}"


@dataclass(frozen=True, slots=True)
class Matching:
    """A string that matches a pattern from its first character to its last."""

    pattern: str
    right: str

    def allows(self, value: object) -> bool:
        """Tell whether the whole string matches."""
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None

    def describe(self, noun: str) -> str:  # noqa: ARG002 -- the wording replaces the noun
        """Say what the string must look like."""
        return self.right


@dataclass(frozen=True, slots=True)
class Satisfying:
    """A string that passes a test, such as being a currency."""

    test: Callable[[str], bool]
    right: str

    def allows(self, value: object) -> bool:
        """Tell whether the string passes."""
        return isinstance(value, str) and self.test(value)

    def describe(self, noun: str) -> str:  # noqa: ARG002 -- the wording replaces the noun
        """Say what the string must be."""
        return self.right


WEB_ADDRESS = Matching(
    r"https?://[^\s/?#\"<>\\]+(?:[/?#][^\s\"<>\\]*)?",
    "a web address such as https://shop.example/page",
)
SECURE_ADDRESS = Matching(
    r"https://[^\s/?#\"<>\\]+(?:[/?#][^\s\"<>\\]*)?",
    "a web address that starts with https://",
)
LANGUAGE = Matching(
    r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*",
    "a lower-case language code such as en or pt-br",
)
