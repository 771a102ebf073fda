"""Strict reading of JSON bodies: off the wire, then into a dict.

Decimals come out as `Decimal`, never as float. The Content-Type header plays no part: several
published clients send JSON without it. The fields inside are read with `leal.api.fields`.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

from starlette.requests import Request

from leal.domain.problems import BadRequest, TooLarge

MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**63 - 1


async def read_body(request: Request, *, max_bytes: int = 1_000_000) -> bytes:
    """The whole body; TooLarge beyond `max_bytes`, BadRequest when it is compressed.

    Compressed bodies are refused rather than inflated: a few KB could become gigabytes. A body that
    was read with `read_body_again` is given again.
    """
    read: bytes | None = request.scope.get(_READ)
    if read is not None:
        return read
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in ("identity", ""):
        raise _bad_body("Compressed bodies are not read: send it without Content-Encoding")
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > max_bytes:
        raise TooLarge(max_bytes)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(max_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_body_again(request: Request) -> bytes:
    """As `read_body`; every later reader of the same request gets the same bytes."""
    raw = await read_body(request)
    request.scope[_READ] = raw
    return raw


def parse_object(raw: bytes) -> dict[str, object]:
    """The JSON object in `raw`; BadRequest naming `body` when it is anything else.

    Refused: what is not UTF-8, a byte order mark, NUL and lone surrogates in strings (escaped too),
    nesting beyond 32 levels, integers beyond ±(2^63-1), NaN and Infinity, a key given twice, an
    unfinished document, text after it, and anything but an object at the top.
    """
    value = _parse(raw)
    if not isinstance(value, dict):
        raise _bad_body(f"Invalid input: expected object, received {kind(value)}")
    return value


def parse_object_or_empty(raw: bytes) -> dict[str, object]:
    """As `parse_object`, but an empty body and `[]` are an empty object: old plugins send those."""
    return {} if raw.strip() in (b"", b"[]") else parse_object(raw)


def kind(value: object) -> str:
    """What JSON calls the type of a parsed value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


_READ: Final = "leal.body"
_MAX_DECIMAL_CHARACTERS: Final = 128
_MAX_EXPONENT: Final = 64
_CONTAINERS: Final = (dict, list)
_FORBIDDEN: Final = re.compile("[\0\ud800-\udfff]")
# Cheap looks at the raw bytes, so that ordinary bodies skip the slow checks. They may suspect too
# much (digits or brackets inside a string), never too little.
_DIGITS_AS_ZERO: Final = bytes(0x30 if chr(byte).isdigit() else 0x20 for byte in range(128)) + (
    b" " * 128
)
_EXPONENT: Final = re.compile(rb"[0-9][eE]")
_BRACKETS_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_SUSPECT_ESCAPE: Final = re.compile(
    rb"\\u(?:0000"
    rb"|[dD][89abAB]..(?!\\u[dD][c-fC-F])"
    rb"|[dD](?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F])"
)


def _parse(raw: bytes) -> object:
    text = _text_of(raw)
    decoder = _CAREFUL_DECODER if _may_hold_huge_number(raw) else _DECODER
    try:
        value: object = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _bad_body(f"Invalid JSON at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise _too_deep() from None
    if _may_be_deep(raw):
        _check_depth(value)
    if _may_escape_forbidden(raw):
        _check_strings(value)
    return value


def _may_hold_huge_number(raw: bytes) -> bool:
    return b"0" * 19 in raw.translate(_DIGITS_AS_ZERO) or _EXPONENT.search(raw) is not None


def _may_be_deep(raw: bytes) -> bool:
    brackets = raw.translate(_BRACKETS_ALIKE, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _may_escape_forbidden(raw: bytes) -> bool:
    if b"\\u" not in raw:
        return False
    # an escaped backslash before a u makes the pattern misjudge what follows
    return b"\\\\u" in raw or _SUSPECT_ESCAPE.search(raw) is not None


def _text_of(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise _bad_body("Must be UTF-8 without a byte order mark")
    if b"\x00" in raw:
        raise _bad_body("Must be UTF-8 without NUL characters")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad_body(f"Must be UTF-8: byte {error.start} is not") from None
    if not text.strip():
        raise _bad_body("Invalid input: expected object, received nothing")
    return text


def _bad_body(why: str) -> BadRequest:
    return BadRequest({"body": why})


def _too_deep() -> BadRequest:
    return _bad_body(f"Nested deeper than {MAX_DEPTH} levels")


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for node in level:
            if isinstance(node, dict):
                inner += [child for child in node.values() if isinstance(child, _CONTAINERS)]
            elif isinstance(node, list):
                inner += [child for child in node if isinstance(child, _CONTAINERS)]
        if not inner:
            return
        level = inner
    raise _too_deep()


def _check_strings(value: object) -> None:
    """Only for a body with an escape that could hide a NUL or half of a surrogate pair."""
    if isinstance(value, str):
        if _FORBIDDEN.search(value):
            raise _bad_body("Strings must not contain NUL characters or lone surrogates")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_strings(key)
            _check_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_strings(inner)


def _object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise _bad_body(f"The key {json.dumps(twice[:64])} is given twice")
    return values


def _integer_of(text: str) -> int:
    # the length is looked at first: turning a million digits into a number takes seconds
    value = int(text) if len(text) <= len("-9223372036854775807") else MAX_INTEGER + 1
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise _bad_body("Integers must lie within 9223372036854775807 of zero")
    return value


def _decimal_of(text: str) -> Decimal:
    try:
        value = Decimal(text) if len(text) <= _MAX_DECIMAL_CHARACTERS else None
    except InvalidOperation:
        value = None
    if value is None or abs(value.adjusted()) > _MAX_EXPONENT:
        raise _bad_body("Decimals must have a reasonable size and precision")
    return value


def _constant_of(name: str) -> NoReturn:
    raise _bad_body(f"{name} is not a JSON number")


# The first is for bodies without suspect numbers: calling back for each integer costs too much.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object_of, parse_float=Decimal, parse_constant=_constant_of
)
_CAREFUL_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object_of,
    parse_int=_integer_of,
    parse_float=_decimal_of,
    parse_constant=_constant_of,
)
