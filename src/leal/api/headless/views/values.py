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


def instant(moment: datetime) -> datetime | str:
    """A moment as the contract writes it: UTC, with milliseconds where there are any.

    Whole seconds are left to the JSON encoder, which writes them so and much faster.
    """
    if moment.microsecond:
        return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
    return moment


def optional_instant(moment: datetime | None) -> datetime | str | None:
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
    return msgspec.Raw(msgspec.json.encode(value))
