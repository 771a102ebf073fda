"""Reviews that customers wrote somewhere, as the platforms that keep them report them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from leal.domain.activities import Verdict
from leal.domain.rules.terms import RuleKind

ACTIVITY: Final = f"${RuleKind.REVIEW}"
"""The name of the activity that a review is."""


class ReviewStatus(StrEnum):
    """Where moderation stands."""

    APPROVED = "approved"
    FLAGGED = "flagged"
    PENDING = "pending"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewContent:
    """What a review says; `written_at` is the platform's, None for now."""

    status: ReviewStatus
    full_text: str | None = None
    rating: int | None = None
    images_count: int = 0
    videos_count: int = 0
    product_merchant_id: str | None = None
    moderation_url: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review that is known; `merchant_id` is the platform's own id of it."""

    id: int
    site_id: int
    customer_id: int
    customer_merchant_id: str
    customer_email: str | None
    platform: str
    merchant_id: str
    content: ReviewContent
    written_at: datetime
    rewritten_at: datetime


def activity_id(platform: str, merchant_id: str) -> str:
    """The id of the activity that a review is: one review of one platform earns once."""
    return f"{platform}:{merchant_id}"


def verdict_on(status: ReviewStatus) -> Verdict | None:
    """What a status decides about the points; None while nothing is decided."""
    match status:
        case ReviewStatus.PENDING:
            return None
        case ReviewStatus.APPROVED:
            return Verdict.APPROVED
        case ReviewStatus.REJECTED | ReviewStatus.FLAGGED:
            return Verdict.DECLINED


def may_earn(status: ReviewStatus) -> bool:
    """Whether a review that has earned nothing yet earns by coming to this status."""
    return status in (ReviewStatus.PENDING, ReviewStatus.APPROVED)
