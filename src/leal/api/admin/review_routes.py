"""The operations on reviews."""

from dataclasses import dataclass
from typing import Final

from leal.api.admin.lists import SITE, reply
from leal.api.admin.order_requests import nothing_to_say
from leal.api.admin.requests import Call, Serve, at_site
from leal.api.admin.review_requests import changed_review_body, key_in_path, new_review_body
from leal.api.admin.values import Json, instant
from leal.api.http import Reply
from leal.api.operations import Operation
from leal.domain.reviews import Review
from leal.usecases import reviews
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

_REVIEWS: Final = "/v2/reviews/{platform}"
_REVIEW: Final = f"{_REVIEWS}/{{merchant_id}}"


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on reviews with what serves it."""
    serves = _Serves(desk)
    return ((CREATE, serves.create), (UPDATE, serves.update), (DELETE, serves.delete))


CREATE: Final = Operation(
    name="reviews.createReview",
    method="POST",
    path=_REVIEWS,
    summary="Tells of a review, which completes review rules as its status says",
    scope=Scope.WRITE_REVIEWS,
    query=(SITE,),
)
UPDATE: Final = Operation(
    name="reviews.updateReview",
    method="PUT",
    path=_REVIEW,
    summary="Changes what is sent of a review; its points follow its status",
    scope=Scope.WRITE_REVIEWS,
)
DELETE: Final = Operation(
    name="reviews.deleteReview",
    method="DELETE",
    path=_REVIEW,
    summary="Forgets a review for good, and makes what it earned void",
    scope=Scope.WRITE_REVIEWS,
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def create(self, call: Call) -> Reply:
        told = await new_review_body(call)
        review = await reviews.create(
            self.desk, at_site(call), told.key, reviewer=told.reviewer, content=told.content
        )
        return reply({"review": _review(review, call)}, status=201)

    async def update(self, call: Call) -> Reply:
        key = key_in_path(call)
        known = await reviews.load(self.desk, call.ask.program_id, key)
        content = await changed_review_body(call, known.content)
        review = await reviews.update(self.desk, call.ask, key, content=content)
        return reply({"review": _review(review, call)})

    async def delete(self, call: Call) -> Reply:
        key = key_in_path(call)
        await nothing_to_say(call)
        return reply({"deleted": await reviews.delete(self.desk, call.ask, key)})


def _review(review: Review, call: Call) -> Json:
    content = review.content
    return {
        "id": review.id,
        "program_id": call.ask.program_id,
        "customer": {"id": review.customer_id, "email": review.customer_email},
        "site_id": review.site_id,
        "platform": review.platform,
        "merchant_id": review.merchant_id,
        "status": content.status,
        "full_text": content.full_text,
        "rating": content.rating,
        "images_count": content.images_count,
        "videos_count": content.videos_count,
        "merchant_created_at": instant(review.written_at),
        "merchant_updated_at": instant(review.rewritten_at),
        "moderation_url": content.moderation_url,
    }
