"""The small shapes that every Headless document is made of: money, times, text."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from leal.api import wording
from leal.domain.money import minor_digits, wire_amount
from leal.domain.rewards.goods import Discount, FixedDiscount
from leal.domain.texts import Text

Json = dict[str, object]


class Idiom(NamedTuple):
    """The money and the language that a document is written in."""

    currency: str
    language: str


Instant = datetime | msgspec.Raw


def instant(moment: datetime) -> Instant:
    """A moment as the contract writes it: UTC, with milliseconds where there are any.

    The JSON encoder writes whole seconds so by itself, and otherwise microseconds, whose last three
    digits and closing `Z"` are cut off: several times faster than formatting by hand.
    """
    if moment.microsecond:
        return msgspec.Raw(_encode(moment)[:-5] + b'Z"')
    return moment


def optional_instant(moment: datetime | None) -> Instant | None:
    """As `instant`, or null."""
    return None if moment is None else instant(moment)


@lru_cache(maxsize=4096)
def money(minor: int, idiom: Idiom) -> msgspec.Raw:
    """`{"amount": 9.9, "formatted": "$9.90"}` of an amount in minor units."""
    return _raw(
        {
            "amount": wire_amount(minor, idiom.currency),
            "formatted": wording.money(minor, idiom.currency, idiom.language),
        }
    )


def optional_money(minor: int | None, idiom: Idiom) -> msgspec.Raw | None:
    """As `money`, or null."""
    return None if minor is None else money(minor, idiom)


@lru_cache(maxsize=256)
def percentage(percent: int, language: str) -> msgspec.Raw:
    """`{"percentage": 10, "formatted": "10%"}`."""
    return _raw(
        {"percentage": percent, "formatted": wording.percentage(Decimal(percent), language)}
    )


def in_minor(units: Decimal, currency: str) -> int:
    """An amount of the program in minor units of the currency it is shown in.

    Amounts are taken at par in every site's currency; one with fewer digits rounds half up.
    """
    return int((units.scaleb(minor_digits(currency))).to_integral_value(ROUND_HALF_UP))


def amount(units: Decimal, idiom: Idiom) -> msgspec.Raw:
    """`money` of an amount written in the program's document."""
    return money(in_minor(units, idiom.currency), idiom)


def optional_amount(units: Decimal | None, idiom: Idiom) -> msgspec.Raw | None:
    """As `amount`, or null."""
    return None if units is None else amount(units, idiom)


def discount(terms: Discount, idiom: Idiom) -> msgspec.Raw:
    """Money or a percentage, as the discount is."""
    if isinstance(terms, FixedDiscount):
        return amount(terms.amount, idiom)
    return percentage(terms.percentage, idiom.language)


def optional_text(text: Text | None, language: str) -> str | None:
    """The words in a language, or null when the merchant wrote none."""
    return None if text is None else text.in_(language)


def _raw(value: Json) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))


_encode = msgspec.json.Encoder().encode
