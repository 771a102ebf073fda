"""Addresses that leal gives to shoppers."""

from leal.domain.program import Program


def referral_link(program: Program, public_url: str, referral_id: str) -> str:
    """Where a customer sends their friends: below the program's own base, or leal's `/r/`.

    `public_url` is where shoppers reach this server, without a slash at the end.
    """
    own = program.referrals.base_url if program.referrals else None
    base = own or f"{public_url}/r"
    return f"{base.rstrip('/')}/{referral_id}"
