"""Reading typed fields out of a parsed JSON object, hearing about all wrong ones at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv6Address, ip_address
from typing import Final, TypeVar

from leal.api.ids import MAX_ID_LENGTH, clean_id, parse_instant
from leal.api.json_body import MAX_INTEGER, kind
from leal.domain.problems import BadRequest

_T = TypeVar("_T")
_Option = TypeVar("_Option", bound=str)
_MISSING: Final = object()
_UNREADABLE: Final = object()


class Fields:
    """Reads typed fields of a JSON object by dotted name, collecting what is wrong.

    A method that finds a problem notes it and returns a harmless stand-in, so that reading goes on;
    `done` raises BadRequest with all of them and must be called before any value is used. The
    `optional_` twin of a reader gives None for a field that is absent or null.
    """

    __slots__ = ("_prefix", "_problems", "_values")

    def __init__(
        self,
        values: Mapping[str, object],
        *,
        prefix: str = "",
        problems: dict[str, str] | None = None,
    ) -> None:
        self._values = values
        self._prefix = prefix
        self._problems: dict[str, str] = {} if problems is None else problems

    def done(self) -> None:
        """Raise BadRequest with every problem found so far, this reader's and its parts'."""
        if self._problems:
            raise BadRequest(self._problems)

    def problem(self, name: str, why: str) -> None:
        """Note a problem found by the caller; the first one of a field is kept."""
        self._problems.setdefault(self._prefix + name, why)

    def has(self, name: str) -> bool:
        """Whether the field is present, null included."""
        return self._find(name) is not _MISSING

    def raw(self, name: str) -> object:
        """The value as parsed, None when absent: for fields whose shape the caller judges."""
        value = self._find(name)
        return None if value is _MISSING else value

    def text(self, name: str, *, min_length: int = 1, max_length: int = 255) -> str:
        """A string of `min_length` to `max_length` characters."""
        return self._required(name, _text(min_length, max_length), "")

    def optional_text(self, name: str, *, min_length: int = 0, max_length: int = 255) -> str | None:
        """As `text`; an empty string is allowed unless `min_length` says otherwise."""
        return self._optional(name, _text(min_length, max_length))

    def identifier(self, name: str, *, noun: str | None = "Customer") -> str:
        """A store's own id: a string or a whole number, with `gid://shopify/<noun>/` taken off.

        With None for a noun it stays as it is.
        """
        return self._required(name, _identifier(noun), "")

    def optional_identifier(self, name: str, *, noun: str | None = "Customer") -> str | None:
        """As `identifier`."""
        return self._optional(name, _identifier(noun))

    def email(self, name: str) -> str:
        """An address with one @ and a dotted domain, as it was written."""
        return self._required(name, _email, "")

    def optional_email(self, name: str) -> str | None:
        """As `email`."""
        return self._optional(name, _email)

    def ip_address(self, name: str) -> str:
        """One IPv4 or IPv6 address, in the one way to write it; a list of them is refused."""
        return self._required(name, _ip_address, "")

    def integer(self, name: str, *, minimum: int = 1, maximum: int = MAX_INTEGER) -> int:
        """A whole number: 5, 5.0 and 5e0 are one; true, "5" and 1.5 are refused."""
        return self._required(name, _integer(minimum, maximum), 0)

    def optional_integer(
        self, name: str, *, minimum: int = 1, maximum: int = MAX_INTEGER
    ) -> int | None:
        """As `integer`."""
        return self._optional(name, _integer(minimum, maximum))

    def decimal(self, name: str, *, minimum: Decimal = Decimal(0)) -> Decimal:
        """A number, or a string holding one: "59.95", "100.0000" and "1,234.56" are sent."""
        return self._required(name, _decimal(minimum), Decimal(0))

    def optional_decimal(self, name: str, *, minimum: Decimal = Decimal(0)) -> Decimal | None:
        """As `decimal`."""
        return self._optional(name, _decimal(minimum))

    def boolean(self, name: str) -> bool:
        """True or false; not 1, not "true"."""
        return self._required(name, _boolean, stand_in=False)

    def optional_boolean(self, name: str) -> bool | None:
        """As `boolean`."""
        return self._optional(name, _boolean)

    def choice(self, name: str, options: Sequence[_Option]) -> _Option:
        """One of `options` (strings or StrEnum members), compared exactly."""
        return self._required(name, _choice(options), options[0])

    def optional_choice(self, name: str, options: Sequence[_Option]) -> _Option | None:
        """As `choice`."""
        return self._optional(name, _choice(options))

    def timestamp(self, name: str) -> datetime:
        """An ISO 8601 string as aware UTC."""
        return self._required(name, _timestamp, datetime.min.replace(tzinfo=UTC))

    def optional_timestamp(self, name: str) -> datetime | None:
        """As `timestamp`."""
        return self._optional(name, _timestamp)

    def day(self, name: str) -> date:
        """A calendar date written YYYY-MM-DD."""
        return self._required(name, _date, date.min)

    def optional_day(self, name: str) -> date | None:
        """As `day`."""
        return self._optional(name, _date)

    def part(self, name: str) -> "Fields":
        """A reader of the object at `name`; its problems end in this reader's `done`."""
        return self._part(name, self._required(name, _object, {}))

    def optional_part(self, name: str) -> "Fields | None":
        """As `part`."""
        values = self._optional(name, _object)
        return None if values is None else self._part(name, values)

    def parts(self, name: str, *, max_length: int = 1_000) -> "tuple[Fields, ...]":
        """Readers of the objects in a list (`name.0`, `name.1` and so on); absent is empty."""
        values = self._optional(name, _array(max_length)) or []
        parts = []
        for index, value in enumerate(values):
            if isinstance(value, dict):
                parts.append(self._part(f"{name}.{index}", value))
            else:
                self.problem(f"{name}.{index}", _expected("object", value))
        return tuple(parts)

    def _part(self, name: str, values: Mapping[str, object]) -> "Fields":
        return Fields(values, prefix=f"{self._prefix}{name}.", problems=self._problems)

    def _required(self, name: str, reader: Callable[[object], _T], stand_in: _T) -> _T:
        value = self._find(name, required=True)
        if value is _UNREADABLE:
            return stand_in
        try:
            return reader(value)
        except ValueError as why:
            self.problem(name, str(why))
            return stand_in

    def _optional(self, name: str, reader: Callable[[object], _T]) -> _T | None:
        value = self._find(name)
        if value is _MISSING or value is _UNREADABLE or value is None:
            return None
        try:
            return reader(value)
        except ValueError as why:
            self.problem(name, str(why))
            return None

    def _find(self, name: str, *, required: bool = False) -> object:
        """The value at a dotted name; _UNREADABLE once a container on the way was reported."""
        values = self._values
        *containers, last = name.split(".")
        for depth, container in enumerate(containers, start=1):
            inner = values.get(container, _MISSING)
            if isinstance(inner, dict):
                values = inner
            elif not required and (inner is _MISSING or inner is None):
                return _MISSING
            else:
                self.problem(".".join(containers[:depth]), _expected("object", inner))
                return _UNREADABLE
        return values.get(last, _MISSING)


def plain_address(text: str) -> str:
    """An IP address in the one way to write it, so that two can be compared. Raises ValueError.

    IPv4 in the guise of IPv6 is the IPv4 address; zones are refused, for they are of one machine.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise ValueError("an address with a zone")
        return str(address.ipv4_mapped or address)
    return str(address)


def invalid_option(options: Sequence[str]) -> str:
    """What a value outside an enumeration is answered with, in fields, queries and headers."""
    return "Invalid option: expected one of " + "|".join(f'"{option}"' for option in options)


DECIMAL_PATTERN: Final = r"^(?:[0-9]{1,24}|[0-9]{1,3}(?:,[0-9]{3}){1,7})(?:\.[0-9]{1,24})?$"
"""The JSON Schema pattern of a decimal that is written as a string and is not below zero."""

_EMAIL: Final = re.compile(r"[^\s@<>\x00-\x1f\x7f]+@[^\s@<>]+\.[^\s@<>.]+")
_DECIMAL: Final = re.compile(r"-?(?:[0-9]{1,24}|[0-9]{1,3}(?:,[0-9]{3}){1,7})(?:\.[0-9]{1,24})?")
_MAX_EMAIL_CHARACTERS: Final = 254
_MAX_IP_CHARACTERS: Final = 255


class _FieldError(ValueError):
    """What is wrong with one field, in words for whoever sent it."""


def _expected(what: str, value: object) -> str:
    received = "undefined" if value is _MISSING else kind(value)
    return f"Invalid input: expected {what}, received {received}"


def _text(min_length: int, max_length: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str):
            raise _FieldError(_expected("string", value))
        if len(value) < min_length:
            raise _FieldError(f"Too short: expected at least {_characters(min_length)}")
        if len(value) > max_length:
            raise _FieldError(f"Too long: expected at most {_characters(max_length)}")
        return value

    return read


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _identifier(noun: str | None) -> Callable[[object], str]:
    def read(value: object) -> str:
        whole = _whole(value)
        if whole is not None:
            return str(whole)
        return clean_id(_text(1, MAX_ID_LENGTH)(value), noun=noun)

    return read


def _email(value: object) -> str:
    text = _text(1, _MAX_EMAIL_CHARACTERS)(value)
    if not _EMAIL.fullmatch(text):
        raise _FieldError("Invalid email address")
    return text


def _ip_address(value: object) -> str:
    text = _text(1, _MAX_IP_CHARACTERS)(value)
    try:
        return plain_address(text)
    except ValueError:
        raise _FieldError("Invalid IP address: expected one IPv4 or IPv6 address") from None


def _integer(minimum: int, maximum: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        whole = _whole(value)
        if whole is None:
            is_number = isinstance(value, Decimal)
            raise _FieldError(
                f"Invalid input: expected integer, received {value}"
                if is_number
                else _expected("number", value)
            )
        if whole < minimum:
            raise _FieldError(f"Too small: expected at least {minimum}")
        if whole > maximum:
            raise _FieldError(f"Too big: expected at most {maximum}")
        return whole

    return read


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return None


def _decimal(minimum: Decimal) -> Callable[[object], Decimal]:
    def read(value: object) -> Decimal:
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            number = Decimal(value.replace(",", ""))
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            number = Decimal(value)
        elif isinstance(value, str):
            raise _FieldError('Invalid input: expected a decimal such as "1234.56"')
        else:
            raise _FieldError(_expected("decimal string or number", value))
        if number < minimum:
            raise _FieldError(f"Too small: expected at least {minimum}")
        return number

    return read


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _FieldError(_expected("boolean", value))
    return value


def _choice(options: Sequence[_Option]) -> Callable[[object], _Option]:
    def read(value: object) -> _Option:
        for option in options:
            if isinstance(value, str) and value == option:
                return option
        raise _FieldError(invalid_option(options))

    return read


def _timestamp(value: object) -> datetime:
    return parse_instant(_text(1, 64)(value))


def _date(value: object) -> date:
    text = _text(1, 64)(value)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise _FieldError("Invalid date: expected YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _FieldError("Invalid date: there is no such day") from None


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _FieldError(_expected("object", value))
    return value


def _array(max_length: int) -> Callable[[object], list[object]]:
    def read(value: object) -> list[object]:
        if not isinstance(value, list):
            raise _FieldError(_expected("array", value))
        if len(value) > max_length:
            raise _FieldError(f"Too long: expected at most {max_length} items")
        return value

    return read
