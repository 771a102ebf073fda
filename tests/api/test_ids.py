"""One customer is one id however its path is spelled, and two ids are never one."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from leal.api.ids import (
    clean_id,
    decode_id,
    decode_number,
    instant,
    one,
    parse_instant,
    whole_number,
)
from leal.domain.problems import BadRequest, Missing

GID = "gid://shopify/Customer/1001"


def encoded(text: str, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


@pytest.mark.parametrize("times", range(6))
def test_a_shopify_customer_is_the_bare_number_however_often_it_was_encoded(times: int) -> None:
    assert decode_id("1001") == "1001"
    if times:
        assert decode_id(encoded(GID, times)) == "1001"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("50%2", "50%2"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("..%2f..%2fetc", "../../etc"),
        ("..", ".."),
        ("%F0%9F%98%80", "😀"),
        ("%E2%80%AEabc", "\u202eabc"),
        ("\xc3\xa9", "é"),  # raw UTF-8 bytes as latin-1 text
        ("x" * 255, "x" * 255),
        ("%C3%A9" * 255, "é" * 255),
        ("gid%3A%2F%2Fother%2FCustomer%2F1", "gid://other/Customer/1"),
    ],
)
def test_other_ids_are_taken_as_they_are(raw: str, expected: str) -> None:
    assert decode_id(raw) == expected


def test_composed_and_decomposed_accents_stay_two_ids() -> None:
    assert decode_id("caf%C3%A9") != decode_id("cafe%CC%81")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "%FF",
        "%FE",
        "%25FF",
        "\xff",
        "%00",
        "%2500",
        "a%0Ab",
        "%7F",
        "%C2%85",
        "%ED%A0%80",
        "x" * 256,
        "x" * 65_536,
        "%41" * 256,
        encoded("%41 ", 8),
        "gid%3A%2F%2Fshopify%2FOrder%2F1001",
        "gid%3A%2F%2Fshopify%2FCustomer%2Fabc",
        "gid%3A%2F%2Fshopify%2FCustomer%2F",
        "gid%3A%2F%2Fshopify%2FCustomer%2F%D9%A1",
    ],
)
def test_what_cannot_be_an_id_is_a_bad_request_naming_it(raw: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decode_id(raw)
    assert list(caught.value.details) == ["merchant_id"]


def test_the_noun_of_a_shopify_id_is_the_callers() -> None:
    assert decode_id(encoded("gid://shopify/Order/5", 1), field="order", noun="Order") == "5"
    with pytest.raises(BadRequest) as caught:
        decode_id(encoded(GID, 1), field="order", noun="Order")
    assert list(caught.value.details) == ["order"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=255))
def test_every_other_text_comes_back_from_its_encoding(text: str) -> None:
    if "%" not in text and not text.startswith("gid:"):
        assert decode_id(encoded(text, 1)) == text
        assert decode_id(encoded(text, 2)) == text
        assert clean_id(text) == text


@given(st.binary(max_size=300))
def test_no_bytes_on_the_wire_are_a_bug(raw: bytes) -> None:
    try:
        found = decode_id(raw.decode("latin-1"))
    except BadRequest:
        return
    assert 1 <= len(found.encode()) <= 4 * 255
    assert "\0" not in found


@pytest.mark.parametrize(("raw", "number"), [("1", 1), ("42", 42), (str(2**53 - 1), 2**53 - 1)])
def test_numbers_in_paths(raw: str, number: int) -> None:
    assert decode_number(raw, field="site_id", noun="site") == number


@pytest.mark.parametrize("raw", ["0", "007", str(2**53), str(2**63), "9" * 60_000])
def test_digits_that_name_nothing_are_missing(raw: str) -> None:
    with pytest.raises(Missing) as caught:
        decode_number(raw, field="site_id", noun="site")
    assert caught.value.noun == "site"


@pytest.mark.parametrize("raw", ["", "-1", "+1", "1.0", "1e3", " 1", "1_0", "١٢", "²", "x", "%31"])
def test_what_is_no_number_is_a_bad_request(raw: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decode_number(raw, field="site_id", noun="site")
    assert list(caught.value.details) == ["site_id"]


# --- queries ------------------------------------------------------------------------------------


def asked(query: str | bytes) -> Request:
    raw = query if isinstance(query, bytes) else query.encode()
    return Request({"type": "http", "query_string": raw, "headers": []})


def refusal(read: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(BadRequest) as caught:
        read()
    return caught.value.details


def limit(query: str) -> int:
    return whole_number(asked(query), "limit", default=100, minimum=1, maximum=500)


def test_a_parameter_is_given_once_or_not_at_all() -> None:
    assert one(asked(""), "a") is None
    assert one(asked("b=1"), "a") is None
    assert one(asked("a="), "a") == ""
    assert one(asked("a=x%20%C3%A9"), "a") == "x é"
    assert refusal(lambda: one(asked("a=1&a=1"), "a")) == {
        "a": "Invalid input: given more than once"
    }


@pytest.mark.parametrize(
    "query", [b"a=%00", b"a=%FF", b"a=%0A", b"a=\xc3\xa9", b"a=" + b"x" * 5_000, b"a=%ED%A0%80"]
)
def test_what_is_no_text_is_refused(query: bytes) -> None:
    assert refusal(lambda: one(asked(query), "a")).keys() == {"a"}


def test_a_limit_has_a_default_and_bounds() -> None:
    assert (limit(""), limit("limit=1"), limit("limit=500")) == (100, 1, 500)
    assert whole_number(asked(""), "page", default=None, minimum=1, maximum=9) is None
    assert refusal(lambda: limit("limit=0")) == {"limit": "Too small: expected at least 1"}
    assert refusal(lambda: limit("limit=501")) == {"limit": "Too big: expected at most 500"}


@pytest.mark.parametrize(
    "value",
    ["", "%D9%A1%D9%A2", "1_0", "%2B5", "+5", "%205", "5%20", "-1", "1.0", "1e3", "x", "9" * 20],
)
def test_a_limit_is_ascii_digits_only(value: str) -> None:
    assert refusal(lambda: limit(f"limit={value}")).keys() == {"limit"}


def test_a_limit_given_twice_is_refused() -> None:
    assert refusal(lambda: limit("limit=5&limit=6")).keys() == {"limit"}


def test_an_id_beyond_the_database_is_refused() -> None:
    read = lambda: whole_number(  # noqa: E731 - read twice below
        asked(f"since_id={2**63}"), "since_id", default=None, minimum=0, maximum=2**53 - 1
    )
    assert refusal(read).keys() == {"since_id"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-01", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01T00:00:00Z", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01T12:30", datetime(2024, 1, 1, 12, 30, tzinfo=UTC)),
        ("2024-01-01 12:30:15", datetime(2024, 1, 1, 12, 30, 15, tzinfo=UTC)),
        ("2024-01-01T00:00:00+00:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01T00:00:00 00:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01T01:00:00+0100", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2023-12-31T10:00:00-14:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01T14:00:00+14:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-02-29T23:59:59.288771Z", datetime(2024, 2, 29, 23, 59, 59, 288771, tzinfo=UTC)),
        ("2024-02-29T23:59:59.1Z", datetime(2024, 2, 29, 23, 59, 59, 100000, tzinfo=UTC)),
        ("2024-02-29T23:59:59.123456789Z", datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)),
        ("1900-01-01", datetime(1900, 1, 1, tzinfo=UTC)),
        ("9998-12-31T23:59:59-14:00", datetime(9999, 1, 1, 13, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_become_utc(text: str, expected: datetime) -> None:
    found = parse_instant(text)
    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1990-W19-4",
        "2024-001",
        "20240101",
        "2023-02-29",
        "2024-13-01",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "2024-01-01T00:00:00+17:09",
        "2024-01-01T00:00:00+14:01",
        "2024-01-01T00:00:00-15:00",
        "2024-01-01T00:00:00+01:60",
        "9999-12-31T23:59:59-14:00",
        "9999-01-01",
        "1899-12-31",
        "0000-01-01",
        "10000-01-01",
        "٢٠٢٤-01-01",
        "2024-01-01T00:00:00Zx",
        "2024-01-01\n",
        "yesterday",
        "1704067200",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid time"):
        parse_instant(text)


def test_a_time_in_a_query() -> None:
    query = asked("created_at_min=2024-01-01T00%3A00%3A00%2B00%3A00&since=1990-W19-4")
    assert instant(query, "created_at_min") == datetime(2024, 1, 1, tzinfo=UTC)
    assert instant(query, "created_at_max") is None
    assert refusal(lambda: instant(query, "since")).keys() == {"since"}


@given(st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9998, 12, 30)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_a_time_survives_its_own_iso_text(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert parse_instant(aware.isoformat()) == aware
