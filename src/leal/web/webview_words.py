"""What a loyalty page says, in the languages it speaks; others read English.

Places in braces are filled by the page. Amounts, points and days come formatted.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from leal.web.webview_languages import LANGUAGES


class Word(StrEnum):
    """Everything that the page says itself."""

    SKIP = "skip"
    HELLO = "hello"
    BALANCE = "balance"
    PENDING = "pending"
    TO_NEXT = "to_next"
    TO_KEEP = "to_keep"
    UNTIL = "until"
    ORDER = "order"
    ORDERS = "orders"
    REWARDS = "rewards"
    NO_REWARDS = "no_rewards"
    REDEEM = "redeem"
    MISSING = "missing"
    LIMIT = "limit"
    AGAIN = "again"
    OUT_OF_STOCK = "out_of_stock"
    IN_CART = "in_cart"
    SUBSCRIBERS = "subscribers"
    AMOUNT = "amount"
    BETWEEN = "between"
    CHOOSE = "choose"
    CODES = "codes"
    CODE = "code"
    USED = "used"
    PARTLY_USED = "partly_used"
    EXPIRED = "expired"
    TAKEN_BACK = "taken_back"
    MAKING = "making"
    EARN = "earn"
    EARNED = "earned"
    TIERS = "tiers"
    YOUR_TIER = "your_tier"
    REFER = "refer"
    SHARE = "share"
    BY_MAIL = "by_mail"
    HISTORY = "history"
    OLDER = "older"
    WAITS = "waits"
    DECLINED = "declined"
    YOURS = "yours"
    PUBLIC = "public"
    PAUSED = "paused"
    ENDED = "ended"
    OPEN_AGAIN = "open_again"
    TO_SHOP = "to_shop"
    NO_POINTS = "no_points"
    NO_AMOUNT = "no_amount"
    NO_VARIANT = "no_variant"
    NOT_OFFERED = "not_offered"
    NOT_MADE = "not_made"
    NOT_NOW = "not_now"


def say(word: Word, language: str, /, *, of: Mapping[str, str] | None = None) -> str:
    """A word in a language, with its places filled."""
    text = LANGUAGES[spoken(language)][word]
    for place, filling in (of or {}).items():
        text = text.replace(f"{{{place}}}", filling)
    return text


def spoken(language: str) -> str:
    """The language that the page speaks for this one: "de-AT" is read as "de"."""
    plain = language.lower().partition("-")[0]
    return plain if plain in LANGUAGES else "en"


def accepted(header: str) -> str:
    """The first language of an Accept-Language header that the page speaks."""
    for part in header.split(","):
        plain = part.partition(";")[0].strip().lower().partition("-")[0]
        if plain in LANGUAGES:
            return plain
    return "en"


def why_not(refusal: str) -> Word:
    """A refusal, by its name, as a shopper is told of it."""
    return _REFUSALS.get(refusal, Word.NOT_NOW)


_REFUSALS: Final[Mapping[str, Word]] = {
    "InsufficientPoints": Word.NO_POINTS,
    "RewardNotEnabled": Word.NOT_OFFERED,
    "Missing": Word.NOT_OFFERED,
    "RewardOutOfStock": Word.OUT_OF_STOCK,
    "NoVouchersLeft": Word.OUT_OF_STOCK,
    "RewardLimitReached": Word.LIMIT,
    "InvalidVariant": Word.NO_VARIANT,
    "InvalidDiscount": Word.NO_AMOUNT,
    "NoSubscriptions": Word.SUBSCRIBERS,
    "NoActiveSubscription": Word.SUBSCRIBERS,
    "VoucherNotMade": Word.NOT_MADE,
    "CustomerBlocked": Word.PAUSED,
    "CustomerNotEnrolled": Word.PUBLIC,
}
