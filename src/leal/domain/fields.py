"""The types that fields of the program document share: ids, amounts, titles."""

from decimal import Decimal
from typing import Annotated, TypeAlias

from leal.domain.constraints import MAX_INTEGER, WEB_ADDRESS, Between, Length, Matching
from leal.domain.texts import Text

Id: TypeAlias = Annotated[int, Between(1, MAX_INTEGER)]
"""A number that stays the same across versions of the document and is never reused."""

Points: TypeAlias = Annotated[int, Between(1, 1_000_000)]

Days: TypeAlias = Annotated[int, Between(1, 3650)]

Amount: TypeAlias = Annotated[Decimal, Between(0, 1_000_000_000)]
"""Money in main units of the currency of the site it is used on."""

PositiveAmount: TypeAlias = Annotated[Decimal, Between(Decimal("0.001"), 1_000_000_000)]

Title: TypeAlias = Annotated[Text, Length(1, 255)]

Description: TypeAlias = Annotated[Text, Length(1, 5000)]

Line: TypeAlias = Annotated[str, Length(1, 255)]
"""One line of plain text."""

OutsideId: TypeAlias = Annotated[str, Length(1, 255)]
"""An id from the merchant's shop, opaque to leal."""

Url: TypeAlias = Annotated[str, Length(1, 2048), WEB_ADDRESS]

TierKey: TypeAlias = Annotated[
    str,
    Matching(
        r"[a-z][a-z0-9_-]{0,31}",
        "a short name of lower-case letters, digits, - and _ such as gold",
    ),
]
