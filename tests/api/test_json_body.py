"""Bodies are read strictly, decimals exactly, and every wrong field is named in one answer."""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from leal.api.fields import Fields, invalid_option
from leal.api.json_body import MAX_INTEGER, parse_object, parse_object_or_empty, read_body
from leal.domain.problems import BadRequest, TooLarge


class Channel(StrEnum):
    WEB = "web"
    POS = "pos"
    MOBILE = "mobile"


def nested(levels: int, *, arrays: bool = False) -> bytes:
    inner = levels - 1
    if arrays:
        return b'{"a":' + b"[" * inner + b"]" * inner + b"}"
    return b'{"a":' * inner + b"{}" + b"}" * inner


REFUSED = {
    "empty": b"",
    "blank": b" \n",
    "truncated": b'{"a": 1',
    "truncated string": b'{"a": "b',
    "array at the top": b'[{"a": 1}]',
    "string at the top": b'"a"',
    "null at the top": b"null",
    "trailing garbage": b'{"a": 1} x',
    "two documents": b'{"a": 1}{"b": 2}',
    "trailing comma": b'{"a": 1,}',
    "comment": b'{"a": 1} // one',
    "single quotes": b"{'a': 1}",
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "invalid UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "raw NUL": b'{"a": "\x00"}',
    "escaped NUL": rb'{"a": "x\u0000y"}',
    "escaped NUL in a key": rb'{"a\u0000": 1}',
    "escaped NUL inside a list": rb'{"a": ["b", {"c": "\u0000"}]}',
    "lone high surrogate": rb'{"a": "\ud800"}',
    "lone low surrogate": rb'{"a": "\uDC00"}',
    "surrogates in the wrong order": rb'{"a": "\ude00\ud83d"}',
    "two high surrogates": rb'{"a": "\ud83d\ud83d\ude00"}',
    "half a pair behind an escaped backslash": rb'{"a": "\\ud83d\ude00"}',
    "control character": b'{"a": "\x01"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": [-Infinity]}',
    "20 digits": b'{"a": 10000000000000000000}',
    "2^63": b'{"a": 9223372036854775808}',
    "minus 2^63": b'{"a": -9223372036854775808}',
    "a million digits": b'{"a": ' + b"9" * 900_000 + b"}",
    "an endless exponent": b'{"a": 1e999999999}',
    "an exponent beyond Decimal": b'{"a": 1e99999999999999999999}',
    "a vanishing exponent": b'{"a": 1E-99999}',
    "a million decimals": b'{"a": 0.' + b"1" * 900_000 + b"}",
    "leading zero": b'{"a": 01}',
    "plus": b'{"a": +1}',
    "Arabic digits": '{"a": \u0661}'.encode(),
    "duplicate key": b'{"a": 1, "a": 1}',
    "duplicate key, once escaped": rb'{"a": 1, "\u0061": 1}',
    "duplicate key deep inside": b'{"a": [{"b": 1, "b": 2}]}',
    "33 levels of objects": nested(33),
    "33 levels of arrays": nested(33, arrays=True),
    "100,000 levels": nested(100_000),
    "100,000 levels of arrays": nested(100_000, arrays=True),
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_body_is_a_bad_request_about_the_body(raw: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_object(raw)
    assert list(caught.value.details) == ["body"]
    assert caught.value.details["body"]
    assert caught.value.message == "Invalid request"


def test_a_sound_body_comes_out_exactly() -> None:
    raw = rb"""
      {"id": 9223372036854775807, "low": -9223372036854775807, "price": 0.1, "whole": 1.0,
       "exp": 1e3, "zero": -0, "text": "caf\u00e9 \ud83d\ude00 \\u0000 \\ud800", "rtl": "\u202eabc",
       "none": null, "yes": true, "list": [1, 2.50]}
    """
    values = parse_object(raw)
    assert values == {
        "id": MAX_INTEGER,
        "low": -MAX_INTEGER,
        "price": Decimal("0.1"),
        "whole": Decimal("1.0"),
        "exp": Decimal("1e3"),
        "zero": 0,
        "text": r"café 😀 \u0000 \ud800",
        "rtl": "\u202eabc",
        "none": None,
        "yes": True,
        "list": [1, Decimal("2.50")],
    }
    assert not any(isinstance(value, float) for value in values.values())


def test_thirty_two_levels_are_read_whatever_brackets_its_strings_hold() -> None:
    assert parse_object(nested(32))
    assert parse_object(nested(32, arrays=True))
    assert parse_object(b'{"a": "' + b"[" * 500 + b'", "b": [[1], [2]]}')


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.booleans())
def test_any_text_survives(text: str, ascii_only: bool) -> None:  # noqa: FBT001 - hypothesis
    assert parse_object(json.dumps({"a": text}, ensure_ascii=ascii_only).encode()) == {"a": text}


ESCAPES = [r"\u0000", r"\ud83d", r"\ude00", r"\\", "u", r"\u0041", "d83d", r"\uDBFF", r"\udc00"]


@given(st.lists(st.sampled_from(ESCAPES)))
def test_the_quick_look_misses_no_forbidden_escape(parts: list[str]) -> None:
    raw = '{"a": "' + "".join(parts) + '"}'
    text: str = json.loads(raw)["a"]
    forbidden = any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)
    if forbidden:
        with pytest.raises(BadRequest):
            parse_object(raw.encode())
    else:
        assert parse_object(raw.encode()) == {"a": text}


@pytest.mark.parametrize("raw", [b"", b" \r\n", b"[]", b" [] ", b"{}"])
def test_old_plugins_may_send_nothing(raw: bytes) -> None:
    assert parse_object_or_empty(raw) == {}


@pytest.mark.parametrize("raw", [b"[1]", b"null", b'""', b"x"])
def test_but_not_just_anything(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_object_or_empty(raw)


# --- off the wire -------------------------------------------------------------------------------


def read(chunks: Iterable[bytes], headers: dict[str, str], *, max_bytes: int = 10) -> bytes:
    waiting = list(chunks)

    async def receive() -> Message:
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    raw_headers = [(name.encode(), text.encode()) for name, text in headers.items()]
    request = Request({"type": "http", "method": "POST", "headers": raw_headers}, receive)
    return asyncio.run(read_body(request, max_bytes=max_bytes))


def test_a_body_is_joined_whatever_its_content_type() -> None:
    assert read([b"ab", b"", b"cd"], {}) == b"abcd"
    assert read([b"abcd"], {"content-type": "text/xml", "content-encoding": "identity"}) == b"abcd"
    assert read([b"0123456789"], {"content-length": "10"}) == b"0123456789"


def test_a_body_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        read([b"012345", b"67890"], {})


@pytest.mark.parametrize("announced", ["11", "9" * 5_000])
def test_an_announced_length_over_the_limit_is_refused_before_reading(announced: str) -> None:
    with pytest.raises(TooLarge):
        read([], {"content-length": announced})


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "identity, gzip"])
def test_a_compressed_body_is_never_inflated(encoding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    with pytest.raises(BadRequest) as caught:
        read([bomb], {"content-encoding": encoding}, max_bytes=1_000_000)
    assert "Content-Encoding" in caught.value.details["body"]


# --- fields -------------------------------------------------------------------------------------


def problems(read_fields: Callable[[Fields], object], **values: object) -> dict[str, str]:
    fields = Fields(values)
    read_fields(fields)
    try:
        fields.done()
    except BadRequest as problem:
        return problem.details
    return {}


def test_all_wrong_fields_are_named_at_once() -> None:
    fields = Fields(
        parse_object(b'{"customer": {"email": 5}, "points": 0, "channel": "fax", "lines": [{}, 1]}')
    )
    fields.email("customer.email")
    fields.integer("points", minimum=1, maximum=1_000_000)
    fields.choice("channel", tuple(Channel))
    fields.text("reason")
    fields.text("session.page_url")
    for line in fields.parts("lines"):
        line.integer("quantity")
    fields.part("cart").text("id")
    with pytest.raises(BadRequest) as caught:
        fields.done()
    assert caught.value.details == {
        "customer.email": "Invalid input: expected string, received number",
        "points": "Too small: expected at least 1",
        "channel": 'Invalid option: expected one of "web"|"pos"|"mobile"',
        "reason": "Invalid input: expected string, received undefined",
        "session": "Invalid input: expected object, received undefined",
        "lines.0.quantity": "Invalid input: expected number, received undefined",
        "lines.1": "Invalid input: expected object, received number",
        "cart": "Invalid input: expected object, received undefined",
        "cart.id": "Invalid input: expected string, received undefined",
    }


def test_good_fields_come_out_typed() -> None:
    fields = Fields(
        parse_object(
            b'{"customer": {"email": "a+b@example.co.uk", "id": 1001}, "points": 1e3, "n": 5.0,'
            b' "channel": "pos", "at": "2024-01-31T09:30:00+01:00", "on": "2024-02-29",'
            b' "total": "1,234.56", "tax": 0.1, "zero": "100.0000", "guest": false,'
            b' "gid": "gid://shopify/Customer/7", "lines": [{"q": 2}]}'
        )
    )
    assert fields.email("customer.email") == "a+b@example.co.uk"
    assert fields.identifier("customer.id") == "1001"
    assert fields.integer("points") == 1000
    assert fields.integer("n") == 5
    assert fields.choice("channel", tuple(Channel)) is Channel.POS
    assert fields.timestamp("at") == datetime(2024, 1, 31, 8, 30, tzinfo=UTC)
    assert fields.day("on") == date(2024, 2, 29)
    assert fields.decimal("total") == Decimal("1234.56")
    assert fields.decimal("tax") == Decimal("0.1")
    assert fields.decimal("zero") == 100
    assert fields.boolean("guest") is False
    assert fields.identifier("gid") == "7"
    assert [line.integer("q") for line in fields.parts("lines")] == [2]
    assert fields.part("customer").text("email") == "a+b@example.co.uk"
    fields.done()


@pytest.mark.parametrize("value", [None, "absent"])
def test_optional_fields_may_be_absent_or_null(value: object) -> None:
    fields = Fields({} if value == "absent" else {"a": None, "b": None})
    assert fields.optional_text("a") is None
    assert fields.optional_text("b.c") is None
    assert fields.optional_integer("a") is None
    assert fields.optional_identifier("a") is None
    assert fields.optional_email("a") is None
    assert fields.optional_decimal("a") is None
    assert fields.optional_boolean("a") is None
    assert fields.optional_choice("a", ("x",)) is None
    assert fields.optional_timestamp("a") is None
    assert fields.optional_day("a") is None
    assert fields.optional_part("a") is None
    assert fields.parts("a") == ()
    fields.done()
    assert fields.has("a") is (value is None)


def test_an_optional_field_of_the_wrong_kind_is_still_wrong() -> None:
    assert problems(lambda f: f.optional_text("a"), a=5) == {
        "a": "Invalid input: expected string, received number"
    }
    assert problems(lambda f: f.optional_text("a.b"), a="x") == {
        "a": "Invalid input: expected object, received string"
    }
    assert problems(lambda f: f.parts("a"), a={}) == {
        "a": "Invalid input: expected array, received object"
    }


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        (1, True),
        (1_000_000, True),
        (Decimal("1.0"), True),
        (Decimal("1e3"), True),
        (0, False),
        (-1, False),
        (1_000_001, False),
        (2**31, False),
        (2**53, False),
        (Decimal("1e60"), False),
        (Decimal("1.5"), False),
        ("5", False),
        (True, False),
        (None, False),
        ([], False),
        ({}, False),
    ],
)
def test_points_are_whole_numbers_within_their_bounds(value: object, *, fine: bool) -> None:
    found = problems(lambda f: f.integer("points", minimum=1, maximum=1_000_000), points=value)
    assert bool(found) is not fine


@pytest.mark.parametrize(
    "value", ["", "x", "1,23.4", "1.234,56", "1 000", "١٢", "1e3", "NaN", True, None, -1, "-1"]
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    assert problems(lambda f: f.decimal("total"), total=value).keys() == {"total"}


def test_a_text_is_measured_in_characters() -> None:
    assert not problems(lambda f: f.text("a"), a="é" * 255)
    assert not problems(lambda f: f.text("a"), a="👩" * 255)
    assert problems(lambda f: f.text("a"), a="x" * 256) == {
        "a": "Too long: expected at most 255 characters"
    }
    assert problems(lambda f: f.text("a"), a="x" * 65_536)
    assert problems(lambda f: f.text("a"), a="") == {
        "a": "Too short: expected at least 1 character"
    }


@pytest.mark.parametrize(
    "value", ["", "a", "a@b", "a@b.", "a b@c.de", "a@b@c.de", "a@b.c\n", "@b.c"]
)
def test_what_is_no_email_is_refused(value: str) -> None:
    assert problems(lambda f: f.email("email"), email=value).keys() == {"email"}


@pytest.mark.parametrize(
    "value", ["2023-02-29", "20240101", "2024-1-1", "1990-W19-4", "\u0662024-01-01"]
)
def test_what_is_no_day_is_refused(value: str) -> None:
    assert problems(lambda f: f.day("on"), on=value).keys() == {"on"}


@pytest.mark.parametrize("value", [True, "", "a\x01b", "gid://shopify/Order/5", Decimal("1.5"), {}])
def test_what_is_no_id_is_refused(value: object) -> None:
    assert problems(lambda f: f.identifier("id"), id=value).keys() == {"id"}


def test_truth_is_true_or_false_only() -> None:
    assert problems(lambda f: f.boolean("a"), a=1) == {
        "a": "Invalid input: expected boolean, received number"
    }


def test_the_first_problem_of_a_field_is_kept() -> None:
    fields = Fields({}, prefix="cart.")
    fields.problem("id", "first")
    fields.problem("id", "second")
    with pytest.raises(BadRequest) as caught:
        fields.done()
    assert caught.value.details == {"cart.id": "first"}
    assert invalid_option(tuple(Channel)) == 'Invalid option: expected one of "web"|"pos"|"mobile"'
