"""Reviews: each is kept as it was told last, and is an activity that completes review rules.

The review is kept first and its points follow. Whoever hears nothing of it tells it again: the same
activity earns once, and the same verdict does nothing twice.
"""

from dataclasses import dataclass, replace

from leal.domain import enrolment
from leal.domain.activities import Activity, Verdict
from leal.domain.change import Change, begin
from leal.domain.problems import Missing
from leal.domain.reviews import ACTIVITY, Review, ReviewContent, activity_id, may_earn, verdict_on
from leal.domain.scene import Scene
from leal.storage import reviews
from leal.storage.customers import Loaded, Wanted
from leal.storage.reviews import ReviewKey
from leal.usecases import activities
from leal.usecases.desk import Ask, Desk, Outcome, change


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who wrote a review, as the shop knows them."""

    merchant_id: str
    email: str


async def create(
    desk: Desk, ask: Ask, key: ReviewKey, *, reviewer: Reviewer, content: ReviewContent
) -> Review:
    """Keeps a review and rewards it as its status says; an unknown reviewer becomes a guest.

    Told again, it is kept as it is told now; who wrote it stays. Raises Missing for an unknown
    site.
    """
    outcome = await _find_or_create(desk, ask, reviewer)
    scene = outcome.scene
    dated = replace(content, written_at=content.written_at or scene.now)
    review = await reviews.save(
        desk.database,
        ask.program_id,
        key,
        content=dated,
        site_id=scene.site.id,
        customer_id=outcome.account.customer.id,
    )
    await _follow(desk, ask, review)
    return review


async def update(desk: Desk, ask: Ask, key: ReviewKey, *, content: ReviewContent) -> Review:
    """Keeps a review as it is now, and lets its points follow. Raises Missing.

    `content` is the whole of it: see `load`.
    """
    known = await load(desk, ask.program_id, key)
    dated = replace(content, written_at=content.written_at or desk.now(ask.program_id))
    review = await reviews.save(
        desk.database,
        ask.program_id,
        key,
        content=dated,
        site_id=known.site_id,
        customer_id=known.customer_id,
    )
    await _follow(desk, ask, review)
    return review


async def load(desk: Desk, program_id: int, key: ReviewKey) -> Review:
    """A review that is known. Raises Missing."""
    found = await reviews.find(desk.database, program_id, key)
    if found is None:
        raise Missing("review", "No review with this platform and merchant id")
    return found


async def delete(desk: Desk, ask: Ask, key: ReviewKey) -> bool:
    """Deletes a review and makes what it earned void; False when it was not there any more."""
    now = desk.now(ask.program_id)
    was_there = await reviews.delete(desk.database, ask.program_id, key, now=now)
    if was_there is not None:
        await _decide(desk, ask, key, verdict=Verdict.VOID)
    return was_there is True


async def _find_or_create(desk: Desk, ask: Ask, reviewer: Reviewer) -> Outcome:
    def decide(loaded: Loaded, scene: Scene) -> Change:
        if loaded.account is not None:
            return begin(loaded.account)
        email = None if loaded.email_taken else reviewer.email
        return enrolment.new_customer(
            scene, merchant_id=reviewer.merchant_id, email=email, link=loaded.link
        )

    wanted = Wanted(merchant_id=reviewer.merchant_id, email=reviewer.email)
    return await change(desk, ask, wanted, decide=decide)


async def _follow(desk: Desk, ask: Ask, review: Review) -> None:
    """Lets the points of a review follow its status."""
    key = ReviewKey(platform=review.platform, merchant_id=review.merchant_id)
    status = review.content.status
    if may_earn(status):
        activity = Activity(
            name=ACTIVITY,
            merchant_id=activity_id(review.platform, review.merchant_id),
            done_at=review.written_at,
        )
        at_its_site = replace(ask, site_id=review.site_id)
        await activities.create(
            desk,
            at_its_site,
            review.customer_merchant_id,
            email=review.customer_email or "",
            activity=activity,
        )
    verdict = verdict_on(status)
    if verdict is not None:
        await _decide(desk, ask, key, verdict=verdict)


async def _decide(desk: Desk, ask: Ask, key: ReviewKey, *, verdict: Verdict) -> None:
    """Decides about what a review earned; there may be nothing."""
    merchant_id = activity_id(key.platform, key.merchant_id)
    try:
        await activities.update(desk, ask, ACTIVITY, merchant_id=merchant_id, verdict=verdict)
    except Missing:
        return
