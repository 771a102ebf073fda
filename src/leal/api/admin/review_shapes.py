"""The JSON Schemas of reviews, by the name of the operation."""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.review_requests import MAX_MEDIA, MAX_RATING, MAX_TEXT, MAX_URL
from leal.api.admin.shape_parts import (
    BOOLEAN,
    COUNT,
    ERROR,
    ID,
    OPTIONAL_COUNT,
    OPTIONAL_STRING,
    STRING,
    TIME,
    enum,
    whole,
)
from leal.api.samples import Schema
from leal.domain.reviews import ReviewStatus

_SHOP_ID: Final[Schema] = {"type": ["string", "integer"], "example": "6482117402"}
_OPTIONAL_ID: Final[Schema] = {"type": ["string", "integer", "null"], "example": "6482117402"}
_MEDIA: Final[Schema] = {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_MEDIA}
_CONTENT: Final[dict[str, Schema]] = {
    "full_text": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_TEXT},
    "rating": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_RATING},
    "images_count": _MEDIA,
    "videos_count": _MEDIA,
    "date": {
        "type": ["string", "null"],
        "minLength": 1,
        "format": "date-time",
        "description": "When it was written, or last changed; now when left out",
    },
    "product_merchant_id": _OPTIONAL_ID,
    "moderation_url": {"type": ["string", "null"], "maxLength": MAX_URL},
}
_STATUS: Final[Schema] = {
    **enum(*ReviewStatus),
    "description": "`pending`: points wait; `approved`: they are given; `rejected` and `flagged`: "
    "they are declined for good",
    "example": "pending",
}
_REVIEW: Final = whole(
    {
        "review": whole(
            {
                "id": ID,
                "program_id": ID,
                "customer": whole({"id": ID, "email": OPTIONAL_STRING}),
                "site_id": ID,
                "platform": STRING,
                "merchant_id": STRING,
                "status": enum(*ReviewStatus),
                "full_text": OPTIONAL_STRING,
                "rating": OPTIONAL_COUNT,
                "images_count": COUNT,
                "videos_count": COUNT,
                "merchant_created_at": TIME,
                "merchant_updated_at": TIME,
                "moderation_url": OPTIONAL_STRING,
            }
        )
    }
)

REQUESTS: Final[Mapping[str, Schema]] = {
    "reviews.createReview": {
        "type": "object",
        "properties": {
            "merchant_id": _SHOP_ID,
            "customer": {
                "type": "object",
                "properties": {
                    "merchant_id": _SHOP_ID,
                    "email": {"type": "string", "format": "email", "example": "kim@example.com"},
                },
                "required": ["merchant_id", "email"],
            },
            "status": _STATUS,
            **_CONTENT,
        },
        "required": ["merchant_id", "customer", "status"],
    },
    "reviews.updateReview": {
        "type": "object",
        "properties": {"status": {"enum": [*ReviewStatus, None]}, **_CONTENT},
    },
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "reviews.createReview": {201: _REVIEW, 422: ERROR},
    "reviews.updateReview": {200: _REVIEW, 422: ERROR},
    "reviews.deleteReview": {200: whole({"deleted": BOOLEAN}), 422: ERROR},
}
