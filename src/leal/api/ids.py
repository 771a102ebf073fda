"""Ids, numbers and times as they arrive in paths and queries.

Paths are matched undecoded, so that an id may hold any character and two different byte sequences
never become one id. Clients encode a customer's id once or twice, or send Shopify's long form of
it: all of these spellings end as the same id here.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeVar
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from leal.domain.problems import BadRequest, Missing

MAX_ID_LENGTH: Final = 255
MAX_JSON_INTEGER: Final = 2**53 - 1

ID_SCHEMA: Final[dict[str, object]] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$",
}
"""The JSON Schema of what `clean_id` takes."""

_Default = TypeVar("_Default", int, None)

_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._~@$-]{1,255}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_GLOBAL_ID: Final = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]{1,255})")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,15}")
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
_MAX_DECODINGS: Final = 5
_MAX_QUERY_CHARACTERS: Final = 4_096
_INSTANT: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    # a + that was not escaped in a query arrives as a space
    r"(?:([Zz])|([+\- ])([0-9]{2}):?([0-9]{2}))?)?"
)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9998
_MAX_OFFSET: Final = timedelta(hours=14)


def decode_id(
    raw_segment: str, *, field: str = "merchant_id", noun: str | None = "Customer"
) -> str:
    """The store's own id in a raw path segment (latin-1 text of the bytes on the wire).

    Percent-decoded until nothing changes, at most five times; a `%` that starts no escape stays.
    Raises BadRequest naming `field` for what is not UTF-8, for control characters, for more than
    255 characters and for a Shopify id of something other than `noun`; None
    leaves every id as it is.
    """
    if _PLAIN_ID.fullmatch(raw_segment):
        return raw_segment
    try:
        return clean_id(_percent_decoded(raw_segment), noun=noun)
    except ValueError as why:
        raise BadRequest({field: str(why)}) from None


def clean_id(text: str, *, noun: str | None = "Customer") -> str:
    """The id in already decoded text; ValueError says why there is none.

    Composed and decomposed accents stay different ids, as they are in the store.
    """
    if not text:
        raise ValueError("Too short: expected at least 1 character")
    if len(text) > MAX_ID_LENGTH:
        raise ValueError(f"Too long: expected at most {MAX_ID_LENGTH} characters")
    if _CONTROL.search(text):
        raise ValueError("Must not contain control characters")
    if noun is None or not text.startswith("gid://shopify/"):
        return text
    match = _GLOBAL_ID.fullmatch(text)
    if match is None or match[1] != noun:
        raise ValueError(f"Invalid id: expected gid://shopify/{noun}/ followed by digits")
    return match[2]


def decode_number(raw_segment: str, *, field: str, noun: str) -> int:
    """A numeric id in a path, 1 to 2^53-1; Missing when digits name no possible `noun`.

    Anything but ASCII digits is a BadRequest naming `field`.
    """
    if _NUMBER.fullmatch(raw_segment):
        number = int(raw_segment)
        if number <= MAX_JSON_INTEGER:
            return number
    if raw_segment.isascii() and raw_segment.isdigit():
        raise Missing(noun, f"There is no {noun} with this id")
    raise BadRequest({field: "Invalid input: expected a number"})


def one(request: Request, name: str) -> str | None:
    """The query parameter `name`, None when absent; given more than once is a BadRequest."""
    query: bytes = request.scope["query_string"]
    if b"%" not in query and name.encode() not in query:
        return None
    values = request.query_params.getlist(name)
    if not values:
        return None
    if len(values) > 1:
        raise BadRequest({name: "Invalid input: given more than once"})
    value = values[0]
    if "\ufffd" in value or _holds_raw_bytes(query, name):
        raise BadRequest({name: "Invalid input: expected percent-encoded UTF-8"})
    if len(value) > _MAX_QUERY_CHARACTERS:
        raise BadRequest({name: f"Too long: expected at most {_MAX_QUERY_CHARACTERS} characters"})
    if _CONTROL.search(value):
        raise BadRequest({name: "Must not contain control characters"})
    return value


def whole_number(
    request: Request, name: str, *, default: _Default, minimum: int, maximum: int
) -> int | _Default:
    """A query parameter of ASCII digits only, within the bounds; `default` when absent."""
    text = one(request, name)
    if text is None:
        return default
    if not _DIGITS.fullmatch(text):
        raise BadRequest({name: "Invalid input: expected a whole number"})
    if int(text) < minimum:
        raise BadRequest({name: f"Too small: expected at least {minimum}"})
    if int(text) > maximum:
        raise BadRequest({name: f"Too big: expected at most {maximum}"})
    return int(text)


def instant(request: Request, name: str) -> datetime | None:
    """A query parameter holding a time, as aware UTC; None when absent. See `parse_instant`."""
    text = one(request, name)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as why:
        raise BadRequest({name: str(why)}) from None


def parse_instant(text: str) -> datetime:
    """An ISO 8601 date or time as aware UTC; ValueError says what is wrong.

    A date is its midnight and a time without a zone is UTC. Week dates, years outside 1900 to 9998
    and zones beyond ±14:00 are refused; digits beyond microseconds are dropped.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("Invalid time: expected ISO 8601 such as 2024-01-31T09:30:00Z")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"Invalid time: the year must be {_FIRST_YEAR} to {_LAST_YEAR}")
    microsecond = int((match[7] or "0").ljust(6, "0")[:6])
    zone = _zone(match[9], match[10], match[11])
    try:
        moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone)
    except ValueError:
        raise ValueError("Invalid time: there is no such day or hour") from None
    return moment.astimezone(UTC)


def _holds_raw_bytes(query: bytes, name: str) -> bool:
    """Whether the parameter was sent with bytes that should have been escaped."""
    if query.isascii():
        return False
    start = name.encode() + b"="
    return any(part.startswith(start) and not part.isascii() for part in query.split(b"&"))


def _zone(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if sign is None or hours is None or minutes is None:
        return UTC
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _MAX_OFFSET or int(minutes) > 59:  # noqa: PLR2004 - minutes of an hour
        raise ValueError("Invalid time: the zone must be within 14:00 of UTC")
    return timezone(-offset if sign == "-" else offset)


def _percent_decoded(raw_segment: str) -> str:
    try:
        text = raw_segment.encode("latin-1").decode("utf-8")
        for _ in range(_MAX_DECODINGS):
            decoded = unquote_to_bytes(text).decode("utf-8")
            if decoded == text:
                return text
            text = decoded
    except UnicodeError:
        raise ValueError("Invalid id: expected percent-encoded UTF-8") from None
    if unquote_to_bytes(text).decode("utf-8", "replace") != text:
        raise ValueError("Invalid id: percent-encoded too many times")
    return text
