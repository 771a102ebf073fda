"""The links that somebody sends to friends: one for each place to share them, told apart by it."""

from leal.api.headless.views.values import Json
from leal.api.links import referral_link
from leal.domain.program import Program
from leal.usecases.referrals import CHANNELS


def referral_urls(program: Program, public_url: str, referral_id: str) -> Json | None:
    """A link a channel; None when the program sends no friends."""
    if not program.referrals_enabled:
        return None
    link = referral_link(program, public_url, referral_id)
    first, *others = CHANNELS
    return {first: link, **{channel: f"{link}?via={channel}" for channel in others}}
