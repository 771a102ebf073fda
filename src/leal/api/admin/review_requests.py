"""Reading what platforms say of reviews."""

from dataclasses import dataclass, replace
from typing import Final

from leal.api.admin.requests import Call
from leal.api.fields import Fields
from leal.api.ids import decode_id
from leal.api.json_body import parse_object, read_body
from leal.domain.reviews import ReviewContent, ReviewStatus
from leal.storage.reviews import ReviewKey
from leal.usecases.reviews import Reviewer

MAX_TEXT: Final = 50_000
MAX_URL: Final = 2_048
MAX_RATING: Final = 1_000
MAX_MEDIA: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review as a platform tells of it."""

    key: ReviewKey
    reviewer: Reviewer
    content: ReviewContent


async def new_review_body(call: Call) -> NewReview:
    """The body that tells of a review."""
    fields = Fields(parse_object(await read_body(call.request)))
    who = fields.part("customer")
    status = fields.choice("status", tuple(ReviewStatus))
    told = NewReview(
        key=ReviewKey(platform=_platform(call), merchant_id=_own_id(fields)),
        reviewer=Reviewer(merchant_id=who.identifier("merchant_id"), email=who.email("email")),
        content=_content(fields, ReviewContent(status=status)),
    )
    fields.done()
    return told


async def changed_review_body(call: Call, known: ReviewContent) -> ReviewContent:
    """The body that changes a review; what is not sent stays, apart from the date."""
    fields = Fields(parse_object(await read_body(call.request)))
    status = fields.optional_choice("status", tuple(ReviewStatus))
    before = replace(known, status=status or known.status, written_at=None)
    content = _content(fields, before)
    fields.done()
    return content


def key_in_path(call: Call) -> ReviewKey:
    """The review that the path names."""
    return ReviewKey(platform=_platform(call), merchant_id=call.merchant_id)


def _platform(call: Call) -> str:
    return decode_id(call.request.path_params["platform"], field="platform", noun=None)


def _own_id(fields: Fields) -> str:
    return fields.identifier("merchant_id", noun=None)


def _content(fields: Fields, before: ReviewContent) -> ReviewContent:
    """What a body says, on top of what was known before."""
    full_text = fields.optional_text("full_text", min_length=1, max_length=MAX_TEXT)
    rating = fields.optional_integer("rating", maximum=MAX_RATING)
    images = fields.optional_integer("images_count", minimum=0, maximum=MAX_MEDIA)
    videos = fields.optional_integer("videos_count", minimum=0, maximum=MAX_MEDIA)
    product = fields.optional_identifier("product_merchant_id", noun="Product")
    url = fields.optional_text("moderation_url", max_length=MAX_URL)
    return replace(
        before,
        full_text=before.full_text if full_text is None else full_text,
        rating=before.rating if rating is None else rating,
        images_count=before.images_count if images is None else images,
        videos_count=before.videos_count if videos is None else videos,
        product_merchant_id=before.product_merchant_id if product is None else product,
        moderation_url=before.moderation_url if url is None else url,
        written_at=fields.optional_timestamp("date"),
    )
