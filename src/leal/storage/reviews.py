"""Reviews, by platform and the platform's own id."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from leal.domain.problems import Missing
from leal.domain.reviews import Review, ReviewContent, ReviewStatus
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewKey:
    """Which review."""

    platform: str
    merchant_id: str


_SHOWN = """
r.review_id, r.site_id, r.customer_id, c.merchant_id AS customer_merchant_id,
    c.email AS customer_email, r.platform, r.merchant_id, r.status, r.full_text, r.rating,
    r.images_count, r.videos_count, r.product_merchant_id, r.moderation_url, r.written_at,
    r.rewritten_at
"""

# Keeps a review as it is told of now. Who wrote it, where and when stays as it was told first.
_SAVE = f"""
WITH saved AS (
    INSERT INTO reviews (
        program_id, platform, merchant_id, site_id, customer_id, status, full_text, rating,
        images_count, videos_count, product_merchant_id, moderation_url, written_at, rewritten_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
    ON CONFLICT (program_id, platform, merchant_id) DO UPDATE SET
        status = excluded.status, full_text = excluded.full_text, rating = excluded.rating,
        images_count = excluded.images_count, videos_count = excluded.videos_count,
        product_merchant_id = excluded.product_merchant_id,
        moderation_url = excluded.moderation_url, rewritten_at = excluded.rewritten_at,
        deleted_at = NULL
    RETURNING *
)
SELECT {_SHOWN} FROM saved r
JOIN customers c ON c.program_id = r.program_id AND c.customer_id = r.customer_id
"""  # noqa: S608 - our own columns


async def save(
    on: Runner,
    program_id: int,
    key: ReviewKey,
    *,
    content: ReviewContent,
    site_id: int,
    customer_id: int,
) -> Review:
    """Keeps a review; `content.written_at` must be known."""
    row = await on.row(
        _SAVE,
        program_id,
        key.platform,
        key.merchant_id,
        site_id,
        customer_id,
        content.status,
        content.full_text,
        content.rating,
        content.images_count,
        content.videos_count,
        content.product_merchant_id,
        content.moderation_url,
        content.written_at,
    )
    if row is None:
        raise Missing("customer", "The customer who wrote this is gone")
    return _review(row)


_FIND = f"""
SELECT {_SHOWN} FROM reviews r
JOIN customers c ON c.program_id = r.program_id AND c.customer_id = r.customer_id
WHERE r.program_id = $1 AND r.platform = $2 AND r.merchant_id = $3 AND r.deleted_at IS NULL
"""  # noqa: S608 - our own columns


async def find(on: Runner, program_id: int, key: ReviewKey) -> Review | None:
    """A review that was not deleted."""
    row = await on.row(_FIND, program_id, key.platform, key.merchant_id)
    return _review(row) if row else None


# Forgets what a review says, and tells whether it was there still.
_DELETE = """
UPDATE reviews r SET deleted_at = coalesce(r.deleted_at, $4), full_text = NULL,
    moderation_url = NULL
FROM (
    SELECT deleted_at FROM reviews
    WHERE program_id = $1 AND platform = $2 AND merchant_id = $3 FOR UPDATE
) before
WHERE r.program_id = $1 AND r.platform = $2 AND r.merchant_id = $3
RETURNING before.deleted_at IS NULL AS was_there
"""


async def delete(on: Runner, program_id: int, key: ReviewKey, *, now: datetime) -> bool | None:
    """Deletes a review; False when that was done before, None when it was never known."""
    whose = program_id, key.platform, key.merchant_id
    was_there: bool | None = await on.value(_DELETE, *whose, now)
    return was_there


def _review(row: asyncpg.Record) -> Review:
    return Review(
        id=row["review_id"],
        site_id=row["site_id"],
        customer_id=row["customer_id"],
        customer_merchant_id=row["customer_merchant_id"],
        customer_email=row["customer_email"],
        platform=row["platform"],
        merchant_id=row["merchant_id"],
        content=ReviewContent(
            status=ReviewStatus(row["status"]),
            full_text=row["full_text"],
            rating=row["rating"],
            images_count=row["images_count"],
            videos_count=row["videos_count"],
            product_merchant_id=row["product_merchant_id"],
            moderation_url=row["moderation_url"],
            written_at=row["written_at"],
        ),
        written_at=row["written_at"],
        rewritten_at=row["rewritten_at"],
    )
