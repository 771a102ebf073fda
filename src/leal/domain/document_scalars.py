"""How single values of a document are read: strings, numbers, dates, words of a choice, texts.

A shape reads a plain value (as JSON or YAML give it) at a place and returns the typed value. What
does not fit is noted at the place, and REFUSED returned, so that one pass finds every problem.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, StrEnum
from typing import Protocol

from leal.domain.constraints import LANGUAGE, MAX_INTEGER
from leal.domain.document_problems import Problem, show
from leal.domain.texts import Text


class Refused(Enum):
    """The answer of a shape that could not read its value."""

    REFUSED = "refused"


REFUSED = Refused.REFUSED


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the document reading has come to, and the list it notes problems on."""

    path: str = ""
    problems: list[Problem] = field(default_factory=list)

    def at(self, key: object) -> "Place":
        """Go to the value under a key."""
        text = str(key) if isinstance(key, str) and _PLAIN_KEY.fullmatch(key) else f"[{show(key)}]"
        dot = "." if self.path and not text.startswith("[") else ""
        return Place(f"{self.path}{dot}{text}", self.problems)

    def item(self, index: int) -> "Place":
        """Go to an entry of a list."""
        return Place(f"{self.path}[{index}]", self.problems)

    def refuse(self, wrong: str, right: str) -> Refused:
        """Note a problem here."""
        self.problems.append(Problem(self.path, wrong, right))
        return REFUSED


class Shape(Protocol):
    """A way to read one kind of value."""

    @property
    def right(self) -> str:
        """What a document should hold here, in words."""

    def read(self, value: object, place: Place) -> object:
        """Give the typed value, or REFUSED after noting why."""


@dataclass(frozen=True, slots=True)
class StringShape:
    """A string without the characters that databases and terminals choke on."""

    right: str = "text"

    def read(self, value: object, place: Place) -> object:
        """Accept strings only; YAML turns some bare words into something else."""
        if isinstance(value, bool | date):
            return place.refuse(
                f"{show(value)} is not text (YAML reads bare no, yes, on, off and dates so)",
                f"{self.right}, in quotes",
            )
        if not isinstance(value, str):
            return place.refuse(f"{show(value)} is not text", self.right)
        if _UNSTORABLE.search(value):
            return place.refuse(
                f"{show(value)} has a NUL or half a surrogate pair in it",
                "text without those characters",
            )
        return value


@dataclass(frozen=True, slots=True)
class BoolShape:
    """A truth value, never 0 or 1."""

    right: str = "true or false"

    def read(self, value: object, place: Place) -> object:
        """Accept booleans only."""
        if isinstance(value, bool):
            return value
        return place.refuse(f"{show(value)} is not a truth value", self.right)


@dataclass(frozen=True, slots=True)
class IntShape:
    """A whole number that every JSON reader keeps exact."""

    right: str = "a whole number"

    def read(self, value: object, place: Place) -> object:
        """Accept integers only: no booleans, no 5.0."""
        if not isinstance(value, int) or isinstance(value, bool):
            return place.refuse(f"{show(value)} is not a whole number", self.right)
        if abs(value) > MAX_INTEGER:
            return place.refuse(f"the number is beyond {MAX_INTEGER}", self.right)
        return value


@dataclass(frozen=True, slots=True)
class DecimalShape:
    """A decimal number, exact: written 5, 9.9 or "9.90"."""

    right: str = 'a number such as 5 or "9.90"'

    def read(self, value: object, place: Place) -> object:
        """Accept integers, decimal strings, and floats by the digits they print as."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return place.refuse(f"{show(value)} is not a number", self.right)
        digits = repr(value) if isinstance(value, float) else str(value)[:_MAX_DIGITS]
        if not _DECIMAL.fullmatch(digits):
            return place.refuse(f"{show(value)} is not a decimal number", self.right)
        return Decimal(digits)


@dataclass(frozen=True, slots=True)
class DateShape:
    """A day, as YAML reads it or as an ISO 8601 string."""

    right: str = "a date such as 2026-01-31"

    def read(self, value: object, place: Place) -> object:
        """Accept dates without a time."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and _ISO_DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                return place.refuse(f"{show(value)} is not in the calendar", self.right)
        return place.refuse(f"{show(value)} is not a date", self.right)


@dataclass(frozen=True, slots=True)
class EnumShape:
    """One word of a few."""

    kind: type[StrEnum]

    @property
    def right(self) -> str:
        """List the words."""
        return one_of(self.kind)

    def read(self, value: object, place: Place) -> object:
        """Accept the words only."""
        if isinstance(value, str) and value in list(self.kind):
            return self.kind(value)
        return place.refuse(f"{show(value)} is not one of them", nearest(value, list(self.kind)))


@dataclass(frozen=True, slots=True)
class TextShape:
    """Words for shoppers: one string, or a mapping language -> string."""

    right: str = "text, or a mapping from languages to text"

    def read(self, value: object, place: Place) -> object:
        """Accept both forms; a mapping needs at least one language."""
        if not isinstance(value, Mapping):
            words = StringShape(self.right).read(value, place)
            return Text.everywhere(words) if isinstance(words, str) else REFUSED
        if not value:
            return place.refuse("no language is given", self.right)
        read: dict[str, str] = {}
        for language, words in value.items():
            if not LANGUAGE.allows(language):
                place.at(language).refuse("this is not a language", LANGUAGE.right)
            elif isinstance(said := StringShape().read(words, place.at(language)), str):
                read[language] = said
        return Text.of(read) if len(read) == len(value) else REFUSED


def one_of(words: Iterable[str]) -> str:
    """List the words of a choice."""
    return f"one of: {', '.join(words)}"


def nearest(found: object, words: list[str]) -> str:
    """Suggest the word that was probably meant, and else list all of them."""
    near = get_close_matches(found, words, n=1) if isinstance(found, str) else []
    return f"did you mean `{near[0]}`?" if near else one_of(words)


_MAX_DIGITS = 40
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DECIMAL = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
