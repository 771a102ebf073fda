"""Money is exact in every currency, and prints as JSON clients expect."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.money import (
    CURRENCIES,
    from_minor,
    known_currency,
    minor_digits,
    to_minor,
    wire_amount,
)

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(-(10**40), 10**40)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("usd", 2), ("eur", 2), ("mga", 2), ("jpy", 0), ("krw", 0), ("isk", 0), ("kwd", 3)],
)
def test_a_currency_has_the_digits_of_its_standard(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("9.90", "usd", 990),
        ("9.9", "usd", 990),
        ("5", "usd", 500),
        ("1E+2", "usd", 10_000),
        ("-0.01", "eur", -1),
        ("990", "jpy", 990),
        ("1.500", "jpy", None),
        ("1.234", "kwd", 1234),
        ("0.005", "usd", None),
        ("NaN", "usd", None),
        ("Infinity", "usd", None),
    ],
)
def test_main_units_become_smallest_units_or_are_refused(
    amount: str, currency: str, minor: int | None
) -> None:
    if minor is None:
        with pytest.raises(ValueError, match=r"finer|not an amount"):
            to_minor(Decimal(amount), currency)
    else:
        assert to_minor(Decimal(amount), currency) == minor


@given(minor=amounts, currency=currencies)
def test_smallest_units_survive_the_way_to_main_units_and_back(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (500, "usd", "5"),
        (990, "usd", "9.9"),
        (9999, "usd", "99.99"),
        (-990, "usd", "-9.9"),
        (0, "usd", "0"),
        (990, "jpy", "990"),
        (1234, "kwd", "1.234"),
    ],
)
def test_the_wire_has_whole_amounts_without_decimals(minor: int, currency: str, text: str) -> None:
    assert repr(wire_amount(minor, currency)) == text


@given(minor=st.integers(-(10**12), 10**12), currency=currencies)
def test_the_wire_number_reads_back_as_the_same_amount(minor: int, currency: str) -> None:
    read_back = Decimal(repr(wire_amount(minor, currency)))

    assert to_minor(read_back, currency) == minor


@pytest.mark.parametrize(
    ("code", "known"),
    [("usd", True), ("zwg", True), ("USD", False), ("usx", False), ("xxx", False), ("", False)],
)
def test_only_lower_case_codes_of_real_money_are_currencies(code: str, *, known: bool) -> None:
    assert known_currency(code) is known
